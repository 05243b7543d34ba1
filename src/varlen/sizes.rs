//! The sizes of the size classes, and the class that serves a length.
//!
//! The sizes are chosen for 802.11. The lengths that are asked for most fit within 2 %: 2304 bytes
//! with their headers, 3839, 7935 and 11454 (the limits of an MSDU and an A-MSDU), and 65,545
//! (receive offload, with its headroom). From 129 bytes on no request wastes more than an eighth.
//!
//! No stride is a multiple of 128, so the first bytes of consecutive buffers fall into all sets of
//! the cache in turn. From 960 bytes on strides are an odd number of cache lines, as a frame's is.

#![forbid(unsafe_code)]

use crate::base::limits::MAX_SIZE_CLASSES;

/// The sizes in bytes. Each is the distance from one buffer of the class to the next, and all of it
/// may be used.
#[cfg(not(loom))]
pub(crate) const SIZES: &[u32] = &[
    64, 80, 96, 112, 144, 160, 176, 192, 208, 224, 240, 272, 304, 320, 352, 400, 448, 496, 560,
    624, 704, 784, 880, 960, 1088, 1216, 1344, 1472, 1600, 1728, 1856, 2112, 2368, 2624, 2880,
    3264, 3648, 3904, 4416, 4928, 5568, 6336, 7232, 8000, 9024, 10304, 11456, 12992, 14784, 16832,
    19136, 21824, 24896, 28352, 32320, 36928, 42176, 48192, 54976, 62784, 65856,
];

/// In a model, a chunk holds two buffers, or one.
#[cfg(loom)]
pub(crate) const SIZES: &[u32] = &[2048, 4096];

/// Sizes are multiples of this, and so are the lengths at which the class may change.
pub(crate) const STEP: usize = 16;
/// The size of a cache line.
pub(crate) const LINE: usize = 64;

/// The number of steps up to the largest of [`SIZES`].
const STEPS: usize = SIZES[SIZES.len() - 1] as usize / STEP;

/// The class of each length up to the largest of [`SIZES`], for the hot path.
///
/// A pool holds this table by value, so that its address is known before anything is loaded.
pub(crate) struct ClassByLen([u8; STEPS]);

impl ClassByLen {
    /// The table before it is filled in place.
    pub(crate) const EMPTY: Self = Self([0; STEPS]);

    /// Fills the table with the classes of the lengths that the hot path serves.
    pub(crate) fn fill(&mut self, sizes: &Sizes) {
        self.0.copy_from_slice(&sizes.by_len[..STEPS]);
    }

    /// Returns what [`Sizes::class_of`] does; `None` also above the largest of [`SIZES`].
    #[inline(always)]
    pub(crate) fn class_of(&self, len: usize) -> Option<usize> {
        looked_up(&self.0, len)
    }
}

/// The sizes of a pool in ascending order, and the class of each length.
#[derive(Clone)]
pub(crate) struct Sizes {
    strides: Box<[u32]>,
    /// The least class for each step of lengths. The first step is 1 to 16 bytes.
    by_len: Box<[u8]>,
    /// The least class of whole cache lines for each step. It ends at the largest such class.
    by_len_aligned: Box<[u8]>,
}

impl Sizes {
    /// Returns the built-in sizes with `more`, each of which is at most `MAX_SIZE_CLASS`. Returns
    /// `None` if there are too many.
    pub(crate) fn new(more: &[usize]) -> Option<Self> {
        let added = more.iter().map(|bytes| bytes.next_multiple_of(STEP) as u32);
        let mut strides: Vec<u32> = SIZES.iter().copied().chain(added).collect();
        strides.sort_unstable();
        strides.dedup();
        if strides.len() > MAX_SIZE_CLASSES {
            return None;
        }
        let of_lines = |stride: usize| stride % LINE == 0;
        Some(Self {
            by_len: by_len(&strides, |_| true),
            by_len_aligned: by_len(&strides, of_lines),
            strides: strides.into_boxed_slice(),
        })
    }

