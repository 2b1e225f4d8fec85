//! Compose's variables in text: `$NAME`, `${NAME:-default}`, `${NAME?message}`, `${NAME:+other}`, nested, `$$` for a dollar.
//!
//! Decided with what the caller knows of the variables. A default counts as the value, because that is what runs where
//! nobody sets the variable; a variable without one is unknown and stays in the text as `${NAME}`.

use std::borrow::Cow;

use crate::Tree;
use portcullis_core::Span;

/// Defaults in defaults that are followed; deeper ones are unknown.
const DEPTH_LIMIT: usize = 16;

/// The longest text, in bytes, that a variable's value is still put into.
const LENGTH_LIMIT: usize = 64 * 1024;

/// Bytes that the texts of one tree may become, beside [`GROWTH_LIMIT`] for each of the file: a long value that every
/// scalar names would otherwise fill the memory. Variables beyond it are unknown.
const TOTAL_LIMIT: usize = 1024 * 1024;

/// Bytes that one byte of the file may become.
const GROWTH_LIMIT: usize = 8;

/// What a text is once its variables are filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filled {
    /// The text; what is not known stands in it as `${NAME}`.
    pub text: String,
    /// Whether all of it is known.
    pub is_known: bool,
    /// A `${` that begins no expression: the offset in the text. Compose refuses such a file.
    pub fault: Option<usize>,
}

/// One expression of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expression<'t> {
    /// The variable.
    pub name: &'t str,
    /// What follows the name.
    pub modifier: Modifier<'t>,
    /// The bytes of the text that it takes.
    pub range: std::ops::Range<usize>,
}

/// What an expression does where its variable is not set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Modifier<'t> {
    /// `${NAME}`: nothing.
    None,
    /// `${NAME-text}`, and `${NAME:-text}`, which also counts the empty text as not set.
    Default(&'t str, Unset),
    /// `${NAME?message}`: it is refused.
    Required,
    /// `${NAME+text}`: the text stands for a variable that is set.
    Replacement(&'t str, Unset),
}

/// What counts as not set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unset {
    /// No variable of the name.
    Missing,
    /// Also one that holds the empty text.
    MissingOrEmpty,
}

/// What a caller knows of a variable.
pub type Lookup<'l, 'v> = &'l dyn Fn(&str) -> Option<Cow<'v, str>>;

/// Fills in the variables of every scalar that is a value, and says where that cannot be done.
pub fn interpolate(mut tree: Tree, lookup: Lookup<'_, '_>) -> (Tree, Vec<Span>) {
    let mut faults = Vec::new();
    if memchr::memchr(b'$', tree.text().as_bytes()).is_none() {
        return (tree, faults);
    }
    let mut left = tree.text().len().saturating_mul(GROWTH_LIMIT).saturating_add(TOTAL_LIMIT);
    tree.map_values(|span, text| {
        memchr::memchr(b'$', text.as_bytes())?;
        let filled = if left > 0 { fill(text, lookup) } else { fill(text, &|_| None) };
        left = left.saturating_sub(filled.text.len());
        faults.extend(filled.fault.map(|_| span));
        Some(filled)
    });
    (tree, faults)
}

/// Fills in the variables of one text.
pub fn fill(text: &str, lookup: Lookup<'_, '_>) -> Filled {
    let mut filled = Filled { text: String::with_capacity(text.len()), is_known: true, fault: None };
    fill_into(text, lookup, DEPTH_LIMIT, &mut filled);
    filled
}

/// The expressions of a text, those inside others left out.
pub fn expressions(text: &str) -> Vec<Expression<'_>> {
    pieces(text)
        .filter_map(|piece| match piece {
            Piece::Expression(expression) => Some(expression),
            Piece::Text(_) | Piece::Dollar | Piece::Fault(_) => None,
        })
        .collect()
}

