//! What a shared reference needs of the owner that it was made from.

use std::mem::ManuallyDrop;
use std::ops::{Deref, DerefMut};

use crate::base::count::Count;

/// An owner that has its buffer alone, and that can be [shared](crate::Shared): a
/// [`Frame`](crate::Frame) or a [`VarBuf`](crate::VarBuf).
///
/// The trait is sealed: only this crate implements it.
///
/// ```
/// use framewell::{Exclusive, Pool, Shared};
///
/// fn to_two<B: Exclusive>(buffer: B) -> [Shared<B>; 2] {
///     let first = Shared::from(buffer);
///     [first.clone(), first]
/// }
///
/// let pool = Pool::builder().frames(8).build()?;
/// let [left, right] = to_two(pool.copy_from(b"packet")?);
/// assert_eq!(*left, *right);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Exclusive: Parts + Deref<Target = [u8]> + DerefMut + Send + Sync + 'static {}

/// A handle that names a part of its buffer, so that several can name parts of the same one.
///
/// None of the functions is a method. [`Exclusive`] would bring methods to a user's code that is
/// generic over buffers, where they stand in the way of those that the user's own traits have.
///
/// # Safety
///
/// - [`count`](Self::count) is the word of the buffer itself, the same for each handle to it, and 0
///   for a buffer that has one owner.
/// - Nothing of a handle but its own part is changed through it, unless the handle is used as an
///   owner's.
pub unsafe trait Parts: Sized {
    /// Returns the count of the buffer's references.
    fn count(this: &Self) -> Count<'_>;

    /// Returns another handle to the same part.
    ///
    /// # Safety
    ///
    /// - One of the handles is used as an owner's only when no other is used any more. Until then
    ///   each is used to read, and its part may be changed.
    unsafe fn alias(this: &Self) -> ManuallyDrop<Self>;

    /// Returns the part that the handle names: its offset in the buffer, and its length in bytes.
    fn part(this: &Self) -> (usize, usize);

    /// Returns the number of bytes in the whole buffer.
    fn room(this: &Self) -> usize;

    /// Names another part of the buffer.
    ///
    /// # Safety
    ///
    /// - Offset and length together are at most the [room](Self::room).
    unsafe fn set_part(this: &mut Self, offset: usize, len: usize);
}
