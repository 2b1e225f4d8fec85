//! Secrets that end up in the image: by ARG and ENV, and as files.
//!
//! Decided by names alone. What a file that is copied holds, and whether the value of a build argument is secret, is not
//! known; literal credentials are the secret detectors' concern.

use std::collections::BTreeSet;

use portcullis_model::dockerfile::Stage;
use portcullis_secrets::credential::{names_secret, words};
use portcullis_syntax::dockerfile::{self, Instruction, Keyword, Pair};
use portcullis_syntax::shell::{Command, Word};

use super::packages::{spot, title};
use super::walk::{self, absolute, place};
use super::{Image, carried};
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&SECRET_IN_ARG_OR_ENV, &SECRET_FILE_COPIED, &LOGIN_IN_RUN];

rule! {
    /// Secret is passed by ARG or ENV
    ///
    /// The value of an ENV is part of the image, that of an ARG of its history and of the build cache: whoever can pull
    /// the image can read it. Decided by the name (`password`, `token`, `secret`, `key`, `auth`, … as a word of it).
    /// Looks at all stages and at the ARGs before the first FROM, because build stages are pushed as cache as well.
    /// Silent for names of files, paths, addresses, versions, ids and users (`TOKEN_FILE`, `AUTH_URL`), for what is
    /// public (`PUBLIC_KEY`, `GPG_KEY`), and for ENV with an empty value, a flag or a path. A name that several stages declare
    /// is reported once, unless it gets another value.
    ///
    /// ```dockerfile bad:2
    /// FROM debian:13
    /// ARG NPM_TOKEN
    /// RUN npm ci
    /// ```
    /// ```dockerfile bad:2
    /// FROM debian:13 AS build
    /// ENV LANG=C.UTF-8 DB_PASSWORD=example
    /// FROM debian:13
    /// ```
    /// ```dockerfile bad:1
    /// ARG openai_api_key
    /// FROM debian:13
    /// ```
    /// ```dockerfile bad:2
    /// FROM debian:13
    /// ARG VITE_AWS_ACCESS_KEY_ID
    /// ```
    /// ```dockerfile bad:2
    /// FROM debian:13 AS build
    /// ARG NPM_TOKEN
    /// FROM debian:13
    /// ARG NPM_TOKEN
    /// ```
    /// ```dockerfile good
    /// FROM debian:13
    /// ARG PASSWORD_FILE=/run/secrets/password
    /// ARG AUTH_MODULE_VERSION
    /// ENV PUBLIC_KEY=abc TOKENIZERS_PARALLELISM=false KEYBOARD=us
    /// ENV DB_USERNAME=app DOCKER_EMAIL=a@example.org CLIENT_SECRET_ID=7 AUTH_URL=https://example.org
    /// RUN --mount=type=secret,id=NPM_TOKEN npm ci
    /// ```
    /// ```dockerfile good
    /// FROM debian:13
    /// ENV GPG_KEY=7169605F62C751356D054A26A821E680E5FA6305
    /// ENV USE_AUTH=true SSL_KEY=/etc/ssl/key.pem DB_PASSWORD= Filters__0__Key=ProcessId
    /// ```
    SECRET_IN_ARG_OR_ENV = "docker-secret-in-arg-or-env" {
        check: Check::Dockerfile(secret_in_arg_or_env),
        severity: Severity::High,
        confidence: Confidence::Medium,
        tags: &["secret", "cwe-522"],
        peers: &["hadolint:DL3064", "buildkit:SecretsUsedInArgOrEnv", "trivy:DS-0031", "kics:c3e1b6ae"],
    }
}

