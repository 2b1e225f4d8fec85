//! Amounts of resources that the API server refuses, or reads as something else than was meant.
//!
//! Looks at containers, the pod as a whole, `emptyDir` sizes, claims and volumes, quotas and LimitRanges. Quantities are compared exactly; an
//! amount that is filled in later gives no finding, and neither does one that is too large for 128 bits, because the API
//! server caps it.

use portcullis_model::kubernetes::{Object, Pod, Quantity, QuantityError};
use portcullis_model::placeholder::is_filled_in_later;

use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&REQUEST_EXCEEDS_LIMIT, &INVALID_QUANTITY];

rule! {
    /// Request is larger than the limit
    ///
    /// The API server refuses the pod; a Deployment is accepted and then never makes one. Quantities are compared by
    /// value: `1500m` is more than `1`, and `1G` is less than `1Gi`.
    ///
    /// ```yaml bad:9
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers:
    ///     - name: web
    ///       image: web:1
    ///       resources:
    ///         requests: { cpu: 1500m, memory: 1G }
    ///         limits: { cpu: 1, memory: 1Gi }
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers:
    ///     - name: web
    ///       image: web:1
    ///       resources: { requests: { cpu: 1000m, memory: 0.5Gi }, limits: { cpu: 1, memory: 512Mi } }
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers:
    ///     - { name: web, image: web:1, resources: { requests: { memory: 2Gi }, limits: { memory: "${LIMIT}" } } }
    /// ```
    REQUEST_EXCEEDS_LIMIT = "k8s-request-exceeds-limit" {
        check: Check::Pod(request_exceeds_limit),
        severity: Severity::High,
        tags: &["helm-values"],
    }
}

rule! {
    /// Resource amount is not a quantity, or has the wrong unit
    ///
    /// Units are `Ki Mi Gi Ti Pi Ei`, `k M G T P E`, and `m` for a thousandth. `1gb` is refused; memory of `512m` is
    /// half a byte, a memory limit of `512` is 512 bytes, and a CPU limit of `500Mi` is half a billion cores: each is
    /// accepted, and the container does not run as was meant.
    ///
    /// ```yaml bad:6
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers:
    ///     - { name: web, image: web:1, resources: { limits: { cpu: 500m, memory: 1gb } } }
    /// ```
    /// ```yaml bad:6
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers:
    ///     - { name: web, image: web:1, resources: { limits: { memory: 512m } } }
    /// ```
    /// ```yaml bad:6
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers:
    ///     - { name: web, image: web:1, resources: { limits: { cpu: 500Mi } } }
    /// ```
    /// ```yaml bad:7
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers: [{ name: web, image: web:1 }]
    ///   volumes:
    ///     - { name: cache, emptyDir: { sizeLimit: 1 Gi } }
    /// ```
    /// ```yaml bad:4
    /// apiVersion: v1
    /// kind: PersistentVolumeClaim
    /// metadata: { name: data }
    /// spec: { accessModes: [ReadWriteOnce], resources: { requests: { storage: 10GB } } }
    /// ```
    /// ```yaml bad:6
    /// apiVersion: v1
    /// kind: ResourceQuota
    /// metadata: { name: team }
    /// spec:
    ///   hard:
    ///     requests.memory: 8gb
    ///     limits.cpu: "4"
    /// ```
    /// ```yaml bad:5
    /// apiVersion: v1
    /// kind: LimitRange
    /// metadata: { name: usual }
    /// spec:
    ///   limits: [{ type: Container, default: { memory: 512m } }]
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: ResourceQuota
    /// metadata: { name: team }
    /// spec: { hard: { requests.memory: 8Gi, pods: 10, count/deployments.apps: "5", limits.cpu: "${CPU}" } }
    /// ---
    /// apiVersion: v1
    /// kind: LimitRange
    /// metadata: { name: usual }
    /// spec:
    ///   limits:
    ///     - { type: Container, default: { cpu: 500m, memory: 512Mi }, maxLimitRequestRatio: { cpu: 1.5, memory: "2" } }
    ///     - { type: PersistentVolumeClaim, max: { storage: 10Gi } }
    /// ---
    /// apiVersion: v1
    /// kind: PersistentVolume
    /// metadata: { name: data }
    /// spec: { capacity: { storage: 10Gi } }
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers:
    ///     - name: web
    ///       image: web:1
    ///       resources:
    ///         requests: { cpu: 0.5, memory: 1e9, nvidia.com/gpu: 1 }
    ///         limits: { cpu: "2", memory: 1.5Gi, ephemeral-storage: 500M, nvidia.com/gpu: 1 }
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers:
    ///     - { name: web, image: web:1, resources: { limits: { memory: "${MEMORY}Mi" } } }
    /// ```
    INVALID_QUANTITY = "k8s-invalid-quantity" {
        check: Check::PodAndObject(
            invalid_quantity,
            &["PersistentVolumeClaim", "PersistentVolume", "ResourceQuota", "LimitRange"],
            invalid_quantity_of_object,
        ),
        severity: Severity::High,
        tags: &["helm-values"],
    }
}

