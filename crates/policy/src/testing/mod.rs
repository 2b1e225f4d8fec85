//! Tests of policies, as `opa test` has them: rules whose names start with `test_`.
//!
//! A test holds where its value is true; undefined and any other value is a failure. Tests of one name in a package are
//! tests of their own, and so are the cases of `test_x[name] if { some name, case in cases; … }`: each must hold. Which files
//! hold policies and data is the caller's to say.

mod cases;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use portcullis_core::{FileCoverage, Outcome, TestCase, TestReport};
use regex::Regex;

use crate::declaration::{Rule, RuleKind};
use crate::library::Library;
use crate::module::{Counting, Fault, Module, Options};
use crate::value::{Value, View};
use crate::worker::{Coverage, Worker};

/// Policies and the tests among them.
pub struct Tests {
    library: Library,
    /// Those of each package.
    packages: BTreeMap<String, Vec<Test>>,
    /// How many lines each module has: what stands behind was added here.
    lines: BTreeMap<String, u32>,
    /// The lines of each module's bodies: the interpreter does not know a module that nothing evaluated.
    bodies: BTreeMap<String, BTreeSet<u32>>,
}

/// A rule that is a test.
#[derive(Clone, Debug)]
struct Test {
    path: String,
    line: u32,
    package: String,
    name: String,
    /// The rule that is evaluated; not the test's own name where several tests have it.
    rule: String,
    form: Form,
}

#[derive(Clone, Debug)]
enum Form {
    /// Holds where it is true.
    Single,
    /// Each value of the set that is the rule `names` is a case, and must be a key of the test's value.
    Cases { names: String },
    /// Holds cases that cannot be told before they are evaluated.
    UnknownCases,
    /// Is not run.
    Skipped,
}

/// What the tests of one package gave.
pub struct PackageRun {
    cases: Vec<TestCase>,
    coverage: Vec<Coverage>,
}

impl Tests {
    /// Loads policies with the tests among them. What is at fault is left out, and said.
    pub fn compile(modules: &[Module], data: &Value, options: &Options) -> (Self, Vec<Fault>) {
        let (mut library, mut faults) = Library::compile(modules, data, options);
        let mut modules = modules.to_vec();
        let lines = modules.iter().map(|module| {
            let lines = u32::try_from(module.text.lines().count()).unwrap_or(u32::MAX);
            (module.path.to_string(), lines)
        });
        let lines = lines.collect();
        let bodies = if options.coverage == Counting::On { bodies(&library, &modules) } else { BTreeMap::new() };
        let mut tests = find(&library);
        if separate(&mut tests, &mut modules, &mut faults) {
            // The names that were given above are seen by those of the second library.
            let (separated, found) = Library::compile(&modules, data, options);
            library = separated;
            faults.extend(found);
            faults.sort();
            faults.dedup();
        }
        let mut packages: BTreeMap<String, Vec<Test>> = BTreeMap::new();
        for test in tests {
            packages.entry(test.package.clone()).or_default().push(test);
        }
        (Self { library, packages, lines, bodies }, faults)
    }

    /// Leaves out the tests whose names (`data.main.test_deny`) the pattern is not found in.
    pub fn keep(&mut self, pattern: &Regex) {
        self.packages.retain(|package, tests| {
            tests.retain(|test| pattern.is_match(&format!("{package}.{}", test.name)));
            !tests.is_empty()
        });
    }

    /// The packages that have tests.
    pub fn packages(&self) -> Vec<&str> {
        self.packages.keys().map(String::as_str).collect()
    }

    /// Runs the tests of a package. Packages do not see each other's runs, so that threads may share them.
    pub fn run(&self, package: &str) -> PackageRun {
        let mut worker = self.library.worker();
        let tests = self.packages.get(package);
        let cases = tests.into_iter().flatten().map(|test| run(&mut worker, test)).collect();
        PackageRun { cases, coverage: worker.coverage() }
    }

