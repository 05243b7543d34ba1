//! Networks that another one's beacon announces: the Multiple BSSID element.
//!
//! ```text
//!  ┌────┬────────┬───────────┐┌───┬────────┬────────────────────────────────────────┐
//!  │ 71 │ length │ indicator ││ 0 │ length │ elements: capability, SSID, index, …   │ …
//!  └────┴────────┴───────────┘└───┴────────┴────────────────────────────────────────┘
//!    1    1        1            1   1
//! ```
//!
//! A capability begins the profile of a network; its elements can go on in the next Multiple BSSID
//! element. What a profile does not say is as in the beacon, unless the profile names it as not
//! inherited. Of a network with index `i` the BSSID is the beacon's, with `i` added to its last
//! `indicator` bits. Source: IEEE 802.11-2020, 9.4.2.45, 9.4.2.74 and 11.1.3.8.

use super::elements::{Announcement, EXTENDED, Elements, Gathered, RSN};
use super::frame::{Body, Mac};

const ELEMENT: u8 = 71;
const PROFILE: u8 = 0;
const CAPABILITY: u8 = 83;
const INDEX: u8 = 85;
/// The second id of the element that names what is not inherited.
const NOT_INHERITED: u8 = 56;
/// The largest indicator, since an index has 8 bits.
const LARGEST_INDICATOR: u8 = 8;

/// The profile of a network, as far as it was read.
struct Profile<'a> {
    gathered: Gathered<'a>,
    index: Option<u8>,
    /// Whether the beacon's protection holds here, too.
    inherits: bool,
}

impl<'a> Profile<'a> {
    /// Begins a profile with its capability.
    fn new(capability: &[u8]) -> Self {
        let privacy = capability.first().is_some_and(|low| low & 0x10 != 0);
        Self {
            gathered: Gathered::new(privacy),
            index: None,
            inherits: true,
        }
    }

    fn add(&mut self, id: u8, data: &'a [u8]) {
        match (id, data) {
            (INDEX, [index, ..]) => self.index = Some(*index),
            (RSN, _) => self.inherits = false,
            // The element has the length of a list of ids, and the ids.
            (EXTENDED, [NOT_INHERITED, length, ids @ ..]) => {
                let ids = ids.get(..usize::from(*length)).unwrap_or(ids);
                self.inherits &= !ids.contains(&RSN);
            }
            _ => {}
        }
        // What can be believed of a damaged element is in there.
        self.gathered.add(id, data).ok();
    }

    /// Returns the network; `None` if the profile has no name, or no index that fits.
    fn finish(
        self,
        bssid: Mac,
        indicator: u8,
        beacon: &Announcement<'a>,
    ) -> Option<(Mac, Announcement<'a>)> {
        let index = self.index.filter(|index| *index != 0)?;
        let bssid = nontransmitted(bssid, indicator, index)?;
        let mut says = self.gathered.finish();
        says.ssid?;
        says.channel = says.channel.or(beacon.channel);
        if self.inherits {
            let privacy = says.security.privacy;
            says.security = beacon.security;
            says.security.privacy = privacy;
        }
        Some((bssid, says))
    }
}

/// Returns the BSSID of an index; `None` if the index does not fit.
fn nontransmitted(bssid: Mac, indicator: u8, index: u8) -> Option<Mac> {
    if !(1..=LARGEST_INDICATOR).contains(&indicator) {
        return None;
    }
    let mask = u8::MAX >> (LARGEST_INDICATOR - indicator);
    if index > mask {
        return None;
    }
    let Mac(mut bytes) = bssid;
    let last = bytes.last_mut()?;
    *last = *last & !mask | last.wrapping_add(index) & mask;
    Some(Mac(bytes))
}

