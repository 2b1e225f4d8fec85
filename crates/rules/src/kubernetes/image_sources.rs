//! Where images come from, and whether their references are legal.
//!
//! A reference with placeholders is judged by what stands before the first one. Whether an image exists and what is in
//! it cannot be known.

use portcullis_model::image::{ImageRef, InvalidImage};
use portcullis_model::kubernetes::Pod;
use portcullis_model::placeholder::is_image_placeholder;

use super::{fixes, options};
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] =
    &[&IMAGE_INVALID_REFERENCE, &IMAGE_REGISTRY_NOT_ALLOWED, &IMAGE_REGISTRY_BLOCKLIST, &IMAGE_DEPRECATED_REGISTRY];

rule! {
    /// Image is not a valid reference
    ///
    /// The API server takes any text, and the kubelet then waits forever in `InvalidImageName`. Most often a word was
    /// never filled in (`IMAGE_TAG`), or a name has capitals, a scheme or a blank. Silent for what plainly waits for a
    /// later step: `${…}`, `$NAME`, `$(…)`, `{{…}}`, `<image>`, `{IMAGE}`, `%IMAGE%`, `__IMAGE__`, `@@IMAGE@@`, `#{…}#`,
    /// words in capitals that say so (`IMAGE_PLACEHOLDER`, `REPLACE_ME`), and Go import paths after `ko://`.
    ///
    /// ```yaml bad:6
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers:
    ///     - { name: web, image: IMAGE_TAG }
    /// ```
    ///
    /// ```yaml bad:6
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers:
    ///     - { name: web, image: "Nginx:1.27" }
    /// ```
    /// ```yaml bad:6
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers:
    ///     - { name: web, image: "https://registry.example.com/web:1" }
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec: { containers: [{ name: web, image: registry.example.com:5000/team/web:1.2.3 }] }
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers:
    ///     - { name: a, image: "ko://github.com/Example/web/cmd" }
    ///     - { name: b, image: "$IMAGE" }
    ///     - { name: c, image: "registry.example.com/web:#{Build.Id}#" }
    ///     - { name: d, image: "${REGISTRY}/Web" }
    ///     - { name: e, image: "<image_url>" }
    ///     - { name: f, image: IMAGE_PLACEHOLDER }
    ///     - { name: g, image: "registry.example.com/web:@@TAG@@" }
    ///     - { name: h, image: REPLACE_ME/web:1 }
    /// ```
    /// ```yaml good
    /// apiVersion: apps.openshift.io/v1
    /// kind: DeploymentConfig
    /// metadata: { name: web }
    /// spec:
    ///   triggers: [{ type: ImageChange }]
    ///   template: { spec: { containers: [{ name: web, image: " " }] } }
    /// ```
    IMAGE_INVALID_REFERENCE = "k8s-image-invalid-reference" {
        check: Check::Pod(image_invalid_reference),
        severity: Severity::High,
        peers: &["kubescape:C-0306"],
    }
}

rule! {
    /// Image comes from a registry that is not allowed
    ///
    /// An image from anywhere is code from anywhere. List the registries that are trusted under `registries`: a host
    /// (`ghcr.io`), hosts below a domain (`*.azurecr.io`), or a host and the beginning of a path
    /// (`docker.io/library`). Without a list nothing is reported, and a note says so. Silent where a placeholder decides the
    /// registry.
    ///
    /// ```yaml bad:6
    /// file=web.yaml
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers:
    ///     - { name: web, image: "registry.example.com/web:1" }
    /// file=portcullis.yaml
    /// rules:
    ///   k8s-image-registry-not-allowed: { registries: [docker.io, ghcr.io] }
    /// ```
    /// ```yaml good
    /// file=web.yaml
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers:
    ///     - { name: web, image: "nginx:1.27.3" }
    ///     - { name: app, image: "ghcr.io/example/app:1" }
    ///     - { name: job, image: "europe-docker.pkg.dev/example/job:1" }
    ///     - { name: any, image: "${REGISTRY}/any:1" }
    /// file=portcullis.yaml
    /// rules:
    ///   k8s-image-registry-not-allowed: { registries: [docker.io/library, ghcr.io, "*.pkg.dev"] }
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec: { containers: [{ name: web, image: "registry.example.com/web:1" }] }
    /// ```
    IMAGE_REGISTRY_NOT_ALLOWED = "k8s-image-registry-not-allowed" {
        check: Check::Pod(image_registry_not_allowed),
        severity: Severity::Medium,
        profile: Profile::OptIn,
        tags: &["helm-values", "needs-configuration"],
        peers: &[
            "trivy:KSV-0125", "kubescape:C-0078", "kyverno:best-practices/restrict-image-registries",
            "kyverno:other/allowed-image-repos",
        ],
        options: &[OptionMeta {
            name: "registries",
            shape: OptionShape::Strings,
            docs: "Registries that images may come from: hosts, `*.domain`, or a host and the beginning of a path",
        }],
    }
}

