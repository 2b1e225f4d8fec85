//! Pods and containers: probes, hooks, variables, volumes, security contexts.

use portcullis_syntax::{Lookup, Node};

use super::network::port;
use super::{COMPARED, Faults, Validation, is_absent, items, number, set, text};
use crate::kubernetes::Grammar;
use crate::placeholder::is_filled_in_later;

pub(super) static TABLE: &[(&str, &[Validation])] = &[
    ("AppArmorProfile", &[Validation::Other(localhost_profile)]),
    ("ConfigMapEnvSource", &[Validation::Needed(&["name"])]),
    ("ConfigMapKeySelector", &[Validation::Needed(&["name"])]),
    ("ConfigMapVolumeSource", &[Validation::Needed(&["name"])]),
    ("Container", &[Validation::Other(only_success), Validation::Other(mounts)]),
    ("DownwardAPIVolumeFile", &[Validation::ExactlyOne(&["fieldRef", "resourceFieldRef"]), Validation::Other(in_file)]),
    ("EmptyDirVolumeSource", &[Validation::Other(medium)]),
    ("EnvFromSource", &[Validation::ExactlyOne(&["configMapRef", "secretRef"])]),
    ("EnvVar", &[Validation::AtMostOne(&["value", "valueFrom"])]),
    (
        "EnvVarSource",
        &[
            Validation::ExactlyOne(&["configMapKeyRef", "secretKeyRef", "fieldRef", "resourceFieldRef", "fileKeyRef"]),
            Validation::Other(in_variable),
        ],
    ),
    ("ExecAction", &[Validation::Other(command)]),
    ("HTTPGetAction", &[Validation::Other(port_of)]),
    ("LifecycleHandler", &[Validation::ExactlyOne(&["exec", "httpGet", "tcpSocket", "sleep"])]),
    (
        "PodSpec",
        &[
            Validation::Filled("containers"),
            Validation::Keys("nodeSelector", Grammar::LabelKey),
            Validation::Other(name_servers),
            Validation::Other(host_ports),
            Validation::Other(images),
            Validation::Other(host_port_twice),
            Validation::Other(hooks_of_init),
            Validation::Other(shared_with_node),
            Validation::Other(other_system),
        ],
    ),
    ("Probe", &[Validation::ExactlyOne(&["httpGet", "exec", "tcpSocket", "grpc"])]),
    ("ResourceFieldSelector", &[Validation::Other(resource_field)]),
    ("SeccompProfile", &[Validation::Other(localhost_profile)]),
    ("SecretEnvSource", &[Validation::Needed(&["name"])]),
    ("SecretKeySelector", &[Validation::Needed(&["name"])]),
    ("SecretVolumeSource", &[Validation::Needed(&["secretName"])]),
    ("SecurityContext", &[Validation::Other(privileged_without_escalation)]),
    ("TCPSocketAction", &[Validation::Other(port_of)]),
    ("Volume", &[Validation::OneBeside("name")]),
    ("VolumeMount", &[Validation::AtMostOne(&["subPath", "subPathExpr"])]),
    ("VolumeProjection", &[Validation::Other(projection)]),
];

/// The field below `localhostProfile` goes with the type `Localhost` and no other.
fn localhost_profile<'t>(node: Node<'t>, faults: &mut Faults<'_, 't, '_>) {
    match (text(node, "type"), set(node, "localhostProfile")) {
        (Some("Localhost"), None) if is_absent(node, "localhostProfile") => {
            faults.missing(node, vec!["localhostProfile"], false);
        }
        (Some(kind @ ("RuntimeDefault" | "Unconfined")), Some(profile)) => {
            let message = format!("`localhostProfile` is not for the type `{kind}`");
            faults.refuse(profile, message, "remove it, or write `type: Localhost`");
        }
        _ => {}
    }
}

/// Liveness and startup have succeeded after one success.
fn only_success<'t>(node: Node<'t>, faults: &mut Faults<'_, 't, '_>) {
    for probe in ["livenessProbe", "startupProbe"] {
        let Some(threshold) = node.field(probe).and_then(|probe| probe.field("successThreshold")) else { continue };
        if threshold.as_i64().is_some_and(|number| number > 1) {
            faults.refuse(threshold, format!("`successThreshold` of a `{probe}` must be 1"), "remove it");
        }
    }
    let grace = node.field("readinessProbe").and_then(|probe| set(probe, "terminationGracePeriodSeconds"));
    if let Some(grace) = grace {
        let message = "a `readinessProbe` ends nothing, and so has no `terminationGracePeriodSeconds`";
        faults.refuse(grace, message, "remove it");
    }
}

/// A directory may be given a volume once, and a device is no directory.
fn mounts<'t>(node: Node<'t>, faults: &mut Faults<'_, 't, '_>) {
    for device in items(node, "volumeDevices").take(COMPARED) {
        let Some(path) = device.field("devicePath") else { continue };
        let Some(wanted) = path.as_str() else { continue };
        if items(node, "volumeMounts").take(COMPARED).any(|mount| text(mount, "mountPath") == Some(wanted)) {
            faults.refuse(path, format!("a volume is mounted at `{wanted}` already"), "choose another path");
        }
    }
}

