//! A packet goes on to the next hop.

use std::str::FromStr;

use super::{IP, Refusal, TTL, adjust, check};

/// A hardware address.
///
/// ```
/// use framewell_xdp_demos::packet::Mac;
/// assert_eq!("02:00:00:00:00:0a".parse(), Ok(Mac([2, 0, 0, 0, 0, 10])));
/// assert!("02:00:00:00:00".parse::<Mac>().is_err());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Mac(pub [u8; 6]);

impl FromStr for Mac {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let refused =
            || format!("{text} is no hardware address; write six bytes as 02:00:00:00:00:0a");
        let mut bytes = text.split(':').map(|part| u8::from_str_radix(part, 16));
        let mut address = [0; 6];
        for byte in &mut address {
            *byte = bytes.next().and_then(Result::ok).ok_or_else(refused)?;
        }
        match bytes.next() {
            None => Ok(Self(address)),
            Some(_) => Err(refused()),
        }
    }
}

/// Where packets go that leave by an interface.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Hop {
    /// The hardware address of the interface.
    pub from: Mac,
    /// The hardware address of the next hop.
    pub to: Mac,
}

/// Makes a packet ready for its next hop, as a router does: new hardware addresses, a time to live
/// that is one less, and a checksum that fits.
///
/// # Errors
///
/// The packet is as it was if it is none that is routed, or its time to live is over.
pub fn route(packet: &mut [u8], hop: &Hop) -> Result<(), Refusal> {
    check(packet)?;
    let word = |packet: &[u8], at: usize| u16::from_be_bytes([packet[at], packet[at + 1]]);
    if packet[TTL] <= 1 {
        return Err(Refusal::Expired);
    }
    let before = word(packet, TTL);
    packet[TTL] -= 1;
    let checksum = adjust(word(packet, IP + 10), before, word(packet, TTL));
    packet[IP + 10..IP + 12].copy_from_slice(&checksum.to_be_bytes());
    packet[..6].copy_from_slice(&hop.to.0);
    packet[6..12].copy_from_slice(&hop.from.0);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::tests::{assert_whole, sample};
    use super::*;

    const HOP: Hop = Hop {
        from: Mac([2, 0, 0, 0, 0, 3]),
        to: Mac([2, 0, 0, 0, 0, 4]),
    };

    #[test]
    fn each_time_to_live_is_one_less_with_the_right_checksum() {
        for ttl in 2..=255 {
            let mut packet = sample(ttl, 5000);
            route(&mut packet, &HOP).unwrap();
            assert_eq!(
                (packet[TTL], &packet[..12]),
                (ttl - 1, &[HOP.to.0, HOP.from.0].concat()[..])
            );
            assert_whole(&packet);
        }
    }

    #[test]
    fn a_packet_whose_time_is_over_stays_as_it_was() {
        for ttl in 0..2 {
            let sent = sample(ttl, 5000);
            let mut packet = sent.clone();
            assert_eq!(route(&mut packet, &HOP), Err(Refusal::Expired));
            assert_eq!(packet, sent);
        }
    }
}
