//! File modes that give too much: writable by everyone, set-user-id.
//!
//! Decided by `chmod`, `install -m` and `--chmod`. It cannot know the modes of files that are copied in or unpacked.

use std::collections::BTreeMap;

use portcullis_core::{Place, Span, StableHash};
use portcullis_model::dockerfile::{Run, SourceRef, SourceTarget};
use portcullis_syntax::dockerfile::{self, Keyword};
use portcullis_syntax::shell::OptionsWithArguments;

use super::Image;
use super::packages::spot;
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&WORLD_WRITABLE, &SETUID];

rule! {
    /// Everyone may write a file of the image
    ///
    /// A process that runs as any user, a compromised one too, can replace what others run or read. Looks at the final stage,
    /// the stages it is built from, and paths that are copied from other stages into it. A sticky folder (`1777`, as `/tmp`
    /// has) is no finding, nor is a path under a mount of the RUN.
    ///
    /// ```dockerfile bad:2
    /// FROM debian:12
    /// RUN mkdir /data && chmod -R 777 /data
    /// ```
    /// ```dockerfile bad:2
    /// FROM debian:12
    /// COPY --chmod=0777 run.sh /run.sh
    /// ```
    /// ```dockerfile good
    /// FROM debian:12 AS build
    /// RUN chmod 777 /work
    /// FROM debian:12
    /// RUN mkdir /data && chmod 775 /data && chmod +w /data && chmod 1777 /scratch && chmod g=u,o-w /etc/app
    /// ```
    WORLD_WRITABLE = "docker-world-writable-chmod" {
        check: Check::Dockerfile(world_writable),
        severity: Severity::Medium,
        tags: &["cwe-732"],
    }
}

fn world_writable(image: &Image<'_>, report: &mut Report<'_>) {
    modes(
        image,
        report,
        is_world_writable,
        "lets everyone write",
        "give write permission to the owner or the group only",
    );
}

rule! {
    /// A program of the image runs as its owner
    ///
    /// With the set-user-id bit a program that belongs to root is root for whoever starts it: one flaw in it undoes USER. Looks
    /// at the final stage, the stages it is built from, and paths that are copied from other stages into it. The
    /// set-group-id bit, which shared folders use, is no finding.
    ///
    /// ```dockerfile bad:2
    /// FROM debian:12
    /// RUN chmod u+s /usr/local/bin/helper
    /// ```
    /// ```dockerfile bad:2
    /// FROM debian:12
    /// COPY --chmod=4755 helper /usr/local/bin/helper
    /// ```
    /// ```dockerfile good
    /// FROM debian:12
    /// RUN chmod u-s /bin/su && chmod 2775 /data && find / -perm /6000 -type f -exec chmod a-s {} +
    /// ```
    SETUID = "docker-setuid-bit-set" {
        check: Check::Dockerfile(setuid),
        severity: Severity::Medium,
        tags: &["cwe-250"],
    }
}

fn setuid(image: &Image<'_>, report: &mut Report<'_>) {
    modes(
        image,
        report,
        is_setuid,
        "sets the set-user-id bit",
        "leave the bit out, or give the one capability that is needed",
    );
}

fn modes(image: &Image<'_>, report: &mut Report<'_>, is_bad: fn(&str) -> bool, what: &str, help: &'static str) {
    let sources = image.build.copy_sources();
    let is_final = |source: &SourceRef<'_>| image.build.stages.get(source.stage).is_some_and(|stage| stage.is_final);
    let mut copied_out: CopiedOut<'_> = BTreeMap::new();
    for source in sources.into_iter().filter(is_final) {
        let (SourceTarget::Stage(stage), Some((words, _))) =
            (source.target, source.instruction.sources_and_destination())
        else {
            continue;
        };
        let paths = copied_out.entry(stage).or_default();
        paths.extend(words.iter().map(dockerfile::Word::as_str).take(MAX_PATHS.saturating_sub(paths.len())));
    }
    for run in image.runs() {
        for (mode, span, paths) in modes_of(run) {
            if is_bad(&mode) && reaches_image(&copied_out, run, &paths) {
                report.at(spot(run, span, &mode), format!("mode `{mode}` {what}")).help(help);
            }
        }
    }
    for stage in image.build.stages.iter().filter(|stage| stage.is_final) {
        for instruction in stage.instructions.iter().map(|instruction| instruction.triggered()) {
            if !matches!(instruction.keyword, Keyword::Copy | Keyword::Add) {
                continue;
            }
            let Some(word) = instruction.flag_value("chmod") else { continue };
            let expanded = image.build.variables_at(instruction).expand(word);
            let Some(mode) = expanded.known().filter(|mode| is_bad(mode)) else { continue };
            let place = copied(stage.index, word.span(), mode);
            report.at(place, format!("mode `{mode}` {what}")).help(help);
        }
    }
}

