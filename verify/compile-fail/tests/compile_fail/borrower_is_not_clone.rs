//! A borrower has one handle: whoever reclaims by it knows that no other call takes back.

use framewell::Pool;

fn main() {
    let pool = Pool::builder().build().unwrap();
    let nic = pool.borrower("nic").unwrap();
    let _second = nic.clone();
}
