//! Why a finding does not count.

use crate::Location;

/// A finding's suppression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suppression {
    /// Who said so.
    pub by: SuppressedBy,
    /// The reason that was given, if any.
    pub reason: Option<String>,
}

/// Where a suppression was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SuppressedBy {
    /// A comment in the file.
    Comment(Location),
    /// An annotation on the object.
    Annotation(Location),
    /// The `ignore:` list of the configuration file.
    Config,
    /// A baseline.
    Baseline,
    /// A statement about an advisory (VEX).
    Vex,
}

impl SuppressedBy {
    /// The name used in JSON.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Comment(_) => "comment",
            Self::Annotation(_) => "annotation",
            Self::Config => "config",
            Self::Baseline => "baseline",
            Self::Vex => "vex",
        }
    }
}
