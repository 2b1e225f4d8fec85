//! Kustomizations are judged by what they build.
//!
//! A file that some build takes in is not judged as it is written: a base whose defect every overlay mends is sound, and
//! a patch is judged by what it makes of its object. Each finding is at the line that said it, base or patch or
//! kustomization, and only once, however many overlays it holds in. What does not hold in all of them names those in which it
//! does. Where a kustomization cannot be built, that is noted, and its files are judged as they are written.
//!
//! A build is a world of its own for what must be there (a Service that selects a pod); what is missing must be missing in the
//! whole scan. Files that are not targets of the scan give no findings.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use portcullis_core::{Draft, FileId, Fix, Note, NoteKind, Place, RuleIdx, ScanError, Span, StableHash};
use portcullis_model::facts::{Claim, Facts, Homes, Unseen};
use portcullis_model::kubernetes::{Object, objects};
use portcullis_model::kustomize::{FieldFaultKind, field_faults, is_kustomization};
use portcullis_render::{Build, Builds, Fault, Library, Refusal};
use portcullis_rules::Outcome;
use portcullis_rules::scan::ids;
use portcullis_syntax::{Dialect, Tree};

use crate::context::number_apart;
use crate::directives::{Directives, may_hold_any};
use crate::discover::Discovered;
use crate::inside::Inside;
use crate::judge::{Input, Judge, Judged, Judging, Objects, holds_template_markers};
use crate::kustomize::World;
use crate::shard::may_define;
use crate::together::{self, Aside, Sheet, on_workers};

/// Overlays that a finding names at most.
const NAMED: usize = 3;

/// What builds took in.
#[derive(Debug, Default)]
pub(crate) struct Built {
    /// The directories of the kustomizations that were built.
    kustomizations: BTreeSet<String>,
    /// The files that were laid over others.
    pub(crate) patches: BTreeSet<String>,
    /// The directories of the kustomizations that could not be built.
    pub(crate) faults: BTreeSet<String>,
}

impl Built {
    pub(crate) fn merge(&mut self, other: Self) {
        self.kustomizations.extend(other.kustomizations);
        self.patches.extend(other.patches);
        self.faults.extend(other.faults);
    }
}

/// What judging a world needs of the scan.
pub(crate) struct Scan<'a> {
    pub(crate) found: &'a Discovered,
    /// The judge of a target, by its index; of any other file that of the empty set of overrides.
    pub(crate) judge: &'a (dyn Fn(usize) -> Judge<'a> + Sync),
    /// A target as it is judged, by its index.
    pub(crate) input: &'a (dyn Fn(usize) -> Option<Input<'a>> + Sync),
    /// The tree that kustomizations may read.
    pub(crate) tree: &'a Inside<'a>,
}

/// One file of a world, while it is judged.
struct Page<'a, 't> {
    judge: Judge<'a>,
    input: Input<'a>,
    tree: &'t Tree,
    objects: Vec<Object<'t>>,
    outcome: Outcome,
}

/// A kustomization that was built.
struct Root {
    directory: String,
    /// The files that it took in.
    files: BTreeSet<String>,
}

/// How far a claim about presence reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reach {
    /// Over the whole scan: nothing else is built of the same files.
    Scan,
    /// To the objects of the same build.
    Build,
}

/// What was said of all that was built.
#[derive(Default)]
struct Said {
    /// By rule and place the first draft, and the indices of the roots in whose builds it was made. A policy may say several
    /// things of one place, so that its messages count.
    drafts: BTreeMap<(RuleIdx, Span, String), (Draft, BTreeSet<usize>)>,
    /// Each with the index of the root in whose build it was made.
    claims: Vec<(Draft, Claim, usize)>,
    /// By place what keeps kustomizations from being built.
    refusals: BTreeMap<Span, Draft>,
    roots: Vec<Root>,
}

/// Steps of all builds of a world; a base that many take in counts once.
const STEP_LIMIT: usize = 8_000_000;

