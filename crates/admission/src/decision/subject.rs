//! What of a review is judged.
//!
//! Most subresources send another kind than their resource's: a `Scale`, a `Binding`, an `Eviction` is no pod, and the rules
//! for objects that people write have nothing to say of it; policies are asked all the same. Deletions and connections are for
//! constraints of Gatekeeper alone, which know of operations and users.

use std::sync::Arc;

use portcullis_engine::JudgedObject;

use crate::review::{Operation, Request};

/// What there is to judge.
pub(super) enum What<'r> {
    Object(Subject<'r>),
    /// `exec`, `attach`, `portforward`, `proxy`.
    Connection,
    /// What goes away does no harm as such.
    Deletion,
}

/// An object to judge.
pub(super) struct Subject<'r> {
    pub(super) text: &'r Arc<str>,
    /// What it was before.
    pub(super) old: Option<&'r Arc<str>>,
    /// Empty for what belongs to the whole cluster.
    pub(super) namespace: &'r str,
    /// `cluster/NAMESPACE/KIND/NAME`, with `_` for the namespace of what has none.
    pub(super) path: String,
    pub(super) rules: Rules,
    /// Whoever reports a status cannot change the rest, and has to be able to report it whatever is wrong there.
    pub(super) is_status: bool,
    kind: &'r str,
}

/// Which rules speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rules {
    All,
    Policies,
    /// Constraints of Gatekeeper, which are policies as well.
    Constraints,
}

impl Subject<'_> {
    /// As messages name it.
    pub(super) fn title(&self, judged: &JudgedObject) -> String {
        match &judged.name {
            Some(name) => format!("{} `{name}`", self.kind),
            None => self.kind.to_owned(),
        }
    }
}

/// Subresources whose object is that of the resource as a whole.
const WHOLE: &[&str] = &["ephemeralcontainers", "resize", "status", "finalize", "approval"];

/// Groups whose objects are questions to the API server, which it stores nowhere.
const QUESTIONS: &[&str] = &["authentication.k8s.io", "authorization.k8s.io"];

/// Resources that nobody writes, by group.
const RECORDS: &[(&str, &str)] =
    &[("", "events"), ("events.k8s.io", "events"), ("coordination.k8s.io", "leases"), ("", "bindings")];

pub(super) fn what(request: &Request) -> Result<What<'_>, String> {
    match request.operation {
        Operation::Delete => return Ok(What::Deletion),
        Operation::Connect => return Ok(What::Connection),
        Operation::Create | Operation::Update => {}
    }
    let Some(text) = &request.object else {
        return Err(format!("{} without an object", request.operation.name()));
    };
    let part = request.sub_resource.as_deref().filter(|part| !part.is_empty());
    let of_group =
        |(group, resource): &(&str, &str)| request.resource.group == *group && request.resource.resource == *resource;
    let is_other = part.is_some_and(|part| !WHOLE.contains(&part))
        || QUESTIONS.contains(&request.resource.group.as_str())
        || RECORDS.iter().any(of_group);
    let subject = subject(request, text);
    Ok(What::Object(Subject {
        old: request.old_object.as_ref().filter(|_| request.operation == Operation::Update),
        rules: if is_other { Rules::Policies } else { Rules::All },
        is_status: part == Some("status"),
        ..subject
    }))
}

/// What constraints judge of a deletion or a connection: the object that goes, or what is sent to connect.
pub(super) fn of_constraints(request: &Request) -> Result<Subject<'_>, String> {
    let text = match request.operation {
        Operation::Delete => request.old_object.as_ref().ok_or("DELETE without the old object"),
        _ => request.object.as_ref().ok_or("without an object"),
    };
    Ok(subject(request, text?))
}

fn subject<'r>(request: &'r Request, text: &'r Arc<str>) -> Subject<'r> {
    let namespace = request.namespace.as_deref().unwrap_or_default();
    Subject {
        text,
        old: None,
        namespace,
        path: path(namespace, &request.kind.kind, request.name.as_deref().unwrap_or_default()),
        rules: Rules::Constraints,
        is_status: false,
        kind: &request.kind.kind,
    }
}

/// What a connection is called.
pub(super) fn connection(request: &Request) -> String {
    let part = request.sub_resource.as_deref().unwrap_or("connect");
    let name = request.name.as_deref().unwrap_or_default();
    format!("{part} of {} `{name}`", request.resource.resource)
}

/// Where globs of the configuration find an object. Each part is one folder, whatever is in its name.
fn path(namespace: &str, kind: &str, name: &str) -> String {
    let part = |text: &str| -> String {
        if text.is_empty() || text.bytes().all(|byte| byte == b'.') {
            return "_".to_owned();
        }
        text.chars().map(|c| if c == '/' || c == '\\' || c.is_control() { '_' } else { c }).collect()
    };
    format!("cluster/{}/{}/{}", part(namespace), part(kind), part(name))
}
