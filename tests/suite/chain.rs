//! Packets in several parts.

use std::collections::VecDeque;
use std::io::IoSlice;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::{str, thread};

use framewell::{Burst, Chain, CopyError, Frame, Pool, Segment};

use crate::common::pool;

fn segment(pool: &Pool, bytes: &[u8]) -> Segment {
    pool.copy_from(bytes).unwrap().into()
}

/// Returns a chain of one frame for each word.
fn chain(pool: &Pool, words: &[&str]) -> Chain {
    let segments = words.iter().map(|word| segment(pool, word.as_bytes()));
    segments.collect()
}

fn words(chain: &Chain) -> Vec<&str> {
    let words: Vec<_> = chain
        .iter()
        .map(|bytes| str::from_utf8(bytes).unwrap())
        .collect();
    assert_eq!(chain.len(), words.iter().map(|word| word.len()).sum());
    assert_eq!(chain.is_empty(), words.is_empty());
    words
}

/// Runs what panics, and returns what it says.
fn refused(run: impl FnOnce()) -> String {
    let told = catch_unwind(AssertUnwindSafe(run)).unwrap_err();
    *told.downcast::<String>().unwrap()
}

#[test]
fn segment_is_as_large_as_an_owner() {
    assert_eq!(size_of::<Segment>(), size_of::<Frame>());
    assert_eq!(size_of::<Option<Segment>>(), size_of::<Frame>());
}

#[test]
fn segment_becomes_a_reference_of_its_own_kind_again() {
    let pool = pool(4);
    let frame = pool.copy_from(b"headerpayload").unwrap();
    let (id, headroom) = (frame.id(), frame.headroom());
    let class = pool.alloc(9000).unwrap();
    let large = pool.alloc(1 << 20).unwrap();
    let addresses = [frame.as_ptr(), class.as_ptr(), large.as_ptr()];
    let lengths = [13, 9000, 1 << 20];
    let mut all: [Segment; 3] = [frame.into(), class.share().into(), large.into()];
    for ((segment, address), len) in all.iter_mut().zip(addresses).zip(lengths) {
        assert_eq!((segment.as_ptr(), segment.len()), (address, len));
        let front = segment.split_to(6);
        assert_eq!(
            (front.len(), segment.len(), segment.references()),
            (6, len - 6, 2)
        );
        assert_eq!(segment.as_ptr(), address.wrapping_add(6));
    }
    let [frame, class, large] = all;
    let frame = frame.into_shared_buf().unwrap_err();
    let class = class.into_shared_frame().unwrap_err();
    let large = large.into_shared_frame().unwrap_err();
    let frame = frame.into_shared_frame().unwrap();
    assert_eq!((frame.id(), frame.headroom()), (id, headroom + 6));
    assert_eq!((&*frame, frame.references()), (&b"payload"[..], 1));
    for buffer in [class, large] {
        let buffer = buffer.into_shared_buf().unwrap();
        assert_eq!((buffer.headroom(), buffer.references()), (6, 1));
        assert!(buffer.try_into_owned().is_ok());
    }
    drop(frame);
    let stats = pool.stats();
    let alloc = stats.alloc.unwrap();
    assert_eq!((stats.out, alloc.out, alloc.large), (0, 0, 0));
}

#[test]
fn segment_cuts_as_a_reference_does() {
    let pool = pool(1);
    let mut packet = segment(&pool, b"headerpayload");
    let load = packet.split_off(9);
    packet.advance(6);
    packet.truncate(7);
    packet.truncate(2);
    assert_eq!((&*packet, &*load), (&b"pa"[..], &b"load"[..]));
    assert_eq!(*load.slice(1..=2), *b"oa");
    assert_eq!(packet.try_clone().unwrap().references(), 3);
    let text = refused(|| packet.advance(3));
    assert_eq!(text, "the bytes 3 to 2 do not lie in a part of 2 bytes");
    assert_eq!(
        format!("{packet:?}"),
        "Segment { len: 2, references: 2, .. }"
    );
}

