//! What the API server's program code refuses beyond the schemas, type by type, and what it takes.
#![allow(clippy::unwrap_used, reason = "a panic is the failure message")]

use std::sync::Arc;

use portcullis_core::FileId;
use portcullis_model::kubernetes::objects;
use portcullis_rules::{Context, Dispatch, Outcome, catalog};
use portcullis_syntax::{Dialect, yaml};

/// Checks the messages about a document; `{}` of the frame is what the test is about.
#[track_caller]
fn check(frame: &str, part: &str, expected: &[&str]) {
    let text = frame.replace("{}", part);
    let catalog = catalog();
    let rule = catalog.by_id("k8s-schema-invalid").unwrap();
    let dispatch = Dispatch::new(&catalog, Context::default(), |other| other == rule);
    let tree = yaml::parse(FileId(0), &Arc::from(text.as_str()), Dialect::Yaml11);
    assert!(tree.errors().is_empty(), "{text}");
    let mut outcome = Outcome::default();
    for object in tree.documents().flat_map(|document| objects(document.root)) {
        dispatch.object(&object, &mut outcome);
    }
    outcome.drafts.sort_by_key(|draft| draft.place.span);
    let said: Vec<&str> = outcome.drafts.iter().map(|draft| &*draft.message).collect();
    assert_eq!(said, expected, "{text}");
}

const CONTAINER: &str =
    "apiVersion: v1\nkind: Pod\nmetadata: { name: web }\nspec:\n  containers: [{ name: web, image: web:1, {} }]\n";

#[test]
fn containers_are_whole() {
    for (part, expected) in [
        (
            "livenessProbe: { exec: { command: [a] }, tcpSocket: { port: 80 } }",
            &["`tcpSocket` may not stand beside `exec`"][..],
        ),
        (
            "livenessProbe: { periodSeconds: 5 }",
            &["Probe in Pod `web` has none of `httpGet`, `exec`, `tcpSocket`, `grpc`"],
        ),
        (
            "livenessProbe: { tcpSocket: { port: 80 }, successThreshold: 2 }",
            &["`successThreshold` of a `livenessProbe` must be 1"],
        ),
        (
            "livenessProbe: { tcpSocket: { port: 80 }, periodSeconds: -1 }",
            &["`periodSeconds` is -1, and 0 is the least that is allowed"],
        ),
        ("livenessProbe: { tcpSocket: { port: 80000 } }", &["80000 is no port"]),
        (
            "lifecycle: { preStop: { exec: { command: [a] }, httpGet: { port: 80 } } }",
            &["`httpGet` may not stand beside `exec`"],
        ),
        (
            "lifecycle: { preStop: {} }",
            &["LifecycleHandler in Pod `web` has none of `exec`, `httpGet`, `tcpSocket`, `sleep`"],
        ),
        ("ports: [{ containerPort: 80, hostPort: 80000 }]", &["`hostPort` is 80000, and from 0 to 65535 is allowed"]),
        (
            "ports: [{ containerPort: 80, protocol: tcp }]",
            &["`tcp` is no value of `protocol`, which is one of `SCTP`, `TCP`, `UDP`"],
        ),
        (
            "env: [{ name: A, value: b, valueFrom: { fieldRef: { fieldPath: metadata.name } } }]",
            &["`valueFrom` may not stand beside `value`"],
        ),
        (
            "env: [{ name: A, valueFrom: {} }]",
            &[
                "EnvVarSource in Pod `web` has none of `configMapKeyRef`, `secretKeyRef`, `fieldRef`, `resourceFieldRef`, `fileKeyRef`",
            ],
        ),
        (
            "env: [{ name: A, valueFrom: { fieldRef: { fieldPath: metadata.name }, secretKeyRef: { name: a, key: b } } }]",
            &["`fieldRef` may not stand beside `secretKeyRef`"],
        ),
        ("env: [{ name: 'A=B', value: x }]", &["`A=B` in `name` is not valid: `=` may not be in it"]),
        ("env: [{ value: x }]", &["`name` is missing in EnvVar in Pod `web`"]),
        (
            "env: [{ name: A, valueFrom: { fieldRef: { fieldPath: spec.foo } } }]",
            &["`spec.foo` is no field of a pod that can be taken here"],
        ),
        (
            "env: [{ name: A, valueFrom: { resourceFieldRef: { resource: limits.foo } } }]",
            &["`limits.foo` is no amount that a container can be told"],
        ),
        (
            "env: [{ name: A, valueFrom: { secretKeyRef: { name: a } } }]",
            &["`key` is missing in SecretKeySelector in Pod `web`"],
        ),
        (
            "env: [{ name: A, valueFrom: { secretKeyRef: { key: a } } }]",
            &["`name` is missing in SecretKeySelector in Pod `web`"],
        ),
        (
            "envFrom: [{ secretRef: { name: a }, configMapRef: { name: a } }]",
            &["`secretRef` may not stand beside `configMapRef`"],
        ),
        ("envFrom: [{ prefix: a }]", &["EnvFromSource in Pod `web` has none of `configMapRef`, `secretRef`"]),
        ("resources: { limits: { cpu: 1 core } }", &["`cpu` is text (`1 core`), where a quantity belongs"]),
        ("resources: { limits: { Memory: 1Gi } }", &["`Memory` is no resource that a container can have"]),
        ("resources: { limits: { gpu: 1 } }", &["`gpu` is no resource that a container can have"]),
        (
            "securityContext: { privileged: true, allowPrivilegeEscalation: false }",
            &["a privileged container cannot be kept from gaining privileges"],
        ),
        (
            "imagePullPolicy: always",
            &["`always` is no value of `imagePullPolicy`, which is one of `Always`, `IfNotPresent`, `Never`"],
        ),
        ("env: [{ name: A, value: '', valueFrom: { fieldRef: { fieldPath: metadata.name } } }]", &[]),
        ("livenessProbe: { tcpSocket: { port: '80' } }", &["`80` is not a valid port name"]),
        ("env: [{ name: a.b-c, value: x }, { name: '${NAME}', value: x }]", &[]),
        ("env: [{ name: A, valueFrom: { fieldRef: { fieldPath: \"metadata.annotations['a/b']\" } } }]", &[]),
        ("livenessProbe: { exec: null, tcpSocket: { port: http }, successThreshold: 1 }", &[]),
        ("livenessProbe: { \"{{ .Values.probe }}\": null, httpGet: { port: 8080 } }", &[]),
        ("lifecycle: { preStop: { sleep: { seconds: 5 } } }", &[]),
        ("securityContext: { runAsUser: 0, seccompProfile: { type: Localhost, localhostProfile: a.json } }", &[]),
        (
            "resources: { limits: { cpu: 1, hugepages-2Mi: 4Mi, example.org/device: 1 }, requests: { ephemeral-storage: 1Gi } }",
            &[],
        ),
    ] {
        check(CONTAINER, part, expected);
    }
}

