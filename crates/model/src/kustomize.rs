//! Kustomizations: what they are called, and which files they refer to.
//!
//! Nothing is built here, and nothing is read: whether a path is a file or a directory is told by its name.

use portcullis_syntax::{Lookup, Node, Tree};

use crate::kubernetes::Object;

mod fields;

pub use fields::{FieldFault, FieldFaultKind, field_faults};

/// The names that a kustomization may have, in the order in which they are looked for.
pub const NAMES: &[&str] = &["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// Whether a path is that of a kustomization.
pub fn is_kustomization(path: &str) -> bool {
    path.rsplit('/').next().is_some_and(|name| NAMES.contains(&name))
}

/// Whether a kustomization is a component, which is only built as a part of others.
pub fn is_component(root: Node<'_>) -> bool {
    root.field("kind").and_then(Node::as_str) == Some("Component")
}

/// The directory of a path; empty for the working directory.
pub fn directory_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(directory, _)| directory)
}

/// The files and directories that a kustomization refers to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct References {
    /// Manifests that are taken in.
    pub files: Vec<String>,
    /// Other kustomizations that are taken in, by their directories.
    pub bases: Vec<String>,
    /// Files of patches.
    pub patches: Vec<String>,
    /// Files of replacements, configurations, transformers and generators.
    pub others: Vec<String>,
    /// Bases that lie elsewhere, as they are written.
    pub remote: Vec<String>,
}

impl References {
    /// Reads the kustomization of a directory.
    pub fn new(directory: &str, root: Node<'_>) -> Self {
        let mut found = Self::default();
        for list in ["resources", "bases", "components"] {
            for entry in items(root, list).filter_map(Node::as_str) {
                match local(directory, entry) {
                    Some(path) if is_file(&path) => found.files.push(path),
                    Some(path) => found.bases.push(path),
                    None => found.remote.push(entry.to_owned()),
                }
            }
        }
        for list in ["patches", "patchesStrategicMerge", "patchesJson6902"] {
            let paths = items(root, list).filter_map(patch_path);
            found.patches.extend(paths.filter_map(|path| local(directory, path)));
        }
        let replacements = items(root, "replacements").filter_map(|entry| entry.field("path")?.as_str());
        let plugins = ["transformers", "generators", "validators"].into_iter().flat_map(|list| items(root, list));
        let replacements = replacements.chain(items(root, "configurations").filter_map(Node::as_str));
        let paths = replacements.chain(plugins.filter_map(Node::as_str).filter(|text| !text.contains('\n')));
        found.others.extend(paths.filter_map(|path| local(directory, path)));
        found
    }
}

/// Whether an object lacks what every object of its kind has, so that it can only be laid over another one.
pub fn is_part(object: &Object<'_>) -> bool {
    let lacks = |path: &str| matches!(object.node.get(path), Lookup::Absent(_));
    let has_no_image = |path: &str| match object.node.get(path) {
        Lookup::Absent(_) => true,
        Lookup::Present(containers) => {
            containers.items().all(|container| matches!(container.get("image"), Lookup::Absent(_)))
        }
        Lookup::Unknown(_) => false,
    };
    if object.node.field("$patch").is_some() {
        return true;
    }
    match object.kind {
        "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet" if object.group() == "apps" => lacks("spec.selector"),
        "Job" => has_no_image("spec.template.spec.containers"),
        "CronJob" => has_no_image("spec.jobTemplate.spec.template.spec.containers"),
        "Pod" => has_no_image("spec.containers"),
        "CustomResourceDefinition" => lacks("spec.names"),
        "ValidatingWebhookConfiguration" | "MutatingWebhookConfiguration" => lacks("webhooks"),
        "Service" => lacks("spec.ports") && lacks("spec.type"),
        "Ingress" | "HorizontalPodAutoscaler" | "PersistentVolumeClaim" => lacks("spec"),
        _ => false,
    }
}

/// The files that a kustomization would refer to if its comments were none: `#- path: patches/webhook.yaml`.
pub fn in_comments(directory: &str, tree: &Tree) -> Vec<String> {
    let mut found = Vec::new();
    for comment in tree.comments() {
        let text = comment.span.slice(tree.text()).trim_start_matches('#').trim();
        let entry = text.strip_prefix('-').unwrap_or(text).trim();
        let path = entry.strip_prefix("path:").map(str::trim);
        let Some(path) = path.or_else(|| text.starts_with('-').then_some(entry)) else { continue };
        let path = path.split(" #").next().unwrap_or(path).trim().trim_matches(['"', '\'']);
        if is_file(path) && !path.contains(char::is_whitespace) {
            found.extend(local(directory, path));
        }
    }
    found
}

/// The file of an entry of a list of patches; `None` where the entry is the patch itself.
pub fn patch_path(entry: Node<'_>) -> Option<&str> {
    let text = entry.as_str().or_else(|| entry.field("path")?.as_str())?;
    (!text.contains('\n') && !text.trim_start().starts_with(['{', '['])).then_some(text)
}

/// The path that `entry` of a kustomization in `directory` names; `None` for a remote one.
pub fn local(directory: &str, entry: &str) -> Option<String> {
    let entry = entry.trim_end_matches('/');
    let is_remote = entry.contains("://") || entry.contains("?ref=") || entry.contains('@') && entry.contains(':');
    let first = entry.split('/').next().unwrap_or_default();
    let is_host = first.contains('.') && !first.starts_with('.') && entry.contains('/') && !is_file(entry);
    if is_remote || is_host || entry.is_empty() {
        return None;
    }
    let mut parts: Vec<&str> = directory.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    for part in entry.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

fn is_file(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    [".yaml", ".yml", ".json"].iter().any(|extension| name.ends_with(extension))
}

/// A field of a kustomization; Kustomize does not mind the case of its name.
pub fn field<'t>(root: Node<'t>, name: &str) -> Option<Node<'t>> {
    root.field(name).or_else(|| {
        let mut entries = root.entries();
        entries.find(|(key, _)| key.text().eq_ignore_ascii_case(name)).map(|(_, value)| value)
    })
}

fn items<'t>(root: Node<'t>, list: &str) -> impl Iterator<Item = Node<'t>> {
    field(root, list).into_iter().flat_map(Node::items)
}
