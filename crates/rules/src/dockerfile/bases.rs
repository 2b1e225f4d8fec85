//! What well-known base images bring: which user they run as, and whether they set a working directory.
//!
//! Decided by name and tag, as their publishers document them. Of any other image nothing is known.

use portcullis_model::dockerfile::ImageWord;
use portcullis_model::image::ImageRef;

/// Who runs in a container of a base image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BaseUser {
    /// Root, as far as the publisher says.
    Root,
    /// Somebody else, or root only until the entry point has set things up.
    Other,
    /// Nobody said.
    Unknown,
}

/// Whether a base image sets a working directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BaseWorkdir {
    /// It does.
    Set,
    /// It does not.
    Unset,
    /// Nobody said.
    Unknown,
}

/// Official images and others that leave everything at its default: root, in `/`.
const PLAIN: &[&str] = &[
    "almalinux",
    "alpine",
    "amazoncorretto",
    "amazonlinux",
    "archlinux",
    "bash",
    "buildpack-deps",
    "busybox",
    "caddy",
    "centos",
    "clojure",
    "dart",
    "debian",
    "docker",
    "eclipse-temurin",
    "elixir",
    "erlang",
    "fedora",
    "haskell",
    "julia",
    "maven",
    "nginx",
    "node",
    "openjdk",
    "oraclelinux",
    "perl",
    "pypy",
    "python",
    "r-base",
    "rockylinux",
    "ruby",
    "rust",
    "swift",
    "ubuntu",
];

/// Official images that run as root but in a directory of their own.
const ROOT_ELSEWHERE: &[&str] = &["composer", "drupal", "golang", "httpd", "nextcloud", "php", "tomcat", "wordpress"];

/// Official images whose entry point gives up root, or that have a user.
const NOT_ROOT: &[&str] = &[
    "cassandra",
    "couchdb",
    "elasticsearch",
    "ghost",
    "haproxy",
    "influxdb",
    "jetty",
    "kibana",
    "logstash",
    "mariadb",
    "memcached",
    "mongo",
    "mysql",
    "neo4j",
    "percona",
    "postgres",
    "rabbitmq",
    "redis",
    "solr",
    "sonarqube",
    "valkey",
    "varnish",
    "zookeeper",
];

/// Other publishers whose images have a user; `/` at the end covers everything below.
const NOT_ROOT_ELSEWHERE: &[&str] = &[
    "cgr.dev/",
    "dhi.io/",
    "docker.elastic.co/",
    "docker.io/apache/airflow",
    "docker.io/bitnami/",
    "docker.io/bitnamilegacy/",
    "docker.io/curlimages/curl",
    "docker.io/grafana/",
    "docker.io/jenkins/",
    "docker.io/jupyter/",
    "docker.io/nginxinc/nginx-unprivileged",
    "docker.io/prom/",
    "docker.io/selenium/",
    "ghcr.io/nginx/nginx-unprivileged",
    "quay.io/jupyter/",
    "quay.io/keycloak/keycloak",
    "quay.io/prometheus/",
];

/// Who runs in the image unless the Dockerfile says otherwise.
pub(super) fn user(image: &ImageWord) -> BaseUser {
    parts(image).map_or(BaseUser::Unknown, |(repository, tag)| user_of(&repository, &tag))
}

/// Whether the image itself sets a user: those official images that give up root by themselves do not.
pub(crate) fn sets_user(image: &ImageRef) -> bool {
    let repository = image.normal_repository();
    official(&repository).is_none() && user_of(&repository, image.tag().unwrap_or_default()) == BaseUser::Other
}

fn user_of(repository: &str, tag: &str) -> BaseUser {
    if NOT_ROOT_ELSEWHERE.iter().any(|entry| covers(entry, repository)) || is_red_hat_language(repository) {
        return BaseUser::Other;
    }
    if repository.starts_with("gcr.io/distroless/") {
        return if tag.contains("nonroot") { BaseUser::Other } else { BaseUser::Root };
    }
    if repository.starts_with("mcr.microsoft.com/dotnet/") {
        let has_user = tag.contains("chiseled") || tag.contains("distroless");
        return if has_user { BaseUser::Other } else { BaseUser::Root };
    }
    if is_red_hat_base(repository) {
        return BaseUser::Root;
    }
    match official(repository) {
        Some(name) if PLAIN.contains(&name) || ROOT_ELSEWHERE.contains(&name) => {
            if tag.contains("unprivileged") || tag.contains("rootless") { BaseUser::Other } else { BaseUser::Root }
        }
        Some(name) if NOT_ROOT.contains(&name) => BaseUser::Other,
        _ => BaseUser::Unknown,
    }
}

/// Whether the image sets a working directory.
pub(super) fn workdir(image: &ImageWord) -> BaseWorkdir {
    let Some((repository, tag)) = parts(image) else { return BaseWorkdir::Unknown };
    if tag.contains("onbuild") || repository.contains("/lambda/") || repository.starts_with("docker.io/oven/bun") {
        return BaseWorkdir::Set;
    }
    if repository.starts_with("mcr.microsoft.com/dotnet/") || is_red_hat_base(&repository) {
        return BaseWorkdir::Unset;
    }
    match official(&repository) {
        Some(name) if PLAIN.contains(&name) => BaseWorkdir::Unset,
        Some(name) if ROOT_ELSEWHERE.contains(&name) || name == "redis" || name == "ghost" => BaseWorkdir::Set,
        _ => BaseWorkdir::Unknown,
    }
}

/// Registry and path as they are meant, and the tag (empty where there is none); absent where a variable decides.
fn parts(image: &ImageWord) -> Option<(String, String)> {
    let repository = ImageRef::parse(image.repository().known()?).ok()?;
    Some((repository.normal_repository(), image.tag().known().unwrap_or_default().to_owned()))
}

/// The name of an official image, from Docker Hub or a mirror that keeps its path.
fn official(repository: &str) -> Option<&str> {
    Some(repository.rsplit_once("/library/")?.1)
}

fn covers(entry: &str, repository: &str) -> bool {
    repository == entry || (entry.ends_with('/') && repository.starts_with(entry))
}

fn red_hat(repository: &str) -> Option<&str> {
    let path = repository
        .strip_prefix("registry.access.redhat.com/")
        .or_else(|| repository.strip_prefix("registry.redhat.io/"))?;
    path.starts_with("ubi").then(|| path.rsplit('/').next().unwrap_or(path))
}

/// The plain operating system: `ubi9/ubi-minimal`, `ubi9`.
fn is_red_hat_base(repository: &str) -> bool {
    red_hat(repository).is_some_and(|name| name.starts_with("ubi"))
}

/// Images for a language, whose user is 1001: `ubi9/nodejs-22`.
fn is_red_hat_language(repository: &str) -> bool {
    red_hat(repository).is_some_and(|name| !name.starts_with("ubi"))
}