    /// Puts together what the packages gave. `covered` says which files' lines are of interest, if any are.
    pub fn report(&self, runs: Vec<PackageRun>, covered: Option<fn(&str) -> bool>) -> TestReport {
        let mut report = TestReport::default();
        let mut files: BTreeMap<String, FileCoverage> = BTreeMap::new();
        for run in runs {
            report.cases.extend(run.cases);
            for mut file in run.coverage {
                let last = self.lines.get(&file.path).copied().unwrap_or(u32::MAX);
                file.covered.retain(|line| *line <= last);
                file.missed.retain(|line| *line <= last);
                let path = file.path.clone();
                let known = files.entry(file.path).or_insert_with(|| FileCoverage {
                    path,
                    covered: file.covered.clone(),
                    missed: file.missed.clone(),
                });
                known.covered.append(&mut file.covered);
                known.missed.append(&mut file.missed);
            }
        }
        report.cases.sort_by(|a, b| (&a.path, a.line, &a.name).cmp(&(&b.path, b.line, &b.name)));
        for (path, lines) in &self.bodies {
            files.entry(path.clone()).or_insert_with(|| FileCoverage {
                path: path.clone(),
                covered: BTreeSet::new(),
                missed: lines.clone(),
            });
        }
        report.coverage = covered.map(|is_covered| {
            let files = files.into_values().filter(|file| is_covered(&file.path));
            let files = files.map(|mut file| {
                file.missed.retain(|line| !file.covered.contains(line));
                file
            });
            files.collect()
        });
        report
    }
}

/// The lines that rules evaluate: of a definition of several lines those below its head, without comments and brackets.
fn bodies(library: &Library, modules: &[Module]) -> BTreeMap<String, BTreeSet<u32>> {
    let texts: BTreeMap<&str, &str> = modules.iter().map(|module| (&*module.path, &*module.text)).collect();
    let mut bodies: BTreeMap<String, BTreeSet<u32>> = BTreeMap::new();
    for package in library.packages() {
        let text: Vec<&str> = texts.get(package.module.as_str()).copied().unwrap_or_default().lines().collect();
        let is_code = |line: &u32| {
            let text = usize::try_from(*line).ok().and_then(|line| text.get(line.checked_sub(1)?));
            text.is_some_and(|text| !text.trim_start().starts_with('#') && text.contains(char::is_alphanumeric))
        };
        let lines = bodies.entry(package.module.clone()).or_default();
        for rule in &package.rules {
            let first = if rule.line < rule.last_line { rule.line.saturating_add(1) } else { rule.line };
            lines.extend((first..=rule.last_line).filter(is_code));
        }
    }
    bodies
}

/// The tests of a library, in order of modules and lines.
fn find(library: &Library) -> Vec<Test> {
    let mut tests = Vec::new();
    for package in library.packages() {
        for rule in &package.rules {
            let is_test = rule.name.starts_with("test_");
            let is_skipped = rule.name.starts_with("todo_test_");
            if !is_test && !is_skipped || matches!(rule.kind, RuleKind::Function { .. } | RuleKind::Default) {
                continue;
            }
            tests.push(Test {
                path: package.module.clone(),
                line: rule.line,
                package: package.path.clone(),
                name: rule.name.clone(),
                rule: rule.path.clone(),
                form: if is_skipped { Form::Skipped } else { form(rule) },
            });
        }
    }
    tests
}

fn form(rule: &Rule) -> Form {
    if rule.kind == RuleKind::Object { Form::UnknownCases } else { Form::Single }
}

