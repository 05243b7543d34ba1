//! A slice of a frame's bytes cannot be kept past the frame.

use framewell::Pool;

fn main() {
    let pool = Pool::builder().build().unwrap();
    let bytes: &[u8] = {
        let frame = pool.get(60).unwrap();
        &frame[..]
    };
    println!("{}", bytes[0]);
}
