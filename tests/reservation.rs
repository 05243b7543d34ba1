//! The largest pool: address space for all of it, memory for what is used; on both fronts.

#![cfg(all(not(loom), target_os = "linux", target_pointer_width = "64"))]

mod common;

use common::linux::resident;
use common::not_run;
use framewell::{BuildError, Front, Pool};

/// More than the test itself and a few frames need, and less than any table of a word for each frame.
const SMALL: usize = 64 << 20;

// Alone in its file: other tests' memory would be counted as well.
#[test]
fn pool_of_2_to_26_frames_takes_memory_for_the_used_ones_alone() {
    for front in [Front::Auto, Front::Portable] {
        let before = resident();
        let pool = match Pool::builder().frames(1 << 26).front(front).build() {
            Ok(pool) => pool,
            Err(error @ BuildError::Map { .. }) => {
                return not_run(&format!("the largest pool: {error}"));
            }
            Err(error) => panic!("{error}"),
        };
        assert_eq!(pool.capacity(), 1 << 26);
        assert_eq!(pool.region().len(), (1 << 26) * 1728);
        assert!(pool.stats().metadata > SMALL);

        let mut frames: Vec<_> = (0..5000).map(|_| pool.get(1500).unwrap()).collect();
        for frame in &mut frames {
            frame.fill(1);
        }
        assert_eq!(pool.stats().out, 5000);
        drop(frames);
        assert_eq!(pool.stats().free, 1 << 26);
        let grown = resident().saturating_sub(before);
        assert!(grown < SMALL, "{grown} bytes");
        assert!(grown >= 5000 * 1500, "{grown} bytes");
    }
}
