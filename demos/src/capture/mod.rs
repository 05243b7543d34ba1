//! Captures: the packets of a pcap or pcapng file.
//!
//! A file is read as far as it makes sense. Damage ends the reading and is described (what, at
//! which byte); the packets before it are kept. Nothing in a file can make the reader panic, or ask
//! for more than a small multiple of the file.
//!
//! Every packet of a file is kept, or counted by the reason why it is not ([`Capture::remarks`]).
//! All of them together are as many as Wireshark's `capinfos` counts, or a remark says why not. All
//! three kinds of packet blocks of pcapng are read, in any number of sections and interfaces, each
//! with a clock of its own.

use std::path::Path;

use pcap_parser::Linktype;

mod clock;
mod error;
mod link;
mod pcap;
mod pcapng;
mod remarks;

pub use clock::Times;
pub use error::{CaptureError, Damage};
pub use link::{IEEE802_11, RADIOTAP};
pub use remarks::Counts;

/// The longest file that is read.
pub const LONGEST_FILE: u64 = 1 << 30;
/// The bytes that begin a pcapng file, in either byte order.
const SECTION: [u8; 4] = [0x0a, 0x0d, 0x0d, 0x0a];

/// The choice of the packets of a file that are kept.
#[derive(Debug)]
pub struct Wanted {
    links: &'static [Linktype],
    /// Whether packets that the recorder cut are kept, too.
    cut: bool,
    /// Whether frame check sequences are taken off where the file announces them.
    bare: bool,
    name: &'static str,
}

/// The choice of whole Ethernet packets, without frame check sequences.
pub const ETHERNET: Wanted = Wanted {
    links: &[Linktype::ETHERNET],
    cut: false,
    bare: true,
    name: "Ethernet",
};

/// The choice of 802.11 frames, whole or cut, with radiotap headers or without any.
///
/// Prism, AVS and PPI headers are taken off. All that is kept of them is whether there is a frame
/// check sequence.
pub const WIFI: Wanted = Wanted {
    links: &[RADIOTAP, IEEE802_11],
    cut: true,
    bare: false,
    name: "802.11",
};

/// The data that the file has on a packet, apart from its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Meta {
    /// The link type of the packet.
    pub link: Linktype,
    /// The length of the packet when it was recorded.
    pub original: usize,
    /// The length of the frame check sequence at its end, if the file says so.
    pub fcs: Option<usize>,
}

/// A packet as it stands in the file.
struct Record<'a> {
    link: Linktype,
    fcs: Option<usize>,
    original: usize,
    /// The time in nanoseconds since 1970.
    time: Option<i64>,
    bytes: &'a [u8],
}

/// The byte order of a file or of a section.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    Big,
    Little,
}

impl Order {
    /// Reads words of four bytes each.
    fn words<const BYTES: usize, const WORDS: usize>(self, bytes: &[u8; BYTES]) -> [u32; WORDS] {
        const { assert!(BYTES == 4 * WORDS) };
        std::array::from_fn(|i| {
            let word = [0, 1, 2, 3].map(|byte| bytes[4 * i + byte]);
            match self {
                Self::Big => u32::from_be_bytes(word),
                Self::Little => u32::from_le_bytes(word),
            }
        })
    }

    fn u16(self, bytes: [u8; 2]) -> u16 {
        match self {
            Self::Big => u16::from_be_bytes(bytes),
            Self::Little => u16::from_le_bytes(bytes),
        }
    }

    fn i64(self, bytes: [u8; 8]) -> i64 {
        match self {
            Self::Big => i64::from_be_bytes(bytes),
            Self::Little => i64::from_le_bytes(bytes),
        }
    }
}

/// The packets of a capture file, in their order, and counts of what is left out.
#[derive(Debug)]
pub struct Capture {
    bytes: Vec<u8>,
    ends: Vec<usize>,
    metas: Vec<Meta>,
    wanted: &'static Wanted,
    /// The number of packets that the recorder cut to its snap length, if those are left out.
    pub cut: u64,
    /// The numbers of packets of other link types, by link type. They are left out.
    pub foreign: Counts<i32>,
    /// The number of packets whose header before the frame makes no sense. They are left out.
    pub headless: u64,
    /// The numbers of blocks of a pcapng, by type, that hold no packets and are not known to be
    /// without interest.
    pub blocks: Counts<u32>,
    /// The number of blocks of a pcapng that hold no packets and make no sense. They are left out.
    pub broken: u64,
    /// The number of packets whose frame check sequence was taken off.
    pub checked: u64,
    /// The number of interfaces that a pcapng describes, in all of its sections.
    pub interfaces: usize,
    /// The times at which the packets were recorded, including those left out.
    pub times: Times,
    /// The place where the file stopped making sense, if it did.
    pub damage: Option<Damage>,
}

impl Capture {
    fn new(wanted: &'static Wanted) -> Self {
        Self {
            bytes: Vec::new(),
            ends: Vec::new(),
            metas: Vec::new(),
            wanted,
            cut: 0,
            foreign: Counts::default(),
            headless: 0,
            blocks: Counts::default(),
            broken: 0,
            checked: 0,
            interfaces: 0,
            times: Times::default(),
            damage: None,
        }
    }

