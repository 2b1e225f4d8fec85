//! Gradle's `gradle.lockfile` and `buildscript-gradle.lockfile`, and its `verification-metadata.xml`.
//!
//! Each line has the configurations that a module is in, and nothing of who asked for it. What a configuration is for only
//! the build script knows; the names that Gradle and its common plugins give to theirs are known here, and of others nothing
//! is said.

use std::collections::HashSet;
use std::sync::Arc;

use portcullis_core::{FileId, SyntaxError, SyntaxErrorKind};

use portcullis_syntax::xml::{self, Element};

use super::helpers::{hash, span_of};
use super::{Ecosystem, Groups, Lockfile, Package};

/// Reads a `verification-metadata.xml`: the checksums of every module that Gradle has met, plugins and their parents among
/// them. Which of them a program is made of it does not say.
pub(super) fn verification(file: FileId, source: &Arc<str>) -> Lockfile {
    let document = xml::parse(file, source);
    let mut lock = Lockfile { faults: document.faults().to_vec(), ..Lockfile::default() };
    let Some(root) = document.root().filter(|root| root.name() == "verification-metadata") else { return lock };
    for component in root.list("components", "component") {
        let value = |name: &str| Some((component.attribute(name)?, component.attribute(name)?.value.as_deref()?));
        let (Some((_, group)), Some((name, artifact)), Some((version, written))) =
            (value("group"), value("name"), value("version"))
        else {
            continue;
        };
        let mut package = Package::new(Ecosystem::Maven, &format!("{group}:{artifact}"), Some(written), name.span);
        package.version_span = version.span;
        let hashes = component.children().filter(|artifact| artifact.name() == "artifact").flat_map(Element::children);
        package.integrity = hashes
            .filter_map(|it| {
                let digest = it.attribute("value")?;
                Some(hash(it.name(), digest.value.as_deref()?, digest.span))
            })
            .collect();
        lock.packages.push(package);
    }
    lock
}

/// Reads a `gradle.lockfile`.
pub(super) fn lock(file: FileId, source: &Arc<str>) -> Lockfile {
    let text: &str = source;
    let place = |slice: &str| span_of(file, text, slice);
    let mut lock = Lockfile::default();
    let mut known = HashSet::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let Some((module, configurations)) = line.split_once('=') else {
            fault(&mut lock, file, text, line);
            continue;
        };
        if module == "empty" {
            continue;
        }
        let Some((name, version)) = module.rsplit_once(':').filter(|(name, version)| {
            !version.is_empty() && name.split(':').count() == 2 && name.split(':').all(|part| !part.is_empty())
        }) else {
            fault(&mut lock, file, text, line);
            continue;
        };
        if !known.insert(module) {
            continue;
        }
        let mut package = Package::new(Ecosystem::Maven, name, Some(version), place(name));
        package.version_span = place(version);
        package.groups = Groups { dev: purpose(configurations), optional: None };
        lock.packages.push(package);
    }
    lock
}

fn fault(lock: &mut Lockfile, file: FileId, text: &str, line: &str) {
    if lock.faults.is_empty() {
        let message = "this is no line of a Gradle lockfile".to_owned();
        lock.faults.push(SyntaxError { span: span_of(file, text, line), message, kind: SyntaxErrorKind::Invalid });
    }
}

/// Shipped where one configuration is, for development where all are.
fn purpose(configurations: &str) -> Option<bool> {
    let mut dev = Some(true);
    for name in configurations.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        match is_dev(name) {
            Some(false) => return Some(false),
            Some(true) => {}
            None => dev = None,
        }
    }
    dev.filter(|_| !configurations.trim().is_empty())
}

/// Configurations of the build and its checks.
const BUILD: &[&str] = &[
    "annotationProcessor",
    "antlr",
    "checkstyle",
    "classpath",
    "codenarc",
    "detekt",
    "detektPlugins",
    "developmentOnly",
    "errorprone",
    "incrementalScalaAnalysis",
    "jacocoAgent",
    "jacocoAnt",
    "javacc",
    "kotlinBuildToolsApiClasspath",
    "kotlinCompilerClasspath",
    "kotlinCompilerPluginClasspath",
    "kotlinKlibCommonizerClasspath",
    "kotlinNativeCompilerPluginClasspath",
    "ktlint",
    "pmd",
    "pmdAux",
    "spotbugs",
    "spotbugsPlugins",
    "zinc",
];

fn is_dev(name: &str) -> Option<bool> {
    let is_test = name.starts_with("test") || name.contains("Test");
    let is_processor = ["kapt", "ksp", "lint", "kotlinCompilerPluginClasspath"].iter().any(|it| name.starts_with(it));
    if is_test
        || is_processor
        || name.ends_with("AnnotationProcessor")
        || name.ends_with("AnnotationProcessorClasspath")
    {
        return Some(true);
    }
    if BUILD.contains(&name) {
        return Some(true);
    }
    let is_shipped = ["untimeClasspath", "ompileClasspath", "mplementation", "untimeOnly", "ompileOnly"];
    let is_old = matches!(name, "compile" | "runtime" | "api" | "default");
    (is_old || is_shipped.iter().any(|end| name.ends_with(end))).then_some(false)
}
