//! Frames of 802.11: the kind of a frame, whose network it belongs to, and what it carries.
//!
//! ```text
//!  ┌─────────┬──────────┬────┬────┬────┬─────┬──────┬─────┬─────┬───────────┬─────┐
//!  │ control │ duration │ A1 │ A2 │ A3 │ seq │ (A4) │(QoS)│(HTC)│ body      │(FCS)│
//!  └─────────┴──────────┴────┴────┴────┴─────┴──────┴─────┴─────┴───────────┴─────┘
//!    2         2          6    6    6    2      6      2     4               4
//! ```
//!
//! Source: IEEE 802.11-2020, 9.2 and 9.3. No length in a frame is believed before it is compared
//! with the bytes that are there. Nor is what a capture says of check sequences, where the bytes
//! say otherwise: drivers forget the flag, or set it and take the sequence off.

use std::fmt;

use super::beacon;
use super::damage::Damage;
use super::elements;
use super::mesh;
use super::radiotap::{self, Radio};
use crate::capture::{Meta, RADIOTAP};

/// The length of a header of management and data frames, without the parts that not all have.
pub const HEADER: usize = 24;
/// The length of the frame check sequence.
pub const FCS: usize = 4;
/// The length of the shortest control frame.
const SHORTEST: usize = 10;

/// A hardware address.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mac(pub [u8; 6]);

impl Mac {
    /// Returns whether one station can have the address, which is neither a group's nor all zeros.
    pub fn is_station(self) -> bool {
        !self.is_group() && self.0 != [0; 6]
    }

    /// Returns whether a group of stations has the address.
    pub fn is_group(self) -> bool {
        self.0[0] & 1 != 0
    }

    fn at(bytes: &[u8], at: usize) -> Result<Self, Damage> {
        let rest = bytes.get(at..).ok_or(Damage::Short)?;
        Ok(Self(*rest.first_chunk().ok_or(Damage::Short)?))
    }
}

impl fmt::Display for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g] = self.0;
        write!(f, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x}")
    }
}

impl fmt::Debug for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The kind of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A beacon.
    Beacon,
    /// A probe response.
    ProbeResponse,
    /// A probe request.
    ProbeRequest,
    /// Any other management frame.
    Management,
    /// A control frame.
    Control,
    /// A data frame without QoS.
    Data,
    /// A data frame with QoS.
    QosData,
    /// A data frame that carries nothing.
    Null,
    /// Any other frame of the extension type.
    Extension,
    /// A beacon below 1 GHz (S1G).
    S1gBeacon,
    /// A beacon at 60 GHz (DMG).
    DmgBeacon,
}

impl Kind {
    /// All kinds, in their order.
    pub const ALL: [Self; 11] = [
        Self::Beacon,
        Self::ProbeResponse,
        Self::ProbeRequest,
        Self::Management,
        Self::Control,
        Self::Data,
        Self::QosData,
        Self::Null,
        Self::Extension,
        Self::S1gBeacon,
        Self::DmgBeacon,
    ];

    /// Returns the name in the report.
    pub fn name(self) -> &'static str {
        match self {
            Self::Beacon => "beacon",
            Self::ProbeResponse => "probe response",
            Self::ProbeRequest => "probe request",
            Self::Management => "other management",
            Self::Control => "control",
            Self::Data => "data",
            Self::QosData => "QoS data",
            Self::Null => "data without payload",
            Self::Extension => "other extension",
            Self::S1gBeacon => "S1G beacon",
            Self::DmgBeacon => "DMG beacon",
        }
    }

    fn of(control: [u8; 2]) -> Self {
        let subtype = control[0] >> 4;
        match (control[0] >> 2 & 3, subtype) {
            (0, 8) => Self::Beacon,
            (0, 5) => Self::ProbeResponse,
            (0, 4) => Self::ProbeRequest,
            (0, _) => Self::Management,
            (1, _) => Self::Control,
            (2, _) if subtype & 4 != 0 => Self::Null,
            (2, _) if subtype & 8 != 0 => Self::QosData,
            (2, _) => Self::Data,
            (_, 0) => Self::DmgBeacon,
            (_, 1) => Self::S1gBeacon,
            _ => Self::Extension,
        }
    }

    /// Returns whether it announces a network.
    pub fn announces(self) -> bool {
        matches!(
            self,
            Self::Beacon | Self::ProbeResponse | Self::S1gBeacon | Self::DmgBeacon
        )
    }
}

