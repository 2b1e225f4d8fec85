//! The kustomizations of a scan: which files are patches, and which files are built together.
//!
//! A patch has an object's `apiVersion` and `kind` but only the fields that it changes: judged as an object it would lack
//! everything, so that it never is. A world is a set of kustomizations that share files, and all that they refer to. Each
//! is built and judged by one worker; nothing of it has to be compared with another.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use portcullis_core::{FileId, Files, Note, NoteKind};
use portcullis_model::facts::Homes;
use portcullis_model::kustomize::{NAMES, References, directory_of, in_comments, is_component, is_kustomization};
use portcullis_syntax::{Dialect, Node, Tree, yaml};

use crate::builds::Built;
use crate::discover::{Discovered, Origin};
use crate::paths;

/// The kustomizations of a scan, and those around files that were named themselves.
pub(crate) struct Kustomizations {
    /// By their paths.
    all: BTreeMap<String, Kustomization>,
}

struct Kustomization {
    tree: Tree,
    /// What it refers to; nothing where it holds no document.
    references: References,
    standing: Standing,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    Target,
    /// It says what named files are, and is not judged.
    Context,
}

/// Kustomizations that are built together.
#[derive(Debug, Default)]
pub(crate) struct World {
    /// Its place among the worlds of the scan.
    pub(crate) number: u32,
    /// Their paths.
    pub(crate) kustomizations: Vec<String>,
    /// The directories of those that nothing else takes in.
    pub(crate) roots: Vec<String>,
    /// The directories of those that can be built by themselves, and what each takes in.
    pub(crate) bases: BTreeMap<String, Vec<String>>,
    /// The targets that they refer to, themselves among them.
    pub(crate) targets: Vec<usize>,
}

impl World {
    /// The path of a directory's kustomization.
    pub(crate) fn kustomization(&self, directory: &str) -> &str {
        let found = self.kustomizations.iter().find(|path| directory_of(path) == directory);
        found.map(String::as_str).unwrap_or_default()
    }
}

impl Kustomizations {
    pub(crate) fn read(cwd: &Path, found: &Discovered, files: &dyn Files) -> Self {
        let mut all = BTreeMap::new();
        for (path, standing) in kustomization_paths(cwd, found) {
            let Some(text) = files.read(&path).ok().and_then(|bytes| String::from_utf8(bytes).ok()) else { continue };
            let tree = yaml::parse(FileId::default(), &Arc::from(text), Dialect::Yaml11);
            let references = root(&tree).map(|root| References::new(directory_of(&path), root)).unwrap_or_default();
            all.insert(path, Kustomization { tree, references, standing });
        }
        Self { all }
    }

    pub(crate) fn homes(&self) -> Homes {
        Homes::new(self.each().map(|(path, root, kustomization)| (path, root, kustomization.references.clone())))
    }

    /// Those that hold a document, with its root.
    fn each(&self) -> impl Iterator<Item = (&str, Node<'_>, &Kustomization)> {
        self.all.iter().filter_map(|(path, one)| Some((path.as_str(), root(&one.tree)?, one)))
    }

