//! Datagrams and a stream through sockets of Tokio, out of frames and into frames.
//!
//! ```sh
//! cargo run --release --manifest-path demos/net/Cargo.toml -p framewell-tokio
//! ```
//!
//! `--packets N` sets how many datagrams go to and fro, and `--bytes N` the length of the stream.
//! The exit status is 0 if all came and were right, and no frame is out at the end.

#![forbid(unsafe_code)]

use std::process::ExitCode;

use framewell_net_common::{end, options};
use framewell_tokio::{Options, transfer};

fn main() -> ExitCode {
    let known = [("--packets", 100_000), ("--bytes", 256 << 20)];
    let run = |[packets, bytes]: [u64; 2]| transfer(&Options { packets, bytes });
    let given = std::env::args().skip(1);
    end(options("framewell-tokio", known, given).and_then(run))
}
