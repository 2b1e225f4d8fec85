//! Filters of system calls: turned off, or never turned on.
//!
//! The field exists since 1.19; before, annotations said it, and the kubelet read those until 1.26. What a Localhost
//! profile contains, and whether the kubelet's `seccompDefault` is on, cannot be known.

use portcullis_model::kubernetes::{Container, Pod};
use portcullis_syntax::edit::Literal;

use super::fixes;
use super::standard::{annotation, in_effect, is_at_least, is_to_the_letter, may_be_windows, pod_title, written};
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&SECCOMP_UNCONFINED, &SECCOMP_PROFILE_MISSING];

rule! {
    /// System calls are not filtered on purpose
    ///
    /// The runtime's seccomp profile blocks some fifty system calls that containers hardly ever need and kernel
    /// exploits often do. Any type but RuntimeDefault and Localhost turns it off. Silent for a pod's type that each of its
    /// containers replaces (`--pod-security` reports it all the same). Annotations count where the version still reads
    /// them; where it is not known, only if no field says it.
    ///
    /// ```yaml bad:5
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   securityContext: { seccompProfile: { type: Unconfined } }
    ///   containers: [{ name: web, image: web:1 }]
    /// ```
    /// ```yaml bad:6
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    ///   annotations:
    ///     container.seccomp.security.alpha.kubernetes.io/web: unconfined
    /// spec: { containers: [{ name: web, image: web:1 }] }
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    ///   annotations: { seccomp.security.alpha.kubernetes.io/pod: docker/default }
    /// spec:
    ///   securityContext: { seccompProfile: { type: RuntimeDefault } }
    ///   containers: [{ name: web, image: web:1 }]
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web, annotations: { container.seccomp.security.alpha.kubernetes.io/web: unconfined } }
    /// spec:
    ///   securityContext: { seccompProfile: { type: Unconfined } }
    ///   containers: [{ name: web, image: web:1, securityContext: { seccompProfile: { type: RuntimeDefault } } }]
    /// ```
    SECCOMP_UNCONFINED = "k8s-seccomp-unconfined" {
        check: Check::Pod(unconfined),
        severity: Severity::Medium,
        tags: &["helm-values", "pss:baseline"],
        peers: &[
            "trivy:KSV-0104", "trivy:KSV-0030", "checkov:CKV_K8S_31", "pss:seccompProfile_baseline",
            "kyverno:restrict-seccomp",
        ],
    }
}

rule! {
    /// System calls are not filtered
    ///
    /// Kubernetes runs containers without a seccomp profile unless the pod, the container or the kubelet asks for one.
    /// The pod's setting is enough for all of its containers. One finding per pod where nothing sets it; Windows pods
    /// have none.
    ///
    /// ```yaml bad:4
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers:
    ///     - { name: web, image: web:1 }
    ///     - { name: log, image: log:1 }
    /// ```
    /// ```yaml bad:7
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers:
    ///     - { name: web, image: web:1, securityContext: { seccompProfile: { type: RuntimeDefault } } }
    ///     - { name: log, image: log:1 }
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   securityContext: { seccompProfile: { type: Localhost, localhostProfile: web.json } }
    ///   containers: [{ name: web, image: web:1, securityContext: {} }]
    /// ```
    SECCOMP_PROFILE_MISSING = "k8s-seccomp-profile-missing" {
        check: Check::Pod(missing),
        severity: Severity::Low,
        profile: Profile::All,
        tags: &["pss:restricted"],
        peers: &[
            "trivy:KSV-0030", "trivy:KSV-0104", "checkov:CKV_K8S_31", "kube-score:container-seccomp-profile",
            "pss:seccompProfile_restricted", "kyverno:restrict-seccomp-strict", "kubescape:C-0210",
            "kubescape:C-0211",
        ],
        yields_to: &["k8s-seccomp-unconfined"],
    }
}

const TYPE: &str = "seccompProfile.type";
const PROFILE: &str = "seccompProfile";
const FIELD: &str = "securityContext.seccompProfile.type";
const RUNTIME_DEFAULT: Literal<'_> = Literal::Word("RuntimeDefault");
const POD_ANNOTATION: &str = "seccomp.security.alpha.kubernetes.io/pod";
const CONTAINER_ANNOTATION: &str = "container.seccomp.security.alpha.kubernetes.io/";

