//! Files and services that `include`, `extends` and `env_file` name: whether they are there, and whether they lead back.
//!
//! Decided with the files of the scanned tree. Silent for paths outside of it, for those that a variable or a server decides,
//! and for files that git ignores, which the repository cannot hold.

use std::collections::HashMap;

use portcullis_model::compose::{End, Project, Service, is_flag};

use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&EXTENDS_UNKNOWN, &INCLUDE_MISSING, &ENV_FILE_MISSING, &REFERENCE_CYCLE];

rule! {
    /// Service extends one that does not exist
    ///
    /// Compose refuses the whole project. Looks at the file and at the service in it. Silent for files outside of the
    /// scanned tree and for those that git ignores, and where an include that cannot be read may bring the service.
    ///
    /// ```compose bad:3
    /// services:
    ///   web:
    ///     extends: base
    ///     image: web:1
    /// ```
    /// ```compose bad:3
    /// services:
    ///   web:
    ///     extends: { file: common.yaml, service: base }
    ///     image: web:1
    /// ```
    /// ```compose bad:4
    /// file=compose.yaml
    /// services:
    ///   web:
    ///     image: web:1
    ///     extends: { file: common.yaml, service: base }
    /// file=common.yaml
    /// services: { other: { image: "other:1" } }
    /// ```
    /// ```compose good
    /// file=compose.yaml
    /// include: [db.yaml]
    /// services:
    ///   web: { image: "web:1", extends: { file: common.yaml, service: base } }
    ///   api: { image: "api:1", extends: web }
    ///   cache: { extends: db }
    ///   far: { extends: { file: ../outside.yaml, service: base } }
    /// file=common.yaml
    /// services: { base: { read_only: true } }
    /// file=db.yaml
    /// services: { db: { image: "db:1" } }
    /// ```
    EXTENDS_UNKNOWN = "compose-extends-unknown" {
        check: Check::Compose(extends_unknown),
        severity: Severity::High,
    }
}

rule! {
    /// File that is included does not exist
    ///
    /// Compose refuses the whole project. A file that `COMPOSE_FILE` of an `.env` names is one too; that is said of the first
    /// of them that exists. Silent for files outside of the scanned tree, on servers, and for those that git ignores.
    ///
    /// ```compose bad:1
    /// include: [db.yaml]
    /// services: { web: { image: "web:1" } }
    /// ```
    /// ```compose bad:2
    /// include:
    ///   - path: [base.yaml]
    /// services: { web: { image: "web:1" } }
    /// ```
    /// ```compose bad:1
    /// file=compose.web.yaml
    /// services: { web: { image: "web:1" } }
    /// file=.env
    /// COMPOSE_FILE=compose.web.yaml:compose.db.yaml
    /// ```
    /// ```compose good
    /// file=compose.yaml
    /// include: [db.yaml, "oci://registry.example.com/x", "../outside.yaml", "${FILE}"]
    /// services: { web: { image: "web:1" } }
    /// file=db.yaml
    /// services: { db: { image: "db:1" } }
    /// ```
    INCLUDE_MISSING = "compose-include-missing" {
        check: Check::Compose(include_missing),
        severity: Severity::High,
    }
}

rule! {
    /// File of variables does not exist
    ///
    /// Compose refuses to start the project, also for other services. Decided by `env_file`; with `required: false` the file
    /// may be missing. Silent for files outside of the scanned tree and for those that git ignores. A checkout that needs a
    /// file that is made by hand says so in `.gitignore`, or makes it optional.
    ///
    /// ```compose bad:4
    /// services:
    ///   web:
    ///     image: web:1
    ///     env_file: web.env
    /// ```
    /// ```compose bad:6
    /// services:
    ///   web:
    ///     image: web:1
    ///     env_file:
    ///       - { path: local.env, required: false }
    ///       - { path: web.env }
    /// ```
    /// ```compose good
    /// file=compose.yaml
    /// services:
    ///   web:
    ///     image: web:1
    ///     env_file: [web.env, { path: local.env, required: false }, "${STAGE}.env", ../web.env, "${ENV_FILE:-x.env}"]
    /// file=web.env
    /// A=b
    /// ```
    ENV_FILE_MISSING = "compose-env-file-missing" {
        check: Check::Compose(env_file_missing),
        severity: Severity::Low,
        profile: Profile::All,
    }
}

