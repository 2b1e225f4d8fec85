//! Whether a value is the secret that its name promises.
//!
//! The name says what may be expected, the names around it whether it is about something else (a translation, a reference to a
//! Secret), the slot what else could stand there, and the value itself decides. What the value opens, and whether it is still
//! valid, is not known.

use crate::credential::{
    Context, Promise, classes, is_code, is_name_of_thing, is_noise, is_placeholder, is_plausible, is_random, password,
    promise, words,
};

/// A value under a name.
#[derive(Clone, Copy, Debug)]
pub struct Setting<'t> {
    /// The name right before the value: `password`, `DB_PASSWORD`.
    pub name: &'t str,
    /// The names around it, the nearest last: `spec`, `auth`.
    pub parents: &'t [&'t str],
    /// The value without quotes, decoded.
    pub value: &'t str,
    /// Where it stands.
    pub slot: Slot,
}

/// The kind of place that a value stands in: what else could stand there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slot {
    /// A variable of an environment: every value is one that a program reads.
    Environment,
    /// The value of a setting in a configuration file.
    Setting,
    /// A literal in the source of a program or script.
    Literal,
    /// An argument of a command.
    Argument,
    /// The decoded data of a Secret.
    SecretData,
    /// A comment or a text for people.
    Prose,
}

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// A password that is no random text.
    Password,
    /// A token or key: a random text, or one under a name that promises nothing else.
    Key,
    /// A password that everybody tries first: `changeme`, `postgres`.
    Weak,
    /// A placeholder, a reference, a name, a switch: nothing to report.
    Nothing,
}

/// Judges a value by its names.
pub fn judge(setting: &Setting<'_>) -> Verdict {
    let Some(promised) = promised(setting) else { return Verdict::Nothing };
    let Setting { name, parents, value, slot } = *setting;
    let value = value.trim();
    if value.is_empty() || is_elsewhere(parents) || is_public(value) {
        return Verdict::Nothing;
    }
    if is_text_for_people(name, parents) && !is_random(value) {
        return Verdict::Nothing;
    }
    match promised {
        Promise::Password => password(value, &Context { name, slot }),
        Promise::Secret if is_chosen(name) && slot != Slot::Prose && is_long_enough(value) => {
            match password(value, &Context { name, slot }) {
                Verdict::Password if !is_token(value, slot) => Verdict::Password,
                Verdict::Password => Verdict::Key,
                other => other,
            }
        }
        Promise::Secret if is_entry(name) && is_numbered(value) => Verdict::Nothing,
        Promise::Secret if is_token(value, slot) && !(is_digest(value) && is_of_thing(name)) => Verdict::Key,
        Promise::Key if is_random(value) && !is_uuid(value) => Verdict::Key,
        _ => Verdict::Nothing,
    }
}

/// What the name promises, or the one around it where the name only says that the value follows: `password.value`.
fn promised(setting: &Setting<'_>) -> Option<Promise> {
    let name = setting.name;
    if is_short_password(name) {
        return Some(Promise::Password);
    }
    let own = promise(name);
    let parent = || setting.parents.last().and_then(|parent| promise(parent));
    if is_neutral(name) {
        return parent();
    }
    match own {
        // `key = "…"` in a source where nobody can read it, `jwt: { key: … }`, but not `key: …` of anything.
        Some(Promise::Key) if name.eq_ignore_ascii_case("key") && !is_unreadable(setting) => {
            let parent = setting.parents.last()?;
            let tells = words(parent).iter().any(|word| KEEPERS.contains(&word.as_str()));
            if tells { Some(Promise::Key) } else { None }
        }
        own => own,
    }
}

/// Whether a name may promise anything, whatever stands around it: of what has another name [`judge`] says nothing.
pub(crate) fn may_promise(name: &str) -> bool {
    is_short_password(name) || promise(name).is_some() || is_neutral(name)
}

fn is_short_password(name: &str) -> bool {
    matches!(name, "pass" | "PASS" | "Pass" | "pw" | "PW")
}

