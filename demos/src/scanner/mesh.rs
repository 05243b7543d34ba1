//! The mesh control, which a mesh puts between the header and the payload of its frames.
//!
//! ```text
//!  ┌───────┬─────┬──────────┬─────────────────────────────┐┌─────┬─ ─
//!  │ flags │ TTL │ sequence │ more addresses: 0, 6 or 12 B ││ LLC │ …
//!  └───────┴─────┴──────────┴─────────────────────────────┘└─────┴─ ─
//!    1       1     4
//! ```
//!
//! The bit of the QoS control that announces it means something else outside of a mesh. So it is
//! believed only where the flags are ones that a mesh sends: an LLC header never begins so.
//! Source: IEEE 802.11-2020, 9.2.4.5.9 and 9.2.4.7.3.

use super::frame::Mac;

/// The bit of the second byte of the QoS control that announces a mesh control.
pub const ANNOUNCED: u8 = 1;
/// The length of a mesh control without more addresses.
const SHORTEST: usize = 6;

/// A payload without its mesh control.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TakenOff<'a> {
    /// The ends beyond the mesh, if they are not its own stations.
    pub proxied: Proxied,
    /// The bytes behind the mesh control.
    pub bytes: &'a [u8],
}

/// The addresses of stations that a mesh reaches for others.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Proxied {
    /// The station that the payload goes to.
    pub destination: Option<Mac>,
    /// The station that it comes from.
    pub source: Option<Mac>,
}

/// Takes the mesh control off a payload that is not encrypted; `None` if none lies there.
pub fn take_off(payload: &[u8]) -> Option<TakenOff<'_>> {
    let flags = *payload.first()?;
    let mut bytes = payload.get(SHORTEST..)?;
    let mut next = || -> Option<Mac> {
        let (address, rest) = bytes.split_first_chunk()?;
        bytes = rest;
        Some(Mac(*address))
    };
    let proxied = match flags {
        0 => Proxied::default(),
        1 => Proxied {
            destination: None,
            source: Some(next()?),
        },
        2 => Proxied {
            destination: Some(next()?),
            source: Some(next()?),
        },
        _ => return None,
    };
    Some(TakenOff { proxied, bytes })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_addresses_replace_the_ends() {
        let mac = |last| Mac([2, 0, 0, 0, 0, last]);
        let mut payload = vec![0, 31, 1, 0, 0, 0];
        payload.extend(mac(5).0);
        payload.extend(mac(6).0);
        payload.push(0xaa);
        let taken = |flags: u8| {
            let mut payload = payload.clone();
            payload[0] = flags;
            take_off(&payload).map(|off| {
                let ends = (off.proxied.destination, off.proxied.source);
                (ends, off.bytes.len())
            })
        };
        assert_eq!(taken(0), Some(((None, None), 13)));
        assert_eq!(taken(1), Some(((None, Some(mac(5))), 7)));
        assert_eq!(taken(2), Some(((Some(mac(5)), Some(mac(6))), 1)));
        assert_eq!(taken(3), None);
        assert_eq!(taken(0xaa), None);
        for len in 0..18 {
            let mut cut = payload[..len].to_vec();
            if let Some(flags) = cut.first_mut() {
                *flags = 2;
            }
            assert_eq!(take_off(&cut), None, "{len}");
        }
    }
}
