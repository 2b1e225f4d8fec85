//! The files that make a project: the default override, what `include` and `extends` name, `.env`, and Dockerfiles.
//!
//! Files are read by the caller's [`Files`]. One that is missing, too large or outside the scanned tree makes unknown
//! what it would have said.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;

use portcullis_core::{FileError, FileId, Files, Span};
use portcullis_syntax::{Dialect, Node, Tree, interpolation, yaml};

use super::environment::{self, Environment};
use super::image_of_build::{BrokenBuild, BuiltImage};
use super::{Document, Project, Service, as_text, paths};

/// Files of a project that are read beside the one that is judged.
const FILE_LIMIT: usize = 64;

/// Their largest size in bytes.
const SIZE_LIMIT: usize = 1 << 20;

/// How far `include` and `extends` are followed.
pub(super) const DEPTH_LIMIT: usize = 16;

/// The names of a project's first file, in the order in which Compose looks for them.
pub const BASES: &[&str] = &["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"];

/// The names of a file that Compose puts over the first one by itself.
pub const OVERRIDES: &[&str] =
    &["compose.override.yml", "compose.override.yaml", "docker-compose.override.yml", "docker-compose.override.yaml"];

/// No files at all: for a text that stands for itself.
#[derive(Clone, Copy, Debug)]
pub struct NoFiles;

impl Files for NoFiles {
    fn read(&self, path: &str) -> Result<Vec<u8>, FileError> {
        Err(FileError::Outside(PathBuf::from(path)))
    }

    fn list(&self, directory: &str) -> Result<Vec<String>, FileError> {
        Err(FileError::Outside(PathBuf::from(directory)))
    }
}

/// What surrounds a Compose file.
#[derive(Clone, Copy)]
pub struct Surroundings<'a> {
    /// The tree that other files are read from.
    pub files: &'a dyn Files,
    /// The files that the user wants merged, the weakest first; empty for Compose's own choice.
    pub asked: &'a [String],
    /// Whether git would track a file.
    pub tracks: &'a dyn Fn(&str) -> bool,
    /// Whether git would ignore a file that does not exist.
    pub ignores: &'a dyn Fn(&str) -> bool,
}

impl std::fmt::Debug for Surroundings<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Surroundings").field("asked", &self.asked).finish_non_exhaustive()
    }
}

/// The files of one project, read.
#[derive(Debug)]
pub struct Sources {
    /// The judged file first.
    pub(super) all: Vec<Source>,
    pub(super) by_path: HashMap<String, usize>,
    /// Which of them are merged, the weakest first; others are only extended from.
    pub(super) merged: Vec<usize>,
    /// The base of the folder, where the judged file may as well stand for itself.
    doubtful: Option<usize>,
    is_part: bool,
    /// Whether some include cannot be read.
    pub(super) lacks_includes: bool,
    /// Files that include each other, each time from the judged file around to it.
    cycles: Vec<Vec<String>>,
    built: HashMap<String, BuiltImage>,
    tracked: HashMap<String, String>,
    /// Paths, as the judged file writes them, at which nothing is.
    missing: HashSet<String>,
    /// Files that `COMPOSE_FILE` names and that do not exist; said of the first file that does.
    missing_chosen: Vec<String>,
    /// What the services of the judged file build and is not there.
    broken_builds: HashMap<String, BrokenBuild>,
    /// Whether no other file can be put over or under the judged one.
    stands_alone: bool,
    /// The profiles that `.env` turns on.
    profiles: HashSet<String>,
}

/// A file of a project.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) path: String,
    pub(super) tree: Tree,
    faults: Vec<Span>,
}

