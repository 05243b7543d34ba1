//! The handle of a reference is its own: nobody makes a reference of another one's handle.

use framewell::{Frame, Pool, Shared};

fn main() {
    let pool = Pool::builder().build().unwrap();
    let packet = pool.get(60).unwrap().share();
    let _ = Shared::<Frame> { handle: packet.handle };
}
