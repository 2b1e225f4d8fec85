//! Texts that stand for a secret that is not there.
//!
//! `${VAR}`, `<password>`, `changeme`, `your-api-key`, `xxxx`, and each of these in base64. A weak password that somebody
//! really uses can look the same; a text that could be either counts as a placeholder.

use portcullis_model::base64::decode_base64;

use super::words;

/// Whether the text stands for a value that somebody or something else fills in, or is meant as an example.
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
    let holds = ["${", "$(", "{{", "<%", "%(", "#{", "@@", "((", "ENC["].iter().any(|mark| text.contains(mark));
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
    let has_run = ["xxxx", "****", "....", "0000000", "####"].iter().any(|run| text.to_lowercase().contains(run));
    counts || steps(&[0]) || bytes.len() < 2 || is_all_signs || has_run
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
const TELLING_PARTS: &[&str] =
    &["changeme", "changethis", "change_me", "replaceme", "placeholder", "example", "yourpassword", "redacted"];
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
