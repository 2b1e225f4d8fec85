//! What sets workflows off: events that outsiders cause while secrets are at hand, and the checks of who it was.
//!
//! It cannot know whether a repository is public, nor what its settings ask of first-time contributors.

use portcullis_model::actions::{Usage, Workflow};
use portcullis_syntax::expression::{Comparison, Expr, ExprKind};

use super::{ActionsCheck, Scope};
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&DANGEROUS_TRIGGERS, &BOT_CONDITIONS, &MISSING_TRIGGER_AUTHORIZATION];

rule! {
    /// Workflow runs for outsiders with the repository's secrets
    ///
    /// `pull_request_target` and `workflow_run` give the secrets and a token that may write to runs that any pull request
    /// causes. One expression or checkout too many hands them over. Silent where all that runs is `actions/labeler`.
    ///
    /// ```workflow bad:1
    /// on: pull_request_target
    /// jobs:
    ///   build:
    ///     runs-on: ubuntu-latest
    ///     steps: [{ run: make }]
    /// ```
    /// ```workflow good
    /// on: pull_request_target
    /// jobs:
    ///   label:
    ///     runs-on: ubuntu-latest
    ///     steps: [{ uses: actions/labeler@v5 }]
    /// ```
    DANGEROUS_TRIGGERS = "actions-dangerous-triggers" {
        check: Check::Actions(ActionsCheck::Workflow(dangerous_triggers)),
        severity: Severity::High,
        confidence: Confidence::Medium,
        profile: Profile::All,
        peers: &["zizmor:dangerous-triggers"],
    }
}

fn dangerous_triggers(workflow: &Workflow<'_>, report: &mut Report<'_>) {
    let mut steps = workflow.jobs.iter().flat_map(|job| &job.steps).peekable();
    let only_labels = steps.peek().is_some()
        && steps.all(|step| step.uses_action("actions/labeler"))
        && workflow.jobs.iter().all(|job| job.calls.is_none());
    for trigger in &workflow.triggers {
        let is_dangerous = match trigger.name {
            "pull_request_target" => !only_labels,
            "workflow_run" => true,
            _ => false,
        };
        if is_dangerous {
            report
                .at(trigger.node, format!("`{}` runs for outsiders with the repository's secrets", trigger.name))
                .help("use `pull_request`, and leave what needs secrets to a workflow that reads no outsider's data");
        }
    }
}

/// Contexts that name the one who last touched the event, not its author.
const ACTORS: &[&str] = &[
    "github.actor",
    "github.triggering_actor",
    "github.event.pull_request.sender.login",
    "github.event.sender.login",
    "github.actor_id",
    "github.event.pull_request.sender.id",
];

/// Ids of Dependabot and Renovate, which people compare with in place of names.
const BOT_IDS: &[&str] = &["29110", "49699333", "27856297", "29139614"];

rule! {
    /// Condition trusts the actor to be a bot
    ///
    /// `github.actor` is whoever caused the last event, not who opened the pull request: an attacker's branch on which
    /// Dependabot is made to push, or that is closed and opened again, passes. Looks at conditions of workflows that run for
    /// pull requests and comments with secrets.
    ///
    /// ```workflow bad:4
    /// on: pull_request_target
    /// jobs:
    ///   merge:
    ///     if: github.actor == 'dependabot[bot]'
    ///     runs-on: ubuntu-latest
    ///     steps: [{ run: gh pr merge --auto "$URL" }]
    /// ```
    /// ```workflow good
    /// on: pull_request_target
    /// jobs:
    ///   merge:
    ///     if: github.event.pull_request.user.login == 'dependabot[bot]' || github.actor != 'x[bot]'
    ///     runs-on: ubuntu-latest
    ///     steps: [{ run: gh pr merge --auto "$URL" }]
    /// ```
    BOT_CONDITIONS = "actions-bot-conditions" {
        check: Check::Actions(ActionsCheck::Expression(bot_conditions)),
        severity: Severity::High,
        tags: &["cwe-290"],
        peers: &["zizmor:bot-conditions", "poutine:confused_deputy_auto_merge"],
    }
}

