//! Images that may change under their name: without tag, `latest`, without digest, or from anywhere.
//!
//! Decided by the reference after expansion with the file's own defaults. Where a variable that the file does not set
//! decides tag, digest or registry, nothing is said.

use portcullis_model::dockerfile::Part;
use portcullis_model::image::ImageRef;

use super::Image;
use super::walk::{self, ImageUse, ImageUser};
use crate::registries::WELL_KNOWN;
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] =
    &[&IMAGE_UNTAGGED, &IMAGE_LATEST_TAG, &IMAGE_NOT_DIGEST_PINNED, &REGISTRY_NOT_ALLOWED, &SYNTAX_IMAGE_UNPINNED];

rule! {
    /// Image has neither tag nor digest
    ///
    /// Without a tag the builder takes `latest`, so that today's build and tomorrow's start from different images and
    /// nobody can say what a running container was built from. Looks at FROM in all stages, and at `COPY --from` and
    /// `RUN --mount=from=`. Silent for earlier stages, `scratch`, what a variable without default decides, and for
    /// single words in `--from` that may be a build context of the command line.
    ///
    /// ```dockerfile bad:1
    /// FROM debian
    /// ```
    /// ```dockerfile bad:3
    /// ARG IMAGE=python
    /// # The default decides.
    /// FROM $IMAGE
    /// ```
    /// ```dockerfile bad:2
    /// FROM scratch
    /// COPY --from=ghcr.io/example/tool /tool /tool
    /// ```
    /// ```dockerfile bad:2
    /// FROM scratch
    /// COPY --from=busybox /bin/busybox /bin/sh
    /// ```
    /// ```dockerfile good
    /// FROM debian:13 AS Build
    /// FROM build
    /// FROM scratch
    /// COPY --from=0 /a /a
    /// COPY --from=Build /b /b
    /// ```
    /// ```dockerfile good
    /// ARG BASE
    /// FROM ${BASE}
    /// FROM debian${SUFFIX}
    /// ```
    /// ```dockerfile good
    /// # `assets` may come from `--build-context assets=…`.
    /// FROM debian@sha256:1111111111111111111111111111111111111111111111111111111111111111
    /// COPY --from=assets / /assets
    /// ```
    IMAGE_UNTAGGED = "docker-image-untagged" {
        check: Check::Dockerfile(image_untagged),
        severity: Severity::Medium,
        peers: &["hadolint:DL3006", "kics:9efb0b2d", "trivy:DS-0001", "checkov:CKV_DOCKER_7"],
        yields_to: &["docker-copy-from-unknown-stage"],
    }
}

rule! {
    /// Image has the tag `latest`
    ///
    /// `latest` is whatever was pushed last: the build is not repeatable, a new major version arrives unannounced, and
    /// caches and nodes disagree about what it means. Looks at FROM in all stages, `COPY --from` and
    /// `RUN --mount=from=`, with the defaults of ARG filled in. Silent where a digest is given.
    ///
    /// ```dockerfile bad:1
    /// FROM debian:latest
    /// ```
    /// ```dockerfile bad:2
    /// ARG TAG=latest
    /// FROM node:${TAG}
    /// ```
    /// ```dockerfile good
    /// FROM debian:13.1
    /// FROM debian:latest@sha256:1111111111111111111111111111111111111111111111111111111111111111
    /// ```
    /// ```dockerfile good
    /// ARG TAG
    /// FROM node:${TAG}
    /// ```
    IMAGE_LATEST_TAG = "docker-image-latest-tag" {
        check: Check::Dockerfile(image_latest_tag),
        severity: Severity::Medium,
        peers: &["hadolint:DL3007", "trivy:DS-0001", "checkov:CKV_DOCKER_7", "kics:f45ea400"],
    }
}

