//! What the engine itself reports while it reads: files and documents that cannot be judged, and suppressions that
//! suppress nothing.

use crate::rule::prelude::*;

/// The ids that the engine reports by.
pub mod ids {
    /// See the rule.
    pub const UNREADABLE_FILE: &str = "unreadable-file";
    /// See the rule.
    pub const SYNTAX_ERROR: &str = "syntax-error";
    /// See the rule.
    pub const DUPLICATE_KEY: &str = "duplicate-key";
    /// See the rule.
    pub const DUPLICATE_YAML_KEY: &str = "k8s-duplicate-yaml-key";
    /// See the rule.
    pub const KUSTOMIZATION_INVALID: &str = "k8s-kustomization-invalid";
    /// See the rule.
    pub const UNUSED_SUPPRESSION: &str = "unused-suppression";
    /// See the rule.
    pub const EXPIRED_SUPPRESSION: &str = "expired-suppression";
    /// See the rule.
    pub const MISPLACED_SUPPRESSION: &str = "misplaced-suppression";
    /// See the rule.
    pub const INLINE_IGNORE_USED: &str = "docker-inline-ignore-used";
    /// See the rule.
    pub const MODULE_UNRESOLVED: &str = "tf-module-unresolved";
    /// A module of Terraform that calls itself.
    pub const MODULE_CYCLE: &str = "tf-module-cycle";
}

/// The rules of this file.
pub(crate) static RULES: &[&Rule] = &[
    &UNREADABLE_FILE,
    &SYNTAX_ERROR,
    &DUPLICATE_KEY,
    &DUPLICATE_YAML_KEY,
    &KUSTOMIZATION_INVALID,
    &UNUSED_SUPPRESSION,
    &EXPIRED_SUPPRESSION,
    &MISPLACED_SUPPRESSION,
    &INLINE_IGNORE_USED,
    &MODULE_UNRESOLVED,
    &MODULE_CYCLE,
];

rule! {
    /// File cannot be read
    ///
    /// A file that the scan found but could not read was not judged: it may hold anything. Permissions, invalid UTF-8
    /// and files over the size limit are reported here.
    UNREADABLE_FILE = "unreadable-file" { check: Check::Engine, severity: Severity::Medium }
}

rule! {
    /// Document cannot be parsed
    ///
    /// Nothing is known of a document that cannot be parsed, and no tool that deploys it will read it either. The other
    /// documents of the file are still judged.
    ///
    /// ```yaml bad:3
    /// a: 1
    /// ---
    /// b: [1
    /// ---
    /// c: 2
    /// ```
    /// ```yaml good
    /// b: [1]
    /// ```
    SYNTAX_ERROR = "syntax-error" { check: Check::Engine, severity: Severity::High }
}

rule! {
    /// Mapping has the same key twice
    ///
    /// Only one of the two values counts, and which one depends on the program that reads the file. Kubernetes objects
    /// have a rule of their own for it.
    ///
    /// ```yaml bad:3
    /// image: a
    /// name: x
    /// image: b
    /// ```
    /// ```yaml good
    /// image: a
    /// name: x
    /// ```
    DUPLICATE_KEY = "duplicate-key" { check: Check::Engine, severity: Severity::Medium }
}

rule! {
    /// Kubernetes object has the same key twice
    ///
    /// The API server keeps the last of the two values and drops the other without a word; strict clients refuse the
    /// manifest.
    ///
    /// ```yaml bad:6
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata: { name: web }
    /// data:
    ///   color: red
    ///   color: blue
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata: { name: web }
    /// data: { color: red }
    /// ```
    DUPLICATE_YAML_KEY = "k8s-duplicate-yaml-key" {
        check: Check::Engine,
        severity: Severity::High,
        peers: &["kubeconform:strict"],
    }
}

rule! {
    /// Kustomization cannot be built
    ///
    /// `kustomize build` and `kubectl apply -k` stop: a file or base that is not there, a patch for an object that is not
    /// there, an object that is there twice, a field that Kustomize does not know, a value of another type than the field takes
    /// (a number where it takes text, as in `newTag: 1.27`), a literal without `=`, a file of a generated ConfigMap that is
    /// not there, kustomizations that take one another in. Nothing that the kustomization holds is deployed until it is mended, and its patches cannot be judged.
    /// Silent where something may come before the build: a path that git ignores or that lies in a submodule, a remote
    /// base that is not seen, a value that is filled in.
    ///
    /// ```yaml bad:1
    /// file=kustomization.yaml
    /// resources: [web.yaml, gone.yaml]
    /// file=web.yaml
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata: { name: web }
    /// ```
    /// ```yaml bad:1
    /// file=kustomization.yaml
    /// resourcess: [web.yaml]
    /// file=web.yaml
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata: { name: web }
    /// ```
    /// ```yaml bad:2
    /// file=kustomization.yaml
    /// resources: [web.yaml]
    /// images: [{ name: web, newTag: 1.27 }]
    /// file=web.yaml
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata: { name: web }
    /// ```
    /// ```yaml bad:4
    /// file=kustomization.yaml
    /// resources: [web.yaml]
    /// images: [{ name: web, newTag: "1" }]
    /// patches:
    ///   - path: patch.yaml
    /// file=web.yaml
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata: { name: web }
    /// file=patch.yaml
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata: { name: other }
    /// ```
    /// ```yaml good
    /// file=kustomization.yaml
    /// resources: [web.yaml]
    /// patches: [{ path: patch.yaml }]
    /// file=web.yaml
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata: { name: web }
    /// file=patch.yaml
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata: { name: web }
    /// data: { color: red }
    /// ```
    /// ```yaml good
    /// file=kustomization.yaml
    /// apiVersion: kustomize.toolkit.fluxcd.io/v1
    /// kind: Kustomization
    /// metadata: { name: web, namespace: flux-system }
    /// spec: { path: ./web, prune: true, interval: 5m, sourceRef: { kind: GitRepository, name: web } }
    /// ```
    KUSTOMIZATION_INVALID = "k8s-kustomization-invalid" {
        check: Check::Engine,
        severity: Severity::Medium,
    }
}

