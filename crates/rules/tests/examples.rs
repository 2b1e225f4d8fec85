//! Every example in every rule's docs, run; and what all declarations have in common.
//!
//! Rules that the engine itself reports are run through the engine, in the root package's tests.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a panic is the failure message")]

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use portcullis_core::{Draft, Example, Expect, FileError, FileId, Files, LineIndex, is_known_peer_scheme};
use portcullis_model::actions::{Action, FileKind, Interface, Local, Locals, Workflow};
use portcullis_model::compose::{Sources, Surroundings, has_compose_name};
use portcullis_model::dockerfile::{Build, BuildContext, DockerIgnore};
use portcullis_model::facts::{Facts, Homes, Seen, Unread};
use portcullis_model::helm::{Chart, Values, is_values_file};
use portcullis_model::kubernetes::objects;
use portcullis_model::kubernetes::schema::Definitions;
use portcullis_model::kustomize::{References, directory_of, is_kustomization};
use portcullis_model::packages::{Folder, Format, PackageFile, read};
use portcullis_rules::{ACROSS_FILES, Check, Context, Dispatch, OptionValue, Options, Outcome, builtin, catalog};
use portcullis_secrets::Subject;
use portcullis_syntax::{Dialect, Node, dockerfile, json, yaml};
use portcullis_terraform::{Library, evaluate, role_of};

