//! Variables that do not have the value that the line suggests.
//!
//! What the base image sets is not known. A variable that the file does not set is therefore reported only where nothing
//! else can set it, or where its name is nearly that of one.

use std::collections::{HashMap, HashSet};

use portcullis_model::dockerfile::{Base, is_platform_arg, is_proxy_arg};
use portcullis_syntax::dockerfile::{Instruction, Keyword, Text, Variable, VariableRef, Word, expand};

use super::Image;
use super::near::nearest;
use super::walk::{self, Step};
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&ENV_SELF_REFERENCE, &UNDEFINED_VAR];

rule! {
    /// ENV uses a variable that it sets itself
    ///
    /// All values of one ENV are filled in before any of them is set, so that the reference gives the value from before,
    /// most often nothing. Looks at all stages. Silent where an earlier ARG or ENV sets the variable, where a variable
    /// refers to itself (`PATH=/x:$PATH`), and for `PATH` beside others, which every image has.
    ///
    /// ```dockerfile bad:2
    /// FROM debian:13
    /// ENV HOME_DIR=/app BIN="$HOME_DIR/bin"
    /// ```
    /// ```dockerfile bad:2
    /// FROM debian:13
    /// ENV PATH=/a:$PATH PATH=/b:$PATH
    /// ```
    /// ```dockerfile good
    /// FROM debian:13
    /// ENV PATH=/x:$PATH OLD=$PATH
    /// ENV A=1
    /// ENV A=2 B=$A C=${AB}
    /// ENV D=\$E E=1
    /// ```
    ENV_SELF_REFERENCE = "docker-env-self-reference" {
        check: Check::Dockerfile(env_self_reference),
        severity: Severity::Medium,
        peers: &["hadolint:DL3044"],
    }
}

rule! {
    /// Variable is not set anywhere
    ///
    /// The builder puts nothing in its place. Reported where nothing but the file can set it (the image is built from
    /// `scratch`), where the name is nearly that of a variable that is set, where the stage sets it only later, and where
    /// an ARG before the first FROM declares it, which stages do not see. Looks at the words in which the builder itself fills in variables, in all
    /// stages; those of RUN, CMD and ENTRYPOINT are the shell's. Silent for references with a default (`${X:-d}`).
    ///
    /// ```dockerfile bad:3
    /// FROM debian:13
    /// ARG DIR_ASSETS=assets/
    /// COPY $DIR_ASSET /app/
    /// ```
    /// ```dockerfile bad:2
    /// FROM scratch
    /// COPY $FILE /app/
    /// ```
    /// ```dockerfile bad:3
    /// ARG VERSION=1
    /// FROM debian:13
    /// LABEL version=$VERSION
    /// ```
    /// ```dockerfile good
    /// ARG VERSION=1
    /// FROM debian:13 AS base
    /// ARG FILE VERSION
    /// FROM base
    /// ENV PATH=/x:$PATH
    /// COPY $FILE ${FILES:-a} $JAVA_HOME /app/
    /// LABEL version=$VERSION proxy=$HTTP_PROXY
    /// RUN echo $FIL
    /// ```
    /// ```dockerfile good
    /// FROM scratch
    /// ARG TARGETARCH
    /// COPY app-$TARGETARCH \$x /app/
    /// ```
    UNDEFINED_VAR = "docker-undefined-var" {
        check: Check::Dockerfile(undefined_var),
        severity: Severity::Low,
        profile: Profile::All,
        peers: &["buildkit:UndefinedVar"],
    }
}

/// How many instructions, stages and names are looked through for one reference.
const MAX_NAMES: usize = 100;