rule! {
    /// Secret file is copied into the image
    ///
    /// Whoever can pull the image can read the file, even if a later layer removes it. Decided by the name: `.env`,
    /// `.netrc`, `.npmrc`, `.git-credentials`, private keys of SSH and TLS, key stores, kubeconfig, credentials of
    /// clouds. Looks at COPY and ADD of the final stage and of those it is built from. Silent for examples and templates
    /// (`.env.example`), public keys, certificates, and names that a variable decides. `.npmrc` often holds settings
    /// only, hence with low confidence. An ENV or ARG such as `GOOGLE_APPLICATION_CREDENTIALS` says that a file is a
    /// secret, whatever its name. What a folder of the context holds is not known, and what `.dockerignore` leaves out is
    /// not copied. A folder of another stage that such a file was copied into is reported as well, unless a RUN there names
    /// the file or may have removed it.
    ///
    /// ```dockerfile bad:2
    /// FROM node:24
    /// COPY package.json .env /app/
    /// ```
    /// ```dockerfile bad:3
    /// FROM debian:13 AS base
    /// # The final stage is built from this one.
    /// ADD ssh/id_ed25519 /root/.ssh/
    /// FROM base
    /// ```
    /// ```dockerfile bad:4
    /// FROM python:3.14
    /// WORKDIR /app
    /// COPY account.json .
    /// ENV GOOGLE_APPLICATION_CREDENTIALS=/app/account.json
    /// ```
    /// ```dockerfile bad:2
    /// FROM python:3.14
    /// COPY settings $AWS_CONFIG_FILE
    /// ```
    /// ```dockerfile good
    /// FROM python:3.14
    /// COPY src /app/src
    /// ENV GOOGLE_APPLICATION_CREDENTIALS=/var/run/account.json
    /// ```
    /// ```dockerfile good
    /// # Which files the folders hold is not known.
    /// FROM python:3.14
    /// COPY rootfs /
    /// COPY . /app
    /// ENV GOOGLE_APPLICATION_CREDENTIALS=/app/account.json AWS_CONFIG_FILE=/etc/aws.conf
    /// ```
    /// ```dockerfile good
    /// file=.dockerignore
    /// **/.env
    /// file=Dockerfile
    /// FROM node:24
    /// COPY package.json .env* /app/
    /// COPY .env /app/
    /// ```
    /// ```dockerfile bad:6
    /// FROM node:24 AS build
    /// WORKDIR /src
    /// COPY package.json .env ./
    /// RUN npm ci && rm -rf /tmp/* node_modules/.cache
    /// FROM node:24
    /// COPY --from=build /src /app
    /// ```
    /// ```dockerfile good
    /// FROM node:24 AS build
    /// WORKDIR /src
    /// COPY package.json .env ./
    /// RUN npm ci && npm run build && rm .env
    /// FROM node:24
    /// COPY --from=build /src /app
    /// ```
    /// ```dockerfile bad:2
    /// FROM debian:13
    /// COPY --chmod=0600 certs/server-key.pem /etc/ssl/
    /// ```
    /// ```dockerfile good
    /// FROM node:24 AS build
    /// COPY .npmrc .env /app/
    /// FROM node:24
    /// COPY .env.example id_rsa.pub certs/ca.pem /app/
    /// COPY --from=build /app/dist /app/dist
    /// RUN --mount=type=secret,id=env,target=/app/.env node build.js
    /// ```
    SECRET_FILE_COPIED = "docker-secret-file-copied" {
        check: Check::Dockerfile(secret_file_copied),
        severity: Severity::High,
        confidence: Confidence::Medium,
        tags: &["cwe-538"],
        peers: &["trivy:DS-0031"],
    }
}

rule! {
    /// RUN logs in, and the credentials stay in the image
    ///
    /// The command writes them to a file in the home folder, which is in the layer for everyone who can pull the image.
    /// Looks at the final stage and the stages it is built from, at `aws configure set`, `gcloud auth
    /// activate-service-account`, `az login` with a password, `doctl auth init` and npm's `_authToken`. Silent with a secret
    /// mount, and where the same RUN logs out or removes the folder.
    ///
    /// ```dockerfile bad:3
    /// FROM debian:13
    /// ARG ID
    /// RUN aws configure set aws_secret_access_key "$ID" && aws s3 cp s3://example/a /a
    /// ```
    /// ```dockerfile good
    /// FROM debian:13
    /// RUN aws configure set region eu-central-1 && gcloud auth list && az login --identity
    /// RUN gcloud auth activate-service-account --key-file=/tmp/key && ./deploy && rm -rf ~/.config/gcloud
    /// RUN --mount=type=secret,id=token doctl auth init -t "$(cat /run/secrets/token)"
    /// ```
    LOGIN_IN_RUN = "docker-login-in-run" {
        check: Check::Dockerfile(login_in_run),
        severity: Severity::High,
        confidence: Confidence::Medium,
        tags: &["secret", "cwe-522"],
        peers: &["trivy:DS-0031"],
    }
}