/// Gives tests of one name a name each, and the names of cases a rule; whether any text changed.
fn separate(tests: &mut [Test], modules: &mut [Module], faults: &mut Vec<Fault>) -> bool {
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    // Texts with their rules renamed, before rules are put behind them.
    let mut changed: BTreeMap<String, (cases::Text, String)> = BTreeMap::new();
    for test in tests.iter_mut().filter(|test| !matches!(test.form, Form::Skipped)) {
        let count = seen.entry(test.rule.clone()).or_default();
        *count = count.saturating_add(1);
        let is_again = *count > 1;
        if !is_again && matches!(test.form, Form::Single) {
            continue;
        }
        let Some(module) = modules.iter().find(|module| *module.path == test.path) else { continue };
        let (text, added) =
            changed.entry(test.path.clone()).or_insert_with(|| (cases::Text::new(&module.text), String::new()));
        if matches!(test.form, Form::UnknownCases)
            && let Some(rule) = text.cases(test.line, &test.name)
        {
            let name = format!("{}__cases_{count}", test.name);
            added.push_str(&rule.text(&name));
            test.form = Form::Cases { names: format!("{}.{name}", test.package) };
        }
        if is_again {
            let name = format!("{}__{count}", test.name);
            if text.rename(test.line, &test.name, &name) {
                test.rule = format!("{}.{name}", test.package);
            } else {
                let message = format!("the test `{}` is defined twice; give it another name", test.name);
                faults.push(Fault::new(&test.path, test.line, 0, message));
            }
        }
    }
    for module in modules.iter_mut() {
        if let Some((text, added)) = changed.remove(&*module.path) {
            module.text = Arc::from(text.into_string() + &added);
        }
    }
    tests
        .iter()
        .any(|test| matches!(test.form, Form::Cases { .. }) || test.rule != format!("{}.{}", test.package, test.name))
}

fn run(worker: &mut Worker, test: &Test) -> TestCase {
    let outcome = match &test.form {
        Form::Skipped => Outcome::Skipped,
        Form::Single => single(worker, &test.rule),
        Form::Cases { names } => cases(worker, &test.rule, names),
        Form::UnknownCases => Outcome::Error(
            "which cases it has cannot be told; start it with `some name, case in …`, or write a test for each"
                .to_owned(),
        ),
    };
    let prints = worker.prints().into_iter().map(|print| match print.line {
        0 => print.text,
        line => format!("{}:{line}: {}", print.path, print.text),
    });
    TestCase {
        path: test.path.clone(),
        line: test.line,
        group: test.package.clone(),
        name: test.name.clone(),
        outcome,
        prints: prints.collect(),
    }
}

fn single(worker: &mut Worker, rule: &str) -> Outcome {
    let value = match worker.rule(rule, &Value::UNDEFINED) {
        Ok(value) => value,
        Err(fault) => return Outcome::Error(fault.to_string()),
    };
    match value.view() {
        View::Bool(true) => Outcome::Passed,
        View::Undefined => Outcome::Failed("it is undefined".to_owned()),
        _ => Outcome::Failed(format!("it is {}, not true", shown(&value))),
    }
}

fn cases(worker: &mut Worker, rule: &str, names: &str) -> Outcome {
    let values = worker.rule(rule, &Value::UNDEFINED).and_then(|held| {
        let names = worker.rule(names, &Value::UNDEFINED)?;
        Ok((held, names))
    });
    let (held, names) = match values {
        Ok(values) => values,
        Err(fault) => return Outcome::Error(fault.to_string()),
    };
    let is_true = |name: &Value| held.entries().any(|(key, value)| key == *name && value.as_bool() == Some(true));
    let failed: Vec<String> = names.items().filter(|name| !is_true(name)).map(|name| shown(&name)).collect();
    match failed.as_slice() {
        [] if names.is_empty() => Outcome::Failed("it has no cases".to_owned()),
        [] => Outcome::Passed,
        [one] => Outcome::Failed(format!("the case {one} does not hold")),
        many => Outcome::Failed(format!("the cases {} do not hold", many.join(", "))),
    }
}

/// A value in a message, which long ones do not help.
fn shown(value: &Value) -> String {
    const LONGEST: usize = 200;
    let text = value.to_json().to_string();
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}
