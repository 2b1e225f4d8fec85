//! What a database was made of, and what it knows.

use portcullis_model::packages::Ecosystem;

use super::bytes::{Reader, Writer};
use crate::{Fault, Timestamp};

/// The first section of a database.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Meta {
    /// In the order in which they were given.
    pub sources: Vec<SourceInfo>,
    /// The ecosystems of its packages, by name.
    pub ecosystems: Vec<Coverage>,
}

/// One file or folder that advisories came from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceInfo {
    /// `OSV Go`, `RustSec`.
    pub name: String,
    /// When the youngest of its records was changed.
    pub date: Option<Timestamp>,
    /// The commit, where it is a checkout that says so.
    pub commit: Option<String>,
    /// How many advisories it gave, those that were withdrawn left out.
    pub records: u64,
    /// How many versions it says are withdrawn by their publishers.
    pub yanked: u64,
}

/// What is known about an ecosystem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coverage {
    /// OSV's name of it.
    pub ecosystem: String,
    /// Whether a source is about the ecosystem; else there are only records of other ecosystems that name its packages too.
    pub complete: bool,
    /// How many packages have advisories.
    pub packages: u64,
    /// How many advisories there are.
    pub advisories: u64,
}

impl Meta {
    /// What is known about an ecosystem.
    pub fn coverage(&self, ecosystem: Ecosystem) -> Option<&Coverage> {
        self.ecosystems.iter().find(|coverage| coverage.ecosystem == ecosystem.osv())
    }

    pub(super) fn parse(bytes: &[u8]) -> Result<Self, Fault> {
        let mut reader = Reader::new(bytes);
        let read = |reader: &mut Reader<'_>| {
            let sources = reader.list(source)?;
            let ecosystems = reader.list(coverage)?;
            reader.is_empty().then_some(Self { sources, ecosystems })
        };
        read(&mut reader).ok_or(Fault::Malformed("list of sources"))
    }

    pub(super) fn write(&self) -> Vec<u8> {
        let mut writer = Writer::default();
        writer.count(self.sources.len());
        for source in &self.sources {
            writer.text(&source.name);
            writer.i64(source.date.map_or(i64::MIN, |date| date.0));
            writer.text(source.commit.as_deref().unwrap_or_default());
            writer.varint(source.records);
            writer.varint(source.yanked);
        }
        writer.count(self.ecosystems.len());
        for coverage in &self.ecosystems {
            writer.text(&coverage.ecosystem);
            writer.u8(u8::from(coverage.complete));
            writer.varint(coverage.packages);
            writer.varint(coverage.advisories);
        }
        writer.bytes
    }
}

fn source(reader: &mut Reader<'_>) -> Option<SourceInfo> {
    Some(SourceInfo {
        name: reader.text()?.to_owned(),
        date: Some(reader.i64()?).filter(|&date| date != i64::MIN).map(Timestamp),
        commit: Some(reader.text()?).filter(|commit| !commit.is_empty()).map(str::to_owned),
        records: reader.varint()?,
        yanked: reader.varint()?,
    })
}

fn coverage(reader: &mut Reader<'_>) -> Option<Coverage> {
    Some(Coverage {
        ecosystem: reader.text()?.to_owned(),
        complete: reader.u8()? != 0,
        packages: reader.varint()?,
        advisories: reader.varint()?,
    })
}
