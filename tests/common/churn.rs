//! Runs threads that get, stamp, hand on and free frames at random.

use std::sync::Barrier;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use framewell::{Burst, Frame, Pool};

use super::ledger::Ledger;
use super::{Random, assert_whole, cpus, pin};

/// What the threads do, and how much of it.
#[derive(Clone, Copy)]
pub(crate) struct Churn {
    pub(crate) threads: usize,
    /// The calls of all threads together: gets and frees of one frame, of bursts, of bulks.
    pub(crate) calls: u64,
    /// The most frames that a thread keeps.
    pub(crate) keep: usize,
    /// Whether threads move from CPU to CPU.
    pub(crate) flip: bool,
}

/// The numbers of what happened.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) calls: u64,
    pub(crate) frames_got: u64,
    pub(crate) frames_received: u64,
}

impl Churn {
    /// Runs the threads, and checks that every frame had one owner at a time and came back.
    pub(crate) fn run(self, pool: &Pool) -> Outcome {
        let ledger = Ledger::new(pool);
        let (senders, inboxes): (Vec<_>, Vec<_>) = (0..self.threads).map(|_| channel()).unzip();
        let all_sent = Barrier::new(self.threads);
        let mut outcome = Outcome::default();
        thread::scope(|scope| {
            let workers: Vec<_> = inboxes
                .into_iter()
                .enumerate()
                .map(|(number, inbox)| {
                    let (ledger, senders, all_sent) = (&ledger, &senders, &all_sent);
                    scope.spawn(move || {
                        let mut worker = Worker {
                            pool,
                            ledger,
                            senders,
                            inbox,
                            me: number as u32 + 1,
                            random: Random::new(number as u64),
                            cpus: cpus(),
                            stamp: 0,
                            kept: Vec::new(),
                            outcome: Outcome::default(),
                        };
                        worker.run(self, all_sent);
                        worker.outcome
                    })
                })
                .collect();
            for worker in workers {
                let part = worker.join().unwrap();
                outcome.calls += part.calls;
                outcome.frames_got += part.frames_got;
                outcome.frames_received += part.frames_received;
            }
        });
        ledger.assert_settled();
        assert_whole(pool);
        outcome
    }
}

/// A frame and what its owner wrote into it.
struct Stamped {
    frame: Frame,
    stamp: u64,
    owner: u32,
}

struct Worker<'a> {
    pool: &'a Pool,
    ledger: &'a Ledger,
    senders: &'a [Sender<Stamped>],
    inbox: Receiver<Stamped>,
    me: u32,
    random: Random,
    cpus: Vec<usize>,
    stamp: u64,
    kept: Vec<Stamped>,
    outcome: Outcome,
}

impl Worker<'_> {
    fn run(&mut self, churn: Churn, all_sent: &Barrier) {
        let calls = churn.calls.div_ceil(churn.threads as u64);
        while self.outcome.calls < calls {
            if churn.flip && self.random.below(64) == 0 {
                pin(self.cpus[self.random.below(self.cpus.len())]);
            }
            self.step(churn.keep);
        }
        self.free_kept(0);
        all_sent.wait();
        self.receive();
        self.free_kept(0);
    }

    fn step(&mut self, keep: usize) {
        match self.random.below(16) {
            0 => self.burst(),
            1 => self.bulk(),
            2 => self.send(),
            3 => self.receive(),
            4..10 => self.single(),
            _ => self.free_one(),
        }
        if self.kept.len() > keep {
            self.free_kept(keep / 2);
        }
    }

    fn single(&mut self) {
        self.outcome.calls += 1;
        let len = 16 + self.random.below(1485);
        if let Ok(frame) = self.pool.get(len) {
            assert_eq!(frame.len(), len);
            self.keep(frame);
        }
    }

    fn burst(&mut self) {
        self.outcome.calls += 1;
        let mut burst: Burst<48> = Burst::new();
        let asked = self.random.below(48);
        let got = self.pool.get_burst(&mut burst, asked);
        assert_eq!(got, burst.len());
        burst.drain().for_each(|frame| self.keep(frame));
    }

    fn bulk(&mut self) {
        self.outcome.calls += 1;
        let mut burst: Burst<100> = Burst::new();
        let asked = self.random.below(100);
        match self.pool.get_bulk(&mut burst, asked) {
            Ok(()) => assert_eq!(burst.len(), asked),
            Err(_) => assert!(burst.is_empty()),
        }
        burst.drain().for_each(|frame| self.keep(frame));
    }

    /// Gives a frame to another thread, which frees it.
    fn send(&mut self) {
        let to = self.random.below(self.senders.len());
        if let Some(stamped) = self.kept.pop() {
            self.senders[to].send(stamped).unwrap();
        }
    }

    fn receive(&mut self) {
        while let Ok(mut stamped) = self.inbox.try_recv() {
            self.ledger.received(&stamped.frame, stamped.owner, self.me);
            stamped.owner = self.me;
            self.kept.push(stamped);
            self.outcome.frames_received += 1;
        }
    }

    fn keep(&mut self, mut frame: Frame) {
        self.ledger.got(&frame, self.me);
        self.stamp += 1;
        let stamp = u64::from(self.me) << 40 | self.stamp;
        let end = frame.len() - 8;
        frame[..8].copy_from_slice(&stamp.to_le_bytes());
        frame[end..].copy_from_slice(&stamp.to_le_bytes());
        self.outcome.frames_got += 1;
        self.kept.push(Stamped {
            frame,
            stamp,
            owner: self.me,
        });
    }

    fn free_one(&mut self) {
        if !self.kept.is_empty() {
            self.outcome.calls += 1;
            let at = self.random.below(self.kept.len());
            let stamped = self.kept.swap_remove(at);
            drop(self.checked(stamped));
        }
    }

    /// Frees frames by bursts until `left` are kept.
    fn free_kept(&mut self, left: usize) {
        while self.kept.len() > left {
            self.outcome.calls += 1;
            let most = (self.kept.len() - left).min(70);
            let at = self.kept.len() - most;
            let mut burst: Burst<70> = Burst::new();
            for stamped in self.kept.split_off(at) {
                burst.extend([self.checked(stamped)]);
            }
        }
    }

    /// Returns the frame, which is about to be freed, after checking that it is still as its owner
    /// left it.
    fn checked(&self, stamped: Stamped) -> Frame {
        let Stamped { frame, stamp, .. } = stamped;
        let bytes = stamp.to_le_bytes();
        assert!(frame.starts_with(&bytes), "{frame:?} begins as stamped");
        assert!(frame.ends_with(&bytes), "{frame:?} ends as stamped");
        self.ledger.freeing(&frame, self.me);
        frame
    }
}
