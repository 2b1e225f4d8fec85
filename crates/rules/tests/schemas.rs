//! What the schemas of the API server's own kinds say, value by value.
#![allow(clippy::unwrap_used, reason = "a panic is the failure message")]

use std::sync::Arc;

use portcullis_core::FileId;
use portcullis_model::kubernetes::objects;
use portcullis_rules::{Context, Dispatch, Outcome, catalog};
use portcullis_syntax::{Dialect, yaml};

/// `message | help` of what the rules about schemas say of a text; `1.28: …` asks for a version.
fn said(text: &str) -> Vec<String> {
    let (kubernetes, text) = match text.split_once(": ").filter(|(version, _)| version.starts_with("1.")) {
        Some((version, text)) => (Some(version.parse().unwrap()), text),
        None => (None, text),
    };
    let catalog = catalog();
    let ids = ["k8s-schema-invalid", "k8s-schema-unknown-field"].map(|id| catalog.by_id(id).unwrap());
    let context = Context { kubernetes, ..Context::default() };
    let dispatch = Dispatch::new(&catalog, context, |rule| ids.contains(&rule));
    let tree = yaml::parse(FileId(0), &Arc::from(text), Dialect::Yaml11);
    assert!(tree.errors().is_empty(), "{text}");
    let mut outcome = Outcome::default();
    for object in tree.documents().flat_map(|document| objects(document.root)) {
        dispatch.object(&object, &mut outcome);
    }
    let drafts = outcome.drafts.iter();
    drafts.map(|draft| format!("{} | {}", draft.message, draft.help.as_deref().unwrap_or_default())).collect()
}

#[track_caller]
fn check(text: &str, expected: &[&str]) {
    assert_eq!(said(text), expected, "{text}");
}

#[test]
fn the_types_of_values_are_those_of_kubernetes() {
    for (spec, expected) in [
        ("replicas: 3", &[][..]),
        ("strategy: { type: \"\" }", &[]),
        ("replicas: 0x3", &[]),
        ("replicas: 1e1", &[]),
        ("replicas: 3.0", &[]),
        ("replicas: null", &[]),
        ("replicas: ${REPLICAS}", &[]),
        ("replicas: \"{{ .Values.replicas }}\"", &[]),
        ("replicas: '3'", &["`replicas` is text (`3`), where a whole number belongs | write it without quotes: 3"]),
        ("replicas: three", &["`replicas` is text (`three`), where a whole number belongs | write a whole number"]),
        ("replicas: 2.5", &["`replicas` is a number (`2.5`), where a whole number belongs | write a whole number"]),
        (
            "replicas: 3000000000",
            &["`replicas` is 3000000000, and from 0 to 2147483647 is allowed | write a number of that range"],
        ),
        ("replicas: [3]", &["`replicas` is a list, where a whole number belongs | write a whole number"]),
        ("paused: yes", &[]),
        (
            "paused: 'true'",
            &["`paused` is text (`true`), where `true` or `false` belongs | write it without quotes: true"],
        ),
        ("paused: 1", &["`paused` is a number (`1`), where `true` or `false` belongs | write `true` or `false`"]),
        ("strategy: { rollingUpdate: { maxSurge: 25%, maxUnavailable: 1 } }", &[]),
        (
            "strategy: { rollingUpdate: { maxSurge: true } }",
            &["`maxSurge` is a boolean (`true`), where a whole number or text belongs | write a whole number or text"],
        ),
        (
            "strategy: RollingUpdate",
            &["`strategy` is text (`RollingUpdate`), where a mapping belongs | give it fields"],
        ),
        (
            "strategy: { type: rollingUpdate }",
            &["`rollingUpdate` is no value of `type`, which is one of `Recreate`, `RollingUpdate` | did you mean \
               `RollingUpdate`?"],
        ),
    ] {
        let text = format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{ name: web }}\nspec:\n  {spec}\n  selector: {{ matchLabels: \
             {{ a: b }} }}\n  template: {{ metadata: {{ labels: {{ a: b }} }}, spec: {{ containers: [{{ name: c, image: i }}] \
             }} }}\n"
        );
        check(&text, expected);
    }
}

#[test]
fn containers_are_judged_wherever_they_stand() {
    for (container, expected) in [
        ("env: [{ name: A, value: \"8080\" }, { name: B }, { name: C, value: null }]", &[][..]),
        ("env: [{ name: A, value: 8080 }]", &["`value` is a number, where text belongs | write it in quotes"]),
        (
            "env: [{ name: A, value: on }]",
            &["`value` is a boolean (`on`), where text belongs | write it in quotes: \"on\""],
        ),
        ("env: { A: b }", &["`env` is a mapping, where a list belongs | put `- ` before its elements"]),
        ("env: [{ value: b }]", &["`name` is missing in EnvVar in Pod `web` | add it"]),
        ("args: [serve, 80]", &["`args[1]` is a number, where text belongs | write it in quotes"]),
        ("resources: { limits: { cpu: 1, memory: 1Gi, nvidia.com/gpu: \"1\" } }", &[]),
        (
            "resources: { limits: { cpu: one } }",
            &["`cpu` is text (`one`), where a quantity belongs | write a number with a unit, such as `500m` or `1Gi`"],
        ),
        (
            "runAsUser: 1",
            &[
                "`runAsUser` is no field of Container in Pod `web` | move it into `securityContext`, which has such a field",
            ],
        ),
        ("Image: x", &["`Image` is no field of Container in Pod `web` | remove it, or move it to where it belongs"]),
        ("portz: []", &["`portz` is no field of Container in Pod `web` | did you mean `ports`?"]),
        ("${EXTRA}: 1", &[]),
        (
            "volumeMounts: [{ name: a, mountPath: /a }, { name: b, mountPath: /a }]",
            &["an earlier element of this list has the same `mountPath` | remove one of them, or give it another"],
        ),
        ("volumeMounts: [{ name: a, mountPath: \"${A}\" }, { name: b, mountPath: \"${A}\" }]", &[]),
        ("ports: [{ containerPort: 80 }, { containerPort: 80, name: http }]", &[]),
        (
            "imagePullPolicy: always",
            &["`always` is no value of `imagePullPolicy`, which is one of `Always`, `IfNotPresent`, \
           `Never` | did you mean `Always`?"],
        ),
    ] {
        check(
            &format!(
                "apiVersion: v1\nkind: Pod\nmetadata: {{ name: web }}\nspec:\n  containers:\n    - name: c\n      image: i\n      \
                 {container}\n"
            ),
            expected,
        );
    }
}

