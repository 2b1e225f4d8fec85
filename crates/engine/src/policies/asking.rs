//! What policies are asked about: each document of a scanned text, in the shapes that they mean.

use std::sync::{Arc, Mutex, PoisonError};

use portcullis_core::{Catalog, Draft, LineIndex, RuleIdx, Span, StableHash};
use portcullis_model::kubernetes::{Object, objects};
use portcullis_policy::{Form, Kind, Outline, Value, Violation, Worker, inputs};
use portcullis_syntax::dockerfile::Dockerfile;
use portcullis_syntax::hcl;
use portcullis_syntax::{Dialect, Node, Tree, json, toml};

use super::{Policies, policy_error};
use crate::classify::Language;
use crate::judge::{Input, Judge, Judged};

/// The policies of a scan, as its workers ask them.
pub(crate) struct Asking {
    loaded: Arc<portcullis_policy::Policies>,
    /// By check.
    rules: Vec<Option<RuleIdx>>,
    /// Evaluators that nobody uses: there are as many as threads in the end.
    idle: Mutex<Vec<Worker>>,
}

impl Asking {
    pub(crate) fn new(policies: &Policies, catalog: &Catalog) -> Self {
        let rules = policies.loaded.checks().iter().map(|check| catalog.by_id(&check.meta.id)).collect();
        Self { loaded: Arc::clone(&policies.loaded), rules, idle: Mutex::new(Vec::new()) }
    }

    fn with_worker<R>(&self, work: impl FnOnce(&mut Worker) -> R) -> R {
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
    judged: &'a mut Judged,
}

impl Said<'_> {
    /// Asks about one input. The outline is made when something is found in it.
    fn ask<'t>(
        &mut self,
        worker: &mut Worker,
        what: (Kind, Form),
        value: &Value,
        lines: Option<&LineIndex<'_>>,
        (outline, subject): (impl FnOnce() -> Outline<'t>, u64),
    ) {
        let rule_of = |check: usize| self.asking.rules.get(check).copied().flatten();
        let is_on = |check: usize| rule_of(check).is_some_and(|rule| self.judge.selection.is_on(rule));
        let mut faults = Vec::new();
        let violations = self.asking.loaded.judge(worker, what, value, &is_on, &mut faults);
        self.judged.errors.extend(faults.into_iter().map(policy_error));
        if violations.is_empty() {
            return;
        }
        let outline = outline();
        for Violation { check, message, help, hint } in violations {
            let Some(rule) = rule_of(check) else { continue };
            let message = on_one_line(message);
            let located = outline.locate(&hint, &message, lines, subject);
            let mut draft = Draft::new(rule, located.place, message);
            draft.via = located.via;
            if let Some(help) = help {
                draft.help(on_one_line(help));
            }
            self.drafts.push(draft);
        }
    }
}

pub(crate) fn on_one_line(text: String) -> String {
    if text.contains('\n') { text.split_whitespace().collect::<Vec<_>>().join(" ") } else { text }
}

impl Judge<'_> {
    /// Asks the policies about each document of a tree. `lines` are absent where it was put together from several files.
    pub(crate) fn ask_of_tree(&self, input: &Input<'_>, tree: &Tree, drafts: &mut Vec<Draft>, judged: &mut Judged) {
        let Some(asking) = self.policies else { return };
        let path = input.target.path.as_str();
        let mut said = Said { judge: self, asking, drafts, judged };
        let mut lines: Option<LineIndex<'_>> = None;
        for document in tree.documents() {
            let root = document.root;
            if root.is_unknown() || root.is_null() {
                continue;
            }
            let kind = kind_of(tree.dialect(), root);
            for form in asking.loaded.forms(kind) {
                let nodes: Vec<Node<'_>> = match form {
                    Form::Placed => objects(root).into_iter().map(|object| object.node).collect(),
                    // Each element is a configuration of its own.
                    Form::Plain if root.is_list() => root.items().collect(),
                    Form::Plain => vec![root],
                };
                for node in nodes {
                    let index: &LineIndex<'_> = lines.get_or_insert_with(|| LineIndex::new(tree.text()));
                    let value = match form {
                        Form::Plain => Value::from_node(node),
                        Form::Placed => inputs::placed(node, path, index),
                    };
                    let outline = (|| Outline::of_node(node), subject(node));
                    asking.with_worker(|worker| said.ask(worker, (kind, form), &value, Some(index), outline));
                }
            }
        }
    }

    pub(crate) fn ask_of_dockerfile(
        &self,
        input: &Input<'_>,
        (file, text): (&Dockerfile, &str),
        drafts: &mut Vec<Draft>,
        judged: &mut Judged,
    ) {
        let Some(asking) = self.policies else { return };
        let lines = LineIndex::new(text);
        let mut said = Said { judge: self, asking, drafts, judged };
        for form in asking.loaded.forms(Kind::Dockerfile) {
            let value = match form {
                Form::Plain => inputs::commands(file),
                Form::Placed => inputs::stages(file, &input.target.path, &lines),
            };
            let outline = (|| Outline::of_dockerfile(file), 0);
            asking.with_worker(|worker| said.ask(worker, (Kind::Dockerfile, form), &value, Some(&lines), outline));
        }
    }

    pub(crate) fn ask_of_hcl(&self, (file, text): (&hcl::File, &str), drafts: &mut Vec<Draft>, judged: &mut Judged) {
        let Some(asking) = self.policies.filter(|asking| asking.loaded.wants(Kind::Hcl)) else { return };
        let lines = LineIndex::new(text);
        let value = inputs::hcl(file, text);
        let mut said = Said { judge: self, asking, drafts, judged };
        let outline = (|| Outline::of_hcl(file), 0);
        asking.with_worker(|worker| said.ask(worker, (Kind::Hcl, Form::Plain), &value, Some(&lines), outline));
    }

    /// Asks about a text that is of no kind that rules know.
    pub(crate) fn ask_of_text(&self, input: &Input<'_>, text: &str, drafts: &mut Vec<Draft>, judged: &mut Judged) {
        let Some(asking) = self.policies else { return };
        let name = input.target.path.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
        let is_env = name == ".env" || name.starts_with(".env.") || name.ends_with(".env");
        match input.language {
            Language::Json => self.ask_of_tree(input, &json::parse(input.file, &text.into()), drafts, judged),
            Language::Text if name.ends_with(".toml") => {
                self.ask_of_tree(input, &toml::parse(input.file, &text.into()), drafts, judged);
            }
            Language::Text if is_env && asking.loaded.wants(Kind::Dotenv) => {
                let value = inputs::dotenv(text);
                let lines = LineIndex::new(text);
                let whole = Span::new(input.file, 0, u32::try_from(text.len()).unwrap_or(u32::MAX));
                let mut said = Said { judge: self, asking, drafts, judged };
                let outline = (|| Outline::of_dotenv(text, whole), 0);
                asking
                    .with_worker(|worker| said.ask(worker, (Kind::Dotenv, Form::Plain), &value, Some(&lines), outline));
            }
            _ => {}
        }
    }
}

fn kind_of(dialect: Dialect, root: Node<'_>) -> Kind {
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
