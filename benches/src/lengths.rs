//! The lengths of variable-length buffers, and random numbers to choose among them.
//!
//! | share | bytes | what |
//! |---|---|---|
//! | 10 % | 24 … 128 | control and management frames |
//! | 15 % | 129 … 512 | beacons, short data |
//! | 20 % | 512 … 1500 | data |
//! | 35 % | 1500 … 2304 | data, up to the largest MSDU |
//! | 12 % | 3839 | the A-MSDU of 802.11n |
//! | 6 % | 7935 | its longer one |
//! | 2 % | 11454 | the longest MPDU of 802.11ac |

use std::ops::RangeInclusive;
use std::sync::OnceLock;

/// The number of lengths to choose from, which is a power of two.
pub(crate) const LENGTHS: usize = 4096;

/// The shares of [`LENGTHS`], each with the range of its lengths.
const SHARES: [(usize, RangeInclusive<u16>); 7] = [
    (410, 24..=128),
    (614, 129..=512),
    (819, 512..=1500),
    (1434, 1500..=2304),
    (491, 3839..=3839),
    (246, 7935..=7935),
    (82, 11_454..=11_454),
];

/// A random number generator: Knuth's MMIX.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Returns a number below `end`, which is at most 2³².
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        // The high bits are the random ones.
        (((self.0 >> 32) * end as u64) >> 32) as usize
    }
}

/// Returns the lengths in random order. Each share is spread evenly over its range.
pub(crate) fn lengths() -> &'static [u16; LENGTHS] {
    static LENGTHS_DRAWN: OnceLock<[u16; LENGTHS]> = OnceLock::new();
    LENGTHS_DRAWN.get_or_init(|| {
        let evenly = |(count, range): (usize, RangeInclusive<u16>)| {
            let (low, span) = (*range.start(), usize::from(range.end() - range.start()));
            (0..count).map(move |i| low + (span * i / (count - 1)) as u16)
        };
        let mut lengths: Vec<u16> = SHARES.into_iter().flat_map(evenly).collect();
        let mut random = Random::new(1);
        for last in (1..lengths.len()).rev() {
            lengths.swap(last, random.below(last + 1));
        }
        lengths.try_into().expect("shares of LENGTHS")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_have_their_shares() {
        let percent = |range: RangeInclusive<u16>| {
            let count = lengths().iter().filter(|length| range.contains(length));
            (100.0 * count.count() as f64 / LENGTHS as f64).round()
        };
        assert_eq!(percent(24..=128), 10.0);
        assert_eq!(percent(129..=511), 15.0);
        assert_eq!(percent(512..=1499), 20.0);
        assert_eq!(percent(1500..=2304), 35.0);
        assert_eq!(percent(3839..=3839), 12.0);
        assert_eq!(percent(7935..=7935), 6.0);
        assert_eq!(percent(11_454..=11_454), 2.0);
    }

    #[test]
    fn any_stretch_of_the_lengths_is_mixed() {
        let mean = |lengths: &[u16]| {
            lengths.iter().copied().map(f64::from).sum::<f64>() / lengths.len() as f64
        };
        let all = mean(lengths());
        for stretch in lengths().chunks(512) {
            assert!((0.8..1.25).contains(&(mean(stretch) / all)));
        }
    }
}
