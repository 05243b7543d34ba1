//! From one core through a ring to the other, and freed there.

use std::sync::{Arc, Mutex};

use rtrb::{Consumer, Producer, RingBuffer};

use super::{Timed, Workload, touch};
use crate::contestant::Contestant;
use crate::team::{Partner, spin_until};

const RING: usize = 1024;
const BURST: usize = 32;
/// The bursts that go through before the clock starts: twice the ring.
const WARM: u64 = (2 * RING / BURST) as u64;

pub(super) struct HandOff<C: Contestant, const BULK: bool> {
    contestant: &'static C,
    partner: Partner,
    producer: Producer<C::Buffer>,
    consumer: Arc<Mutex<Consumer<C::Buffer>>>,
    /// The sum of the tags that the other core has read so far.
    sum: Arc<Mutex<u64>>,
}

impl<C: Contestant, const BULK: bool> HandOff<C, BULK> {
    pub(super) fn new(contestant: &'static C) -> Self {
        let (producer, consumer) = RingBuffer::new(RING);
        Self {
            contestant,
            partner: Partner::on_second_core(),
            producer,
            consumer: Arc::new(Mutex::new(consumer)),
            sum: Arc::default(),
        }
    }
}

/// Sends bursts, each buffer tagged with its burst's number from 1 up.
#[inline(never)]
fn send<C: Contestant, const BULK: bool>(
    contestant: &C,
    ring: &mut Producer<C::Buffer>,
    bursts: u64,
) {
    for tag in 1..=bursts {
        spin_until(|| (ring.slots() >= BURST).then_some(()));
        let chunk = ring
            .write_chunk_uninit(BURST)
            .expect("the room that was waited for");
        let tagged = |mut buffer: C::Buffer| {
            touch::write_head(&mut buffer, tag);
            buffer
        };
        if BULK {
            let mut buffers = arrayvec::ArrayVec::<C::Buffer, BURST>::new_const();
            contestant.get_many::<BURST>(|buffer| buffers.push(tagged(buffer)));
            chunk.fill_from_iter(buffers);
        } else {
            chunk.fill_from_iter((0..BURST).map(|_| tagged(contestant.get())));
        }
    }
}

/// Receives bursts, frees their buffers, and returns the sum of their tags.
#[inline(never)]
fn receive<C: Contestant, const BULK: bool>(
    contestant: &C,
    ring: &mut Consumer<C::Buffer>,
    bursts: u64,
) -> u64 {
    let mut sum = 0;
    for _ in 0..bursts {
        spin_until(|| (ring.slots() >= BURST).then_some(()));
        let chunk = ring
            .read_chunk(BURST)
            .expect("the burst that was waited for");
        let read = chunk.into_iter().map(|mut buffer| {
            // SAFETY: the sender wrote the head.
            sum += unsafe { touch::read_tag(&mut buffer) };
            buffer
        });
        if BULK {
            contestant.free_many::<BURST>(read);
        } else {
            read.for_each(drop);
        }
    }
    sum
}

impl<C: Contestant, const BULK: bool> Workload for HandOff<C, BULK> {
    fn run(&mut self, steps: u64) -> Timed {
        let bursts = steps.div_ceil(BURST as u64);
        let contestant = self.contestant;
        let producer = std::cell::RefCell::new(&mut self.producer);
        let other_side = |bursts: u64| {
            let (consumer, sum) = (Arc::clone(&self.consumer), Arc::clone(&self.sum));
            move || {
                let mut consumer = consumer.lock().expect("the consumer");
                let read = receive::<C, BULK>(contestant, &mut consumer, bursts);
                *sum.lock().expect("the sum") += read;
            }
        };
        let elapsed = self.partner.together(
            (
                || send::<C, BULK>(contestant, &mut producer.borrow_mut(), WARM),
                || send::<C, BULK>(contestant, &mut producer.borrow_mut(), bursts),
            ),
            (other_side(WARM), other_side(bursts)),
        );
        let sum = std::mem::take(&mut *self.sum.lock().expect("the sum"));
        let sent = |bursts: u64| BURST as u64 * (bursts * (bursts + 1) / 2);
        assert_eq!(sum, sent(WARM) + sent(bursts), "the tags that went through");
        Timed {
            steps: bursts * BURST as u64,
            elapsed,
        }
    }
}
