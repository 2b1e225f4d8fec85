//! Images whose content changes under their name.
//!
//! Decided by the reference alone: a digest fixes the content and makes the tag irrelevant. Where a placeholder may
//! become tag or digest nothing is said, and an illegal reference is `k8s-image-invalid-reference`'s.

use portcullis_core::{Fix, FixSafety};
use portcullis_model::image::ImageRef;
use portcullis_model::kubernetes::{Container, Pod};
use portcullis_syntax::edit::Literal;

use super::fixes;
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&IMAGE_LATEST_TAG, &IMAGE_NOT_DIGEST_PINNED, &IMAGE_PULL_POLICY_STALE];

rule! {
    /// Image has the tag `latest` or none
    ///
    /// Two nodes may run different programs under the same manifest, a restart can bring a new major version, and a
    /// rollback brings back nothing. No tag means `latest`; a port in the registry's name is no tag, and with a digest
    /// the tag does not matter. `auto` in a container of Istio's asks for the image of the cluster's version, and is none. In a
    /// chart's values the parts of an image count together, and a tag that is not written
    /// is the template's business.
    ///
    /// ```yaml bad:6
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers:
    ///     - { name: web, image: nginx:latest }
    /// ```
    /// ```yaml bad:6
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   initContainers:
    ///     - { name: setup, image: registry.example.com:5000/tools/setup }
    ///   containers: [{ name: web, image: nginx:1.27.3 }]
    /// ```
    /// ```yaml bad:6
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers:
    ///     - { name: web, image: "${REGISTRY}/web:latest" }
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec: { containers: [{ name: web, image: registry.example.com:5000/web:1.27.3 }] }
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers:
    ///     - name: web
    ///       image: nginx:latest@sha256:0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec: { containers: [{ name: web, image: "nginx:${TAG}" }, { name: app, image: "${REGISTRY}/app" }] }
    /// ```
    /// ```yaml bad:3
    /// file=Chart.yaml
    /// apiVersion: v2
    /// name: web
    /// version: 1.0.0
    /// file=values.yaml
    /// image:
    ///   repository: nginx
    ///   tag: latest
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: gateway }
    /// spec: { containers: [{ name: istio-proxy, image: auto }] }
    /// ```
    /// ```yaml bad:4
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: auto }
    /// spec: { containers: [{ name: web, image: auto }] }
    /// ```
    /// ```yaml good
    /// file=Chart.yaml
    /// apiVersion: v2
    /// name: web
    /// version: 1.0.0
    /// file=values.yaml
    /// image: nginx
    /// api: { image: { repository: nginx } }
    /// debug: { enabled: false, image: nginx:latest }
    /// ```
    IMAGE_LATEST_TAG = "k8s-image-latest-tag" {
        check: Check::Pod(image_latest_tag),
        severity: Severity::Medium,
        tags: &["helm-values"],
        peers: &[
            "kube-linter:latest-tag", "trivy:KSV-0013", "checkov:CKV_K8S_14", "polaris:tagNotSpecified",
            "kube-score:container-image-tag", "kyverno:best-practices/disallow-latest-tag",
        ],
    }
}

rule! {
    /// Image is not pinned by digest
    ///
    /// Whoever may push to the registry can move a tag; only a digest names the bytes that were tested and scanned.
    ///
    /// ```yaml bad:6
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers:
    ///     - { name: web, image: nginx:1.27.3 }
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers:
    ///     - name: web
    ///       image: nginx@sha256:0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec: { containers: [{ name: web, image: "nginx${VERSION}" }] }
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: gateway }
    /// spec: { containers: [{ name: istio-proxy, image: auto }] }
    /// ```
    IMAGE_NOT_DIGEST_PINNED = "k8s-image-not-digest-pinned" {
        check: Check::Pod(image_not_digest_pinned),
        severity: Severity::Info,
        profile: Profile::All,
        peers: &["checkov:CKV_K8S_43", "kubescape:C-0306", "kyverno:other/require-image-checksum"],
        yields_to: &["k8s-image-latest-tag"],
    }
}

