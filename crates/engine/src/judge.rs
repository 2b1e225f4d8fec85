//! One file: read, parse, run the rules, suppress, seal. What is left needs neither text nor tree.

use std::sync::Arc;
use std::time::{Duration, Instant};

use portcullis_core::{
    Catalog, Draft, FileError, FileId, FileKind as Counted, FileKinds, Files, Finding, LineIndex, Note, NoteKind,
    Place, RootPaths, RuleIdx, ScanError, Span, StableHash, SuppressedBy, Suppression, SyntaxError, SyntaxErrorKind,
};
use portcullis_model::actions::{FileKind, is_workflow};
use portcullis_model::compose::{self, NoFiles, Sources, Surroundings, is_compose};
use portcullis_model::dockerfile::{Build, BuildContext, DockerIgnore};
use portcullis_model::facts::{Claim, Facts, Homes, Unread, UnreadKind};
use portcullis_model::helm::Values;
use portcullis_model::kubernetes::schema::{CustomKind, Definitions};
use portcullis_model::kubernetes::{Object, objects};
use portcullis_model::kustomize::{is_kustomization, is_part};
use portcullis_rules::dockerfile::shellcheck::ID as SHELLCHECK;
use portcullis_rules::scan::ids;
use portcullis_rules::{Date, Dispatch, Outcome};
use portcullis_secrets::{Subject, is_report};
use portcullis_syntax::dockerfile::{Dockerfile, Instruction, Keyword};
use portcullis_syntax::{Dialect, Node, Tree, dockerfile, json, yaml};

use crate::actions;
use crate::baseline::Faulty;
use crate::callers::Callers;
use crate::classify::Language;
use crate::constraints::Gate;
use crate::directives::{Carrier, Directives, Reach, buildkit_skips};
use crate::discover::{Origin, Target};
use crate::helm::{Part, read_chart};
use crate::objects::drop_stored;
use crate::piped::SOURCE;
use crate::policies::{Asking, subject};
use crate::relations::unreadable;
use crate::seal::{Needs, Others, Sealer};
use crate::select::Selection;
use crate::targets::Builds;
use crate::terraform::Unsaid;
use crate::{elsewhere, ignored, shellcheck};

/// What all files of a scan share.
#[derive(Clone, Copy)]
pub(crate) struct Judge<'a> {
    pub(crate) catalog: &'a Catalog,
    pub(crate) selection: &'a Selection,
    pub(crate) dispatch: &'a Dispatch,
    /// For each rule the rules that it gives way to, transitively.
    pub(crate) yields: &'a Yields,
    pub(crate) needs: Needs,
    pub(crate) files: &'a dyn Files,
    pub(crate) homes: &'a Homes,
    /// Files of variables that git does not ignore, sorted.
    pub(crate) variables_files: &'a [String],
    /// The Compose files that are to be merged, the weakest first.
    pub(crate) compose_files: &'a [String],
    /// The files that hold what is in a cluster.
    pub(crate) dumps: &'a [String],
    /// The files of the scan, in order of their paths.
    pub(crate) targets: &'a [(Target, Language)],
    /// The directories that were named.
    pub(crate) directories: &'a [String],
    pub(crate) root_paths: &'a RootPaths,
    pub(crate) builds: &'a Builds,
    pub(crate) callers: &'a Callers,
    pub(crate) faulty: &'a Faulty,
    /// Policies of users, where there are any.
    pub(crate) policies: Option<&'a Asking>,
    /// Constraints, or the watch for them.
    pub(crate) gate: Option<&'a Gate<'a>>,
    pub(crate) today: Date,
}

/// What is left of a file.
#[derive(Debug, Default)]
pub(crate) struct Judged {
    pub(crate) findings: Vec<Finding>,
    pub(crate) claims: Vec<(Finding, Claim)>,
    pub(crate) facts: Facts,
    pub(crate) definitions: Definitions,
    pub(crate) custom_kinds: Vec<CustomKind>,
    /// Whether it was judged as a Compose file that no other could take in.
    pub(crate) is_whole_project: bool,
    /// Files under numbers of its own that findings stand in or point to, with their paths.
    pub(crate) context: Vec<(FileId, String)>,
    pub(crate) notes: Vec<Note>,
    pub(crate) errors: Vec<ScanError>,
    pub(crate) bytes: u64,
    pub(crate) documents: usize,
    /// What the file is, where it was judged by itself.
    pub(crate) kinds: FileKinds,
    /// What of the time was spent in policies.
    pub(crate) policy_time: Duration,
    /// The chart of a template that only rendering makes readable.
    pub(crate) unrendered: Option<Arc<str>>,
    /// What is said of all Terraform files together.
    pub(crate) unsaid: Unsaid,
}

impl Judged {
    /// Adds what is left of another file.
    pub(crate) fn merge(&mut self, other: Self) {
        self.findings.extend(other.findings);
        self.claims.extend(other.claims);
        self.facts.merge(other.facts);
        self.notes.extend(other.notes);
        self.errors.extend(other.errors);
        self.bytes += other.bytes;
        self.documents += other.documents;
        self.definitions.merge(other.definitions);
        self.custom_kinds.extend(other.custom_kinds);
    }
}

/// Whether the objects of a file are judged as they are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Objects {
    Judged,
    /// They are judged as something else that is made of them.
    Left,
}

/// How a tree is judged.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Judging {
    pub(crate) dialect: Dialect,
    pub(crate) whose: Objects,
}

