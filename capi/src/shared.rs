//! The pool that the process shares.
//!
//! It is made once, by the first call that needs it or by `framewell_init`, and never destroyed: buffers of it may be out at any time. Whoever
//! makes it holds a lock; a call that finds it made reads one pointer.

use std::ffi::c_char;
use std::io::{self, Write};
use std::ptr;
use std::sync::{Mutex, Once, OnceLock, PoisonError};

use crate::config::{Refused, Wishes};
use crate::types::*;

static SHARED: OnceLock<framewell_pool> = OnceLock::new();
static MAKING: Mutex<()> = Mutex::new(());

/// The shared pool, if it was made.
#[inline]
pub(crate) fn made() -> Option<&'static framewell_pool> {
    SHARED.get()
}

/// The shared pool, made from the environment if need be.
#[inline]
pub(crate) fn pool() -> Result<&'static framewell_pool, Refused> {
    match SHARED.get() {
        Some(pool) => Ok(pool),
        None => first_use(),
    }
}

#[cold]
fn first_use() -> Result<&'static framewell_pool, Refused> {
    static SAID: Once = Once::new();
    let _making = MAKING.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(pool) = SHARED.get() {
        return Ok(pool);
    }
    match Wishes::of_environment().and_then(Wishes::build_shared) {
        Ok(pool) => Ok(SHARED.get_or_init(|| pool)),
        Err(refused) => {
            SAID.call_once(|| {
                // A process without a standard error is none the worse for it.
                let _ = writeln!(io::stderr(), "framewell: {}", refused.message);
            });
            Err(refused)
        }
    }
}

fn init(wishes: Result<Wishes, Refused>) -> Result<(), Refused> {
    let _making = MAKING.lock().unwrap_or_else(PoisonError::into_inner);
    if SHARED.get().is_some() {
        return Err(Refused::new(
            FRAMEWELL_ERROR_ALREADY_INITIALIZED,
            "the shared pool exists already; call framewell_init before anything that uses it",
        ));
    }
    let pool = wishes?.build_shared()?;
    SHARED.get_or_init(|| pool);
    Ok(())
}

/// See the header.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn framewell_init(
    config: *const framewell_config,
    message: *mut c_char,
    message_size: usize,
) -> u32 {
    let made = init(if config.is_null() {
        Wishes::of_environment()
    } else {
        // SAFETY: the header: the config is one.
        unsafe { Wishes::of_config(config) }
    });
    match made {
        Ok(()) => FRAMEWELL_SUCCESS,
        // SAFETY: the header: `message` is NULL or has so many bytes.
        Err(refused) => unsafe { refused.tell(message, message_size) },
    }
}

/// See the header.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn framewell_shared_pool(pool: *mut *mut framewell_pool) -> u32 {
    if pool.is_null() {
        return FRAMEWELL_ERROR_INVALID_PARAMETER;
    }
    let (shared, code) = match self::pool() {
        Ok(shared) => (ptr::from_ref(shared).cast_mut(), FRAMEWELL_SUCCESS),
        Err(refused) => (ptr::null_mut(), refused.code),
    };
    // SAFETY: the header: valid, since it is not NULL.
    unsafe { pool.write(shared) };
    code
}
