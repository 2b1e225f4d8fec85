//! Files that are no targets and that findings point to all the same: a base beside what was named, or what an index holds around a
//! change.
//!
//! Who reads such files gives them numbers of its own, for the report numbers its files in the order in which they come and they are
//! judged in any. Here those numbers become the report's, once something points to the file. Those of builds are each world's own,
//! because facts keep them, and facts of all worlds are put together.

use std::collections::BTreeMap;
use std::sync::Arc;

use portcullis_core::{FileId, Finding, Location, SuppressedBy};

use crate::judge::Judged;

/// The files that findings point to beside the targets.
#[derive(Default)]
pub(crate) struct ContextFiles {
    /// What the numbers of builds stand for, for what facts point to.
    paths: BTreeMap<FileId, String>,
    /// The numbers in the report.
    numbers: BTreeMap<String, FileId>,
}

/// Numbers from here on are those of builds; no report has so many files.
const APART: u32 = 1 << 31;

/// Files that one world may number; of what is beyond them nothing is known.
const EACH: u32 = 1 << 16;

/// The number of the `nth` file that the build of a world gives one.
pub(crate) fn number_apart(world: u32, nth: usize) -> FileId {
    let number = u32::try_from(nth).ok().filter(|nth| *nth < EACH);
    let number = number.and_then(|nth| world.checked_mul(EACH)?.checked_add(nth)?.checked_add(APART));
    FileId(number.unwrap_or(u32::MAX))
}

impl ContextFiles {
    /// Gives the files of findings the numbers that they have in the report, whose files are `files`. `index_of` gives the number of
    /// a target.
    pub(crate) fn number(
        &mut self,
        judged: &mut Judged,
        index_of: impl Fn(&str) -> Option<usize>,
        files: &mut Vec<Arc<str>>,
    ) {
        if judged.context.is_empty() {
            return;
        }
        let own: BTreeMap<FileId, String> = std::mem::take(&mut judged.context).into_iter().collect();
        let claimed = judged.claims.iter_mut().map(|(finding, _)| finding);
        for finding in judged.findings.iter_mut().chain(claimed) {
            self.renumber(finding, &own, &index_of, files);
        }
        self.paths.extend(own.into_iter().filter(|(file, _)| file.0 >= APART));
    }

    /// The same for what relations have added to findings.
    pub(crate) fn number_others(
        &mut self,
        findings: &mut [Finding],
        index_of: impl Fn(&str) -> Option<usize>,
        files: &mut Vec<Arc<str>>,
    ) {
        for finding in findings {
            let other = finding.trace.as_deref_mut().and_then(|trace| trace.other.as_mut());
            let Some(other) = other.filter(|other| other.file.0 >= APART) else { continue };
            if let Some(path) = self.paths.get(&other.file).cloned() {
                other.file = self.number_of(&path, &index_of, files);
            }
        }
    }

    /// The path of a file to which a build gave the number.
    pub(crate) fn path(&self, file: FileId) -> Option<&str> {
        self.paths.get(&file).map(String::as_str)
    }

    /// The numbers in the report.
    pub(crate) fn numbers(&self) -> impl Iterator<Item = usize> {
        self.numbers.values().map(|file| file.0 as usize)
    }

    fn renumber(
        &mut self,
        finding: &mut Finding,
        own: &BTreeMap<FileId, String>,
        index_of: &dyn Fn(&str) -> Option<usize>,
        files: &mut Vec<Arc<str>>,
    ) {
        let mut give = |location: &mut Location| {
            if let Some(path) = own.get(&location.span.file) {
                location.span.file = self.number_of(path, index_of, files);
            }
        };
        give(&mut finding.location);
        finding.related.iter_mut().for_each(|related| give(&mut related.location));
        if let Some(suppression) = finding.suppressed.as_deref_mut()
            && let SuppressedBy::Comment(location) | SuppressedBy::Annotation(location) = &mut suppression.by
        {
            give(location);
        }
        if let Some(trace) = finding.trace.as_deref_mut() {
            trace.via.iter_mut().for_each(give);
        }
    }

    fn number_of(&mut self, path: &str, index_of: &dyn Fn(&str) -> Option<usize>, files: &mut Vec<Arc<str>>) -> FileId {
        let id = |index: usize| FileId(u32::try_from(index).unwrap_or(u32::MAX));
        if let Some(number) = self.numbers.get(path) {
            return *number;
        }
        let number = index_of(path).map_or_else(
            || {
                files.push(Arc::from(path));
                id(files.len() - 1)
            },
            id,
        );
        self.numbers.insert(path.to_owned(), number);
        number
    }
}