rule! {
    /// Image comes from a registry that is denied
    ///
    /// The opposite of a list of allowed registries: everything may be used but these. List them under `registries`, in
    /// the same forms; without a list nothing is denied, and a note says so. Silent where a placeholder decides the registry or
    /// the path.
    ///
    /// ```yaml bad:6
    /// file=web.yaml
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers:
    ///     - { name: web, image: "someone/web:1" }
    /// file=portcullis.yaml
    /// rules:
    ///   k8s-image-registry-blocklist: { registries: [docker.io, ttl.sh] }
    /// ```
    /// ```yaml good
    /// file=web.yaml
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec: { containers: [{ name: web, image: "registry.example.com/web:1" }, { name: a, image: "${REGISTRY}/a:1" }] }
    /// file=portcullis.yaml
    /// rules:
    ///   k8s-image-registry-blocklist: { registries: [docker.io, ttl.sh] }
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec: { containers: [{ name: web, image: "someone/web:1" }] }
    /// ```
    IMAGE_REGISTRY_BLOCKLIST = "k8s-image-registry-blocklist" {
        check: Check::Pod(image_registry_blocklist),
        severity: Severity::Medium,
        profile: Profile::OptIn,
        tags: &["needs-configuration"],
        peers: &["kubescape:C-0001", "trivy:KSV-0034"],
        options: &[OptionMeta {
            name: "registries",
            shape: OptionShape::Strings,
            docs: "Registries that images must not come from: hosts, `*.domain`, or a host and the beginning of a path",
        }],
    }
}

rule! {
    /// Image comes from a frozen registry
    ///
    /// `k8s.gcr.io` and `gcr.io/google-containers` get no new images and no fixes; the project publishes to
    /// `registry.k8s.io`, and the old names can go away.
    ///
    /// ```yaml bad:6
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: scaler }
    /// spec:
    ///   containers:
    ///     - { name: scaler, image: "k8s.gcr.io/autoscaling/cluster-autoscaler:${VERSION}" }
    /// ```
    /// ```yaml bad:6
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: pause }
    /// spec:
    ///   containers:
    ///     - { name: pause, image: "gcr.io/google-containers/pause:3.1" }
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: scaler }
    /// spec:
    ///   containers:
    ///     - { name: scaler, image: "registry.k8s.io/autoscaling/cluster-autoscaler:v1.34.0" }
    ///     - { name: other, image: "gcr.io/example/k8s.gcr.io:1" }
    /// ```
    IMAGE_DEPRECATED_REGISTRY = "k8s-image-deprecated-registry" {
        check: Check::Pod(image_deprecated_registry),
        severity: Severity::Medium,
        tags: &["helm-values"],
        peers: &["kubescape:C-0253", "kyverno:other/restrict-deprecated-registry"],
    }
}

fn image_invalid_reference(pod: &Pod<'_>, report: &mut Report<'_>) {
    for container in &pod.containers {
        let Lookup::Present(image) = container.image() else { continue };
        let Some(text) = image.as_str().filter(|text| !is_image_placeholder(text)) else { continue };
        // An image change trigger puts the image there.
        if pod.object.kind == "DeploymentConfig" && text.trim().is_empty() {
            continue;
        }
        let Err(error) = ImageRef::parse(text) else { continue };
        let help = match error {
            InvalidImage::UpperCase => "write it in lower case",
            InvalidImage::Repository if text.contains("://") => {
                "leave out the scheme: a reference starts with the host"
            }
            InvalidImage::BareId => "name a repository and its digest: `web@sha256:…`",
            _ => "write it as `registry/path:tag` or `registry/path@sha256:…`",
        };
        report.at(image, format!("image `{text}` of {} is not valid: {error}", container.title())).help(help);
    }
}

