//! Which user and groups containers run as.
//!
//! The image's own user counts where a manifest names none, and is not known here: a manifest that leaves it open may
//! run as root whenever the image changes.

use portcullis_model::kubernetes::{Container, Pod};
use portcullis_syntax::edit::Literal;

use super::fixes;
use super::standard::{
    has_check_since, in_effect, is_to_the_letter, may_have_user_namespace, pod_title, written, written_by_containers,
};
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] =
    &[&MAY_RUN_AS_ROOT, &RUN_AS_USER_ROOT, &RUN_AS_LOW_UID, &RUN_AS_LOW_GID, &ROOT_GROUP];

rule! {
    /// Container may run as root
    ///
    /// Root in a container is root on the node for every kernel bug and every mounted path. `runAsNonRoot: true` makes
    /// the kubelet refuse an image that starts as root; a user id other than 0 does the same work and is accepted,
    /// except with `--pod-security`, where the standard asks for `runAsNonRoot`. Since 1.35 a pod with its own user
    /// namespace (`hostUsers: false`) may run as anyone. One finding per pod where nothing sets it.
    ///
    /// ```yaml bad:7
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: { name: web }
    /// spec:
    ///   selector: { matchLabels: { app: web } }
    ///   template:
    ///     spec:
    ///       initContainers: [{ name: migrate, image: web:1 }]
    ///       containers: [{ name: web, image: web:1 }]
    /// ```
    /// ```yaml bad:7
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers:
    ///     - { name: web, image: web:1, securityContext: { runAsNonRoot: true } }
    ///     - { name: log, image: log:1 }
    /// ```
    /// ```yaml bad:5
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   securityContext: { runAsNonRoot: false }
    ///   containers: [{ name: web, image: web:1 }, { name: log, image: log:1 }]
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   securityContext: { runAsNonRoot: true }
    ///   containers: [{ name: web, image: web:1, securityContext: {} }]
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   securityContext: { runAsUser: 1000 }
    ///   containers: [{ name: web, image: web:1 }]
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec: { hostUsers: false, containers: [{ name: web, image: web:1 }] }
    /// ```
    MAY_RUN_AS_ROOT = "k8s-may-run-as-root" {
        check: Check::Pod(may_run_as_root),
        severity: Severity::Medium,
        tags: &["pss:restricted", "cwe-250"],
        peers: &[
            "kube-linter:run-as-non-root", "trivy:KSV-0012", "checkov:CKV_K8S_23", "polaris:runAsRootAllowed",
            "kubescape:C-0013", "kubescape:C-0211", "pss:runAsNonRoot", "kyverno:require-run-as-nonroot",
        ],
        yields_to: &["k8s-run-as-user-root"],
    }
}

rule! {
    /// Container runs as user 0
    ///
    /// The manifest asks for root in so many words, whatever the image says. Silent for a pod's setting that each of its
    /// containers replaces (`--pod-security` reports it all the same), and since 1.35 for a pod with its own user
    /// namespace.
    ///
    /// ```yaml bad:5
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   securityContext: { runAsUser: 0 }
    ///   containers: [{ name: web, image: web:1 }]
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   securityContext: { runAsUser: 0 }
    ///   containers: [{ name: web, image: web:1, securityContext: { runAsUser: 1000 } }]
    /// ```
    RUN_AS_USER_ROOT = "k8s-run-as-user-root" {
        check: Check::Pod(run_as_user_root),
        severity: Severity::Medium,
        tags: &["helm-values", "pss:restricted", "cwe-250"],
        peers: &[
            "trivy:KSV-0105", "pss:runAsUser", "kyverno:require-run-as-non-root-user", "checkov:CKV_K8S_23",
            "polaris:runAsRootAllowed", "kubescape:C-0013", "kubescape:C-0211",
        ],
    }
}

