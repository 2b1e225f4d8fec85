//! What a scan gives: everything that a report prints comes from here.

use std::path::PathBuf;
use std::sync::Arc;

use crate::{Catalog, FileId, Finding, Material, MaterialRoot, Severity, SuppressedBy};

/// The result of a scan.
#[derive(Debug)]
pub struct ScanReport {
    /// The rules that findings name.
    pub catalog: Arc<Catalog>,
    /// Paths of the scanned files as they are shown: relative to the working directory, `/`-separated.
    pub files: Vec<Arc<str>>,
    /// The same paths relative to the repository root or `--root`, for SARIF.
    pub root_paths: RootPaths,
    /// Sorted by path, span and rule; suppressed ones included.
    pub findings: Vec<Finding>,
    /// The packages of all lockfiles, sorted by package URL, each once; empty where no format asked for them.
    pub packages: Vec<Material>,
    /// The lockfiles that they are from, sorted by path; empty where no format asked for them.
    pub lockfiles: Vec<MaterialRoot>,
    /// Counts for the summary line.
    pub stats: Stats,
    /// What the configuration keeps from the scan, sorted: files of known kinds, and folders, which end with a slash and are not
    /// looked into.
    pub excluded: Vec<String>,
    /// Things that were left out, and why; not defects.
    pub notes: Vec<Note>,
    /// Things that make the exit code 2.
    pub errors: Vec<ScanError>,
}

/// How a path of [`ScanReport::files`] becomes one relative to the root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RootPaths {
    /// The working directory is the root.
    Same,
    /// The working directory lies this far below the root (`services/api`): prepend it.
    Below(String),
    /// The working directory lies outside the root or above it: strip this prefix where a path has it.
    Above(String),
}

impl RootPaths {
    /// A path as it is seen from the root.
    pub fn of(&self, path: &str) -> String {
        match self {
            Self::Same => path.to_owned(),
            Self::Above(prefix) => {
                path.strip_prefix(prefix.as_str()).map_or(path, |rest| rest.trim_start_matches('/')).to_owned()
            }
            Self::Below(prefix) => {
                let mut parts: Vec<&str> = prefix.split('/').collect();
                for part in path.split('/') {
                    match part {
                        "." | "" => {}
                        ".." => {
                            parts.pop();
                        }
                        name => parts.push(name),
                    }
                }
                parts.join("/")
            }
        }
    }
}

impl ScanReport {
    /// The path of a file as it is shown.
    pub fn path(&self, file: FileId) -> &str {
        self.files.get(file.0 as usize).map_or("", |path| path)
    }

    /// The path of a file relative to the root, without `.` and `..` where the file is inside it.
    pub fn root_path(&self, file: FileId) -> String {
        self.root_paths.of(self.path(file))
    }

    /// The findings that count: not suppressed.
    pub fn active(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.suppressed.is_none())
    }

    /// Counts by severity and the number of suppressed findings.
    pub fn summary(&self) -> Summary {
        let mut summary = Summary::default();
        for finding in &self.findings {
            if let Some(suppression) = &finding.suppressed {
                summary.suppressed += 1;
                summary.baselined += usize::from(suppression.by == SuppressedBy::Baseline);
            } else if finding.unrated {
                summary.unknown += 1;
            } else if let Some(count) = summary.by_severity.get_mut(finding.severity as usize) {
                *count += 1;
            }
        }
        summary
    }
}

/// Counts of a report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Active findings, indexed by [`Severity`] as a number: info first.
    pub by_severity: [usize; 5],
    /// Active findings whose severity nobody has said, which are in none of the others.
    pub unknown: usize,
    /// Suppressed findings.
    pub suppressed: usize,
    /// Those of them that a baseline knows.
    pub baselined: usize,
}

impl Summary {
    /// Those that do not count for another reason than a baseline: somebody decided about each of them.
    pub fn accepted(&self) -> usize {
        self.suppressed.saturating_sub(self.baselined)
    }

    /// Active findings.
    pub fn total(&self) -> usize {
        self.by_severity.iter().sum::<usize>() + self.unknown
    }

    /// Active findings of one severity.
    pub fn of(&self, severity: Severity) -> usize {
        self.by_severity.get(severity as usize).copied().unwrap_or_default()
    }
}

/// What was looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Files that were read and judged.
    pub files: usize,
    /// Files of no known kind that were searched for secrets.
    pub searched: usize,
    /// Bytes of them.
    pub bytes: u64,
    /// Documents in them (a Dockerfile is one).
    pub documents: usize,
    /// Rules that were on.
    pub rules: usize,
    /// How many files of which kind there are, as far as they were told apart. A scan of a history or of changes does not.
    pub kinds: FileKinds,
    /// Wall time in milliseconds; shown in the terminal only, because output must not depend on the machine.
    pub elapsed_ms: u128,
}

impl Stats {
    /// Whether nothing was judged nor searched, so that no findings mean nothing.
    pub fn is_nothing(&self) -> bool {
        let unjudged: usize = FileKind::UNJUDGED.iter().map(|(kind, _)| self.kinds.of(*kind)).sum();
        let judged: usize = FileKind::JUDGED.iter().map(|(kind, _)| self.kinds.of(*kind)).sum();
        self.searched == 0 && (self.files == 0 || judged == 0 && unjudged > 0)
    }
}

