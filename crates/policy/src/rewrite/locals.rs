//! `some user in users` where `user` is a rule as well: to OPA the name is the body's own, and the interpreter takes it for
//! the rule. It is called otherwise then, everywhere in its body or comprehension, and in the head that the body gives values.

use std::collections::BTreeSet;
use std::ops::Range;

use super::Edit;
use super::outline::Outline;

/// What is put behind such a name.
const MARK: &str = "__own";

pub(super) fn rewrite(outline: &Outline<'_>, rules: &BTreeSet<String>, edits: &mut Vec<Edit>) {
    if (0..outline.tokens.len()).any(|at| outline.word(at).is_some_and(|word| word.ends_with(MARK))) {
        return;
    }
    let mut renamed = BTreeSet::new();
    for rule in &outline.rules {
        for some in rule.clone().filter(|&at| outline.word(at) == Some("some")) {
            for name in names(outline, some).into_iter().filter(|name| rules.contains(*name)) {
                let Some(range) = scope(outline, rule, some, name) else { continue };
                renamed.extend(range.filter(|&at| at != rule.start && is_variable(outline, at, name)));
            }
        }
    }
    let ends = renamed.into_iter().filter_map(|at| outline.tokens.get(at)).map(|token| token.end);
    edits.extend(ends.map(|end| Edit { start: end, end, text: MARK.to_owned() }));
}

/// The names of `some key, value in …`.
fn names<'t>(outline: &Outline<'t>, some: usize) -> Vec<&'t str> {
    let mut names = Vec::new();
    let mut next = some;
    loop {
        let name = next.saturating_add(1);
        let Some(word) = outline.word(name) else { return Vec::new() };
        names.push(word);
        next = name.saturating_add(1);
        match outline.token(next) {
            "," => {}
            "in" => return names,
            _ => return Vec::new(),
        }
    }
}

/// The tokens in which the name is the one of a `some`; nothing where the head of several bodies has it, or an argument is
/// called so.
fn scope(outline: &Outline<'_>, rule: &Range<usize>, some: usize, name: &str) -> Option<Range<usize>> {
    let arguments = outline.opened(rule.start.saturating_add(1)).filter(|block| outline.token(block.open) == "(");
    if arguments.is_some_and(|block| (block.open..block.close).any(|at| is_variable(outline, at, name))) {
        return None;
    }
    match outline.scopes(some).first().and_then(|&index| outline.blocks.get(index)) {
        Some(block) if block.parent.is_some() || !block.is_body => Some(block.open..block.close),
        _ => {
            let bodies = outline.within(rule).iter().filter(|block| block.is_body && block.parent.is_none()).count();
            let has_else = rule.clone().any(|at| outline.around.get(at) == Some(&None) && outline.token(at) == "else");
            (bodies <= 1 && !has_else).then(|| rule.clone())
        }
    }
}

/// Whether a token is a variable of this name: no field, no function, no rule that `with` replaces.
fn is_variable(outline: &Outline<'_>, at: usize, name: &str) -> bool {
    let next = at.saturating_add(1);
    let before = at.checked_sub(1).map_or("", |before| outline.token(before));
    let is_called = outline.token(next) == "(" && !outline.starts_line(next);
    outline.word(at) == Some(name) && !matches!(before, "." | "with") && !is_called
}