/// How much of its limits the builds of a world have taken.
#[derive(Default)]
pub(crate) struct Spent {
    /// By directory the steps of each kustomization.
    steps: BTreeMap<String, usize>,
    objects: usize,
}

impl Spent {
    pub(crate) fn add(&mut self, made: &Build) {
        self.steps.extend(made.kustomizations.iter().map(|(directory, steps)| (directory.clone(), *steps)));
        self.objects = self.objects.saturating_add(made.count);
    }

    pub(crate) fn is_too_much(&self, builds: &Builds<'_>) -> bool {
        let steps = self.steps.values().fold(0_usize, |sum, steps| sum.saturating_add(*steps));
        steps > STEP_LIMIT || self.objects > builds.object_limit()
    }
}

/// Kustomizations that are built before their results are put together: what they say is much the same.
const BATCH: usize = 32;

impl Scan<'_> {
    /// Builds and judges a world.
    pub(crate) fn judge_world(&self, world: &World) -> (Judged, Built) {
        let library = self.gather(world);
        let mut left = Judged::default();
        let mut built = Built::default();
        let said = self.build_roots(world, &library, &mut built, &mut left);
        let mut pages = self.pages(world, &library, &said.roots, &mut left);
        deal(said, &library, &mut pages, &mut left.notes);
        finish(pages, &library, &mut left);
        (left, built)
    }

    /// Builds and judges the roots of a world. Where one cannot be built, what it takes in is built by itself.
    fn build_roots(&self, world: &World, library: &Library, built: &mut Built, left: &mut Judged) -> Said {
        let builds = Builds::new(library);
        let mut said = Said::default();
        let mut spent = Spent::default();
        let mut seen: BTreeSet<&str> = BTreeSet::new();
        let mut open: Vec<&str> = world.roots.iter().map(String::as_str).collect();
        while !open.is_empty() {
            let mut next: BTreeSet<&str> = BTreeSet::new();
            open.retain(|directory| seen.insert(directory) && !built.kustomizations.contains(*directory));
            let reach = if open.len() == 1 && said.roots.is_empty() { Reach::Scan } else { Reach::Build };
            for batch in open.chunks(BATCH) {
                // What others have taken is known between batches: which of two is built first must not matter.
                let is_too_much = spent.is_too_much(&builds);
                let made = if is_too_much {
                    batch.iter().map(|_| None).collect()
                } else {
                    on_workers(batch, |directory| Some(self.build_one(&builds, directory)))
                };
                for (&directory, outcome) in batch.iter().zip(made) {
                    let mut note = |kind: NoteKind, message: String| {
                        let path = world.kustomization(directory).to_owned();
                        left.notes.push(Note { path, kind, message });
                    };
                    match outcome {
                        Some(Ok((made, outcome, errors))) => {
                            left.errors.extend(errors);
                            if !made.unseen.is_empty() {
                                note(NoteKind::Unknown, format!("not judged: {}", made.unseen.join(", ")));
                            }
                            if !made.ignored.is_empty() {
                                note(NoteKind::Unknown, format!("not followed: {}", made.ignored.join(", ")));
                            }
                            spent.add(&made);
                            for fault in &made.refused {
                                said.refuse(self.refusal(fault));
                            }
                            built.kustomizations.extend(made.kustomizations.into_keys());
                            built.patches.extend(made.patches);
                            said.roots.push(Root { directory: directory.to_owned(), files: made.files });
                            self.put_together(&mut said, outcome, reach, left);
                        }
                        Some(Err(fault)) => {
                            note(NoteKind::Unbuilt, not_built(&fault));
                            let unseen = builds.unseen(directory);
                            if !unseen.is_empty() {
                                note(NoteKind::Unknown, format!("not judged: {}", unseen.join(", ")));
                            }
                            said.refuse(self.refusal(&fault));
                            built.faults.insert(directory.to_owned());
                            let bases = world.bases.get(directory).into_iter().flatten().map(String::as_str);
                            next.extend(bases.filter(|base| world.bases.contains_key(*base)));
                        }
                        None => {
                            note(NoteKind::Unbuilt, not_built(&"the builds before it take too much"));
                            built.faults.insert(directory.to_owned());
                        }
                    }
                }
            }
            open = next.into_iter().collect();
        }
        said
    }

    /// The finding about what `kustomize build` refuses as well.
    fn refusal(&self, fault: &Fault) -> Option<Draft> {
        let span = fault.place?;
        let index = usize::try_from(span.file.0).unwrap_or(usize::MAX);
        let kustomization = (self.input)(index)?.target.path.as_str();
        let is_certain = match &fault.refusal {
            Refusal::Kustomize => true,
            Refusal::Missing(path) => !self.tree.may_come(path, kustomization),
            Refusal::Ours => false,
        };
        if !is_certain {
            return None;
        }
        let judge = (self.judge)(index);
        let rule = judge.catalog.by_id(ids::KUSTOMIZATION_INVALID).filter(|&rule| judge.selection.is_on(rule))?;
        let message = format!("this cannot be built: {fault}");
        let mut structure = StableHash::new();
        structure.text(&message);
        let mut draft = Draft::new(rule, Place { span, structure: structure.short(), value: 0 }, message);
        draft.help("mend the entry or what it names; `kustomize build` and `kubectl apply -k` stop here");
        Some(draft)
    }

    /// Builds a kustomization, and judges what becomes of it. The objects are not needed any more.
    fn build_one(&self, builds: &Builds<'_>, directory: &str) -> Result<(Build, Outcome, Vec<ScanError>), Fault> {
        let mut made = builds.build(directory)?;
        let (outcome, errors) = self.judge_build(directory, &made);
        made.objects = Vec::new();
        Ok((made, outcome, errors))
    }

    /// Adds what was said of the root that was built last.
    fn put_together(&self, said: &mut Said, outcome: Outcome, reach: Reach, left: &mut Judged) {
        let index = said.roots.len().saturating_sub(1);
        let directory = said.roots.last().map_or("", |root| shown(&root.directory));
        for rule in outcome.panicked {
            let rule = (self.judge)(usize::MAX).catalog.get(rule).id.to_string();
            left.errors.push(ScanError::RulePanicked { rule, path: directory.to_owned() });
        }
        let mut drafts = outcome.drafts;
        for (draft, claim) in outcome.claims {
            if reach == Reach::Scan || !claim.is_about_presence() {
                said.claims.push((draft, claim, index));
            } else if outcome.facts.holds(&claim) {
                drafts.push(draft);
            }
        }
        for draft in drafts {
            let is_of_policy = (self.judge)(usize::MAX).yields.is_of_policy(draft.rule);
            let message = if is_of_policy { draft.message.to_string() } else { String::new() };
            let place = (draft.rule, draft.place.span, message);
            let (_, holders) = said.drafts.entry(place).or_insert_with(|| (draft, BTreeSet::new()));
            holders.insert(index);
        }
        left.facts.merge(outcome.facts);
        left.definitions.merge(outcome.definitions);
        left.custom_kinds.extend(outcome.custom_kinds);
    }

    /// Whether anything that a world takes in may define kinds of custom resources.
    pub(crate) fn may_define(&self, world: &World) -> bool {
        let library = self.gather(world);
        library.paths().filter_map(|path| library.tree(path)).any(|tree| may_define(tree.text().as_bytes()))
    }

    fn gather(&self, world: &World) -> Library {
        let mut others: HashMap<String, FileId> = HashMap::new();
        let mut file_id = |path: &str| {
            if let Ok(index) = self.found.index_of(path) {
                return FileId(u32::try_from(index).unwrap_or(u32::MAX));
            }
            let next = number_apart(world.number, others.len());
            *others.entry(path.to_owned()).or_insert(next)
        };
        Library::gather(world.kustomizations.iter().cloned(), self.tree, &mut file_id)
    }

    fn judge_build(&self, directory: &str, made: &Build) -> (Outcome, Vec<ScanError>) {
        let mut errors = Vec::new();
        let unseen = if made.unseen.is_empty() { Unseen::Nothing } else { Unseen::Some };
        let mut outcome = Outcome::of_file(Facts::of_file(Homes::of_build(directory, unseen)));
        for object in &made.objects {
            let Some(document) = object.tree.documents().next() else { continue };
            let Some(view) = Object::new(document.root) else { continue };
            let (first_draft, first_claim) = (outcome.drafts.len(), outcome.claims.len());
            let judge = (self.judge)(object.tree.file().0 as usize);
            judge.dispatch.object_as(&view, object.subject, &mut outcome);
            judge.review(&view, object.subject, &mut outcome.drafts);
            let target = self.found.targets.get(object.tree.file().0 as usize);
            let path = target.map_or("", |(target, _)| target.path.as_str());
            judge.ask_of_object(path, &object.tree, &mut outcome, &mut errors);
            let drafts = outcome.drafts.iter_mut().skip(first_draft);
            let claimed = outcome.claims.iter_mut().skip(first_claim).map(|(draft, _)| draft);
            for draft in drafts.chain(claimed) {
                draft.via.extend(&object.annotations);
                // What mends one overlay may harm another that takes the same file in.
                draft.fix = None;
            }
        }
        outcome.settle();
        (outcome, errors)
    }

    /// The targets of the world. Their own objects are judged where no build takes them in.
    fn pages<'s, 't>(
        &'s self,
        world: &World,
        library: &'t Library,
        roots: &[Root],
        left: &mut Judged,
    ) -> Vec<Page<'s, 't>> {
        let mut pages = Vec::new();
        let taken_in = takers(roots);
        for &index in &world.targets {
            let Some(input) = (self.input)(index).filter(|input| input.part.is_none()) else { continue };
            let judge = (self.judge)(index);
            let path = input.target.path.as_str();
            let Some(tree) = library.tree(path) else {
                // It cannot be read, or nothing that could be read refers to it.
                if !judge.homes.is_patch(path) {
                    left.merge(judge.judge(&input));
                }
                continue;
            };
            judge.watch(tree.text());
            let is_built = taken_in.contains_key(path);
            let whose = match () {
                () if is_kustomization(path) => Objects::Judged,
                () if is_built || judge.homes.is_patch(path) => Objects::Left,
                () => Objects::Judged,
            };
            left.bytes += tree.text().len() as u64;
            left.documents += tree.documents().count();
            let all: Vec<Object<'_>> = tree.documents().flat_map(|document| objects(document.root)).collect();
            let mut outcome = judge.outcome(&input, tree, &all, Judging { dialect: Dialect::Yaml11, whose }, left);
            if is_kustomization(path) {
                outcome.drafts.extend(misspelt(&judge, tree));
            }
            left.facts.merge(std::mem::take(&mut outcome.facts));
            left.definitions.merge(std::mem::take(&mut outcome.definitions));
            left.custom_kinds.append(&mut outcome.custom_kinds);
            pages.push(Page { judge, input, tree, objects: all, outcome });
        }
        pages
    }
}

