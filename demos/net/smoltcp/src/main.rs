//! A TCP stream between two stacks of smoltcp, over queues of frames.
//!
//! ```sh
//! cargo run --release --manifest-path demos/net/Cargo.toml -p framewell-smoltcp
//! ```
//!
//! `--bytes N` sets the length of the stream, `--frames N` the frames of the one pool of both
//! stacks, and `--drop N` has each Nth packet lost on the way. The exit status is 0 if all bytes
//! came and were right, and no frame is out at the end.

#![forbid(unsafe_code)]

use std::process::ExitCode;

use framewell_net_common::{end, options};
use framewell_smoltcp::{Options, transfer};

fn main() -> ExitCode {
    let known = [("--bytes", 64 << 20), ("--frames", 1024), ("--drop", 0)];
    let run = |[bytes, frames, drop]: [u64; 3]| {
        transfer(&Options {
            bytes,
            frames: frames as usize,
            drop,
        })
    };
    end(options("framewell-smoltcp", known, std::env::args().skip(1)).and_then(run))
}
