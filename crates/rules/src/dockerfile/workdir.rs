//! Directories that depend on where the base image left off, or that belong to the system.
//!
//! What directory a base image sets is known for well-known images only.

use portcullis_model::dockerfile::Base;
use portcullis_syntax::dockerfile::{Expanded, Instruction, Keyword, Word};

use super::Image;
use super::bases::{self, BaseWorkdir};
use super::walk::{self, Step};
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&WORKDIR_RELATIVE, &WORKDIR_SYSTEM_DIR, &COPY_RELATIVE_WITHOUT_WORKDIR];

rule! {
    /// Working directory is relative
    ///
    /// It is then below whatever directory the base image ends in, and moves when that image changes. Looks at each
    /// stage. Silent where an absolute WORKDIR comes before it, in the stage or in one that it is built from, and where a
    /// variable without a value decides. Drives of Windows are absolute.
    ///
    /// ```dockerfile bad:2
    /// FROM debian:13
    /// WORKDIR app
    /// ```
    /// ```dockerfile good
    /// FROM debian:13 AS base
    /// WORKDIR /app
    /// FROM base
    /// WORKDIR sub
    /// WORKDIR ${DIR}
    /// ```
    /// ```dockerfile good
    /// FROM mcr.microsoft.com/windows/servercore:ltsc2025
    /// WORKDIR "C:/app"
    /// ```
    WORKDIR_RELATIVE = "docker-workdir-relative" {
        check: Check::Dockerfile(workdir_relative),
        severity: Severity::Medium,
        peers: &[
            "hadolint:DL3000", "buildkit:WorkdirRelativePath", "trivy:DS-0009", "checkov:CKV_DOCKER_10",
            "kics:6b376af8",
        ],
    }
}

rule! {
    /// Working directory is one of the system's
    ///
    /// In `/proc`, `/sys` and `/dev` the runtime mounts file systems of its own over what the image holds; files in
    /// `/boot`, `/bin`, `/sbin`, `/lib` or their counterparts in `/usr` replace those of the system. Looks at all stages,
    /// at these directories and, except for those in `/usr`, below them. `/etc/nginx` and the like are normal.
    ///
    /// ```dockerfile bad:2
    /// FROM debian:13
    /// WORKDIR /proc/app
    /// ```
    /// ```dockerfile bad:3
    /// FROM debian:13
    /// ARG DIR=/usr/bin
    /// WORKDIR $DIR/
    /// ```
    /// ```dockerfile good
    /// FROM scratch
    /// WORKDIR /bin
    /// ```
    /// ```dockerfile good
    /// FROM nginx:1.29
    /// WORKDIR /etc/nginx
    /// WORKDIR /devel
    /// WORKDIR /usr/lib/app
    /// ```
    WORKDIR_SYSTEM_DIR = "docker-workdir-system-dir" {
        check: Check::Dockerfile(workdir_system_dir),
        severity: Severity::High,
        peers: &["trivy:DS-0030"],
    }
}

rule! {
    /// COPY to a relative path without WORKDIR
    ///
    /// The files land in whatever directory the base image ends in, often `/`. Looks at each stage. Silent where a
    /// WORKDIR comes before it, in the stage or in one that it is built from, where the base image is known to set one
    /// (golang, php, …) or is `scratch`, which has one directory only, and where a variable decides. For base images that are not well known the confidence is low.
    ///
    /// ```dockerfile bad:4
    /// FROM debian:13 AS other
    /// WORKDIR /app
    /// FROM debian:13
    /// COPY app bin/app
    /// ```
    /// ```dockerfile good
    /// FROM debian:13 AS base
    /// ONBUILD WORKDIR /app
    /// ONBUILD COPY app .
    /// WORKDIR /app
    /// FROM base
    /// COPY app .
    /// COPY app $TARGET
    /// ```
    /// ```dockerfile good
    /// FROM scratch
    /// COPY a b
    /// FROM golang:1.26
    /// COPY . src/app
    /// COPY a /a
    /// COPY a "c:\a"
    /// ```
    COPY_RELATIVE_WITHOUT_WORKDIR = "docker-copy-relative-without-workdir" {
        check: Check::Dockerfile(copy_relative_without_workdir),
        severity: Severity::Medium,
        peers: &["hadolint:DL3045"],
    }
}

/// The system's own directories; below those that end in a slash, everything.
const SYSTEM_DIRS: &[&str] = &[
    "/proc/",
    "/sys/",
    "/dev/",
    "/boot/",
    "/lost+found/",
    "/initrd/",
    "/bin/",
    "/sbin/",
    "/lib/",
    "/lib64/",
    "/usr",
    "/usr/bin",
    "/usr/sbin",
    "/usr/lib",
];

fn workdir_relative(image: &Image<'_>, report: &mut Report<'_>) {
    each_with_workdirs(image, |step, before| {
        let Some(word) = step.instruction.words().first().filter(|_| step.instruction.keyword == Keyword::Workdir)
        else {
            return;
        };
        let path = expanded(image, step.instruction, word);
        if kind(&path) == Kind::Relative && !before.any_whole {
            report
                .at(
                    step.place(word.span(), word.as_str()),
                    format!("the working directory `{}` is relative", unquoted(&path.text)),
                )
                .help("write the whole path, from `/`");
        }
    });
}

