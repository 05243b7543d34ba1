//! Disassembles the sections as the compiler and the linker placed them. Every section of this
//! binary keeps what the kernel and the algorithm need, and the hot path has no more instructions
//! than it should.

#![cfg(rseq)]

#[cfg(target_arch = "x86_64")]
#[path = "support/path.rs"]
mod path;
mod support;

use std::collections::BTreeSet;

use support::check::check;
use support::descriptor::{descriptors, of_function};

const SECTIONS: [&str; 4] = ["pop", "push", "pop_burst", "push_bulk"];

/// The most instructions of a get and a free, from the call to the return. When this was written
/// there were 59, or 66 with debug assertions. The limit leaves a little room for other compilers.
#[cfg(target_arch = "x86_64")]
const PAIR: usize = if cfg!(debug_assertions) { 76 } else { 68 };

/// Checks the four sections of a variant. The error is the first fault.
fn check_sections(entries: [usize; 4]) -> Result<(), String> {
    for (name, entry) in SECTIONS.iter().zip(entries) {
        let instructions = check(of_function(entry)).map_err(|e| format!("{name}: {e}"))?;
        println!("{name}: {instructions} instructions");
    }
    Ok(())
}

/// Returns the starts of the seeded variants' sections. The linker may have folded their sound
/// sections into the sound variant's.
fn seeded() -> BTreeSet<u64> {
    let starts = |entries: &[usize; 4]| entries.map(|entry| of_function(entry).start());
    let sound = starts(&sound::subject::entries());
    SEEDED
        .iter()
        .flat_map(|entries| starts(&entries()))
        .filter(|start| !sound.contains(start))
        .collect()
}

#[test]
fn all_four_sections_are_sound() {
    check_sections(sound::subject::entries()).unwrap();
}

#[test]
fn every_section_in_the_binary_is_sound() {
    assert!(
        sound::subject::used() > 0,
        "the public calls are compiled in"
    );
    let seeded = seeded();
    let mut checked = 0;
    for descriptor in descriptors() {
        if !seeded.contains(&descriptor.start()) {
            let at = descriptor.start();
            check(descriptor).unwrap_or_else(|e| panic!("{at:#x}: {e}"));
            checked += 1;
        }
    }
    println!("{checked} sections, and {} seeded ones", seeded.len());
    // There are the four functions' sections, and at least as many within the public calls.
    assert!(checked >= 8, "{checked} sections");
}

#[cfg(target_arch = "x86_64")]
#[test]
fn a_get_and_a_free_are_few_instructions() {
    let entry = sound::subject::pair as *const () as usize;
    let path = path::hot(entry as u64).unwrap();
    println!("get and free: {path}");
    assert!(path.instructions <= PAIR, "{path}");
}

/// Tests that the check finds a seeded bug, and names its cause.
macro_rules! is_caught {
    ($variant:ident, $test:ident, $cause:literal) => {
        #[test]
        fn $test() {
            let why = check_sections($variant::subject::entries()).unwrap_err();
            println!("caught: {why}");
            assert!(
                why.contains($cause),
                "failed, but not by {:?}: {why}",
                $cause
            );
        }
    };
}

include!(concat!(env!("OUT_DIR"), "/disassembly.rs"));

macro_rules! list {
    ($($variant:ident)*) => {
        /// The seeded variants' functions.
        const SEEDED: &[fn() -> [usize; 4]] = &[$($variant::subject::entries),*];
    };
}

for_each_seeded!(list);
