//! Control messages as the kernel lays them out (`struct cmsghdr`).
//!
//! ```text
//!   │ length: word │ level: 32 │ type: 32 │ data … │ padding to a word │ the next
//! ```

#![forbid(unsafe_code)]

/// The bytes of a header. On the targets of this crate it is a multiple of the alignment.
const HEADER: usize = size_of::<libc::cmsghdr>();
const WORD: usize = size_of::<usize>();

/// A control message that came with a datagram.
///
/// ```
/// # fn show(received: &framewell_uring::Received) {
/// for message in received.control() {
///     println!("level {}, type {}: {:?}", message.level, message.kind, message.data);
/// }
/// # }
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct ControlMessage<'a> {
    /// The protocol's number (`cmsg_level`), such as `IPPROTO_UDP`.
    pub level: i32,
    /// The number of the message within the protocol (`cmsg_type`), such as `UDP_GRO`.
    pub kind: i32,
    /// What it says.
    pub data: &'a [u8],
}

/// The control messages of a datagram; made by [`Received::control`](crate::Received::control).
///
/// ```
/// # fn show(received: &framewell_uring::Received) {
/// println!("{} control messages", received.control().count());
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct ControlMessages<'a>(pub(crate) &'a [u8]);

impl<'a> Iterator for ControlMessages<'a> {
    type Item = ControlMessage<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        let bytes = self.0;
        let len = usize::from_ne_bytes(*bytes.first_chunk()?);
        let level = i32::from_ne_bytes(*bytes.get(WORD..)?.first_chunk()?);
        let kind = i32::from_ne_bytes(*bytes.get(WORD + 4..)?.first_chunk()?);
        // What was cut off at the end of the room is no message.
        let data = bytes.get(HEADER..len)?;
        self.0 = bytes.get(len.next_multiple_of(WORD)..).unwrap_or(&[]);
        Some(ControlMessage { level, kind, data })
    }
}

/// Appends a control message.
pub(crate) fn append(bytes: &mut Vec<u8>, level: i32, kind: i32, data: &[u8]) {
    bytes.extend_from_slice(&(HEADER + data.len()).to_ne_bytes());
    bytes.extend_from_slice(&level.to_ne_bytes());
    bytes.extend_from_slice(&kind.to_ne_bytes());
    bytes.extend_from_slice(data);
    bytes.resize(bytes.len().next_multiple_of(WORD), 0);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_come_back_as_they_were_written() {
        let mut bytes = Vec::new();
        append(&mut bytes, 17, 104, &1200_u16.to_ne_bytes());
        append(&mut bytes, 0, 8, &[1, 2, 3, 4]);
        let read: Vec<_> = ControlMessages(&bytes)
            .map(|message| (message.level, message.kind, message.data.to_vec()))
            .collect();
        assert_eq!(
            read,
            [
                (17, 104, 1200_u16.to_ne_bytes().to_vec()),
                (0, 8, vec![1, 2, 3, 4])
            ]
        );
        // Any cut ends it, and a length of 0 as well.
        for cut in 0..bytes.len() {
            assert!(ControlMessages(&bytes[..cut]).count() <= 2);
        }
        bytes[..WORD].fill(0);
        assert_eq!(ControlMessages(&bytes).count(), 0);
    }
}