fn is_neutral(name: &str) -> bool {
    NEUTRAL.iter().any(|neutral| name.eq_ignore_ascii_case(neutral))
}

/// Whether the value is one of those in sources that are no identifier of anything: no digest, no path.
fn is_unreadable(setting: &Setting<'_>) -> bool {
    let value = setting.value;
    setting.slot == Slot::Literal
        && (20..=64).contains(&value.len())
        && classes(value) > 2
        && !value.contains(['.', '/', ':', '-', '_'])
}

/// Names that say nothing of the value.
const NEUTRAL: &[&str] =
    &["value", "default", "defaultValue", "content", "plaintext", "literal", "_", "$", "text", "string", "data"];
/// What has a `key` that is a secret.
const KEEPERS: &[&str] = &[
    "jwt",
    "api",
    "secret",
    "secrets",
    "auth",
    "license",
    "licence",
    "encryption",
    "signing",
    "crypto",
    "token",
    "tokens",
    "access",
    "service",
    "private",
    "master",
    "session",
    "cookie",
    "openai",
    "stripe",
    "sendgrid",
    "mailgun",
    "hmac",
    "credentials",
];

/// Whether the names around say that the value is the name of something kept elsewhere.
fn is_elsewhere(parents: &[&str]) -> bool {
    parents.iter().rev().take(2).any(|parent| {
        ["Ref", "_ref", "Refs", "Selector", "valueFrom", "existingSecret", "secretKeys", "encryptedData"]
            .iter()
            .any(|end| parent.ends_with(end))
    })
}

/// Whether the names around say that people read the value.
fn is_text_for_people(name: &str, parents: &[&str]) -> bool {
    let is_locale = |text: &str| {
        matches!(text.as_bytes(), [a, b] | [a, b, b'-' | b'_', _, _] if a.is_ascii_lowercase() && b.is_ascii_lowercase())
            && LANGUAGES.contains(&text.get(..2).unwrap_or_default())
    };
    let is_text = |text: &str| TEXTS.iter().any(|word| text.eq_ignore_ascii_case(word));
    let is_any = |text: &str| is_text(text) || is_locale(text);
    parents.iter().any(|parent| parent.split('.').any(is_any)) || {
        let mut parts = name.rsplit('.');
        parts.next();
        parts.any(is_text)
    }
}

#[rustfmt::skip]
const LANGUAGES: &[&str] = &[
    "en", "de", "fr", "es", "pt", "it", "nl", "ru", "zh", "ja", "ko", "pl", "tr", "sv", "da", "fi", "cs", "hu", "uk", "ar", "he", "el",
    "ro", "bg", "hr", "sk", "sl", "vi", "th", "id", "nb", "nn", "ca", "fa", "hi",
];
#[rustfmt::skip]
const TEXTS: &[&str] = &[
    "i18n", "l10n", "locale", "locales", "lang", "translation", "translations", "messages", "message", "label", "labels",
    "strings", "text", "texts", "errors", "error", "validation", "validations", "validator", "rules", "placeholders", "hints",
    "tooltip", "tooltips", "descriptions", "icons", "icon", "colors", "selectors", "types", "dependencies", "devDependencies",
    "scripts", "peerDependencies", "ui", "help",
];

/// Certificates, public keys and what issuers mean for everybody to see.
fn is_public(value: &str) -> bool {
    const STARTS: &[&str] = &[
        "LS0tLS1CRUdJTiBDRVJU",
        "LS0tLS1CRUdJTiBQVUJM",
        "-----BEGIN CERT",
        "-----BEGIN PUBLIC",
        "ssh-rsa ",
        "ssh-ed25519 ",
        "ssh-dss ",
        "ecdsa-sha2-",
        "pk_test_",
        "pk_live_",
        "pk.eyJ",
        "sha256-",
        "sha384-",
        "sha512-",
        "sha256:",
        "sha512:",
        "sha1:",
        "md5:",
        "SHA256:",
    ];
    STARTS.iter().any(|start| value.starts_with(start))
}

