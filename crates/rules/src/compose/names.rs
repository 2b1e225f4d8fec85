//! Names of the project and of its containers.

use std::collections::HashMap;

use portcullis_model::compose::{Project, Service};

use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] =
    &[&VERSION_FIELD, &PROJECT_NAME_MISSING, &DUPLICATE_CONTAINER_NAME, &CONTAINER_NAME_INVALID];

rule! {
    /// File names a version of the format
    ///
    /// Compose has ignored the field since 2020, and warns about it at every start: there is one format.
    ///
    /// ```compose bad:1
    /// version: "3.8"
    /// services:
    ///   web: { image: "web:1" }
    /// ```
    /// ```compose good
    /// services:
    ///   web: { image: "web:1" }
    /// ```
    VERSION_FIELD = "compose-version-field" {
        check: Check::Compose(version_field),
        severity: Severity::Info,
        peers: &["dclint:no-version-field"],
    }
}

rule! {
    /// Project has no name
    ///
    /// Without `name` the project is called like the folder that it is in, so that two checkouts of one repository share
    /// containers and volumes or do not, by accident. Off unless it is asked for.
    ///
    /// ```compose bad:1
    /// services:
    ///   web: { image: "web:1" }
    /// ```
    /// ```compose good
    /// name: shop
    /// services:
    ///   web: { image: "web:1" }
    /// ```
    PROJECT_NAME_MISSING = "compose-project-name-missing" {
        check: Check::Compose(project_name_missing),
        severity: Severity::Info,
        profile: Profile::OptIn,
        peers: &["dclint:require-project-name-field"],
    }
}

rule! {
    /// Two services have the same container name
    ///
    /// The second of them does not start. Silent where profiles keep the services apart. Reported at the later service.
    ///
    /// ```compose bad:3
    /// services:
    ///   web: { image: "web:1", container_name: shop }
    ///   api: { image: "api:1", container_name: shop }
    /// ```
    /// ```compose good
    /// services:
    ///   web: { image: "web:1", container_name: shop-web }
    ///   one: { image: "api:1", container_name: api, profiles: [a] }
    ///   two: { image: "api:2", container_name: api, profiles: [b] }
    ///   any: { image: "api:2", container_name: "${NAME}" }
    ///   all: { image: "api:2", container_name: "${NAME}" }
    /// ```
    DUPLICATE_CONTAINER_NAME = "compose-duplicate-container-name" {
        check: Check::Compose(duplicate_container_name),
        severity: Severity::Medium,
        peers: &["dclint:no-duplicate-container-names"],
    }
}

rule! {
    /// Container name is not one
    ///
    /// Docker takes letters, digits, `_`, `.` and `-`, the first of them a letter or a digit, and at least two in all.
    ///
    /// ```compose bad:4
    /// services:
    ///   web:
    ///     image: web:1
    ///     container_name: shop web
    /// ```
    /// ```compose good
    /// services:
    ///   web: { image: "web:1", container_name: shop_web.1-a }
    ///   any: { image: "web:1", container_name: "${NAME}_web" }
    /// ```
    CONTAINER_NAME_INVALID = "compose-container-name-invalid" {
        check: Check::ComposeService(container_name_invalid),
        severity: Severity::Low,
        peers: &["dclint:service-container-name-regex"],
    }
}

fn version_field(project: &Project<'_>, report: &mut Report<'_>) {
    for root in project.own() {
        if let Some(version) = root.field("version").filter(|_| root.field("services").is_some()) {
            report
                .at(version.key_place(), "`version` is obsolete: Compose ignores it and warns".to_owned())
                .help("remove the line");
        }
    }
}

fn project_name_missing(project: &Project<'_>, report: &mut Report<'_>) {
    let Some(first) = project.documents.first().filter(|first| first.file == project.file) else { return };
    let has_name = project.documents.iter().any(|document| document.root.field("name").is_some());
    if let Some(services) = first.root.field("services").filter(|_| !has_name && !first.root.is_open()) {
        report
            .at(services.key_place(), "the project has no name, so that its folder decides".to_owned())
            .help("add `name: …` at the top");
    }
}

fn duplicate_container_name(project: &Project<'_>, report: &mut Report<'_>) {
    let mut first: HashMap<&str, &Service<'_>> = HashMap::new();
    for service in &project.services {
        let Lookup::Present(node) = service.get("container_name") else { continue };
        let Some(name) = node.as_str() else { continue };
        let earlier = *first.entry(name).or_insert(service);
        if earlier.name != service.name && project.may_meet(earlier, service) {
            report
                .at(node, format!("{} and service `{}` have the same container name", service.title(), earlier.name))
                .help("give each its own, or leave it to Compose");
        }
    }
}

fn container_name_invalid(service: &Service<'_>, _: &Project<'_>, report: &mut Report<'_>) {
    let Lookup::Present(node) = service.get("container_name") else { return };
    let Some(name) = node.as_str() else { return };
    let is_valid = name.len() > 1
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'));
    if !is_valid {
        report
            .at(node, format!("`{name}` is not a name for a container"))
            .help("use letters, digits, `_`, `.` and `-`, and begin with a letter or a digit");
    }
}
