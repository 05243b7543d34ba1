//! What a program says, and its exit status.
//!
//! The status is 0 if all is accounted for, 1 if not, and 2 if the program could not run.

use std::io::Write;
use std::process::ExitCode;

use crate::args::Timing;
use crate::output;
use crate::page::Text;
use crate::summary::Summary;

/// Shows the figures, writes the report, and returns what is wrong, in words.
///
/// # Errors
///
/// The error says in words why the report could not be written.
pub fn show(summary: Summary, text: &Text<'_>, timing: &Timing) -> Result<Vec<String>, String> {
    say("medians (lowest–highest) over the rounds");
    say(&output::table(&summary));
    for verdict in summary.verdicts() {
        say(&verdict);
    }
    let report = timing.report(text.program);
    text.report(&summary, timing)
        .write(&report)
        .map_err(|error| format!("{}: {error}", report.display()))?;
    say(&format!("report: {}", report.display()));
    Ok(summary.faults)
}

/// Writes a line to the standard output, which nobody has to read to the end.
pub fn say(line: &str) {
    writeln!(std::io::stdout(), "{line}").ok();
}

/// Turns the faults of a program, or the reason why it could not run, into its exit status.
pub fn end(done: Result<Vec<String>, String>) -> ExitCode {
    match done {
        Ok(faults) if faults.is_empty() => ExitCode::SUCCESS,
        Ok(faults) => {
            for fault in faults {
                eprintln!("fault: {fault}");
            }
            ExitCode::from(1)
        }
        Err(message) => {
            eprintln!("{message}");
            ExitCode::from(2)
        }
    }
}
