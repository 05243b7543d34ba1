//! The crate's source: texts, tokens and items.

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use proc_macro2::TokenStream;

use crate::error::Error;
use crate::items::{Item, items};
use crate::tokens::{Token, tokens};

/// The source of a crate as it is, in which mutations find what they change.
pub struct Source {
    /// Where it was read, for messages.
    root: PathBuf,
    tree: Tree,
    /// Those of each file.
    items: Vec<Vec<Item>>,
}

/// The files of a crate, as they are or with bugs.
#[derive(Clone)]
pub struct Tree {
    pub(crate) files: Vec<Arc<File>>,
}

pub(crate) struct File {
    /// Its path below the root.
    pub(crate) path: PathBuf,
    pub(crate) text: String,
    pub(crate) tokens: Vec<Token>,
}

/// A piece of a file's text, and what replaces it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Edit {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) to: String,
}

impl Source {
    /// Reads all files of a folder, and of those below it.
    ///
    /// # Errors
    ///
    /// One of them cannot be read, or is no Rust.
    pub fn read(root: &Path) -> Result<Self, Error> {
        let mut texts = Vec::new();
        read_below(root, Path::new(""), &mut texts)?;
        Self::of(root, texts)
    }

    /// A source of these files: each one's path below the root, and its text.
    ///
    /// # Errors
    ///
    /// One of them is no Rust.
    pub fn of(
        root: &Path,
        texts: impl IntoIterator<Item = (PathBuf, String)>,
    ) -> Result<Self, Error> {
        let mut source = Self {
            root: root.to_owned(),
            tree: Tree { files: Vec::new() },
            items: Vec::new(),
        };
        for (path, text) in texts {
            let wrong = |e: syn::Error| {
                let line = e.span().start().line;
                Error::new(format!("{}:{line}: {e}", root.join(&path).display()))
            };
            let stream: TokenStream = text.parse().map_err(|e| wrong(syn::Error::from(e)))?;
            let tokens = tokens(stream.clone());
            source
                .items
                .push(items(&path, &text, stream).map_err(wrong)?);
            source
                .tree
                .files
                .push(Arc::new(File { path, text, tokens }));
        }
        Ok(source)
    }

    /// Its files, without any bug.
    #[must_use]
    pub fn sound(&self) -> &Tree {
        &self.tree
    }

    pub(crate) fn file(&self, at: usize) -> &File {
        &self.tree.files[at]
    }

    pub(crate) fn items(&self, file: usize) -> &[Item] {
        &self.items[file]
    }

    /// All items, each with its file's number and its own in that.
    pub(crate) fn all_items(&self) -> impl Iterator<Item = (usize, usize, &Item)> {
        let files = self.items.iter().enumerate();
        files.flat_map(|(file, items)| {
            let items = items.iter().enumerate();
            items.map(move |(n, item)| (file, n, item))
        })
    }

    /// A place for a message.
    pub(crate) fn shown(&self, file: usize, line: usize) -> String {
        format!("{}:{line}", self.root.join(&self.file(file).path).display())
    }

    /// Its files with edits in some of them, by the file's number.
    pub(crate) fn edited(
        &self,
        edits: impl IntoIterator<Item = (usize, Vec<Edit>)>,
    ) -> Result<Tree, String> {
        let mut tree = self.tree.clone();
        for (at, edits) in edits {
            let file = self.file(at);
            let text = applied(&file.text, 0..file.text.len(), &edits);
            let stream: Result<TokenStream, _> = text.parse();
            let stream = stream.map_err(|e| {
                let line = e.span().start().line;
                format!("{}, as seeded: {e}", self.shown(at, line))
            })?;
            tree.files[at] = Arc::new(File {
                path: file.path.clone(),
                text,
                tokens: tokens(stream),
            });
        }
        Ok(tree)
    }
}

impl Tree {
    /// Each file's path below the root, and its text.
    pub fn texts(&self) -> impl Iterator<Item = (&Path, &str)> {
        self.files.iter().map(|file| (&*file.path, &*file.text))
    }

    /// The tokens of each file, without comments and layout: what mutations see of it.
    pub fn tokens(&self) -> impl Iterator<Item = Vec<&str>> {
        self.files.iter().map(|file| texts(&file.tokens))
    }
}

fn texts(tokens: &[Token]) -> Vec<&str> {
    tokens.iter().map(|token| &*token.text).collect()
}

impl File {
    /// The line of a place in the text.
    pub(crate) fn line(&self, at: usize) -> usize {
        1 + self.text[..at].matches('\n').count()
    }

    /// The tokens of a part of the text.
    pub(crate) fn tokens_in(&self, part: &Range<usize>) -> &[Token] {
        let before = |end| self.tokens.partition_point(|token| token.at.start < end);
        &self.tokens[before(part.start)..before(part.end)]
    }
}

/// A part of a text with the edits made that lie in it. None of them overlap.
pub(crate) fn applied(text: &str, part: Range<usize>, edits: &[Edit]) -> String {
    let mut edits = edits.to_vec();
    edits.sort();
    let mut answer = String::new();
    let mut from = part.start;
    for edit in edits {
        answer.push_str(&text[from..edit.start]);
        answer.push_str(&edit.to);
        from = edit.end;
    }
    answer.push_str(&text[from..part.end]);
    answer
}

fn read_below(root: &Path, below: &Path, texts: &mut Vec<(PathBuf, String)>) -> Result<(), Error> {
    for entry in crate::layout::sorted(&root.join(below)) {
        let below = below.join(entry.file_name().unwrap_or_default());
        if entry.is_dir() {
            read_below(root, &below, texts)?;
        } else {
            let unreadable = |e| Error::new(format!("{}: {e}", entry.display()));
            texts.push((below, fs::read_to_string(&entry).map_err(unreadable)?));
        }
    }
    Ok(())
}
