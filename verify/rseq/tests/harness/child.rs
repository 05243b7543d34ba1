//! Runs a test's own binary once more, as a process of its own. What the test does there may hang
//! or crash.

use std::env;
use std::io::Read;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// The variable that is set in the process of a test.
const CHILD: &str = "FRAMEWELL_STORM_CHILD";

/// The time after which a process is said to hang.
const PATIENCE: Duration = Duration::from_secs(120);

/// What became of the process.
pub(crate) struct Outcome {
    pub(crate) status: ExitStatus,
    pub(crate) output: String,
    pub(crate) took: Duration,
    pub(crate) hung: bool,
}

/// Returns whether this is a test's process of its own.
pub(crate) fn here() -> bool {
    env::var_os(CHILD).is_some()
}

/// Runs only this test of the binary in a process of its own.
pub(crate) fn run(test: &str, variables: &[(&str, &str)]) -> Outcome {
    let started = Instant::now();
    let patience = if super::long() {
        PATIENCE * 30
    } else {
        PATIENCE
    };
    let mut child = Command::new(env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture", "--include-ignored"])
        .env(CHILD, "1")
        .env("RUST_BACKTRACE", "0")
        .envs(variables.iter().copied())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut pipes: (_, _) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
    let texts = thread::spawn(move || {
        let errors = thread::spawn(move || {
            let mut text = Vec::new();
            pipes.1.read_to_end(&mut text).unwrap();
            text
        });
        let mut text = Vec::new();
        pipes.0.read_to_end(&mut text).unwrap();
        text.extend(errors.join().unwrap());
        text
    });
    let mut hung = false;
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if started.elapsed() > patience && !hung {
            hung = true;
            child.kill().unwrap();
        }
        thread::sleep(Duration::from_millis(10));
    };
    Outcome {
        status,
        output: String::from_utf8_lossy(&texts.join().unwrap()).into_owned(),
        took: started.elapsed(),
        hung,
    }
}

impl Outcome {
    /// Checks that the process has run its test, which passed, and repeats what the test printed.
    #[track_caller]
    pub(crate) fn assert_passed(&self) {
        assert!(!self.hung, "it hangs:\n{}", self.output);
        assert!(self.status.success(), "{}:\n{}", self.status, self.output);
        assert!(self.output.contains("1 passed"), "{}", self.output);
        for line in self.output.lines().filter(|line| line.starts_with("  ")) {
            eprintln!("{line}");
        }
    }

    /// Checks that the process has failed: by one of the causes in its output, or by a signal that
    /// names no cause.
    #[track_caller]
    pub(crate) fn assert_caught(&self, test: &str, cause: &str) {
        assert!(!self.hung, "{test}: it hangs:\n{}", self.output);
        assert!(
            !self.status.success(),
            "{test}: not caught:\n{}",
            self.output
        );
        let crashed = matches!(self.status.signal(), Some(libc::SIGSEGV | libc::SIGBUS));
        assert!(
            crashed || self.output.contains(cause),
            "{test}: failed, but not by {cause:?}:\n{}",
            self.output
        );
        eprintln!("  {test}: caught in {:.1?}", self.took);
    }
}
