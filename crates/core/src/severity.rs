//! How bad a finding is, and how sure we are.

use std::fmt;
use std::str::FromStr;

/// How bad a finding is; ordered from least to most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing; never gates by default.
    Info,
    /// A weakness that needs another one to matter.
    Low,
    /// A defect to fix in the normal course of work.
    Medium,
    /// A defect to fix before it ships.
    High,
    /// One step away from loss of the node, the cluster or the credentials.
    Critical,
}

impl Severity {
    /// Every severity, the worst first.
    pub const ALL: [Self; 5] = [Self::Critical, Self::High, Self::Medium, Self::Low, Self::Info];

    /// The name used in every output and in configuration.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

/// The word for a severity that nobody has given. No [`Severity`] has it: what is unknown counts as what is configured.
pub const UNKNOWN: &str = "unknown";

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Severity {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|severity| severity.name() == text)
            .ok_or_else(|| format!("`{text}` is not a severity (critical, high, medium, low, info)"))
    }
}

/// How sure a rule is; becomes SARIF's `precision`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Confidence {
    /// A heuristic: look before you act.
    Low,
    /// Right unless something outside the scanned files says otherwise.
    Medium,
    /// Decided by what is written in the files.
    High,
}

impl Confidence {
    /// The name used in every output.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

impl fmt::Display for Confidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
