//! A list that borrows a handle does not outlive it, also not in the place of one that owns its
//! handle.

use framewell::{IdBatch, Pool};

fn main() {
    let mut owned: IdBatch<8> = IdBatch::owned(Pool::builder().build().unwrap());
    {
        let pool = Pool::builder().build().unwrap();
        let mut borrowed = IdBatch::new(&pool);
        std::mem::swap(&mut owned, &mut borrowed);
    }
    owned.get_bulk(1).unwrap();
}
