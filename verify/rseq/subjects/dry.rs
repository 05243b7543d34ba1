// Tests a call that is suspended while it opens a cache. This is a module beside a variant of the
// crate that can suspend the call.

use std::sync::mpsc::channel;
use std::thread;

use super::fw::{Frame, Front, Pool};
use crate::common::pin;
use crate::harness::cpus::{thread_id, wait_until_asleep};

const FRAMES: usize = 400;

/// Checks that a frame which is freed to a cache whose opener is suspended, after the pool has run
/// dry, counts as in the opener's hands. This is the one case in which a get is refused a frame
/// that its own thread has freed. The frame is not lost.
pub(crate) fn freed_to_a_cache_being_opened(cpus: [usize; 2]) {
    let pool = Pool::builder().frames(FRAMES).cache_size(64);
    let pool = pool.front(Front::Rseq).build().unwrap();
    pin(cpus[1]);
    let mut frames: Vec<Frame> = (0..FRAMES).map(|_| pool.get(60).unwrap()).collect();
    thread::scope(|scope| {
        let (sender, receiver) = channel();
        let first = frames.pop();
        let opener = thread::Builder::new().name("paused".into());
        let free = move || {
            pin(cpus[0]);
            sender.send(thread_id()).unwrap();
            // The free finds the cache of this CPU shut, and opens it.
            drop(first);
        };
        let opener = opener.spawn_scoped(scope, free).unwrap();
        wait_until_asleep(receiver.recv().unwrap());

        assert!(pool.get(60).is_err(), "the opener has the only free frame");
        pin(cpus[0]);
        drop(frames.pop());
        assert_eq!(pool.stats().per_cpu[cpus[0]], 1, "the cache takes it");
        drop(pool.get(60).expect("and gives it"));
        pin(cpus[1]);
        assert!(pool.get(60).is_err(), "elsewhere it is not available");

        opener.thread().unpark();
        opener.join().unwrap();
    });
    assert_eq!(pool.stats().free, 2);
    let both = [pool.get(60).unwrap(), pool.get(60).unwrap()];
    assert_ne!(both[0].id(), both[1].id());
    assert!(pool.get(60).is_err());
}
