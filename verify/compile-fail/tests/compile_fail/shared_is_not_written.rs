//! A reference gives the bytes to be read. Others read them, too.

use framewell::Pool;

fn main() {
    let pool = Pool::builder().build().unwrap();
    let packet = pool.get(60).unwrap().share();
    packet[0] = 1;
    packet.fill(1);
}
