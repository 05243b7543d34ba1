//! The raw boundary: buffers that go out as bare pointers and come back.
//!
//! A pointer alone, on any thread, is enough to find its buffer. The way there is the arithmetic of
//! the arena, the owner word of a chunk, or the registry of large buffers. The buffer's word in
//! `RawStates` says whether it may come back.

use std::ptr::NonNull;

use super::Engine;
use crate::base::id::{BufferId, ChunkId};
use crate::base::part::Part;
use crate::base::raw::{Whereabouts, offset_of_view};
use crate::engine::misuse::{BufferKind, Found, Misuse, MisuseKind};
use crate::memory::chunks::{part_of, view_of};
use crate::sync::{AtomicU64, Ordering};
use crate::varlen::{Block, LargeId, NotOut, Owner, SizeClass, SizeClasses};

/// The buffer that a pointer into the chunks names.
pub(super) struct Named<'a> {
    pub(super) class: &'a SizeClass,
    owner: Owner,
    pub(super) id: BufferId,
    /// The distance of the pointer from the buffer's first byte.
    pub(super) offset: usize,
}

impl Named<'_> {
    /// Returns where the buffer is. If the generations differ, the word speaks of another buffer,
    /// since the chunk has changed hands (#chunk-generation).
    fn whereabouts(&self, size_classes: &SizeClasses) -> Whereabouts {
        match size_classes.chunks().raw().whereabouts(self.id) {
            Whereabouts::Raw(view) if view != view_of(self.owner.generation, part_of(view)) => {
                Whereabouts::InPool
            }
            whereabouts => whereabouts,
        }
    }

    /// Returns whether a pointer was made of a shared reference to the buffer.
    fn is_shared_out(&self, size_classes: &SizeClasses) -> bool {
        // A chunk that has changed hands has nothing shared, and so no such note.
        size_classes.chunks().raw().count(self.id).is_named()
    }

    /// Returns whether the chunk is the class's as it was when the buffer was named, and was not
    /// taken anew meanwhile (#chunk-generation).
    pub(super) fn is_current(&self, size_classes: &SizeClasses) -> bool {
        let chunk = crate::varlen::chunk_of(self.id);
        size_classes.chunks().owner(chunk) == self.owner
    }
}

impl Engine {
    /// Returns the word of a buffer of a size class, and the view by which its owner hands it out
    /// as a pointer.
    pub(crate) fn raw_of_class(class: &SizeClass, id: BufferId, part: Part) -> (&AtomicU64, u64) {
        let chunks = class.carver().chunks();
        let owner = chunks.owner(crate::varlen::chunk_of(id));
        (chunks.raw().word(id), view_of(owner.generation, part))
    }

    /// Makes the caller the owner of the frame that was handed out at `address`, and returns its id
    /// and its view.
    pub(crate) fn claim_frame(&self, address: usize) -> Result<(BufferId, u64), Misuse> {
        self.claim_frame_at(address)
            .map_err(|kind| self.misused(address, kind))
    }

    fn claim_frame_at(&self, address: usize) -> Result<(BufferId, u64), MisuseKind> {
        let (id, view) = self.frame_out_at(address)?;
        if !self.raw().take_back(id, view) {
            return Err(MisuseKind::NotRaw);
        }
        Ok((id, view))
    }

    /// Returns the frame that is out as a pointer to `address`, and its view, as they are now.
    pub(super) fn frame_out_at(&self, address: usize) -> Result<(BufferId, u64), MisuseKind> {
        let (id, offset) = self.frame_around(address)?;
        let whereabouts = self.arena().whereabouts(id);
        let view = raw_view(whereabouts).map_err(|kind| match kind {
            MisuseKind::NotRaw if self.arena().is_named(id) => MisuseKind::Shared,
            kind => kind,
        })?;
        if offset != offset_of_view(view) {
            return Err(MisuseKind::Interior);
        }
        Ok((id, view))
    }

    /// Returns the frame of which `len` bytes from `address` are out as a pointer of a shared
    /// reference, and the offset of the first byte.
    pub(crate) fn shared_frame(
        &self,
        address: usize,
        len: usize,
    ) -> Result<(BufferId, usize), Misuse> {
        self.shared_frame_at(address, len)
            .map_err(|kind| self.misused(address, kind))
    }