/// What a variable may take from the pod.
const FIELDS: &[&str] = &[
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.serviceAccountName",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
];

/// What a file may take from the pod.
const FIELDS_OF_FILES: &[&str] =
    &["metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid"];

fn in_variable<'t>(node: Node<'t>, faults: &mut Faults<'_, 't, '_>) {
    pod_field(node, FIELDS, faults);
}

fn in_file<'t>(node: Node<'t>, faults: &mut Faults<'_, 't, '_>) {
    pod_field(node, FIELDS_OF_FILES, faults);
}

fn pod_field<'t>(node: Node<'t>, known: &[&str], faults: &mut Faults<'_, 't, '_>) {
    let Some(path) = node.field("fieldRef").and_then(|reference| reference.field("fieldPath")) else { return };
    let Some(name) = path.as_str().filter(|name| !is_filled_in_later(name)) else { return };
    let is_entry = ["metadata.labels[", "metadata.annotations["].iter().any(|start| name.starts_with(start));
    if name.is_empty() || known.contains(&name) || is_entry && name.ends_with(']') {
        return;
    }
    let help = match name {
        "metadata.labels" | "metadata.annotations" => "name one of them: `metadata.labels['app']`",
        _ => "name a field such as `metadata.name`, `spec.nodeName` or `status.podIP`",
    };
    faults.refuse(path, format!("`{name}` is no field of a pod that can be taken here"), help);
}

fn resource_field<'t>(node: Node<'t>, faults: &mut Faults<'_, 't, '_>) {
    let Some(resource) = node.field("resource") else { return };
    let Some(name) = resource.as_str().filter(|name| !is_filled_in_later(name)) else { return };
    let known = name.strip_prefix("limits.").or_else(|| name.strip_prefix("requests."));
    let is_known = known
        .is_some_and(|name| matches!(name, "cpu" | "memory" | "ephemeral-storage") || name.starts_with("hugepages-"));
    if !is_known {
        let help = "name one such as `limits.memory` or `requests.cpu`";
        faults.refuse(resource, format!("`{name}` is no amount that a container can be told"), help);
    }
}

fn medium<'t>(node: Node<'t>, faults: &mut Faults<'_, 't, '_>) {
    let Some(medium) = node.field("medium") else { return };
    let Some(name) = medium.as_str().filter(|name| !is_filled_in_later(name)) else { return };
    if !matches!(name, "" | "Memory" | "HugePages") && !name.starts_with("HugePages-") {
        let message = format!("`{name}` is nothing that a directory can be kept in");
        faults.refuse(medium, message, "write `Memory`, or leave it out");
    }
}

fn command<'t>(node: Node<'t>, faults: &mut Faults<'_, 't, '_>) {
    if node.field("command").map_or_else(|| is_absent(node, "command"), super::is_empty_list) {
        faults.missing(node, vec!["command"], false);
    }
}

fn port_of<'t>(node: Node<'t>, faults: &mut Faults<'_, 't, '_>) {
    port(node.field("port"), faults);
}

fn name_servers<'t>(node: Node<'t>, faults: &mut Faults<'_, 't, '_>) {
    let Some(policy) = node.field("dnsPolicy").filter(|policy| policy.as_str() == Some("None")) else { return };
    let lacks = match node.get("dnsConfig.nameservers") {
        Lookup::Absent(_) => true,
        Lookup::Present(list) => super::is_empty_list(list),
        Lookup::Unknown(_) => false,
    };
    if lacks {
        let help = "add `dnsConfig.nameservers`, or choose another policy";
        faults.refuse(policy, "with `dnsPolicy: None` the pod has no name server at all", help);
    }
}

/// On the node's network both numbers mean the same port.
fn host_ports<'t>(node: Node<'t>, faults: &mut Faults<'_, 't, '_>) {
    if node.field("hostNetwork").and_then(Node::as_bool) != Some(true) {
        return;
    }
    for port in items(node, "containers").flat_map(|container| items(container, "ports")) {
        let (Some(own), Some(of_node)) = (number(port, "containerPort"), set(port, "hostPort")) else { continue };
        if of_node.as_i64().is_some_and(|number| number != own && number != 0) {
            let message = "`hostPort` is not `containerPort`, and the pod is on the node's network";
            faults.refuse(of_node, message, "write the same number, or leave it out");
        }
    }
}

/// Where no container has an image, the pod is part of one.
fn images<'t>(node: Node<'t>, faults: &mut Faults<'_, 't, '_>) {
    let containers = || ["containers", "initContainers"].into_iter().flat_map(|list| items(node, list));
    if !containers().any(|container| set(container, "image").is_some()) {
        return;
    }
    for container in containers().filter(|container| container.is_map() && container.field("image").is_none()) {
        if is_absent(container, "image") {
            faults.missing_below(container, "Container", vec!["image"]);
        }
    }
}