fn request_exceeds_limit(pod: &Pod<'_>, report: &mut Report<'_>) {
    for resources in resources(pod) {
        let Lookup::Present(requests) = resources.get("requests") else { continue };
        let Lookup::Present(limits) = resources.get("limits") else { continue };
        for (name, request) in requests.entries() {
            let Some(limit) = limits.field(name.text()) else { continue };
            let (Some(Ok(requested)), Some(Ok(limited))) = (Quantity::of(request), Quantity::of(limit)) else {
                continue;
            };
            if requested > limited {
                let (name, request, text) = (name.text(), request, limit.text());
                report
                    .at(request, format!("the {name} request `{}` is more than the limit `{text}`", request.text()))
                    .label(limit.span(), "the limit")
                    .help("raise the limit or lower the request");
            }
        }
    }
}

fn invalid_quantity(pod: &Pod<'_>, report: &mut Report<'_>) {
    for resources in resources(pod) {
        for side in [Side::Requests, Side::Limits] {
            let Lookup::Present(amounts) = resources.get(side.field()) else { continue };
            for (name, amount) in amounts.entries() {
                judge(name.text(), amount, side, report);
            }
        }
    }
    for volume in pod.list("volumes") {
        if let Lookup::Present(size) = volume.get("emptyDir.sizeLimit") {
            judge("storage", size, Side::Requests, report);
        }
    }
}

fn invalid_quantity_of_object(object: &Object<'_>, report: &mut Report<'_>) {
    if !object.group().is_empty() {
        return;
    }
    let entries = |path: &str| object.node.get(path).present().into_iter().flat_map(Node::entries);
    match object.kind {
        "PersistentVolumeClaim" => {
            entries("spec.resources.requests")
                .for_each(|(key, amount)| judge(key.text(), amount, Side::Requests, report));
            entries("spec.resources.limits")
                .for_each(|(key, amount)| judge(key.text(), amount, Side::Requests, report));
        }
        "PersistentVolume" => {
            entries("spec.capacity").for_each(|(key, amount)| judge(key.text(), amount, Side::Requests, report));
        }
        "ResourceQuota" => {
            for (key, amount) in entries("spec.hard") {
                // `gold.storageclass.storage.k8s.io/requests.storage` is an amount of storage.
                let name = key.text().rsplit('/').next().unwrap_or_default();
                let name = name.strip_prefix("requests.").or_else(|| name.strip_prefix("limits.")).unwrap_or(name);
                judge(name, amount, Side::Requests, report);
            }
        }
        _ => {
            for item in object.node.get("spec.limits").present().into_iter().flat_map(Node::items) {
                for (field, side) in [
                    ("min", Side::Requests),
                    ("max", Side::Limits),
                    ("default", Side::Limits),
                    ("defaultRequest", Side::Requests),
                ] {
                    for (key, amount) in item.field(field).into_iter().flat_map(Node::entries) {
                        judge(key.text(), amount, side, report);
                    }
                }
                // A ratio has no unit.
                for (_, ratio) in item.field("maxLimitRequestRatio").into_iter().flat_map(Node::entries) {
                    judge("ratio", ratio, Side::Requests, report);
                }
            }
        }
    }
}

