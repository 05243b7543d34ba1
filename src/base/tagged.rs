//! A word that names an index, and counts how often an index was taken out of it.
//!
//! ```text
//!   | tag … | index |      index: all ones = empty, one less = closed
//! ```
//!
//! The tag has all the bits that the index leaves: 47 for 65,536 indices, 37 for 2^26, which need
//! 27 bits because of the two marks. Putting an index in keeps the tag. Taking one out adds one to
//! it.

#![forbid(unsafe_code)]

/// The index field of a tagged word: an index, or one of the two marks.
pub(crate) type Field = u64;

/// The layout of a tagged word: which of its bits are the index.
#[derive(Clone, Copy)]
pub(crate) struct Tagged {
    mask: u64,
}

impl Tagged {
    /// Words of two halves, for indices below 2^32 − 2. The index is read without masking.
    pub(crate) const HALVES: Self = Self {
        mask: u32::MAX as u64,
    };

    /// Makes the layout of words for indices below `indices`.
    pub(crate) fn new(indices: u32) -> Self {
        let values = u64::from(indices) + 2;
        Self {
            mask: values.next_power_of_two() - 1,
        }
    }

    /// Returns the field that names no index, which is also the first word.
    #[inline(always)]
    pub(crate) fn empty(self) -> Field {
        self.mask
    }

    /// Returns the field of a closed word, which is also the last word.
    #[inline(always)]
    pub(crate) fn closed(self) -> Field {
        self.mask - 1
    }

    #[inline(always)]
    pub(crate) fn field(self, word: u64) -> Field {
        word & self.mask
    }

    /// Returns the index that a field names.
    #[inline(always)]
    pub(crate) fn index(self, field: Field) -> Option<u32> {
        (field < self.closed()).then_some(field as u32)
    }

    /// Returns the word that follows when `field` is put in.
    #[inline(always)]
    pub(crate) fn pushed(self, word: u64, field: Field) -> u64 {
        word & !self.mask | field
    }

    /// Returns the word that follows an empty one when `field` is put in. It does what
    /// [`Tagged::pushed`] does in one step.
    #[inline(always)]
    pub(crate) fn filled(self, empty: u64, field: Field) -> u64 {
        empty ^ (self.mask ^ field)
    }

    /// Returns the word that follows when its index is taken out and `field` is left.
    #[inline(always)]
    pub(crate) fn popped(self, word: u64, field: Field) -> u64 {
        (word & !self.mask).wrapping_add(self.mask + 1) | field
    }

    /// Returns the word that follows when its index is taken out and nothing is left.
    #[inline(always)]
    pub(crate) fn emptied(self, word: u64) -> u64 {
        (word | self.mask).wrapping_add(self.mask + 1)
    }

    /// Returns how often something was taken out.
    pub(crate) fn tag(self, word: u64) -> u64 {
        word / (self.mask + 1)
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn every_index_and_both_marks_have_a_field_of_their_own() {
        for indices in [1, 2, 5, 6, 7, 1 << 16, 1 << 26] {
            let tagged = Tagged::new(indices);
            for index in [0, indices / 2, indices - 1] {
                let word = tagged.filled(tagged.empty(), index.into());
                assert_eq!(word, tagged.pushed(tagged.empty(), index.into()));
                assert_eq!(
                    tagged.index(tagged.field(word)),
                    Some(index),
                    "of {indices}"
                );
            }
            assert_ne!(tagged.empty(), tagged.closed());
            assert_eq!(tagged.index(tagged.empty()), None);
            assert_eq!(tagged.index(tagged.closed()), None);
        }
    }

    #[test]
    fn the_tag_counts_what_is_taken_and_wraps_beside_the_index() {
        let tagged = Tagged::new(1 << 26);
        let mut word = tagged.empty();
        for taken in 1..=3 {
            word = tagged.filled(word, 7);
            assert_eq!(tagged.tag(word), taken - 1);
            assert_eq!(tagged.emptied(word), tagged.popped(word, tagged.empty()));
            word = tagged.emptied(word);
            assert_eq!(
                (tagged.tag(word), tagged.field(word)),
                (taken, tagged.empty())
            );
        }
        let last = tagged.pushed(u64::MAX, 7);
        let wrapped = tagged.popped(last, 9);
        assert_eq!((tagged.tag(wrapped), tagged.field(wrapped)), (0, 9));
    }
}
