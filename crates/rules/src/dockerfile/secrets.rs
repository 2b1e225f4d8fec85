//! Secrets that end up in the image: by ARG and ENV, and as files.
//!
//! Decided by names alone. What a file that is copied holds, and whether the value of a build argument is secret, is not
//! known; literal credentials are the secret detectors' concern.

use portcullis_model::dockerfile::Stage;
use portcullis_syntax::dockerfile::{Instruction, Keyword, Pair};

use super::Image;
use super::walk::{self, place};
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&SECRET_IN_ARG_OR_ENV, &SECRET_FILE_COPIED];

rule! {
    /// Secret is passed by ARG or ENV
    ///
    /// The value of an ENV is part of the image, that of an ARG of its history and of the build cache: whoever can pull
    /// the image can read it. Decided by the name (`password`, `token`, `secret`, `key`, `auth`, … as a word of it).
    /// Looks at all stages and at the ARGs before the first FROM, because build stages are pushed as cache as well.
    /// Silent for names of files, paths, addresses, versions, ids and users (`TOKEN_FILE`, `AUTH_URL`), for what is
    /// public (`PUBLIC_KEY`, `GPG_KEY`), and for ENV with an empty value, a flag or a path.
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
    /// ENV USE_AUTH=true SSL_KEY=/etc/ssl/key.pem DB_PASSWORD=
    /// ```
    SECRET_IN_ARG_OR_ENV = "docker-secret-in-arg-or-env" {
        check: Check::Dockerfile(secret_in_arg_or_env),
        severity: Severity::High,
        confidence: Confidence::Medium,
        tags: &["cwe-522"],
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
    /// only, hence with low confidence.
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

fn secret_in_arg_or_env(image: &Image<'_>, report: &mut Report<'_>) {
    for instruction in &image.build.preamble {
        report_secrets(image, None, instruction, report);
    }
    for step in walk::steps(image, &[Keyword::Arg, Keyword::Env]) {
        report_secrets(image, Some(step.stage), step.instruction, report);
    }
}

fn report_secrets(image: &Image<'_>, stage: Option<&Stage<'_>>, instruction: &Instruction, report: &mut Report<'_>) {
    for pair in instruction.pairs() {
        let name = pair.key.as_str();
        if !names_secret(name) || is_harmless(image, instruction, pair) {
            continue;
        }
        let keyword = instruction.keyword.name();
        let fate = if instruction.keyword == Keyword::Env { "is part of the image" } else { "stays in the history" };
        let place = place(stage, instruction.keyword, pair.key.span(), name);
        report
            .at(place, format!("`{keyword} {name}` looks like a secret, and its value {fate}"))
            .help("pass it to the RUN that needs it with `--mount=type=secret`, or at run time");
    }
}

/// Words at whose end a word of a name is a secret by itself: `password`, `DBPASSWORD`.
const SECRETS: &[&str] =
    &["password", "passwd", "pword", "passphrase", "secret", "secrets", "token", "credential", "credentials", "apikey"];
/// Words that are a secret alone or beside others, and so only as whole words.
const KEYS: &[&str] = &["key", "auth"];
/// Last words that make a name one of something about the secret.
const ABOUT: &[&str] = &[
    "file",
    "path",
    "dir",
    "directory",
    "folder",
    "location",
    "url",
    "uri",
    "endpoint",
    "host",
    "hostname",
    "port",
    "server",
    "domain",
    "name",
    "user",
    "username",
    "email",
    "id",
    "ids",
    "version",
    "type",
    "kind",
    "length",
    "size",
    "len",
    "ttl",
    "expiry",
    "expires",
    "expiration",
    "timeout",
    "lifetime",
    "interval",
    "sock",
    "socket",
    "method",
    "mode",
    "module",
    "enabled",
    "disabled",
    "enable",
    "disable",
    "required",
    "provider",
    "issuer",
    "audience",
    "algorithm",
    "alg",
    "format",
    "header",
    "prefix",
    "suffix",
    "realm",
    "scope",
    "scopes",
    "region",
    "fingerprint",
    "count",
    "limit",
    "min",
    "max",
    "policy",
    "rotation",
    "store",
    "manager",
    "service",
    "backend",
    "driver",
];
/// Words that make the whole name one of something that is no secret.
const NO_SECRET: &[&str] = &["public", "pub", "file", "version", "gpg", "pgp", "foreign", "primary", "cache"];

fn names_secret(name: &str) -> bool {
    // Half of a credential, and what the other half is found by.
    if name.eq_ignore_ascii_case("AWS_ACCESS_KEY_ID") {
        return true;
    }
    let words = words(name);
    let is_secret = |word: &String| SECRETS.iter().any(|secret| word.ends_with(secret));
    let is_key = |word: &String| KEYS.contains(&word.as_str());
    if !words.iter().any(|word| is_secret(word) || is_key(word)) {
        return false;
    }
    let is_about = words.len() > 1 && words.last().is_some_and(|word| ABOUT.contains(&word.as_str()));
    let is_no_secret = |word: &String| NO_SECRET.contains(&word.as_str());
    let signs = |word: &String| matches!(word.as_str(), "gpg" | "pgp");
    let is_locked = words.iter().any(signs) && words.iter().any(is_secret);
    !is_about && (is_locked || !words.iter().any(is_no_secret))
}

/// The words of a name in lower case: `GITHUB_TOKEN`, `api-key`, `clientSecret`.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut previous_is_lower = false;
    for c in name.chars() {
        let starts_word = previous_is_lower && c.is_uppercase();
        if starts_word || !c.is_alphanumeric() {
            words.push(String::new());
        }
        if c.is_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.extend(c.to_lowercase());
        }
        previous_is_lower = c.is_lowercase();
    }
    words.retain(|word| !word.is_empty());
    words
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
            report
                .at(
                    step.place(source.span(), path),
                    format!("`{path}` is copied into the image and looks like a secret"),
                )
                .confidence(confidence)
                .help("mount it in the RUN that needs it (`--mount=type=secret`), or provide it at run time");
        }
    }
}

/// How sure it is that a path is that of a secret; absent where it is not.
fn secret_file(path: &str) -> Option<Confidence> {
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
