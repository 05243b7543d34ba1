//! Sockets against the kernel: each test has a network namespace of its own, with virtual Ethernet
//! pairs in it. The other side is the kernel's own UDP.
//!
//! A process without the rights for that says that a test was not run. With `FRAMEWELL_STRICT=1`
//! that is a failure.

#![cfg(target_os = "linux")]

mod echo;
mod exhausted;
mod forward;
mod jumbo;
mod net;
mod queues;
mod refusals;
mod teardown;
mod user;
