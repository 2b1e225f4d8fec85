//! Credentials that can be told by their form, whatever they are called: the detectors' tokens, and passwords of URLs.
//!
//! Rules ask for every value that they look at; what holds no keyword costs a pass over its bytes and no allocation.
//! Whether a credential is still valid is not known.

use std::ops::Range;

use memchr::memmem;

use crate::detector;

/// A credential in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// What it is, with its article: `a GitHub token`.
    pub what: &'static str,
    /// Where it is in the text.
    pub range: Range<usize>,
}

/// The first credential of a known form in the text.
pub fn known(text: &str) -> Option<Known> {
    all_known(text).into_iter().next()
}

/// The credentials of known forms in the text, passwords of URLs among them, in order.
pub fn all_known(text: &str) -> Vec<Known> {
    let tokens = detector::found(text);
    let mut found: Vec<Known> =
        tokens.into_iter().map(|token| Known { what: token.detector.what, range: token.range }).collect();
    let mut from = 0;
    while let Some(range) = text.get(from..).and_then(url_password) {
        let range = from + range.start..from + range.end;
        from = range.end;
        // A token may stand in a URL as the password.
        if !found.iter().any(|known| known.range.start < range.end && range.start < known.range.end) {
            found.push(Known { what: "the password of a URL", range });
        }
    }
    found.sort_by_key(|known| known.range.start);
    found
}

/// Whether the text is a key in the form of AWS' that its documentation prints: it opens nothing, and stands where a real one
/// will. Only what is certain to be a key by its place ought to ask.
pub fn is_sample(text: &str) -> bool {
    let is_base64 = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    match text.len() {
        20 => text.starts_with("AKIA") && text.ends_with("EXAMPLE"),
        40 => text.ends_with("EXAMPLEKEY") && text.bytes().all(is_base64),
        _ => false,
    }
}

/// The password of the first URL that has one which is no placeholder: `scheme://user:password@host`.
fn url_password(text: &str) -> Option<Range<usize>> {
    // A byte is found faster than a text, and few values have it.
    memchr::memchr(b'@', text.as_bytes())?;
    for found in memmem::find_iter(text.as_bytes(), "://") {
        let start = found + 3;
        let authority = text.get(start..)?;
        let end = authority.find(|c: char| c.is_whitespace() || matches!(c, '/' | '?' | '#' | '"' | '\'' | '`'));
        let authority = authority.get(..end.unwrap_or(authority.len()))?;
        let Some((user_info, _)) = authority.rsplit_once('@') else { continue };
        let Some((user, password)) = user_info.split_once(':') else { continue };
        if !super::is_plausible(password) {
            continue;
        }
        let start = start + user.len() + 1;
        return Some(start..start + password.len());
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detector::sample;

    #[test]
    fn known_forms_are_found_where_they_stand() {
        for (template, expected) in [
            ("id [{aws:AKIA}].", Some("the id of an AWS access key")),
            ("x{aws:AKIA}", None),
            ("{aws:AKIA}X", None),
            ("AKIAIOSFODNN7EXAMPLE", None),
            ("[{jwt}]", Some("a JSON web token")),
            ("eyJhbGciOiJIUzI1NiJ9", None),
            ("[{pem:RSA PRIVATE KEY}]\n", Some("a private RSA key")),
            ("-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----", None),
            ("{pem:CERTIFICATE}", None),
            ("postgres://app:[hunter2]@db:5432/shop?x=1", Some("the password of a URL")),
            ("postgres://app:${PASSWORD}@db/shop", None),
            ("amqp://guest:guest@rabbit, amqp://shop:[kX9mQ2vL7]@rabbit", Some("the password of a URL")),
            ("https://x:[ghp_{github}]@github.com/a", Some("a personal access token of GitHub")),
            ("http://[::1]:80/@x:y", None),
            ("mail me at http://shop.example or a:b@c", None),
        ] {
            let marked = sample(template);
            let inner = marked.split_once('[').and_then(|(_, rest)| rest.rsplit_once(']')).map(|(inner, _)| inner);
            let text = if expected.is_some() { marked.replace(['[', ']'], "") } else { marked.clone() };
            let found = known(&text).map(|known| (known.what, text.get(known.range).unwrap_or_default().to_owned()));
            let expected = expected.map(|what| (what, inner.unwrap_or_default().to_owned()));
            assert_eq!(found, expected, "{template}");
        }
    }
}
