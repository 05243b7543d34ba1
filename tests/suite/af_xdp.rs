//! Tests which frames are laid out as chunks of AF_XDP, and which are refused in which words.
//! `tests/af_xdp.rs` asks a kernel.

use crate::common::{assert_whole, builder};
use framewell::{BuildError, PoolBuilder, XdpChunks, XdpLayout};
use proptest::prelude::*;

fn aligned() -> PoolBuilder {
    builder().frames(3).af_xdp(XdpChunks::Aligned)
}

fn unaligned() -> PoolBuilder {
    builder().frames(3).af_xdp(XdpChunks::Unaligned)
}

#[track_caller]
fn refused(builder: PoolBuilder) -> (BuildError, String) {
    let error = builder.build().expect_err("the builder refuses");
    let text = error.to_string();
    (error, text)
}

fn layout(builder: PoolBuilder) -> XdpLayout {
    builder.build().unwrap().region().af_xdp().unwrap()
}

#[test]
fn frames_are_no_chunks_unless_asked_for() {
    for builder in [builder(), builder().stride(2048), builder().stride(4096)] {
        let pool = builder.frames(3).build().unwrap();
        assert_eq!(pool.region().af_xdp(), None);
    }
}

#[test]
fn unset_rooms_are_the_kernels_headroom_and_what_the_chunk_leaves() {
    for (builder, chunk) in [(aligned(), 2048), (unaligned(), 2112)] {
        let pool = builder.build().unwrap();
        assert_eq!(
            (pool.region().stride(), pool.payload()),
            (chunk, chunk - 256)
        );
        let frame = pool.get(usize::MAX).unwrap();
        let rooms = (frame.headroom(), frame.len(), frame.tailroom());
        assert_eq!(rooms, (256, chunk - 256, 0));
        let layout = pool.region().af_xdp().unwrap();
        assert_eq!((layout.chunk_size as usize, layout.headroom), (chunk, 0));
        drop(frame);
        assert_whole(&pool);
    }
}

#[test]
fn flags_say_how_the_chunks_lie() {
    assert_eq!(layout(aligned()).flags(), 0);
    assert_eq!(layout(unaligned()).flags(), 1);
}

#[test]
fn umem_headroom_is_what_the_headroom_has_beyond_the_kernels() {
    for headroom in [256, 257, 320, 1600] {
        let pool = aligned().headroom(headroom).build().unwrap();
        let layout = pool.region().af_xdp().unwrap();
        assert_eq!(layout.headroom as usize, headroom - 256);
        assert_eq!(pool.get(0).unwrap().headroom(), headroom);
        assert_eq!(pool.payload(), 2048 - headroom);
    }
}

#[test]
fn payload_of_3840_takes_the_chunk_of_4096_and_not_an_odd_number_of_lines() {
    let frame = || builder().frames(3).headroom(256).payload(3840);
    assert_eq!(frame().build().unwrap().region().stride(), 4160);
    for chunks in [XdpChunks::Aligned, XdpChunks::Unaligned] {
        let layout = layout(frame().af_xdp(chunks));
        assert_eq!((layout.chunk_size, layout.chunks), (4096, chunks));
    }
}

#[test]
fn set_payload_and_tailroom_are_kept() {
    let pool = unaligned().payload(1514).tailroom(400).build().unwrap();
    assert_eq!(pool.region().stride(), 2240);
    assert_eq!(pool.payload(), 1514);
    assert_eq!(pool.get(1514).unwrap().tailroom(), 2240 - 256 - 1514);
    let pool = unaligned().tailroom(400).build().unwrap();
    assert_eq!((pool.region().stride(), pool.payload()), (2112, 1456));
}

#[test]
fn stride_that_the_kernel_takes_is_kept() {
    for stride in [2048, 4096] {
        assert_eq!(layout(aligned().stride(stride)).chunk_size as usize, stride);
    }
    for stride in [2048, 2049, 2112, 3392, 4032, 4095, 4096] {
        assert_eq!(
            layout(unaligned().stride(stride)).chunk_size as usize,
            stride
        );
    }
}

#[test]
fn stride_that_the_kernel_refuses_is_refused() {
    for stride in [2049, 2112, 4095] {
        let (error, text) = refused(aligned().stride(stride));
        assert!(matches!(
            error,
            BuildError::XdpStride { stride: s, chunks: XdpChunks::Aligned } if s == stride
        ));
        assert_eq!(
            text,
            format!(
                "stride {stride} is neither 2048 nor 4096, the aligned chunks of AF_XDP; leave \
                 PoolBuilder::stride out, or choose XdpChunks::Unaligned"
            )
        );
    }
    for stride in [0, 1024, 1728, 2047, 8192, usize::MAX] {
        let (_, text) = refused(aligned().stride(stride));
        assert_eq!(
            text,
            format!(
                "stride {stride} is neither 2048 nor 4096, the aligned chunks of AF_XDP; leave \
                 PoolBuilder::stride out"
            )
        );
    }
    for stride in [0, 1728, 2047, 4097, 4160, 8192, usize::MAX] {
        let (_, text) = refused(unaligned().stride(stride));
        assert_eq!(
            text,
            format!(
                "stride {stride} is outside 2048 to 4096, the chunks of AF_XDP; leave \
                 PoolBuilder::stride out"
            )
        );
    }
}

