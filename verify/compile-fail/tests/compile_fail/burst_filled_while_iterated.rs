//! A burst cannot be filled while it is being iterated over.

use framewell::{Burst, Pool};

fn main() {
    let pool = Pool::builder().build().unwrap();
    let mut burst: Burst<4> = Burst::new();
    let mut frames = burst.iter_mut();
    pool.get_burst(&mut burst, 4);
    drop(frames.next());
}
