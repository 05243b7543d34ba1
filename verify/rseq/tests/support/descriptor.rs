//! The descriptors of the sections in this process, out of `__rseq_cs`.

use std::ptr;
use std::slice;

/// A descriptor as the kernel reads it: `struct rseq_cs` of rseq(2).
#[repr(C, align(32))]
#[derive(Clone, Copy, Debug)]
pub(crate) struct Descriptor {
    version: u32,
    flags: u32,
    start: u64,
    length: u64,
    abort: u64,
}

unsafe extern "C" {
    // These are the linker's names for the two ends of the section.
    #[link_name = "__start___rseq_cs"]
    static FIRST: Descriptor;
    #[link_name = "__stop___rseq_cs"]
    static END: Descriptor;
}

/// Returns the descriptors of all sections in this binary, relocated.
pub(crate) fn descriptors() -> &'static [Descriptor] {
    let first = &raw const FIRST;
    let end = &raw const END;
    let length = (end.addr() - first.addr()) / size_of::<Descriptor>();
    // SAFETY: the linker's symbols bound `__rseq_cs`. It consists of descriptors that nothing
    // writes to after relocation.
    unsafe { slice::from_raw_parts(first, length) }
}

impl Descriptor {
    /// Returns whether version and flags are 0.
    pub(crate) fn is_plain(&self) -> bool {
        (self.version, self.flags) == (0, 0)
    }

    pub(crate) fn start(&self) -> u64 {
        self.start
    }

    pub(crate) fn end(&self) -> u64 {
        self.start + self.length
    }

    pub(crate) fn abort(&self) -> u64 {
        self.abort
    }

    pub(crate) fn contains(&self, ip: u64) -> bool {
        (self.start..self.end()).contains(&ip)
    }
}

/// Returns the section of a function that has one: the first that starts behind its entry.
pub(crate) fn of_function(entry: usize) -> &'static Descriptor {
    descriptors()
        .iter()
        .filter(|descriptor| descriptor.start >= entry as u64)
        .min_by_key(|descriptor| descriptor.start)
        .expect("the function has a section")
}

/// Returns the bytes of this process's code at an address.
pub(crate) fn code(at: u64, length: usize) -> &'static [u8] {
    let at = ptr::with_exposed_provenance(at as usize);
    // SAFETY: callers name addresses in this binary's text, which is mapped and never written.
    unsafe { slice::from_raw_parts(at, length) }
}
