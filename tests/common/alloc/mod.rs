//! A pool beside its model, and the calls that are made on both. The property test and the fuzzer
//! use it.

mod frames;
mod model;

use std::ptr;
use std::thread;

use framewell::{BufferKind, MisuseKind, Pool, PoolBuilder, Refusal, VarBuf};

use frames::Frames;
use model::{AllocModel, CHUNK, LARGEST, Live, Verdict};

/// A call. Its numbers are taken modulo what there is.
#[derive(Clone, Debug)]
pub(crate) enum Call {
    Allocate { len: usize, aligned: bool },
    AllocateMany { len: usize, n: usize },
    Free(usize),
    FreeMany(usize),
    FreeElsewhere(usize),
    Resize(usize, usize),
    Write(usize, u8),
    IntoRaw(usize),
    FromRaw(usize),
    Trim,
    Misuse { pointer: Pointer, as_frame: bool },
    Get(u8),
    DropFrame(usize),
    FrameIntoRaw(usize, usize),
    FrameFromRaw(usize),
    ClonePool,
    DropPool(usize),
}

/// A pointer that somebody brings.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Pointer {
    Null,
    /// A pointer to memory that belongs to no pool.
    Stranger,
    Live(usize, usize),
    Past(usize, usize),
    Frames(usize),
    /// A pointer to any address of the other pool.
    Other,
    Wild(usize),
}

/// The settings that a pool is built with, beside its front.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    pub(crate) frames: usize,
    /// The budget in chunks.
    pub(crate) budget: usize,
    pub(crate) shards: usize,
    pub(crate) cache: usize,
    pub(crate) zero: bool,
}

pub(crate) struct Run {
    shape: Shape,
    model: AllocModel,
    pools: Vec<Pool>,
    hand: Vec<VarBuf>,
    raw: Vec<usize>,
    frames: Frames,
    misuses: u64,
    stamp: u8,
}

impl Run {
    pub(crate) fn new(builder: PoolBuilder, shape: Shape) -> Self {
        let builder = builder
            .frames(shape.frames)
            .alloc_bytes(shape.budget * CHUNK)
            .shards(shape.shards)
            .cache_size(shape.cache)
            .zero_on_free(shape.zero);
        Self {
            shape,
            model: AllocModel::new(shape.budget),
            pools: vec![builder.build().unwrap()],
            hand: Vec::new(),
            raw: Vec::new(),
            frames: Frames::default(),
            misuses: 0,
            stamp: 0,
        }
    }

    fn pool(&self) -> &Pool {
        self.pools.last().unwrap()
    }

    /// Makes a call on the pool and on the model. `Pointer::Other` brings the address `other`.
    pub(crate) fn call(&mut self, call: Call, other: usize) {
        match call {
            Call::Allocate { len, aligned } => _ = self.allocate(len, aligned),
            Call::AllocateMany { len, n } => _ = (0..n).all(|_| self.allocate(len, false)),
            Call::Free(at) => drop(self.take(at)),
            Call::FreeMany(n) => (0..n).for_each(|at| drop(self.take(at * 7))),
            Call::FreeElsewhere(at) => {
                if let Some(buffer) = self.take(at) {
                    thread::spawn(move || drop(buffer)).join().unwrap();
                }
            }
            Call::Resize(at, len) => self.resize(at, len),
            Call::Write(at, stamp) => self.write(at, stamp),
            Call::IntoRaw(at) => self.hand_out(at),
            Call::FromRaw(at) => self.bring_back(at),
            Call::Trim => self.trim(),
            Call::Misuse { pointer, as_frame } => self.misuse(pointer, as_frame, other),
            Call::Get(len) => self.frames.get(self.pools.last().unwrap(), len),
            Call::DropFrame(at) => self.frames.free(at),
            Call::FrameIntoRaw(at, pull) => self.frames.hand_out(at, pull),
            Call::FrameFromRaw(at) => self.frames.bring_back(self.pools.last().unwrap(), at),
            Call::ClonePool => self.pools.push(self.pool().clone()),
            Call::DropPool(at) if self.pools.len() > 1 => {
                drop(self.pools.swap_remove(at % self.pools.len()));
            }
            Call::DropPool(_) => {}
        }
        self.check();
    }

