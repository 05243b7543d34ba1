//! Medians and what lies around them.

use serde::Serialize;

/// A median with the range in which the middle eighty of a hundred samples lie.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct Spread {
    /// The value below which a tenth of the samples lies.
    pub low: f64,
    /// The median.
    pub median: f64,
    /// The value above which a tenth of the samples lies.
    pub high: f64,
    /// The number of samples.
    pub samples: usize,
}

impl Spread {
    /// Returns the spread of samples; `None` if there are none.
    #[must_use]
    pub fn of(samples: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut sorted: Vec<f64> = samples.into_iter().collect();
        sorted.sort_unstable_by(f64::total_cmp);
        let last = sorted.len().checked_sub(1)?;
        Some(Self {
            low: sorted[last / 10],
            median: (sorted[last / 2] + sorted[last.div_ceil(2)]) / 2.0,
            high: sorted[last - last / 10],
            samples: sorted.len(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spread_of_nothing_is_none() {
        assert_eq!(Spread::of([]), None);
    }

    #[test]
    fn spread_leaves_out_a_tenth_at_each_end() {
        let spread = Spread::of((0..=100).rev().map(f64::from)).unwrap();
        assert_eq!((spread.low, spread.median, spread.high), (10.0, 50.0, 90.0));
        assert_eq!(spread.samples, 101);
    }

    #[test]
    fn median_of_two_lies_between() {
        assert_eq!(Spread::of([1.0, 2.0]).unwrap().median, 1.5);
    }
}
