//! Rings in ordinary memory. The other side is a `Producer` or `Consumer` too, and both are
//! compared with a queue.

use std::collections::VecDeque;
use std::ptr::NonNull;
use std::sync::atomic::AtomicU32;
use std::sync::mpsc::{TryRecvError, channel};
use std::thread;

use proptest::prelude::*;

use super::{Consumer, Places, Producer};

/// The memory of a ring.
struct Memory {
    counts: Box<[AtomicU32; 3]>,
    entries: Box<[u64]>,
}

impl Memory {
    fn new(size: usize) -> Self {
        Self {
            counts: Box::new([const { AtomicU32::new(0) }; 3]),
            entries: vec![0; size].into(),
        }
    }

    /// Returns both sides. `start` is the count with which they begin.
    fn sides(&mut self, start: u32) -> (Producer<u64>, Consumer<u64>) {
        let mut place = || {
            let [producer, consumer, flags] = self.counts.each_mut().map(NonNull::from);
            let entries = NonNull::new(self.entries.as_mut_ptr()).unwrap();
            let size = self.entries.len() as u32;
            // SAFETY: the memory outlives the sides in each test, and a side is made once.
            unsafe { Places::new(producer, consumer, flags, entries, size) }
        };
        let (mut producer, mut consumer) = (Producer::new(place()), Consumer::new(place()));
        (producer.next, producer.consumed) = (start, start);
        (consumer.next, consumer.produced) = (start, start);
        *self.counts[0].get_mut() = start;
        *self.counts[1].get_mut() = start;
        (producer, consumer)
    }
}

proptest! {
    #[test]
    fn a_ring_does_what_a_queue_does(
        log in 0_u32..6,
        start in prop_oneof![Just(0), Just(u32::MAX), Just(u32::MAX - 7), any::<u32>()],
        steps in proptest::collection::vec((any::<bool>(), 0_usize..40), 1..60),
    ) {
        let size = 1 << log;
        let mut memory = Memory::new(size);
        let (mut producer, mut consumer) = memory.sides(start);
        let (mut queue, mut value) = (VecDeque::new(), 0);
        for (produce, n) in steps {
            if produce {
                let free = producer.free(n);
                prop_assert_eq!(free, n.min(size - queue.len()));
                for ahead in 0..free {
                    value += 1;
                    producer.write(ahead, value);
                    queue.push_back(value);
                }
                producer.publish(free);
            } else {
                let there = consumer.available(n);
                prop_assert_eq!(there, n.min(queue.len()));
                for ahead in 0..there {
                    prop_assert_eq!(consumer.read(ahead), queue.pop_front().unwrap());
                }
                consumer.release(there);
            }
            prop_assert_eq!(producer.is_drained(), queue.is_empty());
        }
    }
}

/// Lets others run, and counts how often nothing came about. No machine needs as many turns.
fn wait(turns: &mut u64) {
    *turns += 1;
    assert!(*turns < 100_000_000, "nothing comes about");
    thread::yield_now();
}

#[test]
fn entries_cross_threads_in_order() {
    const VALUES: u64 = 200_000;
    let mut memory = Memory::new(8);
    let (mut producer, mut consumer) = memory.sides(u32::MAX - 1000);
    // It ends when the other side does, also by a panic.
    let (alive, ended) = channel::<()>();
    thread::scope(|scope| {
        scope.spawn(move || {
            let (mut value, mut turns) = (0, 0);
            while value < VALUES && ended.try_recv() != Err(TryRecvError::Disconnected) {
                let free = producer.free((VALUES - value).min(5) as usize);
                for ahead in 0..free {
                    producer.write(ahead, value);
                    value += 1;
                }
                producer.publish(free);
                if free == 0 {
                    wait(&mut turns);
                }
            }
        });
        let _alive = alive;
        let (mut expected, mut turns) = (0, 0);
        while expected < VALUES {
            let there = consumer.available(3);
            for ahead in 0..there {
                assert_eq!(consumer.read(ahead), expected);
                expected += 1;
            }
            consumer.release(there);
            if there == 0 {
                wait(&mut turns);
            }
        }
    });
}

#[test]
fn a_count_gone_wrong_reaches_no_further_than_the_ring() {
    let mut memory = Memory::new(8);
    let (mut producer, mut consumer) = memory.sides(0);
    memory.counts[0].store(1_000_000, std::sync::atomic::Ordering::Relaxed);
    assert_eq!(consumer.available(100), 8);
    memory.counts[1].store(77, std::sync::atomic::Ordering::Relaxed);
    assert_eq!(producer.free(100), 0);
}
