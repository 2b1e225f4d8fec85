//! What a Compose service takes from files that are not judged as Compose files themselves: `extends: { file: … }`.
//!
//! A value is reported where it was written if that file belongs to the scan, and else where the judged file takes it in, with
//! the place of the value beside it. Files that are judged report their own values; what they extend further is theirs as well.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use portcullis_core::{Draft, FileId, LineIndex, RuleIdx, Span};
use portcullis_model::compose::{Extension, Project, Sources};
use portcullis_secrets::Subject;

use crate::classify::classify;
use crate::directives::Directives;
use crate::judge::{Judge, Judged, is_compose_file};
use crate::seal::Sealer;

/// The drafts about extended services, by where they are reported.
#[derive(Debug, Default)]
pub(crate) struct Sorted {
    /// In the judged file.
    pub(crate) here: Vec<Draft>,
    /// In the file of the value, by its number among the sources.
    there: BTreeMap<FileId, Vec<Draft>>,
}

/// How a file that is not the judged one stands to the scan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// It is judged as a Compose file itself.
    Judged,
    /// It is in the scanned tree, and nothing judges it as one.
    InTree,
    /// It was not asked for.
    Outside,
}

/// Sorts what was said of other files. What is about no service that the judged file extends is left out.
pub(crate) fn sort(judge: &Judge<'_>, sources: &Sources, project: &Project<'_>, drafts: Vec<Draft>) -> Sorted {
    let mut sorted = Sorted::default();
    if drafts.is_empty() {
        return sorted;
    }
    let extensions = project.extensions();
    let mut standings: BTreeMap<FileId, Standing> = BTreeMap::new();
    let mut said: HashSet<(RuleIdx, Span)> = HashSet::new();
    for mut draft in drafts {
        let span = draft.place.span;
        let mut standing = |file| *standings.entry(file).or_insert_with(|| standing_of(judge, sources, file));
        let Some(extension) = extensions.iter().find(|extension| takes(extension, span, &mut standing)) else {
            continue;
        };
        if !said.insert((draft.rule, span)) {
            continue;
        }
        // No edit is made in a file that is not judged, and its secrets are not in the lines of this one.
        draft.fix = None;
        match standing(span.file) {
            Standing::Judged => {}
            Standing::InTree => sorted.there.entry(span.file).or_default().push(draft),
            // A comment beside the value says that it has been looked at.
            Standing::Outside if is_suppressed(judge, sources, &draft) => {
                sorted.there.entry(span.file).or_default().push(draft);
            }
            Standing::Outside => {
                draft.masked.clear();
                draft.labels.clear();
                draft.place.span = extension.node.span();
                draft.label(span, "it is written here");
                sorted.here.push(draft);
            }
        }
    }
    sorted
}

/// Whether an `extends` takes in what is at a place, without the help of another file that is judged.
fn takes(extension: &Extension<'_>, span: Span, standing: &mut impl FnMut(FileId) -> Standing) -> bool {
    let own = extension.node.tree().file();
    for layer in &extension.layers {
        let file = layer.tree().file();
        if file != own && standing(file) == Standing::Judged {
            return false;
        }
        let place = layer.key().map_or(layer.span().start, |key| key.span().start);
        if file == span.file && place <= span.start && span.end <= layer.span().end {
            return true;
        }
    }
    false
}

fn is_suppressed(judge: &Judge<'_>, sources: &Sources, draft: &Draft) -> bool {
    let file = draft.place.span.file;
    let Some((_, tree)) = sources.file(file) else { return false };
    Directives::of_tree(tree, &[], judge.catalog).suppress(&mut draft.clone(), file, judge.today).is_some()
}

fn standing_of(judge: &Judge<'_>, sources: &Sources, file: FileId) -> Standing {
    let Some((path, tree)) = sources.file(file) else { return Standing::Judged };
    let found = judge.targets.binary_search_by(|(target, _)| target.path.as_str().cmp(path));
    match found.ok().and_then(|at| judge.targets.get(at)) {
        Some((_, language)) if is_compose_file(*language, tree) => Standing::Judged,
        Some(_) => Standing::InTree,
        // Of the kinds that are scanned, those that the walk left out were not asked for.
        None if classify(path).is_none() && judge.is_below_named(path) => Standing::InTree,
        None => Standing::Outside,
    }
}

impl Sorted {
    /// The lines of the files that findings of the judged file point to.
    pub(crate) fn lines<'s>(&self, sources: &'s Sources) -> HashMap<FileId, LineIndex<'s>> {
        let labels = self.here.iter().flat_map(|draft| &draft.labels).map(|label| label.span.file);
        labels.filter_map(|file| Some((file, LineIndex::new(sources.file(file)?.1.text())))).collect()
    }

    /// Seals what is reported elsewhere, and names the files of all, those of `lines` included.
    pub(crate) fn seal(
        self,
        judge: &Judge<'_>,
        sources: &Sources,
        lines: &HashMap<FileId, LineIndex<'_>>,
        judged: &mut Judged,
    ) {
        let files: BTreeSet<FileId> = lines.keys().chain(self.there.keys()).copied().collect();
        let path = |file: FileId| Some((file, sources.file(file)?.0.to_owned()));
        judged.context = files.into_iter().filter_map(path).collect();
        for (file, drafts) in self.there {
            let Some((path, tree)) = sources.file(file) else { continue };
            let root_path = judge.root_paths.of(path);
            let mut sealer = Sealer::new(judge.catalog, judge.selection, judge.needs, &root_path, tree.text());
            let subject = Subject { path, text: tree.text() };
            let mut secrets = judge.dispatch.secret_spans(file, &subject);
            secrets.extend(drafts.iter().flat_map(|draft| draft.masked.iter().copied()));
            sealer.mask(secrets);
            let mut directives = Directives::of_tree(tree, &[], judge.catalog);
            for draft in judge.yields.resolve(drafts) {
                let finding = judge.seal(draft, &mut directives, &mut sealer);
                judged.findings.push(finding);
            }
        }
    }
}
