//! The schemas of the API server's own kinds, read in place from a compiled table.
//!
//! The table has every field of every version from [`first`] to [`last`] once, with a mask of the versions that have it.
//! It is searched where it lies: nothing is unpacked when the program starts. Required is what the
//! newest version calls so and every version has: older ones also called those fields required that the server fills in.

use std::cmp::Ordering;
use std::sync::LazyLock;

use super::layout::{NO_LIST, Table, tag};
use super::validation::{Validation, validations_of};
use super::walk::{Field, Schema, Shape};
use crate::kubernetes::{Grammar, KubernetesVersion};

static BYTES: &[u8] = include_bytes!("../../../data/kubernetes-schemas.bin");

// Sliced by the compiler, which fails where the file is not what it says.
static TEXT: &[[u8; 1]] = records(Table::Text);
static KINDS: &[[u8; 12]] = records(Table::Kinds);
static DEFINITIONS: &[[u8; 12]] = records(Table::Definitions);
static FIELDS: &[[u8; 8]] = records(Table::Fields);
static REQUIRED: &[[u8; 4]] = records(Table::Required);
static TYPES: &[[u8; 6]] = records(Table::Types);
static LISTS: &[[u8; 4]] = records(Table::Lists);
static WORDS: &[[u8; 4]] = records(Table::Words);

const FIRST: u32 = word32(0);
const LAST: u32 = word32(0) + word32(4) - 1;

/// The oldest version that the table knows.
pub fn first() -> KubernetesVersion {
    KubernetesVersion::new(FIRST)
}

/// The newest version that the table knows.
pub fn last() -> KubernetesVersion {
    KubernetesVersion::new(LAST)
}

/// Which versions count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Versions {
    /// The bit of the version whose types count.
    bit: u16,
    /// Whether a field of any other version is fine as well.
    any: bool,
}

impl Versions {
    /// The version that was asked for; without one the newest, and what any other knows is fine as well.
    pub(super) fn new(asked: Option<KubernetesVersion>) -> Self {
        let minor = asked.unwrap_or_else(last).minor.clamp(FIRST, LAST);
        Self { bit: 1_u16.checked_shl(minor.saturating_sub(FIRST)).unwrap_or(1), any: asked.is_none() }
    }

    /// These versions, or the newest of `mask` where it lacks them.
    fn within(self, mask: u16) -> Self {
        if mask & self.bit == 0 { Self { bit: newest(mask), ..self } } else { self }
    }

    fn have(self, mask: u16) -> bool {
        self.any || mask & self.bit != 0
    }
}

/// A kind in a version of its group.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kind {
    pub(super) name: &'static str,
    pub(super) api_version: &'static str,
    definition: u16,
    mask: u16,
}

impl Kind {
    /// The kind of an `apiVersion`, if the table knows it.
    pub(super) fn find(api_version: &str, kind: &str) -> Option<Self> {
        let order = |record: &[u8; 12]| compare(record, 0, kind).then_with(|| compare(record, 4, api_version));
        let at = KINDS.binary_search_by(order).ok()?;
        KINDS.get(at).map(Self::of)
    }

    /// All kinds.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        KINDS.iter().map(Self::of)
    }

    fn of(record: &'static [u8; 12]) -> Self {
        Self {
            name: name(record, 0),
            api_version: name(record, 4),
            definition: number(record, 8),
            mask: number(record, 10),
        }
    }

    /// The first version that serves it, if that is later than the one asked for.
    pub(super) fn comes_after(self, versions: Versions) -> Option<KubernetesVersion> {
        let is_later = !versions.any && self.mask & versions.bit == 0 && oldest(self.mask) > versions.bit;
        is_later.then(|| version(oldest(self.mask)))
    }

    /// The schema of the whole object.
    pub(super) fn schema(self, versions: Versions) -> Builtin {
        Builtin { of: Of::Definition(self.definition), versions: versions.within(self.mask) }
    }
}

/// The schema of a value of some versions.
#[derive(Clone, Copy, Debug)]
pub(super) struct Builtin {
    of: Of,
    versions: Versions,
}

#[derive(Clone, Copy, Debug)]
enum Of {
    Definition(u16),
    Type(u16),
}

