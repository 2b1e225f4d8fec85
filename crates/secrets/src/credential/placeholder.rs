//! Texts that stand for a secret that is not there.
//!
//! Three answers about a text in the place of a password. *Placeholder*: something or somebody fills it in (`${VAR}`,
//! `<password>`, `your-api-key`, `xxxx`, `TODO`), or it says that there is none (`none`, `redacted`). *Weak*: a service that
//! is started with it works, and everybody tries it first: the table in `weak`, and the invitations to change it
//! (`changeme`, `CHANGE_ME`, `change-it-please`, `changeme123`). *Real*: everything else, however bad (`test1234`).
//!
//! The border between the first two: an invitation is `change` with `me`, `it`, `this`, `that`, `now`, `please`, numbers and
//! signs, and nothing else. Whatever says more (`change-this-in-production`), names what belongs there
//! (`change_this_password`, `your_password`), or begins otherwise (`replace-me`, `insert-here`, `set-me`) is a placeholder: nobody
//! would run a service with it.

use portcullis_model::base64::decode_base64;

use super::weak::is_weak;
use super::words;

/// What a text in the place of a password is by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nothing: it stands for a password.
    Placeholder,
    /// A password that everybody tries first.
    Weak,
    /// A password that somebody chose.
    Real,
}

/// What a text in the place of a password is by itself.
pub fn standing(text: &str) -> Standing {
    let text = text.trim();
    match of_text(text) {
        Standing::Real => decoded(text).map_or(Standing::Real, |decoded| of_text(decoded.trim())),
        known => known,
    }
}

fn of_text(text: &str) -> Standing {
    if text.is_empty() || is_substituted(text) || is_reference(text) || is_blank(text) {
        Standing::Placeholder
    } else if is_invitation(text) || is_weak(text) {
        Standing::Weak
    } else if says_what_belongs(text) || NO_VALUE.contains(&text.to_lowercase().as_str()) {
        Standing::Placeholder
    } else {
        Standing::Real
    }
}

/// `changeme`, `CHANGE-ME!`, `pleaseChangeIt1`.
fn is_invitation(text: &str) -> bool {
    if text.len() > 32 {
        return false;
    }
    let lower = text.to_ascii_lowercase();
    let mut rest = lower.trim_matches(|c: char| !c.is_ascii_alphabetic());
    let mut changes = false;
    while !rest.is_empty() {
        let Some((word, after)) = INVITING.iter().find_map(|word| Some((*word, rest.strip_prefix(word)?))) else {
            return false;
        };
        changes |= word == "change";
        rest = after.trim_start_matches(|c: char| !c.is_ascii_alphabetic());
    }
    changes
}

const INVITING: &[&str] = &["change", "me", "it", "this", "that", "now", "please"];

/// Signs alone, or a run that nobody types: `****`, `xxxx-xxxx`, `...`.
fn is_blank(text: &str) -> bool {
    let lower = text.to_lowercase();
    let is_all_signs = !text.chars().any(char::is_alphanumeric);
    let is_crossed = lower.contains('x') && lower.chars().all(|c| matches!(c, 'x' | '0') || !c.is_alphanumeric());
    let has_run = ["xxxx", "****", "....", "0000000", "####", "____", "----", "\u{2022}\u{2022}"];
    let is_cut = lower.ends_with("...") || lower.ends_with('\u{2026}') || lower.contains(":-") && lower.ends_with('}');
    is_all_signs || is_crossed || is_cut || lower == "xxx" || has_run.iter().any(|run| lower.contains(run))
}