rule! {
    /// Services or files lead back to themselves
    ///
    /// Compose refuses the whole project: a service that extends itself, files that include each other, and services that
    /// wait for each other, directly or by way of others. Waiting is what `depends_on`, `links`, `volumes_from` and the
    /// namespaces of another service (`network_mode: service:…`) do, also with `required: false`, unless a profile may keep
    /// the other from running.
    ///
    /// ```compose bad:6
    /// services:
    ///   web:
    ///     extends: base
    ///     image: web:1
    ///   base:
    ///     extends: web
    /// ```
    /// ```compose bad:7
    /// services:
    ///   api:
    ///     image: api:1
    ///     depends_on: [db]
    ///   db:
    ///     image: db:1
    ///     network_mode: service:api
    /// ```
    /// ```compose bad:1
    /// file=compose.yaml
    /// include: [one.yaml]
    /// services: { web: { image: "web:1" } }
    /// file=one.yaml
    /// include: [compose.yaml]
    /// services: { one: { image: "one:1" } }
    /// ```
    /// ```compose good
    /// file=compose.yaml
    /// include: [one.yaml, two.yaml]
    /// services:
    ///   web: { image: "web:1", depends_on: [db, cache], extends: base }
    ///   api: { image: "api:1", depends_on: [db], extends: base }
    ///   db: { image: "db:1", depends_on: [cache] }
    ///   cache: { image: "cache:1" }
    ///   base: { image: "base:1" }
    /// file=one.yaml
    /// include: [two.yaml]
    /// file=two.yaml
    /// services: { two: { image: "two:1" } }
    /// ```
    REFERENCE_CYCLE = "compose-reference-cycle" {
        check: Check::Compose(reference_cycle),
        severity: Severity::High,
    }
}

fn extends_unknown(project: &Project<'_>, report: &mut Report<'_>) {
    for root in project.own() {
        for (_, service) in root.field("services").into_iter().flat_map(Node::entries) {
            let Some(file) = service.field("extends").and_then(|extends| extends.field("file")) else { continue };
            if let Some(path) = missing(file, project) {
                report.at(file, format!("`{path}` does not exist")).help("correct the path");
            }
        }
    }
    for extension in project.extensions() {
        let End::Missing(name, file) = extension.end else { continue };
        let place = file.map_or_else(|| "this file".to_owned(), |file| format!("`{file}`"));
        report
            .at(extension.node, format!("service `{}` extends `{name}`, which is not in {place}", extension.service))
            .help("correct the name, or declare the service");
    }
}

fn include_missing(project: &Project<'_>, report: &mut Report<'_>) {
    chosen_missing(project, report);
    for entry in project.own().filter_map(|root| root.field("include")).flat_map(Node::items) {
        let Some(path) = (if entry.is_map() { entry.field("path") } else { Some(entry) }) else { continue };
        for node in one_or_many(path) {
            if let Some(path) = missing(node, project) {
                report.at(node, format!("`{path}` does not exist")).help("correct the path");
            }
        }
    }
}

/// The files of `COMPOSE_FILE` that are not there.
fn chosen_missing(project: &Project<'_>, report: &mut Report<'_>) {
    let Some(services) = project.own().find_map(|root| root.field("services")) else { return };
    for path in project.missing_chosen() {
        report
            .at(services.key_place(), format!("`COMPOSE_FILE` names `{path}` beside this file, which does not exist"))
            .help("correct the path in `.env`");
    }
}

fn env_file_missing(project: &Project<'_>, report: &mut Report<'_>) {
    for root in project.own() {
        for (name, service) in root.field("services").into_iter().flat_map(Node::entries) {
            for entry in service.field("env_file").into_iter().flat_map(one_or_many) {
                if is_flag(entry.get("required"), false) {
                    continue;
                }
                let Some(node) = (if entry.is_map() { entry.field("path") } else { Some(entry) }) else { continue };
                if let Some(path) = missing(node, project) {
                    report
                        .at(node, format!("`{path}`, which service `{}` reads, does not exist", name.text()))
                        .help("correct the path, or write `{ path: …, required: false }`");
                }
            }
        }
    }
}

/// The path of a file that is known not to exist.
fn missing<'t>(node: Node<'t>, project: &Project<'t>) -> Option<&'t str> {
    node.as_str().filter(|path| !node.is_filled_in() && project.is_missing(path))
}

