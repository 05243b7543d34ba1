//! The 802.11 buffers of this crate.

use framewell::{Dot11Buf, Front, Pool};

use super::varying::{Candidate, Entrant};
use crate::varying::{VaryingBuffer, VaryingContestant};

/// A pool's size classes.
struct Dot11 {
    name: &'static str,
    pool: Pool,
}

impl Dot11 {
    fn new(name: &'static str, front: Front) -> Self {
        let pool = Pool::builder().frames(1).front(front).build();
        Self {
            name,
            pool: pool.expect("a pool of one frame"),
        }
    }
}

// SAFETY: a buffer owns the bytes that it derefs to.
unsafe impl VaryingBuffer for Dot11Buf {
    #[inline]
    fn first(&mut self) -> *mut u8 {
        self.as_mut_ptr()
    }

    #[inline]
    fn length(&self) -> usize {
        self.len()
    }
}

impl VaryingContestant for Dot11 {
    type Buffer = Dot11Buf;

    fn name(&self) -> &'static str {
        self.name
    }

    #[inline]
    fn get(&self, length: usize) -> Dot11Buf {
        self.pool.dot11(length).expect("the budget has room")
    }
}

const NAME: &str = "framewell";
const PORTABLE: &str = "framewell, portable";

/// On the front that the crate chooses.
pub(super) const DOT11: Candidate = Candidate {
    name: NAME,
    load: || Ok(()),
    make: || entrant(NAME, Front::Auto),
};

/// On the portable front.
pub(super) const DOT11_PORTABLE: Candidate = Candidate {
    name: PORTABLE,
    load: || Ok(()),
    make: || entrant(PORTABLE, Front::Portable),
};

/// Makes the pool when it takes part, so that its memory is counted; it stays for the program's life.
fn entrant(name: &'static str, front: Front) -> &'static dyn Entrant {
    Box::leak(Box::new(Dot11::new(name, front)))
}
