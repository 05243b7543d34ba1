//! References that go out as pointers, and come back.

use std::mem::ManuallyDrop;
use std::ptr::NonNull;

use super::{Exclusive, Shared};

impl<B: Exclusive> Shared<B> {
    /// Turns the reference into a pointer to its bytes, for C code.
    ///
    /// The reference stays counted. [`Pool::shared_from_raw`](crate::Pool::shared_from_raw) and
    /// [`Pool::shared_buf_from_raw`](crate::Pool::shared_buf_from_raw) turn the pointer back, on
    /// any thread, also into another part of the same buffer. An empty part at the very end of its
    /// buffer moves back by one byte, so that its address is the buffer's.
    ///
    /// ```
    /// # let pool = framewell::Pool::builder().build()?;
    /// let pointer = pool.copy_from(b"packet")?.share().into_raw();
    /// // SAFETY: the pointer was handed out just now, and is turned back once.
    /// let packet = unsafe { pool.shared_from_raw(pointer) }?;
    /// assert_eq!(*packet, *b"packet");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use = "the pointer is the only way back to the reference"]
    pub fn into_raw(mut self) -> NonNull<[u8]> {
        let (offset, len) = B::part(&self.handle);
        if offset == B::room(&self.handle) {
            // SAFETY: a buffer has at least one byte, and the part is empty.
            unsafe { B::set_part(&mut self.handle, offset - 1, 0) };
        }
        let first = NonNull::from(&**self.handle).cast();
        B::count(&self.handle).name();
        let _ = self.into_handle();
        NonNull::slice_from_raw_parts(first, len)
    }

    /// Makes the reference that a pointer stands for.
    ///
    /// # Safety
    ///
    /// - The reference is counted, and the caller gives it to the handle.
    pub(crate) unsafe fn from_counted(handle: B) -> Self {
        // SAFETY: as the function's bullet.
        unsafe { Self::counted(ManuallyDrop::new(handle)) }
    }
}
