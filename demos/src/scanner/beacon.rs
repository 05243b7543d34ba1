//! The fixed fields of the frames that announce a network, and where their elements begin.
//!
//! ```text
//!  beacon, probe response, behind the header:
//!  ┌───────────┬──────────┬──────────────┐┌─ ─
//!  │ timestamp │ interval │ capabilities ││ elements
//!  └───────────┴──────────┴──────────────┘└─ ─
//!    8           2          2
//!  S1G beacon:
//!  ┌─────────┬──────────┬────────┬───────────┬─────────┬────────┬────────┬───────────┐┌─ ─
//!  │ control │ duration │ source │ timestamp │ changes │ (next) │ (SSID) │ (options) ││ elements
//!  └─────────┴──────────┴────────┴───────────┴─────────┴────────┴────────┴───────────┘└─ ─
//!    2         2          6        4           1         3        4        1
//!  DMG beacon:
//!  ┌─────────┬──────────┬───────┬───────────┬───────┬──────────┬───┬────────────┬───────────┐┌─ ─
//!  │ control │ duration │ BSSID │ timestamp │ sweep │ interval │ … │ parameters │ (cluster) ││
//!  └─────────┴──────────┴───────┴───────────┴───────┴──────────┴───┴────────────┴───────────┘└─ ─
//!    2         2          6       8           3       2          6   1            8
//! ```
//!
//! Source: IEEE 802.11-2020, 9.3.3.2, 9.3.4.2 and 9.3.4.3.

use super::damage::Damage;
use super::frame::Body;

/// Reads the fixed fields of a beacon or a probe response. `body` begins behind its header.
///
/// # Errors
///
/// [`Damage::Short`] if the frame ends before its elements.
pub fn body(body: &[u8]) -> Result<Body<'_>, Damage> {
    const FIXED: usize = 12;
    let elements = body.get(FIXED..).ok_or(Damage::Short)?;
    Ok(Body {
        privacy: body[10] & 0x10 != 0,
        elements,
    })
}

/// Reads the fixed fields of an S1G beacon.
///
/// # Errors
///
/// [`Damage::Short`] if the frame ends before its elements.
pub fn s1g(frame: &[u8]) -> Result<Body<'_>, Damage> {
    const FIXED: usize = 15;
    const NEXT: u8 = 1;
    const SSID: u8 = 2;
    const OPTIONS: u8 = 4;
    const SECURITY: u8 = 0x40;
    let flags = *frame.get(1).ok_or(Damage::Short)?;
    let fields = [(NEXT, 3), (SSID, 4), (OPTIONS, 1)];
    let present = fields.iter().filter(|(flag, _)| flags & flag != 0);
    let begin = FIXED + present.map(|(_, length)| length).sum::<usize>();
    Ok(Body {
        privacy: flags & SECURITY != 0,
        elements: frame.get(begin..).ok_or(Damage::Short)?,
    })
}

/// Reads the fixed fields of a DMG beacon.
///
/// # Errors
///
/// [`Damage::Short`] if the frame ends before its elements.
pub fn dmg(frame: &[u8]) -> Result<Body<'_>, Damage> {
    const CONTROL: usize = 23;
    const PARAMETERS: usize = 29;
    const CLUSTERING: usize = 8;
    const PRIVACY: u8 = 0x10;
    let parameters = *frame.get(PARAMETERS).ok_or(Damage::Short)?;
    let is_clustered = frame[CONTROL] & 1 != 0;
    let begin = PARAMETERS + 1 + if is_clustered { CLUSTERING } else { 0 };
    Ok(Body {
        privacy: parameters & PRIVACY != 0,
        elements: frame.get(begin..).ok_or(Damage::Short)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SSID: [u8; 5] = [0, 3, b'n', b'e', b't'];

    #[test]
    fn elements_begin_behind_the_fields_that_are_present() {
        for flags in 0..8u8 {
            let fields = [3, 4, 1]
                .iter()
                .zip(0..)
                .filter(|(_, bit)| flags & 1 << bit != 0);
            let length = 15 + fields.map(|(length, _)| length).sum::<usize>();
            let mut frame = vec![0xff; length];
            frame[1] = flags | 0x40;
            frame.extend(SSID);
            let body = s1g(&frame).expect("whole");
            assert_eq!(
                (body.privacy, body.elements),
                (true, &SSID[..]),
                "{flags:03b}"
            );
            assert_eq!(s1g(&frame[..length - 1]), Err(Damage::Short));
        }
        for (control, length) in [(0, 30), (1, 38)] {
            let mut frame = vec![0; length];
            frame[23] = control;
            frame[29] = 0x10;
            frame.extend(SSID);
            let body = dmg(&frame).expect("whole");
            assert_eq!(
                (body.privacy, body.elements),
                (true, &SSID[..]),
                "{control}"
            );
            assert_eq!(dmg(&frame[..length - 1]), Err(Damage::Short));
        }
        let mut frame = vec![0; 12];
        frame[10] = 0x10;
        frame.extend(SSID);
        let body = body(&frame).expect("whole");
        assert_eq!((body.privacy, body.elements), (true, &SSID[..]));
        assert_eq!(super::body(&frame[..11]), Err(Damage::Short));
    }
}