    /// Reads a file's Ethernet packets.
    ///
    /// # Errors
    ///
    /// [`CaptureError`] says why there is not one packet in it. Damage after the first is no error.
    pub fn open(path: &Path) -> Result<Self, CaptureError> {
        Self::open_wanted(path, &ETHERNET)
    }

    /// Reads those packets of a file that are wanted.
    ///
    /// # Errors
    ///
    /// The errors are those of [`Capture::open`].
    pub fn open_wanted(path: &Path, wanted: &'static Wanted) -> Result<Self, CaptureError> {
        let metadata = std::fs::metadata(path).map_err(CaptureError::Io)?;
        if !metadata.is_file() {
            // Each round reads the file anew, and a device may have no end.
            return Err(CaptureError::NotACapture("it is not a regular file".into()));
        }
        if metadata.len() > LONGEST_FILE {
            return Err(CaptureError::TooLong(metadata.len()));
        }
        let bytes = std::fs::read(path).map_err(CaptureError::Io)?;
        Self::parse(&bytes, wanted)
    }

    /// Reads a file's content.
    ///
    /// # Errors
    ///
    /// The errors are those of [`Capture::open`].
    pub fn parse(file: &[u8], wanted: &'static Wanted) -> Result<Self, CaptureError> {
        let capture = Self::scan(file, wanted)?;
        if capture.is_empty() {
            return Err(CaptureError::Nothing(capture.remarks()));
        }
        Ok(capture)
    }

    /// Reads a file's content, though no packet may be left.
    fn scan(file: &[u8], wanted: &'static Wanted) -> Result<Self, CaptureError> {
        let mut capture = Self::new(wanted);
        if file.is_empty() {
            return Err(CaptureError::NotACapture("the file is empty".into()));
        }
        if file.starts_with(&SECTION) {
            pcapng::read(&mut capture, file);
        } else {
            pcap::read(&mut capture, file)?;
        }
        Ok(capture)
    }

    /// Returns a capture of these Ethernet packets.
    pub fn of<'a>(packets: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut capture = Self::new(&ETHERNET);
        for packet in packets {
            let meta = Meta {
                link: Linktype::ETHERNET,
                original: packet.len(),
                fcs: None,
            };
            capture.add(packet, meta);
        }
        capture
    }

    /// Returns the number of packets.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Returns whether there is no packet.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Returns the number of packets that the file holds, including those left out.
    pub fn read(&self) -> u64 {
        self.len() as u64 + self.cut + self.foreign.total() + self.headless
    }

    /// Returns the packet with this index, including its link header.
    ///
    /// # Panics
    ///
    /// If there are not so many packets.
    pub fn packet(&self, index: usize) -> &[u8] {
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        &self.bytes[start..self.ends[index]]
    }

    /// Returns what the file says of the packet with this index.
    ///
    /// # Panics
    ///
    /// If there are not so many packets.
    pub fn meta(&self, index: usize) -> Meta {
        self.metas[index]
    }

    /// Returns all packets.
    pub fn packets(&self) -> impl Iterator<Item = &[u8]> {
        (0..self.len()).map(|index| self.packet(index))
    }

    fn add(&mut self, packet: &[u8], meta: Meta) {
        self.bytes.extend_from_slice(packet);
        self.ends.push(self.bytes.len());
        self.metas.push(meta);
    }

    /// Keeps a packet, or counts it.
    fn record(&mut self, record: Record<'_>) {
        self.times.note(record.time);
        let wanted = self.wanted;
        if !wanted.takes(record.link) {
            self.foreign.count(record.link.0);
            return;
        }
        let Some(wrapped) = link::unwrap(record.link, record.bytes) else {
            self.headless += 1;
            return;
        };
        if !wanted.links.contains(&wrapped.link) {
            self.foreign.count(wrapped.link.0);
            return;
        }
        let mut bytes = &record.bytes[wrapped.header..];
        let mut meta = Meta {
            link: wrapped.link,
            original: record.original.saturating_sub(wrapped.header),
            fcs: wrapped.fcs.or(record.fcs),
        };
        if bytes.len() < meta.original && !wanted.cut {
            self.cut += 1;
            return;
        }
        if let Some(length) = meta.fcs.filter(|_| wanted.bare) {
            bytes = &bytes[..bytes.len().saturating_sub(length)];
            meta.original = meta.original.saturating_sub(length);
            meta.fcs = None;
            self.checked += u64::from(length > 0);
        }
        self.add(bytes, meta);
    }

    fn damaged(&mut self, at: usize, what: String) {
        self.damage = Some(Damage {
            at,
            what,
            packets_before: self.read(),
        });
    }
}

impl Default for Capture {
    /// Returns a capture of no Ethernet packets.
    fn default() -> Self {
        Self::new(&ETHERNET)
    }
}

#[cfg(test)]
mod tests;
