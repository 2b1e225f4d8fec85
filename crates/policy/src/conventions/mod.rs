//! Which rules of a library say that something is wrong, what they are called, and what they are asked about.
//!
//! Three conventions stand side by side: Conftest's (`deny`, `warn` and `violation` of the namespaces that are asked for),
//! Trivy's (checks that say by annotations or `__rego_metadata__` what they are about), and entry points of OPA. A rule is
//! asked once, by the first that knows it. What a policy means by names of its own is not known here.

mod glob;
mod metadata;
mod result;
mod selector;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};

use portcullis_core::RuleMeta;

use crate::declaration::{Package, RuleKind};
use crate::library::{Aggregate, Library};
use crate::module::{Definitions, Fault, Module, Options};
use crate::rewrite::{whole, without_marks};
use crate::value::Value;
use crate::worker::Worker;

use metadata::Metadata;
pub use result::{Hint, Lacks, Violation};
use selector::Selector;
pub use selector::{Form, Kind};

/// Policies that are ready to be asked.
pub struct Policies {
    library: Library,
    checks: Vec<Check>,
    /// What is asked about each kind of input in each form.
    asked: BTreeMap<(Kind, Form), Asked>,
    unasked: Vec<Unasked>,
}

/// A rule of a policy that finds something.
pub struct Check {
    /// What reports know of it. Several checks may share an id.
    pub meta: RuleMeta,
    /// What to do, where the policy says so for all its findings.
    pub help: Option<String>,
    path: String,
    module: String,
    line: u32,
    form: Convention,
    selector: Selector,
    exception: Option<Exception>,
    /// It ran out of time, or worse: asking it again would cost as much for every document.
    broken: AtomicBool,
}

/// Whose names and results a check has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Convention {
    Conftest,
    Trivy,
    Entrypoint,
}

/// What takes a check's findings back.
#[derive(Clone, Debug)]
struct Exception {
    /// The rule that lists names.
    path: String,
    /// The name by which the check is in it.
    name: String,
}

/// Rules that are evaluated together.
struct Asked {
    aggregate: Aggregate,
    items: Vec<Item>,
}

#[derive(Clone, Debug, PartialEq)]
enum Item {
    Check(usize),
    Exception(String),
}

/// A package whose rules have names of Conftest's and stand in no namespace that is asked for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unasked {
    /// The module.
    pub module: String,
    /// Its package as `--namespace` takes it.
    pub namespace: String,
}

/// The packages whose rules are asked by their names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Namespaces {
    /// These; in each, `*`, `?` and `[…]` stand for more, dots included.
    Named(Vec<String>),
    /// Every one.
    All,
}

impl Default for Namespaces {
    fn default() -> Self {
        Self::Named(vec!["main".to_owned()])
    }
}

impl Namespaces {
    fn contains(&self, namespace: &str) -> bool {
        match self {
            Self::All => true,
            Self::Named(names) => names.iter().any(|name| name == namespace || glob::matches(name, namespace)),
        }
    }
}

impl Policies {
    /// Loads modules and finds the rules in them that are to be asked. What is at fault is left out, and said.
    pub fn load(modules: &[Module], data: &Value, namespaces: &Namespaces, options: &Options) -> (Self, Vec<Fault>) {
        let options = &Options { definitions: Definitions::Apart, ..options.clone() };
        // Compiling is half of the work, and it has to be done once more where what is asked is known.
        let (library, faults) = Library::parse(modules, data, options);
        if !library.packages().iter().any(metadata::is_computed)
            && let (policies, faults, None) = Self::of(library, faults, namespaces)
        {
            return (policies, faults);
        }
        // What does not compile is found, and left out.
        let (library, faults) = Library::compile(modules, data, options);
        let (policies, mut faults, fault) = Self::of(library, faults, namespaces);
        faults.extend(fault);
        (policies, faults)
    }

    /// Finds the rules and puts them together; the last is why that cannot be, and then nothing is asked.
    fn of(mut library: Library, mut faults: Vec<Fault>, namespaces: &Namespaces) -> (Self, Vec<Fault>, Option<Fault>) {
        let (checks, unasked) = checks(&library, namespaces, &mut faults);
        let mut lists: Vec<(Vec<String>, Vec<Item>)> = Vec::new();
        let mut by_input: BTreeMap<(Kind, Form), usize> = BTreeMap::new();
        for kind in Kind::ALL {
            for form in [Form::Plain, Form::Placed] {
                let (paths, items) = asked(&checks, kind, form);
                if items.is_empty() {
                    continue;
                }
                // Most policies ask the same of all kinds: that is compiled once.
                let at = lists.iter().position(|(known, _)| *known == paths).unwrap_or_else(|| {
                    lists.push((paths, items));
                    lists.len().saturating_sub(1)
                });
                by_input.insert((kind, form), at);
            }
        }
        let paths: Vec<Vec<&String>> = lists.iter().map(|(paths, _)| paths.iter().collect()).collect();
        let (aggregates, fault) = match library.aggregate(&paths) {
            Ok(aggregates) => (aggregates, None),
            Err(fault) => (Vec::new(), Some(fault)),
        };
        let asked = by_input.into_iter().filter_map(|(input, at)| {
            let (_, items) = lists.get(at)?;
            Some((input, Asked { aggregate: *aggregates.get(at)?, items: items.clone() }))
        });
        let asked = asked.collect();
        faults.sort();
        faults.dedup();
        (Self { library, checks, asked, unasked }, faults, fault)
    }

