//! Objects that do not fit the schema of their kind.
//!
//! The API server's own kinds are judged by the schemas of Kubernetes 1.28 to 1.37, custom resources by the definitions
//! in the scan or in the folders that the configuration names. What is filled in later is not judged, nor is the status.

use portcullis_model::kubernetes::Object;
use portcullis_model::kubernetes::schema::{Fault, FaultKind};

use super::api_table::lifecycle;
use super::schema_faults::{quoted, say};
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] =
    &[&SCHEMA_INVALID, &SCHEMA_UNKNOWN_FIELD, &CR_SCHEMA_INVALID, &CR_VERSION_NOT_SERVED];

rule! {
    /// API server refuses the object
    ///
    /// A value of another type, a field that is missing, a word that is none of those allowed, a list with the same
    /// element twice, a kind that does not exist: none of them fits the schema. Fields that exclude each other (a probe
    /// with two handlers, a volume with two sources), names, addresses, paths and base64 that are not written as they
    /// must be, numbers that are too small, and what is not for the object's type do not pass validation, or can never
    /// work. YAML is read as Kubernetes reads it: `yes` is a boolean, and `8080` without quotes is no text. The version is `--kubernetes-version`, else the
    /// newest; a type that any known version allows is fine then. Rules that know a field better speak in its place. A
    /// nodePort counts as wrong outside of 30000 to 32767, which a cluster may have set otherwise. What is missing is not
    /// said of a part of an object: a patch, or an object without any of the fields that its `spec` needs. What feature
    /// gates, other objects and the cluster's configuration decide is not judged.
    ///
    /// ```yaml bad:5
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: { name: web }
    /// spec:
    ///   replicas: "3"
    ///   selector: { matchLabels: { app: web } }
    ///   template:
    ///     metadata: { labels: { app: web } }
    ///     spec: { containers: [{ name: web, image: web:1 }] }
    /// ```
    /// ```yaml bad:8
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers:
    ///     - name: web
    ///       image: web:1
    ///       env: [{ name: PORT, value: 8080 }]
    /// ```
    /// ```yaml bad:3
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata: { name: web, annotations: { example.org/scrape: yes } }
    /// ```
    /// ```yaml bad:4
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: { name: web }
    /// spec:
    ///   template:
    ///     metadata: { labels: { app: web } }
    ///     spec: { containers: [{ name: web, image: web:1 }] }
    /// ```
    /// ```yaml bad:1
    /// apiVersion: v1
    /// kind: Deployment
    /// metadata: { name: web }
    /// ```
    /// ```yaml bad:4
    /// apiVersion: v1
    /// kind: Service
    /// metadata: { name: web }
    /// spec: { type: LoadBalancr, selector: { app: web }, ports: [{ port: 80 }] }
    /// ```
    /// ```yaml bad:8
    /// apiVersion: v1
    /// kind: Service
    /// metadata: { name: web }
    /// spec:
    ///   selector: { app: web }
    ///   ports:
    ///     - { name: http, port: 80, targetPort: http }
    ///     - { name: admin, port: 80, targetPort: admin }
    /// ```
    /// ```yaml bad:8
    /// apiVersion: autoscaling/v2
    /// kind: HorizontalPodAutoscaler
    /// metadata: { name: web }
    /// spec:
    ///   scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: web }
    ///   minReplicas: 3
    ///   # Less than the least.
    ///   maxReplicas: 2
    /// ```
    /// ```yaml bad:4
    /// apiVersion: v1
    /// kind: Secret
    /// metadata: { name: web }
    /// data: { password: "not base64" }
    /// ```
    /// ```yaml bad:8
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers:
    ///     - name: web
    ///       image: web:1
    ///       readinessProbe: { httpGet: { port: 80 }, tcpSocket: { port: 80 } }
    /// ```
    /// ```yaml bad:6
    /// apiVersion: networking.k8s.io/v1
    /// kind: NetworkPolicy
    /// metadata: { name: web }
    /// spec:
    ///   podSelector: {}
    ///   ingress: [{ from: [{ ipBlock: { cidr: 10.0.0.0/16, except: [10.1.0.0/24] } }] }]
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Secret
    /// metadata: { name: web }
    /// type: kubernetes.io/tls
    /// data: { tls.crt: "YWJj\nZA==", tls.key: "<key>" }
    /// ---
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers:
    ///     - name: web
    ///       image: web:1
    ///       env: [{ name: A, value: "", valueFrom: { fieldRef: { fieldPath: "metadata.labels['app']" } } }]
    ///       readinessProbe: { httpGet: null, tcpSocket: { port: http } }
    ///   volumes: [{ name: scratch }]
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Service
    /// metadata: { name: web, labels: null, annotations: { example.org/scrape: "yes" } }
    /// spec:
    ///   selector: { app: web }
    ///   ports: [{ name: a, port: 80, targetPort: http }, { name: b, port: 80, protocol: UDP, targetPort: 8080 }]
    /// ---
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: { name: web }
    /// spec:
    ///   replicas: ${REPLICAS}
    ///   progressDeadlineSeconds: 1e3
    ///   selector: { matchLabels: { app: web } }
    ///   template:
    ///     metadata: { labels: { app: web } }
    ///     spec:
    ///       containers: [{ name: web, image: web:1, resources: { limits: { cpu: 1, memory: 1Gi } } }]
    ///   strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 25% } }
    /// ```
    /// ```yaml good
    /// # Part of an object.
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: { name: web }
    /// spec: { template: { spec: { nodeSelector: { disk: ssd } } } }
    /// ---
    /// # Written for another program.
    /// apiVersion: v1
    /// kind: Config
    /// clusters: []
    /// ---
    /// apiVersion: example.org/v1
    /// kind: Deployment
    /// replicas: many
    /// ---
    /// # Removed: another rule's concern.
    /// apiVersion: networking.k8s.io/v1beta1
    /// kind: Ingress
    /// spec: { rules: none }
    /// ```
    SCHEMA_INVALID = "k8s-schema-invalid" {
        check: Check::Schema(schema_invalid),
        severity: Severity::High,
        peers: &["kube-linter:schema-validation"],
        yields_to: &["k8s-invalid-quantity", "k8s-duplicate-port-name", "k8s-topology-spread-invalid"],
    }
}