fn bot_conditions(usage: &Usage<'_>, scope: Scope<'_, '_>, report: &mut Report<'_>) {
    if !usage.site.is_condition() || !usage.node.text().contains("bot") && !has_bot_id(usage.node.text()) {
        return;
    }
    let is_exposed = scope.workflow().is_some_and(|workflow| {
        workflow.triggers.iter().any(|trigger| {
            trigger.name.starts_with("pull_request")
                || trigger.name.ends_with("_comment")
                || trigger.name == "workflow_run"
        })
    });
    let (Some(expr), true) = (usage.expr(), is_exposed) else { return };
    expr.walk(&mut |part| {
        let ExprKind::Compare(Comparison::Equal, left, right) = &part.kind else { return };
        let actor = [(left, right), (right, left)].into_iter().find(|(actor, bot)| {
            actor.path().is_some_and(|path| ACTORS.iter().any(|name| path.is(name))) && is_bot(bot)
        });
        if let Some((actor, _)) = actor {
            let written = usage.text_of(actor);
            report
                .at(
                    usage.place_of(part),
                    format!("`{written}` is not who opened the pull request, and can be made a bot"),
                )
                .help("compare `github.event.pull_request.user.login`, or the author of what is acted on");
        }
    });
}

fn has_bot_id(text: &str) -> bool {
    BOT_IDS.iter().any(|id| text.contains(id))
}

fn is_bot(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::String(text) => text.ends_with("[bot]") || BOT_IDS.contains(&&**text),
        ExprKind::Number(value) => BOT_IDS.iter().any(|id| id.parse() == Ok(*value)),
        _ => false,
    }
}

/// Words by which a workflow asks who it runs for.
const ASKS_WHO: &[&str] = &[
    "author_association",
    "github.actor",
    "github.triggering_actor",
    "sender.",
    "user.login",
    "collaborators/",
    "permission",
    "environment:",
    "isCollaborator",
    "getCollaboratorPermissionLevel",
    "checkCollaborator",
];

rule! {
    /// Anybody's comment sets the workflow off
    ///
    /// `issue_comment` runs on the default branch with its secrets, whoever writes the comment. Looks for any check of the
    /// author (`author_association`, the actor, a permission) or an environment that asks for approval, in conditions and
    /// scripts alike; where there is one the rule is silent.
    ///
    /// ```workflow bad:2
    /// on:
    ///   issue_comment:
    ///     types: [created]
    /// jobs:
    ///   deploy:
    ///     if: contains(github.event.comment.body, '/deploy')
    ///     runs-on: ubuntu-latest
    ///     steps: [{ run: ./deploy }]
    /// ```
    /// ```workflow good
    /// on:
    ///   issue_comment:
    ///     types: [created]
    /// jobs:
    ///   deploy:
    ///     if: github.event.comment.author_association == 'OWNER'
    ///     runs-on: ubuntu-latest
    ///     steps: [{ run: ./deploy }]
    /// ```
    MISSING_TRIGGER_AUTHORIZATION = "actions-missing-trigger-authorization" {
        check: Check::Actions(ActionsCheck::Workflow(missing_trigger_authorization)),
        severity: Severity::Medium,
        confidence: Confidence::Medium,
        profile: Profile::All,
        tags: &["cwe-862"],
        peers: &["kics:missing_workflow_trigger_authorization", "kics:check_for_pr"],
    }
}

fn missing_trigger_authorization(workflow: &Workflow<'_>, report: &mut Report<'_>) {
    let Some(trigger) = ["issue_comment", "discussion_comment"].into_iter().find_map(|name| workflow.trigger(name))
    else {
        return;
    };
    let text = workflow.root.span().slice(workflow.root.tree().text());
    let asks = ASKS_WHO.iter().any(|word| *word != "permission" && text.contains(word))
        || text.replace("permissions:", "").contains("permission");
    if !asks {
        report
            .at(trigger.node, format!("`{}` is set off by anybody, and nothing asks by whom", trigger.name))
            .help("compare `github.event.comment.author_association` in the job's `if:`");
    }
}