    /// The rules, in order of modules and lines.
    pub fn checks(&self) -> &[Check] {
        &self.checks
    }

    /// Packages that nothing asks.
    pub fn unasked(&self) -> &[Unasked] {
        &self.unasked
    }

    /// The forms in which some rule of these wants an input of a kind.
    pub fn forms(&self, kind: Kind, is_one: impl Fn(&Check) -> bool) -> Vec<Form> {
        let has = |form: &Form| {
            let items = self.asked.get(&(kind, *form)).into_iter().flat_map(|asked| &asked.items);
            items.filter_map(|item| self.check(item)).any(|(_, check)| is_one(check))
        };
        [Form::Plain, Form::Placed].into_iter().filter(has).collect()
    }

    /// An evaluator for one thread.
    pub fn worker(&self) -> Worker {
        self.library.worker()
    }

    /// Asks all rules about one input. `is_on` tells which checks are wanted; faults are added once each.
    pub fn judge(
        &self,
        worker: &mut Worker,
        (kind, form): (Kind, Form),
        input: &Value,
        is_on: &dyn Fn(usize) -> bool,
        faults: &mut Vec<Fault>,
    ) -> Vec<Violation> {
        let Some(asked) = self.asked.get(&(kind, form)) else { return Vec::new() };
        let checks = || asked.items.iter().filter_map(|item| self.check(item));
        if !checks().any(|(index, check)| is_on(index) && !check.is_broken()) {
            return Vec::new();
        }
        // Together the rules cost what they share once; not when one of them takes all the time there is.
        let results = if checks().any(|(_, check)| check.is_broken()) {
            self.one_by_one(worker, asked, input)
        } else {
            worker.aggregate(asked.aggregate, input)
        };
        // Nobody reads them here, and a scan has many documents.
        drop(worker.prints());
        let mut exceptions: Vec<(&str, Vec<String>)> = Vec::new();
        let mut said: Vec<(usize, &Check, Value)> = Vec::new();
        for (at, result) in results {
            let Some(item) = asked.items.get(at) else { continue };
            match (item, self.check(item), result) {
                (_, Some((index, check)), Ok(value)) => said.push((index, check, value)),
                (_, Some((index, check)), Err(fault)) if is_on(index) => faults.push(check.blame(fault)),
                (Item::Exception(path), _, Ok(value)) => exceptions.push((path.as_str(), result::names(&value))),
                (Item::Exception(_), _, Err(fault)) => faults.push(fault),
                _ => {}
            }
        }
        let mut violations = Vec::new();
        for (index, check, value) in said {
            let is_excepted = check.exception.as_ref().is_some_and(|exception| {
                exceptions.iter().any(|(path, names)| *path == exception.path && names.contains(&exception.name))
            });
            if is_on(index) && !is_excepted && check.selector.holds(input) {
                check.violations(index, &value, &mut violations, faults);
            }
        }
        violations
    }

    fn check(&self, item: &Item) -> Option<(usize, &Check)> {
        match item {
            Item::Check(index) => Some((*index, self.checks.get(*index)?)),
            Item::Exception(_) => None,
        }
    }

    fn one_by_one(&self, worker: &mut Worker, asked: &Asked, input: &Value) -> Vec<(usize, Result<Value, Fault>)> {
        let each = asked.items.iter().enumerate().filter_map(|(at, item)| {
            let path = match (item, self.check(item)) {
                (_, Some((_, check))) if check.is_broken() => return None,
                (_, Some((_, check))) => &check.path,
                (Item::Exception(path), _) => path,
                (Item::Check(_), None) => return None,
            };
            Some((at, worker.rule(path, input)))
        });
        each.collect()
    }
}

impl Check {
    /// Whether it says itself what it is asked about.
    pub fn has_selector(&self) -> bool {
        !self.selector.types.is_empty()
    }

    fn is_broken(&self) -> bool {
        self.broken.load(Ordering::Relaxed)
    }

    /// A fault that has no place is put where the rule stands, and is the last that is asked of the rule.
    fn blame(&self, fault: Fault) -> Fault {
        if !fault.path.is_empty() {
            return fault;
        }
        self.broken.store(true, Ordering::Relaxed);
        Fault::new(&self.module, self.line, 1, fault.message)
    }
}

