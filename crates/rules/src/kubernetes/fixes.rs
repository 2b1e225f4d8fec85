//! Changes of manifests that keep behaviour, but for the defect.
//!
//! Where the text cannot be edited without changing another place there is none: what an alias or a merge key shares, a
//! document in a ConfigMap.

use portcullis_core::Fix;
use portcullis_model::kubernetes::{Container, Object, Pod};
use portcullis_syntax::Node;
use portcullis_syntax::edit::{self, Literal};

/// What a new field of a container goes below, whichever of them stands last.
const IN_CONTAINER: &[&str] = &["name", "image", "imagePullPolicy"];

/// What a new field of a pod's `spec` goes below; without any of them it goes first.
const IN_POD: &[&str] = &["automountServiceAccountToken", "serviceAccountName", "serviceAccount"];

/// Sets a field of a container, `securityContext.…` for instance.
pub(super) fn in_container(container: &Container<'_>, path: &str, value: Literal<'_>) -> Option<Fix> {
    set(container.node, path, value, IN_CONTAINER)
}

/// Sets a field of a pod's `spec`.
pub(super) fn in_pod(pod: &Pod<'_>, path: &str, value: Literal<'_>) -> Option<Fix> {
    set(pod.spec, path, value, IN_POD)
}

/// Changes the `apiVersion` of an object.
pub(super) fn api_version(object: &Object<'_>, api_version: &str) -> Option<Fix> {
    set(object.node, "apiVersion", Literal::Word(api_version), &[])
}

/// Takes an image from another registry, in the place of `registry` at the start of its name.
pub(super) fn registry(image: Node<'_>, registry: &str, instead: &str) -> Option<Fix> {
    let rest = image.text().strip_prefix(registry).filter(|rest| rest.starts_with('/'))?;
    let edit = edit::replace(image, Literal::Word(&format!("{instead}{rest}")))?;
    Some(Fix::safe(format!("take it from `{instead}`"), edit))
}

/// Renames the key of a value.
pub(super) fn rename(value: Node<'_>, name: &str) -> Option<Fix> {
    Some(Fix::safe(format!("rename the key to `{name}`"), edit::rename_key(value, name)?))
}

fn set(base: Node<'_>, path: &str, value: Literal<'_>, after: &[&str]) -> Option<Fix> {
    let edit = edit::set(base, path, value, after)?;
    Some(Fix::safe(format!("set `{path}: {value}`"), edit))
}
