//! A group: buffers that the kernel chooses from when something comes.
//!
//! ```text
//!   │◄─ headroom ─►│◄─────────── room ───────────►│        a buffer, whole
//!                  └─ address and length of its entry
//! ```
//!
//! A buffer is lent before its entry is published, and stays lent until a completion names its id.

use std::num::NonZeroU32;

use framewell::{Borrower, IdBatch, Pool};

use crate::entries::Entries;
use crate::error::{Error, Step};
use crate::owner::Loan;
use crate::table::Table;

/// How many frames are asked of the pool at a time.
const BATCH: usize = 64;

/// The settings of a group of buffers.
///
/// ```
/// use framewell_uring::GroupConfig;
///
/// let packets = GroupConfig::frames(512);
/// let streams = GroupConfig::bufs(64, 65_536).headroom(0);
/// ```
#[derive(Clone, Copy, Debug)]
#[must_use = "a group is made by `Ring::group`"]
pub struct GroupConfig {
    entries: u32,
    /// The length of variable-length buffers, or `None` for frames.
    len: Option<usize>,
    headroom: Option<usize>,
    incremental: bool,
}

impl GroupConfig {
    /// Returns a group of so many frames: a power of two from 1 to 32,768.
    ///
    /// Unless set, the headroom is the pool's, and all behind it is room for what is received, also
    /// what would be tailroom.
    ///
    /// ```
    /// # use framewell_uring::GroupConfig;
    /// let config = GroupConfig::frames(512);
    /// ```
    pub const fn frames(entries: u32) -> Self {
        Self {
            entries,
            len: None,
            headroom: None,
            incremental: false,
        }
    }

    /// Returns a group of so many variable-length buffers, each with room for `len` bytes. The
    /// number is a power of two from 1 to 32,768.
    ///
    /// Unless set, there is no headroom. For datagrams that the kernel merges (`UDP_GRO`), `len` is
    /// 65,536 and the bytes of the [headers](crate::Headers).
    ///
    /// ```
    /// # use framewell_uring::GroupConfig;
    /// let config = GroupConfig::bufs(64, 65_536);
    /// ```
    pub const fn bufs(entries: u32, len: usize) -> Self {
        Self {
            entries,
            len: Some(len),
            headroom: Some(0),
            incremental: false,
        }
    }

    /// Sets how many bytes of a buffer lie in front of what the kernel writes.
    ///
    /// ```
    /// # use framewell_uring::GroupConfig;
    /// let config = GroupConfig::frames(512).headroom(64);
    /// ```
    pub const fn headroom(mut self, bytes: usize) -> Self {
        self.headroom = Some(bytes);
        self
    }

    /// Has the kernel fill each buffer piece by piece before it takes the next. Such a group is for
    /// streams alone, and needs Linux 6.12.
    ///
    /// Streams that share the group share its buffers, too: a piece of one may lie behind a piece
    /// of another.
    ///
    /// ```
    /// # use framewell_uring::GroupConfig;
    /// let config = GroupConfig::bufs(16, 1 << 20).incremental();
    /// ```
    pub const fn incremental(mut self) -> Self {
        self.incremental = true;
        self
    }

    /// Returns the number of entries, if it is one that the kernel takes.
    pub(crate) fn entries(&self) -> Result<u16, Error> {
        u16::try_from(self.entries)
            .ok()
            .filter(|entries| entries.is_power_of_two())
            .ok_or(Error::GroupSize {
                asked: self.entries,
            })
    }

    pub(crate) fn step(&self) -> Step {
        Step::Group {
            entries: self.entries,
            incremental: self.incremental,
        }
    }
}

/// A buffer in a place.
#[derive(Debug)]
pub(crate) struct Slot {
    pub(crate) loan: Loan,
    /// How many bytes of the room are written, in an incremental ring.
    pub(crate) used: u32,
    /// Which buffer of the group this is, counted from its first.
    pub(crate) serial: u64,
}

/// A group of a ring.
#[derive(Debug)]
pub(crate) struct GroupState {
    pub(crate) entries: Entries,
    pub(crate) table: Table<Slot>,
    pub(crate) headroom: usize,
    pub(crate) room: NonZeroU32,
    len: Option<usize>,
    pub(crate) incremental: bool,
    serial: u64,
}

impl GroupState {
    /// Makes the memory of a group, which has no buffers yet.
    pub(crate) fn new(config: &GroupConfig, pool: &Pool) -> Result<Self, Error> {
        let entries = config.entries()?;
        let (headroom, capacity) = match config.len {
            None => {
                let headroom = config.headroom.unwrap_or(pool.headroom());
                (headroom, pool.region().stride())
            }
            Some(len) => {
                let headroom = config.headroom.unwrap_or(0);
                (headroom, headroom.saturating_add(len))
            }
        };
        // The kernel counts what it writes in an `int`.
        let room = capacity.saturating_sub(headroom).min(i32::MAX as usize) as u32;
        let room = NonZeroU32::new(room).ok_or(Error::GroupRoom { headroom, capacity })?;
        Ok(Self {
            entries: Entries::map(entries).map_err(Error::kernel(config.step()))?,
            table: Table::new(entries),
            headroom,
            room,
            len: config.len,
            incremental: config.incremental,
            serial: 0,
        })
    }

    /// Gives the kernel a buffer for each vacant place, as far as the pool has some, and returns
    /// how many.
    pub(crate) fn fill(&mut self, to: &Borrower) -> usize {
        let before = self.table.vacant();
        if before == 0 {
            return 0;
        }
        match self.len {
            None => self.fill_frames(to),
            Some(len) => self.fill_bufs(len, to),
        }
        let filled = before - self.table.vacant();
        if filled > 0 {
            self.entries.publish();
        }
        filled
    }

    fn fill_frames(&mut self, to: &Borrower) {
        let mut batch: IdBatch<'_, BATCH> = IdBatch::new(to.pool());
        while batch.get_burst(self.table.vacant().min(BATCH)) > 0 {
            let mut ids = [batch.ids()[0]; BATCH];
            let lent = to.lend_ids(&mut batch, &mut ids);
            for id in &ids[..lent] {
                self.post(Loan::Frame(*id), to);
            }
        }
    }

    fn fill_bufs(&mut self, len: usize, to: &Borrower) {
        while self.table.vacant() > 0 {
            let Ok(buffer) = to.pool().alloc_with_room(self.headroom, len, 0) else {
                break;
            };
            let Ok(address) = to.lend_buf(buffer) else {
                break;
            };
            self.post(Loan::VarBuf(address), to);
        }
    }

    /// Writes the entry of a buffer that is lent. There is a vacant place for it.
    fn post(&mut self, loan: Loan, to: &Borrower) {
        self.serial += 1;
        let slot = Slot {
            loan,
            used: 0,
            serial: self.serial,
        };
        let Ok(id) = self.table.put(slot) else {
            debug_assert!(false, "the caller has looked for a vacant place");
            return;
        };
        let address = loan.first(to).wrapping_add(self.headroom);
        let address = address.expose_provenance() as u64;
        // SAFETY: the buffer is lent until a completion brings the id, and has `room` bytes behind
        // its headroom. The table gives out a place once (#place-once), so no more entries are with
        // the kernel than there are places, and none has this id.
        unsafe { self.entries.write(address, self.room, id) };
    }
}
