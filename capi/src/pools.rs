//! Pools of the caller's own, and what the functions of all pools share.

use std::ffi::{c_char, c_void};
use std::ptr;

use framewell::{Burst, Dot11Buf, OutOfMemory, Pool};

use crate::config::{Refused, Wishes};
use crate::shared;
use crate::types::*;

/// The frames that go through a call together: as many as a magazine of a pool holds.
pub(crate) const RUN: usize = 64;

#[inline]
pub(crate) fn get(pool: &Pool) -> Result<*mut u8, u32> {
    match pool.get(usize::MAX) {
        Ok(frame) => Ok(frame.into_raw().as_ptr()),
        Err(_) => Err(FRAMEWELL_ERROR_OUT_OF_BUFFERS),
    }
}

/// Frees a frame and returns the code.
///
/// # Safety
///
/// - If the frame has come back since it was handed out, no other owner has handed it out.
#[inline]
pub(crate) unsafe fn free(pool: &Pool, frame: *mut u8) -> u32 {
    // SAFETY: the `# Safety` section of this function requires it, and the caller does not use a
    // frame after freeing it.
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

/// Frees an 802.11 buffer and returns the code.
///
/// # Safety
///
/// - The same holds as for [`free`].
#[inline]
pub(crate) unsafe fn dot11_free(pool: &Pool, buffer: *mut c_void) -> u32 {
    if buffer.is_null() {
        return FRAMEWELL_SUCCESS;
    }
    // SAFETY: the `# Safety` section of this function requires it, and the caller does not use a
    // buffer after freeing it.
    match unsafe { pool.dot11_from_raw(buffer.cast()) } {
        Ok(_buffer) => FRAMEWELL_SUCCESS,
        Err(_) => FRAMEWELL_ERROR_BUFFER_INVALID,
    }
}

/// Writes the buffer to `out`, or NULL if there is none, and returns the code.
///
/// # Safety
///
/// - `out` is valid for a write.
#[inline]
pub(crate) unsafe fn answer<T>(got: Result<*mut T, u32>, out: *mut *mut c_void) -> u32 {
    // SAFETY: the `# Safety` section of this function requires it.
    unsafe { out.write(got.map_or(ptr::null_mut(), <*mut T>::cast)) };
    got.err().unwrap_or(FRAMEWELL_SUCCESS)
}

/// Implements `framewell_pool_create` of the header.
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
        // SAFETY: the header asks that `message` is NULL or has `message_size` bytes.
        return unsafe { refused.tell(message, message_size) };
    }
    // SAFETY: the header asks that the config is NULL or valid.
    let built = unsafe { Wishes::of_config(config) }.and_then(Wishes::build);
    let (made, code) = match built {
        Ok(made) => (Box::into_raw(Box::new(made)), FRAMEWELL_SUCCESS),
        // SAFETY: the header asks that `message` is NULL or has `message_size` bytes.
        Err(refused) => (ptr::null_mut(), unsafe {
            refused.tell(message, message_size)
        }),
    };
    // SAFETY: the header asks for NULL or a valid pointer, and this one is not NULL.
    unsafe { pool.write(made) };
    code
}

/// Implements `framewell_pool_destroy` of the header.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn framewell_pool_destroy(pool: *mut framewell_pool) -> u32 {
    // SAFETY: the header asks for NULL or a pool that was not destroyed.
    let Some(own) = (unsafe { pool.as_ref() }) else {
        return FRAMEWELL_SUCCESS;
    };
    if shared::made().is_some_and(|shared| ptr::eq(shared, own)) {
        return FRAMEWELL_ERROR_INVALID_PARAMETER;
    }
    let stats = own.pool.stats();
    let dot11_out = stats.alloc.map_or(0, |dot11| dot11.out + dot11.large);
    // A borrower keeps the pool's memory.
    if stats.out > 0 || dot11_out > 0 || !stats.borrowers.is_empty() {
        return FRAMEWELL_ERROR_BUSY;
    }
    // SAFETY: `framewell_pool_create` made the pool, and the header asks that nobody uses it any
    // more.
    drop(unsafe { Box::from_raw(pool) });
    FRAMEWELL_SUCCESS
}

/// Implements `framewell_get` of the header.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn framewell_get(pool: *mut framewell_pool, frame: *mut *mut c_void) -> u32 {
    if frame.is_null() {
        return FRAMEWELL_ERROR_INVALID_PARAMETER;
    }
    // SAFETY: the header asks for NULL or a pool that was not destroyed.
    let got = unsafe { of(pool) }.and_then(|own| get(&own.pool));
    // SAFETY: the header asks for NULL or a valid pointer, and this one is not NULL.
    unsafe { answer(got, frame) }
}

/// Returns the pool of an argument.
///
/// # Safety
///
/// - The argument is NULL, or a pool that is not destroyed while the reference lives.
#[inline]
pub(crate) unsafe fn of<'a>(pool: *mut framewell_pool) -> Result<&'a framewell_pool, u32> {
    // SAFETY: the `# Safety` section of this function requires it.
    unsafe { pool.as_ref() }.ok_or(FRAMEWELL_ERROR_INVALID_PARAMETER)
}

