//! A reference that became the owner is gone.

use framewell::Pool;

fn main() {
    let pool = Pool::builder().build().unwrap();
    let packet = pool.get(60).unwrap().share();
    let owner = packet.try_into_owned();
    println!("{}", packet[0]);
    drop(owner);
}
