//! Many references to one buffer, which are counted at once.

use std::fmt;
use std::iter::FusedIterator;
use std::mem::ManuallyDrop;
use std::num::NonZeroUsize;

use super::{Exclusive, Shared};
use crate::base::count::MOST;

/// References to one buffer that are counted, and not made yet.
struct Counted<B: Exclusive> {
    /// A handle to the buffer. It is looked at only while references are left.
    handle: ManuallyDrop<B>,
    left: usize,
}

impl<B: Exclusive> Counted<B> {
    /// Makes one of the references.
    #[inline(always)]
    fn next(&mut self) -> Option<Shared<B>> {
        self.left = self.left.checked_sub(1)?;
        // SAFETY: handles of references are used as an owner's by the last one alone. This one is
        // looked at no more when no reference is left.
        let handle = unsafe { B::alias(&self.handle) };
        // SAFETY: the reference was one of those that were left, which are counted.
        Some(unsafe { Shared::counted(handle) })
    }
}

impl<B: Exclusive> Drop for Counted<B> {
    fn drop(&mut self) {
        if self.left == 0 {
            return;
        }
        // At most `MOST` references are counted, which fit.
        if B::count(&self.handle).drop_several(self.left as u32) {
            // SAFETY: these were the last references, and the handle is not used again. So it is an
            // owner's, and the only one.
            unsafe { ManuallyDrop::drop(&mut self.handle) };
        }
    }
}

impl<B: Exclusive> Shared<B> {
    /// Turns an owner into `n` references to the same bytes.
    ///
    /// They are counted by one store. Dropping the iterator drops those that it has not returned,
    /// by one subtraction.
    ///
    /// # Panics
    ///
    /// The call panics if `n` is more than 2³⁰. The buffer is freed then.
    ///
    /// ```
    /// # use std::num::NonZeroUsize;
    /// # use framewell::Shared;
    /// # let pool = framewell::Pool::builder().build()?;
    /// let subscribers = NonZeroUsize::new(4).unwrap();
    /// let packet = pool.copy_from(b"packet")?;
    /// let references: Vec<_> = Shared::share_many(packet, subscribers).collect();
    /// assert_eq!((references.len(), references[0].references()), (4, 4));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn share_many(buffer: B, n: NonZeroUsize) -> References<B> {
        let left = n.get();
        assert!(
            left <= MOST as usize,
            "{left} references exceed the limit of {MOST}; share fewer"
        );
        B::count(&buffer).set(left as u32 - 1);
        References(Counted {
            handle: ManuallyDrop::new(buffer),
            left,
        })
    }

    /// Cuts the part into pieces of `len` bytes, the last of which may be shorter.
    ///
    /// It is for a packet that was merged on receipt (GRO): each piece is a segment. The pieces are
    /// counted by one addition. Dropping the iterator drops those that it has not returned, by one
    /// subtraction. An empty part has no piece.
    ///
    /// # Panics
    ///
    /// The call panics if `len` is 0. The process ends if there are more than 2³⁰ references to the
    /// buffer.
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().build()?;
    /// let merged = pool.alloc(3 * 1448 + 100)?.share();
    /// let segments: Vec<_> = merged.split_every(1448).collect();
    /// assert_eq!((segments.len(), segments[3].len()), (4, 100));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn split_every(self, len: usize) -> Pieces<B> {
        assert!(len > 0, "pieces of 0 bytes never end; ask for 1 or more");
        let bytes = self.len();
        let left = bytes.div_ceil(len);
        if left > 1 {
            // More than 32 bits are more than are allowed, and end the process as any such number.
            let further = u32::try_from(left - 1).unwrap_or(u32::MAX);
            B::count(&self.handle).add(further);
        }
        let counted = match left {
            0 => None,
            _ => Some(Counted {
                handle: self.into_handle(),
                left,
            }),
        };
        Pieces {
            counted,
            len,
            from: 0,
            bytes,
        }
    }
}

/// The iterator of [`Shared::share_many`].
///
/// ```
/// # use std::num::NonZeroUsize;
/// # let pool = framewell::Pool::builder().build()?;
/// let packet = pool.copy_from(b"packet")?;
/// let mut references = framewell::Shared::share_many(packet, NonZeroUsize::new(4).unwrap());
/// drop(references.next());
/// assert_eq!(references.len(), 3);
/// drop(references);
/// assert_eq!(pool.stats().out, 0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "dropping the iterator drops the references"]
pub struct References<B: Exclusive>(Counted<B>);

impl<B: Exclusive> Iterator for References<B> {
    type Item = Shared<B>;

    #[inline]
    fn next(&mut self) -> Option<Shared<B>> {
        self.0.next()
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.0.left, Some(self.0.left))
    }
}

impl<B: Exclusive> ExactSizeIterator for References<B> {}
impl<B: Exclusive> FusedIterator for References<B> {}

impl<B: Exclusive> fmt::Debug for References<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("References")
            .field("left", &self.0.left)
            .finish_non_exhaustive()
    }
}

/// The iterator of [`Shared::split_every`].
///
/// ```
/// # let pool = framewell::Pool::builder().build()?;
/// let mut pieces = pool.copy_from(b"one two ")?.share().split_every(4);
/// assert_eq!(*pieces.next().unwrap(), *b"one ");
/// assert_eq!(pieces.len(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "dropping the iterator drops the pieces"]
pub struct Pieces<B: Exclusive> {
    /// The pieces that are left, each as the whole part; `None` if the part was empty.
    counted: Option<Counted<B>>,
    len: usize,
    /// Where the next piece starts in the part.
    from: usize,
    bytes: usize,
}

impl<B: Exclusive> Iterator for Pieces<B> {
    type Item = Shared<B>;

    #[inline]
    fn next(&mut self) -> Option<Shared<B>> {
        let mut piece = self.counted.as_mut()?.next()?;
        let start = self.from;
        let end = self.bytes.min(start.saturating_add(self.len));
        self.from = end;
        piece.narrow(start, end);
        Some(piece)
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.counted.as_ref().map_or(0, |counted| counted.left);
        (left, Some(left))
    }
}

impl<B: Exclusive> ExactSizeIterator for Pieces<B> {}
impl<B: Exclusive> FusedIterator for Pieces<B> {}

impl<B: Exclusive> fmt::Debug for Pieces<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pieces")
            .field("left", &self.len())
            .finish_non_exhaustive()
    }
}
