//! Whether a name promises a secret.
//!
//! Decided word by word: `DB_PASSWORD`, `clientSecret`. `TOKEN_FILE` and `AUTH_URL` name something about a secret, and
//! `PUBLIC_KEY` something that is none.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

/// How much a name promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Promise {
    /// `password`, `token`, `secret`: the value is one, unless it is a placeholder.
    Secret,
    /// `key`, `auth`: the value may as well be the name of something.
    Key,
}

/// Whether the name is one of a secret.
pub fn names_secret(name: &str) -> bool {
    promise(name).is_some()
}

/// What the name promises of its value.
pub fn promise(name: &str) -> Option<Promise> {
    if !STEMS.is_match(name) {
        return None;
    }
    // Half of a credential, and what the other half is found by.
    if name.to_ascii_uppercase().ends_with("AWS_ACCESS_KEY_ID") {
        return Some(Promise::Key);
    }
    let words = words(name);
    let is_secret = |word: &String| SECRETS.iter().any(|secret| word.ends_with(secret));
    // `Filters__0__Key`: the key of an element of a list.
    let is_number = |word: &String| word.bytes().all(|byte| byte.is_ascii_digit());
    let is_element = |at: usize| at.checked_sub(1).and_then(|before| words.get(before)).is_some_and(is_number);
    let is_key = |(at, word): (usize, &String)| KEYS.contains(&word.as_str()) && !is_element(at);
    let ends = words.len() > 1 && words.last().is_some_and(|word| ENDS.contains(&word.as_str()));
    let is_strong = ends || words.iter().any(is_secret);
    if !is_strong && !words.iter().enumerate().any(is_key) {
        return None;
    }
    let is_about = words.len() > 1 && words.last().is_some_and(|word| ABOUT.contains(&word.as_str()));
    let is_no_secret = |word: &String| NO_SECRET.contains(&word.as_str());
    let signs = |word: &String| matches!(word.as_str(), "gpg" | "pgp");
    let is_locked = words.iter().any(signs) && words.iter().any(is_secret);
    if is_about || !is_locked && words.iter().any(is_no_secret) {
        return None;
    }
    Some(if is_strong { Promise::Secret } else { Promise::Key })
}

/// What stands in every name that promises anything: nearly all names are told by it, before they are split.
static STEMS: LazyLock<AhoCorasick> = LazyLock::new(|| {
    let mut builder = AhoCorasick::builder();
    let stems = ["pass", "pwd", "pword", "psw", "secret", "token", "credential", "key", "auth"];
    builder.ascii_case_insensitive(true).build(stems).expect("nine words are no automaton too large")
});

/// Words at whose end a word of a name is a secret by itself: `password`, `DBPASSWORD`.
const SECRETS: &[&str] = &[
    "password",
    "passwd",
    "pword",
    "passphrase",
    "secret",
    "secrets",
    "token",
    "credential",
    "credentials",
    "apikey",
    "psw",
];
/// Words that are a secret alone or beside others, and so only as whole words.
const KEYS: &[&str] = &["key", "auth"];
/// Last words that are a secret after another word: `DB_PASS`, but not `PASS` or `PWD` alone.
const ENDS: &[&str] = &["pass", "pwd"];
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
    "arn",
    "ref",
    "source",
    "role",
    "claim",
];
/// Words that make the whole name one of something that is no secret.
const NO_SECRET: &[&str] = &["public", "pub", "file", "version", "gpg", "pgp", "foreign", "primary", "cache"];

/// The words of a name in lower case: `GITHUB_TOKEN`, `api-key`, `clientSecret`.
pub fn words(name: &str) -> Vec<String> {
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
