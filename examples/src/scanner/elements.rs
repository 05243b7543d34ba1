//! The body of a beacon or a probe response: fixed fields, then elements.
//!
//! ```text
//!  ┌───────────┬──────────┬──────────────┐┌────┬────────┬──────┐┌────┬────────┬─ ─
//!  │ timestamp │ interval │ capabilities ││ id │ length │ data ││ id │ length │
//!  └───────────┴──────────┴──────────────┘└────┴────────┴──────┘└────┴────────┴─ ─
//!    8           2          2               1    1
//! ```

use std::fmt::Write;

use super::damage::Damage;
use super::security::{self, Security};

const SSID: u8 = 0;
const DS_PARAMETERS: u8 = 3;
const RSN: u8 = 48;
const HT_OPERATION: u8 = 61;
const VENDOR: u8 = 221;
/// How Microsoft's WPA element begins: OUI and type.
const WPA: [u8; 4] = [0x00, 0x50, 0xf2, 1];
/// The longest SSID.
pub const LONGEST_SSID: usize = 32;
/// Length of the fixed fields.
const FIXED: usize = 12;

/// The elements of a body; the last item is an error if they do not end where the body ends.
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

/// What a network says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Announcement<'a> {
    /// Its name: 0 to 32 bytes, whatever they are.
    pub ssid: Option<&'a [u8]>,
    /// The channel.
    pub channel: Option<u8>,
    /// How it is protected.
    pub security: Security,
}

/// Reads the body of a beacon or a probe response.
///
/// # Errors
///
/// What is wrong with it.
pub fn announcement(body: &[u8]) -> Result<Announcement<'_>, Damage> {
    let elements = body.get(FIXED..).ok_or(Damage::Short)?;
    let mut found = Announcement {
        ssid: None,
        channel: None,
        security: Security {
            privacy: body[10] & 0x10 != 0,
            ..Security::default()
        },
    };
    let mut primary = None;
    for element in Elements(elements) {
        let (id, data) = element?;
        match id {
            SSID if data.len() > LONGEST_SSID => return Err(Damage::Ssid),
            SSID => found.ssid = found.ssid.or(Some(data)),
            DS_PARAMETERS => found.channel = found.channel.or(data.first().copied()),
            HT_OPERATION => primary = primary.or(data.first().copied()),
            RSN => security::rsn(data, &mut found.security)?,
            VENDOR => {
                if let Some(wpa) = data.strip_prefix(&WPA) {
                    security::wpa(wpa, &mut found.security)?;
                }
            }
            _ => {}
        }
    }
    found.channel = found.channel.or(primary);
    Ok(found)
}

/// Whether all elements of a probe request are whole.
///
/// # Errors
///
/// [`Damage::Element`] if they are not.
pub fn walk(body: &[u8]) -> Result<(), Damage> {
    Elements(body).try_for_each(|element| element.map(|_| ()))
}

/// A network's name for the terminal: text as it is, other bytes and control characters escaped.
pub fn escape(ssid: &[u8]) -> String {
    let mut text = String::new();
    for chunk in ssid.utf8_chunks() {
        for c in chunk.valid().chars() {
            // Those that turn the direction of text are not control characters.
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

/// Whether a name is not told: empty, or zeros in its place.
pub fn is_hidden(ssid: &[u8]) -> bool {
    ssid.iter().all(|byte| *byte == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(elements: &[(u8, &[u8])]) -> Vec<u8> {
        let mut body = vec![0; FIXED];
        for (id, data) in elements {
            body.extend([*id, data.len() as u8]);
            body.extend(*data);
        }
        body
    }

    #[test]
    fn elements_end_with_the_body_or_are_damaged() {
        let whole = body(&[(SSID, b"name"), (7, b""), (DS_PARAMETERS, &[11])]);
        let found = announcement(&whole).expect("whole");
        assert_eq!((found.ssid, found.channel), (Some(&b"name"[..]), Some(11)));
        let ends = [FIXED, FIXED + 6, FIXED + 8, FIXED + 11];
        for len in 0..=whole.len() {
            let expected = match len {
                _ if ends.contains(&len) => None,
                0..FIXED => Some(Damage::Short),
                _ => Some(Damage::Element),
            };
            assert_eq!(announcement(&whole[..len]).err(), expected, "{len}");
        }
        let long = body(&[(SSID, &[b'a'; 33])]);
        assert_eq!(announcement(&long), Err(Damage::Ssid));
    }

    #[test]
    fn the_first_name_counts_and_the_ht_operation_is_second_choice() {
        let twice = body(&[(SSID, b"one"), (SSID, b"two"), (HT_OPERATION, &[36, 0])]);
        let found = announcement(&twice).expect("whole");
        assert_eq!((found.ssid, found.channel), (Some(&b"one"[..]), Some(36)));
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
