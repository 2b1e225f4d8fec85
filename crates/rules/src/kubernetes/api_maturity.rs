//! APIs that may change or vanish, and custom ones without a shape.
//!
//! Decided by the object alone; which APIs a cluster serves cannot be known.

use portcullis_model::kubernetes::Object;

use super::metadata::GROUPS;
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&ALPHA_API, &CRD_NO_STRUCTURAL_SCHEMA];

rule! {
    /// Object is of an alpha version of a built-in API
    ///
    /// Clusters serve alpha versions only where somebody has switched them on, and each release may change or drop them
    /// without a way over. Gives way to the rules about removed and deprecated versions. Custom resources may be alpha for
    /// years and give no finding.
    ///
    /// ```yaml bad:1
    /// apiVersion: resource.k8s.io/v1alpha3
    /// kind: DeviceTaintRule
    /// metadata: { name: gpu }
    /// ```
    /// ```yaml good
    /// apiVersion: argoproj.io/v1alpha1
    /// kind: Rollout
    /// metadata: { name: web }
    /// ---
    /// apiVersion: gateway.networking.k8s.io/v1alpha2
    /// kind: TCPRoute
    /// metadata: { name: web }
    /// ```
    ALPHA_API = "k8s-alpha-api" {
        check: Check::Object(&[], alpha_api),
        severity: Severity::Info,
        profile: Profile::All,
        peers: &["kube-score:stable-version"],
        yields_to: &["k8s-removed-api", "k8s-deprecated-api"],
    }
}

rule! {
    /// Custom resource has no schema
    ///
    /// The API server refuses a version of `apiextensions.k8s.io/v1` without a schema, or with one whose root is no
    /// object. Schemas within it are not looked at. Silent for `v1beta1`, which is reported as a removed API.
    ///
    /// ```yaml bad:9
    /// apiVersion: apiextensions.k8s.io/v1
    /// kind: CustomResourceDefinition
    /// metadata: { name: widgets.example.org }
    /// spec:
    ///   group: example.org
    ///   names: { kind: Widget, plural: widgets }
    ///   scope: Namespaced
    ///   versions:
    ///     - name: v1
    ///       served: true
    ///       storage: true
    /// ```
    /// ```yaml good
    /// apiVersion: apiextensions.k8s.io/v1
    /// kind: CustomResourceDefinition
    /// metadata: { name: widgets.example.org }
    /// spec:
    ///   group: example.org
    ///   names: { kind: Widget, plural: widgets }
    ///   scope: Namespaced
    ///   versions:
    ///     - name: v1
    ///       served: true
    ///       storage: true
    ///       schema: { openAPIV3Schema: { type: object, x-kubernetes-preserve-unknown-fields: true } }
    /// ```
    CRD_NO_STRUCTURAL_SCHEMA = "k8s-crd-no-structural-schema" {
        check: Check::Object(&["CustomResourceDefinition"], crd_no_structural_schema),
        severity: Severity::Low,
    }
}

fn alpha_api(object: &Object<'_>, report: &mut Report<'_>) {
    // Two groups of the project are custom resources of their own.
    const CUSTOM: &[&str] = &["gateway.networking.k8s.io", "snapshot.storage.k8s.io"];
    const MORE: &[&str] = &["storagemigration.k8s.io", "internal.apiserver.k8s.io", "authentication.k8s.io"];
    let group = object.group();
    let is_own = || GROUPS.contains(&group) && !CUSTOM.contains(&group) || MORE.contains(&group);
    if !object.version().contains("alpha") || !is_own() {
        return;
    }
    let Lookup::Present(version) = object.node.get("apiVersion") else { return };
    report
        .at(version, format!("`{}` of {} is an alpha version", object.api_version, object.title()))
        .help("use a stable version, or do without it");
}

fn crd_no_structural_schema(object: &Object<'_>, report: &mut Report<'_>) {
    if object.api_version != "apiextensions.k8s.io/v1" {
        return;
    }
    let Lookup::Present(versions) = object.node.get("spec.versions") else { return };
    for version in versions.items() {
        let name = version.field("name").map_or("", Node::text);
        match version.get("schema.openAPIV3Schema") {
            Lookup::Absent(_) => {
                report
                    .at(version, format!("version `{name}` of {} has no schema", object.title()))
                    .help("write `schema.openAPIV3Schema`, with `type: object` at least");
            }
            Lookup::Present(schema) => match schema.get("type") {
                Lookup::Absent(anchor) => {
                    report
                        .at(anchor, format!("the schema of version `{name}` of {} has no type", object.title()))
                        .help("write `type: object`");
                }
                Lookup::Present(kind) if kind.as_str().is_some_and(|kind| kind != "object") => {
                    report
                        .at(kind, format!("the schema of version `{name}` of {} is no object", object.title()))
                        .help("write `type: object`");
                }
                Lookup::Present(_) | Lookup::Unknown(_) => {}
            },
            Lookup::Unknown(_) => {}
        }
    }
}
