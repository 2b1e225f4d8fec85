//! What pods and bindings refer to by name and nothing in the scan makes.
//!
//! What is made by hand, by another repository or by a controller cannot be seen. A custom resource that names the object,
//! or whose own name begins the object's, is taken to make it.

use std::collections::HashSet;
use std::fmt;

use portcullis_model::facts::{Claim, Namespace};
use portcullis_model::kubernetes::{Object, Pod};

use super::place;
use crate::rule::prelude::*;

/// The rules of this file.
pub(in crate::kubernetes) static RULES: &[&Rule] =
    &[&MISSING_CONFIGMAP, &MISSING_SECRET, &MISSING_SERVICEACCOUNT, &MISSING_PVC, &MISSING_ROLE];

rule! {
    /// ConfigMap or key that a pod needs is missing
    ///
    /// A container that takes a variable or a volume from a ConfigMap does not start until the ConfigMap and its key are
    /// there. Silent where the reference is optional, where a kustomization generates ConfigMaps of that name, for those
    /// that clusters make themselves (`kube-root-ca.crt`), and wherever the ConfigMap may be in what was not read.
    ///
    /// ```yaml bad:8
    /// file=web.yaml
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web, namespace: shop }
    /// spec:
    ///   containers:
    ///     - name: web
    ///       image: web:1
    ///       envFrom: [{ configMapRef: { name: web } }]
    /// file=config.yaml
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata: { name: web, namespace: other }
    /// data: { COLOR: red }
    /// ```
    /// ```yaml bad:11
    /// file=web.yaml
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web, namespace: shop }
    /// spec:
    ///   containers: [{ name: web, image: web:1 }]
    ///   volumes:
    ///     - name: settings
    ///       configMap:
    ///         name: web
    ///         items:
    ///           - { key: colour, path: colour }
    /// file=config.yaml
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata: { name: web, namespace: shop }
    /// data: { color: red }
    /// ```
    /// ```yaml good
    /// file=web.yaml
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web, namespace: shop }
    /// spec:
    ///   containers:
    ///     - name: web
    ///       image: web:1
    ///       env:
    ///         - { name: COLOR, valueFrom: { configMapKeyRef: { name: web, key: color } } }
    ///         - { name: SIZE, valueFrom: { configMapKeyRef: { name: "web-${STAGE}", key: size } } }
    ///       envFrom: [{ configMapRef: { name: extra, optional: true } }]
    ///   volumes: [{ name: ca, configMap: { name: kube-root-ca.crt } }]
    /// file=config.yaml
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata: { name: web, namespace: shop }
    /// data: { color: red }
    /// ```
    /// ```yaml good
    /// file=app/web.yaml
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec: { containers: [{ name: web, image: web:1, envFrom: [{ configMapRef: { name: web } }] }] }
    /// file=app/kustomization.yaml
    /// resources: [web.yaml]
    /// configMapGenerator: [{ name: web, literals: [COLOR=red] }]
    /// ```
    /// ```yaml good
    /// file=web.yaml
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web, namespace: shop }
    /// spec: { containers: [{ name: web, image: web:1, envFrom: [{ configMapRef: { name: web } }] }] }
    /// file=broken.yaml
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata: { name: [web, namespace: shop }
    /// ```
    MISSING_CONFIGMAP = "k8s-missing-configmap" {
        check: Check::Pod(missing_configmap),
        severity: Severity::Medium,
        tags: &["across-files"],
        peers: &["kube-linter:env-value-from"],
    }
}

