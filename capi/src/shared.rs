//! The pool that the process shares.
//!
//! It is made once, by the first call that needs it or by `framewell_init`, and never destroyed: buffers of it may be out at any time. Threads that
//! need it at the same time make one each, and publish theirs by a compare-and-swap: the first one stays, the others are dropped. So nobody waits
//! for anybody, nor does a child for a thread that was making it in the process that forked; but
//! who is refused memory while others are at it tries again for a while: they may have it, and
//! theirs will do.

#![allow(
    clippy::disallowed_types,
    reason = "the facade is for what models run: the library's protocols; here a pointer is published"
)]

use std::ffi::c_char;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use framewell::for_the_c_library::say;

use crate::config::{Refused, Wishes};
use crate::types::*;

/// NULL, or for good the pool.
static SHARED: AtomicPtr<framewell_pool> = AtomicPtr::new(ptr::null_mut());

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

/// Makes a pool the shared one, unless there is one: then that is what stays, and this one is dropped.
fn publish(pool: framewell_pool) -> Result<&'static framewell_pool, &'static framewell_pool> {
    let own = Box::into_raw(Box::new(pool));
    // Release: publishes the pool. Acquire on failure: pairs with the Release of who came first.
    match SHARED.compare_exchange(ptr::null_mut(), own, Ordering::Release, Ordering::Acquire) {
        // SAFETY: nobody takes it back.
        Ok(_) => Ok(unsafe { &*own }),
        Err(first) => {
            // SAFETY: made above, and known to nobody else.
            drop(unsafe { Box::from_raw(own) });
            // SAFETY: not NULL, so it was published, for good.
            Err(unsafe { &*first })
        }
    }
}

/// The calls that are making a pool, in the lower half, and how many have ended.
static MAKERS: AtomicU64 = AtomicU64::new(0);
const ENDED: u64 = 1 << 32;

/// How long a call that is refused memory tries again because others are at it, and how often: a
/// pool that is prefaulted takes its time.
const MAX_WAIT: Duration = Duration::from_secs(2);
const PAUSE: Duration = Duration::from_micros(100);

/// Makes a pool the shared one, as [`publish`] does.
fn make(
    wishes: impl Fn() -> Result<Wishes, Refused>,
) -> Result<Result<&'static framewell_pool, &'static framewell_pool>, Refused> {
    let since = Instant::now();
    loop {
        // AcqRel, here and below: who reads that a call has ended finds what it has published.
        let before = MAKERS.fetch_add(1, Ordering::AcqRel);
        let published = wishes().and_then(Wishes::build_shared).map(publish);
        let after = MAKERS.fetch_add(ENDED - 1, Ordering::AcqRel);
        let refused = match published {
            Err(refused) => refused,
            published => return published,
        };
        // What was refused may be what another call has by now.
        if let Some(first) = made() {
            return Ok(Err(first));
        }
        let alone = before % ENDED == 0 && after == before + 1;
        if alone || since.elapsed() >= MAX_WAIT || refused.code != FRAMEWELL_ERROR_OUTOFMEMORY {
            return Err(refused);
        }
        thread::sleep(PAUSE);
    }
}

#[cold]
fn first_use() -> Result<&'static framewell_pool, Refused> {
    static SAID: AtomicBool = AtomicBool::new(false);
    let refused = match make(Wishes::of_environment) {
        Ok(published) => return Ok(published.unwrap_or_else(|first| first)),
        Err(refused) => refused,
    };
    // Relaxed: who is first says it.
    if !SAID.swap(true, Ordering::Relaxed) {
        say(format_args!("{}", refused.message));
    }
    Err(refused)
}

fn init(wishes: impl Fn() -> Result<Wishes, Refused>) -> Result<(), Refused> {
    let already = || {
        let message =
            "the shared pool exists already; call framewell_init before anything that uses it";
        Refused::new(FRAMEWELL_ERROR_ALREADY_INITIALIZED, message)
    };
    if made().is_some() {
        return Err(already());
    }
    make(wishes)?.map_err(|_| already())?;
    Ok(())
}

/// See the header.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn framewell_init(
    config: *const framewell_config,
    message: *mut c_char,
    message_size: usize,
) -> u32 {
    let made = init(|| {
        if config.is_null() {
            Wishes::of_environment()
        } else {
            // SAFETY: the header: the config is one.
            unsafe { Wishes::of_config(config) }
        }
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
