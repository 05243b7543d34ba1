//! The limits of the system that can stand behind a refusal of memory.

use std::fmt;
use std::io;

use super::HugePages;
use super::mapping::SLACK;

#[cfg(any(not(target_os = "linux"), loom))]
mod known {
    use super::Limit;

    /// Nothing is known of other systems' limits, and a model has none.
    pub(super) fn of_process() -> impl Iterator<Item = (Limit, usize)> {
        std::iter::empty()
    }

    pub(super) fn of_locked() -> Option<Limit> {
        None
    }
}

#[cfg(all(target_os = "linux", not(loom)))]
mod known {
    use std::fs::File;
    use std::io::Read;

    use super::Limit;

    /// The limits that the process has, and how much of each is used. Without the heap.
    pub(super) fn of_process() -> impl Iterator<Item = (Limit, usize)> {
        let (mapped, data) = in_use().unwrap_or((0, 0));
        // SAFETY: there is room for the answer.
        let space = soft(|limit| unsafe { libc::getrlimit(libc::RLIMIT_AS, limit) });
        let space = space.map(|bytes| (Limit::AddressSpace { bytes }, mapped));
        // SAFETY: as above.
        let private = soft(|limit| unsafe { libc::getrlimit(libc::RLIMIT_DATA, limit) });
        let private = private.map(|bytes| (Limit::Data { bytes }, data));
        space.into_iter().chain(private)
    }

    /// The limit of locked memory.
    pub(super) fn of_locked() -> Option<Limit> {
        // SAFETY: as above.
        let locked = soft(|limit| unsafe { libc::getrlimit(libc::RLIMIT_MEMLOCK, limit) });
        locked.map(|bytes| Limit::Locked { bytes })
    }

    /// The bytes of address space, and those of them that are private and writable.
    fn in_use() -> Option<(usize, usize)> {
        let mut text = [0; 128];
        let read = File::open("/proc/self/statm").ok()?.read(&mut text).ok()?;
        let text = std::str::from_utf8(&text[..read]).ok()?;
        let mut pages = text.split_whitespace().map(|number| number.parse().ok());
        let (mapped, data): (usize, usize) = (pages.next()??, pages.nth(4)??);
        let page = crate::sys::mapping::page_size();
        Some((mapped * page, data * page))
    }

    /// The soft limit that `get` answers with, if there is one.
    fn soft(get: impl FnOnce(*mut libc::rlimit) -> libc::c_int) -> Option<usize> {
        let mut limit = libc::rlimit {
            rlim_cur: 0,
            rlim_max: 0,
        };
        let is_set = get(&mut limit) == 0 && limit.rlim_cur != libc::RLIM_INFINITY;
        is_set.then(|| usize::try_from(limit.rlim_cur).unwrap_or(usize::MAX))
    }
}

/// The limit of the system that stood behind a refusal of memory, where that is known: on Linux.
///
/// ```
/// use framewell::{BuildError, HugePages, Limit, Pool};
///
/// let pool = Pool::builder().frames(1 << 20).huge_pages(HugePages::Explicit).build();
/// match pool {
///     Err(BuildError::Map { limit: Some(Limit::HugePages { free }), .. }) => println!("{free}
/// pages"),
///     Err(refused) => println!("{refused}"),
///     Ok(pool) => println!("{}", pool.stats().pages),
/// }
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Limit {
    /// The address space of the process (RLIMIT_AS, `ulimit -v`).
    AddressSpace {
        /// The limit, in bytes.
        bytes: usize,
    },
    /// The private memory of the process (RLIMIT_DATA, `ulimit -d`).
    Data {
        /// The limit, in bytes.
        bytes: usize,
    },
    /// The locked memory of the process (RLIMIT_MEMLOCK, `ulimit -l`), where all that it maps is
    /// locked (`mlockall` with `MCL_FUTURE`): then addresses count, touched or not.
    Locked {
        /// The limit, in bytes.
        bytes: usize,
    },
    /// The explicit huge pages that the host has set aside (`vm.nr_hugepages`), or those that the
    /// control group of the process may have.
    HugePages {
        /// Pages of 2 MiB that the host has free.
        free: usize,
    },
}

/// Memory that the system refused.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) bytes: usize,
    /// Found out at once: who is refused unmaps what it had so far.
    pub(crate) limit: Option<Limit>,
    pub(crate) source: io::Error,
}

impl Refused {
    /// The refusal of so many bytes.
    pub(crate) fn of(bytes: usize) -> impl Fn(io::Error) -> Self {
        Self::on(HugePages::Off, bytes)
    }

    /// The refusal of so many bytes on such pages.
    pub(crate) fn on(pages: HugePages, bytes: usize) -> impl Fn(io::Error) -> Self {
        let of_pages = move || (pages == HugePages::Explicit).then(Limit::of_huge_pages);
        move |source| Self {
            bytes,
            limit: Limit::exceeded_by(bytes, &source).or_else(of_pages),
            source,
        }
    }
}

impl Limit {
    /// The limit of the process that so many bytes more would exceed.
    fn exceeded_by(bytes: usize, refusal: &io::Error) -> Option<Self> {
        match refusal.kind() {
            io::ErrorKind::OutOfMemory => {}
            // mmap(2): too much memory has been locked.
            io::ErrorKind::WouldBlock => return known::of_locked(),
            _ => return None,
        }
        let bytes = bytes.saturating_add(SLACK);
        let is_exceeded = |(limit, used): &(Self, usize)| limit.left(*used) < bytes;
        Some(known::of_process().find(is_exceeded)?.0)
    }

    /// What was too few for an arena on explicit huge pages.
    fn of_huge_pages() -> Self {
        let free = "/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages";
        let free = std::fs::read_to_string(free).ok();
        let free = free.and_then(|pages| pages.trim().parse().ok());
        Self::HugePages {
            free: free.unwrap_or(0),
        }
    }

    /// The bytes that the limits leave to the process, if there are some.
    pub(crate) fn least_left() -> Option<usize> {
        known::of_process()
            .map(|(limit, used)| limit.left(used))
            .min()
    }

    fn left(self, used: usize) -> usize {
        match self {
            Self::AddressSpace { bytes } | Self::Data { bytes } => bytes.saturating_sub(used),
            Self::Locked { .. } | Self::HugePages { .. } => usize::MAX,
        }
    }
}

/// The limit, and how it is raised.
impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AddressSpace { bytes } => write!(
                f,
                "the process may have {bytes} bytes of address space; raise that limit (ulimit -v)"
            ),
            Self::Data { bytes } => write!(
                f,
                "the process may have {bytes} bytes of private memory; raise that limit (ulimit -d)"
            ),
            Self::Locked { bytes } => write!(
                f,
                "the process may lock {bytes} bytes, and has all that it maps locked; raise that \
                 limit (ulimit -l)"
            ),
            Self::HugePages { free } => write!(
                f,
                "the host has {free} free pages of 2 MiB; raise vm.nr_hugepages, and what the \
                 control group may have of them (hugetlb)"
            ),
        }
    }
}
