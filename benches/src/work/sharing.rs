//! Sharing: one buffer and several references to it, of which the last frees it.
//!
//! ```text
//!   sharing-4            get ─► four references ─► all four dropped
//!   sharing-4-across     get ─► four references ─► two are dropped
//!                                        └─ two ─► ring ─► the other core reads and drops them
//!   sharing-44           get 64 KiB ─► 44 slices ─► all are dropped
//!   sharing-44-across    get 64 KiB ─► 44 slices ─► ring ─► the other core drops them
//! ```
//!
//! What is measured is who owns what. One byte of a buffer is written. Across cores eight are
//! written, and read through each reference. Of the slices only the first is read, since 44 lines
//! of payload would cost more than the slices do.

use std::hint::black_box;

use arrayvec::ArrayVec;
use rtrb::chunks::WriteChunkUninit;

use super::goods::{BURST, Goods};
use super::hand_off::HandOff;
use super::{Timed, Workload, time, touch};

mod check;

/// The number of references to a buffer.
pub const REFERENCES: usize = 4;
/// The number of references of a buffer that go to the other core.
const SENT: usize = 2;
/// The number of bytes of a buffer that is cut.
pub const MERGED: usize = 65_545;
/// The number of slices.
pub const SLICES: usize = 44;
/// The number of bytes of a slice.
pub const SLICE: usize = 1448;
const _: () = assert!(SLICES * SLICE <= MERGED);

/// A reference to a buffer or to a slice of one.
///
/// # Safety
///
/// - [`first`](Self::first) returns a pointer to [`length`](Self::length) bytes. Those that were
///   written may be read as long as the reference lives.
pub unsafe trait Reference: Send + 'static {
    /// Returns the first byte.
    fn first(&self) -> *const u8;

    /// Returns the number of bytes.
    fn length(&self) -> usize;
}

/// A source of buffers that have several references.
pub trait Sharer: Sync + 'static {
    /// Prepares the calling thread.
    fn enter(&self) {}

    /// Returns how many buffers are not free; `None` if nobody counts them.
    fn out(&self) -> Option<usize> {
        None
    }
}

/// A source of buffers of [`BYTES`](crate::BYTES).
pub trait Sharing: Sharer {
    /// A reference, which frees the buffer when it is dropped as the last one.
    type Reference: Reference;

    /// Gets a buffer, has it written through the pointer to its first byte, and returns references
    /// to all of it.
    fn share(&self, write: impl FnOnce(*mut u8)) -> [Self::Reference; REFERENCES];

    /// Gets a buffer, writes one byte, makes the references, and drops them.
    #[inline(always)]
    fn step(&self) {
        let references = self.share(write_byte);
        // References are kept somewhere, so they are in memory.
        black_box(&references);
    }
}

/// A source of buffers of [`MERGED`] bytes.
pub trait Slicing: Sharer {
    /// A slice, which frees the buffer when it is dropped as the last one.
    type Slice: Reference;

    /// Gets a buffer, has it written through the pointer to its first byte, and gives its slices to
    /// `sink`, each of [`SLICE`] bytes.
    fn cut(&self, write: impl FnOnce(*mut u8), sink: impl FnMut(Self::Slice));
}

/// Makes the workload of references on one thread.
///
/// # Panics
///
/// If the references are not what they should be.
#[must_use]
pub fn four<S: Sharing>(sharer: &'static S) -> Box<dyn Workload> {
    sharer.enter();
    check::four(sharer);
    four_unchecked(sharer)
}

/// Makes the workload of references on two cores.
///
/// # Panics
///
/// If the references are not what they should be.
#[must_use]
pub fn four_across<S: Sharing>(sharer: &'static S) -> Box<dyn Workload> {
    sharer.enter();
    check::four(sharer);
    four_across_unchecked(sharer)
}

/// Makes the workload of slices on one thread.
///
/// # Panics
///
/// If the slices are not what they should be.
#[must_use]
pub fn slices<S: Slicing>(sharer: &'static S) -> Box<dyn Workload> {
    sharer.enter();
    check::slices(sharer);
    slices_unchecked(sharer)
}

/// Makes the workload of slices on two cores.
///
/// # Panics
///
/// If the slices are not what they should be.
#[must_use]
pub fn slices_across<S: Slicing>(sharer: &'static S) -> Box<dyn Workload> {
    sharer.enter();
    check::slices(sharer);
    slices_across_unchecked(sharer)
}

// A floor has no buffers of its own to be checked.

pub(crate) fn four_unchecked<S: Sharing>(sharer: &'static S) -> Box<dyn Workload> {
    Home::of(sharer, Four(sharer))
}

pub(crate) fn four_across_unchecked<S: Sharing>(sharer: &'static S) -> Box<dyn Workload> {
    Home::of(sharer, HandOff::new(Two(sharer)))
}

