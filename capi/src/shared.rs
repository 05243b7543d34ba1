//! The pool that the process shares.
//!
//! It is made once, by the first call that needs it or by `framewell_init`. It is never destroyed,
//! since buffers of it may be out at any time. Threads that need it at the same time make one each,
//! and publish it by a compare-and-swap: the first one stays, and the others are dropped. So no
//! thread waits for another, and a forked child does not wait for a thread that was making the pool
//! in its parent. A call that is refused memory while others make a pool tries again for a while:
//! the others may have the memory, and their pool will do.

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

/// The pool for good, or NULL while there is none.
static SHARED: AtomicPtr<framewell_pool> = AtomicPtr::new(ptr::null_mut());

/// Returns the shared pool if it was made.
#[inline]
pub(crate) fn made() -> Option<&'static framewell_pool> {
    // Acquire: pairs with the Release in `publish`, before which the pool was written.
    let shared = SHARED.load(Ordering::Acquire);
    // SAFETY: the pointer is NULL, or `publish` leaked it.
    unsafe { shared.as_ref() }
}

/// Returns the shared pool, and makes it from the environment if there is none.
#[inline]
pub(crate) fn pool() -> Result<&'static framewell_pool, Refused> {
    match made() {
        Some(pool) => Ok(pool),
        None => first_use(),
    }
}

/// The shared pool, and which call has made it.
enum Published {
    /// This call.
    ByThis(&'static framewell_pool),
    /// Another call.
    ByAnother(&'static framewell_pool),
}

impl Published {
    fn pool(self) -> &'static framewell_pool {
        match self {
            Self::ByThis(pool) | Self::ByAnother(pool) => pool,
        }
    }
}

/// Makes a pool the shared one. If there is one already, that one stays and this one is dropped.
fn publish(pool: framewell_pool) -> Published {
    let own = Box::into_raw(Box::new(pool));
    // Release: publishes the pool; pairs with the Acquire in `made` and the one on failure here.
    match SHARED.compare_exchange(ptr::null_mut(), own, Ordering::Release, Ordering::Acquire) {
        // SAFETY: nobody takes the box back.
        Ok(_) => Published::ByThis(unsafe { &*own }),
        Err(first) => {
            // SAFETY: the box was made above, and nobody else knows it.
            drop(unsafe { Box::from_raw(own) });
            // SAFETY: the pointer is not NULL, so that pool was published for good.
            Published::ByAnother(unsafe { &*first })
        }
    }
}

/// The number of calls that are making a pool, in the lower half, and the number that have ended,
/// in the upper half.
static MAKERS: AtomicU64 = AtomicU64::new(0);
const ENDED: u64 = 1 << 32;

/// The longest time for which a call that was refused memory tries again because others make a
/// pool. It leaves room for a pool that is prefaulted.
const MAX_WAIT: Duration = Duration::from_secs(2);
const PAUSE: Duration = Duration::from_micros(100);

/// Makes a pool the shared one, as [`publish`] does.
fn make(wishes: impl Fn() -> Result<Wishes, Refused>) -> Result<Published, Refused> {
    let since = Instant::now();
    loop {
        // AcqRel, here and below, pairs with itself: a call that reads that another has ended sees
        // what that call has published.
        let before = MAKERS.fetch_add(1, Ordering::AcqRel);
        let published = wishes().and_then(Wishes::build_shared).map(publish);
        let after = MAKERS.fetch_add(ENDED - 1, Ordering::AcqRel);
        let refused = match published {
            Err(refused) => refused,
            published => return published,
        };
        // The memory that was refused may be in the pool that another call has published by now.
        if let Some(first) = made() {
            return Ok(Published::ByAnother(first));
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
        Ok(published) => return Ok(published.pool()),
        Err(refused) => refused,
    };
    // Relaxed: nothing is published; the swap only picks the call that prints the message.
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
    match make(wishes)? {
        Published::ByThis(_) => Ok(()),
        Published::ByAnother(_) => Err(already()),
    }
}

/// Implements `framewell_init` of the header.
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
            // SAFETY: the header asks that a config that is not NULL is valid.
            unsafe { Wishes::of_config(config) }
        }
    });
    match made {
        Ok(()) => FRAMEWELL_SUCCESS,
        // SAFETY: the header asks that `message` is NULL or has `message_size` bytes.
        Err(refused) => unsafe { refused.tell(message, message_size) },
    }
}

/// Implements `framewell_shared_pool` of the header.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn framewell_shared_pool(pool: *mut *mut framewell_pool) -> u32 {
    if pool.is_null() {
        return FRAMEWELL_ERROR_INVALID_PARAMETER;
    }
    let (shared, code) = match self::pool() {
        Ok(shared) => (ptr::from_ref(shared).cast_mut(), FRAMEWELL_SUCCESS),
        Err(refused) => (ptr::null_mut(), refused.code),
    };
    // SAFETY: the header asks for NULL or a valid pointer, and this one is not NULL.
    unsafe { pool.write(shared) };
    code
}