impl Builtin {
    /// The schema of every object's `metadata`.
    pub(super) fn metadata() -> Option<Self> {
        let pod = Kind::find("v1", "Pod")?.schema(Versions::new(None));
        match pod.field("metadata") {
            Field::Known(metadata) => Some(metadata),
            Field::Elsewhere { .. } | Field::Unknown => None,
        }
    }

    /// The definition, where this is an object.
    fn definition(self) -> Option<&'static [u8; 12]> {
        let at = match self.of {
            Of::Definition(at) => at,
            Of::Type(at) => {
                let record = type_record(at);
                if number(record, 0) != tag::OBJECT {
                    return None;
                }
                number(record, 2)
            }
        };
        DEFINITIONS.get(usize::from(at))
    }

    /// The fields of an object in the order of [`compare`].
    fn fields(self) -> &'static [[u8; 8]] {
        self.definition().map_or(&[], |record| part(FIELDS, number(record, 4), number(record, 6)))
    }

    fn of_type(self, at: u16) -> Self {
        Self { of: Of::Type(at), ..self }
    }
}

impl Schema<'static> for Builtin {
    fn shape(self) -> Shape<Self> {
        let Of::Type(at) = self.of else { return Shape::Object };
        let record = type_record(at);
        let inner = || self.of_type(number(record, 2));
        match number(record, 0) {
            tag::TEXT => Shape::Text,
            tag::INT32 => Shape::Integer { least: i32::MIN.into(), greatest: i32::MAX.into() },
            tag::INT64 => Shape::Integer { least: i64::MIN, greatest: i64::MAX },
            tag::NUMBER => Shape::Number,
            tag::BOOLEAN => Shape::Boolean,
            tag::QUANTITY => Shape::Quantity,
            tag::INT_OR_TEXT => Shape::IntOrText,
            tag::LIST => Shape::List(inner()),
            tag::MAP => Shape::Map(inner()),
            tag::OBJECT => Shape::Object,
            tag::CHOICE => Shape::Choice,
            tag::NODE_PORT => Shape::NodePort,
            tag::WORD => {
                Shape::Word(Grammar::ALL.get(usize::from(number(record, 2))).copied().unwrap_or(Grammar::Segment))
            }
            tag::AT_LEAST => Shape::Integer { least: number(record, 2).into(), greatest: i32::MAX.into() },
            tag::RANGE => Shape::Integer { least: number(record, 2).into(), greatest: number(record, 4).into() },
            _ => Shape::Any,
        }
    }

    fn field(self, wanted: &str) -> Field<Self> {
        let fields = self.fields();
        let Ok(found) = fields.binary_search_by(|record| compare(record, 0, wanted)) else { return Field::Unknown };
        let Some(record) = fields.get(found) else { return Field::Unknown };
        if number(record, 6) & self.versions.bit != 0 {
            return Field::Known(self.of_type(number(record, 4)));
        }
        self.variant(fields, found)
    }

    fn names(self) -> impl Iterator<Item = &'static str> {
        let known = self.fields().iter().filter(move |record| self.versions.have(number(record, 6)));
        known.map(|record| name(record, 0))
    }

    fn required(self) -> impl Iterator<Item = &'static str> {
        let required =
            self.definition().map_or(&[][..], |record| part(REQUIRED, number(record, 8), number(record, 10)));
        required.iter().map(|record| name(record, 0))
    }

    fn words(self) -> impl Iterator<Item = &'static str> {
        let list = match self.of {
            Of::Definition(_) => NO_LIST,
            Of::Type(at) => {
                let record = type_record(at);
                match number(record, 0) {
                    tag::LIST => number(record, 4),
                    tag::CHOICE => number(record, 2),
                    _ => NO_LIST,
                }
            }
        };
        let list = LISTS.get(usize::from(list));
        let words = list.map_or(&[][..], |record| part(WORDS, number(record, 0), number(record, 2)));
        words.iter().map(|record| name(record, 0))
    }

    fn title(self) -> &'static str {
        self.definition().map_or("", |record| name(record, 0))
    }

    fn validations(self) -> &'static [Validation] {
        let at = match self.of {
            Of::Definition(at) => at,
            Of::Type(at) => number(type_record(at), 2),
        };
        VALIDATIONS.get(usize::from(at)).copied().unwrap_or_default()
    }

    /// A port without `protocol` is one of TCP; what another key stands for when it is absent is not known here.
    fn usual(self, key: &str) -> Option<&'static str> {
        (key == "protocol").then_some("TCP")
    }
}