/// Whether a text is a token or key, under a name that promises one.
fn is_token(value: &str, slot: Slot) -> bool {
    let value = bare(value);
    if !value.is_ascii() || is_name_of_thing(value) {
        return false;
    }
    if is_random(value) || is_noise(value) {
        return true;
    }
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    let is_mixed = match slot {
        Slot::Literal | Slot::Prose => digits > 1 && classes(value) > 2 || value.len() >= 12 && digits > 2,
        _ => digits > 0 || value.len() >= 16 || classes(value) > 2 && value.len() > 11,
    };
    is_mixed && value.len() > 7 && is_plausible(value) && !is_code(value) && !is_generic_with_number(value)
}

/// Whether the secret is one that people make up for their own programs: `JWT_SECRET`, `sessionSecret`.
fn is_chosen(name: &str) -> bool {
    const BEFORE: &[&str] = &["jwt", "session", "cookie", "client", "app", "shared", "hmac", "nextauth", "auth"];
    let words = words(name);
    match words.as_slice() {
        [.., before, last] => last == "secret" && BEFORE.contains(&before.as_str()),
        [one] => one.strip_suffix("secret").is_some_and(|before| BEFORE.contains(&before)),
        [] => false,
    }
}

/// Whether the name may as well be one of an entry of a map: `storage_account_key`, `logic_app_key`.
fn is_entry(name: &str) -> bool {
    let words = words(name);
    let [.., owner, last] = words.as_slice() else { return false };
    last == "key" && ["account", "storage", "app", "service", "server", "client"].contains(&owner.as_str())
}

/// `bootdiag_region1`: words, of which one is counted.
fn is_numbered(value: &str) -> bool {
    value.split(['_', '-']).all(|part| {
        let word = part.trim_end_matches(|c: char| c.is_ascii_digit());
        word.len() > 2 && part.len() < word.len() + 2 && word.bytes().all(|byte| byte.is_ascii_lowercase())
    })
}

/// Whether a secret that somebody made up is more than a name: eight characters, or six of three kinds.
fn is_long_enough(value: &str) -> bool {
    value.len() > 7 || value.len() > 5 && classes(value) > 2
}

/// Hexadecimal digits as many as a digest has.
fn is_digest(value: &str) -> bool {
    matches!(value.len(), 32 | 40 | 56 | 64 | 96 | 128) && value.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Whether something else than a secret stands last in the name: `secret-tool.deb`, `token-helper`.
fn is_of_thing(name: &str) -> bool {
    #[rustfmt::skip]
    const BEHIND: &[&str] = &[
        "base", "value", "prod", "production", "live", "dev", "development", "staging", "stage", "test", "testing", "qa", "default",
        "old", "new", "current", "previous", "main", "backup", "hex", "raw", "str", "string", "local", "global", "key", "keys", "pair",
    ];
    let Some(last) = words(name).pop() else { return false };
    let last = last.trim_end_matches(|c: char| c.is_ascii_digit());
    !last.is_empty() && promise(last).is_none() && !BEHIND.contains(&last)
}

/// Without what says how it is written: `base64:…`, `0x…`, `Bearer …`.
fn bare(value: &str) -> &str {
    const STARTS: &[&str] = &["base64:", "hex:", "0x", "Bearer ", "bearer ", "Token ", "token ", "Basic ", "basic "];
    let value = STARTS.iter().find_map(|start| value.strip_prefix(start)).unwrap_or(value);
    value.trim()
}

/// `secret123`, `token1`: the word and a number.
fn is_generic_with_number(value: &str) -> bool {
    let word = value.trim_end_matches(|c: char| c.is_ascii_digit());
    word.len() < value.len() && (word.is_empty() || is_placeholder(word))
}

/// `1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed`: the identifier of something.
fn is_uuid(text: &str) -> bool {
    let is_right = |(at, byte): (usize, u8)| match at {
        8 | 13 | 18 | 23 => byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    };
    text.len() == 36 && text.bytes().enumerate().all(is_right)
}
