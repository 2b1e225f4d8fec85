//! `allowed with data.p.f as mock`, where the package calls `f(…)`: the interpreter puts a function in the place of another by
//! the name that a call has in the text, so that the two have to be written alike. Both are written with the whole path.
//!
//! Only functions that some `with` names are. Imports are resolved by the interpreter.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::declared::Declared;
use super::outline::Outline;
use super::{Added, Edit, apply};

/// The functions that are replaced somewhere, by the paths of their packages.
#[derive(Default)]
pub(crate) struct Mocks(BTreeMap<Vec<String>, BTreeSet<String>>);

impl Mocks {
    pub(crate) fn read(modules: &[Outline<'_>], declared: &[Declared]) -> Self {
        let mut mocks = Self::default();
        if !modules.iter().any(|outline| (0..outline.tokens.len()).any(|at| is_target(outline, at))) {
            return mocks;
        }
        let mut functions: BTreeMap<&[String], BTreeSet<&str>> = BTreeMap::new();
        for (outline, declared) in modules.iter().zip(declared) {
            let own = functions.entry(&declared.package.components).or_default();
            own.extend(outline.rules.iter().filter_map(|rule| function(outline, rule.start)));
        }
        for (outline, declared) in modules.iter().zip(declared) {
            let package = &declared.package.components;
            let imports = imports(outline);
            for with in (0..outline.tokens.len()).filter(|&at| is_target(outline, at)) {
                let Some(path) = target(outline, with.saturating_add(1), package, &imports) else { continue };
                let Some((name, package)) = path.split_last() else { continue };
                if functions.get(package).is_some_and(|own| own.contains(name.as_str())) {
                    mocks.0.entry(package.to_vec()).or_default().insert(name.clone());
                }
            }
        }
        mocks
    }

    /// The text with the whole paths of the functions of its package that are replaced somewhere.
    pub(crate) fn rewrite<'t>(&self, text: Cow<'t, str>, declared: &Declared) -> (Cow<'t, str>, Vec<Added>) {
        let package = &declared.package.components;
        let Some(names) = self.0.get(package).filter(|_| package.iter().all(|name| is_plain(name))) else {
            return (text, Vec::new());
        };
        let outline = Outline::new(&text);
        let path = format!("data.{}.", package.join("."));
        let is_head = |at: usize| {
            outline.rules.iter().any(|rule| {
                let is_default = outline.word(rule.start) == Some("default");
                at == rule.start || is_default && at == rule.start.saturating_add(1)
            })
        };
        let is_called = |at: usize| {
            let next = at.saturating_add(1);
            let is_field = at.checked_sub(1).is_some_and(|before| outline.token(before) == ".");
            outline.token(next) == "(" && !outline.starts_line(next) && !is_field && !is_head(at)
        };
        let is_replaced = |at: usize| {
            at.checked_sub(1).is_some_and(|with| is_target(&outline, with))
                && outline.word(at.saturating_add(1)) == Some("as")
        };
        let known = (0..outline.tokens.len()).filter(|&at| outline.word(at).is_some_and(|name| names.contains(name)));
        let edits: Vec<Edit> = known
            .filter(|&at| is_called(at) || is_replaced(at))
            .filter_map(|at| outline.tokens.get(at))
            .map(|token| Edit { start: token.start, end: token.start, text: path.clone() })
            .collect();
        if edits.is_empty() {
            return (text, Vec::new());
        }
        let (changed, added) = apply(&text, edits);
        (Cow::Owned(changed.into_owned()), added)
    }
}

/// Whether a token is the `with` of a modifier.
fn is_target(outline: &Outline<'_>, at: usize) -> bool {
    outline.word(at) == Some("with") && outline.word(at.saturating_add(1)).is_some()
}

/// The name of a function that a rule defines.
fn function<'t>(outline: &Outline<'t>, start: usize) -> Option<&'t str> {
    let name = if outline.word(start) == Some("default") { start.saturating_add(1) } else { start };
    outline.word(name).filter(|_| outline.token(name.saturating_add(1)) == "(")
}

/// The path below `data` that a `with` names.
fn target(
    outline: &Outline<'_>,
    first: usize,
    package: &[String],
    imports: &BTreeMap<&str, Vec<String>>,
) -> Option<Vec<String>> {
    let (names, next) = dotted(outline, first)?;
    if outline.word(next) != Some("as") {
        return None;
    }
    let (root, rest) = names.split_first()?;
    let mut path = match (*root, imports.get(root)) {
        ("data", _) => Vec::new(),
        (_, Some(path)) => path.clone(),
        (name, None) => package.iter().cloned().chain([name.to_owned()]).collect(),
    };
    path.extend(rest.iter().map(|&name| name.to_owned()));
    Some(path)
}

/// `a.b.c`, and the token behind it.
fn dotted<'t>(outline: &Outline<'t>, first: usize) -> Option<(Vec<&'t str>, usize)> {
    let mut names = vec![outline.word(first)?];
    let mut next = first.checked_add(1)?;
    while outline.token(next) == "." {
        names.push(outline.word(next.checked_add(1)?)?);
        next = next.checked_add(2)?;
    }
    Some((names, next))
}

/// What the names of imports stand for below `data`.
fn imports<'t>(outline: &Outline<'t>) -> BTreeMap<&'t str, Vec<String>> {
    let mut imports = BTreeMap::new();
    for rule in outline.rules.iter().filter(|rule| outline.word(rule.start) == Some("import")) {
        let Some((names, next)) = dotted(outline, rule.start.saturating_add(1)) else { continue };
        let Some((&"data", path)) = names.split_first() else { continue };
        let alias = if outline.word(next) == Some("as") { outline.word(next.saturating_add(1)) } else { None };
        if let Some(name) = alias.or(path.last().copied()) {
            imports.insert(name, path.iter().map(|&name| name.to_owned()).collect());
        }
    }
    imports
}

fn is_plain(name: &str) -> bool {
    let is_letter = |letter: char| letter == '_' || letter.is_ascii_alphanumeric();
    name.starts_with(|first: char| first == '_' || first.is_ascii_alphabetic()) && name.chars().all(is_letter)
}
