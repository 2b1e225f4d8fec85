//! The kubelet's configuration: the file, and flags where a manifest runs it.
//!
//! In the file a field that is not written has a secure default, so that only written values are wrong. Flags of a unit
//! file are not seen.

use portcullis_model::kubernetes::{Object, Pod};

use super::flags::{
    Absent, Program, Row, SERVER_CERTIFICATES_ROTATE, is_false, is_modern_tls, is_strong_ciphers, is_true, judge_pod,
};
use crate::rule::prelude::*;

/// The rules of this file.
pub(in crate::kubernetes) static RULES: &[&Rule] = &[&KUBELET_CONFIG_INSECURE];

rule! {
    /// Kubelet is configured to be open
    ///
    /// Who reaches a kubelet that takes anonymous requests, or allows every one, runs commands in each pod of the node;
    /// the read-only port shows them to everybody. Also reported are certificates that are not renewed, streams that
    /// never time out, firewall chains left to others, versions of TLS before 1.2 and weak ciphers. Only written values
    /// count: the defaults of the file are secure.
    ///
    /// ```yaml bad:6
    /// apiVersion: kubelet.config.k8s.io/v1beta1
    /// kind: KubeletConfiguration
    /// authentication:
    ///   webhook: { enabled: true }
    ///   anonymous:
    ///     enabled: true
    /// ```
    /// ```yaml bad:3
    /// apiVersion: kubelet.config.k8s.io/v1beta1
    /// kind: KubeletConfiguration
    /// readOnlyPort: 10255
    /// ```
    /// ```yaml bad:9
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: kubelet }
    /// spec:
    ///   containers:
    ///     - name: kubelet
    ///       command:
    ///         - /usr/local/bin/kubelet
    ///         - --authorization-mode=AlwaysAllow
    /// ```
    /// ```yaml good
    /// apiVersion: kubelet.config.k8s.io/v1beta1
    /// kind: KubeletConfiguration
    /// authentication: { anonymous: { enabled: false }, webhook: { enabled: true } }
    /// authorization: { mode: Webhook }
    /// readOnlyPort: 0
    /// rotateCertificates: true
    /// streamingConnectionIdleTimeout: 4h0m0s
    /// tlsCipherSuites: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256]
    /// ```
    /// ```yaml good
    /// apiVersion: kubelet.config.k8s.io/v1beta1
    /// kind: KubeletConfiguration
    /// clusterDomain: cluster.local
    /// ```
    KUBELET_CONFIG_INSECURE = "k8s-kubelet-config-insecure" {
        check: Check::PodAndObject(check_pod, &["KubeletConfiguration"], check_file),
        severity: Severity::High,
        peers: &[
            "trivy:KCV-0079", "trivy:KCV-0080", "trivy:KCV-0082", "trivy:KCV-0084", "trivy:KCV-0085", "trivy:KCV-0090",
            "trivy:KCV-0091", "trivy:KCV-0092", "checkov:CKV_K8S_138", "checkov:CKV_K8S_139", "checkov:CKV_K8S_141",
            "checkov:CKV_K8S_143", "checkov:CKV_K8S_145", "checkov:CKV_K8S_151", "kubescape:C-0172",
            "kubescape:C-0173", "kubescape:C-0175", "kubescape:C-0176", "kubescape:C-0178", "kubescape:C-0182",
            "kubescape:C-0183", "kubescape:C-0184",
        ],
    }
}

/// A field of the file, the flag that means the same, and what is right.
struct Setting {
    field: &'static str,
    is_right: fn(&str) -> bool,
    help: &'static str,
}

const SETTINGS: &[Setting] = &[
    Setting { field: "authentication.anonymous.enabled", is_right: is_false, help: "set it to `false`" },
    Setting { field: "authentication.webhook.enabled", is_right: is_true, help: "set it to `true`" },
    Setting { field: "authorization.mode", is_right: is_asked, help: "set it to `Webhook`" },
    Setting { field: "readOnlyPort", is_right: is_zero, help: "set it to 0" },
    Setting { field: "rotateCertificates", is_right: is_true, help: "set it to `true`" },
    Setting {
        field: "featureGates.RotateKubeletServerCertificate",
        is_right: is_true,
        help: "set it to `true`, and `serverTLSBootstrap` as well",
    },
    Setting { field: "streamingConnectionIdleTimeout", is_right: is_some_time, help: "set a time, such as `4h`" },
    Setting { field: "makeIPTablesUtilChains", is_right: is_true, help: "set it to `true`" },
    Setting { field: "tlsMinVersion", is_right: is_modern_tls, help: "set it to `VersionTLS12`" },
];

const KUBELET: Program = Program { name: "kubelet", extra_args: "", variables: None };

const FLAGS: &[Row] = &[
    Row { flag: "anonymous-auth", is_right: is_false, absent: Absent::Right, wanted: "--anonymous-auth=false" },
    Row {
        flag: "authorization-mode",
        is_right: is_asked,
        absent: Absent::Right,
        wanted: "--authorization-mode=Webhook",
    },
    Row { flag: "read-only-port", is_right: is_zero, absent: Absent::Right, wanted: "--read-only-port=0" },
    Row { flag: "rotate-certificates", is_right: is_true, absent: Absent::Right, wanted: "--rotate-certificates=true" },
    SERVER_CERTIFICATES_ROTATE,
    Row {
        flag: "streaming-connection-idle-timeout",
        is_right: is_some_time,
        absent: Absent::Right,
        wanted: "--streaming-connection-idle-timeout=4h",
    },
    Row {
        flag: "make-iptables-util-chains",
        is_right: is_true,
        absent: Absent::Right,
        wanted: "--make-iptables-util-chains=true",
    },
    Row {
        flag: "tls-min-version",
        is_right: is_modern_tls,
        absent: Absent::Right,
        wanted: "--tls-min-version=VersionTLS12",
    },
    Row {
        flag: "tls-cipher-suites",
        is_right: is_strong_ciphers,
        absent: Absent::Right,
        wanted: "--tls-cipher-suites` with AEAD suites alone, such as `TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    },
];

fn check_pod(pod: &Pod<'_>, report: &mut Report<'_>) {
    judge_pod(&KUBELET, FLAGS, pod, report);
}

fn check_file(object: &Object<'_>, report: &mut Report<'_>) {
    if object.group() != "kubelet.config.k8s.io" {
        return;
    }
    for setting in SETTINGS {
        let Lookup::Present(node) = object.node.get(setting.field) else { continue };
        let is_known = matches!(node.value(), Value::Bool(_) | Value::Number(_) | Value::String(_));
        if is_known && !(setting.is_right)(node.text()) {
            report.at(node, format!("the kubelet has `{}: {}`", setting.field, node.text())).help(setting.help);
        }
    }
    let Lookup::Present(suites) = object.node.get("tlsCipherSuites") else { return };
    for suite in suites.items() {
        let Some(name) = suite.as_str().filter(|name| !is_strong_ciphers(name)) else { continue };
        report.at(suite, format!("the kubelet offers the cipher suite `{name}`")).help("remove it");
    }
}

fn is_zero(port: &str) -> bool {
    port == "0"
}

fn is_asked(mode: &str) -> bool {
    mode != "AlwaysAllow"
}

/// Whether a duration is more than nothing: `0`, `0s` and `0h0m` are not.
fn is_some_time(duration: &str) -> bool {
    duration.bytes().any(|byte| matches!(byte, b'1'..=b'9'))
}
