//! [`smoltcp`] over frames: [`FrameDevice`] receives and sends them, and [`transfer`] carries a TCP
//! stream from one stack to another over two queues of frames.

#![forbid(unsafe_code)]

mod device;
mod transfer;

pub use device::{FrameDevice, Received, ToSend};
pub use transfer::{Options, transfer};
