//! A frame that is lent cannot be used by its old name.

use framewell::Pool;

fn main() {
    let pool = Pool::builder().build().unwrap();
    let nic = pool.borrower("nic").unwrap();
    let mut frame = pool.get(60).unwrap();
    let _ = nic.lend(frame);
    frame[0] = 1;
}
