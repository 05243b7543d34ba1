//! Tests that the workloads of varying lengths do the work that they say. A contestant watches
//! them.

use std::sync::Mutex;
use std::thread::{self, ThreadId};

use super::{Kind, Workload, dot11_mix};
use crate::varying::{VaryingBuffer, VaryingContestant};

const FRESH: u8 = 0xee;

#[derive(Clone, Copy, Default)]
struct Tally {
    gets: u64,
    bytes: usize,
    frees: u64,
    freed_elsewhere: u64,
    /// The number of buffers of which other bytes than the first 64 were written, or fewer.
    wrong: u64,
}

/// A contestant that notes what is got and freed, and looks at what was written.
#[derive(Default)]
struct Watcher(Mutex<Tally>);

struct Watched {
    bytes: Box<[u8]>,
    by: &'static Watcher,
    thread: ThreadId,
}

impl Watcher {
    fn tally(&self) -> Tally {
        *self.0.lock().unwrap()
    }
}

// SAFETY: the boxed slice belongs to the buffer alone.
unsafe impl VaryingBuffer for Watched {
    fn first(&mut self) -> *mut u8 {
        self.bytes.as_mut_ptr()
    }

    fn length(&self) -> usize {
        self.bytes.len()
    }
}

struct Watch(&'static Watcher);

impl VaryingContestant for Watch {
    type Buffer = Watched;

    fn name(&self) -> &'static str {
        "watcher"
    }

    fn get(&self, length: usize) -> Watched {
        let mut tally = self.0.0.lock().unwrap();
        tally.gets += 1;
        tally.bytes += length;
        Watched {
            bytes: vec![FRESH; length].into(),
            by: self.0,
            thread: thread::current().id(),
        }
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        let (head, rest) = self.bytes.split_at(self.bytes.len().min(64));
        let (tag, last) = (&head[..8], &head[head.len() - 8..]);
        let written = tag == last
            && head
                .chunks_exact(8)
                .rev()
                .skip(1)
                .all(|word| word != [FRESH; 8]);
        let untouched = rest.iter().all(|&byte| byte == FRESH);
        // A wrong buffer is counted, not asserted, because another thread waits for the one that
        // frees.
        let mut tally = self.by.0.lock().unwrap();
        tally.wrong += u64::from(!written || !untouched);
        tally.frees += 1;
        tally.freed_elsewhere += u64::from(thread::current().id() != self.thread);
    }
}

fn watched(kind: Kind) -> (&'static Watcher, Box<dyn Workload>) {
    let watcher: &'static Watcher = Box::leak(Box::default());
    let workload = kind.with_varying(Box::leak(Box::new(Watch(watcher))));
    (watcher, workload.expect("a workload of varying lengths"))
}

fn assert_mixed_and_written(tally: Tally) {
    let mean = tally.bytes as u64 / tally.gets;
    assert!((2000..2200).contains(&mean), "a mean length of {mean}");
    assert_eq!(tally.wrong, 0, "the first 64 bytes are written, or all");
}

#[test]
fn mix_replaces_as_many_as_it_says() {
    const STEPS: u64 = 20_000;
    let (watcher, mut mix) = watched(Kind::Dot11Mix);
    let start = watcher.tally();
    assert_eq!((start.gets, start.frees), (dot11_mix::LIVE as u64, 0));
    assert_eq!(mix.run(STEPS).steps, STEPS);
    let run = watcher.tally();
    assert_eq!(run.frees, dot11_mix::WARM + STEPS);
    assert_eq!(run.gets, start.gets + run.frees);
    assert_mixed_and_written(run);
    drop(mix);
    assert_eq!(watcher.tally().frees, run.gets);
}

#[test]
fn hand_off_frees_all_on_the_other_thread() {
    const STEPS: u64 = 20_000;
    let (watcher, mut hand_off) = watched(Kind::Dot11HandOff);
    let timed = hand_off.run(STEPS);
    let tally = watcher.tally();
    assert_eq!(timed.steps, STEPS);
    assert!(tally.gets > STEPS, "there is a warm-up");
    assert_eq!(tally.frees, tally.gets);
    assert_eq!(tally.freed_elsewhere, tally.gets);
    assert_mixed_and_written(tally);
}

#[test]
fn pools_are_refused_started_and_filled_by_the_extra_workloads() {
    use crate::Contestant;
    use crate::contestants::{Framewell, MALLOC};

    static MALLOCS: crate::contestants::Heap<std::alloc::System> = MALLOC;
    let pool: &'static Framewell = Box::leak(Box::new(Framewell::of("", 4096)));
    // The workload with a million live buffers takes too long, and these take no contestant.
    let apart = [
        Kind::Set1M,
        Kind::Rings,
        Kind::Sharing4,
        Kind::Sharing4Across,
        Kind::Sharing44,
        Kind::Sharing44Across,
    ];
    for kind in Kind::EXTRA.into_iter().filter(|kind| !apart.contains(kind)) {
        assert_eq!(Kind::named(kind.name()), Some(kind));
        let mut workload = kind.with(pool).expect("a pool does all of them");
        assert!(workload.run(1000).steps > 0, "{}", kind.name());
    }
    assert_eq!(pool.stats().out, 0, "what was held is given back");
    for kind in [Kind::Refusal, Kind::ColdThousand] {
        assert!(
            kind.with(&MALLOCS).is_none(),
            "malloc is not refused, nor made"
        );
    }
    assert!(Kind::Set64.with(&MALLOCS).is_some());
    assert!(MALLOCS.try_get().is_some());
}