/// Words that say what is to be put there: `your_password`, `REPLACE_WITH_TOKEN`, `some-secret-here`, `example-password`.
fn says_what_belongs(text: &str) -> bool {
    if text.len() > 128 || text.contains('\n') {
        return false;
    }
    let lower = text.to_lowercase();
    if CERTAIN_PARTS.iter().any(|part| lower.contains(part)) {
        return true;
    }
    let words = words(text);
    let bare: Vec<&str> = words.iter().map(|word| word.trim_end_matches(|c: char| c.is_ascii_digit())).collect();
    let is_prose = bare.iter().all(|word| word.chars().all(char::is_alphabetic));
    let Some(first) = bare.first() else { return false };
    if CERTAIN.contains(first) && bare.len() < 10 && (is_prose || bare.len() > 1) {
        return true;
    }
    if bare.len() < 2 {
        return is_glued(first) && words.first().is_some_and(|word| word.len() == first.len());
    }
    if !is_prose {
        return false;
    }
    // `secret-goes-here`, `password-from-vault`: English about a secret.
    let is_told = bare.iter().any(|word| TOLD.contains(word));
    let is_secret = |word: &&str| NAMES_OF_SECRETS.contains(word);
    let says_example = bare.iter().any(|word| matches!(*word, "example" | "sample" | "dummy" | "fake" | "mock"));
    bare.iter().any(|word| CERTAIN.contains(word)) && bare.iter().all(|word| word.len() < 12)
        || is_told && bare.iter().any(is_secret)
        || says_example && bare.iter().all(|word| GENERIC.contains(word) || TELLING.contains(word))
}

/// `yourpassword`, `enterpasswordhere`.
fn is_glued(word: &str) -> bool {
    ["your", "enter", "insert", "replace", "some", "the", "any"].iter().any(|start| {
        word.strip_prefix(start).is_some_and(|rest| {
            let rest = rest.strip_suffix("here").unwrap_or(rest);
            NAMES_OF_SECRETS.iter().any(|name| rest.ends_with(name)) || matches!(rest, "me" | "this" | "value" | "it")
        })
    })
}

/// Parts of words that no password has.
#[rustfmt::skip]
const CERTAIN_PARTS: &[&str] = &[
    "placeholder", "yourpassword", "yoursecret", "yourtoken", "your_", "your-", "redacted", "replaceme", "replace_me", "replace-me", "replacewith",
    "goeshere", "goes-here", "goes_here", "change_this_", "change-this-", "changethisto", "insert_", "insert-", "to_be_", "tobe",
    "notarealpassword", "fakepassword", "not_a_real", "not-a-real", "example.com", "exampleexample", "crwdns",
];
/// Words that begin a placeholder, or stand in one.
#[rustfmt::skip]
const CERTAIN: &[&str] = &[
    "your", "yours", "replace", "insert", "enter", "fill", "put", "todo", "fixme", "tbd", "redacted", "masked", "removed",
    "placeholder", "dummy", "fake", "mock", "mocked", "change", "paste", "specify", "provide", "generate", "generated", "<your", "ihr", "dein",
    "votre", "tu", "seu", "sua",
];
/// Words of sentences.
#[rustfmt::skip]
const TOLD: &[&str] = &[
    "here", "goes", "the", "a", "an", "of", "for", "from", "with", "is", "some", "any", "this", "that", "to", "in", "be", "use", "set",
    "must", "should", "if", "as", "on", "or", "and", "not", "no", "see",
];
/// What a secret is called.
#[rustfmt::skip]
const NAMES_OF_SECRETS: &[&str] = &[
    "password", "passwd", "pass", "pwd", "pw", "secret", "secrets", "token", "key", "apikey", "credential", "credentials",
    "passphrase", "auth", "passwort",
];
/// Texts that say that there is none, or how it is had.
#[rustfmt::skip]
const NO_VALUE: &[&str] = &[
    "none", "null", "nil", "undefined", "unset", "empty", "blank", "n/a", "na", "nan", "void", "todo", "tbd", "fixme",
    "true", "false", "yes", "no", "on", "off", "enabled", "disabled", "enable", "disable", "optional", "required",
    "redacted", "hidden", "masked", "removed", "secured", "encrypted", "invalid", "missing", "unknown", "any", "auto",
    "random", "generated", "string", "str", "text", "char", "varchar", "object", "bool", "boolean", "number", "integer",
    "int", "bytes", "bytea", "array", "list", "dict", "map", "type", "field", "value", "values", "input", "prompt",
    "ask", "always", "never", "inherit", "inherited", "plain", "plaintext", "clear", "cleartext", "hashed", "hash",
    "bcrypt", "scrypt", "argon2", "argon2id", "pbkdf2", "sha1", "sha256", "sha512", "md5", "crypt", "scram-sha-256",
    "basic", "digest", "bearer", "oauth", "oauth2", "oidc", "saml", "jwt", "kerberos", "ldap", "pam", "htpasswd",
    "keyring", "compat", "files", "shadow", "env", "environment", "file", "stdin", "keychain", "strict", "strong", "weak", "medium", "low", "high",
    "dummy", "fake", "mock", "mocked", "placeholder", "changed", "expired", "valid", "name", "self", "this", "here",
    "insert", "replace", "*", "[]", "{}", "()", "''", "\"\"", "foo", "bar", "baz", "qux", "abc", "xyz", "asdf",
    "current_password", "new_password",
];

