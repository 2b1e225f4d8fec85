//! `yarn.lock`: the classic one and Berry's, read line by line, for both are written by one program in one form each.
//!
//! Neither says what is for development; Berry lists the project and the members of its workspace with all that they ask for
//! in one list, the classic one not at all. A package that Berry patches stands twice and is one package here.

use std::collections::HashMap;
use std::sync::Arc;

use portcullis_core::{FileId, Span, SyntaxError, SyntaxErrorKind};

use super::helpers::{edges, hash, id, span_of, subresource};
use super::npm::is_commit;
use super::{Algorithm, Ecosystem, Integrity, Lockfile, Member, MemberName, Package, PackageId, Source};

/// Reads a `yarn.lock`.
pub(super) fn lock(file: FileId, text: &Arc<str>) -> Lockfile {
    let mut lock = Lockfile::default();
    let mut entries: Vec<Entry<'_>> = Vec::new();
    let mut fault: Option<(&str, &str)> = None;
    let mut in_metadata = false;
    let mut section = Section::Other;
    for line in text.split('\n') {
        let content = line.trim_start_matches([' ', '\u{feff}']).trim_end();
        if content.is_empty() || content.starts_with('#') {
            continue;
        }
        match line.len().saturating_sub(line.trim_start_matches(' ').len()) {
            0 => {
                section = Section::Other;
                in_metadata = content == "__metadata:";
                let Some(patterns) = content.strip_suffix(':') else {
                    fault = fault.or(Some((content, "this is no entry of a yarn.lock")));
                    in_metadata = true;
                    continue;
                };
                if !in_metadata {
                    entries.push(Entry { patterns, ..Entry::default() });
                }
            }
            2 => {
                let Some((key, value)) = property(content) else {
                    fault = fault.or(Some((content, "this is no property of a yarn.lock")));
                    continue;
                };
                if in_metadata {
                    if key == "version" {
                        lock.header.version = Some(value.into());
                    }
                    continue;
                }
                section = Section::Other;
                let Some(entry) = entries.last_mut() else { continue };
                match key {
                    "version" => entry.version = value,
                    "resolved" => entry.resolved = value,
                    "resolution" => entry.resolution = value,
                    "integrity" => entry.integrity = value,
                    "checksum" => entry.checksum = value,
                    "conditions" => entry.conditions = value,
                    "dependencies" | "optionalDependencies" => section = Section::Dependencies,
                    _ => {}
                }
            }
            _ if section == Section::Dependencies => {
                if let (Some(dependency), Some(entry)) = (property(content), entries.last_mut()) {
                    entry.dependencies.push(dependency);
                }
            }
            _ => {}
        }
    }
    if lock.header.version.is_none() && text.contains("# yarn lockfile v1") {
        lock.header.version = Some("1".into());
    }
    let reader = Reader { file, text };
    if let Some(slice) = reader.resolve(&mut lock, &entries) {
        fault = fault.or(Some((slice, "this entry is not complete")));
    }
    if let Some((slice, message)) = fault {
        let span = reader.span(slice);
        lock.faults.push(SyntaxError { span, message: message.into(), kind: SyntaxErrorKind::Invalid });
    }
    lock
}

/// What the lines of an entry say; empty where one is missing.
#[derive(Default)]
struct Entry<'s> {
    patterns: &'s str,
    version: &'s str,
    resolved: &'s str,
    resolution: &'s str,
    integrity: &'s str,
    checksum: &'s str,
    conditions: &'s str,
    dependencies: Vec<(&'s str, &'s str)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Section {
    Dependencies,
    Other,
}

struct Reader<'s> {
    file: FileId,
    text: &'s str,
}

impl<'s> Reader<'s> {
    fn span(&self, slice: &str) -> Span {
        span_of(self.file, self.text, slice)
    }

