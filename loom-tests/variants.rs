// Lays out variants of the crate: copies of ../src as module trees, so that what stands beside them sees what is
// `pub(crate)`. In a seeded one pieces of the source are replaced; a piece that is not found exactly once
// stops the build, so a seed cannot go stale unnoticed. A module of the build scripts here and in ../rseq-tests.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// A piece of a source file, found exactly once in it, and what replaces it.
pub(crate) struct Change {
    pub(crate) file: &'static str,
    pub(crate) from: &'static str,
    pub(crate) to: &'static str,
}

/// Copies the crate to `out`, changed by `bug`, and declares it in `text` as `name::fw`, together with the
/// modules of `beside`.
pub(crate) fn lay_out(
    out: &Path,
    name: &str,
    bug: &[Change],
    beside: &[PathBuf],
    text: &mut String,
) {
    let root = out.join(name);
    let _ = fs::remove_dir_all(&root);
    let mut done = vec![false; bug.len()];
    copy(
        Path::new("../src"),
        &root,
        Path::new(""),
        name,
        bug,
        &mut done,
    );
    assert!(
        done.iter().all(|done| *done),
        "{name}: the seed names a file that is not there"
    );
    if !bug.is_empty() {
        // Wrong on purpose.
        writeln!(text, "#[allow(warnings, clippy::all)]").unwrap();
    }
    writeln!(text, "mod {name} {{").unwrap();
    let lib = root.join("lib.rs");
    writeln!(text, "    #[path = {lib:?}]\n    pub(crate) mod fw;").unwrap();
    for file in beside {
        let path = fs::canonicalize(file).unwrap();
        let module = stem(file);
        writeln!(text, "    #[path = {path:?}]\n    pub(crate) mod {module};").unwrap();
    }
    writeln!(text, "}}").unwrap();
}

fn copy(from: &Path, to: &Path, below: &Path, name: &str, bug: &[Change], done: &mut [bool]) {
    fs::create_dir_all(to).unwrap();
    for entry in sorted(from) {
        let file = entry.file_name().unwrap();
        let below = below.join(file);
        if entry.is_dir() {
            copy(&entry, &to.join(file), &below, name, bug, done);
            continue;
        }
        let mut source = fs::read_to_string(&entry).unwrap();
        for (change, done) in bug.iter().zip(&mut *done) {
            if Path::new(change.file) == below {
                let found = source.matches(change.from).count();
                assert_eq!(
                    found, 1,
                    "{name}: {:?} is in {} {found} times, not once",
                    change.from, change.file
                );
                source = source.replace(change.from, change.to);
                *done = true;
            }
        }
        if below == Path::new("lib.rs") {
            source = source
                .lines()
                .filter(|line| !line.starts_with("#![doc"))
                .map(|line| match line.strip_prefix("mod ") {
                    Some(module) => format!("pub(crate) mod {module}\n"),
                    None => format!("{line}\n"),
                })
                .collect();
        }
        // The crate's own tests run with the crate.
        let source = source
            .replace("crate::", &format!("crate::{name}::fw::"))
            .replace("#[cfg(all(test, not(loom)))]", "#[cfg(any())]");
        fs::write(to.join(file), source).unwrap();
    }
}

/// What a folder holds, in order.
pub(crate) fn sorted(folder: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap_or_else(|e| panic!("{}: {e}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .collect();
    entries.sort();
    entries
}

/// The name of the module in a file.
pub(crate) fn stem(file: &Path) -> &str {
    file.file_stem().unwrap().to_str().unwrap()
}
