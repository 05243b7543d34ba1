//! Sockets against the kernel, over loopback.
//!
//! The kernel need not drop a datagram for want of room: no test sends more than the default buffer
//! of a socket holds.

mod util;

#[cfg(target_os = "linux")]
mod errors;
#[cfg(target_os = "linux")]
mod merged;
#[cfg(target_os = "linux")]
mod net;
#[cfg(target_os = "linux")]
mod old_kernel;
mod plain;
mod properties;
#[cfg(target_os = "linux")]
mod sending;
