//! A reader is dropped before its cell, even if it is not used again: its drop needs the cell.

use framewell::{Frame, FrameCell};

fn main() {
    let _reader;
    let cell: FrameCell<Frame> = FrameCell::new(1);
    _reader = cell.reader();
}
