//! Lays copies of the crate out as module trees, so that what stands beside one sees what is
//! `pub(crate)` in it.

use std::fmt::Write as _;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::source::{Edit, File, Tree, applied};
use crate::tokens::{places, tokens};

impl Tree {
    /// Writes the files to a folder `name` in `out`. The answer is the text of a module `name`
    /// with the crate as its module `fw`, and with the files `beside` as modules next to that.
    ///
    /// # Panics
    ///
    /// `out` is not writable, or a file of `beside` is not there.
    #[must_use]
    pub fn lay_out(&self, out: &Path, name: &str, beside: &[PathBuf]) -> String {
        let root = out.join(name);
        let _ = fs::remove_dir_all(&root);
        for file in &self.files {
            let to = root.join(&file.path);
            fs::create_dir_all(to.parent().expect("it is below root")).expect("out is writable");
            fs::write(&to, as_module(file, name)).expect("out is writable");
        }
        let mut text = format!("mod {name} {{\n");
        let mut declare = |module: &str, path: &Path| {
            writeln!(text, "    #[path = {path:?}]\n    pub(crate) mod {module};")
                .expect("a String takes it");
        };
        declare("fw", &root.join("lib.rs"));
        for file in beside {
            declare(
                stem(file),
                &fs::canonicalize(file).expect("a file beside is there"),
            );
        }
        text + "}\n"
    }
}

/// A file's text with the crate's root as the module `name::fw`.
fn as_module(file: &File, name: &str) -> String {
    let pattern = |text: &str| tokens(text.parse().expect("it is Rust"));
    let mut edits = Vec::new();
    for at in places(&file.tokens, &pattern("crate::")) {
        let end = file.tokens[at].at.end;
        let to = format!("::{name}::fw");
        edits.push(Edit {
            start: end,
            end,
            to,
        });
    }
    // The crate's own tests run with the crate.
    let test = pattern("#[cfg(all(test))]");
    let test = &test[..test.len() - 3];
    for at in places(&file.tokens, test) {
        let Range { start, end } = file.tokens[at + test.len() - 1].at.clone();
        let to = "any()".to_owned();
        edits.push(Edit { start, end, to });
    }
    let text = applied(&file.text, 0..file.text.len(), &edits);
    if file.path == Path::new("lib.rs") {
        root_as_module(&text)
    } else {
        text
    }
}

/// The crate's root without its documentation, and with its modules for what stands beside it.
fn root_as_module(text: &str) -> String {
    let lines = text.lines().map(|line| {
        if line.starts_with("#![doc") || line.starts_with("//!") {
            String::from("\n")
        } else if line.starts_with("mod ") {
            format!("pub(crate) {line}\n")
        } else {
            format!("{line}\n")
        }
    });
    lines.collect()
}

/// What a folder holds, in order.
///
/// # Panics
///
/// The folder cannot be read.
#[must_use]
pub fn sorted(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut entries: Vec<PathBuf> = entries
        .map(|entry| entry.expect("a folder that is read").path())
        .collect();
    entries.sort();
    entries
}

/// The name of the module in a file.
///
/// # Panics
///
/// The path names no file, or is no text.
#[must_use]
pub fn stem(file: &Path) -> &str {
    let stem = file.file_stem().and_then(|stem| stem.to_str());
    stem.expect("a file's name is text")
}
