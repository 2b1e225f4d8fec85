//! Kubernetes objects that come one by one and are held in memory, as an API server sends them: judged by the rules, the
//! configuration and the policies of a scan.
//!
//! Everything is compiled once; to judge an object reads no file, holds no lock and starts no thread. An
//! object is all that is seen: what claims something about other objects holds where `check` would say so of the object's
//! manifest alone. Nothing fills in an object that is in the cluster already, so a text there is what it says, also where it
//! looks like a placeholder; in custom resources, whose controllers fill in templates of their own, it is not known.

mod field;
mod stored;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use portcullis_core::{
    Catalog, Draft, FileId, Finding, Note, RootPaths, RuleIdx, ScanError, Span, SuppressedBy, Suppression,
};
use portcullis_model::compose::NoFiles;
use portcullis_model::facts::{Claim, Facts, Homes, Seen};
use portcullis_model::kubernetes::schema::Definitions;
use portcullis_model::kubernetes::{Object, objects};
use portcullis_rules::Outcome;
use portcullis_syntax::{Dialect, Node, Tree, json};

use self::field::Around;
pub(crate) use self::stored::drop_stored;
use crate::baseline::Faulty;
use crate::callers::Callers;
use crate::classify::Language;
use crate::config::{Ignore, RuleAction};
use crate::constraints::{Admission, Reviewed};
use crate::directives::Directives;
use crate::discover::{Origin, Target};
use crate::files::{FILE_LIMIT, Worktree};
use crate::filters::{Filters, OverrideSet};
use crate::judge::{Input, Judge, Judged, Judging, Objects as Whose, Yields};
use crate::policies::{Asking, Policies};
use crate::scan::{EngineError, Kinds, Rules, ScanOptions};
use crate::seal::Sealer;
use crate::targets::Builds;
use crate::{asked, definitions};

/// What objects are judged by. Made once, shared by all threads.
pub struct Objects {
    options: ScanOptions,
    catalog: Arc<Catalog>,
    yields: Yields,
    definitions: Arc<Definitions>,
    asking: Option<Asking>,
    constraints: Option<Admission>,
    /// By the overrides that hold for an object's path; made when the first such object comes.
    rules: Mutex<HashMap<OverrideSet, Arc<Rules>>>,
    /// The configuration's `ignore`, with the rules that each entry names.
    ignore: Vec<(Vec<RuleIdx>, Ignore)>,
    errors: Vec<ScanError>,
    notes: Vec<Note>,
    /// What a scan knows of the files around; here there are none.
    homes: Homes,
    builds: Builds,
    callers: Callers,
    faulty: Faulty,
}

/// One object to judge.
#[derive(Clone, Copy, Debug)]
pub struct Given<'a> {
    /// The object as JSON.
    pub text: &'a Arc<str>,
    /// Its namespace, where it need not say so itself; empty for what belongs to the whole cluster.
    pub namespace: &'a str,
    /// What globs of `overrides` and `ignore` are asked with, `/`-separated.
    pub path: &'a str,
    /// The request that brings it; constraints see it as it is written where there is none.
    pub asked: Option<Asked<'a>>,
}

/// A request to an API server, as constraints of Gatekeeper see it.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// Its fields as JSON, without `object` and `oldObject`.
    pub fields: &'a Arc<str>,
    /// `oldObject` as JSON.
    pub old: Option<&'a Arc<str>>,
    /// Who judges.
    pub whom: Whom,
}

/// Who judges a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whom {
    /// Rules, policies and constraints.
    All,
    /// Constraints alone: others have nothing to say of an object that goes away, or is none that is kept.
    Constraints,
}

/// What was said of an object.
#[derive(Debug, Default)]
pub struct JudgedObject {
    /// Its name, or the start of the one that it will get.
    pub name: Option<String>,
    /// In order of place and rule.
    pub findings: Vec<ObjectFinding>,
    /// What kept a rule or a policy from being asked.
    pub errors: Vec<ScanError>,
    /// What of the time was spent in policies.
    pub policy_time: Duration,
}

/// A finding, and where in the object it is.
#[derive(Clone, Debug)]
pub struct ObjectFinding {
    /// As any scan gives it; its location is in the object's JSON.
    pub finding: Finding,
    /// The way to the field, as `kubectl explain` writes it, with indices: `spec.containers[0].image`. Empty: the object.
    pub field: String,
    /// The container that it is in.
    pub container: Option<FoundContainer>,
    /// `runtimeClassName` of the pod that it is in.
    pub runtime_class: Option<String>,
    /// What makes it the same finding in another version of the object: the rule, the way to the field by the names of
    /// list elements, and the value there, where it is a scalar and no image.
    pub key: u64,
    /// The most that may come of it in admission: what a constraint's `enforcementAction` says there; `Enforce` for all others.
    pub most: RuleAction,
}