const POD: &str =
    "apiVersion: v1\nkind: Pod\nmetadata: { name: web }\nspec:\n  containers: [{ name: web, image: web:1 }]\n  {}\n";

#[test]
fn pods_are_whole() {
    for (part, expected) in [
        (
            "volumes: [{ name: a, emptyDir: {}, hostPath: { path: /x } }]",
            &["`hostPath` may not stand beside `emptyDir`"][..],
        ),
        (
            "volumes: [{ name: a, emptyDir: {} }, { name: a, emptyDir: {} }]",
            &["an earlier element of this list has the same `name`"],
        ),
        ("volumes: [{ name: A_b, emptyDir: {} }]", &["`A_b` in `name` is not valid: `A` may not be in it"]),
        ("tolerations: [{ key: a, operator: Exists, value: b }]", &["the operator `Exists` compares with no value"]),
        (
            "tolerations: [{ key: a, operator: In, value: b }]",
            &["`In` is no value of `operator`, which is one of `Equal`, `Exists`, `Gt`, `Lt`"],
        ),
        (
            "tolerations: [{ operator: Equal, value: b }]",
            &["a toleration without `key` must have the operator `Exists`"],
        ),
        (
            "tolerations: [{ key: a, operator: Exists, effect: noschedule }]",
            &["`noschedule` is no value of `effect`, which is one of `NoExecute`, `NoSchedule`, `PreferNoSchedule`"],
        ),
        (
            "tolerations: [{ key: a, operator: Exists, effect: NoSchedule, tolerationSeconds: 5 }]",
            &["`tolerationSeconds` is only for the effect `NoExecute`"],
        ),
        (
            "nodeSelector: { a b: 'x y' }",
            &[
                "key `a b` in `nodeSelector` is not valid: it holds a blank",
                "`x y` in `a b` is not valid: it holds a blank",
            ],
        ),
        (
            "affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [] } } }",
            &["`nodeSelectorTerms` is empty, and must have an element"],
        ),
        (
            "affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ labelSelector: {} }] } }",
            &["`topologyKey` is missing in PodAffinityTerm in Pod `web`"],
        ),
        (
            "affinity: { podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 101, podAffinityTerm: { labelSelector: {}, topologyKey: a } }] } }",
            &["`weight` is 101, and from 1 to 100 is allowed"],
        ),
        (
            "affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions: [{ key: a, operator: Exists, values: [b] }] }] } } }",
            &["the operator `Exists` compares with no values"],
        ),
        (
            "affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions: [{ key: a, operator: Gt, values: [b, c] }] }] } } }",
            &["the operator `Gt` compares with one value"],
        ),
        ("dnsPolicy: None", &["with `dnsPolicy: None` the pod has no name server at all"]),
        ("dnsConfig: { nameservers: [a.b] }", &["`a.b` in `nameservers` is not valid: it is no IP address"]),
        ("activeDeadlineSeconds: 0", &["`activeDeadlineSeconds` is 0, and 1 is the least that is allowed"]),
        ("securityContext: { runAsUser: -1 }", &["`runAsUser` is -1, and 0 is the least that is allowed"]),
        (
            "securityContext: { fsGroupChangePolicy: Sometimes }",
            &["`Sometimes` is no value of `fsGroupChangePolicy`, which is one of `Always`, `OnRootMismatch`"],
        ),
        (
            "securityContext: { seccompProfile: { type: Localhost } }",
            &["`localhostProfile` is missing in SeccompProfile in Pod `web`"],
        ),
        (
            "securityContext: { seccompProfile: { type: RuntimeDefault, localhostProfile: a } }",
            &["`localhostProfile` is not for the type `RuntimeDefault`"],
        ),
        (
            "hostAliases: [{ ip: localhost, hostnames: [a] }]",
            &["`localhost` in `ip` is not valid: it is no IP address"],
        ),
        ("serviceAccountName: Foo_bar", &["`Foo_bar` in `serviceAccountName` is not valid: `F` may not be in it"]),
        ("hostname: a.b", &["`a.b` in `hostname` is not valid: `.` may not be in it"]),
        (
            "volumes: [{ name: a, configMap: { name: b, defaultMode: 1000 } }]",
            &["`defaultMode` is 1000, and from 0 to 511 is allowed"],
        ),
        (
            "volumes: [{ name: a, configMap: { name: b, items: [{ key: a, path: /x }] } }]",
            &["`/x` in `path` is not valid: it begins with a slash"],
        ),
        (
            "volumes: [{ name: a, hostPath: { path: /x, type: Dir } }]",
            &[
                "`Dir` is no value of `type`, which is one of `BlockDevice`, `CharDevice`, `Directory`, `DirectoryOrCreate`, `File`, `FileOrCreate`, `Socket`",
            ],
        ),
        (
            "volumes: [{ name: a, hostPath: { path: /x/../y } }]",
            &["`/x/../y` in `path` is not valid: `..` may not be in it"],
        ),
        ("volumes: [{ name: a, emptyDir: { medium: Ram } }]", &["`Ram` is nothing that a directory can be kept in"]),
        (
            "initContainers: [{ name: i, image: i:1, lifecycle: { preStop: { sleep: { seconds: 1 } } } }]",
            &["an init container that is no sidecar may not have `lifecycle`"],
        ),
        (
            "initContainers: [{ name: i, image: i:1, restartPolicy: Always, lifecycle: { preStop: { sleep: { seconds: 1 } } } }]",
            &[],
        ),
        ("volumes: [{ name: a }, { name: b, emptyDir: { medium: HugePages-2Mi } }]", &[]),
        ("volumes: [{ name: a, configMap: { name: b, defaultMode: 0644, items: [{ key: a, path: x/y..z }] } }]", &[]),
        (
            "tolerations: [{ operator: Exists }, { key: a, value: b }, { key: a, operator: Exists, effect: NoExecute, tolerationSeconds: 5 }]",
            &[],
        ),
        ("nodeSelector: { example.org/Disk: \"\", a: \"${DISK}\" }", &[]),
        ("hostNetwork: true", &[]),
        ("dnsPolicy: \"{{ .Values.policy }}\"", &[]),
        ("terminationGracePeriodSeconds: -1", &[]),
    ] {
        check(POD, part, expected);
    }
}

