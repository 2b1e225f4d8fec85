//! Nodes of GKE clusters.
//!
//! The default pool of a cluster that removes it, and the nodes of Autopilot, are nobody's to set and are not judged. A
//! pool of its own is judged by itself: what its cluster gives it is not known.

use super::is_own_account;
use crate::terraform::prelude::*;

/// The rules of this file.
pub(crate) static RULES: &[&Rule] = &[
    &AUTO_REPAIR_DISABLED,
    &AUTO_UPGRADE_DISABLED,
    &METADATA_SERVER_DISABLED,
    &DEFAULT_SERVICE_ACCOUNT,
    &NODE_IMAGE_NOT_COS,
];

const STANDARD: Given = Given { path: "enable_autopilot", is: Want::False, absent: Holds::Yes };
const DEFAULT_POOL_KEPT: Given = Given { path: "remove_default_node_pool", is: Want::False, absent: Holds::Yes };
const NO_POOL_OF_ITS_OWN: Given =
    Given { path: "node_pool", is: Want::Passes(|value| Some(value.is_null())), absent: Holds::Yes };

rule! {
    /// GKE nodes are not repaired automatically
    ///
    /// A node that stops answering stays in the pool until somebody notices. Repair is on unless it is turned off.
    AUTO_REPAIR_DISABLED = "tf-google-gke-auto-repair-disabled" {
        severity: Severity::Low,
        peers: &["checkov:CKV_GCP_9", "trivy:GCP-0063", "tfsec:google-gke-enable-auto-repair"],
        check: attribute(&Row {
            on: &[
                ("google_container_node_pool", "management.auto_repair"),
                ("google_container_cluster", "node_pool.management.auto_repair"),
            ],
            wants: Want::True,
            absent: Absent::Passes,
            wrong: "false",
            right: "true",
            says: "does not repair its nodes",
            help: "set `auto_repair` to true",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// GKE nodes are not upgraded automatically
    ///
    /// Nodes fall behind the control plane, and known holes in kubelet and kernel stay open. Upgrades are on unless they are
    /// turned off.
    AUTO_UPGRADE_DISABLED = "tf-google-gke-auto-upgrade-disabled" {
        severity: Severity::Low,
        peers: &["checkov:CKV_GCP_10", "trivy:GCP-0058", "tfsec:google-gke-enable-auto-upgrade"],
        check: attribute(&Row {
            on: &[
                ("google_container_node_pool", "management.auto_upgrade"),
                ("google_container_cluster", "node_pool.management.auto_upgrade"),
            ],
            wants: Want::True,
            absent: Absent::Passes,
            wrong: "false",
            right: "true",
            says: "does not upgrade its nodes",
            help: "set `auto_upgrade` to true",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// GKE workloads can read the node metadata
    ///
    /// Any pod can ask the node's metadata server for the token of the node's account. GKE's own metadata server stands in
    /// between; it is on by default where the cluster has Workload Identity. Where a pool says nothing, its cluster decides
    /// and the rule is silent.
    ///
    /// ```hcl bad:4
    /// resource "google_container_node_pool" "main" {
    ///   node_config {
    ///     workload_metadata_config {
    ///       mode = "GCE_METADATA"
    ///     }
    ///   }
    /// }
    /// ```
    /// ```hcl bad:1
    /// resource "google_container_cluster" "main" {
    ///   initial_node_count = 3
    /// }
    /// ```
    /// ```hcl good
    /// resource "google_container_cluster" "main" {
    ///   node_config {
    ///     workload_metadata_config {
    ///       mode = "GKE_METADATA"
    ///     }
    ///   }
    /// }
    /// resource "google_container_cluster" "identity" {
    ///   workload_identity_config {
    ///     workload_pool = "project.svc.id.goog"
    ///   }
    /// }
    /// resource "google_container_cluster" "pools" {
    ///   remove_default_node_pool = true
    /// }
    /// resource "google_container_node_pool" "other" {}
    /// ```
    METADATA_SERVER_DISABLED = "tf-google-gke-metadata-server-disabled" {
        severity: Severity::High,
        peers: &["checkov:CKV_GCP_69", "trivy:GCP-0057", "tfsec:google-gke-node-metadata-security"],
        check: resource(&["google_container_cluster", "google_container_node_pool"], metadata_server_disabled),
    }
}

fn metadata_server_disabled(resource: &Resource, configuration: &Configuration, report: &mut Report<'_>) {
    let is_set = |name: &str| resource.body.get(name).is_some_and(|value| !value.is_null());
    let is_true = |name: &str| is_set(name) && resource.body.get(name).and_then(Value::as_bool) != Some(false);
    if is_true("enable_autopilot") || is_true("remove_default_node_pool") {
        return;
    }
    let help = "set `mode` to GKE_METADATA in `workload_metadata_config`, and `workload_pool` in the cluster's \
                `workload_identity_config`";
    let is_cluster = &*resource.kind == "google_container_cluster";
    let decides_alone =
        is_cluster && !is_set("workload_identity_config") && !is_set("node_pool") && !resource.body.open;
    for (path, modes) in [
        ("node_config.workload_metadata_config.mode", &["GKE_METADATA", "GKE_METADATA_SERVER"]),
        ("node_config.workload_metadata_config.node_metadata", &["GKE_METADATA_SERVER", "SECURE"]),
    ] {
        for lookup in lookups(resource, path) {
            match lookup {
                Lookup::Present(found) => match Want::In(modes).holds(found.value) {
                    Some(true) => return,
                    Some(false) => {
                        let message = format!("`{}` lets pods read the metadata of their node", resource.local);
                        report.at_value(found, resource, configuration, message).help(help);
                        return;
                    }
                    None => return report.undecided(),
                },
                Lookup::Absent(_) => {}
                Lookup::Unknown(_) => return report.undecided(),
            }
        }
    }
    if decides_alone {
        let message = format!("`{}` lets pods read the metadata of their node", resource.local);
        report.at_resource(resource, configuration, message).help(help);
    }
}

rule! {
    /// GKE nodes run as the default service account
    ///
    /// The default account of Compute Engine often is editor of the whole project, and every node, image pull and careless
    /// pod shares it. Node pools are judged, and clusters that keep their default pool.
    DEFAULT_SERVICE_ACCOUNT = "tf-google-gke-default-service-account" {
        severity: Severity::Medium,
        peers: &["checkov:CKV2_GCP_1", "trivy:GCP-0050", "tfsec:google-gke-use-service-account"],
        check: attribute(&Row {
            on: &[
                ("google_container_node_pool", "node_config.service_account"),
                ("google_container_cluster", "node_config.service_account"),
            ],
            given: &[STANDARD, DEFAULT_POOL_KEPT, NO_POOL_OF_ITS_OWN],
            wants: Want::Passes(|value| match value.as_str() {
                Some("default") => Some(false),
                _ => is_own_account(value),
            }),
            absent: Absent::Fails,
            wrong: "\"default\"",
            right: "\"nodes@project.iam.gserviceaccount.com\"",
            says: "runs its nodes as the default service account",
            help: "make a `google_service_account` for nodes and set `service_account` in `node_config`",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// GKE nodes run another image than Container-Optimized OS
    ///
    /// Container-Optimized OS has a read-only root and little besides the runtime, so there is less to patch and to attack.
    /// It is the default. Nodes for Windows have no choice; where Ubuntu is needed for a driver, leave the rule off.
    NODE_IMAGE_NOT_COS = "tf-google-gke-node-image-not-cos" {
        severity: Severity::Low,
        profile: Profile::OptIn,
        peers: &["checkov:CKV_GCP_22", "trivy:GCP-0054", "tfsec:google-gke-node-pool-uses-cos"],
        check: attribute(&Row {
            on: &[
                ("google_container_node_pool", "node_config.image_type"),
                ("google_container_cluster", "node_config.image_type"),
            ],
            wants: Want::Passes(|value| {
                let image = value.as_str()?.to_ascii_uppercase();
                Some(image.is_empty() || image.starts_with("COS") || image.starts_with("WINDOWS"))
            }),
            absent: Absent::Passes,
            wrong: "\"UBUNTU_CONTAINERD\"",
            right: "\"COS_CONTAINERD\"",
            says: "does not run Container-Optimized OS",
            help: "set `image_type` to COS_CONTAINERD",
            ..Row::DEFAULT
        }),
    }
}