/// The rules that are asked, and the packages that look as if they should be.
fn checks(library: &Library, namespaces: &Namespaces, faults: &mut Vec<Fault>) -> (Vec<Check>, Vec<Unasked>) {
    let mut worker = library.worker();
    let mut checks: Vec<Check> = Vec::new();
    let mut unasked = Vec::new();
    let rules = library.packages().iter().flat_map(|package| &package.rules);
    let parted: BTreeSet<String> =
        rules.filter(|rule| whole(&rule.name) != rule.name).map(|rule| without_marks(&rule.path)).collect();
    for package in library.packages() {
        let metadata = Metadata::of_package(library, package, &mut worker);
        let namespace = package.components.join(".");
        let is_trivy = metadata.is_trivy();
        if is_trivy && let Err(message) = metadata.selector() {
            faults.push(Fault::new(&package.module, package.line, 1, message));
            continue;
        }
        for rule in &package.rules {
            let is_value = matches!(rule.kind, RuleKind::Set | RuleKind::Complete);
            // Of what stands in parts, those are asked.
            if !is_value || parted.contains(&rule.path) || checks.iter().any(|known| known.path == rule.path) {
                continue;
            }
            let own = metadata.of_rule(library, rule);
            let name = whole(&rule.name);
            let form = match named(name).filter(|_| !rule.path.ends_with(']')) {
                Some(_) if is_trivy => Convention::Trivy,
                _ if own.is_entrypoint() => Convention::Entrypoint,
                Some(_) if namespaces.contains(&namespace) => Convention::Conftest,
                Some(_) => {
                    unasked.push(Unasked { module: package.module.clone(), namespace: namespace.clone() });
                    continue;
                }
                None => continue,
            };
            let selector = match own.selector() {
                Ok(selector) => selector,
                Err(message) => {
                    faults.push(Fault::new(&package.module, rule.line, rule.column, message));
                    continue;
                }
            };
            let meta = own.rule_meta(&namespace, name);
            let meta = if name == rule.name { meta } else { distinct(meta, &checks) };
            checks.push(Check {
                meta,
                help: own.help(),
                path: rule.path.clone(),
                module: package.module.clone(),
                line: rule.line,
                form,
                selector,
                exception: (form == Convention::Conftest).then(|| exception(library, package, name)).flatten(),
                broken: AtomicBool::new(false),
            });
        }
    }
    unasked.sort();
    unasked.dedup();
    (checks, unasked)
}

/// A definition that says other things than the others is a rule of its own.
fn distinct(meta: RuleMeta, checks: &[Check]) -> RuleMeta {
    let says = |known: &RuleMeta| known.severity == meta.severity && known.docs == meta.docs && known.tags == meta.tags;
    let is_taken = |id: &str| checks.iter().any(|check| check.meta.id == id && !says(&check.meta));
    let others = (2_u32..).map(|number| format!("{}-{number}", meta.id));
    let mut ids = std::iter::once(meta.id.to_string()).chain(others);
    let id = ids.find(|id| !is_taken(id)).unwrap_or_else(|| meta.id.to_string());
    RuleMeta { id: id.into(), ..meta }
}

/// Conftest takes back what the package's `exception` names, by the name without what it begins with: `""` for `deny`.
fn exception(library: &Library, package: &Package, rule: &str) -> Option<Exception> {
    let is_declared = |other: &Package| other.path == package.path && other.declares("exception");
    library.packages().iter().any(is_declared).then(|| {
        let name = rule.split_once('_').map_or("", |(_, name)| name);
        Exception { path: format!("{}.exception", package.path), name: name.to_owned() }
    })
}

/// Whether a rule is asked by its name.
pub(crate) fn is_asked(rule: &str) -> bool {
    named(rule).is_some()
}

/// What a rule is by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Named {
    Deny,
    Warn,
}

/// `deny`, `violation_images`, `warn_a_b`: words of letters and digits behind the first.
fn named(rule: &str) -> Option<Named> {
    let mut words = rule.split('_');
    let named = match words.next()? {
        "deny" | "violation" => Named::Deny,
        "warn" => Named::Warn,
        _ => return None,
    };
    let is_word = |word: &str| !word.is_empty() && word.chars().all(|letter| letter.is_ascii_alphanumeric());
    words.all(is_word).then_some(named)
}

/// What is asked about a kind in a form: paths of rules, and what each is.
fn asked(checks: &[Check], kind: Kind, form: Form) -> (Vec<String>, Vec<Item>) {
    let mut paths = Vec::new();
    let mut items: Vec<Item> = Vec::new();
    for (index, check) in checks.iter().enumerate() {
        if check.selector.form(kind) != Some(form) {
            continue;
        }
        paths.push(check.path.clone());
        items.push(Item::Check(index));
        if let Some(exception) = &check.exception {
            let item = Item::Exception(exception.path.clone());
            if !items.contains(&item) {
                paths.push(exception.path.clone());
                items.push(item);
            }
        }
    }
    (paths, items)
}
