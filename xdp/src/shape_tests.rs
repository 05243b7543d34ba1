//! Addresses and lengths of any value, against what they should mean.

use framewell::{Burst, Frame, Pool, XdpChunks};
use proptest::prelude::*;

use crate::abi::Descriptor;
use crate::error::Error;
use crate::send_error::Unsendable;
use crate::shape::Shape;

fn pool(stride: usize) -> Pool {
    let pool = Pool::builder().frames(64).stride(stride).headroom(256);
    pool.payload(1024).build().unwrap()
}

fn shape(stride: usize, headroom: u32, metadata: u32) -> Result<Shape, Error> {
    Shape::of(&pool(stride), Some(headroom), metadata)
}

fn strides() -> impl Strategy<Value = usize> {
    prop_oneof![
        Just(2048),
        Just(4096),
        (32_usize..=64).prop_map(|lines| lines * 64),
        2048_usize..=4096
    ]
}

/// Values around the limits, and any value.
fn value(of: u64) -> impl Strategy<Value = u64> {
    let around = move |by: u64| (of * by).wrapping_sub(2)..(of * by).wrapping_add(3);
    prop_oneof![
        0..of * 70,
        Just(u64::MAX),
        any::<u64>(),
        around(1),
        around(64)
    ]
}

#[test]
fn what_the_kernel_does_not_take_is_refused() {
    for stride in [2047, 4097, 4160] {
        assert!(
            matches!(shape(stride, 0, 0), Err(Error::Chunk { .. })),
            "{stride}"
        );
    }
    for stride in [2048, 2112, 3000, 4096] {
        let limit = stride as u32 - 704;
        assert!(shape(stride, limit, 0).is_ok());
        let refused = shape(stride, limit + 1, 0);
        assert!(matches!(refused, Err(Error::Headroom { .. })), "{stride}");
    }
    for (metadata, good) in [
        (0, true),
        (8, false),
        (16, true),
        (20, false),
        (248, true),
        (256, false),
    ] {
        assert_eq!(shape(2048, 0, metadata).is_ok(), good, "{metadata}");
    }
}

#[test]
fn a_pool_that_was_laid_out_for_it_says_how() {
    for (chunks, headroom) in [(XdpChunks::Aligned, 256), (XdpChunks::Unaligned, 320)] {
        let builder = Pool::builder().frames(8).stride(4096).headroom(headroom);
        let pool = builder.af_xdp(chunks).build().unwrap();
        let shape = Shape::of(&pool, None, 0).unwrap();
        assert_eq!(shape.is_aligned(), chunks == XdpChunks::Aligned);
        assert_eq!(shape.received_headroom() as usize, headroom);
        let shape = Shape::of(&pool, Some(8), 0).unwrap();
        assert_eq!(shape.received_headroom(), 264);
    }
}

#[test]
fn a_packet_that_the_kernel_would_complete_unsent_is_refused() {
    let shape = shape(2048, 0, 16).unwrap();
    assert_eq!(shape.may_send(256, 0), Err(Unsendable::Empty));
    assert_eq!(shape.may_send(16, 2032), Ok(()));
    let (len, limit) = (2033, 2032);
    assert_eq!(
        shape.may_send(16, len),
        Err(Unsendable::TooLong { len, limit })
    );
    let (headroom, needed) = (15, 16);
    assert_eq!(
        shape.may_send(headroom, 60),
        Err(Unsendable::Metadata { headroom, needed })
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    /// Whatever a descriptor says, what becomes an owner is a part of one frame that was lent, and
    /// each frame becomes one once.
    #[test]
    fn a_descriptor_of_any_value_stays_in_a_frame_that_is_lent(
        stride in strides(),
        base in value(2048),
        high in prop_oneof![Just(0_u64), 0_u64..5000, any::<u64>()],
        len in prop_oneof![0_u32..5000, any::<u32>()],
        options in any::<u32>(),
    ) {
        let pool = pool(stride);
        let shape = Shape::of(&pool, None, 0).unwrap();
        let mut nic = pool.borrower("nic").unwrap();
        // Every second frame is lent.
        let frames: Vec<Frame> = std::iter::from_fn(|| pool.get(0).ok()).collect();
        for frame in frames {
            if frame.id().index() % 2 == 0 {
                nic.lend(frame).unwrap();
            }
        }
        let addr = base | high << 48;
        let offset = if shape.is_aligned() {
            u128::from(addr)
        } else {
            u128::from(addr % (1 << 48)) + u128::from(addr >> 48)
        };
        let (frame, within) = (offset / stride as u128, offset % stride as u128);
        let good = frame < 64 && frame % 2 == 0 && within + u128::from(len) <= stride as u128;
        let mut burst: Burst<2> = Burst::new();
        for time in 0..2 {
            let span = shape.received(Descriptor { addr, len, options });
            // SAFETY: nobody has the frames' addresses.
            let taken = span.map(|span| unsafe { nic.take_back_spans(&[span], &mut burst) });
            let taken = taken.is_some_and(|taken| taken.is_ok());
            prop_assert_eq!(taken, good && time == 0, "{:#x} of {} bytes", addr, len);
        }
        if let Some(owner) = burst.first() {
            prop_assert_eq!(owner.id().index() as u128, frame);
            prop_assert_eq!((owner.headroom() as u128, owner.len()), (within, len as usize));
        }
        // SAFETY: as above.
        let rest = unsafe { nic.reclaim() };
        prop_assert_eq!(rest, 32 - usize::from(good));
    }

    /// What may be posted to the fill ring is the address of a frame.
    #[test]
    fn a_fill_address_of_any_value_is_a_frames(stride in strides(), offset in value(4096)) {
        let shape = shape(stride, 0, 0).unwrap();
        let good = (0..64).any(|frame| frame * stride as u64 == offset);
        prop_assert_eq!(shape.may_fill(offset), good);
    }
}
