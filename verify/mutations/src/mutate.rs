//! Finds what a mutation changes, and changes it.

use std::collections::BTreeMap;

use crate::Mutation;
use crate::error::Error;
use crate::items::{Item, Kind};
use crate::source::{Edit, File, Source, Tree};
use crate::tokens::{Token, agreeing, places, tokens};

/// Where a mutation changes something.
pub(crate) struct Place {
    pub(crate) file: usize,
    /// The item's number in its file.
    pub(crate) item: usize,
    pub(crate) edit: Edit,
}

impl Source {
    /// The source with a bug, which is all the changes of `bug` at once.
    ///
    /// # Errors
    ///
    /// One of them does not apply. The message says which one, and where.
    pub fn mutated(&self, seed: &str, bug: &[Mutation]) -> Result<Tree, Error> {
        let mut edits: BTreeMap<usize, Vec<Edit>> = BTreeMap::new();
        for place in self.places(seed, bug)? {
            edits.entry(place.file).or_default().push(place.edit);
        }
        let item = bug.first().map_or("", |first| first.item);
        self.edited(edits).map_err(|why| Error::of(seed, item, why))
    }

    /// Where a bug changes something. No two places overlap.
    pub(crate) fn places(&self, seed: &str, bug: &[Mutation]) -> Result<Vec<Place>, Error> {
        let mut places: Vec<Place> = Vec::new();
        for mutation in bug {
            let place = self
                .place(mutation)
                .map_err(|why| Error::of(seed, mutation.item, why))?;
            let overlaps = |other: &&Place| {
                other.file == place.file
                    && other.edit.start < place.edit.end
                    && place.edit.start < other.edit.end
            };
            if let Some(other) = places.iter().find(overlaps) {
                let at = self.line_of(other.file, other.edit.start);
                let why = format!("{at}: two changes of the bug overlap");
                return Err(Error::of(seed, mutation.item, why));
            }
            places.push(place);
        }
        Ok(places)
    }

    fn place(&self, mutation: &Mutation) -> Result<Place, String> {
        let piece = lexed(mutation.from)?;
        lexed(mutation.to)?;
        let (file, item) = self.item(mutation.item)?;
        let of = &self.items(file)[item];
        let edit = if piece.is_empty() && of.kind == Kind::Mod {
            Edit {
                start: of.at.end,
                end: of.at.end,
                to: format!("\n{}\n", mutation.to),
            }
        } else {
            self.edit(file, of, mutation, &piece)?
        };
        Ok(Place { file, item, edit })
    }

    fn edit(
        &self,
        file: usize,
        of: &Item,
        mutation: &Mutation,
        piece: &[Token],
    ) -> Result<Edit, String> {
        let found = self.file(file);
        let tokens = found.tokens_in(&of.at);
        let at = self.shown(file, of.line);
        match places(tokens, piece)[..] {
            [first] => {
                let last = first + piece.len() - 1;
                Ok(Edit {
                    start: tokens[first].at.start,
                    end: tokens[last].at.end,
                    to: mutation.to.to_owned(),
                })
            }
            [] => {
                let closest = closest(found, tokens, piece);
                Err(format!("{at}: `{}` is not in it{closest}", joined(piece)))
            }
            ref many => {
                let lines = many.iter().map(|&first| found.line(tokens[first].at.start));
                let (times, lines) = (many.len(), listed(lines.map(|n| n.to_string())));
                let piece = joined(piece);
                Err(format!(
                    "{at}: `{piece}` is in it {times} times, in lines {lines}"
                ))
            }
        }
    }

    /// The file and the number in it of the item that is named so.
    fn item(&self, path: &str) -> Result<(usize, usize), String> {
        let shown = |f, item: &Item| format!("{} ({})", item.path(), self.shown(f, item.line));
        let found: Vec<_> = self
            .all_items()
            .filter(|(_, _, item)| item.is_named(path))
            .collect();
        match found[..] {
            [(file, item, _)] => Ok((file, item)),
            [] => {
                let name = path.rsplit("::").next().unwrap_or(path);
                let same = self.all_items().filter(|(_, _, item)| item.name() == name);
                let others = listed(same.map(|(f, _, item)| shown(f, item)));
                Err(match &*others {
                    "" => "there is no such item".to_owned(),
                    others => format!("there is no such item; there is {others}"),
                })
            }
            _ => {
                let (times, all) = (found.len(), found.iter());
                let all = listed(all.map(|(f, _, item)| shown(*f, item)));
                Err(format!(
                    "{times} items have this name; say more of the path: {all}"
                ))
            }
        }
    }

    fn line_of(&self, file: usize, at: usize) -> String {
        self.shown(file, self.file(file).line(at))
    }
}

/// The tokens of a piece that a mutation names.
pub(crate) fn lexed(piece: &str) -> Result<Vec<Token>, String> {
    let stream = piece.parse();
    stream
        .map(tokens)
        .map_err(|e| format!("`{piece}` is no sequence of whole tokens: {e}"))
}

fn listed(of: impl Iterator<Item = String>) -> String {
    of.collect::<Vec<_>>().join(", ")
}

fn joined(tokens: &[Token]) -> String {
    let texts: Vec<&str> = tokens.iter().map(|token| &*token.text).collect();
    texts.join(" ")
}

/// What of an item agrees with a piece longest, for a message.
fn closest(file: &File, tokens: &[Token], piece: &[Token]) -> String {
    let agreements = (0..tokens.len()).map(|at| (agreeing(&tokens[at..], piece), at));
    // The first of those that agree as long.
    let best = agreements.max_by_key(|(long, at)| (*long, usize::MAX - at));
    match best {
        Some((long, at)) if long > 0 => {
            let line = file.line(tokens[at].at.start);
            let agreed = joined(&piece[..long]);
            let instead = tokens.get(at + long).map_or("the end", |token| &token.text);
            let wanted = &piece[long].text;
            format!("; line {line} has `{agreed}`, and then `{instead}` instead of `{wanted}`")
        }
        _ => String::new(),
    }
}
