//! Terraform modules are judged by what they evaluate to.
//!
//! All modules of a scan are parsed first, because one decides what another's variables are. A directory that no module
//! calls is a root: it is evaluated with all that it calls, and what is found in a module that is called ten times is one
//! finding at its definition. A finding stands where its value was written; where that is in a file that is no target of
//! the scan, at the nearest place to it that is.

mod beyond;
mod gaps;
mod given;
mod said;
mod units;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use portcullis_core::{Draft, FileId, Files, Note, NoteKind, Place};
use portcullis_model::kustomize::directory_of;
use portcullis_model::terraform::Configuration;
use portcullis_rules::Outcome;
use portcullis_syntax::hcl::File;
use portcullis_syntax::{Tree, json};
use portcullis_terraform::{Library, Options, Role, evaluate, parse, plan, role_of};

use crate::builds::Scan;
use crate::classify::Language;
use crate::directives::Directives;
use crate::discover::{Discovered, Origin};
use crate::judge::{Input, Judge, Judged};
use crate::shard::Shard;
use crate::together::{self, Sheet, on_workers};
use beyond::{Modules, Sources};
use gaps::Gaps;
pub(crate) use gaps::Unsaid;
pub(crate) use given::file_error;
use given::{Asked, Fits};
use said::{Naming, Said, Spoken};
use units::Units;

/// The targets that are judged here, in order: files of modules, values of variables, plans.
pub(crate) fn targets(found: &Discovered, given: &HashMap<&str, &[u8]>, files: &dyn Files) -> Vec<usize> {
    let is_ours = |index: usize| match found.targets.get(index) {
        Some((_, Language::Terraform | Language::TerraformVariables)) => true,
        Some((target, Language::Json)) => match given.get(target.path.as_str()) {
            Some(text) => may_be_plan(text),
            None => files.read(&target.path).is_ok_and(|it| may_be_plan(&it)),
        },
        _ => false,
    };
    let all: Vec<usize> = (0..found.targets.len()).collect();
    on_workers(&all, |&index| is_ours(index).then_some(index)).into_iter().flatten().collect()
}

/// Whether a JSON text can be a plan, as `terraform show -json` prints it.
fn may_be_plan(text: &[u8]) -> bool {
    ["\"format_version\"", "\"terraform_version\"", "\"planned_values\""]
        .iter()
        .all(|key| memchr::memmem::find(text, key.as_bytes()).is_some())
}

/// A target that was parsed.
struct Parsed<'a> {
    judge: Judge<'a>,
    input: Input<'a>,
    text: Arc<str>,
    contents: Contents,
}

/// What a target holds.
enum Contents {
    /// A part of a module, or values of variables.
    File(Arc<File>),
    /// A plan, or JSON that only looked like one.
    Plan(Box<Tree>),
}

