//! kube-apiserver: who may ask, what it admits, what it records, and how it encrypts.
//!
//! What the files hold that the flags name cannot be known.

use portcullis_model::kubernetes::{Object, Pod};

use super::flags::{
    Absent, Flags, Program, Row, is_anything, is_false, is_modern_tls, is_strong_ciphers, is_true, judge_kubeadm,
    judge_pod,
};
use crate::rule::prelude::*;

/// The rules of this file.
pub(in crate::kubernetes) static RULES: &[&Rule] = &[
    &APISERVER_ANONYMOUS_AUTH_ON,
    &APISERVER_AUTHZ_MODE_INSECURE,
    &APISERVER_ADMISSION_PLUGINS_INSECURE,
    &APISERVER_AUDIT_LOG_MISSING,
    &APISERVER_TLS_ETCD_INSECURE,
    &APISERVER_ENCRYPTION_MISSING,
];

rule! {
    /// API server answers requests without credentials
    ///
    /// Who sends none is `system:anonymous`, and whatever a binding gives to that user or to `system:unauthenticated` is
    /// open to the network. The default is on, and kubeadm's probes of the API server need it. An authentication
    /// configuration can limit it to the health endpoints; with `--authentication-config` the rule is silent.
    ///
    /// ```yaml bad:7
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: kube-apiserver, namespace: kube-system }
    /// spec:
    ///   containers:
    ///     - name: kube-apiserver
    ///       command: [kube-apiserver, --secure-port=6443]
    /// ```
    /// ```yaml bad:9
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: kube-apiserver, namespace: kube-system }
    /// spec:
    ///   containers:
    ///     - name: kube-apiserver
    ///       command:
    ///         - kube-apiserver
    ///         - --anonymous-auth=true
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: kube-apiserver, namespace: kube-system }
    /// spec:
    ///   containers:
    ///     - { name: a, command: [kube-apiserver, --anonymous-auth=true, --anonymous-auth=false] }
    ///     - { name: b, command: [kube-apiserver, --authentication-config=/etc/kubernetes/authentication.yaml] }
    ///     - { name: c, command: [kube-apiserver, "${FLAGS}"] }
    ///     - { name: d, command: [backup, --target=kube-apiserver] }
    /// ```
    APISERVER_ANONYMOUS_AUTH_ON = "k8s-apiserver-anonymous-auth-on" {
        check: Check::PodAndObject(
            |pod, report| judge_pod(&APISERVER, ANONYMOUS, pod, report),
            KUBEADM,
            |object, report| judge_kubeadm(&APISERVER, ANONYMOUS, object, report),
        ),
        severity: Severity::High,
        profile: Profile::All,
        peers: &["trivy:KCV-0001", "checkov:CKV_K8S_68", "kubescape:C-0113"],
    }
}

rule! {
    /// API server allows every request, or does not ask RBAC and the node authorizer
    ///
    /// `AlwaysAllow` is also what it does where no mode is written: each request that is authenticated is cluster
    /// administration. Without `Node`, a kubelet needs rights on all Secrets to read those of its own pods; without
    /// `RBAC`, roles mean nothing. Silent with `--authorization-config`, whose file says the same in another place.
    ///
    /// ```yaml bad:9
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: kube-apiserver, namespace: kube-system }
    /// spec:
    ///   containers:
    ///     - name: kube-apiserver
    ///       command:
    ///         - kube-apiserver
    ///         - --authorization-mode=Node,AlwaysAllow
    /// ```
    /// ```yaml bad:9
    /// apiVersion: kubeadm.k8s.io/v1beta4
    /// kind: ClusterConfiguration
    /// metadata: { name: config }
    /// kubernetesVersion: v1.34.0
    /// apiServer:
    ///   extraArgs:
    ///     - { name: profiling, value: "false" }
    ///     - name: authorization-mode
    ///       value: AlwaysAllow
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: kube-apiserver, namespace: kube-system }
    /// spec:
    ///   containers:
    ///     - { name: a, command: [kube-apiserver, --authorization-mode, "Node,RBAC,Webhook"] }
    ///     - { name: b, command: [kube-apiserver, --authorization-config=/etc/kubernetes/authorization.yaml] }
    ///     - { name: c, command: [kube-apiserver, "--authorization-mode=${MODES}"] }
    /// ```
    APISERVER_AUTHZ_MODE_INSECURE = "k8s-apiserver-authz-mode-insecure" {
        check: Check::PodAndObject(
            |pod, report| judge_pod(&APISERVER, AUTHORIZATION, pod, report),
            KUBEADM,
            |object, report| judge_kubeadm(&APISERVER, AUTHORIZATION, object, report),
        ),
        severity: Severity::High,
        peers: &[
            "trivy:KCV-0007", "trivy:KCV-0008", "trivy:KCV-0009", "checkov:CKV_K8S_74", "checkov:CKV_K8S_75",
            "checkov:CKV_K8S_77", "kubescape:C-0118", "kubescape:C-0119", "kubescape:C-0120",
        ],
    }
}

