//! Passwords that everybody guesses: defaults of variables, and words that come with the program.
//!
//! Decided by names and by a list of usual defaults. Whether a network keeps others away cannot be known.

use portcullis_core::{Place, Span};
use portcullis_model::compose::{Bound, Part, Project, Service, Setting};
use portcullis_secrets::credential::{Promise, is_plausible, names_secret, promise, words};
use portcullis_syntax::dotenv;
use portcullis_syntax::interpolation::{self, Modifier};

use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&DEFAULT_SECRET_INTERPOLATION, &WEAK_DEFAULT, &ENV_FILE_TRACKED];

rule! {
    /// Variable for a secret has a default
    ///
    /// Where nobody sets the variable the service starts with a password that is in the repository, and nobody notices.
    /// `${DB_PASSWORD:?}` stops instead. Decided by the variable's name. Silent for empty defaults, switches, paths, and
    /// defaults that are variables themselves. A default such as `postgres` or `admin`, which hides nothing, is judged as
    /// if it were written without the variable: by `secret-weak-default`.
    ///
    /// ```compose bad:5
    /// services:
    ///   db:
    ///     image: postgres:17
    ///     environment:
    ///       POSTGRES_PASSWORD: ${DB_PASSWORD:-changeme}
    /// ```
    /// ```compose bad:4
    /// services:
    ///   web:
    ///     image: web:1
    ///     command: serve --db postgres://app:${DB_PASSWORD-shop}@db/shop
    /// ```
    /// ```compose good
    /// services:
    ///   db:
    ///     image: postgres:17
    ///     environment:
    ///       - POSTGRES_PASSWORD=${DB_PASSWORD:?set it in .env}
    ///       - API_TOKEN=${API_TOKEN:-}
    ///       - OTHER_TOKEN=${OTHER_TOKEN:-${API_TOKEN}}
    ///       - TOKEN_TTL=${TOKEN_TTL:-3600}
    ///       - PASSWORD_LOGIN=${PASSWORD:-false}
    ///       - SECRET=${SECRET:-/run/secrets/one}
    ///       - PRICE=5$${SECRET:-x}
    ///       - API_KEY=${API_KEY:-invalid}
    ///       - DB_PASSWORD=${DB_PASSWORD:-postgres}
    /// ```
    DEFAULT_SECRET_INTERPOLATION = "compose-default-secret-interpolation" {
        check: Check::Compose(default_secret_interpolation),
        severity: Severity::Medium,
        tags: &["secret", "cwe-1392"],
    }
}

rule! {
    /// Password is the usual default
    ///
    /// `postgres`, `admin`, `guest:guest`: the first that anybody tries. Reported for variables whose names promise a
    /// secret and for passwords in URLs, also as the default of a variable, where the service that the password is for
    /// publishes a port beyond the host.
    /// Silent where it does not, because only the project's own services can reach it then; with the option
    /// `skip-development-files` also in files whose names say `dev`, `local`, `test` or `override`.
    ///
    /// ```compose bad:5
    /// services:
    ///   db:
    ///     image: postgres:17
    ///     environment:
    ///       POSTGRES_PASSWORD: postgres
    ///     ports: ["5432:5432"]
    /// ```
    /// ```compose bad:5
    /// services:
    ///   web:
    ///     image: web:1
    ///     environment:
    ///       - DATABASE_URL=postgresql://postgres:postgres@db:5432/shop
    ///   db:
    ///     image: postgres:17
    ///     ports: [5432]
    /// ```
    /// ```compose bad:5
    /// services:
    ///   db:
    ///     image: postgres:17
    ///     environment:
    ///       POSTGRES_PASSWORD: ${DB_PASSWORD:-postgres}
    ///     ports: ["5432:5432"]
    /// ```
    /// ```compose good
    /// services:
    ///   db:
    ///     image: postgres:17
    ///     environment: { POSTGRES_PASSWORD: postgres }
    ///     ports: ["127.0.0.1:5432:5432"]
    ///   web:
    ///     image: web:1
    ///     environment:
    ///       DATABASE_URL: postgresql://postgres:postgres@db:5432/shop
    ///       DB_HOST: db
    ///       DB_PASSWORD: postgres
    ///       SECRET_STORE: vault
    ///       ADMIN_PASSWORD: ${ADMIN_PASSWORD}
    ///     ports: ["8080:8080"]
    ///   app:
    ///     image: app:1
    ///     environment: [CACHE_SERVER=web, "MYSQL_SERVER=db:3306", MYSQL_PASSWORD=root]
    ///     ports: ["8081:8081"]
    /// ```
    WEAK_DEFAULT = "secret-weak-default" {
        check: Check::ComposeService(weak_default),
        severity: Severity::Low,
        tags: &["secret", "cwe-1392"],
        options: &[OptionMeta {
            name: "skip-development-files",
            shape: OptionShape::Flag,
            docs: "Say nothing in files whose names say that they are for development: dev, local, test, override",
        }],
    }
}

