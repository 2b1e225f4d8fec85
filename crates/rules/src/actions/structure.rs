//! The shape of workflows: keys, types, and what has to be there.
//!
//! Keys as GitHub's workflow syntax lists them, read on 2026-08-22. Duplicate keys are a finding of every YAML file; documents
//! that cannot be parsed have one already. Where a merge may bring keys along, nothing is called missing.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use portcullis_model::actions::{Job, Step, Workflow, event};
use portcullis_syntax::Value;

use super::ActionsCheck;
use crate::dockerfile::near::nearest;
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&SYNTAX_INVALID, &YAML_ANCHOR_INVALID];

const WORKFLOW: &[&str] = &["name", "run-name", "on", "permissions", "env", "defaults", "concurrency", "jobs"];
const JOB: &[&str] = &[
    "name",
    "permissions",
    "needs",
    "if",
    "runs-on",
    "environment",
    "concurrency",
    "outputs",
    "env",
    "defaults",
    "steps",
    "timeout-minutes",
    "strategy",
    "continue-on-error",
    "container",
    "services",
    "snapshot",
    "uses",
    "with",
    "secrets",
];
/// What a job that calls a workflow can have.
const CALL: &[&str] = &["name", "permissions", "needs", "if", "concurrency", "strategy", "uses", "with", "secrets"];
const STEP: &[&str] = &[
    "id",
    "if",
    "name",
    "uses",
    "run",
    "working-directory",
    "shell",
    "with",
    "env",
    "continue-on-error",
    "timeout-minutes",
    "background",
    "parallel",
    "wait",
    "wait-all",
    "cancel",
];
const STRATEGY: &[&str] = &["matrix", "fail-fast", "max-parallel"];
const CONTAINER: &[&str] = &["image", "credentials", "env", "ports", "volumes", "options"];
/// A service has what a container has, and may start another program.
const SERVICE: &[&str] = &["image", "credentials", "env", "ports", "volumes", "options", "command", "entrypoint"];
const SNAPSHOT: &[&str] = &["image-name", "version", "if"];
const DEFAULTS: &[&str] = &["run"];
const RUN: &[&str] = &["shell", "working-directory"];
const ENVIRONMENT: &[&str] = &["name", "url", "deployment"];
const CONCURRENCY: &[&str] = &["group", "cancel-in-progress", "queue"];
const RUNS_ON: &[&str] = &["group", "labels"];
const CREDENTIALS: &[&str] = &["username", "password"];
const INPUT: &[&str] = &["description", "required", "default", "type", "options", "deprecationMessage"];
const SECRET: &[&str] = &["description", "required"];
const OUTPUT: &[&str] = &["description", "value"];

rule! {
    /// Workflow has not the shape that GitHub reads
    ///
    /// A key that does not exist there, a missing one, or a value of another type: GitHub refuses the whole workflow. One
    /// finding for each. Silent where an expression or a merge may bring what is missing.
    ///
    /// ```workflow bad:4
    /// on: push
    /// jobs:
    ///   build:
    ///     runs_on: ubuntu-latest
    ///     runs-on: ubuntu-latest
    ///     steps: [{ run: make }]
    /// ```
    /// ```workflow bad:6
    /// on: push
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-latest
    ///     steps:
    ///       - name: nothing
    /// ```
    /// ```workflow bad:5
    /// on: push
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-latest
    ///     timeout-minutes: soon
    ///     steps: [{ run: make }]
    /// ```
    /// ```workflow bad:7
    /// on: push
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-latest
    ///     steps:
    ///       - uses: actions/checkout@v4
    ///         with: { ref: main, Ref: main }
    /// ```
    /// ```workflow bad:5
    /// on: push
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-latest
    ///     container: { image: "node:24", entrypoint: bash }
    ///     steps: [{ run: make }]
    /// ```
    /// ```workflow bad:5
    /// on: push
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-latest
    ///     snapshot: { version: "1.0" }
    ///     steps: [{ run: make }]
    /// ```
    /// ```workflow bad:2
    /// on:
    ///   schedule: []
    ///   push:
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-latest
    ///     steps: [{ run: make }]
    /// ```
    /// ```workflow bad:4
    /// on: push
    /// jobs:
    ///   build:
    ///     runs-on: { group: [large] }
    ///     steps: [{ run: make }]
    /// ```
    /// ```workflow bad:5
    /// on: push
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-latest
    ///     concurrency: { cancel-in-progress: true }
    ///     steps: [{ run: make }]
    /// ```
    /// ```workflow good
    /// on: push
    /// env: { HTTP_PROXY: "", http_proxy: "" }
    /// jobs:
    ///   build:
    ///     runs-on: { group: large }
    ///     timeout-minutes: ${{ fromJSON(vars.LIMIT) }}
    ///     environment: { name: test, url: "https://example.com" }
    ///     steps:
    ///       - uses: actions/checkout@v4
    ///         with: { fetch-depth: 0 }
    ///   call:
    ///     needs: build
    ///     uses: ./.github/workflows/other.yml
    /// ```
    SYNTAX_INVALID = "actions-syntax-invalid" {
        check: Check::Actions(ActionsCheck::Workflow(syntax_invalid)),
        severity: Severity::Medium,
        peers: &["actionlint:syntax-check"],
    }
}