const DEPLOYMENT: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: web }\nspec:\n  selector: { matchLabels: { app: web } }\n  {}\n  template:\n    metadata: { labels: { app: web } }\n    spec: { containers: [{ name: web, image: web:1 }] }\n";

#[test]
fn deployments_are_whole() {
    for (part, expected) in [
        ("replicas: -1", &["`replicas` is -1, and 0 is the least that is allowed"][..]),
        (
            "strategy: { type: Recreate, rollingUpdate: { maxSurge: 1 } }",
            &["`rollingUpdate` is not for the strategy `Recreate`"],
        ),
        (
            "strategy: { type: RollingUpdate, rollingUpdate: { maxSurge: 0, maxUnavailable: 0 } }",
            &["`maxSurge` and `maxUnavailable` are both zero, so that no pod could be replaced"],
        ),
        (
            "strategy: { type: RollingUpdate, rollingUpdate: { maxSurge: 1, maxUnavailable: 150% } }",
            &["more than all pods cannot be missing"],
        ),
        (
            "strategy: { type: RollingUpdate, rollingUpdate: { maxSurge: one } }",
            &["`one` in `maxSurge` is neither a number nor a percentage"],
        ),
        (
            "strategy: { type: Rolling }",
            &["`Rolling` is no value of `type`, which is one of `Recreate`, `RollingUpdate`"],
        ),
        ("minReadySeconds: 700", &["`minReadySeconds` is not less than `progressDeadlineSeconds`, which is 600"]),
        ("strategy: { type: Recreate, rollingUpdate: null }", &[]),
        ("strategy: { rollingUpdate: { maxSurge: 150%, maxUnavailable: 0 } }", &[]),
        ("strategy: { rollingUpdate: { maxSurge: \"${SURGE}\" } }", &[]),
        ("replicas: 0", &[]),
    ] {
        check(DEPLOYMENT, part, expected);
    }
}

