//! Loans: buffers that a borrower has, and how they come back.
//!
//! A buffer's word in the side table says to whom it is lent (see `base::raw`). There is no list of
//! loans and no counter, so nothing is added to the path of buffers that are not lent. What a
//! borrower has is counted, and reclaimed, by looking at every word. References that are lent are
//! counted apart (see `shared_loans`).

use std::cell::RefCell;
use std::ptr::NonNull;

use super::Engine;
use super::misuse::{Misuse, MisuseKind};
use super::raw::{Claimed, Named, large_not_raw};
use super::shared_loans::{SharedLoans, take_all};
use crate::base::batch::Batch;
use crate::base::id::{BufferId, ChunkId};
use crate::base::part::Part;
use crate::base::raw::{self, Whereabouts};
use crate::memory::back::Back;
use crate::memory::chunks::id as id_in_chunk;
use crate::sync::AtomicU64;
use crate::varlen::{Block, Large, LargeId, SizeClass, SizeClasses};

/// The numbers of buffers that are lent to one borrower.
#[derive(Clone, Copy, Default)]
pub(crate) struct Loans {
    pub(crate) frames: usize,
    pub(crate) bufs: usize,
}

impl Engine {
    /// Makes the caller the owner of a frame that is lent to this borrower.
    ///
    /// Returns why not otherwise; the frame is still where it was then. No other call brings the
    /// frame back from this borrower at the same time.
    #[inline(always)]
    pub(crate) fn return_frame(&self, borrower: u32, id: BufferId) -> Result<(), MisuseKind> {
        let arena = self.arena();
        if id.0 >= arena.frames() {
            return Err(MisuseKind::Foreign);
        }
        let word = arena.word(id).ok_or(MisuseKind::NotLent)?;
        raw::return_loan(word, borrower).map_err(|seen| not_lent(seen, borrower))
    }

    /// Makes the caller the owner of a frame, as [`return_frame`](Self::return_frame) does, if the
    /// view of `len` bytes from `offset` lies in it.
    #[inline(always)]
    pub(crate) fn return_view(
        &self,
        borrower: u32,
        id: BufferId,
        offset: usize,
        len: usize,
    ) -> Result<(), MisuseKind> {
        let room = usize::from(self.arena().layout().room);
        if offset > room || len > room - offset {
            return Err(self.beyond_room(borrower, id, offset, len));
        }
        self.return_frame(borrower, id)
    }

    /// Returns what is wrong with the return of a frame whose view does not lie in it.
    #[cold]
    pub(super) fn beyond_room(
        &self,
        borrower: u32,
        id: BufferId,
        headroom: usize,
        len: usize,
    ) -> MisuseKind {
        let arena = self.arena();
        if id.0 >= arena.frames() {
            return MisuseKind::Foreign;
        }
        match arena.whereabouts(id) {
            Whereabouts::Lent(number) if number == borrower => MisuseKind::BeyondRoom {
                headroom,
                len,
                room: arena.layout().room.into(),
            },
            whereabouts => not_lent(whereabouts, borrower),
        }
    }

    /// Counts the refused return of a frame, and does what the pool is to do on a misuse.
    #[cold]
    pub(crate) fn refuse_frame(&self, id: BufferId, offset: usize, kind: MisuseKind) -> Misuse {
        let arena = self.arena();
        let first = id.index().wrapping_mul(arena.layout().stride);
        let base = arena.base().as_ptr().addr();
        self.misused(base.wrapping_add(first).wrapping_add(offset), kind)
    }

    /// Counts the refused return of what lies at an offset in the region where no frame lies.
    #[cold]
    pub(crate) fn refuse_offset(&self, offset: u64) -> Misuse {
        let base = self.arena().base().as_ptr().addr();
        self.misused(base.wrapping_add(offset as usize), MisuseKind::Foreign)
    }

    /// Lends a frame to this borrower. The caller owns the frame, and gives it up.
    #[inline(always)]
    pub(crate) fn lend_frame(&self, id: BufferId, borrower: u32) {
        let arena = self.arena();
        arena.loom_write(id);
        raw::lend(arena.raw().word(id), borrower);
    }

    /// Lends the frame that is out as a pointer to `address`, and returns its id.
    pub(crate) fn lend_frame_at(&self, address: usize, borrower: u32) -> Result<BufferId, Misuse> {
        let lent = self.frame_out_at(address).and_then(|(id, view)| {
            let lent = self.raw().lend_out(id, view, borrower);
            lent.then_some(id).ok_or(MisuseKind::NotRaw)
        });
        lent.map_err(|kind| self.misused(address, kind))
    }

    /// Lends the variable-length buffer that is out as a pointer to `address`.
    pub(crate) fn lend_var_at(&self, address: usize, borrower: u32) -> Result<(), Misuse> {
        self.lend_var(address, borrower)
            .map_err(|kind| self.misused(address, kind))
    }

