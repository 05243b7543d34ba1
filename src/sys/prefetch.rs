//! Asking the processor for a cache line that is about to be written.

use std::ptr::NonNull;

/// Asks the processor for the cache line at an address, which will be written. This is a hint that
/// never faults. On processors other than x86-64 and aarch64 it does nothing.
#[cfg_attr(
    any(loom, not(any(target_arch = "x86_64", target_arch = "aarch64"))),
    allow(unused_variables)
)]
#[inline(always)]
pub(crate) fn prefetch_to_write(at: NonNull<u8>) {
    // Processors without this instruction execute it as a no-op.
    #[cfg(all(target_arch = "x86_64", not(loom)))]
    // SAFETY: the instruction changes nothing that a program can see, whatever the address.
    unsafe {
        std::arch::asm!("prefetchw byte ptr [{}]", in(reg) at.as_ptr(), options(nostack, preserves_flags, readonly));
    }
    #[cfg(all(target_arch = "aarch64", not(loom)))]
    // SAFETY: as above.
    unsafe {
        std::arch::asm!("prfm pstl1keep, [{}]", in(reg) at.as_ptr(), options(nostack, preserves_flags, readonly));
    }
}
