//! `requirements.txt` and its kin, as pip reads them.
//!
//! Both a lockfile and a manifest: every line asks for something, and one that names a single version (`==`, `===`, a wheel)
//! says what is installed as well. A range is never taken for a version. Which lines were written by hand and which a tool
//! resolved is known only where the tool says so: pip-compile and uv write `# via` beneath each, which gives the edges.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use portcullis_core::{FileId, Span, SyntaxError, SyntaxErrorKind};

use super::helpers::{edges, id, prefixed_hash, span_of, words};
use super::python::{asked, exact, normal, source_of, specifier};
use super::read::Contents;
use super::{
    Ecosystem, Groups, Lockfile, Manifest, Package, PackageId, Reference, ReferenceKind, Relation, Requirement, Source,
};

/// Reads a file of requirements.
pub(super) fn read(file: FileId, source: &Arc<str>) -> Contents {
    let text = joined(source);
    let mut reader = Reader {
        file,
        text: &text,
        lock: Lockfile::default(),
        manifest: Manifest::default(),
        fault: None,
        current: None,
        vias: Vec::new(),
        in_via: false,
    };
    for line in text.lines() {
        match line.trim().strip_prefix('#') {
            Some(comment) => reader.comment(comment),
            None => reader.line(line),
        }
    }
    reader.resolve_vias();
    let Reader { mut lock, mut manifest, fault, .. } = reader;
    lock.faults.extend(fault.clone());
    manifest.faults.extend(fault);
    Contents { lock: Some(lock), manifest: Some(manifest) }
}

/// The text with continued lines put together: what is between becomes blanks, so that offsets stay.
fn joined(text: &str) -> Cow<'_, str> {
    let text = text.strip_prefix('\u{feff}').map_or(Cow::Borrowed(text), |rest| Cow::Owned(format!("   {rest}")));
    if !text.contains("\\\n") && !text.contains("\\\r\n") {
        return text;
    }
    Cow::Owned(text.replace("\\\r\n", "   ").replace("\\\n", "  "))
}

/// A comment starts at the line's start or after a blank; elsewhere `#` is part of an address.
fn without_comment(line: &str) -> &str {
    let is_start = |at: &usize| {
        let before = at.checked_sub(1).and_then(|before| line.as_bytes().get(before));
        before.is_none_or(u8::is_ascii_whitespace)
    };
    let at = memchr::memchr_iter(b'#', line.as_bytes()).find(is_start);
    at.and_then(|at| line.get(..at)).unwrap_or(line)
}

struct Reader<'s> {
    file: FileId,
    text: &'s str,
    lock: Lockfile,
    manifest: Manifest,
    fault: Option<SyntaxError>,
    /// The package of the last requirement.
    current: Option<PackageId>,
    /// Who asked for a package.
    vias: Vec<(PackageId, &'s str)>,
    in_via: bool,
}

impl<'s> Reader<'s> {
    fn span(&self, slice: &str) -> Span {
        span_of(self.file, self.text, slice)
    }

    /// `# via name`, or `# via` with the names in the comments that follow.
    fn comment(&mut self, comment: &'s str) {
        let content = comment.trim();
        let name = match content.strip_prefix("via") {
            Some(rest) if rest.is_empty() || rest.starts_with(' ') => {
                self.in_via = true;
                rest.trim()
            }
            _ if self.in_via && comment.starts_with("   ") => content,
            _ => {
                self.in_via = false;
                return;
            }
        };
        if !name.is_empty() {
            // Older tools put all names in one line.
            self.vias
                .extend(self.current.into_iter().flat_map(|package| name.split(", ").map(move |via| (package, via))));
        }
    }

    /// `-r requirements.in` and `project (pyproject.toml)` are the project itself; what else is named is a package.
    fn resolve_vias(&mut self) {
        if self.vias.is_empty() {
            return;
        }
        let names = self.lock.packages.iter().enumerate().map(|(index, package)| (normal(&package.name), id(index)));
        let known: HashMap<String, PackageId> = names.collect();
        let mut found: Vec<Vec<PackageId>> = vec![Vec::new(); self.lock.packages.len()];
        for &(package, via) in &self.vias {
            let is_project = via.starts_with('-') || via.contains(" (");
            if let Some(package) = self.lock.packages.get_mut(package.0 as usize)
                && package.relation != Relation::Direct
            {
                package.relation = if is_project { Relation::Direct } else { Relation::Transitive };
            }
            let parent = known.get(&normal(via)).and_then(|parent| found.get_mut(parent.0 as usize));
            if let Some(edges) = parent.filter(|_| !is_project) {
                edges.push(package);
            }
        }
        for (package, found) in self.lock.packages.iter_mut().zip(found) {
            package.dependencies = edges(found);
        }
    }