    fn lend_var(&self, address: usize, borrower: u32) -> Result<(), MisuseKind> {
        if address == 0 {
            return Err(MisuseKind::Null);
        }
        if let Some((size_classes, chunk, offset)) = self.chunk_around(address) {
            let (named, view) = Self::buffer_out_in_chunk(size_classes, chunk, offset)?;
            let words = size_classes.chunks().raw();
            let lent = words.lend_out(named.id, view, borrower);
            return lent.then_some(()).ok_or(MisuseKind::NotRaw);
        }
        let lent = |large: &Large| large.lend_out(address, borrower);
        match self.large().and_then(lent) {
            Some(lent) => lent.map_err(|not_out| large_not_raw(&not_out)),
            None => Err(self.no_var_at(address)),
        }
    }

    /// Makes the caller the owner of the frame that `address` lies in and that is lent to this
    /// borrower, if the view of `len` bytes from there lies in it. Returns the id and the offset.
    ///
    /// No other call brings the frame back from this borrower at the same time.
    pub(crate) fn return_frame_at(
        &self,
        borrower: u32,
        address: usize,
        len: usize,
    ) -> Result<(BufferId, usize), Misuse> {
        let returned = self.frame_around(address).and_then(|(id, offset)| {
            self.return_view(borrower, id, offset, len)?;
            Ok((id, offset))
        });
        returned.map_err(|kind| self.misused(address, kind))
    }

