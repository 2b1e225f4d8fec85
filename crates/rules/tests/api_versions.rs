//! Removed and deprecated versions, by the Kubernetes version of the scan.
#![allow(clippy::unwrap_used, reason = "a panic is the failure message")]

use std::sync::Arc;

use portcullis_core::FileId;
use portcullis_model::kubernetes::{KubernetesVersion, objects};
use portcullis_rules::{Context, Dispatch, Outcome, catalog};
use portcullis_syntax::{Dialect, yaml};

/// `message | help` of what the rules about versions say.
fn said(api_version: &str, kind: &str, minor: u32) -> Vec<String> {
    let catalog = catalog();
    let ids = ["k8s-removed-api", "k8s-deprecated-api"].map(|id| catalog.by_id(id).unwrap());
    let context = Context { kubernetes: Some(KubernetesVersion::new(minor)), ..Context::default() };
    let dispatch = Dispatch::new(&catalog, context, |rule| ids.contains(&rule));
    let text: Arc<str> = format!("apiVersion: {api_version}\nkind: {kind}\nmetadata: {{ name: x }}\n").into();
    let tree = yaml::parse(FileId(0), &text, Dialect::Yaml11);
    let mut outcome = Outcome::default();
    for object in tree.documents().flat_map(|document| objects(document.root)) {
        dispatch.object(&object, &mut outcome);
    }
    let drafts = outcome.drafts.iter();
    drafts.map(|draft| format!("{} | {}", draft.message, draft.help.as_deref().unwrap_or_default())).collect()
}

#[test]
fn the_version_of_the_scan_decides() {
    let cases: &[(&str, &str, u32, &[&str])] = &[
        ("batch/v1beta1", "CronJob", 20, &[]),
        (
            "batch/v1beta1",
            "CronJob",
            21,
            &[
                "`batch/v1beta1` of CronJob `x` is deprecated since Kubernetes 1.21 and goes in 1.25 | use `batch/v1`, which \
                 has the same fields",
            ],
        ),
        (
            "batch/v1beta1",
            "CronJob",
            25,
            &[
                "`batch/v1beta1` of CronJob `x` was removed in Kubernetes 1.25 | use `batch/v1`, which has the same fields",
            ],
        ),
        // The best version that the cluster serves, not the best there is.
        (
            "flowcontrol.apiserver.k8s.io/v1beta1",
            "FlowSchema",
            27,
            &["`flowcontrol.apiserver.k8s.io/v1beta1` of FlowSchema `x` was removed in Kubernetes 1.26 | use \
               `flowcontrol.apiserver.k8s.io/v1beta3`, and look whether fields have moved"],
        ),
        (
            "policy/v1beta1",
            "PodSecurityPolicy",
            24,
            &[
                "`policy/v1beta1` of PodSecurityPolicy `x` is deprecated since Kubernetes 1.21 and goes in 1.25 | label \
               namespaces with `pod-security.kubernetes.io/enforce`, or use a policy engine",
            ],
        ),
        (
            "v1",
            "Endpoints",
            33,
            &["`v1` of Endpoints `x` is deprecated since Kubernetes 1.33 | use EndpointSlice of `discovery.k8s.io/v1`"],
        ),
        ("v1", "Endpoints", 32, &[]),
        ("v1", "Pod", 37, &[]),
        ("apps/v1", "Deployment", 37, &[]),
        ("example.org/v1beta1", "Ingress", 37, &[]),
    ];
    for (api_version, kind, minor, expected) in cases {
        assert_eq!(said(api_version, kind, *minor), *expected, "{api_version} {kind} in 1.{minor}");
    }
}
