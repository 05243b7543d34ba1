//! Captures: the packets of a pcap or pcapng file.
//!
//! A file is read as far as it makes sense. Damage ends the reading and is described (what, at which
//! byte); the packets before it are kept. Nothing in a file can make the reader panic, nor ask for
//! more than a small multiple of the file.

use std::fmt;
use std::path::Path;

use pcap_parser::nom;
use pcap_parser::pcapng::{Block, parse_block_be, parse_block_le};
use pcap_parser::traits::PcapNGPacketBlock;
use pcap_parser::{
    Linktype, PcapError, PcapHeader, parse_pcap_frame, parse_pcap_frame_be,
    parse_pcap_frame_modified, parse_pcap_header,
};

/// The longest file that is read.
pub const LONGEST_FILE: u64 = 1 << 30;
/// The longest record that is believed; Ethernet ends far below (tcpdump's own limit).
const LONGEST_RECORD: u32 = 262_144;
/// How a pcapng file begins, in either byte order.
const SECTION: [u8; 4] = [0x0a, 0x0d, 0x0d, 0x0a];

/// The packets of a capture file, in their order.
#[derive(Debug, Clone, Default)]
pub struct Capture {
    bytes: Vec<u8>,
    ends: Vec<usize>,
    /// Packets that the recorder cut to its snap length: left out.
    pub cut: u64,
    /// Packets of interfaces that are not Ethernet: left out.
    pub foreign: u64,
    /// Where the file stopped making sense, if it did.
    pub damage: Option<Damage>,
}

/// The first place at which a file does not make sense.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// The byte at which the broken record begins.
    pub at: usize,
    /// What is wrong there.
    pub what: String,
    /// How many packets were read before it, those left out included.
    pub packets_before: u64,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "damaged at byte {}: {}; {} packets were read before it",
            self.at, self.what, self.packets_before
        )
    }
}

/// Why a file gave no packet at all.
#[derive(Debug)]
#[non_exhaustive]
pub enum CaptureError {
    /// The file could not be read.
    Io(std::io::Error),
    /// The file is longer than [`LONGEST_FILE`].
    TooLong(u64),
    /// The file begins like neither pcap nor pcapng.
    NotACapture(String),
    /// All packets are of another link type.
    LinkType(i32),
    /// Not one whole packet was found.
    Empty(Option<Damage>),
}

impl fmt::Display for CaptureError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => write!(f, "cannot be read: {error}"),
            Self::TooLong(len) => write!(
                f,
                "{len} bytes exceed the largest capture of {LONGEST_FILE}; cut it with editcap -c"
            ),
            Self::NotACapture(why) => write!(
                f,
                "{why}; give a pcap or pcapng file, as tcpdump -w writes it"
            ),
            Self::LinkType(link) => write!(
                f,
                "link type {link} is not Ethernet (1); record on an Ethernet interface"
            ),
            Self::Empty(None) => write!(f, "holds no whole packet; record at least one"),
            Self::Empty(Some(damage)) => write!(f, "holds no whole packet: {damage}"),
        }
    }
}

impl std::error::Error for CaptureError {}

impl Capture {
    /// Reads a file.
    ///
    /// # Errors
    ///
    /// [`CaptureError`] if there is not one packet in it; damage after the first is no error.
    pub fn open(path: &Path) -> Result<Self, CaptureError> {
        let metadata = std::fs::metadata(path).map_err(CaptureError::Io)?;
        if !metadata.is_file() {
            // Each round reads the file anew, and a device may have no end.
            return Err(CaptureError::NotACapture("it is not a regular file".into()));
        }
        if metadata.len() > LONGEST_FILE {
            return Err(CaptureError::TooLong(metadata.len()));
        }
        let bytes = std::fs::read(path).map_err(CaptureError::Io)?;
        Self::parse(&bytes)
    }

    /// Reads a file's content.
    ///
    /// # Errors
    ///
    /// As [`Capture::open`].
    pub fn parse(file: &[u8]) -> Result<Self, CaptureError> {
        let mut capture = Self::default();
        if file.is_empty() {
            return Err(CaptureError::NotACapture("the file is empty".into()));
        }
        let link = if file.starts_with(&SECTION) {
            capture.read_pcapng(file)
        } else {
            capture.read_pcap(file)?
        };
        if !capture.is_empty() {
            return Ok(capture);
        }
        match link {
            Some(link) if link != Linktype::ETHERNET => Err(CaptureError::LinkType(link.0)),
            _ => Err(CaptureError::Empty(capture.damage)),
        }
    }

