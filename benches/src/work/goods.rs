//! The goods of the hand-off: buffers that are got and freed one by one, in bulk, or of varying
//! lengths.

use arrayvec::ArrayVec;
use rtrb::chunks::WriteChunkUninit;

use super::touch;
use crate::contestant::Contestant;
use crate::lengths::{LENGTHS, lengths};
use crate::varying::VaryingContestant;

/// The number of buffers that go through the ring at once.
pub(crate) const BURST: usize = 32;

/// A way to get bursts of tagged buffers, and to free them.
pub(crate) trait Goods: Send + Sync + 'static {
    /// The item that goes through the ring: a buffer, or a burst that is one thing.
    type Item: Send + 'static;

    /// The number of items of a burst.
    const ITEMS: usize = BURST;

    /// The number of steps that a burst counts as.
    const STEPS: usize = BURST;

    /// The number of tags that are read of a burst.
    const TAGS: usize = BURST;

    /// Prepares the calling thread.
    fn enter(&self);

    /// Fills the room, which has [`ITEMS`](Self::ITEMS) places, with buffers that are tagged with
    /// the burst's number.
    fn load(&self, burst: u64, room: WriteChunkUninit<'_, Self::Item>);

    /// Frees a burst's buffers and returns the sum of their tags, which wraps, since what was not
    /// written is any number.
    fn unload(&self, burst: impl Iterator<Item = Self::Item>) -> u64;
}

/// Buffers that are got and freed one by one.
pub(super) struct Singles<C: 'static>(pub(super) &'static C);

impl<C: Contestant> Goods for Singles<C> {
    type Item = C::Buffer;

    fn enter(&self) {
        self.0.enter();
    }

    #[inline(always)]
    fn load(&self, burst: u64, room: WriteChunkUninit<'_, C::Buffer>) {
        room.fill_from_iter((0..BURST).map(|_| tagged(self.0.get(), burst)));
    }

    #[inline(always)]
    fn unload(&self, buffers: impl Iterator<Item = C::Buffer>) -> u64 {
        sum_of_tags(buffers)
    }
}

/// Buffers that are got and freed by bulk calls.
pub(super) struct Bulk<C: 'static>(pub(super) &'static C);

impl<C: Contestant> Goods for Bulk<C> {
    type Item = C::Buffer;

    fn enter(&self) {
        self.0.enter();
    }

    #[inline(always)]
    fn load(&self, burst: u64, room: WriteChunkUninit<'_, C::Buffer>) {
        let mut buffers = ArrayVec::<C::Buffer, BURST>::new_const();
        self.0
            .get_bulk::<BURST>(|buffer| buffers.push(tagged(buffer, burst)));
        room.fill_from_iter(buffers);
    }

    #[inline(always)]
    fn unload(&self, buffers: impl Iterator<Item = C::Buffer>) -> u64 {
        let mut sum = 0_u64;
        let read = buffers.map(|mut buffer| {
            sum = sum.wrapping_add(tag(&mut buffer));
            buffer
        });
        self.0.free_bulk::<BURST>(read);
        sum
    }
}

/// Writes a buffer as every one that is handed off is written.
#[inline(always)]
pub(crate) fn tagged<B: crate::Buffer>(mut buffer: B, tag: u64) -> B {
    touch::write_head(&mut buffer, tag);
    buffer
}

/// Drops buffers that are [`tagged`], and returns the sum of their tags.
#[inline(always)]
pub(crate) fn sum_of_tags(buffers: impl Iterator<Item = impl crate::Buffer>) -> u64 {
    let read = buffers.map(|mut buffer| tag(&mut buffer));
    read.fold(0, u64::wrapping_add)
}

#[inline(always)]
fn tag(buffer: &mut impl crate::Buffer) -> u64 {
    // SAFETY: `tagged` wrote the tag, before the buffer went into the ring.
    unsafe { touch::read_tag(buffer) }
}

/// Buffers of the 802.11 lengths in turn, got and freed one by one.
pub(super) struct Dot11<C: 'static>(pub(super) &'static C);

impl<C: VaryingContestant> Goods for Dot11<C> {
    type Item = C::Buffer;

    fn enter(&self) {
        self.0.enter();
    }

    #[inline(always)]
    fn load(&self, burst: u64, room: WriteChunkUninit<'_, C::Buffer>) {
        let start = burst as usize * BURST % LENGTHS;
        let lengths = &lengths()[start..start + BURST];
        room.fill_from_iter(lengths.iter().map(|&length| {
            let mut buffer = self.0.get(length.into());
            touch::write_start(&mut buffer, burst);
            buffer
        }));
    }

    #[inline(always)]
    fn unload(&self, buffers: impl Iterator<Item = C::Buffer>) -> u64 {
        let read = buffers.map(|mut buffer| {
            // SAFETY: `load` wrote the tag, before the buffer went into the ring.
            unsafe { touch::read_start(&mut buffer) }
        });
        read.fold(0, u64::wrapping_add)
    }
}