/// Judges the Terraform files among the targets, together.
pub(crate) fn judge(scan: &Scan<'_>, targets: &[usize], options: &Options, shard: Option<Shard>) -> Judged {
    let mut left = Judged::default();
    let mut parsed = Vec::new();
    let mut read: Vec<(Judged, Option<Parsed<'_>>)> = on_workers(targets, |&index| read(scan, index));
    parsed.extend(read.iter_mut().filter_map(|(_, parsed)| parsed.take()));
    let library = gather(scan, &parsed, options);
    let units = Units::new(&library, options, shard);
    let is_own = |index: usize| {
        let target = scan.found.targets.get(index);
        target.is_some_and(|(target, _)| units.has(directory_of(&target.path)))
    };
    for ((one, _), _) in read.into_iter().zip(targets).filter(|(_, index)| is_own(**index)) {
        left.merge(one);
    }
    parsed.retain(|it| is_own(it.input.file.0 as usize));
    left.notes.extend(parsed.iter().filter_map(|it| replaced(it, &library)));
    let all_roots = library.roots();
    let roots: Vec<&str> = all_roots.iter().copied().filter(|root| units.has(root)).collect();
    let plans: Vec<(&str, &Tree)> = parsed
        .iter()
        .filter_map(|it| match &it.contents {
            Contents::Plan(tree) => Some((it.input.target.path.as_str(), &**tree)),
            Contents::File(_) => None,
        })
        .collect();
    let sources = Sources::new(scan.tree, &library);
    let mut said = Said::default();
    let mut gaps = Gaps::default();
    let mut fits = Fits::default();
    let mut asked_of = Vec::new();
    for mut root in on_workers(&roots, |root| evaluate_root(scan, (&library, &sources), root, options)) {
        gaps.merge(root.gaps);
        fits.add(root.given);
        asked_of.append(&mut root.spoken.asked.0);
        left.errors.append(&mut root.spoken.asked.1);
        said.take(root.spoken);
    }
    for mut spoken in on_workers(&plans, |(path, tree)| judge_plan(scan, (&library, &sources), path, tree, options)) {
        asked_of.append(&mut spoken.asked.0);
        left.errors.append(&mut spoken.asked.1);
        said.take(spoken);
    }
    let is_found = |it: &Parsed<'_>| it.input.target.origin == Origin::Found;
    let asked = if parsed.iter().any(is_found) { Asked::Folder } else { Asked::Files };
    // Of what is given on the command line one part speaks.
    if units.has_given() {
        fits.tell(&library, asked, &mut left);
    }
    gaps.tell(&mut left);
    let is_root: BTreeSet<&str> = all_roots.iter().copied().collect();
    let directories: BTreeSet<&str> = modules_of(&parsed).collect();
    for directory in directories {
        if let Some(outcome) = judge_source(scan, &library, directory, &is_root) {
            said.take(Spoken::of_source(outcome));
        }
    }
    left.unsaid.undecided = said.undecided;
    finish(&parsed, said, asked_of, &mut left);
    left
}

/// Reads and parses a target.
fn read<'a>(scan: &'a Scan<'_>, index: usize) -> (Judged, Option<Parsed<'a>>) {
    let mut left = Judged::default();
    let Some(input) = (scan.input)(index) else { return (left, None) };
    let judge = (scan.judge)(index);
    let Some(text) = judge.read(&input, &mut left) else { return (left, None) };
    let text: Arc<str> = text.into();
    let contents = match input.language {
        Language::Json => Contents::Plan(Box::new(json::parse(input.file, &text))),
        _ => Contents::File(Arc::new(parse(&input.target.path, input.file, &text))),
    };
    left.documents = 1;
    (left, Some(Parsed { judge, input, text, contents }))
}

/// Says that OpenTofu reads another file in the place of one.
fn replaced(parsed: &Parsed<'_>, library: &Library) -> Option<Note> {
    let path = parsed.input.target.path.as_str();
    let name = path.rsplit('/').next().unwrap_or(path);
    let is_part = matches!(parsed.contents, Contents::File(_)) && role_of(name) == Some(Role::Configuration);
    if !is_part || library.reads(path) {
        return None;
    }
    let message = format!("not judged: OpenTofu reads `{}` in its place", name.replacen(".tf", ".tofu", 1));
    Some(Note { path: path.to_owned(), kind: NoteKind::Other, message })
}

