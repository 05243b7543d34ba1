//! Division by a number that is known when a pool is built, without a division instruction.
//!
//! # Why it is exact
//!
//! Let `d ≥ 1` be the divisor, `n` any number of 64 bits, and `m = ⌊(2⁶⁴ − 1) / d⌋` what is kept.
//! Then `2⁶⁴ − d ≤ m·d < 2⁶⁴`. So for the estimate `e = ⌊n·m / 2⁶⁴⌋`, the high half of the product:
//!
//! - `n·m / 2⁶⁴ ≤ n/d`, because `m·d ≤ 2⁶⁴`. So `e` is at most the quotient `⌊n/d⌋`.
//! - `n·m / 2⁶⁴ ≥ (n/d)·(1 − d/2⁶⁴) = n/d − n/2⁶⁴ > n/d − 1`. So `e > n/d − 2`, and `e` is at least
//!   the quotient less 1.
//!
//! One correction is therefore enough: if `n − e·d` is not below `d`, the quotient is `e + 1`.
//!
//! For numbers that are not too large, the reciprocal rounded up needs no correction. Let `d ≥ 2`,
//! `u = m + 1` and `x = u·d − 2⁶⁴`. Then `0 ≤ x < d`. So for the estimate `e = ⌊n·u / 2⁶⁴⌋`:
//!
//! - `n·u / 2⁶⁴ = n/d + n·x / (d·2⁶⁴) ≥ n/d`. So `e` is at least the quotient.
//! - If `n·x < 2⁶⁴`, that is less than `n/d + 1/d`, and so below the next multiple of `1/d` after
//!   `n/d`. So `e` is the quotient.

#![forbid(unsafe_code)]

use std::num::NonZero;

/// A divisor, at least 1, and its reciprocal. The module's head proves that the result is exact.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Divider {
    divisor: u64,
    /// `⌊(2⁶⁴ − 1) / divisor⌋`.
    reciprocal: u64,
}

impl Divider {
    /// The divisor must not be 0.
    pub(crate) fn new(divisor: u64) -> Self {
        Self {
            divisor,
            reciprocal: u64::MAX / divisor,
        }
    }

    /// Returns the reciprocal by which numbers below `limit` are divided without a correction, if
    /// it is exact for all of them.
    pub(crate) fn below(self, limit: u64) -> Option<Reciprocal> {
        let up = self.reciprocal.checked_add(1)?;
        // This is `up · divisor − 2⁶⁴`.
        let excess = up.wrapping_mul(self.divisor);
        let largest = limit.saturating_sub(1);
        largest.checked_mul(excess)?;
        Some(Reciprocal(NonZero::new(up)?))
    }

    /// Returns `n / divisor` and `n % divisor`.
    #[inline(always)]
    pub(crate) fn divide(self, n: u64) -> (u64, u64) {
        let estimate = ((u128::from(n) * u128::from(self.reciprocal)) >> 64) as u64;
        // Neither overflows: the estimate is at most the quotient.
        let rest = n - estimate * self.divisor;
        if rest < self.divisor {
            (estimate, rest)
        } else {
            (estimate + 1, rest - self.divisor)
        }
    }
}

/// The reciprocal of a divisor, rounded up. See the module's head.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Reciprocal(NonZero<u64>);

impl Reciprocal {
    /// Returns `n / divisor` if `n` is below the limit, and at least `n / divisor` otherwise.
    #[inline(always)]
    pub(crate) fn times(self, n: u64) -> u64 {
        ((u128::from(n) * u128::from(self.0.get())) >> 64) as u64
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(n: u64, divisor: u64) {
        let expected = (n / divisor, n % divisor);
        assert_eq!(Divider::new(divisor).divide(n), expected, "{n} / {divisor}");
    }

    /// Returns the numbers beside each power of two, and beside 0 and 2⁶⁴.
    fn edges() -> impl Iterator<Item = u64> + Clone {
        (0..64).flat_map(|bit| {
            let power = 1_u64 << bit;
            [power - 1, power, power + 1, power.wrapping_neg()]
        })
    }

    #[test]
    fn quotient_is_exact_at_the_edges_of_both_numbers() {
        for divisor in edges().filter(|divisor| *divisor > 0) {
            edges().for_each(|n| check(n, divisor));
        }
    }

    #[test]
    fn quotient_is_exact_around_multiples_of_each_divisor() {
        let strides = (1..5000_u64).chain([65_535, 65_536, 100_001, 1 << 20, u64::MAX]);
        for divisor in strides {
            let last = u64::MAX / divisor;
            for times in [0, 1, 2, 3, (1 << 26) - 1, 1 << 26, last - 1, last] {
                let Some(multiple) = divisor.checked_mul(times) else {
                    continue;
                };
                check(multiple, divisor);
                check(multiple.saturating_sub(1), divisor);
                check(multiple.saturating_add(divisor - 1), divisor);
            }
        }
    }

    /// Checks the numbers below `limit` beside each multiple of a divisor that is given, and says
    /// whether there is a reciprocal for them.
    fn check_below(limit: u64, divisor: u64, multiples: &[u64]) -> bool {
        let Some(reciprocal) = Divider::new(divisor).below(limit) else {
            return false;
        };
        for multiple in multiples
            .iter()
            .filter_map(|times| divisor.checked_mul(*times))
        {
            for n in [
                multiple.saturating_sub(1),
                multiple,
                multiple + (divisor - 1),
            ] {
                let (found, expected) = (reciprocal.times(n), n / divisor);
                let right = found == expected || (n >= limit && found > expected);
                assert!(right, "{n} / {divisor} below {limit}: {found}");
            }
        }
        true
    }

    #[test]
    fn reciprocal_needs_no_correction_in_any_region_that_is_mapped() {
        for frames in [1, 2, 1000, 1 << 26] {
            for stride in (2..5000).chain([65_535, 65_536, 100_001]) {
                let multiples = [0, 1, 2, frames - 1, frames, frames + 1];
                let there = check_below(frames * stride, stride, &multiples);
                assert!(there, "{frames} frames of {stride}");
            }
        }
    }

    #[test]
    fn reciprocal_is_refused_where_it_would_be_wrong() {
        assert_eq!(Divider::new(1).below(10), None);
        // A power of two is exact without an end.
        assert!(check_below(u64::MAX, 1 << 21, &[1, (1 << 43) - 1]));
        let (stride, frames) = ((1 << 21) - 1, 1 << 26);
        assert!(!check_below(frames * stride, stride, &[]));
        // The largest limit that is taken is right up to its end.
        let excess = (u64::MAX / stride + 1).wrapping_mul(stride);
        let limit = u64::MAX / excess + 1;
        assert!(check_below(
            limit,
            stride,
            &[1, limit / stride - 1, limit / stride]
        ));
        assert!(!check_below(limit + 1, stride, &[]));
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            cases: 20_000,
            failure_persistence: None,
            ..ProptestConfig::default()
        })]

        #[test]
        fn quotient_is_exact_for_any_two_numbers(
            n in any::<u64>(),
            divisor in 1..=u64::MAX,
            shorter in (0..64_u32, 0..64_u32),
        ) {
            check(n >> shorter.0, (divisor >> shorter.1).max(1));
        }
    }
}
