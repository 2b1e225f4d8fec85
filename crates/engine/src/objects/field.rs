//! Which field of an object a finding is about, from the bytes that it points to.
//!
//! What is missing in an element of a list is shown at the element's name, where the field is the element and not its name. The
//! finding's structural hash tells the two apart; where it knows of no field (secrets, policies), the narrowest one is taken.

use std::fmt::Write as _;

use portcullis_core::{Place, RuleIdx, Span, StableHash};
use portcullis_model::kubernetes::Object;
use portcullis_syntax::Node;

/// A field of an object; the way to it from the root.
pub(super) struct Field<'t> {
    way: Vec<Node<'t>>,
}

impl<'t> Field<'t> {
    pub(super) fn of(roots: &[Node<'t>], objects: &[Object<'t>], place: &Place) -> Self {
        let contains = |node: Node<'t>| {
            let holds = |span: Span| span.start <= place.span.start && place.span.end <= span.end;
            holds(node.span()) || node.key().is_some_and(|key| holds(key.span()))
        };
        let mut way: Vec<Node<'t>> = Vec::new();
        let mut next = roots.iter().copied().find(|&root| contains(root));
        // As deep as the parser lets a tree be.
        while let Some(node) = next {
            way.push(node);
            // A key is as far as one can go.
            let is_at_key = node.key().is_some_and(|key| key.span().start <= place.span.start && place.span.end <= key.span().end);
            next = if is_at_key {
                None
            } else if node.is_list() {
                node.items().find(|&item| contains(item))
            } else {
                node.entries().map(|(_, value)| value).find(|&value| contains(value))
            };
        }
        let subjects = objects.iter().filter(|object| way.contains(&object.node));
        let subject = subjects.last().map_or(0, Object::identity);
        let is_meant = |node: &Node<'t>| {
            let mut hash = StableHash::new();
            hash.number(subject);
            hash.number(node.structure());
            hash.short() == place.structure
        };
        if let Some(meant) = way.iter().rposition(is_meant) {
            way.truncate(meant.saturating_add(1));
        }
        Self { way }
    }

    /// As `spec.containers[0].image`.
    pub(super) fn path(&self) -> String {
        let mut path = String::new();
        for node in &self.way {
            if let Some(key) = node.key() {
                let key = key.text();
                let is_plain = !key.is_empty() && key.bytes().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'_' | b'-'));
                match (is_plain, path.is_empty()) {
                    (true, true) => path.push_str(key),
                    (true, false) => _ = write!(path, ".{key}"),
                    (false, _) => _ = write!(path, "[{key:?}]"),
                }
            } else if let Some(position) = node.position() {
                _ = write!(path, "[{position}]");
            }
        }
        path
    }

    /// The name of the container that it is in.
    pub(super) fn container(&self) -> Option<String> {
        let is_container = |node: &&Node<'t>| {
            let list = node.parent().filter(|list| list.is_list()).and_then(Node::key);
            list.is_some_and(|key| CONTAINERS.contains(&key.text()))
        };
        let container = self.way.iter().rfind(is_container)?;
        container.field("name").and_then(Node::as_str).map(str::to_owned)
    }

    /// What the finding has in common with the same one in another version of the object.
    pub(super) fn key(&self, rule: RuleIdx, place: &Place) -> u64 {
        let mut hash = StableHash::new();
        hash.number(u64::from(rule.0));
        hash.number(place.structure);
        let is_value = |node: &Node<'t>| {
            let is_image = node.key().is_some_and(|key| key.text() == "image");
            // Every rollout has another image, and what counts of a collection is how many things are in it.
            !is_image && !node.is_list() && !node.is_map()
        };
        hash.number(if self.way.last().is_some_and(is_value) { place.value } else { 0 });
        hash.short()
    }
}

/// The lists of containers, in whatever object.
const CONTAINERS: &[&str] = &["containers", "initContainers", "ephemeralContainers"];
