//! Policies and data, loaded.
//!
//! A module that cannot be loaded is left out with a fault, and so is what calls its functions; all others work.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Arc;

use regorus::Engine;

use crate::annotation::{self, Annotation};
use crate::builtins::literals::{self, Literals};
use crate::check;
use crate::declaration::{self, Package, RuleKind};
use crate::interpreter::{self, Interpreter, guarded};
use crate::module::{Evaluation, Fault, Module, Options, RegoVersion};
use crate::plan::{Planned, Program};
use crate::rewrite::{self, Columns, Declared, Heads, Mocks, Outline};
use crate::value::Value;
use crate::worker::Worker;

/// Policies that were parsed once. Workers of it evaluate them.
pub struct Library {
    engine: Engine,
    options: Options,
    packages: Vec<Package>,
    annotations: Vec<Annotation>,
    rules: Arc<BTreeSet<String>>,
    groups: Arc<[Together]>,
    columns: Arc<Columns>,
    program: Arc<Program>,
}

/// Rules that are evaluated together, by one input: of the library that made it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Aggregate(pub(crate) usize);

/// The rules of an aggregate, each with its index.
#[derive(Clone, Debug)]
pub(crate) struct Together {
    /// Those that have a plan.
    pub planned: Arc<[(usize, String, Planned)]>,
    /// Those that the interpreter evaluates: the others, and all where both are to be compared.
    pub interpreted: Option<Group>,
}

/// Rules in one rule that holds their values, and its halves.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    /// The rule whose value is a set of `[index, value]`.
    pub path: String,
    pub rules: Arc<[(usize, String)]>,
    pub parts: Arc<[Group]>,
}

/// What is said of a text in which expressions stand too deep in one another, be it for the stack or for the time.
const TOO_DEEP: &str = "expressions are nested too deep";

/// The package of the rules that hold the values of others.
const AGGREGATES: &str = "portcullis_aggregates";

impl Library {
    /// Parses, checks and compiles. What is at fault is left out, and said.
    ///
    /// `data` is the object that policies see as `data`, undefined for none. Where a rule and a data document have one path,
    /// the rule's value stands.
    pub fn compile(modules: &[Module], data: &Value, options: &Options) -> (Self, Vec<Fault>) {
        Self::load(modules, data, options, prepare)
    }

    /// Parses and checks, for [`Library::aggregate`] to compile: nothing may be evaluated before, and what does not compile
    /// is that function's fault.
    pub(crate) fn parse(modules: &[Module], data: &Value, options: &Options) -> (Self, Vec<Fault>) {
        Self::load(modules, data, options, |_| Ok(()))
    }

    fn load(
        modules: &[Module],
        data: &Value,
        options: &Options,
        prepare: impl Fn(&mut Engine) -> Result<(), Fault>,
    ) -> (Self, Vec<Fault>) {
        let mut faults = Vec::new();
        let mut sources: BTreeMap<&str, &Module> = BTreeMap::new();
        for module in modules {
            if sources.insert(&module.path, module).is_some() {
                faults.push(Fault::new(&module.path, 0, 0, "two policies have this path"));
            }
        }
        let mut sources: Vec<&Module> = sources.into_values().collect();
        let (mut engine, mut columns, mut literals) = load(&mut sources, data, options, &mut faults);
        loop {
            let mut found = check::faults(&mut engine, &faults);
            if found.is_empty() {
                found.extend(prepare(&mut engine).err());
            }
            found = found.into_iter().map(|fault| columns.correct(fault)).collect();
            // What was put behind a last line is at fault where what it stands for is.
            let is_behind = |fault: &Fault| {
                let module = sources.iter().find(|module| *module.path == fault.path);
                module.is_some_and(|module| module.text.split('\n').count() < fault.line as usize)
            };
            if !found.iter().all(is_behind) {
                found.retain(|fault| !is_behind(fault));
            }
            let Some(first) = found.first() else { break };
            let known = sources.len();
            sources.retain(|module| found.iter().all(|fault| fault.path != *module.path));
            if sources.len() == known {
                // Nobody is to blame by name, so nothing can be left out.
                let first = first.clone();
                faults.push(first);
                sources.clear();
            } else {
                faults.append(&mut found);
            }
            (engine, columns, literals) = load(&mut sources, data, options, &mut faults);
        }
        let packages: Vec<Package> = engine.get_modules().iter().map(|module| declaration::package(module)).collect();
        let mut annotations = Vec::new();
        for package in &packages {
            let module = sources.iter().find(|module| *module.path == package.module);
            annotations.extend(module.into_iter().flat_map(|module| annotation::read(module, package, &mut faults)));
        }
        let rules = packages.iter().flat_map(|package| &package.rules).filter(|rule| is_addressable(rule));
        let rules = Arc::new(rules.map(|rule| rule.path.clone()).collect());
        faults.sort();
        let groups = Arc::from(Vec::new());
        let columns = Arc::new(columns);
        let program = Arc::new(Program::new(engine.get_modules(), data, &literals, options));
        let library = Self { engine, options: options.clone(), packages, annotations, rules, groups, columns, program };
        (library, faults)
    }