fn unconfined(pod: &Pod<'_>, report: &mut Report<'_>) {
    if is_at_least(report, 19) {
        wrong_types(pod, report);
    }
    if !reads_annotations(report) {
        return;
    }
    // The API server has fields win, or refuses the pod, in all versions that are still in use.
    let fields_win = report.context().kubernetes.is_none() && !is_to_the_letter(report);
    let of_containers = pod.containers.iter().filter_map(|container| {
        let (value, text) = container_annotation(pod, container)?;
        if fields_win && pod.effective(container, TYPE).absent().is_none() {
            return None;
        }
        Some((container.title().to_string(), value, text))
    });
    let of_pod = annotation(pod, POD_ANNOTATION)
        .filter(|_| !fields_win || pod.security(TYPE).absent().is_some())
        .map(|(value, text)| (pod_title(pod), value, text));
    for (who, value, text) in of_pod.into_iter().chain(of_containers) {
        if !is_profile_annotation(text) {
            report
                .at(value, format!("{who} runs with seccomp profile {text}"))
                .help("set securityContext.seccompProfile.type: RuntimeDefault");
        }
    }
}

fn missing(pod: &Pod<'_>, report: &mut Report<'_>) {
    if !is_at_least(report, 19) || may_be_windows(pod, report) {
        return;
    }
    wrong_types(pod, report);
    // Annotations stood for the fields before there were any; the restricted level never read them.
    let counts_annotations = reads_annotations(report);
    if counts_annotations && annotation(pod, POD_ANNOTATION).is_some() {
        return;
    }
    let Lookup::Absent(pod_anchor) = pod.security(TYPE) else { return };
    let unset: Vec<&Container<'_>> = pod
        .containers
        .iter()
        .filter(|container| container.security(TYPE).absent().is_some())
        .filter(|container| !counts_annotations || container_annotation(pod, container).is_none())
        .collect();
    let help = "set securityContext.seccompProfile.type: RuntimeDefault on the pod";
    if !unset.is_empty() && unset.len() == pod.containers.len() {
        let fix = is_empty(pod.security(PROFILE)).then(|| fixes::in_pod(pod, FIELD, RUNTIME_DEFAULT)).flatten();
        report.at(pod_anchor, format!("{} has no seccomp profile", pod_title(pod))).help(help).fix(fix);
        return;
    }
    for container in unset {
        let Lookup::Absent(anchor) = container.security(TYPE) else { continue };
        let is_empty = is_empty(container.security(PROFILE));
        let fix = is_empty.then(|| fixes::in_container(container, FIELD, RUNTIME_DEFAULT)).flatten();
        report.at(anchor, format!("{} has no seccomp profile", container.title())).help(help).fix(fix);
    }
}

/// Whether nothing is said of the profile: other fields than `type` belong to another type.
fn is_empty(profile: Lookup<'_>) -> bool {
    match profile {
        Lookup::Absent(_) => true,
        Lookup::Present(node) => node.is_map() && !node.is_open() && node.entries().len() == 0,
        Lookup::Unknown(_) => false,
    }
}

fn wrong_types(pod: &Pod<'_>, report: &mut Report<'_>) {
    let types: Vec<_> =
        if is_to_the_letter(report) { written(pod, TYPE).collect() } else { in_effect(pod, TYPE).collect() };
    for (who, kind) in types {
        let Some(text) = kind.as_str() else { continue };
        if !matches!(text, "RuntimeDefault" | "Localhost") {
            report
                .at(kind, format!("{who} runs with seccomp profile {text}"))
                .help("set RuntimeDefault, or a Localhost profile that allows what the program needs");
        }
    }
}

/// The standard reads annotations until 1.18, kubelets until 1.26; manifests for no known version may run on either.
fn reads_annotations(report: &Report<'_>) -> bool {
    if is_to_the_letter(report) {
        return !is_at_least(report, 19);
    }
    report.context().kubernetes.is_none() || !is_at_least(report, 27)
}

fn container_annotation<'t>(pod: &Pod<'t>, container: &Container<'t>) -> Option<(Node<'t>, &'t str)> {
    pod.annotations().present()?;
    annotation(pod, &format!("{CONTAINER_ANNOTATION}{}", container.name?))
}

fn is_profile_annotation(text: &str) -> bool {
    matches!(text, "runtime/default" | "docker/default") || text.starts_with("localhost/")
}
