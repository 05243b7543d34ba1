//! A frame that was given back cannot be read.

use framewell::Pool;

fn main() {
    let pool = Pool::builder().build().unwrap();
    let frame = pool.get(60).unwrap();
    drop(frame);
    println!("{}", frame.len());
}
