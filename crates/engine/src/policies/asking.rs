//! What policies are asked about: each document of a scanned text, in the shapes that they mean.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use portcullis_core::{Catalog, Draft, FileId, LineIndex, RuleIdx, ScanError, Span, StableHash};
use portcullis_model::actions::is_workflow;
use portcullis_model::facts::{Claim, Namespace};
use portcullis_model::kubernetes::{Object, objects};
use portcullis_model::packages::Lockfile;
use portcullis_model::terraform::Configuration;
use portcullis_policy::{Check, Form, Kind, Outline, Value, Violation, Worker, inputs};
use portcullis_rules::Outcome;
use portcullis_syntax::dockerfile::Dockerfile;
use portcullis_syntax::hcl;
use portcullis_syntax::{Dialect, Node, Tree};

use super::contents::{Contents, Parser};
use super::{Policies, policy_error};
use crate::classify::Language;
use crate::discover::Origin;
use crate::judge::{Input, Judge, Judged};

/// The policies of a scan, as its workers ask them.
pub(crate) struct Asking {
    pub(super) loaded: Arc<portcullis_policy::Policies>,
    /// What reads the files that were named.
    pub(super) parser: Option<Parser>,
    /// All documents are one input, but for checks that say themselves what they are asked about.
    pub(super) is_combined: bool,
    /// By check.
    rules: Vec<Option<RuleIdx>>,
    /// In which forms single documents are asked about.
    forms: BTreeMap<Kind, Vec<Form>>,
    /// Evaluators that nobody uses: there are as many as threads in the end.
    idle: Mutex<Vec<Worker>>,
}

impl Asking {
    pub(crate) fn new(policies: &Policies, catalog: &Catalog) -> Self {
        let rules = policies.loaded.checks().iter().map(|check| catalog.by_id(&check.meta.id)).collect();
        let Policies { loaded, parser, is_combined, .. } = policies;
        let is_single = |check: &Check| !is_combined || check.has_selector();
        let forms = Kind::ALL.into_iter().map(|kind| (kind, loaded.forms(kind, is_single)));
        Self {
            loaded: Arc::clone(loaded),
            parser: *parser,
            is_combined: *is_combined,
            rules,
            forms: forms.filter(|(_, forms)| !forms.is_empty()).collect(),
            idle: Mutex::new(Vec::new()),
        }
    }

    /// Whether files that came into the scan in this way are asked about when all are judged.
    pub(crate) fn is_apart(&self, origin: Origin) -> bool {
        self.parser.is_some() && matches!(origin, Origin::Named | Origin::StandardInput)
    }

    /// Whether any file is.
    pub(crate) fn is_any_apart(&self) -> bool {
        self.is_combined || self.parser.is_some()
    }

    /// The forms in which single documents of a kind are asked about.
    fn forms(&self, kind: Kind) -> &[Form] {
        self.forms.get(&kind).map_or(&[], Vec::as_slice)
    }

    fn wants(&self, kind: Kind) -> bool {
        self.forms.contains_key(&kind)
    }

    /// Whether a check is asked about single documents.
    fn is_single(&self, check: usize) -> bool {
        !self.is_combined || self.loaded.checks().get(check).is_some_and(Check::has_selector)
    }

    pub(super) fn rule(&self, check: usize) -> Option<RuleIdx> {
        self.rules.get(check).copied().flatten()
    }

    pub(super) fn with_worker<R>(&self, work: impl FnOnce(&mut Worker) -> R) -> R {
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let mut worker = idle().pop().unwrap_or_else(|| self.loaded.worker());
        let result = work(&mut worker);
        idle().push(worker);
        result
    }
}

/// What is said of one text.
struct Said<'a> {
    judge: &'a Judge<'a>,
    asking: &'a Asking,
    drafts: &'a mut Vec<Draft>,
    /// What stands if the whole scan says so; absent where the text is none that such a thing is said of.
    claims: Option<&'a mut Vec<(Draft, Claim)>>,
    errors: &'a mut Vec<ScanError>,
}

