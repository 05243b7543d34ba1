//! The restartable sequences: pop and push of one id or many, on the cache of the running CPU.
//!
//! ```text
//!   a cache, in words of 32 bits, 4 KiB from one CPU's to the next:
//!   │ count │ low │ high │ high_bulk │ slot 0 │ slot 1 │ …            1020 of them
//! ```
//!
//! This is their specification. `commit` is the one store that makes an operation happen. Whatever
//! interrupts a thread before it (preemption, a signal, migration, a fence) sends the thread back
//! to the start.
//!
//! ```text
//!   pop:                             push(id):
//!     c = caches[cpu], or fail         c = caches[cpu], or fail
//!     n = c.count                      n = c.count
//!     fail if n <= c.low               fail if n >= c.high
//!     id = c.slot[n - 1]               c.slot[n] = id
//!     commit c.count = n - 1           commit c.count = n + 1
//!
//!   pop_burst(most):                 push_bulk(ids):
//!     c = caches[cpu], or fail         c = caches[cpu], or fail
//!     n = c.count                      n = c.count
//!     fail if n <= c.low               fail if n + k > c.high_bulk
//!     k = min(n, most)
//!     ids = c.slot[n - k .. n]         c.slot[n .. n + k] = ids
//!     commit c.count = n - k           commit c.count = n + k
//! ```
//!
//! In an open cache `low` is 0, and the two others are the cache's size; `high` is 0 if single
//! pushes are always to fail. In a stopped cache `low` is the largest number and the others are 0,
//! so that everything fails and takes the slow path. That a cache can be stopped costs an open one
//! nothing. A cache whose bytes are all zero is stopped and empty, so a cache that no CPU ever used
//! is never touched.
//!
//! The code must keep these rules, and `verify/rseq` disassembles it to check them. The store that
//! arms the section is the last instruction before it, and the commit is its last instruction.
//! There is no call, no stack access, and no other way in or out. The count is loaded as wide as it
//! is stored, since a wider load would wait for the store. Plain loads and stores are enough, also
//! on a weak memory: one CPU runs one section at a time, and everyone else reads after a fence
//! (#cpu-fence).
//!
//! A fifth sequence does nothing but wait, for `trial`: whether the kernel aborts sections at all.
//!
//! Source: rseq(2); P. Turner, A. Hunter, Per-CPU critical sections, Linux Plumbers 2013. The shape
//! of one committing store is that of tcmalloc's per-CPU caches.

// Without rseq there is no `Area`, and so there are no `Sections`: the compiler sees that nothing
// gets so far.
#[cfg_attr(not(rseq), allow(unreachable_code, unused_variables, dead_code))]
#[cfg(not(loom))]
mod real;
#[cfg(not(loom))]
pub(crate) use real::{Sections, Slab};

#[cfg_attr(not(rseq), allow(unreachable_code, unused_variables, dead_code))]
#[cfg(not(loom))]
pub(crate) mod trial;
#[cfg(not(loom))]
pub(crate) use trial::try_out;

#[cfg(loom)]
mod modelled;
#[cfg(loom)]
#[allow(unused_imports, reason = "for the models")]
pub(crate) use modelled::{Sections, Slab, abort_next, refuse_fences_after, try_out};

#[cfg(all(rseq, target_arch = "x86_64", not(loom)))]
#[path = "x86_64.rs"]
mod isa;

#[cfg(all(rseq, target_arch = "aarch64", not(loom)))]
#[path = "aarch64.rs"]
mod isa;

#[cfg(not(any(rseq, loom)))]
#[path = "none.rs"]
mod isa;

use crate::base::limits::MAX_CACHE;
use crate::sync::scaled;
#[cfg(not(loom))]
use crate::sys::Area;

/// The words of a cache, by their indices.
pub(crate) const COUNT: usize = 0;
pub(crate) const LOW: usize = 1;
pub(crate) const HIGH: usize = 2;
pub(crate) const HIGH_BULK: usize = 3;
pub(crate) const SLOT: usize = 4;

/// The number of words from one CPU's cache to the next, as a power of two. It is a page, so that
/// CPUs share none.
const SHIFT: u32 = scaled(10, 3);
pub(crate) const WORDS: usize = 1 << SHIFT;

// A cache of the largest size fits.
const _: () = assert!(SLOT + MAX_CACHE <= WORDS);
