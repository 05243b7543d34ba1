//! The front: the free buffers of each CPU, which the hot path gets and frees.
//!
//! There are two fronts, and one is chosen when the pool is made: `Caches` (restartable sequences),
//! where Linux and libc offer them, and `Portable` (lock-free stacks), which runs everywhere. Both
//! return what happened, and never call the depot or the back: the class decides.

mod portable;
mod rseq;

pub(crate) use portable::Portable;
pub(crate) use rseq::caches::Caches;
pub(crate) use rseq::drain::{FenceRefused, Opened, OwnedCaches};
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

/// The front that a pool is to have, for [`PoolBuilder::front`](crate::PoolBuilder::front).
///
/// A front keeps free buffers for each CPU, so that most calls get and free them without another
/// CPU's cache lines.
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
    /// Restartable sequences if they are available, else the portable front.
    ///
    /// The environment variable `FRAMEWELL_FRONT` decides for this choice, if it is set. It may be
    /// `auto`, `rseq` or `portable`; anything else is a [`BuildError::FrontName`]. The variable is
    /// meant for tools that cannot see the sequences (thread sanitizers, valgrind). A program that
    /// runs with rights which are not those of whoever starts it (set-uid) does not read it.
    #[default]
    Auto,
    /// Restartable sequences. If they are not available, the build returns a
    /// [`BuildError::NoRseq`].
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

    /// Chooses restartable sequences if they are available. A user's model gets the portable front,
    /// which has fewer steps to explore.
    fn auto() -> Chosen {
        if cfg!(loom) {
            return Chosen::Portable(NoRseq::Chosen);
        }
        match Self::tried() {
            Ok(area) => Chosen::Rseq(area),
            Err(reason) => Chosen::Portable(reason),
        }
    }

    /// Returns what the sequences need, if the kernel aborts them when it has to.
    fn tried() -> Result<Area, NoRseq> {
        let area = Area::find()?;
        rseq::sections::try_out(area).map(|()| area)
    }
}

/// The front that a pool is to have, found by [`Front::choose`].
pub(crate) enum Chosen {
    /// Restartable sequences, which use this area.
    Rseq(Area),
    /// Lock-free stacks, and the reason why there are no sequences.
    Portable(NoRseq),
}

/// The front of a class.
#[repr(C)]
pub(crate) struct AnyFront {
    _margin: Margin,
    /// The sequences of the caches, if there are caches. This is a copy for the hot path, which
    /// tells the fronts apart by it.
    sections: Unprotected<Option<Sections>>,
    which: Unprotected<Which>,
}

/// The two fronts, of which a class has one.
#[allow(
    clippy::large_enum_variant,
    reason = "there is one a class, and a box would be one more load on the hot path"
)]
pub(crate) enum Which {
    Rseq(Caches),
    Portable(Portable),
}

/// Evaluates an expression for the front that a class has. Apart from the hot path,
/// which looks whether there are `sections`, this is the one place where fronts are told apart.
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

    /// Returns the sequences of the rseq front; `None` on the portable one.
    #[inline(always)]
    pub(crate) fn sections(&self) -> Option<Sections> {
        *self.sections
    }

    #[inline]
    pub(crate) fn which(&self) -> &Which {
        &self.which
    }

    /// Notes that a batch is in flight, until the returned guard is dropped.
    #[cold]
    #[inline(never)]
    pub(crate) fn in_flight(&self) -> InFlight<'_> {
        match_front!(self, front => front.in_flight())
    }

    /// Returns how many batches are in flight.
    pub(crate) fn in_flight_count(&self) -> u64 {
        match_front!(self, front => front.in_flight_count())
    }

    /// Returns whether a call has ids in flight that may have to wait for the kernel.
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

/// The events that the slow paths count for each CPU.
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

/// A guard that stands for a batch in flight.
pub(crate) struct InFlight<'a>(&'a AtomicU64);

impl<'a> InFlight<'a> {
    fn new(in_flight: &'a AtomicU64) -> Self {
        // Relaxed: a hint to those that find nothing. The words of the lists order it well enough:
        // the pop that follows carries it along (#scan-sees-pop).
        in_flight.fetch_add(1, Ordering::Relaxed);
        Self(in_flight)
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        // Relaxed: a hint, see `new`.
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
