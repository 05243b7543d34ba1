//! The checksum of the internet protocols (RFC 1071), and its change with a word (RFC 1624).

/// Returns the ones' complement sum of big-endian words. It is `0xffff` over a header that holds
/// its own checksum.
///
/// ```
/// assert_eq!(framewell_xdp_demos::packet::sum(&[0xff, 0xff, 0, 1]), 1);
/// ```
pub fn sum(bytes: &[u8]) -> u16 {
    let mut total: u32 = 0;
    let mut words = bytes.chunks_exact(2);
    for word in &mut words {
        total += u32::from(u16::from_be_bytes([word[0], word[1]]));
    }
    if let [last] = words.remainder() {
        total += u32::from(*last) << 8;
    }
    fold(total)
}

/// Returns the checksum after one word of what it covers has changed: `~(~HC + ~m + m')` of
/// RFC 1624.
///
/// ```
/// assert_eq!(framewell_xdp_demos::packet::adjust(0xdd2f, 0x5555, 0x3285), 0x0000);
/// ```
pub fn adjust(checksum: u16, before: u16, after: u16) -> u16 {
    !fold(u32::from(!checksum) + u32::from(!before) + u32::from(after))
}

fn fold(mut total: u32) -> u16 {
    while total > 0xffff {
        total = (total >> 16) + (total & 0xffff);
    }
    total as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_adjusted_checksum_is_that_of_the_changed_words() {
        let mut words = [
            0x4500_u16, 0x0073, 0x4000, 0x4011, 0xc0a8, 0x0001, 0xc0a8, 0x00c7,
        ];
        let whole = |words: &[u16]| {
            let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_be_bytes()).collect();
            !sum(&bytes)
        };
        let mut checksum = whole(&words);
        assert_eq!(checksum, 0xb861);
        for value in (0..=0xffff).step_by(251).chain([0, 0xffff]) {
            checksum = adjust(checksum, words[3], value);
            words[3] = value;
            assert_eq!(checksum, whole(&words), "{value:#x}");
        }
    }

    #[test]
    fn an_odd_byte_is_the_high_half_of_a_word() {
        assert_eq!(sum(&[1, 2, 3]), 0x0402);
    }
}
