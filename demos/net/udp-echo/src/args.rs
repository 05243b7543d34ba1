//! The options.

#![forbid(unsafe_code)]

use std::net::SocketAddr;

use clap::{Parser, ValueEnum};
use framewell_harness::args::Timing;
use framewell_harness::traffic::HEAD;

/// The longest datagram that the program sends.
const LONGEST: usize = 9000;

/// A way for datagrams between the kernel and a program.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Way {
    /// recvmmsg and sendmmsg, an echo
    Recvmmsg,
    /// recvmmsg of merged datagrams, which are split; nothing is sent back
    Gro,
    /// io_uring, with a receive that goes on and a ring of buffers, an echo
    #[value(name = "io_uring")]
    IoUring,
    /// tokio, with a datagram at a time, an echo
    Tokio,
}

impl Way {
    /// Returns the name that tables show.
    pub fn name(self) -> &'static str {
        match self {
            Self::Recvmmsg => "recvmmsg",
            Self::Gro => "GRO",
            Self::IoUring => "io_uring",
            Self::Tokio => "tokio",
        }
    }
}

/// Whose buffers a server has.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Who {
    /// frames of a pool of framewell
    Framewell,
    /// buffers by hand
    Twin,
}

/// Echo UDP datagrams over the loopback device in several ways, each with frames and with buffers
/// by hand, and verify each one.
#[derive(Clone, Debug, Parser)]
#[command(name = "udp-echo", version)]
pub struct Args {
    /// Bytes of a datagram's payload; may be given several times [default: 64, 1472]
    #[arg(long, value_name = "BYTES", value_parser = size)]
    size: Vec<usize>,

    /// How long it takes, and where the report goes.
    #[command(flatten)]
    pub timing: Timing,

    /// Run this way only; may be given several times
    #[arg(long, value_name = "WAY")]
    way: Vec<Way>,

    /// Run this contestant only
    #[arg(long, value_name = "CONTESTANT")]
    only: Option<Who>,

    /// Echo what comes to this address, in the first way given
    #[arg(long, value_name = "ADDRESS:PORT", conflicts_with = "client")]
    pub listen: Option<SocketAddr>,

    /// Only send to an echo server at this address, and verify what comes back
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub client: Option<SocketAddr>,
}

fn size(text: &str) -> Result<usize, String> {
    match text.parse::<usize>() {
        Ok(value) if (HEAD..=LONGEST).contains(&value) => Ok(value),
        _ => Err(format!(
            "{text} is outside {HEAD} to {LONGEST} bytes; give a number in between"
        )),
    }
}

impl Args {
    /// Returns the lengths of the datagrams.
    pub fn sizes(&self) -> Vec<usize> {
        match self.size.is_empty() {
            true => vec![64, 1472],
            false => self.size.clone(),
        }
    }

    /// Returns the longest datagram that a server has to take.
    pub fn longest(&self) -> usize {
        self.size.iter().copied().max().unwrap_or(LONGEST)
    }

    /// Returns the ways.
    pub fn ways(&self) -> Vec<Way> {
        match self.way.is_empty() {
            true => Way::value_variants().to_vec(),
            false => self.way.clone(),
        }
    }

    /// Returns the contestants that run.
    pub fn contestants(&self) -> Vec<Who> {
        let wanted = |who: &Who| self.only.is_none_or(|only| only == *who);
        [Who::Framewell, Who::Twin]
            .into_iter()
            .filter(wanted)
            .collect()
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
            ["--size", "11"],
            ["--size", "9001"],
            ["--way", "dpdk"],
            ["--only", "dpdk"],
        ] {
            assert!(Args::try_parse_from(["x"].iter().chain(&bad)).is_err());
        }
    }

    #[test]
    fn what_is_given_runs_alone() {
        let args = Args::parse_from(["x", "--way", "io_uring", "--only", "twin", "--size", "12"]);
        assert_eq!(args.ways(), [Way::IoUring]);
        assert_eq!(args.contestants(), [Who::Twin]);
        assert_eq!((args.sizes(), args.longest()), (vec![12], 12));
    }
}
