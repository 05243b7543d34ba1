//! The places of a buffer ring: which buffer lies under which id.
//!
//! ```text
//!   places:    │ buffer │ vacant │ buffer │ buffer │       a buffer id is the number of a place
//!   next:       3 ──► 0 ──► 2 ──► …                      the ids, as they were posted
//! ```
//!
//! The kernel takes entries in the order in which they were posted. A place stays occupied from the
//! posting until a completion has brought the buffer back. So there are never more entries with the
//! kernel than the ring has, and no id is posted twice.
//!
//! Invariants:
//!
//! - #place-once: a place is in `vacant` or holds a buffer, and never both.
//! - #posted-order: for each occupied place but the one posted last, `next` has the id that was
//!   posted after it. Completions of several receives may bring ids out of that order, so a place
//!   in it is no number modulo the size of the ring.

#![forbid(unsafe_code)]

/// The places of a ring with a power of two of entries.
#[derive(Debug)]
pub(crate) struct Table<T> {
    places: Vec<Option<T>>,
    vacant: Vec<u16>,
    next: Vec<u16>,
    /// The id that was posted last.
    last: u16,
}

impl<T> Table<T> {
    /// Makes a table of vacant places.
    pub(crate) fn new(entries: u16) -> Self {
        debug_assert!(entries.is_power_of_two());
        Self {
            places: (0..entries).map(|_| None).collect(),
            vacant: (0..entries).rev().collect(),
            next: vec![0; entries.into()],
            last: 0,
        }
    }

    /// Returns how many places are vacant.
    pub(crate) fn vacant(&self) -> usize {
        self.vacant.len()
    }

    /// Returns how many buffers there are.
    pub(crate) fn occupied(&self) -> usize {
        self.places.len() - self.vacant.len()
    }

    /// Puts a buffer into a vacant place as the next to be posted, and returns its id. A full table
    /// returns the buffer.
    #[inline]
    pub(crate) fn put(&mut self, buffer: T) -> Result<u16, T> {
        let Some(id) = self.vacant.pop() else {
            return Err(buffer);
        };
        self.next[usize::from(self.last)] = id;
        self.last = id;
        self.places[usize::from(id)] = Some(buffer);
        Ok(id)
    }

    /// Returns the buffer under an id.
    pub(crate) fn get(&self, id: u16) -> Option<&T> {
        self.places.get(usize::from(id))?.as_ref()
    }

    /// Returns the buffer under an id.
    pub(crate) fn get_mut(&mut self, id: u16) -> Option<&mut T> {
        self.places.get_mut(usize::from(id))?.as_mut()
    }

    /// Takes the buffer under an id out of its place.
    #[inline]
    pub(crate) fn take(&mut self, id: u16) -> Option<T> {
        let buffer = self.places.get_mut(usize::from(id))?.take()?;
        self.vacant.push(id);
        Some(buffer)
    }

    /// Returns the id that was posted after this one, whose place is occupied.
    pub(crate) fn next(&self, id: u16) -> Option<u16> {
        self.next.get(usize::from(id)).copied()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use proptest::prelude::*;

    use super::*;

    /// What a test does to a table.
    #[derive(Clone, Debug)]
    enum Step {
        /// Posts a buffer.
        Put,
        /// Has the kernel take as many entries as one completion, in order.
        Consume(usize),
        /// Reaps a completion: the oldest, or a later one.
        Reap(usize),
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let step = prop_oneof![
            3 => Just(Step::Put),
            1 => (1_usize..5).prop_map(Step::Consume),
            2 => (0_usize..3).prop_map(Step::Reap),
        ];
        proptest::collection::vec(step, 0..400)
    }

    proptest! {
        /// The kernel is a queue of entries, and completions name the first id of what they took.
        #[test]
        fn ids_go_out_once_and_bring_back_the_same_buffers(size in 0_u32..6, steps in steps()) {
            let entries = 1_u16 << size;
            let mut table = Table::new(entries);
            let mut ring: VecDeque<(u16, u64)> = VecDeque::new();
            let mut completions: Vec<Vec<(u16, u64)>> = Vec::new();
            let mut serial = 0_u64;
            for step in steps {
                match step {
                    Step::Put => {
                        let out: usize = completions.iter().map(Vec::len).sum();
                        let full = ring.len() + out == usize::from(entries);
                        match table.put(serial) {
                            Ok(id) => {
                                prop_assert!(!full, "overfilled");
                                let taken = ring.iter().chain(completions.iter().flatten());
                                prop_assert!(taken.clone().all(|(other, _)| *other != id));
                                ring.push_back((id, serial));
                                serial += 1;
                            }
                            Err(back) => prop_assert!(full && back == serial),
                        }
                    }
                    Step::Consume(n) => {
                        let n = n.min(ring.len());
                        if n > 0 {
                            completions.push(ring.drain(..n).collect());
                        }
                    }
                    Step::Reap(which) => {
                        if completions.is_empty() {
                            continue;
                        }
                        let bundle = completions.remove(which % completions.len());
                        let mut id = bundle[0].0;
                        for (expected, value) in bundle {
                            prop_assert_eq!(id, expected);
                            prop_assert_eq!(table.get(id), Some(&value));
                            let next = table.next(id).unwrap();
                            prop_assert_eq!(table.take(id), Some(value));
                            prop_assert_eq!(table.take(id), None);
                            id = next;
                        }
                    }
                }
                let out: usize = completions.iter().map(Vec::len).sum();
                prop_assert_eq!(table.occupied(), ring.len() + out);
                prop_assert_eq!(table.occupied() + table.vacant(), usize::from(entries));
            }
        }
    }
}
