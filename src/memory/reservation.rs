//! A reservation of memory for buffers, and the tables outside of it that their ids index.

use std::io;
use std::ptr::NonNull;

use crate::base::raw::{RawStates, Word};
use crate::base::stack::Links;
use crate::sync::Tracks;
use crate::sys::Mapping;

/// The mapping, and the tables of words that its ids index. `W` is the width of a raw state.
#[repr(C)]
pub(crate) struct Reservation<W> {
    links: Links,
    raw: RawStates<W>,
    /// The tracks stand for the bytes of each buffer in a model.
    tracks: Tracks,
    mapping: Mapping,
}

impl<W: Word> Reservation<W> {
    /// Joins a mapping with the tables for ids below `ids`.
    pub(crate) fn new(mapping: Mapping, links: Links, raw: RawStates<W>, ids: u32) -> Self {
        Self {
            links,
            raw,
            tracks: Tracks::new(ids as usize),
            mapping,
        }
    }

    pub(crate) fn base(&self) -> NonNull<u8> {
        self.mapping.base()
    }

    /// Returns the link words of the ids.
    #[inline(always)]
    pub(crate) fn links(&self) -> &Links {
        &self.links
    }

    /// Returns the table that says which buffers are out as pointers.
    #[inline(always)]
    pub(crate) fn raw(&self) -> &RawStates<W> {
        &self.raw
    }

    #[inline(always)]
    pub(crate) fn tracks(&self) -> &Tracks {
        &self.tracks
    }

    pub(crate) fn mapping(&self) -> &Mapping {
        &self.mapping
    }

    /// Makes the words of the ids `from` to `to` usable. Repeating it changes nothing.
    #[inline]
    pub(crate) fn commit_words(&self, from: u32, to: u32) -> io::Result<()> {
        self.links
            .commit(from, to)
            .and_then(|()| self.raw.commit(from, to))
    }

    /// Makes `len` bytes at `offset` usable. Repeating it changes nothing.
    #[inline]
    pub(crate) fn commit_bytes(&self, offset: usize, len: usize) -> io::Result<()> {
        self.mapping.commit(offset, len)
    }
}
