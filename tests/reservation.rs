//! Tests that the largest pool takes address space for all of it, and memory for what is used, on
//! both fronts.

#![cfg(all(not(loom), target_os = "linux"))]

mod common;

use common::linux::resident;
use common::not_run;
use framewell::{BuildError, Front, Pool};

/// The number of frames: as many as the limit allows, or half of a 32-bit address space.
const FRAMES: usize = 1 << if usize::BITS < 64 { 20 } else { 26 };

/// A number of bytes that is more than the test itself and a few frames need, and less than any
/// table with a word for each frame.
const SMALL: usize = if usize::BITS < 64 { 12 << 20 } else { 64 << 20 };

// This test is alone in its file, because the memory of other tests would be counted as well.
#[test]
fn largest_pool_takes_memory_for_the_used_ones_alone() {
    for front in [Front::Auto, Front::Portable] {
        let before = resident();
        let pool = match Pool::builder().frames(FRAMES).front(front).build() {
            Ok(pool) => pool,
            Err(error @ BuildError::Map { .. }) => {
                return not_run(&format!("the largest pool: {error}"));
            }
            Err(error) => panic!("{error}"),
        };
        assert_eq!(pool.capacity(), FRAMES);
        assert_eq!(pool.region().len(), FRAMES * 1728);
        assert!(pool.stats().metadata > SMALL);

        let mut frames: Vec<_> = (0..5000).map(|_| pool.get(1500).unwrap()).collect();
        for frame in &mut frames {
            frame.fill(1);
        }
        assert_eq!(pool.stats().out, 5000);
        drop(frames);
        assert_eq!(pool.stats().free, FRAMES);
        let grown = resident().saturating_sub(before);
        assert!(grown < SMALL, "{grown} bytes");
        assert!(grown >= 5000 * 1500, "{grown} bytes");
    }
}