/// The fields of a kustomization that Kustomize does not know, or that are of another type.
fn misspelt(judge: &Judge<'_>, tree: &Tree) -> Vec<Draft> {
    let rule = judge.catalog.by_id(ids::KUSTOMIZATION_INVALID).filter(|&rule| judge.selection.is_on(rule));
    let (Some(rule), Some(document)) = (rule, tree.documents().next()) else { return Vec::new() };
    if holds_template_markers(tree.text()) {
        return Vec::new();
    }
    let stops = |what: &str| format!("{what}; `kustomize build` and `kubectl apply -k` stop here");
    let drafts = field_faults(document.root).into_iter().map(|wrong| {
        let (name, holder, value) = (wrong.key.text(), wrong.holder, wrong.value);
        let (span, message, help) = match wrong.fault {
            FieldFaultKind::Unknown { nearest } => (
                wrong.key.span(),
                format!("Kustomize knows no field `{name}` in {holder}"),
                nearest.map_or_else(|| stops("remove it"), |nearest| format!("did you mean `{nearest}`?")),
            ),
            FieldFaultKind::Takes(what) => {
                (value.title_span(), format!("`{name}` of {holder} takes {what}"), stops("write it so"))
            }
            FieldFaultKind::Unquoted => (
                value.span(),
                format!("`{name}` of {holder} takes text, and `{}` is none", value.text()),
                stops("put it in quotes"),
            ),
        };
        let mut draft = Draft::new(rule, Place { span, structure: value.structure(), value: 0 }, message);
        draft.help(help);
        draft
    });
    drafts.collect()
}