rule! {
    /// Secret or key that a pod needs is missing
    ///
    /// A container that takes a variable or a volume from a Secret does not start until the Secret and its key are there.
    /// An ExternalSecret, SealedSecret, SopsSecret, Certificate or secret generator makes the Secret that it names.
    /// Silent where the reference is optional and wherever the Secret may be in what was not read. Secrets that are made
    /// by hand cannot be seen: turn the rule off where that is the habit.
    ///
    /// ```yaml bad:10
    /// file=web.yaml
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web, namespace: shop }
    /// spec:
    ///   containers:
    ///     - name: web
    ///       image: web:1
    ///       env:
    ///         - name: PASSWORD
    ///           valueFrom: { secretKeyRef: { name: db, key: password } }
    /// file=secret.yaml
    /// apiVersion: v1
    /// kind: Secret
    /// metadata: { name: other, namespace: shop }
    /// ```
    /// ```yaml bad:6
    /// file=web.yaml
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web, namespace: shop }
    /// spec:
    ///   containers: [{ name: web, image: web:1 }]
    ///   volumes: [{ name: keys, secret: { secretName: db, items: [{ key: passwd, path: p }] } }]
    /// file=secret.yaml
    /// apiVersion: v1
    /// kind: Secret
    /// metadata: { name: db, namespace: shop }
    /// stringData: { password: "${PASSWORD}" }
    /// ```
    /// ```yaml good
    /// file=web.yaml
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web, namespace: shop }
    /// spec:
    ///   containers:
    ///     - name: web
    ///       image: web:1
    ///       envFrom: [{ secretRef: { name: web } }, { secretRef: { name: sealed } }]
    ///   volumes: [{ name: tls, secret: { secretName: web-tls } }]
    /// file=external.yaml
    /// apiVersion: external-secrets.io/v1
    /// kind: ExternalSecret
    /// metadata: { name: web, namespace: shop }
    /// ---
    /// apiVersion: bitnami.com/v1alpha1
    /// kind: SealedSecret
    /// metadata: { name: sealed, namespace: shop }
    /// ---
    /// apiVersion: cert-manager.io/v1
    /// kind: Certificate
    /// metadata: { name: web, namespace: shop }
    /// spec: { secretName: web-tls }
    /// ```
    /// ```yaml good
    /// file=web.yaml
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web, namespace: shop }
    /// spec: { containers: [{ name: web, image: web:1, envFrom: [{ secretRef: { name: orders-db-app } }] }] }
    /// file=database.yaml
    /// apiVersion: postgresql.cnpg.io/v1
    /// kind: Cluster
    /// metadata: { name: orders-db, namespace: shop }
    /// spec: { instances: 3 }
    /// ```
    MISSING_SECRET = "k8s-missing-secret" {
        check: Check::Pod(missing_secret),
        severity: Severity::Medium,
        profile: Profile::All,
        tags: &["across-files"],
        peers: &["kube-linter:env-value-from"],
    }
}

rule! {
    /// ServiceAccount of a pod is missing
    ///
    /// The API server refuses pods whose ServiceAccount does not exist: the workload is accepted and never gets a pod.
    /// Silent for `default`, which every namespace has, and for accounts that an eksctl configuration or a Terraform file of
    /// the scan names.
    ///
    /// ```yaml bad:5
    /// file=web.yaml
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web, namespace: shop }
    /// spec:
    ///   serviceAccountName: web
    ///   containers: [{ name: web, image: web:1 }]
    /// file=account.yaml
    /// apiVersion: v1
    /// kind: ServiceAccount
    /// metadata: { name: web, namespace: other }
    /// ```
    /// ```yaml good
    /// file=web.yaml
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web, namespace: shop }
    /// spec: { serviceAccountName: web, containers: [{ name: web, image: web:1 }] }
    /// file=account.yaml
    /// apiVersion: v1
    /// kind: ServiceAccount
    /// metadata: { name: web, namespace: shop }
    /// ```
    /// ```yaml good
    /// file=web.yaml
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: dns, namespace: kube-system }
    /// spec: { serviceAccountName: external-dns, containers: [{ name: dns, image: dns:1 }] }
    /// ---
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web, namespace: shop }
    /// spec: { serviceAccountName: default, containers: [{ name: web, image: web:1 }] }
    /// file=cluster.yaml
    /// apiVersion: eksctl.io/v1alpha5
    /// kind: ClusterConfig
    /// metadata: { name: shop, region: eu-west-1 }
    /// iam: { serviceAccounts: [{ metadata: { name: external-dns, namespace: kube-system } }] }
    /// ```
    MISSING_SERVICEACCOUNT = "k8s-missing-serviceaccount" {
        check: Check::Pod(missing_serviceaccount),
        severity: Severity::Medium,
        tags: &["across-files"],
        peers: &["kube-linter:non-existent-service-account", "kubescape:C-0307", "kyverno:other/check-serviceaccount"],
        yields_to: &["k8s-schema-invalid"],
    }
}