rule! {
    /// Field is not in the schema
    ///
    /// The API server drops the field with a warning that few see, and what it was to set is not set: a probe that
    /// nobody runs, a security context in the wrong place. Strict clients refuse the object. The version is
    /// `--kubernetes-version`, else any from 1.28 on: without a version a field is unknown only where none of them has
    /// it.
    ///
    /// ```yaml bad:8
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers:
    ///     - name: web
    ///       image: web:1
    ///       livenesProbe: { httpGet: { path: /, port: 80 } }
    /// ```
    /// ```yaml bad:5
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   securityContext: { capabilities: { drop: [ALL] } }
    ///   containers: [{ name: web, image: web:1 }]
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   hostUsers: false
    ///   unheardOf: null
    ///   containers:
    ///     - { name: web, image: web:1, livenessProbe: { httpGet: { path: /, port: 80 } } }
    /// status: { anything: goes }
    /// ---
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata: { name: web }
    /// data: { any: key }
    /// ```
    SCHEMA_UNKNOWN_FIELD = "k8s-schema-unknown-field" {
        check: Check::Schema(unknown_field),
        severity: Severity::Medium,
        peers: &["kubeconform:strict"],
    }
}

rule! {
    /// Custom resource does not fit its definition
    ///
    /// The API server refuses a value that the definition's schema does not allow, and drops a field that is not in it.
    /// Types, patterns, formats, sizes, bounds, choices, sets and combinations (`oneOf` and its like) are judged as the
    /// server judges them, after it has filled in defaults and dropped nulls. Bounds of `int32` are the server's own since
    /// 1.36, and always were those of what reads the value. The definition is that of the scan, else one from the folders of
    /// `kubernetes-crds` in the configuration. Silent without any, where several of one version differ, for patterns that do
    /// not compile, for what is filled in later, and for rules in CEL, which are not evaluated. Names are judged as the server
    /// judges those of all custom resources, and a namespace that stands in an object of a kind of the whole cluster is told.
    ///
    /// ```yaml bad:5
    /// file=backup.yaml
    /// apiVersion: example.org/v1
    /// kind: Backup
    /// metadata: { name: nightly }
    /// spec:
    ///   schedul: "0 3 * * *"
    /// file=crd.yaml
    /// apiVersion: apiextensions.k8s.io/v1
    /// kind: CustomResourceDefinition
    /// metadata: { name: backups.example.org }
    /// spec:
    ///   group: example.org
    ///   scope: Namespaced
    ///   names: { kind: Backup, plural: backups }
    ///   versions:
    ///     - name: v1
    ///       served: true
    ///       storage: true
    ///       schema:
    ///         openAPIV3Schema:
    ///           type: object
    ///           properties:
    ///             spec: { type: object, properties: { schedule: { type: string }, keep: { type: integer } } }
    /// ```
    /// ```yaml bad:4
    /// file=backup.yaml
    /// apiVersion: example.org/v1
    /// kind: Backup
    /// metadata: { name: nightly }
    /// spec: { schedule: daily }
    /// file=crd.yaml
    /// apiVersion: apiextensions.k8s.io/v1
    /// kind: CustomResourceDefinition
    /// metadata: { name: backups.example.org }
    /// spec:
    ///   group: example.org
    ///   scope: Namespaced
    ///   names: { kind: Backup, plural: backups }
    ///   versions:
    ///     - name: v1
    ///       served: true
    ///       storage: true
    ///       schema:
    ///         openAPIV3Schema:
    ///           type: object
    ///           properties:
    ///             spec:
    ///               type: object
    ///               properties: { schedule: { type: string, pattern: "^([0-9*/,-]+ ){4}[0-9*/,-]+$" } }
    /// ```
    /// ```yaml bad:4
    /// file=backup.yaml
    /// apiVersion: example.org/v1
    /// kind: Backup
    /// metadata: { name: nightly }
    /// spec: { bucket: archive, volume: { claimName: data } }
    /// file=crd.yaml
    /// apiVersion: apiextensions.k8s.io/v1
    /// kind: CustomResourceDefinition
    /// metadata: { name: backups.example.org }
    /// spec:
    ///   group: example.org
    ///   scope: Namespaced
    ///   names: { kind: Backup, plural: backups }
    ///   versions:
    ///     - name: v1
    ///       served: true
    ///       storage: true
    ///       schema:
    ///         openAPIV3Schema:
    ///           type: object
    ///           properties:
    ///             spec:
    ///               type: object
    ///               properties: { bucket: { type: string }, volume: { type: object, x-kubernetes-preserve-unknown-fields: true } }
    ///               oneOf: [{ required: [bucket] }, { required: [volume] }]
    /// ```
    /// ```yaml good
    /// file=backup.yaml
    /// apiVersion: example.org/v1
    /// kind: Backup
    /// metadata: { name: nightly }
    /// spec: { schedule: "0 3 * * *", keep: 7 }
    /// status: { anything: goes }
    /// ---
    /// # Nothing here defines it.
    /// apiVersion: example.org/v1
    /// kind: Restore
    /// spec: { from: 7 }
    /// file=crd.yaml
    /// apiVersion: apiextensions.k8s.io/v1
    /// kind: CustomResourceDefinition
    /// metadata: { name: backups.example.org }
    /// spec:
    ///   group: example.org
    ///   scope: Namespaced
    ///   names: { kind: Backup, plural: backups }
    ///   versions:
    ///     - name: v1
    ///       served: true
    ///       storage: true
    ///       schema:
    ///         openAPIV3Schema:
    ///           type: object
    ///           properties:
    ///             spec: { type: object, properties: { schedule: { type: string }, keep: { type: integer } } }
    /// ```
    /// ```yaml good
    /// file=backup.yaml
    /// apiVersion: example.org/v1
    /// kind: Backup
    /// metadata: { name: nightly }
    /// spec: { schedule: "0 3 * * *", bucket: "${BUCKET}", from: 2024-01-02T03:04:05Z, hosts: [a, b] }
    /// file=crd.yaml
    /// apiVersion: apiextensions.k8s.io/v1
    /// kind: CustomResourceDefinition
    /// metadata: { name: backups.example.org }
    /// spec:
    ///   group: example.org
    ///   scope: Namespaced
    ///   names: { kind: Backup, plural: backups }
    ///   versions:
    ///     - name: v1
    ///       served: true
    ///       storage: true
    ///       schema:
    ///         openAPIV3Schema:
    ///           type: object
    ///           properties:
    ///             spec:
    ///               type: object
    ///               required: [schedule, keep]
    ///               properties:
    ///                 schedule: { type: string, pattern: "^([0-9*/,-]+ ){4}[0-9*/,-]+$" }
    ///                 keep: { type: integer, minimum: 1, default: 7 }
    ///                 bucket: { type: string, minLength: 20 }
    ///                 from: { type: string, format: date-time }
    ///                 hosts: { type: array, x-kubernetes-list-type: set, maxItems: 2, items: { type: string, pattern: "(" } }
    ///               anyOf: [{ required: [bucket] }, { properties: { keep: { minimum: 30 } } }]
    /// ```
    /// ```yaml bad:3
    /// file=backup.yaml
    /// apiVersion: example.org/v1
    /// kind: Backup
    /// metadata: { name: nightly, namespace: shop }
    /// file=crd.yaml
    /// apiVersion: apiextensions.k8s.io/v1
    /// kind: CustomResourceDefinition
    /// metadata: { name: backups.example.org }
    /// spec:
    ///   group: example.org
    ///   scope: Namespaced
    ///   names: { kind: Backup, plural: backups }
    ///   versions:
    ///     - name: v1
    ///       served: true
    ///       storage: true
    ///       schema: { openAPIV3Schema: { type: object, required: [spec], properties: { spec: { type: object } } } }
    /// ```
    /// ```yaml bad:3
    /// file=backup.yaml
    /// apiVersion: example.org/v1
    /// kind: Backup
    /// metadata: { name: Nightly_1 }
    /// spec: {}
    /// file=crd.yaml
    /// apiVersion: apiextensions.k8s.io/v1
    /// kind: CustomResourceDefinition
    /// metadata: { name: backups.example.org }
    /// spec:
    ///   group: example.org
    ///   scope: Namespaced
    ///   names: { kind: Backup, plural: backups }
    ///   versions:
    ///     - name: v1
    ///       served: true
    ///       storage: true
    ///       schema: { openAPIV3Schema: { type: object, required: [spec], properties: { spec: { type: object } } } }
    /// ```
    /// ```yaml bad:3
    /// file=backup.yaml
    /// apiVersion: example.org/v1
    /// kind: Backup
    /// metadata: { name: nightly, namespace: shop }
    /// spec: {}
    /// file=crd.yaml
    /// apiVersion: apiextensions.k8s.io/v1
    /// kind: CustomResourceDefinition
    /// metadata: { name: backups.example.org }
    /// spec:
    ///   group: example.org
    ///   scope: Cluster
    ///   names: { kind: Backup, plural: backups }
    ///   versions:
    ///     - name: v1
    ///       served: true
    ///       storage: true
    ///       schema: { openAPIV3Schema: { type: object, required: [spec], properties: { spec: { type: object } } } }
    /// ```
    /// ```yaml good
    /// file=backup.yaml
    /// apiVersion: example.org/v1
    /// kind: Backup
    /// metadata: { name: nightly, annotations: { of: a-patch } }
    /// ---
    /// apiVersion: example.org/v1
    /// kind: Backup
    /// metadata: { name: "${NAME}", namespace: shop }
    /// spec: {}
    /// ---
    /// apiVersion: example.org/v1
    /// kind: Backup
    /// metadata: { name: nightly }
    /// status: {}
    /// file=crd.yaml
    /// apiVersion: apiextensions.k8s.io/v1
    /// kind: CustomResourceDefinition
    /// metadata: { name: backups.example.org }
    /// spec:
    ///   group: example.org
    ///   scope: Namespaced
    ///   names: { kind: Backup, plural: backups }
    ///   versions:
    ///     - name: v1
    ///       served: true
    ///       storage: true
    ///       schema: { openAPIV3Schema: { type: object, required: [spec], properties: { spec: { type: object } } } }
    /// ```
    CR_SCHEMA_INVALID = "k8s-cr-schema-invalid" {
        check: Check::CustomSchema(cr_schema_invalid),
        severity: Severity::Medium,
    }
}

