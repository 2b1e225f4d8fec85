//! Elixir's `mix.lock`: one map of tuples.
//!
//! The file is a term of Elixir; only its brackets, strings, atoms and commas are looked at. Who asks for a package on behalf
//! of the project, and what for, only `mix.exs` knows, which is a program.

use std::collections::HashMap;
use std::sync::Arc;

use portcullis_core::{FileId, Span, SyntaxError, SyntaxErrorKind};

use super::helpers::{edges, id, narrow, span_of};
use super::{Algorithm, Ecosystem, Integrity, Lockfile, Package, PackageId, Source};

/// Reads a `mix.lock`.
pub(super) fn lock(file: FileId, source: &Arc<str>) -> Lockfile {
    let text: &str = source;
    let mut lock = Lockfile::default();
    let mut known: HashMap<&str, PackageId> = HashMap::new();
    let mut names: Vec<Vec<&str>> = Vec::new();
    // The entry that is read: its key, its fields, and the packages that it needs.
    let mut entry: Option<Entry<'_>> = None;
    let (mut depth, mut field) = (0_usize, 0_usize);
    let mut key = "";
    let mut is_first = false;
    for token in (Reader { rest: text }) {
        let was_first = std::mem::take(&mut is_first);
        match token {
            Token::Open => {
                depth = depth.saturating_add(1);
                is_first = true;
                if depth == 2 {
                    (entry, field) = (Some(Entry { key, ..Entry::default() }), 0);
                }
            }
            Token::Close => {
                if depth == 2
                    && let Some(entry) = entry.take()
                    && let Some(package) = entry.package(file, text)
                {
                    known.entry(entry.key).or_insert(id(lock.packages.len()));
                    names.push(entry.needs);
                    lock.packages.push(package);
                }
                depth = depth.saturating_sub(1);
            }
            Token::Comma if depth == 2 => field = field.saturating_add(1),
            Token::Text(string) if depth == 1 => key = string,
            Token::Text(word) | Token::Atom(word) if depth == 2 => {
                if let Some(slot) = entry.as_mut().and_then(|entry| entry.fields.get_mut(field)) {
                    *slot = word;
                }
            }
            // `{:name, "~> 1.0", […]}` in the list of what it needs.
            Token::Atom(name) if depth == 4 && field == 5 && was_first => {
                if let Some(entry) = &mut entry {
                    entry.needs.push(name);
                }
            }
            Token::Comma | Token::Text(_) | Token::Atom(_) => {}
            Token::Open2 => is_first = was_first,
        }
    }
    if depth > 0 || (lock.packages.is_empty() && !text.contains("%{")) {
        let at = narrow(text.len());
        let span = Span::new(file, at, at);
        let message = "the file ends inside of a term".to_owned();
        lock.faults.push(SyntaxError { span, message, kind: SyntaxErrorKind::Invalid });
    }
    for (package, names) in lock.packages.iter_mut().zip(names) {
        package.dependencies = edges(names.into_iter().filter_map(|name| known.get(name)).copied().collect());
    }
    lock
}

#[derive(Default)]
struct Entry<'s> {
    key: &'s str,
    /// Kind, name or address, version or commit, inner checksum, managers, needs, repository, outer checksum.
    fields: [&'s str; 8],
    needs: Vec<&'s str>,
}

impl Entry<'_> {
    fn package(&self, file: FileId, text: &str) -> Option<Package> {
        let place = |slice: &str| span_of(file, text, slice);
        let [kind, name, version, inner, _, _, repository, outer] = self.fields;
        match kind {
            "hex" => {
                let named = Some(version).filter(|version| !version.is_empty());
                let mut package = Package::new(Ecosystem::Hex, name, named, place(self.key));
                if name != self.key {
                    package.alias = Some(self.key.into());
                }
                if let Some(version) = named {
                    package.version_span = place(version);
                }
                let digest = if outer.is_empty() { inner } else { outer };
                if !digest.is_empty() {
                    package.integrity.push(Integrity {
                        algorithm: Algorithm::Sha256,
                        digest: digest.into(),
                        span: place(digest),
                    });
                }
                if !matches!(repository, "" | "hexpm") {
                    package.source = Source::Url { url: repository.into(), span: place(repository) };
                }
                Some(package)
            }
            "git" => {
                let mut package = Package::new(Ecosystem::Hex, self.key, None, place(self.key));
                let commit = Some(version).filter(|commit| !commit.is_empty()).map(Into::into);
                package.source = Source::Git { url: name.into(), commit, span: place(name) };
                Some(package)
            }
            _ => None,
        }
    }
}

enum Token<'s> {
    Open,
    /// The brace of `%{`, which opens nothing of its own.
    Open2,
    Close,
    Comma,
    Text(&'s str),
    /// Without its colon.
    Atom(&'s str),
}

struct Reader<'s> {
    rest: &'s str,
}

impl<'s> Reader<'s> {
    fn take(&mut self, length: usize) -> &'s str {
        let (taken, rest) = self.rest.split_at_checked(length).unwrap_or((self.rest, ""));
        self.rest = rest;
        taken
    }
}

impl<'s> Iterator for Reader<'s> {
    type Item = Token<'s>;

    fn next(&mut self) -> Option<Token<'s>> {
        loop {
            let first = self.rest.chars().next()?;
            self.take(first.len_utf8());
            match first {
                '%' => return Some(Token::Open2),
                '{' | '[' => return Some(Token::Open),
                '}' | ']' => return Some(Token::Close),
                ',' => return Some(Token::Comma),
                '#' => {
                    let end = self.rest.find('\n').unwrap_or(self.rest.len());
                    self.take(end);
                }
                '"' => {
                    let text = self.string()?;
                    return Some(Token::Text(text));
                }
                ':' if self.rest.starts_with('"') => {
                    self.take(1);
                    let text = self.string()?;
                    return Some(Token::Atom(text));
                }
                ':' => {
                    let is_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '@' | '?' | '!');
                    let end = self.rest.find(|c| !is_word(c)).unwrap_or(self.rest.len());
                    if end > 0 {
                        return Some(Token::Atom(self.take(end)));
                    }
                }
                _ => {}
            }
        }
    }
}

impl<'s> Reader<'s> {
    /// A string behind its first quote, escapes as they are; `None` where it does not end.
    fn string(&mut self) -> Option<&'s str> {
        let mut escaped = false;
        let end = self.rest.bytes().position(|byte| {
            let ends = byte == b'"' && !escaped;
            escaped = byte == b'\\' && !escaped;
            ends
        });
        let Some(end) = end else {
            self.rest = "";
            return None;
        };
        let text = self.take(end);
        self.take(1);
        Some(text)
    }
}
