//! Names of services, volumes, networks, secrets and configs that nothing declares.
//!
//! Decided over all files of the project. Silent where more may be declared than is seen: a file that is put over another,
//! an include that cannot be read.

use std::collections::HashSet;

use portcullis_model::compose::{MountKind, Part, Project, Service, is_flag};

use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&DEPENDS_ON_UNKNOWN];

rule! {
    /// Service refers to something that nothing declares
    ///
    /// Compose refuses the whole project. Looks at `depends_on`, `links`, `volumes_from`, `network_mode: service:…`, named
    /// volumes, `networks`, `secrets` and `configs`. Silent for a dependency with `required: false`, for the network
    /// `default`, where a variable decides, and in files that are read with others: those whose names Compose does not look
    /// for by itself, and those that a Compose file in a folder above includes.
    ///
    /// ```compose bad:4
    /// services:
    ///   web:
    ///     image: web:1
    ///     depends_on: [db]
    /// ```
    /// ```compose bad:4
    /// services:
    ///   web:
    ///     image: web:1
    ///     volumes: ["data:/data"]
    /// ```
    /// ```compose bad:6
    /// services:
    ///   web:
    ///     image: web:1
    ///     networks:
    ///       default:
    ///       back:
    /// ```
    /// ```compose good
    /// services:
    ///   web:
    ///     image: web:1
    ///     depends_on: { db: { condition: service_started }, cache: { condition: service_started, required: false } }
    ///     volumes: ["data:/data", "./x:/x", "/y"]
    ///     networks: [default, back]
    ///     secrets: [key, { source: key, target: other }]
    ///   db: { image: "db:1", network_mode: "service:web", volumes_from: ["web:ro", "container:other"] }
    /// volumes: { data: }
    /// networks: { back: }
    /// secrets: { key: { file: ./key } }
    /// ```
    /// ```compose good
    /// file=compose.yaml
    /// include: [db.yaml]
    /// services: { web: { image: "web:1", depends_on: [db] } }
    /// file=db.yaml
    /// services: { db: { image: "db:1" } }
    /// ```
    /// ```compose good
    /// # The services of the file that is included are not known.
    /// include: ["oci://registry.example.com/db"]
    /// services: { web: { image: "web:1", depends_on: [db] } }
    /// ```
    /// ```compose good
    /// file=compose.metrics.yaml
    /// services: { metrics: { image: "metrics:1", depends_on: [web] } }
    /// file=compose.yaml
    /// services: { web: { image: "web:1" } }
    /// ```
    /// ```compose good
    /// file=compose.yaml
    /// services: { web: { image: "web:1" }, db: { image: "db:1" } }
    /// file=compose.override.yaml
    /// services: { web: { depends_on: [db] } }
    /// ```
    DEPENDS_ON_UNKNOWN = "compose-depends-on-unknown" {
        check: Check::Compose(depends_on_unknown),
        severity: Severity::High,
    }
}

fn depends_on_unknown(project: &Project<'_>, report: &mut Report<'_>) {
    if project.is_part {
        return;
    }
    for service in &project.services {
        services(service, project, report);
    }
    for kind in ["volumes", "networks", "secrets", "configs"] {
        if project.may_declare_more(kind) {
            continue;
        }
        let declared: HashSet<&str> = project.declared(kind).map(|(name, _)| name.text()).collect();
        for service in &project.services {
            resources(service, kind, &declared, report);
        }
    }
}

fn services(service: &Service<'_>, project: &Project<'_>, report: &mut Report<'_>) {
    let check = |node: Node<'_>, name: &str, report: &mut Report<'_>| {
        if !name.contains("${") && project.service(name).is_none() {
            unknown(service, node, "service", name, report);
        }
    };
    for part in service.parts("depends_on") {
        for item in part.items() {
            check(item, item.text(), report);
        }
        for (name, dependency) in part.entries() {
            if !is_flag(dependency.get("required"), false) {
                check(name, name.text(), report);
            }
        }
    }
    for item in service.list("links") {
        check(item, item.text().split(':').next().unwrap_or_default(), report);
    }
    for item in service.list("volumes_from").filter(|item| !item.text().starts_with("container:")) {
        check(item, item.text().split(':').next().unwrap_or_default(), report);
    }
    for field in ["network_mode", "pid", "ipc"] {
        let Lookup::Present(mode) = service.get(field) else { continue };
        if let Some(name) = mode.text().strip_prefix("service:") {
            check(mode, name, report);
        }
    }
}

fn resources(service: &Service<'_>, kind: &str, declared: &HashSet<&str>, report: &mut Report<'_>) {
    let what = kind.strip_suffix('s').unwrap_or(kind);
    let mut check = |node: Node<'_>, name: &str| {
        if !name.is_empty() && !name.contains("${") && !declared.contains(name) {
            unknown(service, node, what, name, report);
        }
    };
    if kind == "volumes" {
        for mount in service.mounts().filter(|mount| mount.kind == MountKind::Volume) {
            if let Part::Known(name) = mount.source {
                check(mount.spot, name);
            }
        }
        return;
    }
    for part in service.parts(kind) {
        for item in part.items() {
            let source = if item.is_map() { item.field("source") } else { Some(item) };
            if let Some(name) = source.and_then(Node::as_str).filter(|name| *name != "default" || kind != "networks") {
                check(item, name);
            }
        }
        if kind == "networks" {
            for (name, _) in part.entries().filter(|(name, _)| name.text() != "default") {
                check(name, name.text());
            }
        }
    }
}

fn unknown(service: &Service<'_>, node: Node<'_>, what: &str, name: &str, report: &mut Report<'_>) {
    let help = match what {
        "service" => "declare the service, or correct the name",
        _ => "declare it at the top level of the file, or correct the name",
    };
    report.at(node, format!("{} refers to {what} `{name}`, which nothing declares", service.title())).help(help);
}