fn syntax_invalid(workflow: &Workflow<'_>, report: &mut Report<'_>) {
    let root = workflow.root;
    keys(root, WORKFLOW, "a workflow", report);
    if let Lookup::Absent(anchor) = root.get("on") {
        report.at(anchor, "the workflow does not say what sets it off").help("add `on:`");
    }
    match root.get("jobs") {
        Lookup::Absent(anchor) => {
            report.at(anchor, "the workflow has no jobs").help("add `jobs:`");
        }
        Lookup::Present(jobs) if !jobs.is_map() && !jobs.is_unknown() => {
            report.at(jobs, "`jobs` is not a mapping");
        }
        Lookup::Present(jobs) if jobs.is_map() && jobs.entries().len() == 0 && !jobs.is_open() => {
            report.at(jobs.key_place(), "the workflow has no jobs").help("add one");
        }
        _ => {}
    }
    common(root, report);
    declared(workflow, report);
    for job in &workflow.jobs {
        shape_of_job(job, report);
    }
}

/// The inputs, secrets and outputs of `workflow_call` and `workflow_dispatch`.
fn declared(workflow: &Workflow<'_>, report: &mut Report<'_>) {
    for (name, list) in [("schedule", ""), ("image_version", "names"), ("image_version", "versions")] {
        let config = workflow.trigger(name).and_then(|trigger| trigger.config);
        let entries = config.and_then(|config| if list.is_empty() { Some(config) } else { config.get(list).present() });
        if let Some(entries) = entries.filter(|entries| entries.is_list() && entries.items().len() == 0) {
            report.at(entries, format!("`{}` has no entries", if list.is_empty() { name } else { list }));
        }
    }
    let configs = workflow.triggers.iter().filter(|trigger| event(trigger.name).is_some());
    for config in configs.filter_map(|trigger| trigger.config) {
        for (block, known, what) in
            [("inputs", INPUT, "an input"), ("secrets", SECRET, "a secret"), ("outputs", OUTPUT, "an output")]
        {
            twice(config.get(block), block, report);
            for (_, entry) in config.get(block).present().map(Node::entries).into_iter().flatten() {
                within(Lookup::Present(entry), known, what, report);
            }
        }
    }
}

/// What workflows and jobs have in common.
fn common(holder: Node<'_>, report: &mut Report<'_>) {
    mapping(holder, "env", report);
    within(holder.get("defaults"), DEFAULTS, "`defaults`", report);
    within(holder.get("defaults.run"), RUN, "`defaults.run`", report);
    within(holder.get("concurrency"), CONCURRENCY, "`concurrency`", report);
    required(holder.get("concurrency"), "group", "`concurrency`", report);
    boolean(holder.get("concurrency").get("cancel-in-progress"), "cancel-in-progress", report);
}

