//! Microsoft Defender for Cloud.

use crate::terraform::prelude::*;

/// The rules of this file.
pub(crate) static RULES: &[&Rule] = &[&ALERT_EMAIL_DISABLED, &FREE_TIER];

rule! {
    /// Security contact gets no alert emails
    ///
    /// Alerts that nobody is told of are found when somebody next opens the portal.
    ALERT_EMAIL_DISABLED = "tf-azure-defender-alert-email-disabled" {
        severity: Severity::Medium,
        peers: &[
            "checkov:CKV_AZURE_21",
            "trivy:AZU-0044",
            "tfsec:azure-securitycenter-alert-on-severe-notifications",
        ],
        check: attribute(&Row {
            on: &[("azurerm_security_center_contact", "alert_notifications")],
            wrong: "false",
            right: "true",
            says: "gets no emails about alerts",
            help: "set `alert_notifications` to true",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// Defender for Cloud stays on the free tier
    ///
    /// The free tier gives advice, but does not look for attacks. The other one is paid for by resource, so the rule is in the
    /// profile `all`.
    FREE_TIER = "tf-azure-defender-free-tier" {
        severity: Severity::Low,
        profile: Profile::All,
        peers: &[
            "checkov:CKV_AZURE_19",
            "trivy:AZU-0045",
            "tfsec:azure-securitycenter-enable-standard-subscription",
        ],
        check: attribute(&Row {
            on: &[("azurerm_security_center_subscription_pricing", "tier")],
            wants: Want::Is("Standard"),
            wrong: "\"Free\"",
            right: "\"Standard\"",
            says: "stays on the free tier",
            help: "set `tier` to `Standard`",
            ..Row::DEFAULT
        }),
    }
}
