//! pcapng files: sections, interfaces, and the three kinds of blocks that hold packets.

use pcap_parser::nom;
use pcap_parser::pcapng::{
    Block, EnhancedPacketBlock, InterfaceDescriptionBlock, PcapNGOption, SectionHeaderBlock,
    SimplePacketBlock, parse_block_be, parse_block_le, parse_option_be, parse_option_le,
};
use pcap_parser::traits::PcapNGPacketBlock;
use pcap_parser::{Linktype, PcapError};

use super::clock::Clock;
use super::{Capture, Order, Record, SECTION, link};

/// The type of a section header; the types of the other blocks follow.
const SECTION_HEADER: u32 = 0x0a0d_0d0a;
const INTERFACE: u32 = 1;
/// The Packet Block, which the Enhanced Packet Block has replaced.
const PACKET: u32 = 2;
const SIMPLE_PACKET: u32 = 3;
const NAMES: u32 = 4;
const STATISTICS: u32 = 5;
const ENHANCED_PACKET: u32 = 6;
const SECRETS: u32 = 10;

/// The option for an interface's time resolution; its other options follow.
const TIME_RESOLUTION: u16 = 9;
const FCS_LENGTH: u16 = 13;
const TIME_OFFSET: u16 = 14;
/// The option for a packet's flags.
const FLAGS: u16 = 2;

/// The data that a section has on an interface.
struct Interface {
    link: Linktype,
    /// The most bytes of a packet that were kept; 0 stands for all.
    snap: u32,
    fcs: Option<usize>,
    clock: Clock,
}

/// Reads a file into the capture, as far as it makes sense.
pub(super) fn read(capture: &mut Capture, file: &[u8]) {
    let mut section = Section {
        order: Order::Little,
        interfaces: Vec::new(),
    };
    let mut rest = file;
    while !rest.is_empty() {
        let at = file.len() - rest.len();
        let read = section.next_block(rest).and_then(|block| {
            rest = &rest[block.whole.len()..];
            section.take(&block, capture)
        });
        if let Err(what) = read {
            capture.damaged(at, what);
            break;
        }
    }
}

/// The section that is being read.
struct Section {
    order: Order,
    interfaces: Vec<Interface>,
}

/// A block by its frame: a type and a length stand before it, and the length again behind it.
struct Raw<'a> {
    kind: u32,
    whole: &'a [u8],
}

