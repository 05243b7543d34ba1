//! Blocks of pool memory, and the record in front of each.
//!
//! ```text
//!   ┌────────┬────────────────────────────────────────────┐
//!   │ record │ block                                      │  a frame, or a VarBuf
//!   └────────┴────────────────────────────────────────────┘
//!      ▲  a Shared to this buffer, which names no byte of it
//!      └─ the state of each BlockRef: the same pointer for all of them
//! ```
//!
//! Each `BlockRef` is one reference of the pool's count. The handles of all references to a buffer
//! are equal, because none names any byte. So one of them, in the record, stands for all: a clone
//! counts one more, and a drop takes a copy of the handle out and drops that.

use std::fmt;
use std::mem;
use std::num::NonZero;
use std::ptr::NonNull;

use bytesbuf::mem::{
    Block, BlockMeta, BlockRef, BlockRefDynamic, BlockRefDynamicWithMeta, BlockRefVTable, BlockSize,
};
use framewell::{Exclusive, Frame, Shared, VarBuf};

/// The bytes in front of a block that its record takes at most, wherever the block begins.
pub const HEAD: usize = 32;

const _: () = assert!(size_of::<Record<Frame>>() + align_of::<Record<Frame>>() <= HEAD);
const _: () = assert!(size_of::<Record<VarBuf>>() + align_of::<Record<VarBuf>>() <= HEAD);

/// The record: what is known of a block. It lies in the block's buffer, is written before the block
/// is handed out, and is only read as long as there is a `BlockRef`.
pub(crate) struct Record<B: Exclusive> {
    /// A reference that names no byte: the bytes are written and read past it, by `bytesbuf`.
    shared: Shared<B>,
}

impl<B: Exclusive> Record<B> {
    const TABLE: &'static BlockRefVTable<Self> = &BlockRefVTable::from_trait_with_meta();

    /// Returns a further reference to the block's buffer, which names no byte.
    pub(crate) fn another(&self) -> Shared<B> {
        self.shared.clone()
    }
}

impl<B: Exclusive> fmt::Debug for Record<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Record")
            .field("references", &self.shared.references())
            .finish()
    }
}

impl<B: Exclusive> BlockMeta for Record<B> {}

// SAFETY: the record is only read. What the functions change is the pool's count of references,
// which is atomic, and a `Shared` may be cloned and dropped on any thread.
unsafe impl<B: Exclusive> BlockRefDynamic for Record<B> {
    type State = Self;

    fn clone(state: NonNull<Self>) -> NonNull<Self> {
        // SAFETY: the caller has a reference, which keeps the buffer and with it the record.
        let record = unsafe { state.as_ref() };
        mem::forget(record.another());
        state
    }

    fn drop(state: NonNull<Self>) {
        // SAFETY: as in `clone`. The copy is the handle of the caller's reference, which is
        // counted, and which the caller gives up. It is out of the buffer before that is freed.
        drop(unsafe { state.read() });
    }
}

// SAFETY: as above. The record lives as long as there is a `BlockRef`.
unsafe impl<B: Exclusive> BlockRefDynamicWithMeta for Record<B> {
    fn meta(state: NonNull<Self>) -> NonNull<dyn BlockMeta> {
        state
    }
}

/// A buffer of which any part can be made the data.
pub(crate) trait Room: Exclusive {
    /// Returns the bytes of the whole buffer.
    fn room(&self) -> usize;

    /// Makes the first `len` bytes of the buffer its data. They lie in the room.
    fn show(&mut self, len: usize);
}

macro_rules! room {
    ($($owner:ident)*) => {$(
        impl Room for $owner {
            fn room(&self) -> usize {
                self.capacity()
            }

            fn show(&mut self, len: usize) {
                self.set_view(0, len).expect("the bytes lie in the room");
            }
        }
    )*};
}

room!(Frame VarBuf);

/// Makes a block of the bytes `from..to` of a buffer's room, and puts the record in front of it.
///
/// # Errors
///
/// The error is the buffer, unchanged, if there is no room for the record, if the block were empty,
/// or if it ended outside of the room.
pub(crate) fn block<B: Room>(mut buffer: B, from: usize, to: usize) -> Result<Block, B> {
    let room = buffer.room();
    let len = to
        .checked_sub(from)
        .and_then(|len| BlockSize::try_from(len).ok());
    let Some(len) = len
        .and_then(NonZero::new)
        .filter(|_| from >= HEAD && to <= room)
    else {
        return Err(buffer);
    };

    buffer.show(room);
    let first = NonNull::from(&mut *buffer).cast::<u8>();
    // From here on the handle names no byte, so that no slice of it meets what is written through
    // the pointer.
    buffer.show(0);

    let at = from - size_of::<Record<B>>();
    let at = at - (first.addr().get() + at) % align_of::<Record<B>>();
    // SAFETY: record and alignment take at most `HEAD` bytes, so `at` is at least 0. The room is
    // one piece of memory, and `at` lies in it.
    let record = unsafe { first.add(at) }.cast::<Record<B>>();
    // SAFETY: as above, since `from` is at most `to`.
    let start = unsafe { first.add(from) };
    debug_assert!(record.is_aligned());
    let shared = Shared::from(buffer);
    // SAFETY: the record lies in the room, in front of the block, and is aligned. The handle was
    // the owner's, so that nobody else reads or writes the buffer.
    unsafe { record.write(Record { shared }) };
    // SAFETY: the record is valid until the last reference is dropped, which frees the buffer. This
    // `BlockRef` is the reference that was made just now.
    let reference = unsafe { BlockRef::new(record, Record::<B>::TABLE) };
    // SAFETY: nobody else has the bytes: the handle was the owner's, and the references name none.
    // The record lies in front of the block.
    Ok(unsafe { Block::new(start.cast(), len, reference) })
}
