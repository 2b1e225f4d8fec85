//! The schemas of the API server's own kinds, read in place from a compiled table.
//!
//! The table has every field of every version from [`first`] to [`last`] once, with a mask of the versions that have it.
//! It is searched where it lies: nothing is unpacked when the program starts. Required is what the
//! newest version calls so and every version has: older ones also called those fields required that the server fills in.

use std::cmp::Ordering;

use super::layout::{self, NO_LIST, Table, tag};
use super::walk::{Field, Schema, Shape};
use crate::kubernetes::KubernetesVersion;

static BYTES: &[u8] = include_bytes!("../../../data/kubernetes-schemas.bin");

/// The oldest version that the table knows.
pub fn first() -> KubernetesVersion {
    KubernetesVersion::new(word32(0))
}

/// The newest version that the table knows.
pub fn last() -> KubernetesVersion {
    KubernetesVersion::new((word32(0) + word32(4)).saturating_sub(1))
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
        let minor = asked.unwrap_or_else(last).minor.clamp(first().minor, last().minor);
        Self { bit: 1_u16.checked_shl(minor.saturating_sub(first().minor)).unwrap_or(1), any: asked.is_none() }
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
        let key = (kind, api_version);
        let at = search(Table::Kinds, |at| {
            let found = Self::at(at);
            (found.name, found.api_version).cmp(&key)
        })?;
        Some(Self::at(at))
    }

    /// All kinds, sorted by kind and `apiVersion`.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        (0..length(Table::Kinds)).map(Self::at)
    }

    fn at(at: usize) -> Self {
        Self {
            name: name(Table::Kinds, at, 0),
            api_version: name(Table::Kinds, at, 4),
            definition: number(Table::Kinds, at, 8),
            mask: number(Table::Kinds, at, 10),
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
    fn definition(self) -> Option<usize> {
        match self.of {
            Of::Definition(at) => Some(usize::from(at)),
            Of::Type(at) => {
                let at = usize::from(at);
                let is_object = number(Table::Types, at, 0) == tag::OBJECT;
                is_object.then(|| usize::from(number(Table::Types, at, 2)))
            }
        }
    }

    /// First record and number of records of what a definition has.
    fn range(self, at: usize) -> std::ops::Range<usize> {
        let Some(definition) = self.definition() else { return 0..0 };
        let first = usize::from(number(Table::Definitions, definition, at));
        first..first + usize::from(number(Table::Definitions, definition, at + 2))
    }

    fn of_type(self, at: u16) -> Self {
        Self { of: Of::Type(at), ..self }
    }
}

impl Schema<'static> for Builtin {
    fn shape(self) -> Shape<Self> {
        let Of::Type(at) = self.of else { return Shape::Object };
        let at = usize::from(at);
        let inner = || self.of_type(number(Table::Types, at, 2));
        match number(Table::Types, at, 0) {
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
            tag::RANGE => Shape::Integer {
                least: number(Table::Types, at, 2).into(),
                greatest: number(Table::Types, at, 4).into(),
            },
            _ => Shape::Any,
        }
    }

    fn field(self, wanted: &str) -> Field<Self> {
        let range = self.range(4);
        let found = search_in(range.clone(), |at| name(Table::Fields, at, 0).cmp(wanted));
        let Some(found) = found else { return Field::Unknown };
        // The same field with other types stands right beside it.
        let is_it = |at: &usize| name(Table::Fields, *at, 0) == wanted;
        let before = (range.start..found).rev().take_while(is_it).count();
        let variants = (found - before..range.end).take_while(is_it);
        let mask = |at: usize| number(Table::Fields, at, 6);
        let mut all = 0;
        let mut any = None;
        for at in variants {
            if mask(at) & self.versions.bit != 0 {
                return Field::Known(self.of_type(number(Table::Fields, at, 4)));
            }
            all |= mask(at);
            any = Some(at);
        }
        match any {
            Some(at) if self.versions.any => {
                let versions = self.versions.within(mask(at));
                Field::Known(Self { versions, ..self.of_type(number(Table::Fields, at, 4)) })
            }
            Some(_) => Field::Elsewhere { first: version(oldest(all)), last: version(newest(all)) },
            None => Field::Unknown,
        }
    }

    fn names(self) -> impl Iterator<Item = &'static str> {
        let known = self.range(4).filter(move |&at| self.versions.have(number(Table::Fields, at, 6)));
        known.map(|at| name(Table::Fields, at, 0))
    }

    fn required(self) -> impl Iterator<Item = &'static str> {
        self.range(8).map(|at| name(Table::Required, at, 0))
    }

    fn words(self) -> impl Iterator<Item = &'static str> {
        let list = match self.of {
            Of::Definition(_) => NO_LIST,
            Of::Type(at) => {
                let at = usize::from(at);
                match number(Table::Types, at, 0) {
                    tag::LIST => number(Table::Types, at, 4),
                    tag::CHOICE => number(Table::Types, at, 2),
                    _ => NO_LIST,
                }
            }
        };
        let list = usize::from(list);
        let (first, count) = if list == usize::from(NO_LIST) {
            (0, 0)
        } else {
            (usize::from(number(Table::Lists, list, 0)), usize::from(number(Table::Lists, list, 2)))
        };
        (first..first + count).map(|at| name(Table::Words, at, 0))
    }

    fn title(self) -> &'static str {
        self.definition().map_or("", |at| name(Table::Definitions, at, 0))
    }
}

