//! One scan: discover, classify, parse and judge in parallel, join, suppress, sort.
//!
//! The only crate that reads files. Nothing here prints.

mod actions;
mod advisory;
mod asked;
mod builds;
mod callers;
mod classify;
pub mod config;
mod definitions;
mod directives;
mod discover;
mod drift;
mod elsewhere;
mod files;
mod filters;
mod fix;
mod git;
mod helm;
mod history;
mod ignored;
mod inside;
mod judge;
mod kustomize;
mod neighbours;
mod packages;
mod paths;
mod piped;
mod policies;
mod relations;
mod replace;
mod scan;
mod scrub;
mod seal;
mod select;
mod shellcheck;
mod taken_in;
mod targets;
mod terraform;
mod testing;
mod together;
mod vers;
mod vex;

pub use advisory::advisory;
pub use files::{FILE_LIMIT, Worktree};
pub use fix::{Fixed, FixedFile, fix};
pub use git::GitError;
pub use history::history;
pub use packages::{Way, ways};
pub use policies::{POLICY_TAG, Parser, Policies, PolicySources};
pub use portcullis_policy::Counting;
pub use scan::{EngineError, Progress, ScanOptions, Scanned, Silent, Stdin, Tree, scan};
pub use seal::Needs;
pub use select::{Selection, SelectionError};
pub use testing::{TestError, TestOptions, Tested, test};
