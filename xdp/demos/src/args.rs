//! The options that both programs have.

use clap::{Args, ValueEnum};
use framewell_harness::args::Timing;

use crate::packet::SHORTEST;

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

    /// How long it takes, and where the report goes.
    #[command(flatten)]
    pub timing: Timing,

    /// Run this contestant only
    #[arg(long, value_name = "CONTESTANT")]
    pub only: Option<Who>,
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

    /// Returns the contestants that run.
    pub fn contestants(&self) -> Vec<Who> {
        let all = [Who::Framewell, Who::Xdpilone];
        let wanted = |who: &Who| self.only.is_none_or(|only| only == *who);
        all.into_iter().filter(wanted).collect()
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
        for bad in [["--size", "53"], ["--size", "9001"], ["--only", "dpdk"]] {
            assert!(Cli::try_parse_from(["x"].iter().chain(&bad)).is_err());
        }
    }

    #[test]
    fn what_is_given_runs_alone() {
        let only = Cli::parse_from(["x", "--only", "xdpilone", "--size", "64"]).common;
        assert_eq!(only.contestants(), [Who::Xdpilone]);
        assert_eq!(only.sizes(), [64]);
    }
}
