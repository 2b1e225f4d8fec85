//! For lockfiles of Cargo of every shape, what is built in says what the `rustsec` crate says, which cargo-audit uses.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a panic is the failure message")]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use portcullis_advisories::Advisories;
use portcullis_advisories::record::{Kind, Order, Record};
use portcullis_core::FileId;
use portcullis_model::packages::{Format, read};
use rustsec::database::Query;
use rustsec::{Database, Lockfile};
use support::{Lcg, conformance};

const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";
const OTHER: &str = "registry+https://example.com/index";
const SPARSE: &str = "sparse+https://example.com/index/";
const GIT: &str = "git+https://example.com/fork.git?branch=main#0123456789abcdef0123456789abcdef01234567";

#[test]
fn our_answer_is_that_of_rustsec() {
    let Some(folder) = conformance() else { return };
    let root = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("rustsec-oracle");
    for (path, text) in support::rustsec_files(&folder) {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let oracle = Database::open(&root).unwrap();
    let ours = Advisories::embedded().unwrap();
    let records = support::rustsec_records(&folder);
    let mut found = 0;
    let lockfiles = lockfiles(&records);
    assert!(lockfiles.len() >= 12);
    for (name, text) in &lockfiles {
        let lockfile = Lockfile::from_str(text).unwrap_or_else(|error| panic!("{name}: {error}"));
        let expected = theirs(&oracle, &lockfile);
        let answer = answer(&ours, text);
        let missing: Vec<_> = expected.difference(&answer).collect();
        let invented: Vec<_> = answer.difference(&expected).collect();
        assert!(missing.is_empty() && invented.is_empty(), "{name}: missing {missing:?}, invented {invented:?}");
        found += expected.len();
    }
    assert!(found > 2000, "{found} found");
}

/// Package, version, advisory, and whether it only informs.
type Found = BTreeSet<(String, String, String, bool)>;

fn theirs(oracle: &Database, lockfile: &Lockfile) -> Found {
    let all = [false, true].into_iter().flat_map(|informational| {
        oracle.query_vulnerabilities(lockfile, &Query::crate_scope().informational(informational))
    });
    all.map(|it| {
        let informs = it.advisory.informational.is_some();
        (it.package.name.to_string(), it.package.version.to_string(), it.advisory.id.to_string(), informs)
    })
    .collect()
}

fn answer(ours: &Advisories, text: &str) -> Found {
    let lock = read(Format::CargoLock, FileId(0), &Arc::from(text)).lock.unwrap();
    assert!(lock.faults.is_empty(), "{:?}", lock.faults);
    let mut found = Found::new();
    for package in &lock.packages {
        for it in ours.matches(package).unwrap() {
            assert!(it.kinds().all(|(id, _)| it.ids.contains(&id)));
            for (id, kind) in it.kinds() {
                let version = package.version.clone().unwrap();
                found.insert((
                    package.name.to_string(),
                    version.to_string(),
                    id.to_owned(),
                    kind < Kind::Vulnerability,
                ));
            }
        }
    }
    found
}

/// A package of a lockfile: name, version, source.
type Locked = (String, String, Option<&'static str>);

fn lockfiles(records: &[Record]) -> Vec<(String, String)> {
    let mut random = Lcg(3);
    let bounds = bounds(records);
    let from = |source: Option<&'static str>, pick: &dyn Fn(&[String]) -> Vec<String>| -> Vec<Locked> {
        let all = bounds.iter().flat_map(|(name, versions)| {
            pick(versions).into_iter().map(move |version| (name.clone(), version, source))
        });
        all.collect()
    };
    let every = |versions: &[String]| versions.to_vec();
    let first = |versions: &[String]| versions.first().cloned().into_iter().collect();
    let last = |versions: &[String]| versions.last().cloned().into_iter().collect();
    let old = |_: &[String]| vec!["0.0.1".to_owned()];
    let new = |_: &[String]| vec!["99.0.0".to_owned()];
    let pre = |versions: &[String]| versions.iter().map(|version| with_pre(version)).collect();
    let built = |versions: &[String]| versions.iter().map(|version| format!("{version}+build.7")).collect();
    let mixed: Vec<Locked> = from(None, &every)
        .into_iter()
        .map(|(name, version, _)| {
            let sources = [None, Some(REGISTRY), Some(SPARSE), Some(GIT)];
            (name, version, sources[random.below(sources.len())])
        })
        .collect();
    let random: Vec<Locked> = bounds
        .keys()
        .flat_map(|name| [name.clone(), name.clone()])
        .map(|name| (name, format!("{}.{}.{}", random.below(3), random.below(12), random.below(12)), Some(REGISTRY)))
        .collect();
    let harmless: Vec<Locked> =
        ["nothing", "known", "about-these"].map(|name| (name.to_owned(), "1.0.0".to_owned(), Some(REGISTRY))).to_vec();
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
    let mut files: Vec<(String, String)> = [
        ("every bound, version 4", 4, from(Some(REGISTRY), &every)),
        ("every bound, version 3", 3, from(Some(REGISTRY), &every)),
        ("first bounds, version 2", 2, from(Some(REGISTRY), &first)),
        ("last bounds, version 1", 1, from(Some(REGISTRY), &last)),
        ("another sparse registry", 4, from(Some(SPARSE), &every)),
        ("another registry", 4, from(Some(OTHER), &every)),
        ("forks in repositories", 3, from(Some(GIT), &every)),
        ("members of a workspace", 4, from(None, &every)),
        ("every source", 4, mixed),
        ("old versions", 3, from(Some(REGISTRY), &old)),
        ("new versions", 3, from(Some(REGISTRY), &new)),
        ("pre-releases", 4, from(Some(REGISTRY), &pre)),
        ("builds", 4, from(Some(REGISTRY), &built)),
        ("random versions", 4, random),
        ("harmless", 4, harmless),
        ("empty", 4, Vec::new()),
    ]
    .into_iter()
    .map(|(name, version, packages)| (name.to_owned(), lockfile(version, packages)))
    .collect();
    for path in ["Cargo.lock", "fuzz/Cargo.lock"] {
        files.push((path.to_owned(), fs::read_to_string(workspace.join(path)).unwrap()));
    }
    files
}

/// The versions that advisories about each crate name, the lowest first.
fn bounds(records: &[Record]) -> BTreeMap<String, Vec<String>> {
    let mut bounds: BTreeMap<String, BTreeSet<rustsec::Version>> = BTreeMap::new();
    for affected in records.iter().flat_map(|record| &record.affected) {
        let ranges = affected.ranges.iter().filter(|range| range.order == Order::Versions);
        let versions = ranges.flat_map(|range| &range.events).filter_map(|event| event.version().parse().ok());
        let known = bounds.entry(affected.name.clone()).or_default();
        known.extend(versions);
        known.insert(rustsec::Version::new(0, 0, 0));
    }
    let written = |versions: BTreeSet<rustsec::Version>| versions.iter().map(ToString::to_string).collect();
    bounds.into_iter().map(|(name, versions)| (name, written(versions))).collect()
}

fn with_pre(version: &str) -> String {
    let mut version: rustsec::Version = version.parse().unwrap();
    version.pre = rustsec::semver::Prerelease::new("alpha.1").unwrap();
    version.to_string()
}

/// A lockfile of the given version of the format. Versions 1 and 2 name the source in every edge; 3 is told by its header.
fn lockfile(version: u32, mut packages: Vec<Locked>) -> String {
    packages.sort();
    packages.dedup_by(|a, b| (&a.0, &a.1) == (&b.0, &b.1));
    let mut text = "# This file is automatically @generated by Cargo.\n".to_owned();
    if version >= 3 {
        writeln!(text, "version = {version}\n").unwrap();
    }
    let checksum = "0".repeat(64);
    let mut metadata = String::new();
    for (name, number, source) in &packages {
        writeln!(text, "[[package]]\nname = \"{name}\"\nversion = \"{number}\"").unwrap();
        if let Some(source) = source {
            writeln!(text, "source = \"{source}\"").unwrap();
            if version == 1 {
                writeln!(metadata, "\"checksum {name} {number} ({source})\" = \"{checksum}\"").unwrap();
            } else if !source.starts_with("git") {
                writeln!(text, "checksum = \"{checksum}\"").unwrap();
            }
        }
        text.push('\n');
    }
    if version == 1 && !metadata.is_empty() {
        write!(text, "[metadata]\n{metadata}").unwrap();
    }
    text
}
