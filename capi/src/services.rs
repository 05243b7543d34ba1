//! The four buffer services of Windows, and what a host asks.

use std::ffi::c_void;
use std::ptr;

use framewell::{BufferKind, Pool};

use crate::pools;
use crate::shared;
use crate::types::*;

/// Implements `RasGetBuffer` of the header.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn RasGetBuffer(buffer: *mut *mut u8, size: *mut u32) -> u32 {
    if buffer.is_null() {
        return FRAMEWELL_ERROR_BUFFER_INVALID;
    }
    let got = if size.is_null() {
        Err(FRAMEWELL_ERROR_BUFFER_INVALID)
    } else {
        get()
    };
    // SAFETY: the header asks for NULL or a valid pointer, and this one is not NULL.
    unsafe { buffer.write(got.unwrap_or(ptr::null_mut())) };
    if let Err(code) = got {
        return code;
    }
    // SAFETY: the header asks the same of `size`, which is not NULL either: `got` would be an
    // error.
    unsafe { size.write(RAS_PAYLOAD as u32) };
    FRAMEWELL_SUCCESS
}

#[inline]
fn get() -> Result<*mut u8, u32> {
    let shared = shared::pool().map_err(|_| FRAMEWELL_ERROR_OUT_OF_BUFFERS)?;
    pools::get(&shared.pool)
}

/// Implements `RasFreeBuffer` of the header.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn RasFreeBuffer(buffer: *mut u8) -> u32 {
    match shared::pool() {
        // SAFETY: the header asks that no pointer is passed that was freed and handed out again.
        Ok(shared) => unsafe { pools::free(&shared.pool, buffer) },
        Err(_) => FRAMEWELL_ERROR_BUFFER_INVALID,
    }
}

/// Implements `Dot11ExtAllocateBuffer` of the header.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn Dot11ExtAllocateBuffer(
    byte_count: u32,
    buffer: *mut *mut c_void,
) -> u32 {
    if buffer.is_null() {
        return FRAMEWELL_ERROR_INVALID_PARAMETER;
    }
    let allocated = match shared::pool() {
        Ok(shared) => pools::allocate(&shared.pool, byte_count as usize, Pool::dot11),
        Err(_) if byte_count == 0 => Err(FRAMEWELL_ERROR_INVALID_PARAMETER),
        Err(_) => Err(FRAMEWELL_ERROR_OUTOFMEMORY),
    };
    // SAFETY: the header asks for NULL or a valid pointer, and this one is not NULL.
    unsafe { pools::answer(allocated, buffer) }
}

/// Implements `Dot11ExtFreeBuffer` of the header.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn Dot11ExtFreeBuffer(memory: *mut c_void) {
    if memory.is_null() {
        return;
    }
    if let Ok(shared) = shared::pool() {
        // SAFETY: the reason is that in `RasFreeBuffer`. A pointer that is refused is counted and
        // reported.
        let _refused = unsafe { pools::dot11_free(&shared.pool, memory) };
    }
}

/// Implements `framewell_dot11ext_table` of the header.
#[unsafe(no_mangle)]
pub extern "C" fn framewell_dot11ext_table() -> *const framewell_dot11ext_apis {
    static TABLE: framewell_dot11ext_apis = framewell_dot11ext_apis {
        Dot11ExtAllocateBuffer,
        Dot11ExtFreeBuffer,
    };
    &raw const TABLE
}

/// Implements `framewell_ras_query` of the header.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn framewell_ras_query(buffer: *const u8, capacity: *mut u32) -> u32 {
    let found = shared::made().and_then(|shared| shared.pool.find(buffer));
    let usable = found
        .filter(|found| found.kind == BufferKind::Frame && found.is_raw)
        .filter(|found| found.start.as_ptr().cast_const() == buffer)
        .map(|found| found.capacity.min(RAS_PAYLOAD) as u32);
    if !capacity.is_null() {
        // SAFETY: the header asks for NULL or a valid pointer, and this one is not NULL.
        unsafe { capacity.write(usable.unwrap_or(0)) };
    }
    match usable {
        Some(_) => FRAMEWELL_SUCCESS,
        None => FRAMEWELL_ERROR_BUFFER_INVALID,
    }
}