fn shape_of_job(job: &Job<'_>, report: &mut Report<'_>) {
    let node = job.node;
    if !node.is_map() {
        if !node.is_unknown() {
            report.at(job.key, format!("{} is not a mapping", job.title()));
        }
        return;
    }
    common(node, report);
    if job.calls.is_some() {
        for (key, _) in node.entries().filter(|(key, _)| !CALL.contains(&key.text())) {
            if JOB.contains(&key.text()) {
                report.at(key, format!("a job that calls a workflow has no `{}`", key.text()));
            }
        }
        keys(node, JOB, "a job", report);
        twice(node.get("with"), "with", report);
        twice(node.get("secrets"), "secrets", report);
        if let Some(secrets) =
            node.get("secrets").present().filter(|secrets| matches!(secrets.value(), Value::String(_)))
            && secrets.text() != "inherit"
            && !secrets.text().contains("${{")
        {
            report.at(secrets, "`secrets` is neither a mapping nor `inherit`");
        }
        return;
    }
    keys(node, JOB, "a job", report);
    for key in ["with", "secrets"] {
        if let Some(entry) = node.field(key) {
            report.at(entry.key_place(), format!("only a job that calls a workflow has `{key}`"));
        }
    }
    if !node.is_open() {
        for key in ["runs-on", "steps"] {
            if node.field(key).is_none_or(Node::is_null) {
                report.at(job.key, format!("{} has no `{key}`", job.title()));
            }
        }
    }
    for key in ["outputs", "services"] {
        mapping(node, key, report);
        twice(node.get(key), key, report);
    }
    twice(node.get("strategy.matrix"), "the matrix", report);
    if let Some(steps) = node.get("steps").present().filter(|steps| !steps.is_list() && !steps.is_unknown()) {
        report.at(steps, "`steps` is not a list");
    }
    number(node, "timeout-minutes", report);
    within(node.get("strategy"), STRATEGY, "`strategy`", report);
    number_at(node.get("strategy.max-parallel"), "max-parallel", report);
    whole(node.get("strategy.max-parallel"), "max-parallel", report);
    boolean(node.get("strategy").get("fail-fast"), "fail-fast", report);
    boolean(node.get("continue-on-error"), "continue-on-error", report);
    for key in ["runs-on", "needs"] {
        empty(node.get(key), key, report);
    }
    for key in ["group", "labels"] {
        empty(node.get("runs-on").get(key), key, report);
    }
    container(node.get("container"), CONTAINER, "the container", report);
    within(node.get("snapshot"), SNAPSHOT, "`snapshot`", report);
    required(node.get("snapshot"), "image-name", "`snapshot`", report);
    empty(node.get("snapshot").get("version"), "version", report);
    if let Some(list) = node.get("snapshot").present().filter(|snapshot| snapshot.is_list()) {
        report.at(list, "`snapshot` is neither a name nor a mapping");
    }
    if let Some(labels) = node.get("runs-on").get("labels").present().filter(|labels| labels.is_map()) {
        report.at(labels, "`labels` is a mapping, where a label or a list of them is meant");
    }
    if let Some(group) = node.get("runs-on").get("group").present().filter(|group| group.is_list() || group.is_map()) {
        report.at(group, "`group` is not a name");
    }
    if let Some(group) = node.get("runs-on").present().and_then(|on| on.field("group")).filter(|group| group.is_null())
    {
        report.at(group.key_place(), "`group` has no value");
    }
    within(node.get("environment"), ENVIRONMENT, "`environment`", report);
    required(node.get("environment"), "name", "`environment`", report);
    within(node.get("runs-on"), RUNS_ON, "`runs-on`", report);
    for (_, service) in node.get("services").present().map(Node::entries).into_iter().flatten() {
        container(Lookup::Present(service), SERVICE, "the service", report);
    }
    for step in &job.steps {
        shape_of_step(step, report);
    }
}