    /// A capture of these packets.
    pub fn of<'a>(packets: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut capture = Self::default();
        for packet in packets {
            capture.add(packet);
        }
        capture
    }

    /// How many packets there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is no packet.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The packet with this index, link header included.
    ///
    /// # Panics
    ///
    /// If there are not so many.
    pub fn packet(&self, index: usize) -> &[u8] {
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        &self.bytes[start..self.ends[index]]
    }

    /// All packets.
    pub fn packets(&self) -> impl Iterator<Item = &[u8]> {
        (0..self.len()).map(|index| self.packet(index))
    }

    fn add(&mut self, packet: &[u8]) {
        self.bytes.extend_from_slice(packet);
        self.ends.push(self.bytes.len());
    }

    fn record(&mut self, packet: &[u8], original: u32, ethernet: bool) {
        if !ethernet {
            self.foreign += 1;
        } else if packet.len() < original as usize {
            self.cut += 1;
        } else {
            self.add(packet);
        }
    }

    fn damaged(&mut self, at: usize, what: String) {
        self.damage = Some(Damage {
            at,
            what,
            packets_before: self.len() as u64 + self.cut + self.foreign,
        });
    }

    /// Reads classic pcap; returns the link type.
    fn read_pcap(&mut self, file: &[u8]) -> Result<Option<Linktype>, CaptureError> {
        let header = match parse_pcap_header(file) {
            Ok((_, header)) => header,
            Err(nom::Err::Incomplete(_)) => {
                let why = format!("{} bytes are shorter than a capture's header", file.len());
                return Err(CaptureError::NotACapture(why));
            }
            Err(_) => {
                let why = format!("begins with {:02x?}", &file[..file.len().min(4)]);
                return Err(CaptureError::NotACapture(why));
            }
        };
        let ethernet = header.network == Linktype::ETHERNET;
        let mut rest = &file[24..];
        while !rest.is_empty() {
            let at = file.len() - rest.len();
            match next_record(&header, rest) {
                Ok((after, packet, original)) => {
                    self.record(packet, original, ethernet);
                    rest = after;
                }
                Err(what) => {
                    self.damaged(at, what);
                    break;
                }
            }
        }
        Ok(Some(header.network))
    }

    /// Reads pcapng; returns the first interface's link type.
    fn read_pcapng(&mut self, file: &[u8]) -> Option<Linktype> {
        let mut big_endian = false;
        let mut links: Vec<Linktype> = Vec::new();
        let mut first = None;
        let mut rest = file;
        while !rest.is_empty() {
            let at = file.len() - rest.len();
            if rest.starts_with(&SECTION) {
                big_endian = rest.get(8..12) == Some(&[0x1a, 0x2b, 0x3c, 0x4d]);
            }
            let (after, block) = match next_block(rest, big_endian) {
                Ok(parsed) => parsed,
                Err(what) => {
                    self.damaged(at, what);
                    break;
                }
            };
            match block {
                // A new section has interfaces of its own.
                Block::SectionHeader(_) => links.clear(),
                Block::InterfaceDescription(interface) => {
                    first.get_or_insert(interface.linktype);
                    links.push(interface.linktype);
                }
                Block::EnhancedPacket(packet) => {
                    let Some(&link) = links.get(packet.if_id as usize) else {
                        let known = links.len();
                        self.damaged(
                            at,
                            format!(
                                "interface {} of only {known} that are described",
                                packet.if_id
                            ),
                        );
                        break;
                    };
                    let ethernet = link == Linktype::ETHERNET;
                    self.record(packet.packet_data(), packet.origlen, ethernet);
                }
                Block::SimplePacket(packet) => {
                    let ethernet = links.first() == Some(&Linktype::ETHERNET);
                    self.record(packet.packet_data(), packet.origlen, ethernet);
                }
                _ => {}
            }
            rest = after;
        }
        first
    }
}

/// The next record of a classic pcap: what follows it, its packet, the packet's original length.
fn next_record<'a>(
    header: &PcapHeader,
    rest: &'a [u8],
) -> Result<(&'a [u8], &'a [u8], u32), String> {
    let head = if header.is_modified_format() { 24 } else { 16 };
    let Some(length) = rest.get(8..12) else {
        return Err(format!(
            "a record's head needs {head} bytes, {} remain",
            rest.len()
        ));
    };
    let length = [length[0], length[1], length[2], length[3]];
    let (length, parse): (u32, fn(&'a [u8]) -> _) = if header.is_bigendian() {
        (u32::from_be_bytes(length), parse_pcap_frame_be)
    } else if header.is_modified_format() {
        (u32::from_le_bytes(length), parse_pcap_frame_modified)
    } else {
        (u32::from_le_bytes(length), parse_pcap_frame)
    };
    if length > LONGEST_RECORD {
        return Err(format!(
            "a record claims {length} bytes, the longest has {LONGEST_RECORD}"
        ));
    }
    match parse(rest) {
        Ok((after, record)) => Ok((after, record.data, record.origlen)),
        Err(_) => Err(format!(
            "a record claims {length} bytes, {} remain",
            rest.len().saturating_sub(head)
        )),
    }
}

/// The next block of a pcapng file, and what follows it.
fn next_block(rest: &[u8], big_endian: bool) -> Result<(&[u8], Block<'_>), String> {
    let Some(length) = rest.get(4..8) else {
        return Err(format!("a block needs 12 bytes, {} remain", rest.len()));
    };
    let length = [length[0], length[1], length[2], length[3]];
    let length = if big_endian {
        u32::from_be_bytes(length)
    } else {
        u32::from_le_bytes(length)
    } as usize;
    if length < 12 || length % 4 != 0 {
        return Err(format!(
            "a block claims {length} bytes, it must be a multiple of 4 from 12 up"
        ));
    }
    let Some(block) = rest.get(..length) else {
        return Err(format!(
            "a block claims {length} bytes, {} remain",
            rest.len()
        ));
    };
    // The parser sees this block alone: whatever it claims inside, it cannot read past its end.
    let parsed = if big_endian {
        parse_block_be(block)
    } else {
        parse_block_le(block)
    };
    match parsed {
        Ok((_, block)) => Ok((&rest[length..], block)),
        Err(error) => Err(describe(&error)),
    }
}

fn describe(error: &nom::Err<PcapError<&[u8]>>) -> String {
    match error {
        nom::Err::Incomplete(_) => "a block's parts are longer than the block".into(),
        nom::Err::Error(PcapError::NomError(_, kind))
        | nom::Err::Failure(PcapError::NomError(_, kind)) => {
            format!("a block does not parse ({})", kind.description())
        }
        _ => "a block does not parse".into(),
    }
}

#[cfg(test)]
#[path = "capture_tests.rs"]
mod tests;
