//! Answers what the environment asks of the tests.

use std::env;

fn is_set(name: &str) -> bool {
    env::var_os(name).is_some_and(|value| value == "1")
}

/// Says which check this machine could not make. With `FRAMEWELL_STRICT=1` that is a failure.
#[track_caller]
pub(crate) fn not_run(what: &str) {
    assert!(!is_set("FRAMEWELL_STRICT"), "not run: {what}");
    eprintln!("not run: {what}");
}

/// Returns whether the long forms are asked for, by `FRAMEWELL_LONG=1`.
pub(crate) fn long() -> bool {
    is_set("FRAMEWELL_LONG")
}

/// Returns whether the short forms are asked for, by `FRAMEWELL_SHORT=1`.
#[allow(dead_code, reason = "each test file uses its own part")]
pub(crate) fn short() -> bool {
    is_set("FRAMEWELL_SHORT")
}