impl Said<'_> {
    /// Asks about one input. The outline is made when something is found in it.
    fn ask<'t>(
        &mut self,
        what: (Kind, Form),
        value: &Value,
        lines: Option<&LineIndex<'_>>,
        outline: impl FnOnce() -> (Outline<'t>, u64),
    ) {
        let is_on = |check: usize| {
            self.asking.rule(check).is_some_and(|rule| self.judge.selection.is_on(rule)) && self.asking.is_single(check)
        };
        let mut faults = Vec::new();
        let violations =
            self.asking.with_worker(|worker| self.asking.loaded.judge(worker, what, value, &is_on, &mut faults));
        self.errors.extend(faults.into_iter().map(policy_error));
        if violations.is_empty() {
            return;
        }
        let (outline, subject) = outline();
        for Violation { check, message, help, hint, lacks } in violations {
            let Some(rule) = self.asking.rule(check) else { continue };
            let message = on_one_line(message);
            let located = outline.locate(&hint, &message, lines, subject);
            let mut draft = Draft::new(rule, located.place, message);
            draft.via = located.via;
            if let Some(help) = help {
                draft.help(on_one_line(help));
            }
            match (lacks, self.claims.as_deref_mut()) {
                (None, _) => self.drafts.push(draft),
                (Some(lacks), Some(claims)) => {
                    let namespace = Namespace::Named(lacks.namespace);
                    claims.push((draft, Claim::NamespaceLacks { namespace, kind: lacks.kind }));
                }
                (Some(_), None) => {}
            }
        }
    }

    fn ask_of_tree(&mut self, path: &str, tree: &Tree) {
        let mut lines: Option<LineIndex<'_>> = None;
        for document in tree.documents() {
            let root = document.root;
            if root.is_unknown() || root.is_null() {
                continue;
            }
            let kind = kind_of(tree.dialect(), root);
            for &form in self.asking.forms(kind) {
                let nodes: Vec<Node<'_>> = match form {
                    Form::Placed => objects(root).into_iter().map(|object| object.node).collect(),
                    // Each element is a configuration of its own.
                    Form::Plain if root.is_list() => root.items().collect(),
                    Form::Plain => vec![root],
                };
                for node in nodes {
                    let index: &LineIndex<'_> = lines.get_or_insert_with(|| LineIndex::new(tree.text()));
                    let value = match form {
                        Form::Plain => plain(node),
                        Form::Placed => inputs::placed(node, path, index),
                    };
                    self.ask((kind, form), &value, Some(index), || (Outline::of_node(node), subject(node)));
                }
            }
        }
    }

    fn ask_of_dockerfile(&mut self, path: &str, (file, text): (&Dockerfile, &str)) {
        let lines = LineIndex::new(text);
        for &form in self.asking.forms(Kind::Dockerfile) {
            let value = match form {
                Form::Plain => inputs::commands(file),
                Form::Placed => inputs::stages(file, path, &lines),
            };
            self.ask((Kind::Dockerfile, form), &value, Some(&lines), || (Outline::of_dockerfile(file), 0));
        }
    }

    fn ask_of_contents(&mut self, input: &Input<'_>, contents: &Contents<'_>, kind: Kind, text: &str) {
        if !self.asking.wants(kind) {
            return;
        }
        let Some(value) = contents.value(text) else { return };
        let lines = LineIndex::new(text);
        self.ask((kind, Form::Plain), &value, Some(&lines), || contents.outline(text, input.file, 0));
    }
}

/// A document as Conftest has it: `on` of a workflow is a boolean there, whose text is `true`.
fn plain(node: Node<'_>) -> Value {
    let value = Value::from_node(node);
    if node.tree().dialect() != Dialect::Yaml12 || !is_workflow(node) {
        return value;
    }
    match value.get("on") {
        Some(events) => value.with("true", events),
        None => value,
    }
}

pub(crate) fn on_one_line(text: String) -> String {
    if text.contains('\n') { text.split_whitespace().collect::<Vec<_>>().join(" ") } else { text }
}

