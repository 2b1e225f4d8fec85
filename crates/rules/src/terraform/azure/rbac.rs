//! Roles in Azure.

use portcullis_model::terraform::value::Piece;

use crate::terraform::prelude::*;

/// The rules of this file.
pub(crate) static RULES: &[&Rule] = &[&CUSTOM_OWNER_ROLE, &ROLE_ESCALATION];

rule! {
    /// Custom role grants every action on a subscription
    ///
    /// It is the role Owner by another name, and whoever counts the owners does not see it. Roles for a group of resources, and
    /// roles that take actions out again, are not reported; neither is a scope that is not known.
    ///
    /// ```hcl bad:5
    /// resource "azurerm_role_definition" "admin" {
    ///   name  = "admin"
    ///   scope = "/subscriptions/00000000-0000-0000-0000-000000000000"
    ///   permissions {
    ///     actions = ["*"]
    ///   }
    /// }
    /// ```
    /// ```hcl bad:6
    /// data "azurerm_subscription" "current" {}
    /// resource "azurerm_role_definition" "admin" {
    ///   name  = "admin"
    ///   scope = data.azurerm_subscription.current.id
    ///   permissions {
    ///     actions = ["*"]
    ///   }
    /// }
    /// ```
    /// ```hcl good
    /// variable "scope" {}
    /// resource "azurerm_role_definition" "reader" {
    ///   name  = "reader"
    ///   scope = "/subscriptions/00000000-0000-0000-0000-000000000000"
    ///   permissions {
    ///     actions = ["*/read"]
    ///   }
    /// }
    /// resource "azurerm_role_definition" "team" {
    ///   name  = "team"
    ///   scope = azurerm_resource_group.team.id
    ///   permissions {
    ///     actions = ["*"]
    ///   }
    /// }
    /// resource "azurerm_role_definition" "contributor" {
    ///   name  = "contributor"
    ///   scope = "/subscriptions/00000000-0000-0000-0000-000000000000"
    ///   permissions {
    ///     actions     = ["*"]
    ///     not_actions = ["Microsoft.Authorization/*/Write"]
    ///   }
    /// }
    /// resource "azurerm_role_definition" "other" {
    ///   name  = "other"
    ///   scope = var.scope
    ///   permissions {
    ///     actions = ["*"]
    ///   }
    /// }
    /// ```
    CUSTOM_OWNER_ROLE = "tf-azure-rbac-custom-owner-role" {
        severity: Severity::Medium,
        peers: &[
            "checkov:CKV_AZURE_39",
            "trivy:AZU-0030",
            "tfsec:azure-authorization-limit-role-actions",
        ],
        check: attribute(&Row {
            on: &[("azurerm_role_definition", "permissions.actions")],
            given: &[
                Given { path: "scope", is: Want::Passes(is_subscription_or_wider), absent: Holds::No },
                Given { path: "permissions.not_actions", is: Want::Nothing, absent: Holds::Yes },
            ],
            wants: Want::ContainsNone(&["*"]),
            absent: Absent::Passes,
            says: "grants every action on a subscription",
            help: "name the actions that are needed, or assign a built-in role",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// Custom role may change what roles allow
    ///
    /// Whoever may write role definitions gives any role that they have every action: it is the role Owner with one more step.
    /// Roles that grant every action anyway are reported for that.
    ROLE_ESCALATION = "tf-azure-rbac-role-escalation" {
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &[
            "trivy:AZU-0052",
            "tfsec:azure-role-definition-allows-custom-role-creation",
            "tfsec:azure-authorization-prevent-custom-role-creation",
        ],
        yields_to: &["tf-azure-rbac-custom-owner-role"],
        check: attribute(&Row {
            on: &[("azurerm_role_definition", "permissions.actions")],
            given: &[Given { path: "permissions.not_actions", is: Want::Nothing, absent: Holds::Yes }],
            wants: Want::ContainsNone(&[
                "*",
                "Microsoft.Authorization/*",
                "Microsoft.Authorization/*/Write",
                "Microsoft.Authorization/*/write",
                "Microsoft.Authorization/roleDefinitions/*",
                "Microsoft.Authorization/roleDefinitions/write",
            ]),
            absent: Absent::Passes,
            wrong: "[\"Microsoft.Authorization/*\"]",
            right: "[\"Microsoft.Authorization/*/read\"]",
            says: "may change what roles allow",
            help: "leave out `Microsoft.Authorization/roleDefinitions/write` and what contains it",
            ..Row::DEFAULT
        }),
    }
}

/// Whether a scope is a subscription, a management group or everything.
fn is_subscription_or_wider(scope: &Value) -> Option<bool> {
    let whole = |text: &str| {
        let mut steps = text.split('/').filter(|step| !step.is_empty());
        match steps.next() {
            None => true,
            Some("subscriptions") => steps.nth(1).is_none(),
            _ => text.to_ascii_lowercase().contains("/managementgroups/"),
        }
    };
    match &scope.kind {
        Kind::String(text) => Some(whole(text)),
        Kind::Template(pieces) => {
            let text: String = pieces
                .iter()
                .map(|piece| match piece {
                    Piece::Text(text) => text,
                    Piece::Unknown(_) => "x",
                })
                .collect();
            (text.starts_with("/subscriptions/") && !whole(&text)).then_some(false)
        }
        Kind::Unknown(_) => {
            let reference = scope.references().first()?;
            let kind = reference.address.rsplit('.').nth(1)?;
            let is_wide = matches!(kind, "azurerm_subscription" | "azurerm_management_group");
            Some(is_wide && &*reference.attribute == "id")
        }
        _ => None,
    }
}