/// A kind of files, as people count them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// Objects of Kubernetes, kustomizations, values of charts.
    Kubernetes,
    /// Dockerfiles.
    Docker,
    /// Compose files.
    Compose,
    /// Workflows and actions of GitHub.
    Actions,
    /// Terraform and its plans.
    Terraform,
    /// What names packages.
    Dependencies,
    /// YAML and JSON of no such kind.
    Other,
    /// Not judged: it is filled in first.
    Template,
    /// Not judged: it cannot be read, is too large or no text.
    Unreadable,
}

impl FileKind {
    /// Those that are judged, with the words for `3 … files`.
    pub const JUDGED: [(Self, &'static str); 7] = [
        (Self::Kubernetes, "Kubernetes"),
        (Self::Docker, "Docker"),
        (Self::Compose, "Compose"),
        (Self::Actions, "Actions"),
        (Self::Terraform, "Terraform"),
        (Self::Dependencies, "dependency"),
        (Self::Other, "other"),
    ];

    /// Those that are not, with their nouns.
    pub const UNJUDGED: [(Self, &'static str); 2] =
        [(Self::Template, "template"), (Self::Unreadable, "unreadable file")];
}

/// How many files there are of each kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FileKinds(pub [usize; 9]);

impl FileKinds {
    /// Counts more of them.
    pub fn add(&mut self, kind: FileKind, more: usize) {
        if let Some(count) = self.0.get_mut(kind as usize) {
            *count = count.saturating_add(more);
        }
    }

    /// Counts what others counted.
    pub fn merge(&mut self, other: Self) {
        for (count, more) in self.0.iter_mut().zip(other.0) {
            *count = count.saturating_add(more);
        }
    }

    /// How many there are of one.
    pub fn of(&self, kind: FileKind) -> usize {
        self.0.get(kind as usize).copied().unwrap_or_default()
    }
}

/// Something that was left out on purpose.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Note {
    /// The path as shown, or empty for the whole scan.
    pub path: String,
    /// Which kind.
    pub kind: NoteKind,
    /// One sentence without a final dot.
    pub message: String,
}

/// Why something was left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum NoteKind {
    /// A template whose rendered form is unknown.
    Template,
    /// A value that could not be known.
    Unknown,
    /// A kustomization that cannot be built: what it makes is not judged.
    Unbuilt,
    /// A file that was named and holds nothing of a kind that is scanned.
    Unrecognised,
    /// A text of no such kind that was named, and searched for secrets.
    Searched,
    /// A finding of the baseline that is gone.
    Fixed,
    /// Anything else worth saying.
    Other,
}

impl Note {
    /// Whether it is only for those who ask for everything: how much of the whole scan is not known. Most scans have
    /// something that is not.
    pub fn is_minor(&self) -> bool {
        self.kind == NoteKind::Unknown && self.path.is_empty()
    }
}

impl NoteKind {
    /// The name used in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Template => "template",
            Self::Unknown => "unknown",
            Self::Unbuilt => "unbuilt",
            Self::Unrecognised => "unrecognised",
            Self::Searched => "searched",
            Self::Fixed => "fixed",
            Self::Other => "other",
        }
    }
}

/// Something that kept the scan from doing its job.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ScanError {
    /// A path that was named cannot be read.
    Path {
        /// As it was named.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// What an option says fits nothing that was scanned.
    Option {
        /// The option, with what it is about: `--tf-var size`.
        option: String,
        /// Why.
        reason: String,
    },
    /// What can be fixed in a file was not.
    NotFixed {
        /// The file as shown.
        path: String,
        /// Why.
        reason: String,
    },
    /// Not all of a repository's history could be searched.
    History {
        /// What of it, and why.
        reason: String,
    },
    /// A database of advisories cannot be used, so that nothing was looked up in it.
    Advisories {
        /// Which, and why.
        reason: String,
    },
    /// A policy cannot be loaded or evaluated; what it would say is missing.
    Policy {
        /// Its file as shown; empty where none is to blame.
        path: String,
        /// From 1; 0 where no place is known.
        line: u32,
        /// In characters, from 1.
        column: u32,
        /// Why.
        reason: String,
    },
    /// A rule panicked; its findings in this file are missing.
    RulePanicked {
        /// The rule's id.
        rule: String,
        /// The file as shown.
        path: String,
    },
}

impl std::fmt::Display for ScanError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Path { path, reason } => write!(f, "{}: {reason}", path.display()),
            Self::Advisories { reason } | Self::History { reason } => f.write_str(reason),
            Self::Option { option, reason } => write!(f, "{option}: {reason}"),
            Self::NotFixed { path, reason } => write!(f, "{path}: not fixed: {reason}"),
            Self::Policy { path, reason, .. } if path.is_empty() => write!(f, "policies: {reason}"),
            Self::Policy { path, line: 0, reason, .. } => write!(f, "{path}: {reason}"),
            Self::Policy { path, line, column, reason } => write!(f, "{path}:{line}:{column}: {reason}"),
            Self::RulePanicked { rule, path } => write!(f, "rule {rule} panicked on {path}; please report it"),
        }
    }
}
