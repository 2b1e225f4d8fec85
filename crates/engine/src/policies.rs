//! Policies of users in a scan: read, loaded once, and asked about every file that they may mean.
//!
//! What a policy cannot do (a file that does not parse, a rule that panics or never ends) is an error of the scan; other
//! policies still run. Inputs are texts as they are written. Built objects of Kustomize, modules of Terraform as they are
//! evaluated, and files that name packages are not handed to policies yet.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use portcullis_core::{
    Catalog, Draft, FileId, LineIndex, Note, NoteKind, RuleIdx, RuleMeta, ScanError, Span, StableHash,
};
use portcullis_model::kubernetes::{Object, objects};
use portcullis_policy::{
    Fault, Form, Kind, Limits, Module, Namespaces, Options, Outline, Value, Violation, Worker, inputs,
};
use portcullis_syntax::dockerfile::Dockerfile;
use portcullis_syntax::hcl;
use portcullis_syntax::{Dialect, Node, Tree, json, toml, yaml};

use crate::classify::Language;
use crate::files::FILE_LIMIT;
use crate::judge::{Input, Judge, Judged};
use crate::paths;

/// Policies, loaded, and what was wrong with them.
pub struct Policies {
    loaded: portcullis_policy::Policies,
    errors: Vec<ScanError>,
    notes: Vec<Note>,
}

/// What to load.
#[derive(Clone, Debug, Default)]
pub struct PolicySources {
    /// Files and folders of policies.
    pub policies: Vec<PathBuf>,
    /// Files and folders of data documents.
    pub data: Vec<PathBuf>,
    /// The packages whose `deny`, `warn` and `violation` are asked; empty: `main`.
    pub namespaces: Vec<String>,
    /// Whether those of every package are.
    pub every_namespace: bool,
}

impl PolicySources {
    /// Whether there is nothing to load.
    pub fn is_empty(&self) -> bool {
        self.policies.is_empty()
    }
}

/// Folders in folders that are looked into.
const DEPTH: usize = 32;

impl Policies {
    /// Reads and loads; paths are relative to `cwd`. What is wrong is kept, and becomes errors of the scan.
    pub fn load(sources: &PolicySources, cwd: &Path) -> Self {
        let mut errors = Vec::new();
        let mut modules: Vec<Module> = Vec::new();
        for named in &sources.policies {
            let mut found = Vec::new();
            walk(&paths::absolute(cwd, named), &mut found, DEPTH, &mut errors);
            found.retain(|file| is_policy(file));
            if found.is_empty() {
                errors.push(path_error(named, "no policy is there: a file `.rego` that is no test".to_owned()));
            }
            for file in found {
                let shown = paths::relative(cwd, &file);
                match read(&file) {
                    Ok(text) if modules.iter().all(|known| *known.path != *shown) => {
                        modules.push(Module::new(shown, text));
                    }
                    Ok(_) => {}
                    Err(reason) => errors.push(path_error(Path::new(&shown), reason)),
                }
            }
        }
        let data = data(&sources.data, cwd, &mut errors);
        let namespaces = match (sources.every_namespace, sources.namespaces.is_empty()) {
            (true, _) => Namespaces::All,
            (false, true) => Namespaces::default(),
            (false, false) => Namespaces::Named(sources.namespaces.clone()),
        };
        let options = Options { limits: Limits { time: TIME, ..Limits::default() }, ..Options::default() };
        let (loaded, faults) = portcullis_policy::Policies::load(&modules, &data, &namespaces, &options);
        errors.extend(faults.into_iter().map(policy_error));
        let unasked = loaded.unasked().iter().map(|it| Note {
            path: it.module.clone(),
            kind: NoteKind::Other,
            message: format!("its rules are not asked: name the package with `--namespace {}`", it.namespace),
        });
        let notes = unasked.collect();
        Self { loaded, errors, notes }
    }

    /// The rules that they add to the catalog.
    pub fn rules(&self) -> impl Iterator<Item = RuleMeta> {
        self.loaded.checks().iter().map(|check| check.meta.clone())
    }

