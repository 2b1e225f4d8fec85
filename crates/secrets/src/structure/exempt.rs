//! Files and values that hold no secret by their kind: locked files, encrypted values, texts for users.

use memchr::memmem;

use super::language::Language;

/// What a file is taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exemption {
    /// Anything may be in it.
    None,
    /// Names of secrets stand beside what users read: only random texts count.
    Labels,
    /// Names and hashes of packages: only URLs count.
    Lockfile,
    /// Its values are encrypted.
    Encrypted,
}

pub(super) fn exemption(path: &str, text: &str) -> Exemption {
    let head = text.get(..text.floor_char_boundary(64)).unwrap_or_default();
    if head.trim_start().starts_with("$ANSIBLE_VAULT;") || is_sops(text) || head.starts_with("\0GITCRYPT") {
        return Exemption::Encrypted;
    }
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
    if is_lockfile(path) {
        return Exemption::Lockfile;
    }
    let lower = path.to_ascii_lowercase();
    let is_label = LABELS.iter().any(|part| lower.contains(part))
        || [".po", ".pot", ".xlf", ".xliff", ".strings", ".arb", ".resx", ".ftl", ".lang"]
            .iter()
            .any(|end| lower.ends_with(end))
        || is_bundle(name);
    if is_label { Exemption::Labels } else { Exemption::None }
}

/// Whether the file holds the names and hashes of packages.
pub(super) fn is_lockfile(path: &str) -> bool {
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
    LOCKFILES.contains(&name) || name.ends_with(".lock") || name.ends_with(".lock.json")
}

/// `messages_de.properties`, `messages.properties`, `en.json`, `zh-CN.yml`.
fn is_bundle(name: &str) -> bool {
    let Some((stem, extension)) = name.rsplit_once('.') else { return false };
    let is_resource = matches!(extension, "json" | "yml" | "yaml" | "properties" | "js" | "ts" | "php");
    let is_locale = match *stem.as_bytes() {
        [a, b] => a.is_ascii_lowercase() && b.is_ascii_lowercase() && !matches!(stem, "db" | "ci" | "qa" | "ui"),
        [a, b, b'-' | b'_', c, d] => [a, b, c, d].iter().all(u8::is_ascii_alphabetic),
        _ => false,
    };
    is_resource && (is_locale || stem.to_ascii_lowercase().starts_with("messages"))
}

fn is_sops(text: &str) -> bool {
    let has = |what: &str| memmem::find(text.as_bytes(), what.as_bytes()).is_some();
    has("ENC[AES256_GCM") && (has("\nsops:") || has("\"sops\":") || has("sops_version") || has("[sops]"))
}

const LOCKFILES: &[&str] = &[
    "package-lock.json",
    "npm-shrinkwrap.json",
    "pnpm-lock.yaml",
    "go.sum",
    "gradle.lockfile",
    "packages.lock.json",
    "cartfile.resolved",
    "Package.resolved",
    "verification-metadata.xml",
];

const LABELS: &[&str] = &[
    "/locale/",
    "/locales/",
    "/i18n/",
    "/l10n/",
    "/lang/",
    "/langs/",
    "/language/",
    "/languages/",
    "/translations/",
    "/translation/",
    "/nls/",
    "/lc_messages/",
    "/_locales/",
];

/// Whether a value is encrypted, or a hash that hides what it is of.
pub(super) fn is_sealed(value: &str) -> bool {
    const STARTS: &[&str] = &[
        "ENC[",
        "$ANSIBLE_VAULT",
        "!vault",
        "AgA",
        "AQICAH",
        "vault:v1:",
        "$2a$",
        "$2b$",
        "$2y$",
        "$1$",
        "$5$",
        "$6$",
        "$y$",
        "$apr1$",
        "$argon2",
        "$scrypt$",
        "$pbkdf2",
        "pbkdf2_sha",
        "pbkdf2:sha",
        "bcrypt",
        "{SSHA",
        "{SHA",
        "{CRYPT}",
        "{MD5}",
        "{bcrypt}",
        "{PBKDF2",
        "SCRAM-SHA-",
        "sha256:",
        "sha512:",
        "sha1:",
        "sha256$",
        "md5:",
        "scrypt:",
        "secure:",
        "ENC(",
        "{cipher}",
        "kms:",
    ];
    // Docker Compose doubles dollars.
    let value = if value.starts_with("$$") { value.get(1..).unwrap_or_default() } else { value };
    // `admin:$apr1$…`
    let value = value.split_once(":$").map_or(value, |(user, hash)| {
        value.get(value.len() - hash.len() - 1..).filter(|_| user.len() < 64).unwrap_or(value)
    });
    STARTS.iter().any(|start| value.starts_with(start)) && (!value.starts_with("AgA") || value.len() > 200)
}

/// Whether a password that everybody tries first is worth no word there: programs, queries and texts for people deploy nothing,
/// services of a pipeline live for its run, and Compose files have a rule of their own.
pub(super) fn expects_weak(path: &str, language: Language) -> bool {
    if matches!(language, Language::Code | Language::Sql | Language::Html | Language::Prose | Language::Other) {
        return true;
    }
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path).to_ascii_lowercase();
    let is_compose = (name.starts_with("docker-compose") || name.starts_with("compose")) && name.contains(".y");
    is_compose || is_pipeline(path)
}

/// Whether the file configures continuous integration.
pub(super) fn is_pipeline(path: &str) -> bool {
    let path = path.replace('\\', "/").to_ascii_lowercase();
    let name = path.rsplit('/').next().unwrap_or_default();
    PIPELINE_FOLDERS.iter().any(|folder| path.contains(folder)) || PIPELINES.iter().any(|start| name.starts_with(start))
}

#[rustfmt::skip]
const PIPELINE_FOLDERS: &[&str] = &[".github/", ".circleci/", ".gitea/", ".forgejo/", ".buildkite/", ".gitlab/"];
#[rustfmt::skip]
const PIPELINES: &[&str] = &[
    ".gitlab-ci", "bitbucket-pipelines", ".travis", "azure-pipelines", ".drone", ".woodpecker", "appveyor", ".appveyor", ".cirrus",
];
