//! The limits of the system that can stand behind a refusal of memory.

use std::fmt;
use std::io;

use super::HugePages;
use super::mapping::SLACK;

#[cfg(any(not(target_os = "linux"), loom))]
mod known {
    use super::Limit;

    /// Returns nothing: the limits of other systems are not known, and a model has none.
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

    /// Returns the limits that the process has, and how much of each is used. It does not use the
    /// heap.
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

    /// Returns the limit of locked memory.
    pub(super) fn of_locked() -> Option<Limit> {
        // SAFETY: as above.
        let locked = soft(|limit| unsafe { libc::getrlimit(libc::RLIMIT_MEMLOCK, limit) });
        locked.map(|bytes| Limit::Locked { bytes })
    }

    /// Returns the bytes of address space, and those of them that are private and writable.
    fn in_use() -> Option<(usize, usize)> {
        let mut text = [0; 128];
        let read = File::open("/proc/self/statm").ok()?.read(&mut text).ok()?;
        let text = std::str::from_utf8(&text[..read]).ok()?;
        let mut pages = text.split_whitespace().map(|number| number.parse().ok());
        let (mapped, data): (usize, usize) = (pages.next()??, pages.nth(4)??);
        let page = crate::sys::mapping::page_size();
        Some((mapped * page, data * page))
    }

    /// Returns the soft limit that `get` asks for, if there is one.
    fn soft(get: impl FnOnce(*mut libc::rlimit) -> libc::c_int) -> Option<usize> {
        let mut limit = libc::rlimit {
            rlim_cur: 0,
            rlim_max: 0,
        };
        let is_set = get(&mut limit) == 0 && limit.rlim_cur != libc::RLIM_INFINITY;
        is_set.then(|| usize::try_from(limit.rlim_cur).unwrap_or(usize::MAX))
    }
}

/// The limit of the system that stood behind a refusal of memory. It is known on Linux alone.
///
/// ```
/// use framewell::{BuildError, HugePages, Limit, Pool};
///
/// let pool = Pool::builder().frames(1 << 20).huge_pages(HugePages::Explicit).build();
/// match pool {
///     Err(BuildError::Map { limit: Some(Limit::HugePages { free }), .. }) => {
///         println!("{free} pages");
///     }
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
    /// The locked memory of the process (RLIMIT_MEMLOCK, `ulimit -l`).
    ///
    /// It matters if all that the process maps is locked (`mlockall` with `MCL_FUTURE`). Then all
    /// mapped bytes count, touched or not.
    Locked {
        /// The limit, in bytes.
        bytes: usize,
    },
    /// The explicit huge pages that the host has set aside (`vm.nr_hugepages`), or those that the
    /// control group of the process may have.
    HugePages {
        /// The number of 2 MiB pages that the host has free.
        free: usize,
    },
}

/// The error for memory that the system refused.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) bytes: usize,
    /// The limit is looked up at once, because a refused caller unmaps what it had so far.
    pub(crate) limit: Option<Limit>,
    pub(crate) source: io::Error,
}

impl Refused {
    /// Returns what makes the error for a refusal of `bytes` bytes.
    pub(crate) fn of(bytes: usize) -> impl Fn(io::Error) -> Self {
        Self::on(HugePages::Off, bytes)
    }

    /// Returns what makes the error for a refusal of `bytes` bytes on such pages.
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
    /// Returns the limit of the process that `bytes` more bytes would exceed.
    fn exceeded_by(bytes: usize, refusal: &io::Error) -> Option<Self> {
        match refusal.kind() {
            io::ErrorKind::OutOfMemory => {}
            // mmap(2) returns this error if too much memory has been locked.
            io::ErrorKind::WouldBlock => return known::of_locked(),
            _ => return None,
        }
        let bytes = bytes.saturating_add(SLACK);
        let is_exceeded = |(limit, used): &(Self, usize)| limit.left(*used) < bytes;
        Some(known::of_process().find(is_exceeded)?.0)
    }

    /// Returns the limit that an arena on explicit huge pages has met.
    fn of_huge_pages() -> Self {
        let free = "/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages";
        let free = std::fs::read_to_string(free).ok();
        let free = free.and_then(|pages| pages.trim().parse().ok());
        Self::HugePages {
            free: free.unwrap_or(0),
        }
    }

    /// Returns the least number of bytes that the limits leave to the process, if it has limits.
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

/// Says what the limit is, and how it is raised.
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
