//! Says what a pool must do, by sets and vectors alone.

use std::collections::BTreeMap;

use framewell::Frame;

/// The settings that a pool is built with.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    pub(crate) frames: usize,
    pub(crate) headroom: usize,
    pub(crate) payload: usize,
    pub(crate) tailroom: usize,
    pub(crate) shards: usize,
    pub(crate) cache: usize,
    pub(crate) zero: bool,
}

/// The part of a frame that is data.
#[derive(Clone, Copy, Debug)]
pub(crate) struct View {
    pub(crate) start: usize,
    pub(crate) len: usize,
}

/// The frames that are out, and all bytes of every frame ever used.
pub(crate) struct Model {
    pub(crate) config: Config,
    pub(crate) bytes: BTreeMap<usize, Vec<u8>>,
    pub(crate) views: BTreeMap<usize, View>,
}

impl Model {
    pub(crate) fn new(config: Config) -> Self {
        Self {
            config,
            bytes: BTreeMap::new(),
            views: BTreeMap::new(),
        }
    }

    pub(crate) fn room(&self) -> usize {
        self.config.headroom + self.config.payload + self.config.tailroom
    }

    pub(crate) fn free(&self) -> usize {
        self.config.frames - self.views.len()
    }

    /// Notes that the pool handed this frame out. It must have been free, and it holds what was
    /// left in it.
    pub(crate) fn got(&mut self, frame: &Frame, len: usize) {
        let id = frame.id().index();
        assert!(id < self.config.frames);
        let view = View {
            start: self.config.headroom,
            len: len.min(self.config.payload),
        };
        let room = self.room();
        self.bytes.entry(id).or_insert_with(|| vec![0; room]);
        assert!(self.views.insert(id, view).is_none(), "{frame:?} is free");
        self.check(frame);
    }

    pub(crate) fn freed(&mut self, frame: &Frame) {
        self.check(frame);
        let id = frame.id().index();
        assert!(self.views.remove(&id).is_some());
        if self.config.zero {
            self.bytes.get_mut(&id).unwrap().fill(0);
        }
    }

    pub(crate) fn check(&self, frame: &Frame) {
        let id = frame.id().index();
        let View { start, len } = self.views[&id];
        assert_eq!(frame.headroom(), start);
        assert_eq!(frame.len(), len);
        assert_eq!(frame.is_empty(), len == 0);
        assert_eq!(frame.tailroom(), self.room() - start - len);
        assert_eq!(frame.capacity(), self.room());
        let bytes = &self.bytes[&id];
        assert_eq!(*frame.head(), bytes[..start]);
        assert_eq!(**frame, bytes[start..start + len]);
        assert_eq!(*frame.tail(), bytes[start + len..]);
    }
}
