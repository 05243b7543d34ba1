//! The owners of buffers: of one frame, of many frames, and of one buffer of any length; the
//! references that share a buffer; and the cell that shares the latest one.

pub(crate) mod burst;
pub(crate) mod cell;
pub(crate) mod frame;
pub(crate) mod id_batch;
pub(crate) mod shared;
pub(crate) mod var_buf;
mod view;
