//! What can go wrong with databases and with what they are made of.

use std::io;
use std::path::PathBuf;

use crate::Timestamp;

/// An error with what caused it.
pub fn with_causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |error| error.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

/// What failed, and with which file.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file cannot be read.
    #[error("cannot read {path}")]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A database file cannot be used.
    #[error("the advisory database {name} {fault}")]
    Database {
        /// The file's path, or what stands for it.
        name: Box<str>,
        /// Why.
        fault: Fault,
    },
    /// An advisory is not what its format says.
    #[error("{name}: {reason}")]
    Record {
        /// The file that it stands in.
        name: String,
        /// Why.
        reason: String,
    },
    /// What a database shall be made of is not of a kind that is known.
    #[error("{path}: {expected}")]
    Source {
        /// Which file or folder.
        path: PathBuf,
        /// What it should be.
        expected: &'static str,
    },
    /// More than the file format has room for.
    #[error("the advisories are more than a database file can hold")]
    TooLarge,
}

/// Why a database file cannot be used. Reads on from "the advisory database NAME".
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// It does not start as such files do.
    #[error("is not an advisory database of this program")]
    Foreign,
    /// It ends too early, or goes on.
    #[error("is {actual} bytes long instead of {expected}: it was cut off or put together wrongly")]
    Length {
        /// What the header says.
        expected: u64,
        /// What there is.
        actual: u64,
    },
    /// A later program reads it no more.
    #[error("has schema {found}, this program reads {expected}: build or download it again")]
    OlderSchema {
        /// What the file has.
        found: u32,
        /// What is read here.
        expected: u32,
    },
    /// It was made for a later program.
    #[error("has schema {found}, this program reads {expected}: use a newer program")]
    NewerSchema {
        /// What the file has.
        found: u32,
        /// What is read here.
        expected: u32,
    },
    /// Its bytes are not those that were written.
    #[error("is damaged: the checksum of its {0} is wrong")]
    Checksum(&'static str),
    /// It is said to be too old to be used.
    #[error("expired at {at}: update it")]
    Expired {
        /// Since when.
        at: Timestamp,
    },
    /// Its checksums hold, but it makes no sense.
    #[error("is malformed: its {0} cannot be read")]
    Malformed(&'static str),
}
