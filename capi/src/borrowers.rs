//! Borrowers: rings and devices that buffers are lent to. `loans` has how buffers go and come back.

use std::ffi::{CStr, c_char};
use std::ptr;

use framewell::{Borrower, BorrowerId, ReclaimError};

use crate::pools;
use crate::types::*;

/// Returns the borrower of an argument.
///
/// # Safety
///
/// - The argument is NULL, or a borrower that is not destroyed while the reference lives.
#[inline]
pub(crate) unsafe fn of<'a>(borrower: *const framewell_borrower) -> Result<&'a Borrower, u32> {
    // SAFETY: the `# Safety` section of this function requires it.
    let own = unsafe { borrower.as_ref() };
    own.map(|own| &own.borrower)
        .ok_or(FRAMEWELL_ERROR_INVALID_PARAMETER)
}

/// Implements `framewell_borrower_create` of the header.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn framewell_borrower_create(
    pool: *mut framewell_pool,
    name: *const c_char,
    borrower: *mut *mut framewell_borrower,
) -> u32 {
    if borrower.is_null() {
        return FRAMEWELL_ERROR_INVALID_PARAMETER;
    }
    // SAFETY: the header asks for NULL or a pool that was not destroyed.
    let made = unsafe { pools::of(pool) }.and_then(|own| {
        if name.is_null() {
            return Err(FRAMEWELL_ERROR_INVALID_PARAMETER);
        }
        // SAFETY: the header asks for NULL or a text with an ending 0.
        let name = unsafe { CStr::from_ptr(name) }.to_string_lossy();
        let made = own.pool.borrower(&name);
        made.map_err(|_| FRAMEWELL_ERROR_BORROWERS)
    });
    let (made, code) = match made {
        Ok(borrower) => {
            let made = Box::new(framewell_borrower { borrower });
            (Box::into_raw(made), FRAMEWELL_SUCCESS)
        }
        Err(code) => (ptr::null_mut(), code),
    };
    // SAFETY: the header asks for NULL or a valid pointer, and this one is not NULL.
    unsafe { borrower.write(made) };
    code
}

/// Implements `framewell_borrower_destroy` of the header.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn framewell_borrower_destroy(borrower: *mut framewell_borrower) {
    if !borrower.is_null() {
        // SAFETY: `framewell_borrower_create` made the borrower, and the header asks that nobody
        // uses it any more.
        drop(unsafe { Box::from_raw(borrower) });
    }
}

/// Implements `framewell_borrower_number` of the header.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn framewell_borrower_number(borrower: *const framewell_borrower) -> u64 {
    // SAFETY: the header asks for NULL or a borrower that was not destroyed.
    unsafe { of(borrower) }.map_or(u64::MAX, |own| own.id().to_bits())
}

/// Implements `framewell_borrower_lent` of the header.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn framewell_borrower_lent(borrower: *const framewell_borrower) -> usize {
    // SAFETY: the header asks for NULL or a borrower that was not destroyed.
    unsafe { of(borrower) }.map_or(0, Borrower::lent)
}

/// Implements `framewell_borrower_reclaim` of the header.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn framewell_borrower_reclaim(borrower: *mut framewell_borrower) -> usize {
    // SAFETY: the header asks for NULL or a borrower that was not destroyed, and that no other call
    // uses it.
    let Some(own) = (unsafe { borrower.as_mut() }) else {
        return 0;
    };
    // SAFETY: the header asks that nobody touches the buffers any more.
    unsafe { own.borrower.reclaim() }
}

/// Implements `framewell_pool_reclaim` of the header.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn framewell_pool_reclaim(
    pool: *mut framewell_pool,
    number: u64,
    reclaimed: *mut usize,
) -> u32 {
    let id = BorrowerId::from_bits(number);
    // SAFETY: the header asks for NULL or a pool that was not destroyed.
    let freed = unsafe { pools::of(pool) }.and_then(|own| {
        // SAFETY: the header asks that nobody touches the buffers any more.
        unsafe { own.pool.reclaim(id) }.map_err(|refused| match refused {
            ReclaimError::InUse => FRAMEWELL_ERROR_BUSY,
            _ => FRAMEWELL_ERROR_INVALID_PARAMETER,
        })
    });
    if !reclaimed.is_null() {
        // SAFETY: the header asks for NULL or a valid pointer, and this one is not NULL.
        unsafe { reclaimed.write(freed.unwrap_or(0)) };
    }
    freed.err().unwrap_or(FRAMEWELL_SUCCESS)
}
