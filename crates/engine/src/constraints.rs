//! Gatekeeper in a scan: templates and constraints that are found in it or named with `--policy`, asked about every object.
//!
//! What is declared is read as it is written, whatever kustomizations make of it; objects are judged as they are built. Which
//! constraints there are decides which rules a scan has, so they have to be known before it starts. A scan that knows of none
//! watches for texts that declare some, and starts again when it meets one: a tree without constraints pays for a search in
//! its texts alone. Other objects are kept where a policy looks them up, namespaces where a constraint asks for their labels.
//!
//! Whoever applies an object without a namespace chooses one, and the labels of a namespace that is not in the scan are not
//! known: what depends on them is not decided, and noted.

mod admission;
mod dumps;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use portcullis_core::{
    Catalog, Draft, FileId, Files, LineIndex, Location, Note, NoteKind, Related, RuleIdx, RuleMeta, ScanError,
    ScanReport, Span,
};
use portcullis_model::facts::Homes;
use portcullis_model::kubernetes::{Object, objects};
use portcullis_model::kustomize::is_kustomization;
use portcullis_policy::gatekeeper::{
    ConstraintRule, Gatekeeper, Inventory, Object as Declaring, Outcome, Point, Policies, Review, Reviewer, Violation,
};
use portcullis_policy::{Fault, Hint, Limits, Options, Outline, Value};
use portcullis_render::{Builds, Library};
use portcullis_rules::kubernetes::is_cluster_scoped;
use portcullis_syntax::{Dialect, Node, Tree, json, yaml};
use rayon::ThreadPool;

pub(crate) use self::admission::{Admission, Reviewed};
use crate::builds::Spent;
use crate::classify::Language;
use crate::discover::Discovered;
use crate::helm::Part;
use crate::inside::Inside;
use crate::judge::Judge;
use crate::kustomize::World;
use crate::policies::{TIME, on_one_line};
use crate::scan::{ScanOptions, in_parallel};

/// What a text holds that declares a template or a constraint: the end of their groups, and a version.
const MENTION: &str = "s.gatekeeper.sh/v";

/// What a text holds that declares anything of Gatekeeper's; an ExpansionTemplate alone means nothing.
const GROUP: &str = "gatekeeper.sh/v";

/// Whether a text may declare a template or a constraint.
fn mentions(text: &str) -> bool {
    memchr::memmem::find(text.as_bytes(), MENTION.as_bytes()).is_some()
}

/// Whether a scan looks for constraints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Search {
    /// None of their rules can be on.
    Off,
    /// It stops where it meets some.
    Watch,
    /// It reads them before it starts.
    Read,
}

impl Search {
    pub(crate) fn of(options: &ScanOptions) -> Self {
        let may_be_on = match options.only.as_slice() {
            [] => options.pod_security.is_none(),
            only => only.iter().any(|selector| portcullis_core::is_constraint(selector)),
        };
        let are_named = options.policies.as_ref().is_some_and(|policies| !policies.declarations().is_empty());
        match (may_be_on, are_named) {
            (false, _) => Self::Off,
            (true, false) => Self::Watch,
            (true, true) => Self::Read,
        }
    }
}

/// A text that declares something.
#[derive(Debug)]
struct Text {
    path: String,
    content: Arc<str>,
    dialect: Dialect,
}

impl Text {
    fn tree(&self) -> Tree {
        parse(&self.content, self.dialect)
    }
}

fn parse(text: &Arc<str>, dialect: Dialect) -> Tree {
    match dialect {
        Dialect::Json => json::parse(FileId::default(), text),
        _ => yaml::parse(FileId::default(), text, dialect),
    }
}

fn objects_of(tree: &Tree) -> Vec<Object<'_>> {
    tree.documents().flat_map(|document| objects(document.root)).collect()
}

/// An object that declares something. Its path tells it from all others: `file#number`.
#[derive(Clone, Debug)]
struct Declaration {
    object: Declaring,
    text: Arc<Text>,
    /// Which of the text's objects it is.
    index: usize,
}

/// What texts declare, in order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Declarations(Vec<Declaration>);