    fn line(&mut self, whole: &'s str) {
        let line = without_comment(whole).trim();
        if line.is_empty() {
            return;
        }
        self.current = None;
        self.in_via = false;
        let packages = self.lock.packages.len();
        self.read_line(line);
        if self.lock.packages.len() > packages {
            self.current = Some(id(packages));
        }
        // pip-compile may say it behind the requirement.
        let comment = whole.get(line.len()..).and_then(|rest| rest.split_once('#'));
        if let Some((_, comment)) = comment.filter(|_| whole.contains("# via")) {
            self.comment(comment);
        }
    }

    fn read_line(&mut self, line: &'s str) {
        if let Some(option) = line.strip_prefix('-') {
            return self.option(option);
        }
        // Options of the one requirement follow it.
        let end = line.find(" -").or_else(|| line.find("\t-")).unwrap_or(line.len());
        let (wanted, options) = line.split_at_checked(end).unwrap_or((line, ""));
        self.requirement(wanted.trim(), options);
    }

    /// `-r`, `-c` and `-e` in all their forms; every other option is about how pip works.
    fn option(&mut self, option: &'s str) {
        for (short, long, kind) in [
            ("r", "-requirement", Some(ReferenceKind::Requirements)),
            ("c", "-constraint", Some(ReferenceKind::Constraints)),
            ("e", "-editable", None),
        ] {
            let value = match option.strip_prefix(long) {
                Some(rest) if rest.starts_with(['=', ' ', '\t']) => rest.trim_start_matches(['=', ' ', '\t']),
                Some(_) => continue,
                None if option.starts_with('-') => continue,
                None => match option.strip_prefix(short) {
                    Some(rest) => rest.trim_start_matches(['=', ' ', '\t']),
                    None => continue,
                },
            };
            let value = value.trim_matches(['"', '\'']);
            if value.is_empty() {
                return;
            }
            match kind {
                Some(kind) => {
                    let span = self.span(value);
                    self.manifest.references.push(Reference { path: value.into(), kind, span });
                }
                None => self.requirement(value, ""),
            }
            return;
        }
    }

    fn requirement(&mut self, wanted: &'s str, options: &'s str) {
        let groups = Groups::default();
        let requirement = match specifier(wanted).filter(|_| !is_address(wanted)) {
            Some(parsed) => asked(parsed, groups, |slice| self.span(slice)),
            None => match self.address(wanted) {
                Some(requirement) => requirement,
                None => return,
            },
        };
        let wheel = match &requirement.source {
            Source::Url { .. } | Source::Path(_) => wheel(&requirement.range).map(|(_, version)| version.to_owned()),
            _ => None,
        };
        let version = exact(&requirement.range).map(str::to_owned).or(wheel);
        if version.is_some() || requirement.source != Source::Registry {
            let (name, span) = (&requirement.name, requirement.span);
            let mut package = Package::new(Ecosystem::PyPi, name, version.as_deref(), span);
            if version.is_some() {
                package.version_span = requirement.range_span;
            }
            package.source = requirement.source.clone();
            let hashes = words(options).filter_map(|(_, word)| word.strip_prefix("--hash="));
            package.integrity = hashes.filter_map(|hash| prefixed_hash(hash, self.span(hash))).collect();
            self.lock.packages.push(package);
        }
        self.manifest.requirements.push(requirement);
    }

    /// An address or a path by itself; `None` where it does not say of which package.
    fn address(&mut self, wanted: &'s str) -> Option<Requirement> {
        let address = wanted.split([' ', '\t']).next().unwrap_or(wanted);
        if !is_address(address) {
            let span = self.span(wanted);
            let message = "this is no requirement".to_owned();
            self.fault.get_or_insert(SyntaxError { span, message, kind: SyntaxErrorKind::Invalid });
            return None;
        }
        let span = self.span(address);
        let source = source_of(address, span);
        let egg = address.split_once("#egg=").or_else(|| address.split_once("&egg="));
        let egg = egg.and_then(|(_, egg)| egg.split(['&', '[', '=']).next()).filter(|egg| !egg.is_empty());
        let name = egg.or_else(|| wheel(address).map(|(name, _)| name))?;
        Some(Requirement {
            ecosystem: Ecosystem::PyPi,
            name: name.into(),
            range: address.into(),
            span: self.span(name),
            range_span: span,
            groups: Groups::default(),
            source,
        })
    }
}

fn is_address(text: &str) -> bool {
    let first = text.split([' ', '\t', '@']).next().unwrap_or_default();
    first.contains("://")
        || first.starts_with(['.', '/'])
        || first.starts_with("file:")
        || first.starts_with("git+")
        || [".whl", ".tar.gz", ".zip"].iter().any(|end| first.ends_with(end))
}

/// Name and version of a wheel by the name of its file: `name-1.0-py3-none-any.whl`.
fn wheel(address: &str) -> Option<(&str, &str)> {
    let path = address.split(['#', '?']).next()?;
    let stem = path.rsplit('/').next()?.strip_suffix(".whl")?;
    let mut parts = stem.split('-');
    Some((parts.next()?, parts.next()?))
}
