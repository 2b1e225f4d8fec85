//! What the files of tools that look for secrets have in common: expressions of Go and Python, lists, entropy.

use portcullis_syntax::Node;

use super::plan::Plan;
use super::values::whole_texts;
use crate::config::{Entropy, Pattern, SecretAllow};

/// Whether an entry still allows something: of one whose expressions could not be read, or some of those that all have to hold,
/// nothing is left.
pub(super) fn allows_something(entry: Node<'_>, allow: &SecretAllow) -> bool {
    let counts = [
        ("regexes", allow.regexes.len()),
        ("paths", allow.paths.len()),
        ("stopwords", allow.stopwords.len()),
        ("commits", allow.commits.len()),
    ];
    let needs_all = allow.condition == Some(crate::config::AllowCondition::And);
    let is_lost = |(key, count): &(&str, usize)| {
        *count == 0 && entry.field(key).is_some_and(|list| list.items().next().is_some())
    };
    counts.iter().any(|(_, count)| *count > 0) && !(needs_all && counts.iter().any(is_lost))
}

/// The texts of a list.
pub(super) fn strings(list: Option<Node<'_>>) -> Vec<String> {
    list.into_iter().flat_map(whole_texts).map(|(_, text)| text.to_owned()).collect()
}

/// The expressions of a list, or the remark that one cannot be used.
pub(super) fn patterns(list: Node<'_>, plan: &mut Plan<'_>) -> Vec<Pattern> {
    let mut patterns = Vec::new();
    for (node, text) in whole_texts(list) {
        match pattern(text) {
            Ok(pattern) => patterns.push(pattern),
            Err(reason) => plan.say(node, format!("an expression is not imported: {reason}")),
        }
    }
    patterns
}

/// An expression as Go and Python read it.
pub(super) fn pattern(text: &str) -> Result<Pattern, String> {
    text.parse().or_else(|error: String| translated(text).parse().map_err(|_| error))
}

/// Entropy as a number.
pub(super) fn number(node: Node<'_>) -> Option<Entropy> {
    node.text().parse().ok()
}

/// The same expression with what other tools take for itself and we do not: `{` that repeats nothing, `[` within a class.
fn translated(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    let mut in_class = false;
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        match c {
            '\\' => {
                written.push(c);
                // What stands for the end of a text in Python and Go.
                match rest.next() {
                    Some('Z') => written.push('z'),
                    Some(next) => written.push(next),
                    None => {}
                }
                continue;
            }
            '[' if in_class && !rest.as_str().starts_with(':') => written.push('\\'),
            '[' if !in_class => {
                in_class = true;
                written.push(c);
                // A bracket that comes first is one of the class.
                for first in ['^', ']'] {
                    if let Some(after) = rest.as_str().strip_prefix(first) {
                        rest = after.chars();
                        written.extend((first == ']').then_some('\\'));
                        written.push(first);
                    }
                }
                continue;
            }
            ']' => in_class = false,
            '{' if !in_class && !repeats(rest.as_str()) => written.push('\\'),
            _ => {}
        }
        written.push(c);
    }
    written
}

/// Whether what follows a brace is `2}`, `2,}` or `2,3}`.
fn repeats(rest: &str) -> bool {
    let Some((counts, _)) = rest.split_once('}') else { return false };
    let (least, most) = counts.split_once(',').unwrap_or((counts, ""));
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    !least.is_empty() && is_number(least) && is_number(most)
}