fn shape_of_step(step: &Step<'_>, report: &mut Report<'_>) {
    let node = step.node;
    if !node.is_map() {
        if !node.is_unknown() {
            report.at(node, "a step is a mapping");
        }
        return;
    }
    keys(node, STEP, "a step", report);
    mapping(node, "env", report);
    number(node, "timeout-minutes", report);
    // Steps that start, await or end others do nothing themselves.
    if ["parallel", "wait", "wait-all", "cancel"].iter().any(|key| node.field(key).is_some()) {
        return;
    }
    let (uses, run) = (node.field("uses"), node.field("run"));
    match (uses, run) {
        (None, None) if !node.is_open() => {
            report.at(node, "the step has neither `uses` nor `run`").help("add one of them");
        }
        (Some(uses), Some(_)) => {
            report.at(uses.key_place(), "the step has both `uses` and `run`").help("make it two steps");
        }
        (Some(_), None) => {
            for key in ["shell", "working-directory"] {
                if let Some(entry) = node.field(key) {
                    report.at(entry.key_place(), format!("`{key}` is for `run`, and an action does not see it"));
                }
            }
            mapping(node, "with", report);
            twice(node.get("with"), "with", report);
        }
        (None, Some(_)) => {
            if let Some(with) = node.field("with") {
                report.at(with.key_place(), "`with` is for `uses`, and a script does not see it").help("use `env`");
            }
        }
        (None, None) => {}
    }
}

fn container(lookup: Lookup<'_>, known: &[&str], what: &str, report: &mut Report<'_>) {
    let Some(node) = lookup.present().filter(|node| node.is_map()) else { return };
    keys(node, known, what, report);
    mapping(node, "env", report);
    for key in ["ports", "volumes"] {
        if let Some(list) = node.get(key).present().filter(|list| !list.is_list() && !list.is_unknown())
            && !list.text().contains("${{")
        {
            report.at(list, format!("`{key}` is not a list"));
        }
    }
    mapping(node, "credentials", report);
    // An empty image is allowed: it leaves the container out.
    if let Some(anchor) = node.get("image").absent() {
        report.at(anchor, format!("{what} has no image")).help("add `image:`");
    }
    if let Some(credentials) = node.field("credentials").filter(|credentials| credentials.is_null()) {
        report.at(credentials.key_place(), "`credentials` has no value").help("remove it, or give user and password");
    }
    if let Some(credentials) = node.get("credentials").present().filter(|node| node.is_map() && !node.is_open()) {
        keys(credentials, CREDENTIALS, "`credentials`", report);
        if credentials.entries().len() == 1 && credentials.entries().all(|(key, _)| CREDENTIALS.contains(&key.text())) {
            report.at(credentials.key_place(), "`credentials` needs both `username` and `password`");
        }
    }
}

/// Reports a list without elements, and a text without letters, in it or in its place.
fn empty(lookup: Lookup<'_>, what: &str, report: &mut Report<'_>) {
    let Some(node) = lookup.present() else { return };
    let is_empty = |node: Node<'_>| {
        node.is_list() && node.items().len() == 0
            || matches!(node.value(), Value::String(text) if text.trim().is_empty())
    };
    for part in [node].into_iter().chain(node.items()).filter(|part| is_empty(*part)) {
        report.at(part, format!("`{what}` has an empty value"));
    }
}

/// Reports a mapping without a key that it needs; another form says it otherwise.
fn required(lookup: Lookup<'_>, key: &str, what: &str, report: &mut Report<'_>) {
    let Some(node) = lookup.present().filter(|node| node.is_map() && !node.is_open()) else { return };
    if node.field(key).is_none() {
        report.at(node.key_place(), format!("{what} has no `{key}`")).help(format!("add `{key}`"));
    }
}

/// Reports keys that differ in case alone: to GitHub they are one. The same key twice is a finding of every YAML file.
fn twice(lookup: Lookup<'_>, what: &str, report: &mut Report<'_>) {
    let Some(node) = lookup.present().filter(|node| node.is_map()) else { return };
    let mut known: BTreeMap<String, &str> = BTreeMap::new();
    for (key, _) in node.entries() {
        match known.entry(key.text().to_ascii_lowercase()) {
            Entry::Occupied(first) if *first.get() != key.text() => {
                let message =
                    format!("`{}` and `{}` are the same key of {what}: case does not count", first.get(), key.text());
                report.at(key, message).help("remove one, or give it another name");
            }
            Entry::Occupied(_) => {}
            Entry::Vacant(entry) => {
                entry.insert(key.text());
            }
        }
    }
}

