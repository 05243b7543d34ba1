//! A check that shared buffers are real: every byte that was written is read through each
//! reference, on two threads, and the last drop frees.

use std::thread;

use super::{REFERENCES, Reference, SLICE, SLICES, Sharer, Sharing, Slicing, read_tag, write_tag};
use crate::contestant::BYTES;
use crate::memory::resident;

/// The number of buffers that are shared at the same time.
const LIVE: u64 = 64;
/// The number of buffers that are got and freed, so that a loss of one at a time is seen.
const REPEATED: usize = 8192;
/// The most by which the memory may grow meanwhile: far less than as many pages.
const GROWTH: usize = 8 << 20;

/// Checks references to whole buffers.
pub(super) fn four<S: Sharing>(sharer: &'static S) {
    let shared = |tag: u64| sharer.share(|first| write_tag(first, tag));
    let (mut stay, mut go): (Vec<_>, Vec<_>) = (Vec::new(), Vec::new());
    for tag in 0..LIVE {
        let [one, two, three, four] = shared(tag);
        stay.push((tag, [one, two]));
        go.push((tag, [three, four]));
    }
    let mut places: Vec<*const u8> = stay.iter().map(|(_, both)| both[0].first()).collect();
    places.sort_unstable();
    let apart = |two: &[*const u8]| two[1].addr() - two[0].addr() >= BYTES;
    assert!(places.windows(2).all(apart), "two buffers overlap");
    // Some of each are dropped on another thread first, and the others still read the same.
    elsewhere(sharer, move || go.iter().for_each(reads_its_tag));
    for (tag, both) in stay {
        reads_its_tag(&(tag, both));
    }
    repeat(sharer, || drop(shared(0)));
}

fn reads_its_tag<R: Reference>((tag, references): &(u64, [R; REFERENCES / 2])) {
    for reference in references {
        assert!(reference.length() >= BYTES, "all of the buffer");
        assert_eq!(read_tag(reference), *tag, "what was written");
    }
    let [one, other] = references;
    assert_eq!(one.first(), other.first(), "the same bytes");
}

/// Checks slices.
pub(super) fn slices<S: Slicing>(sharer: &'static S) {
    let cut = || {
        let mut slices = Vec::new();
        let fill = |first: *mut u8| {
            for at in 0..SLICES {
                let start = first.wrapping_add(at * SLICE);
                // SAFETY: a buffer that is cut has MERGED bytes, which may be written.
                unsafe { start.write_bytes(at as u8, SLICE) };
            }
        };
        sharer.cut(fill, |slice| slices.push(slice));
        slices
    };
    let mut stay = cut();
    assert_eq!(stay.len(), SLICES, "as many slices as wanted");
    let adjacent = |two: &[S::Slice]| two[0].first().wrapping_add(SLICE) == two[1].first();
    assert!(stay.windows(2).all(adjacent), "one slice after another");
    let go = stay.split_off(SLICES / 2);
    elsewhere(sharer, move || {
        go.iter().zip(SLICES / 2..).for_each(reads_its_number)
    });
    stay.iter().zip(0..).for_each(reads_its_number);
    drop(stay);
    repeat(sharer, || drop(cut()));
}

fn reads_its_number<R: Reference>((slice, number): (&R, usize)) {
    assert_eq!(slice.length(), SLICE, "the length of a slice");
    // SAFETY: the slice lives, and `slices` wrote all of it.
    let bytes = unsafe { std::slice::from_raw_parts(slice.first(), SLICE) };
    let kept = bytes.iter().all(|&byte| usize::from(byte) == number);
    assert!(kept, "what was written");
}

/// Runs something on another thread.
fn elsewhere<S: Sharer>(sharer: &'static S, work: impl FnOnce() + Send + 'static) {
    let thread = thread::spawn(move || {
        sharer.enter();
        work();
    });
    thread
        .join()
        .expect("references that read what was written");
}

/// Asserts that nothing is lost when a buffer is got, shared and freed many times.
fn repeat<S: Sharer>(sharer: &S, mut turn: impl FnMut()) {
    (0..LIVE).for_each(|_| turn());
    let before = resident();
    (0..REPEATED).for_each(|_| turn());
    match (sharer.out(), before, resident()) {
        (Some(out), ..) => assert_eq!(out, 0, "all buffers are free"),
        (None, Ok(before), Ok(after)) => {
            assert!(after < before + GROWTH, "the memory has grown");
        }
        // Nobody counts them here.
        (None, ..) => {}
    }
}

#[cfg(test)]
mod tests {
    use std::mem;
    use std::sync::Arc;

    use framewell::{Frame, Front, Pool, VarBuf};

    use super::*;
    use crate::rings::pool;
    use crate::work::sharing::MERGED;

    /// A contestant that never gives up one of its references, or leaves a hole between slices.
    struct Wrong(Pool);

    struct Held<B>(Arc<B>, usize, usize);

    // SAFETY: the ranges that are made below lie within the buffer.
    unsafe impl<B: AsRef<[u8]> + Send + Sync + 'static> Reference for Held<B> {
        fn first(&self) -> *const u8 {
            (*self.0).as_ref()[self.1..].as_ptr()
        }

        fn length(&self) -> usize {
            self.2
        }
    }

    impl Sharer for Wrong {
        fn out(&self) -> Option<usize> {
            Some(self.0.stats().out)
        }
    }

    impl Sharing for Wrong {
        type Reference = Held<Frame>;

        fn share(&self, write: impl FnOnce(*mut u8)) -> [Self::Reference; REFERENCES] {
            let mut frame = self.0.get(BYTES).expect("a frame");
            write(frame.as_mut_ptr());
            let frame = Arc::new(frame);
            mem::forget(Arc::clone(&frame));
            std::array::from_fn(|_| Held(Arc::clone(&frame), 0, BYTES))
        }
    }

    impl Slicing for Wrong {
        type Slice = Held<VarBuf>;

        fn cut(&self, write: impl FnOnce(*mut u8), mut sink: impl FnMut(Self::Slice)) {
            let mut buffer = self.0.alloc(MERGED).expect("a buffer");
            write(buffer.as_mut_ptr());
            let buffer = Arc::new(buffer);
            (0..SLICES).for_each(|at| sink(Held(Arc::clone(&buffer), at * (SLICE + 1), SLICE)));
        }
    }

    fn wrong() -> &'static Wrong {
        Box::leak(Box::new(Wrong(pool(Front::Auto))))
    }

    #[test]
    #[should_panic(expected = "all buffers are free")]
    fn reference_that_is_never_dropped_is_caught() {
        four(wrong());
    }

    #[test]
    #[should_panic(expected = "one slice after another")]
    fn hole_between_slices_is_caught() {
        slices(wrong());
    }
}
