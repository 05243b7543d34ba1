//! Many bugs in one copy of the source, of which a process chooses one when it runs.
//!
//! A function with bugs gets their bodies beside its own: each on one line before it, so that the
//! lines of the source keep their numbers.
//!
//! ```text
//!   fn push(&self) { match crate::seeded::bug() { 3 | 7 => return { … }, _ => {} }
//!       the body as it is
//!   }
//! ```
//!
//! In a macro there are no functions yet: there the piece itself, an expression, is a `match`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use proc_macro2::TokenStream;

use crate::Mutation;
use crate::error::Error;
use crate::items::Kind;
use crate::source::{Edit, Source, Tree, applied};

/// What chooses the bug: a module of the copy.
const SWITCH: &str = "
pub(crate) mod seeded {
    static BUG: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);

    /// Chooses the bug by its number, before anything else runs. 0 is none.
    pub(crate) fn choose(bug: usize) {
        BUG.store(bug, std::sync::atomic::Ordering::SeqCst);
    }

    #[inline(always)]
    pub(crate) fn bug() -> usize {
        BUG.load(std::sync::atomic::Ordering::Relaxed)
    }
}
";

/// The numbers of the bugs that change an item in the same way, by those changes.
type Ways = BTreeMap<Vec<Edit>, Vec<usize>>;

impl Source {
    /// The source with all bugs, each with a name for messages. `crate::seeded::choose` in it
    /// chooses the bug that it has when it runs, by its place in `bugs`, counted from 1.
    ///
    /// # Errors
    ///
    /// A change of one does not apply, or is not within a function that is not const, or a macro.
    pub fn switched(&self, bugs: &[(&str, &[Mutation])]) -> Result<Tree, Error> {
        let mut items: BTreeMap<(usize, usize), Ways> = BTreeMap::new();
        for (n, (seed, bug)) in bugs.iter().enumerate() {
            let mut changed: BTreeMap<(usize, usize), Vec<Edit>> = BTreeMap::new();
            for (place, mutation) in self.places(seed, bug)?.into_iter().zip(*bug) {
                self.check(&place.edit, place.file, place.item)
                    .map_err(|why| Error::of(seed, mutation.item, why))?;
                let edits = changed.entry((place.file, place.item)).or_default();
                edits.push(place.edit);
            }
            for (item, mut edits) in changed {
                edits.sort();
                let ways = items.entry(item).or_default();
                ways.entry(edits).or_default().push(n + 1);
            }
        }
        let mut edits: BTreeMap<usize, Vec<Edit>> = BTreeMap::new();
        for ((file, item), ways) in items {
            let switched = self.switched_item(file, item, ways)?;
            edits.entry(file).or_default().extend(switched);
        }
        let files = self.sound().files.iter();
        let root = files
            .zip(0..)
            .find(|(file, _)| file.path == Path::new("lib.rs"));
        if let Some((file, at)) = root {
            let end = file.text.len();
            let to = SWITCH.to_owned();
            let switch = Edit {
                start: end,
                end,
                to,
            };
            edits.entry(at).or_default().push(switch);
        }
        self.edited(edits).map_err(Error::new)
    }

    /// Whether a change can be switched.
    fn check(&self, edit: &Edit, file: usize, item: usize) -> Result<(), String> {
        let item = &self.items(file)[item];
        let piece = &self.file(file).text[edit.start..edit.end];
        let why = match &item.kind {
            Kind::Fn { is_const: true, .. } => "a const function cannot be switched",
            Kind::Fn { body, .. } if edit.start < body.start || body.end < edit.end => {
                "what is outside of a function's body cannot be switched"
            }
            Kind::Macro if !is_expression(piece) || !is_expression(&edit.to) => {
                "in a macro one expression alone can be switched with another"
            }
            Kind::Fn { .. } | Kind::Macro => return Ok(()),
            Kind::Mod | Kind::Other => {
                "it is neither a function nor a macro: it cannot be switched"
            }
        };
        let at = self.shown(file, item.line);
        Err(format!("{at}: {why}"))
    }

    fn switched_item(&self, at: usize, item: usize, ways: Ways) -> Result<Vec<Edit>, Error> {
        let file = self.file(at);
        let item = &self.items(at)[item];
        let Kind::Fn { body, .. } = &item.kind else {
            return Ok(switched_pieces(&file.text, &ways));
        };
        let mut arms = String::new();
        for (edits, bugs) in &ways {
            let text = applied(&file.text, body.clone(), edits);
            let parsed: Result<TokenStream, _> = text.parse();
            let block = parsed.map_err(|e| {
                let place = self.shown(at, item.line);
                Error::new(format!("{place}: {} as seeded: {e}", item.path()))
            })?;
            write!(arms, "{} => return {block}, ", numbers(bugs)).expect("a String takes it");
        }
        let start = body.start + 1;
        let to = format!(" match crate::seeded::bug() {{ {arms}_ => {{}} }}");
        let end = start;
        Ok(vec![Edit { start, end, to }])
    }
}

fn is_expression(text: &str) -> bool {
    syn::parse_str::<syn::Expr>(text).is_ok()
}

/// The pieces of a macro that bugs change, each as a `match`.
fn switched_pieces(text: &str, ways: &Ways) -> Vec<Edit> {
    let mut pieces: BTreeMap<(usize, usize), String> = BTreeMap::new();
    for (edits, bugs) in ways {
        for edit in edits {
            let arms = pieces.entry((edit.start, edit.end)).or_default();
            write!(arms, "{} => {{ {} }} ", numbers(bugs), edit.to).expect("a String takes it");
        }
    }
    let switched = |((start, end), arms)| {
        let piece = &text[start..end];
        let to = format!("(match crate::seeded::bug() {{ {arms} _ => {{ {piece} }} }})");
        Edit { start, end, to }
    };
    pieces.into_iter().map(switched).collect()
}

/// The pattern for some numbers.
fn numbers(bugs: &[usize]) -> String {
    let numbers: Vec<String> = bugs.iter().map(usize::to_string).collect();
    numbers.join(" | ")
}
