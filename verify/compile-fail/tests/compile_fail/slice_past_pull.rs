//! A slice of a frame's bytes cannot outlive a change of the frame's ends.

use framewell::Pool;

fn main() {
    let pool = Pool::builder().build().unwrap();
    let mut frame = pool.get(60).unwrap();
    let head = &frame[..4];
    frame.pull(4).unwrap();
    println!("{head:?}");
}
