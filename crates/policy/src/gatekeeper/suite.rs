//! Suites: tests of templates and constraints, as `gator verify` reads and judges them.
//!
//! Files are read by whoever runs a suite; paths in it are relative to it.

use std::sync::Arc;

use portcullis_syntax::Dialect;
use regex::Regex;

use super::constraint::Point;
use super::inventory::Inventory;
use super::object::{Identity, Object, at, documents, text};
use super::policies::{Gatekeeper, Loaded, Policies};
use super::review::{Outcome, Review, Violation};
use crate::module::{Fault, Options};
use crate::value::{Value, View};

/// A file of tests.
#[derive(Clone, Debug)]
pub struct Suite {
    /// The path of the file.
    pub path: Arc<str>,
    /// `metadata.name`.
    pub name: String,
    /// Whether it is left out.
    pub skip: bool,
    /// Its tests, in order.
    pub tests: Vec<Test>,
}

/// A template with a constraint, and what it should say.
#[derive(Clone, Debug)]
pub struct Test {
    /// What it is called.
    pub name: String,
    /// The file of the template.
    pub template: String,
    /// The file of the constraint.
    pub constraint: String,
    /// The file of expansion templates; empty for none.
    pub expansion: String,
    /// Whether the constraint must break the template's schema.
    pub invalid: bool,
    /// Whether it is left out.
    pub skip: bool,
    /// Its cases, in order.
    pub cases: Vec<Case>,
}

/// One object.
#[derive(Clone, Debug)]
pub struct Case {
    /// What it is called.
    pub name: String,
    /// The file of the object.
    pub object: String,
    /// Files of objects that policies look up.
    pub inventory: Vec<String>,
    /// What must hold; at least one.
    pub assertions: Vec<Assertion>,
    /// Whether it is left out.
    pub skip: bool,
}

/// What must hold for the violations of a case.
#[derive(Clone, Debug)]
pub struct Assertion {
    /// How many there must be.
    pub violations: Count,
    /// Only violations whose message matches are counted.
    pub message: Option<Regex>,
}

/// How many violations there must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    /// At least one.
    Some,
    /// None.
    None,
    /// So many.
    Exactly(usize),
}

/// What came of a suite.
#[derive(Clone, Debug)]
pub struct SuiteResult {
    /// Its tests; none for a suite that is left out.
    pub tests: Vec<TestResult>,
}

/// What came of a test.
#[derive(Clone, Debug)]
pub struct TestResult {
    /// What it is called.
    pub name: String,
    /// Of the test as a whole: failed where template or constraint cannot be used.
    pub verdict: Verdict,
    /// Its cases; none where the test failed as a whole or is left out.
    pub cases: Vec<CaseResult>,
}

/// What came of a case.
#[derive(Clone, Debug)]
pub struct CaseResult {
    /// What it is called.
    pub name: String,
    /// What came of it.
    pub verdict: Verdict,
}

/// What came of a test or case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// All is as it should be.
    Passed,
    /// It was left out.
    Skipped,
    /// Why it failed.
    Failed(String),
}

/// How a suite's files are read: the text of a path, or why it cannot be.
pub type ReadFile<'r> = &'r mut dyn FnMut(&str) -> Result<String, String>;

impl Suite {
    /// Reads the suite of a file: none where it holds something else.
    pub fn read(path: &str, text: &str) -> Result<Option<Self>, Fault> {
        // `no` and `yes` are texts in a suite.
        let documents = documents(path, text, Dialect::Yaml12)?;
        let is_suite = |document: &&Value| {
            let identity = Identity::of(document);
            identity.group == "test.gatekeeper.sh" && identity.kind == "Suite"
        };
        let Some(suite) = documents.iter().find(is_suite) else { return Ok(None) };
        let fault = |message: String| Fault::new(path, 0, 0, message);
        let tests = list(suite, "tests").iter().map(test).collect::<Result<_, _>>().map_err(fault)?;
        let name = Identity::of(suite).name;
        Ok(Some(Self { path: Arc::from(path), name, skip: flag(suite, "skip"), tests }))
    }

