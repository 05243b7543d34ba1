//! Says what the variable-length buffers of a pool must do, by a map of the live ranges.
//!
//! A pool that one thread uses can only choose where a buffer lies. From the addresses that it
//! chose the model knows which class each chunk belongs to and how full it is. So it knows exactly
//! when there is nothing left.

use std::collections::BTreeMap;
use std::iter;
use std::sync::LazyLock;

use framewell::{AllocStats, MisuseKind, Pool};

pub(crate) const CHUNK: usize = 1 << 20;

/// The sizes of the built-in classes, in ascending order, as a pool shows them.
pub(crate) static STRIDES: LazyLock<Vec<usize>> = LazyLock::new(|| {
    let pool = Pool::builder().build().unwrap();
    let after = |stride: usize| {
        let next = pool.alloc(stride + 1).unwrap().capacity();
        (pool.stats().alloc.unwrap().large_bytes == 0 && next <= LARGEST).then_some(next)
    };
    iter::successors(Some(pool.alloc(0).unwrap().capacity()), |s| after(*s)).collect()
});

/// The size of the largest built-in class.
pub(crate) const LARGEST: usize = 65_856;

/// A buffer that is out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Live {
    pub(crate) capacity: usize,
    pub(crate) len: usize,
    /// The byte that the whole buffer holds.
    pub(crate) stamp: u8,
    pub(crate) raw: bool,
}

impl Live {
    fn is_large(&self) -> bool {
        self.capacity > LARGEST
    }
}

/// The place of a buffer that was freed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Past {
    pub(crate) start: usize,
    pub(crate) capacity: usize,
}

/// What the pool must answer to a pointer that comes back as a variable-length buffer or as a
/// frame.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Verdict {
    /// The pointer is a buffer's own, and the buffer comes back.
    Back,
    /// The pointer is refused, as one of these kinds.
    Refused(&'static [MisuseKind]),
}

pub(crate) struct AllocModel {
    /// The budget in chunks.
    budget: usize,
    pub(crate) live: BTreeMap<usize, Live>,
    /// The latest buffers that were freed.
    pub(crate) past: Vec<Past>,
    ever_used: bool,
}

/// How many freed buffers are remembered.
const MEMORY: usize = 64;

impl AllocModel {
    pub(crate) fn new(budget: usize) -> Self {
        Self {
            budget,
            live: BTreeMap::new(),
            past: Vec::new(),
            ever_used: false,
        }
    }

    /// Returns the size of the class that serves a length, and `None` if the length is above the
    /// largest class.
    pub(crate) fn stride_of(len: usize, align: usize) -> Option<usize> {
        let serves = |stride: &usize| *stride >= len && *stride % align == 0;
        STRIDES.iter().copied().find(serves)
    }

    /// Returns the chunks that hold live buffers: the size of their class, and how many buffers are
    /// live.
    pub(crate) fn chunks(&self) -> BTreeMap<usize, (usize, usize)> {
        let mut chunks = BTreeMap::new();
        for (start, live) in self.live.iter().filter(|(_, live)| !live.is_large()) {
            let chunk = chunks.entry(start / CHUNK).or_insert((live.capacity, 0));
            assert_eq!(chunk.0, live.capacity, "a chunk is one class's");
            chunk.1 += 1;
        }
        chunks
    }

    /// Returns the class that serves a buffer of this class. It is the class itself if it has a
    /// chunk, or if there is one without live buffers. Otherwise it is the least larger class with
    /// room in its chunks.
    pub(crate) fn served_by(&self, stride: usize, align: usize) -> Option<usize> {
        let chunks = self.chunks();
        if chunks.len() < self.budget {
            return Some(stride);
        }
        let fits = |of: usize| of >= stride && of % align == 0;
        let room = |(of, out): &&(usize, usize)| fits(*of) && *out < CHUNK / *of;
        chunks.values().filter(room).map(|(of, _)| *of).min()
    }

    /// Notes that the pool handed a buffer out, and checks that nobody has its bytes.
    pub(crate) fn got(&mut self, start: usize, live: Live) {
        let end = start + live.capacity;
        let before = self.live.range(..end).next_back();
        if let Some((other, Live { capacity, .. })) = before {
            assert!(other + capacity <= start, "{start:#x} overlaps {other:#x}");
        }
        if !live.is_large() {
            assert_eq!(start % CHUNK % live.capacity, 0, "{start:#x}");
            assert_eq!(
                start / CHUNK,
                (end - 1) / CHUNK,
                "{start:#x} crosses a chunk"
            );
        }
        self.ever_used = true;
        self.live.insert(start, live);
        assert!(self.chunks().len() <= self.budget);
    }

    pub(crate) fn freed(&mut self, start: usize) {
        let capacity = self.live.remove(&start).unwrap().capacity;
        if self.past.len() == MEMORY {
            self.past.remove(0);
        }
        self.past.push(Past { start, capacity });
    }

    /// Returns the live buffer that an address lies in.
    pub(crate) fn around(&self, address: usize) -> Option<(usize, Live)> {
        let (start, live) = self.live.range(..=address).next_back()?;
        (address - start < live.capacity).then_some((*start, *live))
    }

    /// Returns what the pool must say to an address outside of the frames.
    pub(crate) fn verdict(&self, address: usize, as_frame: bool) -> Verdict {
        use MisuseKind::{Foreign, Interior, NotRaw, OtherKind};
        use Verdict::{Back, Refused};
        match self.around(address) {
            Some(_) if as_frame => Refused(&[OtherKind]),
            Some((start, live)) if live.raw && start == address => Back,
            Some((_, live)) if live.raw => Refused(&[Interior]),
            Some(_) => Refused(&[NotRaw]),
            None if !self.was_in_a_chunk(address) => Refused(&[Foreign]),
            // A chunk that belongs to no class at the moment holds no buffers of either kind.
            None if as_frame => Refused(&[OtherKind, Foreign]),
            None => Refused(&[NotRaw]),
        }
    }

    fn was_in_a_chunk(&self, address: usize) -> bool {
        self.past.iter().any(|past| {
            past.capacity <= LARGEST && address.wrapping_sub(past.start) < past.capacity
        })
    }

    /// Checks that everything the statistics say agrees.
    pub(crate) fn check(&self, stats: Option<&AllocStats>) {
        let Some(stats) = stats else {
            return assert!(!self.ever_used);
        };
        let (large, small): (Vec<&Live>, Vec<&Live>) =
            self.live.values().partition(|l| l.is_large());
        let bytes: usize = large.iter().map(|live| live.capacity).sum();
        assert_eq!((stats.large, stats.large_bytes), (large.len(), bytes));
        assert_eq!(stats.out, small.len());
        assert_eq!(stats.budget, self.budget * CHUNK);
        assert!((self.chunks().len()..=self.budget).contains(&stats.chunks));
        let mut in_chunks = 0;
        for class in &stats.classes {
            let of_class = |live: &&&Live| live.capacity == class.size;
            assert_eq!(class.out, small.iter().filter(of_class).count());
            in_chunks += (class.out + class.free) * class.size;
        }
        assert!(in_chunks <= stats.chunks * CHUNK, "{stats:?}");
    }
}