rule! {
    /// Container runs as a user that nodes have too
    ///
    /// User ids below 10000 are often taken on the node: a process that gets out then owns another service's files.
    /// Only ids that are written count: 0 gives way to the rule about root, and none at all is another rule's finding.
    /// Silent since 1.35 for a pod with its own user namespace, whose ids are others on the node.
    ///
    /// ```yaml bad:5
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   securityContext: { runAsUser: 1000 }
    ///   containers: [{ name: web, image: web:1 }]
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   securityContext: { runAsUser: 10000 }
    ///   containers: [{ name: web, image: web:1 }]
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   hostUsers: false
    ///   securityContext: { runAsUser: 0, runAsGroup: 1000 }
    ///   containers: [{ name: web, image: web:1 }]
    /// ```
    RUN_AS_LOW_UID = "k8s-run-as-low-uid" {
        check: Check::Pod(low_uid),
        severity: Severity::Low,
        profile: Profile::All,
        peers: &["trivy:KSV-0020", "checkov:CKV_K8S_40", "kube-score:container-security-context-user-group-id"],
        yields_to: &["k8s-run-as-user-root"],
    }
}

rule! {
    /// Container runs as a group that nodes have too
    ///
    /// Group ids below 10000 are often taken on the node: a process that gets out can then read what that group can.
    /// Only ids that are written count; 0 gives way to the rule about root's group. Silent since 1.35 for a pod with its
    /// own user namespace.
    ///
    /// ```yaml bad:5
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers: [{ name: web, image: web:1, securityContext: { runAsGroup: 999 } }]
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   securityContext: { runAsGroup: 999 }
    ///   containers: [{ name: web, image: web:1, securityContext: { runAsGroup: 20000 } }]
    /// ```
    RUN_AS_LOW_GID = "k8s-run-as-low-gid" {
        check: Check::Pod(low_gid),
        severity: Severity::Low,
        profile: Profile::All,
        peers: &["trivy:KSV-0021", "kube-score:container-security-context-user-group-id"],
        yields_to: &["k8s-root-group"],
    }
}

rule! {
    /// Container belongs to group 0
    ///
    /// Many files of images and nodes belong to root's group and are writable by it. Only values that are written
    /// count. Images that are built for OpenShift need the group: suppress it there.
    ///
    /// ```yaml bad:5
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   securityContext: { supplementalGroups: [2000, 0] }
    ///   containers: [{ name: web, image: web:1 }]
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   securityContext: { runAsGroup: 2000, fsGroup: 2000, supplementalGroups: [2000] }
    ///   containers: [{ name: web, image: web:1 }]
    /// ```
    ROOT_GROUP = "k8s-root-group" {
        check: Check::Pod(root_group),
        severity: Severity::Low,
        profile: Profile::All,
        peers: &[
            "trivy:KSV-0116", "kubescape:C-0211", "kyverno:other/require-non-root-groups",
            "kyverno:psp-migration/check-supplemental-groups",
        ],
    }
}

/// Ids below are those that distributions and their services use.
const FIRST_HIGH_ID: i64 = 10_000;

/// Why a container may run as root.
enum Cause<'t> {
    /// This value lets it.
    Value(Node<'t>),
    /// Neither pod nor container says anything.
    Silence,
}

fn may_run_as_root(pod: &Pod<'_>, report: &mut Report<'_>) {
    if may_have_user_namespace(pod, report) {
        return;
    }
    let mut values = Vec::new();
    let mut silent = Vec::new();
    // The standard forbids the pod's value even where every container replaces it.
    if is_to_the_letter(report) {
        values.extend(pod.security("runAsNonRoot").present().filter(|flag| flag.as_bool() == Some(false)));
    }
    for container in &pod.containers {
        match cause(pod, container, report) {
            Some(Cause::Value(node)) if !values.contains(&node) => values.push(node),
            Some(Cause::Silence) => silent.push(container),
            Some(Cause::Value(_)) | None => {}
        }
    }
    for value in values {
        let key = value.key().map_or("", Node::text);
        report
            .at(value, format!("{key}: {} lets {} run as root", value.text(), pod_title(pod)))
            .help("set securityContext.runAsNonRoot: true and give the image a user");
    }
    report_silence(pod, &silent, report);
}

