//! A packet in several parts: a chain of references to parts of buffers.
//!
//! ```text
//!   Chain ── len: 2,978
//!     ├── Segment   header, in a frame of its own
//!     ├── Segment   ┐ a payload, in two parts of a
//!     └── Segment   ┘ buffer that others read as well
//! ```
//!
//! A chain moves references, and never bytes. It is for a packet that is longer than a frame, for a
//! header before a payload that is shared, and for what is queued until it is acknowledged.

#![forbid(unsafe_code)]

mod copy;
mod list;
mod segment;
mod split;

use std::fmt;
use std::iter::FusedIterator;

use list::List;
pub use segment::Segment;

use crate::buffer::burst::Burst;

/// A packet in several parts: a list of [`Segment`]s, each a [shared reference](crate::Shared) to a
/// part of a buffer.
///
/// Up to six segments lie in the chain itself; more of them lie on the heap. The total length is
/// kept. Empty segments are not: a push of one drops it. Cloning a chain clones its references, and
/// splitting one copies no bytes. Frames and variable-length buffers, of one pool or of several,
/// may be in one chain.
///
/// ```
/// use framewell::Chain;
///
/// # let pool = framewell::Pool::builder().build()?;
/// let payload = pool.alloc(1448)?.share(); // others may have references to it
/// let mut packet = Chain::from_iter([payload]);
/// packet.push_front(pool.copy_from(&[0xff; 54])?); // its headers, in a frame of their own
/// assert_eq!((packet.len(), packet.segments().len()), (1502, 2));
///
/// let mut slices = [std::io::IoSlice::new(&[]); 8];
/// let n = packet.io_slices(&mut slices);
/// // … send it: stream.write_vectored(&slices[..n])
/// assert_eq!(n, 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Chain {
    segments: List,
    /// The sum of the segments' lengths.
    len: usize,
}

impl Chain {
    /// Returns an empty chain. It takes no memory.
    ///
    /// ```
    /// assert!(framewell::Chain::new().is_empty());
    /// ```
    #[inline]
    #[must_use]
    pub const fn new() -> Self {
        Self {
            segments: List::new(),
            len: 0,
        }
    }

    /// Returns an empty chain with room for so many segments.
    ///
    /// A queue, whose first segments leave as others are pushed, needs room for twice as many as it
    /// holds. It takes no more memory then.
    ///
    /// ```
    /// assert!(framewell::Chain::with_capacity(44).is_empty());
    /// ```
    #[must_use]
    pub fn with_capacity(segments: usize) -> Self {
        Self {
            segments: List::with_capacity(segments),
            len: 0,
        }
    }

    /// Returns the number of bytes, of all segments together.
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().build()?;
    /// let chain = framewell::Chain::from_iter([pool.get(1500)?, pool.get(60)?]);
    /// assert_eq!(chain.len(), 1560);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Returns whether there is no byte, and so no segment.
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().build()?;
    /// assert!(framewell::Chain::from_iter([pool.get(0)?]).is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Returns the segments, none of which is empty.
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().build()?;
    /// let chain = framewell::Chain::from_iter([pool.copy_from(b"ab")?, pool.copy_from(b"c")?]);
    /// assert_eq!((&*chain.segments()[0], &*chain.segments()[1]), (&b"ab"[..], &b"c"[..]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn segments(&self) -> &[Segment] {
        self.segments.as_slice()
    }

    /// Returns the bytes, a slice for each segment.
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().build()?;
    /// let chain = framewell::Chain::from_iter([pool.copy_from(b"ab")?, pool.copy_from(b"c")?]);
    /// assert!(chain.iter().flatten().eq(b"abc"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn iter(
        &self,
    ) -> impl ExactSizeIterator<Item = &[u8]> + DoubleEndedIterator + FusedIterator {
        self.segments().iter().map(|segment| &**segment)
    }

    /// Appends a frame, a buffer, or a reference to one.
    ///
    /// The call takes memory only if the chain has six segments already, and has no room for more.
    /// If its first segments have left, it makes room for twice as many as there are.
    ///
    /// # Panics
    ///
    /// The call panics if there would be more than [`usize::MAX`] bytes. The chain is unchanged
    /// then, and the segment is dropped.
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().build()?;
    /// let mut chain = framewell::Chain::new();
    /// chain.push(pool.copy_from(b"header")?);
    /// chain.push(pool.alloc(2346)?.share());
    /// assert_eq!(chain.len(), 2352);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn push(&mut self, segment: impl Into<Segment>) {
        let segment = segment.into();
        if !segment.is_empty() {
            let len = longer(self.len, segment.len());
            self.segments.push(segment);
            self.len = len;
        }
    }

    /// Inserts a frame, a buffer, or a reference to one, before all bytes.
    ///
    /// The handles of the segments that are there move by one place. The call takes memory only if
    /// the chain has six segments already, and has no room for more.
    ///
    /// # Panics
    ///
    /// As for [`push`](Self::push).
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().build()?;
    /// let mut chain = framewell::Chain::from_iter([pool.copy_from(b"payload")?]);
    /// chain.push_front(pool.copy_from(b"header")?);
    /// assert_eq!(*chain.segments()[0], *b"header");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn push_front(&mut self, segment: impl Into<Segment>) {
        let segment = segment.into();
        if !segment.is_empty() {
            let len = longer(self.len, segment.len());
            self.segments.push_front(segment);
            self.len = len;
        }
    }

    /// Moves the segments of another chain behind those of this one.
    ///
    /// The call takes memory as a [`push`](Self::push) of each of them does, or none.
    ///
    /// # Panics
    ///
    /// The call panics if there would be more than [`usize::MAX`] bytes. Both chains are unchanged
    /// then.
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().build()?;
    /// let mut chain = framewell::Chain::from_iter([pool.copy_from(b"header")?]);
    /// let mut payload = framewell::Chain::from_iter([pool.copy_from(b"payload")?]);
    /// chain.append(&mut payload);
    /// assert_eq!((chain.len(), payload.len()), (13, 0));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn append(&mut self, other: &mut Self) {
        self.len = longer(self.len, other.len);
        other.len = 0;
        self.segments.append(&mut other.segments);
    }
}

