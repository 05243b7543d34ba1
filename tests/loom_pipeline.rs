//! A user's own model with a pool inside: a two-stage pipeline that hands frames over.
//!
//! Run it with `RUSTFLAGS="--cfg loom" cargo test --test loom_pipeline --release`. Without the cfg
//! this file is empty. docs/embedding.md explains it.

#![cfg(loom)]

use std::collections::VecDeque;

use framewell::{Frame, Pool};
use loom::sync::{Arc, Condvar, Mutex};
use loom::thread;

/// The code under test: a bounded queue between two stages.
struct Queue {
    frames: Mutex<VecDeque<Frame>>,
    changed: Condvar,
}

impl Queue {
    const ROOM: usize = 1;

    fn send(&self, frame: Frame) {
        let mut frames = self.frames.lock().unwrap();
        while frames.len() == Self::ROOM {
            frames = self.changed.wait(frames).unwrap();
        }
        frames.push_back(frame);
        self.changed.notify_one();
    }

    fn receive(&self) -> Frame {
        let mut frames = self.frames.lock().unwrap();
        loop {
            if let Some(frame) = frames.pop_front() {
                self.changed.notify_one();
                return frame;
            }
            frames = self.changed.wait(frames).unwrap();
        }
    }
}

/// The number of executions, counted outside of what is modelled.
#[allow(
    clippy::disallowed_types,
    reason = "loom resets its own atomics for each execution"
)]
static EXECUTIONS: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);

#[test]
fn frames_handed_over_arrive_and_come_home() {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(2);
    model.check(|| {
        EXECUTIONS.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let pool = Pool::builder().frames(2).build().unwrap();
        let queue = Arc::new(Queue {
            frames: Mutex::new(VecDeque::new()),
            changed: Condvar::new(),
        });

        let (rx_pool, tx_queue) = (pool.clone(), Arc::clone(&queue));
        let rx = thread::spawn(move || {
            for number in 1..=2 {
                let mut packet = rx_pool.get(60).expect("two frames for two packets");
                packet[0] = number;
                tx_queue.send(packet);
            }
        });
        for number in 1..=2 {
            let packet = queue.receive();
            assert_eq!(packet[0], number, "the packet is the one that was sent");
        }
        rx.join().unwrap();

        assert_eq!(pool.stats().free, 2, "every frame came home");
    });
    let executions = EXECUTIONS.load(std::sync::atomic::Ordering::Relaxed);
    println!("{executions} executions");
    assert!(executions > 1, "loom explored one execution alone");
}
