//! Credentials that can be told by their form, whatever they are called.
//!
//! Only forms that are hardly ever anything else. Whether a credential is still valid is not known.

use std::ops::Range;

use super::is_placeholder;

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
    let mut found = Vec::new();
    let mut previous = b' ';
    let mut next = 0;
    // Most values end before a token could, and most words begin as no token does.
    let starts = text.len().saturating_sub(SHORTEST - 1);
    let pairs = text.as_bytes().iter().zip(text.as_bytes().iter().skip(1));
    for (at, (&byte, &second)) in pairs.enumerate().take(starts) {
        let before = std::mem::replace(&mut previous, byte);
        if BEGINS.get(usize::from(byte)).is_some_and(|seconds| seconds & bit(second) != 0)
            && at >= next
            && !(before.is_ascii_alphanumeric() || matches!(before, b'_' | b'-'))
            && let Some(known) = known_at(text, at, byte)
        {
            next = known.range.end;
            found.push(known);
        }
    }
    let mut from = 0;
    while let Some(range) = text.get(from..).and_then(url_password) {
        let range = from + range.start..from + range.end;
        from = range.end;
        found.push(Known { what: "the password of a URL", range });
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

/// How a token goes on after its prefix.
struct Form {
    prefix: &'static str,
    /// Other characters than letters and digits that it may have.
    others: &'static [u8],
    /// How many characters follow the prefix at least, and at most.
    length: (usize, usize),
    what: &'static str,
}

const MANY: usize = 4096;

/// Characters that the shortest token has, its prefix included; private keys have more.
const SHORTEST: usize = 20;

/// For each byte that tokens and private keys begin with, what may come second, as a set of [`bit`]s.
static BEGINS: [u32; 256] = begins();

#[allow(clippy::indexing_slicing, reason = "only the compiler runs it")]
const fn begins() -> [u32; 256] {
    let mut begins = [0; 256];
    begins[b'-' as usize] = bit(b'-');
    let mut at = 0;
    while at < FORMS.len() {
        let form = &FORMS[at];
        assert!(form.prefix.len() + form.length.0 >= SHORTEST, "no token is shorter");
        let prefix = form.prefix.as_bytes();
        begins[prefix[0] as usize] |= bit(prefix[1]);
        at += 1;
    }
    begins
}

/// Bytes that differ in a multiple of 32 share one: words that begin as no token does are told well enough.
const fn bit(byte: u8) -> u32 {
    1 << (byte % 32)
}

const FORMS: &[Form] = &[
    Form { prefix: "AKIA", others: b"", length: (16, 16), what: "an AWS access key" },
    Form { prefix: "ASIA", others: b"", length: (16, 16), what: "an AWS access key" },
    Form { prefix: "ghp_", others: b"", length: (36, 255), what: "a GitHub token" },
    Form { prefix: "gho_", others: b"", length: (36, 255), what: "a GitHub token" },
    Form { prefix: "ghu_", others: b"", length: (36, 255), what: "a GitHub token" },
    Form { prefix: "ghs_", others: b"", length: (36, 255), what: "a GitHub token" },
    Form { prefix: "ghr_", others: b"", length: (36, 255), what: "a GitHub token" },
    Form { prefix: "github_pat_", others: b"_", length: (70, 255), what: "a GitHub token" },
    Form { prefix: "glpat-", others: b"_-.", length: (20, 255), what: "a GitLab token" },
    Form { prefix: "xoxb-", others: b"-", length: (20, 255), what: "a Slack token" },
    Form { prefix: "xoxp-", others: b"-", length: (20, 255), what: "a Slack token" },
    Form { prefix: "xoxa-", others: b"-", length: (20, 255), what: "a Slack token" },
    Form { prefix: "xoxs-", others: b"-", length: (20, 255), what: "a Slack token" },
    Form { prefix: "hooks.slack.com/services/", others: b"/", length: (40, 80), what: "a Slack webhook" },
    Form { prefix: "sk_live_", others: b"", length: (20, 255), what: "a Stripe key" },
    Form { prefix: "rk_live_", others: b"", length: (20, 255), what: "a Stripe key" },
    Form { prefix: "AIza", others: b"_-", length: (35, 35), what: "a Google API key" },
    Form { prefix: "npm_", others: b"", length: (36, 36), what: "an npm token" },
    Form { prefix: "pypi-AgE", others: b"_-", length: (50, MANY), what: "a PyPI token" },
    Form { prefix: "SG.", others: b"_-.", length: (60, 70), what: "a SendGrid key" },
    Form { prefix: "hf_", others: b"", length: (34, 40), what: "a Hugging Face token" },
    Form { prefix: "sk-ant-", others: b"_-", length: (40, 255), what: "an Anthropic key" },
    Form { prefix: "sk-proj-", others: b"_-", length: (40, 255), what: "an OpenAI key" },
    Form { prefix: "dop_v1_", others: b"", length: (64, 64), what: "a DigitalOcean token" },
    Form { prefix: "hvs.", others: b"_-", length: (24, 255), what: "a Vault token" },
    Form { prefix: "glsa_", others: b"_", length: (40, 64), what: "a Grafana token" },
    Form { prefix: "shpat_", others: b"", length: (32, 32), what: "a Shopify token" },
    Form { prefix: "AccountKey=", others: b"+/=", length: (86, 90), what: "an Azure storage key" },
    Form { prefix: "eyJ", others: b"_-.", length: (60, MANY), what: "a JSON web token" },
];

fn known_at(text: &str, at: usize, byte: u8) -> Option<Known> {
    let rest = text.get(at..)?;
    if byte == b'-' {
        return private_key(rest).map(|length| Known { what: "a private key", range: at..at + length });
    }
    for form in FORMS.iter().filter(|form| form.prefix.as_bytes().first() == Some(&byte)) {
        let Some(tail) = rest.strip_prefix(form.prefix) else { continue };
        let length = tail.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || form.others.contains(byte)).count();
        let token = rest.get(..form.prefix.len() + length)?;
        let is_web_token = form.prefix != "eyJ" || is_web_token(token);
        if (form.length.0..=form.length.1).contains(&length) && is_web_token && !is_placeholder(token) {
            return Some(Known { what: form.what, range: at..at + token.len() });
        }
    }
    None
}

