//! The files that builds need, read and parsed once.
//!
//! Everything that kustomizations refer to is gathered before the first build, so that builds are pure functions of it.
//! Nothing is fetched: what lies elsewhere is not there.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use portcullis_core::{FileError, FileId, Files};
use portcullis_model::kustomize::{NAMES, References, directory_of, field, is_kustomization, local};
use portcullis_syntax::{Dialect, Node, Tree, json, yaml};

use crate::fault::Fault;

/// Bytes of all files together.
const SIZE_LIMIT: usize = 512 * 1024 * 1024;

/// Files of variables are small; more of one says nothing about keys.
const VARIABLES_LIMIT: usize = 1024 * 1024;

/// Parsed files, by their paths relative to the working directory.
#[derive(Debug, Default)]
pub struct Library {
    files: BTreeMap<String, File>,
    /// The keys of files of variables; `None` where one cannot be read.
    variables: BTreeMap<String, Option<Vec<String>>>,
    /// The directories, and files, that kustomizations take in more than once.
    shared: BTreeSet<String>,
    /// Paths that may not be read.
    outside: BTreeSet<String>,
    /// Files of generators that are not there.
    missing: BTreeSet<String>,
    /// Files that are there and are no text, or too large.
    unread: BTreeSet<String>,
    size: usize,
    /// Whether something was left out because there is too much.
    is_over_limit: bool,
}

/// A parsed file.
#[derive(Debug)]
struct File {
    tree: Tree,
    /// Patches that stand in its scalars, by where these start.
    embedded: BTreeMap<u32, Tree>,
}

impl Library {
    /// Reads what the kustomizations with these paths refer to, and what that refers to. `file_id` gives each file the
    /// number that its spans have.
    pub fn gather(
        kustomizations: impl IntoIterator<Item = String>,
        files: &dyn Files,
        file_id: &mut dyn FnMut(&str) -> FileId,
    ) -> Self {
        let mut library = Self::default();
        let mut open: Vec<String> = kustomizations.into_iter().collect();
        let mut seen: BTreeSet<String> = BTreeSet::new();
        let mut taken_in: BTreeSet<String> = BTreeSet::new();
        let mut listings = Listings::default();
        while let Some(path) = open.pop() {
            if !seen.insert(path.clone()) {
                continue;
            }
            let is_kustomization = is_kustomization(&path);
            if is_kustomization {
                library.read(&path, files, file_id, Dialect::Yaml11);
                let Some(root) = library.root(&path) else { continue };
                let directory = directory_of(&path).to_owned();
                let references = References::new(&directory, root);
                let variables = variable_files(root, &directory);
                let sources = generator_files(root, &directory);
                for path in references.files.iter().chain(&references.bases) {
                    if !taken_in.insert(path.clone()) {
                        library.shared.insert(path.clone());
                    }
                }
                let plain = references.files.into_iter().chain(references.patches).chain(references.others);
                let plain: Vec<String> = plain.collect();
                open.extend(references.bases);
                for path in sources.into_iter().chain(variables.iter().cloned()) {
                    if !listings.holds(&path, files) {
                        library.missing.insert(path);
                    }
                }
                for path in variables {
                    library.read_variables(path, files);
                }
                for path in plain {
                    library.read_any(&path, files, file_id);
                    // A resource may be a directory with such a name.
                    if library.tree(&path).is_none() {
                        open.push(path);
                    }
                }
                library.parse_embedded(&path);
            } else {
                let inside = |name: &&&str| {
                    let path = join(&path, name);
                    let nothing = |error: &FileError| !matches!(error, FileError::TooLarge { .. });
                    !files.read(&path).is_err_and(|error| nothing(&error))
                };
                match NAMES.iter().find(inside) {
                    Some(name) => open.push(join(&path, name)),
                    None => library.read_any(&path, files, file_id),
                }
            }
        }
        library
    }

    /// A parsed file.
    pub fn tree(&self, path: &str) -> Option<&Tree> {
        self.files.get(path).map(|file| &file.tree)
    }

