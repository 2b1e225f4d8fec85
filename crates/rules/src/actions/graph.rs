//! Jobs and steps among each other: ids, and who waits for whom.

use portcullis_model::actions::{Action, Job, Step, Workflow};

use super::ActionsCheck;
use crate::dockerfile::near::nearest;
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&JOB_NEEDS_INVALID, &ID_INVALID, &MATRIX_INVALID];

rule! {
    /// Job waits for what does not exist, or for itself
    ///
    /// GitHub refuses the whole workflow. A circle is reported once, at the first of its jobs.
    ///
    /// ```workflow bad:4
    /// on: push
    /// jobs:
    ///   build:
    ///     needs: tset
    ///     runs-on: ubuntu-latest
    ///     steps: [{ run: make }]
    ///   test: { runs-on: ubuntu-latest, steps: [{ run: make test }] }
    /// ```
    /// ```workflow bad:3
    /// on: push
    /// jobs:
    ///   a: { needs: b, runs-on: ubuntu-latest, steps: [{ run: make }] }
    ///   b: { needs: a, runs-on: ubuntu-latest, steps: [{ run: make }] }
    /// ```
    /// ```workflow good
    /// on: push
    /// jobs:
    ///   a: { needs: [b], runs-on: ubuntu-latest, steps: [{ run: make }] }
    ///   b: { runs-on: ubuntu-latest, steps: [{ run: make }] }
    /// ```
    JOB_NEEDS_INVALID = "actions-job-needs-invalid" {
        check: Check::Actions(ActionsCheck::Workflow(job_needs_invalid)),
        severity: Severity::Medium,
        peers: &["actionlint:job-needs"],
    }
}

/// Jobs whose relations are looked at; GitHub runs at most 256 of a matrix, and nobody writes more.
const MAX_JOBS: usize = 1000;

fn job_needs_invalid(workflow: &Workflow<'_>, report: &mut Report<'_>) {
    let is_open = workflow.get("jobs").present().is_none_or(Node::is_open);
    if is_open || workflow.jobs.len() > MAX_JOBS {
        return;
    }
    for job in &workflow.jobs {
        let needs = job.needs();
        for (at, need) in needs.iter().enumerate().filter(|(_, need)| !need.text().contains("${{")) {
            if workflow.job(need.text()).is_none() {
                let draft = report.at(*need, format!("{} needs `{}`, which is no job", job.title(), need.text()));
                if let Some(meant) = nearest(need.text(), workflow.jobs.iter().take(100).map(|job| job.id)) {
                    draft.help(format!("did you mean `{meant}`?"));
                }
            } else if needs.iter().take(at).any(|other| other.text().eq_ignore_ascii_case(need.text())) {
                report.at(*need, format!("{} needs `{}` twice", job.title(), need.text())).help("remove one");
            }
        }
    }
    if let Some(job) = in_circle(workflow) {
        report.at(job.key, format!("{} waits for itself, by way of the jobs that it needs", job.title()));
    }
}

/// The first job that is part of a circle.
fn in_circle<'a, 't>(workflow: &'a Workflow<'t>) -> Option<&'a Job<'t>> {
    let edges: Vec<Vec<usize>> = workflow
        .jobs
        .iter()
        .map(|job| job.needs().iter().filter_map(|need| Some(workflow.job(need.text())?.index)).collect())
        .collect();
    // What needs nothing is taken away until nothing changes; what is left waits for a circle, or is in one.
    let mut left: Vec<bool> = vec![true; edges.len()];
    loop {
        let is_left = |at: usize| left.get(at).copied().unwrap_or(false);
        let free: Vec<usize> = (0..edges.len())
            .filter(|&at| is_left(at) && edges.get(at).is_some_and(|needs| !needs.iter().any(|&need| is_left(need))))
            .collect();
        if free.is_empty() {
            break;
        }
        for at in free {
            if let Some(slot) = left.get_mut(at) {
                *slot = false;
            }
        }
    }
    let reaches_itself = |start: usize| {
        let mut seen = vec![false; edges.len()];
        let mut stack = vec![start];
        while let Some(at) = stack.pop() {
            for &need in edges.get(at).into_iter().flatten() {
                if need == start {
                    return true;
                }
                if let Some(slot) = seen.get_mut(need).filter(|slot| !**slot) {
                    *slot = true;
                    stack.push(need);
                }
            }
        }
        false
    };
    let mut candidates = workflow.jobs.iter().filter(|job| left.get(job.index) == Some(&true));
    candidates.find(|job| reaches_itself(job.index))
}

rule! {
    /// Id of a job or step is taken or cannot be one
    ///
    /// Ids start with a letter or `_` and go on with letters, digits, `-` and `_`; their case does not count. GitHub refuses the
    /// workflow otherwise.
    ///
    /// ```workflow bad:8
    /// on: push
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-latest
    ///     steps:
    ///       - id: compile
    ///         run: make
    ///       - id: Compile
    ///         run: make
    /// ```
    /// ```workflow bad:3
    /// on: push
    /// jobs:
    ///   build and test:
    ///     runs-on: ubuntu-latest
    ///     steps: [{ run: make }]
    /// ```
    /// ```workflow good
    /// on: push
    /// jobs:
    ///   build_and-test:
    ///     runs-on: ubuntu-latest
    ///     steps:
    ///       - id: _compile1
    ///         run: make
    /// ```
    ID_INVALID = "actions-id-invalid" {
        check: Check::Actions(ActionsCheck::WorkflowAndAction(ids_of_workflow, ids_of_action)),
        severity: Severity::Low,
        peers: &["actionlint:id"],
    }
}

