//! The command line of the pipeline.

use std::path::{Path, PathBuf};

use clap::{ArgAction, Parser};

use super::buffer::MAX_BURST;
use super::contestants::Contestant;

/// Receive, parse, rewrite, encapsulate and send real packets, with each packet in a buffer of
/// framewell, of the system allocator, and in a zeroed vector; then compare.
#[derive(Debug, Clone, Parser)]
#[command(name = "pipeline", version)]
pub struct Args {
    /// Capture to replay, pcap or pcapng, Ethernet [default: the one that comes with the program]
    #[arg(long, value_name = "FILE")]
    pub pcap: Option<PathBuf>,

    /// Move the packets through live UDP sockets on the loopback device (Linux)
    #[arg(long)]
    pub udp: bool,

    /// Seconds that the pipeline runs in each round [default: 1, quick: 0.4]
    #[arg(long, value_name = "S", value_parser = seconds)]
    pub seconds: Option<f64>,

    /// Rounds; in each of them every contestant runs once [default: 7, quick: 3]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub rounds: Option<u32>,

    /// Packets in a burst
    #[arg(long, value_name = "N", default_value_t = 32,
          value_parser = clap::value_parser!(u32).range(1..=MAX_BURST as i64))]
    pub burst: u32,

    /// Frames in framewell's pool; few of them show how a full pool drops and goes on
    #[arg(long, value_name = "N", default_value_t = 8192,
          value_parser = clap::value_parser!(u32).range(1..))]
    pub frames: u32,

    /// Run this contestant only; may be given several times
    #[arg(long, value_name = "CONTESTANT", action = ArgAction::Append)]
    pub only: Vec<Contestant>,

    /// Where the HTML report goes [default: framewell-pipeline.html in the target folder]
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,

    /// Short rounds and few of them: some 5 seconds
    #[arg(long)]
    pub quick: bool,

    /// Run one contestant once in this process and print its sample as JSON.
    #[arg(long, hide = true, value_name = "CONTESTANT")]
    pub child: Option<Contestant>,
}

fn seconds(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if (0.05..=3600.0).contains(&value) => Ok(value),
        _ => Err(format!(
            "{text} is outside 0.05 to 3600 seconds; give a number in between"
        )),
    }
}

impl Args {
    /// Returns the seconds of a round.
    pub fn seconds(&self) -> f64 {
        self.seconds.unwrap_or(if self.quick { 0.4 } else { 1.0 })
    }

    /// Returns the number of rounds.
    pub fn rounds(&self) -> u32 {
        self.rounds.unwrap_or(if self.quick { 3 } else { 7 })
    }

    /// Returns the contestants that run, each once.
    pub fn contestants(&self) -> Vec<Contestant> {
        let wanted = |c: &Contestant| self.only.is_empty() || self.only.contains(c);
        Contestant::ALL.into_iter().filter(wanted).collect()
    }

    /// Returns the path of the capture to replay.
    pub fn capture(&self) -> PathBuf {
        let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("captures/mixed.pcap");
        self.pcap.clone().unwrap_or(shipped)
    }

    /// Returns the path of the report.
    pub fn report(&self) -> PathBuf {
        let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent();
        let target = target
            .or_else(|| workspace.map(|folder| folder.join("target")))
            .unwrap_or_else(|| PathBuf::from("target"));
        let default = target.join("framewell-pipeline.html");
        self.report.clone().unwrap_or(default)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_definition_is_consistent() {
        Args::command().debug_assert();
    }

    #[test]
    fn bad_values_are_refused() {
        for bad in [
            ["--seconds", "0"],
            ["--seconds", "nan"],
            ["--rounds", "0"],
            ["--burst", "65"],
            ["--frames", "0"],
            ["--only", "dpdk"],
        ] {
            assert!(Args::try_parse_from(["pipeline"].iter().chain(&bad)).is_err());
        }
    }

    #[test]
    fn quick_is_shorter_but_numbers_win() {
        let quick = Args::parse_from(["pipeline", "--quick", "--rounds", "9"]);
        assert_eq!((quick.seconds(), quick.rounds()), (0.4, 9));
        let only = Args::parse_from(["pipeline", "--only", "vec", "--only", "system"]);
        let expected = vec![Contestant::System, Contestant::Vec];
        assert_eq!(only.contestants(), expected);
    }
}
