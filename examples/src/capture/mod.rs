//! Captures: the packets of a pcap or pcapng file.
//!
//! A file is read as far as it makes sense. Damage ends the reading and is described (what, at which
//! byte); the packets before it are kept. Nothing in a file can make the reader panic, nor ask for
//! more than a small multiple of the file.

use std::path::Path;

use pcap_parser::nom;
use pcap_parser::pcapng::{Block, parse_block_be, parse_block_le};
use pcap_parser::traits::PcapNGPacketBlock;
use pcap_parser::{
    Linktype, PcapError, PcapHeader, parse_pcap_frame, parse_pcap_frame_be,
    parse_pcap_frame_modified, parse_pcap_header,
};

mod error;
pub use error::{CaptureError, Damage};

/// The longest file that is read.
pub const LONGEST_FILE: u64 = 1 << 30;
/// The longest record that is believed; Ethernet ends far below (tcpdump's own limit).
const LONGEST_RECORD: u32 = 262_144;
/// How a pcapng file begins, in either byte order.
const SECTION: [u8; 4] = [0x0a, 0x0d, 0x0d, 0x0a];

/// Linktype of 802.11 frames without a header before them.
pub const IEEE802_11: Linktype = Linktype(105);
/// Linktype of 802.11 frames with a radiotap header before them.
pub const RADIOTAP: Linktype = Linktype(127);

/// Which packets of a file are kept.
#[derive(Debug)]
pub struct Wanted {
    links: &'static [Linktype],
    /// Whether packets that the recorder cut are kept, too.
    cut: bool,
    /// What other link types are, and what to do.
    remedy: &'static str,
}

/// Whole Ethernet packets.
pub const ETHERNET: Wanted = Wanted {
    links: &[Linktype::ETHERNET],
    cut: false,
    remedy: "not Ethernet (1); record on an Ethernet interface",
};

/// 802.11 frames, with radiotap headers or without, whole or cut.
pub const WIFI: Wanted = Wanted {
    links: &[RADIOTAP, IEEE802_11],
    cut: true,
    remedy: "neither 802.11 (105) nor 802.11 with radiotap (127); record in monitor mode",
};

/// What the file says of a packet, apart from its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Meta {
    /// The link type.
    pub link: Linktype,
    /// How long the packet was when it was recorded.
    pub original: usize,
    /// The length of the frame check sequence at its end, if the file says so.
    pub fcs: Option<usize>,
}

/// A file's word for its link type, taken apart: the low 16 bits, and the length of the frame check
/// sequences if bit 26 says that the top bits have it (in units of 16 bits).
fn link_and_fcs(network: Linktype) -> (Linktype, Option<usize>) {
    let word = network.0 as u32;
    let fcs = (word & 1 << 26 != 0).then_some((word >> 28) as usize * 2);
    (Linktype((word & 0xffff) as i32), fcs)
}

/// The packets of a capture file, in their order.
#[derive(Debug, Default)]
pub struct Capture {
    bytes: Vec<u8>,
    ends: Vec<usize>,
    metas: Vec<Meta>,
    /// Packets that the recorder cut to its snap length, if those are left out.
    pub cut: u64,
    /// Packets of interfaces of another link type: left out.
    pub foreign: u64,
    /// Where the file stopped making sense, if it did.
    pub damage: Option<Damage>,
}

impl Capture {
    /// Reads a file's Ethernet packets.
    ///
    /// # Errors
    ///
    /// [`CaptureError`] if there is not one packet in it; damage after the first is no error.
    pub fn open(path: &Path) -> Result<Self, CaptureError> {
        Self::open_wanted(path, &ETHERNET)
    }

    /// Reads those packets of a file that are wanted.
    ///
    /// # Errors
    ///
    /// As [`Capture::open`].
    pub fn open_wanted(path: &Path, wanted: &Wanted) -> Result<Self, CaptureError> {
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
    /// As [`Capture::open`].
    pub fn parse(file: &[u8], wanted: &Wanted) -> Result<Self, CaptureError> {
        let mut capture = Self::default();
        if file.is_empty() {
            return Err(CaptureError::NotACapture("the file is empty".into()));
        }
        let link = if file.starts_with(&SECTION) {
            capture.read_pcapng(file, wanted)
        } else {
            capture.read_pcap(file, wanted)?
        };
        if !capture.is_empty() {
            return Ok(capture);
        }
        match link {
            Some(link) if !wanted.links.contains(&link) => {
                Err(CaptureError::LinkType(link.0, wanted.remedy))
            }
            _ => Err(CaptureError::Empty(capture.damage)),
        }
    }

    /// A capture of these Ethernet packets.
    pub fn of<'a>(packets: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut capture = Self::default();
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

    /// What the file says of the packet with this index.
    ///
    /// # Panics
    ///
    /// If there are not so many.
    pub fn meta(&self, index: usize) -> Meta {
        self.metas[index]
    }

    /// All packets.
    pub fn packets(&self) -> impl Iterator<Item = &[u8]> {
        (0..self.len()).map(|index| self.packet(index))
    }

    fn add(&mut self, packet: &[u8], meta: Meta) {
        self.bytes.extend_from_slice(packet);
        self.ends.push(self.bytes.len());
        self.metas.push(meta);
    }

    fn record(&mut self, wanted: &Wanted, packet: &[u8], meta: Meta) {
        if !wanted.links.contains(&meta.link) {
            self.foreign += 1;
        } else if packet.len() < meta.original && !wanted.cut {
            self.cut += 1;
        } else {
            self.add(packet, meta);
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
    fn read_pcap(
        &mut self,
        file: &[u8],
        wanted: &Wanted,
    ) -> Result<Option<Linktype>, CaptureError> {
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
        let (link, fcs) = link_and_fcs(header.network);
        let mut rest = &file[24..];
        while !rest.is_empty() {
            let at = file.len() - rest.len();
            match next_record(&header, rest) {
                Ok((after, packet, original)) => {
                    let original = original as usize;
                    self.record(
                        wanted,
                        packet,
                        Meta {
                            link,
                            original,
                            fcs,
                        },
                    );
                    rest = after;
                }
                Err(what) => {
                    self.damaged(at, what);
                    break;
                }
            }
        }
        Ok(Some(link))
    }

    /// Reads pcapng; returns the first interface's link type.
    fn read_pcapng(&mut self, file: &[u8], wanted: &Wanted) -> Option<Linktype> {
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
                    let meta = Meta {
                        link,
                        original: packet.origlen as usize,
                        fcs: None,
                    };
                    self.record(wanted, packet.packet_data(), meta);
                }
                Block::SimplePacket(packet) => {
                    let Some(&link) = links.first() else {
                        self.damaged(at, "a packet before the first interface".into());
                        break;
                    };
                    let meta = Meta {
                        link,
                        original: packet.origlen as usize,
                        fcs: None,
                    };
                    self.record(wanted, packet.packet_data(), meta);
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
mod tests;
