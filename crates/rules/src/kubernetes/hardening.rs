//! Settings of a container's security context that nobody made.
//!
//! The API defaults each of them to the weaker choice. Windows pods have none of them.

use portcullis_core::Fix;
use portcullis_model::kubernetes::{Container, Pod};
use portcullis_syntax::edit::Literal;

use super::dropped::Dropped;
use super::fixes;
use super::standard::{annotation, has_check_since, is_to_the_letter, may_be_windows};
use crate::Place;
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] =
    &[&ALLOW_PRIVILEGE_ESCALATION, &ROOT_FS_WRITABLE, &SECURITY_CONTEXT_MISSING, &LINUX_HARDENING_NONE];

rule! {
    /// Container may gain privileges
    ///
    /// Unless `allowPrivilegeEscalation` is false, a set-user-id program in the image makes an attacker root. Pods have
    /// no such field: it is set on each container. Silent where a container is privileged or adds SYS_ADMIN, because
    /// the API then refuses `false`; with `--pod-security` it is reported there too.
    ///
    /// ```yaml bad:5
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers: [{ name: web, image: web:1 }]
    /// ```
    /// ```yaml bad:5
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers: [{ name: web, image: web:1, securityContext: { allowPrivilegeEscalation: true } }]
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers:
    ///     - { name: web, image: web:1, securityContext: { allowPrivilegeEscalation: false } }
    ///     - { name: node, image: node:1, securityContext: { privileged: true } }
    ///     - { name: mount, image: mount:1, securityContext: { capabilities: { add: [SYS_ADMIN] } } }
    /// ```
    ALLOW_PRIVILEGE_ESCALATION = "k8s-allow-privilege-escalation" {
        check: Check::Pod(allow_privilege_escalation),
        severity: Severity::Medium,
        tags: &["helm-values", "pss:restricted", "cwe-250"],
        peers: &[
            "kube-linter:privilege-escalation-container", "trivy:KSV-0001", "checkov:CKV_K8S_20",
            "polaris:privilegeEscalationAllowed", "kubescape:C-0016", "kubescape:C-0211",
            "pss:allowPrivilegeEscalation",
            "kyverno:disallow-privilege-escalation",
        ],
    }
}

rule! {
    /// Container can write to its image's files
    ///
    /// With a read-only root file system an attacker can neither replace the program nor leave tools behind. Mount an
    /// `emptyDir` where the program writes. Pods have no such field: it is set on each container.
    ///
    /// ```yaml bad:8
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers:
    ///     - name: web
    ///       image: web:1
    ///       securityContext: { readOnlyRootFilesystem: false }
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers: [{ name: web, image: web:1, securityContext: { readOnlyRootFilesystem: true } }]
    ///   ephemeralContainers: [{ name: debug, image: debug:1 }]
    /// ```
    ROOT_FS_WRITABLE = "k8s-root-fs-writable" {
        check: Check::Pod(root_fs_writable),
        severity: Severity::Low,
        profile: Profile::All,
        tags: &["helm-values"],
        peers: &[
            "kube-linter:no-read-only-root-fs", "trivy:KSV-0014", "checkov:CKV_K8S_22", "polaris:notReadOnlyRootFilesystem",
            "kubescape:C-0017", "kubescape:C-0211",
            "kube-score:container-security-context-readonlyrootfilesystem",
            "kyverno:best-practices/require-ro-rootfs",
        ],
    }
}

rule! {
    /// Neither pod nor container has a security context
    ///
    /// Every setting is then the API's default, the weakest. Gives way to the rules about the single settings, which
    /// say what to write; an empty security context counts as none.
    ///
    /// ```yaml bad:6
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers:
    ///     - { name: web, image: web:1 }
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   securityContext: { runAsNonRoot: true }
    ///   containers: [{ name: web, image: web:1 }]
    /// ```
    SECURITY_CONTEXT_MISSING = "k8s-security-context-missing" {
        check: Check::Pod(security_context_missing),
        severity: Severity::Low,
        profile: Profile::All,
        peers: &["trivy:KSV-0118", "checkov:CKV_K8S_29", "checkov:CKV_K8S_30", "kubescape:C-0211"],
        yields_to: SINGLE_SETTINGS,
    }
}