/// The body of a frame that announces a network.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Body<'a> {
    /// Whether something is encrypted.
    pub privacy: bool,
    /// The elements behind the fixed fields.
    pub elements: &'a [u8],
}

/// The payload of a data frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Payload<'a> {
    /// The station that it goes to, unless it is an A-MSDU.
    pub destination: Mac,
    /// The station that it comes from, unless it is an A-MSDU.
    pub source: Mac,
    /// Whether it is encrypted.
    pub protected: bool,
    /// Whether it is a part of an MSDU.
    pub fragment: bool,
    /// Whether it is an A-MSDU.
    pub aggregate: bool,
    /// Whether each MSDU of the A-MSDU begins with a mesh control.
    pub mesh: bool,
    /// The bytes, from the LLC header on or from the first subframe on.
    pub bytes: &'a [u8],
}

/// A frame that was taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame<'a> {
    /// The kind of the frame.
    pub kind: Kind,
    /// The BSSID of its network, if the frame tells it.
    pub bssid: Option<Mac>,
    /// The frame, without radiotap header and frame check sequence.
    pub bytes: &'a [u8],
    /// The elements of a probe request, or of what announces a network; nothing otherwise.
    pub body: Body<'a>,
    /// The payload of a data frame that has one.
    pub payload: Option<Payload<'a>>,
    /// The data that the receiver added.
    pub radio: Radio,
    /// The damage of a frame that announces a network, if its first bytes can be believed.
    pub damage: Option<Damage>,
}

/// Takes a record of a capture apart.
///
/// # Errors
///
/// The error says what is wrong with the record.
pub fn dissect(record: &[u8], meta: Meta) -> Result<Frame<'_>, Damage> {
    let missing = meta.original.saturating_sub(record.len());
    let (radio, fcs) = if meta.link == RADIOTAP {
        let radio = match radiotap::parse(record) {
            Err(_) if missing > 0 => return Err(Damage::Cut),
            radio => radio?,
        };
        (radio, radio.fcs.then_some(FCS))
    } else {
        (Radio::default(), meta.fcs)
    };
    let bytes = &record[radio.length..];
    if missing > 0 {
        return cut(bytes, radio, fcs.unwrap_or(0).saturating_sub(missing));
    }
    if radio.bad_fcs {
        return Err(Damage::Fcs);
    }
    match fcs {
        None => bare(without_unannounced_fcs(bytes), radio),
        Some(0) => bare(bytes, radio),
        Some(_) => match without_fcs(bytes) {
            Ok(frame) => bare(frame, radio),
            Err(damage) => without_missing_fcs(bytes, radio).ok_or(damage),
        },
    }
}

/// Takes a frame apart that the recorder cut, with so many bytes of its check sequence. It is
/// believed only if it announces a network.
fn cut(bytes: &[u8], radio: Radio, of_fcs: usize) -> Result<Frame<'_>, Damage> {
    let bytes = &bytes[..bytes.len().saturating_sub(of_fcs)];
    let mut frame = bare(bytes, radio).map_err(|_| Damage::Cut)?;
    if !frame.kind.announces() {
        return Err(Damage::Cut);
    }
    frame.damage = Some(Damage::Cut);
    Ok(frame)
}

