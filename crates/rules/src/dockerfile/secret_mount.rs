//! Secrets that were mounted to stay out of the image, and are written into it.
//!
//! Decided by the commands of the RUN that has the mount. It cannot know what other programs write.

use portcullis_model::dockerfile::{Call, Run};
use portcullis_syntax::dockerfile::Text;
use portcullis_syntax::shell::{Command, OptionsWithArguments, RedirectKind, Word};

use super::Image;
use super::packages::spot;
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&SECRET_MOUNT_ECHOED];

rule! {
    /// A mounted secret is written into the image
    ///
    /// A secret mount is gone after its RUN; a copy of it in a file is in the layer for everyone who can pull the image. Looks at
    /// the final stage and the stages it is built from, at `cat`, `echo`, `cp` and the like. Silent where the same RUN removes
    /// the file, and where it is under another mount.
    ///
    /// ```dockerfile bad:2
    /// FROM debian:12
    /// RUN --mount=type=secret,id=token cat /run/secrets/token > /etc/app/token
    /// ```
    /// ```dockerfile bad:3
    /// FROM node:22
    /// RUN --mount=type=secret,id=npm,env=TOKEN \
    ///     echo "//registry.example.com/:_authToken=$TOKEN" > .npmrc && npm ci
    /// ```
    /// ```dockerfile good
    /// FROM node:22
    /// RUN --mount=type=secret,id=token,target=/etc/token TOKEN=$(cat /etc/token) npm ci
    /// RUN --mount=type=secret,id=npm cp /run/secrets/npm .npmrc && npm ci && rm -f .npmrc
    /// RUN --mount=type=secret,id=npm --mount=type=tmpfs,target=/tmp cat /run/secrets/npm > /tmp/npm && npm ci
    /// RUN --mount=type=secret,id=npm wc -c /run/secrets/npm > /etc/size && cat /run/secrets/npm > /dev/null
    /// ```
    SECRET_MOUNT_ECHOED = "docker-secret-mount-echoed" {
        check: Check::Dockerfile(secret_mount_echoed),
        severity: Severity::High,
        tags: &["cwe-538"],
    }
}

fn secret_mount_echoed(image: &Image<'_>, report: &mut Report<'_>) {
    for run in image.final_runs() {
        let secrets = Secrets::of(run);
        if secrets.files.is_empty() && secrets.variables.is_empty() {
            continue;
        }
        let copies = run
            .script
            .commands
            .iter()
            .enumerate()
            .filter_map(|(index, command)| Some((index, secrets.copied_to(run, &run.call(index, command))?)));
        for (index, target) in copies.take(MAX_COPIES) {
            let text = run.resolve(target).unwrap_or_else(|| target.text.clone());
            let stays = !text.starts_with("/dev/") && !text.starts_with("/proc/") && !run.has_cache_mount(&text);
            if stays
                && run.last_deletion(&text).is_none_or(|deletion| deletion < index)
                && !secrets.files.contains(&text)
            {
                report
                    .at(spot(run, target.span, &text), format!("a mounted secret is written to `{text}`"))
                    .help("use the secret where it is mounted, or remove the file in the same RUN");
            }
        }
    }
}

/// Copies of one RUN that are looked at, so that long scripts stay linear.
const MAX_COPIES: usize = 32;

/// Where a RUN has its secrets.
struct Secrets {
    files: Vec<String>,
    variables: Vec<String>,
}

impl Secrets {
    fn of(run: &Run<'_>) -> Self {
        let (mut files, mut variables) = (Vec::new(), Vec::new());
        for mount in run.instruction.mounts().filter(|mount| mount.kind() == "secret") {
            let target = mount.get("target").map(Text::as_str);
            let source = mount.get("id").or_else(|| mount.get("source")).map(Text::as_str);
            variables.extend(mount.get("env").map(|name| name.as_str().to_owned()));
            match (target, source) {
                (Some(target), _) => files.push(target.to_owned()),
                (None, Some(id)) => files.push(format!("/run/secrets/{id}")),
                (None, None) => {}
            }
        }
        let mut secrets = Self { files, variables };
        // `TOKEN=$(cat /run/secrets/token)` makes TOKEN one of them.
        for command in &run.script.commands {
            let assigned = command.assignments.iter().filter(|_| command.name.is_none());
            for assignment in assigned.filter(|assignment| secrets.are_in(&assignment.value)).collect::<Vec<_>>() {
                secrets.variables.push(assignment.name.clone());
            }
            if command.is_any(&["export", "declare", "local", "readonly"]) {
                for word in command.args.iter().filter(|word| secrets.are_in(word)).collect::<Vec<_>>() {
                    secrets.variables.extend(word.text.split_once('=').map(|(name, _)| name.to_owned()));
                }
            }
        }
        secrets
    }

    fn are_in(&self, word: &Word) -> bool {
        let ends = |rest: &str| {
            !rest.starts_with(|next: char| next.is_ascii_alphanumeric() || matches!(next, '_' | '-' | '.'))
        };
        let file = |path: &String| word.raw.split_once(path.as_str()).is_some_and(|(_, rest)| ends(rest));
        word.variables.iter().any(|name| self.variables.contains(name)) || self.files.iter().any(file)
    }

    /// The file that a command copies a secret to.
    fn copied_to<'c>(&self, run: &'c Run<'_>, call: &Call<'_>) -> Option<&'c Word> {
        let command = call.command.as_ref();
        let original = run.script.commands.get(call.index)?;
        let reads = original.args.iter().any(|word| self.are_in(word))
            || original.redirects.iter().any(|redirect| {
                matches!(redirect.kind, RedirectKind::Read | RedirectKind::HereString) && self.are_in(&redirect.target)
            });
        if !reads || original.substitution {
            return None;
        }
        if command.is_any(&["cp", "mv", "install"]) {
            let words = original.positionals(&OptionsWithArguments { short: "gmotS", long: &[] });
            return words.last().copied().filter(|word| words.len() > 1 && !self.are_in(word));
        }
        if !command.is_any(&["cat", "echo", "printf", "base64", "sed", "head", "tail", "tr", "envsubst", "tee"]) {
            return None;
        }
        written(original).or_else(|| {
            // `cat secret | tee file`
            let pipe = original.pipe?;
            let sinks =
                run.script.commands.iter().skip(call.index).take(MAX_SINKS).filter(|sink| {
                    sink.pipe.is_some_and(|sink| sink.pipeline == pipe.pipeline && sink.index > pipe.index)
                });
            sinks.filter(|sink| sink.is_any(&["cat", "base64", "sed", "tr", "tee", "envsubst"])).find_map(written)
        })
    }
}

/// Commands of a pipe that are looked at for a file, so that long scripts stay linear.
const MAX_SINKS: usize = 64;

/// The file that a command's output goes to.
fn written(command: &Command) -> Option<&Word> {
    let redirect = command.redirects.iter().find(|redirect| {
        matches!(redirect.kind, RedirectKind::Write | RedirectKind::Append | RedirectKind::WriteBoth)
            && redirect.descriptor.is_none_or(|descriptor| descriptor == 1)
    });
    let tee = || command.args.iter().find(|word| command.is("tee") && !word.text.starts_with('-'));
    redirect.map(|redirect| &redirect.target).or_else(tee)
}