fn login_in_run(image: &Image<'_>, report: &mut Report<'_>) {
    for run in image.final_runs() {
        if run.instruction.mounts().any(|mount| mount.kind() == "secret") {
            continue;
        }
        for call in run.calls(&["aws", "gcloud", "az", "doctl", "npm"]) {
            let Some((word, folder)) = login(&call.command) else { continue };
            let undone = run.script.commands.iter().skip(call.index).any(|command| {
                let given = |text: &str| command.args.iter().any(|arg| arg.text.contains(text));
                (command.is("rm") && given(folder)) || given("logout") || given("revoke")
            });
            if !undone {
                let title = title(&call);
                report
                    .at(spot(run, call.head(word), &title), format!("{title} writes credentials into a layer"))
                    .help("mount them in the RUN that needs them (`--mount=type=secret`), or provide them at run time");
            }
        }
    }
}

/// The word that makes a command write credentials, and the folder or file that they are written to.
fn login(command: &Command) -> Option<(&Word, &'static str)> {
    let word = |texts: &[&str]| command.args.iter().find(|arg| texts.contains(&arg.text.as_str()));
    let has = |texts: &[&str]| texts.iter().all(|text| word(&[text]).is_some());
    match command.program()? {
        "aws" if has(&["configure", "set"]) => {
            let keys = ["aws_access_key_id", "aws_secret_access_key", "aws_session_token"];
            Some((word(&keys)?, ".aws"))
        }
        "gcloud" if has(&["auth"]) => Some((word(&["activate-service-account"])?, "gcloud")),
        "az" if command.flag(&["-p", "--password", "--federated-token"]).is_some() => {
            Some((word(&["login"])?, ".azure"))
        }
        "doctl" if has(&["auth"]) && command.flag(&["-t", "--access-token"]).is_some() => {
            Some((word(&["init"])?, "doctl"))
        }
        "npm" if has(&["set"]) => {
            let is_token = |text: &str| text.starts_with("//") && text.contains(":_");
            Some((command.args.iter().find(|arg| is_token(&arg.text))?, ".npmrc"))
        }
        _ => None,
    }
}

fn secret_in_arg_or_env(image: &Image<'_>, report: &mut Report<'_>) {
    let mut said = BTreeSet::new();
    for instruction in &image.build.preamble {
        report_secrets(image, None, instruction, &mut said, report);
    }
    for step in walk::steps(image, &[Keyword::Arg, Keyword::Env]) {
        report_secrets(image, Some(step.stage), step.instruction, &mut said, report);
    }
}

/// Declarations so far: keyword and name, alone and with each value. An ENV is there once more in each stage that sets it: it
/// may be suppressed in one of them.
type Said<'d> = BTreeSet<(&'static str, &'d str, Option<(&'d str, usize)>)>;

