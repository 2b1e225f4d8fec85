//! Puts a database file together.

use super::header::Header;
use super::meta::Meta;
use super::{package, texts};
use crate::Timestamp;

/// What goes into a file besides the advisories.
#[derive(Clone, Debug, Default)]
pub struct Stamp {
    /// Goes up with every build of one publisher.
    pub build: u64,
    /// When it is built.
    pub built_at: Timestamp,
    /// When it will be too old to be used; `None`: never.
    pub expires_at: Option<Timestamp>,
}

/// The sections of a file.
pub(crate) struct Sections {
    pub(crate) meta: Meta,
    pub(crate) directory: Vec<u8>,
    pub(crate) packages: Vec<u8>,
    pub(crate) blocks: Vec<u8>,
    pub(crate) texts: Vec<u8>,
}

pub(crate) fn assemble(stamp: &Stamp, sections: &Sections) -> Vec<u8> {
    Header::write(
        stamp.build,
        stamp.built_at,
        stamp.expires_at,
        [&sections.meta.write(), &sections.directory, &sections.packages, &sections.blocks, &sections.texts],
    )
}

/// A file with valid checksums around contents that may be anything, one bucket and one block of texts: what fuzzing reads.
#[doc(hidden)]
pub fn around(meta: &[u8], bucket: &[u8], block: &[u8]) -> Vec<u8> {
    let (directory, packages) = package::write_buckets(1, [(0, bucket.to_vec())]).unwrap_or_default();
    let (blocks, texts) = texts::join(texts::pack_block(block).as_slice());
    Header::write(0, Timestamp::default(), None, [meta, &directory, &packages, &blocks, &texts])
}
