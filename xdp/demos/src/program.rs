//! The course of a program, and its exit status.
//!
//! The status is 0 if all is accounted for, 1 if not, and 2 if the program could not run.

use std::io::Write;
use std::process::ExitCode;

use crate::args::Common;
use crate::capability::{self, Capability};
use crate::lab::Lab;
use crate::{output, page, rounds, summary};

/// What a program is called, and what it does.
#[derive(Clone, Copy, Debug)]
pub struct Program {
    /// The name of the program.
    pub name: &'static str,
    /// The title of its report.
    pub title: &'static str,
    /// A sentence that says what it does.
    pub does: &'static str,
    /// Makes the network for packets of a size.
    pub lab: fn(usize) -> Result<Lab, String>,
}

impl Program {
    /// Runs all rounds in networks of the program's own, shows the figures, writes the report, and
    /// returns what is wrong, in words.
    ///
    /// # Errors
    ///
    /// The error says in words why it could not run.
    pub fn compare(&self, common: &Common) -> Result<Vec<String>, String> {
        capability::check(&Capability::NAMESPACES)?;
        let all = rounds::run(common, self.lab)?;
        let summary = summary::summarize(&all);
        say("medians (lowest–highest) over the rounds");
        say(&output::table(&summary));
        for verdict in summary.verdicts() {
            say(&verdict);
        }
        let report = common.report(self.name);
        page::report(self.title, self.does, &summary, common)
            .write(&report)
            .map_err(|error| format!("{}: {error}", report.display()))?;
        say(&format!("report: {}", report.display()));
        Ok(summary.faults)
    }
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