    /// The paths of all files that were read, in order.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    /// How many documents the files hold.
    pub(crate) fn documents(&self) -> usize {
        self.files.values().map(|file| file.tree.documents().count()).sum()
    }

    /// Whether kustomizations take a directory in more than once.
    pub(crate) fn is_shared(&self, directory: &str) -> bool {
        self.shared.contains(directory)
    }

    /// Whether a path may not be read.
    pub(crate) fn is_outside(&self, path: &str) -> bool {
        self.outside.contains(path)
    }

    /// Whether a file is there that cannot be read.
    pub(crate) fn is_unread(&self, path: &str) -> bool {
        self.unread.contains(path)
    }

    /// Whether a generator asks for a file that is not there.
    pub(crate) fn is_missing(&self, path: &str) -> bool {
        self.missing.contains(path)
    }

    /// Why there is no file at a path, which the kustomization calls `text`.
    pub(crate) fn missing(&self, path: Option<&str>, what: &str, text: &str) -> Fault {
        match path {
            Some(path) if self.outside.contains(path) => {
                Fault::ours(format!("the {what} `{text}` lies outside of the scanned tree"))
            }
            Some(path) if self.unread.contains(path) => Fault::ours(format!("the {what} `{text}` cannot be read")),
            Some(path) => Fault::missing(path.to_owned(), format!("the {what} `{text}` is not there")),
            None => Fault::ours(format!("the {what} `{text}` is not known")),
        }
    }

    /// Whether some file was left out because there is too much.
    pub(crate) fn is_over_limit(&self) -> bool {
        self.is_over_limit
    }

    /// The kustomization of a directory.
    pub fn kustomization_of(&self, directory: &str) -> Option<Node<'_>> {
        self.root(&self.kustomization(directory)?)
    }

    /// The path of a directory's kustomization.
    pub(crate) fn kustomization(&self, directory: &str) -> Option<String> {
        NAMES.iter().map(|name| join(directory, name)).find(|path| self.files.contains_key(path))
    }

    /// The first document of a file.
    pub(crate) fn root(&self, path: &str) -> Option<Node<'_>> {
        self.tree(path)?.documents().next().map(|document| document.root)
    }

    /// The document that a scalar of a file holds.
    pub(crate) fn embedded(&self, path: &str, scalar: Node<'_>) -> Option<&Tree> {
        self.files.get(path)?.embedded.get(&scalar.span().start)
    }

    /// The keys of a file of variables, as a kustomization in `directory` names it.
    pub(crate) fn variables(&self, directory: &str, name: &str) -> Option<&[String]> {
        self.variables.get(&local(directory, name)?)?.as_deref()
    }

    fn read_any(&mut self, path: &str, files: &dyn Files, file_id: &mut dyn FnMut(&str) -> FileId) {
        let dialect = if path.ends_with(".json") { Dialect::Json } else { Dialect::Yaml11 };
        self.read(path, files, file_id, dialect);
    }

    fn read(&mut self, path: &str, files: &dyn Files, file_id: &mut dyn FnMut(&str) -> FileId, dialect: Dialect) {
        if self.files.contains_key(path) || self.is_over_limit {
            return;
        }
        let text = match files.read(path).map(String::from_utf8) {
            Ok(Ok(text)) => text,
            Ok(Err(_)) | Err(FileError::TooLarge { .. }) => {
                self.unread.insert(path.to_owned());
                return;
            }
            Err(FileError::Outside(_)) => {
                self.outside.insert(path.to_owned());
                return;
            }
            Err(FileError::Missing(_) | FileError::Unreadable { .. }) => return,
        };
        self.size = self.size.saturating_add(text.len());
        if self.size > SIZE_LIMIT {
            self.is_over_limit = true;
            return;
        }
        let text: Arc<str> = Arc::from(text);
        let tree = match dialect {
            Dialect::Json => json::parse(file_id(path), &text),
            Dialect::Yaml11 | Dialect::Yaml12 | Dialect::Toml => yaml::parse(file_id(path), &text, Dialect::Yaml11),
        };
        self.files.insert(path.to_owned(), File { tree, embedded: BTreeMap::new() });
    }

    fn read_variables(&mut self, path: String, files: &dyn Files) {
        if self.variables.contains_key(&path) {
            return;
        }
        let text = files.read(&path).ok().filter(|bytes| bytes.len() <= VARIABLES_LIMIT);
        let text = text.and_then(|bytes| String::from_utf8(bytes).ok());
        let names = text.map(|text| {
            let lines = text.trim_start_matches('\u{feff}').lines().map(str::trim_start);
            let names = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
            names.map(|line| line.split('=').next().unwrap_or(line).to_owned()).collect()
        });
        self.variables.insert(path, names);
    }

    /// Parses the patches that stand in the scalars of a kustomization.
    fn parse_embedded(&mut self, path: &str) {
        let Some(root) = self.root(path) else { return };
        let mut found = BTreeMap::new();
        for scalar in inline_documents(root) {
            let Some((text, map)) = scalar.embedded() else { continue };
            found.insert(scalar.span().start, yaml::parse_embedded(text, &map, Dialect::Yaml11));
        }
        if let Some(file) = self.files.get_mut(path) {
            file.embedded = found;
        }
    }
}

