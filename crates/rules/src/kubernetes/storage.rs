//! Persistent volumes, and what a team wants of its claims.
//!
//! Which class is the cluster's default cannot be known.

use portcullis_model::kubernetes::Object;

use super::host_path::normal;
use super::options;
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&PV_HOSTPATH, &PVC_STORAGE_CLASS_MISSING, &STATEFULSET_VCT_ANNOTATION_MISSING];

rule! {
    /// Persistent volume is a directory of the node
    ///
    /// Whoever claims it reads and writes the node's files, whatever their pods are allowed: Pod Security looks at pods,
    /// and those only name a claim. The data is also lost when the pod moves. The option `directories` lists those in
    /// which volumes may lie, with everything below them; none where it is not set.
    ///
    /// ```yaml bad:8
    /// apiVersion: v1
    /// kind: PersistentVolume
    /// metadata: { name: data }
    /// spec:
    ///   capacity: { storage: 1Gi }
    ///   accessModes: [ReadWriteOnce]
    ///   hostPath:
    ///     path: /srv/data
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: PersistentVolume
    /// metadata: { name: data }
    /// spec:
    ///   capacity: { storage: 1Gi }
    ///   accessModes: [ReadWriteOnce]
    ///   csi: { driver: ebs.csi.aws.com, volumeHandle: vol-1 }
    /// ```
    PV_HOSTPATH = "k8s-pv-hostpath" {
        check: Check::Object(&["PersistentVolume"], pv_hostpath),
        severity: Severity::Medium,
        peers: &["kyverno:other/limit-hostpath-type-pv"],
        options: &[OptionMeta {
            name: "directories",
            shape: OptionShape::Strings,
            docs: "Directories of the node in which persistent volumes may lie",
        }],
    }
}

rule! {
    /// Claim has no storage class, or one that is not allowed
    ///
    /// Without a class the cluster's default decides how the data is kept, and another cluster has another default. With
    /// `classes` only those are accepted. An empty class is written on purpose, for a volume that exists, and is accepted.
    /// Looks at claims and at the claim templates of StatefulSets.
    ///
    /// ```yaml bad:4
    /// apiVersion: v1
    /// kind: PersistentVolumeClaim
    /// metadata: { name: data }
    /// spec:
    ///   accessModes: [ReadWriteOnce]
    ///   resources: { requests: { storage: 1Gi } }
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: PersistentVolumeClaim
    /// metadata: { name: data }
    /// spec: { storageClassName: fast, accessModes: [ReadWriteOnce], resources: { requests: { storage: 1Gi } } }
    /// ```
    PVC_STORAGE_CLASS_MISSING = "k8s-pvc-storage-class-missing" {
        check: Check::Object(&["PersistentVolumeClaim", "StatefulSet"], pvc_storage_class_missing),
        severity: Severity::Info,
        profile: Profile::OptIn,
        peers: &["kyverno:other/require-storageclass", "kyverno:other/restrict-storageclass"],
        options: &[OptionMeta {
            name: "classes",
            shape: OptionShape::Strings,
            docs: "Storage classes that claims may have; any where it is not set",
        }],
    }
}

rule! {
    /// Claim template lacks an annotation that every claim must have
    ///
    /// Backups and bills find volumes by the annotations of their claims, and those of a StatefulSet have only what its
    /// templates give them. The option `annotations` names the keys; where it is not set, `owner` is asked for.
    ///
    /// ```yaml bad:8
    /// apiVersion: apps/v1
    /// kind: StatefulSet
    /// metadata: { name: db }
    /// spec:
    ///   selector: { matchLabels: { app: db } }
    ///   template: { metadata: { labels: { app: db } }, spec: { containers: [{ name: db, image: db:1 }] } }
    ///   volumeClaimTemplates:
    ///     - metadata:
    ///         name: data
    ///       spec: { accessModes: [ReadWriteOnce], resources: { requests: { storage: 1Gi } } }
    /// ```
    /// ```yaml good
    /// apiVersion: apps/v1
    /// kind: StatefulSet
    /// metadata: { name: db }
    /// spec:
    ///   selector: { matchLabels: { app: db } }
    ///   template: { metadata: { labels: { app: db } }, spec: { containers: [{ name: db, image: db:1 }] } }
    ///   volumeClaimTemplates:
    ///     - metadata: { name: data, annotations: { owner: shop } }
    ///       spec: { accessModes: [ReadWriteOnce], resources: { requests: { storage: 1Gi } } }
    /// ```
    STATEFULSET_VCT_ANNOTATION_MISSING = "k8s-statefulset-vct-annotation-missing" {
        check: Check::Object(&["StatefulSet"], vct_annotation_missing),
        severity: Severity::Info,
        profile: Profile::OptIn,
        peers: &["kube-linter:statefulset-volumeclaimtemplate-annotation"],
        options: &[OptionMeta {
            name: "annotations",
            shape: OptionShape::Strings,
            docs: "Keys of the annotations that every claim template must have; `owner` where it is not set",
        }],
    }
}

