//! The back of a size class: chunks that are cut into buffers of the class's stride.
//!
//! ```text
//!   cursor │ chunk │ next │      the buffers of the chunk from `next` up were never carved
//!                                since the class took the chunk
//! ```
//!
//! One word holds the whole cursor. A call that moves it from {chunk, n} to {chunk, m} has the
//! buffers n to m in hand, whether or not the chunk went away and came back meanwhile. A chunk that
//! is used up stays in the word and means nothing there.
//!
//! Ids of the class that are in chunk lists (`in_chunk_lists.rs`) are carved before those behind
//! the cursor.

mod in_chunk_lists;

use std::ptr::NonNull;
use std::sync::Arc;

use super::chunks::{self, Chunks};
use crate::base::batch::Batch;
use crate::base::id::{BufferId, ChunkId, ClassId};
use crate::base::limits::{CHUNK, CHUNK_BITS};
use crate::base::stack::Links;
use crate::memory::back::{Back, CarveError};
use crate::sync::{AtomicU32, AtomicU64, Ordering};
use crate::sys::prefetch_to_write;

pub(crate) struct Carver {
    place: Place,
    per_chunk: u32,
    class: ClassId,
    cursor: AtomicU64,
    carved: AtomicU32,
    /// How many ids lie in chunk lists. It includes those that are just put there or taken off.
    in_chunk_lists: AtomicU32,
    /// How many calls are taking chunks back from the class.
    reclaimers: AtomicU32,
    chunks: Arc<Chunks>,
}

// SAFETY: the chunks' memory that this names lives as long as this, which holds the chunks, and is
// not bound to a thread.
unsafe impl Send for Carver {}
// SAFETY: shared access yields addresses alone; #single-owner says who may use the bytes behind
// them. All else is atomic.
unsafe impl Sync for Carver {}

/// Where the buffers of a class lie. The hot path keeps a copy of it.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    /// The first byte of all chunks.
    base: NonNull<u8>,
    stride: u32,
}

impl Place {
    #[inline(always)]
    pub(crate) fn stride(self) -> usize {
        self.stride as usize
    }

    /// Returns the first byte of a buffer.
    ///
    /// # Safety
    ///
    /// - The id is one of the class's: it was carved, and its chunk was not given back since.
    #[inline(always)]
    pub(crate) unsafe fn start(self, id: BufferId) -> NonNull<u8> {
        let chunk = chunks::chunk_of(id).index() * CHUNK;
        let within = chunks::number_of(id) as usize * self.stride();
        // SAFETY: the chunk is one of the mapping's, and holds the buffer (`per_chunk`); the
        // mapping lives as long as the class.
        unsafe { self.base.add(chunk + within) }
    }
}

/// What the cursor has left to carve.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Remainder {
    pub(crate) chunk: ChunkId,
    pub(crate) next: u32,
}

/// The word of a cursor without a chunk.
const NONE: u64 = u64::MAX;

impl Remainder {
    fn word(self) -> u64 {
        u64::from(self.chunk.0) << 32 | u64::from(self.next)
    }
}

impl Carver {
    pub(crate) fn new(chunks: Arc<Chunks>, class: ClassId, stride: u32) -> Self {
        Self {
            place: Place {
                base: chunks.base(),
                stride,
            },
            per_chunk: Self::per_chunk_of(stride),
            class,
            cursor: AtomicU64::new(NONE),
            carved: AtomicU32::new(0),
            in_chunk_lists: AtomicU32::new(0),
            reclaimers: AtomicU32::new(0),
            chunks,
        }
    }

    /// Returns how many buffers of a stride a chunk holds. An id has room for as many numbers as
    /// the smallest stride needs.
    pub(crate) fn per_chunk_of(stride: u32) -> u32 {
        (CHUNK as u32 / stride).min(1 << CHUNK_BITS)
    }

    #[inline(always)]
    pub(crate) fn stride(&self) -> usize {
        self.place.stride as usize
    }

    pub(crate) fn per_chunk(&self) -> u32 {
        self.per_chunk
    }

