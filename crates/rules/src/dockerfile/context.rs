//! What the build context brings into an image.
//!
//! The context is the Dockerfile's directory or the root of the scan; the files do not say which, so the ignore files of
//! both are asked, and confidence is low. On standard input neither is at hand, and the rules are silent.

use portcullis_model::dockerfile::BuildContext;
use portcullis_syntax::dockerfile::{Keyword, Word};

use super::Image;
use super::walk::{self, Step};
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&COPY_WHOLE_CONTEXT, &COPY_IGNORED_FILE];

rule! {
    /// Whole build context is copied into the image
    ///
    /// `COPY . .` takes the history in `.git` and the secrets in `.env` along, and every change anywhere makes the build
    /// start over from here. Looks at the final image only: what a build stage copies stays behind. Silent where a
    /// `.dockerignore` leaves out both `.git` and `.env`, and with `--from`.
    ///
    /// ```dockerfile bad:3
    /// FROM node:24
    /// WORKDIR /app
    /// COPY . .
    /// ```
    /// ```dockerfile good
    /// FROM golang:1.24 AS build
    /// COPY . /src
    /// FROM scratch
    /// COPY --from=build / /
    /// COPY dist/ /app/
    /// ```
    /// ```dockerfile good
    /// file=.dockerignore
    /// .git
    /// **/.env*
    /// file=Dockerfile
    /// FROM node:24
    /// COPY . /app
    /// ```
    COPY_WHOLE_CONTEXT = "docker-copy-whole-context" {
        check: Check::Dockerfile(copy_whole_context),
        severity: Severity::Low,
        confidence: Confidence::Low,
        profile: Profile::All,
    }
}

rule! {
    /// File is copied that the build context leaves out
    ///
    /// The `.dockerignore` keeps the file from the builder, so the build fails, or copies less than it seems to. Looks at all
    /// stages. Silent for wildcards, folders that are left out only in part, and variables that are not known.
    ///
    /// ```dockerfile bad:3
    /// file=.dockerignore
    /// *.md
    /// file=Dockerfile
    /// FROM node:24
    /// WORKDIR /app
    /// COPY NOTES.md .
    /// ```
    /// ```dockerfile bad:2
    /// file=.dockerignore
    /// *
    /// file=Dockerfile
    /// FROM scratch
    /// COPY . /
    /// ```
    /// ```dockerfile good
    /// file=.dockerignore
    /// **
    /// !dist
    /// file=Dockerfile
    /// FROM scratch
    /// COPY . /
    /// ```
    /// ```dockerfile good
    /// file=.dockerignore
    /// *.md
    /// !README.md
    /// file=Dockerfile
    /// FROM node:24
    /// WORKDIR /app
    /// COPY README.md *.md docs/NOTES.md .
    /// COPY --from=other NOTES.md .
    /// ```
    COPY_IGNORED_FILE = "docker-copy-ignored-file" {
        check: Check::Dockerfile(copy_ignored_file),
        severity: Severity::Info,
        confidence: Confidence::Medium,
        profile: Profile::All,
        peers: &["buildkit:CopyIgnoredFile"],
    }
}

/// What must not get into an image with the rest of the context.
const PRIVATE: &[&str] = &[".git", ".env"];

fn copy_whole_context(image: &Image<'_>, report: &mut Report<'_>) {
    if *image.context == BuildContext::Unknown || PRIVATE.iter().all(|path| image.context.may_leave_out(path)) {
        return;
    }
    for step in walk::final_steps(image, &[Keyword::Copy, Keyword::Add]) {
        for source in sources(&step) {
            if matches!(source.as_str(), "." | "./" | "/") {
                report
                    .at(step.place(source.span(), source.as_str()), "the whole build context goes into the image")
                    .help("copy what the image needs, or leave `.git` and `.env` out with a `.dockerignore`");
            }
        }
    }
}

fn copy_ignored_file(image: &Image<'_>, report: &mut Report<'_>) {
    for step in walk::steps(image, &[Keyword::Copy, Keyword::Add]) {
        for source in sources(&step) {
            let path = source.as_str();
            let is_plain = !path.contains(['*', '?', '[', '$', ':']) && step.instruction.heredoc_of(source).is_none();
            if is_plain && image.context.surely_leaves_out(path) {
                let message = format!("`{path}` is left out of the build context by `.dockerignore`");
                report
                    .at(step.place(source.span(), path), message)
                    .help("take it back in the `.dockerignore` with `!`, or do not copy it");
            }
        }
    }
}

/// The sources of COPY and ADD that come from the context.
fn sources<'s>(step: &Step<'_, 's>) -> &'s [Word] {
    if step.instruction.flag("from").is_some() {
        return &[];
    }
    step.instruction.sources_and_destination().map_or(&[], |(sources, _)| sources)
}
