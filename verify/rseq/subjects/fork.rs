// Tests a fork while another thread is stopped in a sweep. This is a module beside a variant of the
// crate that can stop the thread.

use std::iter;
use std::ptr;
use std::sync::mpsc::channel;
use std::thread;

use super::fw::{Frame, Front, Pool};
use crate::common::pin;
use crate::harness::cpus::{thread_id, wait_until_asleep};
use crate::harness::forked::forked;
use crate::harness::not_run;
use crate::harness::seccomp::{Which, Whom, refuse_fences};

const FRAMES: usize = 400;
const CACHED: usize = 20;

fn all(pool: &Pool) -> Vec<Frame> {
    iter::from_fn(|| pool.get(60).ok()).collect()
}

#[track_caller]
fn assert_all(frames: &[Frame], expected: usize) {
    let mut ids: Vec<usize> = frames.iter().map(|frame| frame.id().index()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!((frames.len(), ids.len()), (expected, expected));
}

/// Runs in the child. The first call to meet the caches that the parent's thread owns is a get, or
/// a free.
fn use_them(pool: &Pool, mut frames: Vec<Frame>, at: usize, get_first: bool) {
    pin(at);
    assert_eq!(pool.stats().free, CACHED);
    if get_first {
        let rest = all(pool);
        assert_all(&rest, CACHED);
    } else {
        frames.pop();
    }
    // When the cache of this CPU is back in use, it holds some of these.
    drop(frames);
    let stats = pool.stats();
    assert_eq!(stats.out, 0, "{stats}");
    assert!(stats.per_cpu[at] > 0, "{stats}");
    let frames = all(pool);
    assert_all(&frames, FRAMES);
    assert_eq!(pool.stats().fences_refused, 0);
}

/// Runs in the child. The first to meet the caches that the parent's thread owns is a thread that
/// may not fence. It gives them back.
fn give_them_back(pool: &Pool, mut frames: Vec<Frame>, cpus: [usize; 2]) {
    let fence_refused = || {
        if !refuse_fences(Whom::Caller, Which::All) {
            return not_run("a child that may not fence: the kernel takes no filter");
        }
        pin(cpus[0]);
        assert!(pool.get(60).is_err(), "the cache is stopped");
        frames.pop();
        let stats = pool.stats();
        assert_eq!((stats.per_cpu[cpus[0]], stats.depot), (CACHED, 1), "{stats}");
        assert_all(&all(pool), CACHED + 1);
        assert!(pool.stats().fences_refused > 0);
    };
    thread::scope(|scope| scope.spawn(fence_refused).join().unwrap());
    pin(cpus[1]);
    let rest = all(pool);
    drop(frames);
    drop(rest);
    assert_all(&all(pool), FRAMES);
}

/// Checks that the child can use caches that a sweep of another thread owns at the moment of the
/// fork.
pub(crate) fn child_takes_over(cpus: [usize; 2]) {
    let pool = Pool::builder().frames(FRAMES).cache_size(64);
    let pool = pool.front(Front::Rseq).build().unwrap();
    pin(cpus[0]);
    let mut frames: Vec<_> = (0..FRAMES).map(|_| pool.get(60).unwrap()).collect();
    frames.truncate(FRAMES - CACHED);
    let stats = pool.stats();
    assert_eq!(stats.per_cpu[cpus[0]], CACHED, "{stats}");
    thread::scope(|scope| {
        let (sender, receiver) = channel();
        let pool = &pool;
        let sweeper = thread::Builder::new().name("paused".into());
        let sweep = move || {
            pin(cpus[1]);
            sender.send(thread_id()).unwrap();
            drop(pool.get(60).unwrap());
        };
        let sweeper = sweeper.spawn_scoped(scope, sweep).unwrap();
        wait_until_asleep(receiver.recv().unwrap());
        let copies = || {
            let copy = |frame: &Frame| {
                // SAFETY: the child ends without dropping the frame that this is the copy of.
                unsafe { ptr::from_ref(frame).read() }
            };
            frames.iter().map(copy).collect()
        };
        for get_first in [true, false] {
            forked(|| use_them(pool, copies(), cpus[0], get_first));
        }
        forked(|| give_them_back(pool, copies(), cpus));
        assert_eq!(pool.stats().per_cpu[cpus[0]], CACHED, "as before");
        sweeper.thread().unpark();
        sweeper.join().unwrap();
    });
    drop(frames);
    assert_all(&all(&pool), FRAMES);
}
