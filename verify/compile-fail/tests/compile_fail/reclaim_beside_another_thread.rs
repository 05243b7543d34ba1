//! A borrower is not reclaimed while another thread lends to it or takes back.

use framewell::Pool;

fn main() {
    let pool = Pool::builder().build().unwrap();
    let mut nic = pool.borrower("nic").unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| nic.lend(pool.get(60).unwrap()).unwrap());
        // SAFETY: nobody touches the frames' bytes.
        unsafe { nic.reclaim() };
    });
}
