//! Which field of an object a finding is about, from the bytes that it points to.
//!
//! What is missing in an element of a list is shown at the element's name, where the field is the element and not its name. The
//! finding's structural hash tells the two apart; where it knows of no field (secrets, policies), the narrowest one is taken.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt::Write as _;

use portcullis_core::{Finding, Place, RuleIdx, Span, StableHash};
use portcullis_model::kubernetes::{Object, Pod, pods};
use portcullis_syntax::{Node, Tree};

use super::{FoundContainer, ObjectFinding};
use crate::config::RuleAction;

/// An object and what stands in it. A list may hold thousands of objects and give a finding for each, so that none of them is looked for.
pub(super) struct Around<'t> {
    roots: Vec<Node<'t>>,
    /// The identities of objects, by where they start.
    objects: HashMap<u32, u64>,
    /// The runtime classes of pods, by where their templates start.
    pods: HashMap<u32, Option<&'t str>>,
    /// Containers that findings are in, by where they start.
    containers: RefCell<HashMap<u32, FoundContainer>>,
}

impl<'t> Around<'t> {
    pub(super) fn new(tree: &'t Tree, objects: &[Object<'t>]) -> Self {
        let roots = tree.documents().map(|document| document.root).collect();
        let class = |pod: &Pod<'t>| pod.get("runtimeClassName").present().and_then(Node::as_str);
        let pods = objects.iter().flat_map(pods).map(|pod| (start(pod.template), class(&pod))).collect();
        let objects = objects.iter().map(|object| (start(object.node), object.identity())).collect();
        Self { roots, objects, pods, containers: RefCell::default() }
    }

    pub(super) fn finding(&self, field: &Field<'t>, key: u64, finding: Finding) -> ObjectFinding {
        let mut maps = field.way.iter().filter(|node| node.is_map());
        let runtime_class = maps.find_map(|node| self.pods.get(&start(*node))).copied().flatten();
        ObjectFinding {
            finding,
            field: field.path(),
            container: field.container().map(|node| self.container(node)),
            runtime_class: runtime_class.map(str::to_owned),
            key,
            most: RuleAction::Enforce,
        }
    }

    fn container(&self, node: Node<'t>) -> FoundContainer {
        let text = |field: &str| node.field(field).and_then(Node::as_str).map(str::to_owned);
        let mut known = self.containers.borrow_mut();
        known.entry(start(node)).or_insert_with(|| FoundContainer { name: text("name"), image: text("image") }).clone()
    }

    /// The field that a finding is about.
    pub(super) fn field(&self, place: &Place) -> Field<'t> {
        let contains = |node: &Node<'t>| {
            let holds = |span: Span| span.start <= place.span.start && place.span.end <= span.end;
            holds(node.span()) || node.key().is_some_and(|key| holds(key.span()))
        };
        let mut way: Vec<Node<'t>> = Vec::new();
        let mut next = self.roots.iter().copied().find(&contains);
        // As deep as the parser lets a tree be.
        while let Some(node) = next {
            way.push(node);
            // A key is as far as one can go.
            let is_at_key =
                node.key().is_some_and(|key| key.span().start <= place.span.start && place.span.end <= key.span().end);
            next = if is_at_key { None } else { node.child_at(place.span.start).filter(&contains) };
        }
        let mut around = way.iter().rev().filter(|node| node.is_map());
        let subject = around.find_map(|node| self.objects.get(&start(*node))).copied().unwrap_or_default();
        let is_meant = |node: &Node<'t>| {
            let mut hash = StableHash::new();
            hash.number(subject);
            hash.number(node.structure());
            hash.short() == place.structure
        };
        if let Some(meant) = way.iter().rposition(is_meant) {
            way.truncate(meant.saturating_add(1));
        }
        Field { way }
    }
}

/// Where it starts, by which maps of one JSON text are told apart.
fn start(node: Node<'_>) -> u32 {
    node.span().start
}

/// A field of an object; the way to it from the root.
pub(super) struct Field<'t> {
    way: Vec<Node<'t>>,
}

impl<'t> Field<'t> {
    /// As `spec.containers[0].image`.
    fn path(&self) -> String {
        let mut path = String::new();
        for node in &self.way {
            if let Some(key) = node.key() {
                let key = key.text();
                let is_plain =
                    !key.is_empty() && key.bytes().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'_' | b'-'));
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

    /// The container that it is in.
    fn container(&self) -> Option<Node<'t>> {
        let is_container = |node: &&Node<'t>| {
            let list = node.parent().filter(|list| list.is_list()).and_then(Node::key);
            list.is_some_and(|key| CONTAINERS.contains(&key.text()))
        };
        self.way.iter().rfind(is_container).copied()
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
