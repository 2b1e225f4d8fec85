//! Capabilities that containers are given.
//!
//! Each finding stands at the list element. Which capability the program really needs cannot be known.

use portcullis_model::kubernetes::Pod;

use super::standard::{has_check_since, is_to_the_letter, may_be_windows, written_by_containers};
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[
    &CAPABILITY_BEYOND_BASELINE,
    &CAPABILITY_SYS_ADMIN,
    &CAPABILITY_SYS_MODULE,
    &CAPABILITY_NET_RAW_ADDED,
    &CAPABILITY_BEYOND_RESTRICTED,
];

rule! {
    /// Capability is added that runtimes do not give
    ///
    /// Container runtimes give a container fourteen capabilities; the baseline level lets it add those but NET_RAW, and
    /// no other. Most of the rest reach beyond the container: other processes, the node's network, its kernel. Gives
    /// way to the rules about one capability.
    ///
    /// ```yaml bad:8
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers:
    ///     - name: web
    ///       image: web:1
    ///       securityContext: { capabilities: { add: [CHOWN, SYS_PTRACE] } }
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers:
    ///     - name: web
    ///       image: web:1
    ///       securityContext: { capabilities: { add: [NET_BIND_SERVICE, CAP_CHOWN], drop: [SYS_PTRACE] } }
    /// ```
    CAPABILITY_BEYOND_BASELINE = "k8s-capability-beyond-baseline" {
        check: Check::Pod(beyond_baseline),
        severity: Severity::High,
        tags: &["helm-values", "pss:baseline", "cwe-250"],
        peers: &[
            "trivy:KSV-0022", "checkov:CKV_K8S_25", "polaris:dangerousCapabilities", "kubescape:C-0046",
            "pss:capabilities_baseline", "kyverno:disallow-capabilities",
        ],
        yields_to: &["k8s-capability-sys-admin", "k8s-capability-sys-module", "k8s-capability-net-raw-added"],
    }
}

rule! {
    /// Capability SYS_ADMIN is added
    ///
    /// SYS_ADMIN allows mounting file systems and much else: it is nearly root on the node. `ALL` contains it.
    ///
    /// ```yaml bad:9
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers:
    ///     - name: web
    ///       image: web:1
    ///       securityContext:
    ///         capabilities: { add: [CAP_SYS_ADMIN] }
    /// ```
    /// ```yaml bad:9
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers:
    ///     - name: web
    ///       image: web:1
    ///       securityContext:
    ///         capabilities: { add: [ALL] }
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec: { containers: [{ name: web, image: web:1, securityContext: { capabilities: { drop: [ALL] } } }] }
    /// ```
    CAPABILITY_SYS_ADMIN = "k8s-capability-sys-admin" {
        check: Check::Pod(sys_admin),
        severity: Severity::High,
        tags: &["helm-values", "cwe-250"],
        peers: &["trivy:KSV-0005", "checkov:CKV_K8S_39", "kubescape:C-0046", "polaris:dangerousCapabilities"],
    }
}

rule! {
    /// Capability SYS_MODULE is added
    ///
    /// SYS_MODULE loads code into the node's kernel, which every other container shares.
    ///
    /// ```yaml bad:5
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers: [{ name: web, image: web:1, securityContext: { capabilities: { add: [SYS_MODULE] } } }]
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec: { containers: [{ name: web, image: web:1, securityContext: { capabilities: { add: [SETUID] } } }] }
    /// ```
    CAPABILITY_SYS_MODULE = "k8s-capability-sys-module" {
        check: Check::Pod(sys_module),
        severity: Severity::High,
        tags: &["helm-values", "cwe-250"],
        peers: &["trivy:KSV-0120", "kubescape:C-0046"],
    }
}

