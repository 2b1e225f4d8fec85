//! What a scan's lockfiles resolved, for bills of materials.

use crate::FileId;

/// A package that some lockfile of the scan resolved: one for each package URL.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Material {
    /// The package URL, in canonical form; the identity.
    pub purl: String,
    /// The ecosystem by its name in OSV records.
    pub ecosystem: &'static str,
    /// The name as its ecosystem writes it.
    pub name: Box<str>,
    /// The version; `None`: not known.
    pub version: Option<Box<str>>,
    /// Where it stands, in the order of files and lines; never empty.
    pub places: Vec<MaterialPlace>,
    /// The licence as a lockfile writes it, valid expression or not.
    pub licence: Option<Box<str>>,
    /// Hashes of its archives, sorted, each once. Several of one kind are those of several archives.
    pub checksums: Vec<Checksum>,
    /// The address of its archive or repository.
    pub source: Option<Box<str>>,
    /// Whether nothing but development needs it, in every place.
    pub is_development: bool,
    /// Whether it may be left out, in every place.
    pub is_optional: bool,
    /// Whether some project asks for it by itself, where that is known.
    pub is_direct: bool,
    /// The packages that it needs, as indices into the list that it is in; sorted, each once.
    pub dependencies: Vec<usize>,
    /// The advisories that hold for it, by their findings.
    pub advisories: Vec<Advised>,
}

/// Where a package stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MaterialPlace {
    /// The file.
    pub file: FileId,
    /// The line, from 1.
    pub line: u32,
}

/// An advisory that holds for a package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advised {
    /// The finding, as an index into the report's list.
    pub finding: usize,
    /// Its CVSS vectors, each with its score in tenths.
    pub vectors: Vec<(Box<str>, u8)>,
}

/// A file that resolved packages, as the project that asks for them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MaterialRoot {
    /// The lockfile.
    pub file: FileId,
    /// What the project asks for, and what nothing else in the file asks for, as indices into the report's packages;
    /// sorted, each once.
    pub packages: Vec<usize>,
}

/// A hash of an archive.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Checksum {
    /// How it was made.
    pub kind: ChecksumKind,
    /// The digest in lower-case hexadecimal, of the length of its kind.
    pub hex: String,
}

/// Hash functions that bills of materials know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChecksumKind {
    /// MD5.
    Md5,
    /// SHA-1.
    Sha1,
    /// SHA-2 with 256 bits.
    Sha256,
    /// SHA-2 with 384 bits.
    Sha384,
    /// SHA-2 with 512 bits.
    Sha512,
}
