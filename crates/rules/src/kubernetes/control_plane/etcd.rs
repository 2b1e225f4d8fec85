//! etcd: who may read and write all that the cluster knows.
//!
//! Variables that mean a flag (`ETCD_CERT_FILE`) are read. With `--config-file` the flags do not count.

use portcullis_model::kubernetes::{Object, Pod};

use super::flags::{
    Absent, Flags, Program, Row, is_anything, is_false, is_loopback, is_true, judge_kubeadm, judge_pod,
};
use crate::rule::prelude::*;

/// The rules of this file.
pub(in crate::kubernetes) static RULES: &[&Rule] = &[&ETCD_FLAGS_INSECURE];

rule! {
    /// etcd serves clients or peers without certificates
    ///
    /// etcd holds every Secret, and who may write to it is the cluster's administrator. It must have a certificate that
    /// is not one it made itself, and ask clients and peers for theirs. Listening on the loopback address alone needs
    /// none of this, and that is also the default where no certificate is named. Silent about what is missing with
    /// `--config-file`.
    ///
    /// ```yaml bad:7
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: etcd, namespace: kube-system }
    /// spec:
    ///   containers:
    ///     - name: etcd
    ///       command:
    ///         - etcd
    ///         - --listen-client-urls=http://0.0.0.0:2379
    /// ```
    /// ```yaml bad:12
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: etcd, namespace: kube-system }
    /// spec:
    ///   containers:
    ///     - name: etcd
    ///       command:
    ///         - etcd
    ///         - --listen-client-urls=https://10.0.0.1:2379
    ///         - --cert-file=/etc/kubernetes/pki/etcd/server.crt
    ///         - --key-file=/etc/kubernetes/pki/etcd/server.key
    ///         - --client-cert-auth=false
    /// ```
    /// ```yaml bad:6
    /// apiVersion: kubeadm.k8s.io/v1beta3
    /// kind: ClusterConfiguration
    /// etcd:
    ///   local:
    ///     extraArgs:
    ///       auto-tls: "true"
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: etcd, namespace: kube-system }
    /// spec:
    ///   containers:
    ///     - { name: a, command: [etcd, "--listen-client-urls=http://127.0.0.1:2379,http://localhost:4001"] }
    ///     - { name: b, command: [etcd, --config-file=/etc/etcd.yaml, "--listen-client-urls=https://0.0.0.0:2379"] }
    ///     - name: c
    ///       command: [etcd, "--listen-client-urls=https://0.0.0.0:2379", --client-cert-auth]
    ///       env:
    ///         - { name: ETCD_CERT_FILE, value: /pki/server.crt }
    ///         - { name: ETCD_KEY_FILE, value: /pki/server.key }
    /// ```
    ETCD_FLAGS_INSECURE = "k8s-etcd-flags-insecure" {
        check: Check::PodAndObject(check_pod, &["ClusterConfiguration"], check_kubeadm),
        severity: Severity::High,
        peers: &[
            "trivy:KCV-0042", "trivy:KCV-0043", "trivy:KCV-0044", "trivy:KCV-0045", "trivy:KCV-0046", "trivy:KCV-0047",
            "checkov:CKV_K8S_116", "checkov:CKV_K8S_117", "checkov:CKV_K8S_118", "checkov:CKV_K8S_119",
            "checkov:CKV_K8S_121", "kubescape:C-0153", "kubescape:C-0154", "kubescape:C-0155", "kubescape:C-0156",
            "kubescape:C-0157", "kubescape:C-0158",
        ],
    }
}

const ETCD: Program = Program { name: "etcd", extra_args: "etcd.local.extraArgs", variables: Some("ETCD_") };

const FLAGS: &[Row] = &[
    Row { flag: "cert-file", is_right: is_anything, absent: CLIENTS, wanted: "--cert-file" },
    Row { flag: "key-file", is_right: is_anything, absent: CLIENTS, wanted: "--key-file" },
    Row { flag: "client-cert-auth", is_right: is_true, absent: CLIENTS, wanted: "--client-cert-auth=true" },
    Row { flag: "auto-tls", is_right: is_false, absent: Absent::Right, wanted: "--auto-tls=false" },
    Row { flag: "peer-cert-file", is_right: is_anything, absent: PEERS, wanted: "--peer-cert-file" },
    Row { flag: "peer-key-file", is_right: is_anything, absent: PEERS, wanted: "--peer-key-file" },
    Row { flag: "peer-client-cert-auth", is_right: is_true, absent: PEERS, wanted: "--peer-client-cert-auth=true" },
    Row { flag: "peer-auto-tls", is_right: is_false, absent: Absent::Right, wanted: "--peer-auto-tls=false" },
];

const CLIENTS: Absent = Absent::WrongUnless(|flags| {
    is_private(flags, "listen-client-urls", &["cert-file", "key-file", "client-cert-auth"])
});
const PEERS: Absent = Absent::WrongUnless(|flags| {
    is_private(flags, "listen-peer-urls", &["peer-cert-file", "peer-key-file", "peer-client-cert-auth"])
});

/// Whether nobody but the node itself is known to reach the addresses: by what they are, or because they are the default
/// and nothing has been set up for others.
fn is_private(flags: &Flags<'_>, listen: &str, set_up: &[&str]) -> bool {
    flags.has("config-file")
        || match flags.get(listen) {
            Some((_, Some(urls))) => urls.split(',').all(|url| is_loopback(host(url.trim()))),
            Some((_, None)) => true,
            None => !set_up.iter().any(|flag| flags.has(flag)),
        }
}

/// The host of a URL, without the brackets of an IPv6 address.
fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    match rest.strip_prefix('[') {
        Some(address) => address.split(']').next().unwrap_or_default(),
        None => rest.split([':', '/']).next().unwrap_or_default(),
    }
}

fn check_pod(pod: &Pod<'_>, report: &mut Report<'_>) {
    judge_pod(&ETCD, FLAGS, pod, report);
}

fn check_kubeadm(object: &Object<'_>, report: &mut Report<'_>) {
    judge_kubeadm(&ETCD, FLAGS, object, report);
}