    /// Runs the tests. `read` gives the texts of files.
    pub fn run(&self, read: ReadFile<'_>, options: &Options) -> SuiteResult {
        let tests = self.tests.iter().filter(|_| !self.skip);
        SuiteResult { tests: tests.map(|test| self.run_test(test, read, options)).collect() }
    }

    fn run_test(&self, test: &Test, read: ReadFile<'_>, options: &Options) -> TestResult {
        let result = |verdict, cases| TestResult { name: test.name.clone(), verdict, cases };
        if test.skip {
            return result(Verdict::Skipped, Vec::new());
        }
        match self.load(test, read) {
            Err(message) => result(Verdict::Failed(message), Vec::new()),
            Ok(loaded) if test.invalid => result(judge_invalid(&loaded), Vec::new()),
            Ok(loaded) => match usable(&loaded, options) {
                Err(message) => result(Verdict::Failed(message), Vec::new()),
                Ok(gatekeeper) => {
                    let cases = test.cases.iter();
                    let cases = cases.map(|case| CaseResult {
                        name: case.name.clone(),
                        verdict: match self.run_case(case, &loaded.policies, &gatekeeper, read, options) {
                            _ if case.skip => Verdict::Skipped,
                            Ok(()) => Verdict::Passed,
                            Err(message) => Verdict::Failed(message),
                        },
                    });
                    result(Verdict::Passed, cases.collect())
                }
            },
        }
    }

    fn load(&self, test: &Test, read: ReadFile<'_>) -> Result<Loaded, String> {
        if test.template.is_empty() || test.constraint.is_empty() {
            return Err("the test needs a template and a constraint".to_owned());
        }
        let mut objects = Vec::new();
        for path in [&test.template, &test.constraint, &test.expansion].into_iter().filter(|path| !path.is_empty()) {
            objects.extend(self.objects(path, read)?);
        }
        Ok(Policies::load(&objects))
    }

    fn run_case(
        &self,
        case: &Case,
        policies: &Policies,
        bare: &Gatekeeper,
        read: ReadFile<'_>,
        options: &Options,
    ) -> Result<(), String> {
        if case.skip {
            return Ok(());
        }
        if case.object.is_empty() {
            return Err("the case names no object".to_owned());
        }
        if case.assertions.is_empty() {
            return Err("the case asserts nothing".to_owned());
        }
        let objects = self.objects(&case.object, read)?;
        let [object] = objects.as_slice() else {
            return Err(format!("{} has {} objects, not one", case.object, objects.len()));
        };
        let mut inventory = Vec::new();
        for path in &case.inventory {
            inventory.extend(self.objects(path, read)?);
        }
        let mut reviewer = if inventory.is_empty() {
            bare.reviewer()
        } else {
            let (gatekeeper, faults) = policies.compile(Inventory::new(&inventory), options);
            first(&faults)?;
            gatekeeper.reviewer()
        };
        let outcome = if Review::is_admission(&object.value) {
            reviewer.review(&Review::of_admission(&object.value)?, Point::Files)
        } else {
            reviewer.review_object(&object.value, Point::Files)
        };
        judge(&outcome, &case.assertions)
    }

    fn objects(&self, path: &str, read: ReadFile<'_>) -> Result<Vec<Object>, String> {
        let path = beside(&self.path, path).ok_or_else(|| format!("{path} is outside of the tree"))?;
        let text = read(&path)?;
        Object::read(&path, &text).map_err(|fault| fault.to_string())
    }
}

fn judge_invalid(loaded: &Loaded) -> Verdict {
    if loaded.faults.is_empty() {
        Verdict::Failed("the constraint is valid, and should not be".to_owned())
    } else {
        Verdict::Passed
    }
}

