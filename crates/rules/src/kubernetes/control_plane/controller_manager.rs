//! kube-controller-manager: whose rights its controllers have, and who reaches it.

use portcullis_model::kubernetes::{Object, Pod};

use super::flags::{
    Absent, Program, Row, SERVER_CERTIFICATES_ROTATE, is_anything, is_false, is_loopback, is_true, judge_kubeadm,
    judge_pod,
};
use crate::rule::prelude::*;

/// The rules of this file.
pub(in crate::kubernetes) static RULES: &[&Rule] = &[&CONTROLLER_MANAGER_FLAGS_INSECURE];

rule! {
    /// Controller manager has flags that are not hardened
    ///
    /// Without `--use-service-account-credentials` each controller has the rights of all of them; profiling shows what
    /// the program does to whoever reaches its port; without the root authority pods cannot check the API server. It
    /// listens on every address unless `--bind-address` says otherwise. Each wrong flag is a finding, and those that are
    /// missing are one.
    ///
    /// ```yaml bad:9
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: kube-controller-manager, namespace: kube-system }
    /// spec:
    ///   containers:
    ///     - name: kube-controller-manager
    ///       command:
    ///         - kube-controller-manager
    ///         - --bind-address=0.0.0.0
    ///         - --profiling=false
    ///         - --root-ca-file=/etc/kubernetes/pki/ca.crt
    ///         - --service-account-private-key-file=/etc/kubernetes/pki/sa.key
    ///         - --use-service-account-credentials=true
    /// ```
    /// ```yaml bad:7
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: kube-controller-manager, namespace: kube-system }
    /// spec:
    ///   containers:
    ///     - name: kube-controller-manager
    ///       command: [kube-controller-manager, --bind-address=127.0.0.1, --use-service-account-credentials]
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: kube-controller-manager, namespace: kube-system }
    /// spec:
    ///   containers:
    ///     - name: kube-controller-manager
    ///       command:
    ///         - kube-controller-manager
    ///         - --bind-address=127.0.0.1
    ///         - --profiling=false
    ///         - --root-ca-file=/etc/kubernetes/pki/ca.crt
    ///         - --service-account-private-key-file=/etc/kubernetes/pki/sa.key
    ///         - --use-service-account-credentials=true
    /// ```
    CONTROLLER_MANAGER_FLAGS_INSECURE = "k8s-controller-manager-flags-insecure" {
        check: Check::PodAndObject(check_pod, &["ClusterConfiguration"], check_kubeadm),
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &[
            "trivy:KCV-0033", "trivy:KCV-0034", "trivy:KCV-0035", "trivy:KCV-0036", "trivy:KCV-0037", "trivy:KCV-0038",
            "trivy:KCV-0039", "checkov:CKV_K8S_106", "checkov:CKV_K8S_107", "checkov:CKV_K8S_108",
            "checkov:CKV_K8S_110", "checkov:CKV_K8S_111", "checkov:CKV_K8S_112", "checkov:CKV_K8S_113",
            "kubescape:C-0144", "kubescape:C-0145", "kubescape:C-0146", "kubescape:C-0147", "kubescape:C-0148",
            "kubescape:C-0149", "kubescape:C-0150",
        ],
    }
}

const CONTROLLER_MANAGER: Program =
    Program { name: "kube-controller-manager", extra_args: "controllerManager.extraArgs", variables: None };

const FLAGS: &[Row] = &[
    Row { flag: "profiling", is_right: is_false, absent: Absent::Wrong, wanted: "--profiling=false" },
    Row {
        flag: "use-service-account-credentials",
        is_right: is_true,
        absent: Absent::Wrong,
        wanted: "--use-service-account-credentials=true",
    },
    Row {
        flag: "service-account-private-key-file",
        is_right: is_anything,
        absent: Absent::Wrong,
        wanted: "--service-account-private-key-file",
    },
    Row { flag: "root-ca-file", is_right: is_anything, absent: Absent::Wrong, wanted: "--root-ca-file" },
    Row { flag: "bind-address", is_right: is_loopback, absent: Absent::Wrong, wanted: "--bind-address=127.0.0.1" },
    SERVER_CERTIFICATES_ROTATE,
    Row {
        flag: "terminated-pod-gc-threshold",
        is_right: |pods| pods.parse::<i64>().is_ok_and(|number| number > 0),
        absent: Absent::Right,
        wanted: "--terminated-pod-gc-threshold=1000",
    },
];

fn check_pod(pod: &Pod<'_>, report: &mut Report<'_>) {
    judge_pod(&CONTROLLER_MANAGER, FLAGS, pod, report);
}

fn check_kubeadm(object: &Object<'_>, report: &mut Report<'_>) {
    judge_kubeadm(&CONTROLLER_MANAGER, FLAGS, object, report);
}