/// Takes a frame apart that has neither radiotap header nor frame check sequence.
///
/// # Errors
///
/// The error says what is wrong with the frame.
pub fn bare(bytes: &[u8], radio: Radio) -> Result<Frame<'_>, Damage> {
    let &[first, flags, ..] = bytes else {
        return Err(Damage::Short);
    };
    if first & 3 != 0 {
        return Err(Damage::Version);
    }
    let kind = Kind::of([first, flags]);
    let mut frame = Frame {
        kind,
        bssid: None,
        bytes,
        body: Body::default(),
        payload: None,
        radio,
        damage: None,
    };
    match kind {
        Kind::Beacon | Kind::ProbeResponse | Kind::ProbeRequest | Kind::Management => {
            let header = HEADER + if flags & 0x80 != 0 { 4 } else { 0 };
            let body = bytes.get(header..).ok_or(Damage::Short)?;
            frame.bssid = Some(Mac::at(bytes, 16)?);
            frame.body = match kind {
                Kind::ProbeRequest => Body {
                    privacy: false,
                    elements: body,
                },
                Kind::Management => Body::default(),
                _ => beacon::body(body)?,
            };
        }
        Kind::S1gBeacon => {
            frame.bssid = Some(Mac::at(bytes, 4)?);
            frame.body = beacon::s1g(bytes)?;
        }
        Kind::DmgBeacon => {
            frame.bssid = Some(Mac::at(bytes, 4)?);
            frame.body = beacon::dmg(bytes)?;
        }
        Kind::Data | Kind::QosData | Kind::Null => data(&mut frame, [first, flags])?,
        Kind::Control | Kind::Extension => {
            let two_addresses = kind == Kind::Control && matches!(first >> 4, 8..=11 | 14 | 15);
            let shortest = if two_addresses { 16 } else { SHORTEST };
            if bytes.len() < shortest {
                return Err(Damage::Short);
            }
        }
    }
    frame.bssid = frame.bssid.filter(|bssid| bssid.is_station());
    Ok(frame)
}

/// Reads the addresses and the payload of a data frame.
fn data(frame: &mut Frame<'_>, [first, flags]: [u8; 2]) -> Result<(), Damage> {
    let bytes = frame.bytes;
    let (to_ds, from_ds) = (flags & 1 != 0, flags & 2 != 0);
    let [a1, a2, a3] = [Mac::at(bytes, 4)?, Mac::at(bytes, 10)?, Mac::at(bytes, 16)?];
    let mut header = HEADER;
    let (mut bssid, mut destination, mut source) = match (to_ds, from_ds) {
        (false, false) => (Some(a3), a1, a2),
        (false, true) => (Some(a2), a1, a3),
        (true, false) => (Some(a1), a3, a2),
        (true, true) => (None, a3, a2),
    };
    if to_ds && from_ds {
        source = Mac::at(bytes, HEADER)?;
        header += 6;
    }
    let (mut aggregate, mut mesh) = (false, false);
    if first & 0x80 != 0 {
        let &[low, high, ..] = bytes.get(header..).unwrap_or_default() else {
            return Err(Damage::Short);
        };
        aggregate = low & 0x80 != 0;
        // A mesh sends with four addresses, or to a group.
        mesh = high & mesh::ANNOUNCED != 0 && from_ds && (to_ds || a1.is_group());
        header += if flags & 0x80 != 0 { 6 } else { 2 };
    }
    if frame.radio.padded {
        header = header.next_multiple_of(4);
    }
    let mut payload = bytes.get(header..).ok_or(Damage::Short)?;
    let protected = flags & 0x40 != 0;
    let fragment = flags & 4 != 0 || bytes[22] & 0x0f != 0;
    if mesh && !protected && !fragment && !aggregate {
        if let Some(off) = mesh::take_off(payload) {
            bssid = None;
            destination = off.proxied.destination.unwrap_or(destination);
            source = off.proxied.source.unwrap_or(source);
            payload = off.bytes;
        }
    }
    frame.bssid = bssid;
    frame.payload = (frame.kind != Kind::Null).then_some(Payload {
        destination,
        source,
        protected,
        fragment,
        aggregate,
        mesh,
        bytes: payload,
    });
    Ok(())
}

/// Returns a frame without its frame check sequence, which is verified.
fn without_fcs(bytes: &[u8]) -> Result<&[u8], Damage> {
    let (frame, fcs) = bytes.split_last_chunk::<FCS>().ok_or(Damage::Short)?;
    if crc32fast::hash(frame) == u32::from_le_bytes(*fcs) {
        Ok(frame)
    } else {
        Err(Damage::Fcs)
    }
}