/// One file to judge.
#[derive(Clone, Copy)]
pub(crate) struct Input<'a> {
    pub(crate) file: FileId,
    pub(crate) target: &'a Target,
    pub(crate) language: Language,
    pub(crate) root_path: &'a str,
    /// What it is to the Helm chart that it is in.
    pub(crate) part: Option<&'a Part>,
    /// The content, where it does not come from disk.
    pub(crate) given: Option<&'a [u8]>,
}

impl Judge<'_> {
    pub(crate) fn judge(&self, input: &Input<'_>) -> Judged {
        let mut judged = Judged::default();
        let path = input.target.path.as_str();
        let Some(text) = self.read(input, &mut judged) else {
            judged.kinds.add(Counted::Unreadable, usize::from(input.language != Language::Text));
            return judged;
        };
        match (input.part, input.language) {
            (Some(Part::Template(chart)), _) if text.contains("{{") => {
                self.text(input, &text, &mut judged);
                judged.facts.add_unread(Unread::of_text(&text, UnreadKind::Template));
                judged.unrendered = Some(Arc::clone(chart));
                judged.notes.extend(was_named(input.target).then(|| named_template(path)));
                return judged;
            }
            (Some(Part::Values(chart)), Language::Yaml11) => {
                judged.kinds.add(Counted::Kubernetes, 1);
                self.values(input, chart, text, &mut judged);
                return judged;
            }
            _ => {}
        }
        match input.language {
            Language::Yaml11 => self.tree(input, Dialect::Yaml11, text, &mut judged),
            Language::Yaml12 | Language::Compose => self.tree(input, Dialect::Yaml12, text, &mut judged),
            Language::Json if may_be_kubernetes(&text) || was_named(input.target) && text.contains("\"services\"") => {
                self.tree(input, Dialect::Json, text, &mut judged);
            }
            Language::Json => {
                judged.kinds.add(Counted::Other, 1);
                if self.policies.is_none() {
                    judged.notes.extend(self.unrecognised(input.target));
                }
                self.text(input, &text, &mut judged);
            }
            Language::Text => {
                let is_piped = input.target.origin == Origin::StandardInput;
                judged.notes.extend(is_piped.then(|| searched(input.target)).flatten());
                self.text(input, &text, &mut judged);
            }
            Language::Dockerfile => self.dockerfile(input, &text, &mut judged),
            // They are judged with their modules.
            Language::Terraform | Language::TerraformVariables => judged.kinds.add(Counted::Terraform, 1),
            Language::Packages(_) => judged.kinds.add(Counted::Dependencies, 1),
            Language::Template => {
                judged.kinds.add(Counted::Template, 1);
                self.text(input, &text, &mut judged);
                judged.notes.push(template_note(path, "its name says that it is a template"));
            }
        }
        judged
    }

    /// The text of a file. That it cannot be read is an error where it was named, and a finding where it was met.
    pub(crate) fn read(&self, input: &Input<'_>, judged: &mut Judged) -> Option<String> {
        let path = input.target.path.as_str();
        if input.language == Language::Text && !self.dispatch.has_secret_rules() && self.policies.is_none() {
            return None;
        }
        let bytes = match input.given.map_or_else(|| self.files.read(path), |bytes| Ok(bytes.to_vec())) {
            Ok(bytes) if input.language == Language::Text => return as_text(bytes),
            Err(error) if input.language == Language::Text && input.target.origin == Origin::Found => {
                let message = format!("not searched for secrets: {}", reason(&error));
                judged.notes.push(Note { path: path.to_owned(), kind: NoteKind::Other, message });
                return None;
            }
            Ok(bytes) => bytes,
            Err(error) if input.target.origin == Origin::Named => {
                judged.errors.push(ScanError::Path { path: path.into(), reason: reason(&error) });
                return None;
            }
            Err(error) => {
                judged.facts.add_unread(unreadable(input.language, None));
                judged.findings.extend(self.unreadable(input.file, input.root_path, "", 0, &reason(&error)));
                return None;
            }
        };
        judged.bytes = bytes.len() as u64;
        match String::from_utf8(bytes) {
            Ok(text) => Some(text),
            Err(error) => {
                let at = error.utf8_error().valid_up_to();
                let lossy = String::from_utf8_lossy(error.as_bytes());
                let what = encoding_fault(error.as_bytes(), at);
                if input.target.origin == Origin::Named {
                    judged.errors.push(ScanError::Path { path: path.into(), reason: what.clone() });
                }
                judged.facts.add_unread(unreadable(input.language, Some(&lossy)));
                judged.findings.extend(self.unreadable(input.file, input.root_path, &lossy, at, &what));
                None
            }
        }
    }

    /// What is said of a file that was named, and that no rules but those about secrets are for.
    fn unrecognised(&self, target: &Target) -> Option<Note> {
        let but = if self.dispatch.has_secret_rules() { ", though it was searched for secrets" } else { "" };
        let note = unrecognised(target)?;
        Some(Note { message: note.message + but, ..note })
    }

    fn tree(&self, input: &Input<'_>, dialect: Dialect, text: String, judged: &mut Judged) {
        self.watch(&text);
        let text: Arc<str> = Arc::from(text);
        let github = FileKind::of(input.root_path).or_else(|| FileKind::of(&input.target.path));
        let dialect = if github.is_some() { Dialect::Yaml12 } else { dialect };
        let tree = match dialect {
            Dialect::Json => json::parse(input.file, &text),
            Dialect::Yaml11 | Dialect::Yaml12 | Dialect::Toml => yaml::parse(input.file, &text, dialect),
        };
        let is_workflow = || tree.documents().next().is_some_and(|document| is_workflow(document.root));
        let (tree, dialect, github) = if github.is_none() && was_named(input.target) && is_workflow() {
            (yaml::parse(input.file, &text, Dialect::Yaml12), Dialect::Yaml12, Some(FileKind::Workflow))
        } else {
            (tree, dialect, github)
        };
        judged.documents = tree.documents().count();
        // A manifest is one wherever it lies.
        let github = github.filter(|_| !tree.documents().any(|document| Object::new(document.root).is_some()));
        let is_chosen = || {
            let has_services =
                tree.documents().any(|document| document.root.field("services").is_some_and(Node::is_map));
            has_services && input.given.is_none() && compose::is_chosen(&input.target.path, self.files)
        };
        let is_compose = || {
            self.compose_files.contains(&input.target.path)
                || is_compose_file(input.language, &tree)
                || input.language == Language::Yaml11 && is_chosen()
        };
        if github.is_none() && self.dispatch.has_compose_rules() && is_compose() {
            judged.kinds.add(Counted::Compose, 1);
            return self.compose(input, tree, judged);
        }
        let objects: Vec<Object<'_>> = tree.documents().flat_map(|document| objects(document.root)).collect();
        let is_part = !objects.is_empty() && objects.iter().all(is_part) && self.homes.is_left_out(&input.target.path);
        let whose = if is_part { Objects::Left } else { Objects::Judged };
        if is_part {
            let why = "it is a part of an object, and no kustomization takes it in";
            judged.notes.push(template_note(&input.target.path, why));
        }
        judged.kinds.add(
            match github {
                Some(_) => Counted::Actions,
                None if !objects.is_empty() || is_kustomization(&input.target.path) => Counted::Kubernetes,
                None if input.language == Language::Compose => Counted::Compose,
                None => Counted::Other,
            },
            1,
        );
        let is_known = github.is_some() || !objects.is_empty() || is_kustomization(&input.target.path);
        if !is_known && tree.errors().is_empty() && self.policies.is_none() {
            judged.notes.extend(self.unrecognised(input.target));
        }
        let mut outcome = self.outcome(input, &tree, &objects, Judging { dialect, whose }, judged);
        if let Some(kind) = github {
            actions::judge(self, input, kind, &tree, &mut outcome, judged);
        }
        self.search(input, &text, &mut outcome);
        if self.dumps.contains(&input.target.path) {
            drop_stored(&mut outcome, &objects, self.catalog);
        }
        name_templates(&tree, &mut outcome);
        let directives = Directives::of_tree(&tree, &objects, self.catalog);
        self.finish(input, &text, outcome, directives, judged);
    }

    /// The values of a chart. They are no object, whatever their keys look like.
    fn values(&self, input: &Input<'_>, chart: &str, text: String, judged: &mut Judged) {
        let text: Arc<str> = Arc::from(text);
        let tree = yaml::parse(input.file, &text, Dialect::Yaml11);
        judged.documents = tree.documents().count();
        let mut outcome = Outcome::default();
        self.syntax_errors(input, &tree, &[], &mut outcome.drafts, judged);
        let directives = Directives::of_tree(&tree, &[], self.catalog);
        let values = Values::new(tree, read_chart(chart, self.files));
        self.dispatch.values(&values, &mut outcome);
        self.search(input, &text, &mut outcome);
        self.ask_of_tree(input, values.tree(), &mut outcome, judged);
        self.finish(input, &text, outcome, directives, judged);
    }

    /// Adds the secrets of a text to what the rules for its kind said.
    pub(crate) fn search(&self, input: &Input<'_>, text: &str, outcome: &mut Outcome) {
        self.dispatch.secrets(input.file, &Subject { path: &input.target.path, text }, outcome);
    }

    /// A file that is read for secrets alone.
    fn text(&self, input: &Input<'_>, text: &str, judged: &mut Judged) {
        let mut outcome = Outcome::default();
        self.search(input, text, &mut outcome);
        self.ask_of_text(input, text, &mut outcome.drafts, judged);
        if outcome.drafts.is_empty() {
            return;
        }
        // What a report says of directives is no directive, and nobody writes one into it.
        let directives =
            if is_report(text) { Directives::default() } else { Directives::of_text(text, input.file, self.catalog) };
        self.finish(input, text, outcome, directives, judged);
    }

    /// What the rules say of a tree.
    pub(crate) fn outcome(
        &self,
        input: &Input<'_>,
        tree: &Tree,
        objects: &[Object<'_>],
        judging: Judging,
        judged: &mut Judged,
    ) -> Outcome {
        let mut outcome = Outcome::of_file(Facts::of_file(self.homes.of(&input.target.path)));
        if judging.whose == Objects::Judged {
            for object in objects {
                self.dispatch.object(object, &mut outcome);
            }
        }
        if judging.whose == Objects::Judged {
            let start = self.policies.map(|_| Instant::now());
            self.ask_of_tree(input, tree, &mut outcome, judged);
            for object in objects.iter().filter(|_| self.gate.is_some() && !is_kustomization(&input.target.path)) {
                self.review(object, subject(object.node), &mut outcome.drafts);
            }
            judged.policy_time += start.map_or(Duration::ZERO, |start| start.elapsed());
        }
        outcome.settle();
        if judging.dialect != Dialect::Yaml12 {
            outcome.facts.add_unread(Unread::of_documents(tree));
        }
        self.syntax_errors(input, tree, objects, &mut outcome.drafts, judged);
        outcome
    }

    fn compose(&self, input: &Input<'_>, tree: Tree, judged: &mut Judged) {
        let mut asked = Outcome::default();
        self.ask_of_tree(input, &tree, &mut asked, judged);
        let tracks = |path: &str| self.variables_files.binary_search_by(|found| found.as_str().cmp(path)).is_ok();
        // What comes from elsewhere has no neighbours.
        let files: &dyn Files = if input.given.is_some() { &NoFiles } else { self.files };
        let ignores = |path: &str| ignored::is_ignored(path, self.files);
        let around = Surroundings { files, asked: self.compose_files, tracks: &tracks, ignores: &ignores };
        let sources = Sources::load(&input.target.path, tree.with_dialect(Dialect::Yaml12), &around);
        let tree = sources.tree();
        let mut outcome = Outcome::of_file(Facts::of_file(self.homes.of(&input.target.path)));
        let project = sources.project();
        judged.is_whole_project = !project.is_part;
        self.dispatch.compose(&project, &mut outcome);
        let mut others = elsewhere::sort(self, &sources, &project, std::mem::take(&mut outcome.elsewhere));
        self.syntax_errors(input, tree, &[], &mut outcome.drafts, judged);
        let directives = Directives::of_tree(tree, &[], self.catalog);
        let lines = others.lines(&sources);
        outcome.drafts.append(&mut others.here);
        outcome.drafts.append(&mut asked.drafts);
        self.search(input, tree.text(), &mut outcome);
        self.finish_beside(input, tree.text(), outcome, directives, Some(&lines), judged);
        others.seal(self, &sources, &lines, judged);
    }

    fn dockerfile(&self, input: &Input<'_>, text: &str, judged: &mut Judged) {
        let parsed = dockerfile::parse(input.file, text);
        judged.documents = 1;
        judged.kinds.add(if parsed.is_template { Counted::Template } else { Counted::Docker }, 1);
        if parsed.is_template {
            judged.notes.push(template_note(&input.target.path, "it holds template markers"));
            self.text(input, text, judged);
            return;
        }
        let mut build = Build::new(&parsed);
        if build.stages.len() > 1 && input.given.is_none() {
            let targets = self.builds.targets(input.target, self.targets, self.files);
            build.end_at(targets.iter().map(String::as_str));
        }
        let mut outcome = Outcome::default();
        self.dispatch.dockerfile(&build, text, &self.build_context(input), &mut outcome);
        for error in &parsed.errors {
            self.syntax_error(error, ids::SYNTAX_ERROR, &mut outcome.drafts);
        }
        let said = self.shellcheck_rule(SHELLCHECK).map(|rule| shellcheck::of_build(&build, rule));
        take_said(said, &mut outcome, judged);
        self.search(input, text, &mut outcome);
        self.ask_of_dockerfile(input, (&parsed, text), &mut outcome.drafts, judged);
        let directives = self.dockerfile_directives(input.file, &parsed, text);
        if let Some(rule) = self.rule(ids::INLINE_IGNORE_USED) {
            outcome.drafts.extend(directives.each().map(|directive| {
                let message = format!("a comment suppresses {}", directive.names(self.catalog));
                let mut draft = Draft::new(rule, directive.place(), message);
                draft.help("move it to `ignore` in the configuration");
                draft
            }));
        }
        self.finish(input, text, outcome, directives, judged);
    }

    /// The rule by which ShellCheck's findings are reported, where the configuration asks for the program.
    pub(crate) fn shellcheck_rule(&self, id: &str) -> Option<RuleIdx> {
        let options = self.dispatch.context().options.get(id)?;
        self.rule(id).filter(|_| options.flag("program"))
    }

    /// The ignore files of the directories that may be the build context: the Dockerfile's own and the working
    /// directory. An ignore file named after the Dockerfile comes before both.
    fn build_context(&self, input: &Input<'_>) -> BuildContext {
        if input.given.is_some() {
            return BuildContext::Unknown;
        }
        let path = input.target.path.as_str();
        let read = |path: &str| {
            let bytes = self.files.read(path).ok()?;
            Some(DockerIgnore::parse(&String::from_utf8_lossy(&bytes)))
        };
        if let Some(own) = read(&format!("{path}.dockerignore")) {
            return BuildContext::Known(vec![own]);
        }
        let beside = path.rsplit_once('/').map(|(directory, _)| format!("{directory}/.dockerignore"));
        let candidates = beside.into_iter().chain([".dockerignore".to_owned()]);
        BuildContext::Known(candidates.filter_map(|candidate| read(&candidate)).collect())
    }

    pub(crate) fn dockerfile_directives(&self, file: FileId, parsed: &Dockerfile, text: &str) -> Directives {
        let instructions = &parsed.instructions;
        let is_from = |(at, instruction): (usize, &Instruction)| (instruction.keyword == Keyword::From).then_some(at);
        let froms: Vec<usize> = instructions.iter().enumerate().filter_map(is_from).collect();
        let below = |comment: portcullis_core::Comment, reach: Reach| {
            // A comment inside a continued instruction is about that instruction.
            let next = instructions.partition_point(|other| other.span.end <= comment.span.start);
            let covered = instructions.get(next)?.span;
            let end = match reach {
                Reach::Stage => {
                    let from = froms.get(froms.partition_point(|&from| from <= next));
                    let last = from.copied().unwrap_or(instructions.len()).checked_sub(1);
                    last.and_then(|last| instructions.get(last)).map_or(covered.end, |last| last.span.end)
                }
                Reach::Here | Reach::File | Reach::Block => covered.end,
            };
            Some(Span { end, ..covered })
        };
        let mut directives = Directives::of_dockerfile(file, &parsed.comments, text, self.catalog, below);
        for directive in parsed.directives.iter().filter(|directive| directive.name == "check") {
            directives.whole_file(directive.span, "buildkit:", &buildkit_skips(&directive.value), self.catalog);
        }
        directives
    }

    /// Reports what the parser could not read. A broken template is no defect: it is not the file that is deployed. One of
    /// a chart need not be a manifest by itself either.
    fn syntax_errors(
        &self,
        input: &Input<'_>,
        tree: &Tree,
        objects: &[Object<'_>],
        drafts: &mut Vec<Draft>,
        judged: &mut Judged,
    ) {
        if tree.errors().is_empty() {
            return;
        }
        let is_fault = |error: &&SyntaxError| error.kind != SyntaxErrorKind::DuplicateKey;
        let why = match input.part {
            Some(Part::Template(_)) => Some("it is a template of a Helm chart and no YAML by itself"),
            _ if holds_template_markers(tree.text()) => {
                Some("it holds template markers and is no YAML before they are filled in")
            }
            _ => None,
        };
        let why = why.filter(|_| tree.errors().iter().any(|error| is_fault(&error)));
        let is_template = why.is_some();
        judged.notes.extend(why.map(|why| template_note(&input.target.path, why)));
        let objects = Cover::new(objects.iter().map(|object| object.node.span()));
        for error in tree.errors() {
            match error.kind {
                SyntaxErrorKind::DuplicateKey => {
                    let id = if objects.contains(error.span) { ids::DUPLICATE_YAML_KEY } else { ids::DUPLICATE_KEY };
                    self.syntax_error(error, id, drafts);
                }
                SyntaxErrorKind::Invalid | SyntaxErrorKind::Limit if !is_template => {
                    self.syntax_error(error, ids::SYNTAX_ERROR, drafts);
                }
                _ => {}
            }
        }
    }

    /// Reports what a parser could not read.
    pub(crate) fn errors_of(&self, errors: &[SyntaxError], drafts: &mut Vec<Draft>) {
        for error in errors.iter().filter(|error| error.kind != SyntaxErrorKind::Warning) {
            let id = if error.kind == SyntaxErrorKind::DuplicateKey { ids::DUPLICATE_KEY } else { ids::SYNTAX_ERROR };
            self.syntax_error(error, id, drafts);
        }
    }

    fn syntax_error(&self, error: &SyntaxError, id: &str, drafts: &mut Vec<Draft>) {
        if id == ids::SYNTAX_ERROR {
            self.faulty.add(error.span.file);
        }
        let Some(rule) = self.rule(id) else { return };
        let mut structure = StableHash::new();
        structure.text(&error.message);
        let place = Place { span: error.span, structure: structure.short(), value: 0 };
        drafts.push(Draft::new(rule, place, error.message.clone()));
    }

    /// Reports an entry of a directory that the walk could not look into.
    pub(crate) fn unreadable_entry(&self, file: FileId, root_path: &str, reason: &str) -> Option<Finding> {
        self.unreadable(file, root_path, "", 0, reason)
    }

    /// Reports a file that was found and cannot be read. `text` is what can be shown of it.
    fn unreadable(&self, file: FileId, root_path: &str, text: &str, at: usize, reason: &str) -> Option<Finding> {
        self.faulty.add(file);
        let rule = self.rule(ids::UNREADABLE_FILE)?;
        let at = u32::try_from(at).unwrap_or(u32::MAX);
        let span = Span::new(file, at, at);
        let mut draft = Draft::new(rule, Place { span, structure: 0, value: 0 }, format!("cannot read it: {reason}"));
        draft.help("nothing in this file was judged; make it readable, or exclude it");
        Some(Sealer::new(self.catalog, self.selection, self.needs, root_path, text).seal(draft))
    }

    /// Whether a path lies below a directory that was named.
    pub(crate) fn is_below_named(&self, path: &str) -> bool {
        let is_below = |directory: &String| {
            if directory == "." {
                return !path.starts_with("../");
            }
            path.strip_prefix(directory.as_str()).is_some_and(|rest| rest.starts_with('/'))
        };
        self.directories.iter().any(is_below)
    }

    /// A rule of the engine's own, if it is on.
    pub(crate) fn rule(&self, id: &str) -> Option<RuleIdx> {
        self.catalog.by_id(id).filter(|&rule| self.selection.is_on(rule))
    }

    /// From what the rules said to what the scan keeps.
    fn finish(&self, input: &Input<'_>, text: &str, outcome: Outcome, directives: Directives, judged: &mut Judged) {
        self.finish_beside(input, text, outcome, directives, None, judged);
    }

    /// The same where findings may point to other files.
    fn finish_beside(
        &self,
        input: &Input<'_>,
        text: &str,
        outcome: Outcome,
        mut directives: Directives,
        others: Others<'_>,
        judged: &mut Judged,
    ) {
        // Before drafts give way: what gives way may know the secret better.
        let secrets = secrets(&outcome);
        for rule in outcome.panicked {
            let rule = self.catalog.get(rule).id.to_string();
            judged.errors.push(ScanError::RulePanicked { rule, path: input.target.path.clone() });
        }
        judged.facts = outcome.facts;
        judged.definitions = outcome.definitions;
        judged.custom_kinds = outcome.custom_kinds;
        let drafts = self.yields.resolve(outcome.drafts);
        if drafts.is_empty() && outcome.claims.is_empty() && directives.is_empty() {
            return;
        }
        let mut sealer = Sealer::new(self.catalog, self.selection, self.needs, input.root_path, text);
        if let Some(others) = others {
            sealer.knows(others);
        }
        sealer.mask(secrets);
        for draft in drafts {
            let finding = self.seal(draft, &mut directives, &mut sealer);
            judged.findings.push(finding);
        }
        for (draft, claim) in outcome.claims {
            let finding = self.seal(draft, &mut directives, &mut sealer);
            judged.claims.push((finding, claim));
        }
        for draft in self.about_directives(&directives, self.could_tell(judged)) {
            judged.findings.push(sealer.seal(draft));
        }
    }

    /// Whether a rule has seen all that it could report of a file. What no definition is known of may be wrong all the same, and
    /// what is part of a Compose project is reported when the rest of it is judged.
    pub(crate) fn could_tell(&self, judged: &Judged) -> impl Fn(RuleIdx) -> bool {
        let is_blind = judged.custom_kinds.iter().any(|kind| !self.dispatch.definitions().has(*kind));
        let is_part = !judged.is_whole_project;
        move |rule| {
            self.selection.is_on(rule)
                && !(is_blind && self.dispatch.judges_by_definition(rule))
                && !(is_part && self.catalog.get(rule).id.starts_with("compose-"))
                && !(self.policies.is_some_and(Asking::is_any_apart) && self.yields.is_of_policy(rule))
        }
    }

    /// Adds what was said of a file beside its judging.
    pub(crate) fn seal_apart(
        &self,
        input: &Input<'_>,
        text: &str,
        drafts: Vec<Draft>,
        mut directives: Directives,
        judged: &mut Judged,
    ) {
        let mut sealer = Sealer::new(self.catalog, self.selection, self.needs, input.root_path, text);
        for draft in self.yields.resolve(drafts) {
            let finding = self.seal(draft, &mut directives, &mut sealer);
            judged.findings.push(finding);
        }
    }

    pub(crate) fn seal(&self, mut draft: Draft, directives: &mut Directives, sealer: &mut Sealer<'_>) -> Finding {
        let own = draft.place.span.file;
        let suppressed = directives.suppress(&mut draft, own, self.today).map(|directive| {
            let location = sealer.locate(directive.span);
            let by = match directive.carrier {
                Carrier::Comment => SuppressedBy::Comment(location),
                Carrier::Annotation => SuppressedBy::Annotation(location),
            };
            let reason = directive.reason.clone().map(|reason| sealer.clean(reason.into()).into_owned());
            Box::new(Suppression { by, reason })
        });
        Finding { suppressed, ..sealer.seal(draft) }
    }

    /// Findings about the suppressions themselves. They cannot be suppressed.
    pub(crate) fn about_directives(&self, directives: &Directives, could_tell: impl Fn(RuleIdx) -> bool) -> Vec<Draft> {
        let mut drafts = Vec::new();
        if directives.is_empty() {
            return drafts;
        }
        let (unused, expired) = directives.stale(self.today, could_tell);
        if let Some(rule) = self.rule(ids::UNUSED_SUPPRESSION) {
            drafts.extend(unused.into_iter().map(|directive| {
                let message = format!("this suppression of {} suppresses nothing", directive.names(self.catalog));
                let mut draft = Draft::new(rule, directive.place(), message);
                draft.help("remove it");
                draft
            }));
        }
        if let Some(rule) = self.rule(ids::EXPIRED_SUPPRESSION) {
            drafts.extend(expired.into_iter().map(|directive| {
                let last = directive.expires().map_or_else(String::new, |last| format!(" on {last}"));
                let message = format!("this suppression of {} expired{last}", directive.names(self.catalog));
                let mut draft = Draft::new(rule, directive.place(), message);
                draft.help("fix what it hides, or give it a new date and reason");
                draft
            }));
        }
        if let Some(rule) = self.rule(ids::MISPLACED_SUPPRESSION) {
            let faults = directives.faults.iter();
            drafts.extend(faults.map(|fault| Draft::new(rule, fault.place(), fault.message.clone())));
        }
        drafts
    }
}

/// Says at each finding in the output of `helm template` which template gave the text.
fn name_templates(tree: &Tree, outcome: &mut Outcome) {
    let claims = outcome.claims.iter_mut().map(|(draft, _)| draft);
    let drafts: Vec<&mut Draft> = outcome.drafts.iter_mut().chain(claims).collect();
    let comments = tree.comments();
    let has_sources = || memchr::memmem::find(tree.text().as_bytes(), SOURCE.as_bytes()).is_some();
    if drafts.is_empty() || comments.is_empty() || !has_sources() {
        return;
    }
    let sources: Vec<(Span, Option<Span>)> = tree
        .documents()
        .map(|document| {
            let first = comments.partition_point(|comment| comment.span.start < document.span.start);
            let source = comments.get(first).map(|comment| comment.span);
            let is_source =
                |span: &Span| span.start < document.root.span().start && span.slice(tree.text()).starts_with(SOURCE);
            (document.span, source.filter(is_source))
        })
        .collect();
    for draft in drafts {
        let next = sources.partition_point(|(document, _)| document.start <= draft.place.span.start);
        let source = next.checked_sub(1).and_then(|at| sources.get(at)).and_then(|(_, source)| *source);
        if let Some(source) = source {
            draft.label(source, "rendered from this template");
        }
    }
}

/// Spans, asked whether one of them holds another.
struct Cover(Vec<(u32, u32)>);

impl Cover {
    fn new(spans: impl Iterator<Item = Span>) -> Self {
        let mut spans: Vec<(u32, u32)> = spans.map(|span| (span.start, span.end)).collect();
        spans.sort_unstable();
        // From here on an end is that of the span that reaches farthest, of those that start no later.
        let mut farthest = 0;
        for (_, end) in &mut spans {
            farthest = farthest.max(*end);
            *end = farthest;
        }
        Self(spans)
    }

    fn contains(&self, span: Span) -> bool {
        let before = self.0.partition_point(|&(start, _)| start <= span.start);
        before.checked_sub(1).and_then(|last| self.0.get(last)).is_some_and(|&(_, end)| span.end <= end)
    }
}

/// Which rules give way to which, transitively.
#[derive(Debug)]
pub(crate) struct Yields {
    to: Vec<Vec<RuleIdx>>,
    /// By rule: whether it is a policy's.
    of_policies: Vec<bool>,
}

impl Yields {
    pub(crate) fn new(catalog: &Catalog) -> Self {
        let direct: Vec<Vec<RuleIdx>> = catalog
            .iter()
            .map(|(_, rule)| rule.yields_to.iter().filter_map(|id| catalog.by_id(id)).collect())
            .collect();
        let closure = |start: &Vec<RuleIdx>| {
            let mut all = start.clone();
            let mut next = 0;
            while let Some(&rule) = all.get(next) {
                next += 1;
                for &further in direct.get(rule.0 as usize).into_iter().flatten() {
                    if !all.contains(&further) {
                        all.push(further);
                    }
                }
            }
            all
        };
        let of_policies = catalog.iter().map(|(_, rule)| rule.tags.contains("policy")).collect();
        Self { to: direct.iter().map(closure).collect(), of_policies }
    }

    pub(crate) fn is_of_policy(&self, rule: RuleIdx) -> bool {
        self.of_policies.get(rule.0 as usize).copied().unwrap_or_default()
    }

    /// Of drafts about one span: a rule says it once, and the more exact rule says it for the others. The result is in
    /// order of span and rule.
    pub(crate) fn resolve(&self, mut drafts: Vec<Draft>) -> Vec<Draft> {
        // Drafts are large: sorting keys and then moving each draft once is half the time.
        drafts.sort_by_cached_key(|draft| (draft.place.span, draft.rule));
        // What an alias or a merge brings to several containers was written once, and is wrong once.
        // A policy may say several things of one place.
        drafts.dedup_by(|b, a| {
            let is_same = a.rule == b.rule && a.place.span == b.place.span;
            is_same && (a.message == b.message || !self.is_of_policy(a.rule))
        });
        let mut gives_way = vec![false; drafts.len()];
        let mut rest = (drafts.as_mut_slice(), gives_way.as_mut_slice());
        while let Some(first) = rest.0.first() {
            let span = first.place.span;
            let length = rest.0.iter().take_while(|draft| draft.place.span == span).count();
            let (group, drafts) = rest.0.split_at_mut(length);
            let (marks, gives_way) = rest.1.split_at_mut(length);
            if length > 1 {
                self.resolve_group(group, marks);
            }
            rest = (drafts, gives_way);
        }
        let mut marks = gives_way.into_iter();
        drafts.retain(|_| !marks.next().unwrap_or_default());
        drafts
    }

    /// Marks the drafts of one span that another speaks for, and lets that one carry their rules.
    fn resolve_group(&self, group: &mut [Draft], gives_way: &mut [bool]) {
        let rules: Vec<RuleIdx> = group.iter().map(|draft| draft.rule).collect();
        for (&loser, mark) in rules.iter().zip(gives_way) {
            let stronger = |rule: RuleIdx| {
                let all = self.to.get(rule.0 as usize).into_iter().flatten();
                all.copied().filter(|stronger| rules.contains(stronger))
            };
            // One that gives way to nothing that is there speaks for all.
            let speaks = stronger(loser).rfind(|&rule| stronger(rule).next().is_none());
            let Some(winner) = speaks.or_else(|| stronger(loser).next_back()) else { continue };
            *mark = true;
            if let Some(draft) = group.iter_mut().find(|draft| draft.rule == winner)
                && !draft.also.contains(&loser)
            {
                draft.also.push(loser);
            }
        }
    }
}

/// Where the secrets are that any draft names.
fn secrets(outcome: &Outcome) -> Vec<Span> {
    let drafts = outcome.drafts.iter().chain(outcome.claims.iter().map(|(draft, _)| draft));
    drafts.flat_map(|draft| draft.masked.iter().copied()).chain(outcome.masked.iter().copied()).collect()
}

fn template_note(path: &str, why: &str) -> Note {
    Note { path: path.to_owned(), kind: NoteKind::Template, message: format!("not judged: {why}") }
}

/// What is said of a file that was named and holds nothing of a kind that is scanned. One that was found may hold anything.
pub(crate) fn unrecognised(target: &Target) -> Option<Note> {
    let message = "not judged: nothing in it is of a kind that is scanned".to_owned();
    was_named(target).then(|| Note { path: target.path.clone(), kind: NoteKind::Unrecognised, message })
}

/// What is said of a text that was named and is nothing but searched for secrets.
pub(crate) fn searched(target: &Target) -> Option<Note> {
    let message = "searched for secrets alone: nothing in it is of another kind that is scanned".to_owned();
    was_named(target).then(|| Note { path: target.path.clone(), kind: NoteKind::Searched, message })
}

/// What is said of a chart's template that was named.
fn named_template(path: &str) -> Note {
    let message = "not judged: of a chart the values are, and its templates once `helm template` has filled them in";
    Note { path: path.to_owned(), kind: NoteKind::Unrecognised, message: message.to_owned() }
}

fn was_named(target: &Target) -> bool {
    matches!(target.origin, Origin::Named | Origin::StandardInput)
}

pub(crate) fn holds_template_markers(text: &str) -> bool {
    ["{{", "{%", "<%"].iter().any(|marker| text.contains(marker))
}

/// Whether the file is one of Compose: its name says so and it holds no object of Kubernetes, or its content does.
pub(crate) fn is_compose_file(language: Language, tree: &Tree) -> bool {
    match language {
        Language::Compose => !tree.documents().any(|document| {
            let root = document.root;
            root.field("apiVersion").is_some() && root.field("kind").is_some()
        }),
        Language::Yaml11 | Language::Json => tree.documents().next().is_some_and(|document| is_compose(document.root)),
        Language::Yaml12
        | Language::Dockerfile
        | Language::Template
        | Language::Terraform
        | Language::TerraformVariables
        | Language::Packages(_)
        | Language::Text => false,
    }
}

/// The text of a file of no known kind; `None` where it is none. UTF-16 is decoded; other bytes that are not UTF-8 become
/// signs of the same length, so that places stay what they are.
pub(crate) fn as_text(bytes: Vec<u8>) -> Option<String> {
    if let Some(text) = utf16(&bytes) {
        return Some(text);
    }
    if is_binary(&bytes) {
        return None;
    }
    let mut bytes = match String::from_utf8(bytes) {
        Ok(text) => return Some(text),
        Err(error) => error.into_bytes(),
    };
    let mut from = 0;
    while let Some(rest) = bytes.get_mut(from..) {
        let Err(error) = std::str::from_utf8(rest) else { break };
        let start = error.valid_up_to();
        let length = error.error_len().unwrap_or(rest.len() - start);
        rest.iter_mut().skip(start).take(length).for_each(|byte| *byte = b'?');
        from += start + length;
    }
    String::from_utf8(bytes).ok()
}

/// A text in UTF-16, as tools on Windows write it: the mark at its start tells.
fn utf16(bytes: &[u8]) -> Option<String> {
    let unit = match bytes.first_chunk()? {
        [0xff, 0xfe] => u16::from_le_bytes,
        [0xfe, 0xff] => u16::from_be_bytes,
        _ => return None,
    };
    let (pairs, _) = bytes.get(2..)?.as_chunks();
    let units = pairs.iter().map(|pair| unit(*pair));
    // UTF-32 has the same mark, and zeros where there is a character here.
    let text: String = char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
    (!text.contains('\0')).then_some(text)
}

/// Whether the bytes are no text of any encoding that is read.
pub(crate) fn is_binary(bytes: &[u8]) -> bool {
    utf16(bytes).is_none() && memchr::memchr(0, bytes.get(..HEAD).unwrap_or(bytes)).is_some()
}

/// Bytes at the start of a file by which it is told from a binary one, as git does.
const HEAD: usize = 8000;

/// Whether a JSON text can hold a Kubernetes object. Other JSON, comments and all, is none of ours.
fn may_be_kubernetes(text: &str) -> bool {
    ["\"apiVersion\"", "\"kind\""].iter().all(|key| memchr::memmem::find(text.as_bytes(), key.as_bytes()).is_some())
}

pub(crate) fn reason(error: &FileError) -> String {
    match error {
        FileError::Missing(_) => "it does not exist".to_owned(),
        FileError::Outside(_) => "it is outside the scanned tree".to_owned(),
        FileError::TooLarge { size, limit, .. } => format!("it has {size} bytes, over the limit of {limit}"),
        FileError::Unreadable { reason, .. } => reason.clone(),
    }
}

fn encoding_fault(bytes: &[u8], at: usize) -> String {
    match bytes {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => "it is UTF-16, not UTF-8".to_owned(),
        _ => {
            let byte = bytes.get(at).copied().unwrap_or_default();
            let line = LineIndex::new(&String::from_utf8_lossy(bytes.get(..at).unwrap_or_default())).count();
            format!("it is not UTF-8 (byte 0x{byte:02x} in line {line})")
        }
    }
}

/// Adds what ShellCheck says. That it cannot be asked is an error of the scan.
pub(crate) fn take_said(said: Option<Result<Vec<Draft>, String>>, outcome: &mut Outcome, judged: &mut Judged) {
    match said {
        None => {}
        Some(Ok(drafts)) => outcome.drafts.extend(drafts),
        Some(Err(reason)) => judged.errors.push(ScanError::Path { path: "shellcheck".into(), reason }),
    }
}
