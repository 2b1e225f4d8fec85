//! Whether anybody notices that a service no longer works, and what happens then.
//!
//! Decided by the service and, for an image that is built here, by its Dockerfile. Other images may bring a check.

use portcullis_model::compose::{Project, Said, Service, is_flag};

use super::missing;
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&HEALTHCHECK_MISSING, &HEALTHCHECK_DISABLED, &RESTART_ON_FAILURE_UNBOUNDED];

rule! {
    /// Service has no health check
    ///
    /// A program that hangs looks like one that works, and services that depend on it start too early. Silent where the
    /// service's Dockerfile has one or cannot be read, and for services that others wait for to complete. An image from
    /// elsewhere may bring its own check.
    ///
    /// ```compose bad:2
    /// services:
    ///   web:
    ///     image: web:1
    /// ```
    /// ```compose good
    /// services:
    ///   web:
    ///     image: web:1
    ///     healthcheck: { test: [CMD, /healthy] }
    ///     depends_on: { migrate: { condition: service_completed_successfully } }
    ///   migrate: { image: "web:1", command: migrate }
    /// ```
    /// ```compose good
    /// file=compose.yaml
    /// services: { web: { build: . }, api: { build: ./api } }
    /// file=Dockerfile
    /// FROM nginx:1.29
    /// HEALTHCHECK CMD curl -f http://localhost/
    /// ```
    HEALTHCHECK_MISSING = "compose-healthcheck-missing" {
        check: Check::Compose(healthcheck_missing),
        severity: Severity::Info,
        profile: Profile::All,
        peers: &["kics:698ed579"],
    }
}

rule! {
    /// Health check of the service is turned off
    ///
    /// The image brings a check and the service takes it away: a program that hangs looks like one that works.
    ///
    /// ```compose bad:4
    /// services:
    ///   web:
    ///     image: web:1
    ///     healthcheck: { disable: true }
    /// ```
    /// ```compose bad:4
    /// services:
    ///   web:
    ///     image: web:1
    ///     healthcheck: { test: ["NONE"] }
    /// ```
    /// ```compose good
    /// services:
    ///   web: { image: "web:1", healthcheck: { test: [CMD, /healthy], disable: false } }
    /// ```
    HEALTHCHECK_DISABLED = "compose-healthcheck-disabled" {
        check: Check::ComposeService(healthcheck_disabled),
        severity: Severity::Info,
        profile: Profile::All,
        peers: &["kics:698ed579"],
    }
}

rule! {
    /// Service restarts for ever, or never
    ///
    /// `on-failure` without a number restarts a program that cannot start again and again; without a policy it stays
    /// down. Which is right is a house's own, so the rule is off unless it is asked for. `always`, `unless-stopped` and a
    /// written `no` give no finding, and neither does `deploy.restart_policy`.
    ///
    /// ```compose bad:4
    /// services:
    ///   web:
    ///     image: web:1
    ///     restart: on-failure
    /// ```
    /// ```compose bad:2
    /// services:
    ///   web:
    ///     image: web:1
    /// ```
    /// ```compose good
    /// services:
    ///   web: { image: "web:1", restart: "on-failure:5" }
    ///   api: { image: "web:1", restart: always }
    ///   job: { image: "web:1", deploy: { restart_policy: { condition: none } } }
    /// ```
    RESTART_ON_FAILURE_UNBOUNDED = "compose-restart-on-failure-unbounded" {
        check: Check::ComposeService(restart_on_failure_unbounded),
        severity: Severity::Info,
        profile: Profile::OptIn,
        peers: &["kics:2fc99041"],
    }
}

fn healthcheck_missing(project: &Project<'_>, report: &mut Report<'_>) {
    let mut jobs = std::collections::HashSet::new();
    for (name, condition) in
        project.services.iter().flat_map(|service| service.parts("depends_on")).flat_map(Node::entries)
    {
        let condition = condition.field("condition").and_then(Node::as_str);
        if condition == Some("service_completed_successfully") {
            jobs.insert(name.text());
        }
    }
    for service in &project.services {
        let Some(anchor) = missing(service, &["healthcheck"]) else { continue };
        let is_built = service.get("build").absent().is_none();
        if jobs.contains(service.name) || is_built && project.built(service).healthcheck != Said::No {
            continue;
        }
        report
            .at(anchor, format!("{} has no health check", service.title()))
            .help("add `healthcheck` with a `test` that asks the program itself");
    }
}

fn healthcheck_disabled(service: &Service<'_>, _: &Project<'_>, report: &mut Report<'_>) {
    let disable = service.get("healthcheck.disable").present();
    let test = service.get("healthcheck.test").present();
    let is_none = |test: Node<'_>| {
        test.as_str() == Some("NONE") || test.items().next().is_some_and(|first| first.as_str() == Some("NONE"))
    };
    let spot = disable.filter(|flag| is_flag(Lookup::Present(*flag), true)).or(test.filter(|test| is_none(*test)));
    if let Some(spot) = spot {
        report
            .at(spot, format!("the health check of {} is turned off", service.title()))
            .help("remove this, or give the service a check that fits it");
    }
}

fn restart_on_failure_unbounded(service: &Service<'_>, _: &Project<'_>, report: &mut Report<'_>) {
    const HELP: &str = "set `restart: unless-stopped`, or `on-failure:5`";
    if let Some(anchor) = missing(service, &["restart", "deploy.restart_policy"]) {
        report.at(anchor, format!("{} has no restart policy", service.title())).help(HELP);
    } else if let Lookup::Present(restart) = service.get("restart")
        && restart.as_str() == Some("on-failure")
    {
        report.at(restart, format!("{} restarts any number of times", service.title())).help(HELP);
    }
}
