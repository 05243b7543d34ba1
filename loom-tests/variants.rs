// Lays out variants of the crate: copies of ../src as module trees, so that what stands beside them sees what is
// `pub(crate)`. In a seeded one pieces of the source are replaced; a piece that is not found exactly once
// stops the build, so a seed cannot go stale unnoticed. A module of the build scripts here and in cells, ../verify/rseq and ../benches/contention.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// A piece of a source file, found exactly once in it, and what replaces it.
#[derive(PartialEq)]
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
    lay_out_in_part(out, name, bug, |_| true, beside, text);
}

/// The same with copies of some modules of the crate alone: the others are those of the variant `sound`.
pub(crate) fn lay_out_in_part(
    out: &Path,
    name: &str,
    bug: &[Change],
    copied: impl Fn(&str) -> bool,
    beside: &[PathBuf],
    text: &mut String,
) {
    let root = out.join(name);
    let _ = fs::remove_dir_all(&root);
    fs::create_dir_all(&root).unwrap();
    let mut done = vec![false; bug.len()];
    for entry in sorted(Path::new(crate::SRC)) {
        let below = Path::new(entry.file_name().unwrap());
        if below == Path::new("lib.rs") {
            let source = lib(&fs::read_to_string(&entry).unwrap(), &copied);
            write(&root.join(below), name, &source);
        } else if copied(stem(below)) {
            copy(&entry, &root, below, name, bug, &mut done);
        }
    }
    assert!(
        done.iter().all(|done| *done),
        "{name}: the seed names a file that is not there, or that its model does not reach"
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

/// Copies a file or folder of the crate, which stands at `below` in it, to its place in `root`.
fn copy(from: &Path, root: &Path, below: &Path, name: &str, bug: &[Change], done: &mut [bool]) {
    if from.is_dir() {
        fs::create_dir_all(root.join(below)).unwrap();
        for entry in sorted(from) {
            let below = below.join(entry.file_name().unwrap());
            copy(&entry, root, &below, name, bug, done);
        }
        return;
    }
    let mut source = fs::read_to_string(from).unwrap();
    for (change, done) in bug.iter().zip(done) {
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
    write(&root.join(below), name, &source);
}

/// The crate's root as a module, with the modules that are not copied taken from the sound variant.
fn lib(source: &str, copied: impl Fn(&str) -> bool) -> String {
    let lines = source.lines().filter(|line| !line.starts_with("#![doc"));
    lines
        .map(|line| match line.strip_prefix("mod ") {
            Some(rest) => match rest.strip_suffix(';') {
                Some(module) if !copied(module) => {
                    format!("pub(crate) use super::super::sound::fw::{module};\n")
                }
                _ => format!("pub(crate) mod {rest}\n"),
            },
            None => format!("{line}\n"),
        })
        .collect()
}

fn write(file: &Path, name: &str, source: &str) {
    let source = source.replace("crate::", &format!("crate::{name}::fw::"));
    // The crate's own tests run with the crate.
    let source = source.replace("#[cfg(all(test, not(loom)))]", "#[cfg(any())]");
    fs::write(file, source).unwrap();
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
