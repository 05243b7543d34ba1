//! The layout of a frame, and the distance from one frame to the next.
//!
//! ```text
//!   │◄───────────────────────── stride ─────────────────────────►│
//!   │◄─ headroom ─►│◄──────── payload ────────►│◄── tailroom ───►│
//!   │     128      │           1500            │       100       │   = 1728, 27 cache lines
//! ```
//!
//! The colouring rule: unless the builder asks for a stride, it is an odd number of cache lines.
//! Then the same byte of consecutive frames falls into a different set of the cache each time, and
//! all sets are used in turn. With a stride that is a power of two they fall into a few sets, and
//! the frames of a burst evict each other.
//!
//! The rule of AF_XDP: the stride is a chunk that the kernel takes (`base::af_xdp`), the smallest
//! that holds the frame. In unaligned mode it is coloured too, where the largest chunk permits it.

#![forbid(unsafe_code)]

use crate::base::af_xdp::{XDP_CHUNK, XDP_HEADROOM, XDP_LEAST_DATA, XdpChunks, XdpLayout};
use crate::base::limits::MAX_ROOM;
use crate::error::BuildError;

const LINE: usize = 64;

/// The headroom that a frame has unless the builder asks for another.
const HEADROOM: usize = 128;
/// The payload that a frame has unless the builder asks for another.
const PAYLOAD: usize = 1500;

/// The rule by which a stride is chosen or refused.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Rule {
    Colouring,
    AfXdp(XdpChunks),
}

/// What the builder asks for, in bytes. The rule decides what is not asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LayoutRequest {
    pub(crate) headroom: Option<usize>,
    pub(crate) payload: Option<usize>,
    /// The tailroom is at least this.
    pub(crate) tailroom: usize,
    /// The stride is exactly this.
    pub(crate) stride: Option<usize>,
    pub(crate) rule: Rule,
}

/// The layout of every frame of a pool.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Layout {
    pub(crate) headroom: u16,
    pub(crate) payload: u16,
    /// Headroom, payload and tailroom together: the bytes that a frame's owner can use.
    pub(crate) room: u16,
    /// The kind of AF_XDP's chunks that the frames are, if they are to be chunks.
    chunks: Option<XdpChunks>,
    pub(crate) stride: usize,
}

impl Layout {
    pub(crate) fn new(wanted: LayoutRequest) -> Result<Self, BuildError> {
        if wanted.payload == Some(0) {
            return Err(BuildError::ZeroPayload);
        }
        match wanted.rule {
            Rule::Colouring => Self::by_colouring(wanted),
            Rule::AfXdp(chunks) => Self::by_af_xdp(wanted, chunks),
        }
    }

    fn by_colouring(wanted: LayoutRequest) -> Result<Self, BuildError> {
        let headroom = wanted.headroom.unwrap_or(HEADROOM);
        let payload = wanted.payload.unwrap_or(PAYLOAD);
        let needed = sum(headroom, payload, wanted.tailroom);
        if needed > MAX_ROOM {
            return Err(BuildError::FrameTooLarge { bytes: needed });
        }
        let stride = match wanted.stride {
            None => coloured(needed),
            Some(stride) if stride >= needed => stride,
            Some(stride) => return Err(BuildError::StrideTooSmall { stride, needed }),
        };
        Ok(Self {
            headroom: headroom as u16,
            payload: payload as u16,
            room: stride.min(MAX_ROOM) as u16,
            chunks: None,
            stride,
        })
    }

    fn by_af_xdp(wanted: LayoutRequest, chunks: XdpChunks) -> Result<Self, BuildError> {
        let headroom = wanted.headroom.unwrap_or(XDP_HEADROOM);
        // A payload that is not asked for is what the chunk leaves, and not less than a byte.
        let payload = wanted.payload.unwrap_or(1);
        let needed = sum(headroom, payload, wanted.tailroom);
        let chunk = match wanted.stride {
            None => least_chunk(chunks, needed.max(sum(headroom, XDP_LEAST_DATA, 0))),
            Some(stride) if chunks.takes(stride) => stride,
            Some(stride) => return Err(BuildError::XdpStride { stride, chunks }),
        };
        if !(XDP_HEADROOM..=chunk - XDP_LEAST_DATA).contains(&headroom) {
            return Err(BuildError::XdpHeadroom { headroom, chunk });
        }
        if needed > chunk {
            let bytes = needed;
            return Err(BuildError::XdpFrameTooLarge { bytes, chunk });
        }
        let left = chunk - headroom - wanted.tailroom;
        Ok(Self {
            headroom: headroom as u16,
            payload: wanted.payload.unwrap_or(left) as u16,
            room: chunk as u16,
            chunks: Some(chunks),
            stride: chunk,
        })
    }

