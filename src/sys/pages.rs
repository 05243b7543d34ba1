//! The pages under a pool: which to ask for, and what was granted.

#![forbid(unsafe_code)]

use std::fmt;

/// Which pages to ask for; what was granted is in [`Stats::pages`](crate::Stats::pages).
///
/// An arena below 2 MiB takes base pages whatever is asked, except for [`HugePages::Explicit`].
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
    /// Never explicit ones, whatever the host has set aside: see [`Explicit`](Self::Explicit) for
    /// what they cost.
    #[default]
    Auto,
    /// Explicit 2 MiB pages (`vm.nr_hugepages`) or a [`BuildError::Map`](crate::BuildError::Map).
    ///
    /// All of them are set aside and populated by
    /// [`PoolBuilder::build`](crate::PoolBuilder::build): so a control group that allows fewer is
    /// an error there, and never a SIGBUS at a later touch. A forked child inherits them without a
    /// reservation of its own, and must not touch buffers on them: where the host has too few pages
    /// left for a copy, the kernel kills the child by SIGBUS, also when it only reads.
    Explicit,
    /// Transparent huge pages under frames and 802.11 buffers if the system has them, else base
    /// pages.
    Transparent,
    /// Base pages.
    Off,
    /// Explicit 2 MiB pages as of [`Explicit`](Self::Explicit) if they are to be had, else what
    /// [`Transparent`](Self::Transparent) takes.
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
    /// 2 MiB pages, populated when the arena was made.
    Explicit,
    /// Transparent huge pages were asked for and are enabled; the kernel gives them as it can.
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
