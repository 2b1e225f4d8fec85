//! COPY and ADD: which of the two, and what they take where.
//!
//! Decided by the words alone; whether a source is a file, a folder or an archive that does not look like one is not
//! known.

use portcullis_core::{Fix, FixSafety};
use portcullis_model::dockerfile::Base;
use portcullis_syntax::dockerfile::{Instruction, Keyword, Word};

use super::walk;
use super::{Image, edits};
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&ADD_INSTEAD_OF_COPY, &ADD_URL, &COPY_MULTI_NO_SLASH, &COPY_ENTIRE_FILESYSTEM];

rule! {
    /// ADD is used where COPY does
    ///
    /// ADD unpacks archives and fetches addresses; COPY only copies, so that what a build does cannot depend on what a
    /// file happens to hold. Looks at all stages. Silent where any source is an address, a Git repository, an archive by
    /// its name, a heredoc or a variable that is not known, and where a flag of ADD alone is given.
    ///
    /// ```dockerfile bad:2
    /// FROM debian:13
    /// ADD app.conf /etc/app/
    /// ```
    /// ```dockerfile good
    /// FROM debian:13
    /// COPY app.conf /etc/app/
    /// ADD root.tar.gz "vendor.tgz" /
    /// ADD https://example.org/a /a
    /// ADD git@example.org:a/b.git /b
    /// ADD $SOURCE /c
    /// ```
    ADD_INSTEAD_OF_COPY = "docker-add-instead-of-copy" {
        check: Check::Dockerfile(add_instead_of_copy),
        severity: Severity::Low,
        peers: &["hadolint:DL3020", "trivy:DS-0005", "checkov:CKV_DOCKER_4", "kics:9513a694"],
    }
}

rule! {
    /// ADD fetches from an address
    ///
    /// House style, off by default: a RUN with curl or wget can verify, unpack and remove what it fetched within one
    /// layer. `ADD --checksum` verifies as well. Looks at all stages. Silent with `--checksum` and for Git repositories.
    ///
    /// ```dockerfile bad:2
    /// FROM debian:13
    /// ADD https://example.org/app.tar.gz /tmp/
    /// ```
    /// ```dockerfile good
    /// FROM debian:13
    /// ADD --checksum=sha256:1111111111111111111111111111111111111111111111111111111111111111 https://example.org/a /a
    /// ADD https://example.org/project.git#v1 /src
    /// ADD app.tar.gz /opt/
    /// ```
    ADD_URL = "docker-add-url" {
        check: Check::Dockerfile(add_url),
        severity: Severity::Info,
        profile: Profile::OptIn,
        peers: &["checkov:CKV_DOCKER_4", "kics:curl_or_wget_instead_of_add"],
    }
}

rule! {
    /// Several files are copied to what is no folder
    ///
    /// With more than one source the destination must be a folder and end in `/`; builders refuse anything else, or let
    /// each file overwrite the one before it. Looks at COPY and ADD in all stages. Silent for the destinations `.` and
    /// `..`, which are folders without a slash, and where a variable ends the destination.
    ///
    /// ```dockerfile bad:3
    /// FROM node:24
    /// WORKDIR /app
    /// COPY package.json package-lock.json /app
    /// ```
    /// ```dockerfile good
    /// FROM node:24
    /// WORKDIR /app
    /// COPY package.json package-lock.json ./
    /// COPY package.json package-lock.json .
    /// COPY ["a b", "c", "/app/"]
    /// COPY a b "/app/"
    /// COPY a b $DIR
    /// COPY a /b
    /// ```
    COPY_MULTI_NO_SLASH = "docker-copy-multi-no-slash" {
        check: Check::Dockerfile(copy_multi_no_slash),
        severity: Severity::High,
        peers: &["hadolint:DL3021", "trivy:DS-0011", "kics:6db6e0c2"],
    }
}

rule! {
    /// Whole file system of another stage is copied
    ///
    /// Everything that the other stage or image left behind comes along: caches, tools, credentials; and files that both
    /// have are replaced. Looks at `COPY --from` in all stages. Silent in a stage on `scratch`, where it flattens layers
    /// on purpose.
    ///
    /// ```dockerfile bad:3
    /// FROM debian:13 AS build
    /// FROM debian:13
    /// COPY --from=build / /
    /// ```
    /// ```dockerfile good
    /// FROM debian:13 AS build
    /// FROM scratch
    /// COPY --from=build / /
    /// ```
    /// ```dockerfile good
    /// FROM debian:13 AS build
    /// FROM debian:13
    /// COPY --from=build / /rootfs/
    /// COPY --from=build /app /
    /// ```
    COPY_ENTIRE_FILESYSTEM = "docker-copy-entire-filesystem" {
        check: Check::Dockerfile(copy_entire_filesystem),
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &["hadolint:DL3067"],
    }
}

/// Ends of the names of what ADD unpacks, and of compressed files that may be such.
const ARCHIVES: &[&str] = &[
    ".tar", ".gz", ".tgz", ".taz", ".bz2", ".tbz", ".tbz2", ".tb2", ".tz2", ".xz", ".txz", ".lzma", ".tlz", ".lz",
    ".zst", ".tzst", ".z", ".tz",
];

