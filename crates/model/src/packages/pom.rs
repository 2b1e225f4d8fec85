//! Maven's `pom.xml`: what one module asks for, with the versions that it, its parents and its own bills of materials say.
//!
//! Nothing is fetched: of a parent or an import that is not in the tree nothing is known, and a version that only it could
//! give is `None`. Profiles are not read, because which are active is not known either; nor are plugins, which are no part of
//! what is built. What a parent asks for on behalf of its modules is reported at the parent.

use std::collections::HashMap;
use std::sync::Arc;

use portcullis_core::FileId;
use portcullis_syntax::xml::{self, Element};

use super::read::{Contents, Surroundings};
use super::{Ecosystem, Groups, Lockfile, Manifest, Package, Relation, Requirement, Source};

/// Parents of parents that are followed.
const PARENTS: usize = 16;

/// Imports of imports that are followed.
const IMPORTS: usize = 4;

/// Modules that are looked into for one import.
const CANDIDATES: usize = 8;

/// Properties that one text may lead through. They may stand for each other several times over, so depth is no limit.
const STEPS: u32 = 256;

/// Bytes that a text with properties may grow to.
const LENGTH: usize = 1024;

/// Reads a `pom.xml`.
pub(super) fn project(file: FileId, text: &Arc<str>, around: &Surroundings<'_>) -> Contents {
    let document = xml::parse(file, text);
    let faults = document.faults().to_vec();
    let mut lock = Lockfile { faults: faults.clone(), ..Lockfile::default() };
    let mut manifest = Manifest { faults, ..Manifest::default() };
    if let Some(root) = document.root().filter(|root| root.name() == "project") {
        let model = Model::new(Project::new(root, around.path), around, 0);
        manifest.name = model.own_name().map(Into::into);
        manifest.members = model.modules().map(Into::into).collect();
        for dependency in root.list("dependencies", "dependency") {
            let Some(found) = Found::new(dependency, &model) else { continue };
            lock.packages.push(found.package());
            manifest.requirements.extend(found.requirement());
        }
        let managed = root.child("dependencyManagement");
        for dependency in managed.into_iter().flat_map(|it| it.list("dependencies", "dependency")) {
            let Some(found) = Found::new(dependency, &model) else { continue };
            manifest.overrides.extend(found.requirement());
        }
    }
    Contents { lock: Some(lock), manifest: Some(manifest) }
}

/// A dependency as it stands in this file, with what was found out about it.
struct Found<'d> {
    name: String,
    artifact: Element<'d>,
    /// Where its version is written: here or not at all.
    written: Option<Element<'d>>,
    /// The version or range after all properties; `None`: not known.
    range: Option<String>,
    groups: Groups,
    source: Source,
}

impl<'d> Found<'d> {
    /// `None` where it is not known what it is called.
    fn new(dependency: Element<'d>, model: &Model) -> Option<Self> {
        let artifact = dependency.child("artifactId")?;
        let asked = Dependency::new(dependency);
        let name = model.name(&asked)?;
        let written = dependency.child("version").filter(|version| version.text().is_some());
        let managed = model.managed.get(&model.key(&asked)?);
        let range = match &asked.version {
            Some(version) => model.resolve(version),
            None => managed.and_then(|managed| managed.version.clone()),
        };
        let scope = match &asked.scope {
            Some(scope) => model.resolve(scope),
            None => match managed {
                Some(managed) => Some(managed.scope.clone().unwrap_or_else(|| "compile".to_owned())),
                // A parent that is not at hand may say it together with the version.
                None if written.is_none() && !model.is_whole => None,
                None => Some("compile".to_owned()),
            },
        };
        let is_optional = dependency.text_of("optional").map(|text| model.resolve(text).as_deref() == Some("true"));
        let groups = Groups {
            dev: scope.as_deref().map(|scope| scope == "test"),
            // What the environment provides need not be there.
            optional: Some(is_optional.unwrap_or_default() || matches!(scope.as_deref(), Some("provided"))),
        };
        let source = match scope.as_deref() {
            Some("system") => Source::Path(dependency.text_of("systemPath").unwrap_or_default().into()),
            _ => Source::Registry,
        };
        Some(Self { name, artifact, written, range, groups, source })
    }

