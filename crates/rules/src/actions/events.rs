//! What `on:` says: events, their types and filters, patterns, schedules, inputs.

use portcullis_model::actions::{EVENTS, Trigger, Workflow, event, one_or_many, scalar};
use portcullis_model::cron;
use portcullis_model::time_zone;

use super::ActionsCheck;
use crate::dockerfile::near::nearest;
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&EVENT_INVALID, &GLOB_INVALID, &CRON_INVALID];

rule! {
    /// Event, type or filter does not exist
    ///
    /// GitHub refuses the workflow, or it never runs: an event that is misspelt, an activity type that the event does not have,
    /// `branches` on an event without branches, a filter together with its opposite.
    ///
    /// ```workflow bad:1
    /// on: pull_requests
    /// jobs: { build: { runs-on: ubuntu-latest, steps: [{ run: make }] } }
    /// ```
    /// ```workflow bad:3
    /// on:
    ///   pull_request:
    ///     types: [created]
    /// jobs: { build: { runs-on: ubuntu-latest, steps: [{ run: make }] } }
    /// ```
    /// ```workflow bad:4
    /// on:
    ///   push:
    ///     branches: [main]
    ///     branches-ignore: [dev]
    /// jobs: { build: { runs-on: ubuntu-latest, steps: [{ run: make }] } }
    /// ```
    /// ```workflow bad:1
    /// on: [push, schedule]
    /// jobs: { build: { runs-on: ubuntu-latest, steps: [{ run: make }] } }
    /// ```
    /// ```workflow good
    /// on:
    ///   pull_request: { types: [opened, synchronize], paths: [src/**] }
    ///   push: { branches: [main], tags-ignore: [v0.*] }
    ///   workflow_run: { workflows: [build], types: [completed], branches: [main] }
    ///   workflow_dispatch: { inputs: { target: { type: choice, options: [a, b], default: a } } }
    ///   repository_dispatch: { types: [anything] }
    /// jobs: { build: { runs-on: ubuntu-latest, steps: [{ run: make }] } }
    /// ```
    EVENT_INVALID = "actions-event-invalid" {
        check: Check::Actions(ActionsCheck::Workflow(event_invalid)),
        severity: Severity::Medium,
        peers: &["actionlint:events"],
    }
}

fn event_invalid(workflow: &Workflow<'_>, report: &mut Report<'_>) {
    for trigger in &workflow.triggers {
        let Some(event) = event(trigger.name) else {
            let draft = report.at(trigger.node, format!("there is no event `{}`", trigger.name));
            if let Some(meant) = nearest(trigger.name, EVENTS.iter().map(|event| event.name)) {
                draft.help(format!("did you mean `{meant}`?"));
            }
            continue;
        };
        let Some(config) = trigger.config else {
            if trigger.name == "schedule" {
                report.at(trigger.node, "`schedule` does not say when").help("add a list of `cron:`");
            }
            continue;
        };
        if config.is_map() {
            types(event, config, report);
            filters(trigger, config, report);
            inputs(trigger, config, report);
        } else if config.is_list() && trigger.name != "schedule" || scalar(config).is_some() {
            report.at(config, format!("`{}` takes a mapping", trigger.name));
        }
    }
}

fn types(event: &portcullis_model::actions::Event, config: Node<'_>, report: &mut Report<'_>) {
    let Some(node) = config.get("types").present() else { return };
    if event.name == "repository_dispatch" {
        return;
    }
    if event.types.is_empty() {
        report.at(node.key_place(), format!("`{}` has no types", event.name)).help("remove `types`");
        return;
    }
    for wanted in one_or_many(node).into_iter().filter(|wanted| !event.types.contains(&wanted.text())) {
        let draft = report.at(wanted, format!("`{}` has no type `{}`", event.name, wanted.text()));
        match nearest(wanted.text(), event.types.iter().copied()) {
            Some(meant) => draft.help(format!("did you mean `{meant}`?")),
            None => draft.help(format!("its types: {}", event.types.join(", "))),
        };
    }
}

/// Filters, and the events that have them.
const FILTERS: &[(&str, &[&str])] = &[
    ("branches", &["push", "pull_request", "pull_request_target", "workflow_run", "merge_group"]),
    ("branches-ignore", &["push", "pull_request", "pull_request_target", "workflow_run", "merge_group"]),
    ("tags", &["push"]),
    ("tags-ignore", &["push"]),
    ("paths", &["push", "pull_request", "pull_request_target"]),
    ("paths-ignore", &["push", "pull_request", "pull_request_target"]),
];