impl Declarations {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// What a text declares. The first syntax error of one that may declare something is given back.
    pub(crate) fn read(&mut self, path: &str, text: &str, dialect: Dialect) -> Option<ScanError> {
        memchr::memmem::find(text.as_bytes(), GROUP.as_bytes())?;
        let text = Arc::new(Text { path: path.to_owned(), content: Arc::from(text), dialect });
        let tree = text.tree();
        for (index, object) in objects_of(&tree).into_iter().enumerate() {
            if object.group().ends_with("gatekeeper.sh") {
                let key = Arc::from(format!("{path}#{index}"));
                let object = Declaring { path: key, value: Value::from_node(object.node) };
                if Policies::declares(&object) {
                    self.0.push(Declaration { object, text: Arc::clone(&text), index });
                }
            }
        }
        let error = tree.errors().first()?;
        let position = LineIndex::new(&text.content).position(error.span.start);
        let (line, column) = (position.line, position.column);
        Some(ScanError::Policy { path: path.to_owned(), line, column, reason: error.message.clone() })
    }

    /// Those of a scan before those that were named: of two with one name the last stands.
    fn before(mut self, named: &Self) -> Self {
        let texts: HashSet<&str> = named.0.iter().map(|declaration| declaration.text.path.as_str()).collect();
        self.0.retain(|declaration| !texts.contains(declaration.text.path.as_str()));
        self.0.extend(named.0.iter().cloned());
        self
    }

    /// The object that a path of the policies' stands for, and what follows in it: which module of a template.
    fn find<'p>(&self, path: &'p str) -> Option<(&Declaration, &'p str)> {
        self.0.iter().find_map(|declaration| {
            let rest = path.strip_prefix(&*declaration.object.path)?;
            (rest.is_empty() || rest.starts_with(" (")).then_some((declaration, rest))
        })
    }

    fn error(&self, fault: Fault) -> ScanError {
        let Some((declaration, module)) = self.find(&fault.path) else {
            return ScanError::Policy {
                path: fault.path,
                line: fault.line,
                column: fault.column,
                reason: fault.message,
            };
        };
        let (line, column) = declaration.place(module, fault.line, fault.column);
        ScanError::Policy { path: declaration.text.path.clone(), line, column, reason: fault.message }
    }

    fn note(&self, fault: Fault) -> Note {
        let path = self.find(&fault.path).map_or(fault.path.as_str(), |(declaration, _)| &declaration.text.path);
        Note { path: path.to_owned(), kind: NoteKind::Other, message: fault.message }
    }
}

impl Declaration {
    /// The line and column of a place in one of its modules; of the object where there is none.
    fn place(&self, module: &str, line: u32, column: u32) -> (u32, u32) {
        let tree = self.text.tree();
        let lines = LineIndex::new(&self.text.content);
        let objects = objects_of(&tree);
        let Some(object) = objects.get(self.index) else { return (0, 0) };
        let embedded = code(object.node, module).filter(|_| line > 0).and_then(Node::embedded);
        let offset = match embedded {
            Some((text, map)) => {
                let inner = LineIndex::new(text);
                let start = inner.line_start(line);
                let before = inner.text(line).chars().take(column.saturating_sub(1) as usize);
                let before = before.map(char::len_utf8).sum::<usize>();
                map.source(start.saturating_add(u32::try_from(before).unwrap_or_default()))
            }
            None => object.node.title_span().start,
        };
        let position = lines.position(offset);
        (position.line, position.column)
    }

    /// Where the object is in its file, which has this number.
    fn location(&self, file: FileId) -> Option<Location> {
        let tree = self.text.tree();
        let lines = LineIndex::new(&self.text.content);
        let object = objects_of(&tree).get(self.index).map(|object| object.node.title_span())?;
        let (start, end) = (lines.position(object.start), lines.position(object.end));
        Some(Location { span: portcullis_core::Span { file, ..object }, start, end })
    }
}

/// The text of a template's module, which the end of its path names: ` (Kind)`, or ` (Kind libs[0])`.
fn code<'t>(template: Node<'t>, module: &str) -> Option<Node<'t>> {
    let target = template.get("spec.targets").present()?.items().next()?;
    let mut codes = target.get("code").present().into_iter().flat_map(Node::items);
    let rego = codes.find(|code| code.field("engine").is_some_and(|engine| engine.text() == "Rego"));
    let source = rego.and_then(|code| code.field("source")).unwrap_or(target);
    match module.split_once(" libs[") {
        Some((_, index)) => {
            let index = index.trim_end_matches(['[', ']', ')']).parse().ok()?;
            source.field("libs")?.items().nth(index)
        }
        None => source.field("rego"),
    }
}