rule! {
    /// File with the service's secrets is not ignored by git
    ///
    /// What `env_file` names is read at every start, and belongs on the host, not in the repository. Reported where the
    /// file is in the scanned tree, git does not ignore it, and it sets a variable whose name promises a secret. Silent
    /// where only the Compose file was named, because then nothing is known of the tree.
    ///
    /// ```compose bad:4
    /// file=compose.yaml
    /// services:
    ///   web:
    ///     image: web:1
    ///     env_file: web.env
    /// file=web.env
    /// DB_PASSWORD=kX9mQ2vL7
    /// ```
    /// ```compose good
    /// file=compose.yaml
    /// services:
    ///   web:
    ///     image: web:1
    ///     env_file: [web.env, { path: other.env, required: false }]
    /// file=web.env
    /// LOG_LEVEL=debug
    /// DB_PASSWORD=
    /// ```
    ENV_FILE_TRACKED = "compose-env-file-tracked" {
        check: Check::ComposeService(env_file_tracked),
        severity: Severity::Low,
        profile: Profile::All,
    }
}

fn default_secret_interpolation(project: &Project<'_>, report: &mut Report<'_>) {
    for root in project.own().filter(|root| root.tree().text().contains("${")) {
        let mut open = vec![root];
        while let Some(node) = open.pop() {
            open.extend(node.entries().map(|(_, value)| value));
            open.extend(node.items());
            let raw = node.span().slice(root.tree().text());
            if !node.is_list() && !node.is_map() && raw.contains("${") {
                defaults(node, raw, raw, report);
            }
        }
    }
}

/// Reports the defaults of secrets in a part of what was written.
fn defaults(node: Node<'_>, raw: &str, part: &str, report: &mut Report<'_>) {
    for expression in interpolation::expressions(part) {
        let Modifier::Default(default, _) = expression.modifier else { continue };
        let is_secret = match promise(expression.name) {
            Some(Promise::Password | Promise::Secret) => may_be_password(default),
            // A key may as well be the name of something.
            Some(Promise::Key) => is_plausible(default),
            None => false,
        };
        if default.contains('$') || !is_secret || is_known_to_all(default) {
            continue;
        }
        let narrow = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        let offset = (default.as_ptr() as usize).wrapping_sub(raw.as_ptr() as usize);
        let start = node.span().start.saturating_add(narrow(offset));
        let span = Span { start, end: start.saturating_add(narrow(default.len())), ..node.span() };
        report
            .at(
                place(node, span),
                format!("`{}` has a default, with which the service starts unnoticed", expression.name),
            )
            .mask(span)
            .help(format!("write `${{{}:?}}`, so that it has to be set", expression.name));
    }
}

fn may_be_password(text: &str) -> bool {
    let is_switch = [
        "true", "false", "yes", "no", "on", "off", "none", "null", "disabled", "enabled", "unset", "invalid", "missing",
    ]
    .contains(&text.to_ascii_lowercase().as_str());
    !text.trim().is_empty() && !is_switch && !text.starts_with(['/', '.', '<']) && !text.contains("://")
}

