//! Secret files that go from stage to stage inside of folders.
//!
//! Decided where every step is certain: the copy into a build stage, the folder that holds the file there, and the copies
//! of that folder up to the image. A file that a RUN names, or may remove or move, a path that a variable or a base image
//! decides, a glob, `--exclude` and `--parents` end the trail. Programs that a RUN starts are taken not to remove it.

use std::collections::BTreeMap;

use portcullis_core::{Confidence, Span};
use portcullis_model::dockerfile::{Base, Run, SourceTarget};
use portcullis_syntax::dockerfile::{Instruction, Keyword, Word};

use super::Image;
use super::secrets::secret_file;
use super::walk::Step;

/// Secret files that are followed in one stage.
const MAX_HELD: usize = 16;
/// Longer paths are not followed: a chain of copies can make one of any length.
const MAX_PATH: usize = 1024;

/// A secret file in a stage.
#[derive(Clone)]
pub(super) struct Held {
    /// The path in the build context.
    pub(super) path: String,
    /// Where it is written.
    pub(super) written: Span,
    pub(super) confidence: Confidence,
    /// It is there or below: whether the destination was a folder is not known.
    at: String,
}

impl Held {
    /// Its name without its folder; of a glob, what stands before the star.
    fn name(&self) -> &str {
        self.path.trim_end_matches('/').rsplit('/').next().unwrap_or_default().trim_end_matches('*')
    }
}

/// A secret file that a copy takes along, and where it comes to be, if that is certain.
type Moved<'h> = (&'h Held, Option<String>);

/// Hands each folder that a final stage copies from another to `visit`, with the secret files that it holds.
pub(super) fn each<'d>(image: &Image<'d>, mut visit: impl FnMut(&Step<'_, 'd>, &'d Word, &[&Held])) {
    let others = image.build.stages.iter().filter(|stage| !stage.is_final);
    let mut copies = others.flat_map(|stage| &stage.instructions).filter(|step| is_copy(step));
    if !copies.any(|copy| !copied_from_context(image, copy).is_empty()) {
        return;
    }
    let from: BTreeMap<u32, usize> = image
        .build
        .copy_sources()
        .iter()
        .filter_map(|source| match source.target {
            SourceTarget::Stage(index) if index < source.stage => Some((source.instruction.span.start, index)),
            _ => None,
        })
        .collect();
    let runs: BTreeMap<u32, &Run<'d>> = image.runs().iter().map(|run| (run.instruction.span.start, run)).collect();
    // What each stage holds at its end.
    let mut stages: Vec<Vec<Held>> = Vec::new();
    for stage in &image.build.stages {
        let mut held = match stage.base {
            Base::Stage(parent) => stages.get(parent).cloned().unwrap_or_default(),
            _ => Vec::new(),
        };
        for &instruction in &stage.instructions {
            match instruction.keyword {
                Keyword::Run if !held.is_empty() => {
                    let run = runs.get(&instruction.span.start);
                    held.retain(|held| run.is_some_and(|run| !may_remove(run, held)));
                }
                _ if is_copy(instruction) => {
                    let Some(&source) = from.get(&instruction.span.start) else {
                        // What is copied into the image itself is reported there.
                        if !stage.is_final {
                            held.extend(copied_from_context(image, instruction));
                        }
                        continue;
                    };
                    let source = stages.get(source).map_or(&[][..], Vec::as_slice);
                    for (word, moved) in copied_from_stage(image, instruction, source) {
                        if stage.is_final && secret_file(word.as_str()).is_none() {
                            let found: Vec<&Held> = moved.iter().map(|(held, _)| *held).collect();
                            visit(&Step { stage, instruction }, word, &found);
                        }
                        let moved = moved.into_iter().filter_map(|(held, at)| Some(Held { at: at?, ..held.clone() }));
                        held.extend(moved);
                    }
                }
                _ => {}
            }
            held.truncate(MAX_HELD);
        }
        stages.push(held);
    }
}

fn is_copy(instruction: &Instruction) -> bool {
    matches!(instruction.keyword, Keyword::Copy | Keyword::Add)
}

