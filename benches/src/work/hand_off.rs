//! The hand-off: buffers go from one core through a ring to the other, and are freed there.

use std::sync::{Arc, Mutex};

use rtrb::{Consumer, Producer, RingBuffer};

use super::goods::{BURST, Goods};
use super::{Timed, Workload};
use crate::team::{Partner, spin_until};

/// The number of buffers for which the ring has room.
pub(crate) const RING: usize = 1024;
/// The number of bursts that go through before the clock starts: twice the ring.
const WARM: u64 = (2 * RING / BURST) as u64;

pub(crate) struct HandOff<G: Goods> {
    goods: Arc<G>,
    partner: Partner,
    producer: Producer<G::Item>,
    consumer: Arc<Mutex<Consumer<G::Item>>>,
    /// The sum of the tags that the other core has read so far.
    sum: Arc<Mutex<u64>>,
}

impl<G: Goods> HandOff<G> {
    pub(crate) fn new(goods: G) -> Self {
        let (producer, consumer) = RingBuffer::new(RING / BURST * G::ITEMS);
        let partner = Partner::on_second_core();
        let goods = Arc::new(goods);
        goods.enter();
        let theirs = Arc::clone(&goods);
        partner.start(move || theirs.enter());
        partner.wait();
        Self {
            goods,
            partner,
            producer,
            consumer: Arc::new(Mutex::new(consumer)),
            sum: Arc::default(),
        }
    }
}

/// Sends bursts, each buffer tagged with its burst's number from 1 up.
#[inline(never)]
fn send<G: Goods>(goods: &G, ring: &mut Producer<G::Item>, bursts: u64) {
    for tag in 1..=bursts {
        spin_until(|| (ring.slots() >= G::ITEMS).then_some(()));
        let room = ring
            .write_chunk_uninit(G::ITEMS)
            .expect("the room that was waited for");
        goods.load(tag, room);
    }
}

/// Receives bursts, frees their buffers, and returns the sum of their tags.
#[inline(never)]
fn receive<G: Goods>(goods: &G, ring: &mut Consumer<G::Item>, bursts: u64) -> u64 {
    let mut sum = 0_u64;
    for _ in 0..bursts {
        spin_until(|| (ring.slots() >= G::ITEMS).then_some(()));
        let chunk = ring
            .read_chunk(G::ITEMS)
            .expect("the burst that was waited for");
        sum = sum.wrapping_add(goods.unload(chunk.into_iter()));
    }
    sum
}

impl<G: Goods> Workload for HandOff<G> {
    fn run(&mut self, steps: u64) -> Timed {
        let bursts = steps.div_ceil(G::STEPS as u64);
        let goods = &*self.goods;
        let producer = std::cell::RefCell::new(&mut self.producer);
        let other_side = |bursts: u64| {
            let (consumer, sum) = (Arc::clone(&self.consumer), Arc::clone(&self.sum));
            let goods = Arc::clone(&self.goods);
            move || {
                let mut consumer = consumer.lock().expect("the consumer");
                let read = receive(&*goods, &mut consumer, bursts);
                let mut sum = sum.lock().expect("the sum");
                *sum = sum.wrapping_add(read);
            }
        };
        let elapsed = self.partner.together(
            (
                || send(goods, &mut producer.borrow_mut(), WARM),
                || send(goods, &mut producer.borrow_mut(), bursts),
            ),
            (other_side(WARM), other_side(bursts)),
        );
        let sum = std::mem::take(&mut *self.sum.lock().expect("the sum"));
        let sent = |bursts: u64| G::TAGS as u64 * (bursts * (bursts + 1) / 2);
        assert_eq!(sum, sent(WARM) + sent(bursts), "the tags that went through");
        Timed {
            steps: bursts * G::STEPS as u64,
            elapsed,
        }
    }
}
