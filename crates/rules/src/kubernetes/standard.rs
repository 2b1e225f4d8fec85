//! What the rules of the Pod Security Standards share: versions, exemptions, and who sets a field.
//!
//! With `--pod-security` the rules follow the standard's version to the letter; without it they ask what the pod does.

use portcullis_model::kubernetes::{Container, KubernetesVersion, Os, Pod};

use crate::rule::prelude::*;

/// Whether a check that the standard has had since 1.`minor` applies. Outside `--pod-security` it always does.
pub(super) fn has_check_since(report: &Report<'_>, minor: u32) -> bool {
    report.context().pod_security.is_none_or(|asked| asked.version >= KubernetesVersion::new(minor))
}

/// Whether the standard's words count, rather than what the pod does.
pub(super) fn is_to_the_letter(report: &Report<'_>) -> bool {
    report.context().pod_security.is_some()
}

/// Whether the version is 1.`minor` or newer.
pub(super) fn is_at_least(report: &Report<'_>, minor: u32) -> bool {
    report.context().standard() >= KubernetesVersion::new(minor)
}

/// Whether the pod may have its own user namespace, in which root is nobody on the node; counts since 1.35.
pub(super) fn may_have_user_namespace(pod: &Pod<'_>, report: &Report<'_>) -> bool {
    let host_users = pod.get("hostUsers");
    is_at_least(report, 35) && (host_users.is_bool(false) || host_users.is_unknown())
}

/// Whether the pod may be for Windows, which has none of Linux's fields; the standard exempts it since 1.25.
pub(super) fn may_be_windows(pod: &Pod<'_>, report: &Report<'_>) -> bool {
    has_check_since(report, 25) && pod.os() != Os::Linux
}

/// Whether the pod may be on the node's network, where it reaches and opens all that the node does.
pub(super) fn may_share_network(pod: &Pod<'_>) -> bool {
    let host_network = pod.get("hostNetwork");
    host_network.is_bool(true) || host_network.is_unknown()
}

/// The values of a security context field where they are written, with who writes them: the pod, then containers.
pub(super) fn written<'p, 't>(pod: &'p Pod<'t>, path: &'static str) -> impl Iterator<Item = (String, Node<'t>)> + 'p {
    let own = pod.security(path).present().map(|node| (pod_title(pod), node));
    own.into_iter().chain(written_by_containers(pod, path))
}

/// The values of a container's security context field, with the container.
pub(super) fn written_by_containers<'p, 't>(
    pod: &'p Pod<'t>,
    path: &'static str,
) -> impl Iterator<Item = (String, Node<'t>)> + 'p {
    pod.containers.iter().filter_map(move |container| {
        let node = container.security(path).present()?;
        Some((container.title().to_string(), node))
    })
}

/// As [`written`], without a pod's value that each of its containers replaces.
pub(super) fn in_effect<'p, 't>(pod: &'p Pod<'t>, path: &'static str) -> impl Iterator<Item = (String, Node<'t>)> + 'p {
    let inherits = |container: &Container<'_>| container.security(path).absent().is_some();
    let is_inherited = pod.has_unknown_containers() || pod.containers.iter().any(inherits);
    let own = pod.security(path).present().filter(|_| is_inherited).map(|node| (pod_title(pod), node));
    own.into_iter().chain(written_by_containers(pod, path))
}

/// How messages name the pod: ``the pod of Deployment `web` ``, ``Pod `web` ``.
pub(super) fn pod_title(pod: &Pod<'_>) -> String {
    if pod.object.kind == "Pod" { pod.object.title().to_string() } else { format!("the pod of {}", pod.object.title()) }
}

/// An annotation's value where it is a known string; annotations name pods, not the objects that make them.
pub(super) fn annotation<'t>(pod: &Pod<'t>, key: &str) -> Option<(Node<'t>, &'t str)> {
    let node = pod.annotations().present()?.key_lookup(key).present()?;
    Some((node, node.as_str()?))
}
