//! The radiotap header, as far as a scanner needs it.
//!
//! ```text
//!  0        1     2        4          8
//!  ┌────────┬─────┬────────┬──────────┬─ ─ ─ ─ ─┬──────────────────────────────────┐
//!  │ 0      │ pad │ length │ present  │ more    │ fields, in the order of the bits │
//!  └────────┴─────┴────────┴──────────┴─ ─ ─ ─ ─┴──────────────────────────────────┘
//! ```
//!
//! Little-endian; each field is aligned to its own size, counted from the header's start. Bit 31 of
//! a word of `present` says that another follows. What is wanted here lies in the first six fields
//! of the first word, so nothing behind them has to be known. Source: <https://www.radiotap.org>.

use super::damage::Damage;

const MORE: u32 = 1 << 31;
const FLAG_FCS: u8 = 0x10;
const FLAG_PADDED: u8 = 0x20;
const FLAG_BAD_FCS: u8 = 0x40;

/// What the receiver said of a frame.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Radio {
    /// Length of the header: the frame begins there.
    pub length: usize,
    /// The frame ends with its frame check sequence.
    pub fcs: bool,
    /// The receiver found the frame check sequence wrong.
    pub bad_fcs: bool,
    /// The frame's header is padded to a multiple of 4 bytes.
    pub padded: bool,
    /// The frequency in MHz.
    pub mhz: Option<u16>,
    /// The signal in dBm.
    pub signal: Option<i8>,
}

/// The fields of a header, one after the other.
struct Fields<'a> {
    header: &'a [u8],
    at: usize,
    present: u32,
}

impl<'a> Fields<'a> {
    /// The field of this bit: `None` if it is absent.
    fn next<const N: usize>(&mut self, bit: u32, align: usize) -> Result<Option<[u8; N]>, Damage> {
        if self.present & 1 << bit == 0 {
            return Ok(None);
        }
        let start = self.at.next_multiple_of(align);
        let rest: &'a [u8] = self.header.get(start..).ok_or(Damage::Radiotap)?;
        let field = rest.first_chunk::<N>().ok_or(Damage::Radiotap)?;
        self.at = start + N;
        Ok(Some(*field))
    }
}

/// Reads the header at the beginning of a record.
///
/// # Errors
///
/// [`Damage::Radiotap`] if the version is not 0, or the header is longer than the record, or shorter
/// than the fields that it says are present.
pub fn parse(record: &[u8]) -> Result<Radio, Damage> {
    let [version, _, low, high, ..] = *record else {
        return Err(Damage::Radiotap);
    };
    let length = usize::from(u16::from_le_bytes([low, high]));
    let header = record.get(..length).ok_or(Damage::Radiotap)?;
    if version != 0 {
        return Err(Damage::Radiotap);
    }
    let word = |at: usize| {
        let rest = header.get(at..).ok_or(Damage::Radiotap)?;
        let bytes = rest.first_chunk::<4>().ok_or(Damage::Radiotap)?;
        Ok(u32::from_le_bytes(*bytes))
    };
    let present = word(4)?;
    let mut at = 8;
    let mut last = present;
    while last & MORE != 0 {
        last = word(at)?;
        at += 4;
    }
    let mut fields = Fields {
        header,
        at,
        present,
    };
    fields.next::<8>(0, 8)?;
    let [flags] = fields.next(1, 1)?.unwrap_or_default();
    fields.next::<1>(2, 1)?;
    let channel = fields.next::<4>(3, 2)?;
    fields.next::<2>(4, 2)?;
    let signal = fields.next(5, 1)?;
    Ok(Radio {
        length,
        fcs: flags & FLAG_FCS != 0,
        bad_fcs: flags & FLAG_BAD_FCS != 0,
        padded: flags & FLAG_PADDED != 0,
        mhz: channel.map(|[low, high, ..]| u16::from_le_bytes([low, high])),
        signal: signal.map(|[dbm]| i8::from_le_bytes([dbm])),
    })
}

/// The number of a channel of 20 MHz, by its frequency.
pub fn channel(mhz: u16) -> Option<u8> {
    let number = match mhz {
        2484 => 14,
        2412..=2472 => (mhz - 2407) / 5,
        5160..=5885 => (mhz - 5000) / 5,
        5955..=7115 => (mhz - 5950) / 5,
        _ => return None,
    };
    u8::try_from(number).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_aligned_and_absent_ones_take_no_room() {
        // TSFT, flags, channel, signal; a second word of `present`.
        let mut header = vec![0, 0, 31, 0, 0b10_1011, 0, 0, 0x80, 0, 0, 0, 0];
        header.extend([0; 4]);
        header.extend([1; 8]);
        header.extend([FLAG_FCS | FLAG_PADDED, 0xff]);
        header.extend(5180u16.to_le_bytes());
        header.extend([0x40, 0x01, 0xbf]);
        assert_eq!(header.len(), 31);
        let radio = parse(&header).expect("whole");
        let expected = Radio {
            length: 31,
            fcs: true,
            bad_fcs: false,
            padded: true,
            mhz: Some(5180),
            signal: Some(-65),
        };
        assert_eq!(radio, expected);
        for len in 0..header.len() {
            assert_eq!(parse(&header[..len]), Err(Damage::Radiotap), "{len}");
            let mut shorter = header[..len].to_vec();
            if len >= 4 {
                shorter[2] = len as u8;
                assert_eq!(parse(&shorter), Err(Damage::Radiotap), "{len}");
            }
        }
    }

    #[test]
    fn words_without_end_are_damage() {
        let mut header = vec![0, 0, 64, 0];
        header.extend([0xff; 60]);
        assert_eq!(parse(&header), Err(Damage::Radiotap));
    }

    #[test]
    fn channels_of_all_bands() {
        let numbers = [2412, 2437, 2472, 2484, 5180, 5825, 5955, 2400].map(channel);
        let expected = [1, 6, 13, 14, 36, 165, 1].map(Some);
        assert_eq!((&numbers[..7], numbers[7]), (&expected[..], None));
    }
}
