//! Link types: their names, and the headers that monitor mode puts before a frame of 802.11.

use pcap_parser::Linktype;

/// The link type of 802.11 frames without a header before them.
pub const IEEE802_11: Linktype = Linktype(105);
/// The link type of 802.11 frames with a radiotap header before them.
pub const RADIOTAP: Linktype = Linktype(127);
/// The link type of 802.11 frames with a header of the Prism kind, or of the kind that followed it.
const PRISM: Linktype = Linktype(119);
const AVS: Linktype = Linktype(163);
/// The link type of frames with a Per-Packet Information header, which names their own link type.
const PPI: Linktype = Linktype(192);

/// Returns the link type's number, with its name if that is known.
pub(super) fn name(link: Linktype) -> String {
    let name = match link.0 {
        0 => "BSD loopback",
        1 => "Ethernet",
        9 => "PPP",
        10 => "FDDI",
        12 | 14 | 101 => "bare IP",
        105 => "802.11",
        113 => "Linux cooked capture",
        119 => "802.11 with Prism",
        127 => "802.11 with radiotap",
        163 => "802.11 with AVS",
        189 | 220 => "USB",
        192 => "PPI",
        195 | 215 | 230 => "802.15.4",
        201 => "Bluetooth",
        228 => "bare IPv4",
        229 => "bare IPv6",
        239 => "NFLOG",
        249 => "USBPcap",
        276 => "Linux cooked capture 2",
        number => return number.to_string(),
    };
    format!("{} ({name})", link.0)
}

/// The link types whose headers are taken off a frame of 802.11.
pub(super) const WRAPPED: [Linktype; 3] = [PRISM, AVS, PPI];

/// Returns the most bytes that a packet of this link type has, by Wireshark's limits.
pub(super) fn longest(link: Linktype) -> u32 {
    match link.0 {
        231 | 249 => 128 << 20,
        279 => 8 << 20,
        _ => 256 << 10,
    }
}

/// The content of a header before a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Wrapped {
    /// The length of the header.
    pub(super) header: usize,
    /// The link type of what follows.
    pub(super) link: Linktype,
    /// The length of the frame check sequence, if the header tells it.
    pub(super) fcs: Option<usize>,
}

/// Returns the header before a frame of 802.11; `None` if it makes no sense or is cut.
///
/// Radiotap is part of the frame here: the scanner reads it.
pub(super) fn unwrap(link: Linktype, packet: &[u8]) -> Option<Wrapped> {
    let wrapped = match link {
        PRISM | AVS => prism(packet),
        PPI => ppi(packet),
        _ => Some(Wrapped {
            header: 0,
            link,
            fcs: None,
        }),
    };
    wrapped.filter(|wrapped| wrapped.header <= packet.len())
}

/// Reads a Prism header, or the kind that followed it. Drivers mixed the two link types, so a magic
/// number tells the headers apart. A Prism header has the byte order of the machine that wrote it.
fn prism(packet: &[u8]) -> Option<Wrapped> {
    /// The length of a Prism header.
    const LENGTH: u32 = 144;
    let magic = u32::from_be_bytes(word(packet, 0)?);
    let length = word(packet, 4)?;
    let header = if magic & 0xffff_f000 == 0x8021_1000 {
        Some(u32::from_be_bytes(length)).filter(|length| *length >= 64)
    } else {
        [u32::from_le_bytes(length), u32::from_be_bytes(length)]
            .into_iter()
            .find(|length| *length == LENGTH)
    };
    Some(Wrapped {
        header: header? as usize,
        link: IEEE802_11,
        fcs: None,
    })
}

/// Reads a PPI header. Fields follow the 8 bytes that every PPI header has: type, length and
/// content, in little-endian order.
fn ppi(packet: &[u8]) -> Option<Wrapped> {
    let [version, _, low, high] = word(packet, 0)?;
    let header = usize::from(u16::from_le_bytes([low, high]));
    let link = Linktype(i32::from_le_bytes(word(packet, 4)?));
    let mut fields = packet.get(8..header).filter(|_| version == 0)?;
    let mut fcs = None;
    while let Some(([kind @ .., low, high], content)) = fields.split_first_chunk::<4>() {
        let length = usize::from(u16::from_le_bytes([*low, *high]));
        // This is the field that all of 802.11 has in common. It has a clock and then flags, of
        // which the first is for the FCS.
        if let ([2, 0], Some(flags)) = (kind, content.get(8)) {
            fcs = Some(usize::from(flags & 1) * 4);
        }
        let Some(rest) = content.get(length..) else {
            break;
        };
        fields = rest;
    }
    Some(Wrapped { header, link, fcs })
}

fn word(bytes: &[u8], at: usize) -> Option<[u8; 4]> {
    bytes.get(at..at + 4)?.try_into().ok()
}
