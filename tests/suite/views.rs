//! Tests how a frame's data is set anew, and what lies before and behind it.

use std::io;

use crate::common::{builder, pool};
use framewell::{CopyError, Frame, Room};

/// Returns a frame of which every byte differs from its neighbours, with 4 bytes of data.
fn marked() -> Frame {
    let mut frame = pool(1).get(0).unwrap();
    frame.set_view(0, 1728).unwrap();
    for (at, byte) in frame.iter_mut().enumerate() {
        *byte = mark(at);
    }
    frame.set_view(128, 4).unwrap();
    frame
}

fn mark(at: usize) -> u8 {
    at as u8 ^ (at >> 8) as u8
}

fn is_marked(bytes: &[u8], from: usize) -> bool {
    let mut bytes = bytes.iter().enumerate();
    bytes.all(|(at, byte)| *byte == mark(from + at))
}

#[test]
fn view_reaches_every_byte_of_the_room() {
    let mut frame = marked();
    for (headroom, len) in [
        (0, 1728),
        (0, 0),
        (1728, 0),
        (1727, 1),
        (256, 1472),
        (128, 4),
    ] {
        frame.set_view(headroom, len).unwrap();
        let tailroom = 1728 - headroom - len;
        let rooms = (frame.headroom(), frame.len(), frame.tailroom());
        assert_eq!(rooms, (headroom, len, tailroom));
        let parts = (frame.head().len(), frame.tail().len());
        assert_eq!(parts, (headroom, tailroom));
        assert!(is_marked(frame.head(), 0));
        assert!(is_marked(&frame, headroom));
        assert!(is_marked(frame.tail(), headroom + len));
    }
}

#[test]
fn view_beyond_the_room_is_refused_and_names_the_remedy() {
    let mut frame = marked();
    let max = usize::MAX;
    for (headroom, len) in [(0, 1729), (1729, 0), (1000, 729), (65_536, 0), (max, max)] {
        let refused = frame.set_view(headroom, len).unwrap_err();
        let asked = headroom.saturating_add(len);
        let parts = (refused.room, refused.asked, refused.left);
        assert_eq!(parts, (Room::Frame, asked, 1728));
        assert_eq!(
            refused.to_string(),
            format!(
                "headroom and data of {asked} bytes exceed the frame of 1728; ask for less, or \
                 raise PoolBuilder::payload"
            )
        );
        assert_eq!(io::Error::from(refused).kind(), io::ErrorKind::InvalidInput);
        assert_eq!((frame.headroom(), frame.len()), (128, 4), "it is unchanged");
    }
}

#[test]
fn view_of_the_largest_frame_takes_16_bits() {
    let builder = builder().frames(1).headroom(0).payload(65_535);
    let mut frame = builder.build().unwrap().get(0).unwrap();
    frame.set_view(0, 65_535).unwrap();
    assert_eq!((frame.len(), frame.tail().len()), (65_535, 0));
    frame.set_view(65_535, 0).unwrap();
    assert_eq!((frame.head().len(), frame.len()), (65_535, 0));
    assert!(frame.set_view(65_535, 1).is_err());
}

#[test]
fn bytes_around_the_data_can_be_written_and_are_the_frames() {
    let mut frame = marked();
    frame.head_mut().fill(1);
    frame.tail_mut().fill(2);
    assert!(is_marked(&frame, 128), "the data stays");
    frame.set_view(0, 1728).unwrap();
    assert_eq!(frame[..128], [1; 128]);
    assert_eq!(frame[132..], [2; 1596]);
}

#[test]
fn resize_grows_into_the_tailroom_and_cuts() {
    let mut frame = marked();
    for len in [0, 4, 1600, 60] {
        frame.resize(len).unwrap();
        let rooms = (frame.headroom(), frame.len(), frame.tailroom());
        assert_eq!(rooms, (128, len, 1600 - len));
        assert!(is_marked(&frame, 128));
    }
}

#[test]
fn resize_beyond_the_tailroom_is_refused() {
    let mut frame = marked();
    for len in [1601, 65_536, usize::MAX] {
        let refused = frame.resize(len).unwrap_err();
        let parts = (refused.room, refused.asked, refused.left);
        assert_eq!(parts, (Room::Tailroom, len - 4, 1596));
        let text = "bytes exceed the tailroom of 1596 left; raise it with PoolBuilder::tailroom or \
                    Pool::alloc_with_room";
        assert_eq!(refused.to_string(), format!("{} {text}", len - 4));
        assert_eq!((frame.headroom(), frame.len()), (128, 4), "it is unchanged");
    }
}

#[test]
fn get_exact_refuses_what_get_cuts() {
    let pool = pool(2);
    for len in [0, 60, 1500] {
        assert_eq!(pool.get_exact(len).unwrap().len(), len);
    }
    let uncarved = pool.stats().uncarved;
    for len in [1501, usize::MAX] {
        let refused = pool.get_exact(len).unwrap_err();
        assert_eq!(refused, CopyError::TooLong { len, payload: 1500 });
        assert_eq!(
            refused.to_string(),
            format!(
                "{len} bytes exceed the payload of 1500; raise it with PoolBuilder::payload, or \
                 split them"
            )
        );
    }
    assert_eq!(pool.stats().uncarved, uncarved, "no frame was taken");
    let _both = (pool.get(0).unwrap(), pool.get(0).unwrap());
    assert_eq!(pool.get_exact(60).unwrap_err(), CopyError::OutOfBuffers);
    let too_long = pool.get_exact(1501).unwrap_err();
    assert!(matches!(too_long, CopyError::TooLong { .. }));
}