    /// The packages of the modules that were loaded, in order of the modules' paths.
    pub fn packages(&self) -> &[Package] {
        &self.packages
    }

    /// What the modules say about themselves, in order of paths and lines.
    pub fn annotations(&self) -> &[Annotation] {
        &self.annotations
    }

    /// Puts rules together that are evaluated for the same input, one aggregate for each list of paths, and compiles. To be
    /// called once, before workers are made: what was compiled is compiled again.
    pub fn aggregate<S: AsRef<str>>(&mut self, lists: &[Vec<S>]) -> Result<Vec<Aggregate>, Fault> {
        let mut text = format!("package {AGGREGATES}\n\nimport rego.v1\n");
        let mut groups = self.groups.to_vec();
        let mut made = Vec::new();
        let mut count = 0;
        for list in lists {
            let mut rules: Vec<(usize, String)> =
                list.iter().map(|path| path.as_ref().to_owned()).enumerate().collect();
            let planned: Arc<[_]> = rules
                .iter()
                .filter_map(|(index, path)| Some((*index, path.clone(), self.program.find(path)?)))
                .collect();
            if self.options.evaluation != Evaluation::Checked {
                rules.retain(|(_, path)| self.program.find(path).is_none());
            }
            made.push(Aggregate(groups.len()));
            let interpreted = (!rules.is_empty()).then(|| group(&rules, groups.len(), &mut count, &mut text));
            groups.push(Together { planned, interpreted });
        }
        let name = format!("<{AGGREGATES}-{}>", self.groups.len());
        self.engine.add_policy(name, text).map_err(|error| Fault::read(&error.to_string()))?;
        prepare(&mut self.engine)?;
        let mut rules = BTreeSet::clone(&self.rules);
        rules.extend(groups.iter().filter_map(|group| group.interpreted.as_ref()).flat_map(Group::paths));
        self.rules = Arc::new(rules);
        self.groups = Arc::from(groups);
        Ok(made)
    }

    /// An evaluator for one thread. It shares what was compiled.
    pub fn worker(&self) -> Worker {
        let interpreter =
            Interpreter::new(&self.engine, Arc::clone(&self.rules), Arc::clone(&self.columns), self.options.limits);
        Worker::new(interpreter, Arc::clone(&self.groups), Arc::clone(&self.program), self.options.evaluation)
    }

    /// Whether a rule is evaluated without the interpreter, as long as nothing is peculiar.
    pub fn is_planned(&self, path: &str) -> bool {
        self.program.find(path).is_some()
    }
}

impl Group {
    fn paths(&self) -> Vec<String> {
        let parts = self.parts.iter().flat_map(Group::paths);
        std::iter::once(self.path.clone()).chain(parts).collect()
    }
}

fn group(rules: &[(usize, String)], aggregate: usize, count: &mut usize, text: &mut String) -> Group {
    let name = format!("a{aggregate}_{count}");
    *count = count.saturating_add(1);
    if rules.len() > 1 {
        for (index, path) in rules {
            // Writing to a string cannot fail.
            let _ = write!(text, "\n{name} contains [{index}, value] if value := {path}\n");
        }
    }
    let halves = rules.split_at_checked(rules.len() / 2).filter(|_| rules.len() > 1);
    let parts = halves.into_iter().flat_map(|(first, second)| [first, second]);
    let parts = parts.map(|part| group(part, aggregate, count, text)).collect();
    Group { path: format!("data.{AGGREGATES}.{name}"), rules: Arc::from(rules), parts }
}

