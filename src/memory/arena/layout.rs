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

#![forbid(unsafe_code)]

use crate::base::limits::MAX_ROOM;
use crate::error::BuildError;

const LINE: usize = 64;

/// What the builder asks for, in bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LayoutRequest {
    pub(crate) headroom: usize,
    pub(crate) payload: usize,
    /// The tailroom is at least this.
    pub(crate) tailroom: usize,
    /// The stride is exactly this; `None` selects the colouring rule.
    pub(crate) stride: Option<usize>,
}

/// The layout of every frame of a pool.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Layout {
    pub(crate) headroom: u16,
    pub(crate) payload: u16,
    /// Headroom, payload and tailroom together: the bytes that a frame's owner can use.
    pub(crate) room: u16,
    pub(crate) stride: usize,
}

impl Layout {
    pub(crate) fn new(wanted: LayoutRequest) -> Result<Self, BuildError> {
        if wanted.payload == 0 {
            return Err(BuildError::ZeroPayload);
        }
        let needed = [wanted.payload, wanted.tailroom]
            .iter()
            .fold(wanted.headroom, |sum, part| sum.saturating_add(*part));
        if needed > MAX_ROOM {
            return Err(BuildError::FrameTooLarge { bytes: needed });
        }
        let stride = match wanted.stride {
            None => coloured(needed),
            Some(stride) if stride >= needed => stride,
            Some(stride) => return Err(BuildError::StrideTooSmall { stride, needed }),
        };
        Ok(Self {
            headroom: wanted.headroom as u16,
            payload: wanted.payload as u16,
            room: stride.min(MAX_ROOM) as u16,
            stride,
        })
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

/// Returns the least odd number of cache lines that holds `needed` bytes, in bytes.
fn coloured(needed: usize) -> usize {
    let lines = needed.div_ceil(LINE);
    (lines | 1) * LINE
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    const DEFAULT: LayoutRequest = LayoutRequest {
        headroom: 128,
        payload: 1500,
        tailroom: 0,
        stride: None,
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
            payload: 65_000,
            stride: Some(1 << 20),
            ..DEFAULT
        };
        let layout = Layout::new(wanted).unwrap();
        assert_eq!((layout.stride, layout.room), (1 << 20, 65_535));
    }
}
