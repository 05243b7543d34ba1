//! The elements of a beacon or a probe response, behind its fixed fields.
//!
//! ```text
//!  ┌────┬────────┬──────┐┌────┬────────┬─ ─    ┌─────┬────────┬────────────┬──────┐
//!  │ id │ length │ data ││ id │ length │       │ 255 │ length │ id, second │ data │
//!  └────┴────────┴──────┘└────┴────────┴─ ─    └─────┴────────┴────────────┴──────┘
//!    1    1                                      1     1        1
//! ```
//!
//! A beacon can end within an element, because its recorder kept no more, and bytes that are no
//! element can follow it. What came before is believed all the same.
//! Source: IEEE 802.11-2020, 9.4.2; for HE IEEE 802.11ax-2021, 9.4.2.249.

use std::fmt::Write;

use super::damage::Damage;
use super::frame::Body;
use super::security::{self, Security};

const SSID: u8 = 0;
const DS_PARAMETERS: u8 = 3;
pub(super) const RSN: u8 = 48;
const HT_OPERATION: u8 = 61;
const VENDOR: u8 = 221;
const S1G_OPERATION: u8 = 232;
pub(super) const EXTENDED: u8 = 255;
/// The second id of HE operation.
const HE_OPERATION: u8 = 36;
/// The bytes that begin Microsoft's WPA element: OUI and type.
const WPA: [u8; 4] = [0x00, 0x50, 0xf2, 1];
/// The length of the longest SSID.
pub const LONGEST_SSID: usize = 32;
/// The elements of a body. The last item is an error if they do not end where the body ends.
#[derive(Debug, Clone)]
pub struct Elements<'a>(pub &'a [u8]);

impl<'a> Iterator for Elements<'a> {
    type Item = Result<(u8, &'a [u8]), Damage>;

    fn next(&mut self) -> Option<Self::Item> {
        let (&id, rest) = self.0.split_first()?;
        self.0 = &[];
        let Some((&length, rest)) = rest.split_first() else {
            return Some(Err(Damage::Element));
        };
        let Some((data, rest)) = rest.split_at_checked(usize::from(length)) else {
            return Some(Err(Damage::Element));
        };
        self.0 = rest;
        Some(Ok((id, data)))
    }
}

/// The announcement of a network: what it says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Announcement<'a> {
    /// The name: 0 to 32 bytes, whatever they are.
    pub ssid: Option<&'a [u8]>,
    /// The channel.
    pub channel: Option<u8>,
    /// The protection of the network.
    pub security: Security,
}

/// The data that was read of the elements so far.
pub(super) struct Gathered<'a> {
    says: Announcement<'a>,
    /// The primary channel, for the case that no element holds the channel alone.
    primary: Option<u8>,
}

impl<'a> Gathered<'a> {
    /// Returns a value with nothing read yet. `privacy` says whether something is encrypted.
    pub(super) fn new(privacy: bool) -> Self {
        Self {
            says: Announcement {
                ssid: None,
                channel: None,
                security: Security {
                    privacy,
                    ..Security::default()
                },
            },
            primary: None,
        }
    }

