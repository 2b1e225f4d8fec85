//! GitHub Actions: workflows, actions, their jobs, steps and expressions, and the configuration of Dependabot.
//!
//! A view decides what a text is (which trigger, which kind of `uses:`, which shell); it cannot know what an action of
//! another repository does, nor how the repository is set up.

mod action;
mod job;
mod locals;
mod permissions;
mod shells;
mod step;
mod taint;
mod trigger;
mod usage;
mod uses;
mod workflow;

pub use action::{Action, Runtime};
pub use job::Job;
pub use locals::{Interface, Local, Locals, Parameter};
pub use permissions::{Access, Permissions, SCOPES, Scope, accesses};
pub use shells::{Family, Os, Shell, operating_system};
pub use step::{Script, Step};
pub use taint::{Taint, taint};
pub use trigger::{EVENTS, Event, Trigger, event, is_privileged};
pub use usage::{Site, Usage};
pub use uses::{Uses, UsesKind, Version, is_commit};
pub use workflow::{Input, InputKind, Workflow};

use portcullis_syntax::Node;

/// What a file of GitHub's is, by its path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// `.github/workflows/*.yml`
    Workflow,
    /// `action.yml`
    Action,
    /// `.github/dependabot.yml`
    Dependabot,
    /// `.pre-commit-config.yaml`
    PreCommit,
}

impl FileKind {
    /// The kind of the file at `path`, which is `/`-separated.
    pub fn of(path: &str) -> Option<Self> {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        let is_in =
            |wanted: &str| folder.strip_suffix(wanted).is_some_and(|before| before.is_empty() || before.ends_with('/'));
        match name {
            "dependabot.yml" | "dependabot.yaml" if is_in(".github") => Some(Self::Dependabot),
            ".pre-commit-config.yaml" | ".pre-commit-config.yml" => Some(Self::PreCommit),
            _ if is_in(".github/workflows") && (name.ends_with(".yml") || name.ends_with(".yaml")) => {
                Some(Self::Workflow)
            }
            "action.yml" | "action.yaml" => Some(Self::Action),
            _ => None,
        }
    }
}

/// Whether a document under a name that says nothing is a workflow: nothing but a workflow's keys at the top, what starts it,
/// and jobs that run somewhere.
pub fn is_workflow(root: Node<'_>) -> bool {
    const KEYS: &[&str] = &["name", "run-name", "on", "permissions", "env", "defaults", "concurrency", "jobs"];
    let Some(jobs) = root.field("jobs") else { return false };
    let runs = |job: Node<'_>| job.field("runs-on").is_some() || job.field("uses").is_some();
    root.field("on").is_some()
        && root.entries().all(|(key, _)| KEYS.contains(&key.text()))
        && jobs.entries().len() > 0
        && jobs.entries().all(|(_, job)| runs(job))
}

/// The folder that the paths of `uses: ./…` in the file at `path` start from, as far as the path tells: the repository's
/// root, with a `/` behind it, or nothing.
pub fn repository_prefix(path: &str) -> &str {
    let at = if path.starts_with(".github/") { Some(0) } else { path.find("/.github/").map(|at| at.saturating_add(1)) };
    at.and_then(|at| path.get(..at)).unwrap_or_default()
}

/// What a scalar says, of whatever type; nothing for collections and null.
pub fn scalar(node: Node<'_>) -> Option<&str> {
    (!node.is_list() && !node.is_map() && !node.is_null()).then(|| node.text())
}

/// The elements of a list, or the one scalar that stands in its place.
pub fn one_or_many(node: Node<'_>) -> Vec<Node<'_>> {
    if node.is_list() {
        return node.items().collect();
    }
    scalar(node).map(|_| node).into_iter().collect()
}

#[cfg(test)]
mod tests;
