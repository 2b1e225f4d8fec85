//! `go.mod` and `go.sum`.
//!
//! Since Go 1.17 `go.mod` lists every module that the build needs; older ones list the direct ones only. What a module is
//! needed for (tests, tools) is not in it. `go.sum` may hold versions that no build uses, so it only gives hashes.

use std::collections::HashMap;
use std::sync::Arc;

use portcullis_core::{FileId, Span, SyntaxError, SyntaxErrorKind};

use super::helpers::{span_of, words};
use super::read::Contents;
use super::{Algorithm, Ecosystem, Groups, Integrity, Lockfile, Manifest, Package, Relation, Requirement, Source};

/// Reads a `go.mod`: what it requires, after its replacements.
pub(super) fn module(file: FileId, source: &Arc<str>) -> Contents {
    let text: &str = source;
    let place = |slice: &str| span_of(file, text, slice);
    let (mut lock, mut manifest) = (Lockfile::default(), Manifest::default());
    let mut replaced: HashMap<(&str, &str), [&str; 2]> = HashMap::new();
    let mut required: Vec<([&str; 2], Relation)> = Vec::new();
    let (mut go, mut toolchain) = (None, None);
    let mut block = "";
    for line in text.lines() {
        let (code, comment) = line.split_once("//").unwrap_or((line, ""));
        let mut all = words(code).map(|(_, word)| word.trim_matches(['"', '`']));
        let Some(first) = all.next() else { continue };
        if first == ")" {
            block = "";
            continue;
        }
        let (verb, rest): (&str, Vec<&str>) = if block.is_empty() {
            (first, all.collect())
        } else {
            (block, std::iter::once(first).chain(all).collect())
        };
        if rest == ["("] {
            block = verb;
            continue;
        }
        match (verb, rest.as_slice()) {
            ("module", [name]) => manifest.name = Some((*name).into()),
            ("go", [version]) => go = Some(*version),
            ("toolchain", [version]) => toolchain = Some(*version),
            ("require", [name, version]) => {
                let is_indirect = comment.trim_start().strip_prefix("indirect").is_some_and(ends_word);
                let relation = if is_indirect { Relation::Transitive } else { Relation::Direct };
                required.push(([name, version], relation));
            }
            ("replace", [name, "=>", to]) => drop(replaced.insert((name, ""), [to, ""])),
            ("replace", [name, "=>", to, to_version]) => drop(replaced.insert((name, ""), [to, to_version])),
            ("replace", [name, version, "=>", to]) => drop(replaced.insert((name, version), [to, ""])),
            ("replace", [name, version, "=>", to, to_version]) => {
                replaced.insert((name, version), [to, to_version]);
            }
            ("exclude" | "retract" | "tool" | "godebug" | "ignore" | "module", _) => {}
            _ if lock.faults.is_empty() => {
                let message = "this is no line of a go.mod".to_owned();
                lock.faults.push(SyntaxError { span: place(line.trim()), message, kind: SyntaxErrorKind::Invalid });
            }
            _ => {}
        }
    }
    lock.header.version = go.map(Into::into);
    for ([name, version], relation) in required {
        let to = replaced.get(&(name, version)).or_else(|| replaced.get(&(name, "")));
        lock.packages.push(package(&place, name, version, to, relation));
        if relation == Relation::Direct {
            manifest.requirements.push(Requirement {
                ecosystem: Ecosystem::Go,
                name: name.into(),
                range: version.into(),
                span: place(name),
                range_span: place(version),
                groups: Groups::default(),
                source: Source::Registry,
            });
        }
    }
    lock.packages.extend(standard_library(&place, go, toolchain));
    manifest.faults.clone_from(&lock.faults);
    Contents { lock: Some(lock), manifest: Some(manifest) }
}

fn ends_word(rest: &str) -> bool {
    rest.is_empty() || rest.starts_with([';', ' ', '\t', '\r'])
}

fn package(
    place: &impl Fn(&str) -> Span,
    name: &str,
    version: &str,
    to: Option<&[&str; 2]>,
    relation: Relation,
) -> Package {
    let mut package = match to {
        // A folder has whatever it holds.
        Some([path, ""]) => {
            let mut package = Package::new(Ecosystem::Go, name, None, place(name));
            package.source = Source::Path((*path).into());
            package
        }
        Some([path, to_version]) => {
            let mut package = Package::new(Ecosystem::Go, path, Some(to_version), place(path));
            package.version_span = place(to_version);
            package.alias = (*path != name).then(|| name.into());
            package
        }
        None => {
            let mut package = Package::new(Ecosystem::Go, name, Some(version), place(name));
            package.version_span = place(version);
            package
        }
    };
    package.relation = relation;
    package
}

/// What the module is built with at least. `go 1.20` names a language, not a release, and then the version is open.
fn standard_library(place: &impl Fn(&str) -> Span, go: Option<&str>, toolchain: Option<&str>) -> Option<Package> {
    let named = toolchain.and_then(|text| text.strip_prefix("go")).map(|text| text.split('-').next().unwrap_or(text));
    let written = named.or(go)?;
    let is_release = written.split('.').count() >= 3;
    let mut package = Package::new(Ecosystem::Go, "stdlib", Some(written).filter(|_| is_release), place(written));
    package.relation = Relation::Direct;
    Some(package)
}

/// One line of a `go.sum`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GoSum {
    /// The module.
    pub module: Box<str>,
    /// Its version.
    pub version: Box<str>,
    /// What was hashed.
    pub of: GoSumOf,
    /// The hash.
    pub hash: Integrity,
    /// Where the module's name stands.
    pub span: Span,
}

/// What a line of a `go.sum` is the hash of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GoSumOf {
    /// All files of the module.
    Module,
    /// Its `go.mod` alone.
    GoMod,
}

/// The hashes of a `go.sum`. A line that is no hash is left out, as the go command refuses the whole file then.
pub fn go_sums(file: FileId, text: &str) -> Vec<GoSum> {
    let place = |slice: &str| span_of(file, text, slice);
    let lines = text.lines().filter_map(|line| {
        let mut words = line.split_ascii_whitespace();
        let (module, version, hash) = (words.next()?, words.next()?, words.next()?);
        let (version, of) = match version.strip_suffix("/go.mod") {
            Some(version) => (version, GoSumOf::GoMod),
            None => (version, GoSumOf::Module),
        };
        let (name, digest) = hash.split_once(':')?;
        let algorithm = if name == "h1" { Algorithm::Sha256 } else { Algorithm::Other };
        let hash = Integrity { algorithm, digest: digest.into(), span: place(digest) };
        Some(GoSum { module: module.into(), version: version.into(), of, hash, span: place(module) })
    });
    lines.collect()
}
