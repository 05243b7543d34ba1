//! The arena: one contiguous reservation that is cut into frames of equal stride.
//!
//! ```text
//!   │guard│ frame 0 │ frame 1 │ …    carved    … │  never handed out yet  │guard│
//!          ▲ base, 2 MiB aligned                 ▲ next
//! ```
//!
//! Invariants
//!
//! - #frame-in-mapping: Frame `i` is the bytes `base + i × stride ..+ stride`. It lies inside the
//!   mapping for all `i` below the number of frames.
//! - #frame-owner-only: The bytes of a frame are touched only through the handle that owns it. The
//!   allocator keeps nothing in them. They are zero until an owner writes them.
//! - #carved-in-order: `next` only grows. Frames are carved in order and on demand, so a frame that
//!   was never asked for is never touched. A frame's bytes and words are committed before `next`
//!   passes it.

mod layout;

use std::io;
use std::ptr::NonNull;

use crossbeam_utils::CachePadded;

pub(crate) use layout::{Layout, LayoutRequest, Rule};

use crate::base::batch::Batch;
use crate::base::count::Count;
use crate::base::divider::{Divider, Reciprocal};
use crate::base::id::BufferId;
use crate::base::raw::{self, FrameStates, Whereabouts};
use crate::base::stack::Links;
use crate::memory::back::{Back, CarveError};
use crate::memory::reservation::Reservation;
use crate::sync::{AtomicU32, Margin, Ordering};
use crate::sys::{HugePages, Mapping, PageKind, prefetch_to_write};

/// The frames' memory, their layout, and how many of them were carved.
#[repr(C)]
pub(crate) struct Arena {
    _margin: Margin,
    base: NonNull<u8>,
    layout: Layout,
    frames: u32,
    pages: PageKind,
    by_stride: Divider,
    reciprocal: Option<Reciprocal>,
    next: CachePadded<AtomicU32>,
    memory: Reservation<AtomicU32>,
}

// SAFETY: the arena owns its mapping, which is not bound to a thread.
unsafe impl Send for Arena {}
// SAFETY: shared access yields addresses alone; #frame-owner-only says who may use the bytes behind
// them. `next` is atomic.
unsafe impl Sync for Arena {}

impl Arena {
    /// Reserves `bytes`, which is `frames` × the layout's stride. With `prefault` all of it is
    /// committed at once, so that no later carve is refused.
    pub(crate) fn new(
        (links, raw): (Links, FrameStates),
        frames: u32,
        layout: Layout,
        bytes: usize,
        requested: HugePages,
        prefault: bool,
    ) -> io::Result<Self> {
        let (mapping, pages) = Mapping::huge(bytes, requested)?;
        debug_assert!(mapping.len() >= bytes);
        let memory = Reservation::new(mapping, links, raw, frames);
        if prefault {
            memory.mapping().prefault()?;
            memory.commit_words(0, frames)?;
        }
        let by_stride = Divider::new(layout.stride as u64);
        Ok(Self {
            _margin: Margin::new(),
            base: memory.base(),
            layout,
            frames,
            pages,
            by_stride,
            reciprocal: by_stride.below(bytes as u64),
            next: CachePadded::new(AtomicU32::new(0)),
            memory,
        })
    }

    #[inline(always)]
    pub(crate) fn layout(&self) -> &Layout {
        &self.layout
    }

    pub(crate) fn frames(&self) -> u32 {
        self.frames
    }

    pub(crate) fn pages(&self) -> PageKind {
        self.pages
    }

    pub(crate) fn base(&self) -> NonNull<u8> {
        self.base
    }

    /// Returns the divider by the stride.
    #[inline(always)]
    pub(crate) fn by_stride(&self) -> Divider {
        self.by_stride
    }

    /// Returns the reciprocal of the stride for offsets in the region, if it is exact for them.
    #[inline(always)]
    pub(crate) fn reciprocal(&self) -> Option<Reciprocal> {
        self.reciprocal
    }

    /// Returns the byte at `offset` of a frame; the stride as the offset yields the frame's end.
    ///
    /// # Safety
    ///
    /// - `id` is below the number of frames.
    /// - `offset` is at most the stride.
    #[inline(always)]
    pub(crate) unsafe fn byte(&self, id: BufferId, offset: usize) -> NonNull<u8> {
        debug_assert!(id.0 < self.frames && offset <= self.layout.stride);
        // In this order the sum that needs no id is ready before the id is.
        // SAFETY: every frame is as large as the stride, so `offset` lies in the first frame or at
        // its end.
        let in_first = unsafe { self.base.add(offset) };
        // SAFETY: #frame-in-mapping: the mapping holds `frames` strides, in all at most isize::MAX
        // bytes (`Layout::bytes`), so this is the same place in frame `id`.
        unsafe { in_first.add(id.index() * self.layout.stride) }
    }

    /// Returns the frame that an address lies in, and the offset of the address within it.
    pub(crate) fn find(&self, address: usize) -> Option<(BufferId, usize)> {
        self.locate(address.wrapping_sub(self.base.as_ptr().addr()) as u64)
    }

    /// Returns the frame that an offset in the region lies in, and the offset within the frame.
    #[inline(always)]
    pub(crate) fn locate(&self, offset: u64) -> Option<(BufferId, usize)> {
        let (id, within) = self.by_stride.divide(offset);
        (id < self.frames.into()).then_some((BufferId(id as u32), within as usize))
    }

