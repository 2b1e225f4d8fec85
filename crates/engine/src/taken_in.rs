//! Files of requirements that others take in (`-r base.in`): targets like them, whatever they are called.
//!
//! Constraints (`-c`) ask for nothing. Addresses and what lies outside of the tree are left alone: a file that only a
//! hostile line names is never shown.

use std::path::Path;
use std::sync::Arc;

use portcullis_core::{FileId, Files};
use portcullis_model::kustomize::directory_of;
use portcullis_model::packages::{Format, ReferenceKind, read};

use crate::classify::Language;
use crate::discover::{Discovered, Origin, Target};
use crate::filters::Filters;
use crate::inside::Inside;
use crate::paths;

/// Files that are taken in at most; a project has a handful.
const LIMIT: usize = 1000;

const REQUIREMENTS: Language = Language::Packages(Format::Requirements);

/// Makes targets of the files that the scan's files of requirements take in.
pub(crate) fn add(found: &mut Discovered, tree: &Inside<'_>, filters: &Filters<'_>, cwd: &Path) {
    // Standard input has no neighbours.
    let mut waiting: Vec<String> = found
        .targets
        .iter()
        .filter(|(target, language)| {
            *language == REQUIREMENTS && matches!(target.origin, Origin::Named | Origin::Found)
        })
        .map(|(target, _)| target.path.clone())
        .collect();
    let mut added = 0;
    while let Some(path) = waiting.pop() {
        for other in references(&path, tree) {
            let other = paths::relative(cwd, &paths::absolute(&cwd.join(directory_of(&path)), Path::new(&other)));
            let at = found.index_of(&other);
            let is_text = |at: usize| found.targets.get(at).is_some_and(|(_, language)| *language == Language::Text);
            if at.is_ok_and(|at| !is_text(at)) {
                continue;
            }
            if filters.leaves_out_file(&other) || tree.read(&other).is_err() {
                continue;
            }
            added += 1;
            if added > LIMIT {
                return;
            }
            match at {
                Ok(at) => {
                    if let Some((_, language)) = found.targets.get_mut(at) {
                        *language = REQUIREMENTS;
                    }
                }
                Err(at) => {
                    found.targets.insert(at, (Target { path: other.clone(), origin: Origin::Found }, REQUIREMENTS));
                }
            }
            waiting.push(other);
        }
    }
}

/// The paths that a file of requirements takes in, as written.
fn references(path: &str, tree: &Inside<'_>) -> Vec<String> {
    let Some(text) = tree.read(path).ok().and_then(|bytes| String::from_utf8(bytes).ok()) else { return Vec::new() };
    if !text.lines().any(|line| line.trim_start().starts_with("-r") || line.trim_start().starts_with("--req")) {
        return Vec::new();
    }
    let Some(manifest) = read(Format::Requirements, FileId(0), &Arc::from(text)).manifest else { return Vec::new() };
    let taken = manifest.references.into_iter().filter(|it| it.kind == ReferenceKind::Requirements);
    taken.map(|it| it.path.into_string()).filter(|path| !path.contains("://") && !path.contains('$')).collect()
}
