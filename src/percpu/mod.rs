//! The front: where the hot path gets and frees, per CPU.
//!
//! Two of them, chosen when the pool is made: `Caches` (restartable sequences) where Linux and libc
//! offer them, `Portable` (lock-free stacks) everywhere. Both return what happened and never call
//! the depot or the back: the class decides.

mod portable;
mod rseq;

pub(crate) use portable::Portable;
pub(crate) use rseq::caches::Caches;
pub(crate) use rseq::drain::{Held, Opened, Unfenced};
pub(crate) use rseq::process::Process;
#[cfg(not(loom))]
#[allow(unused_imports, reason = "for the tests of the trial")]
pub(crate) use rseq::sections::trial;
pub(crate) use rseq::sections::{SLOT, Sections};
#[cfg(loom)]
#[allow(unused_imports, reason = "for the models")]
pub(crate) use rseq::sections::{abort_next, refuse_fences_after};

use crate::error::BuildError;
use crate::sync::{AtomicU64, Margin, Ordering, Unprotected};
use crate::sys::{Area, NoRseq, variable};

/// Which front a pool shall have; [`PoolBuilder::front`](crate::PoolBuilder::front).
///
/// ```
/// use framewell::{Front, FrontKind, Pool};
///
/// let pool = Pool::builder().front(Front::Portable).build()?;
/// assert_eq!(pool.stats().front, FrontKind::Portable);
/// # Ok::<(), framewell::BuildError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub enum Front {
    /// Restartable sequences if they are to be had, else the portable front.
    ///
    /// The environment variable `FRAMEWELL_FRONT` decides for this choice, if it is set: `auto`,
    /// `rseq` or `portable`. It is meant for tools that cannot see the sequences (thread
    /// sanitizers, valgrind). A program that runs with rights which are not those of whoever starts
    /// it (set-uid) does not read it.
    #[default]
    Auto,
    /// Restartable sequences, or a [`BuildError::NoRseq`].
    Rseq,
    /// Lock-free stacks, which run everywhere.
    Portable,
}

impl Front {
    /// Finds what the front needs, or the reason why it is the portable one.
    pub(crate) fn choose(self) -> Result<Chosen, BuildError> {
        match self {
            Self::Auto => Self::from_environment(),
            Self::Rseq => Self::demand(),
            Self::Portable => Ok(Chosen::Portable(NoRseq::Chosen)),
        }
    }

    fn from_environment() -> Result<Chosen, BuildError> {
        let Some(value) = variable("FRAMEWELL_FRONT") else {
            return Ok(Self::auto());
        };
        match value.to_str() {
            Some("auto") => Ok(Self::auto()),
            Some("rseq") => Self::demand(),
            Some("portable") => Ok(Chosen::Portable(NoRseq::Environment)),
            _ => Err(BuildError::FrontName { value }),
        }
    }

    fn demand() -> Result<Chosen, BuildError> {
        match Self::tried() {
            Ok(area) => Ok(Chosen::Rseq(area)),
            Err(reason) => Err(BuildError::NoRseq { reason }),
        }
    }

    /// A user's model gets the portable front, which has fewer steps to explore.
    fn auto() -> Chosen {
        if cfg!(loom) {
            return Chosen::Portable(NoRseq::Chosen);
        }
        match Self::tried() {
            Ok(area) => Chosen::Rseq(area),
            Err(reason) => Chosen::Portable(reason),
        }
    }

    /// What sequences need, if they are aborted when they have to be.
    fn tried() -> Result<Area, NoRseq> {
        let area = Area::find()?;
        rseq::sections::try_out(area).map(|()| area)
    }
}

/// The front that a pool shall have, found by [`Front::choose`].
pub(crate) enum Chosen {
    /// Restartable sequences, in this area.
    Rseq(Area),
    /// Lock-free stacks, for this reason.
    Portable(NoRseq),
}

/// The front of a pool.
#[repr(C)]
pub(crate) struct AnyFront {
    _margin: Margin,
    /// Those of the caches, if there are some: a copy for the hot path, which tells the fronts
    /// apart by it.
    sections: Unprotected<Option<Sections>>,
    which: Unprotected<Which>,
}

/// Which of them it is.
#[allow(
    clippy::large_enum_variant,
    reason = "there is one a pool, and a box would be one more load on the hot path"
)]
pub(crate) enum Which {
    Rseq(Caches),
    Portable(Portable),
}

/// Evaluates an expression for the front that a pool has: the one place where fronts are told
/// apart.
macro_rules! match_front {
    ($any:expr, $front:ident => $call:expr) => {
        match $any.which() {
            $crate::percpu::Which::Rseq($front) => $call,
            $crate::percpu::Which::Portable($front) => $call,
        }
    };
}
pub(crate) use match_front;

impl AnyFront {
    pub(crate) fn rseq(caches: Caches) -> Self {
        Self::new(Some(caches.sections()), Which::Rseq(caches))
    }

    pub(crate) fn portable(shards: Portable) -> Self {
        Self::new(None, Which::Portable(shards))
    }

    #[inline(always)]
    fn new(sections: Option<Sections>, which: Which) -> Self {
        Self {
            _margin: Margin::new(),
            sections: Unprotected::new(sections),
            which: Unprotected::new(which),
        }
    }

    /// The sequences of the rseq front.
    #[inline(always)]
    pub(crate) fn sections(&self) -> Option<Sections> {
        *self.sections
    }

    #[inline]
    pub(crate) fn which(&self) -> &Which {
        &self.which
    }

    /// Notes that a batch is about to move, until the answer is dropped.
    #[cold]
    #[inline(never)]
    pub(crate) fn moving(&self) -> Moving<'_> {
        match_front!(self, front => front.moving())
    }

    /// How many batches are on the move.
    pub(crate) fn on_the_move(&self) -> u64 {
        match_front!(self, front => front.on_the_move())
    }

    /// Whether a call has ids on the move that may have to wait for the kernel.
    pub(crate) fn is_draining(&self) -> bool {
        match_front!(self, front => front.is_draining())
    }

    pub(crate) fn count(&self, event: Event) {
        match_front!(self, front => front.count(event));
    }

    pub(crate) fn counted(&self, event: Event) -> u64 {
        match_front!(self, front => front.counted(event))
    }
}

/// What the slow paths count, per CPU.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Event {
    Refill,
    Flush,
    Steal,
    Refusal,
    FenceRefused,
    Uncached,
}

impl Event {
    const ALL: usize = 6;
}

/// A batch on the move.
pub(crate) struct Moving<'a>(&'a AtomicU64);

impl<'a> Moving<'a> {
    fn new(moving: &'a AtomicU64) -> Self {
        // Relaxed: a hint to those who find nothing; the lists' words order it well enough: the
        // pop that follows carries it along (S2).
        moving.fetch_add(1, Ordering::Relaxed);
        Self(moving)
    }
}

impl Drop for Moving<'_> {
    fn drop(&mut self) {
        // Relaxed: a hint, see `new`.
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
