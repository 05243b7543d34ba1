//! Allocators from shared libraries, loaded beside the system's: nobody else's `malloc` is replaced, since
//! their symbols are looked up by name in their own library, and are offered to no other.

#![allow(
    clippy::disallowed_types,
    reason = "the library's own atomics go through its facade; these are the harness's"
)]

use std::ffi::c_void;
use std::marker::PhantomData;
use std::mem;
use std::sync::atomic::{AtomicPtr, Ordering};

use super::c::Functions;

/// Where a library's functions are, once it is loaded: called as through a table of the linker's.
pub(super) struct Table {
    malloc: AtomicPtr<()>,
    free: AtomicPtr<()>,
}

type Malloc = unsafe extern "C" fn(usize) -> *mut c_void;
type Free = unsafe extern "C" fn(*mut c_void);

extern "C" fn malloc_of_none(_: usize) -> *mut c_void {
    panic!("the library is loaded before it is called");
}

extern "C" fn free_of_none(_: *mut c_void) {
    panic!("the library is loaded before it is called");
}

impl Table {
    const fn new() -> Self {
        Self {
            malloc: AtomicPtr::new(malloc_of_none as *mut ()),
            free: AtomicPtr::new(free_of_none as *mut ()),
        }
    }

    #[inline(always)]
    fn malloc(&self) -> Malloc {
        // Relaxed: the library is loaded before the threads that call it are given work.
        let function = self.malloc.load(Ordering::Relaxed);
        // SAFETY: `new` and `load` store functions of this type only.
        unsafe { mem::transmute::<*mut (), Malloc>(function) }
    }

    #[inline(always)]
    fn free(&self) -> Free {
        // Relaxed: as in `malloc`.
        let function = self.free.load(Ordering::Relaxed);
        // SAFETY: `new` and `load` store functions of this type only.
        unsafe { mem::transmute::<*mut (), Free>(function) }
    }
}

/// A library that has a `malloc` and a `free` under names of its own.
///
/// # Safety
///
/// - The functions of these names have C's signatures and keep C's contract.
pub(super) unsafe trait Library: Send + Sync + 'static {
    /// As shown in tables.
    const NAME: &'static str;
    /// The file, as the loader finds it.
    const FILE: &'static str;
    /// Debian's package.
    const PACKAGE: &'static str;
    /// The two functions' names.
    const FUNCTIONS: [&'static str; 2];

    /// Returns the library's table.
    fn table() -> &'static Table;
}

/// Loads the library for good.
///
/// # Errors
///
/// If it is not on this machine, says so.
pub(super) fn load<L: Library>() -> Result<(), String> {
    let missing = |error| format!("{error}; Debian has it in {}", L::PACKAGE);
    // SAFETY: an allocator's library starts and ends with nothing that touches others' memory.
    let library = unsafe { libloading::Library::new(L::FILE) }.map_err(missing)?;
    // Never unloaded: the table points into it.
    let library = Box::leak(Box::new(library));
    let [malloc, free] = L::FUNCTIONS;
    // SAFETY: it has this type (`Library`).
    let malloc = unsafe { library.get::<Malloc>(malloc.as_bytes()) }.map_err(missing)?;
    // SAFETY: it has this type (`Library`).
    let free = unsafe { library.get::<Free>(free.as_bytes()) }.map_err(missing)?;
    // Relaxed: as in `Table::malloc`.
    L::table()
        .malloc
        .store(*malloc as *mut (), Ordering::Relaxed);
    L::table().free.store(*free as *mut (), Ordering::Relaxed);
    Ok(())
}

/// A library's functions.
pub(super) struct Shared<L>(PhantomData<L>);

// SAFETY: `Library` promises C's contract.
unsafe impl<L: Library> Functions for Shared<L> {
    const NAME: &'static str = L::NAME;

    #[inline]
    fn malloc(size: usize) -> *mut c_void {
        let malloc = L::table().malloc();
        // SAFETY: any size may be asked for.
        unsafe { malloc(size) }
    }

    #[inline]
    unsafe fn free(memory: *mut c_void) {
        let free = L::table().free();
        // SAFETY: the function's bullet.
        unsafe { free(memory) };
    }
}

/// The tcmalloc of gperftools.
pub(super) struct Gperftools;

// SAFETY: gperftools' `tc_malloc` and `tc_free`.
unsafe impl Library for Gperftools {
    const NAME: &'static str = "gperftools";
    const FILE: &'static str = "libtcmalloc_minimal.so.4";
    const PACKAGE: &'static str = "libtcmalloc-minimal4";
    const FUNCTIONS: [&'static str; 2] = ["tc_malloc", "tc_free"];

    fn table() -> &'static Table {
        static TABLE: Table = Table::new();
        &TABLE
    }
}

/// mimalloc.
pub(super) struct Mimalloc;

// SAFETY: mimalloc's `mi_malloc` and `mi_free`.
unsafe impl Library for Mimalloc {
    const NAME: &'static str = "mimalloc";
    const FILE: &'static str = "libmimalloc.so.2";
    const PACKAGE: &'static str = "libmimalloc2.0";
    const FUNCTIONS: [&'static str; 2] = ["mi_malloc", "mi_free"];

    fn table() -> &'static Table {
        static TABLE: Table = Table::new();
        &TABLE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Absent;

    // SAFETY: there is none.
    unsafe impl Library for Absent {
        const NAME: &'static str = "absent";
        const FILE: &'static str = "libabsent.so.1";
        const PACKAGE: &'static str = "libabsent1";
        const FUNCTIONS: [&'static str; 2] = ["malloc", "free"];

        fn table() -> &'static Table {
            static TABLE: Table = Table::new();
            &TABLE
        }
    }

    #[test]
    fn missing_library_is_told_with_its_package() {
        let told = load::<Absent>().unwrap_err();
        assert!(told.contains("libabsent.so.1"), "{told}");
        assert!(told.ends_with("Debian has it in libabsent1"), "{told}");
    }

    #[cfg(unix)]
    #[test]
    fn loaded_library_leaves_the_systems_malloc_alone() {
        if load::<Gperftools>().is_err() {
            // `ratios` says so, and fails where that matters.
            return;
        }
        let its = Gperftools::table().malloc() as *mut ();
        assert_ne!(its, malloc_of_none as *mut ());
        // SAFETY: a lookup by name among what all may use.
        let of_all = unsafe { libc::dlsym(libc::RTLD_DEFAULT, c"malloc".as_ptr()) };
        assert_eq!(
            of_all.cast(),
            libc::malloc as *mut (),
            "the linker's malloc"
        );
        // SAFETY: as above.
        let offered = unsafe { libc::dlsym(libc::RTLD_DEFAULT, c"tc_malloc".as_ptr()) };
        assert!(offered.is_null());
    }
}