fn not_built(why: &dyn std::fmt::Display) -> String {
    format!("not built: {why}; its files are judged as they are written, and its patches are not")
}

impl Said {
    fn refuse(&mut self, draft: Option<Draft>) {
        if let Some(draft) = draft {
            self.refusals.entry(draft.place.span).or_insert(draft);
        }
    }
}

/// Hands what was said of builds to the files that it is about, once.
fn deal(said: Said, library: &Library, pages: &mut [Page<'_, '_>], notes: &mut Vec<Note>) {
    let by_file: HashMap<FileId, usize> =
        pages.iter().enumerate().map(|(index, page)| (page.input.file, index)).collect();
    let takers = takers(&said.roots);
    let mut unanimous: BTreeMap<usize, HashSet<(RuleIdx, Span)>> = BTreeMap::new();
    let mut unscanned: BTreeMap<usize, BTreeSet<FileId>> = BTreeMap::new();
    for (_, (mut draft, holders)) in said.drafts {
        let Some(&index) = by_file.get(&draft.place.span.file) else {
            for holder in holders {
                unscanned.entry(holder).or_default().insert(draft.place.span.file);
            }
            continue;
        };
        let Some(page) = pages.get_mut(index) else { continue };
        if page.judge.selection.is_on(draft.rule) {
            let takers = takers.get(page.input.target.path.as_str()).copied().unwrap_or_default();
            if holders.len() < takers {
                name_overlays(&mut draft, &holders, &said.roots, library);
            } else if takers > 0 && draft.via.is_empty() {
                unanimous.entry(index).or_default().insert((draft.rule, draft.place.span));
            }
            page.outcome.drafts.push(draft);
        }
    }
    notes.extend(unscanned.iter().filter_map(|(root, files)| left_out(said.roots.get(*root)?, files, library)));
    for (index, findings) in unanimous {
        if let Some(page) = pages.get_mut(index) {
            take_fixes(page, &findings);
        }
    }
    for (span, draft) in said.refusals {
        let page = by_file.get(&span.file).and_then(|index| pages.get_mut(*index));
        // A template is not what is built.
        if let Some(page) = page.filter(|page| !holds_template_markers(page.tree.text())) {
            page.outcome.drafts.push(draft);
        }
    }
    let mut holders: HashMap<(RuleIdx, Span), BTreeSet<usize>> = HashMap::new();
    for (draft, _, root) in &said.claims {
        holders.entry((draft.rule, draft.place.span)).or_default().insert(*root);
    }
    for (mut draft, claim, _) in said.claims {
        let Some(page) = by_file.get(&draft.place.span.file).and_then(|index| pages.get_mut(*index)) else { continue };
        if page.judge.selection.is_on(draft.rule) {
            let takers = takers.get(page.input.target.path.as_str()).copied().unwrap_or_default();
            let holders = holders.get(&(draft.rule, draft.place.span)).filter(|holders| holders.len() < takers);
            if let Some(holders) = holders {
                name_overlays(&mut draft, holders, &said.roots, library);
            }
            page.outcome.claims.push((draft, claim));
        }
    }
}

