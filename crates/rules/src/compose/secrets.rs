//! Secrets that are written into the file: variables, build arguments, contents of configs, commands.
//!
//! A value counts when its name promises a secret and it is a plausible one, or when its form says what it is. Weak
//! passwords and defaults of variables have rules of their own. Values never enter messages or fingerprints.

use portcullis_core::Span;
use portcullis_model::compose::{Part, Project, Service, Setting};
use portcullis_secrets::credential::{all_known, is_plausible, is_secret};
use portcullis_syntax::interpolation;

use super::secret_defaults::is_usual;
use crate::kubernetes::secret_values::{bearer, secret_place, secrets_in_text};
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&PLAINTEXT_SECRET_ENV, &SECRET_IN_BUILD_ARGS, &SECRET_INLINE, &SECRET_IN_COMMAND];

rule! {
    /// Variable of the service holds a secret in plain text
    ///
    /// The value is in the repository, in `docker inspect`, and in the output of every crash that prints its environment.
    /// Reported when the name promises a secret (`DB_PASSWORD`) and the value is a plausible one, or when the value has
    /// the form of a token, a key, or a URL with a password, whatever the name is. Silent for variables (`${NAME}`),
    /// placeholders, paths (`…_FILE`), switches and words; weak passwords are `secret-weak-default`.
    ///
    /// ```compose bad:4
    /// services:
    ///   db:
    ///     image: db:1
    ///     environment: { DB_PASSWORD: kX9mQ2vL7 }
    /// ```
    /// ```compose bad:5
    /// services:
    ///   web:
    ///     image: web:1
    ///     environment:
    ///       - DATABASE=postgres://app:kX9mQ2vL7@${DB_HOST:-db}/shop
    /// ```
    /// ```compose good
    /// services:
    ///   web:
    ///     image: web:1
    ///     environment:
    ///       - DB_PASSWORD
    ///       - API_TOKEN=${API_TOKEN}
    ///       - DB_PASSWORD_FILE=/run/secrets/db
    ///       - DB_URL=postgres://app:${DB_PASSWORD}@db/shop
    ///       - TOKEN_TTL=3600
    ///       - REQUIRE_AUTH=true
    ///       - ADMIN_PASSWORD=<password>
    ///       - OTHER_PASSWORD=password1
    /// ```
    PLAINTEXT_SECRET_ENV = "compose-plaintext-secret-env" {
        check: Check::ComposeService(plaintext_secret_env),
        severity: Severity::High,
        tags: &["secret", "cwe-798"],
    }
}

rule! {
    /// Build argument holds a secret
    ///
    /// Build arguments stay in the history of the image for everybody who can pull it, and the value is in the repository.
    /// Silent for variables, placeholders and words.
    ///
    /// ```compose bad:6
    /// services:
    ///   web:
    ///     build:
    ///       context: .
    ///       args:
    ///         NPM_TOKEN: npm_aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3zA5
    /// ```
    /// ```compose good
    /// services:
    ///   web:
    ///     build:
    ///       context: .
    ///       args: [NPM_TOKEN, "VERSION=1.2.3", "API_TOKEN=${API_TOKEN}"]
    ///       secrets: [npm]
    /// secrets: { npm: { environment: NPM_TOKEN } }
    /// ```
    SECRET_IN_BUILD_ARGS = "compose-secret-in-build-args" {
        check: Check::ComposeService(secret_in_build_args),
        severity: Severity::High,
        tags: &["secret", "cwe-798"],
        peers: &["buildkit:SecretsUsedInArgOrEnv"],
    }
}

rule! {
    /// Content of a config holds a secret
    ///
    /// What stands under `content` is in the repository and in every container that mounts the config. Decided by the
    /// content: settings whose names promise a secret and whose values are plausible ones, and values of known forms.
    /// Silent for variables and placeholders.
    ///
    /// ```compose bad:7
    /// services: { web: { image: "web:1", configs: [web] } }
    /// configs:
    ///   web:
    ///     content: |
    ///       listen = 8080
    ///
    ///       password = kX9mQ2vL7
    /// ```
    /// ```compose good
    /// services: { web: { image: "web:1", configs: [web] } }
    /// configs:
    ///   web:
    ///     content: |
    ///       listen = 8080
    ///       password = ${DB_PASSWORD}
    ///       password_file = /run/secrets/db
    /// ```
    /// ```compose good
    /// file=compose.yaml
    /// services: { web: { image: "web:1", command: "serve --password ${DB_PASSWORD}" } }
    /// configs: { web: { content: "password = ${DB_PASSWORD}" } }
    /// file=.env
    /// DB_PASSWORD=kX9mQ2vL7
    /// ```
    SECRET_INLINE = "compose-secret-inline" {
        check: Check::Compose(secret_inline),
        severity: Severity::High,
        tags: &["secret", "cwe-798"],
    }
}

