//! The radiotap header, as far as a scanner needs it.
//!
//! ```text
//!  0        1     2        4          8
//!  ┌────────┬─────┬────────┬──────────┬─ ─ ─ ─ ─┬──────────────────────────────────┐
//!  │ 0      │ pad │ length │ present  │ more    │ fields, in the order of the bits │
//!  └────────┴─────┴────────┴──────────┴─ ─ ─ ─ ─┴──────────────────────────────────┘
//! ```
//!
//! The header is little-endian. Each field is aligned to its own size, counted from the header's
//! start. Bit 31 of a word of `present` says that another word follows. Bit 29 says that the next
//! word starts with bit 0 again, as a receiver with several chains has a word for each. Source:
//! <https://www.radiotap.org>.

use super::damage::Damage;

const FLAGS: u32 = 1;
const CHANNEL: u32 = 3;
const SIGNAL: u32 = 5;
/// The last field that must be whole, if it is there.
const LAST_NEEDED: u32 = SIGNAL;
/// The bit that says that the next word of `present` starts with bit 0 again.
const RADIOTAP: u32 = 29;
/// The bit that says that the next word belongs to a vendor.
const VENDOR: u32 = 30;
const MORE: u32 = 31;
/// The alignment and the size of each field that the words of `present` can announce.
const FIELDS: [(usize, usize); 28] = [
    (8, 8),
    (1, 1),
    (1, 1),
    (2, 4),
    (2, 2),
    (1, 1),
    (1, 1),
    (2, 2),
    (2, 2),
    (2, 2),
    (1, 1),
    (1, 1),
    (1, 1),
    (1, 1),
    (2, 2),
    (2, 2),
    (1, 1),
    (1, 1),
    (4, 8),
    (1, 3),
    (4, 8),
    (2, 12),
    (8, 12),
    (2, 12),
    (2, 12),
    (2, 6),
    (1, 1),
    (2, 4),
];
const FLAG_FCS: u8 = 0x10;
const FLAG_PADDED: u8 = 0x20;
const FLAG_BAD_FCS: u8 = 0x40;

/// The data that the receiver added to a frame.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Radio {
    /// The length of the header, behind which the frame begins.
    pub length: usize,
    /// Whether the frame ends with its frame check sequence.
    pub fcs: bool,
    /// Whether the receiver found the frame check sequence wrong.
    pub bad_fcs: bool,
    /// Whether the frame's header is padded to a multiple of 4 bytes.
    pub padded: bool,
    /// The frequency in MHz.
    pub mhz: Option<u16>,
    /// The signal in dBm: the receiver's own figure, else that of its strongest chain.
    pub signal: Option<i8>,
}

fn has(word: u32, bit: u32) -> bool {
    word & 1 << bit != 0
}

/// Returns the words of `present`, and where the fields begin.
fn words(header: &[u8]) -> Result<(Vec<u32>, usize), Damage> {
    let mut words = Vec::new();
    let mut at = 4;
    loop {
        let rest = header.get(at..).ok_or(Damage::Radiotap)?;
        let bytes = rest.first_chunk::<4>().ok_or(Damage::Radiotap)?;
        at += 4;
        let word = u32::from_le_bytes(*bytes);
        words.push(word);
        if !has(word, MORE) {
            return Ok((words, at));
        }
    }
}

/// Shows the fields that are present, with the number of their word and their bit, until a field
/// comes whose size nobody here knows.
fn fields(header: &[u8], mut see: impl FnMut(usize, u32, &[u8])) -> Result<(), Damage> {
    let (words, mut at) = words(header)?;
    for (number, word) in words.iter().enumerate() {
        for (bit, (align, size)) in (0..).zip(FIELDS).filter(|(bit, _)| has(*word, *bit)) {
            let start = at.next_multiple_of(align);
            match header.get(start..start + size) {
                Some(field) => see(number, bit, field),
                None if number == 0 && bit <= LAST_NEEDED => return Err(Damage::Radiotap),
                None => return Ok(()),
            }
            at = start + size;
        }
        if !has(*word, RADIOTAP) || has(*word, VENDOR) {
            break;
        }
    }
    Ok(())
}

