//! The batch: the unit in which ids travel between the layers.

use arrayvec::ArrayVec;

use crate::base::id::BufferId;
use crate::base::limits::MAGAZINE;

/// Up to `N` ids that are in no list and belong to whoever holds the batch. The layers move up to
/// [`MAGAZINE`] ids at once.
pub(crate) struct Batch<const N: usize = MAGAZINE> {
    ids: ArrayVec<BufferId, N>,
}

impl<const N: usize> Batch<N> {
    #[inline]
    pub(crate) const fn new() -> Self {
        Self {
            ids: ArrayVec::new_const(),
        }
    }

    #[inline]
    pub(crate) fn push(&mut self, id: BufferId) {
        self.ids.push(id);
    }

    /// Appends the id that `id` returns for each item, as long as there is room. The loop has no
    /// early exit, so that it needs few instructions.
    #[inline(always)]
    pub(crate) fn extend_from<T>(&mut self, items: &[T], mut id: impl FnMut(&T) -> BufferId) {
        let n = items.len().min(self.room());
        let fill = |to: *mut u32| {
            for (at, item) in items[..n].iter().enumerate() {
                // SAFETY: `to` has room for `n` ids.
                unsafe { to.wrapping_add(at).write(id(item).0) };
            }
            n
        };
        // SAFETY: `fill` writes the `n` ids that it returns, for which there is room.
        unsafe { self.extend_by(fill) };
    }

    /// Appends the id that `id` returns for each item, until it returns `None` or there is no room.
    /// Returns how many were appended. The length is stored once.
    #[inline(always)]
    pub(crate) fn extend_while<T>(
        &mut self,
        items: &[T],
        mut id: impl FnMut(&T) -> Option<BufferId>,
    ) -> usize {
        let mut written = items.len().min(self.room());
        let fill = |to: *mut u32| {
            for (at, item) in items[..written].iter().enumerate() {
                let Some(id) = id(item) else {
                    written = at;
                    break;
                };
                // SAFETY: `to` has room for as many ids as are asked for.
                unsafe { to.wrapping_add(at).write(id.0) };
            }
            written
        };
        // SAFETY: `fill` writes the ids that it returns, for which there is room.
        unsafe { self.extend_by(fill) };
        written
    }

    /// Appends the ids that `fill` writes from the pointer on. `fill` writes at most
    /// [`room`](Self::room) ids, and returns their number.
    ///
    /// # Safety
    ///
    /// - `fill` writes as many ids as it returns, and no more than there is room for.
    #[inline(always)]
    pub(crate) unsafe fn extend_by(&mut self, fill: impl FnOnce(*mut u32) -> usize) {
        let len = self.ids.len();
        // The pointer is in bounds, because the length never exceeds the capacity.
        let end = self.ids.as_mut_ptr().wrapping_add(len);
        let written = fill(end.cast());
        debug_assert!(written <= self.room());
        // SAFETY: the function's bullet; `BufferId` is a `u32` by its representation.
        unsafe { self.ids.set_len(len + written) };
    }

    pub(crate) fn pop(&mut self) -> Option<BufferId> {
        self.ids.pop()
    }

    #[inline]
    pub(crate) fn truncate(&mut self, len: usize) {
        self.ids.truncate(len);
    }

    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.ids.len()
    }

    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// Returns how many more ids fit.
    #[inline]
    pub(crate) fn room(&self) -> usize {
        self.ids.remaining_capacity()
    }

    #[inline]
    pub(crate) fn as_slice(&self) -> &[BufferId] {
        &self.ids
    }

    /// Returns the ids behind the first `len`.
    pub(crate) fn beyond(&self, len: usize) -> &[BufferId] {
        self.ids.get(len..).unwrap_or_default()
    }

    /// Removes the ids behind the first `len` and returns them. They are the caller's until
    /// something is appended.
    #[inline]
    pub(crate) fn take_beyond(&mut self, len: usize) -> &[BufferId] {
        let before = self.ids.len();
        let len = len.min(before);
        self.ids.truncate(len);
        let first = self.ids.as_ptr().wrapping_add(len);
        // SAFETY: the ids from `len` to `before` are still in the array, which is borrowed.
        unsafe { std::slice::from_raw_parts(first, before - len) }
    }
}