impl Sources {
    /// Reads what belongs to a parsed Compose file.
    pub fn load(path: &str, tree: Tree, around: &Surroundings<'_>) -> Self {
        let chosen = if around.asked.is_empty() { environment::chosen_files(path, around.files) } else { None };
        let asked = chosen.as_deref().unwrap_or(around.asked);
        let is_asked = asked.iter().any(|asked| asked == path);
        let first = asked.first().filter(|_| is_asked).map_or(path, String::as_str);
        let environment = match including(path, around.files).filter(|_| !is_asked) {
            Some((base, own)) => {
                let mut environment = Environment::beside(&base);
                environment.enter(&own, around.files);
                environment
            }
            None => Environment::beside(first),
        };
        let mut loader = Loader { around, environment, including: Vec::new() };
        let mut sources = Self {
            all: Vec::new(),
            by_path: HashMap::new(),
            merged: Vec::new(),
            doubtful: None,
            is_part: false,
            lacks_includes: false,
            cycles: Vec::new(),
            built: HashMap::new(),
            tracked: HashMap::new(),
            missing: HashSet::new(),
            missing_chosen: Vec::new(),
            broken_builds: HashMap::new(),
            stands_alone: false,
            profiles: HashSet::new(),
        };
        sources.add(path, tree, &mut loader);
        let stack = if is_asked { asked.to_vec() } else { sources.default_stack(path, &mut loader) };
        for file in &stack {
            match sources.open(file, &mut loader) {
                Some(index) => sources.include(index, DEPTH_LIMIT, &mut loader),
                None => sources.is_part = true,
            }
        }
        sources.is_part |= !is_asked && is_one_of_several(path, around.files);
        sources.open_extended(&mut loader);
        sources.profiles = loader.environment.profiles(around.files);
        (sources.built, sources.tracked) = sources.surroundings(around);
        if !is_asked || paths::directory(first) == paths::directory(path) {
            sources.missing = sources.missing(around);
            sources.broken_builds = sources.broken_builds(around);
        }
        sources.missing_chosen = chosen.map(|chosen| missing_chosen(path, &chosen, around)).unwrap_or_default();
        sources.stands_alone = !is_asked && stands_alone(path, &stack, around);
        sources
    }

    /// A file of the project, with its path.
    pub fn file(&self, file: FileId) -> Option<(&str, &Tree)> {
        let source = self.all.iter().find(|source| source.tree.file() == file)?;
        Some((&source.path, &source.tree))
    }

    /// The judged file.
    pub fn tree(&self) -> &Tree {
        &self.all.first().expect("the judged file is added first").tree
    }

    /// The project that the files make.
    pub fn project(&self) -> Project<'_> {
        let judged = self.all.first().expect("the judged file is added first");
        let names: Vec<Names<'_>> = self.all.iter().map(|source| names(&source.tree)).collect();
        let mut project = Project {
            file: judged.tree.file(),
            path: &judged.path,
            documents: Vec::new(),
            services: Vec::new(),
            is_part: self.is_part,
            faults: &judged.faults,
            sources: self,
            by_name: HashMap::new(),
            made: HashSet::new(),
            stands_alone: false,
        };
        let mut layers: Vec<Vec<(usize, Node<'_>)>> = Vec::new();
        for &index in &self.merged {
            let Some(source) = self.all.get(index) else { continue };
            for document in source.tree.documents() {
                project.documents.push(Document { file: source.tree.file(), root: document.root });
                project.is_part |= document.root.is_unknown() || document.root.is_open();
                let Some(services) = document.root.field("services") else { continue };
                project.is_part |= services.is_open() || !services.is_map() && !services.is_null();
                for (name, node) in services.entries() {
                    let at = *project.by_name.entry(name.text()).or_insert_with(|| {
                        project.services.push(Service::new(name.text(), node));
                        layers.push(Vec::new());
                        layers.len() - 1
                    });
                    if self.doubtful == Some(index) {
                        project.services.get_mut(at).into_iter().for_each(|service| service.doubt(node));
                    } else if let Some(layers) = layers.get_mut(at) {
                        layers.push((index, node));
                    }
                }
            }
        }
        for (service, layers) in project.services.iter_mut().zip(layers) {
            for (index, node) in layers.into_iter().rev() {
                service.add(node);
                self.extend(service, index, node, &names);
            }
        }
        let built = project.services.iter().filter(|service| service.get("build").present().is_some());
        project.made = built.filter_map(|service| Some(service.get("image").present()?.text())).collect();
        project.stands_alone = self.stands_alone && !project.is_part;
        project.is_part |= project.services.is_empty()
            || project.services.iter().any(|service| !service.is_doubtful() && !service.is_complete());
        project
    }

    /// What a service's Dockerfile says.
    pub(super) fn built(&self, service: &str) -> &BuiltImage {
        const UNKNOWN: BuiltImage = BuiltImage { user: super::Said::Unknown, healthcheck: super::Said::Unknown };
        self.built.get(service).unwrap_or(&UNKNOWN)
    }

