//! How buffers go to a borrower and come back: in C the owner of a buffer is its pointer.

use std::ffi::c_void;
use std::slice;

use framewell::{Borrower, Frame, IdBatch, Misuse};

use crate::borrowers::of;
use crate::misuse::code;
use crate::pools::{RUN, answer};
use crate::types::*;

/// Returns the code of a call that has a loan or is refused one.
fn code_of<T>(done: &Result<T, Misuse>) -> u32 {
    done.as_ref().err().map_or(FRAMEWELL_SUCCESS, code)
}

/// Hands a frame out that has come back.
#[inline]
fn pointer(back: Result<Frame, Misuse>) -> Result<*mut u8, u32> {
    match back {
        Ok(frame) => Ok(frame.into_raw().as_ptr()),
        Err(refused) => Err(code(&refused)),
    }
}

/// Implements `framewell_borrower_lend` of the header.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn framewell_borrower_lend(
    borrower: *mut framewell_borrower,
    frame: *mut c_void,
) -> u32 {
    // SAFETY: the header asks for NULL or a borrower that was not destroyed.
    match unsafe { of(borrower) } {
        // SAFETY: the header asks that no frame is passed that was freed and handed out again.
        Ok(own) => code_of(&unsafe { own.lend_raw(frame.cast()) }),
        Err(code) => code,
    }
}

/// Implements `framewell_borrower_take_back` of the header.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn framewell_borrower_take_back(
    borrower: *mut framewell_borrower,
    start: *mut c_void,
    len: usize,
    frame: *mut *mut c_void,
) -> u32 {
    // SAFETY: the header has the contract of taking back.
    let by = |own: &Borrower| pointer(unsafe { own.take_back_address(start.cast(), len) });
    // SAFETY: the header asks the same of both functions.
    unsafe { take_one(borrower, frame, by) }
}

/// Implements `framewell_borrower_take_back_offset` of the header.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn framewell_borrower_take_back_offset(
    borrower: *mut framewell_borrower,
    offset: u64,
    len: usize,
    frame: *mut *mut c_void,
) -> u32 {
    // SAFETY: the header has the contract of taking back.
    let by = |own: &Borrower| pointer(unsafe { own.take_back_at(offset, len) });
    // SAFETY: the header asks the same of both functions.
    unsafe { take_one(borrower, frame, by) }
}

/// Implements `framewell_borrower_take_back_dot11` of the header.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn framewell_borrower_take_back_dot11(
    borrower: *mut framewell_borrower,
    start: *mut c_void,
    len: usize,
    buffer: *mut *mut c_void,
) -> u32 {
    let by = |own: &Borrower| {
        // SAFETY: the header has the contract of taking back.
        match unsafe { own.take_back_buf(start.cast(), len) } {
            Ok(buffer) => Ok(buffer.into_raw().as_ptr()),
            Err(refused) => Err(code(&refused)),
        }
    };
    // SAFETY: the header asks the same of both functions.
    unsafe { take_one(borrower, buffer, by) }
}

/// Takes a buffer back in the given way, and writes its pointer to `out`, or NULL.
///
/// # Safety
///
/// - `borrower` is NULL or a borrower, and `out` is NULL or valid.
#[inline]
unsafe fn take_one(
    borrower: *const framewell_borrower,
    out: *mut *mut c_void,
    by: impl FnOnce(&Borrower) -> Result<*mut u8, u32>,
) -> u32 {
    if out.is_null() {
        return FRAMEWELL_ERROR_INVALID_PARAMETER;
    }
    // SAFETY: the `# Safety` section of this function requires it.
    let taken = unsafe { of(borrower) }.and_then(by);
    // SAFETY: the `# Safety` section of this function requires it, and the pointer is not NULL.
    unsafe { answer(taken, out) }
}

