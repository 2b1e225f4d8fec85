//! The words that every other crate shares: spans, rules' metadata, findings and the scan report.
//!
//! Nothing here parses, reads a file or prints, and nothing here is `Serialize`: `report` owns the wire formats.

mod advisory;
mod baseline;
mod catalog;
mod comment;
mod files;
mod finding;
mod fingerprint;
mod fix;
mod line_hash;
mod lines;
mod material;
mod nearest;
mod offset_map;
mod report;
mod rule;
mod severity;
mod shortened;
mod span;
mod suppression;
mod test_report;
mod words;

pub use advisory::{ADVISORIES, ADVISORY_TAGS, YANKED, is_advisory, is_constraint};
pub use baseline::{Baseline, BaselineEntry};
pub use catalog::{Catalog, RuleIdx};
pub use comment::{Comment, SyntaxError, SyntaxErrorKind};
pub use files::{FileError, Files};
pub use finding::{Commit, Draft, Finding, Label, Location, Place, Related, Trace};
pub use fingerprint::{Fingerprint, Identity, StableHash};
pub use fix::{Edit, Fix, FixSafety, SealedEdit, SealedFix};
pub use line_hash::{LineHash, line_hashes};
pub use lines::{LineIndex, Position};
pub use material::{Advised, Checksum, ChecksumKind, Material, MaterialPlace, MaterialRoot};
pub use nearest::{near, nearest};
pub use offset_map::OffsetMap;
pub use report::{FileKind, FileKinds, Note, NoteKind, RootPaths, ScanError, ScanReport, Stats, Summary};
pub use rule::{DerivedExamples, Example, Expect, OptionMeta, OptionShape, Profile, RuleMeta, is_known_peer_scheme};
pub use severity::{Confidence, Severity, UNKNOWN};
pub use shortened::{shortened, shortened_path};
pub use span::{FileId, Span};
pub use suppression::{SuppressedBy, Suppression};
pub use test_report::{FileCoverage, Outcome, TestCase, TestReport, TestSummary};
pub use words::Words;
