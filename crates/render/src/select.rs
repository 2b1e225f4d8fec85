//! Which objects a patch or a replacement is for.

use std::collections::BTreeMap;

use portcullis_syntax::{Lookup, Node};
use regex::bytes::{Regex, RegexBuilder};

use crate::fault::Fault;
use crate::resource::{Id, Resource};
use crate::value::View;

/// The target of a patch: patterns that must match whole, and selectors.
#[derive(Debug)]
pub(crate) struct Target {
    group: Pattern,
    version: Pattern,
    kind: Pattern,
    name: Pattern,
    namespace: Pattern,
    labels: Vec<Requirement>,
    annotations: Vec<Requirement>,
}

impl Target {
    pub(crate) fn new(node: Node<'_>) -> Result<Self, Fault> {
        Ok(Self {
            group: Pattern::of(node, "group")?,
            version: Pattern::of(node, "version")?,
            kind: Pattern::of(node, "kind")?,
            name: Pattern::of(node, "name")?,
            namespace: Pattern::of(node, "namespace")?,
            labels: requirements(node, "labelSelector")?,
            annotations: requirements(node, "annotationSelector")?,
        })
    }

    /// Whether it means the object, by what it is known by now or by what it was known by where it was written.
    pub(crate) fn selects(&self, resource: &Resource<'_>) -> bool {
        let kind = resource.root.view().get("kind").and_then(View::scalar);
        if !kind.is_some_and(|kind| self.kind.matches(kind)) {
            return false;
        }
        let (now, first) = (resource.id(), resource.original());
        self.selects_kind(&now)
            && (self.name.matches(&now.name) || self.name.matches(&first.name))
            && (self.namespace.matches(namespace(&now)) || self.namespace.matches(namespace(&first)))
            && self.selects_metadata(resource)
    }

    /// Whether it means the object under one of the names that it has or had.
    pub(crate) fn selects_any(&self, resource: &Resource<'_>) -> bool {
        let now = resource.id();
        let mut ids = resource.previous.iter().chain([&now]);
        self.selects_metadata(resource) && ids.any(|id| self.selects_id(id))
    }

    pub(crate) fn selects_id(&self, id: &Id) -> bool {
        self.selects_kind(id) && self.name.matches(&id.name) && self.namespace.matches(namespace(id))
    }

    /// Whether labels or annotations are asked for.
    pub(crate) fn asks_for_metadata(&self) -> bool {
        !self.labels.is_empty() || !self.annotations.is_empty()
    }

    pub(crate) fn selects_metadata(&self, resource: &Resource<'_>) -> bool {
        let holds = |requirements: &[Requirement], field: &str| {
            requirements.is_empty() || {
                let found = resource.metadata(field);
                requirements.iter().all(|requirement| requirement.holds(&found))
            }
        };
        holds(&self.labels, "labels") && holds(&self.annotations, "annotations")
    }

    fn selects_kind(&self, id: &Id) -> bool {
        self.kind.matches(&id.kind) && self.group.matches(&id.group) && self.version.matches(&id.version)
    }
}

fn namespace(id: &Id) -> &str {
    if id.is_of_cluster() { "_non_namespaceable_" } else { id.effective_namespace() }
}

/// Bytes that a compiled pattern may take.
const PATTERN_LIMIT: usize = 1 << 20;

/// A regular expression that must match the whole of a text.
#[derive(Debug)]
enum Pattern {
    Any,
    Text(String),
    Regex(Box<Regex>),
}

impl Pattern {
    fn of(node: Node<'_>, field: &str) -> Result<Self, Fault> {
        let text = match node.get(field) {
            Lookup::Absent(_) => return Ok(Self::Any),
            Lookup::Present(text) => text.text(),
            Lookup::Unknown(_) => return Err(Fault::ours(format!("the {field} of a target is not known"))),
        };
        if text.is_empty() {
            return Ok(Self::Any);
        }
        if text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
            return Ok(Self::Text(text.to_owned()));
        }
        // Names are ASCII, and classes of other characters would be most of the engine.
        let mut builder = RegexBuilder::new(&format!("^(?:{text})$"));
        let regex = builder.unicode(false).size_limit(PATTERN_LIMIT).build();
        regex.map(|regex| Self::Regex(Box::new(regex))).map_err(|_| Fault::ours(format!("`{text}` is no pattern")))
    }

    fn matches(&self, text: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Text(wanted) => wanted == text,
            Self::Regex(regex) => regex.is_match(text.as_bytes()),
        }
    }
}

/// One part of a selector: `app=web`, `tier in (a, b)`, `!legacy`.
#[derive(Debug)]
struct Requirement {
    key: String,
    test: Test,
}

#[derive(Debug)]
enum Test {
    Exists,
    Lacks,
    In(Vec<String>),
    NotIn(Vec<String>),
}

impl Requirement {
    fn holds(&self, found: &BTreeMap<String, String>) -> bool {
        let value = found.get(&self.key);
        match &self.test {
            Test::Exists => value.is_some(),
            Test::Lacks => value.is_none(),
            Test::In(values) => value.is_some_and(|value| values.contains(value)),
            Test::NotIn(values) => value.is_none_or(|value| !values.contains(value)),
        }
    }
}

fn requirements(node: Node<'_>, field: &str) -> Result<Vec<Requirement>, Fault> {
    let text = match node.get(field) {
        Lookup::Absent(_) => return Ok(Vec::new()),
        Lookup::Present(text) => text.text(),
        Lookup::Unknown(_) => return Err(Fault::ours(format!("the {field} of a target is not known"))),
    };
    let fault = || Fault::ours(format!("`{text}` is no selector"));
    parts(text).map(|part| requirement(part).ok_or_else(fault)).collect()
}

/// The parts of a selector, which are separated by the commas outside parentheses.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0_i32;
    let split = text.split(move |c: char| {
        depth = match c {
            '(' => depth.saturating_add(1),
            ')' => depth.saturating_sub(1),
            _ => depth,
        };
        c == ',' && depth == 0
    });
    split.map(str::trim).filter(|part| !part.is_empty())
}

fn requirement(part: &str) -> Option<Requirement> {
    let one = |key: &str, test: Test| Some(Requirement { key: key.trim().to_owned(), test });
    let value = |value: &str| vec![value.trim().to_owned()];
    if let Some((key, unwanted)) = part.split_once("!=") {
        return one(key, Test::NotIn(value(unwanted)));
    }
    if let Some((key, wanted)) = part.split_once("==").or_else(|| part.split_once('=')) {
        return one(key, Test::In(value(wanted)));
    }
    if let Some(key) = part.strip_prefix('!') {
        return one(key, Test::Lacks);
    }
    let Some((head, list)) = part.split_once('(') else {
        return if part.contains(char::is_whitespace) { None } else { one(part, Test::Exists) };
    };
    let values: Vec<String> = list.strip_suffix(')')?.split(',').map(|value| value.trim().to_owned()).collect();
    let mut words = head.split_whitespace();
    match (words.next()?, words.next()?) {
        (key, "in") => one(key, Test::In(values)),
        (key, "notin") => one(key, Test::NotIn(values)),
        _ => None,
    }
}