    fn package(&self) -> Package {
        let version = self.range.as_deref().and_then(exact);
        let mut package = Package::new(Ecosystem::Maven, &self.name, version, self.artifact.text_span());
        package.version_span = self.written.unwrap_or(self.artifact).text_span();
        package.groups = self.groups;
        package.relation = Relation::Direct;
        package.source = self.source.clone();
        package
    }

    /// What it asks for: only what is written here says so.
    fn requirement(&self) -> Option<Requirement> {
        let written = self.written?;
        Some(Requirement {
            ecosystem: Ecosystem::Maven,
            name: self.name.as_str().into(),
            range: self.range.as_deref().or_else(|| written.text())?.into(),
            span: self.artifact.text_span(),
            range_span: written.text_span(),
            groups: self.groups,
            source: self.source.clone(),
        })
    }
}

/// The one version that a requirement allows. A bare version is what Maven takes unless something asks for another nearer by.
pub(super) fn exact(range: &str) -> Option<&str> {
    let version = match range.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        Some(inner) => inner.trim(),
        None => range,
    };
    let is_open = version.contains(['[', ']', '(', ')', ',', '$', '{', '}', ' ']) || version.is_empty();
    (!is_open && !matches!(version, "LATEST" | "RELEASE" | "latest.release" | "latest.integration")).then_some(version)
}

/// A project with its parents: what Maven calls the effective model, as far as it is needed and known.
struct Model {
    /// The project, its parent, and so on.
    chain: Vec<Project>,
    /// No parent is missing.
    is_whole: bool,
    /// What `dependencyManagement` says, by name, type and classifier.
    managed: HashMap<String, Managed>,
}

struct Managed {
    version: Option<String>,
    scope: Option<String>,
}

impl Model {
    fn new(project: Project, around: &Surroundings<'_>, imports: usize) -> Self {
        let mut model = Self { chain: vec![project], is_whole: false, managed: HashMap::new() };
        model.is_whole = model.find_parents(around);
        model.manage(around, imports);
        model
    }

    /// Follows the parents in the tree; whether none is missing.
    fn find_parents(&mut self, around: &Surroundings<'_>) -> bool {
        while self.chain.len() < PARENTS {
            let Some(last) = self.chain.last() else { return false };
            let Some(parent) = &last.parent else { return true };
            let Some(found) = parent.places(&last.path).into_iter().find_map(|path| {
                let text = around.text(&path)?;
                Project::read(&text, &path).filter(|found| parent.is(found))
            }) else {
                return false;
            };
            self.chain.push(found);
        }
        false
    }

    /// Gathers what is managed: what is written comes before what is imported, and the nearest first.
    fn manage(&mut self, around: &Surroundings<'_>, imports: usize) {
        let mut imported = Vec::new();
        let mut managed: HashMap<String, Managed> = HashMap::new();
        for dependency in self.chain.iter().flat_map(|project| &project.managed) {
            if dependency.is_import() {
                imported.push(dependency);
                continue;
            }
            let Some(key) = self.key(dependency) else { continue };
            managed.entry(key).or_insert_with(|| Managed {
                version: dependency.version.as_deref().and_then(|version| self.resolve(version)),
                scope: dependency.scope.as_deref().and_then(|scope| self.resolve(scope)),
            });
        }
        // What is not at hand might say otherwise, and would come first.
        if self.is_whole && imports < IMPORTS {
            for dependency in imported {
                let Some(other) = self.import(dependency, around, imports) else { break };
                let is_whole = other.is_whole;
                let mut all = other.managed;
                all.extend(managed);
                managed = all;
                if !is_whole {
                    break;
                }
            }
        }
        self.managed = managed;
    }