/// Every `resources` mapping of a pod: its own, its containers', and its volume claims'.
fn resources<'t>(pod: &Pod<'t>) -> Vec<Node<'t>> {
    let of_containers = pod.lasting_containers().filter_map(|container| container.get("resources").present());
    let of_volumes =
        pod.list("volumes").filter_map(|volume| volume.get("ephemeral.volumeClaimTemplate.spec.resources").present());
    let claims = pod.template.parent().and_then(|spec| spec.get("volumeClaimTemplates").present());
    let of_claims = claims.into_iter().flat_map(Node::items).filter_map(|it| it.get("spec.resources").present());
    pod.get("resources").present().into_iter().chain(of_containers).chain(of_volumes).chain(of_claims).collect()
}

/// Which half of `resources` an amount stands in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Requests,
    Limits,
}

impl Side {
    fn field(self) -> &'static str {
        match self {
            Self::Requests => "requests",
            Self::Limits => "limits",
        }
    }
}

fn judge(resource: &str, amount: Node<'_>, side: Side, report: &mut Report<'_>) {
    let text = amount.text();
    let Some((problem, meant)) = problem(resource, amount, side) else { return };
    let draft = report.at(amount, format!("{resource} amount `{text}` {problem}"));
    match meant {
        Some(meant) => draft.help(format!("did you mean `{meant}`?")),
        None => draft.help("write a number and a unit such as `Mi` or `Gi`; for CPU, `m` or nothing"),
    };
}

/// What is wrong with an amount, and what was probably meant.
fn problem(resource: &str, amount: Node<'_>, side: Side) -> Option<(&'static str, Option<String>)> {
    // Nothing that runs fits below; who writes a bare number this small meant mebibytes.
    const LEAST_MEMORY: i64 = 1 << 20;
    let text = amount.text();
    let in_bytes = is_in_bytes(resource);
    match Quantity::of(amount)? {
        Err(QuantityError::OutOfRange) => None,
        Err(_) if is_filled_in_later(text) => None,
        Err(QuantityError::NoNumber | QuantityError::UnknownSuffix) => {
            Some(("is not a quantity", meant(resource, text)))
        }
        Ok(quantity) if quantity < Quantity::whole(0) => Some(("is negative", None)),
        // `0.1Gi` is no whole number of bytes either, but what is meant is clear.
        Ok(quantity)
            if in_bytes
                && !quantity.is_whole()
                && text.ends_with(|last: char| matches!(last, 'm' | 'u' | 'n' | '.') || last.is_ascii_digit()) =>
        {
            Some(("is a fraction of a byte", meant(resource, text)))
        }
        Ok(_) if resource == "cpu" && text.ends_with(['i', 'k', 'M', 'G', 'T', 'P', 'E']) => {
            Some(("has a unit of memory", meant(resource, text)))
        }
        Ok(quantity)
            if resource == "memory"
                && side == Side::Limits
                && text.bytes().all(|byte| byte.is_ascii_digit())
                && quantity > Quantity::whole(0)
                && quantity < Quantity::whole(LEAST_MEMORY) =>
        {
            Some(("is a number of bytes in which nothing runs", Some(format!("{text}Mi"))))
        }
        Ok(_) => None,
    }
}

fn is_in_bytes(resource: &str) -> bool {
    matches!(resource, "memory" | "storage" | "ephemeral-storage") || resource.starts_with("hugepages-")
}

/// The nearest quantity to something that is none: `1gb` → `1Gi`, `0,5` → `0.5`, `512 MB` → `512Mi`.
fn meant(resource: &str, text: &str) -> Option<String> {
    let text = text.trim().replace(',', ".");
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(end)?;
    let unit = match unit.trim().to_ascii_lowercase().as_str() {
        "" if is_in_bytes(resource) && number.contains('.') => "Gi",
        "" => "",
        "m" | "mi" | "millicpu" | "millicores" | "mcpu" if resource == "cpu" => "m",
        "c" | "core" | "cores" | "cpu" | "cpus" | "vcpu" if resource == "cpu" => "",
        _ if !is_in_bytes(resource) => return None,
        "b" | "bytes" => "",
        "k" | "kb" | "ki" | "kib" => "Ki",
        "m" | "mb" | "mi" | "mib" => "Mi",
        "g" | "gb" | "gi" | "gib" => "Gi",
        "t" | "tb" | "ti" | "tib" => "Ti",
        _ => return None,
    };
    let meant = format!("{number}{unit}");
    meant.parse::<Quantity>().is_ok().then_some(meant)
}