    pub(super) fn is_missing(&self, path: &str) -> bool {
        self.missing.contains(path)
    }

    pub(super) fn missing_chosen(&self) -> &[String] {
        &self.missing_chosen
    }

    pub(super) fn broken_build(&self, service: &str) -> Option<&BrokenBuild> {
        self.broken_builds.get(service)
    }

    pub(super) fn is_active(&self, profile: &str) -> bool {
        self.profiles.contains(profile)
    }

    pub(super) fn cycles(&self) -> &[Vec<String>] {
        &self.cycles
    }

    pub(super) fn tracked(&self, path: &str) -> Option<&str> {
        let judged = self.all.first()?;
        let path = paths::join(paths::directory(&judged.path), path)?;
        self.tracked.get(&path).map(String::as_str)
    }

    /// Compose's own choice of files: the base of the folder, its override, and the judged file where it is neither and
    /// names a service of the base. In the last case it may be meant to stand for itself.
    fn default_stack(&mut self, path: &str, loader: &mut Loader<'_>) -> Vec<String> {
        let (directory, own) = (paths::directory(path).to_owned(), paths::name(path).to_ascii_lowercase());
        let beside = |name: &str| if directory.is_empty() { name.to_owned() } else { format!("{directory}/{name}") };
        if !super::has_compose_name(path) {
            return vec![path.to_owned()];
        }
        let base = BASES.iter().find(|base| {
            let found = beside(base);
            found == path || self.open(&found, loader).is_some()
        });
        let Some(base) = base.map(|base| beside(base)).filter(|base| base != path) else {
            let overrides = if BASES.contains(&own.as_str()) { OVERRIDES } else { &[] };
            let over = overrides.iter().map(|name| beside(name)).find(|name| self.open(name, loader).is_some());
            return [path.to_owned()].into_iter().chain(over).collect();
        };
        let services = |path: &str| {
            let source = self.by_path.get(path).and_then(|&index| self.all.get(index));
            source.map(|source| names(&source.tree)).unwrap_or_default()
        };
        let is_override = OVERRIDES.contains(&own.as_str());
        let (of_base, of_own) = (services(&base), services(path));
        let shares = of_own.keys().any(|name| of_base.contains_key(name));
        if !is_override && (BASES.contains(&own.as_str()) || !shares) {
            return vec![path.to_owned()];
        }
        // A file all of whose services say what they run may be put over the base, or be used in its place.
        let says =
            |service: &Node<'_>| ["image", "build", "extends"].iter().any(|field| service.field(field).is_some());
        if !is_override && of_own.values().all(says) {
            self.doubtful = self.by_path.get(&base).copied();
        }
        vec![base, path.to_owned()]
    }

    /// Merges a file, after what it includes.
    fn include(&mut self, index: usize, depth: usize, loader: &mut Loader<'_>) {
        if self.merged.contains(&index) {
            return;
        }
        let Some(source) = self.all.get(index) else { return };
        let from = paths::directory(&source.path).to_owned();
        let entries = source.tree.documents().filter_map(|document| document.root.field("include"));
        let named: Vec<Inclusion> =
            entries.flat_map(Node::items).filter_map(|entry| Inclusion::of(entry, &from)).collect();
        loader.including.push(index);
        for inclusion in named {
            let outer = loader.environment.clone();
            loader.environment.enter(&inclusion.environment, loader.around.files);
            for path in inclusion.paths {
                let found = path.and_then(|path| self.open(&path, loader));
                match (found, depth.checked_sub(1)) {
                    (Some(found), _) if loader.including.contains(&found) => {
                        self.is_part = true;
                        self.note_cycle(found, loader);
                    }
                    (Some(found), Some(depth)) => self.include(found, depth, loader),
                    _ => {
                        self.is_part = true;
                        self.lacks_includes = true;
                    }
                }
            }
            loader.environment = outer;
        }
        loader.including.pop();
        if !self.merged.contains(&index) {
            self.merged.push(index);
        }
    }

    /// Keeps a cycle of includes that the judged file is in.
    fn note_cycle(&mut self, found: usize, loader: &Loader<'_>) {
        let Some(start) = loader.including.iter().position(|&index| index == found) else { return };
        let mut cycle: Vec<usize> = loader.including.iter().skip(start).copied().collect();
        let Some(judged) = cycle.iter().position(|&index| index == 0) else { return };
        cycle.rotate_left(judged);
        if self.cycles.len() < FILE_LIMIT {
            let path = |index: usize| self.all.get(index).map(|source| source.path.clone());
            self.cycles.push(cycle.into_iter().filter_map(path).collect());
        }
    }

