//! A QUIC stream and datagrams between two connections of quiche, out of frames.
//!
//! ```sh
//! cargo run --release --manifest-path demos/net/Cargo.toml -p framewell-quiche
//! ```
//!
//! `--bytes N` sets the length of the stream, and `--frames N` the frames of the pool. The exit
//! status is 0 if all bytes and datagrams came and were right, and no frame is out at the end.

#![forbid(unsafe_code)]

use std::process::ExitCode;

use framewell_net_common::{end, options};
use framewell_quiche::{Options, transfer};

fn main() -> ExitCode {
    let known = [("--bytes", 64 << 20), ("--frames", 4096)];
    let run = |[bytes, frames]: [u64; 2]| {
        transfer(&Options {
            bytes,
            frames: frames as usize,
        })
    };
    let given = std::env::args().skip(1);
    end(options("framewell-quiche", known, given).and_then(run))
}