    /// What could not be loaded.
    pub(crate) fn errors(&self) -> &[ScanError] {
        &self.errors
    }

    /// What is left out.
    pub(crate) fn notes(&self) -> &[Note] {
        &self.notes
    }
}

impl fmt::Debug for Policies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Policies").field("checks", &self.loaded.checks().len()).finish_non_exhaustive()
    }
}

/// What one document may take: a policy that needs more has a loop.
const TIME: std::time::Duration = std::time::Duration::from_secs(5);

fn is_policy(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    name.ends_with(".rego") && !name.ends_with("_test.rego")
}

fn path_error(path: &Path, reason: String) -> ScanError {
    ScanError::Path { path: path.to_owned(), reason }
}

fn policy_error(fault: Fault) -> ScanError {
    ScanError::Policy { path: fault.path, line: fault.line, column: fault.column, reason: fault.message }
}

/// The files at or below a path, in order. Links are followed where they were named.
fn walk(path: &Path, found: &mut Vec<PathBuf>, depth: usize, errors: &mut Vec<ScanError>) {
    if !path.is_dir() {
        found.push(path.to_owned());
        return;
    }
    let entries = std::fs::read_dir(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    match entries {
        Ok(mut entries) if depth > 0 => {
            entries.sort_by_key(std::fs::DirEntry::file_name);
            for entry in entries {
                let is_hidden = entry.file_name().to_string_lossy().starts_with('.');
                if !is_hidden && !entry.file_type().is_ok_and(|kind| kind.is_symlink() && entry.path().is_dir()) {
                    walk(&entry.path(), found, depth.saturating_sub(1), errors);
                }
            }
        }
        Ok(_) => errors.push(path_error(path, "folders are nested too deep".to_owned())),
        Err(error) => errors.push(path_error(path, error.to_string())),
    }
}

fn read(path: &Path) -> Result<String, String> {
    let size = std::fs::metadata(path).map_err(|error| error.to_string())?.len();
    if size > FILE_LIMIT {
        return Err(format!("has {size} bytes, over the limit of {FILE_LIMIT}"));
    }
    std::fs::read_to_string(path).map_err(|error| error.to_string())
}

/// The data documents as one. What a file holds stands at the root; what lies in a folder below a named one, under the
/// names of the folders between, as OPA has it.
fn data(named: &[PathBuf], cwd: &Path, errors: &mut Vec<ScanError>) -> Value {
    let mut all = serde_json::Value::Object(serde_json::Map::new());
    for path in named {
        let root = paths::absolute(cwd, path);
        let mut found = Vec::new();
        walk(&root, &mut found, DEPTH, errors);
        if root.is_dir() {
            found.retain(|file| is_data(file));
        }
        for file in found {
            let shown = PathBuf::from(paths::relative(cwd, &file));
            match document(&file) {
                Ok(mut value) => {
                    let folders = file.parent().and_then(|folder| folder.strip_prefix(&root).ok());
                    for folder in folders.into_iter().flat_map(|it| it.components().rev()) {
                        let name = folder.as_os_str().to_string_lossy().into_owned();
                        value = serde_json::Value::Object([(name, value)].into_iter().collect());
                    }
                    if let Err(key) = merge(&mut all, value) {
                        errors.push(path_error(&shown, format!("`{key}` stands in another data document as well")));
                    }
                }
                Err(reason) => errors.push(path_error(&shown, reason)),
            }
        }
    }
    Value::from(all)
}

fn is_data(path: &Path) -> bool {
    matches!(path.extension().and_then(|it| it.to_str()), Some("json" | "yaml" | "yml"))
}

fn document(path: &Path) -> Result<serde_json::Value, String> {
    let text = read(path)?.into();
    let tree = match path.extension().and_then(|it| it.to_str()) {
        Some("json") => json::parse(FileId::default(), &text),
        _ => yaml::parse(FileId::default(), &text, Dialect::Yaml12),
    };
    if let Some(error) = tree.errors().first() {
        return Err(error.message.clone());
    }
    let root = tree.documents().next().map(|document| document.root).filter(|root| root.is_map());
    root.map(|root| Value::from_node(root).to_json()).ok_or_else(|| "it is no mapping".to_owned())
}

/// Adds one object to another; the key that both have as something else than an object is the error. Depth is bounded by
/// the parsers.
fn merge(into: &mut serde_json::Value, from: serde_json::Value) -> Result<(), String> {
    let (serde_json::Value::Object(into), serde_json::Value::Object(from)) = (into, from) else {
        return Err(String::new());
    };
    for (key, value) in from {
        match into.get_mut(&key) {
            Some(known) if known.is_object() && value.is_object() => {
                merge(known, value).map_err(|below| format!("{key}.{below}"))?;
            }
            Some(_) => return Err(key),
            None => _ = into.insert(key, value),
        }
    }
    Ok(())
}

/// The policies of a scan, as its workers ask them.
pub(crate) struct Asking<'p> {
    loaded: &'p portcullis_policy::Policies,
    /// By check.
    rules: Vec<Option<RuleIdx>>,
    /// Evaluators that nobody uses: there are as many as threads in the end.
    idle: Mutex<Vec<Worker>>,
}