rule! {
    /// API server lacks an admission plugin, or has one that admits everything
    ///
    /// `NodeRestriction` keeps a kubelet to its own node, `AlwaysPullImages` keeps pods from private images that another
    /// pod's node has pulled, and `EventRateLimit` keeps one client from filling etcd. `ServiceAccount` and
    /// `NamespaceLifecycle` are on unless they are switched off. `AlwaysAdmit` does nothing. Plugins that Kubernetes has
    /// removed are not asked for.
    ///
    /// ```yaml bad:9
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: kube-apiserver, namespace: kube-system }
    /// spec:
    ///   containers:
    ///     - name: kube-apiserver
    ///       command:
    ///         - kube-apiserver
    ///         - --enable-admission-plugins=NodeRestriction
    /// ```
    /// ```yaml bad:10
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: kube-apiserver, namespace: kube-system }
    /// spec:
    ///   containers:
    ///     - name: kube-apiserver
    ///       command:
    ///         - kube-apiserver
    ///         - --enable-admission-plugins=NodeRestriction,AlwaysPullImages,EventRateLimit
    ///         - --disable-admission-plugins=ServiceAccount
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: kube-apiserver, namespace: kube-system }
    /// spec:
    ///   containers:
    ///     - name: kube-apiserver
    ///       command:
    ///         - kube-apiserver
    ///         - --enable-admission-plugins=NodeRestriction,AlwaysPullImages,EventRateLimit
    ///         - --disable-admission-plugins=DefaultStorageClass
    /// ```
    APISERVER_ADMISSION_PLUGINS_INSECURE = "k8s-apiserver-admission-plugins-insecure" {
        check: Check::PodAndObject(admission_plugins, KUBEADM, admission_plugins_of_kubeadm),
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &[
            "trivy:KCV-0010", "trivy:KCV-0011", "trivy:KCV-0012", "trivy:KCV-0014", "trivy:KCV-0015", "trivy:KCV-0016",
            "checkov:CKV_K8S_78", "checkov:CKV_K8S_79", "checkov:CKV_K8S_80", "checkov:CKV_K8S_82",
            "checkov:CKV_K8S_83", "checkov:CKV_K8S_85", "kubescape:C-0121", "kubescape:C-0122", "kubescape:C-0123",
            "kubescape:C-0125", "kubescape:C-0126", "kubescape:C-0127",
        ],
    }
}

