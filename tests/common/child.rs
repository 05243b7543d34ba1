//! Runs a test's own binary once more, as a process of its own. What the test does there may end
//! the process, and what limits the process limits no other test.

use std::env;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, Output};

/// The variable that is set in the process of a test.
const CHILD: &str = "FRAMEWELL_TEST_CHILD";

/// The variable that holds the words which start a program of the test's kind, where the kernel
/// does not start it by itself: an emulator and its arguments, split at blanks.
const RUNNER: &str = "FRAMEWELL_TEST_RUNNER";

/// The command that starts this binary.
fn this_binary() -> Command {
    let binary = env::current_exe().unwrap();
    let runner = env::var(RUNNER).unwrap_or_default();
    let mut words = runner.split_whitespace();
    let Some(program) = words.next() else {
        return Command::new(binary);
    };
    let mut command = Command::new(program);
    command.args(words).arg(binary);
    command
}

fn run(test: &str, variables: &[(&str, &str)]) -> Output {
    this_binary()
        .args(["--exact", test, "--nocapture", "--include-ignored"])
        .env(CHILD, "1")
        .envs(variables.iter().copied())
        .output()
        .unwrap()
}

/// Runs only this test of the binary in a process of its own. It must pass.
#[track_caller]
pub(crate) fn passes(test: &str, variables: &[(&str, &str)]) {
    let child = run(test, variables);
    let text = String::from_utf8_lossy(&child.stdout);
    let error = String::from_utf8_lossy(&child.stderr);
    assert!(child.status.success(), "{}\n{text}\n{error}", child.status);
    assert!(text.contains("1 passed"), "{text}");
    eprint!("{error}");
}

/// Runs all that this process was asked to run once more, in a process with these variables. It
/// must pass.
#[track_caller]
pub(crate) fn passes_once_more(variables: &[(&str, &str)]) {
    let child = this_binary()
        .args(env::args_os().skip(1))
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&child.stdout);
    let error = String::from_utf8_lossy(&child.stderr);
    assert!(
        child.status.success(),
        "{variables:?}: {}\n{text}\n{error}",
        child.status
    );
    let summary = text
        .lines()
        .find(|line| line.starts_with("test result: ok"));
    let summary = summary.unwrap_or_else(|| panic!("{text}"));
    eprintln!("{variables:?}: {summary}");
    eprint!("{error}");
}

/// Runs `body` in a process of its own. It must be all that the test of this name does.
#[track_caller]
pub(crate) fn alone(test: &str, body: impl FnOnce()) {
    if env::var_os(CHILD).is_some() {
        body();
    } else {
        passes(test, &[]);
    }
}

/// Runs `body` in a process of its own, which it must abort. It must be all that the test of this
/// name does.
#[track_caller]
pub(crate) fn aborts(test: &str, body: impl FnOnce()) {
    if env::var_os(CHILD).is_some() {
        return body();
    }
    let child = run(test, &[]);
    let signal = child.status.signal();
    let told = String::from_utf8_lossy(&child.stderr);
    assert_eq!(signal, Some(libc::SIGABRT), "{}\n{told}", child.status);
}