/// A container as its pod says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundContainer {
    /// `name`; may be missing.
    pub name: Option<String>,
    /// `image`; may be missing.
    pub image: Option<String>,
}

/// Why an object cannot be judged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ObjectError {
    /// It is no JSON that is read, or goes beyond a limit.
    #[error("the object cannot be read: {0}")]
    Unreadable(String),
    /// It lacks `apiVersion` or `kind`.
    #[error("the object has no `apiVersion` and `kind`")]
    NoObject,
}

/// Sets of overrides whose rules are kept; a configuration where more meet compiles some again.
const MOST_SETS: usize = 64;

/// What the object is called in messages and fingerprints: no word of it may change what the rules say.
const NAME: &str = "object.json";

impl Objects {
    /// Compiles rules and policies. What of the policies and definitions cannot be loaded is in [`errors`](Self::errors). The dumps
    /// of the options are not judged: they are what constraints look up.
    pub fn new(options: ScanOptions) -> Result<Self, EngineError> {
        let of_policies = options.policies.iter().flat_map(|policies| policies.rules());
        let catalog = portcullis_rules::catalog_with(options.config.secret_rules().into_iter().chain(of_policies));
        let mut errors: Vec<ScanError> = options.policies.iter().flat_map(|it| it.errors().to_vec()).collect();
        let mut notes: Vec<Note> = options.policies.iter().flat_map(|it| it.notes().to_vec()).collect();
        let base = options.config_directory.as_deref().unwrap_or(&options.cwd);
        let disk = Worktree::new(options.cwd.clone(), FILE_LIMIT);
        let folders = &options.config.kubernetes_crds;
        let definitions = Arc::new(definitions::load(folders, &options.cwd, base, &disk, &mut errors));
        let ignore = options.config.ignore.iter().map(|entry| (catalog.select(&entry.rule), entry.clone())).collect();
        let asking = options.policies.as_deref().map(|policies| Asking::new(policies, &catalog));
        let declared = options.policies.as_deref().map(Policies::declarations);
        let dumps = (options.dumps.as_slice(), options.cwd.as_path());
        let constraints = declared.and_then(|it| Admission::load(it, &catalog, dumps, &mut errors, &mut notes));
        let objects = Self {
            yields: Yields::new(&catalog),
            definitions,
            asking,
            constraints,
            rules: Mutex::default(),
            ignore,
            errors,
            notes: Vec::new(),
            homes: Homes::default(),
            builds: Builds::default(),
            callers: Callers::default(),
            faulty: Faulty::default(),
            catalog,
            options,
        };
        let rules = objects.compile(0)?;
        notes.extend(asked::notes(&objects.options, &objects.catalog, &[&rules.selection]));
        objects.keep(0, rules);
        Ok(Self { notes, ..objects })
    }

    /// What could not be loaded.
    pub fn errors(&self) -> &[ScanError] {
        &self.errors
    }

