//! GKE clusters: what they enforce, log and follow.
//!
//! Autopilot sets most of it by itself; what it does not let anyone choose is not asked of it.

use super::written_wrong;
use crate::terraform::prelude::*;

/// The rules of this file.
pub(crate) static RULES: &[&Rule] = &[
    &NETWORK_POLICY_DISABLED,
    &LOGGING_DISABLED,
    &MONITORING_DISABLED,
    &ALIAS_IP_DISABLED,
    &SHIELDED_NODES_DISABLED,
    &BINARY_AUTHORIZATION_DISABLED,
    &RELEASE_CHANNEL_MISSING,
];

const CLUSTER: &[&str] = &["google_container_cluster"];
const STANDARD: Given = Given { path: "enable_autopilot", is: Want::False, absent: Holds::Yes };

rule! {
    /// GKE cluster enforces no network policy
    ///
    /// NetworkPolicy objects are accepted and do nothing: every pod reaches every other one. Dataplane V2 and Autopilot
    /// enforce them without further settings.
    NETWORK_POLICY_DISABLED = "tf-google-gke-network-policy-disabled" {
        severity: Severity::Medium,
        peers: &["checkov:CKV_GCP_12", "trivy:GCP-0056", "tfsec:google-gke-enable-network-policy"],
        check: attribute(&Row {
            on: &[("google_container_cluster", "network_policy.enabled")],
            given: &[
                STANDARD,
                Given { path: "datapath_provider", is: Want::IsNot("ADVANCED_DATAPATH"), absent: Holds::Yes },
            ],
            wants: Want::True,
            absent: Absent::Fails,
            wrong: "false",
            right: "true",
            says: "does not enforce network policies",
            help: "set `datapath_provider` to ADVANCED_DATAPATH, or `enabled` to true in `network_policy`",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// GKE cluster switches Cloud Logging off
    ///
    /// Logs are gone with the node or the pod that wrote them, and with them the traces of an attack. Logging is on unless
    /// it is turned off by `logging_service` or by an empty list of components, or left to the service of before, which GKE has
    /// taken away.
    ///
    /// ```hcl bad:2
    /// resource "google_container_cluster" "main" {
    ///   logging_service = "none"
    /// }
    /// ```
    /// ```hcl bad:3
    /// resource "google_container_cluster" "main" {
    ///   logging_config {
    ///     enable_components = []
    ///   }
    /// }
    /// ```
    /// ```hcl good
    /// resource "google_container_cluster" "main" {
    ///   logging_config {
    ///     enable_components = ["SYSTEM_COMPONENTS"]
    ///   }
    /// }
    /// resource "google_container_cluster" "other" {}
    /// ```
    LOGGING_DISABLED = "tf-google-gke-logging-disabled" {
        severity: Severity::Low,
        peers: &["checkov:CKV_GCP_1", "trivy:GCP-0060", "tfsec:google-gke-enable-stackdriver-logging"],
        check: resource(CLUSTER, |resource, configuration, report| {
            let texts = ("does not send its logs to Cloud Logging", "name SYSTEM_COMPONENTS and WORKLOADS in `logging_config`");
            let service = ("logging_service", Want::NotIn(&["none", "logging.googleapis.com"]));
            written_wrong(resource, configuration, report, service, texts);
            let components = ("logging_config.enable_components", Want::Present);
            written_wrong(resource, configuration, report, components, texts);
        }),
    }
}

rule! {
    /// GKE cluster switches Cloud Monitoring off
    ///
    /// Nobody sees that nodes are full or pods die. Monitoring is on unless it is turned off by `monitoring_service` or by
    /// an empty list of components, or left to the service of before, which GKE has taken away; a cluster that another system
    /// watches can be left out by a suppression.
    ///
    /// ```hcl bad:2
    /// resource "google_container_cluster" "main" {
    ///   monitoring_service = "none"
    /// }
    /// ```
    /// ```hcl good
    /// resource "google_container_cluster" "main" {
    ///   monitoring_config {
    ///     enable_components = ["SYSTEM_COMPONENTS"]
    ///   }
    /// }
    /// resource "google_container_cluster" "other" {}
    /// ```
    MONITORING_DISABLED = "tf-google-gke-monitoring-disabled" {
        severity: Severity::Low,
        peers: &["checkov:CKV_GCP_8", "trivy:GCP-0052", "tfsec:google-gke-enable-stackdriver-monitoring"],
        check: resource(CLUSTER, |resource, configuration, report| {
            let texts = ("does not send metrics to Cloud Monitoring", "name SYSTEM_COMPONENTS in `monitoring_config`");
            let service = ("monitoring_service", Want::NotIn(&["none", "monitoring.googleapis.com"]));
            written_wrong(resource, configuration, report, service, texts);
            let components = ("monitoring_config.enable_components", Want::Present);
            written_wrong(resource, configuration, report, components, texts);
        }),
    }
}

rule! {
    /// GKE cluster is not VPC-native
    ///
    /// Pods of a cluster with routes are no citizens of the network: firewalls cannot tell them from their node, and private
    /// access to services does not work. VPC-native is the default since version 5 of the provider.
    ALIAS_IP_DISABLED = "tf-google-gke-alias-ip-disabled" {
        severity: Severity::Low,
        profile: Profile::All,
        peers: &["checkov:CKV_GCP_23", "trivy:GCP-0049", "tfsec:google-gke-enable-ip-aliasing"],
        check: attribute(&Row {
            on: &[("google_container_cluster", "networking_mode")],
            given: &[
                STANDARD,
                Given {
                    path: "ip_allocation_policy",
                    is: Want::Passes(|value| Some(value.is_null())),
                    absent: Holds::Yes,
                },
            ],
            wants: Want::IsNot("ROUTES"),
            absent: Absent::FailsBefore("google", 5),
            wrong: "\"ROUTES\"",
            right: "\"VPC_NATIVE\"",
            says: "gives its pods no addresses of the network",
            help: "add an `ip_allocation_policy` block, or set `networking_mode` to VPC_NATIVE",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// GKE cluster switches shielded nodes off
    ///
    /// Without them a pod that reads the node's credentials can pose as any node to the control plane. They are on unless
    /// somebody turns them off.
    SHIELDED_NODES_DISABLED = "tf-google-gke-shielded-nodes-disabled" {
        severity: Severity::High,
        peers: &["checkov:CKV_GCP_71", "trivy:GCP-0055", "tfsec:google-gke-node-shielding-enabled"],
        check: attribute(&Row {
            on: &[("google_container_cluster", "enable_shielded_nodes")],
            given: &[STANDARD],
            wants: Want::True,
            absent: Absent::Passes,
            wrong: "false",
            right: "true",
            says: "switches shielded nodes off",
            help: "remove `enable_shielded_nodes`",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// GKE cluster admits images without Binary Authorization
    ///
    /// Any image that a pod names is run, signed by the build or not. `PROJECT_SINGLETON_POLICY_ENFORCE` passes, with policy
    /// bindings beside it or without, and so does the older `enabled`.
    ///
    /// ```hcl bad:1
    /// resource "google_container_cluster" "main" {
    ///   name = "main"
    /// }
    /// ```
    /// ```hcl bad:3
    /// resource "google_container_cluster" "main" {
    ///   binary_authorization {
    ///     evaluation_mode = "DISABLED"
    ///   }
    /// }
    /// ```
    /// ```hcl good
    /// variable "mode" {}
    /// resource "google_container_cluster" "main" {
    ///   binary_authorization {
    ///     evaluation_mode = "PROJECT_SINGLETON_POLICY_ENFORCE"
    ///   }
    /// }
    /// resource "google_container_cluster" "old" {
    ///   enable_binary_authorization = true
    /// }
    /// resource "google_container_cluster" "other" {
    ///   binary_authorization {
    ///     evaluation_mode = var.mode
    ///   }
    /// }
    /// ```
    BINARY_AUTHORIZATION_DISABLED = "tf-google-gke-binary-authorization-disabled" {
        severity: Severity::Low,
        profile: Profile::All,
        peers: &["checkov:CKV_GCP_66"],
        check: attribute(&Row {
            on: &[("google_container_cluster", "binary_authorization.evaluation_mode")],
            given: &[
                Given { path: "enable_binary_authorization", is: Want::False, absent: Holds::Yes },
                Given { path: "binary_authorization.enabled", is: Want::False, absent: Holds::Yes },
            ],
            wants: Want::In(&["PROJECT_SINGLETON_POLICY_ENFORCE", "POLICY_BINDINGS_AND_PROJECT_SINGLETON_POLICY_ENFORCE"]),
            absent: Absent::Fails,
            says: "runs images without Binary Authorization",
            help: "set `evaluation_mode` to PROJECT_SINGLETON_POLICY_ENFORCE in `binary_authorization`",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// GKE cluster follows no release channel
    ///
    /// Versions are upgraded when somebody thinks of it, and at the end of support all at once. Autopilot always follows
    /// a channel.
    RELEASE_CHANNEL_MISSING = "tf-google-gke-release-channel-missing" {
        severity: Severity::Low,
        profile: Profile::All,
        peers: &["checkov:CKV_GCP_70"],
        check: attribute(&Row {
            on: &[("google_container_cluster", "release_channel.channel")],
            given: &[STANDARD],
            wants: Want::IsNot("UNSPECIFIED"),
            absent: Absent::Fails,
            wrong: "\"UNSPECIFIED\"",
            right: "\"REGULAR\"",
            says: "follows no release channel",
            help: "set `channel` to REGULAR or STABLE in `release_channel`",
            ..Row::DEFAULT
        }),
    }
}