    /// Opens the files that services extend from, and those that these extend from.
    fn open_extended(&mut self, loader: &mut Loader<'_>) {
        let mut next = 0;
        while let Some(source) = self.all.get(next) {
            next += 1;
            let from = paths::directory(&source.path);
            let services = source.tree.documents().filter_map(|document| document.root.field("services"));
            let named: HashSet<String> = services
                .flat_map(Node::entries)
                .filter_map(|(_, service)| service.field("extends")?.field("file")?.as_str())
                .filter_map(|file| paths::join(from, file))
                .collect();
            let mut named: Vec<String> = named.into_iter().collect();
            named.sort_unstable();
            for path in named {
                self.open(&path, loader);
            }
        }
    }

    /// The index of a file, read if it is not yet.
    fn open(&mut self, path: &str, loader: &mut Loader<'_>) -> Option<usize> {
        if let Some(&index) = self.by_path.get(path) {
            return Some(index);
        }
        if self.all.len() > FILE_LIMIT {
            return None;
        }
        let text = read(loader.around.files, path)?;
        // Spans of other files are never reported; the numbers only have to differ.
        let file = FileId(u32::MAX - u32::try_from(self.all.len()).ok()?);
        let tree = yaml::parse(file, &Arc::from(text), Dialect::Yaml12);
        Some(self.add(path, tree, loader))
    }

    fn add(&mut self, path: &str, tree: Tree, loader: &mut Loader<'_>) -> usize {
        let has_variables = tree.text().contains('$');
        let variables = has_variables.then(|| loader.environment.variables(loader.around.files));
        let lookup = |name: &str| {
            variables.as_ref().and_then(|variables| variables.get(name)).map(|value| value.as_str().into())
        };
        let (tree, faults) = interpolation::interpolate(tree, &lookup);
        self.all.push(Source { path: path.to_owned(), tree, faults });
        let index = self.all.len() - 1;
        self.by_path.insert(path.to_owned(), index);
        index
    }

    /// What the services' Dockerfiles and variables files say.
    fn surroundings(&self, around: &Surroundings<'_>) -> (HashMap<String, BuiltImage>, HashMap<String, String>) {
        let (mut built, mut tracked) = (HashMap::new(), HashMap::new());
        let project = self.project();
        for service in project.services.iter().filter(|service| service.node.tree().file() == project.file) {
            if let Some(image) = service.get("build").present().and_then(|build| self.image(service, build, around)) {
                built.insert(service.name.to_owned(), image);
            }
            for path in service.parts("env_file").into_iter().flat_map(paths_of) {
                let path = paths::join(paths::directory(project.path), path);
                let Some(path) = path.filter(|path| !tracked.contains_key(path) && (around.tracks)(path)) else {
                    continue;
                };
                if tracked.len() < FILE_LIMIT
                    && let Some(text) = read(around.files, &path)
                {
                    tracked.insert(path, text);
                }
            }
        }
        (built, tracked)
    }

    /// The paths that the judged file names and at which nothing is: not from its folder, and not from one above, which
    /// Compose may be told to start from.
    fn missing(&self, around: &Surroundings<'_>) -> HashSet<String> {
        let Some(judged) = self.all.first() else { return HashSet::new() };
        let folders: Vec<&str> = folders_of(&judged.path).collect();
        let is_there = |path: &str| self.by_path.contains_key(path) || is_there(path, around.files);
        let is_missing = |named: &&str| {
            let mut all = folders.iter().map(|folder| paths::join(folder, named));
            let own = all.next().flatten();
            own.is_some_and(|path| !is_there(&path) && !(around.ignores)(&path))
                && !all.flatten().any(|path| is_there(&path))
        };
        let named: HashSet<&str> = named_files(&judged.tree).take(FILE_LIMIT).collect();
        named.into_iter().filter(is_missing).map(str::to_owned).collect()
    }

