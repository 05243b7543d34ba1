//! A pool in a loom model: a mailbox hands a frame from one thread to another, and loom explores
//! every order in which their steps can happen.
//!
//! Such a model needs three things: code under test whose primitives are loom's under `--cfg loom`,
//! a pool that is built inside the model, and assertions about where the frames are at the end.
//! Without the cfg the program runs the body once, with the primitives of std.
//!
//! ```sh
//! RUSTFLAGS="--cfg loom" cargo run --release --example loom_model
//! ```

use framewell::{Frame, Pool};
#[cfg(loom)]
use loom::{sync, thread};
#[cfg(not(loom))]
use std::{sync, thread};
use sync::{Arc, Condvar, Mutex};

/// The code under test: a mailbox with room for one frame.
struct Mailbox {
    frame: Mutex<Option<Frame>>,
    filled: Condvar,
}

impl Mailbox {
    fn new() -> Self {
        Self {
            frame: Mutex::new(None),
            filled: Condvar::new(),
        }
    }

    fn put(&self, frame: Frame) {
        *self.frame.lock().unwrap() = Some(frame);
        self.filled.notify_one();
    }

    fn take(&self) -> Frame {
        let mut slot = self.frame.lock().unwrap();
        loop {
            if let Some(frame) = slot.take() {
                return frame;
            }
            slot = self.filled.wait(slot).unwrap();
        }
    }
}

/// How often the model ran: counted with std's mutex, since loom resets its own each time.
static EXECUTIONS: std::sync::Mutex<u32> = std::sync::Mutex::new(0);

/// What loom explores.
fn model() {
    *EXECUTIONS.lock().unwrap() += 1;
    let pool = Pool::builder().frames(2).build().unwrap();
    let mailbox = Arc::new(Mailbox::new());
    let (sender_pool, sender_mailbox) = (pool.clone(), Arc::clone(&mailbox));
    let sender = thread::spawn(move || {
        let mut frame = sender_pool.get(60).expect("there are two frames");
        frame[0] = 0x45;
        sender_mailbox.put(frame);
    });
    let frame = mailbox.take();
    assert_eq!(frame[0], 0x45, "the frame is the one that was sent");
    drop(frame);
    sender.join().unwrap();
    assert_eq!(pool.stats().free, 2, "every frame came home");
}

fn main() {
    #[cfg(loom)]
    loom::model(model);
    #[cfg(not(loom))]
    model();
    let executions = *EXECUTIONS.lock().unwrap();
    println!("executions: {executions}; the frame arrived and came home in each");
    if cfg!(not(loom)) {
        println!("build with RUSTFLAGS=\"--cfg loom\" to explore all orders of the steps");
    }
}
