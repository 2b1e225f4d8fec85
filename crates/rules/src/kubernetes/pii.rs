//! Data about people in ConfigMaps.
//!
//! Known by its form alone: an address, a bank account whose check digits are right, a telephone number. Whose it is
//! cannot be known; the rule is turned on by name.

use portcullis_model::kubernetes::Object;

use crate::Place;
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&PII_IN_CONFIGMAP];

rule! {
    /// ConfigMap holds data about people
    ///
    /// Everybody who may read the namespace reads it, and it is in Git for ever. Looks for e-mail addresses, IBANs with
    /// right check digits, and telephone numbers with a country's code. Silent for addresses of the domains reserved for
    /// examples and of the cluster, and for the user of a URL.
    ///
    /// ```yaml bad:5
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata: { name: web }
    /// data:
    ///   contact: Erika Mustermann <erika@mustermann.de>
    /// ```
    /// ```yaml bad:5
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata: { name: web }
    /// data:
    ///   account: "IBAN: DE89 3704 0044 0532 0130 00"
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata: { name: web }
    /// data:
    ///   contact: shop@example.org
    ///   source: git@github.com:shop/web.git
    ///   queue: amqp://shop:secret@rabbit.internal.shop.de/
    ///   account: DE89370400440532013001
    ///   offset: "+0200"
    /// ```
    PII_IN_CONFIGMAP = "k8s-pii-in-configmap" {
        check: Check::Object(&["ConfigMap"], pii_in_configmap),
        severity: Severity::Info,
        confidence: Confidence::Low,
        profile: Profile::OptIn,
        peers: &["trivy:KSV-01010"],
    }
}

fn pii_in_configmap(object: &Object<'_>, report: &mut Report<'_>) {
    let Lookup::Present(data) = object.node.get("data") else { return };
    for (key, value) in data.entries() {
        let text = value.text();
        let what = if has_email(text) {
            "an e-mail address"
        } else if has_iban(text) {
            "an IBAN"
        } else if has_telephone(text) {
            "a telephone number"
        } else {
            continue;
        };
        report
            .at(
                Place { value: 0, ..Place::from(value) },
                format!("`{}` of {} holds {what}", key.text(), object.title()),
            )
            .mask(value.span())
            .help("keep it out of Git, and give it to the program from where data about people is kept");
    }
}

/// Domains whose addresses are nobody's: reserved ones, and those of clusters and networks at home.
const NOBODYS: &[&str] =
    &["example.com", "example.org", "example.net", ".example", ".test", ".invalid", ".local", ".internal", ".svc"];

fn has_email(text: &str) -> bool {
    text.match_indices('@').any(|(at, _)| {
        let (before, after) =
            (text.get(..at).unwrap_or_default(), text.get(at.saturating_add(1)..).unwrap_or_default());
        let is_local = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '%' | '+' | '-');
        let outside = before.trim_end_matches(is_local);
        let user = before.get(outside.len()..).unwrap_or_default();
        let end = after.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '-'))).unwrap_or(after.len());
        let domain = after.get(..end).unwrap_or_default().trim_end_matches('.').to_ascii_lowercase();
        let zone = domain.rsplit_once('.').map_or("", |(_, zone)| zone);
        // Before the host of a URL stands a user, not an address.
        let is_url = outside.ends_with([':', '/']) || user == "git";
        !user.is_empty()
            && !is_url
            && zone.len() > 1
            && zone.bytes().all(|byte| byte.is_ascii_alphabetic())
            && !NOBODYS.iter().any(|domains| domain.ends_with(domains))
    })
}

/// Lengths of the account numbers of countries.
const IBANS: &[(&str, usize)] = &[
    ("AT", 20),
    ("BE", 16),
    ("CH", 21),
    ("CZ", 24),
    ("DE", 22),
    ("DK", 18),
    ("EE", 20),
    ("ES", 24),
    ("FI", 18),
    ("FR", 27),
    ("GB", 22),
    ("HR", 21),
    ("HU", 28),
    ("IE", 22),
    ("IT", 27),
    ("LI", 21),
    ("LT", 20),
    ("LU", 20),
    ("LV", 21),
    ("NL", 18),
    ("NO", 15),
    ("PL", 28),
    ("PT", 25),
    ("RO", 24),
    ("SE", 24),
    ("SI", 19),
    ("SK", 24),
];

fn has_iban(text: &str) -> bool {
    let mut boundary = true;
    text.char_indices().any(|(at, c)| {
        let starts = boundary && c.is_ascii_uppercase();
        boundary = !c.is_ascii_alphanumeric();
        let rest = text.get(at..).unwrap_or_default();
        let length = IBANS.iter().find(|(country, _)| rest.starts_with(country)).map(|&(_, length)| length);
        starts && length.is_some_and(|length| is_iban(rest, length))
    })
}

/// Whether the first letters and digits, in groups or not, are an account number of that length.
fn is_iban(text: &str, length: usize) -> bool {
    let number: String = text.chars().filter(|&c| c != ' ').take(length).collect();
    let is_longer = text.chars().filter(|&c| c != ' ').nth(length).is_some_and(|c| c.is_ascii_alphanumeric());
    let (Some(head), Some(body)) = (number.get(..4), number.get(4..)) else { return false };
    let remainder = body.chars().chain(head.chars()).try_fold(0_u32, |remainder, c| {
        let digit = c.to_digit(36).filter(|_| !c.is_ascii_lowercase())?;
        Some((remainder * if digit > 9 { 100 } else { 10 } + digit) % 97)
    });
    number.len() == length && !is_longer && remainder == Some(1)
}

fn has_telephone(text: &str) -> bool {
    text.match_indices('+').any(|(at, _)| {
        let is_start = text.get(..at).is_some_and(|before| !before.ends_with(|c: char| c.is_ascii_alphanumeric()));
        let rest = text.get(at.saturating_add(1)..).unwrap_or_default();
        let end = rest
            .find(|c: char| !(c.is_ascii_digit() || matches!(c, ' ' | '-' | '(' | ')' | '/')))
            .unwrap_or(rest.len());
        let digits = rest.get(..end).unwrap_or_default().bytes().filter(u8::is_ascii_digit).count();
        is_start && rest.starts_with(|c: char| matches!(c, '1'..='9')) && (10..=15).contains(&digits)
    })
}
