//! Nothing of a packet's way takes memory of the heap.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use bytesbuf::mem::Memory;
use framewell::Pool;
use framewell_bytesbuf::PoolMemory;

thread_local! {
    static TAKEN: Cell<u64> = const { Cell::new(0) };
}

/// The system's allocator, which counts for each thread.
struct Counting;

// SAFETY: every call is the system's.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        TAKEN.set(TAKEN.get() + 1);
        // SAFETY: the caller's promises are those that the system's allocator asks for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as in `alloc`.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// Takes a packet of so many bytes all of its way.
fn packet(pool: &Pool, memory: &PoolMemory, len: usize) {
    let mut buf = memory.reserve(len);
    buf.put_byte_repeated(1, len);
    let view = buf.consume_all();
    drop(buf);
    let (same, half) = (view.clone(), view.range(len / 2..));
    assert_eq!(memory.share(&view).is_some(), len <= 1500);
    drop((view, same, half));

    let received = PoolMemory::view(pool.get(1000).unwrap()).unwrap();
    assert_eq!(received.len(), 1000);
}

#[test]
fn a_packet_takes_nothing_of_the_heap() {
    let pool = Pool::builder().frames(64).build().unwrap();
    // SAFETY: nothing here writes uninitialised bytes.
    let memory = unsafe { PoolMemory::new(pool.clone()) };
    // The first calls may make what is kept, such as the chunk of a size class.
    packet(&pool, &memory, 1500);
    packet(&pool, &memory, 9000);
    let before = TAKEN.get();
    for _ in 0..1000 {
        packet(&pool, &memory, 1500);
        packet(&pool, &memory, 9000);
    }
    assert_eq!(TAKEN.get() - before, 0);
    // The count counts.
    drop(std::hint::black_box(Box::new(1)));
    assert_eq!(TAKEN.get() - before, 1);
}
