//! A-MSDUs: several MSDUs in one frame.
//!
//! ```text
//!  ┌─────────────┬────────┬────────┬──────┬─────┐┌─────────────┬─ ─
//!  │ destination │ source │ length │ MSDU │ pad ││ destination │
//!  └─────────────┴────────┴────────┴──────┴─────┘└─────────────┴─ ─
//!    6             6        2        length  to a multiple of 4, but for the last
//! ```
//!
//! The length is big-endian, unlike nearly everything else in 802.11. Some real senders pad the
//! last subframe, too, so up to 3 bytes behind it are let pass. Source: IEEE 802.11-2020, 9.3.2.2.

use super::damage::Damage;
use super::frame::Mac;
use super::mesh;

/// The length of a subframe's header.
pub const SUBFRAME: usize = 14;
/// The length of the longest A-MSDU.
pub const LONGEST: usize = 7935;

/// One MSDU of an A-MSDU.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subframe<'a> {
    /// The station that it goes to.
    pub destination: Mac,
    /// The station that it comes from.
    pub source: Mac,
    /// The MSDU, from its LLC header on.
    pub msdu: &'a [u8],
}

/// The subframes of an A-MSDU. The last item is an error if a subframe claims more than there is.
#[derive(Debug, Clone)]
pub struct Subframes<'a> {
    rest: &'a [u8],
    mesh: bool,
}

impl<'a> Subframes<'a> {
    /// Returns the subframes of this payload of a data frame. In a mesh each MSDU has a mesh
    /// control before it.
    pub fn of(payload: &'a [u8], mesh: bool) -> Self {
        Self {
            rest: payload,
            mesh,
        }
    }

    fn take(&mut self) -> Option<Subframe<'a>> {
        let (destination, rest) = self.rest.split_first_chunk()?;
        let (source, rest) = rest.split_first_chunk()?;
        let (length, rest) = rest.split_first_chunk()?;
        let (msdu, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
        let used = SUBFRAME + msdu.len();
        let pad = used.next_multiple_of(4) - used;
        self.rest = rest.get(pad..).unwrap_or_default();
        let subframe = Subframe {
            destination: Mac(*destination),
            source: Mac(*source),
            msdu,
        };
        Some(match mesh::take_off(msdu).filter(|_| self.mesh) {
            None => subframe,
            Some(off) => Subframe {
                destination: off.proxied.destination.unwrap_or(subframe.destination),
                source: off.proxied.source.unwrap_or(subframe.source),
                msdu: off.bytes,
            },
        })
    }
}

impl<'a> Iterator for Subframes<'a> {
    type Item = Result<Subframe<'a>, Damage>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let taken = self.take();
        if taken.is_none() {
            self.rest = &[];
        }
        Some(taken.ok_or(Damage::Subframe))
    }
}

/// Appends a subframe to an A-MSDU, and returns whether it still fits.
pub fn append(amsdu: &mut Vec<u8>, subframe: &Subframe<'_>) -> bool {
    let start = amsdu.len().next_multiple_of(4);
    let Ok(length) = u16::try_from(subframe.msdu.len()) else {
        return false;
    };
    if start + SUBFRAME + subframe.msdu.len() > LONGEST {
        return false;
    }
    amsdu.resize(start, 0);
    amsdu.extend(subframe.destination.0);
    amsdu.extend(subframe.source.0);
    amsdu.extend(length.to_be_bytes());
    amsdu.extend(subframe.msdu);
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    const BYTES: [u8; 64] = [7; 64];

    fn subframe(len: usize) -> Subframe<'static> {
        Subframe {
            destination: Mac([2; 6]),
            source: Mac([4; 6]),
            msdu: &BYTES[..len],
        }
    }

    #[test]
    fn what_is_appended_is_taken_out_again() {
        for lengths in [&[0][..], &[1, 2, 3, 4, 5], &[64, 0, 0, 7]] {
            let mut amsdu = Vec::new();
            for len in lengths {
                assert!(append(&mut amsdu, &subframe(*len)));
            }
            for pad in 0..4 {
                let padded = [&amsdu[..], &[0; 3][..pad]].concat();
                let taken: Vec<_> = Subframes::of(&padded, false).collect();
                let expected: Vec<_> = lengths.iter().map(|len| Ok(subframe(*len))).collect();
                // Padding beyond a multiple of 4 is the beginning of another subframe.
                let fits = padded.len() <= amsdu.len().next_multiple_of(4);
                assert_eq!(taken == expected, fits, "{lengths:?} {pad}");
            }
        }
    }

    #[test]
    fn a_subframe_that_claims_too_much_ends_the_a_msdu() {
        let mut amsdu = Vec::new();
        for len in [5, 9] {
            append(&mut amsdu, &subframe(len));
        }
        let second = (SUBFRAME + 5).next_multiple_of(4);
        for len in 1..amsdu.len() {
            let taken: Vec<_> = Subframes::of(&amsdu[..len], false).collect();
            let expected = match len {
                _ if len < SUBFRAME + 5 => vec![Err(Damage::Subframe)],
                _ if len <= second => vec![Ok(subframe(5))],
                _ => vec![Ok(subframe(5)), Err(Damage::Subframe)],
            };
            assert_eq!(taken, expected, "{len}");
        }
    }

    #[test]
    fn in_a_mesh_the_mesh_control_is_taken_off_each_msdu() {
        let mut amsdu = Vec::new();
        let (plain, proxied) = (
            [0, 31, 0, 0, 0, 0, 0xaa],
            [&[2, 31, 0, 0, 0, 0], &[6; 12][..]],
        );
        for msdu in [&plain[..], &proxied.concat()] {
            append(
                &mut amsdu,
                &Subframe {
                    msdu,
                    ..subframe(0)
                },
            );
        }
        let taken = |mesh| {
            let subframes = Subframes::of(&amsdu, mesh).map(|subframe| subframe.expect("whole"));
            subframes
                .map(|subframe| (subframe.destination.0[0], subframe.msdu.len()))
                .collect::<Vec<_>>()
        };
        assert_eq!(taken(true), [(2, 1), (6, 0)]);
        assert_eq!(taken(false), [(2, 7), (2, 18)]);
    }

    #[test]
    fn no_a_msdu_is_longer_than_the_longest() {
        let mut amsdu = vec![0; LONGEST - SUBFRAME - 64 - 3];
        amsdu.truncate(amsdu.len() / 4 * 4);
        let room = LONGEST - amsdu.len() - SUBFRAME;
        assert!(!append(
            &mut amsdu.clone(),
            &Subframe {
                msdu: &vec![0; room + 1],
                ..subframe(0)
            }
        ));
        assert!(append(
            &mut amsdu,
            &Subframe {
                msdu: &vec![0; room],
                ..subframe(0)
            }
        ));
        assert_eq!(amsdu.len(), LONGEST);
    }
}
