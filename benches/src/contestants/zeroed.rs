//! `vec![0; 1500]`, which most programs use as a buffer to receive into.

use crate::contestant::{BYTES, Buffer, Contestant};

/// A contestant of zeroed vectors from the global allocator.
#[derive(Default)]
pub struct Zeroed;

// SAFETY: `get` makes a vector of BYTES, which owns them.
unsafe impl Buffer for Vec<u8> {
    #[inline]
    fn first(&mut self) -> *mut u8 {
        self.as_mut_ptr()
    }
}

impl Contestant for Zeroed {
    type Buffer = Vec<u8>;

    fn name(&self) -> &'static str {
        "Vec<u8>"
    }

    #[inline]
    fn get(&self) -> Vec<u8> {
        vec![0; BYTES]
    }
}
