//! Tests where frames lie, and what is in their bytes.

use crate::common::{Random, builder, pool, take_all};
use framewell::{Burst, Frame, Pool};

/// Makes all of the frame's room its data.
fn widen(frame: &mut Frame) {
    let (head, tail) = (frame.headroom(), frame.tailroom());
    frame.push(head).unwrap();
    frame.put(tail).unwrap();
    assert_eq!(frame.len(), frame.capacity());
}

#[test]
fn region_is_frames_times_stride_from_an_aligned_base() {
    for (frames, stride) in [(1, 1728), (7, 2112), (4096, 4096), (3, 1 << 20)] {
        let pool = builder().frames(frames).stride(stride);
        let region = pool.build().unwrap().region();
        assert_eq!(region.base().addr().get() % (2 << 20), 0);
        assert_eq!(region.stride(), stride);
        assert_eq!(region.len(), frames * stride);
    }
}

#[test]
fn region_contains_its_bytes_alone() {
    let pool = pool(8);
    let region = pool.region();
    let base = region.base().as_ptr();
    assert!(region.contains(base));
    assert!(region.contains(base.wrapping_add(8 * 1728 - 1)));
    assert!(!region.contains(base.wrapping_add(8 * 1728)));
    assert!(!region.contains(base.wrapping_sub(1)));
    assert!(!region.contains(std::ptr::null()));
    assert!(!region.contains(std::ptr::null::<u8>().wrapping_sub(1)));
}

#[test]
fn id_names_the_frames_place_in_the_region() {
    let pool = pool(100);
    let region = pool.region();
    for mut frame in take_all(&pool) {
        let start = region.base().addr().get() + frame.id().index() * region.stride();
        assert_eq!(frame.as_ptr().addr(), start + 128);
        widen(&mut frame);
        assert_eq!(frame.as_ptr().addr(), start);
        assert!(region.contains(frame.as_ptr()));
        assert!(region.contains(&frame[frame.len() - 1]));
    }
}

#[test]
fn frames_never_overlap() {
    for builder in [
        builder().frames(500),
        builder().frames(500).stride(1628),
        builder().frames(500).payload(1).headroom(0).stride(1),
        builder().frames(50).payload(9000),
        builder().frames(20).payload(65_000).stride(100_001),
    ] {
        let pool = builder.build().unwrap();
        let mut frames = take_all(&pool);
        assert_eq!(frames.len(), pool.capacity());
        let fill = |frame: &Frame| frame.id().index() as u8 ^ 0xa5;
        for frame in &mut frames {
            widen(frame);
            let fill = fill(frame);
            frame.fill(fill);
        }
        for frame in &frames {
            assert!(frame.iter().all(|byte| *byte == fill(frame)), "{frame:?}");
        }
    }
}

#[test]
fn recycled_bytes_are_what_the_last_owner_left() {
    let pool = pool(1);
    let mut frame = pool.get(0).unwrap();
    widen(&mut frame);
    frame.fill(0x5a);
    drop(frame);
    let mut frame = pool.get(1500).unwrap();
    assert_eq!(*frame, [0x5a; 1500]);
    widen(&mut frame);
    assert_eq!(*frame, [0x5a; 1728]);
}

/// Writes every byte of every frame, frees the frames as `free` does, and checks every byte again.
#[track_caller]
fn assert_zeroed(pool: &Pool, free: impl Fn(Vec<Frame>)) {
    let mut frames = take_all(pool);
    for frame in &mut frames {
        widen(frame);
        frame.fill(0xff);
        // The whole frame is freed, however little of it is data in the end.
        frame.trim(0).unwrap();
    }
    free(frames);
    let frames = take_all(pool);
    assert_eq!(frames.len(), pool.capacity());
    for mut frame in frames {
        widen(&mut frame);
        assert!(frame.iter().all(|byte| *byte == 0), "{frame:?}");
    }
}

fn zeroing(frames: usize) -> Pool {
    let builder = builder().frames(frames).tailroom(200);
    builder.zero_on_free(true).build().unwrap()
}

#[test]
fn zero_on_free_clears_frames_freed_one_by_one() {
    let pool = zeroing(300);
    assert_zeroed(&pool, drop);
    assert_zeroed(&pool, drop);
}

#[test]
fn zero_on_free_clears_frames_freed_in_bursts() {
    let pool = zeroing(300);
    assert_zeroed(&pool, |frames| {
        let mut burst: Burst<300> = Burst::new();
        burst.extend(frames);
        burst.truncate(290);
        let mut random = Random::new(3);
        burst.retain(|_| random.below(2) == 0);
        drop(burst.drain().next());
    });
}

#[test]
fn zero_on_free_clears_frames_freed_on_another_thread() {
    let pool = zeroing(300);
    assert_zeroed(&pool, |frames| {
        std::thread::spawn(|| drop(frames)).join().unwrap();
    });
}

#[test]
fn zero_on_free_with_a_stride_beyond_the_room_clears_the_room() {
    // What lies beyond the room has no owner: a handle cannot name it.
    let builder = builder().frames(2).payload(65_000).stride(70_000);
    let pool = builder.zero_on_free(true).build().unwrap();
    assert_zeroed(&pool, drop);
}

#[cfg(target_os = "linux")]
mod resident {
    use super::*;
    use crate::common::linux::resident_at;
    use framewell::HugePages;

    const FRAMES: usize = 1000;

    fn resident(prefault: bool) -> (Pool, usize) {
        let builder = builder().frames(FRAMES).stride(4096);
        let builder = builder.huge_pages(HugePages::Off).prefault(prefault);
        let pool = builder.build().unwrap();
        let bytes = resident_at(pool.region().base().addr().get());
        (pool, bytes)
    }

    #[test]
    fn build_commits_nothing() {
        assert_eq!(resident(false).1, 0);
    }

    #[test]
    fn get_and_free_commit_nothing() {
        let (pool, _) = resident(false);
        drop(take_all(&pool));
        let frames = take_all(&pool);
        assert_eq!(resident_at(pool.region().base().addr().get()), 0);
        assert_eq!(frames.len(), FRAMES);
    }

    #[test]
    fn prefault_commits_every_frame_zeroed() {
        let (pool, bytes) = resident(true);
        assert!(bytes >= FRAMES * 4096, "{bytes}");
        for mut frame in take_all(&pool) {
            widen(&mut frame);
            assert_eq!(*frame, [0; 4096]);
        }
    }
}
