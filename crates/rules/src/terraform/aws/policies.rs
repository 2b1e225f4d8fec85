//! The policies that resources hold, and how rules about their statements are judged.
//!
//! A policy that is not known, or in which JSON cannot be read, is not judged; one that is known in part is judged by
//! what is known. Statements in a text are all reported at the text: it keeps no places of its parts.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use portcullis_model::terraform::policy::{Condition, Element, Policy, Statement};
use portcullis_model::terraform::refers;
use portcullis_model::terraform::value::{Map, Piece};

use crate::terraform::prelude::*;

/// Types that say what an identity may do.
pub(super) const IDENTITY: &[&str] = &[
    "aws_iam_policy",
    "aws_iam_role_policy",
    "aws_iam_user_policy",
    "aws_iam_group_policy",
    "aws_iam_role",
    "aws_ssoadmin_permission_set_inline_policy",
    DOCUMENT,
];

/// The data source that writes a policy.
pub(super) const DOCUMENT: &str = "data.aws_iam_policy_document";

/// A row about policies.
pub(super) struct PolicyRow {
    /// What is wrong in a policy.
    pub(super) finds: for<'p> fn(&'p Policy) -> Vec<Wrong<'p>>,
    /// What is wrong with the resource, after its address.
    pub(super) says: &'static str,
    /// What to do.
    pub(super) help: &'static str,
}

/// Something wrong in a policy.
pub(super) struct Wrong<'p> {
    /// Where.
    pub(super) at: &'p Element,
    /// What, in the words of the policy; may be empty.
    pub(super) what: String,
}

/// Judges the policies at a path of a resource.
pub(super) fn judge(
    row: &PolicyRow,
    path: &'static str,
    resource: &Resource,
    configuration: &Configuration,
    report: &mut Report<'_>,
) {
    let policies = policies_of(resource, path);
    for (number, lookup) in lookups(resource, path).into_iter().enumerate() {
        let found = match lookup {
            Lookup::Present(found) => found,
            Lookup::Absent(_) => continue,
            Lookup::Unknown(_) => {
                report.undecided();
                continue;
            }
        };
        let Some(Some(policy)) = policies.get(number) else {
            report.undecided();
            continue;
        };
        for Wrong { at, what } in (row.finds)(policy) {
            let mut message = format!("`{}` {}", resource.local, row.says);
            if !what.is_empty() {
                message.push_str(": ");
                message.push_str(&what);
            }
            let at = Found { value: &at.value, ..found };
            let draft = report.at_value(at, resource, configuration, message);
            draft.help(row.help);
            draft.via.extend(found.value.hops());
        }
    }
}

/// The policies at a path, one for each that is looked up there; `None` where it is absent or cannot be read.
///
/// A dozen rules look at the policies of a resource one after the other, so the last ones are kept. The body of their
/// resource is kept with them, so that no other can take its address.
fn policies_of(resource: &Resource, path: &'static str) -> Rc<Vec<Option<Policy>>> {
    LAST.with_borrow_mut(|last| {
        if let Some(last) = last
            && Arc::ptr_eq(&last.body, &resource.body)
            && last.path == path
        {
            return last.policies.clone();
        }
        let of_lookup = |lookup| if let Lookup::Present(found) = lookup { Policy::of(found.value) } else { None };
        let policies = Rc::new(lookups(resource, path).into_iter().map(of_lookup).collect::<Vec<_>>());
        *last = Some(Last { body: resource.body.clone(), path, policies: policies.clone(), limits: None });
        policies
    })
}

struct Last {
    body: Arc<Map>,
    path: &'static str,
    policies: Rc<Vec<Option<Policy>>>,
    limits: Option<bool>,
}

thread_local! {
    static LAST: RefCell<Option<Last>> = const { RefCell::new(None) };
}

/// Judges the policies of an identity. A policy that only limits what others grant gives no right, whatever it allows.
pub(super) fn judge_identity(
    row: &PolicyRow,
    resource: &Resource,
    configuration: &Configuration,
    report: &mut Report<'_>,
) {
    let path = match &*resource.kind {
        "aws_iam_role" => "inline_policy.policy",
        "aws_ssoadmin_permission_set_inline_policy" => "inline_policy",
        "aws_iam_policy_document" => "json",
        _ => "policy",
    };
    let policies = policies_of(resource, path);
    let finds_any = policies.iter().flatten().any(|policy| !(row.finds)(policy).is_empty());
    if !finds_any || !limits_only_once(resource, configuration) {
        judge(row, path, resource, configuration, report);
    }
}

