//! What `on:` names.
//!
//! Events and activity types as GitHub documents them under "Events that trigger workflows", read on 2026-08-22.

use portcullis_syntax::Node;

/// One event of `on:`.
#[derive(Clone, Copy, Debug)]
pub struct Trigger<'t> {
    /// The event's name.
    pub name: &'t str,
    /// Where the name stands.
    pub node: Node<'t>,
    /// Filters, types and inputs, where the event has a mapping.
    pub config: Option<Node<'t>>,
}

impl<'t> Trigger<'t> {
    /// Reads the value of `on:`: a name, a list of names or a mapping.
    pub fn all(on: Node<'t>) -> Vec<Self> {
        if on.is_map() {
            return on
                .entries()
                .map(|(key, value)| Self { name: key.text(), node: key, config: (!value.is_null()).then_some(value) })
                .collect();
        }
        super::one_or_many(on)
            .into_iter()
            .filter_map(|node| Some(Self { name: super::scalar(node)?, node, config: None }))
            .collect()
    }

    /// The activity types that it is limited to; `None` where it is not.
    pub fn types(&self) -> Option<Vec<&'t str>> {
        let types = self.config?.get("types").present()?;
        Some(super::one_or_many(types).into_iter().filter_map(super::scalar).collect())
    }
}

/// An event of GitHub.
#[derive(Clone, Copy, Debug)]
pub struct Event {
    /// Its name.
    pub name: &'static str,
    /// The activity types that it has; empty where it has none.
    pub types: &'static [&'static str],
}

const CREATED_EDITED_DELETED: &[&str] = &["created", "edited", "deleted"];
const PULL_REQUEST: &[&str] = &[
    "assigned",
    "unassigned",
    "labeled",
    "unlabeled",
    "opened",
    "edited",
    "closed",
    "reopened",
    "synchronize",
    "converted_to_draft",
    "locked",
    "unlocked",
    "enqueued",
    "dequeued",
    "milestoned",
    "demilestoned",
    "ready_for_review",
    "review_requested",
    "review_request_removed",
    "auto_merge_enabled",
    "auto_merge_disabled",
];

/// Every event.
pub const EVENTS: &[Event] = &[
    Event { name: "branch_protection_rule", types: CREATED_EDITED_DELETED },
    Event { name: "check_run", types: &["created", "rerequested", "completed", "requested_action"] },
    Event { name: "check_suite", types: &["completed"] },
    Event { name: "create", types: &[] },
    Event { name: "delete", types: &[] },
    Event { name: "deployment", types: &[] },
    Event { name: "deployment_status", types: &[] },
    Event {
        name: "discussion",
        types: &[
            "created",
            "edited",
            "deleted",
            "transferred",
            "pinned",
            "unpinned",
            "labeled",
            "unlabeled",
            "locked",
            "unlocked",
            "category_changed",
            "answered",
            "unanswered",
        ],
    },
    Event { name: "discussion_comment", types: CREATED_EDITED_DELETED },
    Event { name: "fork", types: &[] },
    Event { name: "gollum", types: &[] },
    Event { name: "image_version", types: &[] },
    Event { name: "issue_comment", types: CREATED_EDITED_DELETED },
    Event {
        name: "issues",
        types: &[
            "opened",
            "edited",
            "deleted",
            "transferred",
            "pinned",
            "unpinned",
            "closed",
            "reopened",
            "assigned",
            "unassigned",
            "labeled",
            "unlabeled",
            "locked",
            "unlocked",
            "milestoned",
            "demilestoned",
            "typed",
            "untyped",
        ],
    },
    Event { name: "label", types: CREATED_EDITED_DELETED },
    Event { name: "merge_group", types: &["checks_requested"] },
    Event { name: "milestone", types: &["created", "closed", "opened", "edited", "deleted"] },
    Event { name: "page_build", types: &[] },
    Event { name: "public", types: &[] },
    Event { name: "pull_request", types: PULL_REQUEST },
    Event { name: "pull_request_review", types: &["submitted", "edited", "dismissed"] },
    Event { name: "pull_request_review_comment", types: CREATED_EDITED_DELETED },
    Event { name: "pull_request_target", types: PULL_REQUEST },
    Event { name: "push", types: &[] },
    Event { name: "registry_package", types: &["published", "updated"] },
    Event {
        name: "release",
        types: &["published", "unpublished", "created", "edited", "deleted", "prereleased", "released"],
    },
    Event { name: "repository_dispatch", types: &[] },
    Event { name: "schedule", types: &[] },
    Event { name: "status", types: &[] },
    Event { name: "watch", types: &["started"] },
    Event { name: "workflow_call", types: &[] },
    Event { name: "workflow_dispatch", types: &[] },
    Event { name: "workflow_run", types: &["completed", "requested", "in_progress"] },
];

/// The event of that name.
pub fn event(name: &str) -> Option<&'static Event> {
    EVENTS.iter().find(|event| event.name == name)
}

/// Whether anybody on GitHub can set it off while it runs with the repository's secrets and a token that may write.
pub fn is_privileged(event: &str) -> bool {
    matches!(event, "pull_request_target" | "workflow_run" | "issue_comment")
}