fn ids_of_workflow(workflow: &Workflow<'_>, report: &mut Report<'_>) {
    ids(workflow.jobs.iter().map(|job| job.key).collect(), "job", report);
    for job in &workflow.jobs {
        step_ids(&job.steps, report);
    }
}

fn ids_of_action(action: &Action<'_>, report: &mut Report<'_>) {
    step_ids(&action.steps, report);
}

fn step_ids(steps: &[Step<'_>], report: &mut Report<'_>) {
    ids(steps.iter().filter_map(|step| step.get("id").present()).collect(), "step", report);
}

fn ids(ids: Vec<Node<'_>>, what: &str, report: &mut Report<'_>) {
    let mut seen = std::collections::BTreeSet::new();
    for id in ids.into_iter().filter(|id| !id.text().contains("${{") && !id.text().contains("{{")) {
        let text = id.text();
        let is_id = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        if !is_id {
            report
                .at(id, format!("`{text}` cannot be the id of a {what}"))
                .help("start with a letter or `_`, and go on with letters, digits, `-` and `_`");
        } else if !seen.insert(text.to_ascii_lowercase()) {
            report.at(id, format!("another {what} has the id `{text}`")).help("give each its own");
        }
    }
}

rule! {
    /// Matrix has a value twice, or excludes what it does not have
    ///
    /// A value that stands twice runs the same job twice; an `exclude` that matches nothing excludes nothing. Silent where an
    /// expression makes the values.
    ///
    /// ```workflow bad:4
    /// on: push
    /// jobs:
    ///   build:
    ///     strategy: { matrix: { node: [20, 22, 22] } }
    ///     runs-on: ubuntu-latest
    ///     steps: [{ run: make }]
    /// ```
    /// ```workflow bad:7
    /// on: push
    /// jobs:
    ///   build:
    ///     strategy:
    ///       matrix:
    ///         node: [20, 22]
    ///         exclude: [{ node: 18 }]
    ///     runs-on: ubuntu-latest
    ///     steps: [{ run: make }]
    /// ```
    /// ```workflow good
    /// on: push
    /// jobs:
    ///   build:
    ///     strategy:
    ///       matrix:
    ///         node: [20, 22]
    ///         os: "${{ fromJSON(vars.OS) }}"
    ///         # Case does not count.
    ///         exclude: [{ NODE: 20, os: windows-latest }]
    ///     runs-on: ubuntu-latest
    ///     steps: [{ run: make }]
    /// ```
    MATRIX_INVALID = "actions-matrix-invalid" {
        check: Check::Actions(ActionsCheck::Job(matrix_invalid)),
        severity: Severity::Low,
        peers: &["actionlint:matrix"],
    }
}

/// Values of one row that are compared with each other.
const MAX_VALUES: usize = 256;

fn matrix_invalid(_: &Workflow<'_>, job: &Job<'_>, report: &mut Report<'_>) {
    let Some(matrix) = job.get("strategy.matrix").present().filter(|matrix| matrix.is_map()) else { return };
    let rows = || matrix.entries().filter(|(key, _)| !matches!(key.text(), "include" | "exclude"));
    for (key, row) in rows() {
        let values: Vec<Node<'_>> = row.items().take(MAX_VALUES).collect();
        if values.is_empty() && row.is_list() {
            report.at(row, format!("`{}` of the matrix has no values", key.text())).help("add one, or remove it");
        }
        for (at, value) in values.iter().enumerate() {
            if values.iter().take(at).any(|other| same(*other, *value, 0)) && !holds_expression(*value, 0) {
                report.at(*value, format!("`{}` has this value twice", key.text())).help("remove one");
            }
        }
    }
    let excluded = matrix.get("exclude").present().map(Node::items).into_iter().flatten().take(MAX_VALUES);
    for (key, value) in excluded.flat_map(Node::entries) {
        let Some((_, row)) = rows().find(|(name, _)| name.text().eq_ignore_ascii_case(key.text())) else {
            // Keys of `include` alone can be excluded by nobody, and a matrix that is open may have the key.
            if !matrix.is_open() {
                report.at(key, format!("the matrix has no `{}` to exclude", key.text()));
            }
            continue;
        };
        let is_known = row.is_list()
            && row.items().len() <= MAX_VALUES
            && !holds_expression(row, 0)
            && !holds_expression(value, 0);
        if is_known && !row.items().any(|other| covers(other, value, 0)) {
            report.at(value, format!("`{}` has no such value to exclude", key.text()));
        }
    }
}

/// Depth is limited because values may nest, and few do.
const MAX_DEPTH: u8 = 8;

fn holds_expression(node: Node<'_>, depth: u8) -> bool {
    if depth > MAX_DEPTH {
        return true;
    }
    let deeper = depth.saturating_add(1);
    node.text().contains("${{")
        || node.items().any(|item| holds_expression(item, deeper))
        || node.entries().any(|(_, value)| holds_expression(value, deeper))
}

fn same(a: Node<'_>, b: Node<'_>, depth: u8) -> bool {
    covers(a, b, depth) && a.entries().len() == b.entries().len()
}

/// Whether `part` is in `whole`: of mappings, all entries of `part`.
fn covers(whole: Node<'_>, part: Node<'_>, depth: u8) -> bool {
    if depth > MAX_DEPTH {
        return true;
    }
    let deeper = depth.saturating_add(1);
    if whole.is_map() && part.is_map() {
        return part
            .entries()
            .all(|(key, value)| whole.field(key.text()).is_some_and(|other| covers(other, value, deeper)));
    }
    if whole.is_list() && part.is_list() {
        return whole.items().len() == part.items().len()
            && whole.items().zip(part.items()).all(|(a, b)| covers(a, b, deeper));
    }
    !whole.is_list() && !whole.is_map() && !part.is_list() && !part.is_map() && whole.text() == part.text()
}
