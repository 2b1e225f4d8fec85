//! Volumes of pods: how large they may grow, whether anything mounts them, how long their tokens live.
//!
//! What a webhook adds to the pod in the cluster cannot be known.

use std::collections::HashSet;

use portcullis_model::kubernetes::{Lifetime, Pod};
use portcullis_syntax::Anchor;

use super::options;
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&EMPTYDIR_SIZE_LIMIT_MISSING, &VOLUME_UNUSED, &PROJECTED_TOKEN_LIFETIME_TOO_LONG];

rule! {
    /// Scratch volume may grow without limit
    ///
    /// An `emptyDir` without `sizeLimit` fills the node's disk, and the kubelet then evicts pods, others among them. One
    /// in memory counts against the container's memory limit, or else takes half of the node's. Silent where
    /// every container limits its ephemeral storage and the volume is on disk: the kubelet then evicts this pod alone.
    ///
    /// ```yaml bad:7
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers: [{ name: web, image: web:1, volumeMounts: [{ name: cache, mountPath: /cache }] }]
    ///   volumes:
    ///     - { name: cache, emptyDir: {} }
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers: [{ name: web, image: web:1, volumeMounts: [{ name: cache, mountPath: /cache }] }]
    ///   volumes:
    ///     - { name: cache, emptyDir: { sizeLimit: 1Gi } }
    /// ---
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: shop }
    /// spec:
    ///   containers: [{ name: shop, image: shop:1, resources: { limits: { ephemeral-storage: 1Gi } } }]
    ///   volumes:
    ///     - { name: cache, emptyDir: {} }
    /// ```
    EMPTYDIR_SIZE_LIMIT_MISSING = "k8s-emptydir-size-limit-missing" {
        check: Check::Pod(emptydir_size_limit_missing),
        severity: Severity::Low,
        profile: Profile::All,
        peers: &["kyverno:other/add-emptydir-sizelimit", "kyverno:other/require-emptydir-requests-limits"],
    }
}

rule! {
    /// Volume is mounted by no container
    ///
    /// It is left from an earlier version, or its mount has been forgotten; a Secret in it is asked for all the same, and
    /// the pod does not start without it. Silent where a list of containers or mounts is not known, and for kinds whose
    /// controller adds containers.
    ///
    /// ```yaml bad:7
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers: [{ name: web, image: web:1, volumeMounts: [{ name: data, mountPath: /data }] }]
    ///   volumes:
    ///     - { name: config, configMap: { name: web } }
    ///     - { name: data, emptyDir: {} }
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   initContainers: [{ name: fill, image: web:1, volumeMounts: [{ name: data, mountPath: /data }] }]
    ///   containers: [{ name: web, image: web:1, volumeDevices: [{ name: disk, devicePath: /dev/xvda }] }]
    ///   volumes:
    ///     - { name: data, emptyDir: {} }
    ///     - { name: disk, persistentVolumeClaim: { claimName: disk } }
    /// ```
    VOLUME_UNUSED = "k8s-volume-unused" {
        check: Check::Pod(volume_unused),
        severity: Severity::Info,
        profile: Profile::All,
    }
}

rule! {
    /// Projected token is valid for long
    ///
    /// The kubelet renews a token before it ends, so that a short life costs nothing; a stolen one is good until then.
    /// The option `seconds` says how long is allowed, a day where it is not set. The default is an hour.
    ///
    /// ```yaml bad:11
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers: [{ name: web, image: web:1, volumeMounts: [{ name: token, mountPath: /token }] }]
    ///   volumes:
    ///     - name: token
    ///       projected:
    ///         sources:
    ///           - serviceAccountToken:
    ///               expirationSeconds: 604800
    ///               path: token
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers: [{ name: web, image: web:1, volumeMounts: [{ name: token, mountPath: /token }] }]
    ///   volumes:
    ///     - name: token
    ///       projected:
    ///         sources:
    ///           - serviceAccountToken: { path: token, expirationSeconds: 86400 }
    ///           - serviceAccountToken: { path: other, audience: vault }
    /// ```
    PROJECTED_TOKEN_LIFETIME_TOO_LONG = "k8s-projected-token-lifetime-too-long" {
        check: Check::Pod(projected_token_lifetime_too_long),
        severity: Severity::Low,
        profile: Profile::All,
        options: &[OptionMeta {
            name: "seconds",
            shape: OptionShape::Number,
            docs: "How long a projected token may be valid; 86400 where it is not set",
        }],
    }
}

