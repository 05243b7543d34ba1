//! The owner of a buffer of either kind, and the same buffer while it is lent.

use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;

use framewell::{Borrower, BufferId, Frame, Misuse, RoomError, VarBuf};

/// The owner of a buffer that a ring receives into or sends from: a frame, or a variable-length
/// buffer.
///
/// ```
/// use framewell::Pool;
/// use framewell_uring::Owner;
///
/// let pool = Pool::builder().build()?;
/// let mut owner: Owner = pool.copy_from(b"packet")?.into();
/// owner.push(2)?.copy_from_slice(b"a ");
/// assert_eq!(&*owner, b"a packet");
/// let frame = owner.into_frame().expect("it is a frame");
/// assert_eq!(frame.len(), 8);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum Owner {
    /// A frame.
    Frame(Frame),
    /// A variable-length buffer.
    VarBuf(VarBuf),
}

impl Owner {
    /// Returns the frame.
    ///
    /// # Errors
    ///
    /// The error is the owner itself, if it has a variable-length buffer.
    ///
    /// ```
    /// # use framewell::Pool;
    /// # use framewell_uring::Owner;
    /// # let pool = Pool::builder().build()?;
    /// assert!(Owner::from(pool.get(0)?).into_frame().is_ok());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn into_frame(self) -> Result<Frame, Self> {
        match self {
            Self::Frame(frame) => Ok(frame),
            other => Err(other),
        }
    }

    /// Returns the variable-length buffer.
    ///
    /// # Errors
    ///
    /// The error is the owner itself, if it has a frame.
    ///
    /// ```
    /// # use framewell::Pool;
    /// # use framewell_uring::Owner;
    /// # let pool = Pool::builder().build()?;
    /// assert!(Owner::from(pool.alloc(9000)?).into_var_buf().is_ok());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn into_var_buf(self) -> Result<VarBuf, Self> {
        match self {
            Self::VarBuf(buffer) => Ok(buffer),
            other => Err(other),
        }
    }

    /// Returns the number of bytes before the data.
    ///
    /// ```
    /// # use framewell::Pool;
    /// # use framewell_uring::Owner;
    /// # let pool = Pool::builder().build()?;
    /// assert_eq!(Owner::from(pool.get(0)?).headroom(), 128);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn headroom(&self) -> usize {
        match self {
            Self::Frame(frame) => frame.headroom(),
            Self::VarBuf(buffer) => buffer.headroom(),
        }
    }

    /// Returns the bytes of headroom, data and tailroom together.
    ///
    /// ```
    /// # use framewell::Pool;
    /// # use framewell_uring::Owner;
    /// # let pool = Pool::builder().build()?;
    /// assert_eq!(Owner::from(pool.get(0)?).capacity(), 1728);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn capacity(&self) -> usize {
        match self {
            Self::Frame(frame) => frame.capacity(),
            Self::VarBuf(buffer) => buffer.capacity(),
        }
    }

    /// Makes `n` bytes of headroom data, and returns them.
    ///
    /// # Errors
    ///
    /// [`RoomError`] if the headroom is less.
    ///
    /// ```
    /// # use framewell::Pool;
    /// # use framewell_uring::Owner;
    /// # let pool = Pool::builder().build()?;
    /// let mut owner = Owner::from(pool.copy_from(b"b")?);
    /// owner.push(1)?[0] = b'a';
    /// assert_eq!(&*owner, b"ab");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn push(&mut self, n: usize) -> Result<&mut [u8], RoomError> {
        match self {
            Self::Frame(frame) => frame.push(n),
            Self::VarBuf(buffer) => buffer.push(n),
        }
    }

    /// Makes the first `n` bytes of data headroom.
    ///
    /// # Errors
    ///
    /// [`RoomError`] if there is less data.
    ///
    /// ```
    /// # use framewell::Pool;
    /// # use framewell_uring::Owner;
    /// # let pool = Pool::builder().build()?;
    /// let mut owner = Owner::from(pool.copy_from(b"ab")?);
    /// owner.pull(1)?;
    /// assert_eq!(&*owner, b"b");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn pull(&mut self, n: usize) -> Result<(), RoomError> {
        match self {
            Self::Frame(frame) => frame.pull(n),
            Self::VarBuf(buffer) => buffer.pull(n),
        }
    }

    /// Returns the number of bytes after the data.
    ///
    /// ```
    /// # use framewell::Pool;
    /// # use framewell_uring::Owner;
    /// # let pool = Pool::builder().build()?;
    /// assert_eq!(Owner::from(pool.copy_from(b"ab")?).tailroom(), 1598);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn tailroom(&self) -> usize {
        match self {
            Self::Frame(frame) => frame.tailroom(),
            Self::VarBuf(buffer) => buffer.tailroom(),
        }
    }

    /// Makes `n` bytes of tailroom data, and returns them.
    ///
    /// # Errors
    ///
    /// [`RoomError`] if the tailroom is less.
    ///
    /// ```
    /// # use framewell::Pool;
    /// # use framewell_uring::Owner;
    /// # let pool = Pool::builder().build()?;
    /// let mut owner = Owner::from(pool.copy_from(b"a")?);
    /// owner.put(1)?[0] = b'b';
    /// assert_eq!(&*owner, b"ab");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn put(&mut self, n: usize) -> Result<&mut [u8], RoomError> {
        match self {
            Self::Frame(frame) => frame.put(n),
            Self::VarBuf(buffer) => buffer.put(n),
        }
    }

    /// Cuts the data to its first `len` bytes.
    ///
    /// # Errors
    ///
    /// [`RoomError`] if there is less data.
    ///
    /// ```
    /// # use framewell::Pool;
    /// # use framewell_uring::Owner;
    /// # let pool = Pool::builder().build()?;
    /// let mut owner = Owner::from(pool.copy_from(b"ab")?);
    /// owner.trim(1)?;
    /// assert_eq!(&*owner, b"a");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn trim(&mut self, len: usize) -> Result<(), RoomError> {
        match self {
            Self::Frame(frame) => frame.trim(len),
            Self::VarBuf(buffer) => buffer.trim(len),
        }
    }

    /// Returns the bytes before the data.
    #[inline]
    pub(crate) fn head(&self) -> &[u8] {
        match self {
            Self::Frame(frame) => frame.head(),
            Self::VarBuf(buffer) => buffer.head(),
        }
    }

    /// Lends the buffer, with the part of it that holds data. A buffer of another pool is returned.
    #[inline]
    pub(crate) fn lend(self, to: &Borrower) -> Result<LentPart, Self> {
        let (headroom, len) = (self.headroom(), self.len());
        let loan = match self {
            Self::Frame(frame) => Loan::Frame(to.lend(frame).map_err(Self::Frame)?),
            Self::VarBuf(buffer) => Loan::VarBuf(to.lend_buf(buffer).map_err(Self::VarBuf)?),
        };
        Ok(LentPart {
            loan,
            headroom,
            len,
        })
    }
}