fn copied(stage: usize, span: Span, mode: &str) -> Place {
    let mut hash = StableHash::new();
    hash.text("chmod");
    hash.number(stage as u64);
    let structure = hash.short();
    hash.text(mode);
    Place { span, structure, value: hash.short() }
}

const INSTALL: OptionsWithArguments<'static> =
    OptionsWithArguments { short: "gmotS", long: &["--group", "--mode", "--owner", "--target-directory", "--suffix"] };

/// The modes that a RUN gives: mode, where it stands, paths.
fn modes_of(run: &Run<'_>) -> Vec<(String, Span, Vec<String>)> {
    let mut found = Vec::new();
    for call in run.calls(&["chmod"]) {
        let words = call.command.positionals(&OptionsWithArguments::default());
        let Some((mode, paths)) = words.split_first().filter(|_| !call.command.has_flag(&["--reference"])) else {
            continue;
        };
        found.push((mode.text.clone(), mode.span, paths.iter().map(|word| word.text.clone()).collect()));
    }
    for call in run.calls(&["install", "mkdir"]) {
        let Some(mode) = call.command.option_value(&["-m", "--mode"]) else { continue };
        let paths = call.command.positionals(&INSTALL);
        found.push((mode.text.to_owned(), mode.word.span, paths.iter().map(|word| word.text.clone()).collect()));
    }
    found
}

/// Whether one of the paths ends up in the final image: from its own stage, or copied out of another.
fn reaches_image(copied_out: &CopiedOut<'_>, run: &Run<'_>, paths: &[String]) -> bool {
    if run.is_final {
        return paths.is_empty() || !paths.iter().all(|path| path.starts_with('/') && run.has_cache_mount(path));
    }
    let within = |inner: &str, outer: &str| {
        let outer = outer.trim_end_matches('/');
        inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    copied_out.get(&run.stage).is_some_and(|copied| {
        let absolute = paths.iter().filter(|path| path.starts_with('/'));
        absolute.take(MAX_PATHS).any(|path| copied.iter().any(|copied| within(path, copied) || within(copied, path)))
    })
}

/// What COPY takes out of each stage into the final image.
type CopiedOut<'d> = BTreeMap<usize, Vec<&'d str>>;

/// Paths of one stage or command that are compared, so that long files stay linear.
const MAX_PATHS: usize = 64;

/// The four octal digits of a numeric mode.
fn octal(mode: &str) -> Option<u32> {
    u32::from_str_radix(mode, 8).ok().filter(|_| mode.len() <= 5)
}

/// The clauses of a symbolic mode: who, operator and permissions.
fn clauses(mode: &str) -> impl Iterator<Item = (&str, char, &str)> {
    mode.split(',').filter_map(|clause| {
        let at = clause.find(['+', '-', '='])?;
        let (who, rest) = clause.split_at_checked(at)?;
        let operator = rest.chars().next()?;
        Some((who, operator, rest.get(1..)?))
    })
}

fn is_world_writable(mode: &str) -> bool {
    if let Some(bits) = octal(mode) {
        return bits & 0o002 != 0 && bits & 0o1000 == 0;
    }
    // Without `a` or `o` the umask keeps others out.
    let sticky = clauses(mode).any(|(_, operator, what)| operator != '-' && what.contains('t'));
    !sticky
        && clauses(mode).any(|(who, operator, what)| operator != '-' && who.contains(['o', 'a']) && what.contains('w'))
}

fn is_setuid(mode: &str) -> bool {
    if let Some(bits) = octal(mode) {
        return bits & 0o4000 != 0;
    }
    clauses(mode).any(|(who, operator, what)| {
        operator != '-' && (who.is_empty() || who.contains(['u', 'a'])) && what.contains('s')
    })
}
