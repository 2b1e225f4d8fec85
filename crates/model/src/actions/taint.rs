//! Who decides what a context holds.
//!
//! The fields of `github.event` follow the payloads that GitHub documents for its webhooks (read on 2026-08-22): numbers,
//! booleans, times, hashes and words of a fixed list cannot carry code; names, titles and texts can. Who may write a text
//! follows from what it belongs to: anybody opens an issue, but branches, tags, labels and releases of the repository are
//! named by those who may write to it. It cannot know what rules the repository has for names.

use portcullis_syntax::expression::{Path, Segment};

use super::{Trigger, Workflow};

/// Who may choose a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Taint {
    /// Nobody: a number, a hash, a word of a fixed list, or nothing at all.
    Fixed,
    /// Those who may write to the repository.
    Collaborator,
    /// Anybody.
    Outsider,
    /// It depends on the workflow: `env`, `inputs`, outputs of steps.
    Unknown,
}

/// Who may choose what a path holds, whatever event set the run off.
pub fn taint(path: &Path) -> Taint {
    match path.root() {
        "github" => github(path),
        "secrets" | "runner" | "job" | "strategy" | "vars" => Taint::Fixed,
        "steps" if matches!(path.name(2), "outcome" | "conclusion") => Taint::Fixed,
        "needs" if path.name(2) == "result" => Taint::Fixed,
        "env" | "inputs" | "matrix" | "steps" | "needs" | "jobs" => Taint::Unknown,
        _ => Taint::Fixed,
    }
}

impl Workflow<'_> {
    /// Who may choose what a path holds under the events of `on:`. What none of them carries is empty; the events of a
    /// reusable workflow are its callers', and carry anything.
    pub fn taint(&self, path: &Path) -> Taint {
        let worst = taint(path);
        let is_called = self.triggers.is_empty() || self.has_trigger("workflow_call");
        if is_called || path.root() != "github" || worst <= Taint::Fixed {
            return worst;
        }
        let is_set = |events: &[&str]| self.triggers.iter().any(|trigger| events.contains(&trigger.name));
        let is_open = match (path.name(1), path.name(2)) {
            ("ref" | "ref_name", _) => self.triggers.iter().any(has_open_ref),
            ("event", "ref") => self.triggers.iter().any(|it| it.name != "workflow_dispatch" && has_open_ref(it)),
            ("base_ref", _) => self.triggers.iter().any(has_open_base),
            ("event", "pull_request") if path.name(3) == "base" && path.name(4) == "ref" => {
                self.triggers.iter().any(has_open_base)
            }
            ("head_ref", _) => is_set(PULL_REQUESTS),
            ("event", object) => CARRIED.iter().find(|(name, _)| *name == object).is_none_or(|(_, by)| is_set(by)),
            _ => true,
        };
        if is_open { worst } else { Taint::Fixed }
    }
}

const PULL_REQUESTS: &[&str] =
    &["pull_request", "pull_request_target", "pull_request_review", "pull_request_review_comment"];

/// Objects of `github.event`, and the events that carry them.
const CARRIED: &[(&str, &[&str])] = &[
    ("answer", &["discussion"]),
    ("comment", &["discussion_comment", "issue_comment", "pull_request_review_comment"]),
    ("commits", &["push"]),
    ("discussion", &["discussion", "discussion_comment"]),
    ("forkee", &["fork"]),
    ("head_commit", &["push"]),
    ("issue", &["issue_comment", "issues"]),
    ("pages", &["gollum"]),
    ("pull_request", PULL_REQUESTS),
    ("review", &["pull_request_review"]),
    ("workflow_run", &["workflow_run"]),
];

/// Whether `github.ref` can be a name that somebody makes up under this event. A pull request's is its number, a schedule's
/// the default branch, and a push to branches that are listed one of those.
fn has_open_ref(trigger: &Trigger<'_>) -> bool {
    match trigger.name {
        "push" => {
            let get = |key: &str| trigger.config.and_then(|config| config.get(key).present());
            let is_excluding = get("branches-ignore").is_some() || get("tags-ignore").is_some();
            let filters = [get("branches"), get("tags")];
            let is_filtered = filters.iter().any(Option::is_some);
            is_excluding || !is_filtered || !filters.into_iter().flatten().all(is_closed)
        }
        "create" | "delete" | "workflow_dispatch" | "release" | "registry_package" | "deployment"
        | "deployment_status" | "merge_group" => true,
        _ => false,
    }
}

/// The branch that a pull request is for exists already, and may be one of those that are listed.
fn has_open_base(trigger: &Trigger<'_>) -> bool {
    let branches = trigger.config.and_then(|config| config.get("branches").present());
    PULL_REQUESTS.contains(&trigger.name) && branches.is_none_or(|branches| !is_closed(branches))
}

