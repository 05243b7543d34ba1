//! The protection of a network: the RSN element (WPA2, WPA3), and the WPA element before it.
//!
//! ```text
//!  ┌─────────┬───────┬───────┬──────────────┬───────┬──────────────┬──────────────┬─ ─
//!  │ version │ group │ count │ ciphers, 4 B │ count │ key suites   │ capabilities │ …
//!  └─────────┴───────┴───────┴──────────────┴───────┴──────────────┴──────────────┴─ ─
//!    2         4       2       count × 4      2       count × 4      2
//! ```
//!
//! An element may end behind any of its fields. What is missing has its default (802.1X).
//! Source: IEEE 802.11-2020, 9.4.2.24, table 9-151.

use std::fmt;

use super::damage::Damage;

const IEEE: [u8; 3] = [0x00, 0x0f, 0xac];
const MICROSOFT: [u8; 3] = [0x00, 0x50, 0xf2];

/// The protection that a network offers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Security {
    /// Whether something is encrypted. It is by WEP, if nothing else is said.
    pub privacy: bool,
    /// Whether the WPA element is there.
    pub wpa: bool,
    /// Whether there is an RSN element with the key suites of WPA2.
    pub wpa2: bool,
    /// Whether there is an RSN element with the key suites of WPA3.
    pub wpa3: bool,
    /// Whether there is opportunistic encryption, without a password.
    pub owe: bool,
    /// Whether users have accounts (802.1X).
    pub enterprise: bool,
    /// Whether there is an RSN element whose key suites are none of these.
    pub other: bool,
}

impl fmt::Display for Security {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = [
            (self.wpa, "WPA"),
            (self.wpa2, "WPA2"),
            (self.wpa3, "WPA3"),
            (self.owe, "OWE"),
            (self.other, "RSN"),
        ];
        let offered: Vec<_> = names.iter().filter(|(has, _)| *has).map(|n| n.1).collect();
        let name = match offered.join("/") {
            none if none.is_empty() && self.privacy => "WEP".into(),
            none if none.is_empty() => "open".into(),
            names if self.enterprise => names + " 802.1X",
            names => names,
        };
        f.pad(&name)
    }
}

/// The key suites of an RSN or WPA element.
enum KeySuites<'a> {
    /// The element ends before its key suites.
    Default,
    /// The element has all of its key suites.
    All(&'a [u8]),
    /// The element claims more key suites than these, which are there.
    Cut(&'a [u8]),
}

/// A list of suites of 4 bytes after its count.
enum List<'a> {
    /// There is no list.
    Nothing,
    /// The list is whole. The second part is what follows it.
    Whole(&'a [u8], &'a [u8]),
    /// The list claims more than these suites, which are there.
    Cut(&'a [u8]),
}

/// Returns the key suites of an element, from its version on.
fn key_suites(data: &[u8]) -> KeySuites<'_> {
    // The version and the group cipher come first.
    let rest = data.get(6..).unwrap_or_default();
    let rest = match list(rest) {
        List::Nothing => return KeySuites::Default,
        List::Cut(_) => return KeySuites::Cut(&[]),
        List::Whole(_ciphers, rest) => rest,
    };
    match list(rest) {
        List::Nothing => KeySuites::Default,
        List::Cut(suites) => KeySuites::Cut(suites),
        List::Whole(suites, _) => KeySuites::All(suites),
    }
}

fn list(data: &[u8]) -> List<'_> {
    if data.is_empty() {
        return List::Nothing;
    }
    let Some((count, rest)) = data.split_first_chunk::<2>() else {
        return List::Cut(&[]);
    };
    let length = 4 * usize::from(u16::from_le_bytes(*count));
    match rest.split_at_checked(length) {
        Some((suites, rest)) => List::Whole(suites, rest),
        None => List::Cut(rest),
    }
}