/// What the server asks beyond the schema, by definition: names are compared once, not for each mapping.
static VALIDATIONS: LazyLock<Vec<&[Validation]>> =
    LazyLock::new(|| DEFINITIONS.iter().map(|record| validations_of(name(record, 0))).collect());

impl Builtin {
    /// The field at `found` in another version: one with another type stands right beside it.
    fn variant(self, fields: &'static [[u8; 8]], found: usize) -> Field<Self> {
        let wanted = fields.get(found).map(|record| name_bytes(record, 0));
        let is_it = |record: &&[u8; 8]| Some(name_bytes(record, 0)) == wanted;
        let (before, after) = fields.split_at_checked(found).unwrap_or_default();
        let variants = before.iter().rev().take_while(is_it).chain(after.iter().take_while(is_it));
        let mut all = 0;
        let mut newest_known: Option<&[u8; 8]> = None;
        for record in variants {
            if number(record, 6) & self.versions.bit != 0 {
                return Field::Known(self.of_type(number(record, 4)));
            }
            all |= number(record, 6);
            if newest_known.is_none_or(|known| number(known, 6) < number(record, 6)) {
                newest_known = Some(record);
            }
        }
        match newest_known {
            Some(record) if self.versions.any => {
                let versions = self.versions.within(number(record, 6));
                Field::Known(Self { versions, ..self.of_type(number(record, 4)) })
            }
            Some(_) => Field::Elsewhere { first: version(oldest(all)), last: version(newest(all)) },
            None => Field::Unknown,
        }
    }
}

fn oldest(mask: u16) -> u16 {
    mask & mask.wrapping_neg()
}

fn newest(mask: u16) -> u16 {
    mask.checked_ilog2().map_or(0, |highest| 1 << highest)
}

fn version(bit: u16) -> KubernetesVersion {
    KubernetesVersion::new(FIRST + bit.trailing_zeros())
}

/// The records of a table.
const fn records<const WIDTH: usize>(table: Table) -> &'static [[u8; WIDTH]] {
    assert!(table.width() == WIDTH, "a record is as wide as the layout says");
    let at = 8 + 4 * table as usize;
    let start = word32(at) as usize;
    let end = if table as usize + 1 == Table::COUNT { BYTES.len() } else { word32(at + 4) as usize };
    BYTES.split_at(end).0.split_at(start).1.as_chunks().0
}

/// Some records of a table.
fn part<const WIDTH: usize>(table: &'static [[u8; WIDTH]], first: u16, count: u16) -> &'static [[u8; WIDTH]] {
    let first = usize::from(first);
    table.get(first..first + usize::from(count)).unwrap_or_default()
}

fn type_record(at: u16) -> &'static [u8; 6] {
    TYPES.get(usize::from(at)).unwrap_or(&[0; 6])
}

/// The name at an offset of a record.
fn name<const WIDTH: usize>(record: &[u8; WIDTH], offset: usize) -> &'static str {
    std::str::from_utf8(name_bytes(record, offset)).unwrap_or_default()
}

/// The order of names: short ones first, because lengths are compared without looking at the text.
fn compare<const WIDTH: usize>(record: &[u8; WIDTH], offset: usize, wanted: &str) -> Ordering {
    let length = record.get(offset).copied().map_or(0, usize::from);
    length.cmp(&wanted.len()).then_with(|| name_bytes(record, offset).cmp(wanted.as_bytes()))
}

fn name_bytes<const WIDTH: usize>(record: &[u8; WIDTH], offset: usize) -> &'static [u8] {
    let packed = record.get(offset..).and_then(|rest| rest.first_chunk()).map_or(0, |bytes| u32::from_le_bytes(*bytes));
    let from = (packed >> 8) as usize;
    TEXT.as_flattened().get(from..from + (packed & 0xff) as usize).unwrap_or_default()
}

/// The number at an offset of a record.
fn number<const WIDTH: usize>(record: &[u8; WIDTH], offset: usize) -> u16 {
    record.get(offset..).and_then(|rest| rest.first_chunk()).map_or(0, |bytes| u16::from_le_bytes(*bytes))
}

/// A number of the header.
#[allow(clippy::indexing_slicing, reason = "only the compiler runs it")]
const fn word32(at: usize) -> u32 {
    u32::from_le_bytes([BYTES[at], BYTES[at + 1], BYTES[at + 2], BYTES[at + 3]])
}