    /// What the judged file builds that is not there.
    fn broken_builds(&self, around: &Surroundings<'_>) -> HashMap<String, BrokenBuild> {
        let project = self.project();
        let own = project.services.iter().filter_map(|service| Some((service, service.get("build").present()?)));
        let own = own.filter(|(_, build)| build.tree().file() == project.file).take(FILE_LIMIT);
        let broken = own.filter_map(|(service, build)| {
            Some((service.name.to_owned(), BrokenBuild::of(service, build, project.path, around)?))
        });
        broken.collect()
    }

    fn image(&self, service: &Service<'_>, build: Node<'_>, around: &Surroundings<'_>) -> Option<BuiltImage> {
        let source = self.all.iter().find(|source| source.tree.file() == build.tree().file())?;
        let text = |field: &str| service.get(&format!("build.{field}")).present();
        let target = text("target").filter(|_| build.is_map());
        let target = match target {
            Some(target) => Some(as_text(target)?),
            None => None,
        };
        if build.is_map()
            && let Some(inline) = text("dockerfile_inline")
        {
            return Some(BuiltImage::read(inline.as_str()?, target));
        }
        let (context, file) = if build.is_map() { (text("context"), text("dockerfile")) } else { (Some(build), None) };
        let context = context.map_or(Some("."), as_text)?;
        let file = file.map_or(Some("Dockerfile"), as_text)?;
        let folder = paths::join(paths::directory(&source.path), if context == "." { "./" } else { context })?;
        Some(BuiltImage::read(&read(around.files, &paths::join(&folder, file)?)?, target))
    }
}

/// Whether a file is meant to be read with others: it has no name that Compose looks for by itself, or a Compose file in a
/// folder above names it, which is taken for an `include`.
fn is_one_of_several(path: &str, files: &dyn Files) -> bool {
    let name = paths::name(path).to_ascii_lowercase();
    if OVERRIDES.contains(&name.as_str()) {
        return false;
    }
    if !BASES.contains(&name.as_str()) {
        return true;
    }
    let folders: Vec<usize> = path.match_indices('/').map(|(at, _)| at).rev().collect();
    let above = folders.iter().skip(1).map(|&at| at + 1).chain((!folders.is_empty()).then_some(0));
    above.take(DEPTH_LIMIT).any(|start| {
        let (Some(folder), Some(below)) = (path.get(..start), path.get(start..)) else { return false };
        BASES.iter().any(|base| read(files, &format!("{folder}{base}")).is_some_and(|text| text.contains(below)))
    })
}

/// Whether anything is at a path, as far as the tree can say.
pub(super) fn is_there(path: &str, files: &dyn Files) -> bool {
    !matches!(files.read(path), Err(FileError::Missing(_)))
}

/// The folder of a file and those above it, the nearest first.
pub(super) fn folders_of(path: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(paths::directory(path)), |folder| (!folder.is_empty()).then(|| paths::directory(folder)))
        .take(DEPTH_LIMIT)
}

/// The base that includes a file, and the files of variables that hold for it there. `None` where it is included in two ways.
fn including(path: &str, files: &dyn Files) -> Option<(String, Vec<String>)> {
    let name = paths::name(path);
    let bases = folders_of(path).flat_map(|folder| BASES.iter().map(move |base| (folder, *base)));
    for (folder, base) in bases {
        let base = if folder.is_empty() { base.to_owned() } else { format!("{folder}/{base}") };
        if base == path {
            continue;
        }
        let text = read(files, &base).filter(|text| text.contains("include") && text.contains(name));
        let Some(text) = text else { continue };
        let tree = yaml::parse(FileId::default(), &Arc::from(text), Dialect::Yaml12);
        let entries = tree.documents().filter_map(|document| document.root.field("include")).flat_map(Node::items);
        let inclusions = entries.filter_map(|entry| Inclusion::of(entry, folder));
        let mut own = inclusions.filter(|inclusion| inclusion.paths.iter().flatten().any(|found| found == path));
        let Some(first) = own.next() else { continue };
        return own.all(|other| other.environment == first.environment).then_some((base, first.environment));
    }
    None
}

/// The files of `COMPOSE_FILE` that do not exist, where the judged file is the first that does.
fn missing_chosen(path: &str, chosen: &[String], around: &Surroundings<'_>) -> Vec<String> {
    if chosen.iter().find(|file| is_there(file, around.files)).is_none_or(|first| first != path) {
        return Vec::new();
    }
    let is_missing = |file: &&String| !is_there(file, around.files) && !(around.ignores)(file);
    chosen.iter().filter(is_missing).cloned().collect()
}

