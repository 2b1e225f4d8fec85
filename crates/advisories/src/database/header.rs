//! The first bytes of a database file.

use sha2::{Digest, Sha256};

use super::bytes::{Reader, Writer};
use crate::{Fault, Timestamp};

const MAGIC: &[u8; 8] = b"PCLSADV\n";

/// What this program writes and reads. Goes up with every change of the format.
pub(super) const SCHEMA: u32 = 2;

/// Magic, schema, build, two times, five sections, and the digest of all that.
pub(super) const LENGTH: usize = 8 + 4 + 8 + 8 + 8 + Section::ALL.len() * (8 + 8 + 32) + 32;

/// What the header says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The version of the format.
    pub schema: u32,
    /// Goes up with every build of one publisher, so that an older file is not taken for an update.
    pub build: u64,
    /// When it was built.
    pub built_at: Timestamp,
    /// When it is too old to be used; `None`: never.
    pub expires_at: Option<Timestamp>,
    sections: [Extent; Section::ALL.len()],
}

/// Where a section is, and what is in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Extent {
    offset: u64,
    length: u64,
    digest: [u8; 32],
}

/// A part of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Section {
    Meta,
    Directory,
    Packages,
    Blocks,
    Texts,
}

impl Section {
    pub(super) const ALL: [Self; 5] = [Self::Meta, Self::Directory, Self::Packages, Self::Blocks, Self::Texts];

    /// What has no checksums of its own inside.
    pub(super) const NEEDED: [Self; 3] = [Self::Meta, Self::Directory, Self::Blocks];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Meta => "list of sources",
            Self::Directory => "directory",
            Self::Packages => "packages",
            Self::Blocks => "directory of texts",
            Self::Texts => "texts",
        }
    }
}

impl Header {
    /// The header of a file, all of whose sections lie in it.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, Fault> {
        let mut reader = Reader::new(bytes);
        if reader.take(MAGIC.len()) != Some(MAGIC) {
            return Err(Fault::Foreign);
        }
        let actual = bytes.len() as u64;
        let too_short = Fault::Length { expected: LENGTH as u64, actual };
        let schema = reader.u32().ok_or(too_short.clone())?;
        // What a header of another schema looks like is not known.
        if schema < SCHEMA {
            return Err(Fault::OlderSchema { found: schema, expected: SCHEMA });
        }
        if schema > SCHEMA {
            return Err(Fault::NewerSchema { found: schema, expected: SCHEMA });
        }
        let (header, digest) = Self::read(schema, &mut reader).ok_or(too_short)?;
        let covered = LENGTH.checked_sub(digest.len()).and_then(|end| bytes.get(..end));
        if covered.is_none_or(|covered| Sha256::digest(covered).as_slice() != digest) {
            return Err(Fault::Checksum("header"));
        }
        let mut expected = LENGTH as u64;
        for extent in &header.sections {
            if extent.offset != expected {
                return Err(Fault::Malformed("header"));
            }
            expected = expected.checked_add(extent.length).ok_or(Fault::Malformed("header"))?;
        }
        if expected != actual {
            return Err(Fault::Length { expected, actual });
        }
        Ok(header)
    }

    fn read<'b>(schema: u32, reader: &mut Reader<'b>) -> Option<(Self, &'b [u8])> {
        let build = reader.u64()?;
        let built_at = Timestamp(reader.i64()?);
        let expires_at = Some(reader.i64()?).filter(|&at| at != i64::MAX).map(Timestamp);
        let mut sections = [Extent::default(); Section::ALL.len()];
        for extent in &mut sections {
            *extent =
                Extent { offset: reader.u64()?, length: reader.u64()?, digest: reader.take(32)?.try_into().ok()? };
        }
        Some((Self { schema, build, built_at, expires_at, sections }, reader.take(32)?))
    }

    /// The bytes of a section.
    pub(super) fn section<'b>(&self, bytes: &'b [u8], section: Section) -> &'b [u8] {
        let Some(extent) = self.sections.get(section as usize) else { return &[] };
        let range = || {
            let start = usize::try_from(extent.offset).ok()?;
            bytes.get(start..start.checked_add(usize::try_from(extent.length).ok()?)?)
        };
        range().unwrap_or_default()
    }

    /// Reads a section and compares its checksum.
    pub(super) fn verify(&self, bytes: &[u8], section: Section) -> Result<(), Fault> {
        let digest = Sha256::digest(self.section(bytes, section));
        let same = self.sections.get(section as usize).is_some_and(|extent| extent.digest == digest.as_slice());
        if same { Ok(()) } else { Err(Fault::Checksum(section.name())) }
    }

    /// A file of sections, in their order.
    pub(super) fn write(
        build: u64,
        built_at: Timestamp,
        expires_at: Option<Timestamp>,
        sections: [&[u8]; Section::ALL.len()],
    ) -> Vec<u8> {
        let mut writer = Writer::default();
        writer.bytes.reserve(LENGTH + sections.iter().map(|section| section.len()).sum::<usize>());
        writer.bytes.extend(MAGIC);
        writer.u32(SCHEMA);
        writer.u64(build);
        writer.i64(built_at.0);
        writer.i64(expires_at.map_or(i64::MAX, |at| at.0));
        let mut offset = LENGTH as u64;
        for section in sections {
            writer.u64(offset);
            writer.u64(section.len() as u64);
            writer.bytes.extend(Sha256::digest(section));
            offset += section.len() as u64;
        }
        let digest = Sha256::digest(&writer.bytes);
        writer.bytes.extend(digest);
        for section in sections {
            writer.bytes.extend(section);
        }
        writer.bytes
    }
}