impl<'p> Asking<'p> {
    pub(crate) fn new(policies: &'p Policies, catalog: &Catalog) -> Self {
        let rules = policies.loaded.checks().iter().map(|check| catalog.by_id(&check.meta.id)).collect();
        Self { loaded: &policies.loaded, rules, idle: Mutex::new(Vec::new()) }
    }

    fn with_worker<R>(&self, work: impl FnOnce(&mut Worker) -> R) -> R {
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let mut worker = idle().pop().unwrap_or_else(|| self.loaded.worker());
        let result = work(&mut worker);
        idle().push(worker);
        result
    }
}

/// What is said of one text.
struct Said<'a> {
    judge: &'a Judge<'a>,
    asking: &'a Asking<'a>,
    drafts: &'a mut Vec<Draft>,
    judged: &'a mut Judged,
}

impl Said<'_> {
    /// Asks about one input. The outline is made when something is found in it.
    fn ask<'t>(
        &mut self,
        worker: &mut Worker,
        what: (Kind, Form),
        value: &Value,
        lines: Option<&LineIndex<'_>>,
        (outline, subject): (impl FnOnce() -> Outline<'t>, u64),
    ) {
        let rule_of = |check: usize| self.asking.rules.get(check).copied().flatten();
        let is_on = |check: usize| rule_of(check).is_some_and(|rule| self.judge.selection.is_on(rule));
        let mut faults = Vec::new();
        let violations = self.asking.loaded.judge(worker, what, value, &is_on, &mut faults);
        self.judged.errors.extend(faults.into_iter().map(policy_error));
        if violations.is_empty() {
            return;
        }
        let outline = outline();
        for Violation { check, message, help, hint } in violations {
            let Some(rule) = rule_of(check) else { continue };
            let message = on_one_line(message);
            let located = outline.locate(&hint, &message, lines, subject);
            let mut draft = Draft::new(rule, located.place, message);
            draft.via = located.via;
            if let Some(help) = help {
                draft.help(on_one_line(help));
            }
            self.drafts.push(draft);
        }
    }
}

fn on_one_line(text: String) -> String {
    if text.contains('\n') { text.split_whitespace().collect::<Vec<_>>().join(" ") } else { text }
}

