//! The programs around the benchmarks, one subcommand each.

mod compare;
mod latency;
mod scale;
mod serve;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Measures framewell beside what a user would pick instead.
#[derive(Parser)]
#[command(version)]
struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Compare(compare::Options),
    Scale(scale::Options),
    Latency(latency::Options),
    /// Answers for one entrant on standard input and output: `compare` starts it.
    #[command(hide = true)]
    Serve(serve::Options),
}

fn main() -> ExitCode {
    let outcome = match Options::parse().command {
        Command::Compare(options) => compare::run(&options),
        Command::Latency(options) => latency::run(&options),
        Command::Scale(options) => scale::run(&options),
        Command::Serve(options) => return serve::run(&options),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