    /// Returns the table that says which frames are out as pointers, or lent. The caller has such a
    /// frame.
    #[inline(always)]
    pub(crate) fn raw(&self) -> &FrameStates {
        self.memory.raw()
    }

    /// Returns the count of a frame's references. The caller has one.
    #[inline(always)]
    pub(crate) fn count(&self, id: BufferId) -> Count<'_> {
        self.raw().count(id)
    }

    /// Returns whether a pointer was made of a reference to a frame. The caller need not have the
    /// frame, whose number is below the number of frames.
    pub(crate) fn is_named(&self, id: BufferId) -> bool {
        self.word(id).is_some() && self.count(id).is_named()
    }

    /// Returns the word of a frame, or `None` if the word may not be there yet. The caller need not
    /// have the frame, whose number is below the number of frames.
    #[inline(always)]
    pub(crate) fn word(&self, id: BufferId) -> Option<&AtomicU32> {
        // The word of a frame that was never carved may not be committed. The word is there if
        // `carved`, which acquires #scan-sees-carve, says that the frame was carved.
        if Mapping::ON_DEMAND && id.0 >= self.carved() {
            return None;
        }
        Some(self.raw().word(id))
    }

    /// Returns the words of the frames that may have been handed out: all that are there. A frame
    /// that the caller has, or that was lent before the call, is among them.
    #[inline(always)]
    pub(crate) fn words(&self) -> &[AtomicU32] {
        // As in `word`.
        let there = match Mapping::ON_DEMAND {
            true => self.carved(),
            false => self.frames,
        };
        self.raw().first(there)
    }

    /// Returns where a frame is. The caller need not have the frame, whose number is below the
    /// number of frames.
    pub(crate) fn whereabouts(&self, id: BufferId) -> Whereabouts {
        self.word(id).map_or(Whereabouts::InPool, raw::whereabouts)
    }

    /// Makes frames and their words usable. Repeating it changes nothing.
    #[inline]
    fn commit(&self, from: u32, to: u32) -> Result<(), CarveError> {
        let stride = self.layout.stride;
        let bytes = (to - from) as usize * stride;
        self.memory
            .commit_bytes(from as usize * stride, bytes)
            .and_then(|()| self.memory.commit_words(from, to))
            .map_err(|refusal| CarveError::refused(bytes, &refusal))
    }

    /// Tells loom that the owner of the frame has read its bytes.
    #[inline(always)]
    pub(crate) fn loom_read(&self, id: BufferId) {
        self.memory.tracks().read(id.0);
    }
}

impl Back for Arena {
    fn carve(&self, most: usize, batch: &mut Batch) -> Result<(), CarveError> {
        let mut most = most.min(self.frames as usize) as u32;
        // Relaxed, here and on failure: the frames need no edge, because their bytes and links were
        // never written.
        let mut next = self.next.load(Ordering::Relaxed);
        loop {
            let end = next.saturating_add(most).min(self.frames);
            if next == end {
                return Err(CarveError::Exhausted);
            }
            // This comes before the frames are this call's, so that a refused call has none to give
            // back (#carved-in-order).
            match self.commit(next, end) {
                Ok(()) => {}
                Err(refused) if most == 1 => return Err(refused),
                Err(_) => {
                    most = 1;
                    continue;
                }
            }
            // Release (#scan-sees-carve): pairs with the Acquire in `carved`. A scan that reads
            // "all carved" reads no older word of a place that the carver pushed to before; see
            // `class::exhaustion`.
            match self
                .next
                .compare_exchange_weak(next, end, Ordering::Release, Ordering::Relaxed)
            {
                Ok(_) => {
                    (next..end).for_each(|id| batch.push(BufferId(id)));
                    return Ok(());
                }
                Err(now) => next = now,
            }
        }
    }

    fn carved(&self) -> u32 {
        // Acquire: pairs with #scan-sees-carve in `carve`.
        self.next.load(Ordering::Acquire)
    }

    fn free_count(&self) -> u32 {
        0
    }

    /// Returns `Some(0)` or `None`: "all carved" is final, and a carve that was refused is not
    /// counted.
    fn carves_if_exhausted(&self, refused: bool) -> Option<u64> {
        (self.carved() == self.frames || refused).then_some(0)
    }

    #[inline(always)]
    fn links(&self) -> &Links {
        self.memory.links()
    }

    #[inline(always)]
    fn loom_write(&self, id: BufferId) {
        self.memory.tracks().write(id.0);
    }

    #[inline(always)]
    unsafe fn prefetch(&self, id: BufferId) {
        // SAFETY: the caller owns the id, so it is one of this arena's; the headroom is at most the
        // stride.
        prefetch_to_write(unsafe { self.byte(id, self.layout.headroom.into()) });
    }

    unsafe fn zero(&self, id: BufferId) {
        self.loom_write(id);
        // SAFETY: the caller owns the id, so it is one of this arena's.
        let start = unsafe { self.byte(id, 0) };
        // SAFETY: the frame's bytes lie in the mapping (#frame-in-mapping) and are the caller's
        // alone (the function's bullet).
        unsafe { start.write_bytes(0, self.layout.room.into()) };
    }
}