fn whole(lookup: Lookup<'_>, key: &str, report: &mut Report<'_>) {
    let Some(node) = lookup.present() else { return };
    if matches!(node.value(), Value::Number(text) if text.parse::<f64>().is_ok_and(|value| value.fract() != 0.0)) {
        report.at(node, format!("`{key}` is not a whole number"));
    }
}

fn boolean(lookup: Lookup<'_>, key: &str, report: &mut Report<'_>) {
    let Some(node) = lookup.present() else { return };
    if !matches!(node.value(), Value::Bool(_) | Value::Unknown(_) | Value::Template(_)) && !node.text().contains("${{")
    {
        report.at(node, format!("`{key}` is neither `true` nor `false`"));
    }
}

/// Reports the keys of a mapping that are not known.
fn keys(node: Node<'_>, known: &[&str], what: &str, report: &mut Report<'_>) {
    // Programs that extend workflows use keys of their own that start so.
    let wrong = node.entries().filter(|(key, _)| !known.contains(&key.text()) && !key.text().starts_with("x-"));
    for (key, _) in wrong {
        let draft = report.at(key, format!("{what} has no key `{}`", key.text()));
        if let Some(meant) = nearest(key.text(), known.iter().copied()) {
            draft.help(format!("did you mean `{meant}`?"));
        } else if let Some(meant) = known.iter().find(|known| known.eq_ignore_ascii_case(key.text())) {
            draft.help(format!("write `{meant}`: case counts"));
        }
    }
}

fn within(lookup: Lookup<'_>, known: &[&str], what: &str, report: &mut Report<'_>) {
    if let Some(node) = lookup.present().filter(|node| node.is_map()) {
        keys(node, known, what, report);
    }
}

fn mapping(holder: Node<'_>, key: &str, report: &mut Report<'_>) {
    let Some(node) = holder.get(key).present() else { return };
    if !node.is_map() && !node.text().contains("${{") && !node.is_unknown() {
        report.at(node, format!("`{key}` is not a mapping"));
    }
}

fn number(holder: Node<'_>, key: &str, report: &mut Report<'_>) {
    number_at(holder.get(key), key, report);
}

fn number_at(lookup: Lookup<'_>, key: &str, report: &mut Report<'_>) {
    let Some(node) = lookup.present() else { return };
    let is_positive = match node.value() {
        Value::Number(text) => text.parse::<f64>().is_ok_and(|value| value > 0.0),
        Value::Unknown(_) | Value::Template(_) => true,
        _ => node.text().contains("${{"),
    };
    if !is_positive {
        report.at(node, format!("`{key}` is not a number above zero"));
    }
}

rule! {
    /// Anchor that nothing uses, or a merge that GitHub does not read
    ///
    /// GitHub reads anchors and aliases since September 2025, but not merge keys: `<<` is refused as an unknown key. An anchor
    /// without an alias is left over, or its alias is misspelt.
    ///
    /// ```workflow bad:3
    /// on: push
    /// jobs:
    ///   build: &build
    ///     runs-on: ubuntu-latest
    ///     steps: [{ run: make }]
    /// ```
    /// ```workflow bad:7
    /// on: push
    /// jobs:
    ///   build: &build
    ///     runs-on: ubuntu-latest
    ///     steps: [{ run: make }]
    ///   test:
    ///     <<: *build
    ///     name: test
    /// ```
    /// ```workflow good
    /// on: push
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-latest
    ///     env: &env { A: 1 }
    ///     steps: [{ run: make, env: *env }]
    /// ```
    YAML_ANCHOR_INVALID = "actions-yaml-anchor-invalid" {
        check: Check::Actions(ActionsCheck::Workflow(yaml_anchor_invalid)),
        severity: Severity::Low,
        peers: &["actionlint:syntax-check"],
    }
}

fn yaml_anchor_invalid(workflow: &Workflow<'_>, report: &mut Report<'_>) {
    let tree = workflow.root.tree();
    for anchor in tree.anchors().iter().filter(|anchor| !anchor.used) {
        let name = anchor.span.slice(tree.text());
        report.at((anchor.span, name), format!("nothing stands for `{name}`")).help("remove the anchor, or use it");
    }
    for merge in tree.merges() {
        report.at((*merge, "<<"), "GitHub does not read merge keys").help("write the entries out");
    }
}