/// The secret files that an instruction copies from the context.
fn copied_from_context(image: &Image<'_>, copy: &Instruction) -> Vec<Held> {
    let Some((sources, destination)) = copy.sources_and_destination() else { return Vec::new() };
    if copy.flag("from").is_some() {
        return Vec::new();
    }
    let variables = image.build.variables_at(copy);
    let sources = sources.iter().filter(|source| copy.heredoc_of(source).is_none());
    let secrets = sources.filter_map(|source| {
        let expanded = variables.expand(source);
        let path = expanded.known()?;
        let confidence = secret_file(path)?;
        let left_out = image.context.surely_leaves_out(path.trim_end_matches('*'));
        (!left_out).then(|| (path.to_owned(), source.span(), confidence))
    });
    let secrets: Vec<_> = secrets.take(MAX_HELD).collect();
    if secrets.is_empty() {
        return Vec::new();
    }
    let Some(at) = destination_of(image, copy, destination) else { return Vec::new() };
    let held = |(path, written, confidence)| Held { path, written, confidence, at: at.clone() };
    secrets.into_iter().map(held).collect()
}

/// Each source of a copy from a stage, with the files of `held` that are in it.
fn copied_from_stage<'d, 'h>(
    image: &Image<'d>,
    copy: &'d Instruction,
    held: &'h [Held],
) -> Vec<(&'d Word, Vec<Moved<'h>>)> {
    let Some((sources, destination)) = copy.sources_and_destination() else { return Vec::new() };
    if held.is_empty() || copy.flag("exclude").is_some() {
        return Vec::new();
    }
    let to = destination_of(image, copy, destination);
    let variables = image.build.variables_at(copy);
    let moved = sources.iter().filter_map(|source| {
        let expanded = variables.expand(source);
        // The source is looked up from the root of the other stage.
        let folder = plain_path("/", expanded.known()?)?;
        let moved: Vec<_> = held
            .iter()
            .filter_map(|held| {
                let rest = below(&folder, &held.at)?;
                let at = to.as_ref().map(|to| format!("{to}{rest}"));
                Some((held, at.filter(|at| at.len() <= MAX_PATH)))
            })
            .collect();
        (!moved.is_empty()).then_some((source, moved))
    });
    moved.collect()
}

/// The path that a copy writes to, where it is certain.
fn destination_of(image: &Image<'_>, copy: &Instruction, destination: &Word) -> Option<String> {
    if copy.flag("parents").is_some() {
        return None;
    }
    let expanded = image.build.variables_at(copy).expand(destination);
    let path = expanded.known()?;
    if path.starts_with('/') {
        return plain_path("/", path);
    }
    let workdir = image.build.effective_at(copy, Keyword::Workdir)?;
    let folder = image.build.variables_at(workdir).expand(workdir.words().first()?);
    plain_path(folder.known()?.trim(), path)
}

/// `path` from `folder`, without a slash at its end; the root is empty. `None` for globs, `..`, and paths of Windows.
fn plain_path(folder: &str, path: &str) -> Option<String> {
    let is_plain = |text: &str| !text.contains(['*', '?', '[', '\\', ':', '$', '~']);
    if !folder.starts_with('/') || !is_plain(folder) || !is_plain(path) {
        return None;
    }
    let mut whole = String::new();
    for part in folder.split('/').chain(path.split('/')).filter(|part| !matches!(*part, "" | ".")) {
        if part == ".." {
            return None;
        }
        whole.push('/');
        whole.push_str(part);
    }
    Some(whole)
}

/// What follows `folder` in `path`; `None` where the path is neither the folder nor in it.
fn below<'p>(folder: &str, path: &'p str) -> Option<&'p str> {
    path.strip_prefix(folder).filter(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Whether a RUN may take a file away. One that names it may do anything with it.
fn may_remove(run: &Run<'_>, held: &Held) -> bool {
    let heredocs = run.instruction.heredocs.iter().map(|heredoc| &heredoc.content);
    !run.script.complete
        || std::iter::once(&run.instruction.body).chain(heredocs).any(|text| text.contains(held.name()))
        || run
            .calls(&["rm", "unlink", "shred", "mv", "find", "git", "rsync", "truncate"])
            .any(|call| call.open || call.command.args.iter().any(|argument| may_name(&argument.text, held)))
}

/// Whether an argument may mean a file or a folder that it is in.
fn may_name(argument: &str, held: &Held) -> bool {
    let literal = argument.split(['*', '?', '[', '{', '$', '`', '~']).next().unwrap_or_default();
    let is_open = literal.len() != argument.len();
    let literal = literal.trim_end_matches('/');
    let last = literal.rsplit('/').next().unwrap_or_default();
    let means_file = is_open || last.starts_with(held.name());
    if argument.starts_with('/') {
        return below(literal, &held.at).is_some()
            || (is_open && held.at.starts_with(literal))
            || (below(&held.at, literal).is_some() && means_file);
    }
    let is_option = argument.starts_with('-');
    !is_option && (means_file || matches!(last, "" | "." | "..") || held.at.split('/').any(|part| part == last))
}
