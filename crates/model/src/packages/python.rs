//! What Python's formats share: requirements as PEP 508 writes them, names as PEP 503 compares them, and lists of files with
//! their hashes.

use portcullis_core::Span;
use portcullis_syntax::Node;

use super::helpers::{inner, is_true, items, part, prefixed_hash, scalar, text};
use super::npm::is_commit;
use super::{Ecosystem, Groups, Integrity, Requirement, Source};

/// A requirement in parts, each a slice of the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Specifier<'s> {
    pub(super) name: &'s str,
    /// `>=3,<4`; empty for any and for addresses.
    pub(super) range: &'s str,
    /// The address after `@`.
    pub(super) url: Option<&'s str>,
}

/// `name[extras] >=1,<2 ; marker` or `name[extras] @ address ; marker`.
pub(super) fn specifier(line: &str) -> Option<Specifier<'_>> {
    let line = line.trim();
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let (name, rest) = line.split_at_checked(line.find(|c| !is_name(c)).unwrap_or(line.len()))?;
    // A name ends in a letter or digit: what is left is a file, or nothing.
    if !name.starts_with(|c: char| c.is_ascii_alphanumeric()) || name.ends_with(['-', '_', '.']) {
        return None;
    }
    let mut rest = rest.trim_start();
    if let Some(extras) = rest.strip_prefix('[') {
        rest = extras.split_once(']')?.1.trim_start();
    }
    if let Some(address) = rest.strip_prefix('@') {
        let address = address.trim_start();
        // In an address a semicolon only ends it after a blank.
        let end = address.find(|c: char| c.is_whitespace()).unwrap_or(address.len());
        return Some(Specifier { name, range: "", url: address.get(..end) });
    }
    let range = rest.split(';').next().unwrap_or_default().trim();
    let range = range.strip_prefix('(').and_then(|range| range.strip_suffix(')')).unwrap_or(range).trim();
    let is_range = range.is_empty() || range.starts_with(['=', '<', '>', '!', '~']);
    is_range.then_some(Specifier { name, range, url: None })
}

/// The one version that a range allows: `==1.2` and `===1.2`, but not `==1.*`.
pub(super) fn exact(range: &str) -> Option<&str> {
    range.split(',').find_map(|clause| {
        let version = clause.trim().strip_prefix("==")?;
        let version = version.strip_prefix('=').unwrap_or(version).trim();
        // Anything else is filled in later, or no version.
        let is_version = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '!' | '+' | '-' | '_');
        (!version.is_empty() && version.chars().all(is_version)).then_some(version)
    })
}

/// A name as registries compare it: `Foo__Bar.baz` is `foo-bar-baz`.
pub(super) fn normal(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    for c in name.chars() {
        if !matches!(c, '-' | '_' | '.') {
            text.push(c.to_ascii_lowercase());
        } else if !text.ends_with('-') {
            text.push('-');
        }
    }
    text
}

/// What an element of a list of requirements asks for.
pub(super) fn requirement(node: Node<'_>, groups: Groups) -> Option<Requirement> {
    let line = scalar(node)?;
    let parsed = specifier(line)?;
    let whole = inner(node);
    let place = |slice: &str| {
        let at = (slice.as_ptr() as usize).saturating_sub(line.as_ptr() as usize);
        // Where an escape made the text, only the place of all of it is known.
        if whole.len() as usize == line.len() { part(whole, at, slice.len()) } else { whole }
    };
    Some(asked(parsed, groups, place))
}

/// A requirement of these parts.
pub(super) fn asked(parsed: Specifier<'_>, groups: Groups, place: impl Fn(&str) -> Span) -> Requirement {
    let span = place(parsed.name);
    let range = parsed.url.unwrap_or(parsed.range);
    let range_span = if range.is_empty() { span } else { place(range) };
    Requirement {
        ecosystem: Ecosystem::PyPi,
        name: parsed.name.into(),
        range: range.into(),
        span,
        range_span,
        groups,
        source: parsed.url.map_or(Source::Registry, |url| source_of(url, range_span)),
    }
}

/// `git+https://…@commit#egg=name`, an archive's address, or a path.
pub(super) fn source_of(address: &str, span: Span) -> Source {
    let bare = address.split('#').next().unwrap_or(address);
    let is_git = bare.starts_with("git+");
    if is_git || ["hg+", "svn+", "bzr+"].iter().any(|prefix| bare.starts_with(prefix)) {
        let url = bare.split_once('+').map_or(bare, |(_, url)| url);
        // An `@` before the last slash belongs to the user's name.
        let at = url.rfind('@').filter(|at| url.rfind('/').is_none_or(|slash| slash < *at));
        let (url, reference) = at.and_then(|at| url.split_at_checked(at)).map_or((url, ""), |(url, it)| (url, it));
        let commit = reference.strip_prefix('@').filter(|it| is_commit(it)).map(Into::into);
        return Source::Git { url: url.into(), commit, span };
    }
    if let Some(path) = bare.strip_prefix("file:") {
        return Source::Path(path.trim_start_matches("//").into());
    }
    if bare.contains("://") { Source::Url { url: address.into(), span } } else { Source::Path(bare.into()) }
}

/// Where a table such as `{ git = "…", rev = "…" }` says that something comes from.
pub(super) fn source_in(table: Node<'_>) -> Source {
    for key in ["git", "hg", "svn"] {
        if let Some(url) = table.field(key).filter(|url| scalar(*url).is_some()) {
            let commit = ["revision", "rev", "ref", "reference"].iter().find_map(|key| text(table, key));
            let commit = commit.filter(|it| is_commit(it)).map(Into::into);
            let address = url.text().split('#').next().unwrap_or_default();
            return Source::Git { url: address.into(), commit, span: inner(url) };
        }
    }
    if let Some(path) = text(table, "path").or_else(|| text(table, "file").filter(|it| !it.contains("://"))) {
        return Source::Path(path.into());
    }
    match table.field("url").or_else(|| table.field("file")).filter(|url| scalar(*url).is_some()) {
        Some(url) => Source::Url { url: url.text().into(), span: inner(url) },
        None if is_true(table, "workspace") => Source::Path(".".into()),
        None => Source::Registry,
    }
}

/// The hashes of a list of `{ file = "…", hash = "sha256:…" }`.
pub(super) fn hashes(files: Node<'_>) -> impl Iterator<Item = Integrity> {
    files.items().filter_map(|file| {
        let hash = file.field("hash")?;
        prefixed_hash(hash.text(), inner(hash))
    })
}

/// The names of groups in a list.
pub(super) fn has_item(map: Node<'_>, key: &str, wanted: &str) -> bool {
    items(map, key).any(|item| item.text() == wanted)
}
