//! Seeds bugs into copies of framewell's source, for the tests that have to catch them.
//!
//! # How to seed a bug
//!
//! 1. Write a [`Mutation`]: the item that it changes by its path (`Stack::push`), a piece of it
//!    (`from`), and what replaces the piece (`to`). Comments and layout do not matter.
//! 2. Add it to a table of seeds with the name of the model or test that must fail, and a part of
//!    what the failure says: `loom-tests/seeds/`, `loom-tests/cells/seeds.rs`, or
//!    `verify/rseq/seeds/`.
//! 3. Run that member's tests, such as `cargo test -p framewell-loom-tests NAME`, where `NAME` is
//!    the model's name with `_` for `::`. Look that a test ran.
//! 4. If the seed does not apply, the build says which item and which piece, and what is closest.
//! 5. Run `cargo test -p framewell-mutations`: it applies all seeds.
//!
//! This is a whole seed of `loom-tests/seeds/`:
//!
//! ```text
//! Seed {
//!     name: "pushed_in_two_steps",
//!     model: "slot::push_races_push_and_pop",
//!     caught_by: "lost or doubled",
//!     bug: &[Mutation {
//!         item: "Slot::push",
//!         from: "self.word
//!             .compare_exchange(word, new, Ordering::Release, Ordering::Relaxed)
//!             .is_ok()",
//!         to: "self.word.store(new, Ordering::Release); true",
//!     }],
//! }
//! ```
//!
//! In `loom-tests` and its `cells` all bugs share one copy of the source. There a change has to lie
//! in the body of a function that is not `const`, or to be one expression of a macro. A model is a
//! function `pub fn name()` of a file in `models/`.
//!
//! # How it works
//!
//! ```text
//!   src/ ── Source::read ──► texts, tokens, items
//!                                │ mutated: one bug            one copy for each
//!                                │ switched: all bugs          one copy, a bug chosen at run time
//!                                ▼
//!                             Tree::lay_out ──► a module tree in OUT_DIR
//! ```
//!
//! Edits are made in the text where the tokens stand, so everything else is the crate's source as
//! it is.

#![forbid(unsafe_code)]

mod error;
mod items;
mod layout;
mod mutate;
mod source;
mod switch;
mod tokens;

pub use error::Error;
pub use layout::{sorted, stem};
pub use source::{Source, Tree};

/// A change of the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mutation {
    /// The item that is changed: a function, a method by its type (`Stack::push`), a constant, a
    /// type, a macro (`explored!`), or a module (`mod depot`) with all that is in it.
    ///
    /// As much of its path as tells it apart from all others: `x86_64::push`; a method of a trait
    /// can be told apart by that, `Drop for Pool::drop`.
    pub item: &'static str,
    /// A piece of the item: a sequence of whole tokens, delimiters in pairs, that is in the item
    /// once. An empty one is the end of a module.
    pub from: &'static str,
    /// What replaces it.
    pub to: &'static str,
}
