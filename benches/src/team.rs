//! Threads that stay. They sleep between the slices, so their caches are as warm as in a program.

#![allow(
    clippy::disallowed_types,
    reason = "the library's own atomics go through its facade; these are the harness's"
)]

use std::hint::spin_loop;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::cpus;

type Job = Box<dyn FnOnce() + Send>;

/// A thread beside the calling one.
pub struct Partner {
    jobs: Option<Sender<Job>>,
    done: Receiver<()>,
    thread: Option<JoinHandle<()>>,
}

impl Partner {
    /// Returns a thread on the second core. The calling thread should be on the first
    /// ([`cpus::settle`]).
    #[must_use]
    pub fn on_second_core() -> Self {
        Self::new(|| cpus::pin(1))
    }

    /// Returns a thread that the scheduler may move.
    #[must_use]
    pub fn anywhere() -> Self {
        Self::new(cpus::unpin)
    }

    fn new(place: fn()) -> Self {
        let (jobs, inbox) = channel::<Job>();
        let (outbox, done) = channel();
        let thread = thread::spawn(move || {
            place();
            for job in inbox {
                job();
                if outbox.send(()).is_err() {
                    return;
                }
            }
        });
        Self {
            jobs: Some(jobs),
            done,
            thread: Some(thread),
        }
    }

    /// Starts a job. Each start needs a [`wait`](Self::wait).
    ///
    /// # Panics
    ///
    /// If an earlier job has panicked.
    pub fn start(&self, job: impl FnOnce() + Send + 'static) {
        let jobs = self.jobs.as_ref().expect("a partner that was not dropped");
        jobs.send(Box::new(job)).expect("a partner that is alive");
    }

    /// Waits for the end of the job.
    ///
    /// # Panics
    ///
    /// If the job has panicked.
    pub fn wait(&self) {
        self.done.recv().expect("a partner that did not panic");
    }

    /// Runs two jobs at once, each with a warm-up before the work, and returns how long the work
    /// took.
    ///
    /// Both threads spin until both are warm, and the clock stops when both are done.
    pub fn together<W, J>(
        &self,
        (warm, mine): (impl FnOnce(), impl FnOnce()),
        (their_warm, theirs): (W, J),
    ) -> Duration
    where
        W: FnOnce() + Send + 'static,
        J: FnOnce() + Send + 'static,
    {
        let arrived = Arc::new(AtomicU32::new(0));
        let there = Arc::clone(&arrived);
        self.start(move || {
            their_warm();
            meet(&there, 2);
            theirs();
            meet(&there, 4);
        });
        warm();
        meet(&arrived, 2);
        let start = Instant::now();
        mine();
        meet(&arrived, 4);
        let elapsed = start.elapsed();
        self.wait();
        elapsed
    }
}

/// Arrives, and spins until `all` threads have arrived.
fn meet(arrived: &AtomicU32, all: u32) {
    // Release: pairs with the Acquire below. Who meets sees what was done before.
    arrived.fetch_add(1, Ordering::Release);
    spin_until(|| (arrived.load(Ordering::Acquire) >= all).then_some(()));
}

/// Spins until `look` finds something. If it takes long, it yields at times: the thread that is
/// waited for may have lost its core to another process, or to this one.
#[inline(always)]
pub(crate) fn spin_until<T>(mut look: impl FnMut() -> Option<T>) -> T {
    let mut spins = 0_u32;
    loop {
        if let Some(found) = look() {
            return found;
        }
        spins += 1;
        if spins % (1 << 14) == 0 {
            thread::yield_now();
        }
        spin_loop();
    }
}

impl Drop for Partner {
    fn drop(&mut self) {
        drop(self.jobs.take());
        if let Some(thread) = self.thread.take() {
            // `wait` has reported a panic of the thread.
            let _ = thread.join();
        }
    }
}