enum Piece<'t> {
    Text(&'t str),
    /// `$$`.
    Dollar,
    Expression(Expression<'t>),
    /// A `${` that begins nothing, at this offset.
    Fault(usize),
}

fn pieces(text: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut at = 0;
    let (braces, last_brace) = (braces(text), text.rfind('}'));
    std::iter::from_fn(move || {
        let rest = text.get(at..).filter(|rest| !rest.is_empty())?;
        let Some(dollar) = memchr::memchr(b'$', rest.as_bytes()) else {
            at = text.len();
            return Some(Piece::Text(rest));
        };
        if dollar > 0 {
            at += dollar;
            return rest.get(..dollar).map(Piece::Text);
        }
        let start = at;
        let after = rest.get(1..).unwrap_or_default();
        if after.starts_with('$') {
            at += 2;
            return Some(Piece::Dollar);
        }
        if let Some(name) = name_at(after) {
            at += 1 + name.len();
            return Some(Piece::Expression(Expression { name, modifier: Modifier::None, range: start..at }));
        }
        let close = braces.binary_search_by_key(&start, |pair| pair.0).ok().and_then(|pair| braces.get(pair));
        if let Some(&(_, close)) = close
            && let Some((name, modifier)) = text.get(start + "${".len()..close).and_then(in_braces)
        {
            at = close + 1;
            return Some(Piece::Expression(Expression { name, modifier, range: start..at }));
        }
        at += 1;
        // `$(`, `$1` and a dollar at the end are text.
        let name = after.strip_prefix('{').map(name_at);
        let may_close = last_brace > Some(start);
        if name.is_none() || name.flatten().is_some() && close.is_none() && may_close {
            return Some(Piece::Text("$"));
        }
        Some(Piece::Fault(start))
    })
}

/// The name that a text starts with.
fn name_at(text: &str) -> Option<&str> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let length = text.find(|c| !is_word(c)).unwrap_or(text.len());
    text.get(..length).filter(|name| name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_'))
}

/// The offsets of each `${` and of the brace that closes it, in order. Braces of other kinds nest in it.
fn braces(text: &str) -> Vec<(usize, usize)> {
    let (mut open, mut pairs) = (Vec::new(), Vec::new());
    let mut previous = b' ';
    for (at, &byte) in text.as_bytes().iter().enumerate() {
        match byte {
            b'{' => open.push((previous == b'$').then(|| at - 1)),
            b'}' => pairs.extend(open.pop().flatten().map(|start| (start, at))),
            _ => {}
        }
        previous = byte;
    }
    pairs.sort_unstable();
    pairs
}

fn in_braces(inner: &str) -> Option<(&str, Modifier<'_>)> {
    let name = name_at(inner)?;
    let rest = inner.get(name.len()..)?;
    let (unset, sign) = match rest.strip_prefix(':') {
        Some(sign) => (Unset::MissingOrEmpty, sign),
        None => (Unset::Missing, rest),
    };
    let text = sign.get(1..).unwrap_or_default();
    let modifier = match sign.as_bytes().first() {
        None if unset == Unset::Missing => Modifier::None,
        Some(b'-') => Modifier::Default(text, unset),
        Some(b'?') => Modifier::Required,
        Some(b'+') => Modifier::Replacement(text, unset),
        _ => return None,
    };
    Some((name, modifier))
}

fn fill_into(text: &str, lookup: Lookup<'_, '_>, depth: usize, filled: &mut Filled) {
    for piece in pieces(text) {
        match piece {
            Piece::Text(text) => filled.text.push_str(text),
            Piece::Dollar => filled.text.push('$'),
            Piece::Fault(at) => {
                filled.text.push('$');
                filled.fault.get_or_insert(at);
            }
            Piece::Expression(expression) => fill_expression(&expression, lookup, depth, filled),
        }
    }
}

fn fill_expression(expression: &Expression<'_>, lookup: Lookup<'_, '_>, depth: usize, filled: &mut Filled) {
    let value = lookup(expression.name).filter(|value| value.len() + filled.text.len() <= LENGTH_LIMIT);
    let is_set = |unset| value.as_ref().is_some_and(|value| unset == Unset::Missing || !value.is_empty());
    let inner = match expression.modifier {
        Modifier::Default(text, unset) if !is_set(unset) => Some(text),
        Modifier::Replacement(text, unset) if is_set(unset) => Some(text),
        Modifier::Replacement(..) => {
            return unknown(expression.name, filled);
        }
        Modifier::None | Modifier::Required | Modifier::Default(..) => None,
    };
    match (inner, &value, depth.checked_sub(1)) {
        (Some(text), _, Some(depth)) => fill_into(text, lookup, depth, filled),
        (None, Some(value), _) => filled.text.push_str(value),
        _ => unknown(expression.name, filled),
    }
}

fn unknown(name: &str, filled: &mut Filled) {
    filled.is_known = false;
    filled.text.push_str("${");
    filled.text.push_str(name);
    filled.text.push('}');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(text: &str) -> String {
        let lookup = |name: &str| match name {
            "SET" => Some(Cow::Borrowed("value")),
            "EMPTY" => Some(Cow::Borrowed("")),
            _ => None,
        };
        let filled = fill(text, &lookup);
        let mark = if filled.is_known { "" } else { " (unknown)" };
        let fault = filled.fault.map_or_else(String::new, |at| format!(" (fault at {at})"));
        format!("{}{mark}{fault}", filled.text)
    }

    #[test]
    fn variables_are_filled_in() {
        for (text, expected) in [
            ("plain", "plain"),
            ("$SET", "value"),
            ("${SET}/x", "value/x"),
            ("a$$b$${SET}", "a$b${SET}"),
            ("$NONE", "${NONE} (unknown)"),
            ("x:${NONE}", "x:${NONE} (unknown)"),
            ("${NONE:-d}", "d"),
            ("${NONE-d}", "d"),
            ("${EMPTY:-d}", "d"),
            ("${EMPTY-d}", ""),
            ("${SET:-d}", "value"),
            ("${NONE:-}", ""),
            ("${NONE:-${SET}-x}", "value-x"),
            ("${NONE:-${OTHER:-z}}", "z"),
            ("${NONE:-${OTHER}}", "${OTHER} (unknown)"),
            ("${NONE:?say it}", "${NONE} (unknown)"),
            ("${SET?}", "value"),
            ("${SET:+x}", "x"),
            ("${EMPTY+x}", "x"),
            ("${NONE:+x}", "${NONE} (unknown)"),
            ("${NONE:-a:b/c-d}", "a:b/c-d"),
            ("${NONE:-{\"a\": {}}}", "{\"a\": {}}"),
            ("{{.Name}} ${SET}", "{{.Name}} value"),
            ("5$", "5$"),
            ("$(pwd) $1", "$(pwd) $1"),
            ("${}", "${} (fault at 0)"),
            ("${1A}", "${1A} (fault at 0)"),
            ("${A", "${A (fault at 0)"),
            ("${A!x}", "${A!x} (fault at 0)"),
            ("é${SET}é", "évalueé"),
        ] {
            assert_eq!(show(text), expected, "{text}");
        }
        let deep = "${A:-".repeat(40) + "x" + &"}".repeat(40);
        assert!(!fill(&deep, &|_| None).is_known, "defaults in defaults end somewhere");
    }

    #[test]
    fn a_long_value_that_every_scalar_names_does_not_fill_the_memory() {
        let text: std::sync::Arc<str> = std::sync::Arc::from("- $SET\n".repeat(1000));
        let tree = crate::yaml::parse(portcullis_core::FileId(0), &text, crate::Dialect::Yaml12);
        let long = "x".repeat(LENGTH_LIMIT);
        let (tree, _) = interpolate(tree, &|_| Some(Cow::Borrowed(long.as_str())));
        let items = tree.documents().flat_map(|document| document.root.items());
        let bytes: usize = items.filter_map(crate::Node::as_str).map(str::len).sum();
        assert!(bytes < 2 * (TOTAL_LIMIT + GROWTH_LIMIT * text.len()), "{bytes} bytes");
        assert!(bytes > LENGTH_LIMIT, "the first are filled in");
    }

    #[test]
    fn expressions_know_their_place() {
        let text = "a ${B:-c} $$D $E ${F";
        let found: Vec<(&str, &str)> =
            expressions(text).into_iter().map(|e| (e.name, text.get(e.range).unwrap_or_default())).collect();
        assert_eq!(found, [("B", "${B:-c}"), ("E", "$E")]);
    }
}