/// Reads the header at the beginning of a record.
///
/// # Errors
///
/// [`Damage::Radiotap`] if the version is not 0, or the header is longer than the record, or
/// shorter than the fields up to the signal that it says are present.
pub fn parse(record: &[u8]) -> Result<Radio, Damage> {
    let [version, _, low, high, ..] = *record else {
        return Err(Damage::Radiotap);
    };
    let length = usize::from(u16::from_le_bytes([low, high]));
    let header = record.get(..length).ok_or(Damage::Radiotap)?;
    if version != 0 {
        return Err(Damage::Radiotap);
    }
    let mut radio = Radio {
        length,
        ..Radio::default()
    };
    let mut strongest = None;
    fields(header, |word, bit, field| match (word, bit) {
        (0, FLAGS) => {
            radio.fcs = field[0] & FLAG_FCS != 0;
            radio.bad_fcs = field[0] & FLAG_BAD_FCS != 0;
            radio.padded = field[0] & FLAG_PADDED != 0;
        }
        (0, CHANNEL) => radio.mhz = Some(u16::from_le_bytes([field[0], field[1]])),
        (0, SIGNAL) => radio.signal = Some(field[0] as i8),
        (_, SIGNAL) => strongest = strongest.max(Some(field[0] as i8)),
        _ => {}
    })?;
    radio.signal = radio.signal.or(strongest);
    Ok(radio)
}

/// Returns the number of a channel by its frequency.
pub fn channel(mhz: u16) -> Option<u8> {
    let number = match mhz {
        2484 => 14,
        2412..=2472 => (mhz - 2407) / 5,
        5160..=5885 => (mhz - 5000) / 5,
        5935 => 2,
        5955..=7115 => (mhz - 5950) / 5,
        58320..=64800 => (mhz - 56160) / 2160,
        _ => return None,
    };
    u8::try_from(number).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_aligned_and_absent_ones_take_no_room() {
        // The fields are TSFT, flags, channel and signal; there is a second word of `present`.
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
        let numbers = [2412, 2437, 2472, 2484, 5180, 5825, 5935, 5955, 60480, 2400].map(channel);
        let expected = [1, 6, 13, 14, 36, 165, 2, 1, 2].map(Some);
        assert_eq!((&numbers[..9], numbers[9]), (&expected[..], None));
    }

    /// Returns a header as drivers of several chains write it: HE is in the first word, and then
    /// comes a word for each chain with its signal and its number.
    fn chains(common: Option<i8>, chains: &[i8]) -> Vec<u8> {
        const HE: u32 = 23;
        let ends = 1 << RADIOTAP | 1 << MORE;
        let signal = common.map_or(0, |_| 1 << SIGNAL);
        let mut header = vec![0, 0, 0, 0];
        header.extend((1u32 << FLAGS | signal | 1 << HE | ends).to_le_bytes());
        for number in 1..=chains.len() {
            let last = number == chains.len();
            let word = 1 << SIGNAL | 1 << 11 | if last { 0 } else { ends };
            header.extend(u32::to_le_bytes(word));
        }
        header.push(0);
        header.extend(common.map(|dbm| dbm as u8));
        header.resize(header.len().next_multiple_of(2), 0);
        header.extend([0x55; 12]);
        for (number, dbm) in (0..).zip(chains) {
            header.extend([*dbm as u8, number]);
        }
        header[2] = header.len() as u8;
        header
    }

    #[test]
    fn the_signal_is_the_receivers_own_or_that_of_the_strongest_chain() {
        let signal = |common, of_chains: &[i8]| {
            let header = chains(common, of_chains);
            parse(&header).expect("whole").signal
        };
        assert_eq!(signal(Some(-40), &[-45, -39]), Some(-40));
        assert_eq!(signal(None, &[-71, -60, -65]), Some(-60));
    }

    #[test]
    fn what_is_behind_a_field_of_unknown_size_is_not_guessed() {
        // Nobody knows the fields of a vendor's word. What follows looks like a signal.
        let mut header = chains(None, &[-60]);
        header[7] |= 1 << (VENDOR - 24);
        assert_eq!(parse(&header).expect("whole").signal, None);
        // The header is too short for the word of a chain.
        let mut header = chains(Some(-50), &[-60]);
        let short = header.len() - 2;
        header[2] = short as u8;
        assert_eq!(parse(&header[..short]).expect("whole").signal, Some(-50));
    }
}
