//! Which files are Kustomize patches.
//!
//! A strategic-merge patch has an object's `apiVersion` and `kind` but only the fields that it changes: judged as an
//! object it would lack everything. Until overlays are built, patches are left out and noted.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use portcullis_core::{FileId, Files, Note, NoteKind};
use portcullis_syntax::{Dialect, Node, yaml};

use crate::discover::{Discovered, Origin};
use crate::paths;

/// The indices of the targets that some kustomization names as a patch, with one note for each kustomization.
pub(crate) fn patches(cwd: &Path, found: &Discovered, files: &dyn Files, notes: &mut Vec<Note>) -> HashSet<usize> {
    let indices: HashMap<&str, usize> =
        found.targets.iter().enumerate().map(|(index, (target, _))| (target.path.as_str(), index)).collect();
    let mut skipped = HashSet::new();
    for kustomization in kustomizations(cwd, found) {
        let Ok(bytes) = files.read(&kustomization) else { continue };
        let text: Arc<str> = Arc::from(String::from_utf8_lossy(&bytes));
        let tree = yaml::parse(FileId::default(), &text, Dialect::Yaml11);
        let directory = kustomization.rsplit_once('/').map_or("", |(directory, _)| directory);
        let named: Vec<usize> = tree
            .documents()
            .flat_map(|document| patch_paths(document.root))
            .filter_map(|path| {
                let shown = paths::relative(cwd, &paths::absolute(&cwd.join(directory), Path::new(path)));
                indices.get(shown.as_str()).copied()
            })
            .filter(|index| skipped.insert(*index))
            .collect();
        if !named.is_empty() {
            let message = format!("not judged: {} patches, which are parts of objects", named.len());
            notes.push(Note { path: kustomization, kind: NoteKind::Template, message });
        }
    }
    skipped
}

/// The kustomizations of the scan; for files that were named themselves, also those of their folder and the one above.
fn kustomizations(cwd: &Path, found: &Discovered) -> BTreeSet<String> {
    let mut found_paths = BTreeSet::new();
    for (target, _) in &found.targets {
        let (directory, name) = target.path.rsplit_once('/').unwrap_or((".", &target.path));
        if NAMES.contains(&name) {
            found_paths.insert(target.path.clone());
        } else if target.origin == Origin::Named {
            for name in NAMES {
                for folder in [directory.to_owned(), format!("{directory}/..")] {
                    let full = paths::absolute(&cwd.join(folder), Path::new(name));
                    found_paths.insert(paths::relative(cwd, &full));
                }
            }
        }
    }
    found_paths
}

const NAMES: &[&str] = &["kustomization.yaml", "kustomization.yml"];

/// What a kustomization names as patches. An entry of `patchesStrategicMerge` may also be the patch itself.
fn patch_paths(root: Node<'_>) -> impl Iterator<Item = &str> {
    let list = |field: &str| root.field(field).into_iter().flat_map(Node::items);
    let by_path = list("patches").chain(list("patchesJson6902")).filter_map(|patch| patch.field("path"));
    let all = by_path.chain(list("patchesStrategicMerge")).filter_map(Node::as_str);
    all.filter(|path| !path.contains('\n'))
}