rule! {
    /// API server keeps no audit log, or loses it soon
    ///
    /// Without the log nobody can say who read a Secret or opened a shell. Asked for are a path, 30 days, 10 files and
    /// 100 MB for each; 0 keeps everything and is right for days and files. A log on standard output needs no limits,
    /// and with `--audit-webhook-config-file` another program keeps it.
    ///
    /// ```yaml bad:7
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: kube-apiserver, namespace: kube-system }
    /// spec:
    ///   containers:
    ///     - name: kube-apiserver
    ///       command: [kube-apiserver, --secure-port=6443]
    /// ```
    /// ```yaml bad:10
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: kube-apiserver, namespace: kube-system }
    /// spec:
    ///   containers:
    ///     - name: kube-apiserver
    ///       command:
    ///         - kube-apiserver
    ///         - --audit-log-path=/var/log/audit.log
    ///         - --audit-log-maxage=7
    ///         - --audit-log-maxbackup=10
    ///         - --audit-log-maxsize=100
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: kube-apiserver, namespace: kube-system }
    /// spec:
    ///   containers:
    ///     - { name: a, command: [kube-apiserver, --audit-log-path=-] }
    ///     - { name: b, command: [kube-apiserver, --audit-webhook-config-file=/etc/kubernetes/audit.yaml] }
    /// ```
    APISERVER_AUDIT_LOG_MISSING = "k8s-apiserver-audit-log-missing" {
        check: Check::PodAndObject(
            |pod, report| judge_pod(&APISERVER, AUDIT, pod, report),
            KUBEADM,
            |object, report| judge_kubeadm(&APISERVER, AUDIT, object, report),
        ),
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &[
            "trivy:KCV-0019", "trivy:KCV-0020", "trivy:KCV-0021", "trivy:KCV-0022", "checkov:CKV_K8S_91",
            "checkov:CKV_K8S_92", "checkov:CKV_K8S_93", "checkov:CKV_K8S_94", "kubescape:C-0130", "kubescape:C-0131",
            "kubescape:C-0132", "kubescape:C-0133",
        ],
    }
}

rule! {
    /// API server talks to clients, kubelets or etcd without certificates
    ///
    /// Without its own certificate it makes one that no client can check; without the authorities of kubelets and etcd it
    /// takes whoever answers for them; without client certificates etcd must let everybody in. Written cipher suites that
    /// are broken or without forward secrecy, versions of TLS before 1.2 and ports without TLS count as well. Each wrong
    /// flag is a finding, and those that are missing are one.
    ///
    /// ```yaml bad:7
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: kube-apiserver, namespace: kube-system }
    /// spec:
    ///   containers:
    ///     - name: kube-apiserver
    ///       command:
    ///         - kube-apiserver
    ///         - --client-ca-file=/etc/kubernetes/pki/ca.crt
    ///         - --tls-cert-file=/etc/kubernetes/pki/apiserver.crt
    ///         - --tls-private-key-file=/etc/kubernetes/pki/apiserver.key
    /// ```
    /// ```yaml bad:6
    /// apiVersion: kubeadm.k8s.io/v1beta3
    /// kind: ClusterConfiguration
    /// kubernetesVersion: v1.30.0
    /// apiServer:
    ///   extraArgs:
    ///     tls-min-version: VersionTLS10
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: kube-apiserver, namespace: kube-system }
    /// spec:
    ///   containers:
    ///     - name: kube-apiserver
    ///       command:
    ///         - kube-apiserver
    ///         - --client-ca-file=/etc/kubernetes/pki/ca.crt
    ///         - --tls-cert-file=/etc/kubernetes/pki/apiserver.crt
    ///         - --tls-private-key-file=/etc/kubernetes/pki/apiserver.key
    ///         - --kubelet-certificate-authority=/etc/kubernetes/pki/ca.crt
    ///         - --kubelet-client-certificate=/etc/kubernetes/pki/apiserver-kubelet-client.crt
    ///         - --kubelet-client-key=/etc/kubernetes/pki/apiserver-kubelet-client.key
    ///         - --etcd-cafile=/etc/kubernetes/pki/etcd/ca.crt
    ///         - --etcd-certfile=/etc/kubernetes/pki/apiserver-etcd-client.crt
    ///         - --etcd-keyfile=/etc/kubernetes/pki/apiserver-etcd-client.key
    ///         - --tls-cipher-suites=TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256
    /// ```
    APISERVER_TLS_ETCD_INSECURE = "k8s-apiserver-tls-etcd-insecure" {
        check: Check::PodAndObject(
            |pod, report| judge_pod(&APISERVER, TLS, pod, report),
            KUBEADM,
            |object, report| judge_kubeadm(&APISERVER, TLS, object, report),
        ),
        severity: Severity::High,
        peers: &[
            "trivy:KCV-0004", "trivy:KCV-0005", "trivy:KCV-0006", "trivy:KCV-0017", "trivy:KCV-0026", "trivy:KCV-0027",
            "trivy:KCV-0028", "trivy:KCV-0029", "checkov:CKV_K8S_71", "checkov:CKV_K8S_72", "checkov:CKV_K8S_73",
            "checkov:CKV_K8S_88", "checkov:CKV_K8S_89", "checkov:CKV_K8S_99", "checkov:CKV_K8S_100",
            "checkov:CKV_K8S_102", "checkov:CKV_K8S_105", "kubescape:C-0116", "kubescape:C-0117", "kubescape:C-0128",
            "kubescape:C-0137", "kubescape:C-0138", "kubescape:C-0139", "kubescape:C-0140", "kubescape:C-0143",
        ],
    }
}