/// An engine with all modules that parse; those that do not are taken out of the list.
fn load(
    sources: &mut Vec<&Module>,
    data: &Value,
    options: &Options,
    faults: &mut Vec<Fault>,
) -> (Engine, Columns, Literals) {
    let mut engine = interpreter::engine(options);
    let mut columns = Columns::default();
    let mut literals = Literals::default();
    if !data.is_undefined()
        && let Err(error) = engine.add_data(data.0.clone())
    {
        faults.push(Fault::new("", 0, 0, format!("data: {error}")));
    }
    let plain: Vec<_> = sources.iter().map(|module| rewrite::plain(&module.text)).collect();
    let (mut outlines, mut templates) = (Vec::new(), Vec::new());
    let mut texts = plain.iter();
    sources.retain(|module| {
        let Some((text, added)) = texts.next() else { return false };
        let outline = Outline::new(text);
        if let Some((line, column)) = rewrite::too_deep(&outline) {
            columns.insert(&module.path, added.clone(), Default::default(), Vec::new(), Default::default());
            faults.push(columns.correct(Fault::new(&module.path, line, column, TOO_DEEP)));
            return false;
        }
        outlines.push(outline);
        templates.push(added);
        true
    });
    let mut heads = Heads::default();
    for outline in &outlines {
        heads.read(outline);
    }
    let declared: Vec<Declared> = outlines.iter().map(Declared::read).collect();
    let texts: Vec<&str> = sources.iter().map(|module| &*module.text).collect();
    let mut said = rewrite::said(&texts, &declared).into_iter();
    let texts: Vec<_> = texts.into_iter().zip(&outlines).collect();
    let mut parts = rewrite::parts(&texts, &declared, options.definitions).into_iter();
    let mocks = Mocks::read(&outlines, &declared);
    let mut outlines = outlines.iter().zip(templates).zip(&declared);
    sources.retain(|module| {
        let (said, parts) = (said.next().unwrap_or_default(), parts.next());
        let Some(((outline, templates), declared)) = outlines.next() else { return false };
        if let Some((line, column)) = rewrite::enormous_number(outline) {
            faults.push(Fault::new(&module.path, line, column, "the number is too large"));
            return false;
        }
        let rewritten = rewrite::rewrite(outline, &heads, &said, parts.as_ref());
        let (text, paths) = mocks.rewrite(rewritten.text, declared);
        let flat = rewrite::flat(text, &mut literals);
        columns.insert(&module.path, templates.clone(), rewritten.added, paths, flat.added);
        if let Some((line, column)) = flat.too_deep {
            faults.push(columns.correct(Fault::new(&module.path, line, column, TOO_DEEP)));
            return false;
        }
        let version = if module.version == RegoVersion::Auto { options.version } else { module.version };
        let added = add(&mut engine, &module.path, &flat.text, version);
        added.map_err(|fault| faults.push(columns.correct(fault))).is_ok()
    });
    engine.set_rego_v0(false);
    literals::install(&mut engine, &literals);
    (engine, columns, literals)
}

fn add(engine: &mut Engine, path: &str, text: &str, version: RegoVersion) -> Result<(), Fault> {
    let mut parse = |is_v0| {
        guarded(|| {
            engine.set_rego_v0(is_v0);
            let added = engine.add_policy(path.to_owned(), text.to_owned());
            added.map(drop).map_err(|error| Fault::read(&error.to_string()))
        })
        .map_err(|fault| Fault { path: path.to_owned(), ..fault })
    };
    match version {
        RegoVersion::V0 => parse(true),
        RegoVersion::V1 => parse(false),
        RegoVersion::Auto => match parse(false) {
            Err(fault) if !text.contains("import rego.v1") => match parse(true) {
                // What a file of the new form says about itself is of more use than what the old form makes of it.
                Err(old) if is_about_form(&fault) => Err(old),
                Err(_) => Err(fault),
                Ok(()) => Ok(()),
            },
            result => result,
        },
    }
}

/// Whether version 1 refuses what version 0 knows, so that the file is of version 0.
fn is_about_form(fault: &Fault) -> bool {
    ["`if`", "`contains`", "keyword"].iter().any(|word| fault.message.contains(word))
}

/// Compiles what was parsed; the first thing that does not compile is the fault.
fn prepare(engine: &mut Engine) -> Result<(), Fault> {
    let result = guarded(|| {
        let result = engine.eval_query("true".to_owned(), false);
        result.map(drop).map_err(|error| Fault::read(&error.to_string()))
    });
    result.map_err(|fault| Fault { message: format!("does not compile: {}", fault.message), ..fault })
}

/// Whether the interpreter evaluates the rule by its path. Functions have no value, and rules with several components in
/// their heads are found by queries only.
fn is_addressable(rule: &declaration::Rule) -> bool {
    !matches!(rule.kind, RuleKind::Function { .. } | RuleKind::Object)
        && rule.path.ends_with(&format!(".{}", rule.name))
}
