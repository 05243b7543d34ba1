//! Tests what a single frame and a single request answer, for every input.

use std::io;

use crate::common::{assert_whole, builder, pool, take_all};
use framewell::{Burst, CopyError, Frame, IdBatch, OutOfBuffers, Pool, Room, Stats};

const fn is_send_and_sync<T: Send + Sync>() {}
const fn is_static<T: 'static>() {}
const fn is_debug<T: std::fmt::Debug>() {}
const fn is_clone<T: Clone>() {}
const fn is_error<T: std::error::Error + Send + Sync + 'static>() {}

const _: () = {
    is_send_and_sync::<Frame>();
    is_static::<Frame>();
    is_debug::<Frame>();
    is_send_and_sync::<Pool>();
    is_clone::<Pool>();
    is_debug::<Pool>();
    is_send_and_sync::<Burst<32>>();
    is_debug::<Burst<32>>();
    is_send_and_sync::<IdBatch<'_, 32>>();
    is_debug::<IdBatch<'_, 32>>();
    is_send_and_sync::<Stats>();
    is_error::<OutOfBuffers>();
    is_error::<CopyError>();
    is_error::<framewell::BulkError>();
    is_error::<framewell::BuildError>();
    is_error::<framewell::RoomError>();
};

#[cfg(target_pointer_width = "64")]
#[test]
fn handles_take_16_bytes() {
    assert_eq!(size_of::<Frame>(), 16);
    assert_eq!(size_of::<Option<Frame>>(), 16);
    assert_eq!(size_of::<Result<Frame, OutOfBuffers>>(), 16);
    assert_eq!(size_of::<Pool>(), 8);
    assert!(size_of::<Burst<32>>() <= 16 * 32 + 8);
    assert!(size_of::<IdBatch<'_, 32>>() <= 4 * 32 + 16);
}

#[test]
fn get_up_to_the_payload_has_the_length_asked_for() {
    let pool = pool(4);
    for len in [1, 2, 60, 1499, 1500] {
        let frame = pool.get(len).unwrap();
        assert_eq!((frame.len(), frame.is_empty()), (len, false));
        assert_eq!(frame.headroom(), 128);
        assert_eq!(frame.tailroom(), 1600 - len);
        assert_eq!(frame.capacity(), 1728);
    }
}

#[test]
fn get_above_the_payload_is_capped() {
    let pool = pool(4);
    for len in [1501, 4000, 65_535, 65_536, usize::MAX / 2, usize::MAX] {
        assert_eq!(pool.get(len).unwrap().len(), 1500, "for {len}");
    }
}

#[test]
fn get_of_zero_is_an_empty_frame_with_all_its_room() {
    let pool = pool(4);
    let mut frame = pool.get(0).unwrap();
    assert!(frame.is_empty());
    assert_eq!((frame.headroom(), frame.tailroom()), (128, 1600));
    assert_eq!(frame.put(1500).unwrap().len(), 1500);
}

#[test]
fn fresh_frames_are_zero() {
    let pool = pool(4);
    for mut frame in take_all(&pool) {
        let (head, tail) = (frame.headroom(), frame.tailroom());
        frame.push(head).unwrap();
        frame.put(tail).unwrap();
        assert_eq!(*frame, [0; 1728]);
    }
}

#[test]
fn get_from_an_exhausted_pool_is_out_of_buffers() {
    let pool = pool(3);
    let mut frames = take_all(&pool);
    assert_eq!(frames.len(), 3);
    assert_eq!(pool.get(60).unwrap_err(), OutOfBuffers);
    assert_eq!(pool.get(0).unwrap_err(), OutOfBuffers);
    assert_eq!(
        OutOfBuffers.to_string(),
        "out of buffers: every frame of the pool is in use; drop frames, or build the pool with more"
    );
    let freed = frames.pop().unwrap().id();
    assert_eq!(pool.get(60).unwrap().id(), freed);
    drop(frames);
    assert_whole(&pool);
}

#[test]
fn refusal_converts_into_an_io_error() {
    let error = io::Error::from(OutOfBuffers);
    assert_eq!(error.kind(), io::ErrorKind::OutOfMemory);
    assert_eq!(error.to_string(), OutOfBuffers.to_string());
    assert!(error.get_ref().unwrap().is::<OutOfBuffers>());
    let error = io::Error::from(CopyError::OutOfBuffers);
    assert_eq!(error.kind(), io::ErrorKind::OutOfMemory);
    assert_eq!(error.to_string(), OutOfBuffers.to_string());
}

#[test]
fn copy_from_copies_every_byte() {
    let pool = pool(2);
    let bytes: Vec<u8> = (0..1500).map(|i| i as u8).collect();
    for len in [0, 1, 60, 1500] {
        assert_eq!(*pool.copy_from(&bytes[..len]).unwrap(), bytes[..len]);
    }
}

#[test]
fn copy_from_never_cuts() {
    let pool = pool(2);
    let refused = pool.copy_from(&[7; 1501]).unwrap_err();
    assert_eq!(
        refused,
        CopyError::TooLong {
            len: 1501,
            payload: 1500
        }
    );
    assert_eq!(
        refused.to_string(),
        "1501 bytes exceed the payload of 1500; raise it with PoolBuilder::payload, or split them"
    );
    assert_eq!(io::Error::from(refused).kind(), io::ErrorKind::InvalidInput);
    assert_eq!(pool.stats().uncarved, 2, "no frame was touched");
}

#[test]
fn copy_from_an_exhausted_pool_is_out_of_buffers() {
    let pool = pool(1);
    let _only = pool.get(0).unwrap();
    assert_eq!(pool.copy_from(b"x").unwrap_err(), CopyError::OutOfBuffers);
    let too_long = pool.copy_from(&[0; 1501]).unwrap_err();
    assert!(matches!(too_long, CopyError::TooLong { .. }));
}

#[test]
fn jumbo_frames_hold_9000_bytes() {
    let pool = builder().frames(2).payload(9000).build().unwrap();
    assert_eq!(pool.payload(), 9000);
    assert_eq!(pool.get(9001).unwrap().len(), 9000);
    assert_eq!(*pool.copy_from(&[3; 9000]).unwrap(), [3; 9000]);
    assert!(pool.copy_from(&[3; 9001]).is_err());
}

#[test]
fn frame_of_65535_bytes_works_at_its_edges() {
    let pool = builder().frames(2).payload(65_535).headroom(0);
    let pool = pool.build().unwrap();
    let mut frame = pool.get(usize::MAX).unwrap();
    assert_eq!((frame.len(), frame.capacity()), (65_535, 65_535));
    frame.fill(9);
    frame.pull(65_535).unwrap();
    assert_eq!((frame.headroom(), frame.len()), (65_535, 0));
    assert!(frame.put(1).is_err());
    assert_eq!(*frame.push(65_535).unwrap(), [9; 65_535]);
    frame.trim(0).unwrap();
    assert_eq!(*frame.put(65_535).unwrap(), [9; 65_535]);
}

#[test]
fn push_grows_into_the_headroom() {
    let mut frame = pool(1).copy_from(b"data").unwrap();
    frame.push(4).unwrap().copy_from_slice(b"head");
    assert_eq!(*frame, *b"headdata");
    assert_eq!((frame.headroom(), frame.tailroom()), (124, 1596));
    assert_eq!(frame.push(124).unwrap().len(), 124);
    assert_eq!(frame.push(0).unwrap(), []);
    assert_eq!((frame.headroom(), frame.len()), (0, 132));
}

#[test]
fn put_grows_into_the_tailroom() {
    let mut frame = pool(1).copy_from(b"data").unwrap();
    frame.put(4).unwrap().copy_from_slice(b"tail");
    assert_eq!(*frame, *b"datatail");
    assert_eq!(frame.put(1592).unwrap().len(), 1592);
    assert_eq!(frame.put(0).unwrap(), []);
    assert_eq!((frame.tailroom(), frame.len()), (0, 1600));
}

#[test]
fn pull_and_trim_cut_both_ends() {
    let mut frame = pool(1).copy_from(b"headdatatail").unwrap();
    frame.pull(4).unwrap();
    frame.trim(4).unwrap();
    assert_eq!(*frame, *b"data");
    assert_eq!((frame.headroom(), frame.tailroom()), (132, 1592));
    assert_eq!(*frame.push(4).unwrap(), *b"head", "cut bytes stay");
    assert_eq!(*frame.put(4).unwrap(), *b"tail", "cut bytes stay");
    frame.pull(12).unwrap();
    assert!(frame.is_empty());
}

#[test]
fn refused_moves_of_the_ends_name_room_and_remedy() {
    let mut frame = pool(1).copy_from(b"data").unwrap();
    let before = format!("{frame:?}");
    for n in [129, 65_536, usize::MAX] {
        let refused = frame.push(n).unwrap_err();
        assert_eq!(
            (refused.room, refused.asked, refused.left),
            (Room::Headroom, n, 128)
        );
        let text = "bytes exceed the headroom of 128 left; raise it with PoolBuilder::headroom or \
                    Pool::alloc_with_room";
        assert_eq!(refused.to_string(), format!("{n} {text}"));
    }
    for n in [1597, 65_536, usize::MAX] {
        let refused = frame.put(n).unwrap_err();
        assert_eq!(
            (refused.room, refused.asked, refused.left),
            (Room::Tailroom, n, 1596)
        );
        let text = "bytes exceed the tailroom of 1596 left; raise it with PoolBuilder::tailroom or \
                    Pool::alloc_with_room";
        assert_eq!(refused.to_string(), format!("{n} {text}"));
    }
    for n in [5, 65_540, usize::MAX] {
        for refused in [frame.pull(n).unwrap_err(), frame.trim(n).unwrap_err()] {
            assert_eq!(
                (refused.room, refused.asked, refused.left),
                (Room::Data, n, 4)
            );
            let text = "bytes exceed the data of 4 left; ask for less";
            assert_eq!(refused.to_string(), format!("{n} {text}"));
            assert_eq!(io::Error::from(refused).kind(), io::ErrorKind::InvalidInput);
        }
    }
    assert_eq!(format!("{frame:?}"), before, "the frame is unchanged");
    assert_eq!(*frame, *b"data");
}

#[test]
fn debug_shows_where_the_data_lies_and_not_what_it_is() {
    let pool = pool(1);
    let frame = pool.copy_from(b"secret").unwrap();
    assert_eq!(
        format!("{frame:?}"),
        "Frame { id: 0, headroom: 128, len: 6, .. }"
    );
    assert_eq!(
        format!("{pool:?}"),
        "Pool { capacity: 1, payload: 1500, .. }"
    );
    assert_eq!(format!("{} {:?}", frame.id(), frame.id()), "0 BufferId(0)");
}

#[test]
fn frame_is_a_slice_of_bytes() {
    let mut frame = pool(1).copy_from(b"abc").unwrap();
    let bytes: &[u8] = frame.as_ref();
    assert_eq!(bytes, b"abc");
    let bytes: &mut [u8] = frame.as_mut();
    bytes[0] = b'x';
    frame[1..].reverse();
    assert_eq!(*frame, *b"xcb");
}
