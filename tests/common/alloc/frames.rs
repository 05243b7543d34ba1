//! The frames that are got and freed between the calls on variable-length buffers.

use std::ptr;

use framewell::{Frame, MisuseKind, OutOfBuffers, Pool};

use super::model::Verdict;

/// The frames that are out.
#[derive(Default)]
pub(super) struct Frames {
    /// The frames in hand, each with the byte that all of its data holds.
    hand: Vec<(Frame, u8)>,
    raw: Vec<Raw>,
    stamp: u8,
}

/// A frame that is out as a pointer.
struct Raw {
    start: usize,
    id: usize,
    len: usize,
    stamp: u8,
}

impl Frames {
    pub(super) fn out(&self) -> usize {
        self.hand.len() + self.raw.len()
    }

    pub(super) fn first_raw(&self) -> Option<usize> {
        self.raw.first().map(|frame| frame.start)
    }

    pub(super) fn get(&mut self, pool: &Pool, len: u8) {
        match pool.get(len.into()) {
            Ok(mut frame) => {
                self.stamp = self.stamp.wrapping_add(1);
                frame.fill(self.stamp);
                let id = frame.id();
                assert!(self.hand.iter().all(|(other, _)| other.id() != id));
                assert!(self.raw.iter().all(|other| other.id != id.index()));
                self.hand.push((frame, self.stamp));
            }
            Err(OutOfBuffers) => assert_eq!(self.out(), pool.capacity()),
        }
    }

    fn take(&mut self, at: usize) -> Option<(Frame, u8)> {
        let at = at.checked_rem(self.hand.len())?;
        let (frame, stamp) = self.hand.swap_remove(at);
        assert!(frame.iter().all(|byte| *byte == stamp));
        Some((frame, stamp))
    }

    pub(super) fn free(&mut self, at: usize) {
        drop(self.take(at));
    }

    pub(super) fn hand_out(&mut self, at: usize, pull: usize) {
        let Some((mut frame, stamp)) = self.take(at) else {
            return;
        };
        frame.pull(pull % (frame.len() + 1)).unwrap();
        let (id, len) = (frame.id().index(), frame.len());
        let start = frame.into_raw().as_ptr().addr();
        self.raw.push(Raw {
            start,
            id,
            len,
            stamp,
        });
    }

    pub(super) fn bring_back(&mut self, pool: &Pool, at: usize) {
        let Some(at) = at.checked_rem(self.raw.len()) else {
            return;
        };
        let Raw {
            start,
            id,
            len,
            stamp,
        } = self.raw.swap_remove(at);
        let pointer = ptr::without_provenance_mut(start);
        // SAFETY: `hand_out` handed it out, and the line above took it off the list of those.
        let frame = unsafe { pool.from_raw(pointer) }.unwrap();
        assert_eq!((frame.as_ptr().addr(), frame.len()), (start, len));
        assert_eq!(frame.id().index(), id);
        assert!(frame.iter().all(|byte| *byte == stamp));
        self.hand.push((frame, stamp));
    }

    pub(super) fn bring_all_back(&mut self, pool: &Pool) {
        while !self.raw.is_empty() {
            self.bring_back(pool, 0);
        }
    }

    /// Returns what the pool must say to an address in a frame that is brought as a frame.
    pub(super) fn verdict(&self, id: usize, address: usize) -> Verdict {
        match self.raw.iter().find(|frame| frame.id == id) {
            Some(frame) if frame.start == address => Verdict::Back,
            Some(_) => Verdict::Refused(&[MisuseKind::Interior]),
            None => Verdict::Refused(&[MisuseKind::NotRaw]),
        }
    }
}
