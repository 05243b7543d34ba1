//! The pool that the process shares.
//!
//! It is made once, by the first call that needs it or by `framewell_init`, and never destroyed: buffers of it may be out at any time. Whoever
//! makes it holds a lock; a call that finds it made reads one pointer.
//!
//! A process may fork while another of its threads holds the lock, and the child has no such thread: so the lock is a process's own, and
//! nothing else here has a state in between.

#![allow(
    clippy::disallowed_types,
    reason = "the facade is for what models run: the library's protocols; here a pointer is published"
)]

use std::ffi::c_char;
use std::io::{self, Write};
use std::process;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicPtr, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::config::{Refused, Wishes};
use crate::types::*;

/// NULL, or for good the pool.
static SHARED: AtomicPtr<framewell_pool> = AtomicPtr::new(ptr::null_mut());

/// NULL, or the lock of this process or of one that it was forked from.
static MAKING: AtomicPtr<Making> = AtomicPtr::new(ptr::null_mut());

/// What who makes the pool holds.
struct Making {
    process: u32,
    lock: Mutex<()>,
}

/// The shared pool, if it was made.
#[inline]
pub(crate) fn made() -> Option<&'static framewell_pool> {
    // Acquire: pairs with the Release in `publish`; the pool was written before.
    let shared = SHARED.load(Ordering::Acquire);
    // SAFETY: NULL, or leaked by `publish`.
    unsafe { shared.as_ref() }
}

/// The shared pool, made from the environment if need be.
#[inline]
pub(crate) fn pool() -> Result<&'static framewell_pool, Refused> {
    match made() {
        Some(pool) => Ok(pool),
        None => first_use(),
    }
}

/// Waits until no other thread of this process makes the pool.
fn making() -> MutexGuard<'static, ()> {
    let process = process::id();
    loop {
        // Acquire: pairs with the Release below; the lock was written before.
        let there = MAKING.load(Ordering::Acquire);
        // SAFETY: NULL, or leaked below.
        match unsafe { there.as_ref() } {
            Some(making) if making.process == process => {
                return making.lock.lock().unwrap_or_else(PoisonError::into_inner);
            }
            _ => {}
        }
        let lock = Mutex::new(());
        let own = Box::into_raw(Box::new(Making { process, lock }));
        // Release: publishes the lock. Relaxed on failure: the next round loads again. What was inherited stays: its memory is a few bytes.
        if MAKING
            .compare_exchange(there, own, Ordering::Release, Ordering::Relaxed)
            .is_err()
        {
            // SAFETY: leaked just now, and nobody else knows it.
            drop(unsafe { Box::from_raw(own) });
        }
    }
}

/// Makes a pool the shared one, by whoever holds the lock and has found none.
fn publish(pool: framewell_pool) -> &'static framewell_pool {
    let pool = Box::leak(Box::new(pool));
    // Release: publishes the pool.
    SHARED.store(pool, Ordering::Release);
    pool
}

#[cold]
fn first_use() -> Result<&'static framewell_pool, Refused> {
    static SAID: AtomicBool = AtomicBool::new(false);
    let _making = making();
    if let Some(pool) = made() {
        return Ok(pool);
    }
    match Wishes::of_environment().and_then(Wishes::build_shared) {
        Ok(pool) => Ok(publish(pool)),
        Err(refused) => {
            // Relaxed: under the lock.
            if !SAID.swap(true, Ordering::Relaxed) {
                // A process without a standard error is none the worse for it.
                let _ = writeln!(io::stderr(), "framewell: {}", refused.message);
            }
            Err(refused)
        }
    }
}

fn init(wishes: Result<Wishes, Refused>) -> Result<(), Refused> {
    let _making = making();
    if made().is_some() {
        return Err(Refused::new(
            FRAMEWELL_ERROR_ALREADY_INITIALIZED,
            "the shared pool exists already; call framewell_init before anything that uses it",
        ));
    }
    publish(wishes?.build_shared()?);
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