/// Whether a base stands for itself: no file with a name like Compose's lies beside it, none above it that it could be put
/// over, and git would keep an override in the repository.
fn stands_alone(path: &str, stack: &[String], around: &Surroundings<'_>) -> bool {
    let folder = paths::directory(path);
    let beside = |name: &str| if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
    let Ok(names) = around.files.list(folder) else { return false };
    let is_other =
        |name: &String| name == "devcontainer.json" || super::has_compose_name(name) && !stack.contains(&beside(name));
    let has_base = |folder: &str| {
        let at = |name: &str| if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
        BASES.iter().any(|base| is_there(&at(base), around.files))
    };
    BASES.contains(&paths::name(path))
        && !names.iter().any(is_other)
        && !folders_of(path).skip(1).any(has_base)
        && !OVERRIDES.iter().any(|name| (around.ignores)(&beside(name)))
}

/// What the files of a project have in common while they are read.
struct Loader<'a> {
    around: &'a Surroundings<'a>,
    environment: Environment,
    /// The files whose includes are being read, the outermost first.
    including: Vec<usize>,
}

/// One entry of `include`.
struct Inclusion {
    /// The files, absent where one is outside of the tree.
    paths: Vec<Option<String>>,
    /// The files of variables that only they see.
    environment: Vec<String>,
}

impl Inclusion {
    fn of(entry: Node<'_>, from: &str) -> Option<Self> {
        let path = path_of(entry)?;
        let paths: Vec<Option<String>> = one_or_many(path).map(|path| paths::join(from, path.as_str()?)).collect();
        let field = |name: &str| entry.field(name).filter(|field| !field.is_null());
        let environment = match (field("env_file"), field("project_directory"), paths.first()) {
            (Some(files), ..) => one_or_many(files).filter_map(|file| paths::join(from, file.as_str()?)).collect(),
            (None, Some(directory), _) => {
                let directory = directory.as_str().and_then(|directory| paths::join(from, directory));
                directory.map(|directory| environment::beside(&directory)).into_iter().collect()
            }
            (None, None, Some(Some(first))) => vec![environment::beside(paths::directory(first))],
            (None, None, _) => Vec::new(),
        };
        Some(Self { paths, environment })
    }
}

/// A service's node by its name.
pub(super) type Names<'t> = HashMap<&'t str, Node<'t>>;

pub(super) fn names(tree: &Tree) -> Names<'_> {
    let services = tree.documents().filter_map(|document| document.root.field("services"));
    services.flat_map(Node::entries).map(|(name, node)| (name.text(), node)).collect()
}

/// The paths of `env_file`: one, several, or mappings with `path`.
fn paths_of(node: Node<'_>) -> impl Iterator<Item = &str> {
    one_or_many(node).filter_map(move |node| path_of(node)?.as_str())
}

/// A path, or that of a mapping that has one.
fn path_of(node: Node<'_>) -> Option<Node<'_>> {
    if node.is_map() { node.field("path") } else { Some(node) }
}

/// The elements of a list, or what stands in its place.
fn one_or_many(node: Node<'_>) -> impl Iterator<Item = Node<'_>> {
    let list: Vec<Node<'_>> = if node.is_list() { node.items().collect() } else { vec![node] };
    list.into_iter()
}

/// The files without which Compose does not start: those of `include`, `extends` and `env_file`.
fn named_files(tree: &Tree) -> impl Iterator<Item = &str> {
    let included = tree.documents().filter_map(|document| document.root.field("include")).flat_map(Node::items);
    let services = tree.documents().filter_map(|document| document.root.field("services"));
    let of_services = services.flat_map(Node::entries).flat_map(|(_, service)| {
        let extended = service.field("extends").and_then(|extends| extends.field("file"));
        let variables = service.field("env_file").into_iter().flat_map(one_or_many);
        extended.into_iter().chain(variables)
    });
    let named = included.chain(of_services).filter_map(path_of).flat_map(one_or_many);
    named.filter(|node| !node.is_filled_in()).filter_map(Node::as_str)
}

pub(super) fn read(files: &dyn Files, path: &str) -> Option<String> {
    let bytes = files.read(path).ok().filter(|bytes| bytes.len() <= SIZE_LIMIT)?;
    String::from_utf8(bytes).ok()
}
