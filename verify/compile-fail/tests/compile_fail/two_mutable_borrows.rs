//! Two parts of one frame cannot be borrowed mutably through the frame.

use framewell::Pool;

fn main() {
    let pool = Pool::builder().build().unwrap();
    let mut frame = pool.get(60).unwrap();
    let head = frame.push(4).unwrap();
    let tail = frame.put(4).unwrap();
    head.copy_from_slice(tail);
}
