//! Subnetworks, TLS policies of load balancers, and the network that a project starts with.

use super::written_wrong;
use crate::terraform::prelude::*;

/// The rules of this file.
pub(crate) static RULES: &[&Rule] =
    &[&SUBNET_FLOW_LOGS_DISABLED, &SUBNET_PRIVATE_ACCESS_DISABLED, &SSL_POLICY_WEAK, &PROJECT_DEFAULT_NETWORK];

/// Subnetworks that hold no machines take neither setting.
const HOLDS_MACHINES: Given = Given {
    path: "purpose",
    is: Want::NotIn(&[
        "REGIONAL_MANAGED_PROXY",
        "GLOBAL_MANAGED_PROXY",
        "INTERNAL_HTTPS_LOAD_BALANCER",
        "PRIVATE_SERVICE_CONNECT",
        "PRIVATE_NAT",
        "PEER_MIGRATION",
    ]),
    absent: Holds::Yes,
};

rule! {
    /// Subnetwork has no flow logs
    ///
    /// Flow logs tell afterwards which machine talked to whom. They cost storage, so the rule is in the profile `all`
    /// only. Subnetworks for proxies and Private Service Connect have none.
    SUBNET_FLOW_LOGS_DISABLED = "tf-google-compute-subnet-flow-logs-disabled" {
        severity: Severity::Low,
        profile: Profile::All,
        peers: &[
            "checkov:CKV_GCP_26",
            "trivy:GCP-0029",
            "tfsec:google-compute-enable-vpc-flow-logs",
            "trivy:GCP-0076",
            "tfsec:google-compute-subnetwork-logging",
            "tfsec:google-misc-google-compute-subnetwork-logging-disabled",
            "tfsec:google-compute-google-compute-subnetwork-logging",
        ],
        check: attribute(&Row {
            on: &[("google_compute_subnetwork", "log_config")],
            given: &[HOLDS_MACHINES],
            wants: Want::Present,
            absent: Absent::Fails,
            right: "{\n    aggregation_interval = \"INTERVAL_10_MIN\"\n  }",
            says: "has no flow logs",
            help: "add a `log_config` block",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// Subnetwork reaches Google APIs over public addresses only
    ///
    /// Machines without an address of their own cannot reach storage or registries, and get one for that. With private
    /// access they need none. Subnetworks for proxies and Private Service Connect are left out.
    SUBNET_PRIVATE_ACCESS_DISABLED = "tf-google-compute-subnet-private-access-disabled" {
        severity: Severity::Low,
        profile: Profile::All,
        peers: &[
            "checkov:CKV_GCP_74",
            "trivy:GCP-0075",
            "tfsec:google-misc-google-compute-subnetwork-with-private-google-access-disable",
            "tfsec:google-compute-enable-subnetwork-private-google-access",
        ],
        check: attribute(&Row {
            on: &[("google_compute_subnetwork", "private_ip_google_access")],
            given: &[HOLDS_MACHINES],
            wants: Want::True,
            absent: Absent::Fails,
            wrong: "false",
            right: "true",
            says: "has no private access to Google APIs",
            help: "set `private_ip_google_access` to true",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// SSL policy accepts old TLS versions or weak ciphers
    ///
    /// TLS 1.0 and 1.1 and ciphers without forward secrecy are within reach of attackers, and are what a policy allows
    /// unless it says otherwise: `min_tls_version` is `TLS_1_0` and `profile` is `COMPATIBLE` where they are not set. The
    /// profiles `RESTRICTED` and `FIPS_202205` have nothing older than TLS 1.2. A `CUSTOM` profile is judged by its version
    /// and the ciphers that it names.
    ///
    /// ```hcl bad:1
    /// resource "google_compute_ssl_policy" "web" {
    ///   name    = "web"
    ///   profile = "MODERN"
    /// }
    /// ```
    /// ```hcl bad:4
    /// resource "google_compute_ssl_policy" "web" {
    ///   name            = "web"
    ///   profile         = "MODERN"
    ///   min_tls_version = "TLS_1_1"
    /// }
    /// ```
    /// ```hcl bad:4
    /// resource "google_compute_ssl_policy" "web" {
    ///   profile         = "CUSTOM"
    ///   min_tls_version = "TLS_1_2"
    ///   custom_features = ["TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "TLS_RSA_WITH_AES_256_CBC_SHA"]
    /// }
    /// ```
    /// ```hcl good
    /// variable "version" {}
    /// resource "google_compute_ssl_policy" "web" {
    ///   profile         = "MODERN"
    ///   min_tls_version = "TLS_1_2"
    /// }
    /// resource "google_compute_ssl_policy" "strict" {
    ///   profile = "RESTRICTED"
    /// }
    /// resource "google_compute_ssl_policy" "other" {
    ///   profile         = "MODERN"
    ///   min_tls_version = var.version
    /// }
    /// ```
    SSL_POLICY_WEAK = "tf-google-compute-ssl-policy-weak" {
        severity: Severity::Critical,
        peers: &["checkov:CKV_GCP_4", "trivy:GCP-0039", "tfsec:google-compute-use-secure-tls-policy"],
        check: resource(
            &["google_compute_ssl_policy", "google_compute_region_ssl_policy"],
            ssl_policy_weak,
        ),
    }
}

fn ssl_policy_weak(resource: &Resource, configuration: &Configuration, report: &mut Report<'_>) {
    let text = |name: &str| resource.body.get(name).filter(|value| !value.is_null());
    let profile = match text("profile").map(|value| value.as_str().ok_or(())).transpose() {
        Ok(profile) => profile.unwrap_or("COMPATIBLE"),
        Err(()) => return report.undecided(),
    };
    if matches!(profile, "RESTRICTED" | "FIPS_202205") {
        return;
    }
    let help = "set `min_tls_version` to TLS_1_2 and `profile` to MODERN or RESTRICTED";
    let versions = Want::In(&["TLS_1_2", "TLS_1_3"]);
    if let Some(version) = text("min_tls_version") {
        if versions.holds(version) != Some(true) {
            let says = "accepts old versions of TLS";
            return written_wrong(resource, configuration, report, ("min_tls_version", versions), (says, help));
        }
    } else if resource.body.open {
        return report.undecided();
    } else {
        let message = format!("`{}` accepts TLS 1.0: `min_tls_version` is not set", resource.local);
        report.at_resource(resource, configuration, message).help(help);
        return;
    }
    let says = "accepts ciphers without forward secrecy";
    match profile {
        "CUSTOM" => {
            let wants = Want::Passes(|value| value.as_str().map(|cipher| !cipher.starts_with("TLS_RSA_WITH_")));
            written_wrong(resource, configuration, report, ("custom_features[*]", wants), (says, help));
        }
        "COMPATIBLE" if text("profile").is_some() => {
            written_wrong(resource, configuration, report, ("profile", Want::IsNot("COMPATIBLE")), (says, help));
        }
        "COMPATIBLE" => {
            let message = format!("`{}` {says}: `profile` is not set", resource.local);
            report.at_resource(resource, configuration, message).help(help);
        }
        _ => {}
    }
}

rule! {
    /// Project is created with the default network
    ///
    /// The default network has a subnetwork in every region and a firewall that lets SSH and RDP in from everywhere, and
    /// whatever names no network lands in it.
    PROJECT_DEFAULT_NETWORK = "tf-google-project-default-network" {
        severity: Severity::High,
        peers: &["checkov:CKV_GCP_27", "trivy:GCP-0010", "tfsec:google-iam-no-default-network"],
        check: attribute(&Row {
            on: &[("google_project", "auto_create_network")],
            wants: Want::False,
            absent: Absent::Fails,
            wrong: "true",
            right: "false",
            says: "is created with the default network",
            help: "set `auto_create_network` to false",
            ..Row::DEFAULT
        }),
    }
}
