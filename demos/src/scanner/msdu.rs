//! The MSDUs that data frames carried, each in a buffer of its own.
//!
//! ```text
//!  ┌─────────────┬────────┬─────┬──────┐
//!  │ destination │ source │ LLC │ …    │
//!  └─────────────┴────────┴─────┴──────┘
//! ```

use super::amsdu::{Subframe, Subframes};
use super::buffer::{Dot11Buf, OutOfMemory, Pool};
use super::damage::Damage;
use super::frame::{Mac, Payload};

/// The length of the addresses before the LLC header.
pub const ADDRESSES: usize = 12;

/// An MSDU on its way to the sink.
pub struct Msdu {
    /// The addresses and the bytes.
    pub buffer: Dot11Buf,
    /// The checksum over the addresses and the bytes.
    pub checksum: u32,
}

/// The fate of a payload.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Taken {
    /// The number of MSDUs that went out.
    pub msdus: u64,
    /// The number of MSDUs for which there was no buffer.
    pub no_buffer: u64,
    /// The damage behind the MSDUs.
    pub damage: Option<Damage>,
}

fn copy(pool: &Pool, destination: Mac, source: Mac, bytes: &[u8]) -> Result<Msdu, OutOfMemory> {
    let mut buffer = pool.dot11(ADDRESSES + bytes.len())?;
    buffer[..6].copy_from_slice(&destination.0);
    buffer[6..ADDRESSES].copy_from_slice(&source.0);
    buffer[ADDRESSES..].copy_from_slice(bytes);
    let checksum = crc32fast::hash(&buffer);
    Ok(Msdu { buffer, checksum })
}

/// Takes the MSDUs out of a payload that is neither encrypted nor a fragment, each into a buffer.
pub fn take_apart(pool: &Pool, payload: &Payload<'_>, mut out: impl FnMut(Msdu)) -> Taken {
    let mut taken = Taken::default();
    let mut one = |destination, source, bytes: &[u8]| match copy(pool, destination, source, bytes) {
        Ok(msdu) => {
            taken.msdus += 1;
            out(msdu);
        }
        Err(_) => taken.no_buffer += 1,
    };
    if !payload.aggregate {
        one(payload.destination, payload.source, payload.bytes);
        return taken;
    }
    let mut damage = None;
    for subframe in Subframes::of(payload.bytes, payload.mesh) {
        match subframe {
            Ok(Subframe {
                destination,
                source,
                msdu,
            }) => one(destination, source, msdu),
            Err(found) => damage = Some(found),
        }
    }
    taken.damage = damage;
    taken
}
