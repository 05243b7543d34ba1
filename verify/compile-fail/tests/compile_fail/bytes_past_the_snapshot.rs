//! The bytes that a snapshot shows cannot be read when it is gone.

use framewell::{Frame, FrameCell};

fn main() {
    let cell: FrameCell<Frame> = FrameCell::new(1);
    let reader = cell.reader();
    let seen = reader.read().unwrap();
    let bytes = &seen[..];
    drop(seen);
    println!("{bytes:?}");
}
