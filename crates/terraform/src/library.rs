//! The files of modules, read and parsed once, and which module calls which.
//!
//! Only what lies in the tree is read: modules by their relative paths, and those that `terraform init` left in
//! `.terraform/modules`. Nothing is fetched.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use portcullis_core::{FileId, Files, Span};
use portcullis_model::terraform::{Source, SourceFile};
use portcullis_syntax::hcl::{self, ExprKind, File};
use portcullis_syntax::json;

/// Bytes of all files together.
const SIZE_LIMIT: usize = 512 * 1024 * 1024;

/// Parsed files, by the directories that they stand in, relative to the scan root.
#[derive(Debug, Default)]
pub struct Library {
    directories: BTreeMap<Arc<str>, Directory>,
    variables: BTreeMap<Arc<str>, Arc<File>>,
    texts: BTreeMap<FileId, (Arc<str>, Arc<str>)>,
    size: usize,
}

/// One directory: a module as it is written.
#[derive(Debug, Default)]
pub(crate) struct Directory {
    /// The files of configuration, in order of their names.
    pub(crate) files: Vec<SourceFile>,
    /// The files of variables that Terraform reads by itself, the weakest first.
    pub(crate) variables: Vec<Arc<File>>,
    /// The directories of installed modules, by their keys (`vpc.subnets`).
    pub(crate) installed: BTreeMap<String, String>,
    neighbours: Vec<String>,
    is_listed: bool,
}

/// A `module` block.
#[derive(Clone, Debug)]
pub struct Call {
    /// Its name.
    pub name: Arc<str>,
    /// The header of the block.
    pub header: Span,
    /// What `source` says, where it is a literal.
    pub source: Option<Arc<str>>,
    /// The directory of a local source, relative to the scan root.
    pub directory: Option<String>,
}

/// What a file of a directory is to Terraform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// `.tf`, `.tofu` and their JSON forms.
    Configuration,
    /// `terraform.tfvars`, `*.auto.tfvars` and their JSON forms.
    Variables,
}

/// What a file with this name is; `None` where Terraform does not read it by itself.
pub fn role_of(name: &str) -> Option<Role> {
    if name.starts_with('.') || name.ends_with('~') || (name.starts_with('#') && name.ends_with('#')) {
        return None;
    }
    let is = |endings: &[&str]| endings.iter().any(|ending| name.len() > ending.len() && name.ends_with(ending));
    match name {
        "terraform.tfvars" | "terraform.tfvars.json" => Some(Role::Variables),
        _ if is(&[".auto.tfvars", ".auto.tfvars.json"]) => Some(Role::Variables),
        _ if is(&[".tf", ".tf.json", ".tofu", ".tofu.json"]) => Some(Role::Configuration),
        _ => None,
    }
}

/// Parses a file in the syntax that its name says.
pub fn parse(path: &str, id: FileId, text: &str) -> File {
    if path.ends_with(".tfvars.json") {
        hcl::parse_json_variables(text, id)
    } else if path.ends_with(".json") {
        hcl::parse_json(text, id)
    } else {
        hcl::parse(text, id)
    }
}

impl Library {
    /// Reads the modules in `directories`, and those that they call. `file_id` gives each file the number that its spans
    /// have. What was [added](Self::add) already is not read again.
    pub fn gather(
        &mut self,
        directories: impl IntoIterator<Item = String>,
        files: &dyn Files,
        file_id: &mut dyn FnMut(&str) -> FileId,
    ) {
        let mut open: Vec<String> = directories.into_iter().collect();
        let mut seen: BTreeSet<String> = BTreeSet::new();
        while let Some(directory) = open.pop() {
            if !seen.insert(directory.clone()) {
                continue;
            }
            self.read_directory(&directory, files, file_id);
            open.extend(self.calls(&directory).into_iter().filter_map(|call| call.directory));
            if let Some(directory) = self.directories.get(directory.as_str()) {
                open.extend(directory.installed.values().cloned());
            }
        }
    }

    /// Takes a file that is parsed already, with its path relative to the scan root.
    pub fn add(&mut self, path: &str, id: FileId, text: Arc<str>, file: Arc<File>) {
        let (directory, name) = split(path);
        self.size = self.size.saturating_add(text.len());
        self.texts.insert(id, (path.into(), text));
        if role_of(name) == Some(Role::Configuration) {
            let directory = self.directories.entry(directory.into()).or_default();
            // Files come in order of their paths, so that the place is nearly always the end.
            if let Err(at) = directory.files.binary_search_by(|other| (*other.path).cmp(path)) {
                directory.files.insert(at, SourceFile { path: path.into(), id, file });
            }
        } else {
            self.variables.insert(path.into(), file);
        }
    }

