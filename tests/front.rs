//! Which front a pool gets, and why.

#![cfg(not(loom))]

mod common;

use std::env;
use std::process::{Command, Output};

use common::has_rseq;
use framewell::{BuildError, Front, FrontKind, NoRseq, Pool};

const VARIABLE: &str = "FRAMEWELL_FRONT";

#[test]
fn auto_takes_rseq_where_libc_has_registered_it() {
    let stats = Pool::builder().front(Front::Auto).build().unwrap().stats();
    if env::var_os(VARIABLE).is_some() {
        return common::not_run("what Front::Auto finds: FRAMEWELL_FRONT is set");
    }
    assert_eq!(stats.front == FrontKind::Rseq, stats.no_rseq.is_none());
    if has_rseq("the rseq front") {
        assert_eq!(stats.front, FrontKind::Rseq, "{stats}");
    } else {
        assert_eq!(stats.front, FrontKind::Portable, "{stats}");
    }
    #[cfg(all(
        target_os = "linux",
        target_pointer_width = "64",
        any(target_arch = "x86_64", target_arch = "aarch64")
    ))]
    match common::linux::rseq_registered() {
        // Only a kernel that refuses the fence stands in the way then.
        Some(true) => assert!(
            matches!(stats.no_rseq, None | Some(NoRseq::Fence)),
            "{stats}"
        ),
        Some(false) | None => assert_eq!(stats.no_rseq, Some(NoRseq::Unregistered)),
    }
}

#[test]
fn portable_is_had_by_asking_for_it() {
    let pool = Pool::builder().front(Front::Portable).build().unwrap();
    let stats = pool.stats();
    assert_eq!(stats.front, FrontKind::Portable);
    assert_eq!(stats.no_rseq, Some(NoRseq::Chosen));
}

#[test]
fn rseq_is_had_by_asking_for_it_or_refused_with_the_reason() {
    match Pool::builder().front(Front::Rseq).build() {
        Ok(pool) => assert_eq!(pool.stats().front, FrontKind::Rseq),
        Err(error) => {
            let BuildError::NoRseq { reason } = error else {
                panic!("{error:?}");
            };
            assert_eq!(
                error.to_string(),
                format!(
                    "the rseq front is not to be had: {reason}; ask for Front::Auto or \
                     Front::Portable"
                )
            );
        }
    }
}

/// The test below, in a process with another environment.
fn child(name: &str, value: &str) -> Output {
    Command::new(env::current_exe().unwrap())
        .args(["--exact", "prints_its_fronts", "--ignored", "--nocapture"])
        .env_remove(VARIABLE)
        .env(name, value)
        .output()
        .unwrap()
}

#[track_caller]
fn assert_printed(child: &Output, line: &str) {
    let text = String::from_utf8_lossy(&child.stdout);
    assert!(child.status.success(), "{text}");
    assert!(text.contains(line), "{line:?} is missing in\n{text}");
}

#[test]
#[ignore = "run by the others, in processes with other environments"]
fn prints_its_fronts() {
    for front in [Front::Auto, Front::Rseq, Front::Portable] {
        match Pool::builder().front(front).build() {
            Ok(pool) => println!("{front:?}: {}", pool.stats().front),
            Err(error) => println!("{front:?}: {error}"),
        }
    }
}

#[test]
fn environment_decides_for_auto_alone() {
    let portable = child(VARIABLE, "portable");
    assert_printed(&portable, "Auto: portable\n");
    assert_printed(&portable, "Portable: portable\n");
    if has_rseq("FRAMEWELL_FRONT=rseq") {
        assert_printed(&portable, "Rseq: rseq\n");
        assert_printed(&child(VARIABLE, "rseq"), "Auto: rseq\n");
        assert_printed(&child(VARIABLE, "rseq"), "Portable: portable\n");
        assert_printed(&child(VARIABLE, "auto"), "Auto: rseq\n");
    }
}

#[test]
fn environment_that_names_no_front_is_refused() {
    let refused = child(VARIABLE, "fast");
    assert_printed(
        &refused,
        "Auto: FRAMEWELL_FRONT is \"fast\", which names no front; set it to auto, rseq or \
         portable, or unset it\n",
    );
    assert_printed(&refused, "Portable: portable\n");
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[test]
fn without_a_registration_auto_is_portable_and_rseq_refused() {
    let without = child("GLIBC_TUNABLES", "glibc.pthread.rseq=0");
    assert_printed(&without, "Auto: portable\n");
    assert_printed(
        &without,
        "Rseq: the rseq front is not to be had: libc has registered no rseq area (glibc 2.35 or \
         newer does); ask for Front::Auto or Front::Portable\n",
    );
}