fn emptydir_size_limit_missing(pod: &Pod<'_>, report: &mut Report<'_>) {
    for volume in pod.list("volumes") {
        let Some(source) = volume.field("emptyDir") else { continue };
        // A source that is null is as empty as one without fields.
        let anchor = match source.get("sizeLimit") {
            Lookup::Absent(_) => Anchor { parent: source },
            Lookup::Present(_) | Lookup::Unknown(_) => continue,
        };
        let is_in_memory = source.field("medium").and_then(Node::as_str) == Some("Memory");
        if !is_in_memory && limits_ephemeral_storage(pod) {
            continue;
        }
        let name = volume.field("name").map_or("", Node::text);
        let what = if is_in_memory { "the node's memory" } else { "the node's disk" };
        report.at(anchor, format!("volume `{name}` may take all of {what}")).help("set `emptyDir.sizeLimit`");
    }
}

fn limits_ephemeral_storage(pod: &Pod<'_>) -> bool {
    let mut containers = pod.lasting_containers().filter(|container| container.keeps_running()).peekable();
    containers.peek().is_some()
        && containers.all(|container| match container.resource("limits") {
            Lookup::Present(limits) => limits.key_lookup("ephemeral-storage").absent().is_none(),
            Lookup::Absent(_) => false,
            Lookup::Unknown(_) => true,
        })
}

fn volume_unused(pod: &Pod<'_>, report: &mut Report<'_>) {
    // OpenShift's DeploymentConfig mounts volumes in hooks that are no containers of the pod.
    let is_known = pod.lifetime != Lifetime::Unknown && pod.object.kind != "DeploymentConfig";
    let Lookup::Present(volumes) = pod.get("volumes") else { return };
    if !is_known || pod.has_unknown_containers() {
        return;
    }
    let Some(mounted) = mounted(pod) else { return };
    for name in volumes.items().filter_map(|volume| volume.field("name")) {
        let Some(text) = name.as_str().filter(|text| !mounted.contains(text)) else { continue };
        report
            .at(name, format!("no container of {} mounts volume `{text}`", pod.object.title()))
            .help("mount it or remove it");
    }
}

/// The names of the volumes that containers mount; `None` where one is not known.
fn mounted<'t>(pod: &Pod<'t>) -> Option<HashSet<&'t str>> {
    let mut names = HashSet::new();
    for container in &pod.containers {
        for field in ["volumeMounts", "volumeDevices"] {
            let list = match container.get(field) {
                Lookup::Present(list) if list.is_list() => list,
                Lookup::Absent(_) => continue,
                Lookup::Present(_) | Lookup::Unknown(_) => return None,
            };
            for mount in list.items() {
                names.insert(mount.field("name")?.as_str()?);
            }
        }
    }
    Some(names)
}

fn projected_token_lifetime_too_long(pod: &Pod<'_>, report: &mut Report<'_>) {
    for volume in pod.list("volumes") {
        let Some(projected) = volume.field("projected") else { continue };
        for source in projected.field("sources").into_iter().flat_map(Node::items) {
            let Lookup::Present(seconds) = source.get("serviceAccountToken.expirationSeconds") else { continue };
            let most = options::number(report, "seconds", 86_400);
            if seconds.as_i64().is_some_and(|seconds| seconds > most) {
                let name = volume.field("name").map_or("", Node::text);
                report
                    .at(seconds, format!("the token in volume `{name}` is valid for {} seconds", seconds.text()))
                    .help("set an hour (3600), or leave it out");
            }
        }
    }
}
