//! `Gemfile.lock`, `gems.locked`, and the literal lines of a `Gemfile`.
//!
//! The lockfile says by its indentation who needs what. A gem that is built for several platforms stands once for each, and is
//! one package here. A `Gemfile` is a program: only `gem` calls with literal arguments are read, and of blocks only which
//! groups they are for, and whether their gems count everywhere: what is for some platforms, or behind a condition, may be
//! left out of the lockfile.

use std::collections::HashMap;
use std::sync::Arc;

use portcullis_core::{FileId, Span, SyntaxError, SyntaxErrorKind};

use super::helpers::{edges, hash, id, span_of};
use super::{Asked, Ecosystem, Groups, Lockfile, Manifest, Package, PackageId, Requirement, Source};

/// Reads a `Gemfile.lock`.
pub(super) fn lock(file: FileId, source: &Arc<str>) -> Lockfile {
    let text: &str = source;
    let mut reader =
        Reader { file, text, lock: Lockfile::default(), known: HashMap::new(), section: Section::default() };
    let mut edges_of: Vec<(PackageId, &str)> = Vec::new();
    let mut asked: Vec<&str> = Vec::new();
    let mut sums: Vec<(&str, &str)> = Vec::new();
    let mut current = None;
    for line in text.lines() {
        let content = line.trim();
        if content.is_empty() {
            continue;
        }
        let indent = line.len().saturating_sub(line.trim_start_matches(' ').len());
        match (indent, reader.section.name) {
            (0, _) => {
                if !content.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b' ') {
                    reader.fault(content, "this is no section of a Gemfile.lock");
                }
                reader.section = Section { name: content, ..Section::default() };
                current = None;
            }
            (2, "GIT" | "PATH" | "GEM" | "PLUGIN SOURCE") => reader.section.set(content),
            (4, "GIT" | "PATH" | "GEM" | "PLUGIN SOURCE") => {
                current = reader.add(content);
                if current.is_none() {
                    reader.fault(content, "this is no gem with its version");
                }
            }
            (6, "GIT" | "PATH" | "GEM" | "PLUGIN SOURCE") => {
                let name = content.split(' ').next().unwrap_or(content);
                edges_of.extend(current.map(|package| (package, name)));
            }
            (2, "DEPENDENCIES") => asked.push(content.split(' ').next().unwrap_or(content).trim_end_matches('!')),
            (2, "CHECKSUMS") => sums.extend(content.split_once(") ")),
            (_, "BUNDLED WITH") => reader.lock.header.version = Some(content.into()),
            _ => {}
        }
    }
    let Reader { mut lock, known, .. } = reader;
    let mut found: Vec<Vec<PackageId>> = vec![Vec::new(); lock.packages.len()];
    for (package, name) in edges_of {
        if let Some((found, target)) = found.get_mut(package.0 as usize).zip(known.get(&(name, ""))) {
            found.push(*target);
        }
    }
    for (package, found) in lock.packages.iter_mut().zip(found) {
        package.dependencies = edges(found);
        if package.source == Source::Project {
            // A gemspec's own dependencies are what its users get.
            let groups = Groups { dev: Some(false), optional: Some(false) };
            lock.asked.extend(package.dependencies.iter().map(|&package| Asked { package, groups }));
        }
    }
    let is_project = |id: &PackageId| lock.packages.get(id.0 as usize).is_some_and(|it| it.source == Source::Project);
    let asked = asked.iter().filter_map(|name| known.get(&(*name, ""))).filter(|id| !is_project(id));
    lock.asked.extend(asked.map(|&package| Asked { package, groups: Groups::default() }));
    for (gem, digests) in sums {
        let Some((name, version)) = gem.split_once(" (") else { continue };
        let version = version.split('-').next().unwrap_or(version);
        let package = known.get(&(name, version)).and_then(|id| lock.packages.get_mut(id.0 as usize));
        let Some(package) = package else { continue };
        for digest in digests.split(',') {
            let Some((name, digest)) = digest.trim().split_once('=') else { continue };
            package.integrity.push(hash(name, digest, span_of(file, text, digest)));
        }
    }
    lock
}

