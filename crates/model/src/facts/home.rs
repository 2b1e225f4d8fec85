//! What the place of a file says about its objects: the kustomizations that take it in, and the files it belongs with.
//!
//! Kustomizations are not built here. Where one moves a file into another namespace it counts; where several disagree, or
//! some of what they take in is not in the scan, that is known too.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use portcullis_core::StableHash;
use portcullis_syntax::{Lookup, Node};
use serde::{Deserialize, Serialize};

use super::Namespace;
use crate::kustomize::{References, directory_of};

/// What is known of a file's place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Home {
    /// What it is deployed with: a kustomization's directory, else its own; environments of one directory told apart.
    pub(super) deployed_with: String,
    pub(super) company: Company,
    moved: Moved,
    pub(super) role: Role,
    /// Whether a kustomization adds labels to pods.
    pub(super) adds_labels: bool,
    /// Whether it is deployed with things that the scan does not see.
    pub(super) has_unseen: bool,
    /// Whether a kustomization may change amounts in it: by patches, replicas or transformers.
    pub(super) is_changed: bool,
    /// The environment that a word of its path names, by its place in the list of them.
    pub(super) environment: Option<u8>,
}

/// Why files are deployed together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Company {
    /// A kustomization takes them in, or they are one release.
    #[default]
    Stated,
    /// They lie in one directory, which may be applied as a whole.
    Neighbours,
}

/// Whether something is deployed along that the scan does not see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unseen {
    /// All of it is seen.
    Nothing,
    /// A remote base, or a chart.
    Some,
}

/// What a file's documents are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Role {
    /// Objects.
    #[default]
    Objects,
    /// Parts of objects, laid over others.
    Patches,
}

/// Where kustomizations move objects to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
enum Moved {
    /// They stay where they are written.
    #[default]
    No,
    To(String),
    /// To several places, or to one that is not known.
    Unknown,
}

impl Moved {
    fn join(a: Option<Self>, b: Self) -> Self {
        match a {
            None => b,
            Some(a) if a == b => a,
            Some(_) => Self::Unknown,
        }
    }
}

impl Home {
    /// The home of a file that no kustomization takes in.
    fn alone(path: &str) -> Self {
        let (directory, name) = path.rsplit_once('/').unwrap_or(("", path));
        let of_name = environment(name);
        let environment = environment(directory).or(of_name).map(|(index, _)| index);
        let deployed_with = with_environment(directory, of_name.map(|(_, name)| name));
        Self { deployed_with, environment, company: Company::Neighbours, ..Self::default() }
    }

    /// A hash of what it is deployed with.
    pub(super) fn deployed_with_key(&self) -> u64 {
        let mut hash = StableHash::new();
        hash.text(&self.deployed_with);
        hash.short()
    }

    /// The namespace of an object that is written as `written` says.
    pub(super) fn namespace(&self, written: Namespace) -> Namespace {
        match &self.moved {
            Moved::No => written,
            Moved::To(name) => Namespace::Named(name.clone()),
            Moved::Unknown => match written {
                Namespace::Unknown => Namespace::Unknown,
                _ => Namespace::Along(self.deployed_with.clone()),
            },
        }
    }
}

impl Home {
    /// The namespace of an object that is referred to. What a kustomization makes of references to other namespaces
    /// depends on what else it takes in.
    pub(super) fn referred(&self, written: Namespace) -> Namespace {
        match (&self.moved, &written) {
            (Moved::No, _) => written,
            (Moved::To(to), Namespace::Named(name)) if to == name => written,
            _ => Namespace::Unknown,
        }
    }
}

/// `prod.yaml` and `staging.yaml` of one directory are not deployed together.
fn with_environment(directory: &str, environment: Option<&str>) -> String {
    environment.map_or_else(|| directory.to_owned(), |environment| format!("{directory}\n{environment}"))
}

