//! A set-uid program does not let whoever starts it choose the settings of the shared pool.

#![cfg(all(target_os = "linux", target_env = "gnu"))]

#[path = "../../tests/common/setuid.rs"]
mod setuid;

use std::env;
use std::mem::MaybeUninit;
use std::ptr;

use framewell_capi::inspect::framewell_pool_stats;
use framewell_capi::shared::framewell_shared_pool;
use framewell_capi::types::{FRAMEWELL_SUCCESS, framewell_stats};

/// All variables that the C library reads. A bad value of each is refused where the variable is
/// read.
const VARIABLES: [&str; 8] = [
    "FRAMEWELL_FRAMES",
    "FRAMEWELL_CACHE_SIZE",
    "FRAMEWELL_DOT11_BYTES",
    "FRAMEWELL_FRONT",
    "FRAMEWELL_HUGE_PAGES",
    "FRAMEWELL_PREFAULT",
    "FRAMEWELL_ZERO_ON_FREE",
    "FRAMEWELL_ON_MISUSE",
];

#[test]
#[ignore = "run by the other, as a set-uid program"]
fn child() {
    if !setuid::here() {
        return;
    }
    let mut pool = ptr::null_mut();
    // SAFETY: the place is valid.
    let code = unsafe { framewell_shared_pool(&raw mut pool) };
    assert_eq!(code, FRAMEWELL_SUCCESS);
    let mut stats = MaybeUninit::<framewell_stats>::zeroed();
    let size = stats.as_mut_ptr().cast::<usize>();
    // SAFETY: the first member says how much room there is.
    unsafe { size.write(size_of::<framewell_stats>()) };
    // SAFETY: the pool is valid, and the place has its size.
    let code = unsafe { framewell_pool_stats(pool, stats.as_mut_ptr()) };
    assert_eq!(code, FRAMEWELL_SUCCESS);
    // SAFETY: the call has written it.
    assert_eq!(unsafe { stats.assume_init() }.capacity, 4096);
}

#[test]
fn variables_are_not_read_by_a_set_uid_program() {
    for name in VARIABLES {
        let Err(why) = setuid::run("child", &[(name, "nonsense")]) else {
            continue;
        };
        let strict = env::var_os("FRAMEWELL_STRICT").is_some_and(|value| value == "1");
        assert!(!strict, "not run: {why}");
        return eprintln!("not run: {why}");
    }
}
