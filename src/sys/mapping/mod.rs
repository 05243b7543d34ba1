//! Anonymous memory: reserved at once, committed part by part.
//!
//! A part of a mapping is committed (`commit`) before it is used, in whatever thread. On Unix
//! `commit` does nothing, because the first touch commits. Windows has to be asked, and may refuse.
//! A refusal is an ordinary answer, by which nothing is lost. A part may be committed twice, and
//! keeps its contents.

#[cfg(all(test, not(loom)))]
pub(crate) mod refusal;
#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub(crate) use unix::Mapping;
#[cfg(windows)]
pub(crate) use windows::Mapping;

#[cfg(all(target_os = "linux", not(loom)))]
pub(super) use unix::page_size;

use std::ffi::c_void;
use std::ptr::NonNull;

/// The size and alignment of a huge page.
const HUGE: usize = 2 << 20;

/// A bound on the bytes that a mapping takes beside its range, for alignment and guards. It takes
/// less.
pub(super) const SLACK: usize = 2 * HUGE;

impl Mapping {
    /// Returns the first byte of the range.
    pub(crate) fn base(&self) -> NonNull<u8> {
        let base = self.raw.as_ptr().cast::<u8>().wrapping_add(self.offset);
        NonNull::new(base).expect("a mapping never starts at address 0")
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Returns the address of a part of the range, which lies within it.
    fn part(&self, offset: usize, len: usize) -> *mut c_void {
        debug_assert!(offset + len <= self.len);
        self.base().as_ptr().wrapping_add(offset).cast()
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::sys::{HugePages, PageKind};

    #[test]
    fn range_is_aligned_zeroed_and_writable_end_to_end() {
        let (mapping, kind) = Mapping::huge(3 << 20, HugePages::Off).unwrap();
        assert_eq!(kind, PageKind::Base);
        assert_eq!(mapping.base().addr().get() % HUGE, 0);
        mapping.prefault().unwrap();
        for at in [0, 1, mapping.len() / 2, mapping.len() - 1] {
            let byte = mapping.base().as_ptr().wrapping_add(at);
            // SAFETY: within the mapping, which this test alone uses.
            assert_eq!(unsafe { byte.read() }, 0);
            // SAFETY: as above.
            unsafe { byte.write(1) };
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn bytes_outside_the_range_are_guarded() {
        let (mapping, _) = Mapping::huge(3 << 20, HugePages::Off).unwrap();
        let base = mapping.base().addr().get();
        let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
        let rights = |at: usize| {
            let line = maps.lines().find(|line| {
                let (from, rest) = line.split_once('-').unwrap();
                let (to, _) = rest.split_once(' ').unwrap();
                let from = usize::from_str_radix(from, 16).unwrap();
                let to = usize::from_str_radix(to, 16).unwrap();
                (from..to).contains(&at)
            });
            line.map(|line| line.split(' ').nth(1).unwrap().to_owned())
        };
        assert_eq!(rights(base - 1).as_deref(), Some("---p"));
        assert_eq!(rights(base).as_deref(), Some("rw-p"));
        assert_eq!(rights(base + mapping.len() - 1).as_deref(), Some("rw-p"));
        assert_eq!(rights(base + mapping.len()).as_deref(), Some("---p"));
    }

    #[test]
    fn absurd_lengths_are_refused() {
        assert!(Mapping::huge(usize::MAX - 5, HugePages::Off).is_err());
        assert!(Mapping::huge(usize::MAX / 2, HugePages::Auto).is_err());
        assert!(Mapping::zeroed(usize::MAX).is_err());
        // A 32-bit process can have that.
        let half = Mapping::zeroed(usize::MAX / 2);
        assert!(half.is_err() || usize::BITS < 64);
    }
}