rule! {
    /// API server writes Secrets to etcd as they are
    ///
    /// Whoever reads etcd's disk, a snapshot or a backup has every password of the cluster. An encryption configuration
    /// names a provider and the keys. What the file says is not known; a provider of the cloud, set up elsewhere, is not
    /// seen.
    ///
    /// ```yaml bad:7
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: kube-apiserver, namespace: kube-system }
    /// spec:
    ///   containers:
    ///     - name: kube-apiserver
    ///       command: [kube-apiserver, --secure-port=6443]
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: kube-apiserver, namespace: kube-system }
    /// spec:
    ///   containers:
    ///     - name: kube-apiserver
    ///       command: [kube-apiserver, --encryption-provider-config=/etc/kubernetes/encryption.yaml]
    /// ```
    APISERVER_ENCRYPTION_MISSING = "k8s-apiserver-encryption-missing" {
        check: Check::Pod(|pod, report| judge_pod(&APISERVER, ENCRYPTION, pod, report)),
        severity: Severity::High,
        profile: Profile::All,
        peers: &["trivy:KCV-0030", "checkov:CKV_K8S_104", "kubescape:C-0141"],
    }
}

const APISERVER: Program = Program { name: "kube-apiserver", extra_args: "apiServer.extraArgs", variables: None };

const KUBEADM: &[&str] = &["ClusterConfiguration"];

const ANONYMOUS: &[Row] = &[Row {
    flag: "anonymous-auth",
    is_right: is_false,
    absent: Absent::WrongUnless(|flags| flags.has("authentication-config")),
    wanted: "--anonymous-auth=false",
}];

const AUTHORIZATION: &[Row] = &[Row {
    flag: "authorization-mode",
    is_right: |modes| {
        let has = |wanted: &str| modes.split(',').any(|mode| mode.trim() == wanted);
        has("Node") && has("RBAC") && !has("AlwaysAllow")
    },
    absent: Absent::WrongUnless(|flags| flags.has("authorization-config")),
    wanted: "--authorization-mode=Node,RBAC",
}];

const AUDIT: &[Row] = &[
    Row {
        flag: "audit-log-path",
        is_right: is_anything,
        absent: Absent::WrongUnless(has_audit_webhook),
        wanted: "--audit-log-path",
    },
    Row {
        flag: "audit-log-maxage",
        is_right: |days| is_none_or_at_least(days, 30),
        absent: Absent::WrongUnless(needs_no_rotation),
        wanted: "--audit-log-maxage=30",
    },
    Row {
        flag: "audit-log-maxbackup",
        is_right: |files| is_none_or_at_least(files, 10),
        absent: Absent::WrongUnless(needs_no_rotation),
        wanted: "--audit-log-maxbackup=10",
    },
    Row {
        flag: "audit-log-maxsize",
        is_right: |megabytes| megabytes.parse::<u64>().is_ok_and(|number| number >= 100),
        absent: Absent::WrongUnless(needs_no_rotation),
        wanted: "--audit-log-maxsize=100",
    },
];