rule! {
    /// Container has no kernel protection at all
    ///
    /// Neither an AppArmor nor a seccomp profile, no SELinux options and no dropped capabilities: one layer is enough
    /// to stop many exploits. A profile of type `Unconfined` is none, and what is dropped counts for nothing when `ALL` is
    /// added. Gives way to the rules about the single settings.
    ///
    /// ```yaml bad:6
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers:
    ///     - { name: web, image: web:1 }
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   securityContext: { seccompProfile: { type: RuntimeDefault } }
    ///   containers:
    ///     - { name: web, image: web:1 }
    ///     - { name: log, image: log:1, securityContext: { capabilities: { drop: [MKNOD] } } }
    /// ```
    /// ```yaml bad:5
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   securityContext: { seccompProfile: { type: Unconfined } }
    ///   containers: [{ name: web, image: web:1 }]
    /// ```
    /// ```yaml bad:8
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers:
    ///     - name: web
    ///       image: web:1
    ///       securityContext: { capabilities: { drop: [MKNOD], add: [ALL] } }
    /// ```
    LINUX_HARDENING_NONE = "k8s-linux-hardening-none" {
        check: Check::Pod(linux_hardening_none),
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &["polaris:linuxHardening", "kubescape:C-0055"],
        yields_to: &[
            "k8s-may-run-as-root", "k8s-allow-privilege-escalation", "k8s-capabilities-not-dropped",
            "k8s-root-fs-writable", "k8s-seccomp-profile-missing", "k8s-seccomp-unconfined", "k8s-apparmor-overridden",
            "k8s-capability-sys-admin",
        ],
    }
}

/// The rules that stand at the same place when a container says nothing, and then say more.
const SINGLE_SETTINGS: &[&str] = &[
    "k8s-may-run-as-root",
    "k8s-allow-privilege-escalation",
    "k8s-capabilities-not-dropped",
    "k8s-root-fs-writable",
    "k8s-seccomp-profile-missing",
];

fn allow_privilege_escalation(pod: &Pod<'_>, report: &mut Report<'_>) {
    if !has_check_since(report, 8) || may_be_windows(pod, report) {
        return;
    }
    let help = "set securityContext.allowPrivilegeEscalation: false on the container";
    for container in &pod.containers {
        match container.security("allowPrivilegeEscalation") {
            Lookup::Present(flag) if flag.as_bool() == Some(true) => {
                let message = format!("{} may gain privileges", container.title());
                report.at(flag, message).help(help).fix(forbid_escalation(container));
            }
            Lookup::Absent(anchor) if is_to_the_letter(report) || !needs_escalation(container) => {
                let message = format!("{} may gain privileges: nothing forbids it", container.title());
                report.at(anchor, message).help(help).fix(forbid_escalation(container));
            }
            _ => {}
        }
    }
}

/// Not where the API would refuse it, and not where the program is started by sudo, which is then refused.
fn forbid_escalation(container: &Container<'_>) -> Option<Fix> {
    let mut words = ["command", "args"].into_iter().flat_map(|field| container.list(field));
    let is_harmless = !needs_escalation(container)
        && !container.security("capabilities.add").is_unknown()
        && !words.any(|word| word.text().contains("sudo"));
    let set = || fixes::in_container(container, "securityContext.allowPrivilegeEscalation", Literal::Bool(false));
    is_harmless.then(set).flatten()
}

/// Whether the API refuses `allowPrivilegeEscalation: false`, or may do so.
fn needs_escalation(container: &Container<'_>) -> bool {
    let privileged = container.security("privileged");
    let added = container.security("capabilities.add").present();
    let adds_sys_admin = added
        .into_iter()
        .flat_map(Node::items)
        .any(|capability| matches!(capability.as_str(), Some("SYS_ADMIN" | "CAP_SYS_ADMIN")));
    privileged.is_bool(true) || privileged.is_unknown() || adds_sys_admin
}

