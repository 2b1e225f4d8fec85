//! How anything but the scan itself reads a file.

use std::path::PathBuf;

/// A consistent view of one tree of files: the worktree, the index, a revision or standard input.
///
/// Paths are relative to the scan root, `/`-separated, without `.` or `..` components. Whatever follows a reference
/// from one file to another (a module, a base, an `.env`) goes through here, so that it sees the same tree.
pub trait Files: Sync {
    /// The bytes of a file.
    fn read(&self, path: &str) -> Result<Vec<u8>, FileError>;

    /// The names (not paths) of a directory's entries, sorted.
    fn list(&self, directory: &str) -> Result<Vec<String>, FileError>;

    /// Whether there is such a file; links to one count where they are followed.
    fn is_file(&self, path: &str) -> bool {
        self.read(path).is_ok()
    }
}

/// Why a file could not be read.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// No such file or directory.
    #[error("{0} does not exist")]
    Missing(PathBuf),
    /// The path leads out of the scanned tree.
    #[error("{0} is outside the scanned tree")]
    Outside(PathBuf),
    /// Larger than the configured limit.
    #[error("{path} has {size} bytes, over the limit of {limit}")]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Its size in bytes.
        size: u64,
        /// The limit in bytes.
        limit: u64,
    },
    /// The operating system refused.
    #[error("{path}: {reason}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's own words.
        reason: String,
    },
}
