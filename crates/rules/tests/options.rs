//! Rules that a team sets up by its configuration: what each option changes.
#![allow(clippy::unwrap_used, reason = "a panic is the failure message")]

use std::collections::BTreeMap;
use std::sync::Arc;

use portcullis_core::FileId;
use portcullis_model::kubernetes::objects;
use portcullis_rules::{Context, Dispatch, OptionValue, Options, Outcome, catalog};
use portcullis_syntax::{Dialect, yaml};

/// What a rule says of a manifest with an option set.
fn said(id: &str, option: &str, value: &OptionValue, text: &str) -> Vec<String> {
    let catalog = catalog();
    let rule = catalog.by_id(id).unwrap();
    let options = Options(BTreeMap::from([(option.to_owned(), value.clone())]));
    let context = Context { options: BTreeMap::from([(id.to_owned(), options)]), ..Context::default() };
    let dispatch = Dispatch::new(&catalog, context, |on| on == rule);
    let tree = yaml::parse(FileId(0), &Arc::from(text), Dialect::Yaml11);
    let mut outcome = Outcome::default();
    for object in tree.documents().flat_map(|document| objects(document.root)) {
        dispatch.object(&object, &mut outcome);
    }
    outcome.drafts.into_iter().map(|draft| draft.message.into_owned()).collect()
}

fn strings(values: &[&str]) -> OptionValue {
    OptionValue::Strings(values.iter().map(|&value| value.to_owned()).collect())
}

fn pod(spec: &str) -> String {
    format!("apiVersion: v1\nkind: Pod\nmetadata: {{ name: web }}\nspec: {{ {spec} }}\n")
}

fn containers(rest: &str) -> String {
    pod(&format!("containers: [{{ name: web, image: \"ghcr.io/shop/web:1\"{rest} }}]"))
}

