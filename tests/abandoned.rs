//! A signal handler takes a thread out of its calls for good. The pool loses what the thread had in
//! hand, and nothing has two owners.
#![cfg(all(target_os = "linux", not(loom)))]
#![allow(
    clippy::disallowed_types,
    reason = "the library's own atomics go through its facade; these are the test's"
)]

use std::collections::HashSet;
use std::mem;
use std::os::unix::thread::JoinHandleExt;
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use framewell::{BufferId, Burst, Frame, Front, IdBatch, Pool};

const FRAMES: usize = 1024;
const ROUNDS: u64 = 60;

static STARTED: AtomicBool = AtomicBool::new(false);
static LEFT: AtomicBool = AtomicBool::new(false);

extern "C" fn never_return(_: libc::c_int) {
    LEFT.store(true, Ordering::Release);
    loop {
        // SAFETY: pause only waits for a signal.
        unsafe { libc::pause() };
    }
}

fn install_handler() {
    // SAFETY: an all-zero sigaction is the default one.
    let mut action: libc::sigaction = unsafe { mem::zeroed() };
    action.sa_sigaction = never_return as *const () as usize;
    // SAFETY: the action is initialised, and the handler calls nothing but pause.
    let answer = unsafe { libc::sigaction(libc::SIGUSR1, &action, ptr::null_mut()) };
    assert_eq!(answer, 0, "sigaction");
}

fn wait_for(flag: &AtomicBool) {
    while !flag.load(Ordering::Acquire) {
        thread::yield_now();
    }
}

/// A holder of many frames, which a thread gets and frees again and again until it is stopped.
trait Victim: Send + 'static {
    fn new(pool: &'static Pool) -> Self;
    fn get_and_clear(&mut self);
    fn listed(&self) -> Vec<BufferId>;
}

impl Victim for IdBatch<'static, FRAMES> {
    fn new(pool: &'static Pool) -> Self {
        IdBatch::new(pool)
    }

    fn get_and_clear(&mut self) {
        self.get_bulk(FRAMES).expect("frames");
        self.clear();
    }

    fn listed(&self) -> Vec<BufferId> {
        self.ids().to_vec()
    }
}

impl Victim for (&'static Pool, Burst<FRAMES>) {
    fn new(pool: &'static Pool) -> Self {
        (pool, Burst::new())
    }

    fn get_and_clear(&mut self) {
        self.0.get_bulk(&mut self.1, FRAMES).expect("frames");
        self.1.clear();
    }

    fn listed(&self) -> Vec<BufferId> {
        self.1.iter().map(Frame::id).collect()
    }
}

/// Takes a thread out of its calls after a while. What it has listed stays where it is.
fn take_out<V: Victim>(pool: &'static Pool, after: Duration) -> &'static V {
    STARTED.store(false, Ordering::Relaxed);
    LEFT.store(false, Ordering::Relaxed);
    let held: *mut V = Box::leak(Box::new(V::new(pool)));
    let address = held.expose_provenance();
    let victim = thread::spawn(move || {
        // SAFETY: the holder was leaked above, and only this thread uses it until it is taken out.
        let held = unsafe { &mut *ptr::with_exposed_provenance_mut::<V>(address) };
        loop {
            held.get_and_clear();
            STARTED.store(true, Ordering::Release);
        }
    });
    wait_for(&STARTED);
    let start = Instant::now();
    while start.elapsed() < after {
        std::hint::spin_loop();
    }
    // SAFETY: the thread never ends, and it was not joined.
    let answer = unsafe { libc::pthread_kill(victim.as_pthread_t(), libc::SIGUSR1) };
    assert_eq!(answer, 0, "pthread_kill");
    wait_for(&LEFT);
    // SAFETY: the thread that used it no longer runs.
    unsafe { &*held }
}

/// Returns the number of rounds in which the thread had listed frames, or held some unlisted.
fn storm<V: Victim>(front: Front) -> usize {
    let in_the_middle = (0..ROUNDS).filter(|round| {
        let pool = Pool::builder().frames(2 * FRAMES).front(front).build();
        let pool: &'static Pool = Box::leak(Box::new(pool.expect("a pool")));
        let after = Duration::from_nanos(round * 1_377 % 50_000);
        let listed = take_out::<V>(pool, after).listed();
        let rest: Vec<Frame> = std::iter::from_fn(|| pool.get(0).ok()).collect();
        let ids: HashSet<BufferId> = rest.iter().map(Frame::id).collect();
        let twice = listed.iter().filter(|id| ids.contains(id)).count();
        assert_eq!(twice, 0, "frames of two owners, in round {round}");
        !listed.is_empty() || rest.len() < 2 * FRAMES
    });
    in_the_middle.count()
}

#[test]
fn thread_that_never_returns_leaves_no_frame_with_two_owners() {
    install_handler();
    for front in [Front::Portable, Front::Auto] {
        let bulks = storm::<IdBatch<'static, FRAMES>>(front);
        let bursts = storm::<(&'static Pool, Burst<FRAMES>)>(front);
        println!(
            "{front:?}: taken out in the middle of {bulks} bulks and {bursts} bursts of {ROUNDS}"
        );
        assert!(bulks > 0 && bursts > 0, "nothing was in the middle");
    }
}
