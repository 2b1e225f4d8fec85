//! Who decides what a context holds.
//!
//! The fields of `github.event` follow the payloads that GitHub documents for its webhooks (read on 2026-08-22): numbers,
//! booleans, times, hashes and words of a fixed list cannot carry code; names, titles and texts can.

use portcullis_syntax::expression::{Path, Segment};

/// How much of a value an attacker may choose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Taint {
    /// Nothing that matters: a number, a hash, a word of a fixed list.
    Fixed,
    /// Some of it: an address with a name in it.
    Structured,
    /// All of it.
    Arbitrary,
    /// It depends on the workflow: `env`, `inputs`, outputs of steps.
    Unknown,
}

/// The taint of a path, for anybody who can open an issue or a pull request.
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

fn github(path: &Path) -> Taint {
    match path.name(1) {
        "event" => event(path),
        // Branches and tags are named by whoever pushes them, and their names may hold `$(…)`.
        "head_ref" | "base_ref" | "ref" | "ref_name" => Taint::Arbitrary,
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

fn event(path: &Path) -> Taint {
    // `github.event` as a whole, or an object of it by `toJSON`.
    let Some(last) = path.segments().last() else { return Taint::Unknown };
    if matches!(path.name(2), "inputs") {
        return Taint::Unknown;
    }
    let is_packaged = |segment: &Segment| matches!(segment, Segment::Name(name) if PACKAGED.contains(&name.as_str()));
    if path.name(2) == "client_payload" || path.segments().iter().any(is_packaged) {
        return Taint::Arbitrary;
    }
    let Segment::Name(last) = last else { return Taint::Arbitrary };
    if path.segments().len() == 2 {
        return Taint::Arbitrary;
    }
    if matches!(path.name(2), "action" | "after" | "before" | "number" | "schedule") && path.segments().len() == 3 {
        return Taint::Fixed;
    }
    let owner = path.segments().iter().rev().nth(1).map_or("", |segment| match segment {
        Segment::Name(name) => name.as_str(),
        Segment::Any => "*",
    });
    match last.as_str() {
        _ if TEXTS.contains(&last.as_str()) => Taint::Arbitrary,
        // Of a person, a label, a commit's author, a file: free. Of the repository or an app: not.
        "name" if matches!(owner, "repository" | "repo" | "app" | "organization" | "license" | "enterprise") => {
            Taint::Fixed
        }
        "name" => Taint::Arbitrary,
        "email" => Taint::Arbitrary,
        // Objects, as `toJSON` gives them.
        "issue" | "pull_request" | "comment" | "review" | "discussion" | "release" | "workflow_run" | "head_commit"
        | "commits" | "commit" | "pages" | "changes" | "head" | "base" | "label" | "labels" | "answer" | "author"
        | "committer" => Taint::Arbitrary,
        "from" => Taint::Arbitrary,
        "html_url" | "url"
            if matches!(owner, "pull_request" | "issue" | "comment" | "review" | "repository" | "repo") =>
        {
            Taint::Fixed
        }
        "compare" | "compare_url" | "label_url" => Taint::Structured,
        _ => Taint::Fixed,
    }
}