struct Reader<'s> {
    file: FileId,
    text: &'s str,
    lock: Lockfile,
    /// By name and version, and by name alone.
    known: HashMap<(&'s str, &'s str), PackageId>,
    section: Section<'s>,
}

/// A section and what it says of where its gems come from.
#[derive(Default)]
struct Section<'s> {
    name: &'s str,
    remote: &'s str,
    revision: &'s str,
    is_rubygems: bool,
}

impl<'s> Section<'s> {
    fn set(&mut self, content: &'s str) {
        match content.split_once(": ") {
            Some(("remote", remote)) => {
                self.is_rubygems |= remote.trim_end_matches('/').ends_with("//rubygems.org");
                self.remote = if self.remote.is_empty() { remote } else { self.remote };
            }
            Some(("revision", revision)) => self.revision = revision,
            _ => {}
        }
    }
}

impl<'s> Reader<'s> {
    fn span(&self, slice: &str) -> Span {
        span_of(self.file, self.text, slice)
    }

    /// The first fault is reported; others follow from it.
    fn fault(&mut self, place: &str, message: &str) {
        if self.lock.faults.is_empty() {
            let (span, message) = (self.span(place), message.to_owned());
            self.lock.faults.push(SyntaxError { span, message, kind: SyntaxErrorKind::Invalid });
        }
    }

    /// `name (version-platform)`; a gem for another platform of one that is there is that one.
    fn add(&mut self, content: &'s str) -> Option<PackageId> {
        let (name, rest) = content.split_once(" (")?;
        let version = rest.strip_suffix(')')?.split('-').next()?;
        if let Some(&package) = self.known.get(&(name, version)) {
            return Some(package);
        }
        let package = id(self.lock.packages.len());
        self.known.insert((name, version), package);
        self.known.entry((name, "")).or_insert(package);
        let mut gem = Package::new(Ecosystem::RubyGems, name, Some(version), self.span(name));
        gem.version_span = self.span(version);
        let remote = self.section.remote;
        gem.source = match self.section.name {
            "PATH" if remote == "." => Source::Project,
            "PATH" => Source::Path(remote.into()),
            "GIT" => Source::Git {
                url: remote.into(),
                commit: Some(self.section.revision).filter(|it| !it.is_empty()).map(Into::into),
                span: self.span(remote),
            },
            _ if self.section.is_rubygems || remote.is_empty() => Source::Registry,
            _ => Source::Url { url: remote.into(), span: self.span(remote) },
        };
        self.lock.packages.push(gem);
        Some(package)
    }
}

