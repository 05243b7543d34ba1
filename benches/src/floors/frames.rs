//! The memory of the floors: frames that are always there, laid out as the pool's, on huge pages where the system
//! gives them, as the pool's are.

use std::ptr::NonNull;

use memmap2::MmapMut;

use crate::contestant::{BYTES, Buffer};

/// The layout of the pool's frames.
pub(super) const STRIDE: usize = 1728;
pub(super) const HEADROOM: usize = 128;
const _: () = assert!(HEADROOM + BYTES <= STRIDE);

/// The size and alignment of a huge page.
const HUGE: usize = 2 << 20;

/// Frames that are always there.
pub(super) struct Frames {
    base: NonNull<u8>,
    _mapping: MmapMut,
}

// SAFETY: the frames are used through `Place`s, or by floors that say who has which.
unsafe impl Send for Frames {}
// SAFETY: as above.
unsafe impl Sync for Frames {}

impl Frames {
    /// Maps so many.
    pub(super) fn new(count: usize) -> Self {
        let bytes = (count * STRIDE).next_multiple_of(HUGE) + HUGE;
        let mut mapping = MmapMut::map_anon(bytes).expect("memory of a floor");
        // Without huge pages it is the same memory.
        #[cfg(target_os = "linux")]
        let _ = mapping.advise(memmap2::Advice::HugePage);
        let first = mapping.as_mut_ptr();
        // Within the huge page that the mapping is longer.
        let base = first.wrapping_add(first.align_offset(HUGE));
        Self {
            base: NonNull::new(base).expect("a mapping"),
            _mapping: mapping,
        }
    }

    /// The first frame.
    pub(super) fn base(&self) -> *mut u8 {
        self.base.as_ptr()
    }

    /// Returns a frame as a buffer.
    ///
    /// # Safety
    ///
    /// - There are more frames than `place`, and they stay mapped while the buffer is used.
    /// - The frame's last buffer is not used any more.
    #[inline(always)]
    pub(super) unsafe fn at(&self, place: usize) -> Place {
        // SAFETY: the function's bullet: within the mapping, which is longer than all frames.
        Place(unsafe { self.base.add(place * STRIDE + HEADROOM) })
    }
}

/// The payload of a frame, by its address alone.
pub(super) struct Place(NonNull<u8>);

// SAFETY: a place is no thread's.
unsafe impl Send for Place {}

// SAFETY: the payload of a frame, which no other buffer uses (`Frames::at`), holds BYTES.
unsafe impl Buffer for Place {
    #[inline(always)]
    fn first(&mut self) -> *mut u8 {
        self.0.as_ptr()
    }
}
