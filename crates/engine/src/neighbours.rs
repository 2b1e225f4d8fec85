//! Files of one directory that no kustomization takes in: applied together, or each in its turn.
//!
//! `kubectl apply -f` of a directory applies all of them, so that what two of them define is a mistake. But variants of one
//! thing, cases of a test and steps of a tutorial lie in one directory too. They are told by their names, by those of their
//! directories, and by their number: where much of a directory repeats, it is meant.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use portcullis_core::FileId;
use portcullis_model::kustomize::directory_of;

/// Files of a directory that may repeat something of one another, however small it is.
const FEW: usize = 2;

/// Of a directory's files, one in so many may repeat something.
const SHARE: usize = 4;

/// Which files repeat what others of their directory define.
pub(crate) struct Neighbours<'a> {
    paths: &'a [Arc<str>],
    /// The directories in which too much repeats for a mistake.
    varied: HashSet<&'a str>,
}

impl<'a> Neighbours<'a> {
    /// `repeats` are the files that repeat something of one another: the first and the other. `manifests` are the paths of
    /// all that may hold objects.
    pub(crate) fn new<'m>(
        repeats: impl Iterator<Item = (FileId, FileId)>,
        manifests: &mut dyn Iterator<Item = &'m str>,
        paths: &'a [Arc<str>],
    ) -> Self {
        let mut involved: HashMap<&str, HashSet<FileId>> = HashMap::new();
        for (first, other) in repeats.filter(|(first, other)| first != other) {
            let Some(path) = paths.get(other.0 as usize) else { continue };
            involved.entry(directory_of(path)).or_default().extend([first, other]);
        }
        let mut sizes: HashMap<&str, usize> = HashMap::new();
        if !involved.is_empty() {
            for path in manifests {
                let directory = directory_of(path);
                if involved.contains_key(directory) {
                    *sizes.entry(directory).or_default() += 1;
                }
            }
        }
        let size = |directory: &str| sizes.get(directory).copied().unwrap_or_default();
        let is_varied =
            |(directory, files): &(&'a str, HashSet<FileId>)| files.len() > FEW.max(size(directory) / SHARE);
        let varied = involved.into_iter().filter(is_varied).map(|(directory, _)| directory).collect();
        Self { paths, varied }
    }

    /// Whether what the two files have in common is meant: they are variants, or cases of a test.
    pub(crate) fn vary(&self, first: FileId, other: FileId) -> bool {
        let path = |file: FileId| self.paths.get(file.0 as usize).map(AsRef::as_ref);
        let (Some(first_path), Some(other_path)) = (path(first), path(other)) else { return false };
        let directory: &str = directory_of(other_path);
        let is_among = |words: &[&str]| words_of(directory).any(|word| words.contains(&word.as_str()));
        is_among(CASES)
            || directory.ends_with(".kyverno-test")
            || first != other
                && (is_among(EXAMPLES) || self.varied.contains(directory) || are_variants(first_path, other_path))
    }
}

/// Directories that hold input for programs, and what they make of it.
const CASES: &[&str] = &["testdata", "fixture", "fixtures", "golden", "snapshots", "chainsaw", "conformance"];

/// Directories whose files are looked at, or tried, one after the other.
const EXAMPLES: &[&str] = &[
    "test",
    "tests",
    "e2e",
    "expected",
    "cases",
    "case",
    "example",
    "examples",
    "sample",
    "samples",
    "demo",
    "demos",
    "doc",
    "docs",
    "tutorial",
    "tutorials",
    "archive",
    "archived",
    "backup",
    "backups",
    "old",
];

/// Words of a file's name that tell variants of one thing apart.
const VARIANTS: &[&str] = &[
    "v",
    "new",
    "old",
    "golden",
    "expected",
    "actual",
    "input",
    "output",
    "in",
    "out",
    "before",
    "after",
    "good",
    "bad",
    "pass",
    "fail",
    "valid",
    "invalid",
    "copy",
    "bak",
    "backup",
    "orig",
    "original",
    "updated",
    "modified",
    "patched",
    "alternative",
    "alt",
    "variant",
    "minimal",
    "full",
    "simple",
    "basic",
    "advanced",
    "default",
    "custom",
    "example",
    "sample",
    "template",
    "tmpl",
    "ha",
    "dual",
    "ipv",
    "single",
    "multi",
];

fn words_of(path: &str) -> impl Iterator<Item = String> {
    path.split(|c: char| !c.is_ascii_alphanumeric()).map(str::to_ascii_lowercase)
}

/// Whether the names of two files say that they are variants of one thing: all words of one are among those of the other,
/// or they differ in numbers and words that tell variants apart.
fn are_variants(first: &str, other: &str) -> bool {
    let words = |path: &str| -> HashSet<String> {
        let name = path.rsplit('/').next().unwrap_or(path);
        let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
        let words = stem.split(|c: char| !c.is_ascii_alphabetic()).filter(|word| !word.is_empty());
        words.map(str::to_ascii_lowercase).collect()
    };
    let (first, other) = (words(first), words(other));
    let is_meant = |word: &String| VARIANTS.contains(&word.as_str());
    first.is_subset(&other) || other.is_subset(&first) || first.symmetric_difference(&other).all(is_meant)
}
