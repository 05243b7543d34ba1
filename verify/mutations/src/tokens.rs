//! Source text as a flat list of tokens: what is left of it without comments and layout.

use std::ops::Range;

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

/// A token, and where it stands in the text.
#[derive(Clone, Debug)]
pub(crate) struct Token {
    pub(crate) text: String,
    pub(crate) at: Range<usize>,
}

/// The tokens of a stream. Comments are left out, doc comments too, and so is the comma before a
/// closing delimiter: rustfmt adds and removes it.
pub(crate) fn tokens(stream: TokenStream) -> Vec<Token> {
    let mut tokens = Vec::new();
    flatten(stream, &mut tokens);
    tokens
}

fn flatten(stream: TokenStream, tokens: &mut Vec<Token>) {
    let mut trees = stream.into_iter().peekable();
    while let Some(tree) = trees.next() {
        let (text, span) = match tree {
            TokenTree::Group(group) => {
                flatten_group(&group, tokens);
                continue;
            }
            TokenTree::Punct(punct) => (punct.to_string(), punct.span()),
            TokenTree::Ident(ident) => (ident.to_string(), ident.span()),
            TokenTree::Literal(literal) => (literal.to_string(), literal.span()),
        };
        if text == "#" {
            let inner = trees.next_if(|next| next.to_string() == "!");
            if trees.next_if(is_doc_comment).is_some() {
                continue;
            }
            tokens.push(token(text, span));
            tokens.extend(inner.map(|bang| token("!".to_owned(), bang.span())));
            continue;
        }
        tokens.push(token(text, span));
    }
}

fn flatten_group(group: &Group, tokens: &mut Vec<Token>) {
    let (open, close) = match group.delimiter() {
        Delimiter::Parenthesis => ("(", ")"),
        Delimiter::Brace => ("{", "}"),
        Delimiter::Bracket => ("[", "]"),
        Delimiter::None => return flatten(group.stream(), tokens),
    };
    tokens.push(token(open.to_owned(), group.span_open()));
    flatten(group.stream(), tokens);
    if tokens.last().is_some_and(|last| last.text == ",") {
        tokens.pop();
    }
    tokens.push(token(close.to_owned(), group.span_close()));
}

fn token(text: String, span: proc_macro2::Span) -> Token {
    let at = span.byte_range();
    Token { text, at }
}

/// Whether the brackets after a `#` are those of a doc comment, `[doc = "…"]`.
fn is_doc_comment(tree: &TokenTree) -> bool {
    let TokenTree::Group(group) = tree else {
        return false;
    };
    let mut inside = group.stream().into_iter().map(|tree| tree.to_string());
    group.delimiter() == Delimiter::Bracket
        && inside.next().is_some_and(|name| name == "doc")
        && inside.next().is_some_and(|sign| sign == "=")
}

/// Where the tokens of `piece` stand in a row: the index of the first one, for each time.
pub(crate) fn places(tokens: &[Token], piece: &[Token]) -> Vec<usize> {
    (0..tokens.len())
        .filter(|&at| agreeing(&tokens[at..], piece) == piece.len())
        .collect()
}

/// How many tokens agree from the first on.
pub(crate) fn agreeing(tokens: &[Token], piece: &[Token]) -> usize {
    let pairs = tokens.iter().zip(piece);
    pairs.take_while(|(a, b)| a.text == b.text).count()
}
