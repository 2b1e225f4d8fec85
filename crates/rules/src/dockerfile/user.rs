//! Who the container runs as.
//!
//! Only the final stage counts, and what it inherits. Whether the base image sets a user is known for well-known images
//! only; for any other, the finding has low confidence.

use portcullis_model::dockerfile::{Base, Stage};
use portcullis_syntax::dockerfile::{Expanded, Instruction, Keyword, Word};

use super::Image;
use super::bases::{self, BaseUser};
use super::walk::{from_word, place};
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&LAST_USER_ROOT, &USER_MISSING, &USER_NOT_NUMERIC];

rule! {
    /// Container runs as root by its last USER
    ///
    /// Whoever breaks into the program is root in the container, one bug of the kernel or of the runtime away from root
    /// on the node. Looks at the last USER of the final stage, its own or that of a stage it is built from, with the
    /// defaults of ARG filled in. Build stages may run as root.
    ///
    /// ```dockerfile bad:3
    /// FROM debian:13
    /// USER app
    /// USER root
    /// ```
    /// ```dockerfile bad:2
    /// FROM debian:13 AS base
    /// USER 0:0
    /// FROM base
    /// RUN id
    /// ```
    /// ```dockerfile good
    /// FROM debian:13
    /// USER root
    /// RUN useradd app
    /// USER app
    /// ```
    /// ```dockerfile good
    /// FROM debian:13 AS build
    /// USER root
    /// FROM debian:13
    /// ARG APP_USER
    /// USER ${APP_USER}
    /// ```
    LAST_USER_ROOT = "docker-last-user-root" {
        check: Check::Dockerfile(last_user_root),
        severity: Severity::High,
        tags: &["cwe-250"],
        peers: &["hadolint:DL3002", "trivy:DS-0002", "checkov:CKV_DOCKER_8", "kics:67fd0c4a"],
    }
}

rule! {
    /// Image sets no user
    ///
    /// Without USER the container runs as root unless whoever starts it says otherwise. Looks at the final stage and
    /// those it is built from; the finding is at the last FROM. Silent where the base image is known to have a user
    /// (distroless `nonroot`, Chainguard, …) or gives up root at start (databases), where a variable decides the base,
    /// and for a stage on `scratch` without a command, which is only exported. For base images that are not well known
    /// the confidence is low.
    ///
    /// ```dockerfile bad:3
    /// FROM debian:13 AS build
    /// USER app
    /// FROM debian:13
    /// COPY --from=build /app /app
    /// ```
    /// ```dockerfile bad:1
    /// FROM registry.example.com/base:1
    /// CMD ["/app"]
    /// ```
    /// ```dockerfile good
    /// FROM debian:13
    /// USER 10001
    /// ```
    /// ```dockerfile good
    /// FROM debian:13 AS base
    /// USER 10001
    /// FROM base
    /// CMD ["/app"]
    /// ```
    /// ```dockerfile good
    /// FROM gcr.io/distroless/static-debian12:nonroot
    /// ```
    /// ```dockerfile good
    /// FROM postgres:17
    /// COPY init.sql /docker-entrypoint-initdb.d/
    /// ```
    /// ```dockerfile good
    /// ARG BASE
    /// FROM ${BASE}
    /// ```
    /// ```dockerfile good
    /// FROM golang:1.26 AS build
    /// FROM scratch AS export
    /// COPY --from=build /out /
    /// ```
    USER_MISSING = "docker-user-missing" {
        check: Check::Dockerfile(user_missing),
        severity: Severity::Medium,
        tags: &["cwe-250"],
        peers: &["trivy:DS-0002", "checkov:CKV_DOCKER_3", "kics:fd54f200"],
    }
}