fn workdir_system_dir(image: &Image<'_>, report: &mut Report<'_>) {
    for step in walk::steps(image, &[Keyword::Workdir]) {
        // An empty image has no system.
        if matches!(image.build.root_base(step.stage), Base::Scratch) {
            continue;
        }
        let Some(word) = step.instruction.words().first() else { continue };
        let path = expanded(image, step.instruction, word);
        let Some(text) = path.known() else { continue };
        let text = text.trim_end_matches('/');
        let is_system = SYSTEM_DIRS.iter().any(|dir| {
            let whole = dir.trim_end_matches('/');
            text == whole || (dir.ends_with('/') && text.starts_with(dir))
        });
        if is_system {
            report
                .at(step.place(word.span(), word.as_str()), format!("the working directory `{text}` is the system's"))
                .help("use a directory of the application's own, such as `/app`");
        }
    }
}

fn copy_relative_without_workdir(image: &Image<'_>, report: &mut Report<'_>) {
    each_with_workdirs(image, |step, before| {
        if before.any || step.instruction.keyword != Keyword::Copy {
            return;
        }
        let Some((_, destination)) = step.instruction.sources_and_destination() else { return };
        let path = expanded(image, step.instruction, destination);
        let Some(confidence) = unplaced(image, step).filter(|_| kind(&path) == Kind::Relative) else { return };
        let text = unquoted(&path.text);
        report
            .at(
                step.place(destination.span(), destination.as_str()),
                format!("files are copied to `{text}`, but no WORKDIR says where that is"),
            )
            .confidence(confidence)
            .help("set WORKDIR before, or write the whole path");
    });
}

/// How sure it is that the base image sets no directory; absent where it does, or is not known.
fn unplaced(image: &Image<'_>, step: &Step<'_, '_>) -> Option<Confidence> {
    match image.build.root_base(step.stage) {
        // An empty image has one directory.
        Base::Scratch => None,
        Base::Image(base) if base.repository().known().is_none() => None,
        Base::Image(base) => match bases::workdir(base) {
            BaseWorkdir::Unset => Some(Confidence::High),
            BaseWorkdir::Set => None,
            BaseWorkdir::Unknown => Some(Confidence::Low),
        },
        Base::Stage(_) | Base::Unknown => Some(Confidence::Low),
    }
}

/// The WORKDIRs before an instruction, in its stage and those that the stage is built from.
#[derive(Clone, Copy, Default)]
struct Workdirs {
    any: bool,
    /// One that is absolute, or may be.
    any_whole: bool,
}

impl Workdirs {
    fn add(&mut self, kind: Kind) {
        self.any = true;
        self.any_whole |= kind != Kind::Relative;
    }

    fn or(self, other: Self) -> Self {
        Self { any: self.any || other.any, any_whole: self.any_whole || other.any_whole }
    }
}

/// Hands every instruction to `visit`, with what holds before it. What ONBUILD holds sees the WORKDIRs of ONBUILD too.
fn each_with_workdirs<'d>(image: &Image<'d>, mut visit: impl FnMut(&Step<'_, 'd>, Workdirs)) {
    let mut at_end: Vec<Workdirs> = Vec::with_capacity(image.build.stages.len());
    for stage in &image.build.stages {
        let parent = image.build.parent(stage).and_then(|parent| at_end.get(parent.index));
        let mut before = parent.copied().unwrap_or_default();
        let mut triggers = Workdirs::default();
        for outer in &stage.instructions {
            let instruction = outer.triggered();
            let is_onbuild = instruction.onbuild.is_some();
            visit(&Step { stage, instruction }, if is_onbuild { before.or(triggers) } else { before });
            if let (Keyword::Workdir, Some(word)) = (instruction.keyword, instruction.words().first()) {
                let kind = kind(&expanded(image, instruction, word));
                if is_onbuild { triggers.add(kind) } else { before.add(kind) }
            }
        }
        at_end.push(before);
    }
}

/// What kind of path a word is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Absolute,
    Relative,
    /// A variable decides.
    Unknown,
}

fn kind(path: &Expanded) -> Kind {
    let text = unquoted(&path.text);
    let mut chars = text.chars();
    match (chars.next(), chars.next()) {
        (Some('/' | '\\'), _) => Kind::Absolute,
        (Some(drive), Some(':')) if drive.is_ascii_alphabetic() => Kind::Absolute,
        (None | Some('$'), _) => Kind::Unknown,
        // A reference that could not be replaced stands there as it was written, in quotes or not.
        _ if path.unknown.iter().any(|unknown| unknown.range.start == 0) => Kind::Unknown,
        _ => Kind::Relative,
    }
}

fn expanded(image: &Image<'_>, instruction: &Instruction, word: &Word) -> Expanded {
    image.build.variables_at(instruction).expand(word)
}

/// Quotes stay where the word could not be read, as in `"C:\"`.
fn unquoted(text: &str) -> &str {
    text.trim_matches(['"', '\''])
}
