//! [`quiche`] over frames: [`FrameBuf`] is what it keeps of a stream until that is acknowledged,
//! and [`transfer`] carries a stream and datagrams between two connections in one process.

#![forbid(unsafe_code)]

mod config;
mod frames;
mod transfer;

pub use frames::{FrameBuf, Frames};
pub use transfer::{Options, transfer};
