//! Pools of the caller's own, and what the functions of all pools share.

use std::ffi::{c_char, c_void};
use std::ptr;

use framewell::{Burst, Dot11Buf, OutOfMemory, Pool};

use crate::config::{Refused, Wishes};
use crate::shared;
use crate::types::*;

/// Frames that go through a call together: as many as a magazine of a pool has.
const RUN: usize = 64;

#[inline]
pub(crate) fn get(pool: &Pool) -> Result<*mut u8, u32> {
    match pool.get(usize::MAX) {
        Ok(frame) => Ok(frame.into_raw().as_ptr()),
        Err(_) => Err(FRAMEWELL_ERROR_OUT_OF_BUFFERS),
    }
}

/// # Safety
///
/// - If the frame has come back since it was handed out, no other owner has handed it out.
#[inline]
pub(crate) unsafe fn free(pool: &Pool, frame: *mut u8) -> u32 {
    // SAFETY: the function's bullet; who frees a frame does not use it afterwards.
    match unsafe { pool.from_raw(frame) } {
        Ok(_frame) => FRAMEWELL_SUCCESS,
        Err(_) => FRAMEWELL_ERROR_BUFFER_INVALID,
    }
}

#[inline]
pub(crate) fn allocate(
    pool: &Pool,
    len: usize,
    by: fn(&Pool, usize) -> Result<Dot11Buf, OutOfMemory>,
) -> Result<*mut c_void, u32> {
    if len == 0 {
        return Err(FRAMEWELL_ERROR_INVALID_PARAMETER);
    }
    match by(pool, len) {
        Ok(buffer) => Ok(buffer.into_raw().as_ptr().cast()),
        Err(_) => Err(FRAMEWELL_ERROR_OUTOFMEMORY),
    }
}

/// # Safety
///
/// - As [`free`].
#[inline]
pub(crate) unsafe fn dot11_free(pool: &Pool, buffer: *mut c_void) -> u32 {
    if buffer.is_null() {
        return FRAMEWELL_SUCCESS;
    }
    // SAFETY: the function's bullet; who frees a buffer does not use it afterwards.
    match unsafe { pool.dot11_from_raw(buffer.cast()) } {
        Ok(_buffer) => FRAMEWELL_SUCCESS,
        Err(_) => FRAMEWELL_ERROR_BUFFER_INVALID,
    }
}

/// Writes what was got to `out`, or NULL, and returns the code.
///
/// # Safety
///
/// - `out` is valid.
#[inline]
pub(crate) unsafe fn answer<T>(got: Result<*mut T, u32>, out: *mut *mut c_void) -> u32 {
    // SAFETY: the function's bullet.
    unsafe { out.write(got.map_or(ptr::null_mut(), <*mut T>::cast)) };
    got.err().unwrap_or(FRAMEWELL_SUCCESS)
}

/// See the header.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn framewell_pool_create(
    config: *const framewell_config,
    pool: *mut *mut framewell_pool,
    message: *mut c_char,
    message_size: usize,
) -> u32 {
    if pool.is_null() {
        let refused = Refused::new(
            FRAMEWELL_ERROR_INVALID_PARAMETER,
            "the place for the pool is NULL",
        );
        // SAFETY: the header: `message` is NULL or has so many bytes.
        return unsafe { refused.tell(message, message_size) };
    }
    // SAFETY: the header: the config is NULL or one.
    let built = unsafe { Wishes::of_config(config) }.and_then(Wishes::build);
    let (made, code) = match built {
        Ok(made) => (Box::into_raw(Box::new(made)), FRAMEWELL_SUCCESS),
        // SAFETY: the header: `message` is NULL or has so many bytes.
        Err(refused) => (ptr::null_mut(), unsafe {
            refused.tell(message, message_size)
        }),
    };
    // SAFETY: the header: valid, since it is not NULL.
    unsafe { pool.write(made) };
    code
}