#[test]
fn options_decide() {
    let resources = containers(", resources: { requests: { cpu: 1, memory: 1Gi }, limits: { cpu: 3, memory: 1Gi } }");
    let claim = |class: &str| {
        format!(
            "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {{ name: a }}\nspec: {{ storageClassName: {class} }}\n"
        )
    };
    let volume = |path: &str| {
        format!(
            "apiVersion: v1\nkind: PersistentVolume\nmetadata: {{ name: a }}\nspec: {{ hostPath: {{ path: {path} }} }}\n"
        )
    };
    let ingress =
        "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: { name: a }\nspec: { ingressClassName: public }\n";
    let annotated = "apiVersion: v1\nkind: Service\nmetadata: { name: a, annotations: { team: shop } }\n";
    let stateful = "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: { name: db }\nspec:\n  volumeClaimTemplates: [{ metadata: { name: data, annotations: { team: shop } } }]\n";
    let token = pod(
        "containers: [], volumes: [{ name: t, projected: { sources: [{ serviceAccountToken: { expirationSeconds: 7200 } }] } }]",
    );
    let probe = containers(", livenessProbe: { exec: { command: [/bin/cat, /ready] } }");
    let secret = "apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: { name: db }\nspec: { refreshInterval: 5m }\n";
    let certificate =
        "apiVersion: cert-manager.io/v1\nkind: Certificate\nmetadata: { name: web }\nspec: { duration: 2160h }\n";
    let cases: &[(&str, &str, OptionValue, &str, &[&str])] = &[
        ("k8s-runtime-class-not-allowed", "classes", strings(&["nvidia"]), &pod("runtimeClassName: nvidia"), &[]),
        (
            "k8s-runtime-class-not-allowed",
            "classes",
            strings(&["nvidia"]),
            &pod("runtimeClassName: gvisor"),
            &["Pod `web` runs with the runtime class `gvisor`, which is not allowed"],
        ),
        (
            "k8s-runtime-class-not-allowed",
            "required",
            OptionValue::Flag(true),
            &containers(""),
            &["Pod `web` names no runtime class"],
        ),
        (
            "k8s-priority-class-missing",
            "classes",
            strings(&["high"]),
            &pod("priorityClassName: low"),
            &["Pod `web` has the priority class `low`, which is not allowed"],
        ),
        ("k8s-priority-class-missing", "classes", strings(&["high"]), &pod("priorityClassName: high"), &[]),
        (
            "k8s-requests-not-equal-limits",
            "cpu",
            OptionValue::Flag(true),
            &resources,
            &["container `web` requests cpu `1` and may use `3`"],
        ),
        ("k8s-requests-not-equal-limits", "cpu", OptionValue::Flag(false), &resources, &[]),
        (
            "k8s-limit-request-ratio-high",
            "ratio",
            OptionValue::Number(2),
            &resources,
            &["the cpu limit `3` of container `web` is more than 2 times the request `1`"],
        ),
        ("k8s-limit-request-ratio-high", "ratio", OptionValue::Number(3), &resources, &[]),
        (
            "k8s-too-many-containers",
            "most",
            OptionValue::Number(0),
            &containers(""),
            &["Pod `web` has 1 containers, and 0 are allowed"],
        ),
        (
            "k8s-image-registry-blocklist",
            "registries",
            strings(&["ghcr.io/shop"]),
            &containers(""),
            &["image `ghcr.io/shop/web:1` of container `web` comes from `ghcr.io`, which is denied"],
        ),
        ("k8s-image-registry-blocklist", "registries", strings(&["docker.io", "ghcr.io/sho"]), &containers(""), &[]),
        (
            "k8s-exec-probe-command-forbidden",
            "commands",
            strings(&["cat"]),
            &probe,
            &["the livenessProbe of container `web` runs `cat`"],
        ),
        ("k8s-exec-probe-command-forbidden", "commands", strings(&["ps"]), &probe, &[]),
        (
            "k8s-projected-token-lifetime-too-long",
            "seconds",
            OptionValue::Number(3600),
            &token,
            &["the token in volume `t` is valid for 7200 seconds"],
        ),
        ("k8s-projected-token-lifetime-too-long", "seconds", OptionValue::Number(7200), &token, &[]),
        ("k8s-pvc-storage-class-missing", "classes", strings(&["fast"]), &claim("fast"), &[]),
        (
            "k8s-pvc-storage-class-missing",
            "classes",
            strings(&["fast"]),
            &claim("slow"),
            &["claim `a` has the storage class `slow`, which is not allowed"],
        ),
        ("k8s-pv-hostpath", "directories", strings(&["/srv/volumes/"]), &volume("/srv/volumes/a"), &[]),
        (
            "k8s-pv-hostpath",
            "directories",
            strings(&["/srv/volumes"]),
            &volume("/srv/volumes-old"),
            &["PersistentVolume `a` is `/srv/volumes-old` of the node"],
        ),
        (
            "k8s-pv-hostpath",
            "directories",
            strings(&["/srv"]),
            &volume("/srv/../etc"),
            &["PersistentVolume `a` is `/srv/../etc` of the node"],
        ),
        ("k8s-ingress-class-missing", "classes", strings(&["public"]), ingress, &[]),
        (
            "k8s-ingress-class-missing",
            "classes",
            strings(&["internal"]),
            ingress,
            &["Ingress `a` has the class `public`, which is not allowed"],
        ),
        ("k8s-required-annotations-missing", "annotations", strings(&["team"]), annotated, &[]),
        (
            "k8s-required-annotations-missing",
            "annotations",
            strings(&["team", "cost", "oncall"]),
            annotated,
            &["Service `a` has no annotation `cost` and `oncall`"],
        ),
        (
            "k8s-forbidden-annotation",
            "annotations",
            strings(&["team"]),
            annotated,
            &["Service `a` has the annotation `team`"],
        ),
        ("k8s-statefulset-vct-annotation-missing", "annotations", strings(&["team"]), stateful, &[]),
        (
            "k8s-statefulset-vct-annotation-missing",
            "annotations",
            strings(&["cost"]),
            stateful,
            &["claim `data` of StatefulSet `db` has no annotation `cost`"],
        ),
        (
            "k8s-disallowed-kind",
            "kinds",
            strings(&["networking.k8s.io/Ingress"]),
            ingress,
            &["Ingress `a` is of a kind that is not allowed"],
        ),
        ("k8s-disallowed-kind", "kinds", strings(&["extensions/Ingress", "v1/Ingress"]), ingress, &[]),
        (
            "k8s-disallowed-kind",
            "kinds",
            strings(&["networking.k8s.io/v1/Ingress"]),
            ingress,
            &["Ingress `a` is of a kind that is not allowed"],
        ),
        (
            "k8s-externalsecret-refresh-off",
            "seconds",
            OptionValue::Number(3600),
            secret,
            &["ExternalSecret `db` asks its store each `5m`"],
        ),
        ("k8s-externalsecret-refresh-off", "seconds", OptionValue::Number(300), secret, &[]),
        (
            "k8s-cert-manager-duration-too-long",
            "days",
            OptionValue::Number(47),
            certificate,
            &["Certificate `web` is valid for 90 days, and 47 are allowed"],
        ),
        ("k8s-cert-manager-duration-too-long", "days", OptionValue::Number(90), certificate, &[]),
    ];
    for (id, option, value, text, expected) in cases {
        assert_eq!(said(id, option, value, text), *expected, "{id} with {option}: {value:?}\n{text}");
    }
}
