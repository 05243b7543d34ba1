//! The owners of buffers: one frame, many, one of any length, and the cell that shares the latest.

pub(crate) mod bulk;
pub(crate) mod burst;
pub(crate) mod cell;
pub(crate) mod dot11_buf;
pub(crate) mod frame;
mod view;