fn report_secrets<'d>(
    image: &Image<'_>,
    stage: Option<&Stage<'_>>,
    instruction: &'d Instruction,
    said: &mut Said<'d>,
    report: &mut Report<'_>,
) {
    for pair in instruction.pairs() {
        let name = pair.key.as_str();
        if !names_secret(name) || is_harmless(image, instruction, pair) {
            continue;
        }
        let stage_number = stage.filter(|_| instruction.keyword == Keyword::Env).map_or(0, |stage| stage.index);
        let value = pair.value.as_ref().map(|value| (value.as_str(), stage_number));
        let is_first = said.insert((instruction.keyword.name(), name, None));
        // An ARG without a value takes over what was declared before.
        if !(value.is_some() && said.insert((instruction.keyword.name(), name, value)) || is_first) {
            continue;
        }
        let keyword = instruction.keyword.name();
        let fate = if instruction.keyword == Keyword::Env { "is part of the image" } else { "stays in the history" };
        let place = place(stage, instruction.keyword, pair.key.span(), name);
        let draft = report.at(place, format!("`{keyword} {name}` looks like a secret, and its value {fate}"));
        draft.help("pass it to the RUN that needs it with `--mount=type=secret`, or at run time");
        if let Some(value) = &pair.value {
            draft.mask(value.span());
        }
    }
}

/// Whether the value that is written cannot be a secret. An ARG without a default gets its value from outside.
fn is_harmless(image: &Image<'_>, instruction: &Instruction, pair: &Pair) -> bool {
    let Some(value) = &pair.value else { return false };
    let expanded = image.build.variables_at(instruction).expand(value);
    let Some(text) = expanded.known().filter(|_| expanded.used.is_empty()) else { return false };
    let text = text.trim();
    if text.is_empty() {
        return instruction.keyword == Keyword::Env;
    }
    let is_flag = ["true", "false", "yes", "no", "on", "off", "none", "null", "0", "1"]
        .iter()
        .any(|flag| text.eq_ignore_ascii_case(flag));
    let is_path = ["/", "./", "../", "~/"].iter().any(|start| text.starts_with(start));
    is_flag || is_path
}

fn secret_file_copied(image: &Image<'_>, report: &mut Report<'_>) {
    for step in walk::final_steps(image, &[Keyword::Copy, Keyword::Add]) {
        let Some((sources, _)) = step.instruction.sources_and_destination() else { continue };
        let variables = image.build.variables_at(step.instruction);
        for source in sources.iter().filter(|source| step.instruction.heredoc_of(source).is_none()) {
            let expanded = variables.expand(source);
            let Some(path) = expanded.known() else { continue };
            let Some(confidence) = secret_file(path) else { continue };
            let is_of_context = step.instruction.flag("from").is_none();
            if is_of_context && image.context.surely_leaves_out(path.trim_end_matches('*')) {
                continue;
            }
            report
                .at(
                    step.place(source.span(), path),
                    format!("`{path}` is copied into the image and looks like a secret"),
                )
                .confidence(confidence)
                .help(FILE_HELP);
        }
    }
    carried::each(image, |step, source, held| {
        let Some(first) = held.iter().max_by_key(|held| held.confidence) else { return };
        let (folder, path) = (source.as_str(), &first.path);
        let message = format!("`{folder}` is copied into the image with `{path}`, which looks like a secret");
        let draft = report.at(step.place(source.span(), folder), message);
        draft.confidence(first.confidence).help(CARRIED_HELP);
        for held in held {
            draft.label(held.written, format!("`{}` gets into the folder here", held.path));
        }
    });
    secret_files_by_variable(image, report);
}

const CARRIED_HELP: &str = "copy what the image needs, or remove the file in the RUN before, or mount it in the RUN that \
                            needs it (`--mount=type=secret`)";

/// Variables that say where a secret file is.
const SECRET_FILE_VARIABLES: &[&str] =
    &["GOOGLE_APPLICATION_CREDENTIALS", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "HF_TOKEN_PATH"];

