//! Images that may change under their name, and where they come from.
//!
//! Decided by the reference after its variables are filled in with their defaults. An image that the project itself builds
//! is not judged: its name is only a label.

use portcullis_model::compose::{Project, Service};
use portcullis_model::image::ImageRef;

use crate::end_of_life;
use crate::kubernetes::image_sources::Source;
use crate::registries::WELL_KNOWN;
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] =
    &[&IMAGE_LATEST_OR_UNTAGGED, &IMAGE_NOT_DIGEST_PINNED, &REGISTRY_NOT_ALLOWED, &BUILD_AND_IMAGE, &IMAGE_END_OF_LIFE];

rule! {
    /// Image has no tag, or the tag `latest`
    ///
    /// Without a version, whoever pulls last decides what runs: two hosts run different programs under one name, and
    /// nobody can go back. Silent for services that are built here, for images that another service builds, and where a
    /// variable without default decides the tag.
    ///
    /// ```compose bad:3
    /// services:
    ///   web:
    ///     image: nginx
    /// ```
    /// ```compose bad:3
    /// services:
    ///   web:
    ///     image: ${REGISTRY}/web:${TAG:-latest}
    /// ```
    /// ```compose good
    /// services:
    ///   web: { image: "nginx:1.29" }
    ///   app: { build: ., image: app }
    ///   job: { image: app, command: job }
    ///   any: { image: "app:${TAG}" }
    ///   pin: { image: "nginx@sha256:1111111111111111111111111111111111111111111111111111111111111111" }
    /// ```
    IMAGE_LATEST_OR_UNTAGGED = "compose-image-latest-or-untagged" {
        check: Check::ComposeService(image_latest_or_untagged),
        severity: Severity::Medium,
        peers: &["dclint:service-image-require-explicit-tag"],
    }
}

rule! {
    /// Image is not pinned by digest
    ///
    /// A tag can be moved to another image, by its owner or by whoever takes over the account; a digest cannot. Pinned
    /// images need something that updates the pin (Renovate, Dependabot). Silent for images that are built here.
    ///
    /// ```compose bad:3
    /// services:
    ///   web:
    ///     image: nginx:1.29
    /// ```
    /// ```compose good
    /// services:
    ///   web: { image: "nginx:1.29@sha256:1111111111111111111111111111111111111111111111111111111111111111" }
    ///   app: { build: ., image: "app:1" }
    ///   any: { image: "${IMAGE}" }
    /// ```
    IMAGE_NOT_DIGEST_PINNED = "compose-image-not-digest-pinned" {
        check: Check::ComposeService(image_not_digest_pinned),
        severity: Severity::Info,
        profile: Profile::All,
        peers: &["scorecard:Pinned-Dependencies"],
        yields_to: &["compose-image-latest-or-untagged"],
    }
}

rule! {
    /// Image comes from a registry that is not allowed
    ///
    /// Whoever runs the registry decides what runs here. List the registries that are trusted under `registries`: a host
    /// (`ghcr.io`), `*.` and a domain, or a host and the beginning of a path (`ghcr.io/example`); Docker Hub is
    /// `docker.io`. Without a list, the large public registries and those of the cloud providers are allowed. Silent for
    /// images that are built here, and where a variable decides the registry.
    ///
    /// ```compose bad:3
    /// services:
    ///   web:
    ///     image: registry.example.com/web:1
    /// ```
    /// ```compose good
    /// services:
    ///   web: { image: "nginx:1.29" }
    ///   app: { image: "ghcr.io/example/app:1" }
    ///   any: { image: "${REGISTRY}/app:1" }
    ///   own: { build: ., image: "registry.example.com/own:1" }
    /// ```
    REGISTRY_NOT_ALLOWED = "compose-registry-not-allowed" {
        check: Check::ComposeService(registry_not_allowed),
        severity: Severity::Medium,
        profile: Profile::OptIn,
        options: &[OptionMeta {
            name: "registries",
            shape: OptionShape::Strings,
            docs: "Registries that images may come from: hosts, `*.` and a domain, or a host and the beginning of a path",
        }],
    }
}

rule! {
    /// Service has both an image and a build
    ///
    /// `image` then names what the build makes, which is what pushing needs; some houses want the one or the other, to see
    /// at once whether a service is built here. Contradicts nothing but taste, and so is off unless it is asked for.
    ///
    /// ```compose bad:4
    /// services:
    ///   web:
    ///     build: .
    ///     image: web:1
    /// ```
    /// ```compose good
    /// services:
    ///   web: { build: . }
    ///   db: { image: "postgres:17" }
    /// ```
    BUILD_AND_IMAGE = "compose-build-and-image" {
        check: Check::ComposeService(build_and_image),
        severity: Severity::Info,
        profile: Profile::OptIn,
        peers: &["dclint:no-build-and-image"],
    }
}