/// The first word of a path that names an environment.
fn environment(path: &str) -> Option<(u8, &'static str)> {
    path.as_bytes().split(|byte| !byte.is_ascii_alphanumeric()).find_map(|word| {
        let (first, names): (u8, &[&'static str]) = match word.len() {
            2 => (0, &["qa"]),
            3 => (8, &["dev", "stg", "prd", "uat"]),
            4 => (16, &["prod", "test", "demo", "blue"]),
            5 => (24, &["stage", "local", "green"]),
            6 => (32, &["canary", "sample"]),
            7 => (40, &["staging", "testing", "preprod", "preview", "sandbox", "example"]),
            10 => (48, &["production"]),
            11 => (56, &["development"]),
            _ => return None,
        };
        (first..)
            .zip(names)
            .find(|(_, name)| word.eq_ignore_ascii_case(name.as_bytes()))
            .map(|(index, name)| (index, *name))
    })
}

/// The homes of a scan's files.
#[derive(Clone, Debug, Default)]
pub struct Homes {
    taken_in: HashMap<String, Home>,
    /// The directories that have a kustomization.
    directories: BTreeSet<String>,
    /// ConfigMaps and Secrets that kustomizations generate.
    pub(super) generated: BTreeSet<(&'static str, String)>,
}

/// What one kustomization says.
#[derive(Debug, Default)]
struct Kustomization {
    namespace: Moved,
    files: Vec<String>,
    patches: Vec<String>,
    bases: Vec<String>,
    adds_labels: bool,
    has_unseen: bool,
    changes: bool,
}

/// What a kustomization changes amounts with.
const CHANGES: &[&str] = &[
    "patches",
    "patchesStrategicMerge",
    "patchesJson6902",
    "replicas",
    "transformers",
    "components",
    "replacements",
    "vars",
];

impl Homes {
    /// Reads kustomizations: their paths, their first documents, and what those refer to.
    pub fn new<'t>(kustomizations: impl Iterator<Item = (&'t str, Node<'t>, References)>) -> Self {
        let mut homes = Self::default();
        let mut all = BTreeMap::new();
        for (path, root, references) in kustomizations {
            let read = Kustomization::new(root, references, &mut homes.generated);
            all.insert(directory_of(path).to_owned(), read);
        }
        settle_bases(&mut all);
        let moved = outcomes(&all);
        let unseen = spread(&all, |kustomization| kustomization.has_unseen);
        let labelled = spread_down(&all, |kustomization| kustomization.adds_labels);
        let changed = spread_down(&all, |kustomization| kustomization.changes);
        for (directory, kustomization) in &all {
            let moved = moved.get(directory).cloned().unwrap_or_default();
            let entries = kustomization.files.iter().map(|path| (path, Role::Objects));
            for (path, role) in entries.chain(kustomization.patches.iter().map(|path| (path, Role::Patches))) {
                let home = Home {
                    deployed_with: directory.clone(),
                    company: Company::Stated,
                    moved: moved.clone(),
                    role,
                    adds_labels: labelled.contains(directory.as_str()),
                    has_unseen: unseen.contains(directory.as_str()),
                    is_changed: changed.contains(directory.as_str()),
                    environment: environment(path).map(|(index, _)| index),
                };
                homes.taken_in.entry(path.clone()).and_modify(|known| known.join(&home)).or_insert(home);
            }
        }
        homes.directories = all.into_keys().collect();
        homes
    }

    /// Gives files one home: the templates of one release, wherever their chart has them.
    pub fn deploy_together<'p>(&mut self, name: &str, paths: impl Iterator<Item = &'p str>) {
        let home = Home { deployed_with: name.to_owned(), ..Home::default() };
        self.taken_in.extend(paths.map(|path| (path.to_owned(), home.clone())));
    }

    /// Whether some kustomization names the file as a patch.
    pub fn is_patch(&self, path: &str) -> bool {
        self.taken_in.get(path).is_some_and(|home| home.role == Role::Patches)
    }

    /// Whether a file lies below a kustomization, and none takes it in.
    pub fn is_left_out(&self, path: &str) -> bool {
        if self.directories.is_empty() || self.taken_in.contains_key(path) {
            return false;
        }
        let mut directory = directory_of(path);
        while !directory.is_empty() {
            if self.directories.contains(directory) {
                return true;
            }
            directory = directory_of(directory);
        }
        self.directories.contains("")
    }

    /// The home of what the kustomization of a directory builds: names and namespaces are final. `unseen` says whether
    /// it leaves something out.
    pub fn of_build(directory: &str, unseen: Unseen) -> Arc<Home> {
        // Files beside the kustomization that it does not take in are not deployed with it.
        let deployed_with = format!("{directory}\nbuild");
        Arc::new(Home { deployed_with, has_unseen: unseen == Unseen::Some, ..Home::default() })
    }

    /// The home of a file, by its path relative to the working directory.
    pub fn of(&self, path: &str) -> Arc<Home> {
        Arc::new(self.taken_in.get(path).cloned().unwrap_or_else(|| Home::alone(path)))
    }
}

impl Home {
    /// What holds of a file that two kustomizations take in.
    fn join(&mut self, other: &Self) {
        self.moved = Moved::join(Some(std::mem::take(&mut self.moved)), other.moved.clone());
        self.adds_labels |= other.adds_labels;
        self.has_unseen |= other.has_unseen;
        self.is_changed |= other.is_changed;
        if other.role == Role::Patches {
            self.role = Role::Patches;
        }
    }
}

