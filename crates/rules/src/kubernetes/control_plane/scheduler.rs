//! kube-scheduler: who reaches it, and what it shows them.

use portcullis_model::kubernetes::{Object, Pod};

use super::flags::{Absent, Program, Row, is_false, is_loopback, judge_kubeadm, judge_pod};
use crate::rule::prelude::*;

/// The rules of this file.
pub(in crate::kubernetes) static RULES: &[&Rule] = &[&SCHEDULER_FLAGS_INSECURE];

rule! {
    /// Scheduler has flags that are not hardened
    ///
    /// It listens on every address unless `--bind-address` says otherwise, and profiling shows what it does to whoever
    /// reaches the port. With `--config` the file decides about profiling, and nothing is said of that.
    ///
    /// ```yaml bad:9
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: kube-scheduler, namespace: kube-system }
    /// spec:
    ///   containers:
    ///     - name: kube-scheduler
    ///       command:
    ///         - kube-scheduler
    ///         - --bind-address=0.0.0.0
    ///         - --profiling=false
    /// ```
    /// ```yaml bad:7
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: kube-scheduler, namespace: kube-system }
    /// spec:
    ///   containers:
    ///     - name: kube-scheduler
    ///       command: [kube-scheduler, --leader-elect=true]
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: kube-scheduler, namespace: kube-system }
    /// spec:
    ///   containers:
    ///     - { name: a, command: [kube-scheduler, --bind-address=127.0.0.1, --profiling=false] }
    ///     - { name: b, command: [kube-scheduler, --bind-address=127.0.0.1, --config=/etc/kubernetes/scheduler.yaml] }
    /// ```
    SCHEDULER_FLAGS_INSECURE = "k8s-scheduler-flags-insecure" {
        check: Check::PodAndObject(check_pod, &["ClusterConfiguration"], check_kubeadm),
        severity: Severity::Low,
        profile: Profile::All,
        peers: &[
            "trivy:KCV-0040", "trivy:KCV-0041", "checkov:CKV_K8S_114", "checkov:CKV_K8S_115", "kubescape:C-0151",
            "kubescape:C-0152",
        ],
    }
}

const SCHEDULER: Program = Program { name: "kube-scheduler", extra_args: "scheduler.extraArgs", variables: None };

const FLAGS: &[Row] = &[
    Row {
        flag: "profiling",
        is_right: is_false,
        absent: Absent::WrongUnless(|flags| flags.has("config")),
        wanted: "--profiling=false",
    },
    Row { flag: "bind-address", is_right: is_loopback, absent: Absent::Wrong, wanted: "--bind-address=127.0.0.1" },
];

fn check_pod(pod: &Pod<'_>, report: &mut Report<'_>) {
    judge_pod(&SCHEDULER, FLAGS, pod, report);
}

fn check_kubeadm(object: &Object<'_>, report: &mut Report<'_>) {
    judge_kubeadm(&SCHEDULER, FLAGS, object, report);
}