const TLS: &[Row] = &[
    file("tls-cert-file", "--tls-cert-file"),
    file("tls-private-key-file", "--tls-private-key-file"),
    file("client-ca-file", "--client-ca-file"),
    file("kubelet-certificate-authority", "--kubelet-certificate-authority"),
    file("kubelet-client-certificate", "--kubelet-client-certificate"),
    file("kubelet-client-key", "--kubelet-client-key"),
    file("etcd-cafile", "--etcd-cafile"),
    file("etcd-certfile", "--etcd-certfile"),
    file("etcd-keyfile", "--etcd-keyfile"),
    Row {
        flag: "tls-cipher-suites",
        is_right: is_strong_ciphers,
        absent: Absent::Right,
        wanted: "--tls-cipher-suites` with AEAD suites alone, such as `TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    },
    Row {
        flag: "tls-min-version",
        is_right: is_modern_tls,
        absent: Absent::Right,
        wanted: "--tls-min-version=VersionTLS12",
    },
    Row { flag: "kubelet-https", is_right: is_true, absent: Absent::Right, wanted: "--kubelet-https=true" },
    Row { flag: "insecure-port", is_right: |port| port == "0", absent: Absent::Right, wanted: "--insecure-port=0" },
    Row { flag: "secure-port", is_right: |port| port != "0", absent: Absent::Right, wanted: "--secure-port=6443" },
];

const ENCRYPTION: &[Row] = &[Row {
    flag: "encryption-provider-config",
    is_right: is_anything,
    // Its name until 1.13.
    absent: Absent::WrongUnless(|flags| flags.has("experimental-encryption-provider-config")),
    wanted: "--encryption-provider-config",
}];

const fn file(flag: &'static str, wanted: &'static str) -> Row {
    Row { flag, is_right: is_anything, absent: Absent::Wrong, wanted }
}

fn has_audit_webhook(flags: &Flags<'_>) -> bool {
    flags.has("audit-webhook-config-file")
}

/// Whether no file of the log grows: it goes to standard output, to a webhook, or where it goes is not known.
fn needs_no_rotation(flags: &Flags<'_>) -> bool {
    match flags.get("audit-log-path") {
        Some((_, path)) => path.is_none_or(|path| path == "-"),
        None => has_audit_webhook(flags),
    }
}

/// 0 sets no limit.
fn is_none_or_at_least(text: &str, least: u64) -> bool {
    text.parse::<u64>().is_ok_and(|number| number == 0 || number >= least)
}

fn admission_plugins(pod: &Pod<'_>, report: &mut Report<'_>) {
    for flags in pod.containers.iter().filter_map(|container| Flags::of(container, &APISERVER)) {
        check_plugins(&flags, report);
    }
}

fn admission_plugins_of_kubeadm(object: &Object<'_>, report: &mut Report<'_>) {
    if let Some(flags) = Flags::of_kubeadm(object, &APISERVER) {
        check_plugins(&flags, report);
    }
}

/// Plugins that have to be switched on, and those that must not be switched off.
const WANTED: &[&str] = &["NodeRestriction", "AlwaysPullImages", "EventRateLimit"];
const KEPT: &[&str] = &["NodeRestriction", "ServiceAccount", "NamespaceLifecycle"];

fn check_plugins(flags: &Flags<'_>, report: &mut Report<'_>) {
    let help = "enable `NodeRestriction`, `AlwaysPullImages` and `EventRateLimit`, and never `AlwaysAdmit`";
    let enabled = flags.get("enable-admission-plugins").or_else(|| flags.get("admission-control"));
    match enabled {
        Some((node, Some(plugins))) => {
            let has = |wanted: &&&str| plugins.split(',').any(|plugin| plugin.trim() == **wanted);
            let missing: Vec<&str> = WANTED.iter().filter(|wanted| !has(wanted)).copied().collect();
            if has(&&"AlwaysAdmit") {
                report.at(node, "kube-apiserver admits everything with `AlwaysAdmit`").help(help);
            } else if !missing.is_empty() {
                let missing = missing.join("`, `");
                report.at(node, format!("kube-apiserver runs without the plugins `{missing}`")).help(help);
            }
        }
        Some((_, None)) => {}
        None => {
            let Some(anchor) = flags.anchor() else { return };
            report.at(anchor, "kube-apiserver runs without `--enable-admission-plugins`").help(help);
        }
    }
    let Some((node, Some(plugins))) = flags.get("disable-admission-plugins") else { return };
    if let Some(plugin) = plugins.split(',').map(str::trim).find(|plugin| KEPT.contains(plugin)) {
        report
            .at(node, format!("kube-apiserver switches the plugin `{plugin}` off"))
            .help("leave it out of `--disable-admission-plugins`");
    }
}
