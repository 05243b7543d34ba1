//! A mutation that does not apply says which one, where, and what is there instead.

use std::path::{Path, PathBuf};

use framewell_mutations::{Mutation, Source};

const STACK: &str = "
    /// A stack.
    pub struct Stack;

    impl Stack {
        /// Pushes.
        fn push(&self, word: u64) -> bool {
            // Release: publishes.
            self.head.exchange(word, Release, Acquire) && self.note(word)
        }

        const fn room(&self) -> u64 {
            4
        }
    }

    impl Drop for Stack {
        fn drop(&mut self) {}
    }
";

const SLOT: &str = "
    fn look() -> u32 {
        1 + 1
    }

    macro_rules! place {
        () => {
            if look() == 1 { 2 } else { 3 }
        };
    }

    impl Slot {
        fn push(&self) {}
    }

    impl Drop for Slot {
        fn drop(&mut self) {}
    }
";

fn source() -> Source {
    let files = [
        ("base/stack.rs", STACK),
        ("slot.rs", SLOT),
        ("lib.rs", "mod slot;\n"),
    ];
    let texts = files.map(|(path, text)| (PathBuf::from(path), text.to_owned()));
    Source::of(Path::new("src"), texts).unwrap()
}

fn mutation(item: &'static str, from: &'static str, to: &'static str) -> Mutation {
    Mutation { item, from, to }
}

/// What is said when a mutation does not apply.
fn refusal(item: &'static str, from: &'static str) -> String {
    let answer = source().mutated("sown", &[mutation(item, from, "0")]);
    answer.err().expect("it does not apply").to_string()
}

/// The text of a file with a mutation.
fn mutated(file: &str, item: &'static str, from: &'static str, to: &'static str) -> String {
    let tree = source().mutated("sown", &[mutation(item, from, to)]);
    let tree = tree.unwrap_or_else(|e| panic!("{e}"));
    let found = tree.texts().find(|(path, _)| *path == Path::new(file));
    found.expect("the file is there").1.to_owned()
}

#[test]
fn piece_is_replaced_where_it_stands() {
    let text = mutated(
        "base/stack.rs",
        "Stack::push",
        "word,Release,\n Acquire",
        "word, Relaxed, Acquire",
    );
    assert_eq!(text, STACK.replace("Release, Acquire", "Relaxed, Acquire"));
    let text = mutated("slot.rs", "mod slot", "", "mod names;");
    assert_eq!(text, format!("{SLOT}\nmod names;\n"));
    let text = mutated("slot.rs", "Drop for Slot::drop", "{}", "{ look(); }");
    assert_eq!(text, SLOT.replace("mut self) {}", "mut self) { look(); }"));
}

#[test]
fn item_that_is_not_there_is_told_with_those_of_its_name() {
    assert_eq!(
        refusal("Stacks::push", "word"),
        "seed sown: `Stacks::push`: there is no such item; there is base::stack::Stack::push \
         (src/base/stack.rs:7), slot::Slot::push (src/slot.rs:13)"
    );
    assert_eq!(
        refusal("Stack::pop", "word"),
        "seed sown: `Stack::pop`: there is no such item"
    );
}

#[test]
fn item_that_is_there_twice_is_told_with_both() {
    assert_eq!(
        refusal("drop", "{}"),
        "seed sown: `drop`: 2 items have this name; say more of the path: \
         base::stack::Drop for Stack::drop (src/base/stack.rs:18), \
         slot::Drop for Slot::drop (src/slot.rs:17)"
    );
}

#[test]
fn piece_that_is_not_there_is_told_with_what_is_closest() {
    assert_eq!(
        refusal("Stack::push", "exchange(word, Release, Relaxed)"),
        "seed sown: `Stack::push`: src/base/stack.rs:7: \
         `exchange ( word , Release , Relaxed )` is not in it; \
         line 9 has `exchange ( word , Release ,`, and then `Acquire` instead of `Relaxed`"
    );
    // Comments are not matched.
    assert_eq!(
        refusal("Stack::push", "publishes"),
        "seed sown: `Stack::push`: src/base/stack.rs:7: `publishes` is not in it"
    );
}

