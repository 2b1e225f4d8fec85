//! What a rule's value says: messages, what to do, and where.

use super::{Check, Convention, Named, named};
use crate::module::Fault;
use crate::rewrite::without_marks;
use crate::value::{Value, View};

/// Something that a check found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Which of [`super::Policies::checks`].
    pub check: usize,
    /// What is wrong.
    pub message: String,
    /// What to do, or what else the result says in words.
    pub help: Option<String>,
    /// Where, as far as the result says.
    pub hint: Hint,
    /// What must not be anywhere in the scan for it to stand.
    pub lacks: Option<Lacks>,
}

/// The claim that a namespace holds no object of a kind, which one document cannot settle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lacks {
    /// The namespace's name.
    pub namespace: String,
    /// The kind: one of those that are about namespaces.
    pub kind: &'static str,
}

/// The kinds of which a namespace may be said to hold none.
const LACKED: &[&str] = &["LimitRange", "NetworkPolicy", "ResourceQuota"];

/// What a result says about its place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hint {
    /// The way to a value from the root of the input: keys and indices.
    pub paths: Vec<Vec<String>>,
    /// First and last line, from 1.
    pub lines: Option<(u32, u32)>,
    /// What may be the path of the file that is meant, where there are several.
    pub files: Vec<String>,
}

/// Fields that hold a way to the value.
const PATHS: &[&str] = &["path", "field", "fieldPath", "jsonPath", "json_path", "pointer", "location"];
/// Objects in a result that may hold them. Conftest keeps `_loc` for a file and a line.
const HOLDERS: &[&str] = &["details", "metadata", "_loc"];
/// Fields that may hold the path of a file.
const FILES: &[&str] = &["file", "filename", "filepath", "path"];
/// Fields that say what to do.
const HELP: &[&str] = &["help", "remediation", "recommendation", "recommended_action", "fix", "solution"];
/// What Trivy's results say beside message and lines.
const OF_TRIVY: &[&str] = &["filepath", "fskey", "resource", "sourceprefix", "parent", "msg", "message"];

impl Check {
    /// Adds what a value says. A result that says nothing is a fault, as it is to Conftest.
    pub(super) fn violations(&self, index: usize, value: &Value, to: &mut Vec<Violation>, faults: &mut Vec<Fault>) {
        match value.view() {
            View::Set | View::Array => {
                for result in value.items() {
                    self.violation(index, &result, to, faults);
                }
            }
            View::Bool(value) if self.form == Convention::Entrypoint => self.decided(index, value, to),
            View::Bool(_) | View::Undefined | View::Null | View::Number(_) => {}
            View::String(_) | View::Object => self.violation(index, value, to, faults),
        }
    }

    /// An entry point that answers yes or no: `allow` that does not hold, `deny` that does.
    fn decided(&self, index: usize, value: bool, to: &mut Vec<Violation>) {
        let name = self.path.rsplit('.').next().unwrap_or_default();
        let is_wrong = match name {
            "allow" | "allowed" => !value,
            _ => named(name) == Some(Named::Deny) && value,
        };
        if is_wrong {
            let message = self.meta.title().to_owned();
            to.push(Violation { check: index, message, help: self.help.clone(), hint: Hint::default(), lacks: None });
        }
    }

    fn violation(&self, index: usize, result: &Value, to: &mut Vec<Violation>, faults: &mut Vec<Fault>) {
        // `[msg, metadata]`, which older checks of Trivy's give.
        let parts: Vec<Value> = if result.view() == View::Array { result.items().collect() } else { Vec::new() };
        let (said, more) = match parts.as_slice() {
            [said, more] => (said, Some(more)),
            _ => (result, None),
        };
        let message = match said.view() {
            View::String(text) => Some(text.to_owned()),
            View::Object => said.get("msg").or_else(|| said.get("message")).and_then(|it| words(&it)),
            _ => None,
        };
        let Some(message) = message else {
            if said.view() == View::Object {
                faults.push(Fault::new(
                    &self.module,
                    self.line,
                    1,
                    format!("a result of {} has no `msg`", without_marks(&self.path)),
                ));
            }
            return;
        };
        let help = help(said).or_else(|| self.help.clone());
        let lacks = said.get("lacks").map(|it| lacks(&it));
        if lacks == Some(None) {
            let kinds = LACKED.join(", ");
            let path = without_marks(&self.path);
            let what = format!("`lacks` of a result of {path} is no {{kind, namespace}} with a kind of {kinds}");
            faults.push(Fault::new(&self.module, self.line, 1, what));
            return;
        }
        let (message, hint) = (message.trim().to_owned(), hint(more.unwrap_or(said)));
        to.push(Violation { check: index, message, help, hint, lacks: lacks.flatten() });
    }
}