/// Implements `framewell_borrower_lend_dot11` of the header.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn framewell_borrower_lend_dot11(
    borrower: *mut framewell_borrower,
    buffer: *mut c_void,
) -> u32 {
    // SAFETY: the header asks for NULL or a borrower that was not destroyed.
    match unsafe { of(borrower) } {
        // SAFETY: the header asks that no buffer is passed that was freed and handed out again.
        Ok(own) => code_of(&unsafe { own.lend_raw_buf(buffer.cast()) }),
        Err(code) => code,
    }
}

/// Calls `one` for the numbers below n until it refuses, writes how many were done, and returns the
/// code.
///
/// # Safety
///
/// - `done` is NULL or valid for a write.
#[inline]
unsafe fn each(n: usize, done: *mut usize, one: impl FnMut(usize) -> Result<(), u32>) -> u32 {
    let mut count = 0;
    let refused = (0..n).map(one).find_map(|result| match result {
        Ok(()) => {
            count += 1;
            None
        }
        Err(code) => Some(code),
    });
    // SAFETY: the `# Safety` section of this function requires it.
    unsafe { tell(count, done) };
    refused.unwrap_or(FRAMEWELL_SUCCESS)
}

/// Writes how many entries were done, if the caller wants to know.
///
/// # Safety
///
/// - `done` is NULL or valid for a write.
#[inline]
unsafe fn tell(count: usize, done: *mut usize) {
    if !done.is_null() {
        // SAFETY: the `# Safety` section of this function requires it.
        unsafe { done.write(count) };
    }
}

/// Returns the borrower of a call with arrays of n entries, or the code if one of them is missing.
///
/// # Safety
///
/// - `borrower` is NULL or a borrower that is not destroyed while the reference lives.
/// - `done` is NULL or valid for a write.
#[inline]
unsafe fn with_arrays<'a>(
    borrower: *const framewell_borrower,
    n: usize,
    is_missing: bool,
    done: *mut usize,
) -> Result<&'a Borrower, u32> {
    // SAFETY: the `# Safety` section of this function requires it.
    let own = unsafe { of(borrower) };
    if own.is_ok() && (n == 0 || !is_missing) {
        return own;
    }
    // SAFETY: the `# Safety` section of this function requires it.
    unsafe { tell(0, done) };
    Err(FRAMEWELL_ERROR_INVALID_PARAMETER)
}

/// Implements `framewell_borrower_lend_frames` of the header.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn framewell_borrower_lend_frames(
    borrower: *mut framewell_borrower,
    frames: *const *mut c_void,
    n: usize,
    offsets: *mut u64,
    lent: *mut usize,
) -> u32 {
    // SAFETY: the header asks for NULL or what is valid.
    let own = match unsafe { with_arrays(borrower, n, frames.is_null(), lent) } {
        Ok(own) => own,
        Err(code) => return code,
    };
    let base = own.pool().region().base().as_ptr().addr();
    let one = |at| {
        // SAFETY: the header asks for n pointers, and `at` is below n.
        let frame: *mut c_void = unsafe { frames.wrapping_add(at).read() };
        // SAFETY: the header asks that no frame is passed that was freed and handed out again.
        unsafe { own.lend_raw(frame.cast()) }.map_err(|refused| code(&refused))?;
        if !offsets.is_null() {
            let offset = (frame.addr() - base) as u64;
            // SAFETY: the header asks for NULL or room for n numbers.
            unsafe { offsets.wrapping_add(at).write(offset) };
        }
        Ok(())
    };
    // SAFETY: the header asks for NULL or a valid pointer.
    unsafe { each(n, lent, one) }
}