rule! {
    /// Capability NET_RAW is added
    ///
    /// NET_RAW forges packets: a container with it can pose as another pod or as the cluster's DNS on its network.
    ///
    /// ```yaml bad:5
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers: [{ name: web, image: web:1, securityContext: { capabilities: { add: [NET_RAW] } } }]
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec: { containers: [{ name: web, image: web:1, securityContext: { capabilities: { drop: [NET_RAW] } } }] }
    /// ```
    CAPABILITY_NET_RAW_ADDED = "k8s-capability-net-raw-added" {
        check: Check::Pod(net_raw),
        severity: Severity::High,
        peers: &["trivy:KSV-0119", "kubescape:C-0046", "kube-linter:drop-net-raw-capability", "kubescape:C-0211"],
    }
}

rule! {
    /// Capability is added that the restricted level forbids
    ///
    /// The restricted level lets a container add NET_BIND_SERVICE and nothing else. Gives way to the rules about
    /// graver capabilities; Windows pods have none.
    ///
    /// ```yaml bad:5
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers: [{ name: web, image: web:1, securityContext: { capabilities: { add: [CHOWN] } } }]
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers:
    ///     - name: web
    ///       image: web:1
    ///       securityContext: { capabilities: { drop: [ALL], add: [NET_BIND_SERVICE] } }
    /// ```
    CAPABILITY_BEYOND_RESTRICTED = "k8s-capability-beyond-restricted" {
        check: Check::Pod(beyond_restricted),
        severity: Severity::Low,
        profile: Profile::All,
        tags: &["pss:restricted"],
        peers: &[
            "trivy:KSV-0106", "pss:capabilities_restricted", "kyverno:disallow-capabilities-strict", "kubescape:C-0200",
        ],
        yields_to: &[
            "k8s-capability-beyond-baseline", "k8s-capability-sys-admin", "k8s-capability-sys-module",
            "k8s-capability-net-raw-added",
        ],
    }
}

/// What the baseline level lets a container add.
pub(crate) const BASELINE: &[&str] = &[
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
];

fn beyond_baseline(pod: &Pod<'_>, report: &mut Report<'_>) {
    let help = "drop it, or suppress this with the reason why the program needs it";
    added(pod, report, |name| !BASELINE.contains(&name), "which the baseline level forbids", help);
}

fn sys_admin(pod: &Pod<'_>, report: &mut Report<'_>) {
    let help = "add only the capability that the failing system call needs";
    added(pod, report, |name| matches!(name, "SYS_ADMIN" | "ALL"), "which is nearly root on the node", help);
}

fn sys_module(pod: &Pod<'_>, report: &mut Report<'_>) {
    let help = "load modules when the node is set up";
    added(pod, report, |name| name == "SYS_MODULE", "which loads code into the node's kernel", help);
}

fn net_raw(pod: &Pod<'_>, report: &mut Report<'_>) {
    let help = "drop it; ping works without it through net.ipv4.ping_group_range";
    added(pod, report, |name| name == "NET_RAW", "which forges packets", help);
}

fn beyond_restricted(pod: &Pod<'_>, report: &mut Report<'_>) {
    if !has_check_since(report, 22) || may_be_windows(pod, report) {
        return;
    }
    let help = "drop it; the restricted level allows NET_BIND_SERVICE alone";
    added(pod, report, |name| name != "NET_BIND_SERVICE", "which the restricted level forbids", help);
}

/// Reports each added capability for whose name `is_bad` holds.
fn added(pod: &Pod<'_>, report: &mut Report<'_>, is_bad: fn(&str) -> bool, why: &str, help: &'static str) {
    for (who, list) in written_by_containers(pod, "capabilities.add") {
        for capability in list.items() {
            let Some(text) = capability.as_str() else { continue };
            // The standard compares bytes; runtimes are more lenient.
            let is_forbidden = if is_to_the_letter(report) { is_bad(text) } else { is_bad(&plain_name(text)) };
            if is_forbidden {
                report.at(capability, format!("{who} adds capability {text}, {why}")).help(help);
            }
        }
    }
}

/// The name without `CAP_`, in capitals.
pub(crate) fn plain_name(text: &str) -> String {
    let name = text.to_ascii_uppercase();
    name.strip_prefix("CAP_").map_or(name.clone(), str::to_owned)
}
