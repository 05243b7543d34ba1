//! The tcmalloc of gperftools, from Debian's shared library.
//!
//! The library is loaded beside the system's allocator, which stays. Its symbols are looked up in
//! it by name, and are offered to nobody else.

#![allow(
    clippy::disallowed_types,
    reason = "the project's atomics go through its facade; these are the harness's"
)]

use std::ffi::c_void;
use std::mem;
use std::process::ExitCode;
use std::sync::atomic::{AtomicPtr, Ordering};

use framewell_bench::contestants::{Functions, Heap, Pair};
use framewell_bench::entrant::{Both, Entrant};

const FILE: &str = "libtcmalloc_minimal.so.4";
const PACKAGE: &str = "libtcmalloc-minimal4";

type Malloc = unsafe extern "C" fn(usize) -> *mut c_void;
type Free = unsafe extern "C" fn(*mut c_void);

/// The library's functions, once it is loaded. They are called as through a table of the linker's.
static MALLOC: AtomicPtr<()> = AtomicPtr::new(malloc_of_none as *mut ());
static FREE: AtomicPtr<()> = AtomicPtr::new(free_of_none as *mut ());

extern "C" fn malloc_of_none(_: usize) -> *mut c_void {
    panic!("the library is loaded before it is called");
}

extern "C" fn free_of_none(_: *mut c_void) {
    panic!("the library is loaded before it is called");
}

/// Loads the library of this name for good.
fn load(file: &str) -> Result<(), String> {
    let missing = |error| format!("{error}; apt-get install {PACKAGE}");
    // SAFETY: an allocator's library starts and ends with nothing that touches others' memory.
    let library = unsafe { libloading::Library::new(file) }.map_err(missing)?;
    // The library is never unloaded, since the table points into it.
    let library = Box::leak(Box::new(library));
    // SAFETY: gperftools' function of this name has this type.
    let malloc = unsafe { library.get::<Malloc>(b"tc_malloc") }.map_err(missing)?;
    // SAFETY: gperftools' function of this name has this type.
    let free = unsafe { library.get::<Free>(b"tc_free") }.map_err(missing)?;
    // Relaxed: the library is loaded before the threads that call it are given work.
    MALLOC.store(*malloc as *mut (), Ordering::Relaxed);
    FREE.store(*free as *mut (), Ordering::Relaxed);
    Ok(())
}

struct Gperftools;

// SAFETY: gperftools' `tc_malloc` and `tc_free` keep C's contract.
unsafe impl Functions for Gperftools {
    const NAME: &'static str = "gperftools";

    #[inline]
    fn malloc(size: usize) -> *mut c_void {
        // Relaxed: the library is loaded before the threads that call it are given work, as in
        // `load`.
        let function = MALLOC.load(Ordering::Relaxed);
        // SAFETY: only functions of this type are stored there.
        let malloc = unsafe { mem::transmute::<*mut (), Malloc>(function) };
        // SAFETY: any size may be asked for.
        unsafe { malloc(size) }
    }

    #[inline]
    unsafe fn free(memory: *mut c_void) {
        // Relaxed: the library is loaded before the threads that call it are given work, as in
        // `load`.
        let function = FREE.load(Ordering::Relaxed);
        // SAFETY: only functions of this type are stored there.
        let free = unsafe { mem::transmute::<*mut (), Free>(function) };
        // SAFETY: the caller guarantees it (the function's bullet).
        unsafe { free(memory) };
    }
}

fn entrants() -> Result<Vec<&'static dyn Entrant>, String> {
    static GPERFTOOLS: Both<Heap<Pair<Gperftools>>> = Both(Heap::new());
    load(FILE)?;
    Ok(vec![&GPERFTOOLS])
}

fn main() -> ExitCode {
    framewell_bench::serve_with(entrants)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_library_is_told_with_its_package() {
        let told = load("libabsent.so.1").unwrap_err();
        assert!(told.contains("libabsent.so.1"), "{told}");
        assert!(
            told.ends_with("apt-get install libtcmalloc-minimal4"),
            "{told}"
        );
    }

    #[cfg(unix)]
    #[test]
    fn loaded_library_leaves_the_systems_malloc_alone() {
        load(FILE).expect("the library");
        let its = MALLOC.load(Ordering::Relaxed);
        assert_ne!(its, malloc_of_none as *mut ());
        // SAFETY: this looks a name up among those that all may use.
        let of_all = unsafe { libc::dlsym(libc::RTLD_DEFAULT, c"malloc".as_ptr()) };
        assert_eq!(
            of_all.cast(),
            libc::malloc as *mut (),
            "the linker's malloc"
        );
        // SAFETY: this looks a name up among those that all may use.
        let offered = unsafe { libc::dlsym(libc::RTLD_DEFAULT, c"tc_malloc".as_ptr()) };
        assert!(offered.is_null());
    }
}
