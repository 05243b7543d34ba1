//! Programs around the benchmarks, one subcommand each.

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
    /// Answers for one entrant on standard input and output: `compare` starts it.
    #[command(hide = true)]
    Serve(serve::Options),
}

fn main() -> ExitCode {
    match Options::parse().command {
        Command::Serve(options) => serve::run(&options),
    }
}