/// Reads a `Gemfile`.
pub(super) fn manifest(file: FileId, source: &Arc<str>) -> Manifest {
    let text: &str = source;
    let mut manifest = Manifest::default();
    // The open blocks, innermost last.
    let mut blocks: Vec<Block> = Vec::new();
    for line in text.lines() {
        let code = line.trim();
        if code.starts_with('#') {
            continue;
        }
        let word = code.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap_or_default();
        let arguments = code.get(word.len()..).unwrap_or_default().trim_start_matches(['(', ' ']);
        let opens = code.ends_with(" do") || (code.contains(" do |") && code.ends_with('|'));
        match word {
            "gem" => {
                let at = (arguments.as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
                let arguments = call(text.get(at..).unwrap_or(arguments));
                manifest.requirements.extend(gem(arguments, &blocks, |slice| span_of(file, text, slice)));
            }
            "group" if opens => blocks.push(Block { dev: Some(is_dev(arguments)), may_lack: false }),
            "source" | "git" | "github" | "gist" | "path" if opens => blocks.push(Block::default()),
            "end" => drop(blocks.pop()),
            "if" | "unless" | "case" | "begin" | "def" | "while" | "class" | "module" => blocks.push(Block::SOMETIMES),
            _ if opens => blocks.push(Block::SOMETIMES),
            _ => {}
        }
    }
    manifest
}

/// What a block says of the gems in it.
#[derive(Clone, Copy, Default)]
struct Block {
    /// Whether they are for development; `None`: not said.
    dev: Option<bool>,
    /// Whether they may be left out: `platforms … do`, `install_if`, `if`.
    may_lack: bool,
}

impl Block {
    const SOMETIMES: Self = Self { dev: None, may_lack: true };
}

/// A call's arguments: the lines up to the first that does not end with a comma.
fn call(text: &str) -> &str {
    let mut end: usize = 0;
    for line in text.split_inclusive('\n') {
        end = end.saturating_add(line.len());
        if !line.trim_end().ends_with(',') {
            break;
        }
    }
    text.get(..end).unwrap_or(text).trim_end()
}

/// Whether all groups that are named are for development.
fn is_dev(names: &str) -> bool {
    let names =
        names.trim_end_matches(" do").split([',', ' ', '[', ']']).map(|name| name.trim_matches([':', '"', '\'']));
    let mut names = names.filter(|name| !name.is_empty() && *name != "optional" && *name != "true").peekable();
    names.peek().is_some() && names.all(|name| matches!(name, "development" | "test"))
}

/// `"name", "~> 1.0", ">= 1.0.1", group: :test, git: "…"`.
fn gem(arguments: &str, blocks: &[Block], place: impl Fn(&str) -> Span) -> Option<Requirement> {
    let (name, mut rest) = literal(arguments)?;
    let ranges_start = rest.trim_start_matches(BETWEEN);
    let mut range = "";
    while let Some((next, after)) = literal(rest.trim_start_matches(BETWEEN)) {
        // A string before `=>` is the key of an option.
        if after.trim_start().starts_with("=>") {
            break;
        }
        let end = (next.as_ptr() as usize).saturating_add(next.len()).saturating_sub(ranges_start.as_ptr() as usize);
        range = ranges_start.get(1..end).unwrap_or(next);
        rest = after;
    }
    let option = |key: &str| {
        let [plain, rocket] = [format!("{key}:"), format!(":{key} =>")];
        let found = [plain, rocket].into_iter().find_map(|key| rest.split_once(key.as_str()));
        found.map(|(_, value)| value.trim_start())
    };
    let text = |key: &str| option(key).and_then(literal).map(|(text, _)| text);
    let grouped = option("group").or_else(|| option("groups")).map(|value| {
        let list = value.strip_prefix('[').and_then(|list| list.split_once(']')).map(|(list, _)| list);
        is_dev(list.unwrap_or_else(|| value.split(',').next().unwrap_or(value)))
    });
    let block = blocks.iter().rev().find_map(|block| block.dev);
    let is_for_some = ["platforms", "platform", "install_if"].into_iter().any(|key| option(key).is_some());
    // `gem "…" if RUBY_VERSION < "3"`.
    let has_condition = rest.split_whitespace().any(|word| matches!(word, "if" | "unless"));
    let may_lack = is_for_some || has_condition || blocks.iter().any(|block| block.may_lack);
    let source = if let Some(url) = text("git").or_else(|| text("github")) {
        let commit = text("ref").filter(|it| super::npm::is_commit(it)).map(Into::into);
        Source::Git { url: url.into(), commit, span: place(url) }
    } else if let Some(path) = text("path") {
        Source::Path(path.into())
    } else {
        Source::Registry
    };
    Some(Requirement {
        ecosystem: Ecosystem::RubyGems,
        name: name.into(),
        range: range.replace(['"', '\''], "").split_whitespace().collect::<Vec<_>>().join(" ").into(),
        span: place(name),
        range_span: place(if range.is_empty() { name } else { range }),
        groups: Groups { dev: Some(grouped.or(block).unwrap_or(false)), optional: Some(may_lack) },
        source,
    })
}

/// What stands between arguments.
const BETWEEN: [char; 5] = [',', ' ', '\t', '\r', '\n'];

/// A string without interpolation, and what follows it.
fn literal(text: &str) -> Option<(&str, &str)> {
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let (inner, rest) = text.get(1..)?.split_once(quote)?;
    (!inner.contains("#{") && !inner.is_empty()).then_some((inner, rest))
}