/// The constraints of a scan, before they know its objects.
pub(crate) struct Constraints {
    declared: Declarations,
    policies: Policies,
    rules: Vec<ConstraintRule>,
    errors: Vec<ScanError>,
    notes: Vec<Note>,
    /// Constraints that nothing evaluates, which a scan notes.
    unevaluated: Vec<ScanError>,
}

fn options() -> Options {
    Options { limits: Limits { time: TIME, ..Limits::default() }, ..Options::default() }
}

impl Constraints {
    pub(crate) fn load(declared: Declarations) -> Self {
        let objects: Vec<Declaring> = declared.0.iter().map(|declaration| declaration.object.clone()).collect();
        let loaded = Policies::load(&objects);
        let (gatekeeper, faults) = loaded.policies.compile(Inventory::default(), &options());
        let errors = loaded.faults.into_iter().chain(faults).map(|fault| declared.error(fault)).collect();
        let notes = loaded.notes.into_iter().map(|fault| declared.note(fault)).collect();
        let unevaluated = loaded.unevaluated.into_iter().map(|fault| declared.error(fault)).collect();
        Self { rules: gatekeeper.rules(), policies: loaded.policies, declared, errors, notes, unevaluated }
    }

    /// The rules that they add to the catalog.
    pub(crate) fn rules(&self) -> impl Iterator<Item = RuleMeta> {
        self.rules.iter().map(|rule| rule.meta.clone())
    }

    pub(crate) fn say(&mut self, report: &mut ScanReport) {
        report.errors.append(&mut self.errors);
        report.notes.append(&mut self.notes);
    }

    /// The same with what they need of the scan's objects.
    pub(crate) fn reviews<'c>(&'c self, catalog: &Catalog, objects: &Gathering<'_>) -> Reviews<'c> {
        let inventory = match (self.policies.look_up(), self.policies.select_namespaces()) {
            (true, _) => objects.inventory(Wanted::All),
            (false, true) => objects.inventory(Wanted::Namespaces),
            (false, false) => Inventory::default(),
        };
        // What does not compile was said.
        let (gatekeeper, _) = self.policies.compile(inventory, &options());
        let mut rules: HashMap<&str, HashMap<&str, Rule<'_>>> = HashMap::new();
        for rule in &self.rules {
            if let Some(index) = catalog.by_id(&rule.meta.id) {
                let help = rule.help.as_deref();
                rules.entry(&rule.kind).or_default().insert(&rule.name, Rule { index, help, path: &rule.path });
            }
        }
        Reviews {
            declared: &self.declared,
            gatekeeper,
            rules,
            idle: Mutex::default(),
            said: Mutex::new(Said::default()),
        }
    }
}

/// What a scan does with Gatekeeper.
pub(crate) enum Gate<'c> {
    /// It watches for declarations; whether it met some.
    Watching(AtomicBool),
    /// It asks constraints.
    Reviewing(Box<Reviews<'c>>),
}

impl Gate<'_> {
    /// Whether the scan met declarations that it does not know.
    pub(crate) fn is_met(&self) -> bool {
        matches!(self, Self::Watching(met) if met.load(Ordering::Relaxed))
    }
}

/// Constraints that are asked about objects.
pub(crate) struct Reviews<'c> {
    declared: &'c Declarations,
    gatekeeper: Gatekeeper,
    /// By kind and name.
    rules: HashMap<&'c str, HashMap<&'c str, Rule<'c>>>,
    /// Evaluators that nobody uses: there are as many as threads in the end.
    idle: Mutex<Vec<Reviewer>>,
    said: Mutex<Said>,
}

#[derive(Clone, Copy)]
struct Rule<'c> {
    index: RuleIdx,
    help: Option<&'c str>,
    path: &'c str,
}

/// What is said of the scan as a whole.
#[derive(Default)]
struct Said {
    /// By the paths of constraints what would have to be known.
    undecided: BTreeMap<(String, String), BTreeSet<String>>,
    errors: BTreeSet<ScanError>,
    notes: BTreeSet<Note>,
}

/// Reasons that a note gives at most.
const REASONS: usize = 3;

