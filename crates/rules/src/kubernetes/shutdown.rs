//! How a pod finds names and ends, and what its probes run.
//!
//! Whether a program ends by itself, and what a script runs, cannot be known.

use portcullis_model::kubernetes::{Lifetime, Pod};
use portcullis_syntax::Anchor;

use super::options;
use super::standard::pod_title;
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&TERMINATION_GRACE_ZERO, &DNS_NDOTS_UNSET, &EXEC_PROBE_COMMAND_FORBIDDEN];

rule! {
    /// Pod is killed without warning
    ///
    /// With a grace period of 0 the containers get no SIGTERM: requests break off, and what is not written is lost. A
    /// StatefulSet's pod may even start again while the old one still runs. Silent for Jobs and pods that end by
    /// themselves.
    ///
    /// ```yaml bad:5
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   terminationGracePeriodSeconds: 0
    ///   containers: [{ name: web, image: web:1 }]
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec: { terminationGracePeriodSeconds: 3600, containers: [{ name: web, image: web:1 }] }
    /// ---
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: once }
    /// spec: { terminationGracePeriodSeconds: 0, restartPolicy: Never, containers: [{ name: web, image: web:1 }] }
    /// ```
    TERMINATION_GRACE_ZERO = "k8s-termination-grace-zero" {
        check: Check::Pod(termination_grace_zero),
        severity: Severity::Low,
        profile: Profile::All,
    }
}

rule! {
    /// Pod asks DNS five times for a name outside the cluster
    ///
    /// The default `ndots` is 5: a name with fewer dots is first looked up below each search domain of the cluster. A
    /// smaller number saves most of the queries. Silent where the pod uses the node's resolver, whose default is 1.
    ///
    /// ```yaml bad:4
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec: { containers: [{ name: web, image: web:1 }] }
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   dnsConfig: { options: [{ name: ndots, value: "2" }] }
    ///   containers: [{ name: web, image: web:1 }]
    /// ---
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: agent }
    /// spec: { dnsPolicy: Default, containers: [{ name: agent, image: agent:1 }] }
    /// ```
    DNS_NDOTS_UNSET = "k8s-dns-ndots-unset" {
        check: Check::Pod(dns_ndots_unset),
        severity: Severity::Info,
        profile: Profile::OptIn,
        peers: &["kube-linter:dnsconfig-options", "kyverno:other/add-ndots"],
    }
}

rule! {
    /// Probe runs a command that is not allowed
    ///
    /// `ps` and `ls` say that something is there, not that it works, and `jcmd` starts a Java program every few seconds.
    /// The option `commands` lists what is not allowed. Looks at the program of an `exec` probe, and at the commands of a
    /// script after `sh -c`.
    ///
    /// ```yaml bad:9
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers:
    ///     - name: web
    ///       image: web:1
    ///       livenessProbe:
    ///         exec: { command: [sh, -c, "/bin/ps aux | grep web"] }
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers:
    ///     - { name: web, image: web:1, livenessProbe: { exec: { command: [sh, -c, "pg_isready | grep ps"] } } }
    /// ```
    EXEC_PROBE_COMMAND_FORBIDDEN = "k8s-exec-probe-command-forbidden" {
        check: Check::Pod(exec_probe_command_forbidden),
        severity: Severity::Info,
        profile: Profile::OptIn,
        peers: &["kyverno:other/deny-commands-in-exec-probe"],
        options: &[OptionMeta {
            name: "commands",
            shape: OptionShape::Strings,
            docs: "Programs that probes must not run; `ps`, `ls` and `jcmd` where it is not set",
        }],
    }
}

fn termination_grace_zero(pod: &Pod<'_>, report: &mut Report<'_>) {
    let Lookup::Present(seconds) = pod.get("terminationGracePeriodSeconds") else { return };
    if pod.lifetime != Lifetime::Batch && seconds.as_i64() == Some(0) {
        report
            .at(seconds, format!("{} is killed without warning", pod_title(pod)))
            .help("give it the time that it needs to end; the default is 30 seconds");
    }
}

fn dns_ndots_unset(pod: &Pod<'_>, report: &mut Report<'_>) {
    let asks_cluster = match pod.get("dnsPolicy") {
        Lookup::Present(policy) => match policy.as_str() {
            Some("ClusterFirst") => pod.get("hostNetwork").absent().is_some() || pod.get("hostNetwork").is_bool(false),
            Some("ClusterFirstWithHostNet") => true,
            _ => false,
        },
        Lookup::Absent(_) => pod.get("hostNetwork").absent().is_some() || pod.get("hostNetwork").is_bool(false),
        Lookup::Unknown(_) => false,
    };
    let options = pod.get("dnsConfig.options");
    let is_ndots =
        |option: Node<'_>| option.field("name").is_none_or(|name| matches!(name.as_str(), Some("ndots") | None));
    let is_set = match options {
        Lookup::Present(list) => !list.is_list() || list.items().any(is_ndots),
        Lookup::Absent(_) => false,
        Lookup::Unknown(_) => true,
    };
    if asks_cluster && !is_set {
        report
            .at(Anchor { parent: pod.spec }, format!("{} leaves `ndots` at 5", pod_title(pod)))
            .help("add `{ name: ndots, value: \"2\" }` to `dnsConfig.options`");
    }
}

fn exec_probe_command_forbidden(pod: &Pod<'_>, report: &mut Report<'_>) {
    let forbidden = options::list(report, "commands", &["ps", "ls", "jcmd"]);
    for container in &pod.containers {
        for probe in ["livenessProbe", "readinessProbe", "startupProbe"] {
            let Lookup::Present(command) = container.get(probe).get("exec.command") else { continue };
            let Some((node, name)) = programs(command).into_iter().find(|(_, name)| forbidden.contains(name)) else {
                continue;
            };
            report
                .at(node, format!("the {probe} of {} runs `{name}`", container.title()))
                .help("ask the program itself, with `httpGet`, `grpc` or a command of its own");
        }
    }
}

/// The programs that a command runs: itself, or those of the script after `sh -c`.
fn programs(command: Node<'_>) -> Vec<(Node<'_>, &str)> {
    let Some(first) = command.items().next() else { return Vec::new() };
    let program = basename(first.text());
    if !matches!(program, "sh" | "bash" | "ash" | "dash") {
        return vec![(first, program)];
    }
    let Some(script) = command.items().skip(1).find(|word| !word.text().starts_with('-')) else { return Vec::new() };
    let parts = script.text().split(['|', ';', '&', '(', '`', '\n']);
    let words = parts.filter_map(|part| part.split_whitespace().next());
    words.map(|word| (script, basename(word))).collect()
}

fn basename(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or_default()
}
