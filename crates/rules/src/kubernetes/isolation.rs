//! Kernel protections that a pod takes off: AppArmor, SELinux, and the masks over `/proc`.
//!
//! Absence is allowed: the runtime then applies its defaults. What a Localhost profile contains cannot be known.

use portcullis_model::kubernetes::Pod;

use super::standard::{is_at_least, may_have_user_namespace, written, written_by_containers};
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] =
    &[&APPARMOR_OVERRIDDEN, &SELINUX_OPTIONS_UNSAFE, &PROC_MOUNT_UNMASKED, &PROC_MOUNT_UNMASKED_IN_USERNS];

rule! {
    /// AppArmor is turned off
    ///
    /// On nodes with AppArmor the runtime's profile keeps containers from mounting file systems and writing to `/proc`
    /// and `/sys`. Any type but RuntimeDefault and Localhost takes that away; so does the older annotation. Absence
    /// is allowed: the default profile then applies.
    ///
    /// ```yaml bad:8
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers:
    ///     - name: web
    ///       image: web:1
    ///       securityContext: { appArmorProfile: { type: Unconfined } }
    /// ```
    /// ```yaml bad:6
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    ///   annotations:
    ///     container.apparmor.security.beta.kubernetes.io/web: unconfined
    /// spec: { containers: [{ name: web, image: web:1 }] }
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    ///   annotations:
    ///     container.apparmor.security.beta.kubernetes.io/log: localhost/strict
    /// spec:
    ///   securityContext: { appArmorProfile: { type: RuntimeDefault } }
    ///   containers: [{ name: web, image: web:1 }, { name: log, image: log:1 }]
    /// ```
    APPARMOR_OVERRIDDEN = "k8s-apparmor-overridden" {
        check: Check::Pod(apparmor),
        severity: Severity::Medium,
        tags: &["pss:baseline"],
        peers: &[
            "trivy:KSV-0002", "polaris:linuxHardening", "kubescape:C-0055", "pss:appArmorProfile",
            "kyverno:restrict-apparmor-profiles",
        ],
    }
}

rule! {
    /// SELinux label is not a container's
    ///
    /// A type such as `spc_t`, or any user or role, lifts the confinement that keeps a container from the node's files
    /// on SELinux systems. Absent options, a level alone, and the container types are allowed;
    /// `container_engine_t` is one of them since 1.31.
    ///
    /// ```yaml bad:6
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers: [{ name: web, image: web:1 }]
    ///   securityContext: { seLinuxOptions: { type: spc_t } }
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers: [{ name: web, image: web:1 }]
    ///   securityContext: { seLinuxOptions: { type: container_t, level: "s0:c123,c456", user: "" } }
    /// ```
    SELINUX_OPTIONS_UNSAFE = "k8s-selinux-options-unsafe" {
        check: Check::Pod(selinux),
        severity: Severity::Medium,
        tags: &["pss:baseline"],
        peers: &["trivy:KSV-0025", "pss:seLinuxOptions", "kyverno:disallow-selinux", "kubescape:C-0211"],
    }
}

rule! {
    /// Container sees an unmasked /proc
    ///
    /// Runtimes hide the parts of `/proc` that tell of the node or change its kernel. An unmasked mount shows them.
    /// Absence is allowed, and since 1.35 so is a pod with its own user namespace (`hostUsers: false`), where nested
    /// containers need it.
    ///
    /// ```yaml bad:5
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers: [{ name: web, image: web:1, securityContext: { procMount: Unmasked } }]
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: build }
    /// spec:
    ///   hostUsers: false
    ///   containers: [{ name: build, image: build:1, securityContext: { procMount: Unmasked } }]
    /// ```
    PROC_MOUNT_UNMASKED = "k8s-proc-mount-unmasked" {
        check: Check::Pod(proc_mount),
        severity: Severity::High,
        tags: &["pss:baseline"],
        peers: &[
            "kube-linter:unsafe-proc-mount", "trivy:KSV-0027", "polaris:procMount", "pss:procMount",
            "kyverno:disallow-proc-mount", "kubescape:C-0211",
        ],
    }
}

