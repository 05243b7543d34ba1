//! A check that a contestant's buffers are real: they do not overlap, and they keep what is written
//! to them.

use crate::contestant::{BYTES, Buffer, Contestant};
use crate::lengths::lengths;
use crate::varying::{VaryingBuffer, VaryingContestant};
use crate::work::touch;

const LIVE: u64 = 512;

/// Gets buffers, writes them as the workloads do, and reads them back.
///
/// # Panics
///
/// If two buffers overlap, or one lost its content.
pub fn check<C: Contestant>(contestant: &C) {
    contestant.enter();
    let name = contestant.name();
    for round in 0..2 {
        let mut live: Vec<C::Buffer> = (0..LIVE).map(|_| contestant.get()).collect();
        for (tag, buffer) in (round..).zip(&mut live) {
            touch::write_head(buffer, tag);
            touch::write_byte(buffer, !tag as u8);
        }
        for (tag, buffer) in (round..).zip(&mut live) {
            // SAFETY: the loop above wrote the first 64 bytes.
            let found = unsafe { touch::read_tag(buffer) };
            let byte = u64::from(!tag as u8);
            let wrote = if cfg!(target_endian = "little") {
                tag & !0xff | byte
            } else {
                tag & (u64::MAX >> 8) | byte << 56
            };
            assert_eq!(found, wrote, "{name}: a buffer lost what was written to it");
        }
        let places = live.iter_mut().map(|buffer| (buffer.first().addr(), BYTES));
        apart(name, places);
    }
    let mut places = Vec::new();
    contestant.bulk::<32>(|first| places.push((first.addr(), BYTES)));
    assert_eq!(places.len(), 32, "{name}: as many in bulk as asked for");
    apart(name, places.into_iter());
}

/// Gets buffers of varying lengths, fills them, reads them back, and frees half of them on another
/// thread.
///
/// # Panics
///
/// If two buffers overlap, or if one lost its content, is not as long as asked for, or is not
/// aligned as `malloc` aligns.
pub fn check_varying<C: VaryingContestant>(contestant: &C) {
    const ALIGN: usize = 16;
    contestant.enter();
    let name = contestant.name();
    let wanted = lengths().iter().map(|&length| usize::from(length));
    let wanted: Vec<usize> = [24, 11_454].into_iter().chain(wanted).collect();
    for round in 0..2_u8 {
        let mut live: Vec<C::Buffer> = Vec::new();
        for (tag, &length) in wanted.iter().enumerate() {
            let mut buffer = contestant.get(length);
            assert_eq!(buffer.length(), length, "{name}: the length asked for");
            assert_eq!(buffer.first().addr() % ALIGN, 0, "{name}: the alignment");
            // SAFETY: `first` is writable for `length` (`VaryingBuffer`).
            unsafe { buffer.first().write_bytes(round ^ tag as u8, length) };
            live.push(buffer);
        }
        for (tag, buffer) in live.iter_mut().enumerate() {
            // SAFETY: the bytes are the buffer's own, and the loop above wrote all of them.
            let bytes = unsafe { std::slice::from_raw_parts(buffer.first(), buffer.length()) };
            let kept = bytes.iter().all(|&byte| byte == round ^ tag as u8);
            assert!(kept, "{name}: a buffer lost what was written to it");
        }
        let places = live.iter_mut();
        apart(
            name,
            places.map(|buffer| (buffer.first().addr(), buffer.length())),
        );
        let elsewhere = live.split_off(live.len() / 2);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                contestant.enter();
                drop(elsewhere);
            });
        });
    }
}

/// Asserts that buffers, given by address and length, do not overlap.
fn apart(name: &str, places: impl Iterator<Item = (usize, usize)>) {
    let mut places: Vec<_> = places.collect();
    places.sort_unstable();
    for pair in places.windows(2) {
        let (first, length) = pair[0];
        assert!(pair[1].0 - first >= length, "{name}: two buffers overlap");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A contestant that gives the same memory to everybody.
    struct Same;

    struct Shared(usize);

    // SAFETY: the contract is broken on purpose, since the check has to find that. The memory is
    // never freed, and one thread uses it.
    unsafe impl VaryingBuffer for Shared {
        fn first(&mut self) -> *mut u8 {
            static PLACE: std::sync::OnceLock<usize> = std::sync::OnceLock::new();
            let place = PLACE.get_or_init(|| {
                let memory = vec![[0_u128; 1024]].into_boxed_slice();
                Box::leak(memory).as_mut_ptr().expose_provenance()
            });
            std::ptr::with_exposed_provenance_mut(*place)
        }

        fn length(&self) -> usize {
            self.0
        }
    }

    impl VaryingContestant for Same {
        type Buffer = Shared;

        fn name(&self) -> &'static str {
            "same"
        }

        fn get(&self, length: usize) -> Shared {
            Shared(length)
        }
    }

    #[test]
    #[should_panic(expected = "same: a buffer lost what was written to it")]
    fn contestant_that_gives_the_same_memory_twice_is_caught() {
        check_varying(&Same);
    }

    #[test]
    #[should_panic(expected = "two buffers overlap")]
    fn overlap_by_a_byte_is_caught() {
        apart("short", [(300, 10), (100, 101), (200, 100)].into_iter());
    }
}