rule! {
    /// User is a name, not a number
    ///
    /// Kubernetes cannot tell from a name that it is not root: with `runAsNonRoot: true` and without `runAsUser` the
    /// container does not start. Looks at the last USER of the final stage. Silent for names that come from a variable.
    ///
    /// ```dockerfile bad:2
    /// FROM debian:13
    /// USER app:app
    /// ```
    /// ```dockerfile good
    /// FROM debian:13
    /// USER app
    /// USER 10001:10001
    /// ```
    /// ```dockerfile good
    /// FROM mcr.microsoft.com/windows/nanoserver:ltsc2025
    /// USER ContainerUser
    /// ```
    /// ```dockerfile good
    /// FROM debian:13
    /// ARG APP_UID=app
    /// USER $APP_UID
    /// ```
    USER_NOT_NUMERIC = "docker-user-not-numeric" {
        check: Check::Dockerfile(user_not_numeric),
        severity: Severity::Info,
        profile: Profile::All,
        peers: &["hadolint:DL3066"],
        yields_to: &["docker-last-user-root"],
    }
}

/// The USER that holds in the image, its word, and the user without the group where it is known.
struct LastUser<'b, 'd> {
    stage: &'b Stage<'d>,
    word: &'d Word,
    expanded: Expanded,
}

impl<'b, 'd> LastUser<'b, 'd> {
    fn of(image: &'b Image<'d>) -> Option<Self> {
        let instruction: &'d Instruction = image.build.user(image.build.final_stage()?)?;
        let word = instruction.words().first()?;
        let expanded = image.build.variables_at(instruction).expand(word);
        Some(Self { stage: image.build.stage_of(instruction)?, word, expanded })
    }

    fn name(&self) -> Option<&str> {
        let text = self.expanded.known()?.trim();
        Some(text.split_once(':').map_or(text, |(user, _)| user))
    }

    fn place(&self) -> portcullis_core::Place {
        place(Some(self.stage), Keyword::User, self.word.span(), self.word.as_str())
    }
}

fn last_user_root(image: &Image<'_>, report: &mut Report<'_>) {
    let Some(user) = LastUser::of(image) else { return };
    let Some(name) = user.name() else { return };
    if name == "root" || name.parse() == Ok(0) {
        report
            .at(user.place(), format!("the container runs as root (`USER {}`)", user.expanded.text.trim()))
            .help("end the stage with a USER that is not root");
    }
}

fn user_missing(image: &Image<'_>, report: &mut Report<'_>) {
    let Some(stage) = image.build.final_stage() else { return };
    let (None, Some(from)) = (image.build.user(stage), from_word(stage)) else { return };
    let confidence = match image.build.root_base(stage) {
        Base::Scratch => {
            let runs = [Keyword::Cmd, Keyword::Entrypoint];
            if runs.into_iter().all(|keyword| image.build.effective(stage, keyword).is_none()) {
                return;
            }
            Confidence::High
        }
        Base::Image(word) if word.repository().known().is_some() => match bases::user(word) {
            BaseUser::Root => Confidence::High,
            BaseUser::Other => return,
            BaseUser::Unknown => Confidence::Low,
        },
        Base::Image(_) | Base::Stage(_) | Base::Unknown => return,
    };
    report
        .at(
            // Another image does not make it another finding.
            place(Some(stage), Keyword::From, from.span(), ""),
            "the image sets no user, so that it runs as root".to_owned(),
        )
        .confidence(confidence)
        .help("end the stage with a USER that is not root");
}

fn user_not_numeric(image: &Image<'_>, report: &mut Report<'_>) {
    let Some(user) = LastUser::of(image) else { return };
    let Some(name) = user.name().filter(|_| user.expanded.used.is_empty()) else { return };
    // Windows has no numbers for users.
    let is_windows = ["ContainerUser", "ContainerAdministrator"].iter().any(|user| name.eq_ignore_ascii_case(user));
    if !is_windows && !name.bytes().all(|byte| byte.is_ascii_digit()) {
        report
            .at(user.place(), format!("the user `{name}` is a name"))
            .help("give the number of the user, as in `USER 10001:10001`");
    }
}
