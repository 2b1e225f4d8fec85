//! Firewalls of Google's networks that are open to everyone.
//!
//! Each firewall is judged by itself: that another one denies the same with a higher priority, and which machines its tags
//! and accounts select, is not asked. Ranges and ports that are not known give no finding.

use crate::terraform::network::{Direction, Ports, google_openings};
use crate::terraform::prelude::*;

/// The rules of this file.
pub(crate) static RULES: &[&Rule] =
    &[&SSH_OPEN, &RDP_OPEN, &RISKY_PORTS_OPEN, &ALL_PORTS_OPEN, &HTTP_OPEN, &EGRESS_OPEN];

const FIREWALL: &[&str] = &["google_compute_firewall"];

rule! {
    /// Firewall opens SSH to the internet
    ///
    /// Bots try port 22 of every address all day, and one guessed password or one leaked key lets them in. An allowed port
    /// range that contains 22 counts. A firewall for every port is reported by `tf-google-firewall-all-ports-open` alone.
    ///
    /// ```hcl bad:3
    /// resource "google_compute_firewall" "ssh" {
    ///   network       = "default"
    ///   source_ranges = ["0.0.0.0/0"]
    ///   allow {
    ///     protocol = "tcp"
    ///     ports    = ["20-25"]
    ///   }
    /// }
    /// ```
    /// ```hcl good
    /// resource "google_compute_firewall" "ssh" {
    ///   network       = "default"
    ///   source_ranges = ["35.235.240.0/20"]
    ///   allow {
    ///     protocol = "tcp"
    ///     ports    = ["22"]
    ///   }
    /// }
    /// resource "google_compute_firewall" "off" {
    ///   network       = "default"
    ///   disabled      = true
    ///   source_ranges = ["0.0.0.0/0"]
    ///   allow {
    ///     protocol = "tcp"
    ///     ports    = ["22"]
    ///   }
    /// }
    /// ```
    /// ```hcl good
    /// variable "offices" { type = list(string) }
    /// resource "google_compute_firewall" "ssh" {
    ///   network       = "default"
    ///   source_ranges = var.offices
    ///   allow {
    ///     protocol = "tcp"
    ///     ports    = ["22"]
    ///   }
    /// }
    /// ```
    SSH_OPEN = "tf-google-firewall-ssh-open" {
        severity: Severity::Critical,
        peers: &["checkov:CKV_GCP_2", "trivy:GCP-0071", "tfsec:google-compute-restrict-ssh-access"],
        yields_to: &["tf-google-firewall-all-ports-open"],
        check: resource(FIREWALL, |resource, configuration, report| {
            let says = "lets the whole internet reach SSH";
            let help = "name the ranges that need it, or only 35.235.240.0/20 and connect through Identity-Aware Proxy";
            judge(resource, Direction::In, configuration, report, (says, help), |ports| ports.has_tcp(22));
        }),
    }
}

rule! {
    /// Firewall opens RDP to the internet
    ///
    /// Remote desktops on port 3389 are a favourite way in for ransomware: passwords are guessed, and old servers have holes
    /// that need none. An allowed port range that contains 3389 counts.
    ///
    /// ```hcl bad:3
    /// resource "google_compute_firewall" "desktop" {
    ///   network       = "default"
    ///   source_ranges = ["10.0.0.0/8", "::/0"]
    ///   allow {
    ///     protocol = "tcp"
    ///     ports    = [22, 3389]
    ///   }
    /// }
    /// ```
    /// ```hcl good
    /// resource "google_compute_firewall" "desktop" {
    ///   network     = "default"
    ///   source_tags = ["bastion"]
    ///   allow {
    ///     protocol = "tcp"
    ///     ports    = ["3389"]
    ///   }
    /// }
    /// ```
    RDP_OPEN = "tf-google-firewall-rdp-open" {
        severity: Severity::High,
        peers: &["checkov:CKV_GCP_3", "trivy:GCP-0070", "tfsec:google-compute-no-open-rdp-access"],
        yields_to: &["tf-google-firewall-all-ports-open"],
        check: resource(FIREWALL, |resource, configuration, report| {
            let says = "lets the whole internet reach RDP";
            let help = "name the ranges that need it, or only 35.235.240.0/20 and connect through Identity-Aware Proxy";
            judge(resource, Direction::In, configuration, report, (says, help), |ports| ports.has_tcp(3389));
        }),
    }
}

rule! {
    /// Firewall opens FTP or MySQL to the internet
    ///
    /// FTP sends passwords in the clear, and a database has no business on the internet. Ports 20, 21 and 3306 of TCP are
    /// looked at, by themselves or in a range.
    ///
    /// ```hcl bad:3
    /// resource "google_compute_firewall" "database" {
    ///   network       = "default"
    ///   source_ranges = ["0.0.0.0/0"]
    ///   allow {
    ///     protocol = "tcp"
    ///     ports    = ["3306"]
    ///   }
    /// }
    /// ```
    /// ```hcl good
    /// resource "google_compute_firewall" "database" {
    ///   network       = "default"
    ///   source_ranges = ["10.0.0.0/8"]
    ///   allow {
    ///     protocol = "tcp"
    ///     ports    = ["3306"]
    ///   }
    /// }
    /// ```
    RISKY_PORTS_OPEN = "tf-google-firewall-risky-ports-open" {
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &["checkov:CKV_GCP_88", "checkov:CKV_GCP_75"],
        yields_to: &["tf-google-firewall-all-ports-open"],
        check: resource(FIREWALL, |resource, configuration, report| {
            let says = "lets the whole internet reach FTP or MySQL";
            let opens = |ports: Ports| Some(ports.has_tcp(20)? || ports.has_tcp(21)? || ports.has_tcp(3306)?);
            judge(resource, Direction::In, configuration, report, (says, "name the ranges that need it"), opens);
        }),
    }
}