rule! {
    /// Image is past its end of life
    ///
    /// A version line without fixes keeps every hole that is found from now on. Decided by the image's name and tag,
    /// against the days that are known to this version of the program and the day of the scan (`--date`). Silent for
    /// images that are not in the table, and where a variable without default decides the tag.
    ///
    /// ```compose bad:3
    /// services:
    ///   web:
    ///     image: node:14-alpine
    /// ```
    /// ```compose good
    /// services:
    ///   web: { image: "node:24-alpine" }
    ///   any: { image: "node:${VERSION}" }
    ///   own: { image: "example/node:14" }
    /// ```
    IMAGE_END_OF_LIFE = "compose-image-end-of-life" {
        check: Check::ComposeService(image_end_of_life),
        severity: Severity::Medium,
    }
}

fn image_latest_or_untagged(service: &Service<'_>, project: &Project<'_>, report: &mut Report<'_>) {
    let Some(image) = foreign_image(service, project) else { return };
    let what = match image.value() {
        Value::String(text) => match ImageRef::parse(text) {
            Ok(parsed) if parsed.digest().is_some() => return,
            Ok(parsed) => match parsed.tag() {
                None => "has no tag",
                Some("latest") => "has the tag `latest`",
                Some(_) => return,
            },
            Err(_) => return,
        },
        // Literal text at the end is part of the result whatever comes before it.
        Value::Template(template) if template.raw.ends_with(":latest") => "has the tag `latest`",
        _ => return,
    };
    report
        .at(image, format!("image `{}` of {} {what}", image.text(), service.title()))
        .help("name the version that was tested, best with its digest");
}

fn image_not_digest_pinned(service: &Service<'_>, project: &Project<'_>, report: &mut Report<'_>) {
    let Some((image, _)) = known_image(service, project).filter(|(_, parsed)| parsed.digest().is_none()) else {
        return;
    };
    report
        .at(image, format!("image `{}` of {} is not pinned by digest", image.text(), service.title()))
        .help("append `@sha256:…`, the digest that was tested");
}

fn registry_not_allowed(service: &Service<'_>, project: &Project<'_>, report: &mut Report<'_>) {
    let configured = report.options().map_or(&[][..], |options| options.strings("registries"));
    let Some(image) = foreign_image(service, project) else { return };
    let Some(source) = Source::of(image) else { return };
    let allowed = match configured {
        [] => WELL_KNOWN.iter().any(|entry| source.may_match(entry)),
        entries => entries.iter().any(|entry| source.may_match(entry)),
    };
    if !allowed {
        let message = format!(
            "image `{}` of {} comes from `{}`, which is not allowed",
            image.text(),
            service.title(),
            source.registry
        );
        report
            .at(image, message)
            .help("use an image from an allowed registry, or add this one to the rule's `registries`");
    }
}

fn build_and_image(service: &Service<'_>, _: &Project<'_>, report: &mut Report<'_>) {
    if let (Lookup::Present(image), Lookup::Present(_)) = (service.get("image"), service.get("build")) {
        report.at(image, format!("{} has both an image and a build", service.title())).help("keep one of them");
    }
}

fn image_end_of_life(service: &Service<'_>, project: &Project<'_>, report: &mut Report<'_>) {
    let Some((image, parsed)) = known_image(service, project) else { return };
    let Some(tag) = parsed.tag() else { return };
    let today = report.context().date;
    let known = end_of_life::of_image(&parsed.normal_repository(), tag);
    let Some(ended) = known.into_iter().find(|ended| ended.end < today) else { return };
    let message = format!(
        "image `{}` of {} is past its end of life: {} {} got its last fixes on {}",
        image.text(),
        service.title(),
        ended.product,
        ended.cycle,
        ended.end
    );
    report.at(image, message).help("move to a version that is maintained");
}

/// The image of a service that is not built in this project.
fn foreign_image<'t>(service: &Service<'t>, project: &Project<'t>) -> Option<Node<'t>> {
    let image = service.get("image").present()?;
    let is_local = service.get("pull_policy").present().is_some_and(|policy| policy.as_str() == Some("build"));
    if is_local || service.get("build").absent().is_none() {
        return None;
    }
    (!project.makes(image.text())).then_some(image)
}

fn known_image<'t>(service: &Service<'t>, project: &Project<'t>) -> Option<(Node<'t>, ImageRef)> {
    let image = foreign_image(service, project)?;
    Some((image, ImageRef::parse(image.as_str()?).ok()?))
}
