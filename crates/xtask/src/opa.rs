//! OPA's own cases, evaluated by ours, with every miss and its reason: `tests/peers/opa.md`.
//!
//! The cases are not part of this repository: a checkout of open-policy-agent/opa is named on the command line. A case is
//! modules, data, an input, a query, and what is due: bindings or an error. Texts of errors are not compared, for ours name
//! other things; that there is one is.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use portcullis_core::FileId;
use portcullis_policy::{BuiltinErrors, Evaluation, Fault, Library, Limits, Module, Options, RegoVersion, Value, View};
use portcullis_syntax::{Dialect, yaml};

use crate::workspace;

/// Runs the cases of both versions of the language, writes the summary, and prints the details of each miss.
pub(crate) fn conformance(checkout: &str) -> Result<()> {
    let cases = Path::new(checkout).join("v1/test/cases/testdata");
    let mut tally = Tally::default();
    for (name, version) in [("v1", RegoVersion::V1), ("v0", RegoVersion::V0)] {
        let root = cases.join(name);
        let mut files = Vec::new();
        documents(&root, &mut files)?;
        files.sort();
        for file in &files {
            let path = file.strip_prefix(&root)?.to_str().context("a path is no text")?;
            let text = fs::read_to_string(file).with_context(|| path.to_owned())?;
            let tree = yaml::parse(FileId::default(), &Arc::from(text), Dialect::Yaml12);
            let documents = tree.documents().map(|document| Value::from_node(document.root));
            for case in documents.flat_map(|document| list(&document, "cases")) {
                let missed = run(&case, version).err();
                if let Some(miss) = &missed {
                    println!("MISS {name}/{path}: {}: {}\n     {}", text_of(&case, "note"), miss.reason, miss.details);
                }
                tally.add(name, path, &case, missed);
            }
        }
    }
    if tally.folders.is_empty() {
        bail!("{} has no cases", cases.display());
    }
    let summary = tally.summary();
    let path = workspace::root()?.join("tests/peers/opa.md");
    fs::create_dir_all(path.parent().context("a file has a folder")?)?;
    fs::write(&path, &summary)?;
    let all = tally.folders.values().fold((0, 0), |all, folder| (all.0 + folder.passed(), all.1 + folder.cases()));
    println!("{} of {} pass; {} is written", all.0, all.1, path.display());
    Ok(())
}

/// What a case gives instead of what is due.
struct Miss {
    /// The same for all cases that miss for one cause.
    reason: String,
    details: String,
}

fn miss(reason: impl Into<String>, details: impl Into<String>) -> Miss {
    Miss { reason: reason.into(), details: details.into() }
}

fn run(case: &Value, version: RegoVersion) -> Result<(), Miss> {
    let mut modules: Vec<Module> = list(case, "modules")
        .iter()
        .enumerate()
        .map(|(at, text)| Module {
            version,
            ..Module::new(format!("test-{at}.rego"), text.as_str().unwrap_or_default())
        })
        .collect();
    let wanted = list(case, "want_result");
    let names: Vec<String> = wanted
        .first()
        .map(|row| row.entries().filter_map(|(key, _)| key.as_str().map(str::to_owned)).collect())
        .unwrap_or_default();
    let row: Vec<String> = names.iter().map(|name| format!("\"{name}\": {name}")).collect();
    let query = format!("[{{{}}} | {}]", row.join(", "), text_of(case, "query"));
    // A query that calls is a rule, for what is read of rules is not read of queries.
    let query = if text_of(case, "query").contains('(') {
        let text = format!("package portcullis_query\n\nresult := {query}\n");
        modules.push(Module { version: RegoVersion::V1, ..Module::new("query.rego", text) });
        "data.portcullis_query.result".to_owned()
    } else {
        query
    };
    let is_strict = case.get("strict_error").and_then(|value| value.as_bool()) == Some(true);
    let options = Options {
        version,
        builtin_errors: if is_strict { BuiltinErrors::Strict } else { BuiltinErrors::Undefined },
        limits: Limits { time: Duration::from_secs(5), ..Limits::default() },
        evaluation: Evaluation::Checked,
        ..Options::default()
    };
    let wants_error = case.get("want_error").is_some() || case.get("want_error_code").is_some();
    let data = case.get("data").filter(|data| *data != Value::NULL).unwrap_or(Value::UNDEFINED);
    let (library, faults) = Library::compile(&modules, &data, &options);
    if let Some(fault) = faults.first() {
        // What is refused because it is not there is no answer to what a wrong call gives.
        let is_missing = fault.message.contains("not supported") || fault.message.contains("not allowed");
        return if wants_error && !is_missing { Ok(()) } else { Err(refused("not loaded", fault)) };
    }
    let mut worker = library.worker();
    let input = match case.get("input_term") {
        Some(term) => worker
            .query(term.as_str().unwrap_or_default(), &Value::UNDEFINED)
            .map_err(|fault| refused("input_term", &fault))?,
        None => case.get("input").unwrap_or(Value::UNDEFINED),
    };
    // Queries are the interpreter's. What rules give must be the same without it.
    let rules = library.packages().iter().flat_map(|package| &package.rules);
    for rule in rules.filter(|rule| library.is_planned(&rule.path)) {
        if let Err(fault) = worker.rule(&rule.path, &input)
            && fault.message.contains("its plan gives")
        {
            return Err(miss("a plan differs from the interpreter", fault.message));
        }
    }
    match (worker.query(&query, &input), wants_error) {
        (Err(_), true) => Ok(()),
        (Err(fault), false) => Err(refused("not evaluated", &fault)),
        (Ok(rows), true) => Err(miss("silent: a value where OPA has an error", short(&rows))),
        (Ok(rows), false) => compare(&rows, &wanted, case),
    }
}