/// What comes with programs, and what is typed where anything is asked for.
const USUAL: &[&str] = &[
    "123",
    "1234",
    "12345",
    "123456",
    "12345678",
    "123456789",
    "admin",
    "admin123",
    "administrator",
    "changeit",
    "changeme",
    "default",
    "elastic",
    "example",
    "guest",
    "keycloak",
    "mariadb",
    "minio",
    "minio123",
    "minioadmin",
    "mongo",
    "mysql",
    "neo4j",
    "pass",
    "passw0rd",
    "password",
    "password1",
    "password123",
    "postgres",
    "postgresql",
    "qwerty",
    "rabbitmq",
    "redis",
    "root",
    "sa",
    "secret",
    "test",
    "test123",
    "toor",
    "user",
];

fn weak_default(service: &Service<'_>, project: &Project<'_>, report: &mut Report<'_>) {
    let skips = report.options().is_some_and(|options| options.flag("skip-development-files"));
    if skips && is_for_development(project.path) {
        return;
    }
    let settings = service.settings("environment");
    let mut hosts = None;
    for setting in &settings {
        let Part::Known(value) = setting.value else { continue };
        if setting.node.is_filled_in() && !has_weak_default(setting.node, value) {
            continue;
        }
        if let Some((host, range)) = weak_url(value) {
            if guards(host, service, project) {
                let span = setting.span(range);
                let message =
                    format!("the password of a URL in `{}` of {} is the usual default", setting.name, service.title());
                weak(setting, span, message, report);
            }
        } else if is_weak(setting.name, value)
            && guards(
                host_for(setting.name, hosts.get_or_insert_with(|| hosts_of(&settings, project))),
                service,
                project,
            )
        {
            let message = format!("`{}` of {} is the usual default", setting.name, service.title());
            weak(setting, setting.value_span(), message, report);
        }
    }
}

fn weak(setting: &Setting<'_>, span: Span, message: String, report: &mut Report<'_>) {
    report
        .at(place(setting.node, span), message)
        .mask(span)
        .help("set a random one outside of the file, or publish the port on 127.0.0.1 only");
}

fn is_weak(name: &str, value: &str) -> bool {
    matches!(promise(name), Some(Promise::Password | Promise::Secret)) && is_usual(value)
}

/// Whether a password is one that everybody tries: a usual word, perhaps with digits and signs behind it.
pub(super) fn is_usual(password: &str) -> bool {
    let password = password.to_ascii_lowercase();
    let word = password.trim_end_matches(|c: char| c.is_ascii_digit() || c.is_ascii_punctuation());
    USUAL.contains(&password.as_str()) || word.len() > 3 && USUAL.contains(&word)
}

/// Words that stand where somebody is to put a password; with them the service is not meant to run.
const PLACEHOLDERS: &[&str] = &["changeit", "changeme", "default", "example"];

/// Whether a default is a password that comes with the program, so that the variable hides nothing.
fn is_known_to_all(default: &str) -> bool {
    is_usual(default) && !PLACEHOLDERS.iter().any(|word| default.to_ascii_lowercase().starts_with(word))
}

/// Whether the default of a variable gave such a password to a value, and not a file of variables.
fn has_weak_default(node: Node<'_>, value: &str) -> bool {
    let raw = node.span().slice(node.tree().text());
    let gives =
        |modifier| matches!(modifier, Modifier::Default(text, _) if is_known_to_all(text) && value.contains(text));
    interpolation::expressions(raw).iter().any(|expression| gives(expression.modifier))
}

/// The host of a URL whose password is its user or a usual one, and where the password is.
fn weak_url(text: &str) -> Option<(&str, std::ops::Range<usize>)> {
    let (scheme, rest) = text.split_once("://")?;
    let authority = rest.split(['/', '?', '#', ' ', ',']).next()?;
    let (login, host) = authority.rsplit_once('@')?;
    let (user, password) = login.split_once(':')?;
    if password.is_empty() || password != user && !is_usual(password) {
        return None;
    }
    let start = scheme.len() + "://".len() + user.len() + ":".len();
    let host = host.rsplit_once(':').map_or(host, |(host, _)| host);
    Some((host, start..start + password.len()))
}