/// The text that the base64 stands for, if it is base64 of a text without control characters.
fn decoded(text: &str) -> Option<String> {
    if text.len() < 8 || !text.len().is_multiple_of(4) {
        return None;
    }
    let decoded = decode_base64(text).and_then(|bytes| String::from_utf8(bytes).ok())?;
    (!decoded.chars().any(|c| c.is_control() && c != '\n')).then_some(decoded)
}

/// Whether the text stands for a token that somebody or something else fills in, or is meant as an example: stricter than
/// [`standing`], because a token is no word, and `test-token` none.
pub fn is_placeholder(text: &str) -> bool {
    if stands_for_something(text) {
        return true;
    }
    let decoded = decode_base64(text.trim()).and_then(|bytes| String::from_utf8(bytes).ok());
    decoded
        .is_some_and(|decoded| !decoded.chars().any(|c| c.is_control() && c != '\n') && stands_for_something(&decoded))
}

fn stands_for_something(text: &str) -> bool {
    let text = text.trim();
    text.is_empty() || is_substituted(text) || is_reference(text) || is_pattern(text) || says_so(text)
}

/// Marks of the tools that fill values in.
fn is_substituted(text: &str) -> bool {
    // Each mark has one of these.
    let may_hold = text.bytes().any(|byte| matches!(byte, b'$' | b'{' | b'%' | b'@' | b'(' | b'['));
    let marks = ["${", "$(", "{{", "<%", "%(", "#{", "@@", "((", "ENC["];
    let holds = may_hold && marks.iter().any(|mark| text.contains(mark));
    let encloses = |open: &str, close: &str| {
        // JSON is no placeholder.
        text.len() > open.len() && text.starts_with(open) && text.ends_with(close) && !text.contains(['"', ':', '\n'])
    };
    let is_enclosed = [("<", ">"), ("[", "]"), ("{", "}"), ("%", "%"), ("@", "@"), ("__", "__")]
        .iter()
        .any(|(open, close)| encloses(open, close));
    holds || is_enclosed || holds_variable(text) || holds_angle_brackets(text)
}

/// `$NAME`, in whole or as a part.
fn holds_variable(text: &str) -> bool {
    text.split('$').skip(1).any(|rest| rest.starts_with(|c: char| c.is_ascii_uppercase() || c == '_'))
        || text.strip_prefix('$').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_alphanumeric()))
}

/// `abc<password>def`: words in angle brackets.
fn holds_angle_brackets(text: &str) -> bool {
    let Some((_, rest)) = text.split_once('<') else { return false };
    let Some((inner, _)) = rest.split_once('>') else { return false };
    inner.chars().any(char::is_alphabetic) && inner.chars().all(|c| c.is_alphanumeric() || " -_./".contains(c))
}