fn cause<'t>(pod: &Pod<'t>, container: &Container<'t>, report: &Report<'_>) -> Option<Cause<'t>> {
    let refused = match pod.effective(container, "runAsNonRoot") {
        Lookup::Present(flag) => Some(flag).filter(|flag| flag.as_bool() == Some(false)).map(Some)?,
        Lookup::Absent(_) => None,
        Lookup::Unknown(_) => return None,
    };
    let is_lenient = !is_to_the_letter(report);
    match pod.effective(container, "runAsUser") {
        // One cause, one place: the standard's own words are about the flag where it is written.
        Lookup::Present(user) if user.as_i64() == Some(0) && (is_lenient || refused.is_none()) => {
            return Some(Cause::Value(user));
        }
        Lookup::Present(_) | Lookup::Unknown(_) if is_lenient => return None,
        _ => {}
    }
    Some(refused.map_or(Cause::Silence, Cause::Value))
}

/// Once at the pod where no container says anything, else at each container that does not.
fn report_silence(pod: &Pod<'_>, silent: &[&Container<'_>], report: &mut Report<'_>) {
    let help = "set securityContext.runAsNonRoot: true on the pod and give the image a user";
    if silent.len() == pod.containers.len()
        && !silent.is_empty()
        && let Lookup::Absent(anchor) = pod.security("runAsNonRoot")
    {
        let fix = runs_as_others(pod, silent).then(|| fixes::in_pod(pod, FIELD, Literal::Bool(true))).flatten();
        report.at(anchor, format!("{} may run as root: runAsNonRoot is not set", pod_title(pod))).help(help).fix(fix);
        return;
    }
    for container in silent {
        let Lookup::Absent(anchor) = container.security("runAsNonRoot") else { continue };
        let is_other = runs_as_others(pod, &[container]);
        let fix = is_other.then(|| fixes::in_container(container, FIELD, Literal::Bool(true))).flatten();
        report
            .at(anchor, format!("{} may run as root: runAsNonRoot is not set", container.title()))
            .help(help)
            .fix(fix);
    }
}

const FIELD: &str = "securityContext.runAsNonRoot";

/// Whether the manifest says already that each of the containers runs as a user other than root.
fn runs_as_others(pod: &Pod<'_>, containers: &[&Container<'_>]) -> bool {
    let user = |container: &Container<'_>| pod.effective(container, "runAsUser").present().and_then(Node::as_i64);
    containers.iter().all(|container| user(container).is_some_and(|user| user > 0))
}

fn run_as_user_root(pod: &Pod<'_>, report: &mut Report<'_>) {
    if !has_check_since(report, 23) || may_have_user_namespace(pod, report) {
        return;
    }
    let users: Vec<_> = if is_to_the_letter(report) {
        written(pod, "runAsUser").collect()
    } else {
        in_effect(pod, "runAsUser").collect()
    };
    for (who, user) in users {
        if user.as_i64() == Some(0) {
            report.at(user, format!("{who} runs as user 0, root")).help("set the id of a user without privileges");
        }
    }
}

fn low_uid(pod: &Pod<'_>, report: &mut Report<'_>) {
    low_id(pod, report, "runAsUser", "user");
}

fn low_gid(pod: &Pod<'_>, report: &mut Report<'_>) {
    low_id(pod, report, "runAsGroup", "group");
}

fn low_id(pod: &Pod<'_>, report: &mut Report<'_>, field: &'static str, what: &str) {
    if may_have_user_namespace(pod, report) {
        return;
    }
    for (who, id) in in_effect(pod, field) {
        let Some(number) = id.as_i64().filter(|number| (0..FIRST_HIGH_ID).contains(number)) else { continue };
        report
            .at(id, format!("{who} runs as {what} {number}, which the node may use as well"))
            .help(format!("use a {what} id of {FIRST_HIGH_ID} or more"));
    }
}

fn root_group(pod: &Pod<'_>, report: &mut Report<'_>) {
    let of_pod = ["runAsGroup", "fsGroup"].into_iter().filter_map(|field| pod.security(field).present());
    let more = pod.security("supplementalGroups").present().into_iter().flat_map(Node::items);
    let of_pod = of_pod.chain(more).map(|group| (pod_title(pod), group));
    for (who, group) in of_pod.chain(written_by_containers(pod, "runAsGroup")) {
        if group.as_i64() == Some(0) {
            report.at(group, format!("{who} belongs to group 0, root's")).help("use a group without privileges");
        }
    }
}
