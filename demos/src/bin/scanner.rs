//! A scanner of Wi-Fi networks on buffers of framewell: see [`framewell_demos::scanner`].
//!
//! Ends with 0 if all that was seen is consistent, with 1 if not, with 2 if it could not run: bad
//! arguments, an unreadable capture.

use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use framewell_demos::capture::{Capture, WIFI};
use framewell_demos::scanner::args::Args;
use framewell_demos::scanner::buffer::{self, Cells};
use framewell_demos::scanner::{output, scan};
use indicatif::{ProgressBar, ProgressStyle};

/// The shortest time between two drawings of the progress.
const DRAWN: Duration = Duration::from_millis(200);

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(message) => {
            eprintln!("{message}");
            ExitCode::from(2)
        }
    }
}

/// Writes a line to the standard output, which nobody has to read to the end.
fn say(line: &str) {
    writeln!(std::io::stdout(), "{line}").ok();
}

fn open(args: &Args) -> Result<Vec<Capture>, String> {
    let mut captures = Vec::new();
    for path in args.captures()? {
        let name = path.display();
        let capture =
            Capture::open_wanted(&path, &WIFI).map_err(|error| format!("{name}: {error}"))?;
        for remark in capture.remarks() {
            eprintln!("{name}: {remark}");
        }
        captures.push(capture);
    }
    Ok(captures)
}

/// Scans and returns whether all is consistent.
fn run(args: &Args) -> Result<bool, String> {
    let captures = open(args)?;
    let pool = buffer::pool(args.memory as usize)?;
    let bar = ProgressBar::new(args.repeat);
    let style = ProgressStyle::with_template("{wide_bar} pass {pos} of {len}, {eta} left")
        .map_err(|error| error.to_string())?;
    bar.set_style(style);
    bar.enable_steady_tick(DRAWN);
    let cells = Cells::default();
    let outcome = scan::run(&captures, &pool, &cells, args.options(), || bar.inc(1));
    bar.finish_and_clear();
    say(&output::table(&outcome));
    say(&output::counts_text(&outcome));
    say(&pool.stats().to_string());
    let faults = outcome.faults();
    for fault in &faults {
        eprintln!("fault: {fault}");
    }
    Ok(faults.is_empty())
}
