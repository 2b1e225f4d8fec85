//! `regex`, `regexall`, and the patterns of `replace`: RE2's syntax in terms of the `regex` crate.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use portcullis_model::terraform::value::{Entry, Kind, List, Map, Reason, Value};
use regex::{Captures, Regex, RegexBuilder};

use super::{Answer, Call, ELEMENT_LIMIT, Stop};

pub(super) fn regex(call: &Call<'_>) -> Answer {
    let (pattern, text) = (pattern(call)?, call.known(1)?);
    let captures = pattern.captures(&text).ok_or(Stop::Refused)?;
    Ok(result(call, &pattern, &captures))
}

pub(super) fn regexall(call: &Call<'_>) -> Answer {
    let (pattern, text) = (pattern(call)?, call.known(1)?);
    let all = pattern.captures_iter(&text).take(ELEMENT_LIMIT + 1);
    call.closed(all.map(|captures| result(call, &pattern, &captures)).collect())
}

fn pattern(call: &Call<'_>) -> Result<Regex, Stop> {
    let pattern = compile(&call.known(0)?)?;
    let named = pattern.capture_names().flatten().count();
    // Named groups beside others are not allowed.
    if named != 0 && named + 1 != pattern.captures_len() { Err(Stop::Refused) } else { Ok(pattern) }
}

/// The whole match, or the groups: by name where they have names, else in order.
fn result(call: &Call<'_>, pattern: &Regex, captures: &Captures<'_>) -> Value {
    let group = |at: usize| match captures.get(at) {
        Some(found) => call.made(Kind::String(found.as_str().into())),
        None => call.made(Kind::Null),
    };
    if pattern.captures_len() == 1 {
        return group(0);
    }
    let mut entries = BTreeMap::new();
    let mut items = Vec::new();
    for (at, name) in pattern.capture_names().enumerate().skip(1) {
        match name {
            Some(name) => {
                entries.insert(Arc::from(name), Entry { key: call.at, value: group(at) });
            }
            None => items.push(group(at)),
        }
    }
    call.made(if entries.is_empty() {
        Kind::List(Arc::new(List::closed(items)))
    } else {
        Kind::Map(Arc::new(Map { entries: entries.into(), open: false }))
    })
}

thread_local! {
    /// What was compiled last: a call in a `for` has the same pattern each time.
    static COMPILED: RefCell<HashMap<String, Option<Regex>>> = RefCell::default();
}

const COMPILED_LIMIT: usize = 64;

/// Compiles a pattern of RE2. One that does not compile here may still be one there.
pub(super) fn compile(pattern: &str) -> Result<Regex, Stop> {
    let compiled = COMPILED.with_borrow_mut(|compiled| {
        if let Some(known) = compiled.get(pattern) {
            return known.clone();
        }
        if compiled.len() >= COMPILED_LIMIT {
            compiled.clear();
        }
        let built = RegexBuilder::new(&translated(pattern)).size_limit(4 << 20).build().ok();
        compiled.insert(pattern.to_owned(), built.clone());
        built
    });
    compiled.ok_or(Stop::Unknown(Reason::Function))
}

/// Says what RE2 means: its classes `\d`, `\w`, `\s` and its word borders are ASCII, brackets do not nest, a brace
/// that opens no repetition is a brace, and `\Q…\E` quotes.
fn translated(pattern: &str) -> String {
    let mut said = String::with_capacity(pattern.len() + 16);
    let mut rest = pattern;
    let mut in_brackets = false;
    while let Some(character) = rest.chars().next() {
        let tail = rest.get(character.len_utf8()..).unwrap_or_default();
        if character == '\\' {
            rest = escape(&mut said, tail);
            continue;
        }
        match character {
            '[' if in_brackets => match tail.strip_prefix(':').and_then(|tail| tail.split_once(":]")) {
                Some((name, after)) => {
                    said.push_str("[:");
                    said.push_str(name);
                    said.push_str(":]");
                    rest = after;
                    continue;
                }
                None => said.push_str("\\["),
            },
            '&' | '~' if in_brackets => {
                said.push('\\');
                said.push(character);
            }
            '-' if in_brackets && said.ends_with('-') => said.push_str("\\-"),
            '[' => {
                in_brackets = true;
                said.push('[');
                let (negation, after) = tail.strip_prefix('^').map_or(("", tail), |after| ("^", after));
                said.push_str(negation);
                // A bracket that closes at once is meant as a character.
                rest = match after.strip_prefix(']') {
                    Some(after) => {
                        said.push_str("\\]");
                        after
                    }
                    None => after,
                };
                continue;
            }
            ']' if in_brackets => {
                in_brackets = false;
                said.push(']');
            }
            '{' if !in_brackets && !is_repetition(tail) => said.push_str("\\{"),
            _ => said.push(character),
        }
        rest = tail;
    }
    said
}

/// Writes what an escape means and returns what follows it.
fn escape<'p>(said: &mut String, tail: &'p str) -> &'p str {
    let Some(character) = tail.chars().next() else {
        said.push('\\');
        return tail;
    };
    let after = tail.get(character.len_utf8()..).unwrap_or_default();
    match character {
        'd' => said.push_str("[0-9]"),
        'D' => said.push_str("[^0-9]"),
        'w' => said.push_str("[0-9A-Za-z_]"),
        'W' => said.push_str("[^0-9A-Za-z_]"),
        's' => said.push_str("[\\t\\n\\f\\r ]"),
        'S' => said.push_str("[^\\t\\n\\f\\r ]"),
        'b' => said.push_str("(?-u:\\b)"),
        'B' => said.push_str("(?-u:\\B)"),
        '<' | '>' => said.push(character),
        'Q' => {
            let (quoted, after) = after.split_once("\\E").unwrap_or((after, ""));
            said.push_str(&regex::escape(quoted));
            return after;
        }
        'p' | 'P' | 'x' => {
            said.push('\\');
            said.push(character);
            // The brace belongs to the escape.
            if let Some((name, after)) = after.strip_prefix('{').and_then(|after| after.split_once('}')) {
                said.push('{');
                said.push_str(name);
                said.push('}');
                return after;
            }
        }
        _ => {
            said.push('\\');
            said.push(character);
        }
    }
    after
}

/// Whether `{` is followed by `2}`, `2,}` or `2,3}`.
fn is_repetition(tail: &str) -> bool {
    let Some((inner, _)) = tail.split_once('}') else { return false };
    let (least, most) = inner.split_once(',').unwrap_or((inner, ""));
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    !least.is_empty() && is_number(least) && is_number(most)
}
