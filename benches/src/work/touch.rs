//! The ways in which a workload writes and reads a buffer.

use std::hint::black_box;

use crate::contestant::Buffer;
use crate::varying::VaryingBuffer;

/// The number of bytes of each buffer that a workload with data writes.
const HEAD: usize = 64;

/// Writes the first byte.
///
/// The pointer escapes after the write, so the compiler can leave out neither the byte nor the
/// buffer.
#[inline(always)]
pub(crate) fn write_byte(buffer: &mut impl Buffer, byte: u8) {
    // SAFETY: `first` is writable for BYTES (`Buffer`).
    unsafe { write_at(buffer.first(), byte) };
}

/// Writes the byte at `first`, as [`write_byte`] does.
///
/// # Safety
///
/// - `first` may be written.
#[inline(always)]
pub(crate) unsafe fn write_at(first: *mut u8, byte: u8) {
    // SAFETY: the caller guarantees it (the function's bullet).
    unsafe { first.write(byte) };
    black_box(first);
}

/// Writes the first 64 bytes, with `tag` as their first eight.
#[inline(always)]
pub(crate) fn write_head(buffer: &mut impl Buffer, tag: u64) {
    // SAFETY: 64 bytes are fewer than BYTES, for which `first` is writable (`Buffer`).
    unsafe { write_head_at(buffer.first(), tag) };
}

/// Writes the first 64 bytes from `first` on, as [`write_head`] does.
///
/// # Safety
///
/// - 64 bytes from `first` on may be written.
#[inline(always)]
pub(crate) unsafe fn write_head_at(first: *mut u8, tag: u64) {
    // SAFETY: the caller guarantees it (the function's bullet).
    unsafe { first.cast::<[u64; 8]>().write_unaligned([tag; 8]) };
    black_box(first);
}

/// Writes the first eight bytes from `first` on, as [`write_byte`] does.
///
/// # Safety
///
/// - Eight bytes from `first` on may be written.
#[inline(always)]
pub(crate) unsafe fn write_tag_at(first: *mut u8, tag: u64) {
    // SAFETY: the caller guarantees it (the function's bullet).
    unsafe { first.cast::<u64>().write_unaligned(tag) };
    black_box(first);
}

/// Reads the first eight bytes.
///
/// # Safety
///
/// - The first eight bytes were written.
#[inline(always)]
pub(crate) unsafe fn read_tag(buffer: &mut impl Buffer) -> u64 {
    // SAFETY: the bytes lie within the buffer, and were written (the function's bullet).
    unsafe { read_tag_at(buffer.first()) }
}

/// Reads eight bytes from `first` on, as [`read_tag`] does.
///
/// # Safety
///
/// - Eight bytes from `first` on were written and may be read.
#[inline(always)]
pub(crate) unsafe fn read_tag_at(first: *const u8) -> u64 {
    // SAFETY: the caller guarantees it (the function's bullet).
    unsafe { first.cast::<u64>().read_unaligned() }
}

/// Writes the first 64 bytes, with `tag` as the first eight. If there are fewer (at least eight),
/// it writes all.
#[inline(always)]
pub(crate) fn write_start(buffer: &mut impl VaryingBuffer, tag: u64) {
    let (first, length) = (buffer.first(), buffer.length());
    if length >= HEAD {
        // SAFETY: `first` is writable for `length` (`VaryingBuffer`), which is HEAD or more.
        unsafe {
            first
                .cast::<[u64; HEAD / 8]>()
                .write_unaligned([tag; HEAD / 8])
        };
    } else {
        assert!(length >= 8, "a buffer too short for a tag");
        // Whole words are written from the end down, and the first one last, so that it is not
        // written over.
        let mut end = length;
        while end > 8 {
            end -= 8;
            // SAFETY: `end` was `length` at most, and more than 8.
            let word = unsafe { first.add(end) };
            // SAFETY: these are eight of the `length` bytes for which `first` is writable
            // (`VaryingBuffer`).
            unsafe { word.cast::<u64>().write_unaligned(tag) };
        }
        // SAFETY: `first` is writable for `length` (`VaryingBuffer`), which is 8 or more.
        unsafe { first.cast::<u64>().write_unaligned(tag) };
    }
    black_box(first);
}

/// Writes a byte of every page after the first 64 bytes, and the last byte, so that no page stays
/// untouched.
pub(crate) fn write_pages(buffer: &mut impl VaryingBuffer) {
    const PAGE: usize = 4096;
    let (first, length) = (buffer.first(), buffer.length());
    let last = (length > HEAD).then_some(length - 1);
    for place in (PAGE..length).step_by(PAGE).chain(last) {
        // SAFETY: `place` is below `length`.
        let byte = unsafe { first.add(place) };
        // SAFETY: this is one of the `length` bytes for which `first` is writable
        // (`VaryingBuffer`).
        unsafe { byte.write(1) };
    }
    black_box(first);
}

/// Reads the first eight bytes.
///
/// # Safety
///
/// - The first eight bytes were written.
#[inline(always)]
pub(crate) unsafe fn read_start(buffer: &mut impl VaryingBuffer) -> u64 {
    // SAFETY: the bytes lie within the buffer, and were written (the function's bullet).
    unsafe { buffer.first().cast::<u64>().read_unaligned() }
}