    pub(crate) fn strides(&self) -> &[u32] {
        &self.strides
    }

    /// Returns the least class that holds `len` bytes: an index into the strides. `len` is 1 or
    /// more.
    pub(crate) fn class_of(&self, len: usize) -> Option<usize> {
        looked_up(&self.by_len, len)
    }

    /// Returns the least class that holds `len` bytes at an alignment of 16 or 64. `len` is 1 or
    /// more.
    pub(crate) fn class_aligned(&self, len: usize, align: usize) -> Option<usize> {
        match align {
            LINE => self.class_of_lines(len),
            _ => self.class_of(len),
        }
    }

    /// Returns the least class of whole cache lines that holds `len` bytes. `len` is 1 or more.
    pub(crate) fn class_of_lines(&self, len: usize) -> Option<usize> {
        looked_up(&self.by_len_aligned, len)
    }
}

/// Returns the least class that `fits` accepts for each step, up to the largest such class.
fn by_len(strides: &[u32], fits: impl Fn(usize) -> bool) -> Box<[u8]> {
    let mut by_len = Vec::new();
    for (class, stride) in strides.iter().enumerate() {
        if fits(*stride as usize) {
            by_len.resize(*stride as usize / STEP, class as u8);
        }
    }
    by_len.into_boxed_slice()
}

#[inline(always)]
fn looked_up(by_len: &[u8], len: usize) -> Option<usize> {
    // A length of 0 wraps to a step that no class has.
    let step = len.wrapping_sub(1) / STEP;
    by_len.get(step).map(|class| (*class).into())
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::base::limits::MAX_SIZE_CLASS;

    fn waste(len: usize) -> f64 {
        let sizes = Sizes::new(&[]).unwrap();
        let stride = f64::from(sizes.strides()[sizes.class_of(len).unwrap()]);
        (stride - len as f64) / stride
    }

    #[test]
    fn sizes_of_802_11_fit_within_two_percent() {
        for len in [2346, 3839, 7935, 11_454, 128 + 65_545 + 100] {
            assert!(waste(len) < 0.02, "{len}: {}", waste(len));
        }
    }

    #[test]
    fn no_length_above_128_wastes_more_than_an_eighth() {
        for stride in SIZES {
            // The worst length of the next class.
            let len = *stride as usize + 1;
            if len > 128 && len <= 65_856 {
                assert!(waste(len) <= 0.125, "{len}: {}", waste(len));
            }
        }
    }

    #[test]
    fn strides_spread_over_the_sets_of_the_cache() {
        for stride in SIZES {
            assert_eq!(stride % 16, 0, "{stride}");
            assert_ne!(stride % 128, 0, "{stride}");
            assert!(*stride < 960 || stride % 128 == 64, "{stride}");
        }
    }

    #[test]
    fn every_length_has_the_least_class_that_holds_it() {
        let sizes = Sizes::new(&[100, 5000, MAX_SIZE_CLASS]).unwrap();
        for len in 1..=MAX_SIZE_CLASS {
            let class = sizes.class_of(len).unwrap();
            assert!(sizes.strides()[class] as usize >= len, "{len}");
            assert!(
                class == 0 || (sizes.strides()[class - 1] as usize) < len,
                "{len}"
            );
            let class = sizes.class_of_lines(len).unwrap();
            let stride = sizes.strides()[class] as usize;
            assert!(stride >= len && stride % LINE == 0, "{len}");
        }
        assert_eq!(sizes.class_of(MAX_SIZE_CLASS + 1), None);
        assert_eq!(
            (sizes.class_of(0), sizes.class_of(usize::MAX)),
            (None, None)
        );
    }

    #[test]
    fn too_many_sizes_are_refused() {
        let more: Vec<usize> = (1..=MAX_SIZE_CLASSES).map(|n| n * 1024).collect();
        assert!(Sizes::new(&more).is_none());
    }
}
