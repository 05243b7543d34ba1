//! The owners of buffers: of one frame, of many frames, and of one buffer of any length; and the
//! cell that shares the latest buffer.

pub(crate) mod bulk;
pub(crate) mod burst;
pub(crate) mod cell;
pub(crate) mod dot11_buf;
pub(crate) mod frame;
mod view;
