//! The options that both programs have.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, ValueEnum};

use crate::traffic::SHORTEST;

/// A way to have AF_XDP sockets.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Who {
    /// framewell-xdp over a pool of framewell
    Framewell,
    /// xdpilone and a vector of free chunks
    Xdpilone,
}

/// The options.
#[derive(Clone, Debug, Args)]
pub struct Common {
    /// Bytes of a packet, Ethernet header included; may be given several times [default: 64, 1514,
    /// 9000]
    #[arg(long, value_name = "BYTES", value_parser = size)]
    size: Vec<usize>,

    /// Seconds of a slice [default: 1, quick: 0.2]; with --interface of all [default: until Ctrl-C]
    #[arg(long, value_name = "S", value_parser = seconds)]
    seconds: Option<f64>,

    /// Rounds; in each of them every contestant has a slice [default: 7, quick: 3]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    rounds: Option<u32>,

    /// Run this contestant only
    #[arg(long, value_name = "CONTESTANT")]
    pub only: Option<Who>,

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

fn size(text: &str) -> Result<usize, String> {
    const LONGEST: usize = 9000;
    match text.parse::<usize>() {
        Ok(value) if (SHORTEST..=LONGEST).contains(&value) => Ok(value),
        _ => Err(format!(
            "{text} is outside {SHORTEST} to {LONGEST} bytes; give a number in between"
        )),
    }
}

impl Common {
    /// Returns the sizes of the packets.
    pub fn sizes(&self) -> Vec<usize> {
        match self.size.is_empty() {
            true => vec![64, 1514, 9000],
            false => self.size.clone(),
        }
    }

    /// Returns the time of a slice.
    pub fn slice(&self) -> Duration {
        let default = if self.quick { 0.2 } else { 1.0 };
        Duration::from_secs_f64(self.seconds.unwrap_or(default))
    }

    /// Returns the time on interfaces that exist, if there is a limit.
    pub fn live(&self) -> Option<Duration> {
        self.seconds.map(Duration::from_secs_f64)
    }

    /// Returns the number of rounds.
    pub fn rounds(&self) -> u32 {
        self.rounds.unwrap_or(if self.quick { 3 } else { 7 })
    }

    /// Returns the contestants that run.
    pub fn contestants(&self) -> Vec<Who> {
        let all = [Who::Framewell, Who::Xdpilone];
        let wanted = |who: &Who| self.only.is_none_or(|only| only == *who);
        all.into_iter().filter(wanted).collect()
    }

    /// Returns the path of the report of a program.
    pub fn report(&self, program: &str) -> PathBuf {
        let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2);
        let target = target
            .or_else(|| workspace.map(|folder| folder.join("target")))
            .unwrap_or_else(|| PathBuf::from("target"));
        let default = target.join(format!("framewell-{program}.html"));
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
        common: Common,
    }

    #[test]
    fn the_definition_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn bad_values_are_refused() {
        for bad in [
            ["--seconds", "0"],
            ["--seconds", "nan"],
            ["--rounds", "0"],
            ["--size", "53"],
            ["--size", "9001"],
            ["--only", "dpdk"],
        ] {
            assert!(Cli::try_parse_from(["x"].iter().chain(&bad)).is_err());
        }
    }

    #[test]
    fn quick_is_shorter_but_numbers_win() {
        let quick = Cli::parse_from(["x", "--quick", "--rounds", "9", "--size", "64"]).common;
        assert_eq!(quick.slice(), Duration::from_millis(200));
        assert_eq!((quick.rounds(), quick.sizes()), (9, vec![64]));
        let only = Cli::parse_from(["x", "--only", "xdpilone"]).common;
        assert_eq!(only.contestants(), [Who::Xdpilone]);
    }
}
