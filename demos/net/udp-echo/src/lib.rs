//! What the program `udp-echo` is made of.
//!
//! ```text
//!   args ──► rounds ──► slice ──► ways     servers: framewell's, and a twin for each
//!                         │
//!                         ▼
//!                       turn               when a server begins and ends, and its processor time
//! ```
//!
//! [`framewell_harness`] has the client, which verifies each datagram, and makes figures and a
//! report of what the slices have shown.

#![cfg(target_os = "linux")]

pub mod args;
pub mod live;
pub mod rounds;
pub mod slice;
pub mod turn;
pub mod ways;