    /// Returns what a registration with AF_XDP says of the frames, if they were laid out for one.
    pub(crate) fn af_xdp(&self) -> Option<XdpLayout> {
        let chunks = self.chunks?;
        Some(XdpLayout::new(chunks, self.stride, self.headroom))
    }

    /// Returns the number of bytes from the first frame's start to the last frame's end.
    pub(crate) fn bytes(&self, frames: u32) -> Result<usize, BuildError> {
        let frames = frames as usize;
        let too_large = BuildError::TooLarge {
            frames,
            stride: self.stride,
        };
        frames
            .checked_mul(self.stride)
            .filter(|bytes| isize::try_from(*bytes).is_ok())
            .ok_or(too_large)
    }
}

/// Returns the sum, or the largest number if it is more than that.
fn sum(headroom: usize, payload: usize, tailroom: usize) -> usize {
    headroom.saturating_add(payload).saturating_add(tailroom)
}

/// Returns the smallest chunk that holds `needed` bytes, or the largest chunk if none does.
fn least_chunk(chunks: XdpChunks, needed: usize) -> usize {
    let needed = needed.clamp(*XDP_CHUNK.start(), *XDP_CHUNK.end());
    match chunks {
        XdpChunks::Aligned => needed.next_power_of_two(),
        XdpChunks::Unaligned => coloured(needed).min(*XDP_CHUNK.end()),
    }
}

/// Returns the least odd number of cache lines that holds `needed` bytes, in bytes.
fn coloured(needed: usize) -> usize {
    let lines = needed.div_ceil(LINE);
    (lines | 1) * LINE
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    const DEFAULT: LayoutRequest = LayoutRequest {
        headroom: None,
        payload: None,
        tailroom: 0,
        stride: None,
        rule: Rule::Colouring,
    };

    #[test]
    fn default_frame_takes_27_lines() {
        let layout = Layout::new(DEFAULT).unwrap();
        assert_eq!((layout.stride, layout.room), (1728, 1728));
    }

    #[test]
    fn coloured_stride_is_odd_in_lines_and_holds_the_frame() {
        for needed in 1..10_000 {
            let stride = coloured(needed);
            assert_eq!(stride % (2 * LINE), LINE, "for {needed}");
            assert!(
                (needed..needed + 2 * LINE).contains(&stride),
                "for {needed}"
            );
        }
    }

    #[test]
    fn exact_stride_is_kept() {
        let stride = Some(2048);
        let layout = Layout::new(LayoutRequest { stride, ..DEFAULT }).unwrap();
        assert_eq!((layout.stride, layout.room), (2048, 2048));
    }

    #[test]
    fn room_stops_at_what_a_handle_can_name() {
        let wanted = LayoutRequest {
            payload: Some(65_000),
            stride: Some(1 << 20),
            ..DEFAULT
        };
        let layout = Layout::new(wanted).unwrap();
        assert_eq!((layout.stride, layout.room), (1 << 20, 65_535));
    }

    fn for_af_xdp(chunks: XdpChunks, headroom: usize, payload: usize) -> Layout {
        let wanted = LayoutRequest {
            headroom: Some(headroom),
            payload: Some(payload),
            rule: Rule::AfXdp(chunks),
            ..DEFAULT
        };
        Layout::new(wanted).unwrap()
    }

    #[test]
    fn chunk_is_the_smallest_that_holds_the_frame() {
        for needed in 257..=4096 {
            let aligned = for_af_xdp(XdpChunks::Aligned, 256, needed - 256);
            let expected = if needed <= 2048 { 2048 } else { 4096 };
            assert_eq!(aligned.stride, expected, "for {needed}");

            let unaligned = for_af_xdp(XdpChunks::Unaligned, 256, needed - 256);
            let expected = coloured(needed).clamp(2112, 4096);
            assert_eq!(unaligned.stride, expected, "for {needed}");
        }
    }

    #[test]
    fn chunk_leaves_the_bytes_behind_the_headroom_that_the_kernel_wants() {
        assert_eq!(for_af_xdp(XdpChunks::Aligned, 1600, 1).stride, 2048);
        assert_eq!(for_af_xdp(XdpChunks::Aligned, 1601, 1).stride, 4096);
        assert_eq!(for_af_xdp(XdpChunks::Unaligned, 1664, 1).stride, 2112);
        assert_eq!(for_af_xdp(XdpChunks::Unaligned, 1665, 1).stride, 2240);
        assert_eq!(for_af_xdp(XdpChunks::Unaligned, 3648, 1).stride, 4096);
    }
}