rule! {
    /// Base image is not pinned by digest
    ///
    /// A tag can be moved to another image, by its owner or by whoever takes over the account; a digest cannot. Pinned
    /// images need something that updates the pin (Renovate, Dependabot). Looks at FROM in all stages. Silent for
    /// stages, `scratch`, and where a variable without default may hold the digest.
    ///
    /// ```dockerfile bad:1
    /// FROM debian:13
    /// ```
    /// ```dockerfile good
    /// FROM debian:13@sha256:1111111111111111111111111111111111111111111111111111111111111111 AS build
    /// FROM build
    /// FROM scratch
    /// ```
    /// ```dockerfile good
    /// ARG BASE
    /// FROM ${BASE}
    /// ```
    IMAGE_NOT_DIGEST_PINNED = "docker-image-not-digest-pinned" {
        check: Check::Dockerfile(image_not_digest_pinned),
        severity: Severity::Low,
        profile: Profile::All,
        peers: &["scorecard:Pinned-Dependencies", "zizmor:unpinned-images"],
        yields_to: &["docker-image-untagged", "docker-image-latest-tag"],
    }
}

rule! {
    /// Image comes from a registry that is not allowed
    ///
    /// Whoever runs the registry decides what the image is built on. List the registries that are trusted under
    /// `registries`: a host (`ghcr.io`), a pattern with `*` at one end (`*.azurecr.io`), or a host and the beginning of
    /// a path (`ghcr.io/example`); Docker Hub is `docker.io`. Without a list, the large public registries and those of
    /// the cloud providers are allowed. Looks at FROM, `COPY --from` and `RUN --mount=from=` in all stages. Silent
    /// where a variable without default decides the registry.
    ///
    /// ```dockerfile bad:1
    /// FROM registry.example.com/debian:13
    /// ```
    /// ```dockerfile bad:2
    /// FROM debian:13
    /// RUN --mount=type=bind,from=registry.example.com/tools:1,target=/tools /tools/run
    /// ```
    /// ```dockerfile good
    /// FROM debian:13 AS build
    /// FROM example/debian:13
    /// FROM ghcr.io/example/app:1
    /// FROM europe-docker.pkg.dev/example/app/web:1
    /// COPY --from=build /a /a
    /// ```
    /// ```dockerfile good
    /// ARG REGISTRY
    /// FROM ${REGISTRY}/debian:13
    /// ```
    REGISTRY_NOT_ALLOWED = "docker-registry-not-allowed" {
        check: Check::Dockerfile(registry_not_allowed),
        severity: Severity::High,
        profile: Profile::OptIn,
        peers: &["hadolint:DL3026"],
        options: &[OptionMeta {
            name: "registries",
            shape: OptionShape::Strings,
            docs: "Registries that images may come from: hosts, patterns with `*` at one end, or a host and the beginning of a path",
        }],
    }
}

rule! {
    /// Front end of the build is not pinned
    ///
    /// The image that a `# syntax` directive names reads the Dockerfile and decides what is built. `docker/dockerfile:1`
    /// is Docker's own and keeps its promises of compatibility; its other moving tags and front ends of other owners
    /// can change under their name unless a digest is given. Silent without the directive.
    ///
    /// ```dockerfile bad:1
    /// # syntax=docker/dockerfile:labs
    /// FROM scratch
    /// ```
    /// ```dockerfile bad:1
    /// # syntax = ghcr.io/example/frontend:2
    /// FROM scratch
    /// ```
    /// ```dockerfile good
    /// # syntax=docker/dockerfile:1
    /// FROM scratch
    /// ```
    /// ```dockerfile good
    /// # syntax=docker.io/docker/dockerfile:1.20-labs
    /// FROM scratch
    /// ```
    /// ```dockerfile good
    /// # syntax=ghcr.io/example/frontend@sha256:1111111111111111111111111111111111111111111111111111111111111111
    /// FROM scratch
    /// ```
    SYNTAX_IMAGE_UNPINNED = "docker-syntax-image-unpinned" {
        check: Check::Dockerfile(syntax_image_unpinned),
        severity: Severity::Info,
        profile: Profile::All,
    }
}

/// Official images that are often copied from. Any other single word may be a build context.
const COPIED_FROM: &[&str] = &[
    "alpine", "busybox", "caddy", "composer", "debian", "docker", "golang", "httpd", "maven", "nginx", "node",
    "openjdk", "php", "python", "ruby", "rust", "traefik", "ubuntu",
];

fn image_untagged(image: &Image<'_>, report: &mut Report<'_>) {
    walk::images(image, |found| {
        let ImageUse { image, place, by } = found;
        if image.tag() != Part::Absent || image.digest() != Part::Absent {
            return;
        }
        let name = &image.expanded.text;
        if *by == ImageUser::Source && !name.contains('/') && !COPIED_FROM.contains(&name.as_str()) {
            return;
        }
        report
            .at(*place, format!("image `{name}` has neither tag nor digest"))
            .help("name the version that was tested, best with its digest");
    });
}