/// [`only_limits`], asked once for all rules that look at the resource one after the other.
fn limits_only_once(resource: &Resource, configuration: &Configuration) -> bool {
    let known = LAST.with_borrow(|last| {
        let own = last.as_ref().filter(|last| Arc::ptr_eq(&last.body, &resource.body));
        own.and_then(|last| last.limits)
    });
    known.unwrap_or_else(|| {
        let limits = only_limits(resource, configuration);
        LAST.with_borrow_mut(|last| {
            if let Some(last) = last.as_mut().filter(|last| Arc::ptr_eq(&last.body, &resource.body)) {
                last.limits = Some(limits);
            }
        });
        limits
    })
}

/// Whether a policy or document is a boundary, a policy of an organization or of an endpoint: nobody gets a right by it.
/// One that is called a boundary may be set as one by a configuration that is not at hand.
pub(super) fn only_limits(resource: &Resource, configuration: &Configuration) -> bool {
    if !resource.is("aws_iam_policy") && !resource.is(DOCUMENT) {
        return false;
    }
    let is_boundary = |name: &str| name.to_ascii_lowercase().contains("boundary");
    if is_boundary(&resource.name) || resource.body.get("name").is_some_and(|name| has_text(name, is_boundary)) {
        return true;
    }
    let users = |kind: &str, path: &str| users_of(resource, configuration, kind, path).next().is_some();
    if resource.is("aws_iam_policy") {
        return ["aws_iam_role", "aws_iam_user"].iter().any(|kind| users(kind, "permissions_boundary"));
    }
    users("aws_organizations_policy", "content")
        || users("aws_vpc_endpoint", "policy")
        || users("aws_vpc_endpoint_policy", "policy")
        || users_of(resource, configuration, "aws_iam_policy", "policy")
            .any(|policy| only_limits(policy, configuration))
}

/// The resources of a type whose attribute refers to a resource. There may be thousands, so nothing else is asked.
fn users_of<'c>(
    resource: &'c Resource,
    configuration: &'c Configuration,
    kind: &'c str,
    attribute: &'c str,
) -> impl Iterator<Item = &'c Resource> {
    let uses = move |user: &&Resource| {
        user.body.get(attribute).is_some_and(|value| refers(value, resource, &[]) == Some(true))
    };
    configuration.of_kind(kind).filter(uses)
}

/// Whether a part of a text that is known is so.
fn has_text(value: &Value, is_so: impl Fn(&str) -> bool) -> bool {
    match &value.kind {
        Kind::String(text) => is_so(text),
        Kind::Template(pieces) => pieces.iter().any(|piece| matches!(piece, Piece::Text(text) if is_so(text))),
        _ => false,
    }
}

/// The statements by which an identity gets rights: those that name a principal belong to resources.
pub(super) fn grants(policy: &Policy) -> impl Iterator<Item = &Statement> {
    policy.allowed().filter(|statement| statement.principals.is_empty() && !statement.principals_open)
}

/// The element that lets a statement reach every resource, where no condition holds it back.
pub(super) fn every_resource(statement: &Statement) -> Option<&Element> {
    statement.is_unconditional().then(|| statement.resources.exactly("*"))?
}

/// The place of what a statement grants on every resource. Rules that speak of one statement share it, so that the most
/// exact one speaks: the action that is `*`, or else the resource that is.
pub(super) fn place_of<'s>(statement: &'s Statement, every: &'s Element) -> &'s Element {
    every_action(statement).unwrap_or(every)
}

/// The action that is every action.
pub(super) fn every_action(statement: &Statement) -> Option<&Element> {
    statement.actions.exactly("*").or_else(|| statement.actions.exactly("*:*"))
}

/// The principals that let everyone in, where no condition says who that is.
pub(super) fn anyone(policy: &Policy) -> Vec<Wrong<'_>> {
    let open = policy.allowed().filter(|statement| names_nobody(statement));
    open.filter_map(Statement::anyone).map(|principal| Wrong { at: &principal.name, what: String::new() }).collect()
}

/// Whether no condition of a statement limits who asks. How the connection is encrypted says nothing of that, and
/// `ForAllValues` holds where the request has no such key at all.
fn names_nobody(statement: &Statement) -> bool {
    !statement.conditions_open
        && statement.conditions.iter().all(|condition| {
            ["aws:SecureTransport", "s3:TlsVersion"].iter().any(|it| condition.variable.eq_ignore_ascii_case(it))
                || condition.test.starts_with("ForAllValues:")
                || is_met_by_all(condition)
        })
}

/// Whether a value of a condition is a pattern that everything matches.
fn is_met_by_all(condition: &Condition) -> bool {
    let is_pattern = ["StringLike", "ArnLike", "ArnEquals"].contains(&&*condition.test);
    is_pattern && condition.values.items.iter().any(|value| ["*", "arn:aws:iam::*"].contains(&&*value.text))
}