fn lacks(value: &Value) -> Option<Lacks> {
    let kind = value.get("kind").and_then(|kind| LACKED.iter().find(|known| kind.as_str() == Some(known)))?;
    Some(Lacks { namespace: words(&value.get("namespace")?)?, kind })
}

/// The names in a set of lists of names.
pub(super) fn names(value: &Value) -> Vec<String> {
    let names = value.items().flat_map(|list| list.items().collect::<Vec<_>>());
    names.filter_map(|name| name.as_str().map(str::to_owned)).collect()
}

fn words(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

/// What to do, else the other fields that are text.
fn help(result: &Value) -> Option<String> {
    let told = HELP.iter().find_map(|key| words(&result.get(key)?));
    if told.is_some() {
        return told;
    }
    let others = result.entries().filter_map(|(key, value)| {
        let key = key.as_str()?.to_owned();
        let is_known = OF_TRIVY.contains(&key.as_str()) || PATHS.contains(&key.as_str());
        let text = value.as_str().filter(|text| !text.is_empty() && !is_known)?;
        Some(format!("{key}: {text}"))
    });
    let others: Vec<String> = others.collect();
    (!others.is_empty()).then(|| others.join("; "))
}

impl Hint {
    /// What a result, or its `details`, says.
    pub fn read(result: &Value) -> Self {
        hint(result)
    }
}

fn hint(result: &Value) -> Hint {
    let mut hint = Hint::default();
    let holders = HOLDERS.iter().filter_map(|key| result.get(key));
    for holder in std::iter::once(result.clone()).chain(holders) {
        hint.paths.extend(PATHS.iter().filter_map(|key| path(&holder.get(key)?)));
        hint.files.extend(FILES.iter().filter_map(|key| words(&holder.get(key)?)));
        let metadata = holder.get("__defsec_metadata").unwrap_or(holder);
        let line = |key: &str| u32::try_from(metadata.get(key)?.as_i64()?).ok().filter(|&line| line > 0);
        let start = line("startline").or_else(|| line("StartLine")).or_else(|| line("line"));
        let end = line("endline").or_else(|| line("EndLine"));
        hint.lines = hint.lines.or(start.map(|start| (start, end.unwrap_or(start).max(start))));
    }
    hint
}

/// `/spec/containers/0`, `spec.containers[0].image`, or a list of keys and indices.
fn path(value: &Value) -> Option<Vec<String>> {
    if value.view() == View::Array {
        let step = |step: Value| step.as_str().map(str::to_owned).or_else(|| Some(step.as_i64()?.to_string()));
        return value.items().map(step).collect::<Option<Vec<_>>>().filter(|steps| !steps.is_empty());
    }
    let text = value.as_str()?;
    let steps: Vec<String> = match text.strip_prefix('/') {
        Some(pointer) => pointer.split('/').map(|step| step.replace("~1", "/").replace("~0", "~")).collect(),
        None => dotted(text),
    };
    (!steps.is_empty()).then_some(steps)
}

/// The steps of a dotted path; keys with dots stand in brackets.
fn dotted(text: &str) -> Vec<String> {
    let text = ["$.", "$", "input.", "."].iter().find_map(|root| text.strip_prefix(root)).unwrap_or(text);
    let mut steps = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        if let Some(inner) = rest.strip_prefix('[') {
            let Some((step, after)) = inner.split_once(']') else { break };
            steps.push(step.trim_matches(['"', '\'']).to_owned());
            rest = after.strip_prefix('.').unwrap_or(after);
            continue;
        }
        let end = rest.find(['.', '[']).unwrap_or(rest.len());
        let (step, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
        steps.push(step.to_owned());
        rest = after.strip_prefix('.').unwrap_or(after);
    }
    steps.retain(|step| !step.is_empty());
    steps
}
