//! Programs that are broken on purpose. `.ci/sanitizers` runs each of them. A sanitizer that says
//! nothing about its own program does not work.

#![cfg(not(loom))]

use std::hint::black_box;
use std::mem::MaybeUninit;
use std::thread;

use framewell::Pool;

#[test]
#[ignore = "a data race: for ThreadSanitizer"]
fn a_frame_is_written_after_it_was_handed_on() {
    let pool = Pool::builder().frames(1).build().unwrap();
    let mut frame = pool.get(8).unwrap();
    let stray = frame.as_mut_ptr().expose_provenance();
    let other = thread::spawn(move || frame.fill(1));
    // SAFETY: there is none, which is the bug: the frame is the other thread's.
    unsafe { std::ptr::with_exposed_provenance_mut::<u8>(stray).write_volatile(2) };
    other.join().unwrap();
}

#[test]
#[ignore = "a read past the end: for AddressSanitizer"]
fn a_byte_behind_a_box_is_read() {
    let bytes: Box<[u8]> = black_box(vec![1; 8].into_boxed_slice());
    let behind = bytes.as_ptr().wrapping_add(black_box(8));
    // SAFETY: there is none, which is the bug: the byte is not the box's.
    black_box(unsafe { behind.read_volatile() });
}

#[test]
#[ignore = "a decision on a byte that nobody set: for MemorySanitizer"]
fn a_byte_that_was_never_set_decides() {
    let byte: Box<MaybeUninit<u8>> = black_box(Box::new_uninit());
    // SAFETY: there is none, which is the bug: the byte was not set.
    let byte = unsafe { byte.assume_init() };
    if black_box(*byte) == 7 {
        println!("seven");
    }
}
