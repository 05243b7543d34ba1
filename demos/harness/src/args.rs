//! The options that all programs have: how long they run, and where the report goes.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;

/// The options.
#[derive(Clone, Debug, Args)]
pub struct Timing {
    /// Seconds of a slice [default: 1, quick: 0.2]; where there are no slices, of all [default:
    /// until Ctrl-C]
    #[arg(long, value_name = "S", value_parser = seconds)]
    seconds: Option<f64>,

    /// Rounds; in each of them every contestant has a slice [default: 7, quick: 3]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    rounds: Option<u32>,

    /// Where the HTML report goes [default: a file named like the program in the target folder]
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,

    /// Short slices and few of them
    #[arg(long)]
    quick: bool,
}

fn seconds(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if (0.02..=86_400.0).contains(&value) => Ok(value),
        _ => Err(format!(
            "{text} is outside 0.02 to 86400 seconds; give a number in between"
        )),
    }
}

impl Timing {
    /// Returns the time of a slice.
    pub fn slice(&self) -> Duration {
        let default = if self.quick { 0.2 } else { 1.0 };
        Duration::from_secs_f64(self.seconds.unwrap_or(default))
    }

    /// Returns the time of all where there are no slices, if there is a limit.
    pub fn live(&self) -> Option<Duration> {
        self.seconds.map(Duration::from_secs_f64)
    }

    /// Returns the number of rounds.
    pub fn rounds(&self) -> u32 {
        self.rounds.unwrap_or(if self.quick { 3 } else { 7 })
    }

    /// Returns the path of the report of a program.
    ///
    /// It is in the target folder in which Cargo has built the program, or in the current folder if
    /// the program lies elsewhere.
    pub fn report(&self, program: &str) -> PathBuf {
        let this = std::env::current_exe().unwrap_or_default();
        // Cargo locks the folder of a profile by this file. The folder above is the target folder.
        let locked = |folder: &&Path| folder.join(".cargo-lock").exists();
        let target = this.ancestors().skip(1).find(locked).and_then(Path::parent);
        let default = target
            .unwrap_or_else(|| Path::new("."))
            .join(format!("framewell-{program}.html"));
        self.report.clone().unwrap_or(default)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::{CommandFactory, Parser};

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        timing: Timing,
    }

    #[test]
    fn the_definition_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn bad_values_are_refused() {
        for bad in [["--seconds", "0"], ["--seconds", "nan"], ["--rounds", "0"]] {
            assert!(Cli::try_parse_from(["x"].iter().chain(&bad)).is_err());
        }
    }

    #[test]
    fn quick_is_shorter_but_numbers_win() {
        let quick = Cli::parse_from(["x", "--quick", "--rounds", "9"]).timing;
        assert_eq!(
            (quick.slice(), quick.rounds(), quick.live()),
            (Duration::from_millis(200), 9, None)
        );
    }

    #[test]
    fn the_report_lies_in_the_target_folder_unless_told_otherwise() {
        let default = Cli::parse_from(["x"]).timing.report("echo");
        assert!(default.ends_with("framewell-echo.html"));
        let this = std::env::current_exe().unwrap();
        let folder = default.parent().unwrap();
        assert!(
            folder.is_absolute() && this.starts_with(folder),
            "{folder:?}"
        );
        let told = Cli::parse_from(["x", "--report", "a.html"]).timing;
        assert_eq!(told.report("echo"), Path::new("a.html"));
    }
}