#[test]
fn examples_behave() {
    let catalog = catalog();
    let mut wrong = Vec::new();
    for rule in builtin().filter(|rule| !matches!(rule.check, Check::Engine)) {
        let index = catalog.by_id(&rule.meta.id).unwrap();
        for (number, example) in rule.meta.examples().iter().enumerate() {
            let context = Context { options: options(example), ..example_context() };
            let mut dispatch = Dispatch::new(&catalog, context, |on| on == index);
            let mut definitions = Definitions::default();
            let is_secret = matches!(rule.check, Check::Secret(_));
            let run = if is_secret { run_secrets } else { run };
            let mut lines = run(&dispatch, example, &mut definitions);
            if !definitions.is_empty() {
                dispatch.define(Arc::new(definitions));
                lines = run(&dispatch, example, &mut Definitions::default());
            }
            let expected = match example.expect {
                Expect::Bad { line } => vec![line],
                Expect::Good => Vec::new(),
            };
            if lines != expected {
                wrong.push(format!("{} example {}: lines {lines:?}, expected {expected:?}", rule.meta.id, number + 1));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

fn example_context() -> Context {
    Context { date: "2026-11-21".parse().unwrap(), ..Context::default() }
}

/// The strings and lists of them that the example's own configuration gives to rules.
fn options(example: &Example) -> BTreeMap<String, Options> {
    let Some((_, text)) = example.files.iter().find(|(name, _)| name == "portcullis.yaml") else {
        return BTreeMap::new();
    };
    let tree = yaml::parse(FileId(0), &Arc::from(text.as_str()), Dialect::Yaml12);
    let rules = tree.documents().next().and_then(|document| document.root.field("rules")).unwrap();
    let of_rule = |options: Node<'_>| {
        let value = |value: Node<'_>| match value.as_str() {
            Some(text) => OptionValue::Text(text.to_owned()),
            None => OptionValue::Strings(value.items().map(|item| item.text().to_owned()).collect()),
        };
        Options(options.entries().map(|(key, node)| (key.text().to_owned(), value(node))).collect())
    };
    rules.entries().map(|(rule, options)| (rule.text().to_owned(), of_rule(options))).collect()
}

/// Lines of the findings of all files of an example, in order of file and line.
fn run(dispatch: &Dispatch, example: &Example, definitions: &mut Definitions) -> Vec<u32> {
    if example.files.iter().any(|(name, _)| role_of(file_name(name)).is_some()) {
        return run_terraform(dispatch, example);
    }
    if example.files.iter().any(|(name, _)| Format::of_path(name).is_some()) {
        return run_packages(dispatch, example);
    }
    let homes = homes(example);
    let mut facts = Facts::of_scan(Seen::Whole, &homes);
    let mut drafts = Vec::new();
    let mut claims = Vec::new();
    for (file, (name, text)) in (0..).map(FileId).zip(&example.files) {
        let mut outcome = Outcome::of_file(Facts::of_file(homes.of(name)));
        let shared: Arc<str> = Arc::from(text.as_str());
        if has_compose_name(name) {
            scan_compose(file, name, &shared, example, dispatch, &mut outcome);
        } else if is_dockerfile(name) {
            let parsed = dockerfile::parse(file, text);
            dispatch.dockerfile(&Build::new(&parsed), text, &build_context(example), &mut outcome);
        } else if name.ends_with(".dockerignore") || name.ends_with(".env") || name == "portcullis.yaml" {
            continue;
        } else if name.ends_with(".json") {
            scan_tree(&json::parse(file, &shared), dispatch, &mut outcome);
        } else if is_values_file(name) {
            let chart = Chart { name: Some("web".to_owned()), app_version: None };
            dispatch.values(&Values::new(yaml::parse(file, &shared, Dialect::Yaml11), chart), &mut outcome);
        } else if let Some(kind) = FileKind::of(name) {
            scan_github(kind, example, &yaml::parse(file, &shared, Dialect::Yaml12), dispatch, &mut outcome);
        } else {
            scan_tree(&yaml::parse(file, &shared, Dialect::Yaml11), dispatch, &mut outcome);
        }
        assert!(outcome.panicked.is_empty(), "a rule panicked");
        outcome.settle();
        assert!(outcome.claims.is_empty() || dispatch.needs_facts(), "a claim without the tag `{ACROSS_FILES}`");
        definitions.merge(outcome.definitions);
        facts.merge(outcome.facts);
        drafts.extend(outcome.drafts);
        claims.extend(outcome.claims);
    }
    drafts.extend(claims.into_iter().filter(|(_, claim)| facts.holds(claim)).map(|(draft, _)| draft));
    lines_of(&drafts, example)
}

/// The files of the example as texts of any kind.
fn run_secrets(dispatch: &Dispatch, example: &Example, _: &mut Definitions) -> Vec<u32> {
    let mut outcome = Outcome::default();
    for (file, (path, text)) in (0..).map(FileId).zip(&example.files) {
        dispatch.secrets(file, &Subject { path, text }, &mut outcome);
    }
    lines_of(&outcome.drafts, example)
}

/// The files of the example as one folder of lockfiles and manifests.
fn run_packages(dispatch: &Dispatch, example: &Example) -> Vec<u32> {
    let mut folder =
        Folder { names: Some(example.files.iter().map(|(name, _)| name.clone()).collect()), ..Folder::default() };
    for (file, (name, text)) in (0..).map(FileId).zip(&example.files) {
        let Some(format) = Format::of_path(name) else { continue };
        let contents = read(format, file, &Arc::from(text.as_str()));
        folder.files.push(PackageFile {
            file,
            name: name.as_str().into(),
            format,
            lock: contents.lock,
            manifest: contents.manifest,
            unmet: Vec::new(),
        });
    }
    let mut outcome = Outcome::default();
    for file in &folder.files {
        dispatch.packages(file, &folder, &mut outcome);
    }
    assert!(outcome.panicked.is_empty(), "a rule panicked");
    lines_of(&outcome.drafts, example)
}

/// The files of the example as modules: each that no other calls is evaluated.
fn run_terraform(dispatch: &Dispatch, example: &Example) -> Vec<u32> {
    let mut library = Library::default();
    let directories: BTreeSet<String> = example.files.iter().map(|(name, _)| folder(name).to_owned()).collect();
    let files = InExample(example);
    library.gather(directories.clone(), &files, &mut |path| {
        FileId(example.files.iter().position(|(name, _)| name == path).unwrap().try_into().unwrap())
    });
    let roots: BTreeSet<&str> = library.roots().into_iter().collect();
    let mut outcome = Outcome::default();
    for root in &roots {
        let configuration = evaluate(root, &library, &files, &portcullis_terraform::Options::default()).configuration;
        for resource in &configuration.resources {
            dispatch.terraform(resource, &configuration, &mut outcome);
        }
    }
    for directory in &directories {
        dispatch.terraform_source(&library.source(directory, &roots).unwrap(), &mut outcome);
    }
    assert!(outcome.panicked.is_empty(), "a rule panicked");
    let mut seen = HashSet::new();
    outcome.drafts.retain(|draft| seen.insert(draft.place.span));
    lines_of(&outcome.drafts, example)
}

fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn lines_of(drafts: &[Draft], example: &Example) -> Vec<u32> {
    let mut lines: Vec<(FileId, u32)> = drafts
        .iter()
        .map(|draft| {
            let span = draft.place.span;
            let text = &example.files[span.file.0 as usize].1;
            (span.file, LineIndex::new(text).line(span.start))
        })
        .collect();
    lines.sort_unstable();
    lines.into_iter().map(|(_, line)| line).collect()
}

/// The ignore files of the example; all of them, because none has two folders.
fn build_context(example: &Example) -> BuildContext {
    let ignores = example.files.iter().filter(|(name, _)| name.ends_with(".dockerignore"));
    BuildContext::Known(ignores.map(|(_, text)| DockerIgnore::parse(text)).collect())
}

/// The files of an example as a tree that other files are read from.
struct InExample<'e>(&'e Example);

impl Files for InExample<'_> {
    fn read(&self, path: &str) -> Result<Vec<u8>, FileError> {
        let found = self.0.files.iter().find(|(name, _)| name == path);
        if self.0.files.iter().any(|(name, _)| name.strip_prefix(path).is_some_and(|rest| rest.starts_with('/'))) {
            return Err(FileError::Unreadable { path: path.into(), reason: "it is a folder".to_owned() });
        }
        found.map(|(_, text)| text.clone().into_bytes()).ok_or_else(|| FileError::Missing(path.into()))
    }

    fn list(&self, directory: &str) -> Result<Vec<String>, FileError> {
        let inside = self.0.files.iter().filter(|(name, _)| folder(name) == directory);
        let mut names: Vec<String> = inside.map(|(name, _)| file_name(name).to_owned()).collect();
        names.sort_unstable();
        Ok(names)
    }
}

