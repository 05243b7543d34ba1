//! The bytes of a chain, for those who take slices or one piece.

#![forbid(unsafe_code)]

use std::io::IoSlice;

use super::Chain;

impl Chain {
    /// Makes slices for a vectored write of the segments, as many as there are places for, and
    /// returns how many.
    ///
    /// They are for `writev`, `sendmsg` and [`Write::write_vectored`](std::io::Write). Systems take
    /// a limited number of them at once, 1,024 on Linux. [`advance`](Self::advance) gives up what
    /// was written.
    ///
    /// ```
    /// # use std::io::{IoSlice, Write};
    /// # use framewell::Chain;
    /// # let pool = framewell::Pool::builder().build()?;
    /// let mut chain = Chain::from_iter([pool.copy_from(b"header")?, pool.copy_from(b"payload")?]);
    /// let mut stream = Vec::new();
    /// while !chain.is_empty() {
    ///     let mut slices = [IoSlice::new(&[]); 16];
    ///     let n = chain.io_slices(&mut slices);
    ///     let written = stream.write_vectored(&slices[..n])?;
    ///     chain.advance(written);
    /// }
    /// assert_eq!(stream, b"headerpayload");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn io_slices<'a>(&'a self, into: &mut [IoSlice<'a>]) -> usize {
        let segments = self.segments();
        for (slice, segment) in into.iter_mut().zip(segments) {
            *slice = IoSlice::new(segment);
        }
        segments.len().min(into.len())
    }

    /// Copies the first bytes of the chain, as many as the slice has.
    ///
    /// The chain keeps them.
    ///
    /// # Panics
    ///
    /// The call panics if the slice is longer than the chain. Nothing is copied then.
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().build()?;
    /// let chain = framewell::Chain::from_iter([pool.copy_from(b"ab")?, pool.copy_from(b"cd")?]);
    /// let mut start = [0; 3];
    /// chain.copy_to(&mut start);
    /// assert_eq!(start, *b"abc");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn copy_to(&self, into: &mut [u8]) {
        self.assert_holds(into.len());
        let mut left = into;
        for segment in self.iter() {
            let (now, later) = left.split_at_mut(segment.len().min(left.len()));
            now.copy_from_slice(&segment[..now.len()]);
            left = later;
        }
    }
}
