//! The caches and frames of the floors, and how a frame is found.

use std::cell::UnsafeCell;
use std::hint::black_box;
use std::sync::{Mutex, PoisonError};

use memmap2::MmapMut;

use super::super::area::Area;
use super::super::frames::Frames;
pub(super) use super::super::frames::{HEADROOM, STRIDE};
use super::sections::real::Sections;
use super::sections::{COUNT, HIGH, HIGH_BULK, LOW, SLOT, WORDS};
use crate::contestant::BYTES;

/// The most CPUs that a cpu_set_t can name.
const CPUS: u32 = 1024;
/// The number of ids in one cache. Each CPU has the same ids, since there is but one thread.
const FRAMES: u32 = 512;

/// The caches of all CPUs, stopped and empty at first, and the frames.
pub(super) struct Caches {
    shared: Box<UnsafeCell<Shared>>,
    _words: MmapMut,
    _frames: Frames,
}

/// The data that a handle points to.
pub(super) struct Shared {
    pub(super) sections: Sections,
    /// The first frame.
    pub(super) base: *mut u8,
    pub(super) stride: usize,
    pub(super) headroom: u16,
    pub(super) payload: u16,
    /// The ids of a stock that no cache has.
    spare: Mutex<Vec<u32>>,
}

impl Shared {
    /// Returns an id that no cache has.
    #[cold]
    #[inline(never)]
    pub(super) fn spare(&self) -> u32 {
        let mut spare = self.spare.lock().unwrap_or_else(PoisonError::into_inner);
        spare
            .pop()
            .expect("an rseq area, and a CPU that has a cache")
    }

    /// Keeps ids that no cache has or has room for.
    #[cold]
    #[inline(never)]
    pub(super) fn keep(&self, ids: impl IntoIterator<Item = u32>) {
        let mut spare = self.spare.lock().unwrap_or_else(PoisonError::into_inner);
        spare.extend(ids);
    }
}

impl Caches {
    pub(super) fn new(area: Area) -> Self {
        Self::of(area, FRAMES)
    }

    /// Makes caches for this many frames.
    pub(super) fn of(area: Area, frames: u32) -> Self {
        let bytes = CPUS as usize * WORDS * size_of::<u32>();
        let mut words = MmapMut::map_anon(bytes).expect("memory of a floor");
        let frames = Frames::new(frames as usize);
        let shared = Shared {
            sections: Sections {
                area,
                caches: words.as_mut_ptr().cast(),
                cpus: CPUS,
            },
            base: frames.base(),
            stride: STRIDE,
            headroom: HEADROOM as u16,
            payload: BYTES as u16,
            spare: Mutex::default(),
        };
        Self {
            shared: Box::new(UnsafeCell::new(shared)),
            _words: words,
            _frames: frames,
        }
    }

    /// Opens the caches of all CPUs, which nobody else uses yet: each may take as many ids as it
    /// has slots.
    pub(super) fn open(&mut self) {
        let caches = self.sections().caches;
        for cpu in 0..CPUS as usize {
            for high in [HIGH, HIGH_BULK] {
                let word = caches.wrapping_add(cpu * WORDS + high);
                // SAFETY: the word belongs to a CPU's cache, and the caches are borrowed mutably.
                unsafe { word.write((WORDS - SLOT) as u32) };
            }
        }
    }

    /// Returns what a handle points to. As far as the compiler can tell, it is in memory, and any
    /// asm could have changed it.
    pub(super) fn shared(&self) -> *const Shared {
        let shared = self.shared.get();
        // The result of `black_box` is not used, since it would be loaded from the stack at each
        // use.
        black_box(shared);
        shared
    }

    pub(super) fn sections(&self) -> Sections {
        // SAFETY: the value is never written once it is made.
        unsafe { (*self.shared.get()).sections }
    }

    pub(super) fn base(&self) -> *mut u8 {
        // SAFETY: the value is never written once it is made.
        unsafe { (*self.shared.get()).base }
    }

    /// Fills the cache of the running CPU, which had no id, and pops one.
    #[cold]
    #[inline(never)]
    pub(super) fn refill_and_pop(&self) -> u32 {
        let mut id = [0];
        self.refill_and_pop_burst(&mut id);
        id[0]
    }

    /// Fills the cache of the running CPU, which had fewer than `N` ids, and pops `N`.
    #[cold]
    #[inline(never)]
    pub(super) fn refill_and_pop_burst<const N: usize>(&self, ids: &mut [u32; N]) {
        let at = self.sections();
        // A thread that is moved meanwhile finds another CPU's cache.
        for _ in 0..CPUS {
            self.fill(at);
            // SAFETY: the caches are `self`'s, and used by one thread; `ids` has room for `N`.
            if unsafe { at.pop_burst::<N>(ids.as_mut_ptr()) } == N {
                return;
            }
        }
        panic!("a thread without an rseq area, or on CPU {CPUS} or beyond");
    }

    /// Fills the running CPU's cache with all ids.
    fn fill(&self, at: Sections) {
        let cpu = at.area.cpu();
        assert!(
            cpu < CPUS,
            "CPU {cpu} is beyond the {CPUS} that have a cache"
        );
        let cache = at.caches.wrapping_add(cpu as usize * WORDS);
        let set = |word: usize, value: u32| {
            // SAFETY: the word belongs to this CPU's cache, and this is the only thread that uses
            // it.
            unsafe { cache.wrapping_add(word).write(value) };
        };
        for id in 0..FRAMES {
            set(SLOT + id as usize, id);
        }
        set(LOW, 0);
        set(HIGH, FRAMES);
        set(HIGH_BULK, FRAMES);
        set(COUNT, FRAMES);
    }
}

/// Returns where the payload of a frame starts.
///
/// # Safety
///
/// - `base` is a floor's, and `id` came out of its caches.
#[inline(always)]
pub(super) unsafe fn first(base: *mut u8, stride: usize, headroom: usize, id: u32) -> *mut u8 {
    // SAFETY: every frame is as large as the stride, so this lies in the first.
    let in_first = unsafe { base.add(headroom) };
    // SAFETY: the mapping holds all frames that have an id.
    unsafe { in_first.add(id as usize * stride) }
}