    /// Returns the buffer that the byte at `offset` of a chunk belongs to, and the offset within
    /// the buffer. Returns `None` behind the chunk's last buffer. The chunk is one of the class's.
    pub(crate) fn find(&self, chunk: ChunkId, offset: usize) -> Option<(BufferId, usize)> {
        let number = (offset / self.stride()) as u32;
        (number < self.per_chunk).then(|| (chunks::id(chunk, number), offset % self.stride()))
    }

    /// Returns what the cursor has left to carve. The answer is stale as soon as it is read.
    pub(crate) fn peek_remainder(&self) -> Option<Remainder> {
        // Relaxed: a hint.
        self.remainder(self.cursor.load(Ordering::Relaxed))
    }

    pub(crate) fn chunks(&self) -> &Chunks {
        &self.chunks
    }

    /// Returns where the buffers lie.
    pub(crate) fn place(&self) -> Place {
        self.place
    }

    /// Returns the first byte of a buffer.
    ///
    /// # Safety
    ///
    /// - As for [`Place::start`].
    unsafe fn start(&self, id: BufferId) -> NonNull<u8> {
        // SAFETY: the function's bullet.
        unsafe { self.place.start(id) }
    }

    fn remainder(&self, word: u64) -> Option<Remainder> {
        let remainder = Remainder {
            chunk: ChunkId((word >> 32) as u32),
            next: word as u32,
        };
        (word != NONE && remainder.next < self.per_chunk).then_some(remainder)
    }

    /// Moves the cursor from one word to another; `false` if the cursor has another word.
    fn advance(&self, from: u64, to: u64) -> bool {
        // Release (#scan-sees-carve): a scan that reads "used up" reads no older word of a place
        // that the carver pushed to before; see `class::exhaustion`. Acquire: pairs with the
        // Release of the call that put the chunk here, so that what was done with its bytes before
        // comes first (#chunk-handover). Relaxed on failure: nothing is concluded.
        self.cursor
            .compare_exchange(from, to, Ordering::AcqRel, Ordering::Relaxed)
            .is_ok()
    }

    fn note_carved(&self, chunk: ChunkId, from: u32, to: u32, batch: &mut Batch) {
        for number in from..to {
            batch.push(chunks::id(chunk, number));
        }
        // Relaxed: the number is read when no call is in progress, or as a statistic.
        self.carved.fetch_add(to - from, Ordering::Relaxed);
    }

    /// Takes what the cursor has left off it, for the caller alone.
    pub(crate) fn take_remainder(&self) -> Option<Remainder> {
        // AcqRel: pairs with `advance`: what was done with the chunk comes before what the caller
        // does with it.
        let word = self.cursor.swap(NONE, Ordering::AcqRel);
        self.remainder(word)
    }

    /// Returns to the cursor what `take_remainder` took. Returns `false` if the cursor names
    /// another chunk by now.
    pub(crate) fn restore_remainder(&self, remainder: Remainder) -> bool {
        let left = self.advance(NONE, remainder.word());
        self.chunks.transit().arrived();
        left
    }

    /// Notes that `ids` of the carved ids are no longer the class's.
    pub(crate) fn uncarve(&self, ids: u32) {
        // Relaxed: as in `note_carved`.
        self.carved.fetch_sub(ids, Ordering::Relaxed);
    }

    /// Returns the number of calls that take chunks back from the class. Those calls count
    /// themselves.
    pub(crate) fn reclaimers(&self) -> &AtomicU32 {
        &self.reclaimers
    }

    fn is_own(&self, chunk: ChunkId) -> bool {
        self.chunks.owner(chunk).class == Some(self.class)
    }

    /// Makes a chunk of another class, which is in the caller's hands, this class's, and carves an
    /// id off it for the caller. Returns `None` if the chunk stays in the caller's hands: the
    /// system refuses memory for the words, or the class has something to carve by now.
    pub(crate) fn adopt(&self, chunk: ChunkId) -> Option<BufferId> {
        // Relaxed: see `advance`.
        let seen = self.cursor.load(Ordering::Relaxed);
        if self.remainder(seen).is_some() {
            return None;
        }
        self.chunks
            .pass_on(chunk, self.class, self.per_chunk)
            .ok()?;
        if !self.advance(seen, Remainder { chunk, next: 1 }.word()) {
            return None;
        }
        // Relaxed: as in `note_carved`.
        self.carved.fetch_add(1, Ordering::Relaxed);
        self.chunks.transit().arrived();
        Some(chunks::id(chunk, 0))
    }

