//! Tests pools on threads with the least stack that there is, which is the larger of 16 KiB and
//! what the system calls its minimum. Where the library is compiled with assertions, as it is for
//! tests by default, the stack is twice that.

#![cfg(all(not(loom), target_os = "linux", target_env = "gnu"))]

mod common;

use std::ffi::c_void;
use std::sync::Mutex;
use std::{iter, mem, ptr};

use common::child;
use framewell::{Burst, Front, Pool};

/// Returns the stack size of such a thread. What libc keeps of a thread is taken from it.
fn least() -> usize {
    // SAFETY: sysconf has no preconditions.
    let least = unsafe { libc::sysconf(libc::_SC_THREAD_STACK_MIN) };
    let least = usize::try_from(least).unwrap_or(0).max(16 << 10);
    if cfg!(debug_assertions) {
        2 * least
    } else {
        least
    }
}

/// Runs `body` on a thread with that little stack, with a guard behind it.
fn on_little_stack(body: fn()) {
    extern "C" fn run(body: *mut c_void) -> *mut c_void {
        // SAFETY: this is the argument of `pthread_create` below.
        let body: fn() = unsafe { mem::transmute(body) };
        body();
        ptr::null_mut()
    }
    // SAFETY: all bytes zero are room for the attributes.
    let mut attributes: libc::pthread_attr_t = unsafe { mem::zeroed() };
    // SAFETY: there is room for the attributes.
    assert_eq!(unsafe { libc::pthread_attr_init(&mut attributes) }, 0);
    // SAFETY: the attributes were initialised.
    let set = unsafe { libc::pthread_attr_setstacksize(&mut attributes, least()) };
    assert_eq!(set, 0);
    let mut thread = 0;
    // SAFETY: the attributes were initialised, and `run` takes what is handed over.
    let made = unsafe { libc::pthread_create(&mut thread, &attributes, run, body as *mut c_void) };
    assert_eq!(made, 0);
    // SAFETY: the thread was made above, and nobody else joins it.
    assert_eq!(unsafe { libc::pthread_join(thread, ptr::null_mut()) }, 0);
}

/// The pool that the steps share, each of which has a thread of its own.
static SHARED: Mutex<Option<Pool>> = Mutex::new(None);

fn shared() -> Pool {
    SHARED.lock().unwrap().clone().unwrap()
}

fn build() {
    *SHARED.lock().unwrap() = Some(Pool::builder().build().unwrap());
}

fn build_portable() {
    let pool = Pool::builder().front(Front::Portable);
    *SHARED.lock().unwrap() = Some(pool.alloc_bytes(16 << 20).build().unwrap());
}

fn frames() {
    let pool = shared();
    drop(pool.get(60).unwrap());
    let mut burst: Burst<32> = Burst::new();
    assert_eq!(pool.get_burst(&mut burst, 32), 32);
}

fn first_of_a_class() {
    drop(shared().alloc(300).unwrap());
}

fn first_large_ones() {
    for _ in 0..200 {
        drop(shared().alloc(100_000).unwrap());
    }
}

/// Takes the slow paths: all buffers go out, and come back.
fn all_of_them() {
    let pool = shared();
    let frames: Vec<_> = iter::from_fn(|| pool.get(60).ok()).collect();
    assert_eq!(frames.len(), pool.capacity());
    drop(frames);
    let buffers: Vec<_> = (0..20_000).map(|_| pool.alloc(300).unwrap()).collect();
    drop(buffers);
    assert_eq!(pool.trim().pinned, 0);
    assert_eq!(pool.stats().out, 0);
}

fn refused() {
    assert!(Pool::builder().frames(0).build().is_err());
    assert!(
        Pool::builder()
            .frames(1 << 26)
            .stride(1 << 30)
            .build()
            .is_err()
    );
    assert!(shared().alloc(usize::MAX).is_err());
}

fn end() {
    *SHARED.lock().unwrap() = None;
}

#[test]
fn pools_need_no_more_than_the_least_stack() {
    child::alone("pools_need_no_more_than_the_least_stack", || {
        for build in [build as fn(), build_portable] {
            let steps = [
                build,
                frames,
                first_of_a_class,
                first_large_ones,
                all_of_them,
                refused,
                end,
            ];
            steps.into_iter().for_each(on_little_stack);
        }
    });
}
