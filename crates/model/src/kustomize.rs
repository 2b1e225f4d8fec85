//! Kustomizations: what they are called, and which files they refer to.
//!
//! Nothing is built here, and nothing is read: whether a path is a file or a directory is told by its name.

use portcullis_syntax::Node;

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
    /// Files of replacements, transformers and generators.
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
        let paths = replacements.chain(plugins.filter_map(Node::as_str).filter(|text| !text.contains('\n')));
        found.others.extend(paths.filter_map(|path| local(directory, path)));
        found
    }
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

fn items<'t>(root: Node<'t>, list: &str) -> impl Iterator<Item = Node<'t>> {
    root.field(list).into_iter().flat_map(Node::items)
}
