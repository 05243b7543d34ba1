//! The memory that the size classes are cut from, in chunks that they take on demand and give back.
//!
//! ```text
//!   │guard│ chunk 0 │ chunk 1 │ …   1 MiB each   … │  never taken yet  │guard│
//!             │         └ owner: generation, class 7     fresh ▲
//!             └ owner: generation, none; its number is in `free`
//!
//!   an id:  │ chunk │ number of the buffer within it: 14 bits │
//! ```
//!
//! Invariants
//!
//! - #whole-chunk: A chunk is in `free`, fresh, in the hands of one call, or one class's. It is
//!   given back, or passed on to another class, by a call that has all its buffers in hand. So
//!   nobody else has one of its buffers, nor an id of one.
//! - #chunk-generation: Only the call that has a chunk in hand writes its owner word. Each taking
//!   adds one to the generation. So a note that was made under an older generation (in the raw
//!   states) says nothing about today's buffers.
//! - #stale-chunk-link: The link words of all classes' ids lie in one table, and an id is in at
//!   most one list at a time (#single-owner). A call that follows the stale link of an id which has
//!   gone to another class reads a number below `ids`, and its compare-and-swap fails.
//! - #chunk-committed: The bytes of a chunk and the words of its ids are committed when it is
//!   taken, before its owner word says so. A chunk that is given back may lose its bytes
//!   (`discard`). Its words stay committed for those who follow stale links (#stale-chunk-link).
//!
//! Edges: #stack-publish of `free` publishes to the taker of a chunk what the giver did with it
//! (#chunk-handover).

use std::ptr::NonNull;

use crossbeam_utils::CachePadded;

use super::chunk_lists::ChunkLists;
use crate::base::id::{BufferId, ChunkId, ClassId};
use crate::base::limits::{CHUNK, CHUNK_BITS, PART_BITS};
use crate::base::part::Part;
use crate::base::raw::ChunkStates;
use crate::base::stack::{Links, Stack};
use crate::base::transit::Transit;
use crate::memory::back::CarveError;
use crate::memory::reservation::Reservation;
use crate::sync::{AtomicU32, AtomicU64, Ordering, Table, Tracks};
use crate::sys::{HugePages, Mapping, PageKind, Refused};

pub(crate) struct Chunks {
    base: NonNull<u8>,
    count: u32,
    free: CachePadded<Stack>,
    free_links: Links,
    /// Chunks from this number up were never taken.
    fresh: CachePadded<AtomicU32>,
    owners: Table<AtomicU64>,
    chunk_lists: ChunkLists,
    transit: CachePadded<Transit>,
    memory: Reservation<AtomicU64>,
    pages: PageKind,
}

// SAFETY: the chunks own their mapping, which is not bound to a thread.
unsafe impl Send for Chunks {}
// SAFETY: shared access yields addresses alone; #single-owner says who may use the bytes behind
// them. All else is atomic.
unsafe impl Sync for Chunks {}

/// The class that a chunk belongs to, and the number of takings of the chunk so far.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Owner {
    pub(crate) generation: u64,
    pub(crate) class: Option<ClassId>,
}

impl Owner {
    fn from_word(word: u64) -> Self {
        let class = (word & 0xff) as u8;
        Self {
            generation: word >> 8,
            class: class.checked_sub(1).map(ClassId),
        }
    }

    fn word(self) -> u64 {
        self.generation << 8 | self.class.map_or(0, |class| u64::from(class.0) + 1)
    }
}

impl Chunks {
    /// Reserves `count` chunks.
    pub(crate) fn new(count: u32, requested: HugePages) -> Result<Self, Refused> {
        let bytes = count as usize * CHUNK;
        let ids = Self::ids_of(count);
        let (mapping, pages) =
            Mapping::huge(bytes, requested).map_err(Refused::on(requested, bytes))?;
        let words = Refused::of(Links::bytes_for(ids));
        Ok(Self {
            base: mapping.base(),
            count,
            free: CachePadded::new(Stack::new(count)),
            free_links: Links::whole(count).map_err(&words)?,
            fresh: CachePadded::new(AtomicU32::new(0)),
            owners: Table::zeroed(count as usize).map_err(&words)?,
            memory: {
                let links = Links::new(ids).map_err(&words)?;
                let raw = ChunkStates::new(ids).map_err(&words)?;
                Reservation::new(mapping, links, raw, ids)
            },
            pages,
            chunk_lists: ChunkLists::new(count, ids),
            transit: CachePadded::new(Transit::new()),
        })
    }

    fn ids_of(count: u32) -> u32 {
        count << CHUNK_BITS
    }