    pub(crate) fn carve_remainder(&self, remainder: Remainder) -> impl Iterator<Item = BufferId> {
        // Relaxed: as in `note_carved`.
        self.carved
            .fetch_add(self.per_chunk - remainder.next, Ordering::Relaxed);
        (remainder.next..self.per_chunk).map(move |number| chunks::id(remainder.chunk, number))
    }
}

impl Back for Carver {
    fn carve(&self, most: usize, batch: &mut Batch) -> Result<(), CarveError> {
        if self.pop_from_chunk(most, batch) {
            return Ok(());
        }
        let most = most.min(batch.room()).min(self.per_chunk as usize) as u32;
        loop {
            // Relaxed: see `advance`.
            let seen = self.cursor.load(Ordering::Relaxed);
            if let Some(Remainder { chunk, next }) = self.remainder(seen) {
                let end = next.saturating_add(most).min(self.per_chunk);
                if self.advance(seen, Remainder { chunk, next: end }.word()) {
                    self.note_carved(chunk, next, end, batch);
                    return Ok(());
                }
                continue;
            }
            // A call that finds no chunk does not count as under way, because others would wait for
            // it.
            if self.chunks.takes_if_exhausted().is_some() {
                return Err(CarveError::Exhausted);
            }
            let _in_transit = self.chunks.transit().begin();
            let chunk = self.chunks.take(self.class, self.per_chunk)?;
            if self.advance(seen, Remainder { chunk, next: most }.word()) {
                self.note_carved(chunk, 0, most, batch);
                self.chunks.transit().arrived();
                return Ok(());
            }
            // Another call was faster. Nobody has had an id of this chunk.
            self.chunks.give_back_untouched(chunk);
        }
    }

    fn carved(&self) -> u32 {
        // Relaxed: see `note_carved`.
        self.carved.load(Ordering::Relaxed)
    }

    fn carves_if_exhausted(&self, refused: bool) -> Option<u64> {
        // The cursor comes last, because no number shows that something was put on it and carved
        // again. So all places that the scan has read before were empty at the moment when this one
        // was, or they show it in the second round.
        let takings = match refused {
            false => self.chunks.takes_if_exhausted()?,
            // For a call that was refused a chunk's memory there is no chunk, whatever other calls
            // take.
            true => 0,
        };
        let pops = (self.chunks.chunk_lists()).pops_if_empty(|chunk| self.is_own(chunk))?;
        // Acquire: pairs with #scan-sees-carve in `advance`.
        match self.remainder(self.cursor.load(Ordering::Acquire)) {
            Some(_) => None,
            None => Some(takings.wrapping_add(pops)),
        }
    }

    fn free_count(&self) -> u32 {
        // Relaxed: see `note_carved`.
        self.in_chunk_lists.load(Ordering::Relaxed)
    }

    #[inline(always)]
    fn links(&self) -> &Links {
        self.chunks.links()
    }

    #[inline(always)]
    fn loom_write(&self, id: BufferId) {
        self.chunks.tracks().write(id.0);
    }

    #[inline(always)]
    unsafe fn prefetch(&self, id: BufferId) {
        // SAFETY: the caller owns the id, so it is one of this class's.
        prefetch_to_write(unsafe { self.start(id) });
    }

    unsafe fn zero(&self, id: BufferId) {
        self.loom_write(id);
        // SAFETY: the caller owns the id, so it is one of this class's.
        let start = unsafe { self.start(id) };
        // SAFETY: the buffer's bytes lie in the mapping and are the caller's alone (the function's
        // bullet).
        unsafe { start.write_bytes(0, self.stride()) };
    }
}
