//! Pods that share the node's process, IPC or network namespace, or its whole Windows session.
//!
//! Decided by the field alone; whether a node agent needs it is for the team to say in a suppression.

use portcullis_model::kubernetes::Pod;

use super::standard::{pod_title, written};
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&HOST_PID, &HOST_IPC, &HOST_NETWORK, &WINDOWS_HOST_PROCESS];

rule! {
    /// Pod shares the node's process ids
    ///
    /// With `hostPID` a container sees every process on the node, reads their environment through `/proc`, and, as
    /// root, signals or traces them. Silent where the field is false or filled in later.
    ///
    /// ```yaml bad:5
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   hostPID: true
    ///   containers: [{ name: web, image: web:1 }]
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec: { hostPID: false, containers: [{ name: web, image: web:1 }] }
    /// ```
    HOST_PID = "k8s-host-pid" {
        check: Check::Pod(host_pid),
        severity: Severity::High,
        tags: &["helm-values", "pss:baseline"],
        peers: &[
            "kube-linter:host-pid", "trivy:KSV-0010", "checkov:CKV_K8S_17", "polaris:hostPIDSet", "kubescape:C-0038",
            "kubescape:C-0275", "pss:hostNamespaces", "kyverno:disallow-host-namespaces",
        ],
    }
}

rule! {
    /// Pod shares the node's inter-process communication
    ///
    /// With `hostIPC` a container reads and writes the shared memory of every process on the node that uses it,
    /// databases among them. Silent where the field is false or filled in later.
    ///
    /// ```yaml bad:5
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   hostIPC: true
    ///   containers: [{ name: web, image: web:1 }]
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec: { shareProcessNamespace: true, containers: [{ name: web, image: web:1 }] }
    /// ```
    HOST_IPC = "k8s-host-ipc" {
        check: Check::Pod(host_ipc),
        severity: Severity::High,
        tags: &["helm-values", "pss:baseline"],
        peers: &[
            "kube-linter:host-ipc", "trivy:KSV-0008", "checkov:CKV_K8S_18", "polaris:hostIPCSet", "kubescape:C-0038",
            "kubescape:C-0276", "pss:hostNamespaces", "kyverno:disallow-host-namespaces",
        ],
    }
}

rule! {
    /// Pod shares the node's network
    ///
    /// With `hostNetwork` a container reaches services that listen on the node's loopback address alone, can sniff the
    /// node's traffic, and is outside every NetworkPolicy. Silent where the field is false or filled in later.
    ///
    /// ```yaml bad:9
    /// apiVersion: apps/v1
    /// kind: DaemonSet
    /// metadata: { name: proxy }
    /// spec:
    ///   selector: { matchLabels: { app: proxy } }
    ///   template:
    ///     metadata: { labels: { app: proxy } }
    ///     spec:
    ///       hostNetwork: true
    ///       containers: [{ name: proxy, image: proxy:1 }]
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec: { hostNetwork: false, containers: [{ name: web, image: web:1 }] }
    /// ```
    HOST_NETWORK = "k8s-host-network" {
        check: Check::Pod(host_network),
        severity: Severity::High,
        tags: &["helm-values", "pss:baseline"],
        peers: &[
            "kube-linter:host-network", "trivy:KSV-0009", "checkov:CKV_K8S_19", "polaris:hostNetworkSet",
            "kubescape:C-0041", "pss:hostNamespaces", "kyverno:disallow-host-namespaces",
        ],
    }
}

rule! {
    /// Windows container runs in the host's session
    ///
    /// A HostProcess container has the node's own file system, network and users: it is the Windows counterpart of a
    /// privileged container. Pod and container settings both count.
    ///
    /// ```yaml bad:8
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: agent }
    /// spec:
    ///   os: { name: windows }
    ///   hostNetwork: true
    ///   securityContext:
    ///     windowsOptions: { hostProcess: true }
    ///   containers: [{ name: agent, image: agent:1 }]
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   os: { name: windows }
    ///   securityContext: { windowsOptions: { runAsUserName: ContainerUser } }
    ///   containers: [{ name: web, image: web:1 }]
    /// ```
    WINDOWS_HOST_PROCESS = "k8s-windows-host-process" {
        check: Check::Pod(windows_host_process),
        severity: Severity::High,
        tags: &["pss:baseline"],
        peers: &[
            "trivy:KSV-0103", "polaris:hostProcess", "kubescape:C-0202", "kubescape:C-0211",
            "pss:windowsHostProcess", "kyverno:disallow-host-process",
        ],
    }
}

fn host_pid(pod: &Pod<'_>, report: &mut Report<'_>) {
    shares(pod, report, "hostPID", "process ids");
}

fn host_ipc(pod: &Pod<'_>, report: &mut Report<'_>) {
    shares(pod, report, "hostIPC", "inter-process communication");
}

fn host_network(pod: &Pod<'_>, report: &mut Report<'_>) {
    shares(pod, report, "hostNetwork", "network");
}

fn shares(pod: &Pod<'_>, report: &mut Report<'_>, field: &str, what: &str) {
    let Lookup::Present(flag) = pod.get(field) else { return };
    if flag.as_bool() == Some(true) {
        report
            .at(flag, format!("{} shares the node's {what}", pod_title(pod)))
            .help(format!("remove {field}; only agents that manage the node itself need it"));
    }
}

fn windows_host_process(pod: &Pod<'_>, report: &mut Report<'_>) {
    for (who, flag) in written(pod, "windowsOptions.hostProcess") {
        if flag.as_bool() == Some(true) {
            report
                .at(flag, format!("{who} runs in the Windows host's session"))
                .help("remove hostProcess and mount what the program needs");
        }
    }
}
