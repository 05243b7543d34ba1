//! A maker of A-MSDUs out of the packets of an Ethernet capture, as an access point and its station
//! would send them. It made `captures/wifi/amsdu.pcap`.
//!
//! Each packet becomes an MSDU (LLC/SNAP header instead of the type field). Out of [`WINDOW`]
//! packets in a row, those of one direction go into as few A-MSDUs as hold them, up to [`MOST`] in
//! each. Group-addressed ones go alone. Each frame has a radiotap header and a right check
//! sequence.

use super::amsdu::{self, Subframe};
use super::frame::Mac;
use crate::capture::Capture;

/// The number of packets that wait for each other.
pub const WINDOW: usize = 16;
/// The most MSDUs in an A-MSDU.
pub const MOST: usize = 6;
/// The address of the access point.
pub const BSSID: Mac = Mac([0x02, 0, 0, 0, 0x0a, 0x01]);
/// The address of the one station. All other addresses lie behind the access point.
pub const STATION: Mac = Mac([0x02, 0, 0, 0, 0, 1]);
/// The LLC and SNAP headers, up to the type field.
pub const SNAP: [u8; 6] = [0xaa, 0xaa, 0x03, 0, 0, 0];
/// A radiotap header that says channel 36, and a check sequence at the end.
const RADIOTAP: [u8; 14] = [
    0, 0, 14, 0, 0b1010, 0, 0, 0, 0x10, 0, 0x3c, 0x14, 0x40, 0x01,
];
/// The frame control of QoS data to the access point; that of QoS data from it follows.
const TO_AP: [u8; 2] = [0x88, 0x01];
const FROM_AP: [u8; 2] = [0x88, 0x02];

/// Returns a packet as an MSDU, with its addresses; `None` if it is shorter than an Ethernet
/// header.
pub fn msdu(packet: &[u8]) -> Option<(Mac, Mac, Vec<u8>)> {
    let (destination, rest) = packet.split_first_chunk()?;
    let (source, rest) = rest.split_first_chunk()?;
    (rest.len() >= 2).then(|| (Mac(*destination), Mac(*source), [&SNAP, rest].concat()))
}

/// Returns all frames in a classic pcap.
pub fn capture(packets: &Capture) -> Vec<u8> {
    let mut file = 0xa1b2_c3d4u32.to_le_bytes().to_vec();
    file.extend([2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    file.extend(65_535u32.to_le_bytes());
    file.extend(127u32.to_le_bytes());
    let msdus: Vec<_> = packets.packets().filter_map(msdu).collect();
    let mut number = 0;
    for window in msdus.chunks(WINDOW) {
        for frame in frames(window) {
            record(&mut file, number, &frame);
            number += 1;
        }
    }
    file
}

/// The parts of a frame that are not the same for all.
struct Outgoing {
    control: [u8; 2],
    /// The first address; the third one follows.
    receiver: Mac,
    third: Mac,
    aggregate: bool,
    payload: Vec<u8>,
}

/// Returns the frames of one window.
fn frames(window: &[(Mac, Mac, Vec<u8>)]) -> Vec<Outgoing> {
    let mut done = Vec::new();
    for up in [true, false] {
        let mut open = (0, Vec::new());
        for (destination, source, msdu) in window {
            if (*source == STATION) != up {
                continue;
            }
            if !up && *destination != STATION {
                done.push(Outgoing {
                    control: FROM_AP,
                    receiver: *destination,
                    third: *source,
                    aggregate: false,
                    payload: msdu.clone(),
                });
                continue;
            }
            let subframe = Subframe {
                destination: *destination,
                source: *source,
                msdu,
            };
            if open.0 == MOST || !amsdu::append(&mut open.1, &subframe) {
                done.push(closed(up, std::mem::take(&mut open.1)));
                open.0 = 0;
                amsdu::append(&mut open.1, &subframe);
            }
            open.0 += 1;
        }
        if open.0 > 0 {
            done.push(closed(up, open.1));
        }
    }
    done
}

/// Returns a frame with an A-MSDU. Its third address says nothing that the subframes do not.
fn closed(up: bool, amsdu: Vec<u8>) -> Outgoing {
    let (control, receiver) = if up {
        (TO_AP, BSSID)
    } else {
        (FROM_AP, STATION)
    };
    Outgoing {
        control,
        receiver,
        third: BSSID,
        aggregate: true,
        payload: amsdu,
    }
}

/// Appends a frame with its record header.
fn record(file: &mut Vec<u8>, number: u32, outgoing: &Outgoing) {
    let transmitter = if outgoing.control == TO_AP {
        STATION
    } else {
        BSSID
    };
    let mut frame = outgoing.control.to_vec();
    frame.extend([0, 0]);
    frame.extend(outgoing.receiver.0);
    frame.extend(transmitter.0);
    frame.extend(outgoing.third.0);
    frame.extend((((number & 0xfff) << 4) as u16).to_le_bytes());
    frame.extend([if outgoing.aggregate { 0x80 } else { 0 }, 0]);
    frame.extend(&outgoing.payload);
    frame.extend(crc32fast::hash(&frame).to_le_bytes());
    let length = (RADIOTAP.len() + frame.len()) as u32;
    for word in [0, number, length, length] {
        file.extend(word.to_le_bytes());
    }
    file.extend(RADIOTAP);
    file.extend(frame);
}