    /// A bill of materials that is a module of this tree: it shares the group, and its folder is named after it.
    fn import(&self, dependency: &Dependency, around: &Surroundings<'_>, imports: usize) -> Option<Self> {
        let group = self.resolve(dependency.group.as_deref()?)?;
        let artifact = self.resolve(dependency.artifact.as_deref()?)?;
        let version = self.resolve(dependency.version.as_deref()?)?;
        if self.own("groupId").as_deref() != Some(group.as_str()) {
            return None;
        }
        let folders =
            self.chain.iter().flat_map(|project| project.modules.iter().map(|module| (&project.path, module)));
        let candidates = folders.filter(|(_, module)| {
            let folder = module.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
            !folder.is_empty() && folder != ".." && artifact.ends_with(folder)
        });
        for (path, module) in candidates.take(CANDIDATES) {
            let Some(path) = beside(path, module).map(|path| in_folder(&path)) else { continue };
            let Some(text) = around.text(&path) else { continue };
            let Some(project) = Project::read(&text, &path) else { continue };
            if project.artifact.as_deref() != Some(artifact.as_str()) {
                continue;
            }
            let model = Self::new(project, around, imports.saturating_add(1));
            let same = model.own("groupId").as_deref() == Some(group.as_str());
            if same && model.own("version").as_deref() == Some(version.as_str()) {
                return Some(model);
            }
        }
        None
    }

    fn modules(&self) -> impl Iterator<Item = &str> {
        self.chain.first().into_iter().flat_map(|project| &project.modules).map(String::as_str)
    }

    fn own_name(&self) -> Option<String> {
        Some(format!("{}:{}", self.own("groupId")?, self.own("artifactId")?))
    }

    /// `group:artifact`.
    fn name(&self, dependency: &Dependency) -> Option<String> {
        let group = self.resolve(dependency.group.as_deref()?)?;
        let artifact = self.resolve(dependency.artifact.as_deref()?)?;
        Some(format!("{group}:{artifact}"))
    }

    /// What `dependencyManagement` finds a dependency by.
    fn key(&self, dependency: &Dependency) -> Option<String> {
        let part = |text: &Option<String>, other: &str| match text {
            Some(text) => self.resolve(text),
            None => Some(other.to_owned()),
        };
        let name = self.name(dependency)?;
        Some(format!("{name}:{}:{}", part(&dependency.kind, "jar")?, part(&dependency.classifier, "")?))
    }

    /// A coordinate of the project itself; group and version may be its parent's.
    fn own(&self, coordinate: &str) -> Option<String> {
        self.resolve(self.own_written(coordinate)?)
    }

    fn own_written(&self, coordinate: &str) -> Option<&str> {
        let project = self.chain.first()?;
        let parent = project.parent.as_ref();
        match coordinate {
            "groupId" => project.group.as_deref().or_else(|| parent?.group.as_deref()),
            "version" => project.version.as_deref().or_else(|| parent?.version.as_deref()),
            "artifactId" => project.artifact.as_deref(),
            _ => None,
        }
    }

    /// A text with its properties filled in; `None` where one of them is not known.
    fn resolve(&self, text: &str) -> Option<String> {
        if !text.contains("${") {
            return Some(text.to_owned());
        }
        let mut resolved = String::new();
        let mut steps = STEPS;
        self.fill_in(text, &mut resolved, &mut steps)?;
        Some(resolved)
    }

    /// Each recursion is a step, so that the steps bound the depth as well.
    fn fill_in(&self, text: &str, resolved: &mut String, steps: &mut u32) -> Option<()> {
        *steps = steps.checked_sub(1)?;
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            let (key, after) = after.split_once('}')?;
            resolved.push_str(before);
            self.fill_in(self.property(key)?, resolved, steps)?;
            rest = after;
        }
        resolved.push_str(rest);
        (resolved.len() <= LENGTH).then_some(())
    }

    /// The text of a property, the project's own before its parents'.
    fn property(&self, key: &str) -> Option<&str> {
        let of_project = key.strip_prefix("project.").or_else(|| key.strip_prefix("pom."));
        if let Some(found) = of_project.and_then(|path| self.coordinate(path)) {
            return Some(found);
        }
        for project in &self.chain {
            if let Some(value) = project.properties.get(key) {
                return value.as_deref();
            }
        }
        self.coordinate(key)
    }

    fn coordinate(&self, path: &str) -> Option<&str> {
        let Some(of_parent) = path.strip_prefix("parent.") else { return self.own_written(path) };
        let parent = self.chain.first()?.parent.as_ref()?;
        match of_parent {
            "groupId" => parent.group.as_deref(),
            "artifactId" => parent.artifact.as_deref(),
            "version" => parent.version.as_deref(),
            _ => None,
        }
    }
}