/// See the header.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn framewell_pool_destroy(pool: *mut framewell_pool) -> u32 {
    // SAFETY: the header: NULL or a pool that was not destroyed.
    let Some(own) = (unsafe { pool.as_ref() }) else {
        return FRAMEWELL_SUCCESS;
    };
    if shared::made().is_some_and(|shared| ptr::eq(shared, own)) {
        return FRAMEWELL_ERROR_INVALID_PARAMETER;
    }
    let stats = own.pool.stats();
    if stats.out > 0 || stats.dot11.is_some_and(|dot11| dot11.out + dot11.large > 0) {
        return FRAMEWELL_ERROR_BUSY;
    }
    // SAFETY: made by `framewell_pool_create`, and nobody uses it any more, by the header.
    drop(unsafe { Box::from_raw(pool) });
    FRAMEWELL_SUCCESS
}

/// See the header.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn framewell_get(pool: *mut framewell_pool, frame: *mut *mut c_void) -> u32 {
    if frame.is_null() {
        return FRAMEWELL_ERROR_INVALID_PARAMETER;
    }
    // SAFETY: the header: NULL or a pool.
    let got = unsafe { of(pool) }.and_then(|own| get(&own.pool));
    // SAFETY: the header: valid, since it is not NULL.
    unsafe { answer(got, frame) }
}

/// The pool of an argument.
///
/// # Safety
///
/// - The argument is NULL or a pool that is not destroyed as long as the reference lives.
#[inline]
pub(crate) unsafe fn of<'a>(pool: *mut framewell_pool) -> Result<&'a framewell_pool, u32> {
    // SAFETY: the function's bullet.
    unsafe { pool.as_ref() }.ok_or(FRAMEWELL_ERROR_INVALID_PARAMETER)
}

/// See the header.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn framewell_free(pool: *mut framewell_pool, frame: *mut c_void) -> u32 {
    // SAFETY: the header: NULL or a pool.
    match unsafe { of(pool) } {
        // SAFETY: the header: a frame that was freed and handed out again is not passed.
        Ok(own) => unsafe { free(&own.pool, frame.cast()) },
        Err(code) => code,
    }
}

/// Hands the frames of a burst out, and returns where the next ones go.
///
/// # Safety
///
/// - `frames` is valid for as many pointers as the burst holds.
#[inline]
unsafe fn hand_out(burst: &mut Burst<RUN>, mut frames: *mut *mut c_void) -> *mut *mut c_void {
    for frame in burst.drain() {
        // SAFETY: the function's bullet.
        unsafe { frames.write(frame.into_raw().as_ptr().cast()) };
        frames = frames.wrapping_add(1);
    }
    frames
}

/// See the header.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn framewell_get_burst(
    pool: *mut framewell_pool,
    mut frames: *mut *mut c_void,
    n: usize,
) -> usize {
    // SAFETY: the header: NULL or a pool.
    let Ok(own) = (unsafe { of(pool) }) else {
        return 0;
    };
    if frames.is_null() {
        return 0;
    }
    let mut burst: Burst<RUN> = Burst::new();
    let mut left = n;
    while left > 0 {
        let wanted = left.min(RUN);
        let got = own.pool.get_burst(&mut burst, wanted);
        // SAFETY: the header: there is room for n, and no more than those that are left come.
        frames = unsafe { hand_out(&mut burst, frames) };
        left -= got;
        if got < wanted {
            break;
        }
    }
    n - left
}

/// See the header.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn framewell_get_bulk(
    pool: *mut framewell_pool,
    frames: *mut *mut c_void,
    n: usize,
) -> u32 {
    // SAFETY: the header: NULL or a pool.
    let own = match unsafe { of(pool) } {
        Ok(own) => own,
        Err(code) => return code,
    };
    if frames.is_null() && n > 0 {
        return FRAMEWELL_ERROR_INVALID_PARAMETER;
    }
    let mut burst: Burst<RUN> = Burst::new();
    let mut end = frames;
    let mut left = n;
    while left > 0 {
        let wanted = left.min(RUN);
        if own.pool.get_bulk(&mut burst, wanted).is_err() {
            // SAFETY: so many were handed out into the array above, to nobody but this call.
            unsafe { free_run(&own.pool, frames, n - left) };
            return FRAMEWELL_ERROR_OUT_OF_BUFFERS;
        }
        // SAFETY: the header: there is room for n.
        end = unsafe { hand_out(&mut burst, end) };
        left -= wanted;
    }
    FRAMEWELL_SUCCESS
}

