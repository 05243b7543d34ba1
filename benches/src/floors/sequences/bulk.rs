//! The bulk workload: pop `N` ids at once, write one byte of each frame, push them at once.

use std::hint::black_box;

use super::super::area::Area;
use super::caches::{Caches, HEADROOM, STRIDE, Shared, first};
use super::sections::real::Sections;
use crate::work::{Timed, Workload, time, touch};

/// The sequences, with all that they need in registers.
pub(super) struct Bulk<const N: usize>(Caches);

/// The sequences, with a handle for each frame.
pub(super) struct Handles<const N: usize>(Caches);

/// A handle, as an API hands it out.
#[derive(Clone, Copy)]
struct Handle {
    shared: *const Shared,
    /// `│ id: 32 │ offset: 16 │ length: 16 │`, from the lowest bit up.
    word: u64,
}

impl<const N: usize> Bulk<N> {
    pub(super) fn new(area: Area) -> Self {
        Self(Caches::new(area))
    }
}

impl<const N: usize> Handles<N> {
    pub(super) fn new(area: Area) -> Self {
        Self(Caches::new(area))
    }
}

impl<const N: usize> Workload for Bulk<N> {
    #[inline(never)]
    fn run(&mut self, steps: u64) -> Timed {
        let caches = &self.0;
        let (at, base) = (caches.sections(), caches.base());
        let mut ids = [0; N];
        time(steps, N as u64, || {
            pop(caches, at, &mut ids);
            for id in &ids {
                // SAFETY: the id came out of the caches.
                let first = unsafe { first(base, STRIDE, HEADROOM, *id) };
                // SAFETY: this is a byte of a frame, and there are no references to it.
                unsafe { touch::write_at(first, 1) };
            }
            push(at, &ids);
        })
    }
}

impl<const N: usize> Workload for Handles<N> {
    #[inline(never)]
    fn run(&mut self, steps: u64) -> Timed {
        let caches = &self.0;
        let (at, shared) = (caches.sections(), caches.shared());
        let mut ids = [0; N];
        let mut handles = [Handle { shared, word: 0 }; N];
        // From here on any asm may have looked at the handles, so they are in memory.
        black_box(&mut handles);
        time(steps, N as u64, || {
            pop(caches, at, &mut ids);
            // SAFETY: what the caches share lives as long as they do.
            let view = unsafe { view(shared) };
            for (handle, id) in handles.iter_mut().zip(&ids) {
                let word = view | u64::from(*id);
                *handle = Handle { shared, word };
            }
            for handle in &handles {
                // SAFETY: the handle was made above, with an id that came out of the caches.
                let first = unsafe { handle.first() };
                // SAFETY: this is a byte of a frame, and there are no references to it.
                unsafe { touch::write_at(first, 1) };
            }
            for (id, handle) in ids.iter_mut().zip(&handles) {
                *id = handle.word as u32;
            }
            push(at, &ids);
        })
    }
}

/// Returns the offset and the length of a new handle, at their places in its word.
///
/// # Safety
///
/// - `shared` lives.
#[inline(always)]
unsafe fn view(shared: *const Shared) -> u64 {
    // SAFETY: the caller guarantees it (the function's bullet).
    let shared = unsafe { &*shared };
    u64::from(shared.headroom) << 32 | u64::from(shared.payload) << 48
}

impl Handle {
    /// Returns where the payload starts.
    ///
    /// # Safety
    ///
    /// - What the handle points to lives, and its id came out of those caches.
    #[inline(always)]
    unsafe fn first(self) -> *mut u8 {
        // SAFETY: the caller guarantees it (the function's bullet).
        let (base, stride) = unsafe {
            let shared = &*self.shared;
            (shared.base, shared.stride)
        };
        let offset = (self.word >> 32) as u16;
        // SAFETY: the caller guarantees it (the function's bullet).
        unsafe { first(base, stride, offset.into(), self.word as u32) }
    }
}

#[inline(always)]
fn pop<const N: usize>(caches: &Caches, at: Sections, ids: &mut [u32; N]) {
    // SAFETY: the caller has borrowed the caches mutably, so this thread alone uses them. `ids` has
    // room for `N`.
    if unsafe { at.pop_burst::<N>(ids.as_mut_ptr()) } != N {
        caches.refill_and_pop_burst(ids);
    }
}

/// Pushes ids. Ids that do not fit (the thread was moved) are lost until the next refill.
#[inline(always)]
fn push<const N: usize>(at: Sections, ids: &[u32; N]) {
    // SAFETY: this thread alone uses the caches, as in `pop`, and `ids` has `N`.
    black_box(unsafe { at.push_bulk::<N>(ids.as_ptr()) });
}
