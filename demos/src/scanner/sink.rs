//! The thread that verifies what data frames carried, and frees it.

use std::collections::BTreeMap;
use std::sync::mpsc::Receiver;

use super::aggregate::SNAP;
use super::msdu::{ADDRESSES, Msdu};

/// The figures of what came out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Delivered {
    /// The number of MSDUs.
    pub msdus: u64,
    /// The number of their bytes, from the LLC header on.
    pub bytes: u64,
    /// The number of MSDUs of each type of packet, of those with an LLC/SNAP header.
    pub types: BTreeMap<u16, u64>,
    /// The number of MSDUs that had another checksum than they were sent with.
    pub wrong: u64,
}

/// Takes MSDUs until the other end is gone.
pub fn run(msdus: Receiver<Msdu>) -> Delivered {
    let mut delivered = Delivered::default();
    for msdu in msdus {
        delivered.msdus += 1;
        if crc32fast::hash(&msdu.buffer) != msdu.checksum {
            delivered.wrong += 1;
        }
        let bytes = msdu.buffer.get(ADDRESSES..).unwrap_or_default();
        delivered.bytes += bytes.len() as u64;
        if let Some([high, low, ..]) = bytes.strip_prefix(&SNAP) {
            let kind = u16::from_be_bytes([*high, *low]);
            *delivered.types.entry(kind).or_default() += 1;
        }
    }
    delivered
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scanner::buffer;

    #[test]
    fn a_changed_buffer_is_noticed() {
        let pool = buffer::pool(1).expect("pool");
        let (sender, receiver) = std::sync::mpsc::channel();
        for flip in [0, 1] {
            let mut buffer = pool.dot11(ADDRESSES + 8).expect("a buffer");
            buffer.fill(0);
            buffer[ADDRESSES..].copy_from_slice(&[0xaa, 0xaa, 3, 0, 0, 0, 0x08, 0x06]);
            let checksum = crc32fast::hash(&buffer);
            buffer[0] ^= flip;
            sender.send(Msdu { buffer, checksum }).expect("open");
        }
        drop(sender);
        let delivered = run(receiver);
        assert_eq!(
            (delivered.msdus, delivered.bytes, delivered.wrong),
            (2, 16, 1)
        );
        assert_eq!(delivered.types, BTreeMap::from([(0x0806, 2)]));
    }
}