impl<'c> Reviews<'c> {
    fn rule(&self, kind: &str, name: &str) -> Option<Rule<'c>> {
        self.rules.get(kind)?.get(name).copied()
    }

    fn said(&self) -> MutexGuard<'_, Said> {
        self.said.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn with_reviewer<R>(&self, work: impl FnOnce(&mut Reviewer) -> R) -> R {
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let known = idle().pop();
        let mut reviewer = known.unwrap_or_else(|| self.gatekeeper.reviewer());
        let result = work(&mut reviewer);
        idle().push(reviewer);
        result
    }

    fn review(&self, judge: &Judge<'_>, object: &Object<'_>, subject: u64, drafts: &mut Vec<Draft>) {
        let is_wanted =
            |kind: &str, name: &str| self.rule(kind, name).is_some_and(|rule| judge.selection.is_on(rule.index));
        if !self.rules.values().flat_map(HashMap::values).any(|rule| judge.selection.is_on(rule.index)) {
            return;
        }
        let path = || {
            let file = object.node.span().file.0 as usize;
            judge.targets.get(file).map(|(target, _)| target.path.clone()).unwrap_or_default()
        };
        let note = |message: String| {
            self.said().notes.insert(Note { path: path(), kind: NoteKind::Other, message });
        };
        let value = Value::from_node(object.node);
        let outcome = if Review::is_admission(&value) {
            match Review::of_admission(&value) {
                Ok(review) => self.with_reviewer(|it| it.review_by(&review, Point::Any, &is_wanted)),
                Err(reason) => return note(format!("not reviewed: {reason}")),
            }
        } else {
            let review = Review::of_object(&value);
            let review = if is_cluster_scoped(object) { review } else { review.anywhere() };
            self.with_reviewer(|it| it.review_all(&value, &review, Point::Any, &is_wanted))
        };
        let Outcome { violations, faults, undecided } = outcome;
        for fault in faults {
            if fault.path.is_empty() {
                note(format!("what is made of it is not reviewed: {}", fault.message));
            } else {
                let error = self.declared.error(fault);
                self.said().errors.insert(error);
            }
        }
        for undecided in undecided {
            let constraint = (undecided.kind, undecided.constraint);
            self.said().undecided.entry(constraint).or_default().insert(undecided.reason);
        }
        if violations.is_empty() {
            return;
        }
        let outline = Outline::of_node(object.node);
        for violation in violations {
            let Some(rule) = self.rule(&violation.kind, &violation.constraint) else { continue };
            drafts.push(draft(violation, rule, &outline, subject));
        }
    }

    /// What was said of the scan as a whole: notes, errors, and what is not decided.
    pub(crate) fn take_said(&self) -> (BTreeSet<Note>, BTreeSet<ScanError>, Undecided) {
        let said = std::mem::take(&mut *self.said());
        let undecided = said.undecided.into_iter().map(|((kind, name), reasons)| {
            let path = self.rule(&kind, &name).and_then(|rule| self.declared.find(rule.path));
            let path = path.map(|(declaration, _)| declaration.text.path.clone()).unwrap_or_default();
            ((kind, name), (path, reasons))
        });
        (said.notes, said.errors, undecided.collect())
    }

    /// Where the constraints of these rules are.
    pub(crate) fn places(&self, rules: &BTreeSet<RuleIdx>) -> Places {
        let all = self.rules.values().flat_map(HashMap::values).filter(|rule| rules.contains(&rule.index));
        let place = |rule: &Rule<'_>| {
            let (declaration, _) = self.declared.find(rule.path)?;
            Some((rule.index, (declaration.text.path.clone(), declaration.location(FileId::default()))))
        };
        all.filter_map(place).collect()
    }
}

/// By kind and name of constraints, their files and what would have to be known.
pub(crate) type Undecided = BTreeMap<(String, String), (String, BTreeSet<String>)>;

/// By the rules of constraints, their files and where they are there.
pub(crate) type Places = HashMap<RuleIdx, (String, Option<Location>)>;

