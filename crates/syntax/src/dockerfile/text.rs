//! Text that knows where each of its bytes stands in the file.

use std::ops::{Deref, Range};

use portcullis_core::{FileId, OffsetMap, Span};

/// Decoded text (continued lines joined, quotes or escapes removed) with the way back to the source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// The decoded text. [`Text`] also dereferences to it.
    pub text: String,
    /// From its offsets to bytes of the file.
    pub map: OffsetMap,
}

impl Text {
    /// No text, at a place of the file.
    pub fn empty(file: FileId, at: u32) -> Self {
        Self { text: String::new(), map: OffsetMap::new(file, at) }
    }

    /// The decoded text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// All of it.
    pub fn span(&self) -> Span {
        self.map.span(0, self.map.len())
    }

    /// The source of a range of decoded bytes; past the end, the end.
    pub fn span_of(&self, range: Range<usize>) -> Span {
        self.map.span(offset(range.start), offset(range.end))
    }
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        &self.text
    }
}

/// One argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// As it was written, quotes and escapes included, continued lines joined.
    pub raw: Text,
    /// After quote and escape removal (in a JSON array: after JSON's escapes); `$variables` are left.
    pub value: Text,
    /// Which quotes it had.
    pub form: WordForm,
}

/// How a word was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WordForm {
    /// A word of the line, quoted or not.
    Bare,
    /// An element of a JSON array.
    Json,
}

impl Word {
    /// From its first to its last byte, quotes included.
    pub fn span(&self) -> Span {
        self.raw.span()
    }

    /// Its value; `$variables` are left.
    pub fn as_str(&self) -> &str {
        &self.value.text
    }

    /// The text in which a builder replaces variables: quotes of the line still count there, those of JSON do not.
    pub fn expandable(&self) -> &Text {
        match self.form {
            WordForm::Bare => &self.raw,
            WordForm::Json => &self.value,
        }
    }
}

/// A decoded offset. Files are under 4 GiB, and decoded text is never longer than its source.
pub(super) fn offset(position: usize) -> u32 {
    u32::try_from(position).unwrap_or(u32::MAX)
}