rule! {
    /// PersistentVolumeClaim of a pod is missing
    ///
    /// A pod whose claim does not exist is never scheduled. Silent for claims that a StatefulSet of the scan makes from its
    /// templates.
    ///
    /// ```yaml bad:6
    /// file=db.yaml
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: db, namespace: shop }
    /// spec:
    ///   containers: [{ name: db, image: db:1 }]
    ///   volumes: [{ name: data, persistentVolumeClaim: { claimName: db-data } }]
    /// file=claim.yaml
    /// apiVersion: v1
    /// kind: PersistentVolumeClaim
    /// metadata: { name: db, namespace: shop }
    /// ```
    /// ```yaml good
    /// file=db.yaml
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: backup, namespace: shop }
    /// spec:
    ///   containers: [{ name: backup, image: backup:1 }]
    ///   volumes:
    ///     - { name: data, persistentVolumeClaim: { claimName: data-db-0 } }
    ///     - { name: target, persistentVolumeClaim: { claimName: backups } }
    /// file=claim.yaml
    /// apiVersion: v1
    /// kind: PersistentVolumeClaim
    /// metadata: { name: backups, namespace: shop }
    /// ---
    /// apiVersion: apps/v1
    /// kind: StatefulSet
    /// metadata: { name: db, namespace: shop }
    /// spec:
    ///   volumeClaimTemplates: [{ metadata: { name: data } }]
    ///   template: { spec: { containers: [{ name: db, image: db:1 }] } }
    /// ```
    MISSING_PVC = "k8s-missing-pvc" {
        check: Check::Pod(missing_pvc),
        severity: Severity::Medium,
        tags: &["across-files"],
    }
}

rule! {
    /// Role of a binding is missing
    ///
    /// A binding to a role that does not exist is accepted and grants nothing, until somebody makes a role of that name:
    /// then its subjects hold whatever that role allows. Silent for the roles that Kubernetes and OpenShift make.
    ///
    /// ```yaml bad:7
    /// file=binding.yaml
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: RoleBinding
    /// metadata: { name: web, namespace: shop }
    /// roleRef:
    ///   apiGroup: rbac.authorization.k8s.io
    ///   kind: Role
    ///   name: reader
    /// subjects: [{ kind: ServiceAccount, name: web }]
    /// file=role.yaml
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: Role
    /// metadata: { name: reader, namespace: other }
    /// ```
    /// ```yaml good
    /// file=binding.yaml
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: RoleBinding
    /// metadata: { name: web, namespace: shop }
    /// roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: reader }
    /// subjects: [{ kind: ServiceAccount, name: web }]
    /// ---
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRoleBinding
    /// metadata: { name: viewers }
    /// roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view }
    /// subjects: [{ kind: Group, name: staff }]
    /// ---
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: RoleBinding
    /// metadata: { name: metrics-reader, namespace: kube-system }
    /// roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: extension-apiserver-authentication-reader }
    /// subjects: [{ kind: ServiceAccount, name: web }]
    /// file=role.yaml
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata: { name: reader }
    /// ```
    MISSING_ROLE = "k8s-missing-role" {
        check: Check::Object(&["RoleBinding", "ClusterRoleBinding"], missing_role),
        severity: Severity::Medium,
        tags: &["across-files"],
    }
}

