//! Explicit huge pages of 2 MiB: how many the machine sets aside, and how many of them a control
//! group allows.

use std::ffi::CString;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use framewell::{Pool, PoolBuilder};

use super::linux::meminfo;

const RESERVATION: &str = "/proc/sys/vm/nr_hugepages";
pub(crate) const HUGE: usize = 2 << 20;

/// Locks the machine's huge pages, because all tests share them.
pub(crate) fn alone() -> MutexGuard<'static, ()> {
    static MACHINE: Mutex<()> = Mutex::new(());
    MACHINE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Returns a builder of a pool over exactly `pages` huge pages.
pub(crate) fn pages(pages: usize) -> PoolBuilder {
    let frames = pages * (HUGE / 4096);
    Pool::builder().frames(frames).stride(4096)
}

/// Returns how many explicit huge pages of 2 MiB are free, if the machine has that size.
pub(crate) fn free() -> Option<usize> {
    let size_fits = meminfo("Hugepagesize") == Some(HUGE >> 10);
    size_fits.then(|| meminfo("HugePages_Free")).flatten()
}

/// A changed `vm.nr_hugepages`, which is put back at the end.
pub(crate) struct Reserved {
    before: String,
}

impl Reserved {
    /// Sets `more` pages aside beyond those of the machine, or says why not.
    pub(crate) fn more(more: usize) -> Result<Self, String> {
        let before = fs::read_to_string(RESERVATION).map_err(|e| format!("read: {e}"))?;
        let pages: usize = before.trim().parse().map_err(|e| format!("parse: {e}"))?;
        let had = free().ok_or("no huge pages of 2 MiB")?;
        fs::write(RESERVATION, (pages + more).to_string()).map_err(|e| format!("write: {e}"))?;
        let this = Self { before };
        if free() < Some(had + more) {
            return Err("the kernel found too few free pages".to_owned());
        }
        Ok(this)
    }
}

impl Drop for Reserved {
    fn drop(&mut self) {
        let restored = fs::write(RESERVATION, &self.before);
        if let Err(error) = restored {
            eprintln!("{RESERVATION} was {}: {error}", self.before);
        }
    }
}

/// A control group whose processes may reserve huge pages of 2 MiB, and may have none of them. It
/// is removed at the end.
pub(crate) struct Group {
    path: PathBuf,
    /// The file in which the controller was switched on for the group.
    switched: Option<PathBuf>,
    /// The directory at which the controller was mounted for the group.
    mounted: Option<PathBuf>,
}

impl Group {
    pub(crate) fn without_huge_pages() -> Result<Self, String> {
        let mut group = Self {
            path: PathBuf::new(),
            switched: None,
            mounted: None,
        };
        let (root, limit) = match controller() {
            Some(found) => found,
            None => group.mount()?,
        };
        let said = |what: &str, error| format!("{}: {what}: {error}", root.display());
        if limit == UNIFIED {
            let children = root.join("cgroup.subtree_control");
            let switched = fs::read_to_string(&children).map_err(|e| said("read", e))?;
            if !has_hugetlb(&switched) {
                fs::write(&children, "+hugetlb").map_err(|e| said("subtree_control", e))?;
                group.switched = Some(children);
            }
        }
        let path = root.join(format!("framewell-test-{}", std::process::id()));
        fs::create_dir(&path).map_err(|e| said("create", e))?;
        group.path = path;
        fs::write(group.path.join(limit), "0").map_err(|e| said(limit, e))?;
        Ok(group)
    }

    /// Mounts the controller, which nobody uses.
    fn mount(&mut self) -> Result<(PathBuf, &'static str), String> {
        let at = std::env::temp_dir().join(format!("framewell-cgroup-{}", std::process::id()));
        fs::create_dir(&at).map_err(|e| format!("create: {e}"))?;
        let path = CString::new(at.to_str().unwrap()).unwrap();
        let (kind, option) = (c"cgroup", c"hugetlb");
        // SAFETY: the arguments are C strings, and as many as mount takes.
        let answer = unsafe {
            libc::mount(
                kind.as_ptr(),
                path.as_ptr(),
                kind.as_ptr(),
                0,
                option.as_ptr().cast(),
            )
        };
        if answer != 0 {
            let error = std::io::Error::last_os_error();
            let _ = fs::remove_dir(&at);
            return Err(format!(
                "no hugetlb control group, nor a mount of one: {error}"
            ));
        }
        self.mounted = Some(at.clone());
        Ok((at, LEGACY))
    }

    /// Moves the calling process into the group.
    pub(crate) fn join(path: &Path) {
        let me = std::process::id().to_string();
        fs::write(path.join("cgroup.procs"), me).unwrap();
    }

    pub(crate) fn path(&self) -> &str {
        self.path.to_str().unwrap()
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if !self.path.as_os_str().is_empty() {
            if let Err(error) = fs::remove_dir(&self.path) {
                eprintln!("{}: {error}", self.path.display());
            }
        }
        if let Some(children) = &self.switched {
            let _ = fs::write(children, "-hugetlb");
        }
        if let Some(at) = &self.mounted {
            let path = CString::new(at.to_str().unwrap()).unwrap();
            // SAFETY: the path is a C string.
            unsafe { libc::umount(path.as_ptr()) };
            let _ = fs::remove_dir(at);
        }
    }
}

/// The names of the file with the limit, in either version of control groups.
const UNIFIED: &str = "hugetlb.2MB.max";
const LEGACY: &str = "hugetlb.2MB.limit_in_bytes";

fn has_hugetlb(controllers: &str) -> bool {
    controllers.split_whitespace().any(|name| name == "hugetlb")
}

/// Returns where the controller is mounted, and the name of the file with the limit there.
fn controller() -> Option<(PathBuf, &'static str)> {
    let mounts = fs::read_to_string("/proc/mounts").ok()?;
    mounts.lines().find_map(|line| {
        let mut fields = line.split(' ').skip(1);
        let at = PathBuf::from(fields.next()?);
        match (fields.next()?, fields.next()?) {
            ("cgroup2", _) => {
                let controllers = fs::read_to_string(at.join("cgroup.controllers")).ok()?;
                has_hugetlb(&controllers).then_some((at, UNIFIED))
            }
            ("cgroup", options) => {
                let is_there = options.split(',').any(|option| option == "hugetlb");
                is_there.then_some((at, LEGACY))
            }
            _ => None,
        }
    })
}
