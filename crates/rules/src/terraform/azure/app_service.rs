//! Identities and debugging of Azure App Service.

use crate::terraform::prelude::*;

/// The rules of this file.
pub(crate) static RULES: &[&Rule] = &[&REMOTE_DEBUGGING_ENABLED, &IDENTITY_MISSING, &AUTH_DISABLED];

rule! {
    /// Web or function app allows remote debugging
    ///
    /// A debugger reads and changes the memory of the app: passwords, sessions, everything. It is meant for the hour in which a
    /// fault is looked for, and off by default.
    REMOTE_DEBUGGING_ENABLED = "tf-azure-appservice-remote-debugging-enabled" {
        severity: Severity::High,
        peers: &["checkov:CKV_AZURE_72"],
        check: attribute(&Row {
            on: &[
                ("azurerm_linux_web_app", "site_config.remote_debugging_enabled"),
                ("azurerm_linux_web_app_slot", "site_config.remote_debugging_enabled"),
                ("azurerm_windows_web_app", "site_config.remote_debugging_enabled"),
                ("azurerm_windows_web_app_slot", "site_config.remote_debugging_enabled"),
                ("azurerm_linux_function_app", "site_config.remote_debugging_enabled"),
                ("azurerm_linux_function_app_slot", "site_config.remote_debugging_enabled"),
                ("azurerm_windows_function_app", "site_config.remote_debugging_enabled"),
                ("azurerm_windows_function_app_slot", "site_config.remote_debugging_enabled"),
                ("azurerm_app_service", "site_config.remote_debugging_enabled"),
            ],
            wants: Want::False,
            absent: Absent::Passes,
            wrong: "true",
            right: "false",
            says: "allows remote debugging",
            help: "set `remote_debugging_enabled` to false when the fault is found",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// Web app has no managed identity
    ///
    /// Without one the app needs passwords for what it uses, and somebody has to keep and replace them. Apps that use nothing
    /// else in Azure need none, so the rule is in the profile `all`.
    IDENTITY_MISSING = "tf-azure-appservice-identity-missing" {
        severity: Severity::Low,
        profile: Profile::All,
        peers: &[
            "checkov:CKV_AZURE_71",
            "trivy:AZU-0002",
            "tfsec:azure-appservice-account-identity-registered",
        ],
        check: attribute(&Row {
            on: &[
                ("azurerm_linux_web_app", "identity.type"),
                ("azurerm_windows_web_app", "identity.type"),
                ("azurerm_app_service", "identity.type"),
            ],
            wants: Want::Present,
            wrong: "\"\"",
            right: "\"SystemAssigned\"",
            says: "has no managed identity",
            help: "add an `identity` block",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// Web app has no built-in authentication
    ///
    /// The platform can ask for a login before a request reaches the app. Most apps do that themselves or serve the public, so
    /// the rule has to be asked for. The second version of the settings counts.
    AUTH_DISABLED = "tf-azure-appservice-auth-disabled" {
        severity: Severity::Medium,
        profile: Profile::OptIn,
        peers: &["checkov:CKV_AZURE_13", "trivy:AZU-0003", "tfsec:azure-appservice-authentication-enabled"],
        check: attribute(&Row {
            on: &[
                ("azurerm_linux_web_app", "auth_settings.enabled"),
                ("azurerm_windows_web_app", "auth_settings.enabled"),
                ("azurerm_app_service", "auth_settings.enabled"),
            ],
            given: &[Given { path: "auth_settings_v2.auth_enabled", is: Want::False, absent: Holds::Yes }],
            wrong: "false",
            right: "true",
            says: "asks for no login",
            help: "add `auth_settings_v2` with `auth_enabled = true`",
            ..Row::DEFAULT
        }),
    }
}