impl Section {
    fn next_block<'a>(&mut self, rest: &'a [u8]) -> Result<Raw<'a>, String> {
        let left = rest.len();
        let Some((head, _)) = rest.split_first_chunk::<12>() else {
            return Err(format!("a block needs 12 bytes, {left} remain"));
        };
        if rest.starts_with(&SECTION) {
            self.order = match head[8..] {
                [0x1a, 0x2b, 0x3c, 0x4d] => Order::Big,
                [0x4d, 0x3c, 0x2b, 0x1a] => Order::Little,
                _ => return Err(format!("a section's byte order is {:02x?}", &head[8..])),
            };
        }
        let [kind, claimed, _] = self.order.words(head);
        let length = claimed as usize;
        if length < 12 || length % 4 != 0 {
            return Err(format!(
                "a block claims {length} bytes, it must be a multiple of 4 from 12 up"
            ));
        }
        let Some(whole) = rest.get(..length) else {
            return Err(format!("a block claims {length} bytes, {left} remain"));
        };
        match whole.last_chunk::<4>().map(|again| self.order.words(again)) {
            Some([again]) if again != claimed => Err(format!(
                "a block claims {claimed} bytes at its start, {again} at its end"
            )),
            _ => Ok(Raw { kind, whole }),
        }
    }

    /// Takes a block in. The parser sees it alone: whatever the block claims inside, nothing is
    /// read past its end.
    fn take(&mut self, raw: &Raw<'_>, capture: &mut Capture) -> Result<(), String> {
        let record = match raw.kind {
            SECTION_HEADER | INTERFACE | SIMPLE_PACKET | ENHANCED_PACKET => {
                match self.parse(raw.whole)? {
                    Block::SectionHeader(header) => {
                        self.interfaces.clear();
                        return check(&header);
                    }
                    Block::InterfaceDescription(interface) => {
                        capture.interfaces += 1;
                        self.interfaces.push(self.interface(&interface)?);
                        return Ok(());
                    }
                    Block::EnhancedPacket(packet) => self.enhanced(packet)?,
                    Block::SimplePacket(packet) => self.simple(packet)?,
                    _ => return Err("a block is of another type than it says".into()),
                }
            }
            PACKET => self.obsolete(raw.whole)?,
            NAMES | STATISTICS | SECRETS => {
                capture.broken += u64::from(self.parse(raw.whole).is_err());
                return Ok(());
            }
            kind => {
                capture.blocks.count(kind);
                return Ok(());
            }
        };
        let (longest, length) = (link::longest(record.link), record.bytes.len());
        if length > longest as usize {
            return Err(format!(
                "a packet has {length} bytes, the longest has {longest}"
            ));
        }
        capture.record(record);
        Ok(())
    }

    fn parse<'a>(&self, block: &'a [u8]) -> Result<Block<'a>, String> {
        let parsed = match self.order {
            Order::Big => parse_block_be(block),
            Order::Little => parse_block_le(block),
        };
        parsed
            .map(|(_, block)| block)
            .map_err(|error| describe(&error))
    }

    fn interface(&self, block: &InterfaceDescriptionBlock<'_>) -> Result<Interface, String> {
        let options = whole(&block.options, block.block_len1 as usize - 20)?;
        let resolution = option(options, TIME_RESOLUTION)?.map_or(6, |[ticks]| ticks);
        // pcap-parser always reads this option in little-endian order.
        let offset = option(options, TIME_OFFSET)?;
        let offset = offset.map_or(0, |bytes| self.order.i64(bytes));
        Ok(Interface {
            link: block.linktype,
            snap: block.snaplen,
            fcs: option(options, FCS_LENGTH)?.map(|[length]| length.into()),
            clock: Clock::new(resolution, offset),
        })
    }

    fn known(&self, id: u32) -> Result<&Interface, String> {
        let known = self.interfaces.len();
        let interface = self.interfaces.get(id as usize);
        interface.ok_or_else(|| format!("interface {id} of only {known} that are described"))
    }

    fn enhanced<'a>(&self, packet: EnhancedPacketBlock<'a>) -> Result<Record<'a>, String> {
        let interface = self.known(packet.if_id)?;
        let behind = packet.block_len1 as usize - 32 - packet.data.len();
        let options = whole(&packet.options, behind)?;
        Ok(Record {
            link: interface.link,
            fcs: self.fcs(options)?.or(interface.fcs),
            original: packet.origlen as usize,
            time: interface.clock.nanoseconds(packet.ts_high, packet.ts_low),
            bytes: &packet.data[..packet.packet_data().len()],
        })
    }

    /// Returns a packet whose length is not told: the snap length bounds it, and padding follows.
    fn simple<'a>(&self, packet: SimplePacketBlock<'a>) -> Result<Record<'a>, String> {
        let interface = self.known(0)?;
        let snap = if interface.snap == 0 {
            u32::MAX
        } else {
            interface.snap
        };
        let length = packet.origlen.min(snap) as usize;
        let room = packet.data.len();
        let bytes = packet.data.get(..length);
        // There are no options, so a block with more room than that was made for another packet.
        let Some(bytes) = bytes.filter(|_| room - length < 4) else {
            return Err(format!("a packet of {length} bytes in a block for {room}"));
        };
        Ok(Record {
            link: interface.link,
            fcs: interface.fcs,
            original: packet.origlen as usize,
            time: None,
            bytes,
        })
    }

    /// Returns the packet of a Packet Block. It is like an Enhanced Packet Block, but for the
    /// interface's number, which shares its word with a count of packets that were lost.
    fn obsolete<'a>(&self, block: &'a [u8]) -> Result<Record<'a>, String> {
        let body = &block[8..block.len() - 4];
        let Some((head, rest)) = body.split_first_chunk::<20>() else {
            let length = block.len();
            return Err(format!("a packet's block of {length} bytes, it needs 32"));
        };
        let [_, high, low, length, original] = self.order.words(head);
        let interface = self.known(self.order.u16([head[0], head[1]]).into())?;
        let (length, room) = (length as usize, rest.len());
        let Some((bytes, behind)) = rest.split_at_checked(length) else {
            return Err(format!("a packet of {length} bytes in a block for {room}"));
        };
        let behind = behind.get(length.wrapping_neg() % 4..).unwrap_or_default();
        let options = self.options(behind);
        Ok(Record {
            link: interface.link,
            fcs: self.fcs(whole(&options, behind.len())?)?.or(interface.fcs),
            original: original as usize,
            time: interface.clock.nanoseconds(high, low),
            bytes,
        })
    }

    fn options<'a>(&self, mut bytes: &'a [u8]) -> Vec<PcapNGOption<'a>> {
        let parse = match self.order {
            Order::Big => parse_option_be::<nom::error::Error<&'a [u8]>>,
            Order::Little => parse_option_le,
        };
        let mut options = Vec::new();
        while let Ok((rest, option)) = parse(bytes) {
            options.push(option);
            bytes = rest;
        }
        options
    }

    /// Returns the length of the frame check sequence by a packet's flags, where 0 says that it is
    /// not known.
    fn fcs(&self, options: &[PcapNGOption<'_>]) -> Result<Option<usize>, String> {
        let flags = option::<4>(options, FLAGS)?.map(|flags| self.order.words(&flags));
        let length = flags.map(|[flags]| (flags >> 5 & 0xf) as usize);
        Ok(length.filter(|length| *length > 0))
    }
}

/// Returns the options up to their end, if they fill the room that their block has for them. The
/// parser stops without a word at an option that is longer.
fn whole<'o, 'a>(
    options: &'o [PcapNGOption<'a>],
    room: usize,
) -> Result<&'o [PcapNGOption<'a>], String> {
    if let Some(end) = options.iter().position(|option| option.code.0 == 0) {
        return Ok(&options[..end]);
    }
    let found: usize = options.iter().map(|option| 4 + option.value.len()).sum();
    if found < room {
        let left = room - found;
        return Err(format!(
            "an option is longer than its block, {left} bytes remain"
        ));
    }
    Ok(options)
}

/// Returns the value of an option that has this length.
fn option<const LEN: usize>(
    options: &[PcapNGOption<'_>],
    code: u16,
) -> Result<Option<[u8; LEN]>, String> {
    let Some(found) = options.iter().find(|option| option.code.0 == code) else {
        return Ok(None);
    };
    let value = found
        .as_bytes()
        .ok()
        .and_then(|value| value.try_into().ok());
    match value {
        Some(value) => Ok(Some(value)),
        None => Err(format!("option {code} has {} bytes, not {LEN}", found.len)),
    }
}

fn check(header: &SectionHeaderBlock<'_>) -> Result<(), String> {
    whole(&header.options, header.block_len1 as usize - 28)?;
    match (header.major_version, header.minor_version) {
        (1, 0 | 2) => Ok(()),
        (major, minor) => Err(format!("a section of version {major}.{minor}, not 1.0")),
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
