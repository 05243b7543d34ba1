//! The 802.11 mix: 1024 live buffers of the 802.11 lengths, of which a random one is replaced.
//!
//! The place and the length are drawn before the clock starts.

use super::{Timed, Workload, time_after, touch};
use crate::lengths::{LENGTHS, Random, lengths};
use crate::varying::{VaryingBuffer, VaryingContestant};

pub(crate) const LIVE: usize = 1024;

/// The steps before the clock starts. They replace nearly every live buffer, so that no contestant
/// pays for the turns of the others, however few steps its own slice has.
pub(super) const WARM: u64 = 4 * LIVE as u64;

/// The workload over any function that gets a buffer of a length for a place among the live ones.
pub(crate) struct Mix<B: VaryingBuffer, G> {
    get: G,
    /// The live buffers, each with the tag that it was written with.
    live: Vec<(B, u64)>,
    random: Random,
    script: Vec<Step>,
}

#[derive(Clone, Copy)]
struct Step {
    place: u16,
    length: u16,
}

impl Step {
    fn draw(random: &mut Random) -> Self {
        Self {
            place: random.below(LIVE) as u16,
            length: lengths()[random.below(LENGTHS)],
        }
    }
}

/// Makes the workload with a contestant.
pub(super) fn with<C: VaryingContestant>(contestant: &'static C) -> Box<dyn Workload> {
    contestant.enter();
    Box::new(Mix::new(|_, length| contestant.get(length)))
}

impl<B: VaryingBuffer, G: FnMut(usize, usize) -> B> Mix<B, G> {
    pub(crate) fn new(mut get: G) -> Self {
        let mut random = Random::new(1);
        let live = (0..LIVE).map(|place| {
            let Step { length, .. } = Step::draw(&mut random);
            tagged(&mut get, place, length, place as u64)
        });
        Self {
            live: live.collect(),
            get,
            random,
            script: Vec::new(),
        }
    }

    /// Runs this many steps after a warm-up of so many.
    #[inline(never)]
    pub(crate) fn run_after(&mut self, warm_up: u64, steps: u64) -> Timed {
        let random = &mut self.random;
        self.script.clear();
        self.script
            .extend((0..warm_up + steps).map(|_| Step::draw(random)));
        let mut script = (0..).zip(&self.script);
        time_after(warm_up, steps, 1, || {
            let (tag, &Step { place, length }) = script.next().expect("a step for each turn");
            let place = usize::from(place);
            // The new buffer is got before the old one is freed, so it is never the same memory.
            self.live[place] = tagged(&mut self.get, place, length, tag);
        })
    }

    /// Returns the bytes that were asked for and not freed.
    pub(crate) fn requested(&self) -> usize {
        self.live.iter().map(|(buffer, _)| buffer.length()).sum()
    }

    /// Returns the bytes that the workload itself takes.
    pub(crate) fn own_bytes(&self) -> usize {
        self.live.capacity() * size_of::<(B, u64)>() + self.script.capacity() * size_of::<Step>()
    }
}

#[inline(always)]
fn tagged<B: VaryingBuffer>(
    get: &mut impl FnMut(usize, usize) -> B,
    place: usize,
    length: u16,
    tag: u64,
) -> (B, u64) {
    let mut buffer = get(place, length.into());
    touch::write_start(&mut buffer, tag);
    (buffer, tag)
}

impl<B: VaryingBuffer, G: FnMut(usize, usize) -> B> Workload for Mix<B, G> {
    fn run(&mut self, steps: u64) -> Timed {
        self.run_after(WARM, steps)
    }
}

impl<B: VaryingBuffer, G> Drop for Mix<B, G> {
    fn drop(&mut self) {
        for (buffer, tag) in &mut self.live {
            // SAFETY: `tagged` wrote the first bytes.
            let found = unsafe { touch::read_start(buffer) };
            assert_eq!(found, *tag, "a live buffer lost what was written to it");
        }
    }
}