/// Three parts, of which the first two are JSON objects.
fn is_web_token(token: &str) -> bool {
    let parts: Vec<&str> = token.split('.').collect();
    parts.len() == 3
        && parts.iter().take(2).all(|part| part.starts_with("eyJ"))
        && parts.iter().all(|part| part.len() > 9)
}

/// The length of a private key in PEM that the text starts with.
fn private_key(text: &str) -> Option<usize> {
    let rest = text.strip_prefix("-----BEGIN ")?;
    let (kind, body) = rest.split_once("-----")?;
    if !kind.ends_with("PRIVATE KEY") || kind.len() > 40 {
        return None;
    }
    // A heading alone is a form to fill in.
    let is_filled =
        body.trim_start().bytes().take_while(|byte| byte.is_ascii_alphanumeric() || b"+/".contains(byte)).count() > 15
            || body.trim_start().starts_with("Proc-Type");
    let end = body.find("-----END ").map_or(text.len(), |end| text.len() - body.len() + end);
    is_filled.then_some(end)
}

/// The password of the first URL that has one which is no placeholder: `scheme://user:password@host`.
fn url_password(text: &str) -> Option<Range<usize>> {
    // Bytes are found faster than texts, and few values have both.
    if !b":@".iter().all(|byte| text.as_bytes().contains(byte)) {
        return None;
    }
    let mut from = 0;
    while let Some(found) = text.get(from..)?.find("://") {
        let start = from + found + 3;
        from = start;
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