fn compare(rows: &Value, wanted: &[Value], case: &Value) -> Result<(), Miss> {
    let order = if case.get("sort_bindings").and_then(|value| value.as_bool()) == Some(true) {
        Order::Any
    } else {
        Order::Kept
    };
    let given: Vec<Value> = rows.items().collect();
    let row_is = |row: &Value, other: &Value| {
        row.len() == other.len()
            && other.entries().all(|(key, value)| {
                key.as_str().and_then(|key| row.get(key)).is_some_and(|own| is_same(&own, &value, order))
            })
    };
    // Results are a set to OPA's own runner.
    let is_covered = wanted.iter().all(|other| given.iter().any(|row| row_is(row, other)))
        && given.iter().all(|row| wanted.iter().any(|other| row_is(row, other)));
    if is_covered {
        return Ok(());
    }
    let details = format!("wanted {} given {}", short(&Value::array(wanted.to_vec())), short(rows));
    let reason = match (given.is_empty(), wanted.is_empty()) {
        (true, false) => "silent: undefined where OPA has a value",
        (false, true) => "silent: a value where OPA has none",
        _ => "silent: another value than OPA's",
    };
    Err(miss(reason, details))
}

#[derive(Clone, Copy, PartialEq)]
enum Order {
    Kept,
    /// Arrays of a binding are sets.
    Any,
}

/// Whether a value is what a case says in JSON, where sets are arrays and keys are texts.
fn is_same(given: &Value, wanted: &Value, order: Order) -> bool {
    match (given.view(), wanted.view()) {
        (View::Set, View::Array) => is_permutation(given, wanted, order),
        (View::Array, View::Array) if order == Order::Any => is_permutation(given, wanted, order),
        (View::Array, View::Array) => {
            given.len() == wanted.len() && given.items().zip(wanted.items()).all(|(a, b)| is_same(&a, &b, Order::Kept))
        }
        (View::Object, View::Object) => {
            given.len() == wanted.len()
                && given.entries().all(|(key, value)| {
                    let key = key.as_str().map_or_else(|| key.to_json().to_string(), str::to_owned);
                    wanted.get(&key).is_some_and(|other| is_same(&value, &other, order))
                })
        }
        (View::Number(a), View::Number(b)) => given == wanted || (a - b).abs() <= f64::EPSILON * a.abs().max(b.abs()),
        _ => given == wanted,
    }
}

fn is_permutation(given: &Value, wanted: &Value, order: Order) -> bool {
    let mut left: Vec<Value> = wanted.items().collect();
    given.len() == left.len()
        && given.items().all(|item| {
            let found = left.iter().position(|other| is_same(&item, other, order));
            found.map(|at| left.swap_remove(at)).is_some()
        })
}

fn refused(when: &str, fault: &Fault) -> Miss {
    let message = fault.message.lines().next().unwrap_or_default();
    // Names and values that differ from case to case are left out of the reason.
    let reason = message.split(['`', '"', '\'']).step_by(2).collect::<Vec<_>>().join("…");
    miss(format!("{when}: {}", reason.trim()), fault.to_string().replace('\n', " "))
}

