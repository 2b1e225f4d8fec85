//! Files that are no targets and that findings point to all the same: a base beside what was named, or what an index holds around a
//! change.
//!
//! Builds give such files numbers of their own, each world its own, for the report numbers its files in the order in which they come
//! and worlds are judged in any. Here those numbers become the report's, once something points to the file.

use std::collections::BTreeMap;
use std::sync::Arc;

use portcullis_core::{FileId, Finding, Location, Span, SuppressedBy};

use crate::judge::Judged;

/// The files that findings point to beside the targets.
#[derive(Default)]
pub(crate) struct ContextFiles {
    /// What the numbers of builds stand for.
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
        self.paths.extend(std::mem::take(&mut judged.context));
        let claimed = judged.claims.iter_mut().map(|(finding, _)| finding);
        for finding in judged.findings.iter_mut().chain(claimed) {
            self.renumber(finding, &index_of, files);
        }
    }

    /// The same for what relations have added to findings.
    pub(crate) fn number_others(
        &mut self,
        findings: &mut [Finding],
        index_of: impl Fn(&str) -> Option<usize>,
        files: &mut Vec<Arc<str>>,
    ) {
        if self.paths.is_empty() {
            return;
        }
        for finding in findings {
            if let Some(other) = finding.trace.as_deref_mut().and_then(|trace| trace.other.as_mut()) {
                self.give(other, &index_of, files);
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

    fn renumber(&mut self, finding: &mut Finding, index_of: &dyn Fn(&str) -> Option<usize>, files: &mut Vec<Arc<str>>) {
        let mut give = |location: &mut Location| self.give(&mut location.span, index_of, files);
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

    fn give(&mut self, span: &mut Span, index_of: &dyn Fn(&str) -> Option<usize>, files: &mut Vec<Arc<str>>) {
        if span.file.0 < APART {
            return;
        }
        let Some(path) = self.paths.get(&span.file) else { return };
        let id = |index: usize| FileId(u32::try_from(index).unwrap_or(u32::MAX));
        let number = *self.numbers.entry(path.clone()).or_insert_with_key(|path| {
            index_of(path).map_or_else(
                || {
                    files.push(Arc::from(path.as_str()));
                    id(files.len() - 1)
                },
                id,
            )
        });
        span.file = number;
    }
}