#[test]
fn piece_that_is_there_twice_is_told_with_the_lines() {
    assert_eq!(
        refusal("look", "1"),
        "seed sown: `look`: src/slot.rs:2: `1` is in it 2 times, in lines 3, 3"
    );
}

#[test]
fn piece_of_half_a_pair_is_refused() {
    let refusal = refusal("look", "1 + 1 }");
    assert!(
        refusal.starts_with("seed sown: `look`: `1 + 1 }` is no sequence of whole tokens"),
        "{refusal}"
    );
}

#[test]
fn changes_that_overlap_are_refused() {
    let bug = [
        mutation("Stack::push", "Release, Acquire", "Relaxed, Acquire"),
        mutation("Stack::push", "word, Release", "word, AcqRel"),
    ];
    assert_eq!(
        source()
            .mutated("sown", &bug)
            .err()
            .expect("they overlap")
            .to_string(),
        "seed sown: `Stack::push`: src/base/stack.rs:9: two changes of the bug overlap"
    );
}

/// The switched text of a file, or why there is none.
fn switched(file: &str, bugs: &[&[Mutation]]) -> Result<String, String> {
    let bugs: Vec<(&str, &[Mutation])> = bugs.iter().map(|bug| ("sown", *bug)).collect();
    let tree = source().switched(&bugs).map_err(|e| e.to_string())?;
    let found = tree.texts().find(|(path, _)| *path == Path::new(file));
    Ok(found.expect("the file is there").1.to_owned())
}

#[test]
fn switched_function_has_every_body_and_keeps_its_lines() {
    let bugs = [
        &[mutation("Stack::push", "Release", "Relaxed")][..],
        &[mutation("look", "1 + 1", "0")],
        &[
            mutation("Stack::push", "Release", "Relaxed"),
            mutation("look", "+", "-"),
        ],
    ];
    let stack = switched("base/stack.rs", &bugs).unwrap();
    assert_eq!(stack.lines().count(), STACK.lines().count());
    assert!(
        stack.contains("match crate::seeded::bug() { 1 | 3 => return {"),
        "{stack}"
    );
    let slot = switched("slot.rs", &bugs).unwrap();
    assert!(slot.contains("3 => return { 1 - 1 }"), "{slot}");
    assert!(slot.contains("2 => return { 0 }"), "{slot}");
    assert!(
        switched("lib.rs", &bugs)
            .unwrap()
            .contains("pub(crate) fn choose")
    );
}

#[test]
fn switched_macro_has_every_piece() {
    let slot = switched("slot.rs", &[&[mutation("place!", "look()", "7")]]).unwrap();
    let piece = "if (match crate::seeded::bug() { 1 => { 7 }  _ => { look() } }) == 1";
    assert!(slot.contains(piece), "{slot}");
}

#[test]
fn what_cannot_be_switched_is_refused() {
    let refusal = |item, from| switched("slot.rs", &[&[mutation(item, from, "0")]]).unwrap_err();
    assert_eq!(
        refusal("Stack::room", "4"),
        "seed sown: `Stack::room`: src/base/stack.rs:12: a const function cannot be switched"
    );
    assert_eq!(
        refusal("look", "u32"),
        "seed sown: `look`: src/slot.rs:2: what is outside of a function's body cannot be switched"
    );
    assert_eq!(
        refusal("Stack", "pub"),
        "seed sown: `Stack`: src/base/stack.rs:3: it is neither a function nor a macro: it cannot be switched"
    );
    assert_eq!(
        refusal("place!", "if look() == 1"),
        "seed sown: `place!`: src/slot.rs:6: in a macro one expression alone can be switched with another"
    );
}