/// Further keys, and the events that have them.
const KEYS: &[(&str, &[&str])] = &[
    ("workflows", &["workflow_run"]),
    ("inputs", &["workflow_call", "workflow_dispatch"]),
    ("outputs", &["workflow_call"]),
    ("secrets", &["workflow_call"]),
    ("names", &["image_version"]),
    ("versions", &["image_version"]),
];

fn filters(trigger: &Trigger<'_>, config: Node<'_>, report: &mut Report<'_>) {
    for (key, value) in config.entries() {
        let name = key.text();
        let known = FILTERS.iter().chain(KEYS).find(|(filter, _)| *filter == name);
        match known {
            _ if name == "types" => {}
            Some((_, events)) if !events.contains(&trigger.name) => {
                report.at(key, format!("`{}` has no `{name}`", trigger.name)).help("remove it");
            }
            Some(_) => {}
            None => {
                let names = FILTERS.iter().chain(KEYS).map(|(filter, _)| *filter).chain(["types"]);
                let draft = report.at(key, format!("`{}` has no `{name}`", trigger.name));
                if let Some(meant) = nearest(name, names) {
                    draft.help(format!("did you mean `{meant}`?"));
                }
            }
        }
        let opposite = name.strip_suffix("-ignore").and_then(|plain| config.field(plain));
        if opposite.is_some_and(|other| !other.is_null()) && !value.is_null() {
            let plain = name.trim_end_matches("-ignore");
            report
                .at(key, format!("`{plain}` and `{name}` cannot stand together"))
                .help(format!("use `{plain}` with patterns that start with `!`"));
        }
    }
    if trigger.name == "workflow_run" && config.get("workflows").absent().is_some() {
        report.at(trigger.node, "`workflow_run` does not say after which workflows").help("add `workflows`");
    }
}

fn inputs(trigger: &Trigger<'_>, config: Node<'_>, report: &mut Report<'_>) {
    let known: &[&str] = match trigger.name {
        "workflow_dispatch" => &["string", "number", "boolean", "choice", "environment"],
        "workflow_call" => &["string", "number", "boolean"],
        _ => return,
    };
    for (key, input) in config.get("inputs").present().map(Node::entries).into_iter().flatten() {
        let kind = input.get("type").present();
        if let Some(kind) = kind.filter(|kind| !known.contains(&kind.text())) {
            report
                .at(kind, format!("there is no type `{}` for inputs", kind.text()))
                .help(format!("the types: {}", known.join(", ")));
        }
        if trigger.name == "workflow_call" && (input.is_null() || input.get("type").absent().is_some()) {
            report.at(key, format!("the input `{}` has no type", key.text())).help("add `type: string`");
        }
        choice(key, input, report);
        default(input, report);
    }
    for (key, output) in config.get("outputs").present().map(Node::entries).into_iter().flatten() {
        if output.get("value").absent().is_some() {
            report.at(key, format!("the output `{}` has no value", key.text())).help("add `value`");
        }
    }
}

/// Options of one input that are compared.
const MAX_OPTIONS: usize = 256;

/// Whether the default of an input is of the input's type.
fn default(input: Node<'_>, report: &mut Report<'_>) {
    let (Some(kind), Some(default)) = (input.get("type").present(), input.get("default").present()) else { return };
    let text = default.text();
    let fits = match kind.text() {
        "boolean" => matches!(text, "true" | "false"),
        "number" => text.parse::<f64>().is_ok(),
        _ => true,
    };
    if !fits && !text.contains("${{") {
        report.at(default, format!("the default `{text}` is no {}", kind.text()));
    }
}

fn choice(key: Node<'_>, input: Node<'_>, report: &mut Report<'_>) {
    if input.get("type").present().is_none_or(|kind| kind.text() != "choice") {
        if let Some(options) = input.get("options").present() {
            report.at(options.key_place(), "only an input of type `choice` has options");
        }
        return;
    }
    let options = match input.get("options") {
        Lookup::Absent(_) => {
            report.at(key, format!("the choice `{}` has no options", key.text())).help("add `options`");
            return;
        }
        Lookup::Present(options) if options.is_list() => options,
        _ => return,
    };
    if options.items().len() == 0 {
        report.at(options, format!("the choice `{}` has no options", key.text())).help("add one");
    }
    let mut seen: Vec<&str> = Vec::new();
    for option in options.items().take(MAX_OPTIONS) {
        if seen.contains(&option.text()) {
            report.at(option, format!("the option `{}` stands twice", option.text())).help("remove one");
        }
        seen.push(option.text());
    }
    if let Some(default) = input.get("default").present()
        && !default.text().contains("${{")
        && !options.items().any(|option| option.text() == default.text())
    {
        report.at(default, format!("`{}` is none of the options", default.text()));
    }
}