impl Deref for Owner {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        match self {
            Self::Frame(frame) => frame,
            Self::VarBuf(buffer) => buffer,
        }
    }
}

impl DerefMut for Owner {
    #[inline]
    fn deref_mut(&mut self) -> &mut [u8] {
        match self {
            Self::Frame(frame) => frame,
            Self::VarBuf(buffer) => buffer,
        }
    }
}

impl AsRef<[u8]> for Owner {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl From<Frame> for Owner {
    fn from(frame: Frame) -> Self {
        Self::Frame(frame)
    }
}

impl From<VarBuf> for Owner {
    fn from(buffer: VarBuf) -> Self {
        Self::VarBuf(buffer)
    }
}

/// A buffer that is lent: what its borrower takes it back by.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Loan {
    Frame(BufferId),
    VarBuf(NonNull<u8>),
}

// SAFETY: the pointer is a name of a buffer that is lent, and a buffer belongs to no thread.
unsafe impl Send for Loan {}

impl Loan {
    /// Returns the address of the buffer's first byte.
    #[inline]
    pub(crate) fn first(self, from: &Borrower) -> *mut u8 {
        match self {
            Self::Frame(id) => {
                let region = from.pool().region();
                region.base().as_ptr().wrapping_add(region.offset_of(id))
            }
            Self::VarBuf(address) => address.as_ptr(),
        }
    }

    /// Takes the buffer back, with a part of it as its data.
    ///
    /// # Safety
    ///
    /// - The kernel is done with the buffer, which was lent to this borrower under this name, and
    ///   is taken back once.
    #[inline]
    pub(crate) unsafe fn take_back(
        self,
        from: &Borrower,
        headroom: usize,
        len: usize,
    ) -> Result<Owner, Misuse> {
        match self {
            Self::Frame(id) => {
                // SAFETY: the function's bullet. The ring's owner brings it, on one thread.
                unsafe { from.take_back(id, headroom, len) }.map(Owner::Frame)
            }
            Self::VarBuf(address) => {
                // SAFETY: as above.
                unsafe { from.take_back_buf_view(address.as_ptr(), headroom, len) }
                    .map(Owner::VarBuf)
            }
        }
    }
}

/// A buffer that is lent, and the part of it that held data.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LentPart {
    pub(crate) loan: Loan,
    pub(crate) headroom: usize,
    pub(crate) len: usize,
}

impl LentPart {
    /// Returns the address of the data.
    #[inline]
    pub(crate) fn address(&self, from: &Borrower) -> *mut u8 {
        self.loan.first(from).wrapping_add(self.headroom)
    }

    /// Returns the length for an entry of the submission queue, which the kernel reads as an `int`.
    /// A longer buffer is received into, or sent, as far as that.
    pub(crate) fn kernel_len(&self) -> u32 {
        self.len.min(i32::MAX as usize) as u32
    }

    /// Takes the buffer back as it was lent.
    ///
    /// # Safety
    ///
    /// - As for [`Loan::take_back`].
    #[inline]
    pub(crate) unsafe fn take_back(self, from: &Borrower) -> Result<Owner, Misuse> {
        // SAFETY: as the function's bullet.
        unsafe { self.loan.take_back(from, self.headroom, self.len) }
    }
}
