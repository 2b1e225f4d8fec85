//! What several readers do alike.

use portcullis_core::{FileId, Span, SyntaxError, SyntaxErrorKind};
use portcullis_syntax::{Node, Style, Tree};

use super::{Algorithm, Integrity, PackageId};

/// The first thing that makes a text unreadable; what follows it mostly follows from it.
pub(super) fn faults(tree: &Tree) -> Vec<SyntaxError> {
    let mut faults = tree.errors().iter().filter(|error| !matches!(error.kind, SyntaxErrorKind::DuplicateKey));
    faults.next().cloned().into_iter().collect()
}

/// The root of the first document.
pub(super) fn root(tree: &Tree) -> Option<Node<'_>> {
    tree.documents().next().map(|document| document.root)
}

/// A scalar's text; `None` for null, nothing and collections.
pub(super) fn text<'t>(map: Node<'t>, key: &str) -> Option<&'t str> {
    map.field(key).and_then(scalar)
}

/// A scalar's text, placeholders and all; `None` for null, nothing and collections.
pub(super) fn scalar(node: Node<'_>) -> Option<&str> {
    let text = node.text();
    let is_null = text.is_empty() || (node.style() == Style::Plain && matches!(text, "null" | "~"));
    (!is_null).then_some(text)
}

/// Whether the value of a key is true.
pub(super) fn is_true(map: Node<'_>, key: &str) -> bool {
    map.field(key).is_some_and(|node| node.style() == Style::Plain && node.text() == "true")
}

/// The elements that a key's list has.
pub(super) fn items<'t>(map: Node<'t>, key: &str) -> impl DoubleEndedIterator<Item = Node<'t>> {
    map.field(key).into_iter().flat_map(Node::items)
}

/// The entries of the mapping that a key has.
pub(super) fn entries<'t>(map: Node<'t>, key: &str) -> impl DoubleEndedIterator<Item = (Node<'t>, Node<'t>)> {
    map.field(key).into_iter().flat_map(Node::entries)
}

/// Where a scalar's text stands without its quotes.
pub(super) fn inner(node: Node<'_>) -> Span {
    let span = node.span();
    match node.style() {
        Style::SingleQuoted | Style::DoubleQuoted if span.len() >= 2 => {
            Span::new(span.file, span.start.saturating_add(1), span.end.saturating_sub(1))
        }
        _ => span,
    }
}

/// Subresource integrity: `sha512-… sha1-…`, each at its own place.
pub(super) fn subresource(text: &str, span: Span) -> Vec<Integrity> {
    // Where an escape made the text, only the place of all of it is known.
    let exact = span.len() as usize == text.len();
    words(text)
        .filter_map(|(at, word)| {
            let (name, digest) = word.split_once('-')?;
            let algorithm = match name {
                "sha1" => Algorithm::Sha1,
                "sha256" => Algorithm::Sha256,
                "sha384" => Algorithm::Sha384,
                "sha512" => Algorithm::Sha512,
                "md5" => Algorithm::Md5,
                _ => Algorithm::Other,
            };
            // Options may follow after a question mark, which nobody uses yet.
            let digest = digest.split('?').next().unwrap_or(digest).into();
            let span = if exact { part(span, at, word.len()) } else { span };
            Some(Integrity { algorithm, digest, span })
        })
        .collect()
}

/// A hash with its algorithm before a colon: `sha256:…`.
pub(super) fn prefixed_hash(text: &str, span: Span) -> Option<Integrity> {
    let (name, digest) = text.split_once(':')?;
    Some(hash(name, digest, span))
}

/// A hash by the name of its algorithm.
pub(super) fn hash(name: &str, digest: &str, span: Span) -> Integrity {
    let algorithm = match name {
        "md5" => Algorithm::Md5,
        "sha1" => Algorithm::Sha1,
        "sha256" => Algorithm::Sha256,
        "sha384" => Algorithm::Sha384,
        "sha512" => Algorithm::Sha512,
        _ => Algorithm::Other,
    };
    Integrity { algorithm, digest: digest.into(), span }
}

/// The words of a text with their offsets.
pub(super) fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.split_ascii_whitespace().map(|word| ((word.as_ptr() as usize).saturating_sub(text.as_ptr() as usize), word))
}

/// A part of what a span covers.
pub(super) fn part(span: Span, at: usize, length: usize) -> Span {
    let start = span.start.saturating_add(narrow(at));
    Span::new(span.file, start, start.saturating_add(narrow(length)))
}

/// The span of a slice of `text`.
pub(super) fn span_of(file: FileId, text: &str, slice: &str) -> Span {
    let start = narrow((slice.as_ptr() as usize).saturating_sub(text.as_ptr() as usize));
    Span::new(file, start, start.saturating_add(narrow(slice.len())))
}

/// The id of the package at an index.
pub(super) fn id(index: usize) -> PackageId {
    PackageId(narrow(index))
}

/// Edges as a package keeps them: sorted, each once.
pub(super) fn edges(mut edges: Vec<PackageId>) -> Vec<PackageId> {
    edges.sort_unstable();
    edges.dedup();
    edges
}

pub(super) fn narrow(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}
