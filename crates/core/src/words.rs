//! Lists of short texts that are constants for builtin rules and owned for the rest.

use std::sync::Arc;

/// A list of words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Words {
    /// Written in the program.
    Static(&'static [&'static str]),
    /// Read from a policy or a database.
    Owned(Arc<[Box<str>]>),
}

impl Words {
    /// No words.
    pub const NONE: Self = Self::Static(&[]);

    /// The words in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        let (constant, owned) = match self {
            Self::Static(words) => (*words, &[][..]),
            Self::Owned(words) => (&[][..], &**words),
        };
        constant.iter().copied().chain(owned.iter().map(|word| &**word))
    }

    /// Whether a word is among them.
    pub fn contains(&self, word: &str) -> bool {
        self.iter().any(|own| own == word)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }
}

impl<T: Into<Box<str>>> FromIterator<T> for Words {
    fn from_iter<I: IntoIterator<Item = T>>(words: I) -> Self {
        Self::Owned(words.into_iter().map(Into::into).collect())
    }
}

impl From<&'static [&'static str]> for Words {
    fn from(words: &'static [&'static str]) -> Self {
        Self::Static(words)
    }
}