#[test]
fn headroom_that_the_kernel_refuses_is_refused() {
    let least = "leave PoolBuilder::headroom out for 256";
    for headroom in [0, 128, 255] {
        let (error, text) = refused(aligned().headroom(headroom));
        assert!(matches!(
            error,
            BuildError::XdpHeadroom { headroom: h, chunk: 2048 } if h == headroom
        ));
        let limits = "is outside 256 to 1600, which AF_XDP takes in a chunk of 2048";
        assert_eq!(text, format!("headroom {headroom} {limits}; {least}"));
    }
    let (_, text) = refused(unaligned().headroom(1665).stride(2112));
    let limits = "is outside 256 to 1664, which AF_XDP takes in a chunk of 2112";
    assert_eq!(text, format!("headroom 1665 {limits}; {least}"));
    for headroom in [3649, 65_536, usize::MAX] {
        let (_, text) = refused(aligned().headroom(headroom));
        let limits = "is outside 256 to 3648, which AF_XDP takes in a chunk of 4096";
        assert_eq!(text, format!("headroom {headroom} {limits}; {least}"));
    }
}

#[test]
fn frame_beyond_the_chunk_is_refused() {
    for (builder, bytes, chunk) in [
        (aligned().payload(3841), 4097, 4096),
        (unaligned().payload(9000), 9256, 4096),
        (aligned().payload(usize::MAX), usize::MAX, 4096),
        (unaligned().tailroom(usize::MAX), usize::MAX, 4096),
        (aligned().payload(1793).stride(2048), 2049, 2048),
        (unaligned().tailroom(1856).stride(2112), 2113, 2112),
    ] {
        let (error, text) = refused(builder);
        assert!(matches!(error, BuildError::XdpFrameTooLarge { .. }));
        assert_eq!(
            text,
            format!(
                "headroom, payload and tailroom of {bytes} bytes together exceed the AF_XDP chunk \
                 of {chunk}; lower one of them, and let a longer packet take several frames"
            )
        );
    }
}

#[test]
fn payload_of_zero_is_refused_as_without_af_xdp() {
    let (error, _) = refused(aligned().payload(0));
    assert!(matches!(error, BuildError::ZeroPayload));
}

/// Some of a builder's settings, where `None` leaves one out.
#[derive(Clone, Debug)]
struct Wish {
    unaligned: bool,
    headroom: Option<usize>,
    payload: Option<usize>,
    tailroom: usize,
    stride: Option<usize>,
}

impl Wish {
    fn builder(&self) -> PoolBuilder {
        let mut builder = if self.unaligned {
            unaligned()
        } else {
            aligned()
        };
        builder = builder.tailroom(self.tailroom);
        if let Some(headroom) = self.headroom {
            builder = builder.headroom(headroom);
        }
        if let Some(payload) = self.payload {
            builder = builder.payload(payload);
        }
        match self.stride {
            Some(stride) => builder.stride(stride),
            None => builder,
        }
    }

    /// Returns whether a chunk of this size holds what is wished, by the kernel's rules.
    fn fits(&self, chunk: usize) -> bool {
        let headroom = self.headroom.unwrap_or(256);
        (2048..=4096).contains(&chunk)
            && (self.unaligned || chunk.is_power_of_two())
            && headroom >= 256
            && headroom - 256 + 704 <= chunk
            && headroom + self.payload.unwrap_or(1) + self.tailroom <= chunk
    }
}

fn wish() -> impl Strategy<Value = Wish> {
    let room = || prop::option::of(prop_oneof![1..600_usize, 1..4200_usize]);
    let stride = prop_oneof![
        4 => Just(None),
        1 => Just(Some(2048)),
        1 => Just(Some(4096)),
        2 => (2000..4200_usize).prop_map(Some),
    ];
    let headroom = prop::option::of(prop_oneof![250..600_usize, 1500..3700_usize]);
    (any::<bool>(), headroom, room(), 0..1000_usize, stride).prop_map(
        |(unaligned, headroom, payload, tailroom, stride)| Wish {
            unaligned,
            headroom,
            payload,
            tailroom,
            stride,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 1000,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn what_a_chunk_can_hold_is_laid_out_and_nothing_else_is(wish in wish()) {
        let can = match wish.stride {
            Some(stride) => wish.fits(stride),
            None => (2048..=4096).any(|chunk| wish.fits(chunk)),
        };
        match wish.builder().build() {
            Ok(pool) => {
                let (region, frame) = (pool.region(), pool.get(usize::MAX).unwrap());
                prop_assert!(wish.fits(region.stride()), "{}", region.stride());
                let layout = region.af_xdp().unwrap();
                prop_assert_eq!(layout.chunk_size as usize, region.stride());
                prop_assert_eq!(layout.headroom as usize + 256, frame.headroom());
                prop_assert_eq!(frame.capacity(), region.stride());
                prop_assert!(frame.len() >= wish.payload.unwrap_or(1));
                prop_assert!(frame.tailroom() >= wish.tailroom);
            }
            Err(refused) => {
                prop_assert!(!can, "{refused}");
            }
        }
    }
}