fn pv_hostpath(volume: &Object<'_>, report: &mut Report<'_>) {
    let Lookup::Present(path) = volume.node.get("spec.hostPath.path") else { return };
    let Some(text) = path.as_str().map(normal).filter(|_| volume.group().is_empty()) else { return };
    let is_in = |directory: &&str| {
        let rest = text.strip_prefix(normal(directory).trim_end_matches('/'));
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/')) && !text.split('/').any(|part| part == "..")
    };
    if !options::list(report, "directories", &[]).iter().any(is_in) {
        report
            .at(path, format!("{} is `{text}` of the node", volume.title()))
            .help("use a CSI driver; for a local disk, `local` with node affinity");
    }
}

/// The class of claims before it had a field.
const OLD_CLASS: &str = "volume.beta.kubernetes.io/storage-class";

fn pvc_storage_class_missing(object: &Object<'_>, report: &mut Report<'_>) {
    for claim in claims(object) {
        let annotations = claim.get("metadata.annotations");
        let has_annotation = match annotations {
            Lookup::Present(annotations) => annotations.key_lookup(OLD_CLASS).absent().is_none(),
            Lookup::Absent(_) => false,
            Lookup::Unknown(_) => true,
        };
        match claim.get("spec.storageClassName") {
            Lookup::Present(class) => {
                let Some(name) = class.as_str().filter(|name| !name.is_empty()) else { continue };
                let classes = options::list(report, "classes", &[]);
                if !classes.is_empty() && !classes.contains(&name) {
                    report
                        .at(class, format!("{} has the storage class `{name}`, which is not allowed", title(claim)))
                        .help("use an allowed class, or add this one to the rule's `classes`");
                }
            }
            Lookup::Absent(anchor) if !has_annotation => {
                report.at(anchor, format!("{} has no storage class", title(claim))).help("set `storageClassName`");
            }
            Lookup::Absent(_) | Lookup::Unknown(_) => {}
        }
    }
}

/// The object itself where it is a claim, else its claim templates.
fn claims<'t>(object: &Object<'t>) -> Vec<Node<'t>> {
    match (object.group(), object.kind) {
        ("", "PersistentVolumeClaim") => vec![object.node],
        ("apps", "StatefulSet") => {
            let templates = object.node.get("spec.volumeClaimTemplates").present();
            templates.into_iter().flat_map(Node::items).filter(|template| template.is_map()).collect()
        }
        _ => Vec::new(),
    }
}

fn title(claim: Node<'_>) -> String {
    match claim.get("metadata.name").present().and_then(Node::as_str) {
        Some(name) => format!("claim `{name}`"),
        None => "the claim".to_owned(),
    }
}

fn vct_annotation_missing(object: &Object<'_>, report: &mut Report<'_>) {
    let wanted = options::list(report, "annotations", &["owner"]);
    for claim in claims(object) {
        let annotations = claim.get("metadata.annotations");
        let missing: Vec<&str> = wanted.iter().copied().filter(|key| is_missing(annotations, key)).collect();
        if missing.is_empty() {
            continue;
        }
        let place = claim.field("metadata").map_or_else(|| claim.key_place(), Node::key_place);
        report
            .at(
                place,
                format!("{} of {} has no annotation `{}`", title(claim), object.title(), missing.join("` and `")),
            )
            .help("add it under `metadata.annotations` of the claim template");
    }
}

fn is_missing(annotations: Lookup<'_>, key: &str) -> bool {
    match annotations {
        Lookup::Present(annotations) => annotations.key_lookup(key).absent().is_some(),
        Lookup::Absent(_) => true,
        Lookup::Unknown(_) => false,
    }
}
