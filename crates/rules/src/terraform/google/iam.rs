//! Roles that are granted on projects, folders and organizations.
//!
//! What a condition of the grant takes back is not asked. Members and roles that are not known give no finding.

use super::is_own_account;
use crate::terraform::prelude::*;

/// The rules of this file.
pub(crate) static RULES: &[&Rule] = &[
    &SERVICE_ACCOUNT_IMPERSONATION_BROAD,
    &DEFAULT_SERVICE_ACCOUNT_GRANTED,
    &BASIC_ROLE_GRANTED,
    &BASIC_VIEWER_GRANTED,
    &SERVICE_ACCOUNT_PRIVILEGED,
];

const BY_ROLE: &[(&str, &str)] = &[
    ("google_project_iam_member", "role"),
    ("google_project_iam_binding", "role"),
    ("google_folder_iam_member", "role"),
    ("google_folder_iam_binding", "role"),
    ("google_organization_iam_member", "role"),
    ("google_organization_iam_binding", "role"),
];
const GRANTS: &[&str] = &[
    "google_project_iam_member",
    "google_project_iam_binding",
    "google_folder_iam_member",
    "google_folder_iam_binding",
    "google_organization_iam_member",
    "google_organization_iam_binding",
];

rule! {
    /// Role lets members act as every service account
    ///
    /// Granted on a project, folder or organization, the role holds for all service accounts in it, those to come included:
    /// its members have every right that any of them has. Granted on one service account it is fine. The roles of Google's own
    /// service agents count where they are given to another account that is named.
    ///
    /// ```hcl bad:3
    /// resource "google_project_iam_member" "ci" {
    ///   project = "shop"
    ///   role    = "roles/iam.serviceAccountTokenCreator"
    ///   member  = "group:ci@example.com"
    /// }
    /// ```
    /// ```hcl bad:3
    /// resource "google_project_iam_binding" "functions" {
    ///   project = "shop"
    ///   role    = "roles/cloudfunctions.serviceAgent"
    ///   members = ["serviceAccount:web@shop.iam.gserviceaccount.com"]
    /// }
    /// ```
    /// ```hcl good
    /// resource "google_project_iam_member" "web" {
    ///   project = "shop"
    ///   role    = "roles/storage.objectViewer"
    ///   member  = "serviceAccount:web@shop.iam.gserviceaccount.com"
    /// }
    /// resource "google_project_iam_member" "agent" {
    ///   project = "shop"
    ///   role    = "roles/cloudfunctions.serviceAgent"
    ///   member  = "serviceAccount:service-123456789012@gcf-admin-robot.iam.gserviceaccount.com"
    /// }
    /// ```
    SERVICE_ACCOUNT_IMPERSONATION_BROAD = "tf-google-iam-service-account-impersonation-broad" {
        severity: Severity::Medium,
        peers: &[
            "checkov:CKV_GCP_41",
            "checkov:CKV_GCP_49",
            "trivy:GCP-0011",
            "tfsec:google-iam-no-project-level-service-account-impersonation",
            "trivy:GCP-0005",
            "tfsec:google-iam-no-folder-level-service-account-impersonation",
            "trivy:GCP-0009",
            "tfsec:google-iam-no-org-level-service-account-impersonation",
        ],
        check: resource(GRANTS, |resource, configuration, report| {
            let row = if is_for_others(resource) { &AGENT } else { &IMPERSONATION };
            row.check(&resource.kind, resource, configuration, report);
        }),
    }
}

static IMPERSONATION: Row = Row {
    on: BY_ROLE,
    wants: Want::NotIn(IMPERSONATORS),
    absent: Absent::Passes,
    says: "lets its members act as every service account",
    help: "grant the role on the one service account, by `google_service_account_iam_member`",
    ..Row::DEFAULT
};

static AGENT: Row = Row {
    wants: Want::Passes(|role| {
        let is_agent = role.as_str().is_some_and(|role| role.ends_with(".serviceAgent"));
        if is_agent { Some(false) } else { Want::NotIn(IMPERSONATORS).holds(role) }
    }),
    ..IMPERSONATION
};

const IMPERSONATORS: &[&str] =
    &["roles/iam.serviceAccountUser", "roles/iam.serviceAccountTokenCreator", "roles/iam.workloadIdentityUser"];

/// Whether a grant certainly names a service account that is no agent of Google's: those begin with `service-`, or have a
/// domain of their own.
fn is_for_others(grant: &Resource) -> bool {
    let members = ["member", "members[*]"].into_iter().flat_map(|path| lookups(grant, path));
    let mut names = members.filter_map(|it| if let Lookup::Present(found) = it { found.value.as_str() } else { None });
    names.any(|name| {
        let Some((account, domain)) = name.strip_prefix("serviceAccount:").and_then(|name| name.split_once('@')) else {
            return false;
        };
        let is_own = domain == "developer.gserviceaccount.com" || domain.ends_with(".iam.gserviceaccount.com");
        is_own && !account.starts_with("service-") && !domain.starts_with("gcp-sa-")
    })
}

