//! Misused pointers: what can be wrong with a pointer that comes back, and what a pool does about
//! it.

#![forbid(unsafe_code)]

use std::error::Error;
use std::fmt;
use std::io;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process;
use std::ptr::NonNull;
use std::sync::Arc;

use crate::sys::say;

/// The refusal of a pointer by [`Pool::from_raw`](crate::Pool::from_raw) or
/// [`Pool::buf_from_raw`](crate::Pool::buf_from_raw), or of a loan by
/// [`Borrower::take_back`](crate::Borrower::take_back) and the like.
///
/// Nothing turned into a buffer, and nothing has changed but the count in
/// [`Stats::misuses`](crate::Stats::misuses).
///
/// ```
/// use framewell::{MisuseKind, Pool};
///
/// let pool = Pool::builder().frames(4).build()?;
/// let mut foreign = 0_u8;
/// // SAFETY: the pointer was never handed out, so there is no later owner whose buffer this could
/// // take.
/// let refused = unsafe { pool.from_raw(&raw mut foreign) }.unwrap_err();
/// assert_eq!(refused.kind, MisuseKind::Foreign);
/// # Ok::<(), framewell::BuildError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub struct Misuse {
    /// The pointer's address, or the address of the data that was to be taken back.
    pub address: usize,
    /// The reason why it was refused.
    pub kind: MisuseKind,
}

/// The reasons why a pointer or a loan is refused.
///
/// ```
/// assert_eq!(framewell::MisuseKind::Null.to_string(), "it is null");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum MisuseKind {
    /// The pointer is null.
    Null,
    /// No memory of this pool lies at the address.
    Foreign,
    /// The pointer points into a buffer that is out as a pointer, but not to where that pointer
    /// does.
    Interior,
    /// The buffer at the address is not out as a pointer: it was freed, or it has a safe owner.
    NotRaw,
    /// The buffer at the address is a frame where a variable-length buffer was expected, or the
    /// reverse.
    OtherKind,
    /// The buffer at the address is not out as a pointer: it is lent to a
    /// [`Borrower`](crate::Borrower).
    Lent,
    /// The buffer at the address is not out as a pointer of an exclusive owner: it is shared. Each
    /// of its pointers stands for a [`Shared`](crate::Shared) reference.
    Shared,
    /// No pointer was made of a shared reference to the buffer at the address, or the last
    /// reference was dropped.
    NotShared,
    /// The bytes that the pointer names do not end in the buffer where they begin.
    PastEnd {
        /// The number of bytes that the pointer names.
        len: usize,
        /// The number of bytes from the pointer to the end of the buffer.
        left: usize,
    },
    /// The buffer was to be taken back from a borrower, and is not lent: it was taken back already,
    /// it was never lent, or it is out as a pointer. Or it was lent in the other way: a whole frame
    /// comes back as a whole, and a [reference](crate::Shared) as a reference.
    NotLent,
    /// The buffer was to be taken back from one borrower, and is lent to another.
    LentToOther {
        /// The [number](crate::BorrowerId::index) of the other borrower.
        borrower: u32,
    },
    /// The view that the borrower left does not lie in the buffer. The buffer is still lent.
    BeyondRoom {
        /// The headroom of the view in bytes.
        headroom: usize,
        /// The length of the view in bytes.
        len: usize,
        /// The bytes of the buffer.
        room: usize,
    },
}

impl MisuseKind {
    /// Returns whether the misuse is one of a loan, not of a pointer.
    fn is_of_loan(self) -> bool {
        matches!(
            self,
            Self::NotLent | Self::LentToOther { .. } | Self::BeyondRoom { .. }
        )
    }
}

impl fmt::Display for MisuseKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::LentToOther { borrower } => {
                return write!(f, "it is lent to another borrower, number {borrower}");
            }
            Self::BeyondRoom {
                headroom,
                len,
                room,
            } => {
                return write!(
                    f,
                    "a headroom of {headroom} and {len} bytes exceed its room of {room}; it is \
                     still lent: bring it with a view that fits"
                );
            }
            Self::PastEnd { len, left } => {
                return write!(
                    f,
                    "its {len} bytes exceed the {left} that the buffer there has left"
                );
            }
            Self::Null => "it is null",
            Self::Foreign => "no memory of this pool lies there",
            Self::Interior => "it points into a buffer, not to where the buffer was handed out",
            Self::NotRaw => "the buffer there was freed already, or never handed out as a pointer",
            Self::OtherKind => {
                "the buffer there is of the other kind (frame, variable-length buffer)"
            }
            Self::Lent => "the buffer there is lent to a borrower",
            Self::Shared => "the buffer there is shared: drop a reference instead",
            Self::NotShared => "no reference to the buffer there is out as a pointer",
            Self::NotLent => "it was taken back already, or not lent in this way",
        })
    }
}

impl fmt::Display for Misuse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = if self.kind.is_of_loan() {
            "invalid return of the buffer at"
        } else {
            "invalid pointer"
        };
        write!(f, "{what} {:#x}: {}", self.address, self.kind)
    }
}

impl Error for Misuse {}