rule! {
    /// Command of the service holds a secret
    ///
    /// Arguments are in the repository, in `docker inspect`, and in the list of processes. Looks at `command`,
    /// `entrypoint`, `healthcheck.test` and hooks, as text and as list: `--password=…`, `--requirepass …`, `mysql -p…`,
    /// `NAME=…`, bearer tokens and values of known forms. Silent for variables, what the shell fills in, and words.
    ///
    /// ```compose bad:4
    /// services:
    ///   cache:
    ///     image: redis:8
    ///     command: redis-server --requirepass kX9mQ2vL7
    /// ```
    /// ```compose bad:5
    /// services:
    ///   db:
    ///     image: mysql:9
    ///     healthcheck:
    ///       test: [CMD, mysqladmin, ping, -uroot, -pkX9mQ2vL7]
    /// ```
    /// ```compose bad:7
    /// services:
    ///   web:
    ///     image: web:1
    ///     command:
    ///       - serve
    ///       - --token
    ///       - 9f86d081884c7d659a2feaa0c55ad015
    /// ```
    /// ```compose good
    /// services:
    ///   cache: { image: "redis:8", command: "redis-server --requirepass ${REDIS_PASSWORD}" }
    ///   db: { image: "mysql:9", healthcheck: { test: "mysqladmin ping -uroot -p$$MYSQL_PASSWORD" } }
    ///   web: { image: "web:1", command: [serve, --token-file, /run/secrets/token, -p8080] }
    /// ```
    /// ```compose good
    /// file=compose.yaml
    /// services:
    ///   cache: { image: "redis:8", command: "redis-server --requirepass ${REDIS_PASSWORD}" }
    ///   other: { image: "redis:8", command: [redis-server, --requirepass, "${REDIS_PASSWORD}"] }
    /// file=.env
    /// REDIS_PASSWORD=kX9mQ2vL7
    /// ```
    SECRET_IN_COMMAND = "compose-secret-in-command" {
        check: Check::ComposeService(secret_in_command),
        severity: Severity::High,
        tags: &["secret", "cwe-798"],
    }
}

fn plaintext_secret_env(service: &Service<'_>, _: &Project<'_>, report: &mut Report<'_>) {
    for setting in service.settings("environment") {
        let what = format!("variable `{}` of {} holds a secret", setting.name, service.title());
        report_setting(&setting, &what, "take it from `secrets`, or from a variable of the host", report);
    }
}

fn secret_in_build_args(service: &Service<'_>, _: &Project<'_>, report: &mut Report<'_>) {
    for setting in service.settings("build.args") {
        let what = format!("build argument `{}` of {} holds a secret", setting.name, service.title());
        report_setting(&setting, &what, "pass it with `build.secrets`", report);
    }
}

fn report_setting(setting: &Setting<'_>, what: &str, help: &'static str, report: &mut Report<'_>) {
    let found = secrets_of(setting);
    let Some((span, form)) = found.first() else { return };
    let form = if form.is_empty() { String::new() } else { format!(" ({form})") };
    let draft = report.at(secret_place(setting.node, *span), format!("{what}{form}"));
    draft.help(format!("{help}, and replace it, because it is known now"));
    for (span, _) in &found {
        draft.mask(*span);
    }
}

/// Where the secrets of a setting are, and what form they have.
fn secrets_of(setting: &Setting<'_>) -> Vec<(Span, String)> {
    if !is_literal(setting.node) {
        // What is literal in it stays, whatever the variables are.
        return known_as_written(setting.node);
    }
    let Part::Known(value) = setting.value else { return Vec::new() };
    let mut found: Vec<(Span, String)> =
        all_known(value).into_iter().map(|known| (setting.span(known.range), known.what.to_owned())).collect();
    if found.is_empty() && is_secret(setting.name, value) && !is_usual(value) {
        found.push((setting.value_span(), String::new()));
    }
    found
}

/// Whether no variable is in what was written; `$$` is none.
fn is_literal(node: Node<'_>) -> bool {
    !node.is_filled_in() || interpolation::expressions(node.span().slice(node.tree().text())).is_empty()
}

/// What stands in the file: with variables in it, as it was written, because their values stand elsewhere.
fn written(node: Node<'_>) -> &str {
    if is_literal(node) { node.text() } else { node.span().slice(node.tree().text()) }
}