/// ConfigMaps that every cluster, or a well-known component of it, makes.
const MADE_CONFIGMAPS: &[&str] = &[
    "kube-root-ca.crt",
    "openshift-service-ca.crt",
    "istio-ca-root-cert",
    "extension-apiserver-authentication",
    "cluster-info",
    "kubeadm-config",
    "kubelet-config",
    "kube-proxy",
    "coredns",
    "aws-auth",
];

/// Cluster roles that clusters make, besides those that begin with `system:`.
const MADE_ROLES: &[&str] = &[
    "cluster-admin",
    "admin",
    "edit",
    "view",
    "basic-user",
    "cluster-reader",
    "cluster-status",
    "self-provisioner",
    "sudoer",
    "registry-viewer",
    "registry-editor",
    "registry-admin",
];

/// Roles that the API server makes in `kube-system` besides those that begin with `system:`.
const MADE_NAMESPACED_ROLES: &[&str] = &["extension-apiserver-authentication-reader"];

/// How each kind is referred to.
struct Source {
    kind: &'static str,
    key_ref: &'static str,
    env_from: &'static str,
    volume: &'static str,
    volume_name: &'static str,
    made: &'static [&'static str],
}

const CONFIGMAP: Source = Source {
    kind: "ConfigMap",
    key_ref: "valueFrom.configMapKeyRef",
    env_from: "configMapRef",
    volume: "configMap",
    volume_name: "name",
    made: MADE_CONFIGMAPS,
};

const SECRET: Source = Source {
    kind: "Secret",
    key_ref: "valueFrom.secretKeyRef",
    env_from: "secretRef",
    volume: "secret",
    volume_name: "secretName",
    made: &[],
};

fn missing_configmap(pod: &Pod<'_>, report: &mut Report<'_>) {
    missing_source(pod, &CONFIGMAP, report);
}

fn missing_secret(pod: &Pod<'_>, report: &mut Report<'_>) {
    missing_source(pod, &SECRET, report);
}

/// Each object is missed once for a pod, however often the pod refers to it.
fn missing_source(pod: &Pod<'_>, source: &Source, report: &mut Report<'_>) {
    let namespace = report.namespace(&pod.object);
    let kind = source.kind;
    let mut said: HashSet<(&str, Option<&str>)> = HashSet::new();
    for Reference { who, node, name, keys } in references(pod, source) {
        if said.insert((name, None)) {
            let claim = Claim::Missing { namespace: namespace.clone(), kind: kind.to_owned(), name: name.to_owned() };
            report
                .claim(node, format!("{who} needs {kind} `{name}`, which is not{}", place(&namespace)), claim)
                .help(format!("add the {kind}, correct its name, or make the reference `optional`"));
        }
        for (key, key_node) in keys.into_iter().filter_map(|node| Some((node.as_str()?, node))) {
            if said.insert((name, Some(key))) {
                let claim =
                    Claim::LacksKey { namespace: namespace.clone(), kind, name: name.to_owned(), key: key.to_owned() };
                report
                    .claim(key_node, format!("{who} needs the key `{key}` of {kind} `{name}`, which lacks it"), claim)
                    .help(format!("add the key to the {kind}, or correct it here"));
            }
        }
    }
}

/// A reference to an object that has to be there.
struct Reference<'t> {
    who: String,
    node: Node<'t>,
    name: &'t str,
    keys: Vec<Node<'t>>,
}

