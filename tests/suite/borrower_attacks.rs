//! Attacks on borrowers: views at the edges of frames, lists that change hands, and calls from
//! unusual places.

use crate::common::builder;
use framewell::{Burst, Span};

/// A frame whose headroom is the whole frame ends where the next frame begins. Its span names it
/// all the same, and not its neighbour.
#[test]
fn span_of_an_empty_frame_at_its_end_names_that_frame() {
    for stride in [1664, 1728, 2048] {
        let pool = builder().frames(4).stride(stride).build().unwrap();
        let nic = pool.borrower("nic").unwrap();
        let mut burst: Burst<4> = Burst::new();
        pool.get_bulk(&mut burst, 4).unwrap();
        for frame in &mut burst {
            frame.put(frame.tailroom()).unwrap();
            frame.pull(frame.len()).unwrap();
            assert_eq!((frame.headroom(), frame.len()), (stride, 0));
        }
        let ids: Vec<_> = burst.iter().map(|frame| frame.id()).collect();
        let mut spans = [Span::default(); 4];
        assert_eq!(nic.lend_spans(&mut burst, &mut spans), 4);
        for (span, id) in spans.iter().zip(ids) {
            // SAFETY: this thread alone brings the frames, and nobody touches their bytes.
            assert_eq!(unsafe { nic.take_back_spans(&[*span], &mut burst) }, Ok(1));
            let frame = burst.pop().unwrap();
            assert_eq!((frame.id(), frame.len()), (id, 0));
        }
    }
}
