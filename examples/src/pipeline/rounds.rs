//! The rounds: every contestant once in each, in child processes, one after the other.

use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use super::args::Args;
use super::child::Sample;
use super::contestants::Contestant;

/// How long a child may take beyond its own time.
const GRACE: Duration = Duration::from_secs(20);

/// Runs all rounds and returns all samples.
///
/// # Errors
///
/// What broke, in words.
pub fn run(args: &Args) -> Result<Vec<Sample>, String> {
    let contestants = args.contestants();
    let rounds = args.rounds();
    let bar = ProgressBar::new(u64::from(rounds) * contestants.len() as u64);
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {msg}, {eta} left");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    let mut samples = Vec::new();
    for round in 0..rounds {
        for place in 0..contestants.len() {
            // Another one begins in each round: whoever runs first may find a colder machine.
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

fn one(contestant: Contestant, args: &Args) -> Result<Sample, String> {
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
    let (success, out, err) = wait(child, limit).map_err(|error| format!("{name}: {error}"))?;
    if !success {
        return Err(format!("{name}: {}", err.trim()));
    }
    serde_json::from_str(&out).map_err(|error| format!("{name}: unreadable sample: {error}"))
}

/// Waits for a child and reads what it says; ends it when its time is over.
///
/// It says less than a pipe holds, so that it may be read at the end.
fn wait(mut child: Child, limit: Duration) -> std::io::Result<(bool, String, String)> {
    let start = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if start.elapsed() > limit {
            child.kill()?;
            child.wait()?;
            let message = format!("did not end within {limit:?}");
            return Err(std::io::Error::new(std::io::ErrorKind::TimedOut, message));
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
    Ok((status.success(), out, err))
}