impl Kustomization {
    fn new(root: Node<'_>, references: References, generated: &mut BTreeSet<(&'static str, String)>) -> Self {
        let mut found = Self {
            namespace: match root.get("namespace") {
                Lookup::Absent(_) => Moved::No,
                Lookup::Present(name) => name.as_str().map_or(Moved::Unknown, |name| Moved::To(name.to_owned())),
                Lookup::Unknown(_) => Moved::Unknown,
            },
            has_unseen: root.is_unknown()
                || ["helmCharts", "generators", "helmChartInflationGenerator"]
                    .iter()
                    .any(|key| root.field(key).is_some()),
            changes: root.is_unknown() || CHANGES.iter().any(|key| root.field(key).is_some()),
            adds_labels: ["commonLabels", "labels", "transformers"].iter().any(|key| root.field(key).is_some()),
            ..Self::default()
        };
        found.has_unseen |= !references.remote.is_empty();
        found.files = references.files;
        found.bases = references.bases;
        found.patches = references.patches;
        for (list, kind) in [("configMapGenerator", "ConfigMap"), ("secretGenerator", "Secret")] {
            let names =
                root.field(list).into_iter().flat_map(Node::items).filter_map(|entry| entry.field("name")?.as_str());
            generated.extend(names.map(|name| (kind, name.to_owned())));
        }
        found
    }
}

/// A base that the scan does not hold is one more thing that is not seen.
fn settle_bases(all: &mut BTreeMap<String, Kustomization>) {
    let known: BTreeSet<String> = all.keys().cloned().collect();
    for kustomization in all.values_mut() {
        let before = kustomization.bases.len();
        kustomization.bases.retain(|base| known.contains(base));
        kustomization.has_unseen |= kustomization.bases.len() < before;
    }
}

/// Where each kustomization's files end up: the outermost namespace wins. Each is visited at most once for each of the
/// three states that it can go through, so that chains and rings of bases end.
fn outcomes(all: &BTreeMap<String, Kustomization>) -> HashMap<String, Moved> {
    let bases: BTreeSet<&str> = all.values().flat_map(|one| one.bases.iter().map(String::as_str)).collect();
    let mut outcomes: HashMap<String, Moved> = HashMap::new();
    let mut work: Vec<(&str, Moved)> = Vec::new();
    for (directory, kustomization) in all {
        if !bases.contains(directory.as_str()) {
            work.push((directory, kustomization.namespace.clone()));
        }
    }
    while let Some((directory, moved)) = work.pop() {
        let known = outcomes.get(directory);
        let joined = Moved::join(known.cloned(), moved);
        if known == Some(&joined) {
            continue;
        }
        outcomes.insert(directory.to_owned(), joined.clone());
        for base in all.get(directory).into_iter().flat_map(|one| &one.bases) {
            let own = all.get(base).map_or(Moved::No, |base| base.namespace.clone());
            work.push((base, if joined == Moved::No { own } else { joined.clone() }));
        }
    }
    // Kustomizations in a ring have no outermost one.
    for directory in all.keys() {
        outcomes.entry(directory.clone()).or_insert(Moved::Unknown);
    }
    outcomes
}

/// Those for which `holds`, everything that takes them in, and everything that those take in.
fn spread(all: &BTreeMap<String, Kustomization>, holds: impl Fn(&Kustomization) -> bool) -> BTreeSet<&str> {
    let mut parents: HashMap<&str, Vec<&str>> = HashMap::new();
    for (directory, kustomization) in all {
        for base in &kustomization.bases {
            parents.entry(base).or_default().push(directory);
        }
    }
    let mut up: BTreeSet<&str> = BTreeSet::new();
    let mut work: Vec<&str> =
        all.iter().filter(|(_, one)| holds(one)).map(|(directory, _)| directory.as_str()).collect();
    while let Some(directory) = work.pop() {
        if up.insert(directory) {
            work.extend(parents.get(directory).into_iter().flatten());
        }
    }
    down(all, up)
}

/// Those for which `holds`, and everything that they take in.
fn spread_down(all: &BTreeMap<String, Kustomization>, holds: impl Fn(&Kustomization) -> bool) -> BTreeSet<&str> {
    down(all, all.iter().filter(|(_, one)| holds(one)).map(|(directory, _)| directory.as_str()).collect())
}

fn down<'a>(all: &'a BTreeMap<String, Kustomization>, from: BTreeSet<&'a str>) -> BTreeSet<&'a str> {
    let mut reached = BTreeSet::new();
    let mut work: Vec<&str> = from.into_iter().collect();
    while let Some(directory) = work.pop() {
        if reached.insert(directory) {
            work.extend(all.get(directory).into_iter().flat_map(|one| one.bases.iter().map(String::as_str)));
        }
    }
    reached
}