rule! {
    /// Custom resource is of a version that is not served
    ///
    /// The definition lists the versions of its kind, and says of each whether the API server serves it. An object of another
    /// version is refused: there is no such kind. The definitions are those of the scan and those from the folders of
    /// `kubernetes-crds` in the configuration. Silent where any of several definitions of the kind serves the version, where
    /// one of them is not known as a whole, and where one is of `apiextensions.k8s.io/v1beta1`.
    ///
    /// ```yaml bad:1
    /// file=backup.yaml
    /// apiVersion: example.org/v1alpha1
    /// kind: Backup
    /// metadata: { name: nightly }
    /// file=crd.yaml
    /// apiVersion: apiextensions.k8s.io/v1
    /// kind: CustomResourceDefinition
    /// metadata: { name: backups.example.org }
    /// spec:
    ///   group: example.org
    ///   scope: Namespaced
    ///   names: { kind: Backup, plural: backups }
    ///   versions:
    ///     - { name: v1alpha1, served: false, storage: false, schema: { openAPIV3Schema: { type: object } } }
    ///     - { name: v1, served: true, storage: true, schema: { openAPIV3Schema: { type: object } } }
    /// ```
    /// ```yaml bad:1
    /// file=backup.yaml
    /// apiVersion: example.org/v2
    /// kind: Backup
    /// metadata: { name: nightly }
    /// file=crd.yaml
    /// apiVersion: apiextensions.k8s.io/v1
    /// kind: CustomResourceDefinition
    /// metadata: { name: backups.example.org }
    /// spec:
    ///   group: example.org
    ///   scope: Namespaced
    ///   names: { kind: Backup, plural: backups }
    ///   versions:
    ///     - { name: v1, served: true, storage: true, schema: { openAPIV3Schema: { type: object } } }
    /// ```
    /// ```yaml good
    /// file=backup.yaml
    /// apiVersion: example.org/v1
    /// kind: Backup
    /// metadata: { name: nightly }
    /// ---
    /// apiVersion: example.org/v2
    /// kind: Backup
    /// metadata: { name: weekly }
    /// ---
    /// apiVersion: example.org/v1alpha1
    /// kind: Restore
    /// metadata: { name: undefined }
    /// file=old/crd.yaml
    /// apiVersion: apiextensions.k8s.io/v1
    /// kind: CustomResourceDefinition
    /// metadata: { name: backups.example.org }
    /// spec:
    ///   group: example.org
    ///   scope: Namespaced
    ///   names: { kind: Backup, plural: backups }
    ///   versions:
    ///     - { name: v1, served: true, storage: true, schema: { openAPIV3Schema: { type: object } } }
    /// file=new/crd.yaml
    /// apiVersion: apiextensions.k8s.io/v1
    /// kind: CustomResourceDefinition
    /// metadata: { name: backups.example.org }
    /// spec:
    ///   group: example.org
    ///   scope: Namespaced
    ///   names: { kind: Backup, plural: backups }
    ///   versions:
    ///     - { name: v1, served: false, storage: false, schema: { openAPIV3Schema: { type: object } } }
    ///     - { name: v2, served: true, storage: true, schema: { openAPIV3Schema: { type: object } } }
    /// ```
    CR_VERSION_NOT_SERVED = "k8s-cr-version-not-served" {
        check: Check::CustomSchema(cr_version_not_served),
        severity: Severity::High,
    }
}

