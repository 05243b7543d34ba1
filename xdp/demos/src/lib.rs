//! What the programs `xdp-echo` and `xdp-forward` are made of.
//!
//! ```text
//!   args ──► rounds ──► slice ──┬── lab          namespaces and virtual Ethernet pairs
//!              │                ├── contestants  AF_XDP sockets: framewell, and the twin
//!              ▼                └── packet       what is done with a packet
//!           program
//! ```
//!
//! [`framewell_harness`] has the kernel sockets that verify each packet, and makes figures and
//! reports of what the slices have shown. [`live`] does the same on interfaces that exist, without
//! traffic of its own.

#![cfg(target_os = "linux")]

pub mod args;
pub mod capability;
pub mod contestants;
pub mod device;
pub mod lab;
pub mod live;
pub mod packet;
pub mod program;
pub mod rounds;
pub mod slice;