fn short(value: &Value) -> String {
    let text = value.to_json().to_string();
    let cut: String = text.chars().take(300).collect();
    if cut.len() < text.len() { format!("{cut}…") } else { cut }
}

fn list(value: &Value, key: &str) -> Vec<Value> {
    value.get(key).map(|list| list.items().collect()).unwrap_or_default()
}

fn text_of(value: &Value, key: &str) -> String {
    value.get(key).and_then(|text| text.as_str().map(str::to_owned)).unwrap_or_default()
}

fn documents(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        if path.is_dir() {
            documents(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml") {
            files.push(path);
        }
    }
    Ok(())
}

/// What is known of the misses.
const REMARKS: &str = "
## Reasons

- Functions that are not here: `docs/policies-builtins.md` says why. The load of the policy says so, too.
- `logic_operators`, `rego_v2_import`, `negation` with a body: OPA tries them out; their imports are errors at load.
- `keywordrefs`: keywords as names of variables and rules are errors at load. As names of fields they work.
- `withkeyword`: functions of OPA in the place of others (`with http.send as count`) are errors at load.
- `stringinterpolation`: template strings as arguments in the head of a function, and in a query that is no rule.
- Silent, and not mended: `\"k\", v in {…}` of a set, `{,x}` in a glob, `%f` of `1e2` (which is a whole number here), exponents of
  units that OPA refuses, steps past 64 bits, a query below a set that a rule of several components makes.
";

/// What passed of a folder's cases, in each version of the language.
#[derive(Default)]
struct Folder {
    /// Passed, and all.
    v1: (usize, usize),
    v0: (usize, usize),
}

impl Folder {
    fn passed(&self) -> usize {
        self.v1.0 + self.v0.0
    }

    fn cases(&self) -> usize {
        self.v1.1 + self.v0.1
    }
}

#[derive(Default)]
struct Tally {
    folders: BTreeMap<String, Folder>,
    /// The cases of each reason.
    misses: BTreeMap<String, Vec<String>>,
}

impl Tally {
    fn add(&mut self, version: &str, path: &str, case: &Value, missed: Option<Miss>) {
        let name = path.split('/').next().unwrap_or_default().to_owned();
        let folder = self.folders.entry(name).or_default();
        let counts = if version == "v1" { &mut folder.v1 } else { &mut folder.v0 };
        counts.1 += 1;
        match missed {
            None => counts.0 += 1,
            Some(miss) => {
                let place = format!("{version} {}", text_of(case, "note").replace('\n', " "));
                self.misses.entry(miss.reason).or_default().push(place);
            }
        }
    }

    fn summary(&self) -> String {
        let mut text = String::from(
            "# OPA's cases\n\nThe cases of open-policy-agent/opa (`v1/test/cases/testdata`), evaluated by `portcullis-policy`; \
             where an error is due, any error\npasses. Written by `cargo xtask conformance opa CHECKOUT`. Folders that are not \
             listed pass in full.\n\n| folder | v1 passed | of | v0 passed | of |\n|---|---|---|---|---|\n",
        );
        let sum = |pick: fn(&Folder) -> usize| self.folders.values().map(pick).sum::<usize>();
        // Writing to a string cannot fail.
        let (v1, v0) = ((sum(|f| f.v1.0), sum(|f| f.v1.1)), (sum(|f| f.v0.0), sum(|f| f.v0.1)));
        let _ = writeln!(text, "| all | {} | {} | {} | {} |", v1.0, v1.1, v0.0, v0.1);
        for (name, folder) in self.folders.iter().filter(|(_, folder)| folder.passed() < folder.cases()) {
            let _ =
                writeln!(text, "| {name} | {} | {} | {} | {} |", folder.v1.0, folder.v1.1, folder.v0.0, folder.v0.1);
        }
        text.push_str(REMARKS);
        text.push_str("\n## Misses\n\n");
        if self.misses.is_empty() {
            text.push_str("None.\n");
        }
        for (reason, cases) in &self.misses {
            let _ = writeln!(text, "{} with \"{reason}\":\n", cases.len());
            for case in cases {
                let _ = writeln!(text, "- {case}");
            }
            text.push('\n');
        }
        text.truncate(text.trim_end().len());
        text.push('\n');
        text
    }
}
