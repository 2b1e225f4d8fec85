//! What a kustomization changes by name: namespaces, prefixes and suffixes, labels, annotations, replicas and images.
//!
//! A value that is set here stands where the kustomization says it. A name keeps the place where it was written, for it is
//! what findings about an object as a whole point at.

use std::collections::BTreeSet;

use portcullis_core::Span;
use portcullis_syntax::{Lookup, Node};

use crate::fields::{self, Field, Missing, keys, visit};
use crate::resource::Resource;
use crate::settings::Spec;
use crate::value::{Key, Value, View};

/// Moves objects into a namespace, with what else names it.
pub(crate) fn namespace<'t>(resources: &mut [Resource<'t>], namespace: Node<'t>, configured: &BTreeSet<Spec>) {
    if namespace.text().is_empty() {
        return;
    }
    set_namespaces(resources, namespace);
    for resource in resources {
        let id = resource.id();
        for spec in configured.iter().filter(|spec| spec.is_of(&id)) {
            set_at(&mut resource.root, spec, namespace);
        }
        if id.kind == "Namespace" && id.group.is_empty() {
            let name = resource.root.get_mut("metadata").and_then(|metadata| metadata.get_mut("name"));
            if let Some(name) = name {
                name.reword(namespace.text().to_owned());
            }
        }
        for field in fields::NAMESPACES.iter().filter(|field| field.is_of(&id)) {
            let mut path = keys(field.path);
            let Some(last) = path.pop() else { continue };
            visit(&mut resource.root, &path, field.missing, namespace, &mut |service| {
                if service.view().is_map() {
                    set_scalar(service, &last, namespace);
                }
            });
        }
    }
}

/// Sets the namespaces of objects, and of the default account where they bind it.
pub(crate) fn set_namespaces<'t>(resources: &mut [Resource<'t>], namespace: Node<'t>) {
    for resource in resources {
        resource.remember();
        let id = resource.id();
        if !id.is_of_cluster()
            && let Some(metadata) = resource.root.mapping_mut("metadata", namespace)
        {
            set_scalar(metadata, "namespace", namespace);
        }
        if matches!(id.kind.as_str(), "RoleBinding" | "ClusterRoleBinding")
            && let Some(subjects) = resource.root.get_mut("subjects")
        {
            for subject in subjects.items_mut().into_iter().flatten() {
                if subject.view().get("name").and_then(View::scalar) == Some("default") {
                    set_scalar(subject, "namespace", namespace);
                }
            }
        }
    }
}

/// Sets a key to a value as the kustomization has it. What only repeats it stays.
fn set_scalar<'t>(map: &mut Value<'t>, key: &str, value: Node<'t>) {
    let is_same = map.view().get(key).is_some_and(|old| old.is_same_scalar(View::Node(value)));
    if !is_same {
        map.set(Key::Made(key.to_owned(), value), value.into());
    }
}

/// Sets a field that a configuration names.
fn set_at<'t>(root: &mut Value<'t>, spec: &Spec, value: Node<'t>) {
    let mut path = spec.keys();
    let Some(last) = path.pop() else { return };
    visit(root, &path, spec.missing, value, &mut |map| {
        if map.view().is_map() && (spec.missing == Missing::Create || map.view().get(&last).is_some()) {
            set_scalar(map, &last, value);
        }
    });
}

/// Which end of a name is added to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Prefix,
    Suffix,
}