/// Whether the patterns of a filter are names, or names with digits and the like in them: `v[0-9]+.[0-9]+`.
fn is_closed(patterns: portcullis_syntax::Node<'_>) -> bool {
    super::one_or_many(patterns).iter().all(|pattern| !pattern.text().contains(['*', '!', '$', '^']))
}

fn github(path: &Path) -> Taint {
    match path.name(1) {
        "event" => event(path),
        // The branch of a fork has any name, one with `$(…)` in it as well.
        "head_ref" => Taint::Outsider,
        "base_ref" | "ref" | "ref_name" => Taint::Collaborator,
        // Case and hyphens are all that a login allows.
        _ => Taint::Fixed,
    }
}

/// Fields that hold a free text, whatever object they are of.
const TEXTS: &[&str] = &[
    "title",
    "body",
    "message",
    "description",
    "label",
    "head_branch",
    "head_ref",
    "base_ref",
    "ref",
    "page_name",
    "display_title",
    "summary",
    "text",
    "homepage",
    "default_branch",
    "branch",
    "tag_name",
    "target_commitish",
    "diff_hunk",
    "path",
    "commit_message",
    "commit_title",
    "master_branch",
    "environment",
    "website_url",
    "bio",
    "company",
    "location",
    "blog",
    "context",
    "milestone",
    "client_payload",
    "inputs",
    "value",
    "payload",
    "task",
    "external_id",
    "identifier",
    "original_environment",
    "body_html",
    "readme",
    "installation_command",
    "details_url",
    "target_url",
    "environment_url",
    "log_url",
];

/// Objects of a published package: whoever publishes it writes what is in them.
const PACKAGED: &[&str] = &["npm_metadata", "container_metadata", "rubygems_metadata", "package_files"];

/// Objects of `github.event` whose texts are written by those who may write to the repository.
const INTERNAL: &[&str] = &[
    "base_ref",
    "client_payload",
    "compare",
    "deployment",
    "deployment_status",
    "label",
    "master_branch",
    "merge_group",
    "milestone",
    "package",
    "pusher",
    "ref",
    "registry_package",
    "repository",
    "rule",
];

fn event(path: &Path) -> Taint {
    let anybody = free_text(path);
    if anybody != Taint::Outsider {
        return anybody;
    }
    let is_internal = match path.name(2) {
        // Notes that GitHub writes for a release repeat the titles of pull requests.
        "release" => !matches!(path.name(3), "" | "body" | "body_html"),
        "issue" => matches!(path.name(3), "labels" | "milestone"),
        "pull_request" => matches!(path.name(3), "auto_merge" | "base" | "labels" | "milestone"),
        object => INTERNAL.contains(&object),
    };
    if is_internal { Taint::Collaborator } else { Taint::Outsider }
}

/// [`Taint::Outsider`] for what holds a free text, whoever writes it.
fn free_text(path: &Path) -> Taint {
    // `github.event` as a whole, or an object of it by `toJSON`.
    let Some(last) = path.segments().last() else { return Taint::Unknown };
    if matches!(path.name(2), "inputs") {
        return Taint::Unknown;
    }
    let is_packaged = |segment: &Segment| matches!(segment, Segment::Name(name) if PACKAGED.contains(&name.as_str()));
    if path.name(2) == "client_payload" || path.segments().iter().any(is_packaged) {
        return Taint::Outsider;
    }
    let Segment::Name(last) = last else { return Taint::Outsider };
    if path.segments().len() == 2 {
        return Taint::Outsider;
    }
    if matches!(path.name(2), "action" | "after" | "before" | "number" | "schedule") && path.segments().len() == 3 {
        return Taint::Fixed;
    }
    let owner = path.segments().iter().rev().nth(1).map_or("", |segment| match segment {
        Segment::Name(name) => name.as_str(),
        Segment::Any => "*",
    });
    match last.as_str() {
        _ if TEXTS.contains(&last.as_str()) => Taint::Outsider,
        // Of a person, a label, a commit's author, a file: free. Of the repository or an app: not.
        "name" if matches!(owner, "repository" | "repo" | "app" | "organization" | "license" | "enterprise") => {
            Taint::Fixed
        }
        "name" => Taint::Outsider,
        "email" => Taint::Outsider,
        // Objects, as `toJSON` gives them.
        "issue" | "pull_request" | "comment" | "review" | "discussion" | "release" | "workflow_run" | "head_commit"
        | "commits" | "commit" | "pages" | "changes" | "head" | "base" | "label" | "labels" | "answer" | "author"
        | "committer" => Taint::Outsider,
        "from" => Taint::Outsider,
        "html_url" | "url"
            if matches!(owner, "pull_request" | "issue" | "comment" | "review" | "repository" | "repo") =>
        {
            Taint::Fixed
        }
        "compare" if path.segments().len() == 3 => Taint::Outsider,
        _ => Taint::Fixed,
    }
}
