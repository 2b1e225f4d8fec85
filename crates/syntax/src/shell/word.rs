//! The pieces of a word, kept so that it can be resolved later.

/// A piece of a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Text after quote removal.
    Literal(String),
    /// `$NAME`, `${NAME…}`
    Variable { name: String, operator: Option<Operator> },
    /// An expansion whose value the text does not say: a substitution, arithmetic, a template marker, `$1`.
    Opaque,
}

/// What follows the name in `${NAME…}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    /// `:-word`, `:=word`
    DefaultIfEmpty(String),
    /// `-word`, `=word`
    DefaultIfUnset(String),
    /// `?message`, `:?message`
    Require,
    /// Anything else: the value is not worked out.
    Other,
}
