//! The child process for the entrants that live in this package.

use std::process::ExitCode;

use clap::Args;

use framewell_bench::{home, serve_with};

#[derive(Args)]
pub(crate) struct Options {
    /// The name of the entrant, or of a floor
    entrant: String,
}

pub(crate) fn run(options: &Options) -> ExitCode {
    serve_with(|| match home::named(&options.entrant) {
        Some(entrant) => Ok(vec![entrant]),
        None => Err(format!("nobody is named {:?}", options.entrant)),
    })
}
