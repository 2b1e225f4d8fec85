//! Names within a pod that stand twice, or stand for nothing.
//!
//! Names that are filled in later are not compared. What a webhook adds to the pod in the cluster cannot be known.

use std::collections::HashMap;
use std::ops::RangeInclusive;

use portcullis_model::kubernetes::{Lifetime, Object, Pod};
use portcullis_model::placeholder::is_filled_in_later;

use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] =
    &[&DUPLICATE_ENV_VAR, &DUPLICATE_PORT_NAME, &DUPLICATE_CONTAINER_NAME, &VOLUME_MOUNT_UNDEFINED];

rule! {
    /// Environment variable is set twice in one container
    ///
    /// The last one counts, and nobody says so: whoever edits the first wonders why nothing changes. A strategic merge
    /// patch may drop either.
    ///
    /// ```yaml bad:10
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers:
    ///     - name: web
    ///       image: web:1
    ///       env:
    ///         - { name: MODE, value: fast }
    ///         - { name: MODE, value: slow }
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers:
    ///     - { name: web, image: web:1, env: [{ name: MODE, value: fast }, { name: mode, value: slow }] }
    ///     - { name: app, image: app:1, env: [{ name: MODE, value: fast }] }
    ///     - { name: job, image: job:1, env: [{ name: "A_${X}", value: a }, { name: "A_${X}", value: b }] }
    /// ```
    DUPLICATE_ENV_VAR = "k8s-duplicate-env-var" {
        check: Check::Pod(duplicate_env_var),
        severity: Severity::Medium,
        peers: &[
            "kube-linter:duplicate-env-var", "kubescape:C-0295", "kube-score:environment-variable-key-duplication",
        ],
    }
}

rule! {
    /// Port's name stands twice, or its name or number is not valid
    ///
    /// The API server refuses all of them. A name has at most 15 characters, small letters, digits and single hyphens
    /// between them, and at least one letter; a container's port has a number from 1 to 65535. A Service's `targetPort`
    /// is such a name or number, and `"80"` in quotes is neither. The same name in two containers is legal.
    ///
    /// ```yaml bad:10
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers:
    ///     - name: web
    ///       image: web:1
    ///       ports:
    ///         - { name: http, containerPort: 80 }
    ///         - { name: http, containerPort: 8080 }
    /// ```
    /// ```yaml bad:6
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers:
    ///     - { name: web, image: web:1, ports: [{ name: prometheus-metrics, containerPort: 9090 }] }
    /// ```
    /// ```yaml bad:8
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers:
    ///     - name: web
    ///       image: web:1
    ///       ports: [{ name: http, protocol: TCP }]
    /// ```
    /// ```yaml bad:4
    /// apiVersion: v1
    /// kind: Service
    /// metadata: { name: web }
    /// spec: { selector: { app: web }, ports: [{ port: 80, targetPort: "8080" }] }
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Service
    /// metadata: { name: web }
    /// spec: { selector: { app: web }, ports: [{ port: 80, targetPort: http }, { port: 81, targetPort: 8080 }] }
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers:
    ///     - { name: web, image: web:1, ports: [{ name: http, containerPort: 80 }, { containerPort: 81 }] }
    ///     - { name: app, image: app:1, ports: [{ name: http, containerPort: 82 }] }
    /// ```
    DUPLICATE_PORT_NAME = "k8s-duplicate-port-name" {
        check: Check::PodAndObject(duplicate_port_name, &["Service"], invalid_target_port),
        severity: Severity::Medium,
        peers: &["kube-score:container-ports-check", "kube-linter:invalid-target-ports"],
    }
}

rule! {
    /// Two containers of a pod have the same name
    ///
    /// The API server refuses the pod; init and ephemeral containers share the names with the main ones.
    ///
    /// ```yaml bad:7
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers: [{ name: web, image: web:1 }]
    ///   initContainers:
    ///     - { name: web, image: setup:1 }
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec: { containers: [{ name: web, image: web:1 }, { name: app, image: web:1 }] }
    /// ```
    DUPLICATE_CONTAINER_NAME = "k8s-duplicate-container-name" {
        check: Check::Pod(duplicate_container_name),
        severity: Severity::High,
    }
}

