//! A frame has one owner.

use framewell::{Frame, Pool};

fn main() {
    let pool = Pool::builder().build().unwrap();
    let frame: Frame = pool.get(60).unwrap();
    let twice: Frame = frame.clone();
    let _ = (frame, twice);
}
