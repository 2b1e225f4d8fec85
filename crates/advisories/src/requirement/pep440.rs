//! PEP 440's version specifiers: `>=1.2,!=1.5.*,<2`, `~=1.4.2`, `==1.0`, `===1.0`.
//!
//! Prereleases are allowed where a specifier names one; elsewhere it depends on how the installer is called.

use super::bounds::Operator;
use super::{is_order, operator};
use crate::versions::{Number, Pep440};

/// Specifiers that all have to hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Specifiers(Vec<Specifier>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Specifier {
    sign: Sign,
    /// PEP 440 describes it, but for `===`.
    version: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sign {
    Plain(Operator),
    /// `==1.2.*`
    Prefix,
    /// `!=1.2.*`
    NotPrefix,
    /// `~=1.2`
    Compatible,
    /// `===`
    Arbitrary,
}

const SIGNS: &[(&str, Sign)] = &[
    ("===", Sign::Arbitrary),
    ("==", Sign::Plain(Operator::Exactly)),
    ("~=", Sign::Compatible),
    ("!=", Sign::Plain(Operator::Not)),
    ("<=", Sign::Plain(Operator::AtMost)),
    (">=", Sign::Plain(Operator::AtLeast)),
    ("<", Sign::Plain(Operator::Less)),
    (">", Sign::Plain(Operator::More)),
];

pub(super) fn parse(text: &str) -> Option<Specifiers> {
    let text = text.strip_prefix('(').and_then(|text| text.strip_suffix(')')).unwrap_or(text).trim();
    if text.is_empty() || text == "*" {
        return Some(Specifiers(Vec::new()));
    }
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    parts.map(specifier).collect::<Option<Vec<_>>>().map(Specifiers)
}

fn specifier(text: &str) -> Option<Specifier> {
    let (sign, version) = operator(text, SIGNS)?;
    let (sign, version) = match (sign, version.strip_suffix(".*")) {
        (Sign::Plain(Operator::Exactly), Some(prefix)) => (Sign::Prefix, prefix),
        (Sign::Plain(Operator::Not), Some(prefix)) => (Sign::NotPrefix, prefix),
        _ => (sign, version),
    };
    let parsed = Pep440::parse(version);
    let is_valid = match sign {
        Sign::Arbitrary => !version.is_empty() && !version.contains(char::is_whitespace),
        Sign::Compatible => parsed.is_some_and(|parsed| parsed.release.contains('.') && parsed.local.is_none()),
        Sign::Prefix | Sign::NotPrefix => parsed.is_some_and(|parsed| parsed.is_release() && parsed.local.is_none()),
        Sign::Plain(Operator::Exactly | Operator::Not) => parsed.is_some(),
        Sign::Plain(_) => parsed.is_some_and(|parsed| parsed.local.is_none()),
    };
    is_valid.then(|| Specifier { sign, version: version.to_owned() })
}

impl Specifiers {
    pub(super) fn matches(&self, version: &str) -> Option<bool> {
        let parsed = Pep440::parse(version)?;
        for specifier in &self.0 {
            if !specifier.matches(version, &parsed)? {
                return Some(false);
            }
        }
        let is_named = |specifier: &Specifier| {
            specifier.sign != Sign::Plain(Operator::Not)
                && Pep440::parse(&specifier.version).is_some_and(|v| v.is_prerelease())
        };
        (!parsed.is_prerelease() || self.0.iter().any(is_named)).then_some(true)
    }

    pub(super) fn exact(&self) -> Option<&str> {
        let [specifier] = self.0.as_slice() else { return None };
        matches!(specifier.sign, Sign::Plain(Operator::Exactly) | Sign::Arbitrary).then_some(&specifier.version)
    }
}

impl Specifier {
    fn matches(&self, text: &str, version: &Pep440<'_>) -> Option<bool> {
        if self.sign == Sign::Arbitrary {
            return Some(text.trim().eq_ignore_ascii_case(&self.version));
        }
        let bound = Pep440::parse(&self.version)?;
        let public = version.public_cmp(&bound);
        Some(match self.sign {
            Sign::Arbitrary => return None,
            Sign::Prefix => has_prefix(version, &bound, usize::MAX),
            Sign::NotPrefix => !has_prefix(version, &bound, usize::MAX),
            Sign::Compatible => {
                let kept = bound.release.matches('.').count();
                public.is_ge() && has_prefix(version, &bound, kept)
            }
            Sign::Plain(operator @ (Operator::Exactly | Operator::Not)) => {
                let order = if bound.local.is_some() { version.cmp(&bound) } else { public };
                is_order(order, operator)
            }
            // `<2` leaves out `2rc1`, and `>2` leaves out `2.post1`.
            Sign::Plain(Operator::Less) if !bound.is_prerelease() => {
                version.public_cmp(&bound.first_development()).is_lt()
            }
            Sign::Plain(Operator::More) if bound.post.is_none() => {
                public.is_gt() && version.without_post().is_none_or(|version| version.public_cmp(&bound).is_ne())
            }
            Sign::Plain(operator) => is_order(public, operator),
        })
    }
}

/// Whether the release starts with the first `limit` numbers of another, zeros filling it up.
fn has_prefix(version: &Pep440<'_>, prefix: &Pep440<'_>, limit: usize) -> bool {
    let mut numbers = version.release.split('.').map(Number::new);
    let mut prefix_numbers = prefix.release.split('.').map(Number::new).take(limit);
    version.epoch == prefix.epoch && prefix_numbers.all(|number| numbers.next().unwrap_or(Number::ZERO) == number)
}
