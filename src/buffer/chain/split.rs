//! Parts of a chain.

#![forbid(unsafe_code)]

use super::Chain;

/// Why there is a first segment.
const HOLDS: &str = "a chain with bytes has segments";

impl Chain {
    /// Splits the chain at an index. This chain keeps the bytes from there on, and those before are
    /// returned.
    ///
    /// No byte is copied. A segment that lies across the index is in both chains then, as two
    /// references to its buffer. A chain of up to six segments is returned without taking memory.
    ///
    /// # Panics
    ///
    /// The call panics if `at` is more than the length. The chain is unchanged then.
    ///
    /// ```
    /// # use framewell::Chain;
    /// # let pool = framewell::Pool::builder().build()?;
    /// let mut stream = Chain::from_iter([pool.get(1500)?, pool.get(1500)?]);
    /// let packet = stream.split_to(1800);
    /// assert_eq!((packet.len(), packet.segments().len()), (1800, 2));
    /// assert_eq!((stream.len(), stream.segments().len()), (1200, 1));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use = "`advance` gives up the bytes without further references"]
    pub fn split_to(&mut self, at: usize) -> Self {
        self.assert_holds(at);
        let mut front = Self::new();
        while front.len < at {
            let first = self.segments.first_mut().expect(HOLDS);
            let segment = if first.len() > at - front.len {
                first.split_to(at - front.len)
            } else {
                self.segments.pop_front().expect(HOLDS)
            };
            self.len -= segment.len();
            front.push(segment);
        }
        front
    }

    /// Splits the chain at an index. This chain keeps the bytes before it, and those from there on
    /// are returned.
    ///
    /// # Panics
    ///
    /// As for [`split_to`](Self::split_to), and nothing is copied, as there.
    ///
    /// ```
    /// # use framewell::Chain;
    /// # let pool = framewell::Pool::builder().build()?;
    /// let mut packet = Chain::from_iter([pool.get(1500)?, pool.get(1500)?]);
    /// let rest = packet.split_off(1800);
    /// assert_eq!((packet.len(), rest.len()), (1800, 1200));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use = "`truncate` gives up the bytes without further references"]
    pub fn split_off(&mut self, at: usize) -> Self {
        self.assert_holds(at);
        let (index, within) = self.find(at);
        let mut back = Self {
            segments: self.segments.split_off(index),
            len: self.len - at,
        };
        self.len = at;
        if let (1.., Some(cut)) = (within, back.segments.first_mut()) {
            self.segments.push(cut.split_to(within));
        }
        back
    }

    /// Gives up the first `n` bytes.
    ///
    /// # Panics
    ///
    /// The call panics if there are fewer than `n` bytes. The chain is unchanged then.
    ///
    /// ```
    /// # use framewell::Chain;
    /// # let pool = framewell::Pool::builder().build()?;
    /// let mut chain = Chain::from_iter([pool.copy_from(b"ab")?, pool.copy_from(b"cd")?]);
    /// chain.advance(3); // so many were sent
    /// assert!(chain.iter().eq([b"d"]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn advance(&mut self, n: usize) {
        self.assert_holds(n);
        let rest = self.len - n;
        while self.len > rest {
            let first = self.segments.first_mut().expect(HOLDS);
            let given_up = first.len().min(self.len - rest);
            self.len -= given_up;
            if given_up == first.len() {
                self.segments.pop_front();
            } else {
                first.advance(given_up);
            }
        }
    }

    /// Keeps the first `len` bytes, or all if there are no more.
    ///
    /// ```
    /// # use framewell::Chain;
    /// # let pool = framewell::Pool::builder().build()?;
    /// let mut chain = Chain::from_iter([pool.copy_from(b"ab")?, pool.copy_from(b"cd")?]);
    /// chain.truncate(3);
    /// assert!(chain.iter().eq([&b"ab"[..], b"c"]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn truncate(&mut self, len: usize) {
        if len >= self.len {
            return;
        }
        let (index, within) = self.find(len);
        self.len = len;
        self.segments.truncate(index + usize::from(within > 0));
        if let (1.., Some(cut)) = (within, self.segments.last_mut()) {
            cut.truncate(within);
        }
    }

    /// Returns the segment in which the byte at `at` lies, and how many of its bytes are before
    /// that. For the length it is the segment behind the last one.
    fn find(&self, at: usize) -> (usize, usize) {
        let mut left = at;
        for (index, segment) in self.segments().iter().enumerate() {
            if left < segment.len() {
                return (index, left);
            }
            left -= segment.len();
        }
        (self.segments().len(), 0)
    }

    #[track_caller]
    pub(super) fn assert_holds(&self, bytes: usize) {
        let len = self.len;
        assert!(bytes <= len, "{bytes} bytes exceed a chain of {len}");
    }
}