/// Implements `framewell_borrower_take_back_frames` of the header.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn framewell_borrower_take_back_frames(
    borrower: *mut framewell_borrower,
    starts: *const *mut c_void,
    lens: *const usize,
    n: usize,
    frames: *mut *mut c_void,
    taken: *mut usize,
) -> u32 {
    let is_missing = starts.is_null() || lens.is_null() || frames.is_null();
    // SAFETY: the header asks for NULL or what is valid.
    let own = match unsafe { with_arrays(borrower, n, is_missing, taken) } {
        Ok(own) => own,
        Err(code) => return code,
    };
    let one = |at| {
        // SAFETY: the header asks for n addresses, and `at` is below n.
        let start = unsafe { starts.wrapping_add(at).read() };
        // SAFETY: the header asks for n lengths, and `at` is below n.
        let len = unsafe { lens.wrapping_add(at).read() };
        // SAFETY: the header has the contract of taking back.
        let frame = pointer(unsafe { own.take_back_address(start.cast(), len) })?;
        // SAFETY: the header asks for room for n pointers.
        unsafe { frames.wrapping_add(at).write(frame.cast()) };
        Ok(())
    };
    // SAFETY: the header asks for NULL or a valid pointer.
    unsafe { each(n, taken, one) }
}

/// Implements `framewell_borrower_take_back_spans` of the header.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn framewell_borrower_take_back_spans(
    borrower: *mut framewell_borrower,
    spans: *const framewell_span,
    n: usize,
    frames: *mut *mut c_void,
    taken: *mut usize,
) -> u32 {
    let is_missing = spans.is_null() || frames.is_null();
    // SAFETY: the header asks for NULL or what is valid.
    let own = match unsafe { with_arrays(borrower, n, is_missing, taken) } {
        Ok(own) => own,
        Err(code) => return code,
    };
    let one = |at| {
        // SAFETY: the header asks for n spans, and `at` is below n.
        let span = unsafe { spans.wrapping_add(at).read() };
        // SAFETY: the header has the contract of taking back.
        let frame = pointer(unsafe { own.take_back_at(span.offset, span.len as usize) })?;
        // SAFETY: the header asks for room for n pointers.
        unsafe { frames.wrapping_add(at).write(frame.cast()) };
        Ok(())
    };
    // SAFETY: the header asks for NULL or a valid pointer.
    unsafe { each(n, taken, one) }
}

/// Implements `framewell_borrower_take_back_offsets` of the header.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn framewell_borrower_take_back_offsets(
    borrower: *mut framewell_borrower,
    offsets: *const u64,
    n: usize,
    frames: *mut *mut c_void,
    taken: *mut usize,
) -> u32 {
    let is_missing = offsets.is_null() || frames.is_null();
    // SAFETY: the header asks for NULL or what is valid.
    let own = match unsafe { with_arrays(borrower, n, is_missing, taken) } {
        Ok(own) if n > 0 => own,
        Ok(_) => {
            // SAFETY: the header asks for NULL or a valid pointer.
            unsafe { tell(0, taken) };
            return FRAMEWELL_SUCCESS;
        }
        Err(code) => return code,
    };
    // SAFETY: the header asks for n offsets, and that the arrays do not overlap.
    let offsets = unsafe { slice::from_raw_parts(offsets, n) };
    let mut batch: IdBatch<RUN> = IdBatch::new(own.pool());
    let (mut count, mut refused) = (0, FRAMEWELL_SUCCESS);
    for run in offsets.chunks(RUN) {
        // SAFETY: the header has the contract of taking back.
        if let Err(error) = unsafe { own.take_back_offsets(run, &mut batch) } {
            refused = code(&error.misuse);
        }
        let end = count + batch.len();
        // The last frame comes first.
        for (at, frame) in (count..end).rev().zip(batch.drain()) {
            // SAFETY: the header asks for room for n pointers, and no more than n come back.
            unsafe {
                frames
                    .wrapping_add(at)
                    .write(frame.into_raw().as_ptr().cast())
            };
        }
        count = end;
        if refused != FRAMEWELL_SUCCESS {
            break;
        }
    }
    // SAFETY: the header asks for NULL or a valid pointer.
    unsafe { tell(count, taken) };
    refused
}
