//! The fields of a frame are its own: nobody makes a frame longer, or gives it another pool.

use framewell::{Frame, Pool};

fn main() {
    let pool = Pool::builder().build().unwrap();
    let frame = pool.get(60).unwrap();
    let _ = Frame { view: frame.view, ..frame };
}
