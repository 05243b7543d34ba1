//! The owners of buffers: of one frame, of many frames, and of one buffer of any length; the
//! references that share a buffer; the chain of several; and the cell that shares the latest one.

mod any;
pub(crate) mod burst;
pub(crate) mod cell;
pub(crate) mod chain;
pub(crate) mod frame;
pub(crate) mod id_batch;
pub(crate) mod shared;
pub(crate) mod var_buf;
mod view;