    /// Makes the caller the owner of the variable-length buffer that starts at `address` and is
    /// lent to this borrower, if the part lies in it.
    ///
    /// No other call brings the buffer back from this borrower at the same time.
    pub(crate) fn return_var(
        &self,
        borrower: u32,
        address: usize,
        part: Part,
    ) -> Result<Claimed<'_>, Misuse> {
        self.return_var_at(borrower, address, part)
            .map_err(|kind| self.misused(address, kind))
    }

    fn return_var_at(
        &self,
        borrower: u32,
        address: usize,
        part: Part,
    ) -> Result<Claimed<'_>, MisuseKind> {
        if address == 0 {
            return Err(MisuseKind::Null);
        }
        match self.chunk_around(address) {
            Some((size_classes, chunk, offset)) => {
                let named = Self::name(size_classes, chunk, offset).ok_or(MisuseKind::NotLent)?;
                Self::return_named(size_classes, &named, borrower, part)
            }
            None => self.return_large(borrower, address, part),
        }
    }

    fn return_named<'a>(
        size_classes: &SizeClasses,
        named: &Named<'a>,
        borrower: u32,
        part: Part,
    ) -> Result<Claimed<'a>, MisuseKind> {
        let word = size_classes.chunks().raw().word(named.id);
        check_start(raw::loan(word), borrower, named.offset)?;
        // A loan has no generation. Whoever lent a buffer under this number saw the owner of its
        // chunk, and `loan` has acquired that. So the buffer is the one that the address names if
        // the owner is the same as before the look at the word.
        if !named.is_current(size_classes) {
            return Err(MisuseKind::NotLent);
        }
        check_room(part, named.class.place().stride())?;
        raw::return_loan(word, borrower).map_err(|seen| not_lent(seen, borrower))?;
        Ok(Claimed::OfClass(named.class, named.id, part))
    }

    fn return_large(
        &self,
        borrower: u32,
        address: usize,
        part: Part,
    ) -> Result<Claimed<'_>, MisuseKind> {
        let not_large = || match self.arena().find(address) {
            Some(_) => MisuseKind::OtherKind,
            None => MisuseKind::Foreign,
        };
        let large = self.large().ok_or_else(not_large)?;
        let take = |block: &Block| {
            check_start(block.whereabouts(), borrower, 0)?;
            check_room(part, block.capacity())?;
            raw::return_loan(block.raw(), borrower).map_err(|seen| not_lent(seen, borrower))
        };
        let Some(taken) = large.take_by(address, take) else {
            let whereabouts = |_, block: &Block, _| block.whereabouts();
            return Err(match large.around(address, whereabouts) {
                Some(Whereabouts::Lent(number)) if number == borrower => MisuseKind::Interior,
                Some(whereabouts) => not_lent(whereabouts, borrower),
                None => not_large(),
            });
        };
        Ok(Claimed::Large(taken?, part))
    }

    /// Counts the buffers that are lent to this borrower.
    pub(crate) fn loans(&self, borrower: u32) -> Loans {
        let loans = RefCell::new(Loans::default());
        let seen = |number: u32, count: fn(&mut Loans)| {
            if number == borrower {
                count(&mut loans.borrow_mut());
            }
        };
        self.visit_loans(seen);
        loans.into_inner()
    }

    /// Counts the buffers that are lent, for each borrower with a number below `borrowers`.
    pub(crate) fn all_loans(&self, borrowers: usize) -> Vec<Loans> {
        let all = RefCell::new(vec![Loans::default(); borrowers]);
        self.visit_loans(|number, count| {
            // A borrower that was made after the caller had looked is not counted.
            if let Some(loans) = all.borrow_mut().get_mut(number as usize) {
                count(loans);
            }
        });
        all.into_inner()
    }

    /// Calls `seen` with the number of the borrower of each buffer that is lent, and with what
    /// counts that buffer.
    fn visit_loans(&self, seen: impl Fn(u32, fn(&mut Loans))) {
        for id in 0..self.arena().carved() {
            if let Whereabouts::Lent(number) = self.arena().whereabouts(BufferId(id)) {
                seen(number, |loans| loans.frames += 1);
            }
        }
        self.visit_class_words(|_, _, word| {
            if let Whereabouts::Lent(number) = raw::whereabouts(word) {
                seen(number, |loans| loans.bufs += 1);
            }
        });
        if let Some(large) = self.large() {
            large.visit_lent(|number| seen(number, |loans| loans.bufs += 1));
        }
    }

    /// Calls `visit` with the class, the id and the word of each buffer that a chunk of a class has
    /// room for.
    fn visit_class_words<'a>(&'a self, mut visit: impl FnMut(&'a SizeClass, BufferId, &AtomicU64)) {
        let Some(size_classes) = self.size_classes() else {
            return;
        };
        let chunks = size_classes.chunks();
        for chunk in (0..chunks.count()).map(ChunkId) {
            // The words were committed before the chunk got an owner, and stay committed
            // (#chunk-committed).
            let Some(class) = chunks.owner(chunk).class else {
                continue;
            };
            let class = size_classes.class(class);
            for number in 0..class.carver().per_chunk() {
                let id = id_in_chunk(chunk, number);
                visit(class, id, chunks.raw().word(id));
            }
        }
    }

    /// Frees all buffers that are lent to a borrower, drops all references that are, and returns
    /// how many there were.
    ///
    /// # Safety
    ///
    /// - The caller keeps the pool (#ids-keep-pool).
    /// - No other call lends to this borrower or takes back from it meanwhile.
    /// - The references are those of this borrower.
    /// - Nobody touches the bytes of the buffers any more.
    pub(crate) unsafe fn reclaim(
        this: NonNull<Self>,
        borrower: u32,
        shared: &SharedLoans,
    ) -> usize {
        // SAFETY: the first bullet.
        let engine = unsafe { this.as_ref() };
        let mut reclaimed = 0;
        let mut batch: Batch = Batch::new();
        let numbers = shared.words();
        for id in (0..engine.arena().carved()).map(BufferId) {
            if engine.return_frame(borrower, id).is_ok() {
                engine.arena().loom_write(id);
                batch.push(id);
                reclaimed += 1;
            }
            let references = numbers.get(id.index()).map_or(0, take_all);
            if engine.drop_references(id, references) {
                engine.arena().loom_write(id);
                batch.push(id);
            }
            reclaimed += references as usize;
            if batch.room() == 0 {
                // SAFETY: the loans came back, and the references were the last, so this call owns
                // the frames.
                unsafe { Self::free_bulk(this, batch.as_slice()) };
                batch.truncate(0);
            }
        }
        if !batch.is_empty() {
            // SAFETY: as above.
            unsafe { Self::free_bulk(this, batch.as_slice()) };
        }
        engine.visit_class_words(|class, id, word| {
            if raw::return_loan(word, borrower).is_ok() {
                reclaimed += 1;
                // SAFETY: the loan came back, so this call owns the buffer, which is the class's.
                unsafe { class.free(id) };
            }
        });
        while let Some(id) = engine.return_some_large(borrower) {
            reclaimed += 1;
            // SAFETY: the loan came back, so this call owns the buffer.
            unsafe { Self::free_large(id) };
        }
        reclaimed
    }

    /// Makes the caller the owner of some large buffer that is lent to this borrower.
    fn return_some_large(&self, borrower: u32) -> Option<LargeId> {
        let large = self.large()?;
        let address = large.find_lent(borrower)?;
        let taken = large.take_by(address, |block| raw::return_loan(block.raw(), borrower))?;
        taken.ok()
    }
}

/// Returns what is wrong with the return of a buffer that is not lent to this borrower.
#[cold]
pub(super) fn not_lent(whereabouts: Whereabouts, borrower: u32) -> MisuseKind {
    match whereabouts {
        Whereabouts::Lent(other) if other != borrower => {
            MisuseKind::LentToOther { borrower: other }
        }
        _ => MisuseKind::NotLent,
    }
}

/// Checks that an address at this offset in a buffer is where the buffer was lent.
fn check_start(whereabouts: Whereabouts, borrower: u32, offset: usize) -> Result<(), MisuseKind> {
    match whereabouts {
        Whereabouts::Lent(number) if number == borrower && offset == 0 => Ok(()),
        Whereabouts::Lent(number) if number == borrower => Err(MisuseKind::Interior),
        whereabouts => Err(not_lent(whereabouts, borrower)),
    }
}

fn check_room(part: Part, room: usize) -> Result<(), MisuseKind> {
    let (headroom, len) = (part.offset, part.len);
    if headroom.saturating_add(len) > room {
        return Err(MisuseKind::BeyondRoom {
            headroom,
            len,
            room,
        });
    }
    Ok(())
}