/// The note that what a kustomization takes in is not scanned, and something is wrong there.
fn left_out(root: &Root, files: &BTreeSet<FileId>, library: &Library) -> Option<Note> {
    let kustomization = library.kustomization_of(&root.directory)?.span().file;
    let paths = library.paths().filter(|path| library.tree(path).is_some_and(|tree| files.contains(&tree.file())));
    let mut shown: Vec<String> = paths.take(NAMED).map(|path| format!("`{path}`")).collect();
    if let Some(more @ 1..) = files.len().checked_sub(shown.len()) {
        shown.push(format!("{more} more"));
    }
    let path = library.paths().find(|path| library.tree(path).is_some_and(|tree| tree.file() == kustomization))?;
    let message =
        format!("not reported: what is wrong in {}, which it takes in and which is not scanned", shown.join(", "));
    Some(Note { path: path.to_owned(), kind: NoteKind::Unknown, message })
}

/// Where a finding holds in every build of a file, and is the same of the object as it is written there, takes over the fix
/// of that one: the text that it changes is in all of the builds.
fn take_fixes(page: &mut Page<'_, '_>, findings: &HashSet<(RuleIdx, Span)>) {
    let mut written = Outcome::of_file(Facts::of_file(page.judge.homes.of(&page.input.target.path)));
    for object in &page.objects {
        page.judge.dispatch.object(object, &mut written);
    }
    let key = |draft: &Draft| (draft.rule, draft.place.span);
    let mut fixes: HashMap<(RuleIdx, Span), Option<Box<Fix>>> = HashMap::new();
    for draft in written.drafts {
        if findings.contains(&key(&draft)) {
            fixes.insert(key(&draft), draft.fix);
        }
    }
    for draft in &mut page.outcome.drafts {
        if let Some(fix) = fixes.get_mut(&key(draft)) {
            draft.fix = fix.take();
        }
    }
}

