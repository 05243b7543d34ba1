//! The raw boundary: buffers that go out as bare pointers and come back.
//!
//! A pointer alone, on any thread, is enough to find its buffer. The way there is the arithmetic of
//! the arena, the owner word of a chunk, or the registry of large buffers. The buffer's word in
//! `RawStates` says whether it may come back.

use super::Shared;
use crate::base::id::{BufferId, ChunkId};
use crate::base::raw::offset_of_view;
use crate::memory::chunks::{len_of, view_of};
use crate::shared::misuse::{BufferKind, Found, Misuse, MisuseKind};
use crate::sync::{AtomicU64, Ordering};
use crate::varlen::{Block, Claim, LargeId, Owner, SizeClass, SizeClasses};

/// The buffer that a pointer into the chunks names.
struct Named<'a> {
    class: &'a SizeClass,
    owner: Owner,
    id: BufferId,
    /// The distance of the pointer from the buffer's first byte.
    offset: usize,
}

impl Named<'_> {
    /// Returns the view of the buffer if it is out as a pointer. If the generations differ, the
    /// word speaks of another buffer, since the chunk has changed hands (#chunk-generation).
    fn view(&self, size_classes: &SizeClasses) -> Option<u64> {
        let view = size_classes.chunks().raw().view(self.id)?;
        (view == view_of(self.owner.generation, len_of(view))).then_some(view)
    }
}

impl Shared {
    /// Returns the word of a buffer of a size class, and the view by which its owner hands it out
    /// as a pointer.
    pub(crate) fn raw_of_class(class: &SizeClass, id: BufferId, len: usize) -> (&AtomicU64, u64) {
        let chunks = class.carver().chunks();
        let owner = chunks.owner(crate::varlen::chunk_of(id));
        (chunks.raw().word(id), view_of(owner.generation, len))
    }

    /// Makes the caller the owner of the frame that was handed out at `address`, and returns its id
    /// and its view.
    pub(crate) fn claim_frame(&self, address: usize) -> Result<(BufferId, u64), Misuse> {
        self.claim_frame_at(address)
            .map_err(|kind| self.misused(address, kind))
    }

    fn claim_frame_at(&self, address: usize) -> Result<(BufferId, u64), MisuseKind> {
        if address == 0 {
            return Err(MisuseKind::Null);
        }
        let Some((id, offset)) = self.arena().find(address) else {
            return Err(Self::other_or_foreign(self.find_var(address)));
        };
        let view = self.arena().raw_view(id).ok_or(MisuseKind::NotRaw)?;
        if offset != offset_of_view(view) {
            return Err(MisuseKind::Interior);
        }
        if !self.raw().take_back(id, view) {
            return Err(MisuseKind::NotRaw);
        }
        Ok((id, view))
    }

    /// Returns what is wrong with a pointer that names no buffer of the expected kind.
    #[cold]
    fn other_or_foreign<T>(of_other_kind: Option<T>) -> MisuseKind {
        match of_other_kind {
            Some(_) => MisuseKind::OtherKind,
            None => MisuseKind::Foreign,
        }
    }

