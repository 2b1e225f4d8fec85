//! Who reaches the control plane of a GKE cluster, and by what right.

use crate::terraform::prelude::*;

/// The rules of this file.
pub(crate) static RULES: &[&Rule] = &[
    &AUTHORIZED_NETWORKS_MISSING,
    &ENDPOINT_OPEN_TO_INTERNET,
    &CLUSTER_NOT_PRIVATE,
    &LEGACY_ABAC_ENABLED,
    &CLIENT_CERTIFICATE_ISSUED,
];

rule! {
    /// GKE control plane has no authorized networks
    ///
    /// The API server takes connections from any address, and one leaked token or one hole in it is enough. An empty block
    /// lets in nothing but Google's own addresses. Silent where the control plane has only a private endpoint, or none
    /// by address.
    AUTHORIZED_NETWORKS_MISSING = "tf-google-gke-authorized-networks-missing" {
        severity: Severity::High,
        peers: &["checkov:CKV_GCP_20", "trivy:GCP-0061", "tfsec:google-gke-enable-master-networks"],
        check: attribute(&Row {
            on: &[("google_container_cluster", "master_authorized_networks_config")],
            given: &[
                Given { path: "private_cluster_config.enable_private_endpoint", is: Want::False, absent: Holds::Yes },
                Given {
                    path: "control_plane_endpoints_config.ip_endpoints_config.enabled",
                    is: Want::True,
                    absent: Holds::Yes,
                },
            ],
            wants: Want::Present,
            absent: Absent::Fails,
            right: "{\n    cidr_blocks {\n      cidr_block = \"10.0.0.0/8\"\n    }\n  }",
            says: "lets every address reach its control plane",
            help: "add a `master_authorized_networks_config` block with the ranges that need it",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// GKE control plane is reachable from any address
    ///
    /// An authorized network of `0.0.0.0/0` undoes what authorized networks are for: the API server stands on the internet.
    ENDPOINT_OPEN_TO_INTERNET = "tf-google-gke-endpoint-open-to-internet" {
        severity: Severity::High,
        peers: &["checkov:CKV_GCP_18", "trivy:GCP-0053", "tfsec:google-gke-no-public-control-plane"],
        check: attribute(&Row {
            on: &[("google_container_cluster", "master_authorized_networks_config.cidr_blocks.cidr_block")],
            wants: Want::EndsWithNone(&["/0"]),
            absent: Absent::Passes,
            wrong: "\"0.0.0.0/0\"",
            right: "\"192.0.2.0/24\"",
            says: "lets every address reach its control plane",
            help: "name the ranges that need it",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// GKE cluster is not private
    ///
    /// Nodes have public addresses, so a port that is opened on one of them by mistake is on the internet. Private nodes
    /// need Cloud NAT for what they fetch, so the rule is in the profile `all` only.
    CLUSTER_NOT_PRIVATE = "tf-google-gke-cluster-not-private" {
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &[
            "checkov:CKV_GCP_25",
            "checkov:CKV_GCP_64",
            "trivy:GCP-0059",
            "tfsec:google-gke-enable-private-cluster",
        ],
        check: attribute(&Row {
            on: &[("google_container_cluster", "private_cluster_config.enable_private_nodes")],
            wants: Want::True,
            absent: Absent::Fails,
            wrong: "false",
            right: "true",
            says: "gives its nodes public addresses",
            help: "set `enable_private_nodes` to true in `private_cluster_config`",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// GKE cluster uses legacy attribute-based authorization
    ///
    /// With it every service account and node has rights that no role gave, and RBAC cannot take them away.
    LEGACY_ABAC_ENABLED = "tf-google-gke-legacy-abac-enabled" {
        severity: Severity::High,
        peers: &["checkov:CKV_GCP_7", "trivy:GCP-0062", "tfsec:google-gke-use-rbac-permissions"],
        check: attribute(&Row {
            on: &[("google_container_cluster", "enable_legacy_abac")],
            wants: Want::False,
            absent: Absent::Passes,
            wrong: "true",
            right: "false",
            says: "uses attribute-based authorization",
            help: "remove `enable_legacy_abac`",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// GKE cluster issues a client certificate
    ///
    /// A client certificate cannot be revoked: who has the file is in the cluster until its authority is replaced. No
    /// supported version issues one unless asked to.
    CLIENT_CERTIFICATE_ISSUED = "tf-google-gke-client-certificate-issued" {
        severity: Severity::High,
        peers: &["checkov:CKV_GCP_13", "trivy:GCP-0064", "tfsec:google-gke-no-legacy-authentication"],
        check: attribute(&Row {
            on: &[(
                "google_container_cluster",
                "master_auth.client_certificate_config.issue_client_certificate",
            )],
            wants: Want::False,
            absent: Absent::Passes,
            wrong: "true",
            right: "false",
            says: "issues a client certificate",
            help: "set `issue_client_certificate` to false",
            ..Row::DEFAULT
        }),
    }
}
