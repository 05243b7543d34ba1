//! A frame that went into a burst cannot be used by its old name.

use framewell::{Burst, Pool};

fn main() {
    let pool = Pool::builder().build().unwrap();
    let mut burst: Burst<4> = Burst::new();
    let mut frame = pool.get(60).unwrap();
    let _ = burst.push(frame);
    frame[0] = 1;
}
