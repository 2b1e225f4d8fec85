//! Who owns the files of an image.
//!
//! Decided by `--chown` and by the command of the image. Whether a program has to write its own files cannot be known.

use portcullis_model::dockerfile::Stage;
use portcullis_syntax::dockerfile::{Args, Instruction, Keyword};

use super::Image;
use super::walk::{self, absolute};
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&CHOWN_NEEDLESS];

rule! {
    /// The program belongs to the user that runs it
    ///
    /// To run a file one need not own it. Whoever breaks into the program can then replace it, and is still there after a restart.
    /// Looks at COPY and ADD with `--chown` in the final stage and those it is built from, where their destination is the very
    /// file that ENTRYPOINT or CMD runs. Silent for root, for whole folders, for commands in shell form, and where a variable decides.
    ///
    /// ```dockerfile bad:2
    /// FROM debian:13
    /// COPY --chown=10001 server /usr/local/bin/server
    /// USER 10001
    /// ENTRYPOINT ["/usr/local/bin/server"]
    /// ```
    /// ```dockerfile bad:3
    /// FROM debian:13
    /// WORKDIR /app
    /// ADD --chown=app:app config.yaml server ./
    /// USER app
    /// CMD ["./server", "--config", "config.yaml"]
    /// ```
    /// ```dockerfile good
    /// FROM debian:13
    /// COPY --chown=root:app server /usr/local/bin/server
    /// COPY --chown=10001 data /var/lib/server
    /// USER 10001
    /// ENTRYPOINT ["/usr/local/bin/server"]
    /// ```
    CHOWN_NEEDLESS = "docker-chown-needless" {
        check: Check::Dockerfile(chown_needless),
        severity: Severity::Info,
        profile: Profile::OptIn,
        peers: &["kics:aa93e17f"],
    }
}

fn chown_needless(image: &Image<'_>, report: &mut Report<'_>) {
    let Some(stage) = image.build.final_stage() else { return };
    let Some(program) = program(image, stage) else { return };
    for step in walk::final_steps(image, &[Keyword::Copy, Keyword::Add]) {
        let Some(owner) = step.instruction.flag_value("chown") else { continue };
        let variables = image.build.variables_at(step.instruction);
        let expanded = variables.expand(owner);
        let Some(user) = expanded.known().and_then(|owner| owner.split(':').next()) else { continue };
        if matches!(user, "" | "0" | "root") || !brings(image, step.instruction, &program) {
            continue;
        }
        report
            .at(step.place(owner.span(), &program), format!("`{program}`, which the image runs, belongs to `{user}`"))
            .help("leave it to root: `--chmod=0755` lets everyone run it");
    }
}

/// The file that the image runs, from the root.
fn program(image: &Image<'_>, stage: &Stage<'_>) -> Option<String> {
    let command =
        [Keyword::Entrypoint, Keyword::Cmd].into_iter().find_map(|keyword| image.build.effective(stage, keyword))?;
    let Args::Exec(words) = &command.args else { return None };
    let word = words.first()?.as_str();
    // A name alone is looked for in PATH, and a variable is not expanded.
    (word.contains('/') && !word.contains('$')).then(|| absolute(image, command, word))
}

/// Whether a COPY writes the file itself, under its own name or in a folder that ends in a slash.
fn brings(image: &Image<'_>, copy: &Instruction, program: &str) -> bool {
    let Some((sources, destination)) = copy.sources_and_destination() else { return false };
    let variables = image.build.variables_at(copy);
    let expanded = variables.expand(destination);
    let Some(written) = expanded.known() else { return false };
    let target = absolute(image, copy, written);
    if target == program {
        return sources.len() == 1;
    }
    let Some(name) = program.strip_prefix(target.as_str()).and_then(|rest| rest.strip_prefix('/')) else {
        return false;
    };
    let is_folder = written.ends_with('/') || matches!(written, "." | "..") || sources.len() > 1;
    let is_it = |source: &str| source.rsplit('/').next() == Some(name);
    is_folder && sources.iter().any(|source| variables.expand(source).known().is_some_and(is_it))
}
