//! One piece of a chain: a reference to a buffer of either kind.

#![forbid(unsafe_code)]

use std::fmt;
use std::ops::{Deref, RangeBounds};

use crate::buffer::any::AnyBuffer;
use crate::buffer::frame::Frame;
use crate::buffer::shared::Shared;
use crate::buffer::var_buf::VarBuf;
use crate::error::TooManyReferences;

/// A [shared reference](Shared) to a part of a buffer, of a [`Frame`] or of a [`VarBuf`].
///
/// It is what a [`Chain`](crate::Chain) consists of. Any owner and any reference becomes one, and
/// stores nothing: a buffer with a single reference is shared by nobody. Each call costs what it
/// costs with [`Shared`]. A `Segment` is 16 bytes large, as is `Option<Segment>`.
///
/// ```
/// use framewell::Segment;
///
/// let pool = framewell::Pool::builder().build()?;
/// let header = Segment::from(pool.copy_from(b"header")?);
/// let payload = Segment::from(pool.alloc(64 << 10)?.share());
/// assert_eq!((&*header, payload.len()), (&b"header"[..], 65_536));
/// assert_eq!(size_of::<Option<Segment>>(), size_of::<framewell::Frame>());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Segment(Shared<AnyBuffer>);

impl Segment {
    /// Makes a further reference to the same part, unless there are 2³⁰ already.
    ///
    /// # Errors
    ///
    /// [`TooManyReferences`] if the buffer has that many. [`clone`](Clone::clone) ends the process
    /// then.
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().build()?;
    /// let segment = framewell::Segment::from(pool.copy_from(b"packet")?);
    /// let same = segment.try_clone()?;
    /// assert_eq!(segment.as_ptr(), same.as_ptr());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn try_clone(&self) -> Result<Self, TooManyReferences> {
        self.0.try_clone().map(Self)
    }

    /// Returns the number of references to the buffer, this one included.
    ///
    /// The number is stale as soon as it is read, as that of [`Shared::references`] is.
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().build()?;
    /// let packet = pool.copy_from(b"packet")?.share();
    /// assert_eq!(framewell::Segment::from(packet.clone()).references(), 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn references(&self) -> usize {
        self.0.references()
    }

    /// Returns a further reference, to a part of this one's bytes.
    ///
    /// # Panics
    ///
    /// The call panics if the range ends before it starts, or beyond the bytes. The process ends if
    /// there are more than 2³⁰ references to the buffer.
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().build()?;
    /// let packet = framewell::Segment::from(pool.copy_from(b"headerpayload")?);
    /// assert_eq!(*packet.slice(6..), *b"payload");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn slice(&self, range: impl RangeBounds<usize>) -> Self {
        Self(self.0.slice(range))
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
    /// let mut packet = framewell::Segment::from(pool.copy_from(b"headerpayload")?);
    /// let header = packet.split_to(6);
    /// assert_eq!((&*header, &*packet), (&b"header"[..], &b"payload"[..]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    #[must_use = "`advance` gives up the bytes without a further reference"]
    pub fn split_to(&mut self, at: usize) -> Self {
        Self(self.0.split_to(at))
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
    /// let mut packet = framewell::Segment::from(pool.copy_from(b"payloadtrailer")?);
    /// let trailer = packet.split_off(7);
    /// assert_eq!((&*packet, &*trailer), (&b"payload"[..], &b"trailer"[..]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    #[must_use = "`truncate` gives up the bytes without a further reference"]
    pub fn split_off(&mut self, at: usize) -> Self {
        Self(self.0.split_off(at))
    }

    /// Gives up the first `n` bytes of the part.
    ///
    /// # Panics
    ///
    /// The call panics if there are fewer than `n` bytes.
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().build()?;
    /// let mut packet = framewell::Segment::from(pool.copy_from(b"headerpayload")?);
    /// packet.advance(6);
    /// assert_eq!(*packet, *b"payload");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn advance(&mut self, n: usize) {
        self.0.advance(n);
    }

    /// Keeps the first `len` bytes of the part, or all if there are no more.
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().build()?;
    /// let mut packet = framewell::Segment::from(pool.copy_from(b"payloadtrailer")?);
    /// packet.truncate(7);
    /// assert_eq!(*packet, *b"payload");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn truncate(&mut self, len: usize) {
        self.0.truncate(len);
    }

    /// Returns the reference to the frame that this is a part of.
    ///
    /// # Errors
    ///
    /// The error is the segment itself, if it is a part of a variable-length buffer.
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().build()?;
    /// let segment = framewell::Segment::from(pool.copy_from(b"packet")?);
    /// let frame = segment.into_shared_frame().unwrap().try_into_owned().unwrap();
    /// assert_eq!(frame.headroom(), 128);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn into_shared_frame(self) -> Result<Shared<Frame>, Self> {
        self.0.into_shared_frame().map_err(Self)
    }

    /// Returns the reference to the variable-length buffer that this is a part of.
    ///
    /// # Errors
    ///
    /// The error is the segment itself, if it is a part of a frame.
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().build()?;
    /// let segment = framewell::Segment::from(pool.copy_from(b"packet")?);
    /// let segment = segment.into_shared_buf().unwrap_err();
    /// assert_eq!(*segment, *b"packet");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn into_shared_buf(self) -> Result<Shared<VarBuf>, Self> {
        self.0.into_shared_buf().map_err(Self)
    }
}

impl From<Frame> for Segment {
    #[inline]
    fn from(frame: Frame) -> Self {
        Self(AnyBuffer::from(frame).into())
    }
}

impl From<VarBuf> for Segment {
    #[inline]
    fn from(buffer: VarBuf) -> Self {
        Self(AnyBuffer::from(buffer).into())
    }
}

impl From<Shared<Frame>> for Segment {
    #[inline]
    fn from(frame: Shared<Frame>) -> Self {
        Self(frame.into())
    }
}

impl From<Shared<VarBuf>> for Segment {
    #[inline]
    fn from(buffer: Shared<VarBuf>) -> Self {
        Self(buffer.into())
    }
}

impl Deref for Segment {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl AsRef<[u8]> for Segment {
    #[inline]
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl fmt::Debug for Segment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Segment")
            .field("len", &self.len())
            .field("references", &self.references())
            .finish_non_exhaustive()
    }
}
