//! A borrowed frame of a burst cannot outlive the freeing of the burst's frames.

use framewell::{Burst, Pool};

fn main() {
    let pool = Pool::builder().build().unwrap();
    let mut burst: Burst<4> = Burst::new();
    pool.get_burst(&mut burst, 4);
    let frame = &burst[3];
    burst.truncate(1);
    println!("{}", frame.len());
}