/// See the header.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn framewell_free_bulk(
    pool: *mut framewell_pool,
    frames: *const *mut c_void,
    n: usize,
    refused: *mut usize,
) -> u32 {
    // SAFETY: the header: NULL or a pool.
    let freed = unsafe { of(pool) }.and_then(|own| {
        if frames.is_null() && n > 0 {
            return Err(FRAMEWELL_ERROR_INVALID_PARAMETER);
        }
        // SAFETY: the header: n pointers, none of which was freed and handed out again.
        Ok(unsafe { free_run(&own.pool, frames, n) })
    });
    if !refused.is_null() {
        // SAFETY: the header: valid, since it is not NULL.
        unsafe { refused.write(n - freed.unwrap_or(0)) };
    }
    match freed {
        Ok(freed) if freed == n => FRAMEWELL_SUCCESS,
        Ok(_) => FRAMEWELL_ERROR_BUFFER_INVALID,
        Err(code) => code,
    }
}

/// Frees those of n frames that are out, and returns how many those are.
///
/// # Safety
///
/// - `frames` is valid for n pointers; each of them is as for [`free`].
unsafe fn free_run(pool: &Pool, frames: *const *mut c_void, n: usize) -> usize {
    let mut burst: Burst<RUN> = Burst::new();
    let mut freed = 0;
    for at in 0..n {
        // SAFETY: the function's bullet.
        let pointer = unsafe { frames.wrapping_add(at).read() };
        // SAFETY: as above.
        let Ok(frame) = (unsafe { pool.from_raw(pointer.cast()) }) else {
            continue;
        };
        freed += 1;
        if let Err(frame) = burst.push(frame) {
            burst.clear();
            burst.extend([frame]);
        }
    }
    freed
}

/// See the header.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn framewell_dot11_allocate(
    pool: *mut framewell_pool,
    len: usize,
    buffer: *mut *mut c_void,
) -> u32 {
    // SAFETY: the header is that of both.
    unsafe { allocate_by(pool, len, Pool::dot11, buffer) }
}

/// See the header.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn framewell_dot11_allocate_aligned(
    pool: *mut framewell_pool,
    len: usize,
    buffer: *mut *mut c_void,
) -> u32 {
    // SAFETY: the header is that of both.
    unsafe { allocate_by(pool, len, Pool::dot11_aligned, buffer) }
}

/// # Safety
///
/// - `pool` is NULL or a pool, `buffer` NULL or valid.
#[inline]
unsafe fn allocate_by(
    pool: *mut framewell_pool,
    len: usize,
    by: fn(&Pool, usize) -> Result<Dot11Buf, OutOfMemory>,
    buffer: *mut *mut c_void,
) -> u32 {
    if buffer.is_null() {
        return FRAMEWELL_ERROR_INVALID_PARAMETER;
    }
    // SAFETY: the function's bullet.
    let allocated = unsafe { of(pool) }.and_then(|own| allocate(&own.pool, len, by));
    // SAFETY: the function's bullet, since it is not NULL.
    unsafe { answer(allocated, buffer) }
}

/// See the header.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn framewell_dot11_free(
    pool: *mut framewell_pool,
    buffer: *mut c_void,
) -> u32 {
    // SAFETY: the header: NULL or a pool.
    match unsafe { of(pool) } {
        // SAFETY: the header: a buffer that was freed and handed out again is not passed.
        Ok(own) => unsafe { dot11_free(&own.pool, buffer) },
        Err(code) => code,
    }
}
