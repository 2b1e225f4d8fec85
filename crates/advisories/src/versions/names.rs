//! One text for all spellings of a package's name.

use std::borrow::Cow;

use super::Scheme;

/// Names are as they are where an index tells cases apart; a name that needs no change is not copied.
pub(super) fn normalise(scheme: Scheme, name: &str) -> Cow<'_, str> {
    match scheme {
        Scheme::Pypi => pypi(name),
        Scheme::Nuget | Scheme::Packagist | Scheme::Actions => lower(name),
        Scheme::Swift => lower(repository(name)),
        _ => Cow::Borrowed(name),
    }
}

/// PEP 503: lower case, and one dash for each run of dashes, dots and underscores.
fn pypi(name: &str) -> Cow<'_, str> {
    let is_separator = |c: char| matches!(c, '-' | '_' | '.');
    let is_normal = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    if is_normal {
        return Cow::Borrowed(name);
    }
    let mut normal = String::with_capacity(name.len());
    for c in name.chars() {
        if !is_separator(c) {
            normal.push(c.to_ascii_lowercase());
        } else if !normal.ends_with('-') {
            normal.push('-');
        }
    }
    Cow::Owned(normal)
}

fn lower(name: &str) -> Cow<'_, str> {
    if name.bytes().any(|byte| byte.is_ascii_uppercase()) { Cow::Owned(name.to_ascii_lowercase()) } else { name.into() }
}

/// The host and path of a repository's address.
fn repository(address: &str) -> &str {
    let address = address.split_once("://").map_or(address, |(_, rest)| rest);
    let address = address.strip_suffix('/').unwrap_or(address);
    address.strip_suffix(".git").unwrap_or(address)
}
