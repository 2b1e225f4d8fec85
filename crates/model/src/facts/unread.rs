//! What texts that could not be read as objects may hold: broken documents, templates, unreadable files.
//!
//! Kept as words: a text that does not hold the word `Secret` holds no Secret. What templates make of values is not known.

use std::collections::{BTreeMap, HashSet};

use portcullis_syntax::Tree;
use serde::{Deserialize, Serialize};

use super::wire;

/// The kinds and namespaces that unread texts may hold.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Unread {
    by_kind: BTreeMap<String, Spaces>,
    any_kind: Spaces,
}

/// Namespaces, as they are written in a text.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Spaces {
    any: bool,
    /// Objects without a namespace.
    unwritten: bool,
    #[serde(serialize_with = "wire::sorted")]
    named: HashSet<String>,
}

/// How an unread text gets its namespaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnreadKind {
    /// It is broken: namespaces are those that it spells out.
    Broken,
    /// It is filled in with a namespace that is given elsewhere.
    Template,
}

/// Words that a text may have before it counts as holding everything.
const WORDS: usize = 1024;

impl Unread {
    /// Something of which nothing can be said.
    pub fn anything() -> Self {
        Self { any_kind: Spaces { any: true, ..Spaces::default() }, ..Self::default() }
    }

    /// What `text` may hold. A text that nowhere says `kind` is no manifest, unless a template brings it in.
    pub fn of_text(text: &str, what: UnreadKind) -> Self {
        let kinds: Vec<&str> = values_of(text, "kind").collect();
        let includes = what == UnreadKind::Template && ["include ", "template "].iter().any(|word| text.contains(word));
        if kinds.is_empty() && !includes {
            return Self::default();
        }
        let mut spaces = Spaces { unwritten: true, any: what == UnreadKind::Template, named: HashSet::new() };
        for namespace in values_of(text, "namespace") {
            if is_template(namespace) {
                spaces.any = true;
            } else {
                spaces.named.insert(namespace.to_owned());
            }
        }
        let words: HashSet<&str> = text
            .split(|c: char| !c.is_ascii_alphanumeric())
            .filter(|word| word.starts_with(|c: char| c.is_ascii_uppercase()) && word.len() <= 63)
            .take(WORDS * 16)
            .collect();
        let mut unread = Self::default();
        if kinds.is_empty() || words.len() > WORDS || kinds.iter().any(|kind| is_template(kind)) {
            unread.any_kind = spaces;
        } else {
            unread.by_kind = words.into_iter().map(|word| (word.to_owned(), spaces.clone())).collect();
        }
        unread
    }

    /// What the documents of a tree may hold that were not read as objects: broken ones, and ones whose kind is filled in
    /// later.
    pub fn of_documents(tree: &Tree) -> Self {
        let is_template =
            || !tree.errors().is_empty() && ["{{", "{%", "<%"].iter().any(|mark| tree.text().contains(mark));
        let mut unread = Self::default();
        for document in tree.documents() {
            let is_unread = match document.root.field("kind") {
                Some(kind) => kind.as_str().is_none() && document.root.field("apiVersion").is_some(),
                None => document.root.is_unknown(),
            };
            if is_unread {
                let what = if is_template() { UnreadKind::Template } else { UnreadKind::Broken };
                unread.merge(Self::of_text(document.span.slice(tree.text()), what));
            }
        }
        unread
    }

    /// Adds what other texts may hold.
    pub fn merge(&mut self, other: Self) {
        self.any_kind.merge(other.any_kind);
        for (kind, spaces) in other.by_kind {
            self.by_kind.entry(kind).or_default().merge(spaces);
        }
    }

    /// Whether an object of the kind may be in the namespace; `None`: in no written one.
    pub(super) fn may_hold(&self, kind: &str, namespace: Option<&str>) -> bool {
        let found = self.by_kind.get(kind);
        found.into_iter().chain([&self.any_kind]).any(|spaces| spaces.hold(namespace))
    }

    /// Whether an object of the kind may be in any namespace.
    pub(super) fn may_hold_anywhere(&self, kind: &str) -> bool {
        let found = self.by_kind.get(kind);
        found
            .into_iter()
            .chain([&self.any_kind])
            .any(|spaces| spaces.any || spaces.unwritten || !spaces.named.is_empty())
    }
}

impl Spaces {
    fn merge(&mut self, other: Self) {
        self.any |= other.any;
        self.unwritten |= other.unwritten;
        self.named.extend(other.named);
    }

    fn hold(&self, namespace: Option<&str>) -> bool {
        self.any || namespace.map_or(self.unwritten, |name| self.named.contains(name))
    }
}

/// The values that follow `key:` or `"key":`, without their quotes; an empty value where there is none.
fn values_of<'t>(text: &'t str, key: &'static str) -> impl Iterator<Item = &'t str> {
    text.match_indices(key).filter_map(move |(at, _)| {
        let before = text.get(..at)?.chars().next_back();
        if before.is_some_and(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-') {
            return None;
        }
        let after = text.get(at.checked_add(key.len())?..)?;
        let after = after.strip_prefix(['"', '\'']).unwrap_or(after).trim_start_matches([' ', '\t']);
        let line = after.strip_prefix(':')?.lines().next().unwrap_or_default();
        let line = line.trim().trim_start_matches(['"', '\'']);
        if is_template(line) {
            return Some(line);
        }
        Some(line.split([' ', ',', '}', '"', '\'', '#']).next().unwrap_or_default())
    })
}

fn is_template(value: &str) -> bool {
    value.is_empty() || ["{{", "{%", "<%", "${", "$("].iter().any(|marker| value.contains(marker))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_tell_what_a_text_may_hold() {
        use UnreadKind::{Broken, Template};
        for (text, what, kind, namespace, expected) in [
            ("kind: Service\nmetadata: { namespace: shop", Broken, "Service", Some("shop"), true),
            ("kind: Service\nmetadata: { namespace: shop", Broken, "Service", Some("other"), false),
            ("kind: Service\nmetadata: { namespace: shop", Broken, "Secret", Some("shop"), false),
            ("kind: Service\nmetadata: { name: web", Broken, "Service", None, true),
            ("kind: Service\nmetadata: { name: web", Broken, "Service", Some("shop"), false),
            ("kind: Service\nnamespace: {{ ns }}", Broken, "Service", Some("shop"), true),
            ("kind: {{ kind }}\nnamespace: shop", Broken, "Secret", Some("shop"), true),
            ("{\"kind\": \"Service\", \"namespace\": \"shop\"", Broken, "Service", Some("shop"), true),
            ("kind: Service\n", Template, "Service", Some("shop"), true),
            ("kind: Service\n", Template, "Secret", Some("shop"), false),
            ("{{ include \"common.all\" . }}", Template, "Secret", Some("shop"), true),
            ("Service: [", Broken, "Service", None, false),
            ("mankind: Service: [", Broken, "Service", None, false),
        ] {
            assert_eq!(Unread::of_text(text, what).may_hold(kind, namespace), expected, "{text} {kind} {namespace:?}");
        }
        assert!(Unread::anything().may_hold("Secret", None));
    }
}