fn image_latest_tag(image: &Image<'_>, report: &mut Report<'_>) {
    walk::images(image, |found| {
        let ImageUse { image, place, .. } = found;
        if image.tag() == Part::Known("latest") && image.digest() == Part::Absent {
            report
                .at(*place, format!("image `{}` has the tag `latest`", image.expanded.text))
                .help("name the version that was tested, best with its digest");
        }
    });
}

fn image_not_digest_pinned(image: &Image<'_>, report: &mut Report<'_>) {
    walk::images(image, |found| {
        let ImageUse { image, place, by } = found;
        if *by == ImageUser::Base && image.digest() == Part::Absent {
            report
                .at(*place, format!("image `{}` is not pinned by digest", image.expanded.text))
                .help("add the digest: `name:tag@sha256:…`");
        }
    });
}

fn registry_not_allowed(image: &Image<'_>, report: &mut Report<'_>) {
    let configured = report.options().map_or(&[][..], |options| options.strings("registries"));
    walk::images(image, |found| {
        let ImageUse { image, place, by } = found;
        let registry = match image.registry() {
            Part::Known(registry) => ImageRef::parse(&format!("{registry}/x"))
                .map_or_else(|_| registry.to_owned(), |parsed| parsed.normal_registry().to_owned()),
            Part::Absent => "docker.io".to_owned(),
            Part::Unknown => return,
        };
        // A single word after `--from` may be a build context, which comes from no registry.
        if *by == ImageUser::Source && image.registry() == Part::Absent && image.tag() == Part::Absent {
            return;
        }
        let path = image.repository().known().map(|repository| full_name(&registry, repository));
        let allows = |entry: &str| allows(entry, &registry, path.as_deref());
        let allowed = match configured {
            [] => WELL_KNOWN.iter().any(|entry| allows(entry)),
            entries => entries.iter().any(|entry| allows(entry)),
        };
        if !allowed {
            let message = format!("image `{}` comes from `{registry}`, which is not allowed", image.expanded.text);
            report
                .at(*place, message)
                .help("use an image from an allowed registry, or add this one to the rule's `registries`");
        }
    });
}

/// Registry and path, with the owner that Docker Hub's official images leave out.
fn full_name(registry: &str, repository: &str) -> String {
    ImageRef::parse(repository)
        .map_or_else(|_| format!("{registry}/{repository}"), |reference| reference.normal_repository())
}

/// Whether an entry of the list covers a registry, or the path in it (`None`: not known, and then anything matches).
fn allows(entry: &str, registry: &str, path: Option<&str>) -> bool {
    let entry =
        entry.strip_prefix("hub.docker.com").map_or_else(|| entry.to_owned(), |rest| format!("docker.io{rest}"));
    if entry == "*" {
        return true;
    }
    if let Some(suffix) = entry.strip_prefix('*') {
        return registry.ends_with(suffix);
    }
    if let Some(prefix) = entry.strip_suffix('*') {
        return registry.starts_with(prefix) || path.is_none_or(|path| path.starts_with(prefix));
    }
    let Some((host, _)) = entry.split_once('/') else { return entry == registry };
    let is_below = |path: &str| {
        path.strip_prefix(entry.trim_end_matches('/')).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    host == registry && path.is_none_or(is_below)
}

fn syntax_image_unpinned(image: &Image<'_>, report: &mut Report<'_>) {
    let Some(directive) = image.build.dockerfile.directive("syntax") else { return };
    let Ok(reference) = ImageRef::parse(&directive.value) else { return };
    if reference.digest().is_some() {
        return;
    }
    let is_dockers = matches!(
        reference.normal_repository().as_str(),
        "docker.io/docker/dockerfile" | "docker.io/docker/dockerfile-upstream"
    );
    if is_dockers && reference.tag().is_some_and(|tag| tag.starts_with('1')) {
        return;
    }
    let spot = (directive.value_span, "syntax");
    let why = if is_dockers { "moves with every release" } else { "is not pinned by digest" };
    report
        .at(spot, format!("front end `{}` {why}", directive.value))
        .help("use `docker/dockerfile:1`, or add a digest");
}