/// Adds to the names of objects, and to the fields that configurations name.
pub(crate) fn affix(resources: &mut [Resource<'_>], affix: &str, end: End, configured: &BTreeSet<Spec>) {
    for resource in resources {
        lengthen_name(resource, affix, end);
        lengthen_fields(resource, affix, end, configured);
    }
}

/// Adds to the fields that a transformer names, among which the names of objects may be.
pub(crate) fn affix_at(resources: &mut [Resource<'_>], affix: &str, end: End, specs: &BTreeSet<Spec>) {
    for resource in resources {
        let id = resource.id();
        if specs.iter().any(|spec| spec.is_own_name() && spec.is_of(&id)) {
            lengthen_name(resource, affix, end);
        }
        lengthen_fields(resource, affix, end, specs);
    }
}

fn keeps_name(resource: &Resource<'_>) -> bool {
    let kept = resource.original();
    matches!(kept.kind.as_str(), "CustomResourceDefinition" | "Namespace")
        || kept.kind == "APIService" && kept.group == "apiregistration.k8s.io"
}

fn lengthen_name(resource: &mut Resource<'_>, affix: &str, end: End) {
    if affix.is_empty() || keeps_name(resource) {
        return;
    }
    resource.remember();
    let affixes = if end == End::Prefix { &mut resource.prefixes } else { &mut resource.suffixes };
    affixes.push(affix.to_owned());
    if let Some(name) = resource.root.get_mut("metadata").and_then(|metadata| metadata.get_mut("name")) {
        lengthen(name, affix, end);
    }
}

fn lengthen_fields(resource: &mut Resource<'_>, affix: &str, end: End, specs: &BTreeSet<Spec>) {
    if affix.is_empty() || specs.is_empty() || keeps_name(resource) {
        return;
    }
    let (id, at) = (resource.id(), resource.written);
    for spec in specs.iter().filter(|spec| !spec.is_own_name() && spec.is_of(&id)) {
        let mut change = |value: &mut Value<'_>| lengthen(value, affix, end);
        visit(&mut resource.root, &spec.keys(), Missing::Skip, at, &mut change);
    }
}

fn lengthen(name: &mut Value<'_>, affix: &str, end: End) {
    let Some(old) = name.view().scalar().map(str::to_owned) else { return };
    name.reword(if end == End::Prefix { format!("{affix}{old}") } else { format!("{old}{affix}") });
}

/// Adds the entries of `pairs` to the mappings at the fields.
pub(crate) fn add_pairs<'t>(
    resources: &mut [Resource<'t>],
    pairs: Node<'t>,
    fields: &[&[Field]],
    configured: &[&BTreeSet<Spec>],
) {
    let fields = fields.iter().copied().flatten().map(|field| (field, keys(field.path)));
    let fields: Vec<(&Field, Vec<String>)> = fields.collect();
    for resource in resources {
        let id = resource.id();
        for (field, path) in fields.iter().filter(|(field, _)| field.is_of(&id)) {
            visit(&mut resource.root, path, field.missing, pairs, &mut |map| set_pairs(map, pairs));
        }
        for spec in configured.iter().copied().flatten().filter(|spec| spec.is_of(&id)) {
            visit(&mut resource.root, &spec.keys(), spec.missing, pairs, &mut |map| set_pairs(map, pairs));
        }
    }
}

/// Adds the entries of `pairs` to a mapping; they are strings whatever they look like.
pub(crate) fn set_pairs<'t>(map: &mut Value<'t>, pairs: Node<'t>) {
    if !map.view().is_map() {
        return;
    }
    for (key, value) in pairs.entries() {
        let is_same = map.view().get(key.text()).and_then(View::scalar) == Some(value.text());
        if !is_same {
            map.set(Key::Written(key), as_string(value));
        }
    }
}

/// A scalar as a string.
pub(crate) fn as_string(node: Node<'_>) -> Value<'_> {
    let is_string = node.as_str().is_some() || View::Node(node).scalar().is_none();
    if is_string { node.into() } else { Value::made(node.text().to_owned(), node, node.span()) }
}

/// A field that a label is added to because the kustomization names it.
pub(crate) fn add_pairs_at<'t>(resources: &mut [Resource<'t>], pairs: Node<'t>, spec: Node<'t>) {
    let spec = Spec::new(spec);
    for resource in resources {
        if spec.is_of(&resource.id()) {
            visit(&mut resource.root, &spec.keys(), spec.missing, pairs, &mut |map| set_pairs(map, pairs));
        }
    }
}

/// Sets the number of replicas of the objects of a name. False where there is none.
pub(crate) fn replicas<'t>(resources: &mut [Resource<'t>], entry: Node<'t>, configured: &BTreeSet<Spec>) -> bool {
    let (Some(name), Lookup::Present(count)) = (entry.field("name"), entry.get("count")) else { return true };
    let mut found = false;
    for resource in resources {
        let id = resource.id();
        let is_named = id.name == name.text() || resource.previous.iter().any(|id| id.name == name.text());
        if !is_named {
            continue;
        }
        for spec in configured.iter().filter(|spec| spec.is_of(&id)) {
            found = true;
            set_at(&mut resource.root, spec, count);
        }
        let Some(field) = fields::REPLICAS.iter().find(|field| field.is_of(&id)) else { continue };
        found = true;
        let mut path = keys(field.path);
        let Some(last) = path.pop() else { continue };
        visit(&mut resource.root, &path, field.missing, count, &mut |spec| set_scalar(spec, &last, count));
    }
    found
}

/// An entry of `images`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Image<'t> {
    entry: Node<'t>,
    name: &'t str,
    new_name: Option<Node<'t>>,
    new_tag: Option<Node<'t>>,
    digest: Option<Node<'t>>,
    tag_suffix: Option<Node<'t>>,
}

impl<'t> Image<'t> {
    pub(crate) fn new(entry: Node<'t>) -> Option<Self> {
        let field = |name: &str| entry.field(name).filter(|value| !value.text().is_empty());
        Some(Self {
            entry,
            name: field("name")?.text(),
            new_name: field("newName"),
            new_tag: field("newTag"),
            digest: field("digest"),
            tag_suffix: field("tagSuffix"),
        })
    }