fn one_or_many(node: Node<'_>) -> Vec<Node<'_>> {
    if node.is_list() { node.items().collect() } else { vec![node] }
}

fn reference_cycle(project: &Project<'_>, report: &mut Report<'_>) {
    for extension in project.extensions() {
        let End::Cycle(mut names) = extension.end else { continue };
        // Said once, where the first of the names stands.
        if names.iter().min() == Some(&extension.service) {
            names.push(extension.service);
            report
                .at(extension.node, format!("services extend each other: {}", chain(&names)))
                .help("take one of them out of the circle");
        }
    }
    for cycle in project.include_cycles() {
        let mut names: Vec<&str> = cycle.iter().map(String::as_str).collect();
        let (Some(&first), Some(&least)) = (names.first(), names.iter().min()) else { continue };
        if first != least {
            continue;
        }
        let next = names.get(1).copied().unwrap_or(first);
        names.push(first);
        let entries = project.own().filter_map(|root| root.field("include")).flat_map(Node::items);
        let paths = entries.filter_map(|entry| if entry.is_map() { entry.field("path") } else { Some(entry) });
        let leads = |node: &Node<'_>| node.as_str().is_some_and(|path| project.leads_to(path, next));
        if let Some(node) = paths.flat_map(one_or_many).find(leads) {
            report
                .at(node, format!("files include each other: {}", chain(&names)))
                .help("move what both need into a third file");
        }
    }
    dependency_cycles(project, report);
}

fn chain(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// A service on the way that is being followed, and what it waits for that was not followed yet.
struct Step<'t> {
    service: &'t str,
    rest: Vec<(&'t str, Node<'t>)>,
}

/// Follows every dependency once. One that leads back to a service on the way there closes a circle.
fn dependency_cycles(project: &Project<'_>, report: &mut Report<'_>) {
    let mut is_done: HashMap<&str, bool> = HashMap::new();
    for first in &project.services {
        if is_done.contains_key(first.name) {
            continue;
        }
        let mut way = vec![Step { service: first.name, rest: dependencies(first, project) }];
        is_done.insert(first.name, false);
        while let Some(step) = way.last_mut() {
            let Some((name, node)) = step.rest.pop() else {
                is_done.insert(step.service, true);
                way.pop();
                continue;
            };
            match (is_done.get(name), project.service(name)) {
                (None, Some(next)) => {
                    is_done.insert(next.name, false);
                    way.push(Step { service: next.name, rest: dependencies(next, project) });
                }
                (Some(false), _) => {
                    let circle = way.iter().skip_while(|step| step.service != name).map(|step| step.service);
                    let names: Vec<&str> = circle.take(MOST_NAMED).chain([name]).collect();
                    report
                        .at(node, format!("services wait for each other: {}", chain(&names)))
                        .help("remove one of the dependencies");
                }
                _ => {}
            }
        }
    }
}

/// Services of a circle that a message names at most.
const MOST_NAMED: usize = 16;

/// The services that one waits for, with the places that say so; the last one first.
fn dependencies<'t>(service: &Service<'t>, project: &Project<'t>) -> Vec<(&'t str, Node<'t>)> {
    let mut all: Vec<(&str, Node<'_>)> = Vec::new();
    for part in service.parts("depends_on") {
        all.extend(part.items().filter_map(|item| Some((item.as_str()?, item))));
        let needed = part.entries().filter(|(name, entry)| {
            // One that does not run is waited for by nobody.
            let may_rest = || {
                project.service(name.text()).is_some_and(|other| !matches!(other.get("profiles"), Lookup::Absent(_)))
            };
            !(is_flag(entry.get("required"), false) && may_rest())
        });
        all.extend(needed.map(|(name, _)| (name.text(), name)));
    }
    for field in ["links", "volumes_from"] {
        let items = service.list(field).filter(|item| !item.text().starts_with("container:"));
        all.extend(items.filter_map(|item| Some((item.as_str()?.split(':').next()?, item))));
    }
    for field in ["network_mode", "ipc", "pid", "uts", "cgroup"] {
        let Lookup::Present(mode) = service.get(field) else { continue };
        all.extend(mode.as_str().and_then(|mode| mode.strip_prefix("service:")).map(|name| (name, mode)));
    }
    all.reverse();
    all
}
