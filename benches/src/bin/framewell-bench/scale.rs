//! The measurement of how cost grows.

use std::error::Error;
use std::fs;
use std::path::PathBuf;

use framewell_bench::scale::{Effort, measure};

/// Measures cost against frames, live frames and threads, and memory against payload.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Measure less: a look of half a minute.
    #[arg(long)]
    quick: bool,
    /// Write all figures to a file.
    #[arg(long)]
    json: Option<PathBuf>,
}

pub(crate) fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    let effort = if options.quick {
        Effort::QUICK
    } else {
        Effort::FULL
    };
    let scaled = measure(effort, |next| eprintln!("{next} …"));
    println!("{}", scaled.tables());
    if let Some(path) = &options.json {
        fs::write(path, serde_json::to_string_pretty(&scaled)?)?;
    }
    Ok(())
}