    /// Reads files of variables that are named on the command line.
    pub fn add_variables(&mut self, path: &str, files: &dyn Files, file_id: &mut dyn FnMut(&str) -> FileId) {
        self.read(path, files, file_id);
    }

    /// Whether a file that was added is a part of its module: where OpenTofu's file of its name stands beside Terraform's,
    /// the latter is none.
    pub fn reads(&self, path: &str) -> bool {
        let files = self.directories.get(split(path).0).map_or(&[][..], |it| it.files.as_slice());
        files.binary_search_by(|file| (*file.path).cmp(path)).is_ok()
    }

    /// The path and the text of a file that was read or added.
    pub fn text(&self, id: FileId) -> Option<(&Arc<str>, &Arc<str>)> {
        self.texts.get(&id).map(|(path, text)| (path, text))
    }

    /// The directories that hold configuration, in order.
    pub fn directories(&self) -> impl Iterator<Item = &str> {
        self.directories.iter().filter(|(_, directory)| !directory.files.is_empty()).map(|(path, _)| &**path)
    }

    /// The directories that no module calls. Of modules that call one another in a circle the first is a root too.
    pub fn roots(&self) -> Vec<&str> {
        let mut called: BTreeSet<String> = BTreeSet::new();
        for directory in self.directories.keys() {
            let calls = self.calls(directory).into_iter().filter_map(|call| call.directory);
            called.extend(calls.filter(|called| **called != **directory));
        }
        for directory in self.directories.values() {
            called.extend(directory.installed.values().cloned());
        }
        let mut roots: Vec<&str> = self.directories().filter(|directory| !called.contains(*directory)).collect();
        let mut reached: BTreeSet<String> = BTreeSet::new();
        for root in &roots {
            self.reach(root, &mut reached);
        }
        for directory in self.directories() {
            if !reached.contains(directory) {
                roots.push(directory);
                self.reach(directory, &mut reached);
            }
        }
        roots.sort_unstable();
        roots
    }

    /// Adds a directory and all that is called from there.
    fn reach(&self, directory: &str, reached: &mut BTreeSet<String>) {
        let mut open = vec![directory.to_owned()];
        while let Some(directory) = open.pop() {
            if reached.contains(&directory) {
                continue;
            }
            open.extend(self.calls(&directory).into_iter().filter_map(|call| call.directory));
            if let Some(found) = self.directories.get(directory.as_str()) {
                open.extend(found.installed.values().cloned());
            }
            reached.insert(directory);
        }
    }

    /// The directories that a directory's modules are in.
    pub fn called(&self, directory: &str) -> Vec<String> {
        let mut called: Vec<String> = self.calls(directory).into_iter().filter_map(|call| call.directory).collect();
        called.extend(self.directories.get(directory).into_iter().flat_map(|it| it.installed.values().cloned()));
        called
    }

    /// What the `module` blocks of a directory call.
    pub fn calls(&self, directory: &str) -> Vec<Call> {
        let files = self.directories.get(directory).map_or(&[][..], |it| it.files.as_slice());
        let blocks = files.iter().flat_map(|it| it.file.body.blocks_of("module"));
        let calls = blocks.filter_map(|block| {
            let source = block.body.attribute("source").and_then(|attribute| match &attribute.value.kind {
                ExprKind::String(text) => Some(text.clone()),
                _ => None,
            });
            let called = source.as_deref().and_then(|source| local(directory, source));
            Some(Call { name: block.labels.first()?.name.clone(), header: block.header, source, directory: called })
        });
        calls.collect()
    }

    /// The module in a directory as it is written.
    pub fn source(&self, directory: &str, roots: &BTreeSet<&str>) -> Option<Source> {
        let (path, found) = self.directories.get_key_value(directory)?;
        let files = found.files.iter().map(|it| SourceFile { path: it.path.clone(), id: it.id, file: it.file.clone() });
        Some(Source {
            directory: path.clone(),
            files: files.collect(),
            is_root: roots.contains(directory),
            neighbours: found.neighbours.clone(),
        })
    }

    pub(crate) fn directory(&self, path: &str) -> Option<(&Arc<str>, &Directory)> {
        self.directories.get_key_value(path)
    }

    pub(crate) fn variables(&self, path: &str) -> Option<&Arc<File>> {
        self.variables.get(path)
    }

