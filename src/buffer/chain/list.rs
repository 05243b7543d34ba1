//! The list of a chain's segments: short ones in place, long ones on the heap.

#![forbid(unsafe_code)]

use std::collections::VecDeque;
use std::mem;

use arrayvec::ArrayVec;

use super::Segment;

/// How many segments lie in the chain itself.
const INLINE: usize = 6;

/// Segments one behind the other: in the list itself, or on the heap once there were more than
/// [`INLINE`].
pub(super) enum List {
    Inline(ArrayVec<Segment, INLINE>),
    /// It never wraps around: all segments are in the first of its two slices. The first ones leave
    /// without a move of the others.
    Heap(VecDeque<Segment>),
}

impl List {
    pub(super) const fn new() -> Self {
        Self::Inline(ArrayVec::new_const())
    }

    pub(super) fn with_capacity(segments: usize) -> Self {
        if segments <= INLINE {
            Self::new()
        } else {
            Self::Heap(VecDeque::with_capacity(segments))
        }
    }

    #[inline]
    pub(super) fn as_slice(&self) -> &[Segment] {
        match self {
            Self::Inline(segments) => segments,
            Self::Heap(segments) => {
                let (all, none) = segments.as_slices();
                debug_assert!(none.is_empty());
                all
            }
        }
    }

    pub(super) fn first_mut(&mut self) -> Option<&mut Segment> {
        match self {
            Self::Inline(segments) => segments.first_mut(),
            Self::Heap(segments) => segments.front_mut(),
        }
    }

    pub(super) fn last_mut(&mut self) -> Option<&mut Segment> {
        match self {
            Self::Inline(segments) => segments.last_mut(),
            Self::Heap(segments) => segments.back_mut(),
        }
    }

    /// Appends a segment.
    pub(super) fn push(&mut self, segment: Segment) {
        match self {
            Self::Inline(segments) if !segments.is_full() => segments.push(segment),
            _ => {
                let segments = self.heap();
                segments.push_back(segment);
                unwrap(segments);
            }
        }
    }

    /// Inserts a segment before the others, which move.
    pub(super) fn push_front(&mut self, segment: Segment) {
        match self {
            Self::Inline(segments) if !segments.is_full() => segments.insert(0, segment),
            _ => {
                let segments = self.heap();
                segments.push_front(segment);
                segments.make_contiguous();
            }
        }
    }

    pub(super) fn pop_front(&mut self) -> Option<Segment> {
        match self {
            Self::Inline(segments) => segments.pop_at(0),
            Self::Heap(segments) => segments.pop_front(),
        }
    }

    pub(super) fn truncate(&mut self, len: usize) {
        match self {
            Self::Inline(segments) => segments.truncate(len),
            Self::Heap(segments) => segments.truncate(len),
        }
    }

    /// Removes the segments from an index on, and returns them.
    pub(super) fn split_off(&mut self, at: usize) -> Self {
        match self {
            Self::Inline(segments) => Self::Inline(segments.drain(at..).collect()),
            Self::Heap(segments) if segments.len() - at <= INLINE => {
                Self::Inline(segments.drain(at..).collect())
            }
            Self::Heap(segments) => {
                let mut back = segments.split_off(at);
                back.make_contiguous();
                Self::Heap(back)
            }
        }
    }

    /// Moves the segments of another list behind these. An empty list keeps its room, unless the
    /// other has more.
    pub(super) fn append(&mut self, others: &mut Self) {
        if self.as_slice().is_empty() && self.capacity() <= others.capacity() {
            mem::swap(self, others);
        }
        while let Some(segment) = others.pop_front() {
            self.push(segment);
        }
    }

    /// Returns how many segments there is room for.
    fn capacity(&self) -> usize {
        match self {
            Self::Inline(segments) => segments.capacity(),
            Self::Heap(segments) => segments.capacity(),
        }
    }

    /// Moves the segments to the heap, if they are not there.
    fn heap(&mut self) -> &mut VecDeque<Segment> {
        if let Self::Inline(segments) = self {
            let mut on_heap = VecDeque::with_capacity(2 * INLINE);
            on_heap.extend(segments.drain(..));
            *self = Self::Heap(on_heap);
        }
        match self {
            Self::Heap(segments) => segments,
            Self::Inline(_) => unreachable!("the segments were moved above"),
        }
    }
}

/// Lays the segments out in one slice, after one was pushed at the back.
///
/// There is room for as many again then. So in a queue, which grows at the back as its front
/// leaves, each segment moves once on average at most.
fn unwrap(segments: &mut VecDeque<Segment>) {
    if !segments.as_slices().1.is_empty() {
        segments.reserve(segments.len());
        segments.make_contiguous();
    }
}

impl Clone for List {
    fn clone(&self) -> Self {
        let segments = self.as_slice();
        let mut clone = Self::with_capacity(segments.len());
        segments
            .iter()
            .for_each(|segment| clone.push(segment.clone()));
        clone
    }
}