/// Shows the networks that a beacon announces beside its own, which is given.
pub fn each<'a>(
    body: &Body<'a>,
    bssid: Mac,
    own: &Announcement<'a>,
    mut see: impl FnMut(Mac, Announcement<'a>),
) {
    let mut profile: Option<Profile<'a>> = None;
    let mut indicator = 0;
    let mut finish = |profile: Option<Profile<'a>>, indicator| {
        let network = profile.and_then(|profile| profile.finish(bssid, indicator, own));
        if let Some((bssid, says)) = network {
            see(bssid, says);
        }
    };
    for (id, data) in Elements(body.elements).flatten() {
        let (ELEMENT, Some((of_this, profiles))) = (id, data.split_first()) else {
            continue;
        };
        indicator = *of_this;
        let of_profiles = Elements(profiles)
            .flatten()
            .filter(|(id, _)| *id == PROFILE);
        for (id, data) in of_profiles.flat_map(|(_, elements)| Elements(elements).flatten()) {
            if id == CAPABILITY {
                finish(profile.replace(Profile::new(data)), indicator);
            } else if let Some(profile) = &mut profile {
                profile.add(id, data);
            }
        }
    }
    finish(profile, indicator);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scanner::elements;

    fn element(id: u8, parts: &[&[u8]]) -> Vec<u8> {
        let data = parts.concat();
        [&[id, data.len() as u8], &data[..]].concat()
    }

    /// Returns the networks that a beacon with these elements announces beside its own.
    fn networks(elements: &[u8]) -> Vec<String> {
        let body = Body {
            privacy: true,
            elements,
        };
        let (own, _) = elements::announcement(&body);
        let mut networks = Vec::new();
        each(&body, Mac([2, 0, 0, 0, 0, 0x1e]), &own, |bssid, says| {
            let ssid = elements::escape(says.ssid.unwrap_or_default());
            let channel = says.channel.unwrap_or_default();
            networks.push(format!("{bssid} {ssid} {channel} {}", says.security));
        });
        networks
    }

    const SUITES: [u8; 14] = [1, 0, 0, 15, 172, 4, 1, 0, 0, 15, 172, 4, 1, 0];

    fn rsn(key_suite: u8) -> Vec<u8> {
        element(RSN, &[&SUITES, &[0, 15, 172, key_suite]])
    }

    fn capability(low: u8) -> Vec<u8> {
        element(CAPABILITY, &[&[low, 0]])
    }

    #[test]
    fn profiles_inherit_say_their_own_or_deny() {
        let own = [element(0, &[b"own"]), element(3, &[&[6]]), rsn(2)].concat();
        let guest = [
            capability(0),
            element(0, &[b"guest"]),
            element(INDEX, &[&[1, 3]]),
            element(EXTENDED, &[&[NOT_INHERITED, 1, RSN, 0]]),
        ];
        let staff = [
            capability(0x10),
            element(0, &[b"staff"]),
            element(INDEX, &[&[2]]),
            rsn(8),
        ];
        let things = [
            capability(0x10),
            element(0, &[b"things"]),
            element(INDEX, &[&[3]]),
        ];
        let profile = |parts: &[Vec<u8>]| element(PROFILE, &[&parts.concat()]);
        // The last bits of the address come round. The third network's profile goes on in the next
        // element.
        let first = element(
            ELEMENT,
            &[
                &[2],
                &profile(&guest),
                &profile(&staff),
                &profile(&things[..1]),
            ],
        );
        let second = element(ELEMENT, &[&[2], &profile(&things[1..])]);
        let all = [own, first, second].concat();
        let expected = [
            "02:00:00:00:00:1f guest 6 open",
            "02:00:00:00:00:1c staff 6 WPA3",
            "02:00:00:00:00:1d things 6 WPA2",
        ];
        assert_eq!(networks(&all), expected);
        for len in 0..all.len() {
            assert!(networks(&all[..len]).len() <= 3, "{len}");
        }
    }

    #[test]
    fn profiles_without_a_name_or_an_index_that_fits_are_passed_over() {
        let named = |indicator: u8, index: &[u8]| {
            let profile = [
                capability(0),
                element(0, &[b"net"]),
                element(INDEX, &[index]),
            ];
            let profile = element(PROFILE, &[&profile.concat()]);
            networks(&element(ELEMENT, &[&[indicator], &profile])).len()
        };
        assert_eq!(named(2, &[3]), 1);
        for (indicator, index) in [(2, &[0][..]), (2, &[4]), (0, &[1]), (9, &[1]), (2, &[])] {
            assert_eq!(named(indicator, index), 0, "{indicator} {index:?}");
        }
        let nameless = [capability(0), element(INDEX, &[&[1]])].concat();
        let nameless = element(PROFILE, &[&nameless]);
        assert_eq!(networks(&element(ELEMENT, &[&[2], &nameless])).len(), 0);
    }
}
