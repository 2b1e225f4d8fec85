//! Amounts of resources: their names, limit ranges, quotas and claims.

use portcullis_syntax::Node;

use super::{COMPARED, Faults, Validation, is_absent, items};
use crate::kubernetes::Quantity;
use crate::placeholder::is_filled_in_later;

pub(super) static TABLE: &[(&str, &[Validation])] = &[
    ("LimitRangeItem", &[Validation::Other(limit_type), Validation::Other(limits_crossed)]),
    ("PersistentVolumeClaimSpec", &[Validation::Other(claim)]),
    ("PersistentVolumeSpec", &[Validation::Needed(&["capacity", "accessModes"]), Validation::AtMostOne(SOURCES)]),
    ("ResourceQuotaSpec", &[Validation::Other(quota)]),
    ("ResourceRequirements", &[Validation::Other(requirements)]),
];

/// Where the data of a volume may be.
const SOURCES: &[&str] = &[
    "awsElasticBlockStore",
    "azureDisk",
    "azureFile",
    "cephfs",
    "cinder",
    "csi",
    "fc",
    "flexVolume",
    "flocker",
    "gcePersistentDisk",
    "glusterfs",
    "hostPath",
    "iscsi",
    "local",
    "nfs",
    "photonPersistentDisk",
    "portworxVolume",
    "quobyte",
    "rbd",
    "scaleIO",
    "storageos",
    "vsphereVolume",
];

fn claim<'t>(node: Node<'t>, faults: &mut Faults<'_, 't, '_>) {
    let lacks_modes = is_absent(node, "accessModes");
    let lacks_storage = match node.field("resources") {
        Some(resources) => resources.get("requests.storage").absent().is_some(),
        None => is_absent(node, "resources"),
    };
    let mut missing = Vec::new();
    missing.extend(lacks_modes.then_some("accessModes"));
    missing.extend(lacks_storage.then_some("resources.requests.storage"));
    // Without both it is part of a claim.
    if missing.len() == 1 {
        faults.missing(node, missing, false);
    }
}

fn limit_type<'t>(node: Node<'t>, faults: &mut Faults<'_, 't, '_>) {
    let Some(kind) = node.field("type") else { return };
    let Some(name) = kind.as_str().filter(|name| !is_filled_in_later(name)) else { return };
    if !matches!(name, "Container" | "Pod" | "PersistentVolumeClaim") && !name.contains('/') {
        let message = format!("`{name}` is nothing that limits are for");
        faults.refuse(kind, message, "write `Container`, `Pod` or `PersistentVolumeClaim`");
    }
    for field in ["default", "defaultRequest"] {
        let Some(defaults) = node.field(field).filter(|amounts| name == "Pod" && amounts.entries().len() > 0) else {
            continue;
        };
        faults.refuse(defaults, format!("`{field}` is not for limits of type `Pod`"), "set it for `Container`");
    }
    let lacks = |field: &str| node.field(field).is_none_or(|amounts| amounts.get("storage").absent().is_some());
    if name == "PersistentVolumeClaim" && !node.is_open() && lacks("min") && lacks("max") {
        faults.missing(node, vec!["max.storage"], false);
    }
}

/// What may not be more than what.
const ORDER: &[(&str, &str)] = &[
    ("min", "max"),
    ("defaultRequest", "default"),
    ("min", "defaultRequest"),
    ("defaultRequest", "max"),
    ("min", "default"),
    ("default", "max"),
];

fn limits_crossed<'t>(node: Node<'t>, faults: &mut Faults<'_, 't, '_>) {
    for (lower, upper) in ORDER {
        let (Some(lower_amounts), Some(upper_amounts)) = (node.field(lower), node.field(upper)) else { continue };
        for (name, low) in lower_amounts.entries().take(COMPARED) {
            let Some(high) = upper_amounts.field(name.text()) else { continue };
            let (Some(Ok(least)), Some(Ok(most))) = (Quantity::of(low), Quantity::of(high)) else { continue };
            if least > most {
                let message = format!(
                    "`{lower}` of {} is `{}`, more than `{}` in `{upper}`",
                    name.text(),
                    low.text(),
                    high.text()
                );
                faults.refuse(low, message, "lower it, or raise the other");
            }
        }
    }
}

