//! References to shared buffers: in C a reference is a pointer into the buffer.

use std::ffi::c_void;
use std::ptr::{self, NonNull};

use framewell::{BufferKind, Exclusive, Frame, Misuse, Pool, Shared, VarBuf};

use crate::misuse::code;
use crate::pools::of;
use crate::types::*;

/// A reference to a buffer of either kind.
enum Reference {
    Frame(Shared<Frame>),
    Buffer(Shared<VarBuf>),
}

/// Returns whether an address lies in an 802.11 buffer. All others are treated as frames, and are
/// refused as such.
fn is_dot11(pool: &Pool, address: *const c_void) -> bool {
    let found = pool.find(address.cast());
    found.is_some_and(|found| found.kind == BufferKind::VarBuf)
}

/// Counts and reports a NULL where a reference is expected.
#[cold]
fn null(pool: &Pool) -> u32 {
    // SAFETY: NULL stands for no buffer.
    let refused = unsafe { pool.from_raw(ptr::null_mut()) };
    refused.map_or_else(|refused| code(&refused), |_| FRAMEWELL_ERROR_BUFFER_INVALID)
}

/// Returns the reference that the caller has to the buffer in which the `len` bytes at `first` lie.
///
/// # Safety
///
/// - The caller has a reference to the buffer there, if it is shared, and gives it to the result.
unsafe fn reference(pool: &Pool, first: *const c_void, len: usize) -> Result<Reference, u32> {
    let Some(start) = NonNull::new(first.cast_mut().cast()) else {
        return Err(null(pool));
    };
    let bytes = NonNull::slice_from_raw_parts(start, len);
    let refused = |refused: Misuse| code(&refused);
    if is_dot11(pool, first) {
        // SAFETY: as the function's bullet.
        let buffer = unsafe { pool.shared_buf_from_raw(bytes) };
        return buffer.map(Reference::Buffer).map_err(refused);
    }
    // SAFETY: as the function's bullet.
    let frame = unsafe { pool.shared_from_raw(bytes) };
    frame.map(Reference::Frame).map_err(refused)
}

/// Makes a further reference, and leaves both to C.
fn add<B: Exclusive>(reference: Shared<B>) -> u32 {
    let further = reference.try_clone().map(Shared::into_raw);
    let _its_pointer = reference.into_raw();
    further.map_or(FRAMEWELL_ERROR_REFERENCES, |_| FRAMEWELL_SUCCESS)
}

/// Implements `framewell_share` of the header.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn framewell_share(pool: *mut framewell_pool, buffer: *mut c_void) -> u32 {
    // SAFETY: the header asks for NULL or a pool that was not destroyed.
    let pool = match unsafe { of(pool) } {
        Ok(own) => &own.pool,
        Err(code) => return code,
    };
    let shared = if is_dot11(pool, buffer) {
        // SAFETY: the header asks that no buffer is passed that was freed and handed out again.
        unsafe { pool.buf_from_raw(buffer.cast()) }.map(|owner| owner.share().into_raw())
    } else {
        // SAFETY: as above.
        unsafe { pool.from_raw(buffer.cast()) }.map(|owner| owner.share().into_raw())
    };
    shared.map_or_else(|refused| code(&refused), |_| FRAMEWELL_SUCCESS)
}

/// Implements `framewell_ref` of the header.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn framewell_ref(
    pool: *mut framewell_pool,
    first: *const c_void,
    len: usize,
) -> u32 {
    // SAFETY: the header asks for NULL or a pool that was not destroyed.
    let pool = match unsafe { of(pool) } {
        Ok(own) => &own.pool,
        Err(code) => return code,
    };
    // SAFETY: the header asks that the caller has a reference, which `add` gives back.
    match unsafe { reference(pool, first, len) } {
        Ok(Reference::Frame(frame)) => add(frame),
        Ok(Reference::Buffer(buffer)) => add(buffer),
        Err(code) => code,
    }
}

/// Implements `framewell_unref` of the header.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn framewell_unref(
    pool: *mut framewell_pool,
    anywhere: *const c_void,
) -> u32 {
    // SAFETY: the header asks for NULL or a pool that was not destroyed.
    let pool = match unsafe { of(pool) } {
        Ok(own) => &own.pool,
        Err(code) => return code,
    };
    // SAFETY: the header asks that the caller has a reference, and gives it up.
    match unsafe { reference(pool, anywhere, 0) } {
        Ok(_dropped) => FRAMEWELL_SUCCESS,
        Err(code) => code,
    }
}

/// Implements `framewell_unshare` of the header.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn framewell_unshare(pool: *mut framewell_pool, first: *mut c_void) -> u32 {
    // SAFETY: the header asks for NULL or a pool that was not destroyed.
    let pool = match unsafe { of(pool) } {
        Ok(own) => &own.pool,
        Err(code) => return code,
    };
    // A shared buffer is not out, so it is found as a whole.
    let end = pool
        .find(first.cast())
        .map_or(0, |found| found.start.addr().get() + found.capacity);
    // An owner's pointer is to one of its bytes.
    let len = end.saturating_sub(first.addr()).max(1);
    // SAFETY: the header asks that the caller has a reference, which becomes the owner or goes back
    // to the caller.
    match unsafe { reference(pool, first, len) } {
        Ok(Reference::Frame(frame)) => match frame.try_into_owned() {
            Ok(owner) => owned(owner.into_raw()),
            Err(frame) => busy(frame),
        },
        Ok(Reference::Buffer(buffer)) => match buffer.try_into_owned() {
            Ok(owner) => owned(owner.into_raw()),
            Err(buffer) => busy(buffer),
        },
        Err(code) => code,
    }
}

/// Returns the code of a call that made the reference an owner, whose pointer is the reference's.
fn owned(_pointer: NonNull<u8>) -> u32 {
    FRAMEWELL_SUCCESS
}

/// Leaves a reference to C that is not the only one.
fn busy<B: Exclusive>(reference: Shared<B>) -> u32 {
    let _its_pointer = reference.into_raw();
    FRAMEWELL_ERROR_BUSY
}
