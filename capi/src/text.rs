//! Writes texts for C, and has those that never change.

use std::ffi::{CStr, c_char};
use std::ptr;

use crate::types::*;

/// Writes as much of a text as has room, with an ending 0.
///
/// # Safety
///
/// - `text` is NULL or valid for `size` bytes.
pub(crate) unsafe fn write(from: &str, text: *mut c_char, size: usize) {
    if text.is_null() || size == 0 {
        return;
    }
    let len = floor_boundary(from, size - 1);
    // SAFETY: `len` is less than `size`, for which `text` is valid, and at most the string's
    // length.
    unsafe { ptr::copy_nonoverlapping(from.as_ptr(), text.cast(), len) };
    // SAFETY: `text` is valid for `size` bytes, and `len` is below `size`.
    unsafe { text.wrapping_add(len).write(0) };
}

/// Returns the most bytes up to `at` that do not cut a character.
fn floor_boundary(text: &str, at: usize) -> usize {
    let at = at.min(text.len());
    (0..=at)
        .rev()
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or(0)
}

/// Implements `framewell_strerror` of the header.
#[unsafe(no_mangle)]
pub extern "C" fn framewell_strerror(code: u32) -> *const c_char {
    let text: &CStr = match code {
        FRAMEWELL_SUCCESS => c"success",
        FRAMEWELL_ERROR_OUTOFMEMORY => {
            c"out of memory: the budget is used up, or the system refused memory"
        }
        FRAMEWELL_ERROR_INVALID_PARAMETER => c"invalid parameter: NULL, no length, or no such borrower",
        FRAMEWELL_ERROR_BUSY => c"in use: buffers of the pool are out, the borrower exists, or there are further references; free them, or destroy it first",
        FRAMEWELL_ERROR_BUFFER_TOO_SMALL => {
            c"the data do not lie in the buffer: name bytes that do; a buffer that is lent is still lent"
        }
        FRAMEWELL_ERROR_BUFFER_INVALID => {
            c"the pointer is no buffer of this kind that is out, or is lent to this borrower"
        }
        FRAMEWELL_ERROR_OUT_OF_BUFFERS => c"out of buffers: no frame is free",
        FRAMEWELL_ERROR_ALREADY_INITIALIZED => c"the shared pool exists already",
        FRAMEWELL_ERROR_CONFIG => c"a member of the config cannot be served",
        FRAMEWELL_ERROR_ENVIRONMENT => c"an environment variable has a value that cannot be served",
        FRAMEWELL_ERROR_NO_RSEQ => c"restartable sequences are not available",
        FRAMEWELL_ERROR_BORROWERS => {
            c"the pool has 4096 borrowers already: destroy some, or reclaim the buffers of those that were destroyed"
        }
        FRAMEWELL_ERROR_REFERENCES => c"the buffer has 2^30 references already: drop some",
        _ => c"unknown code",
    };
    text.as_ptr()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_between_characters_and_end_with_zero() {
        for (size, expected) in [
            (1, c""),
            (2, c"a"),
            (3, c"a"),
            (4, c"aé"),
            (5, c"aéb"),
            (9, c"aéb"),
        ] {
            let mut buffer = [0x55_u8; 9];
            // SAFETY: the array has at least `size` bytes.
            unsafe { write("aéb", buffer.as_mut_ptr().cast(), size) };
            assert_eq!(CStr::from_bytes_until_nul(&buffer), Ok(expected));
            assert!(buffer[size..].iter().all(|byte| *byte == 0x55));
        }
        // SAFETY: NULL is never written to.
        unsafe { write("a", ptr::null_mut(), 9) };
        // SAFETY: nothing is written where there is no room.
        unsafe { write("a", ptr::dangling_mut(), 0) };
    }
}
