//! Kernel settings of a pod.
//!
//! Which sysctls are safe is the standard's table, by version; which others a cluster's kubelets allow cannot be known.

use portcullis_model::kubernetes::Pod;

use super::standard::{is_at_least, pod_title};
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&UNSAFE_SYSCTLS, &SYSCTL_VALUE_INJECTION];

rule! {
    /// Sysctl is not safe to set
    ///
    /// Safe sysctls are those that change nothing outside the pod; kubelets refuse the others unless an admin allowed
    /// them. The list grew in 1.27, 1.29, 1.32 and 1.37: `--kubernetes-version` decides.
    ///
    /// ```yaml bad:8
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   securityContext:
    ///     sysctls:
    ///       - { name: net.ipv4.tcp_syncookies, value: "1" }
    ///       - { name: kernel.msgmax, value: "65536" }
    ///   containers: [{ name: web, image: web:1 }]
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   securityContext: { sysctls: [{ name: net.ipv4.tcp_keepalive_time, value: "60" }] }
    ///   containers: [{ name: web, image: web:1 }]
    /// ```
    UNSAFE_SYSCTLS = "k8s-unsafe-sysctls" {
        check: Check::Pod(unsafe_sysctls),
        severity: Severity::Medium,
        tags: &["pss:baseline"],
        peers: &[
            "kube-linter:unsafe-sysctls", "trivy:KSV-0026", "pss:sysctls", "kyverno:restrict-sysctls",
            "kubescape:C-0211",
        ],
    }
}

rule! {
    /// Sysctl value smuggles in another sysctl
    ///
    /// A `+` or `=` in the value made older CRI-O versions set any further sysctl, the node's among them, which runs
    /// code as root (CVE-2022-0811). No safe sysctl needs either character.
    ///
    /// ```yaml bad:7
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   securityContext:
    ///     sysctls:
    ///       - { name: kernel.shm_rmid_forced, value: "1+kernel.core_pattern=|/x" }
    ///   containers: [{ name: web, image: web:1 }]
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   securityContext: { sysctls: [{ name: net.ipv4.ip_local_port_range, value: "1024 65535" }] }
    ///   containers: [{ name: web, image: web:1 }]
    /// ```
    SYSCTL_VALUE_INJECTION = "k8s-sysctl-value-injection" {
        check: Check::Pod(value_injection),
        severity: Severity::High,
        tags: &["cwe-74"],
        peers: &["kyverno:other/prevent-cr8escape"],
    }
}

/// Safe sysctls with the minor version that they are safe since.
const SAFE: &[(&str, u32)] = &[
    ("kernel.shm_rmid_forced", 0),
    ("net.ipv4.ip_local_port_range", 0),
    ("net.ipv4.tcp_syncookies", 0),
    ("net.ipv4.ping_group_range", 0),
    ("net.ipv4.ip_unprivileged_port_start", 0),
    ("net.ipv4.ip_local_reserved_ports", 27),
    ("net.ipv4.tcp_keepalive_time", 29),
    ("net.ipv4.tcp_fin_timeout", 29),
    ("net.ipv4.tcp_keepalive_intvl", 29),
    ("net.ipv4.tcp_keepalive_probes", 29),
    ("net.ipv4.tcp_rmem", 32),
    ("net.ipv4.tcp_wmem", 32),
    ("net.ipv4.tcp_slow_start_after_idle", 37),
    ("net.ipv4.tcp_notsent_lowat", 37),
];

fn unsafe_sysctls(pod: &Pod<'_>, report: &mut Report<'_>) {
    for sysctl in sysctls(pod) {
        let Lookup::Present(name) = sysctl.get("name") else { continue };
        let Some(text) = name.as_str() else { continue };
        let is_safe = SAFE.iter().any(|&(safe, since)| safe == text && is_at_least(report, since));
        if !is_safe {
            let version = report.context().standard();
            report
                .at(name, format!("{} sets sysctl {text}, which is not safe in Kubernetes {version}", pod_title(pod)))
                .help("set it on the node, or remove it");
        }
    }
}

fn value_injection(pod: &Pod<'_>, report: &mut Report<'_>) {
    for sysctl in sysctls(pod) {
        let Lookup::Present(value) = sysctl.get("value") else { continue };
        let Some(text) = value.as_str() else { continue };
        if text.contains(['+', '=']) {
            let name = sysctl.field("name").map_or("", Node::text);
            report
                .at(value, format!("the value of sysctl {name} holds another setting: {text}"))
                .help("write the value alone");
        }
    }
}

fn sysctls<'t>(pod: &Pod<'t>) -> impl Iterator<Item = Node<'t>> + use<'t> {
    pod.security("sysctls").present().into_iter().flat_map(Node::items)
}
