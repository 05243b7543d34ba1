//! Tests how offsets in a region and frames are turned into each other.

use crate::common::{builder, pool, take_all};
use framewell::{Pool, Region};
use proptest::prelude::*;

const fn is_send_sync_and_copy<T: Send + Sync + Copy + 'static>() {}
const _: () = is_send_sync_and_copy::<Region>();

#[test]
fn every_byte_of_every_frame_is_located() {
    for stride in [1628, 1728, 2048, 2112] {
        let pool = builder().frames(7).stride(stride).build().unwrap();
        let region = pool.region();
        let mut frames = take_all(&pool);
        frames.sort_by_key(|frame| frame.id());
        assert_eq!(frames.len(), 7);
        for frame in &frames {
            let start = region.offset_of(frame.id());
            assert_eq!(start, frame.id().index() * stride);
            let byte = region
                .base()
                .as_ptr()
                .wrapping_add(start + frame.headroom());
            assert_eq!(frame.as_ptr(), byte);
            for within in 0..stride {
                let found = region.locate(start + within);
                assert_eq!(found, Some((frame.id(), within)), "stride {stride}");
            }
        }
        for behind in [region.len(), region.len() + 1, usize::MAX] {
            assert_eq!(region.locate(behind), None, "{behind}, stride {stride}");
        }
    }
}

#[test]
fn slice_pointer_spans_all_frames() {
    let region = pool(8).region();
    assert_eq!(region.as_ptr().cast(), region.base());
    assert_eq!(region.as_ptr().len(), 8 * 1728);
}

#[test]
fn region_may_be_used_on_another_thread() {
    let pool = pool(8);
    let (frame, region) = (pool.get(60).unwrap(), pool.region());
    let id = frame.id();
    let located = std::thread::spawn(move || region.locate(region.offset_of(id)));
    assert_eq!(located.join().unwrap(), Some((id, 0)));
}

#[test]
fn id_beyond_the_region_is_refused() {
    let (small, large) = (pool(3), pool(4));
    let frames = take_all(&large);
    let foreign = frames.iter().map(|frame| frame.id());
    let foreign = foreign.max_by_key(|id| id.index()).unwrap();
    let region = small.region();
    let refused = std::panic::catch_unwind(|| region.offset_of(foreign)).unwrap_err();
    assert_eq!(
        refused.downcast_ref::<String>().unwrap(),
        "frame 3 is not one of the region's 3; ask the region of the frame's own pool"
    );
}

/// Checks an offset in the region of a pool of frames of this stride.
fn check(pool: &Pool, stride: usize, offset: usize) {
    let expected = (offset / stride, offset % stride);
    let located = pool.region().locate(offset);
    if expected.0 < pool.capacity() {
        let (id, within) = located.expect("the offset lies in the region");
        assert_eq!((id.index(), within), expected);
        assert_eq!(pool.region().offset_of(id) + within, offset);
    } else {
        assert_eq!(located, None);
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 300,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn offsets_are_located_as_a_division_does(
        frames in 1..100_usize,
        stride in 1..70_000_usize,
        offsets in prop::collection::vec((any::<usize>(), 0..64_u32), 0..100),
    ) {
        let builder = builder().frames(frames).headroom(0).payload(1);
        let pool = builder.stride(stride).build().unwrap();
        for (offset, shorter) in offsets {
            check(&pool, stride, offset.wrapping_shr(shorter));
            check(&pool, stride, offset % (2 * frames * stride));
        }
        for frame in 0..=frames {
            check(&pool, stride, frame * stride);
            check(&pool, stride, frame * stride + stride - 1);
        }
    }
}