/// What one file says, before properties.
struct Project {
    path: String,
    group: Option<String>,
    artifact: Option<String>,
    version: Option<String>,
    parent: Option<Parent>,
    /// `None` for a value that an entity hides.
    properties: HashMap<String, Option<String>>,
    managed: Vec<Dependency>,
    modules: Vec<String>,
}

impl Project {
    fn read(text: &str, path: &str) -> Option<Self> {
        let document = xml::parse(FileId(u32::MAX), text);
        // Half a parent would say that things are missing which are not.
        let root = document.root().filter(|root| root.name() == "project" && document.faults().is_empty())?;
        Some(Self::new(root, path))
    }

    fn new(root: Element<'_>, path: &str) -> Self {
        let text = |name: &str| root.text_of(name).map(str::to_owned);
        let properties = root.child("properties").into_iter().flat_map(Element::children);
        let management = root.child("dependencyManagement").into_iter();
        Self {
            path: path.to_owned(),
            group: text("groupId"),
            artifact: text("artifactId"),
            version: text("version"),
            parent: root.child("parent").map(Parent::new),
            properties: properties.map(|it| (it.name().to_owned(), it.text().map(str::to_owned))).collect(),
            managed: management.flat_map(|it| it.list("dependencies", "dependency")).map(Dependency::new).collect(),
            modules: root.list("modules", "module").filter_map(Element::text).map(str::to_owned).collect(),
        }
    }
}

struct Parent {
    group: Option<String>,
    artifact: Option<String>,
    version: Option<String>,
    /// `None`: it is only in a repository.
    path: Option<String>,
}

impl Parent {
    fn new(parent: Element<'_>) -> Self {
        let text = |name: &str| parent.text_of(name).map(str::to_owned);
        let path = match parent.child("relativePath") {
            Some(path) => path.text().map(str::to_owned),
            None => Some("../pom.xml".to_owned()),
        };
        Self { group: text("groupId"), artifact: text("artifactId"), version: text("version"), path }
    }

    /// Where it may lie: a path may name the file or its folder.
    fn places(&self, from: &str) -> Vec<String> {
        let Some(path) = self.path.as_deref().and_then(|path| beside(from, path)) else { return Vec::new() };
        if path.rsplit_once('.').is_some_and(|(_, extension)| extension == "xml") {
            vec![path]
        } else {
            vec![in_folder(&path)]
        }
    }

    /// Whether a file is the parent that is meant; Maven looks into a repository where it is not.
    fn is(&self, found: &Project) -> bool {
        let above = found.parent.as_ref();
        let group = found.group.as_ref().or_else(|| above?.group.as_ref());
        let version = found.version.as_ref().or_else(|| above?.version.as_ref());
        let same = |one: Option<&String>, other: Option<&String>| match (one, other) {
            (Some(one), Some(other)) => one == other || one.contains("${") || other.contains("${"),
            _ => false,
        };
        same(self.artifact.as_ref(), found.artifact.as_ref())
            && same(self.group.as_ref(), group)
            && same(self.version.as_ref(), version)
    }
}

/// A dependency before properties.
struct Dependency {
    group: Option<String>,
    artifact: Option<String>,
    version: Option<String>,
    kind: Option<String>,
    classifier: Option<String>,
    scope: Option<String>,
}

impl Dependency {
    fn new(dependency: Element<'_>) -> Self {
        let text = |name: &str| dependency.text_of(name).map(str::to_owned);
        Self {
            group: text("groupId"),
            artifact: text("artifactId"),
            // A version that an entity hides is there and not known.
            version: dependency.child("version").map(|version| version.text().unwrap_or("${}").to_owned()),
            kind: text("type"),
            classifier: text("classifier"),
            scope: text("scope"),
        }
    }

    fn is_import(&self) -> bool {
        self.scope.as_deref() == Some("import") && self.kind.as_deref() == Some("pom")
    }
}

/// A path relative to the folder of a file; `None` where it leads out of the tree.
fn beside(file: &str, relative: &str) -> Option<String> {
    if relative.starts_with('/') || relative.contains(['\\', '$']) {
        return None;
    }
    let mut parts: Vec<&str> = file.split('/').collect();
    parts.pop();
    for part in relative.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            _ => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

fn in_folder(path: &str) -> String {
    if path.is_empty() || path == "." { "pom.xml".to_owned() } else { format!("{path}/pom.xml") }
}