#[test]
fn objects_are_whole() {
    for (kind, body, expected) in [
        ("v1 Secret", "data: { a: \"not base64!\" }", &["the value of `a` is not valid: it is not base64"][..]),
        ("v1 Secret", "data: { a: abc }", &["the value of `a` is not valid: it is not base64"]),
        (
            "v1 Secret",
            "type: kubernetes.io/tls\ndata: { tls.crt: eA== }",
            &["a Secret of type `kubernetes.io/tls` must have `tls.key` in its data"],
        ),
        (
            "v1 Secret",
            "type: kubernetes.io/dockerconfigjson\ndata: { .dockerconfigjson: eA== }",
            &["the content of `.dockerconfigjson` is not JSON"],
        ),
        (
            "v1 Secret",
            "type: kubernetes.io/dockerconfigjson\ndata: { x: eA== }",
            &["a Secret of type `kubernetes.io/dockerconfigjson` must have `.dockerconfigjson` in its data"],
        ),
        (
            "v1 Secret",
            "type: kubernetes.io/basic-auth\ndata: { x: eA== }",
            &["a Secret of type `kubernetes.io/basic-auth` must have `username` or `password` in its data"],
        ),
        (
            "v1 Secret",
            "type: kubernetes.io/ssh-auth\ndata: { x: eA== }",
            &["a Secret of type `kubernetes.io/ssh-auth` must have `ssh-privatekey` in its data"],
        ),
        ("v1 ConfigMap", "binaryData: { a: \"x y z\" }", &["the value of `a` is not valid: it is not base64"]),
        ("v1 ConfigMap", "data: { \"a/b\": x }", &["key `a/b` in `data` is not valid: `/` may not be in it"]),
        ("v1 ConfigMap", "data: { \"..\": x }", &["key `..` in `data` is not valid: files may not have such names"]),
        ("v1 ConfigMap", "data: { a: x }\nbinaryData: { a: eA== }", &["key `a` stands in `data` as well"]),
        (
            "v1 Pod",
            "spec:\n  containers: [{ name: Web_1, image: web:1 }]",
            &["`Web_1` in `name` is not valid: `W` may not be in it"],
        ),
        ("v1 Pod", "spec:\n  containers: []", &["`containers` is empty, and must have an element"]),
        ("v1 Pod", "spec:\n  containers: null", &["`containers` is missing in PodSpec in Pod `web`"]),
        (
            "v1 Pod",
            "spec:\n  containers: [{ name: web, image: web:1, volumeMounts: [{ name: a, mountPath: /x }, { name: a, mountPath: /x }] }]\n  volumes: [{ name: a, emptyDir: {} }]",
            &["an earlier element of this list has the same `mountPath`"],
        ),
        (
            "v1 Pod",
            "spec:\n  containers: [{ name: web, image: web:1, volumeMounts: [{ name: a, mountPath: /x, subPath: ../x }] }]\n  volumes: [{ name: a, emptyDir: {} }]",
            &["`../x` in `subPath` is not valid: `..` may not be in it"],
        ),
        (
            "v1 Pod",
            "spec:\n  containers: [{ name: web, image: web:1, ports: [{ containerPort: 80, hostPort: 81 }] }]\n  hostNetwork: true",
            &["`hostPort` is not `containerPort`, and the pod is on the node's network"],
        ),
        ("apps/v1 Deployment", "spec: null", &["`spec` is missing in Deployment `web`"]),
        (
            "apps/v1 Deployment",
            "spec:\n  selector: { matchLabels: { app: web } }\n  template:\n    metadata: { labels: { app: web } }\n    spec:\n      containers: []",
            &["`containers` is empty, and must have an element"],
        ),
        (
            "apps/v1 Deployment",
            "spec:\n  selector: {  }\n  template:\n    metadata: { labels: {} }\n    spec:\n      containers: [{ name: web, image: web:1 }]",
            &["the selector is empty"],
        ),
        (
            "apps/v1 Deployment",
            "spec:\n  selector: { matchExpressions: [{key: app, operator: Exists, values: [a]}] }\n  template:\n    metadata: { labels: { app: web } }\n    spec:\n      containers: [{ name: web, image: web:1 }]",
            &["the operator `Exists` compares with no values"],
        ),
        (
            "apps/v1 Deployment",
            "spec:\n  selector: { matchExpressions: [{key: app, operator: In}] }\n  template:\n    metadata: { labels: { app: web } }\n    spec:\n      containers: [{ name: web, image: web:1 }]",
            &["`values` is missing in LabelSelectorRequirement in Deployment `web`"],
        ),
        (
            "batch/v1 Job",
            "spec: { parallelism: -1, template: { spec: { restartPolicy: Never, containers: [{ name: a, image: a:1 }] } } }",
            &["`parallelism` is -1, and 0 is the least that is allowed"],
        ),
        (
            "batch/v1 Job",
            "spec: { completions: -1, backoffLimit: -2, template: { spec: { restartPolicy: Never, containers: [{ name: a, image: a:1 }] } } }",
            &[
                "`completions` is -1, and 0 is the least that is allowed",
                "`backoffLimit` is -2, and 0 is the least that is allowed",
            ],
        ),
        (
            "batch/v1 Job",
            "spec: { completionMode: Indexed, template: { spec: { restartPolicy: Never, containers: [{ name: a, image: a:1 }] } } }",
            &["`completions` is missing in JobSpec in Job `web`"],
        ),
        (
            "batch/v1 CronJob",
            "spec: { schedule: \"0 9 * * *\", successfulJobsHistoryLimit: -1, jobTemplate: { spec: { template: { spec: { restartPolicy: Never, containers: [{ name: a, image: a:1 }] } } } } }",
            &["`successfulJobsHistoryLimit` is -1, and 0 is the least that is allowed"],
        ),
        ("v1 Service", "spec: { selector: { app: web } }", &["`ports` is missing in ServiceSpec in Service `web`"]),
        (
            "v1 Service",
            "spec: { selector: { app: web }, ports: [{ port: 80 }, { port: 81 }] }",
            &["a port has no name, and the Service has several", "a port has no name, and the Service has several"],
        ),
        (
            "v1 Service",
            "spec: { selector: { app: web }, ports: [{ name: a, port: 80 }, { name: a, port: 81 }] }",
            &["two ports have the name `a`"],
        ),
        (
            "v1 Service",
            "spec: { selector: { app: web }, ports: [{ name: HTTP, port: 80 }] }",
            &["`HTTP` in `name` is not valid: `H` may not be in it"],
        ),
        (
            "v1 Service",
            "spec: { selector: { app: web }, ports: [{ port: 0 }] }",
            &["`port` is 0, and from 1 to 65535 is allowed"],
        ),
        ("v1 Service", "spec: { type: ExternalName }", &["`externalName` is missing in ServiceSpec in Service `web`"]),
        (
            "v1 Service",
            "spec: { type: ExternalName, externalName: \"http://x.y\" }",
            &["`http://x.y` is no name of a host: `:` may not be in it"],
        ),
        (
            "v1 Service",
            "spec: { clusterIP: 10.0.0.300, ports: [{ port: 80 }] }",
            &["`10.0.0.300` in `clusterIP` is not valid: it is no IP address"],
        ),
        (
            "v1 Service",
            "spec: { type: NodePort, clusterIP: None, ports: [{ port: 80 }] }",
            &["a Service of type `NodePort` must have an address, so that `None` is refused"],
        ),
        (
            "v1 Service",
            "spec: { type: ClusterIP, ports: [{ port: 80, nodePort: 30000 }] }",
            &["`nodePort` is only for Services of type `NodePort` or `LoadBalancer`"],
        ),
        (
            "v1 Service",
            "spec: { sessionAffinity: Client, ports: [{ port: 80 }] }",
            &["`Client` is no value of `sessionAffinity`, which is one of `ClientIP`, `None`"],
        ),
        (
            "v1 Service",
            "spec: { type: LoadBalancer, loadBalancerSourceRanges: [10.0.0.0/64], ports: [{ port: 80 }] }",
            &[
                "`10.0.0.0/64` in `loadBalancerSourceRanges` is not valid: it is no range of addresses such as `10.0.0.0/8`",
            ],
        ),
        (
            "v1 Service",
            "spec: { externalIPs: [a.b], ports: [{ port: 80 }] }",
            &["`a.b` in `externalIPs` is not valid: it is no IP address"],
        ),
        (
            "networking.k8s.io/v1 NetworkPolicy",
            "spec: { podSelector: {}, ingress: [{ from: [{ ipBlock: { cidr: 10.0.0.0/33 } }] }] }",
            &["`10.0.0.0/33` in `cidr` is not valid: it is no range of addresses such as `10.0.0.0/8`"],
        ),
        (
            "networking.k8s.io/v1 NetworkPolicy",
            "spec: { podSelector: {}, ingress: [{ from: [{ ipBlock: { cidr: 10.0.0.0/16, except: [10.1.0.0/24] } }] }] }",
            &["`10.1.0.0/24` is no part of `10.0.0.0/16`, so that it cannot be taken from it"],
        ),
        (
            "networking.k8s.io/v1 NetworkPolicy",
            "spec: { podSelector: {}, ingress: [{ ports: [{ endPort: 90 }] }] }",
            &["`endPort` is nothing without `port`"],
        ),
        (
            "networking.k8s.io/v1 NetworkPolicy",
            "spec: { podSelector: {}, ingress: [{ ports: [{ port: 100, endPort: 90 }] }] }",
            &["`endPort` is less than `port`"],
        ),
        (
            "networking.k8s.io/v1 NetworkPolicy",
            "spec: { podSelector: {}, ingress: [{ ports: [{ port: http, endPort: 90 }] }] }",
            &["`endPort` cannot be the end of a range that begins with a name"],
        ),
        (
            "networking.k8s.io/v1 NetworkPolicy",
            "spec: { podSelector: {}, ingress: [{ from: [{ ipBlock: { cidr: 10.0.0.0/16 }, podSelector: {} }] }] }",
            &["`podSelector` may not stand beside `ipBlock`"],
        ),
        (
            "networking.k8s.io/v1 NetworkPolicy",
            "spec: { podSelector: {}, ingress: [{ from: [{}] }] }",
            &["the peer names nobody"],
        ),
        (
            "networking.k8s.io/v1 NetworkPolicy",
            "spec: { podSelector: {}, ingress: [{ ports: [{ port: 80000 }] }] }",
            &["80000 is no port"],
        ),
        (
            "networking.k8s.io/v1 NetworkPolicy",
            "spec: { podSelector: {}, policyTypes: [ingress] }",
            &["`ingress` is no value of `policyTypes[0]`, which is one of `Egress`, `Ingress`"],
        ),
        (
            "v1 LimitRange",
            "spec: { limits: [{ type: Container, default: { cpu: 1 }, defaultRequest: { cpu: 2 } }] }",
            &["`defaultRequest` of cpu is `2`, more than `1` in `default`"],
        ),
        (
            "v1 LimitRange",
            "spec: { limits: [{ type: Container, default: { cpu: 3 }, max: { cpu: 2 } }] }",
            &["`default` of cpu is `3`, more than `2` in `max`"],
        ),
        (
            "v1 LimitRange",
            "spec: { limits: [{ type: Container, min: { cpu: 3 }, max: { cpu: 2 } }] }",
            &["`min` of cpu is `3`, more than `2` in `max`"],
        ),
        (
            "v1 LimitRange",
            "spec: { limits: [{ type: Pod, default: { cpu: 3 } }] }",
            &["`default` is not for limits of type `Pod`"],
        ),
        (
            "v1 LimitRange",
            "spec: { limits: [{ type: container, default: { cpu: 3 } }] }",
            &["`container` is nothing that limits are for"],
        ),
        ("v1 ResourceQuota", "spec: { hard: { pods: 1.5 } }", &["`1.5` is no number of pods"]),
        (
            "v1 ResourceQuota",
            "spec: { hard: { pods: 1 }, scopes: [BestEffort, NotBestEffort] }",
            &["no pod is both `BestEffort` and `NotBestEffort`"],
        ),
        (
            "policy/v1 PodDisruptionBudget",
            "spec: { minAvailable: 1, maxUnavailable: 1, selector: { matchLabels: { a: b } } }",
            &["`maxUnavailable` may not stand beside `minAvailable`"],
        ),
        (
            "policy/v1 PodDisruptionBudget",
            "spec: { minAvailable: -1, selector: { matchLabels: { a: b } } }",
            &["`minAvailable` is negative"],
        ),
        (
            "policy/v1 PodDisruptionBudget",
            "spec: { minAvailable: half, selector: { matchLabels: { a: b } } }",
            &["`half` in `minAvailable` is neither a number nor a percentage"],
        ),
        (
            "autoscaling/v2 HorizontalPodAutoscaler",
            "spec: { scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: a }, maxReplicas: 0 }",
            &["`maxReplicas` is 0, and 1 is the least that is allowed"],
        ),
        (
            "autoscaling/v2 HorizontalPodAutoscaler",
            "spec: { scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: a }, maxReplicas: 3, metrics: [{ type: Resource }] }",
            &["`resource` is missing in MetricSpec in HorizontalPodAutoscaler `web`"],
        ),
        (
            "autoscaling/v2 HorizontalPodAutoscaler",
            "spec: { scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: a }, maxReplicas: 3, metrics: [{ type: Resource, resource: { name: cpu, target: { type: Utilization, value: 5 } } }] }",
            &["MetricTarget in HorizontalPodAutoscaler `web` has none of `averageUtilization`, `averageValue`"],
        ),
        (
            "rbac.authorization.k8s.io/v1 RoleBinding",
            "roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Rolle, name: a }\nsubjects: [{ kind: ServiceAccounts, name: a, namespace: b }]",
            &[
                "`Rolle` is no value of `kind`, which is one of `ClusterRole`, `Role`",
                "`ServiceAccounts` is no value of `kind`, which is one of `Group`, `ServiceAccount`, `User`",
            ],
        ),
        (
            "rbac.authorization.k8s.io/v1 RoleBinding",
            "roleRef: { apiGroup: rbac, kind: Role, name: a }\nsubjects: [{ kind: User, apiGroup: \"v1\", name: a }]",
            &[
                "`rbac` is no value of `apiGroup`, which is one of `rbac.authorization.k8s.io`",
                "a User is not of the API group `v1`",
            ],
        ),
        (
            "rbac.authorization.k8s.io/v1 ClusterRoleBinding",
            "roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: a }\nsubjects: [{ kind: ServiceAccount, name: a, namespace: b }]",
            &["a ClusterRoleBinding cannot give a Role, which is of one namespace"],
        ),
        (
            "rbac.authorization.k8s.io/v1 ClusterRoleBinding",
            "roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: a }\nsubjects: [{ kind: ServiceAccount, name: a }]",
            &["a ServiceAccount has no namespace in a ClusterRoleBinding"],
        ),
        (
            "rbac.authorization.k8s.io/v1 Role",
            "rules: [{ nonResourceURLs: [/x], verbs: [get] }]",
            &["a Role is of one namespace, and `nonResourceURLs` are of none"],
        ),
        (
            "rbac.authorization.k8s.io/v1 Role",
            "rules: [{ apiGroups: [\"\"], resources: [pods] }]",
            &["`verbs` is missing in PolicyRule in Role `web`"],
        ),
        (
            "rbac.authorization.k8s.io/v1 Role",
            "rules: [{ apiGroups: [\"\"], verbs: [get] }]",
            &["`resources` is missing in PolicyRule in Role `web`"],
        ),
        (
            "rbac.authorization.k8s.io/v1 Role",
            "rules: [{ resources: [pods], verbs: [get] }]",
            &["`apiGroups` is missing in PolicyRule in Role `web`"],
        ),
        (
            "apps/v1 StatefulSet",
            "spec: { serviceName: a, selector: { matchLabels: { a: b } }, template: { metadata: { labels: { a: b } }, spec: { containers: [{ name: a, image: a:1 }] } }, volumeClaimTemplates: [{ spec: { accessModes: [ReadWriteOnce] } }] }",
            &[
                "`resources.requests.storage` is missing in PersistentVolumeClaimSpec in StatefulSet `web`",
                "a claim template has no name, and no container could mount it",
            ],
        ),
        (
            "v1 PersistentVolumeClaim",
            "spec: { accessModes: [ReadWriteOnce] }",
            &["`resources.requests.storage` is missing in PersistentVolumeClaimSpec in PersistentVolumeClaim `web`"],
        ),
        (
            "v1 PersistentVolumeClaim",
            "spec: { resources: { requests: { storage: 1Gi } } }",
            &["`accessModes` is missing in PersistentVolumeClaimSpec in PersistentVolumeClaim `web`"],
        ),
        (
            "v1 PersistentVolume",
            "spec: { accessModes: [ReadWriteOnce] }",
            &["`capacity` is missing in PersistentVolumeSpec in PersistentVolume `web`"],
        ),
        (
            "v1 PersistentVolume",
            "spec: { accessModes: [ReadWriteOnce], capacity: { storage: 1Gi }, hostPath: { path: /a }, nfs: { server: a, path: /b } }",
            &["`nfs` may not stand beside `hostPath`"],
        ),
        (
            "networking.k8s.io/v1 Ingress",
            "spec: { rules: [{ http: { paths: [{ path: web, pathType: Prefix, backend: { service: { name: a, port: { number: 80 } } } }] } }] }",
            &["`web` in `path` is not valid: it does not begin with a slash"],
        ),
        (
            "networking.k8s.io/v1 Ingress",
            "spec: { rules: [{ http: { paths: [{ path: /web, backend: { service: { name: a, port: { number: 80 } } } }] } }] }",
            &["`pathType` is missing in HTTPIngressPath in Ingress `web`"],
        ),
        (
            "networking.k8s.io/v1 Ingress",
            "spec: { rules: [{ http: { paths: [{ pathType: Prefix, backend: { service: { name: a, port: { number: 80 } } } }] } }] }",
            &["`path` is missing in HTTPIngressPath in Ingress `web`"],
        ),
        (
            "networking.k8s.io/v1 Ingress",
            "spec: { rules: [{ host: \"http://a.b\", http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: a, port: { number: 80 } } } }] } }] }",
            &["`http://a.b` in `host` is not valid: `:` may not be in it"],
        ),
        (
            "networking.k8s.io/v1 Ingress",
            "spec: { rules: [{ http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: a, port: { number: 80, name: x } } } }] } }] }",
            &["`number` may not stand beside `name`"],
        ),
        (
            "networking.k8s.io/v1 Ingress",
            "spec: { rules: [{ http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: a } } }] } }] }",
            &["`port` is missing in IngressServiceBackend in Ingress `web`"],
        ),
        (
            "networking.k8s.io/v1 Ingress",
            "spec: { rules: [{ http: { paths: [{ path: /, pathType: Prefix, backend: {} }] } }] }",
            &["IngressBackend in Ingress `web` has none of `service`, `resource`"],
        ),
        (
            "apiextensions.k8s.io/v1 CustomResourceDefinition",
            "spec: { group: a.b, scope: Namespaced, names: { kind: A, plural: as }, versions: [{ name: v1, served: true, storage: false, schema: { openAPIV3Schema: { type: object } } }] }",
            &["the definition must have the name `as.a.b`", "0 versions are stored, and exactly one must be"],
        ),
        (
            "apiextensions.k8s.io/v1 CustomResourceDefinition",
            "spec: { group: a.b, scope: namespaced, names: { kind: A, plural: as }, versions: [{ name: v1, served: true, storage: true, schema: { openAPIV3Schema: { type: object } } }] }",
            &[
                "the definition must have the name `as.a.b`",
                "`namespaced` is no value of `scope`, which is one of `Cluster`, `Namespaced`",
            ],
        ),
        ("storage.k8s.io/v1 StorageClass", "parameters: {}", &["`provisioner` is missing in StorageClass `web`"]),
        (
            "scheduling.k8s.io/v1 PriorityClass",
            "value: 2000000000",
            &["values above 1000000000 are kept for the system"],
        ),
        (
            "admissionregistration.k8s.io/v1 ValidatingWebhookConfiguration",
            "webhooks: [{ name: a, clientConfig: { url: \"https://a\", service: { name: a, namespace: b } }, rules: [], sideEffects: Some, admissionReviewVersions: [] }]",
            &[
                "`a` is no name for a webhook: it has less than three parts",
                "`service` may not stand beside `url`",
                "`Some` is no value of `sideEffects`, which is one of `None`, `NoneOnDryRun`",
                "`admissionReviewVersions` is empty, and must have an element",
            ],
        ),
        ("v1 Secret", "data: { a: \"YWI=\", b: \"YWJj\\nZA==\\n\", c: \"<password>\", d: \"${D}\", e: null }", &[]),
        ("v1 Secret", "type: kubernetes.io/tls\nstringData: { tls.crt: a, tls.key: b }", &[]),
        ("v1 Secret", "type: kubernetes.io/tls", &[]),
        (
            "v1 Secret",
            "type: kubernetes.io/service-account-token",
            &["a token is for a ServiceAccount, and none is named"],
        ),
        (
            "networking.k8s.io/v1 Ingress",
            "spec: { defaultBackend: { resource: { kind: A, name: a } }, tls: [{ hosts: [10.0.0.1, \"*.example.org\"] }] }",
            &[],
        ),
        ("v1 Secret", "type: kubernetes.io/basic-auth\ndata: { username: YQ== }", &[]),
        ("v1 Secret", "type: kubernetes.io/dockerconfigjson\nstringData: { .dockerconfigjson: \"{ }\" }", &[]),
        ("v1 ConfigMap", "data: { .a_B-1: x, \"{{ key }}\": x }\nbinaryData: { c: YQ== }", &[]),
        (
            "v1 Pod",
            "spec: { hostUsers: false, hostPID: true, shareProcessNamespace: true, containers: [{ name: a, image: a:1 }] }",
            &[
                "`hostPID` may not be true where `hostUsers` is false",
                "`shareProcessNamespace` and `hostPID` may not both be true",
            ],
        ),
        (
            "v1 Pod",
            "spec: { os: { name: windows }, containers: [{ name: a, image: a:1, securityContext: { runAsUser: 5 } }] }",
            &["`runAsUser` is not for pods of Windows"],
        ),
        (
            "v1 Pod",
            "spec: { containers: [{ name: a, image: a:1, ports: [{ containerPort: 1, hostPort: 9 }] }, { name: b, image: b:1, ports: [{ containerPort: 2, hostPort: 9 }, { containerPort: 3, hostPort: 9, protocol: UDP }] }] }",
            &["port 9 of the node is taken by an earlier port of the pod"],
        ),
        (
            "v1 Pod",
            "spec: { containers: [{ name: a, image: a:1, resources: { limits: { example.org/gpu: 0.5 } } }] }",
            &["`0.5` is no number of `example.org/gpu`"],
        ),
        (
            "v1 Service",
            "spec: { externalTrafficPolicy: Local, ports: [{ port: 80 }] }",
            &["`externalTrafficPolicy` is only for Services of type `NodePort` or `LoadBalancer`"],
        ),
        ("v1 Service", "spec: { clusterIP: None, selector: { app: web } }", &[]),
        ("v1 Service", "spec: { type: ExternalName, externalName: web.example.org. }", &[]),
        (
            "v1 Service",
            "spec: { type: LoadBalancer, loadBalancerSourceRanges: [10.0.0.0/8], ports: [{ name: a, port: 80, nodePort: 30000 }, { name: b, port: 81 }] }",
            &[],
        ),
        (
            "networking.k8s.io/v1 NetworkPolicy",
            "spec: { podSelector: {}, ingress: [{}, { from: [{ podSelector: {}, namespaceSelector: {} }], ports: [{ port: 80, endPort: 90 }, { port: http }] }] }",
            &[],
        ),
        (
            "networking.k8s.io/v1 NetworkPolicy",
            "spec: { podSelector: {}, egress: [{ to: [{ ipBlock: { cidr: 0.0.0.0/0, except: [10.0.0.0/8] } }] }] }",
            &[],
        ),
        (
            "networking.k8s.io/v1 Ingress",
            "spec: { rules: [{ host: \"*.example.org\", http: { paths: [{ pathType: ImplementationSpecific, backend: { service: { name: a, port: { name: http } } } }] } }] }",
            &[],
        ),
        (
            "v1 LimitRange",
            "spec: { limits: [{ type: Container, min: { cpu: 100m }, defaultRequest: { cpu: 0.1 }, default: { cpu: 1 }, max: { cpu: 1000m } }, { type: PersistentVolumeClaim, max: { storage: 1Gi } }] }",
            &[],
        ),
        (
            "v1 ResourceQuota",
            "spec: { hard: { requests.cpu: 1.5, pods: 10, count/deployments.apps: 3, requests.nvidia.com/gpu: 4, a.storageclass.storage.k8s.io/requests.storage: 1Gi } }",
            &[],
        ),
        ("policy/v1 PodDisruptionBudget", "spec: { minAvailable: 50%, maxUnavailable: null, selector: {} }", &[]),
        (
            "rbac.authorization.k8s.io/v1 RoleBinding",
            "roleRef: { kind: ClusterRole, name: \"system:a\" }\nsubjects: [{ kind: ServiceAccount, name: a }, { kind: Group, name: b, apiGroup: rbac.authorization.k8s.io }]",
            &[],
        ),
        (
            "rbac.authorization.k8s.io/v1 ClusterRole",
            "rules: [{ nonResourceURLs: [/x], verbs: [get] }, { apiGroups: [\"\"], resources: [pods], verbs: [get] }]",
            &[],
        ),
        (
            "autoscaling/v2 HorizontalPodAutoscaler",
            "spec: { scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: a }, maxReplicas: 3, metrics: [{ type: Resource, resource: { name: cpu, target: { type: Utilization, averageUtilization: 5 } } }] }",
            &[],
        ),
        ("apps/v1 Deployment", "spec: { replicas: 2 }", &[]),
    ] {
        let (api_version, kind) = kind.split_once(' ').unwrap();
        let frame = format!("apiVersion: {api_version}\nkind: {kind}\nmetadata: {{ name: web }}\n{{}}\n");
        check(&frame, body, expected);
    }
}

#[test]
fn objects_have_names() {
    for (text, expected) in [
        ("apiVersion: v1\nkind: ConfigMap\ndata: { a: b }", &["the ConfigMap has no name"][..]),
        (
            "apiVersion: v1\nkind: ConfigMap\nmetadata: { labels: { a: b } }\ndata: { a: b }",
            &["the ConfigMap has no name"],
        ),
        ("apiVersion: v1\nkind: ConfigMap\nmetadata: { generateName: a- }\ndata: { a: b }", &[]),
        ("apiVersion: v1\nkind: ConfigMap\nmetadata: { name: \"${NAME}\" }\ndata: { a: b }", &[]),
        ("apiVersion: v1\nkind: ConfigMap\nmetadata: { labels: { a: b } }", &[]),
        ("apiVersion: authentication.k8s.io/v1\nkind: TokenReview\nspec: { token: a }", &[]),
        (
            "apiVersion: v1\nkind: ConfigMapList\nitems: [{ metadata: { name: a }, data: { a/b: c } }]",
            &["key `a/b` in `data` is not valid: `/` may not be in it"],
        ),
    ] {
        check("{}", text, expected);
    }
}
