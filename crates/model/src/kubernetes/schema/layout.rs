//! How `data/kubernetes-schemas.bin` is laid out: shared by the task that writes it and the reader.
//!
//! All numbers are little-endian. The header is the first minor version, the number of versions, and then for each table
//! its offset from the start of the file, as 32-bit numbers. A name is one 32-bit number: its offset in the text in the
//! upper 24 bits, its length in the lower 8. Versions are a mask of 16 bits, the first version lowest.

/// The tables in the order of the header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Table {
    /// Names, one after the other.
    Text,
    /// Sorted by kind, then `apiVersion`, short names first: kind, apiVersion (names), definition, versions.
    Kinds,
    /// Name; first field and number of fields; first required field and their number.
    Definitions,
    /// Sorted by name within a definition, short ones first: name, type, versions. A field whose type has changed stands once for each.
    Fields,
    /// Names of fields.
    Required,
    /// Tag, and two numbers that depend on it.
    Types,
    /// First word, number of words.
    Lists,
    /// Names.
    Words,
}

impl Table {
    /// How many tables there are.
    pub const COUNT: usize = 8;

    /// Bytes of one record.
    pub const fn width(self) -> usize {
        match self {
            Self::Text => 1,
            Self::Kinds | Self::Definitions => 12,
            Self::Fields => 8,
            Self::Types => 6,
            Self::Required | Self::Lists | Self::Words => 4,
        }
    }
}

/// Bytes before the first table.
pub const HEADER: usize = 4 * (2 + Table::COUNT);

/// What a type's record begins with.
pub mod tag {
    /// Anything.
    pub const ANY: u16 = 0;
    /// A string.
    pub const TEXT: u16 = 1;
    /// An integer of 32 bits.
    pub const INT32: u16 = 2;
    /// An integer of 64 bits.
    pub const INT64: u16 = 3;
    /// A number.
    pub const NUMBER: u16 = 4;
    /// `true` or `false`.
    pub const BOOLEAN: u16 = 5;
    /// A resource quantity.
    pub const QUANTITY: u16 = 6;
    /// An integer or a string.
    pub const INT_OR_TEXT: u16 = 7;
    /// A list: type of the elements, list of their keys or [`super::NO_LIST`].
    pub const LIST: u16 = 8;
    /// A mapping with any keys: type of the values.
    pub const MAP: u16 = 9;
    /// A mapping with fields: its definition.
    pub const OBJECT: u16 = 10;
    /// One of some strings: their list.
    pub const CHOICE: u16 = 11;
    /// An integer within bounds: the least and the greatest.
    pub const RANGE: u16 = 12;
    /// A port that nodes open for Services.
    pub const NODE_PORT: u16 = 13;
    /// A string that is written by a grammar: its position among [`crate::kubernetes::Grammar::ALL`].
    pub const WORD: u16 = 14;
    /// An integer from a least one up to what 31 bits hold.
    pub const AT_LEAST: u16 = 15;
}

/// Where a type has no list of words.
pub const NO_LIST: u16 = u16::MAX;
