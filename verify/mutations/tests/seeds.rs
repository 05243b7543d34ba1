//! All seeds apply to the crate's source, and go on doing so when comments are rewrapped, the code
//! is laid out anew, and items move to other files.

#![allow(
    dead_code,
    reason = "the tables are the members', for their build scripts"
)]

#[path = "../../../loom-tests/cells/seeds.rs"]
mod cells;
#[path = "../../../loom-tests/seeds/mod.rs"]
mod loom_tests;
#[path = "../../../benches/contention/machine.rs"]
mod machine;
#[path = "../../rseq/seeds/mod.rs"]
mod rseq;

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use framewell_mutations::{Mutation, Source};

fn source() -> Source {
    Source::read(Path::new("../../src")).unwrap_or_else(|e| panic!("{e}"))
}

/// All bugs of all members, each once, with the name of the first seed that has it.
fn bugs() -> Vec<(String, &'static [Mutation])> {
    let models =
        loom_tests::seeds().map(|seed| (format!("{} {}", seed.model, seed.name), seed.bug));
    let cells = cells::SEEDS.iter();
    let cells = cells.map(|seed| (format!("{} {}", seed.model, seed.name), seed.bug));
    let rseq = rseq::seeds().map(|seed| (format!("{} {}", seed.test, seed.name), seed.bug));
    let machine = [("the simulated machine".to_owned(), machine::MACHINE)];
    let all = models.chain(cells).chain(rseq).chain(machine);
    let mut bugs: Vec<(String, &[Mutation])> = Vec::new();
    for (name, bug) in all {
        if bugs.iter().all(|(_, other)| *other != bug) {
            bugs.push((name, bug));
        }
    }
    bugs
}

/// What each bug makes of the files that it changes: their tokens.
fn seeded(source: &Source) -> Vec<(String, Vec<String>)> {
    let before: Vec<Vec<&str>> = source.sound().tokens().collect();
    let changed = |(name, bug): (String, &[Mutation])| {
        let mutated = source.mutated(&name, bug).unwrap_or_else(|e| panic!("{e}"));
        let pairs = mutated.tokens().zip(&before);
        let changed = pairs.filter(|(now, before)| now != *before);
        let tokens: Vec<String> = changed
            .flat_map(|(now, _)| now)
            .map(str::to_owned)
            .collect();
        assert!(!tokens.is_empty(), "{name} changes nothing");
        (name, tokens)
    };
    bugs().into_iter().map(changed).collect()
}

/// The tokens of a text that need not be a file.
fn tokens(text: &str) -> Vec<String> {
    let source = Source::of(Path::new(""), [(PathBuf::new(), text.to_owned())]);
    let source = source.unwrap_or_else(|e| panic!("{e}"));
    source
        .sound()
        .tokens()
        .flatten()
        .map(str::to_owned)
        .collect()
}

/// The source with something done to each file.
fn changed(source: &Source, mut change: impl FnMut(&Path, &str) -> (PathBuf, String)) -> Source {
    let texts = source
        .sound()
        .texts()
        .map(|(path, text)| change(path, text));
    Source::of(Path::new("changed"), texts).unwrap_or_else(|e| panic!("{e}"))
}

/// Every seed applies to the changed source too, and makes the same of it.
fn assert_same_seeds(changed: &Source) {
    static SEEDED: LazyLock<Vec<(String, Vec<String>)>> = LazyLock::new(|| seeded(&source()));
    for (before, now) in SEEDED.iter().zip(seeded(changed)) {
        assert_eq!(*before, now, "{}", now.0);
    }
}

#[test]
fn seeds_survive_that_comments_are_rewrapped() {
    let mut rewrapped = 0;
    let changed = changed(&source(), |path, text| {
        let lines = text.lines().map(|line| {
            let code = line.trim_start();
            let signs = code.len() - code.trim_start_matches(['/', '!']).len();
            let margin = &line[..line.len() - code.len() + signs];
            if signs < 2 || code.len() < 40 {
                return format!("{line}\n");
            }
            rewrapped += 1;
            let words = line[margin.len()..].split_whitespace();
            words.map(|word| format!("{margin} {word}\n")).collect()
        });
        (path.to_owned(), lines.collect())
    });
    assert!(rewrapped > 1000, "{rewrapped}");
    assert_same_seeds(&changed);
}

#[test]
fn seeds_survive_that_comments_go_and_the_code_is_laid_out_anew() {
    let changed = changed(&source(), |path, text| {
        let tokens = tokens(text);
        // One on a line, but where that would make two of one.
        let mut laid_out = String::new();
        for token in tokens {
            let is_sign = token != "_" && token.chars().all(|c| c.is_ascii_punctuation());
            laid_out += &token;
            laid_out.push_str(if is_sign { "" } else { "\n" });
        }
        (path.to_owned(), laid_out)
    });
    assert_same_seeds(&changed);
}

#[test]
fn seeds_survive_that_files_move() {
    let changed = changed(&source(), |path, text| {
        // `a/b/mod.rs` becomes `room/a/b.rs`.
        let path = match path.file_name().and_then(|name| name.to_str()) {
            Some("mod.rs") => path.parent().unwrap().with_extension("rs"),
            _ => path.to_owned(),
        };
        (Path::new("room").join(path), text.to_owned())
    });
    assert_same_seeds(&changed);
}
