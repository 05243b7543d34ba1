//! The items of a file: what a mutation can name.

use std::ops::Range;
use std::path::{Component, Path};

use proc_macro2::TokenStream;
use syn::spanned::Spanned;
use syn::{Block, ImplItem, Item as Syntax, TraitItem, Type};

/// An item, with its path from the crate's root.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    /// The modules, and the type of a method.
    above: Vec<String>,
    /// For a method of a trait: the trait.
    of_trait: Option<String>,
    name: String,
    pub(crate) kind: Kind,
    /// Where it stands in the text of its file, with its attributes.
    pub(crate) at: Range<usize>,
    /// The line of its name.
    pub(crate) line: usize,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Kind {
    /// A function, with the block that is its body.
    Fn {
        body: Range<usize>,
        is_const: bool,
    },
    Macro,
    Mod,
    Other,
}

impl Item {
    /// Whether this is the item that a mutation names.
    pub(crate) fn is_named(&self, path: &str) -> bool {
        let (path, only_modules) = match path.strip_prefix("mod ") {
            Some(path) => (path, true),
            None => (path, false),
        };
        if only_modules != (self.kind == Kind::Mod) {
            return false;
        }
        let mut segments = path.rsplit("::");
        if segments.next() != Some(&self.name) {
            return false;
        }
        let mut above = self.above.iter().rev();
        segments.enumerate().all(|(n, segment)| {
            let Some(own) = above.next() else {
                return false;
            };
            segment == own || (n == 0 && self.is_of_trait(segment, own))
        })
    }

    fn is_of_trait(&self, segment: &str, own: &str) -> bool {
        let of_trait = self.of_trait.as_ref();
        of_trait.is_some_and(|of| segment == format!("{of} for {own}"))
    }

    /// The whole path, for a message.
    pub(crate) fn path(&self) -> String {
        let mut path = self.above.clone();
        if let (Some(of), Some(last)) = (&self.of_trait, path.last_mut()) {
            *last = format!("{of} for {last}");
        }
        path.push(self.name.clone());
        let path = path.join("::");
        match self.kind {
            Kind::Mod => format!("mod {path}"),
            _ => path,
        }
    }

    /// Its last name.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }
}

/// The modules that a file is in, by its path below the source's root.
fn modules(file: &Path) -> Vec<String> {
    let stems = file.with_extension("");
    let names = stems.components().filter_map(|part| match part {
        Component::Normal(name) => name.to_str().map(str::to_owned),
        _ => None,
    });
    let mut modules: Vec<String> = names.collect();
    if matches!(modules.last().map(String::as_str), Some("mod" | "lib")) {
        modules.pop();
    }
    modules
}

/// The items of a file, itself as a module first.
pub(crate) fn items(file: &Path, text: &str, stream: TokenStream) -> syn::Result<Vec<Item>> {
    let mut above = modules(file);
    let mut found = Found {
        items: Vec::new(),
        above: above.clone(),
    };
    if let Some(name) = above.pop() {
        found.above = above;
        found.add((name, 1), None, Kind::Mod, 0..text.len());
    }
    found.above = modules(file);
    for item in &syn::parse2::<syn::File>(stream)?.items {
        found.visit(item);
    }
    Ok(found.items)
}

struct Found {
    items: Vec<Item>,
    above: Vec<String>,
}

impl Found {
    fn add(
        &mut self,
        (name, line): (String, usize),
        of_trait: Option<&str>,
        kind: Kind,
        at: Range<usize>,
    ) {
        self.items.push(Item {
            above: self.above.clone(),
            of_trait: of_trait.map(str::to_owned),
            name,
            kind,
            at,
            line,
        });
    }

    fn other(&mut self, name: &syn::Ident, at: Range<usize>) {
        self.add(named(name), None, Kind::Other, at);
    }

    /// Visits what stands inside of a module, a type or a trait.
    fn inside(&mut self, name: String, visit: impl FnOnce(&mut Self)) {
        self.above.push(name);
        visit(self);
        self.above.pop();
    }

    fn visit(&mut self, item: &Syntax) {
        let at = item.span().byte_range();
        match item {
            Syntax::Const(item) => self.other(&item.ident, at),
            Syntax::Static(item) => self.other(&item.ident, at),
            Syntax::Struct(item) => self.other(&item.ident, at),
            Syntax::Enum(item) => self.other(&item.ident, at),
            Syntax::Union(item) => self.other(&item.ident, at),
            Syntax::Type(item) => self.other(&item.ident, at),
            Syntax::Fn(item) => {
                let kind = function(&item.sig, &item.block);
                self.add(named(&item.sig.ident), None, kind, at);
            }
            Syntax::Macro(item) => {
                if let Some(name) = &item.ident {
                    let (name, line) = named(name);
                    self.add((format!("{name}!"), line), None, Kind::Macro, at);
                }
            }
            Syntax::Mod(item) => {
                let Some((_, items)) = &item.content else {
                    return;
                };
                self.add(named(&item.ident), None, Kind::Mod, at);
                self.inside(item.ident.to_string(), |found| {
                    items.iter().for_each(|item| found.visit(item));
                });
            }
            Syntax::Impl(item) => self.visit_impl(item),
            Syntax::Trait(item) => {
                self.other(&item.ident, at);
                self.inside(item.ident.to_string(), |found| found.visit_trait(item));
            }
            _ => {}
        }
    }

    fn visit_impl(&mut self, item: &syn::ItemImpl) {
        let Type::Path(of) = &*item.self_ty else {
            return;
        };
        let last = |path: &syn::Path| path.segments.last().map(|last| last.ident.to_string());
        let Some(of) = last(&of.path) else {
            return;
        };
        let of_trait = item.trait_.as_ref().and_then(|(_, path, _)| last(path));
        self.inside(of, |found| {
            for item in &item.items {
                let at = item.span().byte_range();
                let (name, kind) = match item {
                    ImplItem::Fn(item) => (&item.sig.ident, function(&item.sig, &item.block)),
                    ImplItem::Const(item) => (&item.ident, Kind::Other),
                    ImplItem::Type(item) => (&item.ident, Kind::Other),
                    _ => continue,
                };
                found.add(named(name), of_trait.as_deref(), kind, at);
            }
        });
    }

    fn visit_trait(&mut self, item: &syn::ItemTrait) {
        for item in &item.items {
            let at = item.span().byte_range();
            let (name, kind) = match item {
                TraitItem::Fn(item) => match &item.default {
                    Some(body) => (&item.sig.ident, function(&item.sig, body)),
                    None => (&item.sig.ident, Kind::Other),
                },
                TraitItem::Const(item) => (&item.ident, Kind::Other),
                TraitItem::Type(item) => (&item.ident, Kind::Other),
                _ => continue,
            };
            self.add(named(name), None, kind, at);
        }
    }
}

/// A name, and the line that it is on.
fn named(name: &syn::Ident) -> (String, usize) {
    (name.to_string(), name.span().start().line)
}

fn function(signature: &syn::Signature, body: &Block) -> Kind {
    Kind::Fn {
        body: body.span().byte_range(),
        is_const: signature.constness.is_some(),
    }
}