#[test]
fn order_and_length_are_kept_from_six_segments_to_more() {
    let pool = pool(64);
    let mut chain = Chain::new();
    let mut due = VecDeque::new();
    for (at, word) in ["a", "bb", "", "ccc"].iter().cycle().take(40).enumerate() {
        if at % 3 == 0 {
            chain.push_front(segment(&pool, word.as_bytes()));
            due.push_front(*word);
        } else {
            chain.push(segment(&pool, word.as_bytes()));
            due.push_back(*word);
        }
        let due: Vec<_> = due
            .iter()
            .copied()
            .filter(|word| !word.is_empty())
            .collect();
        assert_eq!(words(&chain), due);
    }
    assert_eq!(pool.stats().out, 30, "the empty ones are free");
    drop(chain);
    assert_eq!(pool.stats().out, 0);
}

#[test]
fn queue_that_turns_over_keeps_its_order() {
    let pool = pool(16);
    let mut chain = chain(&pool, &["--"; 8]);
    for byte in 0..200_u8 {
        chain.advance(2);
        chain.push(segment(&pool, &[byte, byte]));
        let last: Vec<u8> = chain.iter().map(|bytes| bytes[0]).collect();
        let due = (0..8).map(|back| byte.checked_sub(7 - back).unwrap_or(b'-'));
        assert!(last.iter().copied().eq(due), "{last:?}");
    }
}

#[test]
fn appended_chain_is_empty_then() {
    let pool = pool(32);
    for (front, back) in [(0, 3), (3, 0), (3, 3), (3, 4), (7, 1), (1, 7), (9, 9)] {
        let mut all = chain(&pool, &vec!["front"; front]);
        let mut rest = chain(&pool, &vec!["back"; back]);
        all.append(&mut rest);
        let due = [vec!["front"; front], vec!["back"; back]].concat();
        assert_eq!((words(&all), words(&rest)), (due, vec![]));
        rest.push(segment(&pool, b"more"));
        assert_eq!(words(&rest), ["more"]);
    }
    assert_eq!(pool.stats().out, 0);
}

#[test]
fn splits_share_what_lies_across_and_copy_nothing() {
    let pool = pool(3);
    let whole = chain(&pool, &["abc", "de", "fgh"]);
    let address = whole.segments()[1].as_ptr();
    for at in 0..=8 {
        let (mut back, mut front) = (whole.clone(), whole.clone());
        let (front_of_back, back_of_front) = (back.split_to(at), front.split_off(at));
        assert_eq!(words(&front), words(&front_of_back));
        assert_eq!(words(&back), words(&back_of_front));
        let text = [words(&front), words(&back)].concat().concat();
        assert_eq!((text.as_str(), front.len()), ("abcdefgh", at));
        let across = usize::from(![0, 3, 5, 8].contains(&at));
        let segments = front.segments().len() + back.segments().len();
        assert_eq!(segments, 3 + across);
        let (mut cut, mut advanced) = (whole.clone(), whole.clone());
        cut.truncate(at);
        advanced.advance(at);
        assert_eq!(
            (words(&cut), words(&advanced)),
            (words(&front), words(&back))
        );
    }
    let mut halves = whole.clone();
    let front = halves.split_to(4);
    assert_eq!(front.segments()[1].as_ptr(), address);
    assert_eq!(halves.segments()[0].as_ptr(), address.wrapping_add(1));
    drop((halves, front));
    assert!(whole.segments().iter().all(|one| one.references() == 1));
    assert_eq!(pool.stats().out, 3);
}