rule! {
    /// Pull policy lets a node run an old image
    ///
    /// With `IfNotPresent` a node keeps whatever it once pulled for a tag that moves, and with `Never` it runs whatever
    /// lies on it: replicas differ and an update never arrives. `latest` moves, and so do tags without a digit in them
    /// (`alpine`, `stable`). Silent where a digest fixes the content, and where no policy is written: for `latest` and
    /// for no tag the default is `Always`.
    ///
    /// ```yaml bad:6
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers:
    ///     - { name: web, image: nginx:latest, imagePullPolicy: IfNotPresent }
    /// ```
    /// ```yaml bad:6
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers:
    ///     - { name: web, image: nginx:1.27.3, imagePullPolicy: Never }
    /// ```
    /// ```yaml bad:6
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers:
    ///     - { name: web, image: nginx:stable, imagePullPolicy: IfNotPresent }
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec: { containers: [{ name: web, image: nginx:latest }, { name: app, image: app }] }
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec: { containers: [{ name: web, image: nginx:1.27.3, imagePullPolicy: IfNotPresent }] }
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers:
    ///     - name: web
    ///       image: nginx@sha256:0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a
    ///       imagePullPolicy: Never
    /// ```
    IMAGE_PULL_POLICY_STALE = "k8s-image-pull-policy-stale" {
        check: Check::Pod(image_pull_policy_stale),
        severity: Severity::Low,
        profile: Profile::All,
        peers: &[
            "checkov:CKV_K8S_15", "polaris:pullPolicyNotAlways", "kubescape:C-0075",
            "kube-score:container-image-pull-policy", "kyverno:other/always-pull-images",
            "kyverno:imagepullpolicy-always",
        ],
    }
}

fn image_latest_tag(pod: &Pod<'_>, report: &mut Report<'_>) {
    for container in &pod.containers {
        let Lookup::Present(image) = container.image() else { continue };
        let what = match tag(image) {
            Tag::Missing => "has no tag",
            Tag::Latest => "has the tag `latest`",
            Tag::Moving | Tag::Other | Tag::Digest | Tag::Unknown => continue,
        };
        report
            .at(image, format!("image `{}` of {} {what}", image.text(), container.title()))
            .help("name a version, or better a digest");
    }
}

fn image_not_digest_pinned(pod: &Pod<'_>, report: &mut Report<'_>) {
    for container in &pod.containers {
        let Lookup::Present(image) = container.image() else { continue };
        if matches!(image.as_str().map(ImageRef::parse), Some(Ok(parsed)) if parsed.digest().is_none()) {
            report
                .at(image, format!("image `{}` of {} is not pinned by digest", image.text(), container.title()))
                .help("append `@sha256:…`, the digest that was tested");
        }
    }
}

fn image_pull_policy_stale(pod: &Pod<'_>, report: &mut Report<'_>) {
    for container in &pod.containers {
        let Lookup::Present(policy) = container.get("imagePullPolicy") else { continue };
        let Lookup::Present(image) = container.image() else { continue };
        let (what, safety) = match (policy.as_str(), tag(image)) {
            // The image may be on the node alone.
            (Some("Never"), Tag::Missing | Tag::Latest | Tag::Moving | Tag::Other) => {
                ("runs whatever the node has", FixSafety::Unsafe)
            }
            (Some("IfNotPresent"), Tag::Missing | Tag::Latest | Tag::Moving) => {
                ("keeps the first one that the node pulled", FixSafety::Safe)
            }
            _ => continue,
        };
        let fix = fixes::in_container(container, "imagePullPolicy", Literal::Word("Always"));
        report
            .at(policy, message(container, image, what))
            .help("set it to `Always`, or pin the image by digest")
            .fix(fix.map(|fix| Fix { safety, ..fix }));
    }
}

fn message(container: &Container<'_>, image: Node<'_>, what: &str) -> String {
    format!("{} with image `{}` {what}", container.title(), image.text())
}

/// What is known of a reference's tag.
enum Tag {
    Missing,
    Latest,
    /// No digit is in it: it names a line of versions, not one.
    Moving,
    Other,
    /// A digest is there; the tag does not matter.
    Digest,
    /// Filled in later, or no legal reference.
    Unknown,
}

fn tag(image: Node<'_>) -> Tag {
    match image.value() {
        Value::String(text) => match ImageRef::parse(text) {
            Err(_) => Tag::Unknown,
            Ok(parsed) if parsed.digest().is_some() => Tag::Digest,
            Ok(parsed) => match parsed.tag() {
                None => Tag::Missing,
                Some("latest") => Tag::Latest,
                Some(tag) if !tag.contains(|c: char| c.is_ascii_digit()) => Tag::Moving,
                Some(_) => Tag::Other,
            },
        },
        // Literal text at the end is part of the result whatever comes before it.
        Value::Template(template) if template.raw.ends_with(":latest") => Tag::Latest,
        _ => Tag::Unknown,
    }
}
