//! Programs that run on `framewell`, and the parts that they are made of.
//!
//! - [`capture`] reads the packets of pcap and pcapng files.
//! - [`pipeline`] takes real packets, from a capture or from live sockets, through receive, parse,
//!   rewrite, encapsulate and send, each packet in a buffer. It is run by
//!   `cargo run --release -p framewell-demos --bin pipeline`.
//! - [`scanner`] finds networks in captured 802.11 frames, with readers beside the writer. It is
//!   run by `cargo run --release -p framewell-demos --bin scanner`.

pub mod capture;
pub mod pipeline;
pub mod scanner;