#[test]
fn kinds_and_versions_are_those_that_there_are() {
    for (head, expected) in [
        (
            "apiVersion: v1\nkind: Pods",
            &["`v1` has no kind Pods in any Kubernetes version from 1.28 to 1.37 | did you mean `Pod`?"][..],
        ),
        (
            "apiVersion: apps/v1\nkind: Ingress",
            &[
                "`apps/v1` has no kind Ingress in any Kubernetes version from 1.28 to 1.37 | Ingress is in `networking.k8s.io/v1`",
            ],
        ),
        (
            "apiVersion: networking.k8s.io/v1beta7\nkind: Ingress",
            &[
                "`networking.k8s.io/v1beta7` has no kind Ingress in any Kubernetes version from 1.28 to 1.37 | Ingress is in \
               `networking.k8s.io/v1`",
            ],
        ),
        (
            "apiVersion: batch/v1\nkind: Workflow",
            &[
                "`batch/v1` has no kind Workflow in any Kubernetes version from 1.28 to 1.37 | look for the kind's `apiVersion` \
               in the documentation of what brings it",
            ],
        ),
        ("apiVersion: v1\nkind: Config", &[]),
        ("apiVersion: v1\nkind: Workflow", &[]),
        ("apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute", &[]),
        ("apiVersion: policy/v1beta1\nkind: PodSecurityPolicy", &[]),
        ("apiVersion: apps/v1\nkind: DeploymentList", &[]),
        // The lists of kinds have no such version.
        ("1.20: apiVersion: batch/v2alpha1\nkind: CronJob", &[]),
        (
            "1.29: apiVersion: networking.k8s.io/v1\nkind: ServiceCIDR",
            &["`networking.k8s.io/v1` has no ServiceCIDR in Kubernetes 1.29 | it comes with Kubernetes 1.33"],
        ),
        ("apiVersion: networking.k8s.io/v1\nkind: ServiceCIDR", &[]),
        // Removed, and known all the same: another rule says so.
        ("1.37: apiVersion: flowcontrol.apiserver.k8s.io/v1beta2\nkind: FlowSchema", &[]),
    ] {
        check(&format!("{head}\nmetadata: {{ name: web }}\n"), expected);
    }
}

#[test]
fn what_is_missing_is_told_of_whole_objects() {
    for (text, expected) in [
        (
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: { name: a }\nsubjects: [{ kind: Usr, name: b }]",
            &[
                "`Usr` is no value of `kind`, which is one of `Group`, `ServiceAccount`, `User` | did you mean `User`?",
                "`roleRef` is missing in RoleBinding `a` | add it",
            ][..],
        ),
        (
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: { name: a }\nrolRef: { kind: Role, name: b }",
            &["`rolRef` is no field of RoleBinding `a` | did you mean `roleRef`?"],
        ),
        (
            "apiVersion: v1\nkind: Pod\nmetadata: { name: a }\nspec: { nodeName: b }",
            &["`containers` is missing in PodSpec in Pod `a` | add it"],
        ),
        // Parts of objects.
        ("apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: a }\nspec: { replicas: 3 }", &[]),
        ("apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: a }", &[]),
        (
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: a }\nspec: { template: { spec: { containers: [{ name: a }] } } }",
            &[],
        ),
        // The server fills these in.
        ("apiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\nmetadata: { name: a }", &[]),
        ("apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: { name: a }\nspec: { ingress: [] }", &[]),
    ] {
        check(text, expected);
    }
}

#[test]
fn services_have_ports_of_their_own() {
    for (port, expected) in [
        ("{ port: 80, nodePort: 30080 }", &[][..]),
        ("{ port: 80, nodePort: 0 }", &[]),
        (
            "{ port: 80, nodePort: 80 }",
            &[
                "`nodePort` is 80, and from 30000 to 32767 is allowed | choose a port of that range, or leave it out and let the \
               cluster choose",
            ],
        ),
        ("{ port: 70000 }", &["`port` is 70000, and from 1 to 65535 is allowed | write a number of that range"]),
        (
            "{ port: 80, protocol: tcp }",
            &["`tcp` is no value of `protocol`, which is one of `SCTP`, `TCP`, `UDP` | did you mean `TCP`?"],
        ),
    ] {
        check(
            &format!(
                "apiVersion: v1\nkind: Service\nmetadata: {{ name: web }}\nspec: {{ type: NodePort, ports: [{port}] }}\n"
            ),
            expected,
        );
    }
}
