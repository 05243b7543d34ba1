//! Programs that run on `framewell`, and the parts that they are made of.
//!
//! - [`capture`]: the packets of pcap and pcapng files.
//! - [`pipeline`]: real packets from a capture or from live sockets through receive, parse, rewrite,
//!   encapsulate and send, each packet in a buffer; run by
//!   `cargo run --release -p framewell-demos --bin pipeline`.
//! - [`scanner`]: networks out of captured 802.11 frames, with readers beside the writer; run by
//!   `cargo run --release -p framewell-demos --bin scanner`.

pub mod capture;
pub mod pipeline;
pub mod scanner;
