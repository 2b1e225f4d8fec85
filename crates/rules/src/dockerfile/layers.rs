//! Layers that could be one: RUN after RUN, and an archive that is copied to be unpacked.
//!
//! Decided by the instructions of each stage.

use std::collections::BTreeMap;

use portcullis_core::{Place, Span, StableHash};
use portcullis_model::dockerfile::Run;
use portcullis_syntax::dockerfile::{Keyword, Word};

use super::Image;
use super::packages::spot;
use super::shell::statements;
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&ARCHIVE_COPIED, &CONSECUTIVE_RUN];

/// What ADD unpacks.
const ARCHIVES: &[&str] =
    &[".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tbz", ".tar.xz", ".txz", ".tar.lzma", ".tlz", ".tar.zst"];

/// Options of tar that ADD does not have.
const BEYOND_ADD: &[&str] =
    &["--strip-components", "--strip", "--exclude", "--transform", "--xform", "--wildcards", "--keep-old-files"];

rule! {
    /// An archive is copied and then unpacked
    ///
    /// The archive stays in the layer that COPY made; ADD unpacks it on the way and keeps nothing. Looks at every stage, at tar
    /// archives from the build context that a RUN of the same stage unpacks. Silent where tar does what ADD cannot, and
    /// for other kinds of archives.
    ///
    /// ```dockerfile bad:2
    /// FROM debian:12
    /// COPY app.tar.gz /opt/
    /// RUN tar -xzf /opt/app.tar.gz -C /opt && rm /opt/app.tar.gz
    /// ```
    /// ```dockerfile good
    /// FROM debian:12
    /// COPY --from=build /out/app.tar.gz /opt/
    /// COPY lib.tgz data.zip /opt/
    /// RUN tar -xzf /opt/app.tar.gz && tar -xzf /opt/lib.tgz --strip-components=1 && unzip /opt/data.zip
    /// ```
    ARCHIVE_COPIED = "docker-archive-copied-then-extracted" {
        check: Check::Dockerfile(archive_copied),
        severity: Severity::Info,
        profile: Profile::All,
        peers: &["hadolint:DL3010"],
    }
}

fn archive_copied(image: &Image<'_>, report: &mut Report<'_>) {
    let mut runs = image.runs().iter().peekable();
    for stage in &image.build.stages {
        // The archives copied so far: base name, and where it is written.
        let mut copied: BTreeMap<&str, Span> = BTreeMap::new();
        for instruction in stage.instructions.iter().map(|instruction| instruction.triggered()) {
            if instruction.keyword == Keyword::Copy && instruction.flag("from").is_none() {
                let Some((sources, destination)) = instruction.sources_and_destination() else { continue };
                if is_archive(destination.as_str()) {
                    let source = sources.first().unwrap_or(destination).span();
                    copied.insert(base_name(destination.as_str()), source);
                } else {
                    let archives = sources.iter().filter(|word| is_archive(word.as_str()));
                    copied.extend(archives.map(|word| (base_name(word.as_str()), word.span())));
                }
            }
            let Some(run) = runs.next_if(|run| std::ptr::eq(run.instruction, instruction)) else { continue };
            for name in unpacked(run) {
                let Some(span) = copied.remove(name.as_str()) else { continue };
                report
                    .at(place(stage.index, span, &name), format!("`{name}` is copied, and unpacked by a later RUN"))
                    .help("use ADD, which unpacks it and keeps no copy");
            }
        }
    }
}

fn place(stage: usize, span: Span, name: &str) -> Place {
    let mut hash = StableHash::new();
    hash.text("COPY");
    hash.number(stage as u64);
    let structure = hash.short();
    hash.text(name);
    Place { span, structure, value: hash.short() }
}

fn is_archive(name: &str) -> bool {
    ARCHIVES.iter().any(|suffix| name.ends_with(suffix))
}

fn base_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

/// The base names of the archives that a RUN unpacks as ADD would.
fn unpacked(run: &Run<'_>) -> Vec<String> {
    let mut found = Vec::new();
    for call in run.calls(&["tar", "bsdtar"]) {
        let args = &call.command.args;
        let bundled = args.first().is_some_and(|word| !word.text.starts_with('-') && word.text.contains('x'));
        let extracts = bundled || call.command.has_flag(&["-x", "--extract", "--get"]);
        if extracts && !call.command.has_flag(BEYOND_ADD) {
            found.extend(args.iter().filter(|word| is_archive(&word.text)).map(|word| {
                let text = word.text.split_once('=').map_or(word.text.as_str(), |(_, file)| file);
                base_name(text).to_owned()
            }));
        }
    }
    found
}

rule! {
    /// RUN follows RUN
    ///
    /// Each RUN is a layer. Not in a profile: more layers are the price of a better build cache. Looks at the final stage and the
    /// stages it is built from, at single commands with the same flags; longer scripts are taken for a decision.
    ///
    /// ```dockerfile bad:3
    /// FROM debian:12
    /// RUN ./configure
    /// RUN make
    /// ```
    /// ```dockerfile good
    /// FROM debian:12
    /// RUN ./configure && make
    /// RUN make install
    /// RUN --mount=type=cache,target=/root/.cache make check
    /// ```
    CONSECUTIVE_RUN = "docker-consecutive-run" {
        check: Check::Dockerfile(consecutive_run),
        severity: Severity::Info,
        profile: Profile::OptIn,
        peers: &["hadolint:DL3059", "kics:multiple_run_add_copy_instructions_listed"],
    }
}

fn consecutive_run(image: &Image<'_>, report: &mut Report<'_>) {
    let mut runs = image.runs().iter().peekable();
    for stage in &image.build.stages {
        let mut before: Option<&Run<'_>> = None;
        for instruction in &stage.instructions {
            let triggered = instruction.triggered();
            let own = std::ptr::eq(*instruction, triggered);
            let run = runs.next_if(|run| std::ptr::eq(run.instruction, triggered)).filter(|_| own);
            if let (Some(before), Some(run)) = (before, run)
                && stage.is_final
                && statements(before) <= 1
                && statements(run) <= 1
                && flags(before) == flags(run)
            {
                report
                    .at(
                        spot(run, run.instruction.keyword_span, &run.instruction.body),
                        "RUN follows a RUN with the same flags",
                    )
                    .help("join them with `&&`");
            }
            before = run;
        }
    }
}

fn flags<'r>(run: &'r Run<'_>) -> Vec<(&'r str, Option<&'r str>)> {
    run.instruction.flags.iter().map(|flag| (flag.name.as_str(), flag.value.as_ref().map(Word::as_str))).collect()
}
