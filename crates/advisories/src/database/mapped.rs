//! The bytes of a database file, wherever they are.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use memmap2::Mmap;

/// Bytes that stay where they are.
pub(super) enum Contents {
    /// Part of the program.
    Static(&'static [u8]),
    /// A file; its pages are read when they are looked at.
    Mapped(Mmap),
    /// In memory.
    Owned(Vec<u8>),
}

impl Contents {
    /// Maps a file, or reads it where it cannot be mapped (a pipe, an odd file system).
    pub(super) fn of_file(path: &Path) -> io::Result<Self> {
        let mut file = File::open(path)?;
        if let Ok(mapped) = map(&file) {
            return Ok(Self::Mapped(mapped));
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Ok(Self::Owned(bytes))
    }

    pub(super) fn bytes(&self) -> &[u8] {
        match self {
            Self::Static(bytes) => bytes,
            Self::Mapped(mapped) => mapped,
            Self::Owned(bytes) => bytes,
        }
    }
}

impl std::fmt::Debug for Contents {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kind = match self {
            Self::Static(_) => "Static",
            Self::Mapped(_) => "Mapped",
            Self::Owned(_) => "Owned",
        };
        write!(f, "{kind}({} bytes)", self.bytes().len())
    }
}

#[expect(
    unsafe_code,
    reason = "the one place that maps a file: reading a large database whole would cost more than the scan"
)]
fn map(file: &File) -> io::Result<Mmap> {
    // SAFETY: the mapping is only read, as bytes of which every value is valid, and each is checked before it is used. It
    // is undefined if somebody changes the file meanwhile; databases are replaced by renaming a new file over the old one,
    // which leaves the mapped one as it is.
    unsafe { Mmap::map(file) }
}