    /// Returns a number that all ids are below.
    pub(crate) fn ids(&self) -> u32 {
        Self::ids_of(self.count)
    }

    pub(crate) fn base(&self) -> NonNull<u8> {
        self.base
    }

    pub(crate) fn bytes(&self) -> usize {
        self.count as usize * CHUNK
    }

    pub(crate) fn count(&self) -> u32 {
        self.count
    }

    pub(crate) fn pages(&self) -> PageKind {
        self.pages
    }

    pub(crate) fn links(&self) -> &Links {
        self.memory.links()
    }

    /// Returns the chunk lists, where buffers are chunk by chunk.
    pub(crate) fn chunk_lists(&self) -> &ChunkLists {
        &self.chunk_lists
    }

    /// Returns the account of what is on its way between the classes.
    pub(crate) fn transit(&self) -> &Transit {
        &self.transit
    }

    pub(crate) fn raw(&self) -> &ChunkStates {
        self.memory.raw()
    }

    pub(crate) fn tracks(&self) -> &Tracks {
        self.memory.tracks()
    }

    /// Takes a chunk for a class, which cuts it into `buffers` buffers. The chunk is in the
    /// caller's hands.
    pub(crate) fn take(&self, class: ClassId, buffers: u32) -> Result<ChunkId, CarveError> {
        let chunk = match self.free.pop(&self.free_links) {
            Some(chunk) => self.take_free(ChunkId(chunk), buffers)?,
            None => self.take_fresh(buffers)?,
        };
        debug_assert_eq!(self.owner(chunk).class, None);
        self.own_anew(chunk, class);
        Ok(chunk)
    }

    /// Makes a chunk that the caller has in hand as a whole (#whole-chunk) another class's, which
    /// cuts it into `buffers` buffers. The chunk stays in the caller's hands. Its bytes are
    /// committed already.
    ///
    /// *Errors*: the system refuses memory for the words; the chunk is as it was.
    pub(crate) fn pass_on(
        &self,
        chunk: ChunkId,
        class: ClassId,
        buffers: u32,
    ) -> Result<(), CarveError> {
        self.commit_words(chunk, buffers)?;
        self.own_anew(chunk, class);
        Ok(())
    }

    fn own_anew(&self, chunk: ChunkId, class: ClassId) {
        let generation = self.owner(chunk).generation + 1;
        self.own(
            chunk,
            Owner {
                generation,
                class: Some(class),
            },
        );
    }

    /// Commits a chunk that was popped off `free`, or puts it back if the system refuses the
    /// memory.
    #[inline]
    fn take_free(&self, chunk: ChunkId, buffers: u32) -> Result<ChunkId, CarveError> {
        let committed = self.commit(chunk, buffers);
        if committed.is_err() {
            self.put_free(chunk);
        }
        committed.map(|()| chunk)
    }

    fn take_fresh(&self, buffers: u32) -> Result<ChunkId, CarveError> {
        // Relaxed, here and on failure: a chunk that was never taken needs no edge.
        let mut fresh = self.fresh.load(Ordering::Relaxed);
        while fresh < self.count {
            // This comes before the chunk is this call's, so that a refused call has none to give
            // back (#carved-in-order).
            self.commit(ChunkId(fresh), buffers)?;
            // Release (#scan-sees-carve): pairs with the Acquire in `takes_if_exhausted`, as for
            // carving frames.
            match self.fresh.compare_exchange_weak(
                fresh,
                fresh + 1,
                Ordering::Release,
                Ordering::Relaxed,
            ) {
                Ok(_) => return Ok(ChunkId(fresh)),
                Err(now) => fresh = now,
            }
        }
        Err(CarveError::Exhausted)
    }

    /// Makes a chunk usable, and the words of its first `buffers` ids (#chunk-committed).
    #[inline]
    fn commit(&self, chunk: ChunkId, buffers: u32) -> Result<(), CarveError> {
        // The bytes come last. If the words were refused after them, the process would be charged
        // for all bytes of a chunk that is nobody's.
        self.commit_words(chunk, buffers)?;
        self.memory
            .commit_bytes(chunk.index() * CHUNK, CHUNK)
            .map_err(|refusal| CarveError::refused(CHUNK, &refusal))
    }

    #[inline]
    fn commit_words(&self, chunk: ChunkId, buffers: u32) -> Result<(), CarveError> {
        let first = id(chunk, 0).0;
        self.memory
            .commit_words(first, first + buffers)
            .map_err(|refusal| CarveError::refused(CHUNK, &refusal))
    }

    /// Gives back a chunk that the caller has in hand as a whole (#whole-chunk).
    pub(crate) fn give_back(&self, chunk: ChunkId) {
        let generation = self.owner(chunk).generation;
        self.own(
            chunk,
            Owner {
                generation,
                class: None,
            },
        );
        self.put_free(chunk);
        self.transit.arrived();
    }

