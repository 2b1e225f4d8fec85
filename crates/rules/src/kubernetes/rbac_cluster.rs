//! Roles that reach what the whole cluster shares: its network objects, its volumes, its record of events.
//!
//! Literal grants only: `*` has rules of its own. Which bindings use a role is not asked.

use portcullis_model::kubernetes::{Grant, Object, grants};

use super::grants::{CORE, Permission, ROLES, WRITE, each_permission, written_grants};
use super::pod_security_labels::label;
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] =
    &[&PERSISTENTVOLUME_CREATE, &NETWORK_OBJECT_WRITE, &ENDPOINTS_EDIT_AGGREGATED, &EVENTS_OR_LOGS_DELETE];

rule! {
    /// Role may make persistent volumes
    ///
    /// A persistent volume may be any directory of any node, and Pod Security does not look at it: who makes one and
    /// claims it has the node's files. Provisioners need it; people ask for a claim.
    ///
    /// ```yaml bad:6
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata: { name: storage }
    /// rules:
    ///   - apiGroups: [""]
    ///     resources: [persistentvolumes]
    ///     verbs: [get, create]
    /// ```
    /// ```yaml good
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata: { name: storage }
    /// rules:
    ///   - { apiGroups: [""], resources: [persistentvolumes], verbs: [get, list] }
    ///   - { apiGroups: [""], resources: [persistentvolumeclaims], verbs: [create] }
    /// ```
    PERSISTENTVOLUME_CREATE = "k8s-persistentvolume-create" {
        check: Check::Object(ROLES, persistentvolume_create),
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &["kubescape:C-0278"],
    }
}

rule! {
    /// Role may change Services, routes or network policies
    ///
    /// Whoever changes them decides where requests go and who may connect: a Service that selects other pods gets the
    /// traffic of the first. Ingress controllers and pipelines need some of it. Gives way to the rule about endpoints in
    /// the role `edit`.
    ///
    /// ```yaml bad:6
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: Role
    /// metadata: { name: net }
    /// rules:
    ///   - apiGroups: [networking.k8s.io]
    ///     resources: [networkpolicies, ingresses]
    ///     verbs: [delete]
    /// ```
    /// ```yaml good
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: Role
    /// metadata: { name: net }
    /// rules:
    ///   - { apiGroups: ["", networking.k8s.io], resources: [services, ingresses], verbs: [get, list, watch] }
    ///   - { apiGroups: [networking.k8s.io], resources: [ingresses/status], verbs: [update] }
    /// ```
    NETWORK_OBJECT_WRITE = "k8s-network-object-write" {
        check: Check::Object(ROLES, network_object_write),
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &["trivy:KSV-0056"],
        yields_to: &["k8s-endpoints-edit-aggregated"],
    }
}

rule! {
    /// Everybody who may edit a namespace may write endpoints
    ///
    /// Who writes endpoints can point a Service, and the load balancer or Ingress before it, at pods of another namespace
    /// (CVE-2021-25740). Kubernetes took the right out of the role `edit` in 1.22; a role that is labelled to be added to
    /// `edit` brings it back, as does an old copy of Kubernetes' own.
    ///
    /// ```yaml bad:8
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata:
    ///   name: system:aggregate-to-edit
    ///   labels: { rbac.authorization.k8s.io/aggregate-to-edit: "true" }
    /// rules:
    ///   - apiGroups: [""]
    ///     resources: [configmaps, endpoints]
    ///     verbs: [create, delete, patch, update]
    /// ```
    /// ```yaml good
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata:
    ///   name: controller
    ///   labels: { rbac.authorization.k8s.io/aggregate-to-view: "true" }
    /// rules: [{ apiGroups: [""], resources: [endpoints], verbs: [update] }]
    /// ```
    ENDPOINTS_EDIT_AGGREGATED = "k8s-endpoints-edit-aggregated" {
        check: Check::Object(&["ClusterRole"], endpoints_edit_aggregated),
        severity: Severity::Low,
        profile: Profile::All,
        tags: &["cve-2021-25740"],
        peers: &["kyverno:other/restrict-edit-for-endpoints"],
    }
}

rule! {
    /// Role may delete events
    ///
    /// Events say what has happened to objects, and who covers their tracks deletes them. Nothing needs to: they end by
    /// themselves after an hour. Logs of pods have no verb to delete them.
    ///
    /// ```yaml bad:6
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: Role
    /// metadata: { name: tidy }
    /// rules:
    ///   - apiGroups: ["", events.k8s.io]
    ///     resources: [events]
    ///     verbs: [deletecollection]
    /// ```
    /// ```yaml good
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: Role
    /// metadata: { name: controller }
    /// rules: [{ apiGroups: ["", events.k8s.io], resources: [events], verbs: [create, patch] }]
    /// ```
    EVENTS_OR_LOGS_DELETE = "k8s-events-or-logs-delete" {
        check: Check::Object(ROLES, events_delete),
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &["trivy:KSV-0042", "kubescape:C-0031"],
    }
}

fn persistentvolume_create(role: &Object<'_>, report: &mut Report<'_>) {
    let permission = Permission { groups: CORE, resources: &["persistentvolumes"], verbs: &["create"] };
    each_permission(role, report, &permission, "leave it to provisioners; grant `persistentvolumeclaims`");
}

const NETWORK: &[Permission] = &[
    Permission { groups: CORE, resources: &["services", "endpoints"], verbs: WRITE },
    Permission { groups: &["discovery.k8s.io"], resources: &["endpointslices"], verbs: WRITE },
    Permission {
        groups: &["networking.k8s.io", "extensions"],
        resources: &["ingresses", "networkpolicies"],
        verbs: WRITE,
    },
];

fn network_object_write(role: &Object<'_>, report: &mut Report<'_>) {
    for grant in written_grants(role) {
        let Some(given) = NETWORK.iter().find_map(|kinds| kinds.given(&grant)) else { continue };
        report
            .at(given.place(), format!("{} {}", role.title(), given.phrase()))
            .help("leave it to controllers and pipelines");
    }
}

const TO_EDIT: &str = "rbac.authorization.k8s.io/aggregate-to-edit";
const ENDPOINTS: &[Permission] = &[
    Permission { groups: CORE, resources: &["endpoints"], verbs: WRITE },
    Permission { groups: &["discovery.k8s.io"], resources: &["endpointslices"], verbs: WRITE },
];

fn endpoints_edit_aggregated(role: &Object<'_>, report: &mut Report<'_>) {
    if label(role, TO_EDIT).present().is_none_or(|value| value.text() != "true") {
        return;
    }
    // Kubernetes' own copy counts as well: that is where the right once was.
    let given = |grant: Grant<'_>| {
        ENDPOINTS.iter().find_map(|permission| permission.given(&grant)).map(|g| (g.place().into(), g.phrase()))
    };
    let found: Vec<(crate::Place, String)> = grants(role).into_iter().filter_map(given).collect();
    for (place, phrase) in found {
        report
            .at(place, format!("{} adds to `edit`: it {phrase}", role.title()))
            .help("take endpoints out of this role");
    }
}

fn events_delete(role: &Object<'_>, report: &mut Report<'_>) {
    let permission =
        Permission { groups: &["", "events.k8s.io"], resources: &["events"], verbs: &["delete", "deletecollection"] };
    each_permission(role, report, &permission, "leave it out; events end by themselves");
}
