//! Credentials that stand in a file: names that promise one, values that are none, forms that are always one.
//!
//! Precision comes first: a text that may be a name, a path or an example is not taken for a secret. A weak password
//! made of letters alone is therefore missed.

mod assignments;
mod known;
mod names;
mod placeholder;

pub use assignments::{Assignment, assignments};
pub use known::{Known, all_known, is_sample, known};
pub use names::{Promise, names_secret, promise, words};
pub use placeholder::is_placeholder;

/// Whether `value` is the secret that `name` promises, as far as can be told.
pub fn is_secret(name: &str, value: &str) -> bool {
    match promise(name) {
        Some(Promise::Secret) => is_plausible(value),
        Some(Promise::Key) => is_random(value),
        None => false,
    }
}

/// Whether the text may be a password or token: no placeholder, path, address, sentence, or name of something.
pub fn is_plausible(value: &str) -> bool {
    (6..=1024).contains(&value.len())
        && !value.contains(|c: char| c.is_whitespace() || c.is_control())
        && !is_placeholder(value)
        && !is_address(value)
        && !is_expression(value)
        && !is_identifier(value)
}

/// Whether the text is a random one: letters and digits without order, at least sixteen.
pub fn is_random(value: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=_-.".contains(&byte);
    let has = |wanted: fn(&u8) -> bool| value.as_bytes().iter().filter(|byte| wanted(byte)).count();
    value.len() >= 16
        && value.bytes().all(is_allowed)
        && has(u8::is_ascii_digit) >= 2
        && has(u8::is_ascii_alphabetic) >= 2
        && distinct(value) >= 8
        && is_plausible(value)
}

fn distinct(value: &str) -> usize {
    let mut seen = [false; 256];
    for byte in value.bytes() {
        if let Some(slot) = seen.get_mut(usize::from(byte)) {
            *slot = true;
        }
    }
    seen.iter().filter(|seen| **seen).count()
}

/// A path, a URL, a mail address or a file's name.
fn is_address(value: &str) -> bool {
    let is_path = ["./", "../", "~/"].iter().any(|start| value.starts_with(start))
        || value.starts_with('/') && !value.contains(['=', '+']);
    let ends =
        [".key", ".pem", ".crt", ".cert", ".json", ".yaml", ".yml", ".txt", ".jks", ".p12", ".pub", ".conf", ".svc"];
    let is_file = ends.iter().any(|end| value.to_lowercase().ends_with(end));
    is_path || is_file || value.contains("://") || is_mail(value)
}

fn is_mail(value: &str) -> bool {
    let Some((local, domain)) = value.split_once('@') else { return false };
    let is_word =
        |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b".-_+".contains(&b));
    let top = domain.rsplit('.').next().unwrap_or_default();
    is_word(local)
        && is_word(domain)
        && domain.contains('.')
        && top.len() >= 2
        && top.bytes().all(|b| b.is_ascii_lowercase())
}

/// Code, a list, JSON or a pattern.
fn is_expression(value: &str) -> bool {
    value.starts_with(['{', '[', '^', '(', '|', '>', '&', '*', '!'])
        || value.contains('(') && value.contains(')')
        || value.contains("=>")
        || value.contains("::")
        || value.contains("&&")
        || value.contains("||")
}

/// Words and small numbers between signs: `my-app-v2`, `app.kubernetes.io/name`, `TokenReview`, `10.0.0.1:8080`.
fn is_identifier(value: &str) -> bool {
    value.split(['-', '_', '.', '/', ':', ',', '=', '@', '+']).all(is_word)
}

fn is_word(part: &str) -> bool {
    let digits = part.bytes().filter(u8::is_ascii_digit).count();
    if digits == part.len() {
        return true;
    }
    if !part.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return false;
    }
    if digits > 0 {
        // `v2`, `h1`, `s3`, `k8s`.
        return part.len() <= 3;
    }
    // Letters alone: a word, unless its case goes up and down.
    let cases = part.as_bytes().iter().zip(part.as_bytes().iter().skip(1));
    let changes = cases.filter(|(a, b)| a.is_ascii_lowercase() && b.is_ascii_uppercase()).count();
    changes * 4 <= part.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_values_decide_together() {
        for (name, value, expected) in [
            ("DB_PASSWORD", "hunter2", true),
            ("DB_PASSWORD", "P@ssw0rd", true),
            ("DB_PASSWORD", "kX9mQ2vL7", true),
            ("DB_PASS", "kX9mQ2vL7", true),
            ("clientSecret", "8Q~abcDEF-123_xyz", true),
            ("API_KEY", "9f86d081884c7d659a2feaa0c55ad015", true),
            ("API_KEY", "0f8fad5b-d9cb-469f-a165-70867728950e", true),
            ("AUTH_TOKEN", "c3VwZXItczNjcmV0LTk5", true),
            ("SECRET_KEY_BASE", "aBcDeFgHiJkLmNoPqRsT", true),
            // The value is none.
            ("DB_PASSWORD", "${DB_PASSWORD}", false),
            ("DB_PASSWORD", "changeme", false),
            ("DB_PASSWORD", "postgres", false),
            ("DB_PASSWORD", "abc1", false),
            ("DB_PASSWORD", "/run/secrets/password-1", false),
            ("IMAGE_PULL_SECRET", "registry-credentials-v2", false),
            ("TOKEN", "https://example.org/token1", false),
            ("TOKEN_REVIEW", "TokenReview", false),
            ("AUTH", "oauth2proxy", false),
            ("CACHE_KEY", "9f86d081884c7d659a2feaa0c55ad015", false),
            ("PARTITION_KEY", "customer_id_1", false),
            ("REQUIRE_TOKEN", "true", false),
            ("TOKEN_LIMIT", "128000", false),
            ("SECRET", "app@shop.example", false),
            ("PASSWORD_REGEX", "^[a-z0-9]{8,}$", false),
            // The name promises nothing.
            ("PASSWORD_FILE", "kX9mQ2vL7", false),
            ("IMAGE_DIGEST", "9f86d081884c7d659a2feaa0c55ad015", false),
            ("PUBLIC_KEY", "9f86d081884c7d659a2feaa0c55ad015", false),
        ] {
            assert_eq!(is_secret(name, value), expected, "{name}={value}");
        }
    }
}
