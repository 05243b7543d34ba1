//! A snapshot is dropped before its reader, even if it is not used again.

use framewell::{Frame, FrameCell};

fn main() {
    let cell: FrameCell<Frame> = FrameCell::new(1);
    let _seen;
    let reader = cell.reader();
    _seen = reader.read();
}