rule! {
    /// Volume mount names a volume that the pod does not have
    ///
    /// The API server refuses the pod; a Deployment is accepted and then never makes one. Volumes are those of the pod
    /// and a StatefulSet's claim templates. Silent where the volumes are filled in later, and for kinds whose operator
    /// adds volumes of its own.
    ///
    /// ```yaml bad:8
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers:
    ///     - name: web
    ///       image: web:1
    ///       volumeMounts: [{ name: data, mountPath: /data }]
    ///   volumes: [{ name: cache, emptyDir: {} }]
    /// ```
    /// ```yaml bad:8
    /// apiVersion: v1
    /// kind: List
    /// items:
    ///   - apiVersion: v1
    ///     kind: Pod
    ///     metadata: { name: web }
    ///     spec:
    ///       containers: [{ name: web, image: web:1, volumeMounts: [{ name: data, mountPath: /data }] }]
    /// ```
    /// ```yaml good
    /// apiVersion: apps/v1
    /// kind: StatefulSet
    /// metadata: { name: db }
    /// spec:
    ///   serviceName: db
    ///   selector: { matchLabels: { app: db } }
    ///   template:
    ///     metadata: { labels: { app: db } }
    ///     spec:
    ///       containers:
    ///         - { name: db, image: db:1, volumeMounts: [{ name: data, mountPath: /d }, { name: tmp, mountPath: /t }] }
    ///       volumes: [{ name: tmp, emptyDir: {} }]
    ///   volumeClaimTemplates: [{ metadata: { name: data }, spec: { accessModes: [ReadWriteOnce] } }]
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers: [{ name: web, image: web:1, volumeMounts: [{ name: data, mountPath: /data }] }]
    ///   volumes: [{ name: "${VOLUME}", emptyDir: {} }]
    /// ```
    /// ```yaml good
    /// apiVersion: monitoring.coreos.com/v1
    /// kind: Prometheus
    /// metadata: { name: main }
    /// spec:
    ///   containers: [{ name: proxy, image: proxy:1, volumeMounts: [{ name: config-out, mountPath: /c }] }]
    /// ```
    VOLUME_MOUNT_UNDEFINED = "k8s-volume-mount-undefined" {
        check: Check::Pod(volume_mount_undefined),
        severity: Severity::High,
    }
}

fn duplicate_env_var(pod: &Pod<'_>, report: &mut Report<'_>) {
    for container in &pod.containers {
        for (first, again) in repeated(container.list("env").filter_map(|variable| variable.field("name"))) {
            report
                .at(again, format!("{} sets `{}` twice", container.title(), again.text()))
                .label(first.span(), "set here before")
                .help("keep the one that is meant; the last one counts");
        }
    }
}

fn duplicate_port_name(pod: &Pod<'_>, report: &mut Report<'_>) {
    for container in pod.lasting_containers() {
        let names = || container.list("ports").filter_map(|port| port.field("name"));
        for (first, again) in repeated(names()) {
            report
                .at(again, format!("{} has two ports with the name `{}`", container.title(), again.text()))
                .label(first.span(), "named here before")
                .help("give each port a name of its own");
        }
        for port in container.list("ports").filter(|port| port.is_map()) {
            if let Some((name, text)) = invalid_name(port.get("name")) {
                report
                    .at(name, format!("`{text}` of {} is not a valid port name", container.title()))
                    .help(PORT_NAME_HELP);
                continue;
            }
            match port.get("containerPort") {
                Lookup::Present(number) if number.as_i64().is_some_and(|number| !PORTS.contains(&number)) => {
                    report
                        .at(number, format!("{} of {} is no port", number.text(), container.title()))
                        .help("use a number from 1 to 65535");
                }
                Lookup::Absent(anchor) => {
                    report
                        .at(anchor, format!("a port of {} has no number", container.title()))
                        .help("set `containerPort`");
                }
                Lookup::Present(_) | Lookup::Unknown(_) => {}
            }
        }
    }
}

