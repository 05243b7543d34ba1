//! The buffers of quiche: references to frames, and memory of the heap where quiche makes its own.

use std::mem;

use bytes::Bytes;
use framewell::{Frame, Shared};
use quiche::{BufFactory, BufSplit};

/// Has quiche keep what is sent, until it is acknowledged, as [`FrameBuf`]s.
#[derive(Clone, Debug, Default)]
pub struct Frames;

/// What a stream or a datagram sends.
#[derive(Clone, Debug)]
pub enum FrameBuf {
    /// A part of a frame, for `stream_send_zc` and `dgram_send_buf`.
    Frame(Shared<Frame>),
    /// A copy that quiche made for itself: it names no pool, and cannot be refused.
    Heap(Bytes),
}

impl AsRef<[u8]> for FrameBuf {
    fn as_ref(&self) -> &[u8] {
        match self {
            Self::Frame(part) => part,
            Self::Heap(bytes) => bytes,
        }
    }
}

impl From<Vec<u8>> for FrameBuf {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Heap(bytes.into())
    }
}

impl BufFactory for Frames {
    type Buf = FrameBuf;
    type DgramBuf = FrameBuf;

    fn buf_from_slice(bytes: &[u8]) -> FrameBuf {
        bytes.to_vec().into()
    }

    fn dgram_buf_from_slice(bytes: &[u8]) -> FrameBuf {
        bytes.to_vec().into()
    }
}

impl BufSplit for FrameBuf {
    fn split_at(&mut self, at: usize) -> Self {
        match self {
            Self::Frame(part) => Self::Frame(part.split_off(at)),
            Self::Heap(bytes) => Self::Heap(bytes.split_off(at)),
        }
    }

    // The header of HTTP/3, which goes into the headroom of a frame that nobody else reads.
    fn try_add_prefix(&mut self, prefix: &[u8]) -> bool {
        let (buf, is_added) = match mem::replace(self, Self::Heap(Bytes::new())) {
            Self::Frame(part) => match part.try_into_owned() {
                Ok(mut frame) => {
                    let room = frame.push(prefix.len());
                    let is_added = room.map(|room| room.copy_from_slice(prefix)).is_ok();
                    (Self::Frame(frame.share()), is_added)
                }
                Err(part) => (Self::Frame(part), false),
            },
            heap => (heap, false),
        };
        *self = buf;
        is_added
    }
}
