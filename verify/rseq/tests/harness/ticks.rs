//! Sends signals to a thread at a rate.

use std::cell::Cell;
use std::mem::MaybeUninit;
use std::ptr;

/// The time between two signals to a thread, which makes 10 kHz. A thread that does not run gets
/// one when it does.
const PERIOD_NS: libc::c_long = 100_000;

const SIGNAL: libc::c_int = libc::SIGUSR1;

thread_local! {
    static HANDLER: Cell<Option<fn()>> = const { Cell::new(None) };
    static COUNT: Cell<u64> = const { Cell::new(0) };
}

extern "C" fn handle(_signal: libc::c_int) {
    if let Some(handler) = HANDLER.get() {
        COUNT.set(COUNT.get() + 1);
        handler();
    }
}

/// Signals to the calling thread, until this is dropped there.
pub(crate) struct Ticks(libc::timer_t);

impl Ticks {
    /// Lets `handler` interrupt the calling thread. The handler must not block, and not allocate.
    pub(crate) fn start(handler: fn()) -> Self {
        HANDLER.set(Some(handler));
        COUNT.set(0);
        // SAFETY: all bytes zero is a valid sigaction, with no flags and an empty mask.
        let mut action: libc::sigaction = unsafe { MaybeUninit::zeroed().assume_init() };
        action.sa_sigaction = handle as extern "C" fn(libc::c_int) as usize;
        action.sa_flags = libc::SA_RESTART;
        // SAFETY: the action is a valid one, and its handler is one for `SIGNAL`.
        let answer = unsafe { libc::sigaction(SIGNAL, &action, ptr::null_mut()) };
        assert_eq!(answer, 0, "sigaction");

        // SAFETY: all bytes zero is a valid sigevent.
        let mut event: libc::sigevent = unsafe { MaybeUninit::zeroed().assume_init() };
        event.sigev_notify = libc::SIGEV_THREAD_ID;
        event.sigev_signo = SIGNAL;
        event.sigev_notify_thread_id = super::cpus::thread_id();
        let mut timer: libc::timer_t = ptr::null_mut();
        // SAFETY: `event` is a valid sigevent, and `timer` has room for the answer.
        let answer = unsafe { libc::timer_create(libc::CLOCK_MONOTONIC, &mut event, &mut timer) };
        assert_eq!(answer, 0, "timer_create");
        set(timer, PERIOD_NS);
        Self(timer)
    }

    /// Returns how many signals have come.
    pub(crate) fn count() -> u64 {
        COUNT.get()
    }
}

impl Drop for Ticks {
    fn drop(&mut self) {
        HANDLER.set(None);
        set(self.0, 0);
        // SAFETY: the timer is this value's own.
        unsafe { libc::timer_delete(self.0) };
    }
}

fn set(timer: libc::timer_t, nanoseconds: libc::c_long) {
    let period = libc::timespec {
        tv_sec: 0,
        tv_nsec: nanoseconds,
    };
    let times = libc::itimerspec {
        it_interval: period,
        it_value: period,
    };
    // SAFETY: the timer is the caller's, and `times` is a valid itimerspec.
    let answer = unsafe { libc::timer_settime(timer, 0, &times, ptr::null_mut()) };
    assert_eq!(answer, 0, "timer_settime");
}
