//! The memory of the floors: frames that are always there, laid out like the pool's. Like the
//! pool's, they lie on huge pages where the system gives them.

use std::ptr::NonNull;

use memmap2::MmapMut;

use crate::contestant::{BYTES, Buffer};

/// The distance from one frame to the next, as in the pool.
pub(super) const STRIDE: usize = 1728;
pub(super) const HEADROOM: usize = 128;
const _: () = assert!(HEADROOM + BYTES <= STRIDE);

/// The size and alignment of a huge page.
const HUGE: usize = 2 << 20;

/// A mapping with frames that are always there.
pub(super) struct Frames {
    base: NonNull<u8>,
    _mapping: MmapMut,
}

// SAFETY: the frames are used through `Place`s, or by floors that say which thread has which frame.
unsafe impl Send for Frames {}
// SAFETY: the same reason holds as for `Send`.
unsafe impl Sync for Frames {}

impl Frames {
    /// Maps this many frames.
    pub(super) fn new(count: usize) -> Self {
        let bytes = (count * STRIDE).next_multiple_of(HUGE) + HUGE;
        let mut mapping = MmapMut::map_anon(bytes).expect("memory of a floor");
        // The memory is the same without huge pages, so a refusal is no error.
        #[cfg(target_os = "linux")]
        let _ = mapping.advise(memmap2::Advice::HugePage);
        let first = mapping.as_mut_ptr();
        // The mapping is longer by one huge page, and the base lies within that.
        let base = first.wrapping_add(first.align_offset(HUGE));
        Self {
            base: NonNull::new(base).expect("a mapping"),
            _mapping: mapping,
        }
    }

    /// Returns the address of the first frame.
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
        // SAFETY: the frame lies within the mapping, which is longer than all frames (the first
        // bullet).
        Place(unsafe { self.base.add(place * STRIDE + HEADROOM) })
    }
}

/// The payload of a frame, known by its address alone.
pub(super) struct Place(NonNull<u8>);

// SAFETY: nothing in a place belongs to one thread.
unsafe impl Send for Place {}

// SAFETY: the payload of a frame, which no other buffer uses (`Frames::at`), holds BYTES.
unsafe impl Buffer for Place {
    #[inline(always)]
    fn first(&mut self) -> *mut u8 {
        self.0.as_ptr()
    }
}