/// Credentials of known forms in what was written, escapes and quotes included.
fn known_as_written(node: Node<'_>) -> Vec<(Span, String)> {
    let span = node.span();
    let at = |offset: usize| span.start.saturating_add(u32::try_from(offset).unwrap_or(u32::MAX)).min(span.end);
    let known = all_known(span.slice(node.tree().text())).into_iter();
    known.map(|k| (Span { start: at(k.range.start), end: at(k.range.end), ..span }, k.what.to_owned())).collect()
}

fn secret_inline(project: &Project<'_>, report: &mut Report<'_>) {
    for (name, config) in project.declared("configs") {
        let Some(content) = config.field("content") else { continue };
        for (span, what) in secrets_in_text(content, written(content)) {
            report
                .at(secret_place(content, span), format!("config `{}` holds a secret ({what})", name.text()))
                .mask(span)
                .help("move it to `secrets`, and replace it, because it is known now");
        }
    }
}

fn secret_in_command(service: &Service<'_>, _: &Project<'_>, report: &mut Report<'_>) {
    for field in ["command", "entrypoint", "healthcheck.test"] {
        let Lookup::Present(command) = service.get(field) else { continue };
        in_command(command, service, report);
    }
    for hook in ["pre_start", "post_start", "pre_stop"] {
        for command in service.list(hook).filter_map(|hook| hook.field("command")) {
            in_command(command, service, report);
        }
    }
}

fn in_command(command: Node<'_>, service: &Service<'_>, report: &mut Report<'_>) {
    if command.is_list() {
        let mut before = "";
        let is_mysql = command.items().any(|item| is_mysql(item.text()));
        for argument in command.items() {
            let text = written(argument);
            let is_whole = is_value_of(before, text) || is_mysql && is_mysql_password(text);
            if is_whole {
                report_command(argument, &[(argument.span(), format!("`{}`", flag_name(before)))], service, report);
            } else {
                report_command(argument, &in_text(argument, text), service, report);
            }
            before = text;
        }
        return;
    }
    let text = written(command);
    let mut found = in_text(command, text);
    let map = command.embedded().map(|(_, map)| map);
    let (mut before, mut is_of_mysql) = ("", false);
    for word in text.split_whitespace() {
        is_of_mysql |= is_mysql(word);
        if is_value_of(before, word) || is_of_mysql && is_mysql_password(word) {
            let at = (word.as_ptr() as usize).wrapping_sub(text.as_ptr() as usize);
            let narrow = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
            let span = map.as_ref().map_or_else(|| command.span(), |map| map.span(narrow(at), narrow(at + word.len())));
            if !found.iter().any(|(other, _)| other.contains(span) || span.contains(*other)) {
                found.push((span, format!("`{}`", flag_name(before))));
            }
        }
        before = word;
    }
    report_command(command, &found, service, report);
}

fn in_text(node: Node<'_>, text: &str) -> Vec<(Span, String)> {
    if !is_literal(node) {
        return known_as_written(node);
    }
    let mut found = secrets_in_text(node, text);
    found.extend(bearer(node, text));
    found
}

fn report_command(node: Node<'_>, found: &[(Span, String)], service: &Service<'_>, report: &mut Report<'_>) {
    let Some((span, what)) = found.first() else { return };
    let what = if what == "``" { String::new() } else { format!(" ({what})") };
    let draft = report.at(secret_place(node, *span), format!("a command of {} holds a secret{what}", service.title()));
    draft.help("pass it as a file from `secrets`, or a variable, and replace it, because it is known now");
    for (span, _) in found {
        draft.mask(*span);
    }
}

/// Flags whose value is a password although their names do not say so word by word.
const PASSWORD_FLAGS: &[&str] = &["requirepass", "masterauth"];

/// `--token` and its value are two words.
fn is_value_of(flag: &str, value: &str) -> bool {
    if !flag.starts_with('-') || flag.contains('=') {
        return false;
    }
    let name = flag_name(flag);
    name.len() > 1 && (is_secret(name, value) || PASSWORD_FLAGS.contains(&name) && is_plausible(value))
}

fn flag_name(flag: &str) -> &str {
    if flag.starts_with('-') { flag.trim_start_matches('-') } else { "" }
}

fn is_mysql(word: &str) -> bool {
    let program = word.rsplit('/').next().unwrap_or(word);
    matches!(
        program,
        "mysql" | "mysqladmin" | "mysqldump" | "mysqlcheck" | "mariadb" | "mariadb-admin" | "mariadb-dump"
    )
}

/// `-pPASSWORD` in one word.
fn is_mysql_password(word: &str) -> bool {
    word.strip_prefix("-p").is_some_and(|password| !password.starts_with('-') && is_plausible(password))
}