rule! {
    /// Pattern cannot match
    ///
    /// Patterns of branches and tags match names of Git, which hold no blanks, `~`, `^`, `:` or `\`; paths are those of the
    /// repository, without `./` before them. A pattern that breaks these rules never matches, and the workflow never runs.
    ///
    /// ```workflow bad:2
    /// on:
    ///   push: { branches: ["release v*"] }
    /// jobs: { build: { runs-on: ubuntu-latest, steps: [{ run: make }] } }
    /// ```
    /// ```workflow bad:2
    /// on:
    ///   push: { paths: [./src/**] }
    /// jobs: { build: { runs-on: ubuntu-latest, steps: [{ run: make }] } }
    /// ```
    /// ```workflow bad:2
    /// on:
    ///   push: { tags: ["v[9-1]"] }
    /// jobs: { build: { runs-on: ubuntu-latest, steps: [{ run: make }] } }
    /// ```
    /// ```workflow bad:2
    /// on:
    ///   push: { tags: ["v*+"] }
    /// jobs: { build: { runs-on: ubuntu-latest, steps: [{ run: make }] } }
    /// ```
    /// ```workflow good
    /// on:
    ///   push: { tags: ["v[0-9]+.[0-9]+", "[a-zA-Z-]*"] }
    /// jobs: { build: { runs-on: ubuntu-latest, steps: [{ run: make }] } }
    /// ```
    /// ```workflow good
    /// on:
    ///   push: { branches: [main, "release/**", "!release/old", "v[12].x"], paths: ["**.js", "!docs/**"] }
    /// jobs: { build: { runs-on: ubuntu-latest, steps: [{ run: make }] } }
    /// ```
    GLOB_INVALID = "actions-glob-invalid" {
        check: Check::Actions(ActionsCheck::Workflow(glob_invalid)),
        severity: Severity::Low,
        peers: &["actionlint:glob"],
    }
}

fn glob_invalid(workflow: &Workflow<'_>, report: &mut Report<'_>) {
    for trigger in &workflow.triggers {
        let Some(config) = trigger.config else { continue };
        for filter in FILTERS.iter().map(|(filter, _)| *filter).chain(["versions"]) {
            let Some(node) = config.get(filter).present() else { continue };
            for pattern in one_or_many(node) {
                let text = pattern.text();
                let fault = if filter.starts_with("paths") { path_fault(text) } else { ref_fault(text) };
                if let Some(fault) = fault {
                    report.at(pattern, format!("`{text}` {fault}"));
                }
            }
        }
    }
}

fn ref_fault(text: &str) -> Option<String> {
    let text = text.strip_prefix('!').unwrap_or(text);
    if let Some(fault) = bracket_fault(text) {
        return Some(fault);
    }
    // A backslash makes the next character one like others.
    let mut escaped = false;
    for character in text.chars() {
        if !escaped && matches!(character, ' ' | '\t' | '~' | '^' | ':') {
            return Some(format!("holds `{character}`, which no branch or tag has"));
        }
        escaped = character == '\\' && !escaped;
    }
    match text {
        "" => Some("is empty".to_owned()),
        _ if text.starts_with('/') || text.ends_with('/') => Some("starts or ends with `/`".to_owned()),
        _ if text.contains("..") || text.contains("//") => {
            Some("holds `..` or `//`, which no branch or tag has".to_owned())
        }
        _ if text.starts_with("refs/heads/") || text.starts_with("refs/tags/") => None,
        _ => None,
    }
}

fn path_fault(text: &str) -> Option<String> {
    let text = text.strip_prefix('!').unwrap_or(text);
    if let Some(fault) = bracket_fault(text) {
        return Some(fault);
    }
    match text {
        "" => Some("is empty".to_owned()),
        _ if text.starts_with("./") || text.starts_with("../") || text == "." || text == ".." => {
            Some("starts with `.`: paths start at the repository's root".to_owned())
        }
        _ if text.trim() != text => Some("starts or ends with a blank".to_owned()),
        _ => None,
    }
}