fn root_fs_writable(pod: &Pod<'_>, report: &mut Report<'_>) {
    if may_be_windows(pod, report) {
        return;
    }
    let help = "set securityContext.readOnlyRootFilesystem: true on the container";
    for container in pod.lasting_containers() {
        let message = || format!("{} can write to its root file system", container.title());
        match container.security("readOnlyRootFilesystem") {
            Lookup::Present(flag) if flag.as_bool() == Some(false) => {
                report.at(flag, message()).help(help);
            }
            Lookup::Absent(anchor) => {
                report.at(anchor, message()).help(help);
            }
            _ => {}
        }
    }
}

fn security_context_missing(pod: &Pod<'_>, report: &mut Report<'_>) {
    if may_be_windows(pod, report) || !is_empty(pod.get("securityContext")) {
        return;
    }
    for container in pod.containers.iter().filter(|container| is_empty(container.security_context())) {
        // The place of any single setting, so that their findings and this one are one.
        let Lookup::Absent(anchor) = container.security("allowPrivilegeEscalation") else { continue };
        report
            .at(anchor, format!("neither {} nor its pod has a security context", container.title()))
            .help("set runAsNonRoot and seccompProfile on the pod; the rest on the container");
    }
}

fn is_empty(context: Lookup<'_>) -> bool {
    match context {
        Lookup::Absent(_) => true,
        Lookup::Present(node) => node.is_map() && !node.is_open() && node.entries().len() == 0,
        Lookup::Unknown(_) => false,
    }
}

fn linux_hardening_none(pod: &Pod<'_>, report: &mut Report<'_>) {
    if may_be_windows(pod, report) {
        return;
    }
    for container in &pod.containers {
        let Some(place) = unprotected(pod, container) else { continue };
        report
            .at(place, format!("{} has no AppArmor, seccomp, SELinux or capability setting", container.title()))
            .help("drop all capabilities and set seccompProfile.type: RuntimeDefault");
    }
}

/// The setting that turns a container's protection off, or the place of one that is missing; nothing where any layer
/// protects it, or may.
fn unprotected(pod: &Pod<'_>, container: &Container<'_>) -> Option<Place> {
    let mut unconfined = None;
    for field in ["seccompProfile.type", "appArmorProfile.type"] {
        match pod.effective(container, field) {
            Lookup::Present(kind) if kind.as_str() == Some("Unconfined") => unconfined = unconfined.or(Some(kind)),
            Lookup::Absent(_) => {}
            Lookup::Present(_) | Lookup::Unknown(_) => return None,
        }
    }
    let has_label = !is_empty(pod.effective(container, "seLinuxOptions"));
    if has_label || container.name.is_some_and(|name| is_annotated(pod, name)) {
        return None;
    }
    let capabilities = match (Dropped::of(container)?, added_all(container)) {
        (_, Some(all)) => Place::from(all),
        (Dropped::Nothing(anchor), None) => Place::from(anchor),
        (Dropped::Some(_), None) => return None,
    };
    Some(unconfined.map_or(capabilities, Place::from))
}

/// `ALL` in what the container adds.
fn added_all<'t>(container: &Container<'t>) -> Option<Node<'t>> {
    let added = container.security("capabilities.add").present()?;
    added.items().find(|name| name.as_str().is_some_and(|text| text.eq_ignore_ascii_case("ALL")))
}

fn is_annotated(pod: &Pod<'_>, container: &str) -> bool {
    if pod.annotations().absent().is_some() {
        return false;
    }
    let apparmor = format!("container.apparmor.security.beta.kubernetes.io/{container}");
    let seccomp = format!("container.seccomp.security.alpha.kubernetes.io/{container}");
    [&apparmor, &seccomp, "seccomp.security.alpha.kubernetes.io/pod"]
        .into_iter()
        .any(|key| annotation(pod, key).is_some())
}