impl Judge<'_> {
    /// The policies, where they are asked about a file while it is judged.
    fn asking(&self, input: &Input<'_>) -> Option<&Asking> {
        self.policies.filter(|asking| !asking.is_apart(input.target.origin))
    }

    /// Asks the policies about each document of a tree.
    pub(crate) fn ask_of_tree(&self, input: &Input<'_>, tree: &Tree, outcome: &mut Outcome, judged: &mut Judged) {
        let Some(asking) = self.asking(input) else { return };
        let Outcome { drafts, claims, .. } = outcome;
        let mut said = Said { judge: self, asking, drafts, claims: Some(claims), errors: &mut judged.errors };
        said.ask_of_tree(&input.target.path, tree);
        // To Conftest, a file that was named and is empty holds nothing, which some rules are about.
        let is_empty = || tree.documents().all(|document| document.root.is_null());
        if input.target.origin == Origin::Named && tree.errors().is_empty() && is_empty() {
            said.ask((Kind::Yaml, Form::Plain), &Value::NULL, None, || (Outline::of_start(input.file), 0));
        }
    }

    /// Asks about an object that was built. `path` is that of the file that its root stands in.
    pub(crate) fn ask_of_object(&self, path: &str, tree: &Tree, outcome: &mut Outcome, errors: &mut Vec<ScanError>) {
        let Some(asking) = self.policies else { return };
        let Outcome { drafts, claims, .. } = outcome;
        Said { judge: self, asking, drafts, claims: Some(claims), errors }.ask_of_tree(path, tree);
    }

    pub(crate) fn ask_of_dockerfile(
        &self,
        input: &Input<'_>,
        parsed: (&Dockerfile, &str),
        drafts: &mut Vec<Draft>,
        judged: &mut Judged,
    ) {
        let Some(asking) = self.asking(input) else { return };
        let mut said = Said { judge: self, asking, drafts, claims: None, errors: &mut judged.errors };
        said.ask_of_dockerfile(&input.target.path, parsed);
    }

    pub(crate) fn ask_of_hcl(
        &self,
        input: &Input<'_>,
        (file, text): (&hcl::File, &str),
        drafts: &mut Vec<Draft>,
        judged: &mut Judged,
    ) {
        let Some(asking) = self.asking(input).filter(|asking| asking.wants(Kind::Hcl)) else { return };
        let lines = LineIndex::new(text);
        let value = inputs::hcl(file, text);
        let mut said = Said { judge: self, asking, drafts, claims: None, errors: &mut judged.errors };
        said.ask((Kind::Hcl, Form::Plain), &value, Some(&lines), || (Outline::of_hcl(file), 0));
    }

    /// Asks about a root module as it is evaluated. What is said of it stands in any of its files.
    pub(crate) fn ask_of_configuration(
        &self,
        configuration: &Configuration,
        file: FileId,
        drafts: &mut Vec<Draft>,
        errors: &mut Vec<ScanError>,
    ) {
        let asking = self.policies.filter(|asking| asking.wants(Kind::Terraform));
        let Some(asking) = asking else { return };
        let value = inputs::terraform(configuration);
        let start = configuration.resources.first().map_or(Span::new(file, 0, 0), |first| first.header);
        let mut said = Said { judge: self, asking, drafts, claims: None, errors };
        said.ask((Kind::Terraform, Form::Plain), &value, None, || (Outline::of_terraform(configuration, start), 0));
    }

    /// Asks about the packages of a lockfile.
    pub(crate) fn ask_of_packages(
        &self,
        input: &Input<'_>,
        (lock, text): (&Lockfile, &str),
        drafts: &mut Vec<Draft>,
        judged: &mut Judged,
    ) {
        let Some(asking) = self.asking(input).filter(|asking| asking.wants(Kind::Packages)) else { return };
        let value = inputs::packages(lock, &input.target.path);
        let lines = LineIndex::new(text);
        let whole = Span::new(input.file, 0, u32::try_from(text.len()).unwrap_or(u32::MAX));
        let mut said = Said { judge: self, asking, drafts, claims: None, errors: &mut judged.errors };
        let outline = || (Outline::of_packages(lock, whole), 0);
        said.ask((Kind::Packages, Form::Plain), &value, Some(&lines), outline);
    }

    /// Asks about a text that is of no kind that rules know, or that rules know as something else.
    pub(crate) fn ask_of_text(&self, input: &Input<'_>, text: &str, drafts: &mut Vec<Draft>, judged: &mut Judged) {
        let Some(asking) = self.asking(input) else { return };
        if matches!(input.language, Language::Yaml11 | Language::Yaml12 | Language::Compose | Language::Template) {
            return;
        }
        // Conftest takes what is piped for YAML.
        let is_piped = input.target.origin == Origin::StandardInput && input.language == Language::Text;
        let parser = Parser::of(input.language, &input.target.path).or(is_piped.then_some(Parser::Yaml));
        let Some(parser) = parser.filter(|parser| parser.kind().is_none_or(|kind| asking.wants(kind))) else {
            return;
        };
        let text: Arc<str> = text.into();
        let (contents, fault) = Contents::read(parser, input.file, &text);
        // Half of a document is none; trees hold those that could be read.
        if fault.is_none() || matches!(contents, Contents::Tree(_)) {
            self.ask_of_contents(asking, input, (&contents, &text), drafts, judged);
        }
    }

    /// Asks about a text, whatever it is.
    pub(super) fn ask_of_contents(
        &self,
        asking: &Asking,
        input: &Input<'_>,
        (contents, text): (&Contents<'_>, &str),
        drafts: &mut Vec<Draft>,
        judged: &mut Judged,
    ) {
        let mut said = Said { judge: self, asking, drafts, claims: None, errors: &mut judged.errors };
        let kind = match contents {
            Contents::Tree(tree) => return said.ask_of_tree(&input.target.path, tree),
            Contents::Dockerfile(file) => return said.ask_of_dockerfile(&input.target.path, (file, text)),
            Contents::Hcl(_) => Kind::Hcl,
            Contents::Dotenv => Kind::Dotenv,
            Contents::Ignore => Kind::Ignore,
            Contents::Ini(_) => Kind::Ini,
            Contents::Properties(_) => Kind::Properties,
            Contents::Xml(_) => Kind::Xml,
        };
        said.ask_of_contents(input, contents, kind, text);
    }
}

pub(super) fn kind_of(dialect: Dialect, root: Node<'_>) -> Kind {
    match (dialect, Object::new(root).is_some()) {
        (Dialect::Json, true) => Kind::KubernetesJson,
        (Dialect::Json, false) => Kind::Json,
        (Dialect::Toml, _) => Kind::Toml,
        (Dialect::Yaml11 | Dialect::Yaml12, true) => Kind::KubernetesYaml,
        (Dialect::Yaml11 | Dialect::Yaml12, false) => Kind::Yaml,
    }
}

/// What tells an object from the others of its file.
pub(crate) fn subject(node: Node<'_>) -> u64 {
    let mut hash = StableHash::new();
    for path in ["kind", "metadata.namespace", "metadata.name"] {
        hash.text(node.get(path).present().map_or("", Node::text));
    }
    hash.short()
}