fn schema_invalid(object: &Object<'_>, fault: &Fault<'_, '_>, report: &mut Report<'_>) {
    match fault.kind {
        FaultKind::UnknownField { .. } | FaultKind::OtherVersion { .. } => {}
        // The rules about removed and deprecated versions say when it went.
        FaultKind::UnknownKind { .. } if lifecycle(object.api_version, object.kind).is_some() => {}
        // It has a rule of its own.
        FaultKind::UnknownKind { .. } if object.kind == "PodSecurityPolicy" => {}
        _ => say(object, fault, report),
    }
}

fn unknown_field(object: &Object<'_>, fault: &Fault<'_, '_>, report: &mut Report<'_>) {
    if matches!(fault.kind, FaultKind::UnknownField { .. } | FaultKind::OtherVersion { .. }) {
        say(object, fault, report);
    }
}

fn cr_schema_invalid(object: &Object<'_>, fault: &Fault<'_, '_>, report: &mut Report<'_>) {
    if !matches!(fault.kind, FaultKind::NotServed { .. }) {
        say(object, fault, report);
    }
}

fn cr_version_not_served(object: &Object<'_>, fault: &Fault<'_, '_>, report: &mut Report<'_>) {
    let FaultKind::NotServed { is_defined, served } = &fault.kind else { return };
    let version = object.version();
    let message = if *is_defined {
        format!("the definition of {} does not serve `{version}`", object.kind)
    } else {
        format!("the definition of {} has no version `{version}`", object.kind)
    };
    let help = match &**served {
        [] => "let the definition serve a version".to_owned(),
        [one] => format!("write `{}/{one}`, and its fields", object.group()),
        _ => format!("write one of the versions that it serves: {}", quoted(served, ", ")),
    };
    report.at(fault.node, message).help(help);
}
