//! Flags of the control plane's programs, in the forms that manifests write them in; and versions in images' tags.
#![allow(clippy::unwrap_used, reason = "a panic is the failure message")]

use std::sync::Arc;

use portcullis_core::FileId;
use portcullis_model::kubernetes::objects;
use portcullis_rules::{Context, Dispatch, Outcome, catalog};
use portcullis_syntax::{Dialect, yaml};

/// What a rule says of a document.
fn said(id: &str, text: &str) -> Vec<String> {
    let catalog = catalog();
    let rule = catalog.by_id(id).unwrap();
    let dispatch = Dispatch::new(&catalog, Context::default(), |on| on == rule);
    let tree = yaml::parse(FileId(0), &Arc::from(text), Dialect::Yaml11);
    let mut outcome = Outcome::default();
    for object in tree.documents().flat_map(|document| objects(document.root)) {
        dispatch.object(&object, &mut outcome);
    }
    outcome.drafts.into_iter().map(|draft| draft.message.into_owned()).collect()
}

fn container(fields: &str) -> String {
    format!("apiVersion: v1\nkind: Pod\nmetadata: {{ name: x }}\nspec: {{ containers: [{{ name: x, {fields} }}] }}\n")
}

#[test]
fn command_lines_are_read_as_the_programs_read_them() {
    let scheduler = "k8s-scheduler-flags-insecure";
    let wrong = "kube-scheduler runs with `--bind-address=0.0.0.0`";
    let cases: &[(&str, &str, &[&str])] = &[
        (scheduler, "command: [kube-scheduler, --profiling=false, --bind-address=0.0.0.0]", &[wrong]),
        (scheduler, "command: [/usr/local/bin/kube-scheduler, --profiling=false, --bind-address, 0.0.0.0]", &[wrong]),
        (scheduler, "command: [kube-scheduler], args: [--profiling=false, --bind-address=0.0.0.0]", &[wrong]),
        (scheduler, "command: [/hyperkube, kube-scheduler, --profiling=false, --bind-address=0.0.0.0]", &[wrong]),
        (
            scheduler,
            "command: [/go-runner, --log-file=/var/log/s, kube-scheduler, --profiling=false, --bind-address=0.0.0.0]",
            &[wrong],
        ),
        (
            scheduler,
            "image: \"registry.k8s.io/kube-scheduler:v1.34.0\", args: [--profiling=false, --bind-address=0.0.0.0]",
            &[wrong],
        ),
        (scheduler, "command: [kube-scheduler, --bind_address=0.0.0.0, --profiling=false]", &[wrong]),
        // The last one counts.
        (
            scheduler,
            "command: [kube-scheduler, --bind-address=0.0.0.0, --bind-address=127.0.0.1, --profiling=false]",
            &[],
        ),
        (scheduler, "command: [kube-scheduler, --bind-address=::1, --profiling=0]", &[]),
        // A flag alone switches it on.
        (
            scheduler,
            "command: [kube-scheduler, --profiling, --bind-address=127.0.0.1]",
            &["kube-scheduler runs with `--profiling=true`"],
        ),
        // What is filled in later may be the flag, or its value.
        (scheduler, "command: [kube-scheduler, \"${FLAGS}\"]", &[]),
        (scheduler, "command: [kube-scheduler, \"--bind-address=${ADDRESS}\", --profiling=false]", &[]),
        (scheduler, "command: [kube-scheduler, --profiling=false, --bind-address, \"${ADDRESS}\"]", &[]),
        (scheduler, "command: [kube-scheduler], args: \"${FLAGS}\"", &[]),
        (
            scheduler,
            "command: [kube-scheduler, \"${FLAGS}\", --profiling=true]",
            &["kube-scheduler runs with `--profiling=true`"],
        ),
        // Other programs, and those that a script starts.
        (scheduler, "command: [sh, -c, \"kube-scheduler --bind-address=0.0.0.0\"]", &[]),
        (scheduler, "command: [backup, --name, kube-scheduler]", &[]),
        (scheduler, "image: \"registry.k8s.io/kube-scheduler:v1.34.0\"", &[]),
        (scheduler, "image: \"example.org/kube-scheduler-simulator:v1\", args: [--port=1]", &[]),
        (
            "k8s-etcd-flags-insecure",
            "command: [etcd], env: [{ name: ETCD_AUTO_TLS, value: \"true\" }]",
            &["etcd runs with `--auto-tls=true`"],
        ),
        (
            "k8s-etcd-flags-insecure",
            "command: [etcd, --auto-tls=false], env: [{ name: ETCD_AUTO_TLS, value: \"true\" }]",
            &[],
        ),
        ("k8s-etcd-flags-insecure", "command: [etcd, --cert-file=/a], envFrom: [{ configMapRef: { name: a } }]", &[]),
        (
            "k8s-etcd-flags-insecure",
            "command: [etcd, --cert-file=/a]",
            &["etcd runs without `--key-file`, `--client-cert-auth=true`"],
        ),
        (
            "k8s-etcd-flags-insecure",
            "command: [etcd, \"--listen-client-urls=https://[::1]:2379\", --cert-file=/a]",
            &[],
        ),
        (
            "k8s-apiserver-audit-log-missing",
            "command: [kube-apiserver, --audit-log-path=/a, --audit-log-maxage=0, --audit-log-maxsize=100]",
            &["kube-apiserver runs without `--audit-log-maxbackup=10`"],
        ),
    ];
    for (id, fields, expected) in cases {
        assert_eq!(said(id, &container(fields)), *expected, "{id}: {fields}");
    }
}

