//! What a scan for secrets finds.

use std::borrow::Cow;
use std::ops::Range;

use crate::Detector;

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

/// A rule of the configuration.
#[derive(Clone, Debug)]
pub struct Custom {
    /// What it is, as messages say it.
    pub what: String,
    /// Its form; the first group that takes part is the secret, else the whole.
    pub pattern: regex::bytes::Regex,
    /// Literals in lower case of which one stands in each match; empty: any text may hold one.
    pub keywords: Vec<String>,
    /// The least entropy of the secret in bits for each character; 0: any.
    pub entropy: f32,
    /// The paths in which it is looked for; all where there is none.
    pub path: Option<regex::Regex>,
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
