//! A thread that may outlive the frame cannot borrow it.

use framewell::Pool;

fn main() {
    let pool = Pool::builder().build().unwrap();
    let frame = pool.get(60).unwrap();
    let thread = std::thread::spawn(|| frame.len());
    drop(frame);
    let _ = thread.join();
}
