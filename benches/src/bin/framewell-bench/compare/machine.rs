//! The machine and the software that the figures were measured on.

use std::env;
use std::fs;
use std::process::Command;
use std::thread;

use serde::Serialize;

#[derive(Serialize)]
pub(crate) struct Machine {
    /// The processor's model, as the system reports it.
    pub(crate) cpu: String,
    /// The number of CPUs that this process may use.
    pub(crate) cores: usize,
    pub(crate) kernel: String,
    pub(crate) c_library: String,
    pub(crate) compiler: String,
    /// The time when the run began, in UTC.
    pub(crate) date: String,
    /// The program and its arguments.
    pub(crate) command: String,
}

impl Machine {
    /// Asks the system. What the system does not report is said to be unknown.
    pub(crate) fn here() -> Self {
        let arguments: Vec<String> = env::args().skip(1).collect();
        Self {
            cpu: cpu().unwrap_or_else(unknown),
            cores: thread::available_parallelism().map_or(1, |cores| cores.get()),
            kernel: told("uname", &["-sr"]),
            c_library: told("getconf", &["GNU_LIBC_VERSION"]),
            compiler: told("rustc", &["--version"]),
            date: told("date", &["-u", "+%Y-%m-%d %H:%M UTC"]),
            command: format!("framewell-bench {}", arguments.join(" ")),
        }
    }
}

fn unknown() -> String {
    "unknown".into()
}

fn cpu() -> Option<String> {
    let told = fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = told.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

/// Returns the first line that a program prints.
fn told(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().ok();
    let output = output.filter(|output| output.status.success());
    let text = output.and_then(|output| String::from_utf8(output.stdout).ok());
    let line = text.as_deref().and_then(|text| text.lines().next());
    line.map_or_else(unknown, |line| line.trim().to_owned())
}