    /// What is left out.
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }

    /// The rules, those of policies among them.
    pub fn catalog(&self) -> &Arc<Catalog> {
        &self.catalog
    }

    /// Whether there are constraints, which ask for requests.
    pub fn has_constraints(&self) -> bool {
        self.constraints.is_some()
    }

    /// Judges an object.
    pub fn judge(&self, given: Given<'_>) -> Result<JudgedObject, ObjectError> {
        let tree = json::parse(FileId::default(), given.text);
        let Some(at) = namespace_to_add(&tree, given.namespace) else { return self.judge_tree(tree, given) };
        // A large object is not held in two forms.
        drop(tree);
        let text = Arc::from(with_namespace(given.text, at, given.namespace));
        self.judge_tree(json::parse(FileId::default(), &text), Given { text: &text, ..given })
    }

    fn judge_tree(&self, tree: Tree, given: Given<'_>) -> Result<JudgedObject, ObjectError> {
        if let Some(error) = tree.errors().first() {
            return Err(ObjectError::Unreadable(error.message.clone()));
        }
        if tree.documents().count() > 1 {
            return Err(ObjectError::Unreadable("more follows after its end".to_owned()));
        }
        let root = tree.documents().next().and_then(|document| Object::new(document.root));
        let root = root.ok_or(ObjectError::NoObject)?;
        let name = root.name.or_else(|| root.node.get("metadata.generateName").present().and_then(Node::as_str));
        let name = name.map(str::to_owned);
        let tree = if root.is_builtin() { tree.literal() } else { tree };

        let set = Filters::new(&self.options.config, &self.options.cwd, self.options.config_directory.as_deref())
            .overrides(given.path);
        let rules = self.rules(set);
        let target = Target { path: NAME.to_owned(), origin: Origin::Found };
        let input = Input {
            file: FileId::default(),
            target: &target,
            language: Language::Json,
            root_path: NAME,
            part: None,
            given: Some(given.text.as_bytes()),
        };
        let judge = self.judge_by(&rules);
        let mut judged = Judged::default();
        let found: Vec<Object<'_>> = tree.documents().flat_map(|document| objects(document.root)).collect();
        let judging = Judging { dialect: Dialect::Json, whose: Whose::Judged };
        let mut outcome = Outcome::default();
        if given.asked.is_none_or(|asked| asked.whom == Whom::All) {
            outcome = judge.outcome(&input, &tree, &found, judging, &mut judged);
            judge.search(&input, given.text, &mut outcome);
            drop_stored(&mut outcome, &found, &self.catalog);
        }
        let reviewed = self.review(&tree, given.asked, &rules, &mut outcome, &mut judged);
        let mut findings = self.seal(&judge, &tree, &found, outcome, &mut judged);
        if let Some(reviewed) = reviewed {
            for found in &mut findings {
                found.most = reviewed.most(found.finding.rule, &found.finding.message);
            }
        }
        self.accept(&mut findings, given.path);
        Ok(JudgedObject { name, findings, errors: judged.errors, policy_time: judged.policy_time })
    }

    /// Asks the constraints about what the tree holds, a list too as one object.
    fn review(
        &self,
        tree: &Tree,
        asked: Option<Asked<'_>>,
        rules: &Rules,
        outcome: &mut Outcome,
        judged: &mut Judged,
    ) -> Option<Reviewed> {
        let constraints = self.constraints.as_ref()?;
        let object = Object::new(tree.documents().next()?.root)?;
        let start = Instant::now();
        let mut reviewed = constraints.review(&object, asked, |rule| rules.selection.is_on(rule));
        outcome.drafts.append(&mut reviewed.drafts);
        judged.errors.append(&mut reviewed.errors);
        judged.policy_time += start.elapsed();
        Some(reviewed)
    }

    /// As a scan does with what the rules said of a file; what is claimed is settled at once.
    fn seal(
        &self,
        judge: &Judge<'_>,
        tree: &Tree,
        objects: &[Object<'_>],
        mut outcome: Outcome,
        judged: &mut Judged,
    ) -> Vec<ObjectFinding> {
        let errors = std::mem::take(&mut outcome.panicked).into_iter().map(|rule| {
            let rule = self.catalog.get(rule).id.to_string();
            ScanError::RulePanicked { rule, path: NAME.to_owned() }
        });
        judged.errors.extend(errors);
        let secrets = secret_spans(&outcome);
        let claims = std::mem::take(&mut outcome.claims);
        if !claims.is_empty() {
            let mut facts = Facts::of_scan(Seen::Part, &self.homes);
            facts.merge(std::mem::take(&mut outcome.facts));
            outcome.drafts.extend(claims.into_iter().filter_map(|(draft, claim)| held(draft, &claim, &facts)));
        }
        let drafts = self.yields.resolve(outcome.drafts);
        let mut directives = Directives::of_tree(tree, objects, &self.catalog);
        if drafts.is_empty() && directives.is_empty() {
            return Vec::new();
        }
        let text = tree.text();
        let mut sealer = Sealer::new(&self.catalog, judge.selection, judge.needs, NAME, text);
        sealer.mask(secrets);
        let around = Around::new(tree, objects);
        let mut findings = Vec::with_capacity(drafts.len());
        for draft in drafts {
            let field = around.field(&draft.place);
            let key = field.key(draft.rule, &draft.place);
            findings.push(around.finding(&field, key, judge.seal(draft, &mut directives, &mut sealer)));
        }
        for draft in judge.about_directives(&directives, judge.could_tell(judged)) {
            let field = around.field(&draft.place);
            let key = field.key(draft.rule, &draft.place);
            findings.push(around.finding(&field, key, sealer.seal(draft)));
        }
        findings
    }

    /// Suppresses what the configuration accepts.
    fn accept(&self, findings: &mut [ObjectFinding], path: &str) {
        if findings.is_empty() {
            return;
        }
        for (rules, entry) in &self.ignore {
            let is_over = entry.expires.is_some_and(|last| last < self.options.date);
            if is_over || entry.path.as_ref().is_some_and(|glob| !glob.matches(path)) {
                continue;
            }
            for ObjectFinding { finding, .. } in findings.iter_mut() {
                finding.also.retain(|rule| !rules.contains(rule));
                // It is stronger than what the object says of itself.
                if rules.contains(&finding.rule) {
                    let reason = entry.reason.clone();
                    finding.suppressed = Some(Box::new(Suppression { by: SuppressedBy::Config, reason }));
                }
            }
        }
    }

    fn judge_by<'a>(&'a self, rules: &'a Rules) -> Judge<'a> {
        Judge {
            catalog: &self.catalog,
            selection: &rules.selection,
            dispatch: &rules.dispatch,
            yields: &self.yields,
            needs: self.options.needs,
            files: &NoFiles,
            homes: &self.homes,
            variables_files: &[],
            compose_files: &[],
            dumps: &[],
            targets: &[],
            directories: &[],
            root_paths: &RootPaths::Same,
            builds: &self.builds,
            callers: &self.callers,
            faulty: &self.faulty,
            policies: self.asking.as_ref(),
            gate: None,
            today: self.options.date,
        }
    }

    /// The rules under a set of overrides.
    fn rules(&self, set: OverrideSet) -> Arc<Rules> {
        let known = |set| self.kept().get(&set).cloned();
        if let Some(rules) = known(set) {
            return rules;
        }
        match self.compile(set) {
            Ok(rules) => self.keep(set, rules),
            // Selectors do not depend on the set, and those of the empty one were found to be right.
            Err(_) => known(0).expect("the rules without overrides are compiled first and stay"),
        }
    }

    fn compile(&self, set: OverrideSet) -> Result<Rules, EngineError> {
        let config = &self.options.config;
        let filters = Filters::new(config, &self.options.cwd, self.options.config_directory.as_deref());
        let mut all: BTreeMap<OverrideSet, Rules> =
            Rules::of_sets(&self.options, &self.catalog, &filters, &[set], Kinds::All)?;
        let mut rules = all.remove(&set).expect("every set that is asked for is compiled");
        rules.dispatch.define(Arc::clone(&self.definitions));
        Ok(rules)
    }

    fn keep(&self, set: OverrideSet, rules: Rules) -> Arc<Rules> {
        let rules = Arc::new(rules);
        let mut kept = self.kept();
        if set == 0 || kept.len() < MOST_SETS {
            kept.insert(set, Arc::clone(&rules));
        }
        rules
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, HashMap<OverrideSet, Arc<Rules>>> {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Objects {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Objects").field("rules", &self.catalog.len()).finish_non_exhaustive()
    }
}

/// The draft, where its claim holds.
fn held(mut draft: Draft, claim: &Claim, facts: &Facts) -> Option<Draft> {
    if !facts.holds(claim) {
        return None;
    }
    if let Some(what) = facts.other_end(claim).what {
        draft.message = format!("{}: {what}", draft.message).into();
    }
    Some(draft)
}

fn secret_spans(outcome: &Outcome) -> Vec<Span> {
    let drafts = outcome.drafts.iter().chain(outcome.claims.iter().map(|(draft, _)| draft));
    drafts.flat_map(|draft| draft.masked.iter().copied()).chain(outcome.masked.iter().copied()).collect()
}

/// Where the object's namespace has to be written, if it is known and not there: behind the brace of `metadata`.
fn namespace_to_add(tree: &Tree, namespace: &str) -> Option<Brace> {
    if namespace.is_empty() || !tree.errors().is_empty() {
        return None;
    }
    let root = tree.documents().next()?.root;
    let object = Object::new(root)?;
    if object.kind == "Namespace" && object.group().is_empty() {
        return None;
    }
    let place = |node: Node<'_>| Brace { at: node.span().start as usize, is_first: node.entries().len() == 0 };
    match root.field("metadata") {
        Some(metadata) if metadata.is_map() => match metadata.field("namespace") {
            // What it says itself is for the API server to refuse, where it differs.
            Some(_) => None,
            None => Some(place(metadata)),
        },
        // Whatever is no object at all is refused elsewhere.
        _ => None,
    }
}

/// Behind which brace, and whether nothing else is in it.
#[derive(Clone, Copy)]
struct Brace {
    at: usize,
    is_first: bool,
}

fn with_namespace(text: &str, place: Brace, namespace: &str) -> String {
    let (before, after) = text.split_at_checked(place.at.saturating_add(1)).unwrap_or((text, ""));
    let comma = if place.is_first { "" } else { "," };
    // Whatever is no name of a namespace is none that a rule or glob could know.
    let namespace: String = namespace.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.')).collect();
    format!("{before}\"namespace\":\"{namespace}\"{comma}{after}")
}
