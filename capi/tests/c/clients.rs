use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::sync::OnceLock;

use crate::{has_c, prefix, scratch, script};

/// Builds and runs the clients, and returns the checks that passed.
#[track_caller]
fn ran(linkage: &'static str) -> BTreeSet<String> {
    let output = scratch(linkage);
    let build = [
        prefix().as_os_str(),
        output.as_os_str(),
        OsStr::new(linkage),
    ];
    script("clients/build", build);
    let said = script("clients/run", [output.as_os_str()]);
    let passed = said.lines().filter_map(|line| line.strip_prefix("ok "));
    passed.map(str::to_owned).collect()
}

/// Returns the checks that passed through the shared library. They run once.
pub(crate) fn through_shared() -> &'static BTreeSet<String> {
    static PASSED: OnceLock<BTreeSet<String>> = OnceLock::new();
    PASSED.get_or_init(|| ran("shared"))
}

/// Returns the names that a client's `main` runs: `RUN(name);`.
fn named(client: &str) -> impl Iterator<Item = &str> {
    let runs = client
        .lines()
        .filter_map(|line| line.trim().strip_prefix("RUN("));
    runs.filter_map(|rest| rest.strip_suffix(");"))
}

#[track_caller]
fn assert_all_ran(passed: &BTreeSet<String>) {
    let clients = [
        include_str!("../../clients/contract.c"),
        include_str!("../../clients/login.c"),
        include_str!("../../clients/handler.c"),
        include_str!("../../clients/loop.c"),
        include_str!("../../clients/misuse.c"),
        include_str!("../../clients/lent.c"),
        include_str!("../../clients/borrowers.c"),
        include_str!("../../clients/ring.c"),
        include_str!("../../clients/sharing.c"),
        include_str!("../../clients/wishes.c"),
        include_str!("../../clients/limited.c"),
        include_str!("../../clients/small_stack.c"),
    ];
    for client in clients {
        for name in named(client) {
            assert!(passed.contains(name), "{name} was not run");
        }
    }
}

#[test]
fn clients_pass_through_the_shared_library() {
    if has_c("the C clients, shared") {
        assert_all_ran(through_shared());
    }
}

#[test]
fn clients_pass_through_the_static_library() {
    if has_c("the C clients, static") {
        assert_all_ran(&ran("static"));
    }
}

#[test]
fn header_compiles_in_every_dialect() {
    if !has_c("the header in C and C++") {
        return;
    }
    let said = script("clients/dialects", [prefix().as_os_str()]);
    assert!(said.contains("include_alone.c"), "{said}");
    eprint!("{said}");
}