fn scan_compose(
    file: FileId,
    name: &str,
    text: &Arc<str>,
    example: &Example,
    dispatch: &Dispatch,
    outcome: &mut Outcome,
) {
    let around = Surroundings { files: &InExample(example), asked: &[], tracks: &|_| true, ignores: &|_| false };
    let sources = Sources::load(name, yaml::parse(file, text, Dialect::Yaml12), &around);
    dispatch.compose(&sources.project(), outcome);
}

fn is_dockerfile(name: &str) -> bool {
    let name = name.rsplit('/').next().unwrap_or(name);
    name == "Dockerfile" || name.starts_with("Dockerfile.") || name.ends_with(".dockerfile")
}

fn homes(example: &Example) -> Homes {
    let kustomizations = example.files.iter().filter(|(name, _)| is_kustomization(name));
    let trees: Vec<(&str, portcullis_syntax::Tree)> = kustomizations
        .map(|(name, text)| (name.as_str(), yaml::parse(FileId(0), &Arc::from(text.as_str()), Dialect::Yaml11)))
        .collect();
    Homes::new(trees.iter().map(|(name, tree)| {
        let root = tree.documents().next().unwrap().root;
        (*name, root, References::new(directory_of(name), root))
    }))
}

fn scan_github(
    kind: FileKind,
    example: &Example,
    tree: &portcullis_syntax::Tree,
    dispatch: &Dispatch,
    outcome: &mut Outcome,
) {
    let root = tree.documents().next().unwrap().root;
    match kind {
        FileKind::Workflow => {
            let mut workflow = Workflow::new(root).unwrap();
            workflow.locals = locals(example);
            dispatch.workflow(&workflow, outcome);
        }
        FileKind::Action => {
            let mut action = Action::new(root).unwrap();
            action.locals = locals(example);
            dispatch.action(&action, outcome);
        }
        FileKind::Dependabot => dispatch.dependabot(root, outcome),
        FileKind::PreCommit => dispatch.pre_commit(root, outcome),
    }
}

/// What the example's files declare; of nothing else anything is known.
fn locals(example: &Example) -> Locals {
    let mut locals = Locals::default();
    for (name, text) in &example.files {
        let tree = yaml::parse(FileId(0), &Arc::from(text.as_str()), Dialect::Yaml12);
        let root = tree.documents().next().unwrap().root;
        let (path, interface) = match FileKind::of(name) {
            Some(FileKind::Workflow) => (name.as_str(), Interface::of_workflow(&Workflow::new(root).unwrap())),
            Some(FileKind::Action) => (
                name.rsplit_once('/').map_or("", |(folder, _)| folder),
                Interface::of_action(&Action::new(root).unwrap()),
            ),
            _ => continue,
        };
        locals.add(path.to_owned(), Local::Known(Box::new(interface)));
    }
    locals
}

fn scan_tree(tree: &portcullis_syntax::Tree, dispatch: &Dispatch, outcome: &mut Outcome) {
    outcome.facts.add_unread(Unread::of_documents(tree));
    for document in tree.documents() {
        for object in objects(document.root) {
            dispatch.object(&object, outcome);
        }
    }
}

#[test]
fn declarations_are_consistent() {
    let mut ids = HashSet::new();
    let mut wrong = Vec::new();
    let known: HashSet<String> = builtin().map(|rule| rule.meta.id.to_string()).collect();
    for rule in builtin() {
        let meta = &rule.meta;
        let mut check = |holds: bool, what: &str| {
            if !holds {
                wrong.push(format!("{}: {what}", meta.id));
            }
        };
        check(ids.insert(meta.id.to_string()), "the id is taken");
        let kebab = |id: &str| {
            id.split('-')
                .all(|word| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()))
        };
        check(kebab(&meta.id), "the id is not kebab-case");
        let title = meta.title();
        check(
            !title.is_empty() && title.len() <= 80 && !title.ends_with('.'),
            "the title is empty, long or ends in a dot",
        );
        check(!meta.explanation().is_empty(), "the docs do not say why it matters");
        check(meta.peers.iter().all(is_known_peer_scheme), "a peer's scheme is not known");
        let distinct: HashSet<&str> = meta.peers.iter().collect();
        check(distinct.len() == meta.peers.iter().count(), "a peer is named twice");
        check(meta.yields_to.iter().all(|id| known.contains(*id) && *id != meta.id), "it yields to no rule");
        let mut counts = BTreeMap::new();
        for example in meta.examples() {
            *counts.entry(matches!(example.expect, Expect::Good)).or_insert(0) += 1;
        }
        // A file that cannot be read has no example in a doc comment.
        let exempt = meta.id == "unreadable-file";
        check(exempt || counts.len() == 2, "it needs a bad and a good example");
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
