//! Capabilities that containers keep because nobody dropped them.
//!
//! Silent where the list holds something that is filled in later, and for Windows pods.

use portcullis_model::kubernetes::{Container, Pod};
use portcullis_syntax::Anchor;

use super::standard::{has_check_since, is_to_the_letter, may_be_windows};
use crate::Place;
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&CAPABILITIES_NOT_DROPPED, &NET_RAW_NOT_DROPPED];

rule! {
    /// Container keeps default capabilities
    ///
    /// Few programs need any of the capabilities that runtimes give, and a process that breaks out starts with what it
    /// has. `drop: [ALL]` drops them all, and so does a list that names all fourteen (not with `--pod-security`); what is
    /// needed can be added back. Pods have no such field: it is set on each container.
    ///
    /// ```yaml bad:6
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers:
    ///     - { name: web, image: web:1 }
    /// ```
    /// ```yaml bad:8
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers:
    ///     - name: web
    ///       image: web:1
    ///       securityContext: { capabilities: { drop: [NET_RAW] } }
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers:
    ///     - { name: web, image: web:1, securityContext: { capabilities: { drop: [ALL] } } }
    ///     - { name: log, image: log:1, securityContext: { capabilities: { drop: [all] } } }
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec: { os: { name: windows }, containers: [{ name: web, image: web:1 }] }
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers:
    ///     - name: web
    ///       image: web:1
    ///       securityContext:
    ///         capabilities:
    ///           drop: [AUDIT_WRITE, CHOWN, DAC_OVERRIDE, FOWNER, FSETID, KILL, MKNOD, NET_BIND_SERVICE, NET_RAW, SETFCAP,
    ///             SETGID, SETPCAP, SETUID, SYS_CHROOT]
    /// ```
    CAPABILITIES_NOT_DROPPED = "k8s-capabilities-not-dropped" {
        check: Check::Pod(not_dropped),
        severity: Severity::Low,
        profile: Profile::All,
        tags: &["pss:restricted"],
        peers: &[
            "trivy:KSV-0003", "trivy:KSV-0004", "trivy:KSV-0106", "checkov:CKV_K8S_37", "polaris:insecureCapabilities",
            "pss:capabilities_restricted", "kyverno:disallow-capabilities-strict",
            "kyverno:best-practices/require-drop-all",
        ],
    }
}

rule! {
    /// Container keeps NET_RAW
    ///
    /// Runtimes give NET_RAW, which forges packets, unless it is dropped, by its name or as one of ALL. Gives way to the
    /// rule about all default capabilities; Windows pods have none.
    ///
    /// ```yaml bad:8
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers:
    ///     - name: web
    ///       image: web:1
    ///       securityContext: { capabilities: { drop: [MKNOD] } }
    /// ```
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
    ///   containers:
    ///     - { name: web, image: web:1, securityContext: { capabilities: { drop: [NET_RAW] } } }
    ///     - { name: log, image: log:1, securityContext: { capabilities: { drop: [CAP_NET_RAW, MKNOD] } } }
    /// ```
    NET_RAW_NOT_DROPPED = "k8s-net-raw-not-dropped" {
        check: Check::Pod(net_raw_kept),
        severity: Severity::Low,
        profile: Profile::All,
        peers: &[
            "kube-linter:drop-net-raw-capability", "checkov:CKV_K8S_28",
            "kyverno:best-practices/require-drop-cap-net-raw", "kubescape:C-0199", "kubescape:C-0211",
        ],
        yields_to: &["k8s-capabilities-not-dropped"],
    }
}

/// What container runtimes give.
const DEFAULT: &[&str] = &[
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "NET_RAW",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
];

/// The capabilities that a container drops.
pub(super) enum Dropped<'t> {
    /// No list, or an empty one: the place to say so.
    Nothing(Anchor<'t>),
    /// The list, whose elements are all known.
    Some(Node<'t>),
}

impl<'t> Dropped<'t> {
    /// What the container drops; `None` where part of it is not known.
    pub(super) fn of(container: &Container<'t>) -> Option<Self> {
        match container.security("capabilities.drop") {
            Lookup::Absent(anchor) => Some(Self::Nothing(anchor)),
            Lookup::Present(list) if list.items().len() > 0 => {
                list.items().all(|item| item.as_str().is_some()).then_some(Self::Some(list))
            }
            Lookup::Present(list) => list.is_list().then_some(Self::Nothing(Anchor { parent: list })),
            Lookup::Unknown(_) => None,
        }
    }
}

fn not_dropped(pod: &Pod<'_>, report: &mut Report<'_>) {
    if !has_check_since(report, 22) || may_be_windows(pod, report) {
        return;
    }
    let help = "set securityContext.capabilities.drop: [ALL] on the container and add back what it needs";
    for container in &pod.containers {
        match Dropped::of(container) {
            Some(Dropped::Nothing(anchor)) => {
                report.at(anchor, format!("{} keeps all default capabilities", container.title())).help(help);
            }
            Some(Dropped::Some(list)) => {
                let drops_all = if is_to_the_letter(report) {
                    has_exactly(list, "ALL")
                } else {
                    has(list, "ALL") || DEFAULT.iter().all(|name| has(list, name))
                };
                if !drops_all {
                    let message = format!("{} drops some capabilities, but not ALL", container.title());
                    report.at(list, message).help(help);
                }
            }
            None => {}
        }
    }
}

fn net_raw_kept(pod: &Pod<'_>, report: &mut Report<'_>) {
    if may_be_windows(pod, report) {
        return;
    }
    for container in &pod.containers {
        let (place, message) = match Dropped::of(container) {
            Some(Dropped::Some(list)) if !has(list, "ALL") && !has(list, "NET_RAW") => {
                (Place::from(list), format!("{} drops capabilities, but not NET_RAW", container.title()))
            }
            Some(Dropped::Nothing(anchor)) => {
                (Place::from(anchor), format!("{} keeps capability NET_RAW", container.title()))
            }
            Some(Dropped::Some(_)) | None => continue,
        };
        report.at(place, message).help("drop ALL, or NET_RAW at least");
    }
}

fn has_exactly(list: Node<'_>, name: &str) -> bool {
    list.items().any(|item| item.as_str() == Some(name))
}

/// As runtimes compare: in any case, with or without `CAP_`.
fn has(list: Node<'_>, name: &str) -> bool {
    list.items().filter_map(Node::as_str).any(|text| {
        let text = text.to_ascii_uppercase();
        text == name || text.strip_prefix("CAP_") == Some(name)
    })
}