/// A port of the node can be given once, for each protocol and address.
fn host_port_twice<'t>(node: Node<'t>, faults: &mut Faults<'_, 't, '_>) {
    let on_node = node.field("hostNetwork").and_then(Node::as_bool) == Some(true);
    let taken = |port: Node<'t>| {
        let own = set(port, "hostPort").filter(|own| own.as_i64() != Some(0));
        let place = own.or_else(|| port.field("containerPort").filter(|_| on_node && is_absent(port, "hostPort")))?;
        let protocol = if is_absent(port, "protocol") { "TCP" } else { text(port, "protocol")? };
        let address = if is_absent(port, "hostIP") { "" } else { text(port, "hostIP")? };
        Some((place, (place.as_i64()?, protocol, address)))
    };
    let ports = || items(node, "containers").flat_map(|container| items(container, "ports")).take(16 * COMPARED);
    let all = || ports().filter_map(taken).take(COMPARED);
    for (at, (place, port)) in all().enumerate().skip(1) {
        if all().take(at).any(|(_, other)| other == port) {
            let message = format!("port {} of the node is taken by an earlier port of the pod", port.0);
            faults.refuse(place, message, "give each its own, or remove one");
        }
    }
}

/// An init container that ends is not told of it.
fn hooks_of_init<'t>(node: Node<'t>, faults: &mut Faults<'_, 't, '_>) {
    for container in items(node, "initContainers").filter(|container| is_absent(*container, "restartPolicy")) {
        if let Some(hooks) = set(container, "lifecycle") {
            let message = "an init container that is no sidecar may not have `lifecycle`";
            faults.refuse(hooks, message, "remove it, or make it a sidecar with `restartPolicy: Always`");
        }
    }
}

fn shared_with_node<'t>(node: Node<'t>, faults: &mut Faults<'_, 't, '_>) {
    let is = |field: &str, wanted: bool| node.field(field).filter(|flag| flag.as_bool() == Some(wanted));
    if is("hostUsers", false).is_some() {
        for shared in ["hostNetwork", "hostPID", "hostIPC"].iter().filter_map(|field| is(field, true)) {
            let key = shared.key().map_or("", Node::text);
            let message = format!("`{key}` may not be true where `hostUsers` is false");
            faults.refuse(shared, message, "remove one of them");
        }
    }
    if let (Some(_), Some(shared)) = (is("hostPID", true), is("shareProcessNamespace", true)) {
        let message = "`shareProcessNamespace` and `hostPID` may not both be true";
        faults.refuse(shared, message, "remove one of them");
    }
}

/// What only Linux has, in the security contexts of the pod and of its containers.
const OF_LINUX: &[&str] = &[
    "allowPrivilegeEscalation",
    "appArmorProfile",
    "capabilities",
    "fsGroup",
    "fsGroupChangePolicy",
    "privileged",
    "procMount",
    "readOnlyRootFilesystem",
    "runAsGroup",
    "runAsUser",
    "seLinuxOptions",
    "seccompProfile",
    "supplementalGroups",
    "sysctls",
];

/// A pod that says which system it is for may not have what only the other has.
fn other_system<'t>(node: Node<'t>, faults: &mut Faults<'_, 't, '_>) {
    let (foreign, system, help): (&[&str], _, _) = match node.get("os.name").present().and_then(Node::as_str) {
        Some("windows") => (OF_LINUX, "Windows", "remove it, or leave out `os`"),
        Some("linux") => (&["windowsOptions"], "Linux", "remove it, or leave out `os`"),
        _ => return,
    };
    let lists = ["containers", "initContainers"].into_iter().flat_map(|list| items(node, list));
    let holders = lists.chain([node]).filter_map(|holder| holder.field("securityContext"));
    for found in holders.flat_map(|context| foreign.iter().filter_map(move |field| set(context, field))) {
        let key = found.key().map_or("", Node::text);
        faults.refuse(found, format!("`{key}` is not for pods of {system}"), help);
    }
}

fn privileged_without_escalation<'t>(node: Node<'t>, faults: &mut Faults<'_, 't, '_>) {
    let is_privileged = node.field("privileged").and_then(Node::as_bool) == Some(true);
    let Some(escalation) = node.field("allowPrivilegeEscalation") else { return };
    if is_privileged && escalation.as_bool() == Some(false) {
        let message = "a privileged container cannot be kept from gaining privileges";
        faults.refuse(escalation, message, "remove `privileged: true`");
    }
}

fn projection<'t>(node: Node<'t>, faults: &mut Faults<'_, 't, '_>) {
    faults.at_most_one(node.entries().filter_map(|(_, value)| super::is_set(value).then_some(value)));
    for source in ["configMap", "secret"] {
        let Some(source) = node.field(source).filter(|source| source.is_map()) else { continue };
        if is_absent(source, "name") {
            faults.missing_below(source, "VolumeProjection", vec!["name"]);
        }
    }
}
