//! Which stages of a Dockerfile the services of Compose files build.
//!
//! Known from the Compose files of the scan and, for a Dockerfile that was named, from those in its folder and above. A build
//! that anything else starts cannot be known, which is why stages for development do not count.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use portcullis_core::{FileId, Files};
use portcullis_model::compose::{BASES, BuiltFile, OVERRIDES, Part, built_files};
use portcullis_syntax::{Dialect, yaml};

use crate::classify::Language;
use crate::discover::{Origin, Target};

/// The builds that the scan's Compose files start, by Dockerfile; read when a Dockerfile with several stages is first met.
#[derive(Debug, Default)]
pub(crate) struct Builds(OnceLock<HashMap<String, Vec<Part<String>>>>);

/// The folders above a named Dockerfile that are looked through.
const FOLDERS: usize = 16;

impl Builds {
    /// The stages of a Dockerfile whose images are used; none where the last one is.
    pub(crate) fn targets(&self, target: &Target, all: &[(Target, Language)], files: &dyn Files) -> Vec<String> {
        let found = self.0.get_or_init(|| {
            let compose = all.iter().filter(|(_, language)| *language == Language::Compose);
            by_file(compose.flat_map(|(target, _)| read(&target.path, files)))
        });
        let beside;
        let builds = match found.get(&target.path) {
            Some(builds) => builds,
            None if matches!(target.origin, Origin::Named | Origin::Changed) => {
                beside = by_file(above(&target.path).flat_map(|path| read(&path, files)));
                beside.get(&target.path).map_or(&[][..], Vec::as_slice)
            }
            None => &[],
        };
        let named: Option<Vec<String>> = builds.iter().map(|target| target.clone().known()).collect();
        let mut named = named.unwrap_or_default();
        named.retain(|name| !is_for_development(name));
        named
    }
}

fn by_file(builds: impl Iterator<Item = BuiltFile>) -> HashMap<String, Vec<Part<String>>> {
    let mut all: HashMap<String, Vec<Part<String>>> = HashMap::new();
    for build in builds {
        let targets = all.entry(build.path).or_default();
        if !targets.contains(&build.target) {
            targets.push(build.target);
        }
    }
    all
}

fn read(path: &str, files: &dyn Files) -> Vec<BuiltFile> {
    let text = files.read(path).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let Some(text) = text.filter(|text| text.contains("build")) else { return Vec::new() };
    built_files(path, &yaml::parse(FileId(0), &Arc::from(text), Dialect::Yaml12))
}

/// The paths of Compose files in the folder of a file and above it.
fn above(path: &str) -> impl Iterator<Item = String> {
    let folders = path.match_indices('/').map(|(at, _)| at + 1).rev().chain([0]).take(FOLDERS);
    folders.flat_map(move |end| {
        let folder = path.get(..end).unwrap_or_default();
        BASES.iter().chain(OVERRIDES).map(move |name| format!("{folder}{name}"))
    })
}

fn is_for_development(stage: &str) -> bool {
    let stage = stage.to_ascii_lowercase();
    let mut words = stage.split(|c: char| !c.is_ascii_alphanumeric());
    words.any(|word| matches!(word, "dev" | "devel" | "development" | "debug" | "test" | "tests" | "testing" | "local"))
}
