//! Tests what a builder refuses, in which words, and where its limits lie.

use std::error::Error;

use crate::common::{assert_whole, builder, take_all};
use framewell::{BuildError, PoolBuilder};

#[track_caller]
fn refused(builder: PoolBuilder) -> BuildError {
    builder.build().expect_err("the builder refuses")
}

fn frames(frames: usize) -> PoolBuilder {
    builder().frames(frames)
}

#[test]
fn zero_frames_are_refused() {
    let error = refused(frames(0));
    assert!(matches!(error, BuildError::ZeroFrames));
    assert_eq!(
        error.to_string(),
        "a pool of 0 frames cannot serve anyone; ask for 1 or more with PoolBuilder::frames"
    );
}

#[test]
fn more_frames_than_the_limit_are_refused() {
    let error = refused(frames((1 << 26) + 1));
    assert!(matches!(
        error,
        BuildError::TooManyFrames { frames: 67_108_865 }
    ));
    assert_eq!(
        error.to_string(),
        "67108865 frames exceed the limit of 67108864 a pool; build several pools"
    );
    let error = refused(frames(usize::MAX));
    assert!(matches!(error, BuildError::TooManyFrames { .. }));
}

#[test]
fn payload_of_zero_is_refused() {
    let error = refused(frames(1).payload(0));
    assert!(matches!(error, BuildError::ZeroPayload));
    assert_eq!(
        error.to_string(),
        "a payload of 0 bytes holds nothing; ask for 1 or more with PoolBuilder::payload"
    );
}

#[test]
fn payload_of_one_byte_is_served() {
    let pool = frames(2).payload(1).headroom(0).build().unwrap();
    assert_eq!(pool.region().stride(), 64);
    assert_eq!(pool.get(60).unwrap().len(), 1);
}

#[test]
fn rooms_beyond_16_bits_are_refused() {
    let error = refused(frames(1).headroom(100).payload(65_000).tailroom(436));
    assert!(matches!(error, BuildError::FrameTooLarge { bytes: 65_536 }));
    assert_eq!(
        error.to_string(),
        "headroom, payload and tailroom of 65536 bytes together exceed the limit of 65535 a \
         frame; lower one of them"
    );
}

#[test]
fn rooms_that_overflow_are_refused() {
    let max = usize::MAX;
    for builder in [
        frames(1).headroom(max),
        frames(1).payload(max),
        frames(1).tailroom(max),
        frames(1).headroom(max).payload(max).tailroom(max),
    ] {
        let error = refused(builder);
        let bytes = matches!(error, BuildError::FrameTooLarge { bytes: usize::MAX });
        assert!(bytes, "{error:?}");
    }
}

#[test]
fn rooms_of_16_bits_are_served() {
    let builder = frames(2).headroom(100).payload(65_000).tailroom(435);
    let frame = builder.build().unwrap().get(usize::MAX).unwrap();
    let rooms = (frame.headroom(), frame.len(), frame.tailroom());
    assert_eq!(rooms, (100, 65_000, 435));
}

#[test]
fn stride_below_the_frame_is_refused() {
    let error = refused(frames(1).stride(1627));
    let is = matches!(
        error,
        BuildError::StrideTooSmall {
            stride: 1627,
            needed: 1628
        }
    );
    assert!(is, "{error:?}");
    assert_eq!(
        error.to_string(),
        "stride 1627 does not hold a frame of 1628 bytes; raise it to 1628 or more, or leave \
         PoolBuilder::stride out"
    );
    assert!(
        refused(frames(1).stride(0))
            .to_string()
            .contains("stride 0")
    );
}

#[test]
fn stride_of_just_the_frame_leaves_no_tailroom() {
    let pool = frames(3).stride(1628).build().unwrap();
    assert_eq!(pool.region().stride(), 1628);
    assert_eq!(pool.get(1500).unwrap().tailroom(), 0);
}