/// Implements `framewell_free` of the header.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn framewell_free(pool: *mut framewell_pool, frame: *mut c_void) -> u32 {
    // SAFETY: the header asks for NULL or a pool that was not destroyed.
    match unsafe { of(pool) } {
        // SAFETY: the header asks that no frame is passed that was freed and handed out again.
        Ok(own) => unsafe { free(&own.pool, frame.cast()) },
        Err(code) => code,
    }
}

/// Hands out the frames of a burst, and returns where the next ones go.
///
/// # Safety
///
/// - `frames` is valid for as many pointers as the burst holds.
#[inline]
unsafe fn hand_out(burst: &mut Burst<RUN>, mut frames: *mut *mut c_void) -> *mut *mut c_void {
    for frame in burst.drain() {
        // SAFETY: the `# Safety` section of this function requires it.
        unsafe { frames.write(frame.into_raw().as_ptr().cast()) };
        frames = frames.wrapping_add(1);
    }
    frames
}

/// Implements `framewell_get_burst` of the header.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn framewell_get_burst(
    pool: *mut framewell_pool,
    mut frames: *mut *mut c_void,
    n: usize,
) -> usize {
    // SAFETY: the header asks for NULL or a pool that was not destroyed.
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
        // SAFETY: the header asks for room for n pointers, and no more frames come than are left.
        frames = unsafe { hand_out(&mut burst, frames) };
        left -= got;
        if got < wanted {
            break;
        }
    }
    n - left
}

/// Implements `framewell_get_bulk` of the header.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn framewell_get_bulk(
    pool: *mut framewell_pool,
    frames: *mut *mut c_void,
    n: usize,
) -> u32 {
    // SAFETY: the header asks for NULL or a pool that was not destroyed.
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
            // SAFETY: the loop wrote `n - left` frames to the array, and nobody else has got them
            // yet.
            unsafe { free_run(&own.pool, frames, n - left) };
            return FRAMEWELL_ERROR_OUT_OF_BUFFERS;
        }
        // SAFETY: the header asks for room for n pointers.
        end = unsafe { hand_out(&mut burst, end) };
        left -= wanted;
    }
    FRAMEWELL_SUCCESS
}

/// Implements `framewell_free_bulk` of the header.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn framewell_free_bulk(
    pool: *mut framewell_pool,
    frames: *const *mut c_void,
    n: usize,
    refused: *mut usize,
) -> u32 {
    // SAFETY: the header asks for NULL or a pool that was not destroyed.
    let freed = unsafe { of(pool) }.and_then(|own| {
        if frames.is_null() && n > 0 {
            return Err(FRAMEWELL_ERROR_INVALID_PARAMETER);
        }
        // SAFETY: the header asks for n pointers, none of which was freed and handed out again.
        Ok(unsafe { free_run(&own.pool, frames, n) })
    });
    if !refused.is_null() {
        // SAFETY: the header asks for NULL or a valid pointer, and this one is not NULL.
        unsafe { refused.write(n - freed.unwrap_or(0)) };
    }
    match freed {
        Ok(freed) if freed == n => FRAMEWELL_SUCCESS,
        Ok(_) => FRAMEWELL_ERROR_BUFFER_INVALID,
        Err(code) => code,
    }
}

/// Frees those of n frames that are out, and returns how many they are.
///
/// # Safety
///
/// - `frames` is valid for n pointers, and each of them is as [`free`] asks.
unsafe fn free_run(pool: &Pool, frames: *const *mut c_void, n: usize) -> usize {
    let mut burst: Burst<RUN> = Burst::new();
    let mut freed = 0;
    for at in 0..n {
        // SAFETY: the `# Safety` section of this function requires it.
        let pointer = unsafe { frames.wrapping_add(at).read() };
        // SAFETY: the `# Safety` section of this function requires it.
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

/// Implements `framewell_dot11_allocate` of the header.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn framewell_dot11_allocate(
    pool: *mut framewell_pool,
    len: usize,
    buffer: *mut *mut c_void,
) -> u32 {
    // SAFETY: the header asks the same of both functions.
    unsafe { allocate_by(pool, len, Pool::dot11, buffer) }
}

/// Implements `framewell_dot11_allocate_aligned` of the header.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn framewell_dot11_allocate_aligned(
    pool: *mut framewell_pool,
    len: usize,
    buffer: *mut *mut c_void,
) -> u32 {
    // SAFETY: the header asks the same of both functions.
    unsafe { allocate_by(pool, len, Pool::dot11_aligned, buffer) }
}

/// Allocates with the given function of the pool, and returns the code.
///
/// # Safety
///
/// - `pool` is NULL or a pool, and `buffer` is NULL or valid.
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
    // SAFETY: the `# Safety` section of this function requires it.
    let allocated = unsafe { of(pool) }.and_then(|own| allocate(&own.pool, len, by));
    // SAFETY: the `# Safety` section of this function requires it, and the pointer is not NULL.
    unsafe { answer(allocated, buffer) }
}

/// Implements `framewell_dot11_free` of the header.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn framewell_dot11_free(
    pool: *mut framewell_pool,
    buffer: *mut c_void,
) -> u32 {
    // SAFETY: the header asks for NULL or a pool that was not destroyed.
    match unsafe { of(pool) } {
        // SAFETY: the header asks that no buffer is passed that was freed and handed out again.
        Ok(own) => unsafe { dot11_free(&own.pool, buffer) },
        Err(code) => code,
    }
}
