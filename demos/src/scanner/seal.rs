//! The form of a beacon in a cell, and what a reader demands of it.
//!
//! ```text
//!  ┌────────┬────────┬──────────┐
//!  │ beacon │ number │ checksum │   number: 8 bytes, checksum over all before it: 4
//!  └────────┴────────┴──────────┘
//! ```
//!
//! Numbers grow from beacon to beacon of a cell. A buffer that went to another owner while a reader
//! looked at it would show another checksum, another BSSID, or an older number.

use super::elements::{self, Announcement};
use super::frame::{self, Frame, Kind, Mac};
use super::radiotap::Radio;

const NUMBER: usize = 8;
const CHECKSUM: usize = 4;
/// The number of bytes that are added to a beacon.
pub const SEAL: usize = NUMBER + CHECKSUM;

/// Fills a buffer that is [`SEAL`] longer than the beacon.
///
/// # Panics
///
/// If the buffer is not that long.
pub fn seal(buffer: &mut [u8], beacon: &[u8], number: u64) {
    let (body, rest) = buffer.split_at_mut(beacon.len());
    body.copy_from_slice(beacon);
    rest[..NUMBER].copy_from_slice(&number.to_le_bytes());
    let checksum = crc32fast::hash(&buffer[..beacon.len() + NUMBER]);
    buffer[beacon.len() + NUMBER..].copy_from_slice(&checksum.to_le_bytes());
}

/// A beacon that was verified.
#[derive(Debug, PartialEq, Eq)]
pub struct Sealed<'a> {
    /// The number of the beacon.
    pub number: u64,
    /// The announcement that the beacon makes.
    pub announcement: Announcement<'a>,
}

/// Verifies what stands in a cell.
///
/// # Errors
///
/// The error says in words what is wrong with it.
pub fn open(buffer: &[u8], bssid: Mac) -> Result<Sealed<'_>, String> {
    let (sealed, checksum) = buffer
        .split_last_chunk::<CHECKSUM>()
        .ok_or("shorter than its seal")?;
    if crc32fast::hash(sealed) != u32::from_le_bytes(*checksum) {
        return Err("its checksum is wrong".into());
    }
    let (beacon, number) = sealed
        .split_last_chunk::<NUMBER>()
        .ok_or("shorter than its seal")?;
    let damaged = |damage: super::damage::Damage| format!("does not parse: {}", damage.name());
    let frame: Frame<'_> = frame::bare(beacon, Radio::default()).map_err(damaged)?;
    if !matches!(frame.kind, Kind::Beacon | Kind::S1gBeacon | Kind::DmgBeacon) {
        return Err(format!("is no beacon but {}", frame.kind.name()));
    }
    if frame.bssid != Some(bssid) {
        return Err(format!("is of {:?}, not of {bssid}", frame.bssid));
    }
    Ok(Sealed {
        number: u64::from_le_bytes(*number),
        announcement: elements::announcement(&frame.body).0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn beacon(bssid: Mac) -> Vec<u8> {
        let mut beacon = vec![0x80, 0, 0, 0];
        beacon.extend([0xff; 6]);
        beacon.extend(bssid.0);
        beacon.extend(bssid.0);
        beacon.extend([0; 2 + 12]);
        beacon.extend([0, 2, b'h', b'i']);
        beacon
    }

    #[test]
    fn whatever_is_not_the_cells_own_beacon_is_found() {
        let [mine, other] = [Mac([2; 6]), Mac([4; 6])];
        let beacon = beacon(mine);
        let mut buffer = vec![0; beacon.len() + SEAL];
        seal(&mut buffer, &beacon, 7);
        let opened = open(&buffer, mine).expect("whole");
        assert_eq!(opened.number, 7);
        assert_eq!(opened.announcement.ssid, Some(&b"hi"[..]));
        assert!(open(&buffer, other).is_err());
        for len in 0..buffer.len() {
            assert!(open(&buffer[..len], mine).is_err(), "{len}");
        }
        for at in 0..buffer.len() {
            let mut torn = buffer.clone();
            torn[at] ^= 0x20;
            assert!(open(&torn, mine).is_err(), "{at}");
        }
    }
}