/// What a quota may limit without a domain in its name.
const LIMITABLE: &[&str] = &[
    "configmaps",
    "cpu",
    "ephemeral-storage",
    "limits.cpu",
    "limits.ephemeral-storage",
    "limits.memory",
    "memory",
    "persistentvolumeclaims",
    "pods",
    "replicationcontrollers",
    "requests.cpu",
    "requests.ephemeral-storage",
    "requests.memory",
    "requests.storage",
    "resourcequotas",
    "secrets",
    "services",
    "services.loadbalancers",
    "services.nodeports",
];

/// The ones that are counted.
const COUNTED: &[&str] = &[
    "configmaps",
    "persistentvolumeclaims",
    "pods",
    "replicationcontrollers",
    "resourcequotas",
    "secrets",
    "services",
    "services.loadbalancers",
    "services.nodeports",
];

fn quota<'t>(node: Node<'t>, faults: &mut Faults<'_, 't, '_>) {
    for (key, amount) in node.field("hard").into_iter().flat_map(Node::entries) {
        let name = key.text();
        let is_page = name.strip_prefix("requests.").unwrap_or(name).starts_with("hugepages-");
        if !name.contains('/') && !is_page && !LIMITABLE.contains(&name) && !is_filled_in_later(name) {
            let message = format!("`{name}` is nothing that a quota limits");
            faults.refuse(amount, message, "name a resource as in `requests.cpu`, or `count/KIND.GROUP`");
        }
        let is_counted = COUNTED.contains(&name) || name.starts_with("count/");
        if is_counted && matches!(Quantity::of(amount), Some(Ok(quantity)) if !quantity.is_whole()) {
            let message = format!("`{}` is no number of {name}", amount.text());
            faults.refuse(amount, message, "write a whole number");
        }
    }
    let scopes: Vec<&str> = items(node, "scopes").filter_map(Node::as_str).collect();
    for (one, other) in [("BestEffort", "NotBestEffort"), ("Terminating", "NotTerminating")] {
        if scopes.contains(&one)
            && scopes.contains(&other)
            && let Some(list) = node.field("scopes")
        {
            faults.refuse(list, format!("no pod is both `{one}` and `{other}`"), "keep one of the scopes");
        }
    }
}

fn requirements<'t>(node: Node<'t>, faults: &mut Faults<'_, 't, '_>) {
    for side in ["limits", "requests"] {
        for (key, amount) in node.field(side).into_iter().flat_map(Node::entries) {
            let name = key.text();
            // Claims had the same type in older versions.
            let is_known = matches!(name, "cpu" | "memory" | "ephemeral-storage" | "storage");
            if !is_known && !name.contains('/') && !name.starts_with("hugepages-") && !is_filled_in_later(name) {
                let message = format!("`{name}` is no resource that a container can have");
                faults.refuse(amount, message, help_for(name));
            }
            // Devices are given whole.
            let is_counted = name.contains('/') && !name.contains("kubernetes.io/");
            if is_counted && matches!(Quantity::of(amount), Some(Ok(quantity)) if !quantity.is_whole()) {
                let message = format!("`{}` is no number of `{name}`", amount.text());
                faults.refuse(amount, message, "write a whole number");
            }
        }
    }
}

fn help_for(name: &str) -> &'static str {
    match name.to_ascii_lowercase().as_str() {
        "cpu" | "cpus" => "did you mean `cpu`?",
        "mem" | "memory" | "ram" => "did you mean `memory`?",
        "gpu" | "gpus" => "write the device's full name, such as `nvidia.com/gpu`",
        _ => "use `cpu`, `memory`, `ephemeral-storage`, or a name with a domain",
    }
}
