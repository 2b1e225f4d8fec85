//! What the containers of a pod share, with one another and with the node's users.
//!
//! Decided by the pod alone. Whether a program needs what it shares cannot be known.

use portcullis_model::kubernetes::{KubernetesVersion, Os, Pod};
use portcullis_syntax::Anchor;

use super::standard::pod_title;
use crate::Place;
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] =
    &[&HOST_ALIASES, &SHARE_PROCESS_NAMESPACE, &HOST_USERS_NOT_ISOLATED, &EPHEMERAL_CONTAINERS_IN_MANIFEST];

rule! {
    /// Pod has names of hosts of its own
    ///
    /// `hostAliases` go into `/etc/hosts` and are asked before DNS: an address that moves, or a certificate's name that
    /// is made to fit another server, is found by nobody who looks at DNS.
    ///
    /// ```yaml bad:6
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers: [{ name: web, image: web:1 }]
    ///   hostAliases:
    ///     - { ip: 10.0.0.7, hostnames: [db.example.org] }
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec: { containers: [{ name: web, image: web:1 }], hostAliases: [] }
    /// ```
    HOST_ALIASES = "k8s-host-aliases" {
        check: Check::Pod(host_aliases),
        severity: Severity::Low,
        profile: Profile::All,
        peers: &["trivy:KSV-0007"],
    }
}

rule! {
    /// Containers of the pod see each other's processes
    ///
    /// With `shareProcessNamespace` each container may signal the processes of the others, and read their memory, their
    /// variables and their files through `/proc` where it has the same user. Meant for debugging and for init systems.
    ///
    /// ```yaml bad:5
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   shareProcessNamespace: true
    ///   containers: [{ name: web, image: web:1 }, { name: proxy, image: proxy:1 }]
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec: { shareProcessNamespace: false, containers: [{ name: web, image: web:1 }] }
    /// ```
    SHARE_PROCESS_NAMESPACE = "k8s-share-process-namespace" {
        check: Check::Pod(share_process_namespace),
        severity: Severity::Low,
        profile: Profile::All,
    }
}

rule! {
    /// Pod runs as root without a user namespace of its own
    ///
    /// With `hostUsers: false` root in the pod is nobody on the node, and an escape ends there. Asked of pods that say
    /// they need root: a container with `runAsUser: 0`, or with capabilities other than NET_BIND_SERVICE. Silent where the
    /// pod cannot have one or would not work in it (the node's network, processes or IPC, node paths, privileged containers), for Windows, and
    /// for clusters before 1.33.
    ///
    /// ```yaml bad:4
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers:
    ///     - { name: web, image: web:1, securityContext: { runAsUser: 0 } }
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   hostUsers: false
    ///   containers:
    ///     - { name: web, image: web:1, securityContext: { runAsUser: 0 } }
    /// ---
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: agent }
    /// spec:
    ///   hostNetwork: true
    ///   containers:
    ///     - { name: agent, image: agent:1, securityContext: { runAsUser: 0 } }
    /// ---
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: shop }
    /// spec: { containers: [{ name: shop, image: shop:1 }] }
    /// ```
    HOST_USERS_NOT_ISOLATED = "k8s-host-users-not-isolated" {
        check: Check::Pod(host_users_not_isolated),
        severity: Severity::Info,
        profile: Profile::All,
    }
}

rule! {
    /// Manifest has ephemeral containers
    ///
    /// The API server refuses them in pods that are made and in pod templates: they are added to a running pod, for
    /// debugging, and end with it. As a rule the manifest was exported from the cluster.
    ///
    /// ```yaml bad:6
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers: [{ name: web, image: web:1 }]
    ///   ephemeralContainers:
    ///     - { name: debugger, image: busybox:1.37 }
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec: { containers: [{ name: web, image: web:1 }], ephemeralContainers: [] }
    /// ```
    EPHEMERAL_CONTAINERS_IN_MANIFEST = "k8s-ephemeral-containers-in-manifest" {
        check: Check::Pod(ephemeral_containers),
        severity: Severity::High,
        peers: &["kyverno:other/block-ephemeral-containers"],
    }
}

fn host_aliases(pod: &Pod<'_>, report: &mut Report<'_>) {
    let Lookup::Present(aliases) = pod.get("hostAliases") else { return };
    if aliases.items().len() > 0 {
        report
            .at(aliases, format!("{} has host names of its own", pod_title(pod)))
            .help("put the names into DNS, or make a Service for them");
    }
}

fn share_process_namespace(pod: &Pod<'_>, report: &mut Report<'_>) {
    let Lookup::Present(flag) = pod.get("shareProcessNamespace") else { return };
    if flag.as_bool() == Some(true) {
        report.at(flag, format!("the containers of {} share their processes", pod.object.title())).help("remove it");
    }
}

fn host_users_not_isolated(pod: &Pod<'_>, report: &mut Report<'_>) {
    let place: Place = match pod.get("hostUsers") {
        Lookup::Present(flag) if flag.as_bool() == Some(true) => flag.into(),
        Lookup::Absent(_) => Anchor { parent: pod.spec }.into(),
        Lookup::Present(_) | Lookup::Unknown(_) => return,
    };
    if says_root(pod) && may_have_user_namespace(pod) && report.context().kubernetes() >= KubernetesVersion::new(33) {
        report
            .at(place, format!("{} needs root and has no user namespace of its own", pod_title(pod)))
            .help("set `hostUsers: false`");
    }
}

/// Whether the pod says that it needs root, or something of root's.
fn says_root(pod: &Pod<'_>) -> bool {
    pod.containers.iter().any(|container| {
        let user = pod.effective(container, "runAsUser").present().and_then(Node::as_i64);
        let added = container.security("capabilities.add").present().into_iter().flat_map(Node::items);
        let is_roots = |name: &str| name.trim_start_matches("CAP_") != "NET_BIND_SERVICE";
        user == Some(0) || added.filter_map(Node::as_str).any(is_roots)
    })
}

fn may_have_user_namespace(pod: &Pod<'_>) -> bool {
    let shares = |field: &str| pod.get(field).is_bool(true) || pod.get(field).is_unknown();
    let is_privileged = || {
        pod.containers
            .iter()
            .map(|container| container.security("privileged"))
            .any(|privileged| privileged.is_bool(true) || privileged.is_unknown())
    };
    pod.os() == Os::Linux
        && !["hostNetwork", "hostPID", "hostIPC"].into_iter().any(shares)
        && !pod.list("volumes").any(|volume| volume.field("hostPath").is_some())
        && !is_privileged()
}

fn ephemeral_containers(pod: &Pod<'_>, report: &mut Report<'_>) {
    let Lookup::Present(containers) = pod.get("ephemeralContainers") else { return };
    if containers.items().len() > 0 {
        report
            .at(containers, format!("{} has ephemeral containers, which the API server refuses", pod_title(pod)))
            .help("remove them; `kubectl debug` adds one to a running pod");
    }
}
