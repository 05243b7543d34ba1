//! The pages under a pool: which to ask for, and which were granted.

#![forbid(unsafe_code)]

use std::fmt;

/// The pages to ask for. [`Stats::pages`](crate::Stats::pages) says which were granted.
///
/// An arena below 2 MiB takes base pages whatever is asked for, except for [`HugePages::Explicit`].
///
/// ```
/// use framewell::{HugePages, PageKind, Pool};
///
/// let pool = Pool::builder().frames(4096).huge_pages(HugePages::Off).build()?;
/// assert_eq!(pool.stats().pages, PageKind::Base);
/// # Ok::<(), framewell::BuildError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub enum HugePages {
    /// Transparent huge pages (`madvise`) under the frames if the system has them, else base pages.
    ///
    /// These are never explicit pages, whatever the host has set aside;
    /// [`Explicit`](Self::Explicit) says what those cost.
    #[default]
    Auto,
    /// Explicit 2 MiB pages (`vm.nr_hugepages`), or a [`BuildError::Map`](crate::BuildError::Map).
    ///
    /// [`PoolBuilder::build`](crate::PoolBuilder::build) sets all of them aside and populates them.
    /// So a control group that allows fewer is an error there, and never a SIGBUS at a later touch.
    ///
    /// A forked child inherits the pages without a reservation of its own, and must not touch
    /// buffers on them. If the host has too few pages left for a copy, the kernel kills the child
    /// by SIGBUS, also when the child only reads.
    Explicit,
    /// Transparent huge pages under frames and under the buffers of the size classes if the system
    /// has them, else base pages.
    Transparent,
    /// The system's base pages.
    Off,
    /// Explicit 2 MiB pages, as [`Explicit`](Self::Explicit), if the host has enough of them.
    /// Otherwise the pages of [`Transparent`](Self::Transparent).
    PreferExplicit,
}

/// The pages under an arena.
///
/// ```
/// use framewell::PageKind;
///
/// assert_eq!(PageKind::Explicit.to_string(), "explicit 2 MiB");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub enum PageKind {
    /// Explicit 2 MiB pages, which were populated when the arena was made.
    Explicit,
    /// Transparent huge pages were asked for and are enabled. The kernel gives them as it can.
    Transparent,
    /// The system's base pages (4 KiB on x86-64).
    #[default]
    Base,
}

impl fmt::Display for PageKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Explicit => "explicit 2 MiB",
            Self::Transparent => "transparent 2 MiB",
            Self::Base => "base",
        })
    }
}