fn invalid_target_port(service: &Object<'_>, report: &mut Report<'_>) {
    let Some(ports) = service.node.get("spec.ports").present().filter(|_| service.group().is_empty()) else { return };
    for port in ports.items() {
        let target = port.get("targetPort");
        if let Some((name, text)) = invalid_name(target) {
            report
                .at(name, format!("`{text}` of {} is not a valid port name", service.title()))
                .help(format!("{PORT_NAME_HELP}; write a number without quotes"));
        } else if let Lookup::Present(number) = target
            // The API server takes 0 for an absent one.
            && number.as_i64().is_some_and(|number| number != 0 && !PORTS.contains(&number))
        {
            report
                .at(number, format!("{} of {} is no port", number.text(), service.title()))
                .help("use a number from 1 to 65535");
        }
    }
}

const PORTS: RangeInclusive<i64> = 1..=65535;
const PORT_NAME_HELP: &str =
    "use at most 15 small letters, digits and single hyphens between them, one letter at least";

fn invalid_name(name: Lookup<'_>) -> Option<(Node<'_>, &str)> {
    let name = name.present()?;
    Some((name, name.as_str().filter(|text| !is_port_name(text) && !is_filled_in_later(text))?))
}

fn duplicate_container_name(pod: &Pod<'_>, report: &mut Report<'_>) {
    for (first, again) in repeated(pod.containers.iter().filter_map(|container| container.node.field("name"))) {
        report
            .at(again, format!("two containers of {} have the name `{}`", pod.object.title(), again.text()))
            .label(first.span(), "named here before")
            .help("give each container a name of its own");
    }
}

fn volume_mount_undefined(pod: &Pod<'_>, report: &mut Report<'_>) {
    if pod.lifetime == Lifetime::Unknown {
        return;
    }
    let around = pod.template.parent().filter(|parent| parent.is_map());
    let claims = around.map(|spec| spec.get("volumeClaimTemplates"));
    let Some(volumes) = names(pod.get("volumes"), "name") else { return };
    let Some(claims) = claims.map_or(Some(Vec::new()), |claims| names(claims, "metadata.name")) else { return };
    for container in &pod.containers {
        for mount in container.list("volumeMounts").chain(container.list("volumeDevices")) {
            let Some(name) = mount.field("name") else { continue };
            let Some(text) = name.as_str() else { continue };
            if !volumes.contains(&text) && !claims.contains(&text) {
                report
                    .at(name, format!("{} mounts volume `{text}`, which the pod does not have", container.title()))
                    .help("add the volume under `volumes`, or correct the name");
            }
        }
    }
}

/// The names of a list's elements; `None` where one of them is not known.
fn names<'t>(list: Lookup<'t>, path: &str) -> Option<Vec<&'t str>> {
    match list {
        Lookup::Absent(_) => Some(Vec::new()),
        Lookup::Unknown(_) => None,
        Lookup::Present(list) if list.is_list() && !list.is_open() => {
            list.items().map(|item| item.get(path).present()?.as_str()).collect()
        }
        Lookup::Present(_) => None,
    }
}

/// Known names that stood before, each with its first place.
fn repeated<'t>(names: impl Iterator<Item = Node<'t>>) -> Vec<(Node<'t>, Node<'t>)> {
    let mut seen: HashMap<&str, Node<'_>> = HashMap::new();
    let mut found = Vec::new();
    for name in names {
        let Some(text) = name.as_str() else { continue };
        match seen.get(text) {
            Some(first) => found.push((*first, name)),
            None => drop(seen.insert(text, name)),
        }
    }
    found
}

/// The service names of RFC 6335.
fn is_port_name(name: &str) -> bool {
    name.len() <= 15
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        && name.bytes().any(|byte| byte.is_ascii_lowercase())
        && !name.starts_with('-')
        && !name.ends_with('-')
        && !name.contains("--")
}