    fn allocate(&mut self, len: usize, aligned: bool) -> bool {
        let align = if aligned { 64 } else { 16 };
        let pool = self.pool();
        let answer = if aligned {
            pool.alloc_aligned(len)
        } else {
            pool.alloc(len)
        };
        let stride = AllocModel::stride_of(len, align);
        let served_by = stride.map(|stride| self.model.served_by(stride, align));
        let mut buffer = match answer {
            Ok(buffer) => buffer,
            Err(refused) => {
                assert_eq!(refused.requested, len);
                match refused.refusal {
                    Refusal::Budget { limit } => {
                        assert_eq!(limit, self.shape.budget * CHUNK);
                        assert_eq!(served_by, Some(None), "{len} is to be had");
                    }
                    refusal => assert!(len > LARGEST, "{refusal:?}"),
                }
                return false;
            }
        };
        let (start, capacity) = (buffer.as_ptr().addr(), buffer.capacity());
        assert_eq!((buffer.len(), start % align), (len, 0));
        match served_by {
            Some(class) => assert_eq!(Some(capacity), class, "{len}"),
            None => assert!(capacity >= len && capacity > LARGEST),
        }
        buffer.resize(capacity).unwrap();
        if self.shape.zero || stride.is_none() {
            assert!(buffer.iter().all(|byte| *byte == 0), "zeroed");
        }
        self.stamp = self.stamp.wrapping_add(1);
        buffer.fill(self.stamp);
        buffer.resize(len).unwrap();
        let live = Live {
            capacity,
            len,
            stamp: self.stamp,
            raw: false,
        };
        self.model.got(start, live);
        self.hand.push(buffer);
        true
    }

    /// Checks that all of a buffer holds what was written to it.
    fn assert_intact(&self, buffer: &mut VarBuf) {
        let live = self.model.live[&buffer.as_ptr().addr()];
        assert_eq!((buffer.len(), buffer.capacity()), (live.len, live.capacity));
        buffer.resize(live.capacity).unwrap();
        assert!(buffer.iter().all(|byte| *byte == live.stamp), "{live:?}");
        buffer.resize(live.len).unwrap();
    }

    /// Takes a buffer out of the hand. The caller frees it by dropping it.
    fn take(&mut self, at: usize) -> Option<VarBuf> {
        let at = at.checked_rem(self.hand.len())?;
        let mut buffer = self.hand.swap_remove(at);
        self.assert_intact(&mut buffer);
        self.model.freed(buffer.as_ptr().addr());
        Some(buffer)
    }

    fn resize(&mut self, at: usize, len: usize) {
        let Some(at) = at.checked_rem(self.hand.len()) else {
            return;
        };
        let buffer = &mut self.hand[at];
        let live = self.model.live.get_mut(&buffer.as_ptr().addr()).unwrap();
        match buffer.resize(len) {
            Ok(()) => {
                assert!(len <= live.capacity);
                live.len = len;
            }
            Err(refused) => {
                assert!(len > live.capacity);
                assert_eq!((refused.asked, refused.left), (len, live.capacity));
            }
        }
    }

    fn write(&mut self, at: usize, stamp: u8) {
        let Some(at) = at.checked_rem(self.hand.len()) else {
            return;
        };
        let buffer = &mut self.hand[at];
        let live = self.model.live.get_mut(&buffer.as_ptr().addr()).unwrap();
        buffer.resize(live.capacity).unwrap();
        buffer.fill(stamp);
        buffer.resize(live.len).unwrap();
        live.stamp = stamp;
    }

    fn hand_out(&mut self, at: usize) {
        let Some(at) = at.checked_rem(self.hand.len()) else {
            return;
        };
        let mut buffer = self.hand.swap_remove(at);
        self.assert_intact(&mut buffer);
        let start = buffer.as_ptr().addr();
        assert_eq!(buffer.into_raw().as_ptr().addr(), start);
        self.model.live.get_mut(&start).unwrap().raw = true;
        self.raw.push(start);
    }

    fn bring_back(&mut self, at: usize) {
        let Some(at) = at.checked_rem(self.raw.len()) else {
            return;
        };
        let start = self.raw.swap_remove(at);
        let pointer = ptr::without_provenance_mut(start);
        // SAFETY: `hand_out` handed it out, and the line above took it off the list of those.
        let mut buffer = unsafe { self.pool().buf_from_raw(pointer) }.unwrap();
        assert_eq!(buffer.as_ptr().addr(), start);
        self.assert_intact(&mut buffer);
        self.model.live.get_mut(&start).unwrap().raw = false;
        self.hand.push(buffer);
    }

