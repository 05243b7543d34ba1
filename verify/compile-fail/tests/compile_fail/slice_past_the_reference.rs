//! A slice of a reference's bytes cannot be kept past the reference, nor past its part.

use framewell::Pool;

fn main() {
    let pool = Pool::builder().build().unwrap();
    let bytes: &[u8] = {
        let packet = pool.get(60).unwrap().share();
        &packet[..]
    };
    println!("{}", bytes[0]);
    let mut packet = pool.get(60).unwrap().share();
    let bytes = &packet[..];
    packet.advance(1);
    println!("{}", bytes[0]);
}
