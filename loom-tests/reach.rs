// Which modules of the crate a seeded variant has copies of its own of: those from which a changed file can be
// reached, and which the models can reach. It takes the others from the sound variant.
//
// A module is one of those that lib.rs declares, with all below it. It reaches those that it names by `crate::…`, as a
// model by `fw::…`, and what they reach. A name overlooked here does not hide a bug: the variant then lacks the changed
// module and is not laid out, or it is sound where the model needs it seeded and the seed's test fails.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Component, Path, PathBuf};

use crate::variants::{Change, sorted, stem};

type Names = BTreeSet<String>;

/// What each module of the crate reaches, itself included.
pub(crate) struct Reach(BTreeMap<String, Names>);

impl Reach {
    pub(crate) fn read(src: &Path) -> Self {
        let modules = sorted(src).into_iter().filter(|entry| stem(entry) != "lib");
        let texts: BTreeMap<String, String> = modules
            .map(|entry| (stem(&entry).to_owned(), text_below(&entry)))
            .collect();
        let all: Names = texts.keys().cloned().collect();
        let named = |module: &String| named_after("crate::", &texts[module], &all);
        let reached = |module: &String| {
            let mut reached = Names::new();
            let mut open = vec![module.clone()];
            while let Some(next) = open.pop() {
                if reached.insert(next.clone()) {
                    open.extend(named(&next));
                }
            }
            reached
        };
        Self(all.iter().map(|m| (m.clone(), reached(m))).collect())
    }

    /// The modules that a variant with `bug` needs for the models in the files `beside`.
    pub(crate) fn affected(&self, bug: &[Change], beside: &[PathBuf]) -> Names {
        let changed: Names = bug.iter().map(|change| module_of(change.file)).collect();
        let all: Names = self.0.keys().cloned().collect();
        let named = |file: &PathBuf| named_after("fw::", &text_below(file), &all);
        let reached = beside
            .iter()
            .flat_map(named)
            .flat_map(|module| &self.0[&module]);
        reached
            .filter(|module| !self.0[*module].is_disjoint(&changed))
            .cloned()
            .collect()
    }
}

/// The modules named after `prefix`; all, if there is another name: it may lead anywhere.
fn named_after(prefix: &str, text: &str, all: &Names) -> Names {
    let mut named = Names::new();
    for rest in text.split(prefix).skip(1) {
        let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_');
        let name = &rest[..end.unwrap_or(rest.len())];
        if !all.contains(name) {
            return all.clone();
        }
        named.insert(name.to_owned());
    }
    named
}

fn module_of(file: &'static str) -> String {
    match Path::new(file).components().next() {
        Some(Component::Normal(first)) => stem(Path::new(first)).to_owned(),
        _ => panic!("{file:?} is not a path below src"),
    }
}

/// The text of a file, or of all below a folder, without its comments.
fn text_below(entry: &Path) -> String {
    if entry.is_dir() {
        return sorted(entry).iter().map(|e| text_below(e)).collect();
    }
    let text = fs::read_to_string(entry).unwrap();
    text.lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .map(|line| format!("{line}\n"))
        .collect()
}