fn image_registry_not_allowed(pod: &Pod<'_>, report: &mut Report<'_>) {
    let allowed = options::list(report, "registries", &[]);
    if allowed.is_empty() {
        return;
    }
    for container in &pod.containers {
        let Lookup::Present(image) = container.image() else { continue };
        let Some(source) = Source::of(image) else { continue };
        if !allowed.iter().any(|entry| source.may_match(entry)) {
            let (text, registry) = (image.text(), &source.registry);
            let title = container.title();
            report
                .at(image, format!("image `{text}` of {title} comes from `{registry}`, which is not allowed"))
                .help("use an image from an allowed registry, or add this one to the rule's `registries`");
        }
    }
}

fn image_registry_blocklist(pod: &Pod<'_>, report: &mut Report<'_>) {
    let denied = options::list(report, "registries", &[]);
    for container in &pod.containers {
        let Lookup::Present(image) = container.image() else { continue };
        let Some(source) = Source::of(image) else { continue };
        if denied.iter().any(|entry| source.matches(entry)) {
            let (text, registry) = (image.text(), &source.registry);
            report
                .at(image, format!("image `{text}` of {} comes from `{registry}`, which is denied", container.title()))
                .help("use a copy in a registry of your own, or take this one from the rule's `registries`");
        }
    }
}

fn image_deprecated_registry(pod: &Pod<'_>, report: &mut Report<'_>) {
    for container in &pod.containers {
        let Lookup::Present(image) = container.image() else { continue };
        let Some(source) = Source::of(image) else { continue };
        let frozen = match (source.registry.as_str(), source.path.split_once('/')) {
            ("k8s.gcr.io", _) => "k8s.gcr.io",
            ("gcr.io", Some((project @ ("google-containers" | "google_containers"), _))) => project,
            _ => continue,
        };
        report
            .at(image, format!("image `{}` of {} is from `{frozen}`, which is frozen", image.text(), container.title()))
            .help("use the same image from `registry.k8s.io`")
            // Requests for the old name are sent on to the new one already; Google's own projects have another layout.
            .fix(fixes::registry(image, "k8s.gcr.io", "registry.k8s.io"));
    }
}

/// What is certain of where an image comes from.
pub(crate) struct Source {
    pub(crate) registry: String,
    /// The path, or its beginning where a placeholder follows.
    path: String,
    is_whole: bool,
}

impl Source {
    pub(crate) fn of(image: Node<'_>) -> Option<Self> {
        match image.value() {
            Value::String(text) => ImageRef::parse(text).ok().map(|parsed| Self::whole(&parsed)),
            Value::Template(template) => {
                let known = template.prefix();
                if let Some((name, _)) = known.split_once([':', '@'])
                    && let Ok(parsed) = ImageRef::parse(name)
                    // Behind a slash, what looks like a tag would be a port.
                    && !template.raw.get(known.len()..).is_some_and(|rest| !known.contains('/') && rest.contains('/'))
                {
                    return Some(Self::whole(&parsed));
                }
                let (registry, path) = known.split_once('/')?;
                let is_host = registry == "localhost" || registry.contains(['.', ':']);
                let (registry, path) = if is_host { (registry, path) } else { ("docker.io", known) };
                let is_whole = path.contains([':', '@']);
                let path = path.split([':', '@']).next().unwrap_or_default();
                Some(Self { registry: registry.to_ascii_lowercase(), path: path.to_owned(), is_whole })
            }
            _ => None,
        }
    }

    fn whole(image: &ImageRef) -> Self {
        Self { registry: image.normal_registry().to_ascii_lowercase(), path: image.normal_path(), is_whole: true }
    }

    /// Whether it matches an entry of the list, whatever its placeholders become.
    fn matches(&self, entry: &str) -> bool {
        let (host, path) = parts(entry);
        self.is_at(host) && self.is_below(path)
    }

    /// Whether it matches an entry of the list, or could once its placeholders are filled in.
    pub(crate) fn may_match(&self, entry: &str) -> bool {
        let (host, path) = parts(entry);
        self.is_at(host) && (self.is_below(path) || !self.is_whole && path.starts_with(&self.path))
    }

    fn is_at(&self, host: &str) -> bool {
        match host.strip_prefix("*.") {
            Some(domain) => self.registry.strip_suffix(domain).is_some_and(|below| below.ends_with('.')),
            None => self.registry == host.to_ascii_lowercase(),
        }
    }

    fn is_below(&self, path: &str) -> bool {
        let below = self.path.strip_prefix(path);
        path.is_empty() || below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

/// Host and path of an entry of a list.
fn parts(entry: &str) -> (&str, &str) {
    let entry = entry.trim_end_matches('/');
    entry.split_once('/').unwrap_or((entry, ""))
}
