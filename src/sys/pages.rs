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
    /// Explicit 2 MiB pages if the system has enough of them free, else transparent ones, else base pages.
    #[default]
    Auto,
    /// Explicit 2 MiB pages (`vm.nr_hugepages`) or a [`BuildError::Map`](crate::BuildError::Map).
    Explicit,
    /// Transparent huge pages (`madvise`) if the system has them, else base pages.
    Transparent,
    /// Base pages.
    Off,
}

/// The pages under an arena.
///
/// ```
/// use framewell::PageKind;
///
/// assert_eq!(PageKind::Explicit.to_string(), "explicit 2 MiB");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum PageKind {
    /// 2 MiB pages, reserved for the arena when it was made.
    Explicit,
    /// Transparent huge pages were asked for and are enabled; the kernel gives them as it can.
    Transparent,
    /// The system's base pages (4 KiB on x86-64).
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
