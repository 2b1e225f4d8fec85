//! What a service may take of the host: memory, processors, processes.
//!
//! Decided by the service's own fields and by `deploy.resources.limits`. Limits of the daemon cannot be known.

use portcullis_model::compose::{Project, Service, as_integer, is_flag};

use super::missing;
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] =
    &[&MEMORY_LIMIT_MISSING, &CPU_LIMIT_MISSING, &PIDS_LIMIT_MISSING, &OOM_KILL_DISABLED];

rule! {
    /// Service has no memory limit
    ///
    /// A leak or a flood of requests then takes the host's memory, and the kernel ends whatever it likes. Silent in files
    /// that others complete, and where a variable decides.
    ///
    /// ```compose bad:2
    /// services:
    ///   web:
    ///     image: web:1
    ///     deploy: { resources: { limits: { cpus: "1" } } }
    /// ```
    /// ```compose good
    /// services:
    ///   web: { image: "web:1", mem_limit: 256m }
    ///   api: { image: "web:1", deploy: { resources: { limits: { memory: 256M } } } }
    /// ```
    /// ```compose good
    /// x-limits: &limits { mem_limit: 256m }
    /// services:
    ///   web: { <<: *limits, image: "web:1" }
    ///   job: { extends: web, command: job }
    /// ```
    /// ```compose good
    /// file=compose.yaml
    /// services:
    ///   web: { image: "web:1", mem_limit: 256m }
    /// file=compose.prod.yaml
    /// services:
    ///   web: { restart: always }
    /// ```
    MEMORY_LIMIT_MISSING = "compose-memory-limit-missing" {
        check: Check::ComposeService(memory_limit_missing),
        severity: Severity::Low,
        profile: Profile::All,
        tags: &["cwe-770"],
        peers: &["kics:bb9ac4f7"],
    }
}

rule! {
    /// Service has no CPU limit
    ///
    /// A busy loop then slows down everything else on the host. Shares and sets of processors are no limits.
    ///
    /// ```compose bad:2
    /// services:
    ///   web:
    ///     image: web:1
    /// ```
    /// ```compose good
    /// services:
    ///   web: { image: "web:1", cpus: 0.5 }
    ///   api: { image: "web:1", deploy: { resources: { limits: { cpus: "0.5" } } } }
    ///   job: { image: "web:1", cpu_quota: 50000 }
    /// ```
    CPU_LIMIT_MISSING = "compose-cpu-limit-missing" {
        check: Check::ComposeService(cpu_limit_missing),
        severity: Severity::Info,
        profile: Profile::All,
        tags: &["cwe-770"],
        peers: &["kics:6b610c50"],
    }
}

rule! {
    /// Service may start any number of processes
    ///
    /// A fork bomb in the container then stops the host. A limit of -1 is none.
    ///
    /// ```compose bad:2
    /// services:
    ///   web:
    ///     image: web:1
    /// ```
    /// ```compose bad:4
    /// services:
    ///   web:
    ///     image: web:1
    ///     pids_limit: -1
    /// ```
    /// ```compose good
    /// services:
    ///   web: { image: "web:1", pids_limit: 200 }
    ///   api: { image: "web:1", deploy: { resources: { limits: { pids: 200 } } } }
    /// ```
    PIDS_LIMIT_MISSING = "compose-pids-limit-missing" {
        check: Check::ComposeService(pids_limit_missing),
        severity: Severity::Low,
        profile: Profile::All,
        tags: &["cwe-770"],
        peers: &["kics:221e0658"],
    }
}

rule! {
    /// Kernel may not end the service when memory runs out
    ///
    /// With `oom_kill_disable`, or a score below -500, the kernel ends other programs instead, those of the host among
    /// them, or stops altogether.
    ///
    /// ```compose bad:4
    /// services:
    ///   db:
    ///     image: db:1
    ///     oom_kill_disable: true
    /// ```
    /// ```compose bad:4
    /// services:
    ///   db:
    ///     image: db:1
    ///     oom_score_adj: -1000
    /// ```
    /// ```compose good
    /// services:
    ///   db: { image: "db:1", oom_kill_disable: false, oom_score_adj: -500 }
    /// ```
    OOM_KILL_DISABLED = "compose-oom-kill-disabled" {
        check: Check::ComposeService(oom_kill_disabled),
        severity: Severity::Medium,
    }
}

fn memory_limit_missing(service: &Service<'_>, _: &Project<'_>, report: &mut Report<'_>) {
    if let Some(anchor) = missing(service, &["mem_limit", "deploy.resources.limits.memory"]) {
        report
            .at(anchor, format!("{} has no memory limit", service.title()))
            .help("set `deploy.resources.limits.memory`, or `mem_limit`");
    }
}

fn cpu_limit_missing(service: &Service<'_>, _: &Project<'_>, report: &mut Report<'_>) {
    let fields = ["cpus", "cpu_quota", "cpu_count", "cpu_percent", "deploy.resources.limits.cpus"];
    if let Some(anchor) = missing(service, &fields) {
        report
            .at(anchor, format!("{} has no CPU limit", service.title()))
            .help("set `deploy.resources.limits.cpus`, or `cpus`");
    }
}

fn pids_limit_missing(service: &Service<'_>, _: &Project<'_>, report: &mut Report<'_>) {
    const HELP: &str = "set `deploy.resources.limits.pids`, or `pids_limit`";
    let message = || format!("{} may start any number of processes", service.title());
    let fields = ["pids_limit", "deploy.resources.limits.pids"];
    if let Some(anchor) = missing(service, &fields) {
        report.at(anchor, message()).help(HELP);
    }
    for limit in fields.iter().filter_map(|field| service.get(field).present()) {
        if as_integer(limit).is_some_and(|limit| limit < 1) {
            report.at(limit, message()).help(HELP);
        }
    }
}

fn oom_kill_disabled(service: &Service<'_>, _: &Project<'_>, report: &mut Report<'_>) {
    const HELP: &str = "remove it, and set a memory limit that the program keeps to";
    let message = || format!("the kernel may not end {} when memory runs out", service.title());
    if let Lookup::Present(flag) = service.get("oom_kill_disable")
        && is_flag(Lookup::Present(flag), true)
    {
        report.at(flag, message()).help(HELP);
    }
    if let Lookup::Present(score) = service.get("oom_score_adj")
        && as_integer(score).is_some_and(|score| score < -500)
    {
        report.at(score, message()).help(HELP);
    }
}