    /// Makes packages of the entries, and their edges. Gives the first entry that lacks what every entry has.
    fn resolve(&self, lock: &mut Lockfile, entries: &[Entry<'s>]) -> Option<&'s str> {
        let is_berry = lock.header.version.as_deref().is_some_and(|version| version != "1");
        let mut broken = None;
        // What is asked for to what it came to. Berry leaves out `npm:` in places, so ranges are known without it.
        let mut known: HashMap<(&str, &str), PackageId> = HashMap::new();
        let mut read: Vec<(PackageId, usize)> = Vec::new();
        let mut patched: Vec<usize> = Vec::new();
        let mut resolved: HashMap<(&str, &str), PackageId> = HashMap::new();
        for (index, entry) in entries.iter().enumerate() {
            if entry.version.is_empty() || (is_berry && entry.resolution.is_empty()) {
                broken = broken.or(Some(entry.patterns));
                continue;
            }
            if entry.resolution.contains("@patch:") {
                patched.push(index);
                continue;
            }
            self.add(lock, entry, index, &mut read, &mut known);
            if let Some((&(package, _), (name, _))) = read.last().zip(split(entry.resolution)) {
                resolved.insert((name, entry.version), package);
            }
        }
        for index in patched {
            let Some(entry) = entries.get(index) else { continue };
            let name = split(entry.resolution).map_or("", |(name, _)| name);
            match resolved.get(&(name, entry.version)) {
                Some(&base) => {
                    for (pattern, name, range) in patterns(entry.patterns) {
                        known.entry((name, range)).or_insert(base);
                        lock.resolutions.push((pattern.into(), base));
                    }
                }
                None => self.add(lock, entry, index, &mut read, &mut known),
            }
        }
        lock.resolutions.sort_unstable();
        for (package, index) in read {
            let Some((package, entry)) = lock.packages.get_mut(package.0 as usize).zip(entries.get(index)) else {
                continue;
            };
            let found = entry.dependencies.iter();
            let found = found.map(|&(name, range)| known.get(&(name, range.strip_prefix("npm:").unwrap_or(range))));
            package.dependencies = edges(found.flatten().copied().collect());
        }
        broken
    }

    fn add(
        &self,
        lock: &mut Lockfile,
        entry: &Entry<'s>,
        index: usize,
        read: &mut Vec<(PackageId, usize)>,
        known: &mut HashMap<(&'s str, &'s str), PackageId>,
    ) {
        let package = id(lock.packages.len());
        for (pattern, name, range) in patterns(entry.patterns) {
            known.insert((name, range.strip_prefix("npm:").unwrap_or(range)), package);
            lock.resolutions.push((pattern.into(), package));
        }
        if let Some(folder) = split(entry.resolution).and_then(|(_, origin)| origin.strip_prefix("workspace:")) {
            let asked = entry.dependencies.iter().map(|(name, _)| (*name).into()).collect();
            lock.members.push(Member { name: MemberName::Folder(folder.into()), asked });
        }
        lock.packages.push(self.package(entry));
        read.push((package, index));
    }

    fn package(&self, entry: &Entry<'_>) -> Package {
        let first = patterns(entry.patterns).next();
        let (pattern, asked, range) = first.unwrap_or((entry.patterns, entry.patterns, ""));
        // What it came to says the real name; the classic lockfile has only what was asked for.
        let (name, origin) = split(entry.resolution).unwrap_or_else(|| {
            let alias = range.strip_prefix("npm:").and_then(split);
            alias.map_or((asked, range), |(name, range)| (name, range))
        });
        let mut package = Package::new(Ecosystem::Npm, name, Some(entry.version), self.span(pattern));
        package.version_span = self.span(entry.version);
        package.alias = (name != asked).then(|| asked.into());
        package.source = if entry.resolution.is_empty() {
            self.classic_source(entry, origin)
        } else {
            self.berry_source(entry, origin, &mut package)
        };
        package.integrity.extend(subresource(entry.integrity, self.span(entry.integrity)));
        if !entry.checksum.is_empty() {
            // `10c0/…`: the version of the cache's own format stands before it.
            let digest = entry.checksum.rsplit('/').next().unwrap_or_default();
            package.integrity.push(hash("sha512", digest, self.span(digest)));
        }
        if entry.resolution.is_empty()
            && package.integrity.is_empty()
            && let Some((_, digest)) = entry.resolved.rsplit_once('#')
            && digest.len() == 40
            && matches!(package.source, Source::Url { .. })
        {
            let span = self.span(digest);
            package.integrity.push(Integrity { algorithm: Algorithm::Sha1, digest: digest.into(), span });
        }
        if !entry.conditions.is_empty() {
            // Packages for one platform are left out on the others.
            package.groups.optional = Some(true);
        }
        package
    }

    fn classic_source(&self, entry: &Entry<'_>, range: &str) -> Source {
        let written = entry.resolved;
        if written.is_empty() {
            return match range.split_once(':') {
                Some(("file" | "link" | "portal", path)) => Source::Path(path.into()),
                _ => Source::Registry,
            };
        }
        let span = self.span(written);
        let (url, fragment) = written.split_once('#').map_or((written, None), |(url, hash)| (url, Some(hash)));
        if let Some(path) = url.strip_prefix("file:") {
            return Source::Path(path.into());
        }
        if url.starts_with("git") || url.ends_with(".git") || range.starts_with("git+") {
            let commit = fragment.filter(|it| is_commit(it)).map(Into::into);
            return Source::Git { url: url.strip_prefix("git+").unwrap_or(url).into(), commit, span };
        }
        Source::Url { url: written.into(), span }
    }

    fn berry_source(&self, entry: &Entry<'_>, origin: &str, package: &mut Package) -> Source {
        let span = self.span(entry.resolution);
        match origin.split_once(':') {
            Some(("npm" | "patch", _)) => Source::Registry,
            Some(("workspace", _)) => {
                // `0.0.0-use.local` is what Berry writes for every one of them.
                package.version = None;
                Source::Project
            }
            Some(("file" | "link" | "portal", path)) => Source::Path(path.split("::").next().unwrap_or(path).into()),
            _ if origin.contains("#commit=") => {
                let (url, rest) = origin.split_once("#commit=").unwrap_or((origin, ""));
                let commit = rest.split('&').next().unwrap_or(rest);
                Source::Git { url: url.into(), commit: Some(commit.into()), span }
            }
            Some(("git" | "ssh", _)) => Source::Git { url: origin.into(), commit: None, span },
            _ => Source::Url { url: origin.into(), span },
        }
    }
}

/// The patterns of an entry with their names and ranges: `"a@^1", "a@^2"` and `"a@npm:^1, a@npm:^2"`.
fn patterns(text: &str) -> impl Iterator<Item = (&str, &str, &str)> {
    // No range that needs no quotes has a comma, and in Berry all patterns stand within one pair of quotes.
    text.split(", ").filter_map(|pattern| {
        let pattern = pattern.trim_matches('"');
        let (name, range) = split(pattern)?;
        Some((pattern, name, range))
    })
}

/// `@scope/name@range` in two.
fn split(text: &str) -> Option<(&str, &str)> {
    let at = text.char_indices().skip(1).find(|(_, c)| *c == '@')?.0;
    Some((text.get(..at)?, text.get(at.saturating_add(1)..)?))
}

/// `key "value"`, `key: value`, `key:`; quotes are taken off.
fn property(text: &str) -> Option<(&str, &str)> {
    let (key, rest) = if let Some(quoted) = text.strip_prefix('"') {
        quoted.split_once('"')?
    } else {
        let end = text.find([' ', ':']).unwrap_or(text.len());
        text.split_at_checked(end)?
    };
    let rest = rest.strip_prefix(':').unwrap_or(rest).trim_start();
    let value = match rest.strip_prefix('"') {
        Some(quoted) => quoted.strip_suffix('"')?,
        None => rest,
    };
    Some((key, value))
}