fn bracket_fault(text: &str) -> Option<String> {
    let mut open = false;
    let mut escaped = false;
    for character in text.chars() {
        match character {
            _ if escaped => {}
            '[' => open = true,
            ']' => open = false,
            _ => {}
        }
        escaped = character == '\\' && !escaped;
    }
    if open {
        return Some("has a `[` that is not closed".to_owned());
    }
    if text.starts_with(['+', '?']) {
        return Some("starts with a sign that repeats what stands before it".to_owned());
    }
    if let Some((first, last)) = reversed_range(text) {
        return Some(format!("has the range `{first}-{last}`, which holds nothing"));
    }
    ["*+", "*?", "++", "??", "+?", "?+"]
        .into_iter()
        .find(|signs| text.contains(signs))
        .map(|signs| format!("has `{signs}`: the second repeats a character, and none stands before it"))
}

/// A range between brackets whose end comes before its start.
fn reversed_range(text: &str) -> Option<(char, char)> {
    let (mut open, mut before, mut start) = (false, None, None);
    for character in text.chars() {
        match character {
            '[' if !open => (open, before, start) = (true, None, None),
            ']' => open = false,
            '-' if open && before.is_some() => start = before,
            _ if open => {
                if let Some(first) = start.take().filter(|first| *first > character) {
                    return Some((first, character));
                }
                before = Some(character);
            }
            _ => {}
        }
    }
    None
}

rule! {
    /// Schedule is none, or is more often than GitHub runs it
    ///
    /// GitHub reads five fields of cron without the names that start with `@`, and runs nothing more often than every five
    /// minutes.
    ///
    /// ```workflow bad:3
    /// on:
    ///   schedule:
    ///     - cron: "0 25 * * *"
    /// jobs: { build: { runs-on: ubuntu-latest, steps: [{ run: make }] } }
    /// ```
    /// ```workflow bad:3
    /// on:
    ///   schedule:
    ///     - cron: "* * * * *"
    /// jobs: { build: { runs-on: ubuntu-latest, steps: [{ run: make }] } }
    /// ```
    /// ```workflow good
    /// on:
    ///   schedule:
    ///     - cron: "*/5 4 * JAN-MAR mon,fri"
    ///     - { cron: "0 4 * * 0", timezone: Europe/Zurich }
    /// jobs: { build: { runs-on: ubuntu-latest, steps: [{ run: make }] } }
    /// ```
    CRON_INVALID = "actions-cron-invalid" {
        check: Check::Actions(ActionsCheck::Workflow(cron_invalid)),
        severity: Severity::Low,
        peers: &["actionlint:events"],
    }
}

fn cron_invalid(workflow: &Workflow<'_>, report: &mut Report<'_>) {
    let Some(config) = workflow.trigger("schedule").and_then(|trigger| trigger.config) else { return };
    for entry in config.items() {
        if let Some(zone) = entry.get("timezone").present().filter(|zone| !time_zone::may_be_zone(zone.text())) {
            report.at(zone, format!("`{}` is no time zone", zone.text())).help("write one such as `Europe/Zurich`");
        }
        let Some(node) = entry.get("cron").present() else { continue };
        let text = node.text();
        if text.starts_with('@') {
            report.at(node, format!("GitHub does not know `{text}`")).help("write the five fields");
        } else if let Err(error) = cron::validate(text) {
            report.at(node, format!("the schedule cannot be read: {error}"));
        } else if is_too_often(text) {
            report
                .at(node, "GitHub runs nothing more often than every five minutes")
                .help("write `*/5`, or less often");
        }
    }
}

/// Whether two of the minutes are less than five apart.
fn is_too_often(schedule: &str) -> bool {
    let minutes = schedule.split_whitespace().next().unwrap_or_default();
    let number = |text: &str| text.parse::<u32>().ok();
    let mut exact: Vec<u32> = Vec::new();
    for part in minutes.split(',') {
        let (range, step) = part.split_once('/').map_or((part, None), |(range, step)| (range, number(step)));
        let is_range = range == "*" || range.contains('-');
        if is_range && step.unwrap_or(1) < 5 {
            return true;
        }
        exact.extend(number(range));
    }
    exact.sort_unstable();
    exact.windows(2).any(|pair| matches!(pair, [a, b] if b.abs_diff(*a) < 5))
}