/// Adds what an RSN element says. Of one that is cut it adds what is there.
///
/// # Errors
///
/// [`Damage::Suites`] if it claims more suites than it has.
pub fn rsn(data: &[u8], security: &mut Security) -> Result<(), Damage> {
    let (suites, result) = match key_suites(data) {
        KeySuites::Default => {
            security.wpa2 = true;
            security.enterprise = true;
            return Ok(());
        }
        KeySuites::All(suites) => (suites, Ok(())),
        KeySuites::Cut(suites) => (suites, Err(Damage::Suites)),
    };
    // Whatever the suites were, there is an RSN element.
    security.other |= suites.len() < 4;
    for suite in suites.chunks_exact(4) {
        match suite[3] {
            _ if suite[..3] != IEEE => security.other = true,
            1 | 3 | 5 => (security.wpa2, security.enterprise) = (true, true),
            2 | 4 | 6 | 19 | 20 => security.wpa2 = true,
            8 | 9 | 24 | 25 => security.wpa3 = true,
            11..=13 | 22 | 23 => (security.wpa3, security.enterprise) = (true, true),
            18 => security.owe = true,
            _ => security.other = true,
        }
    }
    result
}

/// Adds what a WPA element says, from its version on. Of one that is cut it adds what is there.
///
/// # Errors
///
/// [`Damage::Suites`] if it claims more suites than it has.
pub fn wpa(data: &[u8], security: &mut Security) -> Result<(), Damage> {
    security.wpa = true;
    let accounts = |suite: &[u8]| suite[..3] == MICROSOFT && suite[3] == 1;
    let has_accounts = |suites: &[u8]| suites.chunks_exact(4).any(accounts);
    match key_suites(data) {
        KeySuites::Default => security.enterprise = true,
        KeySuites::All(suites) => security.enterprise |= has_accounts(suites),
        KeySuites::Cut(suites) => {
            security.enterprise |= has_accounts(suites);
            return Err(Damage::Suites);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn element(oui: [u8; 3], kinds: &[u8]) -> Vec<u8> {
        let [a, b, c] = oui;
        let mut data = vec![1, 0, a, b, c, 4, 1, 0, a, b, c, 4];
        data.extend((kinds.len() as u16).to_le_bytes());
        for kind in kinds {
            data.extend([a, b, c, *kind]);
        }
        data
    }

    fn told(kinds: &[u8]) -> String {
        let mut security = Security::default();
        rsn(&element(IEEE, kinds), &mut security).expect("whole");
        security.to_string()
    }

    #[test]
    fn key_suites_have_their_names() {
        assert_eq!(told(&[2]), "WPA2");
        assert_eq!(told(&[8]), "WPA3");
        assert_eq!(told(&[2, 8]), "WPA2/WPA3");
        assert_eq!(told(&[1]), "WPA2 802.1X");
        assert_eq!(told(&[12]), "WPA3 802.1X");
        assert_eq!(told(&[18]), "OWE");
        assert_eq!(told(&[99]), "RSN");
        let mut security = Security::default();
        assert_eq!(security.to_string(), "open");
        security.privacy = true;
        assert_eq!(security.to_string(), "WEP");
        wpa(&element(MICROSOFT, &[2]), &mut security).expect("whole");
        rsn(&element(IEEE, &[2]), &mut security).expect("whole");
        assert_eq!(security.to_string(), "WPA/WPA2");
    }

    #[test]
    fn an_element_ends_behind_a_field_or_is_damaged() {
        let whole = element(IEEE, &[2, 8]);
        for len in 0..=whole.len() {
            let result = rsn(&whole[..len], &mut Security::default());
            // What lies before the first count is not looked at, so it may be cut anywhere.
            let ends = len <= 6 || [12, whole.len()].contains(&len);
            assert_eq!(result.is_ok(), ends, "{len}");
        }
    }

    #[test]
    fn of_a_cut_element_the_suites_that_are_there_count() {
        let whole = element(IEEE, &[2, 8]);
        let told = |len| {
            let mut security = Security::default();
            let result = rsn(&whole[..len], &mut security);
            assert_eq!(result, Err(Damage::Suites), "{len}");
            security.to_string()
        };
        // The element ends behind the count of the key suites, then behind the first of two.
        assert_eq!(told(14), "RSN");
        assert_eq!(told(18), "WPA2");
        assert_eq!(told(21), "WPA2");
        let mut security = Security::default();
        let cut = &element(MICROSOFT, &[1, 2])[..18];
        assert_eq!(wpa(cut, &mut security), Err(Damage::Suites));
        assert_eq!(security.to_string(), "WPA 802.1X");
    }
}
