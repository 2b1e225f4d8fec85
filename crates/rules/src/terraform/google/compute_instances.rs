//! Virtual machines of Compute Engine: their addresses, their account, what they forward.
//!
//! What a template leaves to the machines that are made from it is judged there, not in the template.

use super::is_own_account;
use crate::terraform::prelude::*;

/// The rules of this file.
pub(crate) static RULES: &[&Rule] = &[&PUBLIC_IP, &DEFAULT_SERVICE_ACCOUNT, &IP_FORWARDING_ENABLED];

/// The machines of a GKE cluster are made by the cluster.
const NOT_OF_GKE: Given =
    Given { path: "name", is: Want::Passes(|name| Some(!name.text_prefix().starts_with("gke-"))), absent: Holds::Yes };

rule! {
    /// Compute instance has a public IP address
    ///
    /// A machine with an address of its own is scanned from the first minute, and the firewall is the only thing between it
    /// and everyone. Load balancers, Cloud NAT and Identity-Aware Proxy do without. An `access_config` block asks for an
    /// address, also an empty one.
    ///
    /// ```hcl bad:4
    /// resource "google_compute_instance" "web" {
    ///   network_interface {
    ///     network = "default"
    ///     access_config {}
    ///   }
    /// }
    /// ```
    /// ```hcl good
    /// resource "google_compute_instance" "web" {
    ///   network_interface {
    ///     network = "default"
    ///   }
    /// }
    /// ```
    /// ```hcl good
    /// variable "addresses" {}
    /// resource "google_compute_instance" "web" {
    ///   network_interface {
    ///     network = "default"
    ///     dynamic "access_config" {
    ///       for_each = var.addresses
    ///       content {}
    ///     }
    ///   }
    /// }
    /// ```
    PUBLIC_IP = "tf-google-compute-instance-public-ip" {
        severity: Severity::High,
        peers: &["checkov:CKV_GCP_40", "trivy:GCP-0031", "tfsec:google-compute-no-public-ip"],
        check: attribute(&Row {
            on: &[
                ("google_compute_instance", "network_interface.access_config"),
                ("google_compute_instance_template", "network_interface.access_config"),
                ("google_compute_region_instance_template", "network_interface.access_config"),
                ("google_compute_instance_from_template", "network_interface.access_config"),
            ],
            given: &[NOT_OF_GKE],
            // A block that is made for each of what is not known may not be made at all.
            wants: Want::Passes(|configs| match configs.as_list() {
                Some(list) if list.open => None,
                _ => Want::Nothing.holds(configs),
            }),
            absent: Absent::Passes,
            says: "has a public IP address",
            help: "remove the `access_config` block",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// Compute instance acts as the default service account
    ///
    /// The default account of Compute Engine is shared by everything in the project and often is editor of all of it: who
    /// is on the machine has its token. A `service_account` block without `email` takes it. A machine without such a block
    /// has no account.
    ///
    /// ```hcl bad:2
    /// resource "google_compute_instance" "web" {
    ///   service_account {
    ///     scopes = ["cloud-platform"]
    ///   }
    /// }
    /// ```
    /// ```hcl bad:4
    /// data "google_compute_default_service_account" "default" {}
    /// resource "google_compute_instance_template" "web" {
    ///   service_account {
    ///     email  = data.google_compute_default_service_account.default.email
    ///     scopes = ["cloud-platform"]
    ///   }
    /// }
    /// ```
    /// ```hcl good
    /// resource "google_service_account" "web" {
    ///   account_id = "web"
    /// }
    /// resource "google_compute_instance" "web" {
    ///   service_account {
    ///     email  = google_service_account.web.email
    ///     scopes = ["cloud-platform"]
    ///   }
    /// }
    /// resource "google_compute_instance" "none" {}
    /// ```
    DEFAULT_SERVICE_ACCOUNT = "tf-google-compute-default-service-account" {
        severity: Severity::Critical,
        peers: &[
            "checkov:CKV_GCP_30",
            "checkov:CKV_GCP_31",
            "trivy:GCP-0044",
            "tfsec:google-compute-no-default-service-account",
        ],
        check: attribute(&Row {
            on: &[
                ("google_compute_instance", "service_account.email"),
                ("google_compute_instance_template", "service_account.email"),
                ("google_compute_region_instance_template", "service_account.email"),
                ("google_compute_instance_from_template", "service_account.email"),
            ],
            given: &[NOT_OF_GKE, Given { path: "service_account", is: Want::Present, absent: Holds::No }],
            wants: Want::Passes(is_own_account),
            absent: Absent::Fails,
            says: "acts as the default service account",
            help: "make a `google_service_account` with the roles it needs and set `email` to its address",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// Compute instance forwards foreign packets
    ///
    /// With forwarding on, a machine sends and takes packets with addresses that are not its own: one that was broken into
    /// can pose as its neighbours. Only routers and NAT gateways need it.
    IP_FORWARDING_ENABLED = "tf-google-compute-ip-forwarding-enabled" {
        severity: Severity::High,
        peers: &["checkov:CKV_GCP_36", "trivy:GCP-0043", "tfsec:google-compute-no-ip-forwarding"],
        check: attribute(&Row {
            on: &[
                ("google_compute_instance", "can_ip_forward"),
                ("google_compute_instance_template", "can_ip_forward"),
                ("google_compute_region_instance_template", "can_ip_forward"),
                ("google_compute_instance_from_template", "can_ip_forward"),
            ],
            given: &[NOT_OF_GKE],
            wants: Want::False,
            absent: Absent::Passes,
            wrong: "true",
            right: "false",
            says: "forwards packets that are not its own",
            help: "remove `can_ip_forward`",
            ..Row::DEFAULT
        }),
    }
}