/// Notes what is not decided.
pub(crate) fn say_undecided(undecided: Undecided, report: &mut ScanReport) {
    for ((kind, name), (path, reasons)) in undecided {
        let shown: Vec<&str> = reasons.iter().take(REASONS).map(String::as_str).collect();
        let more = match reasons.len().saturating_sub(shown.len()) {
            0 => String::new(),
            more => format!("; {more} more"),
        };
        let message = format!("{kind} `{name}` is not decided for some objects: {}{more}", shown.join("; "));
        report.notes.push(Note { path, kind: NoteKind::Unknown, message });
    }
}

/// Lets findings point to the constraints that they violate. `index_of` gives the number of a target.
pub(crate) fn relate(places: &Places, report: &mut ScanReport, index_of: impl Fn(&str) -> Option<usize>) {
    let mut related: HashMap<RuleIdx, Option<Related>> = HashMap::new();
    for rule in rules_of(report) {
        let Some((path, location)) = places.get(&rule) else { continue };
        let at =
            index_of(path).or_else(|| report.files.iter().position(|file| **file == **path)).unwrap_or_else(|| {
                report.files.push(Arc::from(path.as_str()));
                report.files.len().saturating_sub(1)
            });
        let file = FileId(u32::try_from(at).unwrap_or(u32::MAX));
        let place = location.map(|location| Location { span: Span { file, ..location.span }, ..location });
        let message = "the constraint".into();
        related.insert(rule, place.map(|location| Related { location, message, line: None }));
    }
    for finding in &mut report.findings {
        finding.related.extend(related.get(&finding.rule).cloned().flatten());
    }
}

/// The rules that findings are of.
pub(crate) fn rules_of(report: &ScanReport) -> BTreeSet<RuleIdx> {
    report.findings.iter().map(|finding| finding.rule).collect()
}

fn draft(violation: Violation, rule: Rule<'_>, outline: &Outline<'_>, subject: u64) -> Draft {
    // What a controller would make has ways of its own.
    let hint = match violation.implied_by {
        None => Hint::read(&violation.details),
        Some(_) => Hint::default(),
    };
    let message = on_one_line(violation.message);
    let located = outline.locate(&hint, &message, None, subject);
    let mut draft = Draft::new(rule.index, located.place, message);
    draft.via = located.via;
    if let Some(help) = rule.help {
        draft.help(help.to_owned());
    }
    draft
}

impl Judge<'_> {
    /// Looks whether a text declares what the scan does not know.
    pub(crate) fn watch(&self, text: &str) {
        if let Some(Gate::Watching(met)) = self.gate
            && mentions(text)
        {
            met.store(true, Ordering::Relaxed);
        }
    }

    /// Asks the constraints about an object. `subject` tells it from the others of its file.
    pub(crate) fn review(&self, object: &Object<'_>, subject: u64, drafts: &mut Vec<Draft>) {
        if let Some(Gate::Reviewing(reviews)) = self.gate {
            reviews.review(self, object, subject, drafts);
        }
    }
}

/// Which objects are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    All,
    Namespaces,
}

impl Wanted {
    fn has(self, object: &Object<'_>) -> bool {
        self == Self::All || object.kind == "Namespace" && object.group().is_empty()
    }

    fn may_be_in(self, text: &str) -> bool {
        self == Self::All || text.contains("Namespace")
    }
}

/// The files of a scan, as what they declare and hold is read before they are judged.
pub(crate) struct Gathering<'a> {
    pub(crate) found: &'a Discovered,
    pub(crate) given: &'a HashMap<&'a str, &'a [u8]>,
    pub(crate) files: &'a dyn Files,
    pub(crate) charts: &'a HashMap<usize, Part>,
    pub(crate) homes: &'a Homes,
    pub(crate) worlds: &'a [World],
    pub(crate) tree: &'a Inside<'a>,
    pub(crate) pool: Option<&'a ThreadPool>,
}

