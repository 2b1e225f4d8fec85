//! Who runs in a service, and what of its file system can be written.
//!
//! Decided by the service and, for an image that is built here, by its Dockerfile. What other images set is known of few.

use portcullis_model::compose::{Project, Said, Service, is_flag};
use portcullis_model::image::ImageRef;

use super::missing;
use crate::dockerfile::bases;
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&USER_MISSING, &USER_ROOT, &READ_ONLY_MISSING];

rule! {
    /// Service sets no user
    ///
    /// The image then decides, and most run as root: one bug that runs code in the container has root's rights to all that
    /// is mounted. Silent where the service's Dockerfile ends with a USER or cannot be read, where the image is known to
    /// have a user, and in files that others complete. Official images of databases give up root by themselves; they are
    /// reported, because it depends on how they are started.
    ///
    /// ```compose bad:2
    /// services:
    ///   web:
    ///     image: nginx:1.29
    /// ```
    /// ```compose bad:2
    /// file=compose.yaml
    /// services:
    ///   web: { build: { context: ., dockerfile: Dockerfile.web } }
    /// file=Dockerfile.web
    /// FROM node:24
    /// CMD ["node", "main.js"]
    /// ```
    /// ```compose good
    /// file=compose.yaml
    /// services:
    ///   web: { build: app }
    ///   api: { build: { context: app, target: api } }
    ///   own: { image: "web:1", user: "1000:1000" }
    ///   elsewhere: { build: ../other }
    ///   proxy: { image: "nginxinc/nginx-unprivileged:1.29" }
    /// file=app/Dockerfile
    /// FROM node:24 AS api
    /// USER api
    /// FROM api
    /// USER node
    /// ```
    USER_MISSING = "compose-user-missing" {
        check: Check::ComposeService(user_missing),
        severity: Severity::Low,
        profile: Profile::All,
        tags: &["cwe-250"],
    }
}

rule! {
    /// Service runs as root
    ///
    /// `user: root` undoes what the image may have set, and one bug that runs code in the container has root's rights to
    /// all that is mounted.
    ///
    /// ```compose bad:4
    /// services:
    ///   web:
    ///     image: web:1
    ///     user: "0:1000"
    /// ```
    /// ```compose good
    /// services:
    ///   web: { image: "web:1", user: "1000:0" }
    ///   any: { image: "web:1", user: "${UID}" }
    /// ```
    USER_ROOT = "compose-user-root" {
        check: Check::ComposeService(user_root),
        severity: Severity::Medium,
        tags: &["cwe-250"],
    }
}

rule! {
    /// Root file system of the service can be written
    ///
    /// Whoever breaks in can replace programs and leave files behind. With `read_only: true`, volumes and `tmpfs` take
    /// what has to be written.
    ///
    /// ```compose bad:2
    /// services:
    ///   web:
    ///     image: web:1
    /// ```
    /// ```compose good
    /// services:
    ///   web: { image: "web:1", read_only: true, tmpfs: [/tmp] }
    /// ```
    READ_ONLY_MISSING = "compose-read-only-missing" {
        check: Check::ComposeService(read_only_missing),
        severity: Severity::Info,
        profile: Profile::All,
    }
}

fn user_missing(service: &Service<'_>, project: &Project<'_>, report: &mut Report<'_>) {
    let Some(anchor) = missing(service, &["user"]) else { return };
    let is_built = service.get("build").absent().is_none();
    let sets_user = || {
        let image = service.get("image").present().and_then(Node::as_str).map(ImageRef::parse);
        image.is_none_or(|image| image.is_ok_and(|image| bases::sets_user(&image)))
    };
    if is_built && project.built(service).user != Said::No || !is_built && sets_user() {
        return;
    }
    let who = if is_built { "and neither does its Dockerfile" } else { "so that the image decides, mostly for root" };
    report
        .at(anchor, format!("{} sets no user, {who}", service.title()))
        .help("set `user`, or end the Dockerfile with a USER that is not root");
}

fn user_root(service: &Service<'_>, _: &Project<'_>, report: &mut Report<'_>) {
    let Lookup::Present(user) = service.get("user") else { return };
    let name = user.text().split(':').next().unwrap_or_default();
    if name == "root" || name.parse() == Ok(0) {
        report
            .at(user, format!("{} runs as root (`user: {}`)", service.title(), user.text()))
            .help("name a user that is not root");
    }
}

fn read_only_missing(service: &Service<'_>, _: &Project<'_>, report: &mut Report<'_>) {
    const HELP: &str = "add `read_only: true`, and `tmpfs` for what has to be written";
    let message = || format!("the root file system of {} can be written", service.title());
    if let Some(anchor) = missing(service, &["read_only"]) {
        report.at(anchor, message()).help(HELP);
    } else if let Lookup::Present(flag) = service.get("read_only")
        && is_flag(Lookup::Present(flag), false)
    {
        report.at(flag, message()).help(HELP);
    }
}