/// The scalars of a kustomization that hold documents.
fn inline_documents(root: Node<'_>) -> impl Iterator<Item = Node<'_>> {
    let items = move |list: &str| field(root, list).into_iter().flat_map(Node::items);
    let patches = items("patches").chain(items("patchesJson6902")).filter_map(|entry| entry.field("patch"));
    let merged =
        items("patchesStrategicMerge").filter(|entry| portcullis_model::kustomize::patch_path(*entry).is_none());
    let plugins = items("transformers").chain(items("generators")).filter(|entry| entry.text().contains('\n'));
    patches.chain(merged).chain(plugins)
}

/// The files that generators of ConfigMaps take as they are.
fn generator_files(root: Node<'_>, directory: &str) -> Vec<String> {
    let entries = root.field("configMapGenerator").into_iter().flat_map(Node::items);
    let named = entries.flat_map(|entry| entry.field("files").into_iter().flat_map(Node::items));
    let path = |file: Node<'_>| Some(file.as_str()?.rsplit('=').next().unwrap_or_default().to_owned());
    named.filter_map(|file| local(directory, &path(file)?)).collect()
}

/// The names in directories; `None` where one cannot be listed.
#[derive(Default)]
struct Listings(BTreeMap<String, Option<BTreeSet<String>>>);

impl Listings {
    /// Whether something has the path. It is not read where its directory can be listed: it may be of any size.
    fn holds(&mut self, path: &str, files: &dyn Files) -> bool {
        let directory = directory_of(path);
        let list = || files.list(directory).ok().map(|names| names.into_iter().collect());
        let names = self.0.entry(directory.to_owned()).or_insert_with(list);
        match names {
            Some(names) => names.contains(path.rsplit('/').next().unwrap_or(path)),
            None => !matches!(files.read(path), Err(FileError::Missing(_))),
        }
    }
}

fn variable_files(root: Node<'_>, directory: &str) -> Vec<String> {
    let generators = ["configMapGenerator", "secretGenerator"].into_iter();
    let entries = generators.flat_map(|list| root.field(list).into_iter().flat_map(Node::items));
    let named =
        entries.flat_map(|entry| entry.field("envs").into_iter().flat_map(Node::items).chain(entry.field("env")));
    named.filter_map(|file| local(directory, file.text())).collect()
}

/// A path below a directory; of the working directory just the name.
pub(crate) fn join(directory: &str, name: &str) -> String {
    if directory.is_empty() { name.to_owned() } else { format!("{directory}/{name}") }
}

/// Why there is no base at a path.
pub(crate) fn missing_base(path: &str) -> Fault {
    let shown = if path.is_empty() { "." } else { path };
    let is_file = [".yaml", ".yml", ".json"].iter().any(|extension| path.ends_with(extension));
    let reason = if is_file { "is not there" } else { "is not there or has no kustomization" };
    Fault::missing(path.to_owned(), format!("`{shown}` {reason}"))
}
