//! Answers what a pool says of itself and of addresses.

use std::ffi::{c_char, c_void};
use std::mem;

use framewell::{BufferKind, FrontKind, PageKind};

use crate::pools::of;
use crate::text;
use crate::types::*;

/// Implements `framewell_find` of the header.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn framewell_find(
    pool: *mut framewell_pool,
    address: *const c_void,
    found: *mut framewell_found,
) -> u32 {
    if found.is_null() {
        return FRAMEWELL_ERROR_INVALID_PARAMETER;
    }
    // SAFETY: the header asks for NULL or a pool that was not destroyed.
    let known = match unsafe { of(pool) } {
        Ok(own) => own.pool.find(address.cast()),
        Err(code) => return code,
    };
    let Some(known) = known else {
        return FRAMEWELL_ERROR_BUFFER_INVALID;
    };
    let told = framewell_found {
        start: known.start.as_ptr().cast(),
        capacity: known.capacity,
        kind: match known.kind {
            BufferKind::Frame => FRAMEWELL_KIND_FRAME,
            _ => FRAMEWELL_KIND_DOT11,
        },
        is_out: known.is_raw.into(),
        is_lent: known.is_lent.into(),
        reserved: 0,
    };
    // SAFETY: the header asks for NULL or a valid pointer, and this one is not NULL.
    unsafe { found.write(told) };
    FRAMEWELL_SUCCESS
}

/// Implements `framewell_pool_trim` of the header.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn framewell_pool_trim(
    pool: *mut framewell_pool,
    trimmed: *mut framewell_trimmed,
) -> u32 {
    // SAFETY: the header asks for NULL or a pool that was not destroyed.
    let trim = match unsafe { of(pool) } {
        Ok(own) => own.pool.trim(),
        Err(code) => return code,
    };
    if !trimmed.is_null() {
        let told = framewell_trimmed {
            chunks: trim.chunks,
            bytes: trim.bytes,
            pinned: trim.pinned,
        };
        // SAFETY: the header asks for NULL or a valid pointer, and this one is not NULL.
        unsafe { trimmed.write(told) };
    }
    FRAMEWELL_SUCCESS
}

/// Implements `framewell_pool_stats` of the header.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn framewell_pool_stats(
    pool: *mut framewell_pool,
    stats: *mut framewell_stats,
) -> u32 {
    if stats.is_null() {
        return FRAMEWELL_ERROR_INVALID_PARAMETER;
    }
    // SAFETY: the header asks for NULL or a pool that was not destroyed.
    let own = match unsafe { of(pool) } {
        Ok(own) => own,
        Err(code) => return code,
    };
    // SAFETY: every version of the struct has this member first, and the caller has set it.
    let size = unsafe { (*stats).struct_size };
    let known = mem::size_of::<framewell_stats>();
    if size < known {
        return FRAMEWELL_ERROR_INVALID_PARAMETER;
    }
    let told = stats_of(own);
    // SAFETY: the caller's struct has at least the members of this version.
    unsafe { stats.write(told) };
    FRAMEWELL_SUCCESS
}

/// The most bytes of a frame that its owner can use, however far the frames lie apart.
const MAX_ROOM: usize = u16::MAX as usize;

fn stats_of(own: &framewell_pool) -> framewell_stats {
    let stats = own.pool.stats();
    let region = own.pool.region();
    let payload = own.pool.payload();
    let dot11 = stats.alloc.as_ref();
    framewell_stats {
        struct_size: mem::size_of::<framewell_stats>(),
        capacity: stats.capacity,
        free: stats.free,
        out: stats.out,
        payload,
        headroom: own.headroom,
        tailroom: region.stride().min(MAX_ROOM) - own.headroom - payload,
        stride: region.stride(),
        base: region.base().as_ptr().cast(),
        refusals: stats.refusals,
        misuses: stats.misuses,
        metadata: stats.metadata,
        dot11_out: dot11.map_or(0, |dot11| dot11.out + dot11.large),
        dot11_large: dot11.map_or(0, |dot11| dot11.large),
        dot11_large_bytes: dot11.map_or(0, |dot11| dot11.large_bytes),
        dot11_chunks: dot11.map_or(0, |dot11| dot11.chunks),
        front: match stats.front {
            FrontKind::Rseq => FRAMEWELL_FRONT_RSEQ,
            _ => FRAMEWELL_FRONT_PORTABLE,
        },
        pages: match stats.pages {
            PageKind::Explicit => FRAMEWELL_PAGES_EXPLICIT,
            PageKind::Transparent => FRAMEWELL_PAGES_TRANSPARENT,
            _ => FRAMEWELL_PAGES_BASE,
        },
        borrowers: stats.borrowers.len(),
        lent: stats.borrowers.iter().map(|b| b.frames + b.bufs).sum(),
    }
}

/// Implements `framewell_pool_region` of the header.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn framewell_pool_region(
    pool: *mut framewell_pool,
    region: *mut framewell_region,
) -> u32 {
    if region.is_null() {
        return FRAMEWELL_ERROR_INVALID_PARAMETER;
    }
    // SAFETY: the header asks for NULL or a pool that was not destroyed.
    let known = match unsafe { of(pool) } {
        Ok(own) => own.pool.region(),
        Err(code) => return code,
    };
    // SAFETY: every version of the struct has this member first, and the caller has set it.
    let size = unsafe { (*region).struct_size };
    if size < mem::size_of::<framewell_region>() {
        return FRAMEWELL_ERROR_INVALID_PARAMETER;
    }
    let told = framewell_region {
        struct_size: mem::size_of::<framewell_region>(),
        base: known.base().as_ptr().cast(),
        stride: known.stride(),
        len: known.len(),
    };
    // SAFETY: the caller's struct has at least the members of this version.
    unsafe { region.write(told) };
    FRAMEWELL_SUCCESS
}

/// Implements `framewell_pool_stats_text` of the header.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn framewell_pool_stats_text(
    pool: *mut framewell_pool,
    text: *mut c_char,
    size: usize,
) -> usize {
    // SAFETY: the header asks for NULL or a pool that was not destroyed.
    let Ok(own) = (unsafe { of(pool) }) else {
        return 0;
    };
    let table = own.pool.stats().to_string();
    // SAFETY: the header asks that `text` is NULL or has `size` bytes.
    unsafe { text::write(&table, text, size) };
    table.len()
}