    /// Gives back a chunk of which nobody has had a buffer since it was taken.
    pub(crate) fn give_back_untouched(&self, chunk: ChunkId) {
        self.memory
            .mapping()
            .decommit_untouched(chunk.index() * CHUNK, CHUNK);
        self.give_back(chunk);
    }

    fn put_free(&self, chunk: ChunkId) {
        // `free` has no limit and is never closed, so this cannot be refused.
        let answer = self.free.push(&self.free_links, chunk.0, 1, u32::MAX);
        debug_assert_eq!(answer, Ok(()));
    }

    fn own(&self, chunk: ChunkId, owner: Owner) {
        // Release: pairs with the Acquire in `owner`. The lookup of a pointer that this owner hands
        // out sees this owner.
        self.owners[chunk.index()].store(owner.word(), Ordering::Release);
    }

    /// Returns the class that a chunk belongs to. The answer is stale as soon as it is read, unless
    /// the caller has an id of the chunk.
    pub(crate) fn owner(&self, chunk: ChunkId) -> Owner {
        // Acquire: pairs with the Release in `own`.
        Owner::from_word(self.owners[chunk.index()].load(Ordering::Acquire))
    }

    /// Returns `None` if there is a chunk to take. Otherwise returns a number that differs between
    /// any two moments between which a chunk was taken.
    pub(crate) fn takes_if_exhausted(&self) -> Option<u64> {
        let takings = self.free.pops_if_empty()?;
        // Acquire: pairs with #scan-sees-carve in `take_fresh`.
        (self.fresh.load(Ordering::Acquire) == self.count).then_some(takings)
    }

    /// Returns how many chunks belong to classes or are in the hands of a call.
    pub(crate) fn taken(&self) -> usize {
        // Relaxed: a statistic.
        let fresh = self.fresh.load(Ordering::Relaxed);
        (fresh - self.free.weight(&self.free_links).min(fresh)) as usize
    }

    /// Gives the memory of a chunk that the caller has in hand back to the system. Returns `false`
    /// if the system keeps it. Explicit huge pages are always kept, because their reservation would
    /// go with them.
    pub(crate) fn discard(&self, chunk: ChunkId) -> bool {
        self.pages != PageKind::Explicit
            && self.memory.mapping().discard(chunk.index() * CHUNK, CHUNK)
    }

    /// Returns the chunk that an address lies in, and the offset of the address within it.
    pub(crate) fn find(&self, address: usize) -> Option<(ChunkId, usize)> {
        let offset = address.wrapping_sub(self.base.as_ptr().addr());
        let chunk = ChunkId(u32::try_from(offset / CHUNK).ok()?);
        (chunk.0 < self.count).then_some((chunk, offset % CHUNK))
    }

    /// Returns the bytes that the tables about `count` chunks reserve.
    pub(crate) fn bytes_for(count: u32) -> usize {
        let ids = Self::ids_of(count);
        Links::bytes_for(ids)
            + ChunkStates::bytes_for(ids)
            + 2 * Links::bytes_for(count)
            + ChunkLists::bytes_for(count)
    }
}

/// Returns the id of a buffer.
#[inline(always)]
pub(crate) fn id(chunk: ChunkId, number: u32) -> BufferId {
    BufferId(chunk.0 << CHUNK_BITS | number)
}

/// Returns the chunk that an id's buffer lies in.
#[inline(always)]
pub(crate) fn chunk_of(id: BufferId) -> ChunkId {
    ChunkId(id.0 >> CHUNK_BITS)
}

/// Returns the view under which a buffer is out as a pointer: its chunk's generation, and the part
/// that holds data.
pub(crate) fn view_of(generation: u64, part: Part) -> u64 {
    let (offset, len) = (part.offset as u64, part.len as u64);
    // The view holds 25 bits of the generation, which come round after 2^25 takings of one chunk.
    // Bit 63 stays clear (#view-fits-word).
    (generation << (2 * PART_BITS) | offset << PART_BITS | len) & !(1 << 63)
}

/// Returns the part of a buffer that is out as a pointer under this view.
pub(crate) fn part_of(view: u64) -> Part {
    let below = (1 << PART_BITS) - 1;
    Part {
        offset: (view >> PART_BITS & below) as usize,
        len: (view & below) as usize,
    }
}

/// Returns the number of an id's buffer within its chunk.
#[inline(always)]
pub(crate) fn number_of(id: BufferId) -> u32 {
    id.0 & ((1 << CHUNK_BITS) - 1)
}
