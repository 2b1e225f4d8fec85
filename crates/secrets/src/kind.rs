//! What a scan for secrets finds.

use std::borrow::Cow;
use std::ops::Range;

use crate::{Custom, Detector};

/// What a secret is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A token of a form that its issuer chose.
    Token(&'static Detector),
    /// Told by the place where it stands.
    Structural(Structural),
    /// Of a rule of the configuration, by its index in [`Settings::custom`](crate::Settings::custom).
    Custom(usize),
}

impl Kind {
    /// The id of the rule that reports it; `custom` are the rules of the configuration.
    pub fn id(self, custom: &[Custom]) -> &str {
        match self {
            Self::Token(detector) => detector.id,
            Self::Structural(structural) => structural.id(),
            Self::Custom(index) => custom.get(index).map_or("", |rule| &rule.id),
        }
    }
}

/// How the place tells a secret. Each is one rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Structural {
    /// Under a name that promises a password.
    Password,
    /// Under a name that promises a token, key or secret: a random text.
    Key,
    /// In the user information of a URL, or in a connection string.
    Url,
    /// After a flag of a command.
    Argument,
    /// A password that everybody tries first.
    Weak,
}

impl Structural {
    /// The id of its rule.
    pub const fn id(self) -> &'static str {
        match self {
            Self::Password => "secret-password",
            Self::Key => "secret-key",
            Self::Url => "secret-url-password",
            Self::Argument => "secret-command-argument",
            Self::Weak => "secret-weak-default",
        }
    }
}

/// A secret in a text.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit<'t> {
    /// What it is.
    pub kind: Kind,
    /// The bytes of its value as it is written; never empty.
    pub range: Range<usize>,
    /// The name that it stands under, as messages may show it: `DB_PASSWORD`, `auth.password`. Empty where it has none.
    pub name: Cow<'t, str>,
    /// How it is wrapped: `in base64`.
    pub wrapped: Option<&'static str>,
}
