//! What is in a datagram: its number, its flow, and bytes that depend on both.

use std::ops::Range;

/// The bytes in front of the pattern: the number of the datagram, and that of its flow.
pub const HEAD: usize = 8 + 4;

/// Returns the flow and the number that a datagram names; `None` if it is too short.
///
/// ```
/// use framewell_harness::traffic::named;
/// assert_eq!(named(&[0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 2, 7]), Some((2, 9)));
/// assert_eq!(named(&[0; 11]), None);
/// ```
#[inline]
pub fn named(payload: &[u8]) -> Option<(u32, u64)> {
    let (head, _) = payload.split_first_chunk::<HEAD>()?;
    let (number, flow) = head.split_first_chunk::<8>()?;
    Some((
        u32::from_be_bytes(flow.try_into().ok()?),
        u64::from_be_bytes(*number),
    ))
}

/// A table of bytes without a pattern of their own. Each datagram has a piece of it.
#[derive(Debug)]
pub(super) struct Pattern {
    bytes: Vec<u8>,
}

/// The places where a piece can begin: a prime number, so that neighbours differ.
const STARTS: u64 = 65_521;

impl Pattern {
    /// Returns a table for payloads of up to so many bytes.
    pub(super) fn new(longest: usize) -> Self {
        let mut state: u64 = 0x9e37_79b9_7f4a_7c15;
        let next = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state as u8
        };
        let mut bytes = Vec::new();
        bytes.resize_with(STARTS as usize + longest, next);
        Self { bytes }
    }

    /// Returns the first bytes of a datagram.
    pub(super) fn head(flow: u32, number: u64) -> [u8; HEAD] {
        let mut head = [0; HEAD];
        head[..8].copy_from_slice(&number.to_be_bytes());
        head[8..].copy_from_slice(&flow.to_be_bytes());
        head
    }

    /// Returns the bytes that follow, so many.
    pub(super) fn rest(&self, flow: u32, number: u64, len: usize) -> &[u8] {
        &self.bytes[self.place(flow, number, len)]
    }

    fn place(&self, flow: u32, number: u64, len: usize) -> Range<usize> {
        let start = (number
            .wrapping_mul(257)
            .wrapping_add(u64::from(flow) * 4099)
            % STARTS) as usize;
        start..start + len
    }

    /// Returns the number of a datagram of this flow with a payload of this length; `None` if it is
    /// not as it was sent.
    pub(super) fn number(&self, flow: u32, payload: &[u8], len: usize) -> Option<u64> {
        let (of, number) = named(payload)?;
        let rest = &payload[HEAD..];
        let whole =
            of == flow && payload.len() == len && rest == self.rest(flow, number, rest.len());
        whole.then_some(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_byte_counts() {
        let pattern = Pattern::new(100);
        let mut sent = Pattern::head(3, 77).to_vec();
        sent.extend_from_slice(pattern.rest(3, 77, 100 - HEAD));
        assert_eq!(pattern.number(3, &sent, 100), Some(77));
        assert_eq!(pattern.number(2, &sent, 100), None);
        assert_eq!(pattern.number(3, &sent[..99], 100), None);
        assert_eq!(pattern.number(3, &sent[..5], 100), None);
        for at in 0..100 {
            sent[at] ^= 1;
            assert_eq!(pattern.number(3, &sent, 100), None, "byte {at}");
            sent[at] ^= 1;
        }
    }
}
