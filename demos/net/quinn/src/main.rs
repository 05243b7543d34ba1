//! QUIC streams and datagrams through quinn over loopback, out of frames and into frames.
//!
//! ```sh
//! cargo run --release --manifest-path demos/net/Cargo.toml -p framewell-quinn
//! ```
//!
//! `--packets N` sets how many datagrams go to and fro, `--bytes N` the length of what goes to each
//! of two streams, and `--frames N` the frames of the pool. The exit status is 0 if all came and
//! were right, and no frame is out at the end.

#![forbid(unsafe_code)]

use std::process::ExitCode;

use framewell_net_common::{end, options};
use framewell_quinn::{Options, transfer};

fn main() -> ExitCode {
    let known = [
        ("--packets", 20_000),
        ("--bytes", 64 << 20),
        ("--frames", 4096),
    ];
    let run = |[packets, bytes, frames]: [u64; 3]| {
        let frames = frames as usize;
        transfer(&Options {
            packets,
            bytes,
            frames,
        })
        .map_err(|failed| failed.to_string())
    };
    let given = std::env::args().skip(1);
    end(options("framewell-quinn", known, given).and_then(run))
}
