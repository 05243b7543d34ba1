//! Only the crate's own buffers are shared.

use std::ops::{Deref, DerefMut};

use framewell::Exclusive;

struct Mine(Vec<u8>);

impl Deref for Mine {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl DerefMut for Mine {
    fn deref_mut(&mut self) -> &mut [u8] {
        &mut self.0
    }
}

impl Exclusive for Mine {}

fn main() {}
