//! Who takes part in the workloads of varying lengths: a line for each.

use std::io;

use super::c::Pair;
use super::dot11::{DOT11, DOT11_PORTABLE};
use super::heap::{Allocator, Heap};
use super::rpmalloc::Rpmalloc;
use super::shared::{Gperftools, Mimalloc, Shared, load};
use super::{MALLOC, SNMALLOC};
use crate::check::check_varying;
use crate::memory::{self, Memory};
use crate::varying::VaryingContestant;
use crate::work::{Kind, Workload};

/// A contestant of any type.
pub trait Entrant: Sync {
    /// Returns the name, as shown in tables.
    fn title(&self) -> &'static str;

    /// Checks its buffers.
    ///
    /// # Panics
    ///
    /// If they are not what they should be.
    fn check(&self);

    /// Makes a workload with it; `None` if that is not one of varying lengths.
    fn workload(&'static self, kind: Kind) -> Option<Box<dyn Workload>>;

    /// Runs the mix for at least this many steps and returns what it has resident more than `before`.
    ///
    /// # Errors
    ///
    /// If the system does not tell.
    fn memory(&'static self, steps: u64, before: usize) -> io::Result<Memory>;
}

impl<C: VaryingContestant> Entrant for C {
    fn title(&self) -> &'static str {
        self.name()
    }

    fn check(&self) {
        check_varying(self);
    }

    fn workload(&'static self, kind: Kind) -> Option<Box<dyn Workload>> {
        kind.with_varying(self)
    }

    fn memory(&'static self, steps: u64, before: usize) -> io::Result<Memory> {
        memory::of_mix(self, steps, before)
    }
}

/// A contestant that takes part if this machine has what it needs.
pub struct Candidate {
    /// As shown in tables.
    pub name: &'static str,
    /// Loads what it needs, or says what is missing.
    pub load: fn() -> Result<(), String>,
    /// Makes the contestant, once it is loaded.
    pub make: fn() -> &'static dyn Entrant,
}

const fn linked<A: Allocator>(make: fn() -> &'static dyn Entrant) -> Candidate {
    Candidate {
        name: A::NAME,
        load: || Ok(()),
        make,
    }
}

/// All candidates; `malloc` is the one that the ratios are of.
pub const VARYING: &[Candidate] = &[
    DOT11,
    DOT11_PORTABLE,
    linked::<std::alloc::System>(|| &MALLOC),
    linked::<snmalloc_rs::SnMalloc>(|| &SNMALLOC),
    JEMALLOC,
    Candidate {
        name: "gperftools",
        load: load::<Gperftools>,
        make: || const { &Heap::<Pair<Shared<Gperftools>>>::new() },
    },
    linked::<Pair<Rpmalloc>>(|| const { &Heap::<Pair<Rpmalloc>>::new() }),
    Candidate {
        name: "mimalloc",
        load: load::<Mimalloc>,
        make: || const { &Heap::<Pair<Shared<Mimalloc>>>::new() },
    },
];

/// Loads all candidates; returns those that this machine has, and says of each other what is missing.
pub fn candidates() -> (Vec<&'static Candidate>, Vec<String>) {
    let (mut present, mut missing) = (Vec::new(), Vec::new());
    for candidate in VARYING {
        match (candidate.load)() {
            Ok(()) => present.push(candidate),
            Err(why) => missing.push(format!("{} is left out: {why}", candidate.name)),
        }
    }
    (present, missing)
}

#[cfg(feature = "jemalloc")]
const JEMALLOC: Candidate = linked::<Pair<super::jemalloc::Jemalloc>>(|| {
    const { &Heap::<Pair<super::jemalloc::Jemalloc>>::new() }
});

#[cfg(not(feature = "jemalloc"))]
const JEMALLOC: Candidate = Candidate {
    name: "jemalloc",
    load: || Err("it takes part if built with --features jemalloc".into()),
    make: || unreachable!("jemalloc was not loaded"),
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn candidates_are_what_they_are_named_and_pass_the_check() {
        for candidate in candidates().0 {
            let entrant = (candidate.make)();
            assert_eq!(entrant.title(), candidate.name);
            entrant.check();
        }
    }
}