    /// Adds what an element says. Of one that is damaged it adds what can be believed.
    pub(super) fn add(&mut self, id: u8, data: &'a [u8]) -> Result<(), Damage> {
        let says = &mut self.says;
        match id {
            SSID if data.len() > LONGEST_SSID => return Err(Damage::Ssid),
            SSID => says.ssid = says.ssid.or(Some(data)),
            DS_PARAMETERS => says.channel = says.channel.or(data.first().copied()),
            HT_OPERATION => self.primary = self.primary.or(data.first().copied()),
            S1G_OPERATION => self.primary = self.primary.or(data.get(2).copied()),
            RSN => return security::rsn(data, &mut says.security),
            VENDOR => {
                if let Some(wpa) = data.strip_prefix(&WPA) {
                    return security::wpa(wpa, &mut says.security);
                }
            }
            EXTENDED => {
                if let Some(operation) = data.strip_prefix(&[HE_OPERATION]) {
                    self.primary = self.primary.or(primary_at_6_ghz(operation));
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Returns the announcement with all that was read.
    pub(super) fn finish(self) -> Announcement<'a> {
        Announcement {
            channel: self.says.channel.or(self.primary),
            ..self.says
        }
    }
}

/// Returns the primary channel of HE operation at 6 GHz, where no other element has it.
fn primary_at_6_ghz(operation: &[u8]) -> Option<u8> {
    /// The length of the parameters, the colour, and the rates that all stations know.
    const BEFORE: usize = 6;
    let [_, second, third, ..] = *operation else {
        return None;
    };
    let (vht, co_hosted, at_6_ghz) = (second & 0x40, second & 0x80, third & 2);
    let at = BEFORE + if vht != 0 { 3 } else { 0 } + usize::from(co_hosted != 0);
    let information = operation.get(at..).filter(|_| at_6_ghz != 0)?;
    information.first().copied()
}

/// Reads the elements of a beacon or a probe response, and says what is wrong with the first that
/// is damaged. What is not damaged is believed.
pub fn announcement<'a>(body: &Body<'a>) -> (Announcement<'a>, Option<Damage>) {
    let mut gathered = Gathered::new(body.privacy);
    let mut damage = None;
    for element in Elements(body.elements) {
        let added = element.and_then(|(id, data)| gathered.add(id, data));
        damage = damage.or(added.err());
    }
    (gathered.finish(), damage)
}

/// Checks that all elements of a probe request are whole.
///
/// # Errors
///
/// [`Damage::Element`] if they are not.
pub fn walk(body: &[u8]) -> Result<(), Damage> {
    Elements(body).try_for_each(|element| element.map(|_| ()))
}

/// Returns a network's name for the terminal. Text stays as it is; other bytes and control
/// characters are escaped.
pub fn escape(ssid: &[u8]) -> String {
    let mut text = String::new();
    for chunk in ssid.utf8_chunks() {
        for c in chunk.valid().chars() {
            // The characters that turn the direction of text are not control characters.
            let turns = matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
            if c.is_control() || c == '\\' || turns {
                text.extend(c.escape_default());
            } else {
                text.push(c);
            }
        }
        for byte in chunk.invalid() {
            write!(text, "\\x{byte:02x}").ok();
        }
    }
    text
}

/// Returns whether a name is not told: it is empty, or has zeros in its place.
pub fn is_hidden(ssid: &[u8]) -> bool {
    ssid.iter().all(|byte| *byte == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn elements(of: &[(u8, &[u8])]) -> Vec<u8> {
        let element = |(id, data): &(u8, &[u8])| [&[*id, data.len() as u8], *data].concat();
        of.iter().flat_map(element).collect()
    }

    fn read(elements: &[u8]) -> (Announcement<'_>, Option<Damage>) {
        announcement(&Body {
            privacy: false,
            elements,
        })
    }

    #[test]
    fn what_lies_before_a_damaged_element_is_believed() {
        let whole = elements(&[(SSID, b"name"), (7, b""), (DS_PARAMETERS, &[11])]);
        let (found, damage) = read(&whole);
        assert_eq!((found.ssid, found.channel), (Some(&b"name"[..]), Some(11)));
        assert_eq!(damage, None);
        let ends = [0, 6, 8, 11];
        for len in 0..=whole.len() {
            let (found, damage) = read(&whole[..len]);
            let expected = (!ends.contains(&len)).then_some(Damage::Element);
            assert_eq!(damage, expected, "{len}");
            assert_eq!(found.ssid.is_some(), len >= 6, "{len}");
        }
    }

    #[test]
    fn what_lies_behind_a_damaged_element_is_believed() {
        let long = elements(&[(SSID, &[b'a'; 33]), (DS_PARAMETERS, &[1]), (SSID, b"name")]);
        let (found, damage) = read(&long);
        assert_eq!((found.ssid, found.channel), (Some(&b"name"[..]), Some(1)));
        assert_eq!(damage, Some(Damage::Ssid));
        let cut = elements(&[(RSN, &[1, 0, 0, 15, 172, 4, 1]), (SSID, b"name")]);
        let (found, damage) = read(&cut);
        assert_eq!(found.ssid, Some(&b"name"[..]));
        assert_eq!(found.security.to_string(), "RSN");
        assert_eq!(damage, Some(Damage::Suites));
    }

    #[test]
    fn the_first_name_counts_and_the_ht_operation_is_second_choice() {
        let twice = elements(&[(SSID, b"one"), (SSID, b"two"), (HT_OPERATION, &[36, 0])]);
        let (found, _) = read(&twice);
        assert_eq!((found.ssid, found.channel), (Some(&b"one"[..]), Some(36)));
    }

    #[test]
    fn the_channel_at_6_ghz_lies_behind_what_he_operation_has_before_it() {
        // The parts are second id, parameters, colour and rates; VHT operation; co-hosted BSSIDs; 6
        // GHz.
        let all: [&[u8]; 3] = [&[42, 155, 0], &[4], &[37, 0, 0, 0, 0]];
        for bits in 0..8u8 {
            let mut data = vec![HE_OPERATION, 0, bits << 6 & 0xc0, bits >> 1 & 2, 0, 0, 0];
            for (bit, part) in all.iter().enumerate() {
                if bits & 1 << bit != 0 {
                    data.extend(*part);
                }
            }
            let elements = elements(&[(EXTENDED, &data)]);
            let (found, _) = read(&elements);
            let expected = (bits & 4 != 0).then_some(37);
            assert_eq!(found.channel, expected, "{bits:03b}");
        }
    }

    #[test]
    fn names_are_escaped() {
        for (ssid, text) in [
            (&b"caf\xc3\xa9"[..], "café"),
            (b"a\\b\n\x1b[2J", "a\\\\b\\n\\u{1b}[2J"),
            (b"\xff\xfex", "\\xff\\xfex"),
            ("\u{202e}evil".as_bytes(), "\\u{202e}evil"),
        ] {
            assert_eq!(escape(ssid), text);
        }
        assert!(is_hidden(b"") && is_hidden(&[0; 7]) && !is_hidden(b"\0a"));
    }
}