#[test]
fn kubeadm_is_wrong_by_what_it_says() {
    let configuration = |version: &str, arguments: &str| {
        format!(
            "apiVersion: kubeadm.k8s.io/{version}\nkind: ClusterConfiguration\nscheduler: {{ extraArgs: {arguments} }}\napiServer: {{ extraArgs: {arguments} }}\n"
        )
    };
    let scheduler = "k8s-scheduler-flags-insecure";
    let plugins = "k8s-apiserver-admission-plugins-insecure";
    let cases: &[(&str, &str, &str, &[&str])] = &[
        (scheduler, "v1beta3", "{}", &[]),
        (scheduler, "v1beta3", "{ profiling: \"true\" }", &["kube-scheduler runs with `--profiling=true`"]),
        (
            scheduler,
            "v1beta4",
            "[{ name: profiling, value: \"true\" }, { name: x }]",
            &["kube-scheduler runs with `--profiling=true`"],
        ),
        (scheduler, "v1beta4", "[{ name: profiling, value: \"${PROFILING}\" }]", &[]),
        (plugins, "v1beta3", "{}", &[]),
        (
            plugins,
            "v1beta3",
            "{ enable-admission-plugins: \"NodeRestriction,AlwaysPullImages\" }",
            &["kube-apiserver runs without the plugins `EventRateLimit`"],
        ),
    ];
    for (id, version, arguments, expected) in cases {
        assert_eq!(said(id, &configuration(version, arguments)), *expected, "{id}: {arguments}");
    }
}

#[test]
fn versions_are_compared_exactly() {
    for (image, expected) in [
        ("argoproj/argocd:v2.1.8", Some("CVE-2022-24348")),
        ("argoproj/argocd:v2.1.9", None),
        ("argoproj/argocd:v2.1.10", None),
        ("argoproj/argocd:v2.2.3", Some("CVE-2022-24348")),
        ("argoproj/argocd:v2.10.0", None),
        ("argoproj/argocd:v2.2", None),
        ("argoproj/argocd:v2.2.3-rc1", None),
        ("argoproj/argocd:latest", None),
        ("argoproj/argocd-extensions:v2.2.3", None),
        ("example.org/grafana:9.2.1", None),
        ("example.org/grafana/grafana:9.2.1", Some("CVE-2022-39328")),
        ("grafana/grafana:8.3.0", Some("CVE-2021-43798")),
        ("grafana/grafana:8.3.1", None),
        ("grafana/grafana:8.10.0", None),
        (
            "grafana/grafana:9.2.3@sha256:0000000000000000000000000000000000000000000000000000000000000000",
            Some("CVE-2022-39328"),
        ),
        ("metabase/metabase:v0.46.6", Some("CVE-2023-38646")),
        ("metabase/metabase:v0.46.6.1", None),
        ("jenkins/jenkins:2.441", Some("CVE-2024-23897")),
        ("jenkins/jenkins:2.442-jdk17", None),
        ("jenkins/jenkins:2.426.2-lts-jdk17", Some("CVE-2024-23897")),
        ("jenkins/jenkins:2.426.3-lts", None),
        ("jenkins/jenkins:2.440.1-lts", None),
        ("registry.k8s.io/ingress-nginx/controller:v1.12.0", Some("CVE-2025-1974")),
        ("registry.k8s.io/ingress-nginx/controller:v1.11.5", None),
        ("gitlab/gitlab-ce:16.5.5-ce.0", Some("CVE-2023-7028")),
        ("gitlab/gitlab-ce:16.5.6-ce.0", None),
    ] {
        let found = said("k8s-known-vulnerable-version", &container(&format!("image: \"{image}\"")));
        let named =
            found.first().and_then(|message| message.split_once(" has ")).map(|(_, rest)| rest.split(':').next());
        assert_eq!(named.flatten(), expected, "{image}");
        assert!(found.len() <= 1, "{image}");
    }
}