/// What a pool does when a pointer is misused, besides refusing it.
///
/// It is set by [`PoolBuilder::on_misuse`](crate::PoolBuilder::on_misuse). Each misuse is counted
/// in [`Stats::misuses`](crate::Stats::misuses), whatever the choice.
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
    /// The pool counts the misuse, and does nothing else.
    #[default]
    Count,
    /// The pool calls a function, on the thread that misuses the pointer, before that thread's call
    /// returns. The function may use the pool. If it misuses a pointer itself, it is called again
    /// for that.
    ///
    /// A panic of the function goes on to the caller. What was refused was not taken then, and
    /// nothing has changed but the count. A call that takes many loans back has taken those before
    /// the refused one.
    ///
    /// The pool drops its copy of the function last of all: amid the call that drops its last
    /// handle or frees its last buffer, on whatever thread that is. That call may be the drop of a
    /// [`Burst`](crate::Burst), a swap of a [`FrameCell`](crate::FrameCell), or an unwinding. What
    /// the function owns may use other pools in its drop, and the same cell. A panic in that drop
    /// is told to the panic hook and goes no further: no drop of a buffer or of a
    /// [`Pool`](crate::Pool) unwinds, and what else the call has in hand is freed.
    Call(Arc<dyn Fn(&Misuse) + Send + Sync>),
    /// The process writes the misuse to its standard error, and aborts. This takes no lock and no
    /// memory, so it also ends a signal handler and a forked child.
    Abort,
}

/// A pool's copy of what it does on a misuse.
///
/// It is dropped with the pool, and so amid whatever call frees the last buffer. That may be the
/// drop of a burst which has buffers of other pools behind it, or one function among others that a
/// cell has deferred. So a panic of what a user's function owns ends here.
pub(crate) struct Hook(OnMisuse);

impl Drop for Hook {
    fn drop(&mut self) {
        let owned = mem::take(&mut self.0);
        contain(|| drop(owned));
    }
}

/// Calls a function. A panic of it goes no further than to the panic hook.
fn contain(call: impl FnOnce()) {
    let Err(panic) = catch_unwind(AssertUnwindSafe(call)) else {
        return;
    };
    // The thrown value may panic, too, when it is dropped. What that panic throws is forgotten.
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

/// What a pool knows of an address, as [`Pool::find`](crate::Pool::find) returns it.
///
/// It is stale as soon as it is read, unless the caller owns the buffer.
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
    /// Whether the buffer is a frame or a variable-length buffer.
    pub kind: BufferKind,
    /// The address at which the buffer was handed out. If the buffer is not out as a pointer, this
    /// is the address of its first byte.
    pub start: NonNull<u8>,
    /// The number of bytes that can be used from `start` on.
    pub capacity: usize,
    /// Whether the buffer is out as a pointer. Then `start`, and no other address, turns back into
    /// the buffer.
    pub is_raw: bool,
    /// Whether the buffer is lent to a [`Borrower`](crate::Borrower). References to it that are
    /// lent do not count.
    pub is_lent: bool,
}

/// The two kinds of buffers that a pool has.
///
/// ```
/// # use framewell::{BufferKind, Pool};
/// # let pool = Pool::builder().frames(4).build()?;
/// let buffer = pool.alloc(2346)?;
/// assert_eq!(pool.find(buffer.as_ptr()).unwrap().kind, BufferKind::VarBuf);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum BufferKind {
    /// The buffer is a [`Frame`](crate::Frame).
    Frame,
    /// The buffer is a [`VarBuf`](crate::VarBuf).
    VarBuf,
}

/// The refusal of an entry by a call that takes many loans back.
///
/// The entries before it were taken back. It and those behind it are as they were, and may be
/// brought again. It converts into an [`io::Error`](std::io::Error) of the kind `InvalidInput`.
///
/// ```
/// use framewell::{IdBatch, MisuseKind, Pool};
///
/// let pool = Pool::builder().build()?;
/// let nic = pool.borrower("eth0 rx")?;
/// let mut batch: IdBatch<32> = IdBatch::new(&pool);
/// batch.get_bulk(2)?;
/// let mut ids = [batch.ids()[0]; 3];
/// nic.lend_ids(&mut batch, &mut ids[..2]);
/// ids[2] = ids[0];
/// // SAFETY: no other thread brings these, and nobody uses the frames' bytes.
/// let refused = unsafe { nic.take_back_ids(&ids, &mut batch) }.unwrap_err();
/// assert_eq!((refused.taken, refused.misuse.kind), (2, MisuseKind::NotLent));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct TakeBackError {
    /// How many entries were taken back: the index of the one that was refused.
    pub taken: usize,
    /// Why the entry was refused.
    pub misuse: Misuse,
}

impl fmt::Display for TakeBackError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "entry {} was refused: {}", self.taken, self.misuse)
    }
}

impl Error for TakeBackError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.misuse)
    }
}

impl From<TakeBackError> for io::Error {
    fn from(refused: TakeBackError) -> Self {
        Self::new(io::ErrorKind::InvalidInput, refused)
    }
}
