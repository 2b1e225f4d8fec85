//! Package URLs: `pkg:type/namespace/name@version?qualifiers#subpath`.
//!
//! Names are compared by each type's own rules, which parsing applies: a URL that is parsed is in canonical form.

use std::collections::BTreeMap;

use super::{Ecosystem, Package, Source, without_login};

/// A package URL.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Purl {
    /// In lower case: `npm`, `golang`, `github`.
    pub kind: String,
    /// Parts between slashes, decoded; without any, empty.
    pub namespace: String,
    /// The name, decoded.
    pub name: String,
    /// The version, decoded.
    pub version: Option<String>,
    /// Keys in lower case with their values, decoded; those without value are left out.
    pub qualifiers: BTreeMap<String, String>,
    /// A path within the package, decoded; without any, empty.
    pub subpath: String,
}

impl Purl {
    /// Reads a package URL; `None` where it is none.
    pub fn parse(text: &str) -> Option<Self> {
        let mut purl = Self::as_written(text)?;
        purl.normalise();
        Some(purl)
    }

    /// Reads a package URL and leaves its names as they are: registries may tell apart what package URLs do not.
    pub(super) fn as_written(text: &str) -> Option<Self> {
        let rest = split_prefix(text.trim(), "pkg:")?.trim_start_matches('/');
        let (rest, subpath) = rest.rsplit_once('#').unwrap_or((rest, ""));
        let (rest, query) = rest.rsplit_once('?').unwrap_or((rest, ""));
        let (kind, rest) = rest.split_once('/')?;
        let is_kind = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
        if kind.is_empty() || !kind.chars().all(is_kind) || kind.starts_with(|c: char| c.is_ascii_digit()) {
            return None;
        }
        let rest = rest.trim_matches('/');
        // The name of a scope may begin with the same sign, written plainly against the rules.
        let at = rest.rfind('@').filter(|at| *at == 0 || !rest.get(*at..).is_some_and(|it| it.contains('/')));
        let (path, version) = match at.filter(|at| *at > 0 || !rest.contains('/')) {
            Some(at) => (rest.get(..at)?, rest.get(at.saturating_add(1)..)),
            None => (rest, None),
        };
        let (namespace, name) = path.rsplit_once('/').unwrap_or(("", path));
        let version = match version {
            Some(version) => Some(decode(version)?).filter(|version| !version.is_empty()),
            None => None,
        };
        let mut purl = Self {
            kind: kind.to_ascii_lowercase(),
            namespace: segments(namespace)?,
            name: decode(name)?,
            version,
            qualifiers: BTreeMap::new(),
            subpath: segments(subpath)?,
        };
        if purl.name.is_empty() {
            return None;
        }
        for pair in query.split('&') {
            let Some((key, value)) = pair.split_once('=').filter(|(_, value)| !value.is_empty()) else { continue };
            let is_key = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
            if key.is_empty() || !key.chars().all(is_key) || key.starts_with(|c: char| c.is_ascii_digit()) {
                return None;
            }
            purl.qualifiers.insert(key.to_ascii_lowercase(), decode(value)?);
        }
        Some(purl)
    }

    /// What a package is called; `None` for types without an ecosystem here.
    pub fn ecosystem(&self) -> Option<Ecosystem> {
        Ecosystem::of_purl_type(&self.kind)
    }

    /// Namespace and name as the ecosystem writes them in one: `@scope/name`, `group:artifact`, `host/owner/module`.
    pub fn full_name(&self) -> String {
        let separator = if self.kind == "maven" { ':' } else { '/' };
        // Conan's user and CRAN's nothing are no part of the name.
        if self.namespace.is_empty() || self.kind == "conan" {
            self.name.clone()
        } else {
            format!("{}{separator}{}", self.namespace, self.name)
        }
    }