rule! {
    /// Firewall opens every port to the internet
    ///
    /// Whatever listens on the machines now or later is on the internet: databases, debuggers, the agents of the cloud. A
    /// protocol without `ports` allows all of its ports.
    ///
    /// ```hcl bad:3
    /// resource "google_compute_firewall" "all" {
    ///   network       = "default"
    ///   source_ranges = ["0.0.0.0/0"]
    ///   allow {
    ///     protocol = "all"
    ///   }
    /// }
    /// ```
    /// ```hcl bad:1
    /// resource "google_compute_firewall" "all" {
    ///   network = "default"
    ///   allow {
    ///     protocol = "tcp"
    ///   }
    /// }
    /// ```
    /// ```hcl good
    /// resource "google_compute_firewall" "web" {
    ///   network       = "default"
    ///   source_ranges = ["0.0.0.0/0"]
    ///   allow {
    ///     protocol = "icmp"
    ///   }
    ///   allow {
    ///     protocol = "tcp"
    ///     ports    = ["443"]
    ///   }
    /// }
    /// ```
    ALL_PORTS_OPEN = "tf-google-firewall-all-ports-open" {
        severity: Severity::High,
        peers: &[
            "checkov:CKV2_GCP_12",
            "trivy:GCP-0027",
            "tfsec:google-compute-no-public-ingress",
            "trivy:GCP-0072",
            "tfsec:google-compute-disable-allow-all-ports",
        ],
        check: resource(FIREWALL, |resource, configuration, report| {
            let says = "lets the whole internet reach every port";
            let help = "name the ports that are needed, and the ranges that need them";
            judge(resource, Direction::In, configuration, report, (says, help), Ports::is_every);
        }),
    }
}

rule! {
    /// Firewall opens HTTP to the internet
    ///
    /// What is served on port 80 is served in the clear. Load balancers and redirects to HTTPS need it open, so the rule is
    /// in the profile `all` only.
    ///
    /// ```hcl bad:3
    /// resource "google_compute_firewall" "web" {
    ///   network       = "default"
    ///   source_ranges = ["0.0.0.0/0"]
    ///   allow {
    ///     protocol = "tcp"
    ///     ports    = ["80", "443"]
    ///   }
    /// }
    /// ```
    /// ```hcl good
    /// resource "google_compute_firewall" "web" {
    ///   network       = "default"
    ///   source_ranges = ["0.0.0.0/0"]
    ///   allow {
    ///     protocol = "tcp"
    ///     ports    = ["443"]
    ///   }
    /// }
    /// ```
    HTTP_OPEN = "tf-google-firewall-http-open" {
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &["checkov:CKV_GCP_106"],
        yields_to: &["tf-google-firewall-all-ports-open"],
        check: resource(FIREWALL, |resource, configuration, report| {
            let says = "lets the whole internet reach port 80";
            let help = "serve HTTPS, and leave port 80 to a load balancer";
            judge(resource, Direction::In, configuration, report, (says, help), |ports| ports.has_tcp(80));
        }),
    }
}

rule! {
    /// Firewall lets traffic out to any address
    ///
    /// Without any rule a network lets everything out already; one that allows it by name takes effect over those that
    /// deny with a lower priority, and what breaks in can call home. Many teams leave this open on purpose.
    ///
    /// ```hcl bad:4
    /// resource "google_compute_firewall" "out" {
    ///   network            = "default"
    ///   direction          = "EGRESS"
    ///   destination_ranges = ["0.0.0.0/0"]
    ///   allow {
    ///     protocol = "tcp"
    ///     ports    = ["25"]
    ///   }
    /// }
    /// ```
    /// ```hcl good
    /// resource "google_compute_firewall" "out" {
    ///   network            = "default"
    ///   direction          = "EGRESS"
    ///   destination_ranges = ["0.0.0.0/0"]
    ///   deny {
    ///     protocol = "all"
    ///   }
    /// }
    /// ```
    EGRESS_OPEN = "tf-google-firewall-egress-open" {
        severity: Severity::Low,
        profile: Profile::All,
        peers: &["trivy:GCP-0035", "tfsec:google-compute-no-public-egress"],
        check: resource(FIREWALL, |resource, configuration, report| {
            let says = "lets traffic out to any address";
            let help = "name the ranges that are needed in `destination_ranges`";
            judge(resource, Direction::Out, configuration, report, (says, help), |_| Some(true));
        }),
    }
}

/// Reports each range without bounds, or the firewall where it has no range, if `opens` says so of one of its ports.
fn judge(
    resource: &Resource,
    direction: Direction,
    configuration: &Configuration,
    report: &mut Report<'_>,
    (says, help): (&str, &'static str),
    opens: impl Fn(Ports) -> Option<bool>,
) {
    let firewall = match google_openings(resource, direction) {
        Ok(Some(firewall)) => firewall,
        Ok(None) => return,
        Err(unknown) => return (0..unknown).for_each(|_| report.undecided()),
    };
    let answers: Vec<Option<bool>> = firewall.ports.iter().map(|&ports| opens(ports)).collect();
    if answers.contains(&Some(true)) {
        let message = format!("`{}` {says}", resource.local);
        for &range in &firewall.ranges {
            report.at_value(range, resource, configuration, message.clone()).help(help);
        }
        if firewall.ranges.is_empty() {
            report.at_resource(resource, configuration, message).help(help);
        }
    } else if answers.contains(&None) {
        report.undecided();
    }
}
