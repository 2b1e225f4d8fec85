//! What a build may do on the host that builds, and whether what it builds is there.

use portcullis_model::compose::{BrokenBuild, Project, Service, is_flag};

use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&PRIVILEGED_BUILD, &BUILD_SOURCE_MISSING];

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

rule! {
    /// What a service builds does not exist
    ///
    /// The build fails: the folder of `context` is not in the tree, the Dockerfile not in the folder, or the stage of `target`
    /// not in the Dockerfile. Silent for addresses, for paths outside of the tree and those that a variable decides, for what
    /// git ignores, for submodules, and where a folder above the file has what is asked for: Compose may be told to start
    /// from there.
    ///
    /// ```compose bad:4
    /// services:
    ///   web:
    ///     build:
    ///       context: ./web
    /// ```
    /// ```compose bad:3
    /// file=compose.yaml
    /// services:
    ///   web:
    ///     build: web
    /// file=web/main.go
    /// package main
    /// ```
    /// ```compose bad:4
    /// file=compose.yaml
    /// services:
    ///   web:
    ///     build:
    ///       target: release
    /// file=Dockerfile
    /// FROM debian:13 AS build
    /// FROM build AS final
    /// ```
    /// ```compose good
    /// file=compose.yaml
    /// services:
    ///   web: { build: { context: ., dockerfile: web/Dockerfile, target: Build } }
    ///   api: { build: "https://example.org/api.git" }
    ///   db: { build: "${DB:-./db}" }
    ///   cache: { build: { dockerfile_inline: "FROM debian:13" } }
    ///   far: { build: ../far }
    ///   mod: { build: modules/one }
    /// file=web/Dockerfile
    /// FROM debian:13 AS build
    /// FROM debian:13
    /// file=.gitmodules
    /// [submodule "one"]
    /// path = modules/one
    /// ```
    BUILD_SOURCE_MISSING = "compose-build-source-missing" {
        check: Check::Compose(build_source_missing),
        severity: Severity::High,
        confidence: Confidence::Medium,
    }
}

fn build_source_missing(project: &Project<'_>, report: &mut Report<'_>) {
    for service in &project.services {
        let Some(broken) = project.broken_build(service) else { continue };
        let Lookup::Present(build) = service.get("build") else { continue };
        let field = |name: &str| service.get(&format!("build.{name}")).present().filter(|_| build.is_map());
        let (node, message, help) = match broken {
            BrokenBuild::Context(folder) => {
                let message = format!("{} is built from `{folder}`, which does not exist", service.title());
                (field("context"), message, "correct the path")
            }
            BrokenBuild::Dockerfile(file) => {
                let message = format!("{} is built from `{file}`, which its folder does not have", service.title());
                (field("dockerfile").or_else(|| field("context")), message, "correct the path, or add the file")
            }
            BrokenBuild::Target(stage, file) => {
                let message =
                    format!("{} is built from stage `{stage}`, which `{file}` does not have", service.title());
                (field("target"), message, "correct the name of the stage")
            }
        };
        report.at(node.unwrap_or(build), message).help(help);
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
