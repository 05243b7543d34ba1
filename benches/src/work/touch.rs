//! How a workload writes and reads a buffer.

use std::hint::black_box;

use crate::contestant::Buffer;

/// Writes the first byte.
///
/// The pointer escapes after the write, so the compiler can leave out neither the byte nor the buffer.
#[inline(always)]
pub(crate) fn write_byte(buffer: &mut impl Buffer, byte: u8) {
    // SAFETY: `first` is writable for BYTES (`Buffer`).
    unsafe { write_at(buffer.first(), byte) };
}

/// [`write_byte`] of a buffer that starts at `first`.
///
/// # Safety
///
/// - `first` may be written.
#[inline(always)]
pub(crate) unsafe fn write_at(first: *mut u8, byte: u8) {
    // SAFETY: the function's bullet.
    unsafe { first.write(byte) };
    black_box(first);
}

/// Writes the first 64 bytes, with `tag` as their first eight.
#[inline(always)]
pub(crate) fn write_head(buffer: &mut impl Buffer, tag: u64) {
    let first = buffer.first();
    // SAFETY: 64 bytes are fewer than BYTES, for which `first` is writable (`Buffer`).
    unsafe { first.cast::<[u64; 8]>().write_unaligned([tag; 8]) };
    black_box(first);
}

/// Reads the first eight bytes.
///
/// # Safety
///
/// - They were written.
#[inline(always)]
pub(crate) unsafe fn read_tag(buffer: &mut impl Buffer) -> u64 {
    // SAFETY: within the buffer, and initialised (the function's bullet).
    unsafe { buffer.first().cast::<u64>().read_unaligned() }
}