    /// Changes the images of a resource that have its name.
    pub(crate) fn apply(self, resource: &mut Resource<'t>, configured: &BTreeSet<Spec>) {
        let id = resource.id();
        if id.kind == "CustomResourceDefinition" {
            return;
        }
        for spec in configured.iter().filter(|spec| spec.is_of(&id)) {
            visit(&mut resource.root, &spec.keys(), Missing::Skip, self.entry, &mut |image| self.change(image));
        }
        let mut found = Vec::new();
        self.find(resource.root.view(), &mut Vec::new(), &mut found, SEARCH_DEPTH);
        for path in found {
            let mut value = Some(&mut resource.root);
            for step in &path {
                value = match step {
                    Step::Key(key) => value.and_then(|value| value.get_mut(key)),
                    Step::Index(at) => value.and_then(Value::items_mut).and_then(|items| items.get_mut(*at)),
                };
            }
            if let Some(value) = value {
                self.change(value);
            }
        }
    }

    /// Changes an image that has its name.
    fn change(self, value: &mut Value<'t>) {
        let Some(old) = value.view().scalar().filter(|image| self.is_of(image)).map(str::to_owned) else { return };
        let (text, at) = self.rewrite(&old);
        if text != old {
            value.replace(Value::made(text, at, at.span()));
        }
    }

    /// Finds the image fields of containers, wherever they stand, and of volumes.
    fn find(self, value: View<'_, '_>, path: &mut Vec<Step>, found: &mut Vec<Vec<Step>>, depth: usize) {
        let Some(depth) = depth.checked_sub(1) else { return };
        for (key, child) in value.entries() {
            path.push(Step::Key(key.to_owned()));
            let field: &[&str] = match key {
                "containers" | "initContainers" => &["image"],
                "volumes" => &["image", "reference"],
                _ => &[],
            };
            for (at, item) in child.items().into_iter().enumerate() {
                path.push(Step::Index(at));
                let image = field.iter().try_fold(item, |item, key| item.get(key)).filter(|_| !field.is_empty());
                if image.and_then(View::scalar).is_some_and(|image| self.is_of(image)) {
                    let steps = field.iter().map(|key| Step::Key((*key).to_owned()));
                    found.push(path.iter().cloned().chain(steps).collect());
                }
                if field.is_empty() {
                    self.find(item, path, found, depth);
                }
                path.pop();
            }
            self.find(child, path, found, depth);
            path.pop();
        }
    }

    fn is_of(self, image: &str) -> bool {
        let Some(rest) = image.strip_prefix(self.name) else { return false };
        rest.is_empty() || rest.starts_with(['@', ':']) && !rest.contains('/')
    }

    /// The image as it becomes, and what decided that.
    fn rewrite(self, image: &str) -> (String, Node<'t>) {
        let (name, tag, digest) = split(image);
        let text = |node: Option<Node<'t>>| node.map(|node| node.text().to_owned());
        let name = text(self.new_name).unwrap_or_else(|| name.to_owned());
        let (tag, digest) = match (text(self.new_tag), text(self.digest)) {
            (Some(tag), Some(digest)) => (tag, digest),
            (Some(tag), None) => (tag, String::new()),
            (None, Some(digest)) => (String::new(), digest),
            (None, None) => match self.tag_suffix {
                Some(suffix) => (format!("{tag}{}", suffix.text()), String::new()),
                None => (tag.to_owned(), digest.to_owned()),
            },
        };
        let mut image = name;
        for (separator, part) in [(':', tag), ('@', digest)] {
            if !part.is_empty() {
                image.push(separator);
                image.push_str(&part);
            }
        }
        let decided = self.new_tag.or(self.digest).or(self.tag_suffix).or(self.new_name);
        (image, decided.unwrap_or(self.entry))
    }
}

#[derive(Clone, Debug)]
enum Step {
    Key(String),
    Index(usize),
}

/// Levels at which containers are looked for.
const SEARCH_DEPTH: usize = 64;

/// Name, tag and digest of an image; a registry may have a port.
fn split(image: &str) -> (&str, &str, &str) {
    let (rest, digest) = image.split_once('@').unwrap_or((image, ""));
    let name_from = rest.rfind('/').map_or(0, |slash| slash + 1);
    let colon = rest.get(name_from..).and_then(|name| name.find(':')).map(|colon| name_from + colon);
    let (name, tag) = colon.and_then(|colon| rest.split_at_checked(colon)).unwrap_or((rest, ""));
    (name, tag.trim_start_matches(':'), digest)
}

/// The part of a scalar behind its first `skipped` bytes, as bytes of its file.
pub(crate) fn tail_span(node: Node<'_>, skipped: usize, length: usize) -> Span {
    let narrow = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
    let Some((_, map)) = node.embedded() else { return node.span() };
    map.span(narrow(skipped), narrow(skipped.saturating_add(length)))
}