    fn shared_frame_at(&self, address: usize, len: usize) -> Result<(BufferId, usize), MisuseKind> {
        let (id, offset) = self.frame_around(address)?;
        if !self.arena().is_named(id) {
            return Err(MisuseKind::NotShared);
        }
        let part = Part { offset, len };
        ends_within(part, self.arena().layout().room.into())?;
        Ok((id, offset))
    }

    /// Returns the frame that an address lies in, and the offset of the byte within it.
    pub(super) fn frame_around(&self, address: usize) -> Result<(BufferId, usize), MisuseKind> {
        if address == 0 {
            return Err(MisuseKind::Null);
        }
        let found = self.arena().find(address);
        found.ok_or_else(|| Self::other_or_foreign(self.find_var(address)))
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
            let (named, view) = Self::buffer_out_in_chunk(size_classes, chunk, offset)?;
            if !size_classes.chunks().raw().take_back(named.id, view) {
                return Err(MisuseKind::NotRaw);
            }
            return Ok(Claimed::OfClass(named.class, named.id, part_of(view)));
        }
        match self.large().and_then(|large| large.claim(address)) {
            Some(Ok((id, part))) => Ok(Claimed::Large(id, part)),
            Some(Err(not_out)) => Err(large_not_raw(&not_out)),
            None => Err(self.no_var_at(address)),
        }
    }

    /// Returns the variable-length buffer of which `len` bytes from `address` are out as a pointer
    /// of a shared reference, and that part of it.
    pub(crate) fn shared_var(&self, address: usize, len: usize) -> Result<Claimed<'_>, Misuse> {
        self.shared_var_at(address, len)
            .map_err(|kind| self.misused(address, kind))
    }

    fn shared_var_at(&self, address: usize, len: usize) -> Result<Claimed<'_>, MisuseKind> {
        if address == 0 {
            return Err(MisuseKind::Null);
        }
        let Some((size_classes, chunk, offset)) = self.chunk_around(address) else {
            return self.shared_large_at(address, len);
        };
        let named = Self::name(size_classes, chunk, offset).ok_or(MisuseKind::NotShared)?;
        if !named.is_shared_out(size_classes) {
            return Err(MisuseKind::NotShared);
        }
        let part = Part {
            offset: named.offset,
            len,
        };
        ends_within(part, named.class.place().stride())?;
        Ok(Claimed::OfClass(named.class, named.id, part))
    }

    fn shared_large_at(&self, address: usize, len: usize) -> Result<Claimed<'_>, MisuseKind> {
        let see = |id, block: &Block, offset| {
            if !block.count().is_named() {
                return Err(MisuseKind::NotShared);
            }
            let part = Part { offset, len };
            ends_within(part, block.capacity())?;
            Ok(Claimed::Large(id, part))
        };
        let seen = self.large().and_then(|large| large.around(address, see));
        seen.unwrap_or_else(|| Err(self.no_var_at(address)))
    }

    /// Returns what is wrong with an address that lies in no variable-length buffer.
    #[cold]
    pub(super) fn no_var_at(&self, address: usize) -> MisuseKind {
        Self::other_or_foreign(self.arena().find(address))
    }

    /// Returns the chunk that an address lies in, and the offset of the byte within it.
    pub(super) fn chunk_around(&self, address: usize) -> Option<(&SizeClasses, ChunkId, usize)> {
        let size_classes = self.size_classes()?;
        let (chunk, offset) = size_classes.chunks().find(address)?;
        Some((size_classes, chunk, offset))
    }

    /// Returns the buffer that is out as a pointer to this byte of a chunk, and its view, as they
    /// are now.
    pub(super) fn buffer_out_in_chunk(
        size_classes: &SizeClasses,
        chunk: ChunkId,
        offset: usize,
    ) -> Result<(Named<'_>, u64), MisuseKind> {
        let named = Self::name(size_classes, chunk, offset).ok_or(MisuseKind::NotRaw)?;
        let view = raw_view(named.whereabouts(size_classes)).map_err(|kind| match kind {
            MisuseKind::NotRaw if named.is_shared_out(size_classes) => MisuseKind::Shared,
            kind => kind,
        })?;
        if named.offset != part_of(view).offset {
            return Err(MisuseKind::Interior);
        }
        Ok((named, view))
    }

    /// Returns the buffer that a byte of a chunk belongs to. Returns `None` if the chunk is no
    /// class's, or if the byte lies behind its last buffer.
    pub(super) fn name(
        size_classes: &SizeClasses,
        chunk: ChunkId,
        offset: usize,
    ) -> Option<Named<'_>> {
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
        let whereabouts = arena.whereabouts(id);
        let offset = whereabouts.raw_view().map_or(0, offset_of_view);
        Found {
            kind: BufferKind::Frame,
            // SAFETY: the id is one of this arena's, and a view's offset lies in the frame.
            start: unsafe { arena.byte(id, offset) },
            capacity: usize::from(arena.layout().room) - offset,
            is_raw: matches!(whereabouts, Whereabouts::Raw(_)),
            is_lent: matches!(whereabouts, Whereabouts::Lent(_)),
        }
    }

    fn find_var(&self, address: usize) -> Option<Found> {
        let Some((size_classes, chunk, offset)) = self.chunk_around(address) else {
            let of_block = |_, block: &Block, _| {
                let whereabouts = block.whereabouts();
                let offset = whereabouts.raw_view().unwrap_or(0) as usize;
                found_var(block.start(), block.capacity(), offset, whereabouts)
            };
            return self.large()?.around(address, of_block);
        };
        let named = Self::name(size_classes, chunk, offset)?;
        let place = named.class.place();
        // SAFETY: the chunk was the class's a moment ago, and holds the buffer. So the address lies
        // in the chunks' mapping, whoever has the chunk by now.
        let first = unsafe { place.start(named.id) };
        let whereabouts = named.whereabouts(size_classes);
        let offset = whereabouts
            .raw_view()
            .map_or(0, |view| part_of(view).offset);
        Some(found_var(first, place.stride(), offset, whereabouts))
    }

    /// Counts a misuse, and does what the pool is to do on one.
    #[cold]
    pub(super) fn misused(&self, address: usize, kind: MisuseKind) -> Misuse {
        // Relaxed: a statistic.
        self.misuses.fetch_add(1, Ordering::Relaxed);
        let misuse = Misuse { address, kind };
        self.on_misuse.report(&misuse);
        misuse
    }
}

