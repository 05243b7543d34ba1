//! Pointers that come back, and what is wrong with some of them.

#![forbid(unsafe_code)]

use std::error::Error;
use std::fmt;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process;
use std::ptr::NonNull;
use std::sync::Arc;

use crate::sys::say;

/// A pointer that [`Pool::from_raw`](crate::Pool::from_raw) or [`Pool::dot11_from_raw`](crate::Pool::dot11_from_raw) did not turn into
/// a buffer. Nothing has changed.
///
/// ```
/// use framewell::{MisuseKind, Pool};
///
/// let pool = Pool::builder().frames(4).build()?;
/// let mut foreign = 0_u8;
/// // SAFETY: the pointer was never handed out, so there is no later owner whose buffer this could take.
/// let refused = unsafe { pool.from_raw(&raw mut foreign) }.unwrap_err();
/// assert_eq!(refused.kind, MisuseKind::Foreign);
/// # Ok::<(), framewell::BuildError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub struct Misuse {
    /// The pointer's address.
    pub address: usize,
    /// What is wrong with it.
    pub kind: MisuseKind,
}

/// What is wrong with a pointer.
///
/// ```
/// assert_eq!(framewell::MisuseKind::Null.to_string(), "it is null");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum MisuseKind {
    /// It is null.
    Null,
    /// No memory of this pool lies there.
    Foreign,
    /// It points into a buffer that is out as a pointer, but not to where that pointer does.
    Interior,
    /// The buffer there is not out as a pointer: it was freed, or it has a safe owner.
    NotRaw,
    /// A frame where an 802.11 buffer was expected, or the reverse.
    OtherKind,
}

impl fmt::Display for MisuseKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Null => "it is null",
            Self::Foreign => "no memory of this pool lies there",
            Self::Interior => "it points into a buffer, not to where the buffer was handed out",
            Self::NotRaw => "the buffer there was freed already, or never handed out as a pointer",
            Self::OtherKind => "the buffer there is of the other kind (frame, 802.11 buffer)",
        })
    }
}

impl fmt::Display for Misuse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "invalid pointer {:#x}: {}", self.address, self.kind)
    }
}

impl Error for Misuse {}

/// What happens when a pointer is misused, beside the refusal; [`PoolBuilder::on_misuse`](crate::PoolBuilder::on_misuse). It is
/// counted in [`Stats::misuses`](crate::Stats::misuses) in any case.
///
/// ```
/// use std::sync::Arc;
/// use framewell::{OnMisuse, Pool};
///
/// let report = OnMisuse::Call(Arc::new(|misuse| eprintln!("{misuse}")));
/// let pool = Pool::builder().on_misuse(report).build()?;
/// # Ok::<(), framewell::BuildError>(())
/// ```
#[derive(Clone, Default)]
#[non_exhaustive]
pub enum OnMisuse {
    /// It is counted.
    #[default]
    Count,
    /// A function is called, on the thread that misuses the pointer, before the call answers. It
    /// may use the pool. What it misuses itself is reported by another call of it.
    ///
    /// A panic of it goes on to the caller. No buffer was taken then, and nothing has changed but
    /// the count.
    ///
    /// The pool drops its copy of the function last of all: amid the call that drops its last
    /// handle or frees its last buffer, on whatever thread that is. It may be the drop of a
    /// [`Burst`](crate::Burst), a swap of a [`FrameCell`](crate::FrameCell), or an unwinding. What
    /// the function owns may use other pools in its drop, and the same cell. A panic there is told
    /// to the panic hook and goes no further: no drop of a buffer or of a [`Pool`](crate::Pool)
    /// unwinds, and what else the call has in hand is freed.
    Call(Arc<dyn Fn(&Misuse) + Send + Sync>),
    /// The process says what it was on its standard error, and aborts. That takes no lock and no
    /// memory: it ends a signal handler and a forked child too.
    Abort,
}

/// A pool's copy of what it does on a misuse.
///
/// It is dropped with the pool, and so amid whatever call frees the last buffer. That may be a
/// burst which has buffers of other pools behind it, or one function among others that a cell has
/// deferred. So the panic of what a user's function owns ends here.
pub(crate) struct Hook(OnMisuse);

impl Drop for Hook {
    fn drop(&mut self) {
        let owned = mem::take(&mut self.0);
        contain(|| drop(owned));
    }
}

/// Calls a function, of which a panic goes no further than to the panic hook.
fn contain(call: impl FnOnce()) {
    let Err(panic) = catch_unwind(AssertUnwindSafe(call)) else {
        return;
    };
    // What was thrown may panic, too, when it is dropped; what that throws is forgotten.
    if let Err(again) = catch_unwind(AssertUnwindSafe(|| drop(panic))) {
        mem::forget(again);
    }
}

impl Hook {
    pub(crate) fn new(on_misuse: OnMisuse) -> Self {
        Self(on_misuse)
    }

    #[cold]
    pub(crate) fn report(&self, misuse: &Misuse) {
        match &self.0 {
            OnMisuse::Count => {}
            OnMisuse::Call(report) => report(misuse),
            OnMisuse::Abort => {
                say(format_args!("{misuse}"));
                process::abort();
            }
        }
    }
}

impl fmt::Debug for OnMisuse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Count => "Count",
            Self::Call(_) => "Call(..)",
            Self::Abort => "Abort",
        })
    }
}

/// What a pool knows of an address: see [`Pool::find`](crate::Pool::find). Stale as soon as it is read, unless the caller owns the
/// buffer.
///
/// ```
/// # let pool = framewell::Pool::builder().frames(4).build()?;
/// let frame = pool.get(60)?;
/// let found = pool.find(&frame[10]).unwrap();
/// assert!(!found.is_raw);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Found {
    /// A frame or an 802.11 buffer.
    pub kind: BufferKind,
    /// Where the buffer was handed out; its first byte, if it is not out as a pointer.
    pub start: NonNull<u8>,
    /// The bytes that can be used from there on.
    pub capacity: usize,
    /// Whether it is out as a pointer: then `start`, and no other address, turns back into the buffer.
    pub is_raw: bool,
}

/// The two families of buffers.
///
/// ```
/// # use framewell::{BufferKind, Pool};
/// # let pool = Pool::builder().frames(4).build()?;
/// let buffer = pool.dot11(2346)?;
/// assert_eq!(pool.find(buffer.as_ptr()).unwrap().kind, BufferKind::Dot11);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum BufferKind {
    /// A [`Frame`](crate::Frame).
    Frame,
    /// A [`Dot11Buf`](crate::Dot11Buf).
    Dot11,
}
