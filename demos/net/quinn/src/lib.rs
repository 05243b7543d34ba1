//! [`quinn`] over frames: [`write()`] and [`send_datagram`] give it frames, [`read`] and
//! [`read_datagram`] copy what it received into frames, and [`transfer`] does all of it.

#![forbid(unsafe_code)]

mod endpoints;
mod frames;
mod transfer;

pub use frames::{Failed, read, read_datagram, send_datagram, write};
pub use transfer::{Options, transfer};