/// Returns a frame without its frame check sequence, of which nobody says whether it is there. It
/// is there if it is right.
fn without_unannounced_fcs(bytes: &[u8]) -> &[u8] {
    match without_fcs(bytes) {
        Ok(frame) if frame.len() >= SHORTEST => frame,
        _ => bytes,
    }
}

/// Takes a frame apart that has no check sequence, although somebody says so. A frame that
/// announces a network shows that by its elements: they end where the frame does, and not before
/// the last four bytes.
fn without_missing_fcs(bytes: &[u8], radio: Radio) -> Option<Frame<'_>> {
    let ends = |bytes| {
        let frame = bare(bytes, radio).ok()?;
        let announces = frame.kind.announces();
        (announces && elements::walk(frame.body.elements).is_ok()).then_some(frame)
    };
    let before = &bytes[..bytes.len().saturating_sub(FCS)];
    ends(bytes).filter(|_| ends(before).is_none())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::IEEE802_11;

    fn data_frame(control: [u8; 2], rest: &[u8]) -> Vec<u8> {
        let mut frame = control.to_vec();
        frame.extend([0, 0]);
        for address in 1..=3 {
            frame.extend([2, 0, 0, 0, 0, address]);
        }
        frame.extend([0x10, 0]);
        frame.extend(rest);
        frame
    }

    fn mac(last: u8) -> Mac {
        Mac([2, 0, 0, 0, 0, last])
    }

    #[test]
    fn addresses_follow_the_direction() {
        let fourth = [2, 0, 0, 0, 0, 4, 9];
        for (flags, bssid, destination, source) in [
            (0, Some(3), 1, 2),
            (1, Some(1), 3, 2),
            (2, Some(2), 1, 3),
            (3, None, 3, 4),
        ] {
            let bytes = data_frame([0x08, flags], &fourth);
            let frame = bare(&bytes, Radio::default()).expect("whole");
            let payload = frame.payload.expect("payload");
            assert_eq!(frame.bssid, bssid.map(mac), "{flags}");
            let ends = (payload.destination, payload.source);
            assert_eq!(ends, (mac(destination), mac(source)), "{flags}");
            let expected = if flags == 3 {
                &fourth[6..]
            } else {
                &fourth[..]
            };
            assert_eq!(payload.bytes, expected, "{flags}");
        }
    }

    #[test]
    fn qos_ht_control_and_padding_lie_before_the_payload() {
        let qos = data_frame([0x88, 0x02], &[0x80, 0, 7, 7]);
        let payload = |bytes, padded| {
            let radio = Radio {
                padded,
                ..Radio::default()
            };
            let frame = bare(bytes, radio).expect("whole");
            let payload = frame.payload.expect("payload");
            (payload.aggregate, payload.bytes.len())
        };
        assert_eq!(payload(&qos, false), (true, 2));
        assert_eq!(payload(&qos, true), (true, 0));
        let htc = data_frame([0x88, 0x82], &[0, 0, 1, 1, 1, 1, 7]);
        assert_eq!(payload(&htc, false), (false, 1));
        let short = bare(&htc[..29], Radio::default());
        assert_eq!(short, Err(Damage::Short));
    }

    #[test]
    fn a_check_sequence_is_found_verified_and_cut_off() {
        let frame = data_frame([0x08, 0x01], b"payload");
        let mut with = frame.clone();
        with.extend(crc32fast::hash(&frame).to_le_bytes());
        let meta = |fcs, bytes: &[u8]| Meta {
            link: IEEE802_11,
            original: bytes.len(),
            fcs,
        };
        for fcs in [None, Some(4)] {
            let found = dissect(&with, meta(fcs, &with)).expect("whole");
            assert_eq!(found.bytes, frame, "{fcs:?}");
        }
        let bare = dissect(&frame, meta(None, &frame)).expect("whole");
        assert_eq!(bare.bytes, frame);
        let told = dissect(&with, meta(Some(0), &with)).expect("whole");
        assert_eq!(told.bytes, with);
        with[30] ^= 1;
        assert_eq!(dissect(&with, meta(Some(4), &with)), Err(Damage::Fcs));
        let mut cut = meta(None, &with);
        cut.original += 1;
        assert_eq!(dissect(&with, cut), Err(Damage::Cut));
    }
}