rule! {
    /// Container sees an unmasked /proc, in a user namespace or not
    ///
    /// The baseline level forgives an unmasked `/proc` to a pod with its own user namespace since 1.35; the restricted
    /// level does not, because the kernel's interfaces stay within reach. Gives way to the baseline rule.
    ///
    /// ```yaml bad:6
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: build }
    /// spec:
    ///   hostUsers: false
    ///   containers: [{ name: build, image: build:1, securityContext: { procMount: Unmasked } }]
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: build }
    /// spec:
    ///   hostUsers: false
    ///   containers: [{ name: build, image: build:1, securityContext: { procMount: Default } }]
    /// ```
    PROC_MOUNT_UNMASKED_IN_USERNS = "k8s-proc-mount-unmasked-in-userns" {
        check: Check::Pod(proc_mount_restricted),
        severity: Severity::Medium,
        profile: Profile::All,
        tags: &["pss:restricted"],
        peers: &["pss:procMount_restricted"],
        yields_to: &["k8s-proc-mount-unmasked"],
    }
}

const APPARMOR_ANNOTATION: &str = "container.apparmor.security.beta.kubernetes.io/";

fn apparmor(pod: &Pod<'_>, report: &mut Report<'_>) {
    let help = "set RuntimeDefault, or a Localhost profile that allows what the program needs";
    for (who, kind) in written(pod, "appArmorProfile.type") {
        let Some(text) = kind.as_str() else { continue };
        if !matches!(text, "RuntimeDefault" | "Localhost") {
            report.at(kind, format!("{who} runs with AppArmor profile {text}")).help(help);
        }
    }
    let Lookup::Present(annotations) = pod.annotations() else { return };
    for (key, value) in annotations.entries() {
        let Some(container) = key.text().strip_prefix(APPARMOR_ANNOTATION) else { continue };
        let Some(text) = value.as_str() else { continue };
        if !text.is_empty() && text != "runtime/default" && !text.starts_with("localhost/") {
            report.at(value, format!("container `{container}` runs with AppArmor profile {text}")).help(help);
        }
    }
}

fn selinux(pod: &Pod<'_>, report: &mut Report<'_>) {
    for (who, kind) in written(pod, "seLinuxOptions.type") {
        let Some(text) = kind.as_str() else { continue };
        let is_allowed = match text {
            "" | "container_t" | "container_init_t" | "container_kvm_t" => true,
            "container_engine_t" => is_at_least(report, 31),
            _ => false,
        };
        if !is_allowed {
            report.at(kind, format!("{who} runs with SELinux type {text}")).help("leave the type to the runtime");
        }
    }
    for (path, what) in [("seLinuxOptions.user", "user"), ("seLinuxOptions.role", "role")] {
        for (who, label) in written(pod, path) {
            let Some(text) = label.as_str().filter(|text| !text.is_empty()) else { continue };
            report.at(label, format!("{who} sets SELinux {what} {text}")).help(format!("leave the {what} unset"));
        }
    }
}

fn proc_mount(pod: &Pod<'_>, report: &mut Report<'_>) {
    if !may_have_user_namespace(pod, report) {
        unmasked(pod, report);
    }
}

fn proc_mount_restricted(pod: &Pod<'_>, report: &mut Report<'_>) {
    if is_at_least(report, 35) {
        unmasked(pod, report);
    }
}

fn unmasked(pod: &Pod<'_>, report: &mut Report<'_>) {
    for (who, kind) in written_by_containers(pod, "procMount") {
        let Some(text) = kind.as_str().filter(|&text| text != "Default") else { continue };
        report.at(kind, format!("{who} mounts /proc {text}")).help("remove procMount");
    }
}
