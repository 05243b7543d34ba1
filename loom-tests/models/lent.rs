//! Loans: edge #lend-handover, and reclaiming.

use super::fw::{Borrower, Frame, Pool, VarBuf};
use super::fw::sys::run_on;
use crate::harness::{explore_deep, spawn_deep};

fn pool(frames: usize) -> Pool {
    Pool::builder().frames(frames).shards(1).build().unwrap()
}

fn lend(nic: &Borrower, mut frame: Frame, byte: u8) {
    frame[0] = byte;
    nic.lend(frame).unwrap();
}

/// Takes a frame back, which nobody else brings meanwhile.
fn bring(nic: &Borrower, id: super::fw::BufferId) -> Option<Frame> {
    // SAFETY: the models bring a frame on one thread at a time.
    unsafe { nic.take_back(id, 0, 1) }.ok()
}

/// Nothing but the frame's word orders its last owner and the one who takes it back: the id was
/// known before, as it is where a device passes it on.
pub fn loan_comes_back_while_it_goes_out() {
    explore_deep(None, || {
        let pool = pool(1);
        let nic = std::sync::Arc::new(pool.borrower("nic").unwrap());
        let mut frame = pool.get(1).unwrap();
        let headroom = frame.headroom();
        frame.push(headroom).unwrap();
        let id = frame.id();
        let other = nic.clone();
        let thread = spawn_deep(move || bring(&other, id));
        lend(&nic, frame, 7);
        let theirs = thread.join().unwrap();
        let late = bring(&nic, id);
        let owners: Vec<Frame> = [theirs, late].into_iter().flatten().collect();
        assert_eq!(owners.len(), 1, "lost or doubled");
        assert_eq!(owners[0][0], 7);
    });
}

/// A frame that has come back is freed, got by another thread, and lent again. Its word says so
/// whoever has cleared it.
pub fn loan_goes_round() {
    explore_deep(Some(3), || {
        let pool = pool(1);
        let nic = std::sync::Arc::new(pool.borrower("nic").unwrap());
        let frame = pool.get(1).unwrap();
        let id = frame.id();
        nic.lend(frame).unwrap();
        let (other, others) = (nic.clone(), pool.clone());
        let thread = spawn_deep(move || {
            drop(bring(&other, id).expect("it is lent"));
            drop(others);
        });
        let again = pool.get(1).ok();
        let lent_again = again.is_some();
        if let Some(frame) = again {
            lend(&nic, frame, 8);
        }
        thread.join().unwrap();
        let back = bring(&nic, id);
        assert_eq!(back.is_some(), lent_again, "lost or doubled");
        assert!(bring(&nic, id).is_none(), "lost or doubled");
    });
}

/// A buffer came back, and is brought a second time while another class takes its chunk. The word
/// says "lent" again then, of another buffer.
pub fn dead_loan_is_refused_beside_a_class_that_takes_the_chunk() {
    explore_deep(Some(2), || {
        // One chunk: two buffers of 1024 bytes, or two of 2048.
        let builder = Pool::builder().frames(1).shards(1);
        let pool = builder.dot11_bytes(4096).size_class(1024).build().unwrap();
        let nic = std::sync::Arc::new(pool.borrower("nic").unwrap());
        let bring = |nic: &Borrower, address| -> Option<VarBuf> {
            let address = std::ptr::with_exposed_provenance_mut(address);
            // SAFETY: each buffer is brought by one thread, and lent once.
            unsafe { nic.take_back_buf(address, 1) }.ok()
        };
        let pair = [(); 2].map(|()| pool.alloc(1024).unwrap());
        // The second buffer of the chunk; the loan is dead as soon as it has come back.
        let [first, second] = pair;
        let dead = nic.lend_buf(second).unwrap().as_ptr().expose_provenance();
        drop(bring(&nic, dead).expect("it is lent"));
        drop(first);
        let (other, others) = (nic.clone(), pool.clone());
        let thread = spawn_deep(move || {
            run_on(0);
            others.trim();
            let Ok(_first) = others.alloc(2048) else {
                return;
            };
            // Of the same number as the dead one, and at another address.
            let second = others.alloc(2048).unwrap();
            let address = other.lend_buf(second).unwrap().as_ptr().expose_provenance();
            assert_ne!(address, dead);
            assert!(bring(&other, address).is_some(), "lost or doubled");
        });
        run_on(0);
        assert!(bring(&nic, dead).is_none(), "lost or doubled");
        thread.join().unwrap();
    });
}

/// A borrower is gone, and its frames are reclaimed, beside another one that lends and takes back.
pub fn reclaim_leaves_what_another_borrower_has() {
    explore_deep(Some(2), || {
        let pool = pool(2);
        let mut gone = pool.borrower("gone").unwrap();
        let nic = pool.borrower("nic").unwrap();
        gone.lend(pool.get(1).unwrap()).unwrap();
        let frame = pool.get(1).unwrap();
        let id = frame.id();
        let thread = spawn_deep(move || {
            lend(&nic, frame, 9);
            let back = bring(&nic, id);
            assert!(back.is_some(), "lost or doubled");
        });
        // SAFETY: nobody touches the bytes of its frame.
        let reclaimed = unsafe { gone.reclaim() };
        assert_eq!(reclaimed, 1, "lost or doubled");
        thread.join().unwrap();
        assert_eq!(pool.stats().out, 0, "lost or doubled");
    });
}

