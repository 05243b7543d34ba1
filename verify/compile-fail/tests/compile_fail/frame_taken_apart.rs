//! A frame cannot be taken apart and put together again.

use framewell::{Frame, Pool};

fn main() {
    let pool = Pool::builder().build().unwrap();
    let Frame { pool: _, .. } = &pool.get(60).unwrap();
}
