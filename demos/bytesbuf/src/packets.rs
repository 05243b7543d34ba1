//! Frames as views, and views as frames.

use std::ptr::NonNull;

use bytesbuf::{BytesBuf, BytesView};
use framewell::{Frame, Shared};

use crate::PoolMemory;
use crate::record::{self, Record};

impl PoolMemory {
    /// Makes a view of the data of a frame, without a copy: of a packet that was received.
    ///
    /// The frame may be of any pool. The call takes no memory, and enters the kernel only where it
    /// touches a page of the pool's own tables for the first time. It overwrites the last
    /// [`HEAD`](crate::HEAD) bytes of the headroom, with the record of the view.
    ///
    /// # Errors
    ///
    /// The error is the frame, unchanged, if it has less than [`HEAD`](crate::HEAD) bytes of
    /// headroom. A frame without data is freed, and becomes an empty view.
    ///
    /// ```
    /// # use framewell::Pool;
    /// # use framewell_bytesbuf::PoolMemory;
    /// let pool = Pool::builder().frames(8).build()?;
    /// let received = pool.copy_from(b"headerpayload").unwrap();
    /// let first = received.as_ptr();
    /// let packet = PoolMemory::view(received).expect("frames have 128 bytes of headroom");
    /// assert_eq!(packet.first_slice().as_ptr(), first);
    /// assert_eq!(packet.range(6..), b"payload");
    /// # Ok::<(), framewell::BuildError>(())
    /// ```
    pub fn view(frame: Frame) -> Result<BytesView, Frame> {
        if frame.is_empty() {
            return Ok(BytesView::new());
        }
        let (from, len) = (frame.headroom(), frame.len());
        let block = record::block(frame, from, from + len)?;
        let mut buf = BytesBuf::from_blocks([block]);
        // SAFETY: the block is the frame's data, which is bytes from its first to its last.
        unsafe { buf.advance(len) };
        Ok(buf.consume_all())
    }

    /// Makes a reference to the bytes of a view, without a copy: for a device that takes frames.
    ///
    /// It is a further reference to the frame, and names the bytes of the view. It returns `None`
    /// if the view is empty, if it has several parts, or if its bytes do not lie in a frame of this
    /// pool: in a `VarBuf`, in another pool or on the heap.
    ///
    /// ```
    /// # use bytesbuf::mem::Memory;
    /// # use framewell::Pool;
    /// # use framewell_bytesbuf::PoolMemory;
    /// let pool = Pool::builder().frames(8).build()?;
    /// // SAFETY: nothing here writes uninitialised bytes.
    /// let memory = unsafe { PoolMemory::new(pool.clone()) };
    /// let mut buf = memory.reserve(7);
    /// buf.put_slice(*b"payload");
    /// let view = buf.consume_all();
    /// drop(buf);
    /// let packet = memory.share(&view).expect("a frame of the pool");
    /// drop(view);
    /// assert_eq!((&*packet, packet.references()), (&b"payload"[..], 1));
    /// # Ok::<(), framewell::BuildError>(())
    /// ```
    #[must_use]
    pub fn share(&self, view: &BytesView) -> Option<Shared<Frame>> {
        let mut slices = view.slices();
        let (bytes, meta) = slices.next()?;
        let record = meta?.downcast_ref::<Record<Frame>>()?;
        if slices.next().is_some() || !self.pool.region().contains(bytes.as_ptr()) {
            return None;
        }
        // The reference goes out as a pointer, and comes back for the bytes of the view.
        let _ = record.another().into_raw();
        // SAFETY: the pointer stands for the reference of the line above, and is brought once. It
        // names other bytes of the same frame, which nobody writes any more: they are in a view.
        let reference = unsafe { self.pool.shared_from_raw(NonNull::from(bytes)) };
        Some(reference.expect("the bytes lie in the frame that the reference is to"))
    }
}
