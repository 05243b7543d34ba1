//! Real packets through a pipeline, on three kinds of buffers: see
//! [`framewell_demos::pipeline`].
//!
//! Ends with 0 if every packet of every round is accounted for, with 1 if not, or if a contestant
//! crashed or did not end, with 2 if it could not run: bad arguments, an unreadable capture.

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use framewell_demos::capture::Capture;
use framewell_demos::pipeline::args::Args;
use framewell_demos::pipeline::contestants::Contestant;
use framewell_demos::pipeline::rounds::Failure;
use framewell_demos::pipeline::{child, output, page, rounds, summary};

fn main() -> ExitCode {
    let args = Args::parse();
    let done = match args.child {
        Some(contestant) => one(contestant, &args),
        None => compare(&args),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(Failure::Broken(message)) => {
            eprintln!("{message}");
            ExitCode::from(1)
        }
        Err(Failure::Unable(message)) => {
            eprintln!("{message}");
            ExitCode::from(2)
        }
    }
}

/// Writes a line to the standard output, which nobody has to read to the end.
fn say(line: &str) {
    writeln!(std::io::stdout(), "{line}").ok();
}

/// Runs one contestant once and prints its sample.
fn one(contestant: Contestant, args: &Args) -> Result<bool, Failure> {
    let sample = child::run(contestant, args)?;
    say(&serde_json::to_string(&sample).map_err(|error| error.to_string())?);
    Ok(true)
}

/// Runs the comparison and returns whether every packet is accounted for.
fn compare(args: &Args) -> Result<bool, Failure> {
    let path = args.capture();
    let capture = Capture::open(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let name = path.display();
    for remark in capture.remarks() {
        eprintln!("{name}: {remark}");
    }
    let samples = rounds::run(args)?;
    let summary = summary::summarize(&samples);
    say(&output::table(&summary));
    say(&format!("{}\n", output::conditions(&summary)));
    say(&output::account_text(&summary));
    let report = args.report();
    page::report(&summary, args)
        .write(&report)
        .map_err(|error| format!("{}: {error}", report.display()))?;
    say(&format!("report: {}", report.display()));
    for fault in &summary.faults {
        eprintln!("fault: {fault}");
    }
    Ok(summary.faults.is_empty())
}