/// Refuses a part that does not end within a buffer's room, or that begins behind it: there may be
/// bytes between the room and the next buffer.
fn ends_within(part: Part, room: usize) -> Result<(), MisuseKind> {
    let (len, left) = (part.len, room.saturating_sub(part.offset));
    (part.offset <= room && len <= left)
        .then_some(())
        .ok_or(MisuseKind::PastEnd { len, left })
}

/// Returns what the pool knows of a variable-length buffer whose data, if it is out as a pointer,
/// begins at `offset`.
fn found_var(
    first: NonNull<u8>,
    capacity: usize,
    offset: usize,
    whereabouts: Whereabouts,
) -> Found {
    let offset = offset.min(capacity);
    Found {
        kind: BufferKind::VarBuf,
        // SAFETY: the offset is at most the buffer's capacity.
        start: unsafe { first.add(offset) },
        capacity: capacity - offset,
        is_raw: matches!(whereabouts, Whereabouts::Raw(_)),
        is_lent: matches!(whereabouts, Whereabouts::Lent(_)),
    }
}

/// Returns the view of a buffer that is out as a pointer, or why no pointer stands for the buffer.
fn raw_view(whereabouts: Whereabouts) -> Result<u64, MisuseKind> {
    whereabouts.raw_view().ok_or_else(|| not_raw(whereabouts))
}

/// Returns why no pointer stands for a buffer.
#[cold]
fn not_raw(whereabouts: Whereabouts) -> MisuseKind {
    match whereabouts {
        Whereabouts::Lent(_) => MisuseKind::Lent,
        Whereabouts::InPool | Whereabouts::Raw(_) => MisuseKind::NotRaw,
    }
}

/// Returns why no pointer to this byte stands for a large buffer.
#[cold]
pub(super) fn large_not_raw(not_out: &NotOut) -> MisuseKind {
    match not_out.whereabouts {
        Whereabouts::Raw(view) if view != not_out.offset as u64 => MisuseKind::Interior,
        Whereabouts::InPool if not_out.is_shared => MisuseKind::Shared,
        whereabouts => not_raw(whereabouts),
    }
}

/// A variable-length buffer that has come back, and is the caller's, with the part that holds data.
pub(crate) enum Claimed<'a> {
    OfClass(&'a SizeClass, BufferId, Part),
    Large(LargeId, Part),
}
