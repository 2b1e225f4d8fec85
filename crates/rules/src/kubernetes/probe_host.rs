//! Probes and lifecycle hooks that the kubelet sends to another host than the pod.

use portcullis_model::kubernetes::{Container, Pod};

use super::standard::{has_check_since, is_to_the_letter, may_share_network};
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&PROBE_HOST_SET];

rule! {
    /// Probe or hook names a host
    ///
    /// The kubelet sends the request from the node's network, where it reaches addresses that the pod must not, and
    /// the answer tells what listens there. Without `host` it goes to the pod. Silent for a pod on the node's network,
    /// which reaches all of that itself (`--pod-security` reports it all the same).
    ///
    /// ```yaml bad:10
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers:
    ///     - name: web
    ///       image: web:1
    ///       livenessProbe:
    ///         httpGet:
    ///           host: 169.254.169.254
    ///           port: 80
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: etcd }
    /// spec:
    ///   hostNetwork: true
    ///   containers:
    ///     - name: etcd
    ///       image: etcd:1
    ///       livenessProbe: { httpGet: { host: 127.0.0.1, port: 2381, path: /health } }
    ///       readinessProbe: { tcpSocket: { port: 2381 } }
    /// ```
    PROBE_HOST_SET = "k8s-probe-host-set" {
        check: Check::Pod(probe_host),
        severity: Severity::Medium,
        tags: &["pss:baseline", "cwe-918"],
        peers: &["pss:hostProbesAndHostLifecycle"],
    }
}

/// Whatever the kubelet calls.
const HANDLERS: &[&str] =
    &["livenessProbe", "readinessProbe", "startupProbe", "lifecycle.postStart", "lifecycle.preStop"];

fn probe_host(pod: &Pod<'_>, report: &mut Report<'_>) {
    if !has_check_since(report, 34) {
        return;
    }
    if may_share_network(pod) && !is_to_the_letter(report) {
        return;
    }
    for container in &pod.containers {
        for (handler, host, text) in hosts(container).filter(|(_, _, text)| !text.is_empty()) {
            report
                .at(host, format!("{handler} of {} goes to host {text}", container.title()))
                .help("remove host; the request then goes to the pod");
        }
    }
}

fn hosts<'t>(container: &Container<'t>) -> impl Iterator<Item = (&'static str, Node<'t>, &'t str)> + use<'t> {
    let container = *container;
    HANDLERS.iter().flat_map(move |&handler| {
        let found = container.get(handler).present();
        ["httpGet.host", "tcpSocket.host"].into_iter().filter_map(move |path| {
            let host = found?.get(path).present()?;
            Some((handler, host, host.as_str()?))
        })
    })
}