    /// The sets of kustomizations that share files.
    pub(crate) fn worlds(&self, found: &Discovered) -> Vec<World> {
        let targets = self.each().filter(|(_, _, one)| one.standing == Standing::Target);
        let all: Vec<(&str, Node<'_>, &References)> =
            targets.map(|(path, root, one)| (path, root, &one.references)).collect();
        let mut worlds: Vec<World> = Vec::new();
        for members in groups(&all) {
            let mut world = World::default();
            let mut taken_in: BTreeSet<&str> = BTreeSet::new();
            let mut targets: BTreeSet<usize> = BTreeSet::new();
            for (path, _, references) in members.iter().filter_map(|&member| all.get(member)) {
                taken_in.extend(references.bases.iter().chain(&references.files).map(String::as_str));
                let files = references.files.iter().chain(&references.patches).map(String::as_str);
                targets.extend(files.chain([*path]).filter_map(|path| found.index_of(path).ok()));
            }
            for (path, root, references) in members.iter().filter_map(|&member| all.get(member)) {
                let directory = directory_of(path);
                world.kustomizations.push((*path).to_owned());
                if is_component(*root) {
                    continue;
                }
                world.bases.insert(directory.to_owned(), references.bases.clone());
                if !taken_in.contains(directory) {
                    world.roots.push(directory.to_owned());
                }
            }
            if world.roots.is_empty() {
                // Kustomizations in a ring: none of them can be built, and that is said of each.
                world.roots = world.bases.keys().cloned().collect();
            }
            world.targets = targets.into_iter().collect();
            // Of what was not changed, nothing would be said.
            if !world.targets.is_empty() {
                world.number = u32::try_from(worlds.len()).unwrap_or(u32::MAX);
                worlds.push(world);
            }
        }
        worlds
    }
}

impl Kustomizations {
    /// The patches among the targets that no kustomization of the scan lays over anything, and what stands in comments
    /// alone, with one note for each kustomization; one that could not be built has said so already.
    pub(crate) fn unbuilt_patches(&self, found: &Discovered, built: &Built, notes: &mut Vec<Note>) -> BTreeSet<usize> {
        let mut skipped = BTreeSet::new();
        let all: Vec<(&str, &Tree, &References)> =
            self.each().map(|(path, _, one)| (path, &one.tree, &one.references)).collect();
        for (path, _, references) in &all {
            let unbuilt = references.patches.iter().filter(|patch| !built.patches.contains(*patch));
            let targets = unbuilt.filter_map(|patch| found.index_of(patch).ok());
            let count = targets.filter(|index| skipped.insert(*index)).count();
            if count > 0 && !built.faults.contains(directory_of(path)) {
                let message = match count {
                    1 => "not judged: 1 patch, which is a part of an object".to_owned(),
                    _ => format!("not judged: {count} patches, which are parts of objects"),
                };
                notes.push(Note { path: (*path).to_owned(), kind: NoteKind::Template, message });
            }
        }
        let files = all.iter().flat_map(|(_, _, all)| all.files.iter().chain(&all.patches).chain(&all.others));
        let named: HashSet<&str> = files.map(String::as_str).collect();
        for (path, tree, _) in &all {
            let asleep = in_comments(directory_of(path), tree);
            let asleep = asleep.iter().filter(|file| !named.contains(file.as_str()) && !is_kustomization(file));
            let targets = asleep.filter_map(|file| found.index_of(file).ok());
            let count = targets.filter(|index| skipped.insert(*index)).count();
            if count > 0 {
                let files = if count == 1 { "file" } else { "files" };
                let message = format!("not judged: {count} {files} that only comments name");
                notes.push(Note { path: (*path).to_owned(), kind: NoteKind::Template, message });
            }
        }
        skipped
    }
}

fn root(tree: &Tree) -> Option<Node<'_>> {
    tree.documents().next().map(|document| document.root)
}

/// The kustomizations of the scan; for files that were named themselves, also those of their folder and the one above.
fn kustomization_paths(cwd: &Path, found: &Discovered) -> BTreeMap<String, Standing> {
    let mut paths: BTreeMap<String, Standing> =
        found.kustomizations.iter().map(|path| (path.clone(), Standing::Target)).collect();
    for (target, _) in &found.targets {
        if is_kustomization(&target.path) {
            if target.origin != Origin::StandardInput {
                paths.insert(target.path.clone(), Standing::Target);
            }
        } else if target.origin == Origin::Named {
            let directory = directory_of(&target.path);
            for name in NAMES {
                for folder in [directory.to_owned(), format!("{directory}/..")] {
                    let full = paths::absolute(&cwd.join(folder.trim_start_matches('/')), Path::new(name));
                    paths.entry(paths::relative(cwd, &full)).or_insert(Standing::Context);
                }
            }
        }
    }
    paths
}

/// Which kustomizations share a file or a directory, by their indices. The sets are in order of their first members.
fn groups(all: &[(&str, Node<'_>, &References)]) -> Vec<Vec<usize>> {
    let mut owners: HashMap<&str, usize> = HashMap::new();
    let mut parents: Vec<usize> = (0..all.len()).collect();
    for (index, (path, _, references)) in all.iter().enumerate() {
        let shared = references.files.iter().chain(&references.bases).chain(&references.patches).map(String::as_str);
        for path in shared.chain([directory_of(path)]) {
            let owner = *owners.entry(path).or_insert(index);
            let (a, b) = (first_of(&mut parents, owner), first_of(&mut parents, index));
            if let Some(parent) = parents.get_mut(a.max(b)) {
                *parent = a.min(b);
            }
        }
    }
    let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for index in 0..all.len() {
        groups.entry(first_of(&mut parents, index)).or_default().push(index);
    }
    groups.into_values().collect()
}

/// The first member of the set that `index` is in; the way there is halved for those who ask next.
fn first_of(parents: &mut [usize], mut index: usize) -> usize {
    while let Some(&parent) = parents.get(index).filter(|parent| **parent != index) {
        let above = parents.get(parent).copied().unwrap_or(parent);
        if let Some(slot) = parents.get_mut(index) {
            *slot = above;
        }
        index = above;
    }
    index
}
