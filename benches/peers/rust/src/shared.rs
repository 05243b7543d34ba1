//! Buffers with several references: those of the standard library, of `bytes`, and a table of
//! counts that is kept by hand.

#![allow(
    clippy::disallowed_types,
    reason = "the library's own atomics go through its facade; these are a peer's"
)]

use std::array;
use std::mem::MaybeUninit;
use std::sync::atomic::{AtomicU32, Ordering, fence};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::{Bytes, BytesMut};
use framewell_bench::BYTES;
use framewell_bench::work::sharing::{
    MERGED, REFERENCES, Reference, SLICE, SLICES, Sharer, Sharing, Slicing,
};

/// The number of buffers that are kept by hand: as many as framewell's pool has.
const COUNT: usize = 16_384;

/// `Arc<[u8]>`, which has its count before its bytes, and is not filled.
pub(crate) struct Arcs;

pub(crate) struct InArc(Arc<[MaybeUninit<u8>]>);

impl Sharer for Arcs {}

// SAFETY: an `Arc` shares the bytes that it derefs to.
unsafe impl Reference for InArc {
    #[inline(always)]
    fn first(&self) -> *const u8 {
        self.0.as_ptr().cast()
    }

    #[inline(always)]
    fn length(&self) -> usize {
        self.0.len()
    }
}

impl Sharing for Arcs {
    type Reference = InArc;

    #[inline(always)]
    fn share(&self, write: impl FnOnce(*mut u8)) -> [InArc; REFERENCES] {
        let mut bytes = Arc::<[u8]>::new_uninit_slice(BYTES);
        let first = Arc::get_mut(&mut bytes).expect("the only one").as_mut_ptr();
        write(first.cast());
        let [one, two, three] = array::from_fn(|_| InArc(Arc::clone(&bytes)));
        [one, two, three, InArc(bytes)]
    }
}

/// Returns a `BytesMut` of so many bytes, of which those that `write` writes are initialised. The
/// memory is not filled, as by a program that receives into it.
#[inline(always)]
fn received(length: usize, write: impl FnOnce(*mut u8)) -> BytesMut {
    let mut bytes = BytesMut::with_capacity(length);
    write(bytes.as_mut_ptr());
    // SAFETY: the capacity is `length` at least, and who reads bytes has written them.
    unsafe { bytes.set_len(length) };
    bytes
}

/// A `BytesMut` that is frozen when it is whole, or split and frozen slice by slice.
pub(crate) struct Frozen;

/// A `Bytes` of which slices are made.
pub(crate) struct Sliced;

pub(crate) struct InBytes(Bytes);

impl Sharer for Frozen {}
impl Sharer for Sliced {}

// SAFETY: `Bytes` shares the bytes that it derefs to.
unsafe impl Reference for InBytes {
    #[inline(always)]
    fn first(&self) -> *const u8 {
        self.0.as_ptr()
    }

    #[inline(always)]
    fn length(&self) -> usize {
        self.0.len()
    }
}

impl Sharing for Frozen {
    type Reference = InBytes;

    #[inline(always)]
    fn share(&self, write: impl FnOnce(*mut u8)) -> [InBytes; REFERENCES] {
        let bytes = received(BYTES, write).freeze();
        let [one, two, three] = array::from_fn(|_| InBytes(bytes.clone()));
        [one, two, three, InBytes(bytes)]
    }
}

impl Slicing for Frozen {
    type Slice = InBytes;

    #[inline(always)]
    fn cut(&self, write: impl FnOnce(*mut u8), mut sink: impl FnMut(InBytes)) {
        let mut bytes = received(MERGED, write);
        for _ in 0..SLICES {
            sink(InBytes(bytes.split_to(SLICE).freeze()));
        }
    }
}

impl Slicing for Sliced {
    type Slice = InBytes;

    #[inline(always)]
    fn cut(&self, write: impl FnOnce(*mut u8), mut sink: impl FnMut(InBytes)) {
        let bytes = received(MERGED, write).freeze();
        for at in 0..SLICES {
            sink(InBytes(bytes.slice(at * SLICE..(at + 1) * SLICE)));
        }
    }
}

/// What a program writes by hand: buffers in one allocation, a list of the free ones, and a count
/// for each.
pub(crate) struct ByHand {
    chunks: Box<[Chunk]>,
    counts: Box<[AtomicU32]>,
    free: Mutex<Vec<u32>>,
}

/// A buffer that nobody owns by its type.
struct Chunk(std::cell::UnsafeCell<[u8; BYTES]>);

// SAFETY: a chunk is written by who has just taken it off the list, and only read once it is
// shared.
unsafe impl Sync for Chunk {}

/// A reference, with the table that it is counted in.
pub(crate) struct Counted {
    number: u32,
    table: &'static ByHand,
}

impl ByHand {
    pub(crate) fn new() -> Self {
        let chunk = |_| Chunk([0; BYTES].into());
        Self {
            chunks: (0..COUNT).map(chunk).collect(),
            counts: (0..COUNT).map(|_| AtomicU32::new(0)).collect(),
            free: Mutex::new((0..COUNT as u32).collect()),
        }
    }
}

impl Clone for Counted {
    #[inline(always)]
    fn clone(&self) -> Self {
        // Relaxed: whoever gets the new reference gets it from this thread.
        self.table.counts[self.number as usize].fetch_add(1, Ordering::Relaxed);
        Self { ..*self }
    }
}

impl Drop for Counted {
    #[inline(always)]
    fn drop(&mut self) {
        // Release: pairs with the fence of the last one.
        if self.table.counts[self.number as usize].fetch_sub(1, Ordering::Release) == 1 {
            fence(Ordering::Acquire);
            let mut free = self
                .table
                .free
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            free.push(self.number);
        }
    }
}

// SAFETY: a chunk has BYTES, and is not taken again as long as it is counted.
unsafe impl Reference for Counted {
    #[inline(always)]
    fn first(&self) -> *const u8 {
        self.table.chunks[self.number as usize].0.get().cast()
    }

    #[inline(always)]
    fn length(&self) -> usize {
        BYTES
    }
}

/// The table, which stays.
pub(crate) struct Table(pub(crate) &'static ByHand);

impl Sharer for Table {
    fn out(&self) -> Option<usize> {
        let free = self.0.free.lock().unwrap_or_else(PoisonError::into_inner);
        Some(COUNT - free.len())
    }
}

impl Sharing for Table {
    type Reference = Counted;

    #[inline(always)]
    fn share(&self, write: impl FnOnce(*mut u8)) -> [Counted; REFERENCES] {
        let table = self.0;
        let taken = table
            .free
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop();
        let number = taken.expect("a buffer");
        write(table.chunks[number as usize].0.get().cast());
        // Nobody else knows the buffer yet.
        table.counts[number as usize].store(1, Ordering::Relaxed);
        let first = Counted { number, table };
        let [one, two, three] = array::from_fn(|_| first.clone());
        [one, two, three, first]
    }
}