/// Returns the length of a chain that grows.
#[inline(always)]
fn longer(len: usize, by: usize) -> usize {
    // On 64 bits no chain is so long. On 32 bits some thousand references to one buffer are.
    len.checked_add(by)
        .expect("a chain has at most usize::MAX bytes; send it in parts")
}

impl Default for Chain {
    fn default() -> Self {
        Self::new()
    }
}

impl<S: Into<Segment>> Extend<S> for Chain {
    fn extend<I: IntoIterator<Item = S>>(&mut self, segments: I) {
        segments.into_iter().for_each(|segment| self.push(segment));
    }
}

impl<S: Into<Segment>> FromIterator<S> for Chain {
    fn from_iter<I: IntoIterator<Item = S>>(segments: I) -> Self {
        let segments = segments.into_iter();
        let mut chain = Self::with_capacity(segments.size_hint().0);
        chain.extend(segments);
        chain
    }
}

/// Makes a packet of the frames, the first one first.
///
/// ```
/// # use framewell::{Burst, Chain};
/// # let pool = framewell::Pool::builder().build()?;
/// let mut burst: Burst<8> = Burst::new();
/// pool.get_bulk(&mut burst, 3)?;
/// assert_eq!(Chain::from(burst).len(), 4500);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
impl<const N: usize> From<Burst<N>> for Chain {
    fn from(mut burst: Burst<N>) -> Self {
        burst.drain().collect()
    }
}

impl fmt::Debug for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Chain")
            .field("len", &self.len)
            .field("segments", &self.segments())
            .finish()
    }
}

impl IntoIterator for Chain {
    type Item = Segment;
    type IntoIter = Segments;

    fn into_iter(self) -> Segments {
        Segments(self.segments)
    }
}

/// The iterator over a chain's segments, which owns them.
///
/// Segments that are not taken from it are dropped with it.
///
/// ```
/// # let pool = framewell::Pool::builder().build()?;
/// let chain = framewell::Chain::from_iter([pool.copy_from(b"ab")?, pool.copy_from(b"c")?]);
/// let mut segments = chain.into_iter();
/// assert_eq!((segments.len(), &*segments.next().unwrap()), (2, &b"ab"[..]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Segments(List);

impl Iterator for Segments {
    type Item = Segment;

    #[inline]
    fn next(&mut self) -> Option<Segment> {
        self.0.pop_front()
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.0.as_slice().len();
        (left, Some(left))
    }
}

impl ExactSizeIterator for Segments {}
impl FusedIterator for Segments {}

impl fmt::Debug for Segments {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Segments").field(&self.0.as_slice()).finish()
    }
}