fn add_instead_of_copy(image: &Image<'_>, report: &mut Report<'_>) {
    for step in walk::steps(image, &[Keyword::Add]) {
        let instruction = step.instruction;
        let has_flag = ["checksum", "keep-git-dir", "unpack"].iter().any(|flag| instruction.flag(flag).is_some());
        if has_flag {
            continue;
        }
        let Some(sources) = plain_sources(image, instruction) else { continue };
        let needs_add = |source: &String| {
            let lower = source.to_lowercase();
            is_address(&lower) || ARCHIVES.iter().any(|end| lower.ends_with(end))
        };
        if sources.iter().any(needs_add) {
            continue;
        }
        let copy = if instruction.written == instruction.written.to_lowercase() { "copy" } else { "COPY" };
        let edit = edits::replace(image, instruction.keyword_span, &instruction.written, copy);
        // A file that is an archive without looking like one is no longer unpacked.
        let is_plain = sources.iter().all(|source| is_directory(source) || is_text(source));
        let safety = if is_plain { FixSafety::Safe } else { FixSafety::Unsafe };
        report
            .at(step.place(instruction.keyword_span, &sources.join(" ")), "ADD does what COPY does here")
            .help("use COPY")
            .fix(edit.map(|edit| Fix { safety, ..Fix::safe("use COPY", edit) }));
    }
}

/// A directory by its name; ADD unpacks no archive that lies in one.
fn is_directory(source: &str) -> bool {
    source.ends_with('/') || matches!(source.rsplit('/').next(), Some("." | ".."))
}

/// A file that by its name is text.
fn is_text(source: &str) -> bool {
    let name = source.rsplit('/').next().unwrap_or_default().to_lowercase();
    matches!(name.rsplit_once('.'), Some((_, end)) if TEXTS.contains(&end))
}

/// Ends of the names of files that people write.
const TEXTS: &[&str] = &[
    "c",
    "cfg",
    "conf",
    "css",
    "go",
    "html",
    "ini",
    "java",
    "js",
    "json",
    "lock",
    "md",
    "mod",
    "php",
    "properties",
    "py",
    "rb",
    "rs",
    "sh",
    "sql",
    "sum",
    "toml",
    "ts",
    "txt",
    "xml",
    "yaml",
    "yml",
];

fn add_url(image: &Image<'_>, report: &mut Report<'_>) {
    for step in walk::steps(image, &[Keyword::Add]) {
        if step.instruction.flag("checksum").is_some() {
            continue;
        }
        let Some((sources, _)) = step.instruction.sources_and_destination() else { continue };
        for source in sources {
            let lower = source.as_str().to_lowercase();
            let is_web = lower.starts_with("http://") || lower.starts_with("https://");
            if is_web && !is_git(&lower) {
                report
                    .at(step.place(source.span(), source.as_str()), format!("ADD fetches `{}`", source.as_str()))
                    .help("add `--checksum`, or fetch and verify it in a RUN");
            }
        }
    }
}

fn copy_multi_no_slash(image: &Image<'_>, report: &mut Report<'_>) {
    for step in walk::steps(image, &[Keyword::Copy, Keyword::Add]) {
        let Some((sources, destination)) = step.instruction.sources_and_destination() else { continue };
        let expanded = image.build.variables_at(step.instruction).expand(destination);
        let Some(path) = expanded.known().filter(|_| sources.len() > 1) else { continue };
        let is_folder =
            path.is_empty() || path.ends_with(['/', '\\']) || matches!(path.rsplit('/').next(), Some("." | ".."));
        if !is_folder {
            report
                .at(
                    step.place(destination.span(), destination.as_str()),
                    format!("several files are copied to `{path}`, which does not end in `/`"),
                )
                .help("end the destination with `/`")
                // The build fails without.
                .fix(with_slash(image, destination));
        }
    }
}

fn with_slash(image: &Image<'_>, destination: &Word) -> Option<Fix> {
    let is_bare = destination.raw.as_str() == destination.as_str();
    let [_, edit] = edits::enclose(image, &destination.raw, "", "/").filter(|_| is_bare)?;
    Some(Fix::safe("end the destination with `/`", edit))
}

fn copy_entire_filesystem(image: &Image<'_>, report: &mut Report<'_>) {
    for step in walk::steps(image, &[Keyword::Copy]) {
        let Some((sources, destination)) = step.instruction.sources_and_destination() else { continue };
        let is_flattened = matches!(image.build.root_base(step.stage), Base::Scratch);
        let Some(source) = sources.iter().find(|source| source.as_str() == "/") else { continue };
        let Some(from) = step.instruction.flag_value("from") else { continue };
        if destination.as_str() == "/" && !is_flattened {
            report
                .at(
                    step.place(source.span(), from.as_str()),
                    format!("the whole file system of `{}` is copied", from.as_str()),
                )
                .help("copy the files that are needed, or build the stage from that one");
        }
    }
}

/// The sources after expansion; absent where one is a heredoc or not known.
fn plain_sources(image: &Image<'_>, instruction: &Instruction) -> Option<Vec<String>> {
    let (sources, _) = instruction.sources_and_destination()?;
    let variables = image.build.variables_at(instruction);
    let expand = |source| variables.expand(source).known().map(str::to_owned);
    let is_heredoc = |source| instruction.heredoc_of(source).is_some();
    sources.iter().map(|source| expand(source).filter(|_| !is_heredoc(source))).collect()
}

fn is_address(lower: &str) -> bool {
    ["http://", "https://", "git://", "ssh://", "git@"].iter().any(|start| lower.starts_with(start)) || is_git(lower)
}

/// `https://host/repository.git`, also with `#reference` or a query after it.
fn is_git(lower: &str) -> bool {
    lower.split(['#', '?']).next().is_some_and(|path| path.ends_with(".git"))
}
