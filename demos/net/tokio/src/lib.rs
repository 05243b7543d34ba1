//! Frames at the sockets of [`tokio`]: [`receive`], [`read`] and [`write()`] are the ways, and
//! [`transfer`] goes them.

#![forbid(unsafe_code)]

mod sockets;
mod transfer;

pub use sockets::{read, receive, write};
pub use transfer::{Options, transfer};