#[test]
fn frames_beyond_the_address_space_are_refused() {
    let stride = usize::MAX / 2;
    let error = refused(frames(1 << 26).stride(stride));
    assert!(matches!(
        error,
        BuildError::TooLarge { frames: 67_108_864, stride: s } if s == stride
    ));
    assert_eq!(
        error.to_string(),
        format!(
            "67108864 frames of stride {stride} exceed the address space of {} bytes; ask for \
             fewer or smaller frames",
            isize::MAX
        )
    );
    let error = refused(frames(1).stride(isize::MAX as usize + 1));
    assert!(matches!(error, BuildError::TooLarge { .. }), "{error:?}");
}

#[cfg(target_pointer_width = "64")]
#[test]
fn memory_that_the_system_does_not_have_is_refused() {
    // The sizes are a quarter and three eighths of what an address can name. No system maps as
    // much.
    for (count, stride) in [(1 << 14, usize::MAX >> 16), (3, usize::MAX / 8)] {
        let error = refused(frames(count).stride(stride));
        let BuildError::Map { bytes, source, .. } = &error else {
            panic!("{error:?}");
        };
        assert_eq!(*bytes, count * stride);
        // Windows says that the length is invalid.
        let invalid = cfg!(windows) && source.kind() == std::io::ErrorKind::InvalidInput;
        assert!(
            invalid || source.kind() == std::io::ErrorKind::OutOfMemory,
            "{source}"
        );
        assert_eq!(
            error.to_string(),
            format!(
                "the system refused {bytes} bytes of memory for frames ({source}); raise its \
                 limit, or ask for fewer with PoolBuilder::frames"
            )
        );
        let source = error.source().expect("the system's answer");
        assert!(source.is::<std::io::Error>());
    }
}

#[test]
fn memory_of_half_the_address_space_is_refused() {
    // The frames alone would fit an isize. With what alignment adds to them they do not.
    let error = refused(frames(1).stride(isize::MAX as usize));
    let is = matches!(error, BuildError::Map { bytes, .. } if bytes == isize::MAX as usize);
    assert!(is, "{error:?}");
}

#[test]
fn only_a_refusal_by_the_system_has_a_source() {
    assert!(refused(frames(0)).source().is_none());
    assert!(refused(frames(1).stride(0)).source().is_none());
}

#[test]
fn shards_outside_the_limits_are_refused() {
    for shards in [0, 4097, usize::MAX] {
        let error = refused(frames(1).shards(shards));
        assert!(matches!(error, BuildError::Shards { shards: s } if s == shards));
        assert_eq!(
            error.to_string(),
            format!(
                "{shards} shards are outside 1 to 4096; leave PoolBuilder::shards out for one a \
                 CPU"
            )
        );
    }
}

#[test]
fn cache_sizes_outside_the_limits_are_refused() {
    for size in [0, 1021, usize::MAX] {
        let error = refused(frames(1).cache_size(size));
        assert!(matches!(error, BuildError::CacheSize { size: s } if s == size));
        assert_eq!(
            error.to_string(),
            format!(
                "a cache size of {size} frames is outside 1 to 1020; leave \
                 PoolBuilder::cache_size out for the default"
            )
        );
    }
}

#[test]
fn cache_sizes_at_the_limits_serve_every_frame() {
    for size in [1, 2, 1020] {
        for count in [1, 100, 5000] {
            let pool = frames(count).cache_size(size).build().unwrap();
            let stats = pool.stats();
            assert!(stats.cache <= size, "{stats}");
            // All caches together take half of the pool at most, except that each may have two
            // frames.
            let half = count / 2;
            let two = 2 * stats.per_cpu.len();
            assert!(stats.per_cpu.len() * stats.cache <= half.max(two));
            assert_whole(&pool);
            assert_whole(&pool);
        }
    }
}

#[test]
fn defaults_are_4096_frames_of_1500_bytes() {
    let pool = builder().build().unwrap();
    assert_eq!((pool.capacity(), pool.payload()), (4096, 1500));
    assert_eq!(pool.region().stride(), 1728);
    assert_eq!(take_all(&pool).len(), 4096);
}

#[test]
fn builder_can_be_used_again() {
    let builder = frames(3).payload(100);
    let (a, b) = (builder.clone().build().unwrap(), builder.build().unwrap());
    assert_ne!(a.region().base(), b.region().base());
    assert_eq!(take_all(&a).len() + take_all(&b).len(), 6);
}