/// Settings that name services, of one service; more are not written by hand.
const MOST_HOSTS: usize = 64;

/// The first word of each setting that names a service, and the service.
fn hosts_of<'t>(settings: &[Setting<'t>], project: &Project<'t>) -> Vec<(Option<String>, &'t str)> {
    let named = settings.iter().filter_map(|setting| Some((first_word(setting.name), host_of(setting, project)?)));
    named.take(MOST_HOSTS).collect()
}

/// The service that a password is sent to, as `DB_HOST` says for `DB_PASSWORD`; empty where no setting says so.
fn host_for<'t>(password: &str, hosts: &[(Option<String>, &'t str)]) -> &'t str {
    let own = first_word(password);
    hosts.iter().find(|(word, _)| *word == own).or(hosts.first()).map_or("", |(_, host)| host)
}

fn first_word(name: &str) -> Option<String> {
    words(name).into_iter().next()
}

/// The service that a setting such as `DB_HOST`, `KAFKA_SERVER` or `DB_URL` names.
fn host_of<'t>(setting: &Setting<'t>, project: &Project<'t>) -> Option<&'t str> {
    const NAMES: &[&str] =
        &["host", "hostname", "server", "servers", "addr", "address", "endpoint", "url", "uri", "dsn"];
    let value = setting.value.known()?;
    let authority = value.rsplit("://").next()?.split(['/', '?', ',']).next()?;
    let host = authority.rsplit('@').next()?.split(':').next()?;
    project.service(host)?;
    words(setting.name).last().is_some_and(|word| NAMES.contains(&word.as_str())).then_some(host)
}

/// Whether what a password is for can be reached from beyond the host. `host` is where it is sent to, as far as that is
/// known; else the service itself takes it.
fn guards(host: &str, service: &Service<'_>, project: &Project<'_>) -> bool {
    match (project.service(host), host) {
        (Some(other), _) => is_exposed(other),
        (None, "") => is_exposed(service),
        (None, "localhost" | "127.0.0.1" | "[::1]" | "host.docker.internal") => false,
        // A host elsewhere is reached over a network; a single word may be a service of another file.
        (None, host) => host.contains('.') && !host.contains("${"),
    }
}

fn is_exposed(service: &Service<'_>) -> bool {
    let is_on_host = service.get("network_mode").present().is_some_and(|mode| mode.as_str() == Some("host"));
    is_on_host || service.ports().any(|port| port.bound() == Bound::Everywhere)
}

fn is_for_development(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    words(name)
        .iter()
        .any(|word| matches!(word.as_str(), "dev" | "devel" | "development" | "local" | "test" | "override"))
}

fn env_file_tracked(service: &Service<'_>, project: &Project<'_>, report: &mut Report<'_>) {
    for part in service.parts("env_file") {
        let entries: Vec<Node<'_>> = if part.is_list() { part.items().collect() } else { vec![part] };
        for entry in entries {
            let Some(node) = (if entry.is_map() { entry.field("path") } else { Some(entry) }) else { continue };
            let Some(text) = node.as_str().and_then(|path| project.tracked(path)) else { continue };
            let secret =
                dotenv::parse(text).into_iter().find(|(name, value)| names_secret(name) && may_be_password(value));
            if let Some((name, _)) = secret {
                report
                    .at(node, format!("`{}` sets `{name}` and is not ignored by git", node.text()))
                    .help("add it to .gitignore, commit an example without values, and replace what is known now");
            }
        }
    }
}

/// A place without the value, of which a fingerprint must hold nothing.
fn place(node: Node<'_>, span: Span) -> Place {
    Place { span, value: 0, ..Place::from(node) }
}
