//! Cache lines: who has them, and what was done on each.

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasherDefault, Hasher};

use serde::Serialize;

use crate::machine::Access;
use crate::names::Names;

/// What was done on a line.
#[derive(Clone, Copy, Default, Debug, Serialize)]
pub struct Counts {
    /// Loads.
    pub loads: u64,
    /// Stores.
    pub stores: u64,
    /// Read-modify-writes, failed compare-and-swaps included.
    pub changes: u64,
    /// Failed compare-and-swaps.
    pub retries: u64,
    /// Times that the line came from a core of the same complex.
    pub near: u64,
    /// Times that it came from another complex.
    pub far: u64,
}

impl Counts {
    /// Returns how often the line changed cores.
    #[must_use]
    pub fn transfers(&self) -> u64 {
        self.near + self.far
    }

    fn add(&mut self, other: &Self) {
        self.loads += other.loads;
        self.stores += other.stores;
        self.changes += other.changes;
        self.retries += other.retries;
        self.near += other.near;
        self.far += other.far;
    }
}

/// What belongs to the number of a line.
pub(crate) type Numbered<T> = HashMap<usize, T, BuildHasherDefault<Number>>;

/// Fibonacci hashing: nobody chooses these numbers to collide, and there is one look-up an access.
#[derive(Default)]
pub(crate) struct Number(u64);

impl Hasher for Number {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_usize(usize::from(*byte) ^ self.0 as usize);
        }
    }

    fn write_usize(&mut self, number: usize) {
        let product = (number as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        self.0 = product ^ product >> 32;
    }
}

/// Sets of CPUs.
type Cpus = [u64; 4];

/// The most CPUs of a machine.
pub const MAX_CPUS: u32 = 256;

#[derive(Default)]
pub(crate) struct Line {
    /// Who may read it.
    readers: Cpus,
    /// Whether the one reader may change it.
    exclusive: bool,
    /// Who changed it last, or fetched it first.
    last: Option<u32>,
    pub(crate) busy_until: u64,
    pub(crate) counts: Counts,
}

impl Line {
    /// Gives a CPU what it needs of the line. Answers whether it had to come from another CPU, and then whether from a near one.
    pub(crate) fn fetch(
        &mut self,
        cpu: u32,
        kind: Access,
        is_near: impl Fn(u32) -> bool,
    ) -> Option<bool> {
        match kind {
            Access::Load => self.counts.loads += 1,
            Access::Store => self.counts.stores += 1,
            Access::Change => self.counts.changes += 1,
        }
        let bit = 1 << (cpu % 64);
        let reads = self.readers[cpu as usize / 64] & bit != 0;
        let had = reads && (self.exclusive || kind == Access::Load);
        // From the one that changed it last; if that is this one, the others' copies are given up, which takes as long.
        let from = self.last.filter(|_| !had);
        let near = from.map(|from| {
            let holder = if from == cpu { self.other(cpu) } else { from };
            is_near(holder)
        });
        if kind == Access::Load {
            if !had {
                self.exclusive = self.last.is_none();
                self.readers[cpu as usize / 64] |= bit;
                self.last.get_or_insert(cpu);
            }
        } else {
            self.readers = [0; 4];
            self.readers[cpu as usize / 64] = bit;
            self.exclusive = true;
            self.last = Some(cpu);
        }
        match near {
            Some(true) => self.counts.near += 1,
            Some(false) => self.counts.far += 1,
            None => {}
        }
        near
    }

    /// The farthest in number of the other readers, or the CPU itself if there is none.
    fn other(&self, cpu: u32) -> u32 {
        let is_reader = |other: &u32| {
            *other != cpu && self.readers[*other as usize / 64] & (1 << (other % 64)) != 0
        };
        let others = (0..MAX_CPUS).filter(is_reader);
        others
            .max_by_key(|other| other.abs_diff(cpu))
            .unwrap_or(cpu)
    }

    pub(crate) fn forget(&mut self) {
        self.counts = Counts::default();
    }
}

/// What was done on the lines of one name.
#[derive(Clone, Debug, Serialize)]
pub struct Named {
    /// What lies there.
    pub name: &'static str,
    /// All lines of the name together.
    pub all: Counts,
    /// The one that changed cores most often.
    pub busiest: Counts,
    /// The lines that changed cores.
    pub lines: u64,
}

/// What was done on all lines, by their names.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Lines(pub Vec<Named>);

impl Lines {
    pub(crate) fn of(lines: &Numbered<Line>, names: &Names) -> Self {
        let mut named: BTreeMap<&'static str, Named> = BTreeMap::new();
        for (number, line) in lines {
            let name = names.of_line(*number);
            let entry = named.entry(name).or_insert(Named {
                name,
                all: Counts::default(),
                busiest: Counts::default(),
                lines: 0,
            });
            entry.all.add(&line.counts);
            entry.lines += u64::from(line.counts.transfers() > 0);
            if line.counts.transfers() > entry.busiest.transfers() {
                entry.busiest = line.counts;
            }
        }
        Self(named.into_values().collect())
    }

    /// Returns the line that changed cores most often, and its name.
    #[must_use]
    pub fn busiest(&self) -> Option<(&'static str, Counts)> {
        let shared = self.0.iter().filter(|named| named.busiest.transfers() > 0);
        let busiest = shared.max_by_key(|named| named.busiest.transfers())?;
        Some((busiest.name, busiest.busiest))
    }

    /// Returns what was done on all lines together.
    #[must_use]
    pub fn total(&self) -> Counts {
        let mut total = Counts::default();
        self.0.iter().for_each(|named| total.add(&named.all));
        total
    }
}
