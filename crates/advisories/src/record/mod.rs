//! An advisory, as far as matching and reporting need it.
//!
//! The terms are OSV's; what other formats say is brought into them. Nothing is interpreted here: ranges keep their order,
//! versions and names their spelling.

pub mod osv;
mod patched;
pub mod rustsec;

use portcullis_core::YANKED;

use crate::{Level, Rating, Timestamp};

/// One advisory of one database.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Record {
    /// `RUSTSEC-2021-0001`, `GHSA-…`, `PYSEC-…`, `GO-…`, `MAL-…`, `CVE-…`.
    pub id: String,
    /// Other databases' ids of the same defect; symmetric and transitive.
    pub aliases: Vec<String>,
    /// Ids of the defects that this one comes from, in what the package is made of. Never aliases.
    pub upstream: Vec<String>,
    /// Ids of defects that are worth knowing of. Never aliases.
    pub related: Vec<String>,
    /// Since when its database takes it back.
    pub withdrawn: Option<Timestamp>,
    /// When it was published.
    pub published: Option<Timestamp>,
    /// When it was changed last.
    pub modified: Option<Timestamp>,
    /// One line.
    pub summary: String,
    /// Markdown.
    pub details: String,
    /// CVSS vectors of any version.
    pub vectors: Vec<String>,
    /// The word that its database uses, for what has no vector.
    pub word: Option<Level>,
    /// What it is about.
    pub affected: Vec<Affected>,
    /// Where to read on.
    pub references: Vec<Reference>,
}

/// One package that an advisory is about.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Affected {
    /// As OSV names it, without the release or repository after a colon.
    pub ecosystem: String,
    /// As it is written.
    pub name: String,
    /// Ranges of versions; of repositories' commits as well.
    pub ranges: Vec<Range>,
    /// Versions one by one.
    pub versions: Vec<String>,
    /// What the advisory says of the package.
    pub kind: Kind,
    /// Paths of the functions that are affected, as the ecosystem writes them; empty where nobody has said.
    pub functions: Vec<String>,
    /// CVSS vectors for this package.
    pub vectors: Vec<String>,
    /// The word that the database uses for this package.
    pub word: Option<Level>,
}

/// What an advisory says of a package; ordered from the least to the worst.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Something that users should know.
    Notice,
    /// Its publisher has withdrawn the version.
    Yanked,
    /// Nobody works on it any more.
    Unmaintained,
    /// Safe code can misuse it; nobody has shown that an attacker can.
    Unsound,
    /// It can be attacked.
    #[default]
    Vulnerability,
    /// It is an attack.
    Malicious,
}

/// A range of versions.
#[derive(Clone, Debug, PartialEq)]
pub struct Range {
    /// Whose order the events are in.
    pub order: Order,
    /// In the order of the record, which need not be that of the versions.
    pub events: Vec<Event>,
}

/// What orders the versions of a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Semantic Versioning, or the ecosystem's own order, which extends it where both apply.
    Versions,
    /// The graph of a repository's commits, which is not known here.
    Commits,
}

/// Where a range starts or ends.
#[derive(Clone, Debug, PartialEq)]
pub enum Event<T = String> {
    /// Affected from here; `0` is before every version.
    Introduced(T),
    /// No longer affected from here.
    Fixed(T),
    /// No longer affected after this.
    LastAffected(T),
    /// Nothing is said from here on; `*` is after every version.
    Limit(T),
}

/// A page about an advisory.
#[derive(Clone, Debug, PartialEq)]
pub struct Reference {
    /// `ADVISORY`, `FIX`, `WEB`, …
    pub kind: String,
    /// Its address.
    pub url: String,
}

impl Record {
    /// Whether the package itself is the attack: the ids of such records start with `MAL-`.
    pub fn is_malicious(&self) -> bool {
        self.id.starts_with("MAL-")
    }

    /// How bad it is, by what it says for all of its packages.
    pub fn rating(&self) -> Rating {
        if self.is_malicious() {
            return Rating::Word(Level::Critical);
        }
        Rating::of(self.vectors.iter().map(String::as_str), self.word)
    }
}

impl Affected {
    /// How bad it is for this package, where that is said.
    pub fn rating(&self) -> Rating {
        Rating::of(self.vectors.iter().map(String::as_str), self.word)
    }
}

impl Kind {
    /// Every kind, in the order of their codes in database files.
    pub const ALL: [Self; 6] =
        [Self::Notice, Self::Unmaintained, Self::Unsound, Self::Vulnerability, Self::Malicious, Self::Yanked];

    /// The kind that RustSec's `informational` means; a word that is not known yet informs.
    pub fn of_informational(word: &str) -> Self {
        match word {
            "unmaintained" => Self::Unmaintained,
            "unsound" => Self::Unsound,
            _ => Self::Notice,
        }
    }

    /// The name in outputs and configuration.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Notice => "notice",
            Self::Yanked => YANKED,
            Self::Unmaintained => "unmaintained",
            Self::Unsound => "unsound",
            Self::Vulnerability => "vulnerability",
            Self::Malicious => "malicious",
        }
    }
}

impl<T> Event<T> {
    /// The version that it is at.
    pub const fn version(&self) -> &T {
        match self {
            Self::Introduced(version) | Self::Fixed(version) | Self::LastAffected(version) | Self::Limit(version) => {
                version
            }
        }
    }
}

impl Event {
    /// The same event over borrowed text.
    pub fn as_str(&self) -> Event<&str> {
        match self {
            Self::Introduced(version) => Event::Introduced(version),
            Self::Fixed(version) => Event::Fixed(version),
            Self::LastAffected(version) => Event::LastAffected(version),
            Self::Limit(version) => Event::Limit(version),
        }
    }
}