fn usable(loaded: &Loaded, options: &Options) -> Result<Gatekeeper, String> {
    first(&loaded.faults)?;
    first(&loaded.notes)?;
    if loaded.policies.is_empty() {
        return Err("there is no constraint".to_owned());
    }
    let (gatekeeper, faults) = loaded.policies.compile(Inventory::default(), options);
    first(&faults).map(|()| gatekeeper)
}

fn first(faults: &[Fault]) -> Result<(), String> {
    faults.first().map_or(Ok(()), |fault| Err(fault.to_string()))
}

fn judge(outcome: &Outcome, assertions: &[Assertion]) -> Result<(), String> {
    first(&outcome.faults)?;
    if let Some(undecided) = outcome.undecided.first() {
        return Err(format!("{} {}: {}", undecided.kind, undecided.constraint, undecided.reason));
    }
    assertions.iter().try_for_each(|assertion| assertion.holds(&outcome.violations))
}

impl Assertion {
    fn holds(&self, violations: &[Violation]) -> Result<(), String> {
        let matches =
            |violation: &&Violation| self.message.as_ref().is_none_or(|regex| regex.is_match(&violation.message));
        let found = violations.iter().filter(matches).count();
        let wanted = match self.violations {
            Count::Some if found == 0 => "at least 1".to_owned(),
            Count::None if found > 0 => "none".to_owned(),
            Count::Exactly(wanted) if found != wanted => format!("exactly {wanted}"),
            _ => return Ok(()),
        };
        let matching = self.message.as_ref().map(|regex| format!(" matching `{regex}`")).unwrap_or_default();
        let messages: Vec<&str> = violations.iter().map(|violation| violation.message.as_str()).collect();
        Err(format!("{found} violations{matching}, not {wanted}; messages: {messages:?}"))
    }
}

fn test(test: &Value) -> Result<Test, String> {
    let name = text(test, &["name"]);
    let cases = list(test, "cases").iter().map(case).collect::<Result<_, _>>();
    Ok(Test {
        template: text(test, &["template"]),
        constraint: text(test, &["constraint"]),
        expansion: text(test, &["expansion"]),
        invalid: flag(test, "invalid"),
        skip: flag(test, "skip"),
        cases: cases.map_err(|message| format!("test `{name}`: {message}"))?,
        name,
    })
}

fn case(case: &Value) -> Result<Case, String> {
    let name = text(case, &["name"]);
    let assertions = list(case, "assertions").iter().map(assertion).collect::<Result<_, _>>();
    Ok(Case {
        object: text(case, &["object"]),
        inventory: list(case, "inventory").iter().filter_map(|path| path.as_str().map(str::to_owned)).collect(),
        assertions: assertions.map_err(|message| format!("case `{name}`: {message}"))?,
        skip: flag(case, "skip"),
        name,
    })
}

fn assertion(assertion: &Value) -> Result<Assertion, String> {
    let wanted = at(assertion, &["violations"]);
    let violations = match wanted.as_ref().map(Value::view) {
        None | Some(View::String("yes") | View::Bool(true)) => Count::Some,
        Some(View::String("no") | View::Bool(false)) => Count::None,
        Some(_) => {
            let count = wanted.as_ref().and_then(Value::as_i64).and_then(|count| usize::try_from(count).ok());
            Count::Exactly(count.ok_or("`violations` is not yes, no or a number")?)
        }
    };
    let message = at(assertion, &["message"]);
    let message = message.as_ref().and_then(Value::as_str).map(Regex::new).transpose();
    Ok(Assertion { violations, message: message.map_err(|error| format!("`message`: {error}"))? })
}

fn list(value: &Value, key: &str) -> Vec<Value> {
    at(value, &[key]).iter().flat_map(Value::items).collect()
}

fn flag(value: &Value, key: &str) -> bool {
    value.get(key).and_then(|flag| flag.as_bool()) == Some(true)
}

/// The path of a file that another file names; none where it leads out of the tree.
fn beside(file: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = file.split('/').collect();
    parts.pop();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}
