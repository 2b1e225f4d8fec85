//! What comes in, what bounds it, and what is said when it is refused.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// A policy file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Module {
    /// How people know it: the path relative to the working directory, or the name of the object that holds it. Two modules
    /// of one library have different paths.
    pub path: Arc<str>,
    /// Its text.
    pub text: Arc<str>,
    /// Which Rego it is written in; `Auto` unless something outside of the text says so.
    pub version: RegoVersion,
}

impl Module {
    /// A file whose version is found out.
    pub fn new(path: impl Into<Arc<str>>, text: impl Into<Arc<str>>) -> Self {
        Self { path: path.into(), text: text.into(), version: RegoVersion::Auto }
    }
}

/// The two forms of the language.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RegoVersion {
    /// Whichever the file parses as; version 1 first.
    #[default]
    Auto,
    /// Before OPA 1.0: bodies without `if`, sets as `deny[msg]`.
    V0,
    /// OPA 1.0 and later.
    V1,
}

/// What cannot be loaded or evaluated: a broken policy, not a finding.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// The module; empty where none is to blame (a query, a data document).
    pub path: String,
    /// From 1; 0 where no place is known.
    pub line: u32,
    /// In characters, from 1; 0 where no place is known.
    pub column: u32,
    /// What is wrong, without a final dot.
    pub message: String,
}

impl Fault {
    pub(crate) fn new(path: &str, line: u32, column: u32, message: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, column, message: message.into() }
    }

    /// Reads what the interpreter says: a place, the line with a caret, and the message.
    pub(crate) fn read(said: &str) -> Self {
        let message = said.rsplit_once("\nerror: ").map_or(said, |(_, message)| message).trim();
        let place = said.split_once("--> ").and_then(|(_, rest)| rest.lines().next());
        let mut parts = place.unwrap_or_default().rsplitn(3, ':');
        let mut number = || parts.next().and_then(|text| text.trim().parse().ok());
        let (column, line) = (number(), number());
        match (line, column, parts.next()) {
            (Some(line), Some(column), Some(path)) => Self::new(path, line, column, message),
            _ => Self::new("", 0, 0, message),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.path.as_str(), self.line) {
            ("", _) => f.write_str(&self.message),
            (path, 0) => write!(f, "{path}: {}", self.message),
            (path, line) => write!(f, "{path}:{line}:{}: {}", self.column, self.message),
        }
    }
}

impl std::error::Error for Fault {}

/// How a library is loaded and evaluated.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// For the modules whose own version is `Auto`.
    pub version: RegoVersion,
    /// What a builtin does with arguments that it cannot use.
    pub builtin_errors: BuiltinErrors,
    /// Bounds of one evaluation.
    pub limits: Limits,
    /// Whether the lines that were evaluated are counted, which costs time.
    pub coverage: Counting,
    /// Whether definitions of a rule that say different things about themselves are told apart.
    pub definitions: Definitions,
    /// Who evaluates.
    pub evaluation: Evaluation,
}

/// What the definitions of `deny` are that say different things about themselves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Definitions {
    /// One rule.
    #[default]
    Together,
    /// Rules of their own, whose values `deny` holds as well.
    Apart,
}

/// Who evaluates. The interpreter is the reference, and all three give the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Evaluation {
    /// The interpreter, but rules whose meaning is plain by plans of them.
    #[default]
    Planned,
    /// The interpreter alone.
    Interpreted,
    /// Both, and a difference is a fault.
    Checked,
}

/// What a builtin does with arguments that it cannot use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BuiltinErrors {
    /// The call is undefined, as OPA has it unless it is told otherwise.
    #[default]
    Undefined,
    /// The evaluation ends with a fault.
    Strict,
}

/// Whether evaluated lines are counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Counting {
    /// Not counted.
    #[default]
    Off,
    /// Counted, for [`crate::Worker::coverage`].
    On,
}

/// What one evaluation may use. A policy that needs more is a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Wall clock of one evaluation: the guard against loops, never the cause of a finding.
    pub time: Duration,
    /// Values (with elements and keys) in a result, and in what one call of a builtin makes.
    pub values: usize,
    /// Bytes of text in a result, and in what one call of a builtin makes.
    pub bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { time: Duration::from_secs(10), values: 1_000_000, bytes: 16 << 20 }
    }
}