/// Files that are copied to where a variable says that a secret is.
fn secret_files_by_variable(image: &Image<'_>, report: &mut Report<'_>) {
    let copies: Vec<_> = walk::final_steps(image, &[Keyword::Copy])
        .filter(|step| step.instruction.flag_value("from").is_none())
        .filter_map(|step| Some((step.instruction, step.instruction.sources_and_destination()?)))
        .collect();
    for step in walk::final_steps(image, &[Keyword::Copy]).filter(|step| step.instruction.flag_value("from").is_none())
    {
        let Some((_, destination)) = step.instruction.sources_and_destination() else { continue };
        let name = destination.as_str().trim_start_matches(['$', '{']).trim_end_matches('}');
        if destination.as_str().starts_with('$') && SECRET_FILE_VARIABLES.contains(&name) {
            report
                .at(
                    step.place(destination.span(), name),
                    format!("the file that `{name}` means is copied into the image"),
                )
                .help(FILE_HELP);
        }
    }
    for step in walk::final_steps(image, &[Keyword::Arg, Keyword::Env]) {
        let variables = image.build.variables_at(step.instruction);
        for pair in step.instruction.pairs().iter().filter(|pair| SECRET_FILE_VARIABLES.contains(&pair.key.as_str())) {
            let Some(value) = &pair.value else { continue };
            let expanded = variables.expand(value);
            let Some(file) = expanded.known().map(str::trim).filter(|file| !file.is_empty()) else { continue };
            let file = absolute(image, step.instruction, file);
            let mut found = copies.iter().filter_map(|(copy, (sources, destination))| {
                let expanded = image.build.variables_at(copy).expand(destination);
                let destination = absolute(image, copy, expanded.known()?);
                let rest = file.strip_prefix(destination.trim_end_matches('/'))?;
                let name = rest.strip_prefix('/').unwrap_or(rest);
                let is_named = |source: &dockerfile::Word| source.as_str().rsplit('/').next() == Some(name);
                (rest.is_empty() || sources.iter().any(is_named)).then_some(())
            });
            if found.next().is_none() {
                continue;
            }
            let name = pair.key.as_str();
            report
                .at(step.place(value.span(), &file), format!("the file that `{name}` means is copied into the image"))
                .help(FILE_HELP);
        }
    }
}

const FILE_HELP: &str = "mount it in the RUN that needs it (`--mount=type=secret`), or provide it at run time";

/// How sure it is that a path is that of a secret; absent where it is not.
pub(super) fn secret_file(path: &str) -> Option<Confidence> {
    let path = path.to_lowercase();
    let mut components = path.trim_end_matches('/').rsplit(['/', '\\']);
    let name = components.next()?;
    let folder = components.next().unwrap_or_default();
    if name == ".npmrc" {
        return Some(Confidence::Low);
    }
    let has_end = |ends: &[&str]| ends.iter().any(|end| name.ends_with(end));
    let is_example = ["example", "sample", "template", "dist", "defaults", "schema", "test", "ci"];
    let is_env = matches!(name, ".env" | ".env*")
        || name.strip_prefix(".env.").is_some_and(|kind| !kind.split('.').any(|part| is_example.contains(&part)));
    let is_known = matches!(
        name,
        "id_rsa"
            | "id_dsa"
            | "id_ecdsa"
            | "id_ed25519"
            | ".netrc"
            | "_netrc"
            | ".pypirc"
            | ".git-credentials"
            | ".pgpass"
            | ".my.cnf"
            | ".dockercfg"
            | ".htpasswd"
            | ".vault-token"
            | "kubeconfig"
            | "credentials.json"
            | "application_default_credentials.json"
            | "terraform.tfstate"
            | "privkey.pem"
            | "private.pem"
            | ".ssh"
            | ".aws"
            | ".kube"
            | ".gnupg"
    );
    let is_in_folder = matches!(
        (folder, name),
        (".aws", "credentials") | (".kube", "config") | (".docker", "config.json") | (".ssh", "*")
    );
    let is_key = has_end(&[".key", ".p12", ".pfx", ".jks", ".keystore", ".kdbx", ".ppk", ".kubeconfig"])
        || (name.ends_with(".pem") && words(name).iter().any(|word| matches!(word.as_str(), "key" | "private")));
    let is_public = words(name).iter().any(|word| matches!(word.as_str(), "pub" | "public" | "example" | "sample"));
    (!is_public && (is_env || is_known || is_in_folder || is_key)).then_some(Confidence::Medium)
}