/// A place where the secret is kept.
fn is_reference(text: &str) -> bool {
    let starts =
        ["vault:", "ref+", "op://", "arn:", "secretref:", "awssm:", "gcpsm:", "akv:", "file://", "env:", "sops:"];
    starts.iter().any(|start| text.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start)))
}

/// Repeated or counted up characters: `****`, `xxxx-xxxx`, `12345678`.
fn is_pattern(text: &str) -> bool {
    let bytes: Vec<u8> = text.bytes().filter(|byte| !matches!(byte, b'-' | b'_' | b'.' | b' ' | b'=')).collect();
    let steps = |allowed: &[u8]| {
        bytes.len() > 1 && bytes.iter().zip(bytes.iter().skip(1)).all(|(a, b)| allowed.contains(&b.wrapping_sub(*a)))
    };
    // `1234567890` starts again at zero.
    let counts = bytes.len() > 3 && (steps(&[1, 247]) || steps(&[0]));
    let is_all_signs = !text.bytes().any(|byte| byte.is_ascii_alphanumeric() || byte >= 128);
    let has_run = || {
        let lower = text.to_lowercase();
        ["xxxx", "****", "....", "0000000", "####"].iter().any(|run| lower.contains(run))
    };
    counts || steps(&[0]) || bytes.len() < 2 || is_all_signs || has_run()
}

/// Words that are never in a real secret.
const TELLING: &[&str] = &[
    "example",
    "examples",
    "sample",
    "placeholder",
    "changeme",
    "changeit",
    "replaceme",
    "replace",
    "dummy",
    "fake",
    "mock",
    "test",
    "testing",
    "todo",
    "fixme",
    "tbd",
    "redacted",
    "hidden",
    "masked",
    "insert",
    "your",
    "foo",
    "bar",
    "foobar",
    "lorem",
    "null",
    "none",
    "nil",
    "undefined",
    "unset",
    "empty",
    "disabled",
    "xxx",
];
/// The same, inside longer words.
const TELLING_PARTS: &[&str] = &[
    "changeme",
    "changethis",
    "change_me",
    "replaceme",
    "placeholder",
    "example",
    "yourpassword",
    "redacted",
    "crwdns",
    "base64encoded",
];
/// Words of which a placeholder can consist.
const GENERIC: &[&str] = &[
    "my",
    "the",
    "a",
    "an",
    "some",
    "any",
    "this",
    "is",
    "in",
    "for",
    "to",
    "here",
    "it",
    "me",
    "be",
    "put",
    "set",
    "enter",
    "add",
    "use",
    "change",
    "please",
    "value",
    "string",
    "text",
    "secret",
    "secrets",
    "password",
    "passwd",
    "pass",
    "pwd",
    "token",
    "key",
    "apikey",
    "api",
    "credential",
    "credentials",
    "auth",
    "access",
    "private",
    "client",
    "id",
    "user",
    "username",
    "name",
    "base64",
    "encoded",
    "base",
    "encode",
    "plain",
    "default",
    "generated",
    "random",
    "long",
    "strong",
    "very",
    "super",
    "secure",
    "safe",
    "db",
    "database",
    "app",
    "application",
    "service",
    "server",
    "jwt",
    "signing",
    "encryption",
    "session",
    "cookie",
    "prod",
    "production",
    "staging",
    "dev",
    "development",
    "local",
    "by",
    "from",
    "of",
    "and",
    "or",
    "not",
    "required",
    "optional",
    "external",
    "later",
    "real",
    "actual",
    "with",
    "at",
    "least",
    "chars",
    "characters",
    "min",
    "minimum",
];