/// The directories of the targets that are no plans.
fn modules_of<'p>(parsed: &'p [Parsed<'_>]) -> impl Iterator<Item = &'p str> {
    let files = parsed.iter().filter(|it| matches!(it.contents, Contents::File(_)));
    files.map(|it| directory_of(&it.input.target.path))
}

/// Runs the rules on what is planned. Where the sources lie beside the plan, a finding stands where they say it.
fn judge_plan(
    scan: &Scan<'_>,
    (library, files): (&Library, &Sources<'_>),
    path: &str,
    tree: &Tree,
    options: &Options,
) -> Spoken {
    let Some(root) = tree.documents().next().map(|document| document.root).filter(|root| plan::is_plan(*root)) else {
        return Spoken::default();
    };
    let directory = directory_of(path);
    let mut configuration = plan::configuration(root);
    if library.directories().any(|known| known == directory) {
        let sources = evaluate(directory, library, files, options);
        configuration = plan::placed(configuration, &sources.configuration);
    }
    judge_resources(scan, &configuration, Naming::Instances)
}

/// Runs the rules on each resource.
fn judge_resources(scan: &Scan<'_>, configuration: &Configuration, naming: Naming) -> Spoken {
    let mut spoken = Spoken::new(naming);
    for resource in &configuration.resources {
        let judge = (scan.judge)(resource.header.file.0 as usize);
        judge.dispatch.terraform(resource, configuration, &mut spoken.outcome);
        spoken.said_of(resource);
    }
    if let Some(first) = configuration.resources.first() {
        let judge = (scan.judge)(first.header.file.0 as usize);
        let (drafts, errors) = &mut spoken.asked;
        judge.ask_of_configuration(configuration, first.header.file, drafts, errors);
    }
    spoken
}

/// The targets and all that they call.
fn gather(scan: &Scan<'_>, parsed: &[Parsed<'_>], options: &Options) -> Library {
    let mut library = Library::default();
    for it in parsed {
        if let Contents::File(file) = &it.contents {
            library.add(&it.input.target.path, it.input.file, it.text.clone(), file.clone());
        }
    }
    let mut others: HashMap<String, usize> = HashMap::new();
    let mut file_id = |path: &str| {
        let index = scan.found.index_of(path).unwrap_or_else(|_| {
            let next = scan.found.targets.len().saturating_add(others.len());
            *others.entry(path.to_owned()).or_insert(next)
        });
        FileId(u32::try_from(index).unwrap_or(u32::MAX))
    };
    let directories: BTreeSet<String> = modules_of(parsed).map(str::to_owned).collect();
    library.gather(directories, &Modules(scan.tree), &mut file_id);
    for path in &options.variable_files {
        // What is named on the command line may lie anywhere.
        library.add_variables(path, (scan.judge)(usize::MAX).files, &mut file_id);
    }
    library
}

/// A root module, judged.
struct Root {
    spoken: Spoken,
    gaps: Gaps,
    given: Vec<portcullis_terraform::Given>,
}

/// Evaluates a root module, and runs the rules on what it comes to.
fn evaluate_root(scan: &Scan<'_>, (library, files): (&Library, &Sources<'_>), root: &str, options: &Options) -> Root {
    let evaluated = evaluate(root, library, files, options);
    let mut spoken = judge_resources(scan, &evaluated.configuration, Naming::Definitions);
    let gaps = gaps::tell(scan, library, root, evaluated.gaps, &mut spoken.outcome.drafts);
    Root { spoken, gaps, given: evaluated.given }
}

/// Runs the rules for modules as they are written.
fn judge_source(scan: &Scan<'_>, library: &Library, directory: &str, roots: &BTreeSet<&str>) -> Option<Outcome> {
    let source = library.source(directory, roots)?;
    let first = source.files.first()?.id;
    let mut outcome = Outcome::default();
    (scan.judge)(first.0 as usize).dispatch.terraform_source(&source, &mut outcome);
    Some(outcome)
}

/// From drafts to findings, those of policies about modules among them. What was said of files that are no targets moves to where they were asked for.
fn finish(parsed: &[Parsed<'_>], said: Said, asked: Vec<Draft>, left: &mut Judged) {
    let numbers: HashSet<FileId> = parsed.iter().map(|it| it.input.file).collect();
    let mut outcomes: HashMap<FileId, Outcome> = HashMap::new();
    let (drafts, mut panicked) = said.finish();
    for mut draft in drafts.chain(asked) {
        if !numbers.contains(&draft.place.span.file) {
            let Some(&nearest) = draft.via.iter().find(|span| numbers.contains(&span.file)) else { continue };
            draft.place = Place { span: nearest, ..draft.place };
        }
        let place = draft.place.span;
        draft.labels.retain(|label| label.span != place);
        outcomes.entry(place.file).or_default().drafts.push(draft);
    }
    let mut sheets = Vec::new();
    for Parsed { judge, input, text, contents } in parsed {
        let mut outcome = outcomes.remove(&input.file).unwrap_or_default();
        outcome.panicked.extend(std::mem::take(&mut panicked));
        outcome.drafts.retain(|draft| judge.selection.is_on(draft.rule));
        let directives = match contents {
            Contents::File(file) => {
                judge.errors_of(&file.errors, &mut outcome.drafts);
                judge.ask_of_hcl(input, (&**file, &**text), &mut outcome.drafts, left);
                Directives::of_hcl(input.file, file, text, judge.catalog)
            }
            Contents::Plan(tree) => {
                judge.errors_of(tree.errors(), &mut outcome.drafts);
                judge.ask_of_tree(input, tree, &mut outcome, left);
                Directives::default()
            }
        };
        judge.search(input, text, &mut outcome);
        sheets.push(Sheet { judge: *judge, input: *input, text, directives, outcome });
    }
    together::seal(sheets, Vec::new(), left);
}
