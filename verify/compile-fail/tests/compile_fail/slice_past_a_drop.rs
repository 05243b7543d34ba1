//! A frame cannot be given back while a slice of it is in use.

use framewell::Pool;

fn main() {
    let pool = Pool::builder().build().unwrap();
    let mut frame = pool.get(60).unwrap();
    let bytes = &mut frame[..20];
    drop(frame);
    bytes.fill(0);
}