/// Whether its words say that it is none.
fn says_so(text: &str) -> bool {
    // In a file or an address an `example` is part of a name.
    if text.len() > 128 || text.contains('\n') || text.contains("://") {
        return false;
    }
    let lower = text.to_lowercase();
    if TELLING_PARTS.iter().any(|part| lower.contains(part)) {
        return true;
    }
    // A long run of letters and digits has words by chance.
    let words = words(text);
    let is_prose = |word: &String| word.len() > 1 && word.chars().all(char::is_alphabetic) || is_number(word);
    let bare = |word: &str| word.trim_end_matches(|c: char| c.is_ascii_digit()).to_owned();
    let is_telling = |word: &String| TELLING.contains(&bare(word).as_str());
    if words.len() == 1 || words.iter().all(is_prose) {
        if words.iter().any(is_telling) {
            return true;
        }
    } else if words.first().is_some_and(is_telling) && words.len() < 6 {
        return true;
    }
    !words.is_empty()
        && words.iter().all(|word| GENERIC.contains(&word.as_str()) || is_number(word) && word.len() < 4)
        && words.iter().any(|word| !is_number(word))
}

fn is_number(word: &str) -> bool {
    word.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_told_from_secrets() {
        let placeholders = [
            "",
            "  ",
            "${DB_PASSWORD}",
            "$(DB_PASSWORD)",
            "$DB_PASSWORD",
            "$password",
            "{{ .Values.password }}",
            "postgres-${STAGE}",
            "<password>",
            "<base64-encoded-secret>",
            "sk_live_<your key>",
            "[REDACTED]",
            "%PASSWORD%",
            "__PASSWORD__",
            "@password@",
            "#{password}#",
            "((password))",
            "ENC[AES256_GCM,data:abc]",
            "changeme",
            "CHANGE_ME",
            "change-me-please",
            "changeme123",
            "ChangeMe!",
            "changeit",
            "replace-me",
            "REPLACE_WITH_REAL_TOKEN",
            "your-api-key",
            "your_password_here",
            "YOUR-TOKEN",
            "my-secret-key",
            "example",
            "example-password",
            "AKIAIOSFODNN7EXAMPLE",
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            "dummy",
            "dummy-token-1",
            "test",
            "test123",
            "test-password",
            "fake_key",
            "foobar",
            "password",
            "secret",
            "token",
            "<",
            "*****",
            "xxxxxxxx",
            "XXXX-XXXX",
            "sk_live_xxxxxxxxxxxxxxxxxxxx",
            "00000000-0000-0000-0000-000000000000",
            "1234567890",
            "12345678",
            "abcdefgh",
            "aaaa",
            "...",
            "todo",
            "TBD",
            "none",
            "null",
            "vault:secret/data/db#password",
            "op://vault/item/field",
            "arn:aws:secretsmanager:eu-west-1:1:secret:db",
            "Y2hhbmdlbWU=",
            "PGJhc2U2NC1lbmNvZGVkLXNlY3JldD4=",
            "eW91ci1hcGkta2V5",
            "dGVzdA==",
            "base64-encoded-value",
            "set-in-production",
            "prod-secret",
            "jwt-secret",
        ];
        let wrong: Vec<&str> = placeholders.into_iter().filter(|text| !is_placeholder(text)).collect();
        assert_eq!(wrong, [""; 0], "are placeholders");
        let secrets = [
            "hunter2",
            "{\"password\":\"hunter2\"}",
            "postgres://app:hunter2@db.example.org",
            "Tr0ub4dor&3",
            "correct horse battery staple",
            "S3cr3t!Value",
            "9f86d081884c7d659a2feaa0c55ad015",
            "P@ssw0rd",
            "c3VwZXItczNjcmV0LTk5",
            "kX9#mQ2$vL7",
            "postgres",
            "a1b2c3d4e5f6",
            "0f8fad5b-d9cb-469f-a165-70867728950e",
            "-----BEGIN PRIVATE KEY-----",
            "aHVudGVyMg==",
            "qwertz-99-Kiste",
        ];
        let wrong: Vec<&str> = secrets.into_iter().filter(|text| is_placeholder(text)).collect();
        assert_eq!(wrong, [""; 0], "are no placeholders");
    }
}