    /// What the types ask of their names.
    fn normalise(&mut self) {
        match self.kind.as_str() {
            "pypi" => self.name = self.name.to_lowercase().replace('_', "-"),
            "bitbucket" | "github" | "golang" | "composer" | "hex" => {
                self.namespace = self.namespace.to_lowercase();
                self.name = self.name.to_lowercase();
            }
            "alpm" | "apk" | "deb" | "bitnami" | "pub" | "luarocks" => {
                self.namespace = self.namespace.to_lowercase();
                self.name = self.name.to_lowercase();
            }
            "npm" => self.namespace = self.namespace.to_lowercase(),
            "rpm" | "qpkg" => self.namespace = self.namespace.to_lowercase(),
            "huggingface" => self.version = self.version.take().map(|version| version.to_lowercase()),
            _ => {}
        }
    }
}

impl std::fmt::Display for Purl {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "pkg:{}/", self.kind)?;
        for segment in self.namespace.split('/').filter(|segment| !segment.is_empty()) {
            write!(out, "{}/", encode(segment))?;
        }
        write!(out, "{}", encode(&self.name))?;
        if let Some(version) = &self.version {
            write!(out, "@{}", encode(version))?;
        }
        for (index, (key, value)) in self.qualifiers.iter().enumerate() {
            write!(out, "{}{key}={}", if index == 0 { '?' } else { '&' }, encode(value))?;
        }
        for (index, segment) in self.subpath.split('/').filter(|segment| !segment.is_empty()).enumerate() {
            write!(out, "{}{}", if index == 0 { '#' } else { '/' }, encode(segment))?;
        }
        Ok(())
    }
}

/// The package URL of a package, in canonical form.
pub fn purl_of(package: &Package) -> String {
    let name = package.name.as_ref();
    let (namespace, name) = match package.ecosystem {
        Ecosystem::Maven => name.split_once(':').unwrap_or(("", name)),
        Ecosystem::Npm if !name.starts_with('@') => ("", name),
        Ecosystem::Npm | Ecosystem::Go | Ecosystem::Packagist | Ecosystem::Swift | Ecosystem::Hex => {
            name.rsplit_once('/').unwrap_or(("", name))
        }
        _ => ("", name),
    };
    let mut purl = Purl {
        kind: package.ecosystem.purl_type().to_owned(),
        namespace: namespace.to_owned(),
        name: name.to_owned(),
        version: package.version.as_deref().map(str::to_owned),
        ..Purl::default()
    };
    match &package.source {
        Source::Git { url, commit, .. } => {
            let commit = commit.as_deref().map(|commit| format!("@{commit}")).unwrap_or_default();
            // A package URL goes out into the world.
            let url = without_login(url);
            let scheme = if url.starts_with("git+") || url.starts_with("git:") { "" } else { "git+" };
            purl.qualifiers.insert("vcs_url".to_owned(), format!("{scheme}{url}{commit}"));
        }
        Source::Registry | Source::Url { .. } | Source::Path(_) | Source::Project => {}
    }
    purl.normalise();
    purl.to_string()
}

/// Without regard to case, as a scheme is.
fn split_prefix<'t>(text: &'t str, prefix: &str) -> Option<&'t str> {
    let (start, rest) = text.split_at_checked(prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then_some(rest)
}

/// The parts between slashes, without those that say nothing.
fn segments(path: &str) -> Option<String> {
    let parts = path.split('/').filter(|part| !matches!(*part, "" | "." | ".."));
    Some(parts.map(decode).collect::<Option<Vec<_>>>()?.join("/"))
}

/// Decodes percent-escapes; `None` where these are no text.
fn decode(text: &str) -> Option<String> {
    if !text.contains('%') {
        return Some(text.to_owned());
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
        let code = digit(rest.next())?.checked_mul(16)?.checked_add(digit(rest.next())?)?;
        bytes.push(u8::try_from(code).ok()?);
    }
    String::from_utf8(bytes).ok()
}

/// Encodes all but letters, digits, `.-_~` and the colon.
fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b'~' | b':') {
            encoded.push(char::from(byte));
        } else {
            let digit = |value: u8| char::from_digit(u32::from(value), 16).unwrap_or('0').to_ascii_uppercase();
            encoded.extend(['%', digit(byte >> 4), digit(byte & 15)]);
        }
    }
    encoded
}
