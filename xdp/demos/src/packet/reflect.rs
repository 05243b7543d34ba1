//! A packet goes back to where it came from.

use std::ops::Range;

use super::{IP, Refusal, UDP, check};

/// Turns a packet to one of these ports round: hardware addresses, addresses and ports change
/// places. The checksums stay right, because a sum does not depend on the order.
///
/// # Errors
///
/// The packet is as it was if it is none for these ports.
pub fn reflect(packet: &mut [u8], ports: &Range<u16>) -> Result<(), Refusal> {
    check(packet)?;
    let port = u16::from_be_bytes([packet[UDP + 2], packet[UDP + 3]]);
    if !ports.contains(&port) {
        return Err(Refusal::Other);
    }
    for (from, to, len) in [(0, 6, 6), (IP + 12, IP + 16, 4), (UDP, UDP + 2, 2)] {
        let (before, behind) = packet.split_at_mut(to);
        before[from..from + len].swap_with_slice(&mut behind[..len]);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::tests::{assert_whole, sample};
    use super::*;

    #[test]
    fn a_packet_turned_round_twice_is_the_packet() {
        let sent = sample(64, 5000);
        let mut packet = sent.clone();
        reflect(&mut packet, &(5000..5001)).unwrap();
        assert_eq!(packet[..6], sent[6..12]);
        assert_eq!(packet[26..30], [10, 0, 2, 1]);
        assert_eq!(packet[34..38], [0x13, 0x88, 0x0f, 0xa0]);
        assert_whole(&packet);
        reflect(&mut packet, &(4000..4001)).unwrap();
        assert_eq!(packet, sent);
    }

    #[test]
    fn another_port_is_left_alone() {
        let sent = sample(64, 5004);
        let mut packet = sent.clone();
        assert_eq!(reflect(&mut packet, &(5000..5004)), Err(Refusal::Other));
        assert_eq!(packet, sent);
    }
}