fn references<'t>(pod: &Pod<'t>, source: &Source) -> Vec<Reference<'t>> {
    let mut found: Vec<Reference<'t>> = Vec::new();
    let mut add = |who: &dyn fmt::Display, reference: Lookup<'t>, name: &str| {
        let Lookup::Present(reference) = reference else { return };
        let Some(node) = reference.field(name).filter(|_| is_needed(reference)) else { return };
        let Some(name) = node.as_str().filter(|name| !name.is_empty() && !source.made.contains(name)) else { return };
        let items = reference.field("items").into_iter().flat_map(Node::items);
        let keys = reference.field("key").into_iter().chain(items.filter_map(|item| item.field("key"))).collect();
        found.push(Reference { who: who.to_string(), node, name, keys });
    };
    for container in &pod.containers {
        let title = container.title();
        container.list("env").for_each(|variable| add(&title, variable.get(source.key_ref), "name"));
        container.list("envFrom").for_each(|from| add(&title, from.get(source.env_from), "name"));
    }
    for volume in pod.list("volumes") {
        let name = volume.field("name").and_then(Node::as_str).unwrap_or_default();
        let object = pod.object.title();
        let title = fmt::from_fn(|formatter| write!(formatter, "volume `{name}` of {object}"));
        add(&title, volume.get(source.volume), source.volume_name);
        for projected in volume.get("projected.sources").present().into_iter().flat_map(Node::items) {
            add(&title, projected.get(source.volume), "name");
        }
    }
    found
}

fn is_needed(reference: Node<'_>) -> bool {
    match reference.get("optional") {
        Lookup::Absent(_) => true,
        found => found.is_bool(false),
    }
}

fn missing_serviceaccount(pod: &Pod<'_>, report: &mut Report<'_>) {
    let node = match pod.get("serviceAccountName") {
        Lookup::Present(node) => node,
        Lookup::Absent(_) => match pod.get("serviceAccount") {
            Lookup::Present(node) => node,
            _ => return,
        },
        Lookup::Unknown(_) => return,
    };
    let Some(name) = node.as_str().filter(|name| !matches!(*name, "" | "default")) else { return };
    let namespace = report.namespace(&pod.object);
    let is_system = namespace == Namespace::Named("kube-system".to_owned());
    if is_system && (matches!(name, "coredns" | "kube-proxy") || name.ends_with("-controller")) {
        return;
    }
    let message = format!("{} runs as ServiceAccount `{name}`, which is not{}", pod.object.title(), place(&namespace));
    let claim = Claim::Missing { namespace, kind: "ServiceAccount".to_owned(), name: name.to_owned() };
    report.claim(node, message, claim).help("add the ServiceAccount, or correct the name");
}

fn missing_pvc(pod: &Pod<'_>, report: &mut Report<'_>) {
    let namespace = report.namespace(&pod.object);
    for volume in pod.list("volumes") {
        let Lookup::Present(node) = volume.get("persistentVolumeClaim.claimName") else { continue };
        let Some(name) = node.as_str() else { continue };
        let message =
            format!("{} mounts PersistentVolumeClaim `{name}`, which is not{}", pod.object.title(), place(&namespace));
        let namespace = namespace.clone();
        let claim = Claim::Missing { namespace, kind: "PersistentVolumeClaim".to_owned(), name: name.to_owned() };
        report.claim(node, message, claim).help("add the claim, or correct its name");
    }
}

fn missing_role(object: &Object<'_>, report: &mut Report<'_>) {
    let Lookup::Present(reference) = object.node.get("roleRef") else { return };
    let text = |field: &str| reference.field(field).and_then(Node::as_str);
    let (Some(kind), Some(name), Some(node)) = (text("kind"), text("name"), reference.field("name")) else { return };
    let namespace = match kind {
        "ClusterRole" if name.starts_with("system:") || MADE_ROLES.contains(&name) => return,
        "ClusterRole" => Namespace::Unwritten,
        "Role" if name.starts_with("system:") || MADE_NAMESPACED_ROLES.contains(&name) => return,
        "Role" => report.namespace(object),
        _ => return,
    };
    let here = if kind == "Role" { place(&namespace) } else { place(&Namespace::Unwritten) };
    let message = format!("{} grants {kind} `{name}`, which is not{here}", object.title());
    let claim = Claim::Missing { namespace, kind: kind.to_owned(), name: name.to_owned() };
    report.claim(node, message, claim).help("add the role, or correct the reference");
}