#[test]
fn parts_beyond_the_bytes_panic_and_lose_nothing() {
    let pool = pool(8);
    let mut chain = chain(&pool, &["abc", "de"]);
    let due = "6 bytes exceed a chain of 5";
    assert_eq!(refused(|| drop(chain.split_to(6))), due);
    assert_eq!(refused(|| drop(chain.split_off(6))), due);
    assert_eq!(refused(|| chain.advance(6)), due);
    assert_eq!(refused(|| chain.copy_to(&mut [0; 6])), due);
    chain.truncate(6);
    let words_then_panic = ["f", "g"].iter().map(|word| {
        assert_ne!(*word, "g", "{word} panics");
        segment(&pool, word.as_bytes())
    });
    assert!(refused(|| chain.extend(words_then_panic)).contains("g panics"));
    assert_eq!(words(&chain), ["abc", "de", "f"]);
    drop(chain);
    assert_eq!(pool.stats().out, 0);
}

/// On 32 bits references to one buffer can add up to more than an address says.
#[cfg(target_pointer_width = "32")]
#[test]
fn chain_of_more_bytes_than_addresses_is_refused() {
    let pool = pool(1);
    let part = pool.alloc(1 << 24).unwrap().share();
    let mut chain: Chain = (0..255).map(|_| part.clone()).collect();
    let mut other = chain.clone();
    assert!(catch_unwind(AssertUnwindSafe(|| chain.append(&mut other))).is_err());
    chain.push(part.slice(1..));
    assert!(catch_unwind(AssertUnwindSafe(|| chain.push(part.clone()))).is_err());
    assert_eq!((chain.len(), other.len()), (usize::MAX, 255 << 24));
    assert_eq!(part.references(), 1 + 256 + 255);
}

#[test]
fn slices_and_copies_show_the_bytes_in_order() {
    let pool = pool(16);
    let long = chain(&pool, &["ab", "c", "de", "f", "gh", "i", "jk"]);
    for places in 0..9 {
        let mut slices = vec![IoSlice::new(&[]); places];
        let n = long.io_slices(&mut slices);
        assert_eq!(n, places.min(7));
        let due = words(&long).into_iter().map(str::as_bytes).take(n);
        assert!(slices[..n].iter().map(|slice| &**slice).eq(due));
    }
    for len in 0..=11 {
        let mut copy = vec![0; len];
        long.copy_to(&mut copy);
        assert_eq!(*copy, b"abcdefghijk"[..len]);
    }
    assert_eq!(*long.linearize(&pool).unwrap(), *b"abcdefghijk");
    assert_eq!(*long.linearize_buf(&pool).unwrap(), *b"abcdefghijk");
    assert_eq!(pool.stats().out, 7);
}

#[test]
fn chain_too_long_for_a_frame_is_refused_and_fits_a_buffer() {
    let pool = pool(2);
    let mut burst: Burst<4> = Burst::new();
    pool.get_bulk(&mut burst, 2).unwrap();
    burst.iter_mut().for_each(|frame| frame.fill(7));
    let chain = Chain::from(burst);
    let long = CopyError::TooLong {
        len: 3000,
        payload: 1500,
    };
    assert_eq!(chain.linearize(&pool).unwrap_err(), long);
    assert_eq!(*chain.linearize_buf(&pool).unwrap(), [7; 3000]);
    let mut part = chain.clone();
    part.truncate(60);
    let none = part.linearize(&pool).unwrap_err();
    assert_eq!(none, CopyError::OutOfBuffers);
}

#[test]
fn segments_that_are_not_taken_are_dropped() {
    let pool = pool(16);
    for n in [4, 9] {
        let mut segments = chain(&pool, &vec!["word"; n]).into_iter();
        assert_eq!(segments.len(), n);
        let first = segments.next().unwrap();
        assert_eq!((&*first, segments.len()), (&b"word"[..], n - 1));
        drop(segments);
        assert_eq!(pool.stats().out, 1);
    }
    assert_eq!(Chain::with_capacity(9).into_iter().count(), 0);
}

#[test]
fn chain_outlives_its_pool_on_another_thread() {
    let pool = pool(8);
    let chain = chain(&pool, &["a", "b", "c", "d", "e", "f", "g"]);
    drop(pool);
    let same = chain.clone();
    let thread = thread::spawn(move || words(&same).concat());
    assert_eq!(words(&chain).concat(), thread.join().unwrap());
}