impl Gathering<'_> {
    /// What the scan declares, and what was named.
    pub(crate) fn declarations(&self, named: &Declarations) -> Declarations {
        let mut all = Declarations::default();
        let read = |index: usize| {
            let mut declared = Declarations::default();
            if let Some((path, text, dialect)) = self.text(index) {
                // What cannot be parsed is a finding.
                let _ = declared.read(path, &text, dialect);
            }
            declared
        };
        let targets: Vec<usize> = (0..self.found.targets.len()).collect();
        in_parallel(self.pool, &targets, |_, index| read(*index), |declared| all.0.extend(declared.0));
        all.before(named)
    }

    /// A file that may hold objects as they are written.
    fn text(&self, index: usize) -> Option<(&str, String, Dialect)> {
        let (target, language) = self.found.targets.get(index)?;
        let path = target.path.as_str();
        let dialect = match language {
            Language::Yaml11 => Dialect::Yaml11,
            Language::Json => Dialect::Json,
            _ => return None,
        };
        if self.homes.is_patch(path) || is_kustomization(path) {
            return None;
        }
        let bytes = match self.given.get(path) {
            Some(bytes) => bytes.to_vec(),
            None => self.files.read(path).ok()?,
        };
        let text = String::from_utf8(bytes).ok()?;
        let is_object = match self.charts.get(&index) {
            Some(Part::Template(_)) => !text.contains("{{"),
            Some(Part::Values(_)) => false,
            None => true,
        };
        is_object.then_some((path, text, dialect))
    }

    /// Whether any text declares a template or a constraint, or may.
    pub(crate) fn has_declarations(&self) -> bool {
        let targets: Vec<usize> = (0..self.found.targets.len()).collect();
        let mut has_some = false;
        let declares = |index: usize| self.text(index).is_some_and(|(_, text, _)| mentions(&text));
        in_parallel(self.pool, &targets, |_, index| declares(*index), |declares| has_some |= declares);
        has_some
    }

    fn inventory(&self, wanted: Wanted) -> Inventory {
        let mut kept: Vec<Declaring> = Vec::new();
        let mut taken_in: BTreeSet<String> = BTreeSet::new();
        in_parallel(
            self.pool,
            self.worlds,
            |_, world| self.built(world, wanted),
            |(objects, files)| {
                kept.extend(objects);
                taken_in.extend(files);
            },
        );
        let written = |index: usize| {
            let Some((path, text, dialect)) = self.text(index) else { return Vec::new() };
            if taken_in.contains(path) || !wanted.may_be_in(&text) {
                return Vec::new();
            }
            let tree = parse(&Arc::from(text), dialect);
            let objects = objects_of(&tree).into_iter().filter(|object| wanted.has(object));
            objects.map(|object| kept_object(&object)).collect()
        };
        let targets: Vec<usize> = (0..self.found.targets.len()).collect();
        in_parallel(self.pool, &targets, |_, index| written(*index), |objects| kept.extend(objects));
        Inventory::new(&kept)
    }

    /// The objects that a world builds, and the files that it takes in.
    fn built(&self, world: &World, wanted: Wanted) -> (Vec<Declaring>, BTreeSet<String>) {
        let mut numbers: HashMap<String, u32> = HashMap::new();
        let mut file_id = |path: &str| {
            let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
            FileId(*numbers.entry(path.to_owned()).or_insert(next))
        };
        let library = Library::gather(world.kustomizations.iter().cloned(), self.tree, &mut file_id);
        let builds = Builds::new(&library);
        let (mut kept, mut taken_in) = (Vec::new(), BTreeSet::new());
        let mut spent = Spent::default();
        let mut seen: BTreeSet<&str> = BTreeSet::new();
        let mut open: Vec<&str> = world.roots.iter().rev().map(String::as_str).collect();
        while let Some(directory) = open.pop() {
            if !seen.insert(directory) || spent.is_too_much(&builds) {
                continue;
            }
            let Ok(made) = builds.build(directory) else {
                let bases = world.bases.get(directory).into_iter().flatten().map(String::as_str);
                open.extend(bases.filter(|base| world.bases.contains_key(*base)));
                continue;
            };
            spent.add(&made);
            for object in &made.objects {
                let Some(document) = object.tree.documents().next() else { continue };
                let object = Object::new(document.root).filter(|object| wanted.has(object));
                kept.extend(object.map(|object| kept_object(&object)));
            }
            taken_in.extend(made.files);
        }
        (kept, taken_in)
    }
}

fn kept_object(object: &Object<'_>) -> Declaring {
    Declaring { path: Arc::from(""), value: Value::from_node(object.node) }
}

/// A file that was named with `--policy`: its path as shown, and how it is parsed.
pub(crate) fn may_declare(path: &str) -> Option<Dialect> {
    match path.rsplit_once('.')?.1 {
        "yaml" | "yml" => Some(Dialect::Yaml11),
        "json" => Some(Dialect::Json),
        _ => None,
    }
}
