//! What a build may do on the host that builds.

use portcullis_model::compose::{Project, Service, is_flag};

use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&PRIVILEGED_BUILD];

rule! {
    /// Build of the service runs with the host's rights
    ///
    /// A build runs what it downloads. With `privileged`, or the entitlement `security.insecure`, it does so as root of
    /// the host that builds; with `network.host` it reaches what listens on that host's loopback address.
    ///
    /// ```compose bad:5
    /// services:
    ///   web:
    ///     build:
    ///       context: .
    ///       privileged: true
    /// ```
    /// ```compose bad:6
    /// services:
    ///   web:
    ///     build:
    ///       context: .
    ///       entitlements:
    ///         - security.insecure
    /// ```
    /// ```compose good
    /// services:
    ///   web: { build: { context: ., privileged: false, entitlements: [device] } }
    /// ```
    PRIVILEGED_BUILD = "compose-privileged-build" {
        check: Check::ComposeService(privileged_build),
        severity: Severity::High,
    }
}

fn privileged_build(service: &Service<'_>, _: &Project<'_>, report: &mut Report<'_>) {
    if !service.get("build").present().is_some_and(Node::is_map) {
        return;
    }
    if let Lookup::Present(flag) = service.get("build.privileged")
        && is_flag(Lookup::Present(flag), true)
    {
        report
            .at(flag, format!("the build of {} runs privileged", service.title()))
            .help("remove it, and do what needs it outside of the build");
    }
    for entitlement in service.list("build.entitlements") {
        let Some(name @ ("security.insecure" | "network.host")) = entitlement.as_str() else { continue };
        report
            .at(entitlement, format!("the build of {} has the entitlement `{name}`", service.title()))
            .help("remove it, and do what needs it outside of the build");
    }
}