rule! {
    /// Role is granted to a default service account
    ///
    /// The default accounts of Compute Engine and App Engine are shared by everything that names no other: the role goes to
    /// all of it.
    DEFAULT_SERVICE_ACCOUNT_GRANTED = "tf-google-iam-default-service-account-granted" {
        severity: Severity::Medium,
        peers: &[
            "checkov:CKV_GCP_46",
            "checkov:CKV_GCP_48",
            "checkov:CKV_GCP_47",
            "trivy:GCP-0006",
            "tfsec:google-iam-no-project-level-default-service-account-assignment",
            "trivy:GCP-0004",
            "tfsec:google-iam-no-folder-level-default-service-account-assignment",
            "trivy:GCP-0008",
            "tfsec:google-iam-no-org-level-default-service-account-assignment",
        ],
        check: attribute(&Row {
            on: &[
                ("google_project_iam_member", "member"),
                ("google_project_iam_binding", "members[*]"),
                ("google_folder_iam_member", "member"),
                ("google_folder_iam_binding", "members[*]"),
                ("google_organization_iam_member", "member"),
                ("google_organization_iam_binding", "members[*]"),
            ],
            wants: Want::Passes(is_own_account),
            absent: Absent::Passes,
            wrong: "\"serviceAccount:123456789012-compute@developer.gserviceaccount.com\"",
            right: "\"serviceAccount:web@project.iam.gserviceaccount.com\"",
            says: "grants the role to a default service account",
            help: "make a `google_service_account` for what needs the role",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// Basic owner or editor role is granted
    ///
    /// Editors change nearly everything in all services and owners everything, so one lost account loses the project.
    /// Predefined roles give what is needed and no more.
    BASIC_ROLE_GRANTED = "tf-google-iam-basic-role-granted" {
        severity: Severity::High,
        peers: &[
            "checkov:CKV_GCP_117",
            "checkov:CKV_GCP_116",
            "checkov:CKV_GCP_115",
            "trivy:GCP-0007",
            "tfsec:google-iam-no-privileged-service-accounts",
        ],
        check: attribute(&Row {
            on: BY_ROLE,
            wants: Want::NotIn(&["roles/owner", "roles/editor"]),
            absent: Absent::Passes,
            wrong: "\"roles/editor\"",
            right: "\"roles/storage.objectViewer\"",
            says: "grants a basic role",
            help: "grant the predefined roles that are needed",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// Basic viewer role is granted
    ///
    /// Viewers read the settings and much of the data of all services, those that come later included. Reading is less than
    /// changing, and teams look around with it, so the rule is in the profile `all` only.
    BASIC_VIEWER_GRANTED = "tf-google-iam-basic-viewer-granted" {
        severity: Severity::Low,
        profile: Profile::All,
        peers: &["checkov:CKV_GCP_117", "checkov:CKV_GCP_116", "checkov:CKV_GCP_115"],
        check: attribute(&Row {
            on: BY_ROLE,
            wants: Want::IsNot("roles/viewer"),
            absent: Absent::Passes,
            wrong: "\"roles/viewer\"",
            right: "\"roles/storage.objectViewer\"",
            says: "grants the basic viewer role",
            help: "grant the predefined roles that are needed",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// Service account is granted an administrator's role
    ///
    /// Whoever gets at the account, by its key or by the machine it runs on, administers the service for the whole project.
    /// Accounts that deploy need such roles, so the rule is in the profile `all` only. Owner and editor are reported by
    /// `tf-google-iam-basic-role-granted` alone.
    ///
    /// ```hcl bad:3
    /// resource "google_project_iam_member" "ci" {
    ///   project = "shop"
    ///   role    = "roles/compute.admin"
    ///   member  = "serviceAccount:ci@shop.iam.gserviceaccount.com"
    /// }
    /// ```
    /// ```hcl good
    /// resource "google_project_iam_member" "people" {
    ///   project = "shop"
    ///   role    = "roles/compute.admin"
    ///   member  = "group:admins@example.com"
    /// }
    /// resource "google_project_iam_member" "ci" {
    ///   project = "shop"
    ///   role    = "roles/run.developer"
    ///   member  = "serviceAccount:ci@shop.iam.gserviceaccount.com"
    /// }
    /// ```
    SERVICE_ACCOUNT_PRIVILEGED = "tf-google-iam-service-account-privileged" {
        severity: Severity::High,
        profile: Profile::All,
        peers: &["checkov:CKV_GCP_42", "trivy:GCP-0007", "tfsec:google-iam-no-privileged-service-accounts"],
        yields_to: &["tf-google-iam-basic-role-granted"],
        check: resource(GRANTS, |resource, configuration, report| {
            let Some(Lookup::Present(role)) = lookups(resource, "role").first().copied() else { return };
            let is_powerful = |role: &str| {
                matches!(role, "roles/owner" | "roles/editor") || role.ends_with("Admin") || role.ends_with(".admin")
            };
            match role.value.as_str() {
                Some(role) if is_powerful(role) => {}
                Some(_) => return,
                None => return report.undecided(),
            }
            let members = ["member", "members[*]"].into_iter().flat_map(|path| lookups(resource, path));
            let mut undecided = false;
            for member in members {
                let Lookup::Present(member) = member else { continue };
                let is_address = |name: &str| name.ends_with(".gserviceaccount.com");
                if member.value.text_prefix().starts_with("serviceAccount:")
                    || member.value.as_str().is_some_and(is_address)
                {
                    let message = format!("`{}` makes a service account an administrator", resource.local);
                    report
                        .at_value(role, resource, configuration, message)
                        .help("grant the narrower roles that are needed");
                    return;
                }
                undecided |= member.value.as_str().is_none();
            }
            if undecided {
                report.undecided();
            }
        }),
    }
}
