//! A contestant is one only if its buffers are real: apart from one another, and keeping what is
//! written to them.

use crate::contestant::{BYTES, Buffer, Contestant};
use crate::work::touch;

const LIVE: u64 = 512;

/// Gets buffers, writes them as the workloads do, and reads them back.
///
/// # Panics
///
/// If two overlap or one lost its content.
pub fn check<C: Contestant>(contestant: &C) {
    let name = contestant.name();
    for round in 0..2 {
        let mut live: Vec<C::Buffer> = (0..LIVE).map(|_| contestant.get()).collect();
        for (tag, buffer) in (round..).zip(&mut live) {
            touch::write_head(buffer, tag);
            touch::write_byte(buffer, !tag as u8);
        }
        for (tag, buffer) in (round..).zip(&mut live) {
            // SAFETY: written above.
            let found = unsafe { touch::read_tag(buffer) };
            let byte = u64::from(!tag as u8);
            let wrote = if cfg!(target_endian = "little") {
                tag & !0xff | byte
            } else {
                tag & (u64::MAX >> 8) | byte << 56
            };
            assert_eq!(found, wrote, "{name}: a buffer lost what was written to it");
        }
        apart(name, live.iter_mut().map(|buffer| buffer.first().addr()));
    }
    let mut places = Vec::new();
    contestant.bulk::<32>(|buffer| places.push(buffer.first().addr()));
    assert_eq!(places.len(), 32, "{name}: as many in bulk as asked for");
    apart(name, places.into_iter());
}

fn apart(name: &str, places: impl Iterator<Item = usize>) {
    let mut places: Vec<usize> = places.collect();
    places.sort_unstable();
    for pair in places.windows(2) {
        assert!(pair[1] - pair[0] >= BYTES, "{name}: two buffers overlap");
    }
}