/// In how many builds each file is.
fn takers(roots: &[Root]) -> HashMap<&str, usize> {
    let mut takers = HashMap::new();
    for file in roots.iter().flat_map(|root| &root.files) {
        *takers.entry(file.as_str()).or_default() += 1;
    }
    takers
}

/// Names the overlays in which a finding holds that does not hold in all of them.
fn name_overlays(draft: &mut Draft, holders: &BTreeSet<usize>, roots: &[Root], library: &Library) {
    let file = draft.place.span.file;
    for root in holders.iter().filter_map(|&holder| roots.get(holder)).take(NAMED) {
        let kustomization = library.kustomization_of(&root.directory);
        if let Some(node) = kustomization.filter(|node| node.span().file != file) {
            draft.label(node.title_span(), format!("in what `{}` builds", shown(&root.directory)));
        }
    }
}

/// What was said of each file, with the suppressions in it and in what is only read.
fn finish(pages: Vec<Page<'_, '_>>, library: &Library, left: &mut Judged) {
    let own: HashSet<FileId> = pages.iter().map(|page| page.input.file).collect();
    let mut asides = Vec::new();
    if let Some(catalog) = pages.first().map(|page| page.judge.catalog) {
        for path in library.paths() {
            let Some(tree) = library.tree(path).filter(|tree| !own.contains(&tree.file())) else { continue };
            let (file, text) = (tree.file(), tree.text());
            left.context.push((file, path.to_owned()));
            if may_hold_any(text) {
                let all: Vec<Object<'_>> = tree.documents().flat_map(|document| objects(document.root)).collect();
                asides.push(Aside { file, text, directives: Directives::of_tree(tree, &all, catalog) });
            }
        }
    }
    let sheets = pages.into_iter().map(|mut page| {
        page.judge.search(&page.input, page.tree.text(), &mut page.outcome);
        page
    });
    let sheets = sheets.map(|page| Sheet {
        directives: Directives::of_tree(page.tree, &page.objects, page.judge.catalog),
        text: page.tree.text(),
        judge: page.judge,
        input: page.input,
        outcome: page.outcome,
    });
    together::seal(sheets.collect(), asides, left);
}

fn shown(directory: &str) -> &str {
    if directory.is_empty() { "." } else { directory }
}