    fn trim(&mut self) {
        let chunks = |pool: &Pool| pool.stats().alloc.map_or(0, |alloc| alloc.chunks);
        let before = chunks(self.pool());
        let trimmed = self.pool().trim();
        let pinned = self.model.chunks().len();
        assert_eq!((trimmed.chunks, trimmed.pinned), (before - pinned, pinned));
        assert!(
            trimmed.bytes == trimmed.chunks * CHUNK || !cfg!(any(target_os = "linux", windows))
        );
        assert_eq!(chunks(self.pool()), pinned);
    }

    /// Returns an address of this pool, for the other one to refuse.
    pub(crate) fn address(&self, at: usize) -> usize {
        match at % 3 {
            0 => at.checked_rem(self.model.live.len()).map(|at| {
                let start = self.model.live.keys().nth(at);
                *start.unwrap()
            }),
            1 => self.frames.first_raw(),
            _ => None,
        }
        .unwrap_or_else(|| self.pool().region().base().addr().get() + at % 1000)
    }

    fn resolve(&self, pointer: Pointer, other: usize) -> Option<usize> {
        let region = self.pool().region();
        Some(match pointer {
            Pointer::Null => 0,
            Pointer::Stranger => (&raw const self.shape).addr(),
            Pointer::Live(at, offset) => {
                let at = at.checked_rem(self.model.live.len())?;
                let (start, live) = self.model.live.iter().nth(at)?;
                start + offset % live.capacity
            }
            Pointer::Past(at, offset) => {
                let past = self.model.past[at.checked_rem(self.model.past.len())?];
                past.start + offset % past.capacity
            }
            Pointer::Frames(offset) => region.base().addr().get() + offset % region.len(),
            Pointer::Other => other,
            Pointer::Wild(address) => address,
        })
    }

    fn verdict(&self, address: usize, as_frame: bool) -> Verdict {
        let region = self.pool().region();
        if address == 0 {
            return Verdict::Refused(&[MisuseKind::Null]);
        }
        if !region.contains(ptr::without_provenance(address)) {
            return self.model.verdict(address, as_frame);
        }
        if !as_frame {
            return Verdict::Refused(&[MisuseKind::OtherKind]);
        }
        let id = (address - region.base().addr().get()) / region.stride();
        self.frames.verdict(id, address)
    }

    fn misuse(&mut self, pointer: Pointer, as_frame: bool, other: usize) {
        let Some(address) = self.resolve(pointer, other) else {
            return;
        };
        self.assert_found(address);
        let Verdict::Refused(kinds) = self.verdict(address, as_frame) else {
            return;
        };
        let brought = ptr::without_provenance_mut(address);
        let refused = if as_frame {
            // SAFETY: by the verdict the pointer stands for no frame.
            unsafe { self.pool().from_raw(brought) }.unwrap_err()
        } else {
            // SAFETY: by the verdict the pointer stands for no buffer.
            unsafe { self.pool().buf_from_raw(brought) }.unwrap_err()
        };
        self.misuses += 1;
        assert_eq!(refused.address, address);
        // Nobody knows of a wild address whether it lies in the chunks.
        if !matches!(pointer, Pointer::Wild(_)) {
            assert!(kinds.contains(&refused.kind), "{refused:?}: {kinds:?}");
        }
    }

    /// Checks that the pool finds the live buffer at an address, if there is one.
    fn assert_found(&self, address: usize) {
        let found = self.pool().find(ptr::without_provenance(address));
        if let Some((start, live)) = self.model.around(address) {
            let found = found.unwrap();
            assert_eq!(found.kind, BufferKind::VarBuf);
            assert_eq!(
                (found.start.addr().get(), found.capacity),
                (start, live.capacity)
            );
            assert_eq!(found.is_raw, live.raw);
        }
    }

    /// Checks that everything that can be seen agrees with the model.
    fn check(&self) {
        let stats = self.pool().stats();
        self.model.check(stats.alloc.as_ref());
        assert_eq!(stats.misuses, self.misuses);
        assert_eq!(
            (stats.out, stats.free),
            (self.frames.out(), self.shape.frames - stats.out)
        );
    }

    /// Brings all pointers back, and drops what is left, the pools first or last.
    pub(crate) fn finish(mut self, pools_first: bool) {
        while !self.raw.is_empty() {
            self.bring_back(0);
        }
        self.frames.bring_all_back(self.pools.last().unwrap());
        self.check();
        if pools_first {
            self.pools.clear();
        }
        while let Some(buffer) = self.take(0) {
            drop(buffer);
        }
        while self.frames.out() > 0 {
            self.frames.free(0);
        }
        if !pools_first {
            self.check();
            self.trim();
        }
    }
}
