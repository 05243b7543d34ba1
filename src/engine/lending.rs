//! Many loans of frames in one call.
//!
//! A loan and its return are a few instructions (see `lent`). So a call that does many of them
//! loads what they need once, and its loop does nothing else. Why an entry is refused is found out
//! after the loop, in a function of its own.

use super::Engine;
use super::lent::not_lent;
use super::misuse::{Misuse, MisuseKind};
use crate::base::divider::{Divider, Reciprocal};
use crate::base::id::BufferId;
use crate::base::raw;
use crate::memory::arena::Arena;
use crate::memory::back::Back;
use crate::sync::AtomicU32;

/// What a call needs that lends many frames or takes many back, by value: the compiler keeps it in
/// registers. Entries are refused without a reason, which [`Engine::refuse_return`] finds out.
#[derive(Clone, Copy)]
pub(crate) struct Lending<'a> {
    arena: &'a Arena,
    /// The words of all frames that were handed out before the call.
    words: &'a [AtomicU32],
    by_stride: Divider,
    reciprocal: Option<Reciprocal>,
    stride: u64,
    room: u64,
    borrower: u32,
}

impl Lending<'_> {
    /// Returns the distance from one frame to the next, in bytes.
    #[inline(always)]
    pub(crate) fn stride(&self) -> u64 {
        self.stride
    }

    /// Does what [`Engine::lend_frame`] does, and returns the offset of the frame's first byte.
    ///
    /// # Safety
    ///
    /// - The caller owns the frame, which is the pool's.
    #[inline(always)]
    pub(crate) unsafe fn lend(self, id: BufferId) -> u64 {
        self.arena.loom_write(id);
        debug_assert!(id.index() < self.words.len());
        // SAFETY: the caller owns the frame (the function's bullet), so it was carved before the
        // words were counted (#carved-in-order).
        let word = unsafe { self.words.get_unchecked(id.index()) };
        raw::lend(word, self.borrower);
        u64::from(id.0) * self.stride
    }

    /// Does what [`Engine::return_frame`] does. Returns whether the frame is the caller's.
    #[inline(always)]
    pub(crate) fn take_back(self, id: BufferId) -> bool {
        let word = self.words.get(id.index());
        word.is_some_and(|word| raw::return_loan(word, self.borrower).is_ok())
    }

    /// Takes back the frame in which an offset in the region lies.
    #[inline(always)]
    pub(crate) fn take_back_at(self, offset: u64) -> Option<BufferId> {
        let (id, word) = self.frame_at(offset)?;
        raw::return_loan(word, self.borrower).ok().map(|()| id)
    }

    /// Takes back the frame in which a view lies that begins at an offset in the region, and
    /// returns the headroom too.
    #[inline(always)]
    pub(crate) fn take_back_view(self, offset: u64, len: u32) -> Option<(BufferId, usize)> {
        let (id, word) = self.frame_at(offset)?;
        // Neither overflows: the offset lies in this frame, and a stride is at most isize::MAX.
        let headroom = offset - u64::from(id.0) * self.stride;
        if headroom + u64::from(len) > self.room {
            return None;
        }
        raw::return_loan(word, self.borrower).ok()?;
        Some((id, headroom as usize))
    }

    /// Returns the frame in which an offset lies, and its word.
    #[inline(always)]
    fn frame_at(&self, offset: u64) -> Option<(BufferId, &AtomicU32)> {
        // Behind the region the reciprocal yields at least the quotient, so no frame's number.
        let number = match self.reciprocal {
            Some(reciprocal) => reciprocal.times(offset),
            None => self.by_stride.divide(offset).0,
        };
        let word = self.words.get(usize::try_from(number).ok()?)?;
        // The number is that of a word, so it is an id.
        Some((BufferId(number as u32), word))
    }
}

impl Engine {
    /// Returns what a call needs that lends many frames to a borrower, or takes many back.
    #[inline(always)]
    pub(crate) fn lending(&self, borrower: u32) -> Lending<'_> {
        let arena = self.arena();
        Lending {
            arena,
            words: arena.words(),
            by_stride: arena.by_stride(),
            reciprocal: arena.reciprocal(),
            stride: arena.layout().stride as u64,
            room: arena.layout().room.into(),
            borrower,
        }
    }

    /// Counts a return that [`Lending`] refused, and does what the pool is to do on a misuse.
    ///
    /// `len` is the length of the view from `within`, if there is one that has to lie in the frame.
    /// The reason is what the frame's word says now. If the frame was lent meanwhile, it was not
    /// when the call looked.
    #[cold]
    pub(crate) fn refuse_return(
        &self,
        borrower: u32,
        id: BufferId,
        within: usize,
        len: Option<usize>,
    ) -> Misuse {
        let room = usize::from(self.arena().layout().room);
        let beyond = |len: &usize| within > room || *len > room - within;
        let kind = match len.filter(beyond) {
            Some(len) => self.beyond_room(borrower, id, within, len),
            None if id.0 >= self.arena().frames() => MisuseKind::Foreign,
            None => not_lent(self.arena().whereabouts(id), borrower),
        };
        self.refuse_frame(id, within, kind)
    }

    /// Does what [`refuse_return`](Self::refuse_return) does, for an offset in the region.
    #[cold]
    pub(crate) fn refuse_return_at(
        &self,
        borrower: u32,
        offset: u64,
        len: Option<usize>,
    ) -> Misuse {
        match self.arena().locate(offset) {
            Some((id, within)) => self.refuse_return(borrower, id, within, len),
            None => self.refuse_offset(offset),
        }
    }
}
