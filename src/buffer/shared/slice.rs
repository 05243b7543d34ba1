//! Parts of a shared buffer: each reference names one, and can name less.

use std::ops::{Bound, RangeBounds};

use super::{Exclusive, Shared};

impl<B: Exclusive> Shared<B> {
    /// Returns the number of bytes of the buffer before the part.
    ///
    /// They may be parts of other references.
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().build()?;
    /// let packet = pool.copy_from(b"packet")?.share();
    /// assert_eq!(packet.slice(2..).headroom(), 130);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn headroom(&self) -> usize {
        B::part(self.as_handle()).0
    }

    /// Returns the number of bytes of the buffer after the part.
    ///
    /// They may be parts of other references.
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().build()?;
    /// let packet = pool.copy_from(b"packet")?.share();
    /// assert_eq!(packet.slice(..2).tailroom(), packet.tailroom() + 4);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn tailroom(&self) -> usize {
        let (offset, len) = B::part(self.as_handle());
        B::room(self.as_handle()) - offset - len
    }

    /// Returns a further reference, to a part of this one's bytes.
    ///
    /// An empty part is a reference, too, and keeps the buffer.
    ///
    /// # Panics
    ///
    /// The call panics if the range ends before it starts, or beyond the bytes. The process ends if
    /// there are more than 2³⁰ references to the buffer.
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().build()?;
    /// let packet = pool.copy_from(b"headerpayload")?.share();
    /// assert_eq!(*packet.slice(6..), *b"payload");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn slice(&self, range: impl RangeBounds<usize>) -> Self {
        // The bounds are a user's code. They are asked before anything is counted.
        let (start, end) = within(&range, self.len());
        let mut part = self.clone();
        part.narrow(start, end);
        part
    }

    /// Splits the part at an index. This reference keeps the bytes from there on, and a further one
    /// for those before is returned.
    ///
    /// # Panics
    ///
    /// The call panics if `at` is more than the length. The process ends if there are more than 2³⁰
    /// references to the buffer.
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().build()?;
    /// let mut packet = pool.copy_from(b"headerpayload")?.share();
    /// let header = packet.split_to(6);
    /// assert_eq!((&*header, &*packet), (&b"header"[..], &b"payload"[..]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    #[must_use = "`advance` gives up the bytes without a further reference"]
    pub fn split_to(&mut self, at: usize) -> Self {
        let front = self.slice(..at);
        self.narrow(at, self.len());
        front
    }

    /// Splits the part at an index. This reference keeps the bytes before it, and a further one for
    /// those from there on is returned.
    ///
    /// # Panics
    ///
    /// As for [`split_to`](Self::split_to).
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().build()?;
    /// let mut packet = pool.copy_from(b"payloadtrailer")?.share();
    /// let trailer = packet.split_off(7);
    /// assert_eq!((&*packet, &*trailer), (&b"payload"[..], &b"trailer"[..]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    #[must_use = "`truncate` gives up the bytes without a further reference"]
    pub fn split_off(&mut self, at: usize) -> Self {
        let back = self.slice(at..);
        self.narrow(0, at);
        back
    }

    /// Gives up the first `n` bytes of the part.
    ///
    /// # Panics
    ///
    /// The call panics if there are fewer than `n` bytes.
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().build()?;
    /// let mut packet = pool.copy_from(b"headerpayload")?.share();
    /// packet.advance(6);
    /// assert_eq!(*packet, *b"payload");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn advance(&mut self, n: usize) {
        let (start, end) = within(&(n..), self.len());
        self.narrow(start, end);
    }

    /// Keeps the first `len` bytes of the part, or all if there are no more.
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().build()?;
    /// let mut packet = pool.copy_from(b"payloadtrailer")?.share();
    /// packet.truncate(7);
    /// assert_eq!(*packet, *b"payload");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn truncate(&mut self, len: usize) {
        self.narrow(0, len.min(self.len()));
    }

    /// Names the bytes from `start` to `end` of the part, which lie in it.
    #[inline(always)]
    pub(super) fn narrow(&mut self, start: usize, end: usize) {
        debug_assert!(start <= end && end <= self.len());
        let (offset, _) = B::part(&self.handle);
        // SAFETY: the bytes lie in the part that the handle names, which lies in the buffer.
        unsafe { B::set_part(&mut self.handle, offset + start, end - start) };
    }
}

/// Returns the start and the end of a range within `len` bytes.
#[inline]
fn within(range: &impl RangeBounds<usize>, len: usize) -> (usize, usize) {
    let start = match range.start_bound() {
        Bound::Included(&start) => Some(start),
        Bound::Excluded(&before) => before.checked_add(1),
        Bound::Unbounded => Some(0),
    };
    let end = match range.end_bound() {
        Bound::Included(&last) => last.checked_add(1),
        Bound::Excluded(&end) => Some(end),
        Bound::Unbounded => Some(len),
    };
    match (start, end) {
        (Some(start), Some(end)) if start <= end && end <= len => (start, end),
        _ => beyond(start, end, len),
    }
}

#[cold]
#[inline(never)]
#[track_caller]
fn beyond(start: Option<usize>, end: Option<usize>, len: usize) -> ! {
    let shown = |at: Option<usize>| at.map_or("beyond usize::MAX".to_owned(), |at| at.to_string());
    let (start, end) = (shown(start), shown(end));
    panic!("the bytes {start} to {end} do not lie in a part of {len} bytes");
}
