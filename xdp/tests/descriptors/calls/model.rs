//! What each descriptor means, and who has each frame.

use std::collections::VecDeque;

use super::AT_ONCE;

/// The bit of a descriptor's options that says that the packet goes on.
pub(super) const GOES_ON: u32 = 1;

/// Who has a frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Owner {
    Pool,
    Program,
    Rx,
    Tx,
}

/// An entry of the RX ring.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub(super) addr: u64,
    pub(super) len: u32,
    pub(super) options: u32,
}

/// What a descriptor names: a frame, and where in it the data lies.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct View {
    pub(super) frame: usize,
    pub(super) within: u64,
    pub(super) len: u32,
}

pub(super) struct Model {
    pub(super) aligned: bool,
    pub(super) chunk: u64,
    pub(super) owners: Vec<Owner>,
    /// What is in the RX ring.
    pub(super) rx: VecDeque<Entry>,
    /// What is in the completion ring.
    pub(super) completion: VecDeque<u64>,
    /// The next entry belongs to a packet of which a part was dropped.
    pub(super) skipping: bool,
    pub(super) counts: Counts,
}

#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(super) struct Counts {
    pub(super) received: u64,
    pub(super) dropped: u64,
    pub(super) completed: u64,
    pub(super) invalid: u64,
}

impl Model {
    /// Returns the frame of an address, and how far into it the address is.
    pub(super) fn locate(&self, addr: u64) -> Option<(usize, u64)> {
        let offset = match self.aligned {
            true => addr,
            false => (addr % (1 << 48)) + (addr >> 48),
        };
        let frame = offset / self.chunk;
        (frame < self.owners.len() as u64).then_some((frame as usize, offset % self.chunk))
    }

    /// Returns what an entry names if it lies in a frame of the RX side.
    fn view(&self, entry: Entry) -> Option<View> {
        let (frame, within) = self.locate(entry.addr)?;
        let len = entry.len;
        let fits = within + u64::from(len) <= self.chunk;
        let good = fits && self.owners[frame] == Owner::Rx;
        good.then_some(View { frame, within, len })
    }

    /// Takes a part of a packet that is dropped.
    fn drop_part(&mut self, entry: Entry) {
        match self.view(entry) {
            Some(view) => {
                self.owners[view.frame] = Owner::Pool;
                self.counts.dropped += 1;
            }
            None => self.counts.invalid += 1,
        }
    }

    /// Takes so many entries by a call that wants packets of one frame. Parts of larger ones are
    /// dropped first.
    pub(super) fn whole(&mut self, n: usize) -> Vec<Entry> {
        let mut whole = Vec::new();
        for entry in self.rx.drain(..n).collect::<Vec<_>>() {
            let goes_on = entry.options & GOES_ON != 0;
            if goes_on || self.skipping {
                self.skipping = goes_on;
                self.drop_part(entry);
            } else {
                whole.push(entry);
            }
        }
        whole
    }

    /// Gives the program the frames of these entries. What does not end in its frame stays, or is
    /// cut.
    pub(super) fn receive(&mut self, entries: &[Entry], cut: bool) -> Vec<View> {
        let mut views = Vec::new();
        for entry in entries {
            let mut entry = *entry;
            if let (true, Some((frame, within))) = (cut, self.locate(entry.addr)) {
                let room = (self.chunk - within) as u32;
                let too_long = self.owners[frame] == Owner::Rx && entry.len > room;
                self.counts.invalid += u64::from(too_long);
                entry.len = entry.len.min(room);
            }
            match self.view(entry) {
                Some(view) => {
                    self.owners[view.frame] = Owner::Program;
                    views.push(view);
                }
                None => self.counts.invalid += 1,
            }
        }
        self.counts.received += views.len() as u64;
        views
    }

    /// Takes packets until they have so many frames, or no whole one is left.
    pub(super) fn packets(&mut self, mut room: usize, ring: usize) -> Vec<Vec<View>> {
        let mut packets = Vec::new();
        while room > 0 && !self.rx.is_empty() {
            let last = self
                .rx
                .iter()
                .position(|entry| entry.options & GOES_ON == 0);
            let frames = last.map_or(self.rx.len(), |last| last + 1);
            let ends = last.is_some();
            if self.skipping || frames > AT_ONCE || (!ends && frames == ring) {
                self.skipping = !ends;
                for entry in self.rx.drain(..frames).collect::<Vec<_>>() {
                    self.drop_part(entry);
                }
            } else if !ends || frames > room {
                break;
            } else {
                let entries: Vec<_> = self.rx.drain(..frames).collect();
                if entries
                    .iter()
                    .any(|entry| self.locate(entry.addr).is_none())
                {
                    entries.into_iter().for_each(|entry| self.drop_part(entry));
                    continue;
                }
                let views = self.receive(&entries, false);
                if views.len() == frames {
                    room -= frames;
                    packets.push(views);
                    continue;
                }
                for view in &views {
                    self.owners[view.frame] = Owner::Pool;
                }
                self.counts.received -= views.len() as u64;
                self.counts.dropped += views.len() as u64;
            }
        }
        packets
    }

    /// Takes so many entries off the completion ring.
    pub(super) fn complete(&mut self, n: usize) -> usize {
        let before = self.counts.completed;
        for addr in self.completion.drain(..n).collect::<Vec<_>>() {
            match self.locate(addr) {
                Some((frame, _)) if self.owners[frame] == Owner::Tx => {
                    self.owners[frame] = Owner::Pool;
                    self.counts.completed += 1;
                }
                _ => self.counts.invalid += 1,
            }
        }
        (self.counts.completed - before) as usize
    }

    pub(super) fn of(&self, owner: Owner) -> usize {
        self.owners.iter().filter(|found| **found == owner).count()
    }
}