fn env_self_reference(image: &Image<'_>, report: &mut Report<'_>) {
    for step in walk::steps(image, &[Keyword::Env]) {
        let variables = image.build.variables_at(step.instruction);
        let pairs = step.instruction.pairs();
        let mut first: HashMap<&str, usize> = HashMap::new();
        for (index, pair) in pairs.iter().enumerate() {
            first.entry(pair.key.as_str()).or_insert(index);
        }
        for (index, pair) in pairs.iter().enumerate() {
            let Some(value) = &pair.value else { continue };
            let own = pair.key.as_str();
            // Of two that set one variable, the later one is wrong.
            let set_beside = |used: &VariableRef| {
                first.get(used.name.as_str()).is_some_and(|&setting| setting < index || used.name != own)
            };
            let is_path = |used: &VariableRef| used.name == "PATH" && own != "PATH";
            let is_set = |used: &VariableRef| variables.declaration(&used.name).is_some();
            let used = variables.expand(value).used;
            let Some(used) = used.iter().find(|used| set_beside(used) && !is_path(used) && !is_set(used)) else {
                continue;
            };
            report
                .at(
                    step.place(used.span, &used.name),
                    format!("`{}` is set by the same ENV and has its old value here", used.name),
                )
                .help(format!("set `{}` in an ENV before this one", used.name));
        }
    }
}

fn undefined_var(image: &Image<'_>, report: &mut Report<'_>) {
    let expanding = [
        Keyword::Add,
        Keyword::Copy,
        Keyword::Env,
        Keyword::Arg,
        Keyword::Label,
        Keyword::Expose,
        Keyword::User,
        Keyword::Workdir,
        Keyword::Volume,
        Keyword::Stopsignal,
    ];
    let preamble = image.build.preamble.iter().flat_map(|instruction| instruction.pairs());
    let global: HashSet<&str> = preamble.map(|pair| pair.key.as_str()).collect();
    for step in walk::steps(image, &expanding) {
        let mut said: HashSet<String> = HashSet::new();
        for text in texts(step.instruction) {
            for used in unset(image, &step, text) {
                if said.contains(&used.name) {
                    continue;
                }
                if let Some(help) = why_unset(image, &step, &global, &used.name) {
                    report.at(step.place(used.span, &used.name), format!("nothing sets `{}`", used.name)).help(help);
                    said.insert(used.name);
                }
            }
        }
    }
}

/// The texts in which the builder fills in variables.
fn texts(instruction: &Instruction) -> Vec<&Text> {
    let values = instruction.pairs().iter().filter_map(|pair| pair.value.as_ref());
    instruction.words().iter().chain(values).map(Word::expandable).collect()
}

/// The references of a text, without a default of their own, that neither the file nor the builder sets.
fn unset(image: &Image<'_>, step: &Step<'_, '_>, text: &Text) -> Vec<VariableRef> {
    let variables = image.build.variables_at(step.instruction);
    let lookup = |name: &str| {
        let is_builders = is_proxy_arg(name) || is_platform_arg(name) || name == "PATH";
        match variables.declaration(name) {
            None if !is_builders => Variable::Unset,
            _ => Variable::Set("".into()),
        }
    };
    expand(text, image.build.dockerfile.escape, lookup).unknown
}

/// What to do about a variable that the file does not set; absent where the base image may set it.
fn why_unset(image: &Image<'_>, step: &Step<'_, '_>, global: &HashSet<&str>, name: &str) -> Option<String> {
    if global.contains(name) {
        return Some(format!("repeat `ARG {name}` in the stage: it does not see what stands before FROM"));
    }
    let at = step.instruction.span.start;
    let mut later = [Keyword::Arg, Keyword::Env].into_iter().flat_map(|keyword| {
        let all = step.stage.all(keyword);
        let from = all.partition_point(|instruction| instruction.span.start < at);
        all.iter().skip(from).take(MAX_NAMES)
    });
    if later.any(|instruction| instruction.pairs().iter().take(MAX_NAMES).any(|pair| pair.key.as_str() == name)) {
        return Some("the stage sets it only after this line; move that up".to_owned());
    }
    let chain = std::iter::once(step.stage).chain(image.build.ancestors(step.stage).take(MAX_NAMES));
    let before = chain.flat_map(|stage| {
        [Keyword::Arg, Keyword::Env].into_iter().flat_map(move |keyword| {
            stage.all(keyword).iter().take_while(move |instruction| instruction.span.start < at)
        })
    });
    let names = before.flat_map(|instruction| instruction.pairs()).map(|pair| pair.key.as_str());
    if let Some(meant) = nearest(name, names.take(MAX_NAMES).chain(["PATH"])) {
        return Some(format!("did you mean `{meant}`?"));
    }
    matches!(image.build.root_base(step.stage), Base::Scratch).then(|| format!("declare it with `ARG {name}` or ENV"))
}
