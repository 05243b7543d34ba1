//! Pools of buffers that are made beforehand. None of the pools has bulk calls.

use std::mem::ManuallyDrop;

use crossbeam_queue::ArrayQueue;
use framewell_bench::{BYTES, Buffer, Contestant};
use heapless::object_pool;
use heapless::pool::object::{Object, ObjectBlock};
use opool::{PoolAllocator, RefGuard};
use sharded_slab::Clear;

/// The number of buffers of each pool: as many as framewell's has.
const COUNT: usize = 16_384;

type Chunk = Box<[u8; BYTES]>;

fn chunk() -> Chunk {
    Box::new([0; BYTES])
}

/// A bounded queue of boxes: what a program builds that needs a pool quickly.
pub(crate) struct Queue(&'static ArrayQueue<Chunk>);

/// A box with the queue that it goes back to.
pub(crate) struct Queued {
    chunk: ManuallyDrop<Chunk>,
    queue: &'static ArrayQueue<Chunk>,
}

impl Queue {
    pub(crate) fn new() -> Self {
        let queue = ArrayQueue::new(COUNT);
        for _ in 0..COUNT {
            queue.push(chunk()).expect("room for each");
        }
        Self(Box::leak(Box::new(queue)))
    }
}

// SAFETY: the box has BYTES.
unsafe impl Buffer for Queued {
    #[inline(always)]
    fn first(&mut self) -> *mut u8 {
        self.chunk.as_mut_ptr()
    }
}

impl Drop for Queued {
    #[inline(always)]
    fn drop(&mut self) {
        // SAFETY: the box is taken here alone.
        let chunk = unsafe { ManuallyDrop::take(&mut self.chunk) };
        self.queue.push(chunk).expect("room for each");
    }
}

impl Contestant for Queue {
    type Buffer = Queued;

    const BOUNDED: bool = true;

    fn name(&self) -> &'static str {
        "ArrayQueue"
    }

    #[inline(always)]
    fn get(&self) -> Queued {
        self.try_get().expect("the queue has more")
    }

    #[inline(always)]
    fn try_get(&self) -> Option<Queued> {
        Some(Queued {
            chunk: ManuallyDrop::new(self.0.pop()?),
            queue: self.0,
        })
    }
}

mod packets {
    //! The type that the macro makes.
    #![allow(missing_docs, unreachable_pub, reason = "the macro's")]
    super::object_pool!(Packets: [u8; super::BYTES]);
}
use packets::Packets;

/// heapless's pool of objects, which is a stack of static memory.
pub(crate) struct Statics(());

pub(crate) struct Static(Object<Packets>);

impl Statics {
    /// Makes the pool, once in a process: it belongs to the type.
    pub(crate) fn new() -> Self {
        for _ in 0..COUNT {
            Packets.manage(Box::leak(Box::new(ObjectBlock::new([0; BYTES]))));
        }
        Self(())
    }
}

// SAFETY: the object has BYTES.
unsafe impl Buffer for Static {
    #[inline(always)]
    fn first(&mut self) -> *mut u8 {
        self.0.as_mut_ptr()
    }
}

impl Contestant for Statics {
    type Buffer = Static;

    const BOUNDED: bool = true;

    fn name(&self) -> &'static str {
        "heapless"
    }

    #[inline(always)]
    fn get(&self) -> Static {
        self.try_get().expect("the pool has more")
    }

    #[inline(always)]
    fn try_get(&self) -> Option<Static> {
        Packets.request().map(Static)
    }
}

/// opool's pool of boxes.
pub(crate) struct Objects(&'static opool::Pool<Chunks, Chunk>);

pub(crate) struct Chunks;

impl PoolAllocator<Chunk> for Chunks {
    fn allocate(&self) -> Chunk {
        chunk()
    }
}

pub(crate) struct Guarded(RefGuard<'static, Chunks, Chunk>);

impl Objects {
    pub(crate) fn new() -> Self {
        let pool = opool::Pool::new_prefilled(COUNT, Chunks);
        Self(Box::leak(Box::new(pool)))
    }
}

// SAFETY: the box has BYTES.
unsafe impl Buffer for Guarded {
    #[inline(always)]
    fn first(&mut self) -> *mut u8 {
        self.0.as_mut_ptr()
    }
}

impl Contestant for Objects {
    type Buffer = Guarded;

    fn name(&self) -> &'static str {
        "opool"
    }

    #[inline(always)]
    fn get(&self) -> Guarded {
        Guarded(self.0.get())
    }
}

/// sharded-slab's pool of boxes. Its guards stay on their thread, so the key of a box is sent
/// instead.
pub(crate) struct Slab(&'static sharded_slab::Pool<Slot>);

/// A slot of the slab, which keeps its box when it is cleared.
pub(crate) struct Slot(Chunk);

impl Default for Slot {
    fn default() -> Self {
        Self(chunk())
    }
}

impl Clear for Slot {
    fn clear(&mut self) {}
}

/// A key with the bytes of its slot.
pub(crate) struct Keyed {
    key: usize,
    first: *mut u8,
    pool: &'static sharded_slab::Pool<Slot>,
}

// SAFETY: the slot's bytes belong to who has the key, which may be cleared on any thread.
unsafe impl Send for Keyed {}

impl Slab {
    pub(crate) fn new() -> Self {
        Self(Box::leak(Box::new(sharded_slab::Pool::new())))
    }
}

// SAFETY: the box of the slot has BYTES, and the slot is nobody else's until its key is cleared.
unsafe impl Buffer for Keyed {
    #[inline(always)]
    fn first(&mut self) -> *mut u8 {
        self.first
    }
}

impl Drop for Keyed {
    #[inline(always)]
    fn drop(&mut self) {
        assert!(self.pool.clear(self.key), "the slot was in use");
    }
}

impl Contestant for Slab {
    type Buffer = Keyed;

    fn name(&self) -> &'static str {
        "sharded-slab"
    }

    #[inline(always)]
    fn get(&self) -> Keyed {
        let mut slot = self.0.create().expect("the pool has more");
        Keyed {
            first: slot.0.as_mut_ptr(),
            key: slot.key(),
            pool: self.0,
        }
    }
}
