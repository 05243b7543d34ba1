//! What the programs `xdp-echo` and `xdp-forward` are made of.
//!
//! ```text
//!   args ──► rounds ──► slice ──┬── lab          namespaces and virtual Ethernet pairs
//!              │                ├── traffic      kernel sockets, which verify each packet
//!              ▼                ├── contestants  AF_XDP sockets: framewell, and the twin
//!   summary ── output, page     └── packet       what is done with a packet
//! ```
//!
//! [`live`] does the same on interfaces that exist, without traffic of its own.

#![cfg(target_os = "linux")]

pub mod args;
pub mod capability;
pub mod clock;
pub mod contestants;
pub mod device;
pub mod interrupt;
pub mod lab;
pub mod live;
pub mod output;
pub mod packet;
pub mod page;
pub mod program;
pub mod rounds;
pub mod slice;
pub mod summary;
pub mod traffic;
pub mod wait;
