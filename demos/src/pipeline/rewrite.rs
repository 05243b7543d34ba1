//! Rewriting: a packet has one hop less to go.

/// Decrements the TTL of an IPv4 header and keeps its checksum right without summing it anew.
///
/// RFC 1624, equation 3: where a 16-bit word `m` of the header becomes `m'`, the checksum `HC`
/// becomes `~(~HC + ~m + m')`. The older `HC + m - m'` of RFC 1141 gives 0xffff where 0x0000 is due
/// (or the other way round).
///
/// # Panics
///
/// If the slice is shorter than an IPv4 header or the TTL is 0.
pub fn decrement_ttl(header: &mut [u8]) {
    let before = u16::from_be_bytes([header[8], header[9]]);
    header[8] -= 1;
    let after = u16::from_be_bytes([header[8], header[9]]);
    let checksum = u16::from_be_bytes([header[10], header[11]]);
    let updated = updated_checksum(checksum, before, after);
    header[10..12].copy_from_slice(&updated.to_be_bytes());
}

/// Decrements the hop limit of an IPv6 header, which no checksum covers.
///
/// # Panics
///
/// If the slice is shorter than 8 bytes or the hop limit is 0.
pub fn decrement_hop_limit(header: &mut [u8]) {
    header[7] -= 1;
}

/// Returns the checksum after a word under it changed (RFC 1624, equation 3).
pub fn updated_checksum(checksum: u16, before: u16, after: u16) -> u16 {
    let sum = u32::from(!checksum) + u32::from(!before) + u32::from(after);
    let sum = (sum & 0xffff) + (sum >> 16);
    let sum = (sum & 0xffff) + (sum >> 16);
    !(sum as u16)
}

#[cfg(test)]
mod tests {
    use super::*;
    use etherparse::{IpNumber, Ipv4Header};

    /// Returns the checksum by a full computation, as etherparse does it.
    fn recomputed(bytes: &[u8]) -> u16 {
        let header = Ipv4Header::from_slice(bytes).expect("valid").0;
        header.calc_header_checksum()
    }

    #[test]
    fn every_ttl_and_many_headers_agree_with_full_recomputation() {
        let mut state = 1u32;
        let mut random = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state >> 16
        };
        for round in 0..20_000 {
            let ttl = (round % 255 + 1) as u8;
            let source = random().to_be_bytes();
            let destination = (random() << 16 | random()).to_be_bytes();
            let protocol = IpNumber(random() as u8);
            let mut header =
                Ipv4Header::new(random() as u16 / 2, ttl, protocol, source, destination)
                    .expect("valid");
            header.identification = random() as u16;
            header.header_checksum = header.calc_header_checksum();
            let mut bytes = header.to_bytes();
            decrement_ttl(&mut bytes);
            assert_eq!(bytes[8], ttl - 1);
            let checksum = u16::from_be_bytes([bytes[10], bytes[11]]);
            assert_eq!(checksum, recomputed(&bytes), "round {round}");
        }
    }

    #[test]
    fn the_rfc_s_own_example() {
        // RFC 1624, section 4: HC 0xDD2F, m 0x5555, m' 0x3285 gives 0x0000, where RFC 1141's
        // equation gives 0xFFFF.
        assert_eq!(updated_checksum(0xdd2f, 0x5555, 0x3285), 0x0000);
    }

    #[test]
    fn options_are_covered_too() {
        let mut header =
            Ipv4Header::new(8, 2, IpNumber::UDP, [1, 2, 3, 4], [5, 6, 7, 8]).expect("valid");
        header.options = [0x94, 4, 0, 0].into();
        header.header_checksum = header.calc_header_checksum();
        let mut bytes = header.to_bytes();
        decrement_ttl(&mut bytes);
        let checksum = u16::from_be_bytes([bytes[10], bytes[11]]);
        assert_eq!(checksum, recomputed(&bytes));
    }
}