impl Judge<'_> {
    /// Asks the policies about each document of a tree. `lines` are absent where it was put together from several files.
    pub(crate) fn ask_of_tree(&self, input: &Input<'_>, tree: &Tree, drafts: &mut Vec<Draft>, judged: &mut Judged) {
        let Some(asking) = self.policies else { return };
        let path = input.target.path.as_str();
        let mut said = Said { judge: self, asking, drafts, judged };
        let mut lines: Option<LineIndex<'_>> = None;
        for document in tree.documents() {
            let root = document.root;
            if root.is_unknown() || root.is_null() {
                continue;
            }
            let kind = kind_of(tree.dialect(), root);
            for form in asking.loaded.forms(kind) {
                let nodes: Vec<Node<'_>> = match form {
                    Form::Placed => objects(root).into_iter().map(|object| object.node).collect(),
                    // Each element is a configuration of its own.
                    Form::Plain if root.is_list() => root.items().collect(),
                    Form::Plain => vec![root],
                };
                for node in nodes {
                    let index: &LineIndex<'_> = lines.get_or_insert_with(|| LineIndex::new(tree.text()));
                    let value = match form {
                        Form::Plain => Value::from_node(node),
                        Form::Placed => inputs::placed(node, path, index),
                    };
                    let outline = (|| Outline::of_node(node), subject(node));
                    asking.with_worker(|worker| said.ask(worker, (kind, form), &value, Some(index), outline));
                }
            }
        }
    }

    pub(crate) fn ask_of_dockerfile(
        &self,
        input: &Input<'_>,
        (file, text): (&Dockerfile, &str),
        drafts: &mut Vec<Draft>,
        judged: &mut Judged,
    ) {
        let Some(asking) = self.policies else { return };
        let lines = LineIndex::new(text);
        let mut said = Said { judge: self, asking, drafts, judged };
        for form in asking.loaded.forms(Kind::Dockerfile) {
            let value = match form {
                Form::Plain => inputs::commands(file),
                Form::Placed => inputs::stages(file, &input.target.path, &lines),
            };
            let outline = (|| Outline::of_dockerfile(file), 0);
            asking.with_worker(|worker| said.ask(worker, (Kind::Dockerfile, form), &value, Some(&lines), outline));
        }
    }

    pub(crate) fn ask_of_hcl(&self, (file, text): (&hcl::File, &str), drafts: &mut Vec<Draft>, judged: &mut Judged) {
        let Some(asking) = self.policies.filter(|asking| asking.loaded.wants(Kind::Hcl)) else { return };
        let lines = LineIndex::new(text);
        let value = inputs::hcl(file, text);
        let mut said = Said { judge: self, asking, drafts, judged };
        let outline = (|| Outline::of_hcl(file), 0);
        asking.with_worker(|worker| said.ask(worker, (Kind::Hcl, Form::Plain), &value, Some(&lines), outline));
    }

    /// Asks about a text that is of no kind that rules know.
    pub(crate) fn ask_of_text(&self, input: &Input<'_>, text: &str, drafts: &mut Vec<Draft>, judged: &mut Judged) {
        let Some(asking) = self.policies else { return };
        let name = input.target.path.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
        let is_env = name == ".env" || name.starts_with(".env.") || name.ends_with(".env");
        match input.language {
            Language::Json => self.ask_of_tree(input, &json::parse(input.file, &text.into()), drafts, judged),
            Language::Text if name.ends_with(".toml") => {
                self.ask_of_tree(input, &toml::parse(input.file, &text.into()), drafts, judged);
            }
            Language::Text if is_env && asking.loaded.wants(Kind::Dotenv) => {
                let value = inputs::dotenv(text);
                let lines = LineIndex::new(text);
                let whole = Span::new(input.file, 0, u32::try_from(text.len()).unwrap_or(u32::MAX));
                let mut said = Said { judge: self, asking, drafts, judged };
                let outline = (|| Outline::of_dotenv(text, whole), 0);
                asking
                    .with_worker(|worker| said.ask(worker, (Kind::Dotenv, Form::Plain), &value, Some(&lines), outline));
            }
            _ => {}
        }
    }
}

fn kind_of(dialect: Dialect, root: Node<'_>) -> Kind {
    match (dialect, Object::new(root).is_some()) {
        (Dialect::Json, true) => Kind::KubernetesJson,
        (Dialect::Json, false) => Kind::Json,
        (Dialect::Toml, _) => Kind::Toml,
        (Dialect::Yaml11 | Dialect::Yaml12, true) => Kind::KubernetesYaml,
        (Dialect::Yaml11 | Dialect::Yaml12, false) => Kind::Yaml,
    }
}

/// What tells an object from the others of its file.
fn subject(node: Node<'_>) -> u64 {
    let mut hash = StableHash::new();
    for path in ["kind", "metadata.namespace", "metadata.name"] {
        hash.text(node.get(path).present().map_or("", Node::text));
    }
    hash.short()
}