rule! {
    /// Suppression suppresses nothing
    ///
    /// The rules that it names ran and found nothing there: the defect was fixed, or it stands elsewhere. A stale
    /// suppression hides the next defect. Silent where one of its rules did not run.
    ///
    /// ```yaml bad:3
    /// apiVersion: v1
    /// kind: Pod
    /// # portcullis: ignore[k8s-host-network] needs the node's ports
    /// metadata: { name: web }
    /// spec: { hostNetwork: false, containers: [] }
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   hostNetwork: true # portcullis: ignore[k8s-host-network] needs the node's ports
    ///   containers: []
    /// ```
    UNUSED_SUPPRESSION = "unused-suppression" { check: Check::Engine, severity: Severity::Low }
}

rule! {
    /// Suppression has expired
    ///
    /// Its `expires=` date has passed: it no longer hides anything. Fix the defect or decide anew.
    ///
    /// ```yaml bad:6
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers: []
    ///   hostNetwork: true # portcullis: ignore[k8s-host-network] expires=2020-01-31 until the proxy moves
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers: []
    ///   hostNetwork: true # portcullis: ignore[k8s-host-network] expires=2999-01-31 until the proxy moves
    /// ```
    EXPIRED_SUPPRESSION = "expired-suppression" { check: Check::Engine, severity: Severity::Low }
}

rule! {
    /// Suppression cannot be read or names no rule
    ///
    /// It is written in our syntax but names an id that is no rule and no peer's id, is not closed, or stands where no
    /// node can carry it. It hides nothing.
    ///
    /// ```yaml bad:3
    /// apiVersion: v1
    /// kind: Pod
    /// # portcullis: ignore[k8s-privileged-contaner]
    /// metadata: { name: web }
    /// spec: { containers: [] }
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// # portcullis is great
    /// metadata: { name: web }
    /// spec: { containers: [] }
    /// ```
    MISPLACED_SUPPRESSION = "misplaced-suppression" { check: Check::Engine, severity: Severity::Low }
}

rule! {
    /// Dockerfile suppresses findings in a comment
    ///
    /// For teams that keep exceptions in one place, the configuration, where they have an owner and an end. Every directive is
    /// reported that is read here, ours or another tool's.
    ///
    /// ```dockerfile bad:2
    /// FROM debian:13
    /// # hadolint ignore=DL3008
    /// RUN apt-get update
    /// ```
    /// ```dockerfile good
    /// FROM debian:13
    /// # hadolint is great
    /// RUN apt-get update
    /// ```
    INLINE_IGNORE_USED = "docker-inline-ignore-used" {
        check: Check::Engine,
        severity: Severity::Info,
        profile: Profile::OptIn,
        peers: &["hadolint:DL1001"],
    }
}

rule! {
    /// Module is not at hand
    ///
    /// Its source is a registry, a repository or a folder that is not in the tree, and nothing is downloaded. What it makes is
    /// not judged, and what it gives back is not known: rules stay silent where it could matter. Modules that
    /// `terraform init` has put into `.terraform/modules` are read.
    ///
    /// ```hcl bad:1
    /// module "vpc" {
    ///   source  = "terraform-aws-modules/vpc/aws"
    ///   version = "5.8.1"
    /// }
    /// ```
    /// ```hcl good
    /// file=main.tf
    /// module "vpc" {
    ///   source = "./vpc"
    /// }
    /// file=vpc/main.tf
    /// resource "aws_vpc" "main" {
    ///   cidr_block = "10.0.0.0/16"
    /// }
    /// ```
    MODULE_UNRESOLVED = "tf-module-unresolved" {
        check: Check::Engine,
        severity: Severity::Info,
        profile: Profile::All,
    }
}

rule! {
    /// Module calls itself
    ///
    /// By itself or through others. Modules are read before anything is evaluated, so that no `count = 0` ends it: `terraform
    /// init` goes on until its paths are too long. Nothing of the inner call is judged.
    ///
    /// ```hcl bad:1
    /// module "again" {
    ///   source = "./"
    /// }
    /// ```
    /// ```hcl good
    /// file=main.tf
    /// module "network" {
    ///   source = "./network"
    /// }
    /// file=network/main.tf
    /// resource "aws_vpc" "main" {
    ///   cidr_block = "10.0.0.0/16"
    /// }
    /// ```
    MODULE_CYCLE = "tf-module-cycle" { check: Check::Engine, severity: Severity::High }
}
