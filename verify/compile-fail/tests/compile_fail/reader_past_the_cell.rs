//! A reader is dropped before its cell, also where it is not used again: what it gives up goes through the cell.

use framewell::{Frame, FrameCell};

fn main() {
    let _reader;
    let cell: FrameCell<Frame> = FrameCell::new(1);
    _reader = cell.reader();
}