fn oldest(mask: u16) -> u16 {
    mask & mask.wrapping_neg()
}

fn newest(mask: u16) -> u16 {
    mask.checked_ilog2().map_or(0, |highest| 1 << highest)
}

fn version(bit: u16) -> KubernetesVersion {
    KubernetesVersion::new(first().minor + bit.trailing_zeros())
}

fn search(table: Table, order: impl Fn(usize) -> Ordering) -> Option<usize> {
    search_in(0..length(table), order)
}

/// The record that `order` calls equal, in a range that it sorts.
fn search_in(range: std::ops::Range<usize>, order: impl Fn(usize) -> Ordering) -> Option<usize> {
    let (mut low, mut high) = (range.start, range.end);
    while low < high {
        let middle = low + (high - low) / 2;
        match order(middle) {
            Ordering::Less => low = middle + 1,
            Ordering::Greater => high = middle,
            Ordering::Equal => return Some(middle),
        }
    }
    None
}

/// Offset of a table.
fn start(table: Table) -> usize {
    word32(8 + 4 * table as usize) as usize
}

/// Records of a table.
fn length(table: Table) -> usize {
    let end = if table as usize + 1 == Table::COUNT { BYTES.len() } else { word32(12 + 4 * table as usize) as usize };
    (end - start(table)) / table.width()
}

/// The name at `offset` of a record.
fn name(table: Table, at: usize, offset: usize) -> &'static str {
    let packed = word32(start(table) + at * table.width() + offset) as usize;
    let from = start(Table::Text) + (packed >> 8);
    let bytes = BYTES.get(from..from + (packed & 0xff)).unwrap_or_default();
    std::str::from_utf8(bytes).unwrap_or_default()
}

/// The number at `offset` of a record.
fn number(table: Table, at: usize, offset: usize) -> u16 {
    let from = start(table) + at * table.width() + offset;
    BYTES.get(from..).and_then(|rest| rest.first_chunk()).map_or(0, |bytes| u16::from_le_bytes(*bytes))
}

fn word32(from: usize) -> u32 {
    BYTES.get(from..).and_then(|rest| rest.first_chunk()).map_or(0, |bytes| u32::from_le_bytes(*bytes))
}

const _: () = assert!(BYTES.len() > layout::HEADER, "the table has been compiled");
