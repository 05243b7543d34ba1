//! Classic pcap files, in the forms that libpcap reads.

use pcap_parser::nom;
use pcap_parser::{Linktype, PcapHeader, parse_pcap_header};

use super::{Capture, CaptureError, Order, Record, link};

/// The length of a file's header.
const HEADER: usize = 24;
/// The magic number of the modified format, as a big-endian machine writes it. pcap-parser does not
/// know it.
const MODIFIED_BE: [u8; 4] = [0xa1, 0xb2, 0xcd, 0x34];
/// The magic number of the plain format, as a big-endian machine writes it.
const PLAIN_BE: [u8; 4] = [0xa1, 0xb2, 0xc3, 0xd4];

/// The layout of a file's records.
struct Layout {
    order: Order,
    /// The length of a record's head.
    head: usize,
    /// The nanoseconds that the second word of a time counts.
    tick: i64,
    /// The order of a record's two lengths.
    lengths: Lengths,
    link: Linktype,
    fcs: Option<usize>,
}

/// The length that stands first: that of what was recorded, or that of what there was.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lengths {
    Recorded,
    /// The original length stands first, as before version 2.3.
    Original,
    /// Either stands first, as in files of version 2.3. What was recorded is not longer.
    Shorter,
}

/// Takes apart a file's word for its link type: the low 16 bits, and the length of the frame check
/// sequences. The top bits have that length, in units of 16 bits, if bit 26 is set.
fn link_and_fcs(network: Linktype) -> (Linktype, Option<usize>) {
    let word = network.0 as u32;
    let fcs = (word & 1 << 26 != 0).then_some((word >> 28) as usize * 2);
    (Linktype((word & 0xffff) as i32), fcs)
}

/// Reads a file into the capture.
///
/// # Errors
///
/// If the file does not begin like a pcap.
pub(super) fn read(capture: &mut Capture, file: &[u8]) -> Result<(), CaptureError> {
    let layout = layout(file).map_err(CaptureError::NotACapture)?;
    let mut rest = &file[HEADER..];
    while !rest.is_empty() {
        match next_record(&layout, rest) {
            Ok((record, after)) => {
                capture.record(record);
                rest = after;
            }
            Err(what) => {
                capture.damaged(file.len() - rest.len(), what);
                break;
            }
        }
    }
    Ok(())
}

fn layout(file: &[u8]) -> Result<Layout, String> {
    let modified = file.starts_with(&MODIFIED_BE);
    let header = if modified {
        let rest = &file[MODIFIED_BE.len()..file.len().min(HEADER)];
        header(&[&PLAIN_BE, rest].concat())?
    } else {
        header(file)?
    };
    let modified = modified || header.is_modified_format();
    let lengths = match (header.version_major, header.version_minor) {
        (2, 0..=2) | (543, _) => Lengths::Original,
        (2, 3) => Lengths::Shorter,
        (2, _) => Lengths::Recorded,
        (major, minor) => return Err(format!("is pcap of version {major}.{minor}, not 2.4")),
    };
    let (link, fcs) = link_and_fcs(header.network);
    let big_endian = header.is_bigendian();
    Ok(Layout {
        order: if big_endian {
            Order::Big
        } else {
            Order::Little
        },
        head: if modified { 24 } else { 16 },
        tick: if header.is_nanosecond_precision() {
            1
        } else {
            1000
        },
        lengths,
        link,
        fcs,
    })
}

fn header(file: &[u8]) -> Result<PcapHeader, String> {
    match parse_pcap_header(file) {
        Ok((_, header)) => Ok(header),
        Err(nom::Err::Incomplete(_)) => {
            let length = file.len();
            Err(format!(
                "{length} bytes are shorter than a capture's header"
            ))
        }
        Err(_) if file.starts_with(&[0x1f, 0x8b]) => {
            Err("is compressed; unpack it with gunzip".into())
        }
        Err(_) => Err(format!("begins with {:02x?}", &file[..file.len().min(4)])),
    }
}

/// Returns the next record, and what follows it.
fn next_record<'a>(layout: &Layout, rest: &'a [u8]) -> Result<(Record<'a>, &'a [u8]), String> {
    let parts = rest.split_first_chunk::<16>().zip(rest.get(layout.head..));
    let Some(((head, _), rest)) = parts else {
        let (head, left) = (layout.head, rest.len());
        return Err(format!("a record's head needs {head} bytes, {left} remain"));
    };
    let [seconds, fraction, first, second] = layout.order.words(head);
    let (length, original) = match layout.lengths {
        Lengths::Recorded => (first, second),
        Lengths::Original => (second, first),
        Lengths::Shorter => (first.min(second), first.max(second)),
    };
    let longest = link::longest(layout.link);
    if length > longest {
        return Err(format!(
            "a record claims {length} bytes, the longest has {longest}"
        ));
    }
    let Some((bytes, after)) = rest.split_at_checked(length as usize) else {
        let left = rest.len();
        return Err(format!("a record claims {length} bytes, {left} remain"));
    };
    let record = Record {
        link: layout.link,
        fcs: layout.fcs,
        original: original as usize,
        time: Some(i64::from(seconds) * 1_000_000_000 + i64::from(fraction) * layout.tick),
        bytes,
    };
    Ok((record, after))
}