    /// Makes the caller the owner of the variable-length buffer that was handed out at `address`.
    pub(crate) fn claim_var(&self, address: usize) -> Result<Claimed<'_>, Misuse> {
        self.claim_var_at(address)
            .map_err(|kind| self.misused(address, kind))
    }

    fn claim_var_at(&self, address: usize) -> Result<Claimed<'_>, MisuseKind> {
        if address == 0 {
            return Err(MisuseKind::Null);
        }
        if let Some((size_classes, chunk, offset)) = self.chunk_around(address) {
            return Self::claim_in_chunk(size_classes, chunk, offset);
        }
        let Some(large) = self.large() else {
            return Err(Self::other_or_foreign(self.arena().find(address)));
        };
        match large.claim(address) {
            Some(Claim::Taken(id)) => Ok(Claimed::Large(id)),
            Some(Claim::NotRaw) => Err(MisuseKind::NotRaw),
            None => Err(match large.around(address, |block| block.is_raw()) {
                Some(true) => MisuseKind::Interior,
                Some(false) => MisuseKind::NotRaw,
                None => Self::other_or_foreign(self.arena().find(address)),
            }),
        }
    }

    /// Returns the chunk that an address lies in, and the offset of the byte within it.
    fn chunk_around(&self, address: usize) -> Option<(&SizeClasses, ChunkId, usize)> {
        let size_classes = self.size_classes()?;
        let (chunk, offset) = size_classes.chunks().find(address)?;
        Some((size_classes, chunk, offset))
    }

    fn claim_in_chunk(
        size_classes: &SizeClasses,
        chunk: ChunkId,
        offset: usize,
    ) -> Result<Claimed<'_>, MisuseKind> {
        let named = Self::name(size_classes, chunk, offset).ok_or(MisuseKind::NotRaw)?;
        let view = named.view(size_classes).ok_or(MisuseKind::NotRaw)?;
        if named.offset != 0 {
            return Err(MisuseKind::Interior);
        }
        if !size_classes.chunks().raw().take_back(named.id, view) {
            return Err(MisuseKind::NotRaw);
        }
        Ok(Claimed::OfClass(named.class, named.id, len_of(view)))
    }

    /// Returns the buffer that a byte of a chunk belongs to. Returns `None` if the chunk is no
    /// class's, or if the byte lies behind its last buffer.
    fn name(size_classes: &SizeClasses, chunk: ChunkId, offset: usize) -> Option<Named<'_>> {
        let owner = size_classes.chunks().owner(chunk);
        let class = size_classes.class(owner.class?);
        let (id, offset) = class.carver().find(chunk, offset)?;
        Some(Named {
            class,
            owner,
            id,
            offset,
        })
    }

    /// Returns what the pool knows of an address.
    pub(crate) fn find(&self, address: usize) -> Option<Found> {
        match self.arena().find(address) {
            Some((id, _)) => Some(self.found_frame(id)),
            None => self.find_var(address),
        }
    }

    fn found_frame(&self, id: BufferId) -> Found {
        let arena = self.arena();
        let view = arena.raw_view(id);
        let offset = view.map_or(0, offset_of_view);
        Found {
            kind: BufferKind::Frame,
            // SAFETY: the id is one of this arena's, and a view's offset lies in the frame.
            start: unsafe { arena.byte(id, offset) },
            capacity: usize::from(arena.layout().room) - offset,
            is_raw: view.is_some(),
        }
    }

    fn find_var(&self, address: usize) -> Option<Found> {
        let found = |start, capacity, is_raw| Found {
            kind: BufferKind::VarBuf,
            start,
            capacity,
            is_raw,
        };
        let Some((size_classes, chunk, offset)) = self.chunk_around(address) else {
            let of_block = |block: &Block| found(block.start(), block.capacity(), block.is_raw());
            return self.large()?.around(address, of_block);
        };
        let named = Self::name(size_classes, chunk, offset)?;
        let place = named.class.place();
        // SAFETY: the chunk was the class's a moment ago, and holds the buffer. So the address lies
        // in the chunks' mapping, whoever has the chunk by now.
        let start = unsafe { place.start(named.id) };
        Some(found(
            start,
            place.stride(),
            named.view(size_classes).is_some(),
        ))
    }

    /// Counts a misuse, and does what the pool is to do on one.
    #[cold]
    fn misused(&self, address: usize, kind: MisuseKind) -> Misuse {
        // Relaxed: a statistic.
        self.misuses.fetch_add(1, Ordering::Relaxed);
        let misuse = Misuse { address, kind };
        self.on_misuse.report(&misuse);
        misuse
    }
}

/// A variable-length buffer that has come back, and is the caller's.
pub(crate) enum Claimed<'a> {
    OfClass(&'a SizeClass, BufferId, usize),
    Large(LargeId),
}