/// The last handle goes while a borrower's frames are reclaimed: the pool ends once.
pub fn reclaim_races_the_last_handle() {
    explore_deep(Some(2), || {
        let pool = pool(2);
        let mut nic = pool.borrower("nic").unwrap();
        lend(&nic, pool.get(1).unwrap(), 1);
        lend(&nic, pool.get(1).unwrap(), 2);
        let thread = spawn_deep(move || {
            // SAFETY: nobody touches the bytes of its frames.
            assert_eq!(unsafe { nic.reclaim() }, 2, "lost or doubled");
            drop(nic);
        });
        drop(pool);
        thread.join().unwrap();
    });
}

/// A frame that came back from a dropped borrower is the last of its pool.
pub fn taken_back_frame_outlives_borrower_and_handle() {
    explore_deep(Some(2), || {
        let pool = pool(1);
        let nic = pool.borrower("nic").unwrap();
        let frame = pool.get(1).unwrap();
        let id = frame.id();
        lend(&nic, frame, 3);
        let thread = spawn_deep(move || {
            let frame = bring(&nic, id).expect("it is lent");
            drop(nic);
            assert_eq!(frame.len(), 1);
        });
        drop(pool);
        thread.join().unwrap();
    });
}

/// Hands a frame out as a pointer, and returns its id and its address.
fn out_as_pointer(pool: &Pool) -> (super::fw::BufferId, usize) {
    let frame = pool.get(1).unwrap();
    (frame.id(), frame.into_raw().as_ptr().expose_provenance())
}

/// Lends what is out as a pointer to this address.
fn lend_pointer(nic: &Borrower, address: usize) -> bool {
    let pointer = std::ptr::with_exposed_provenance_mut(address);
    // SAFETY: the models hand each pointer out once.
    unsafe { nic.lend_raw(pointer) }.is_ok()
}

/// The owner, the one who lends the pointer, and the one who takes the loan back are three threads.
/// Nothing but the frame's word orders them: the address and the id were known before.
pub fn pointer_is_lent_while_it_goes_out() {
    explore_deep(Some(3), || {
        let pool = pool(1);
        let nic = std::sync::Arc::new(pool.borrower("nic").unwrap());
        let mut frame = pool.get(1).unwrap();
        frame.push(frame.headroom()).unwrap();
        let (id, address) = (frame.id(), frame.as_mut_ptr().expose_provenance());
        let lender = nic.clone();
        let owner = spawn_deep(move || {
            frame[0] = 7;
            assert_eq!(frame.into_raw().addr().get(), address);
        });
        let lends = spawn_deep(move || lend_pointer(&lender, address));
        let early = bring(&nic, id);
        if let Some(frame) = &early {
            assert_eq!(frame[0], 7);
        }
        owner.join().unwrap();
        let lent = lends.join().unwrap() || lend_pointer(&nic, address);
        assert!(lent, "lost or doubled");
        let owners = [early, bring(&nic, id)].into_iter().flatten().count();
        assert_eq!(owners, 1, "lost or doubled");
    });
}

/// The bytes of a frame as C sees them: loom knows those of the frame only through its owners.
struct Bytes(loom::cell::UnsafeCell<u8>);

// SAFETY: loom reports accesses that nothing orders.
unsafe impl Sync for Bytes {}

impl Bytes {
    fn write(&self, byte: u8) {
        // SAFETY: as above.
        self.0.with_mut(|bytes| unsafe { bytes.write(byte) });
    }

    fn read(&self) -> u8 {
        // SAFETY: as above.
        self.0.with(|bytes| unsafe { bytes.read() })
    }
}

/// Who has the pointer writes through it, and lends it.
pub fn pointer_is_written_and_lent() {
    explore_deep(None, || {
        let pool = pool(1);
        let nic = std::sync::Arc::new(pool.borrower("nic").unwrap());
        let (id, address) = out_as_pointer(&pool);
        let bytes = std::sync::Arc::new(Bytes(loom::cell::UnsafeCell::new(0)));
        let (lender, written) = (nic.clone(), bytes.clone());
        let thread = spawn_deep(move || {
            written.write(7);
            assert!(lend_pointer(&lender, address), "lost or doubled");
        });
        let early = bring(&nic, id);
        if early.is_some() {
            assert_eq!(bytes.read(), 7);
        }
        thread.join().unwrap();
        let owners = [early, bring(&nic, id)].into_iter().flatten().count();
        assert_eq!(owners, 1, "lost or doubled");
    });
}

/// One thread lends a pointer, and another brings it back: it goes one way.
pub fn pointer_is_lent_and_brought() {
    explore_deep(None, || {
        let pool = pool(1);
        let nic = std::sync::Arc::new(pool.borrower("nic").unwrap());
        let (id, address) = out_as_pointer(&pool);
        let lender = nic.clone();
        let thread = spawn_deep(move || lend_pointer(&lender, address));
        let pointer = std::ptr::with_exposed_provenance_mut(address);
        // SAFETY: the model hands the pointer out once.
        let brought = unsafe { pool.from_raw(pointer) }.ok();
        let lent = thread.join().unwrap();
        assert!(lent != brought.is_some(), "lost or doubled");
        assert_eq!(bring(&nic, id).is_some(), lent, "lost or doubled");
    });
}
