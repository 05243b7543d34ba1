//! The rounds: every contestant runs once in each, in child processes, one after the other.

use std::io::Read;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use super::args::Args;
use super::child::Sample;
use super::contestants::Contestant;

/// The time that a child may take beyond its own time.
const GRACE: Duration = Duration::from_secs(20);

/// The reason why there is no comparison, in words.
#[derive(Debug, PartialEq, Eq)]
pub enum Failure {
    /// The comparison could not run.
    Unable(String),
    /// A contestant crashed or did not end.
    Broken(String),
}

impl From<String> for Failure {
    fn from(why: String) -> Self {
        Self::Unable(why)
    }
}

/// Runs all rounds and returns all samples.
///
/// # Errors
///
/// The error is that of the first contestant that gave no sample.
pub fn run(args: &Args) -> Result<Vec<Sample>, Failure> {
    let contestants = args.contestants();
    let rounds = args.rounds();
    let bar = ProgressBar::new(u64::from(rounds) * contestants.len() as u64);
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {msg}, {eta} left");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    let mut samples = Vec::new();
    for round in 0..rounds {
        for place in 0..contestants.len() {
            // Another contestant begins in each round, for whoever runs first may find a colder
            // machine.
            let contestant = contestants[(place + round as usize) % contestants.len()];
            bar.set_message(format!("round {}: {}", round + 1, contestant.name()));
            bar.tick();
            samples.push(one(contestant, args)?);
            bar.inc(1);
        }
    }
    bar.finish_and_clear();
    Ok(samples)
}

fn one(contestant: Contestant, args: &Args) -> Result<Sample, Failure> {
    let name = contestant.name();
    let program = std::env::current_exe().map_err(|error| format!("own program: {error}"))?;
    let mut command = Command::new(program);
    command
        .args(["--child", contestant.key()])
        .arg("--pcap")
        .arg(args.capture())
        .args(["--seconds", &args.seconds().to_string()])
        .args(["--burst", &args.burst.to_string()])
        .args(["--frames", &args.frames.to_string()])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    if args.udp {
        command.arg("--udp");
    }
    let child = command
        .spawn()
        .map_err(|error| format!("{name}: cannot be started: {error}"))?;
    let limit = Duration::from_secs_f64(args.seconds() * 2.0) + GRACE;
    let out = said(name, child, limit)?;
    let sample = serde_json::from_str(&out);
    Ok(sample.map_err(|error| format!("{name}: unreadable sample: {error}"))?)
}

/// Returns what a child that succeeds says.
fn said(name: &str, child: Child, limit: Duration) -> Result<String, Failure> {
    let ended = wait(child, limit).map_err(|error| format!("{name}: {error}"))?;
    let (status, out, err) = ended;
    let err = err.trim();
    match status {
        Some(status) if status.success() => Ok(out),
        // The child itself says that it could not run.
        Some(status) if status.code() == Some(2) => Err(Failure::Unable(format!("{name}: {err}"))),
        Some(status) => Err(Failure::Broken(format!("{name}: {status}: {err}"))),
        None => Err(Failure::Broken(format!(
            "{name}: did not end within {limit:?}; try fewer --seconds: {err}"
        ))),
    }
}

/// Waits for a child and reads what it says. When its time is over, this ends it and gives no
/// status.
///
/// The child says less than a pipe holds, so that it may be read at the end.
fn wait(
    mut child: Child,
    limit: Duration,
) -> std::io::Result<(Option<ExitStatus>, String, String)> {
    let start = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break Some(status);
        }
        if start.elapsed() > limit {
            child.kill()?;
            child.wait()?;
            break None;
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    let (mut out, mut err) = (String::new(), String::new());
    if let Some(mut pipe) = child.stdout.take() {
        pipe.read_to_string(&mut out)?;
    }
    if let Some(mut pipe) = child.stderr.take() {
        pipe.read_to_string(&mut err)?;
    }
    Ok((status, out, err))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn shell(script: &str, limit: Duration) -> Result<String, Failure> {
        let child = Command::new("sh")
            .args(["-c", script])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn();
        said("it", child.expect("starts"), limit)
    }

    #[test]
    fn a_child_s_end_says_whether_it_crashed_or_could_not_run() {
        let limit = Duration::from_secs(20);
        assert_eq!(shell("echo out", limit), Ok("out\n".into()));
        let unable = Failure::Unable("it: why".into());
        assert_eq!(shell("echo why >&2; exit 2", limit), Err(unable));
        let panicked = Failure::Broken("it: exit status: 101: why".into());
        assert_eq!(shell("echo why >&2; exit 101", limit), Err(panicked));
        let Err(Failure::Broken(killed)) = shell("echo why >&2; kill -9 $$", limit) else {
            panic!("it was killed")
        };
        assert!(killed.starts_with("it: signal: 9") && killed.ends_with(": why"));
    }

    #[test]
    fn a_child_that_does_not_end_is_ended_and_its_words_are_kept() {
        let late = shell("echo why >&2; exec sleep 60", Duration::from_millis(500));
        let message = "it: did not end within 500ms; try fewer --seconds: why";
        assert_eq!(late, Err(Failure::Broken(message.into())));
    }
}
