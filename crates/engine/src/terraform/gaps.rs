//! What could not be evaluated: findings where it is a fault, notes where it is not.

use std::collections::BTreeSet;
use std::sync::Arc;

use portcullis_core::{Draft, LineIndex, Note, NoteKind, Place, RuleIdx, Span, StableHash};
use portcullis_rules::scan::ids;
use portcullis_terraform::{Gap, INSTANCES, Library, Limit, MODULE_DEPTH};
use serde::{Deserialize, Serialize};

use crate::builds::Scan;
use crate::judge::Judged;

/// Sources of modules that one note names at most.
const NAMED: usize = 3;

/// What is to be said of the gaps of one root, or of all.
#[derive(Default)]
pub(super) struct Gaps {
    notes: BTreeSet<Note>,
    /// What `source` says of the modules that are not at hand.
    sources: BTreeSet<Arc<str>>,
}

impl Gaps {
    pub(super) fn merge(&mut self, other: Self) {
        self.notes.extend(other.notes);
        self.sources.extend(other.sources);
    }

    pub(super) fn tell(self, left: &mut Judged) {
        left.notes.extend(self.notes);
        left.unsaid.sources.extend(self.sources.iter().map(ToString::to_string));
    }
}

/// What is said of all Terraform files of a scan together.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Unsaid {
    /// Checks that could not be decided.
    pub(super) undecided: usize,
    /// What `source` says of the modules that are not at hand.
    sources: BTreeSet<String>,
}

impl Unsaid {
    pub(crate) fn merge(&mut self, other: Self) {
        self.undecided = self.undecided.saturating_add(other.undecided);
        self.sources.extend(other.sources);
    }

    /// Modules that are left out are told to everyone: what they make may be most of what there is.
    pub(crate) fn notes(&self) -> impl Iterator<Item = Note> + use<> {
        let note = |kind, message| Note { path: String::new(), kind, message };
        let checks = if self.undecided == 1 { "check" } else { "checks" };
        let message = format!("{} {checks} of Terraform could not be decided: a value is not known", self.undecided);
        let undecided = (self.undecided > 0).then(|| note(NoteKind::Unknown, message));
        undecided.into_iter().chain(self.left_out().map(|message| note(NoteKind::Other, message)))
    }

    fn left_out(&self) -> Option<String> {
        let named = self.sources.iter().take(NAMED).map(|source| format!("`{source}`"));
        let mut named = named.collect::<Vec<_>>().join(", ");
        Some(match self.sources.len() {
            0 => return None,
            1 => format!("a module of Terraform is not at hand, and not judged: {named}"),
            all => {
                if let Some(more @ 1..) = all.checked_sub(NAMED) {
                    named = format!("{named} and {more} more");
                }
                format!("{all} modules of Terraform are not at hand, and not judged: {named}")
            }
        })
    }
}

/// Sorts the gaps of a root.
pub(super) fn tell(
    scan: &Scan<'_>,
    library: &Library,
    root: &str,
    gaps: impl IntoIterator<Item = Gap>,
    drafts: &mut Vec<Draft>,
) -> Gaps {
    let mut told = Gaps::default();
    let mut unresolved = 0;
    let path = if root.is_empty() { "." } else { root };
    let mut note = |path: &str, message: String| {
        told.notes.insert(Note { path: path.to_owned(), kind: NoteKind::Unknown, message });
    };
    for gap in gaps {
        match gap {
            Gap::Unresolved { header, name, source } => {
                unresolved += 1;
                if let Some(rule) = (scan.judge)(header.file.0 as usize).rule(ids::MODULE_UNRESOLVED) {
                    drafts.push(unresolved_module(rule, header, &name, source.as_deref()));
                }
                told.sources.extend(source.filter(|source| !source.is_empty()));
            }
            Gap::Cycle { header, name, calls } => {
                if let Some(rule) = (scan.judge)(header.file.0 as usize).rule(ids::MODULE_CYCLE) {
                    drafts.push(cycle(rule, header, &name, &calls));
                }
            }
            Gap::Limit { limit: Limit::Work, .. } => {
                note(path, "not judged as a whole: it comes to more than is evaluated".to_owned());
            }
            Gap::Limit { limit: Limit::Configuration, .. } => {
                note(path, "not judged as a whole: it has more modules and resources than are kept".to_owned());
            }
            Gap::Limit { span, limit: Limit::Instances } => {
                let Some((path, line)) = place(library, span) else { continue };
                let what = format!("more instances than are kept: one stands for those beyond {INSTANCES}");
                note(path, format!("line {line}: {what}"));
            }
            Gap::Limit { span, limit: Limit::ModuleDepth } => {
                let Some((path, line)) = place(library, span) else { continue };
                let what = format!("called within {MODULE_DEPTH} other modules, and not judged: that is the limit");
                note(path, format!("line {line}: {what}"));
            }
            Gap::Repetition { .. } => {}
        }
    }
    if unresolved > 0 {
        let modules = if unresolved == 1 { "module" } else { "modules" };
        note(path, format!("not at hand, so that what comes of it is not known: {unresolved} {modules}"));
    }
    told
}

/// The path and the line of a place.
fn place(library: &Library, span: Span) -> Option<(&Arc<str>, u32)> {
    let (path, text) = library.text(span.file)?;
    Some((path, LineIndex::new(text).line(span.start)))
}

fn unresolved_module(rule: RuleIdx, header: Span, name: &str, source: Option<&str>) -> Draft {
    let message = match source {
        Some(source) => format!("module `{name}` is not at hand: `{source}` was not read"),
        None => format!("module `{name}` is not at hand: its source is no literal"),
    };
    let mut draft = Draft::new(rule, of_module(header, name), message);
    draft.help("scan after `terraform init`, or together with the folder that the module is in");
    draft
}

fn cycle(rule: RuleIdx, header: Span, name: &str, calls: &[Span]) -> Draft {
    let message = match calls {
        [] => format!("module `{name}` is the module that calls it"),
        _ => format!("module `{name}` is a module that leads to this call"),
    };
    let mut draft = Draft::new(rule, of_module(header, name), message);
    draft.help("call a module of its own, or repeat what is in it with `for_each`");
    for &call in calls {
        draft.label(call, "on the way from it");
    }
    draft
}

fn of_module(header: Span, name: &str) -> Place {
    let mut structure = StableHash::new();
    structure.text(name);
    Place { span: header, structure: structure.short(), value: 0 }
}