pub(crate) fn slices_unchecked<S: Slicing>(sharer: &'static S) -> Box<dyn Workload> {
    Home::of(sharer, Cut(sharer))
}

pub(crate) fn slices_across_unchecked<S: Slicing>(sharer: &'static S) -> Box<dyn Workload> {
    Home::of(sharer, HandOff::new(Sliced(sharer)))
}

/// A workload at whose end all buffers are free.
struct Home<S: Sharer, W> {
    sharer: &'static S,
    workload: W,
}

impl<S: Sharer, W: Workload + 'static> Home<S, W> {
    fn of(sharer: &'static S, workload: W) -> Box<dyn Workload> {
        Box::new(Self { sharer, workload })
    }
}

impl<S: Sharer, W: Workload> Workload for Home<S, W> {
    fn run(&mut self, steps: u64) -> Timed {
        self.workload.run(steps)
    }
}

impl<S: Sharer, W> Drop for Home<S, W> {
    fn drop(&mut self) {
        assert_eq!(self.sharer.out().unwrap_or(0), 0, "all buffers are free");
    }
}

#[inline(always)]
fn write_byte(first: *mut u8) {
    // SAFETY: who shares or cuts a buffer gives the first of its bytes, which may be written.
    unsafe { touch::write_at(first, 1) };
}

#[inline(always)]
fn write_tag(first: *mut u8, tag: u64) {
    // SAFETY: as in `write_byte`, and a buffer has more than eight bytes.
    unsafe { touch::write_tag_at(first, tag) };
}

#[inline(always)]
fn read_tag(reference: &impl Reference) -> u64 {
    // SAFETY: the buffer's first bytes were written by `write_tag`, and the reference lives.
    unsafe { touch::read_tag_at(reference.first()) }
}

struct Four<S: 'static>(&'static S);

impl<S: Sharing> Workload for Four<S> {
    #[inline(never)]
    fn run(&mut self, steps: u64) -> Timed {
        time(steps, 1, || self.0.step())
    }
}

struct Cut<S: 'static>(&'static S);

impl<S: Slicing> Workload for Cut<S> {
    #[inline(never)]
    fn run(&mut self, steps: u64) -> Timed {
        time(steps, SLICES as u64, || {
            let mut slices = ArrayVec::<S::Slice, SLICES>::new_const();
            self.0.cut(write_byte, |slice| slices.push(slice));
            black_box(&slices);
        })
    }
}

/// The goods of the hand-off: two references of four, for each buffer of a burst.
struct Two<S: 'static>(&'static S);

impl<S: Sharing> Goods for Two<S> {
    type Item = S::Reference;

    const ITEMS: usize = SENT * BURST;
    const TAGS: usize = Self::ITEMS;

    fn enter(&self) {
        self.0.enter();
    }

    #[inline(always)]
    fn load(&self, burst: u64, room: WriteChunkUninit<'_, S::Reference>) {
        let mut sent = ArrayVec::<S::Reference, { SENT * BURST }>::new_const();
        for _ in 0..BURST {
            let references = self.0.share(|first| write_tag(first, burst));
            black_box(&references);
            let [one, other, stays, too] = references;
            sent.push(one);
            sent.push(other);
            drop((stays, too));
        }
        room.fill_from_iter(sent);
    }

    #[inline(always)]
    fn unload(&self, references: impl Iterator<Item = S::Reference>) -> u64 {
        let read = references.map(|reference| read_tag(&reference));
        read.fold(0, u64::wrapping_add)
    }
}

/// The goods of the hand-off: all slices of a buffer.
struct Sliced<S: 'static>(&'static S);

impl<S: Slicing> Goods for Sliced<S> {
    type Item = S::Slice;

    const ITEMS: usize = SLICES;
    const STEPS: usize = SLICES;
    const TAGS: usize = SLICES;

    fn enter(&self) {
        self.0.enter();
    }

    #[inline(always)]
    fn load(&self, burst: u64, room: WriteChunkUninit<'_, S::Slice>) {
        let mut slices = ArrayVec::<S::Slice, SLICES>::new_const();
        let write = |first| write_tag(first, burst);
        self.0.cut(write, |slice| slices.push(slice));
        room.fill_from_iter(slices);
    }

    #[inline(always)]
    fn unload(&self, slices: impl Iterator<Item = S::Slice>) -> u64 {
        let (mut tag, mut sum) = (None, 0_u64);
        for slice in slices {
            // A slice counts if it has its length.
            let tag = *tag.get_or_insert_with(|| read_tag(&slice));
            sum = sum.wrapping_add(tag * u64::from(slice.length() == SLICE));
        }
        sum
    }
}
