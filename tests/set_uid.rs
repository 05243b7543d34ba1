//! A set-uid program does not let whoever starts it choose the front.

#![cfg(all(not(loom), target_os = "linux", target_env = "gnu"))]

mod common;
#[path = "common/setuid.rs"]
mod setuid;

use framewell::{NoRseq, Pool};

#[test]
#[ignore = "run by the other, as a set-uid program"]
fn child() {
    if setuid::here() {
        let pool = Pool::builder().frames(100).build().unwrap();
        assert_ne!(pool.stats().no_rseq, Some(NoRseq::Environment));
        common::assert_whole(&pool);
    }
}

#[test]
fn variable_is_not_read_by_a_set_uid_program() {
    for value in ["portable", "nonsense"] {
        if let Err(why) = setuid::run("child", &[("FRAMEWELL_FRONT", value)]) {
            return common::lacking(&why);
        }
    }
}
