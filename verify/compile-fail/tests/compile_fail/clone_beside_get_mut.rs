//! While the only reference writes, nobody makes another one.

use framewell::Pool;

fn main() {
    let pool = Pool::builder().build().unwrap();
    let mut packet = pool.get(60).unwrap().share();
    let bytes = packet.get_mut().unwrap();
    let other = packet.clone();
    bytes[0] = 1;
    drop(other);
}
