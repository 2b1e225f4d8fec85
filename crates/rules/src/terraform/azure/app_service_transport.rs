//! How clients and deployments talk to Azure App Service.

use crate::terraform::prelude::*;

/// The rules of this file.
pub(crate) static RULES: &[&Rule] =
    &[&HTTP_ALLOWED, &TLS_OLD, &FTP_ALLOWED, &CLIENT_CERT_OPTIONAL, &HTTP2_DISABLED, &CORS_OPEN];

rule! {
    /// Web app accepts plain HTTP
    ///
    /// Sessions and passwords of whoever comes by a plain link can be read on the way. Web and function apps accept HTTP unless
    /// they say otherwise.
    HTTP_ALLOWED = "tf-azure-appservice-http-allowed" {
        severity: Severity::High,
        peers: &[
            "checkov:CKV_AZURE_14",
            "trivy:AZU-0004",
            "trivy:AZU-0072",
            "tfsec:azure-appservice-enforce-https",
            "tfsec:azure-appservice-web-app-https-only",
        ],
        check: attribute(&Row {
            on: &[
                ("azurerm_linux_web_app", "https_only"),
                ("azurerm_windows_web_app", "https_only"),
                ("azurerm_linux_function_app", "https_only"),
                ("azurerm_windows_function_app", "https_only"),
                ("azurerm_app_service", "https_only"),
                ("azurerm_function_app", "https_only"),
            ],
            wrong: "false",
            right: "true",
            says: "accepts plain HTTP",
            help: "set `https_only` to true",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// Web app accepts TLS below 1.2
    ///
    /// TLS 1.0 and 1.1 have known weaknesses, and no browser in use needs them. Version 1.2 is the default.
    TLS_OLD = "tf-azure-appservice-tls-old" {
        severity: Severity::High,
        peers: &[
            "checkov:CKV_AZURE_15",
            "checkov:CKV_AZURE_145",
            "trivy:AZU-0006",
            "tfsec:azure-appservice-use-secure-tls-policy",
        ],
        check: attribute(&Row {
            on: &[
                ("azurerm_linux_web_app", "site_config.minimum_tls_version"),
                ("azurerm_windows_web_app", "site_config.minimum_tls_version"),
                ("azurerm_linux_function_app", "site_config.minimum_tls_version"),
                ("azurerm_windows_function_app", "site_config.minimum_tls_version"),
                ("azurerm_linux_web_app_slot", "site_config.minimum_tls_version"),
                ("azurerm_windows_web_app_slot", "site_config.minimum_tls_version"),
                ("azurerm_linux_function_app_slot", "site_config.minimum_tls_version"),
                ("azurerm_windows_function_app_slot", "site_config.minimum_tls_version"),
                ("azurerm_app_service", "site_config.min_tls_version"),
                ("azurerm_app_service_slot", "site_config.min_tls_version"),
                ("azurerm_function_app", "site_config.min_tls_version"),
                ("azurerm_function_app_slot", "site_config.min_tls_version"),
            ],
            wants: Want::NotIn(&["1.0", "1.1", "1"]),
            absent: Absent::Passes,
            wrong: "\"1.0\"",
            right: "\"1.3\"",
            says: "accepts TLS below version 1.2",
            help: "remove the attribute or set it to `1.2` or `1.3`",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// Web app accepts deployments over plain FTP
    ///
    /// Whoever listens gets the password, and with it may replace the app. Silence is reported only for the old
    /// `azurerm_app_service`: the newer resources turn FTP off by themselves.
    ///
    /// ```hcl bad:3
    /// resource "azurerm_linux_web_app" "main" {
    ///   site_config {
    ///     ftps_state = "AllAllowed"
    ///   }
    /// }
    /// ```
    /// ```hcl bad:1
    /// resource "azurerm_app_service" "main" {
    ///   name = "shop"
    /// }
    /// ```
    /// ```hcl good
    /// variable "undecided" {}
    /// resource "azurerm_linux_web_app" "main" {
    ///   site_config {}
    /// }
    /// resource "azurerm_windows_web_app" "main" {
    ///   site_config {
    ///     ftps_state = var.undecided
    ///   }
    /// }
    /// resource "azurerm_app_service" "main" {
    ///   site_config {
    ///     ftps_state = "FtpsOnly"
    ///   }
    /// }
    /// ```
    FTP_ALLOWED = "tf-azure-appservice-ftp-allowed" {
        severity: Severity::Medium,
        peers: &["checkov:CKV_AZURE_78", "trivy:AZU-0071", "tfsec:azure-appservice-enforce-ftps"],
        check: resource(
            &["azurerm_linux_web_app", "azurerm_windows_web_app", "azurerm_app_service"],
            |resource, configuration, report| {
                let row = if &*resource.kind == "azurerm_app_service" { &OLD_FTP } else { &FTP };
                row.check(&resource.kind, resource, configuration, report);
            },
        ),
    }
}

static FTP: Row = Row {
    on: &[("azurerm_linux_web_app", "site_config.ftps_state"), ("azurerm_windows_web_app", "site_config.ftps_state")],
    absent: Absent::Passes,
    ..OLD_FTP
};

const OLD_FTP: Row = Row {
    on: &[("azurerm_app_service", "site_config.ftps_state")],
    wants: Want::In(&["Disabled", "FtpsOnly"]),
    says: "accepts deployments over plain FTP",
    help: "set `ftps_state` to `Disabled` or `FtpsOnly`",
    ..Row::DEFAULT
};

rule! {
    /// Web app asks for no client certificate
    ///
    /// For apps that only other programs call, certificates keep everybody else out. A website for people has no use for them,
    /// so the rule has to be asked for.
    CLIENT_CERT_OPTIONAL = "tf-azure-appservice-client-cert-optional" {
        severity: Severity::Low,
        profile: Profile::OptIn,
        peers: &["checkov:CKV_AZURE_17", "trivy:AZU-0001", "tfsec:azure-appservice-require-client-cert"],
        check: attribute(&Row {
            on: &[
                ("azurerm_linux_web_app", "client_certificate_enabled"),
                ("azurerm_windows_web_app", "client_certificate_enabled"),
                ("azurerm_app_service", "client_cert_enabled"),
            ],
            wrong: "false",
            right: "true",
            says: "asks for no client certificate",
            help: "set `client_certificate_enabled` to true",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// Web app does not speak HTTP/2
    ///
    /// HTTP/2 loads pages of many parts faster. It is no matter of security, so the rule has to be asked for.
    HTTP2_DISABLED = "tf-azure-appservice-http2-disabled" {
        severity: Severity::Low,
        profile: Profile::OptIn,
        peers: &["checkov:CKV_AZURE_18", "trivy:AZU-0005", "tfsec:azure-appservice-enable-http2"],
        check: attribute(&Row {
            on: &[
                ("azurerm_linux_web_app", "site_config.http2_enabled"),
                ("azurerm_windows_web_app", "site_config.http2_enabled"),
                ("azurerm_app_service", "site_config.http2_enabled"),
            ],
            wrong: "false",
            right: "true",
            says: "does not speak HTTP/2",
            help: "set `http2_enabled` in `site_config` to true",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// Web app allows every CORS origin
    ///
    /// Any website that a user visits may call the app and read what it answers. A list with `*` in it is as good as `*` alone.
    CORS_OPEN = "tf-azure-appservice-cors-open" {
        severity: Severity::High,
        peers: &["checkov:CKV_AZURE_57"],
        check: attribute(&Row {
            on: &[
                ("azurerm_linux_web_app", "site_config.cors.allowed_origins"),
                ("azurerm_windows_web_app", "site_config.cors.allowed_origins"),
                ("azurerm_app_service", "site_config.cors.allowed_origins"),
            ],
            wants: Want::ContainsNone(&["*"]),
            absent: Absent::Passes,
            wrong: "[\"https://example.org\", \"*\"]",
            right: "[\"https://example.org\"]",
            says: "lets every website call it",
            help: "name the origins that need it in `allowed_origins`",
            ..Row::DEFAULT
        }),
    }
}
