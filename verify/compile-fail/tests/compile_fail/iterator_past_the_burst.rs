//! An iterator over a burst cannot be kept past the burst.

use framewell::{Burst, Pool};

fn main() {
    let pool = Pool::builder().build().unwrap();
    let mut frames = {
        let mut burst: Burst<4> = Burst::new();
        pool.get_burst(&mut burst, 4);
        burst.iter()
    };
    println!("{:?}", frames.next());
}