    fn read_directory(&mut self, path: &str, files: &dyn Files, file_id: &mut dyn FnMut(&str) -> FileId) {
        if self.directories.get(path).is_some_and(|directory| directory.is_listed) {
            return;
        }
        let names = files.list(path).unwrap_or_default();
        let known: BTreeSet<Arc<str>> =
            self.directories.get(path).into_iter().flat_map(|it| &it.files).map(|file| file.path.clone()).collect();
        let mut variables: Vec<&str> = Vec::new();
        let mut neighbours: Vec<String> = Vec::new();
        for name in &names {
            match role_of(name) {
                Some(Role::Configuration) if is_replaced(name, &names) => {}
                Some(Role::Configuration) => {
                    let path = join(path, name);
                    if !known.contains(path.as_str())
                        && let Some((id, file)) = self.parse(&path, files, file_id)
                    {
                        let (directory, _) = split(&path);
                        let directory = self.directories.entry(directory.into()).or_default();
                        directory.files.push(SourceFile { path: path.into(), id, file });
                    }
                }
                Some(Role::Variables) => variables.push(name),
                None => neighbours.push(name.clone()),
            }
        }
        variables.sort_by_key(|name| (strength(name), *name));
        let variables = variables.into_iter().filter_map(|name| self.read(&join(path, name), files, file_id)).collect();
        let installed = installed(path, files);
        let directory = self.directories.entry(path.into()).or_default();
        directory.files.retain(|file| !is_replaced(split(&file.path).1, &names));
        directory.files.sort_by(|a, b| a.path.cmp(&b.path));
        directory.variables = variables;
        directory.installed = installed;
        directory.neighbours = neighbours;
        directory.is_listed = true;
    }

    fn read(&mut self, path: &str, files: &dyn Files, file_id: &mut dyn FnMut(&str) -> FileId) -> Option<Arc<File>> {
        if let Some(file) = self.variables.get(path) {
            return Some(file.clone());
        }
        let (_, file) = self.parse(path, files, file_id)?;
        self.variables.insert(path.into(), file.clone());
        Some(file)
    }

    fn parse(
        &mut self,
        path: &str,
        files: &dyn Files,
        file_id: &mut dyn FnMut(&str) -> FileId,
    ) -> Option<(FileId, Arc<File>)> {
        let text: Arc<str> = String::from_utf8(files.read(path).ok()?).ok()?.into();
        self.size = self.size.saturating_add(text.len());
        if self.size > SIZE_LIMIT {
            return None;
        }
        let id = file_id(path);
        let file = Arc::new(parse(path, id, &text));
        self.texts.insert(id, (path.into(), text));
        Some((id, file))
    }
}

/// Whether OpenTofu's file of the same name stands in the place of Terraform's.
fn is_replaced(name: &str, names: &[String]) -> bool {
    let other = match name.strip_suffix(".tf") {
        Some(stem) => format!("{stem}.tofu"),
        None => match name.strip_suffix(".tf.json") {
            Some(stem) => format!("{stem}.tofu.json"),
            None => return false,
        },
    };
    names.binary_search(&other).is_ok()
}

/// Later files of variables override those before them.
fn strength(name: &str) -> u8 {
    match name {
        "terraform.tfvars" => 0,
        "terraform.tfvars.json" => 1,
        _ => 2,
    }
}

/// The modules that `terraform init` left in a root.
fn installed(root: &str, files: &dyn Files) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let path = join(root, ".terraform/modules/modules.json");
    let Some(text) = files.read(&path).ok().and_then(|bytes| String::from_utf8(bytes).ok()) else { return found };
    let tree = json::parse(FileId(u32::MAX), &text.into());
    let Some(list) = tree.documents().next().and_then(|document| document.root.field("Modules")) else { return found };
    for entry in list.items() {
        let key = entry.field("Key").and_then(portcullis_syntax::Node::as_str);
        let directory = entry.field("Dir").and_then(portcullis_syntax::Node::as_str);
        if let (Some(key), Some(directory)) = (key, directory)
            && !key.is_empty()
        {
            found.insert(key.to_owned(), normal(root, directory));
        }
    }
    found
}

/// The directory that a local source means; `None` of any other source.
pub(crate) fn local(directory: &str, source: &str) -> Option<String> {
    if source.starts_with("./") || source.starts_with("../") || source == "." || source == ".." {
        Some(normal(directory, source))
    } else {
        None
    }
}

/// A path below a directory, without `.` and with `..` in front only. Whether that is in the tree is for who reads it to say.
fn normal(directory: &str, path: &str) -> String {
    let mut steps: Vec<&str> = directory.split('/').filter(|step| !step.is_empty()).collect();
    for step in path.split('/') {
        match step {
            "" | "." => {}
            // A directory may lie above the working directory itself.
            ".." if steps.last().is_none_or(|last| *last == "..") => steps.push(".."),
            ".." => {
                steps.pop();
            }
            step => steps.push(step),
        }
    }
    steps.join("/")
}

fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

fn join(directory: &str, name: &str) -> String {
    if directory.is_empty() { name.to_owned() } else { format!("{directory}/{name}") }
}
