//! How rules read a resource: by a path of attributes and nested blocks.

use portcullis_core::{Place, Span, StableHash};

use super::configuration::Resource;
use super::value::{Kind, List, Map, Reason, Value};

/// What stands at a path.
#[derive(Clone, Copy, Debug)]
pub enum Lookup<'v> {
    /// A value other than null.
    Present(Found<'v>),
    /// Certainly nothing, or null.
    Absent(Missing),
    /// It is not known whether something is there, or what.
    Unknown(Reason),
}

/// A value and the place that it has in its resource.
#[derive(Clone, Copy, Debug)]
pub struct Found<'v> {
    /// The value; it may be unknown or known in part.
    pub value: &'v Value,
    /// The header of the resource.
    pub resource: Span,
    /// Hash of the path.
    pub structure: u64,
}

/// Where something could stand and does not.
#[derive(Clone, Copy, Debug)]
pub struct Missing {
    /// The header of the resource, or the nested block that lacks it.
    pub span: Span,
    /// The header of the resource.
    pub resource: Span,
    /// Hash of the path.
    pub structure: u64,
    /// Where null is said in its place.
    pub null: Option<Span>,
}

impl Found<'_> {
    /// Span and identity.
    pub fn place(&self) -> Place {
        let mut value = StableHash::new();
        self.value.hash_into(&mut value);
        Place { span: self.value.span, structure: self.structure, value: value.short() }
    }
}

impl Missing {
    /// Span and identity.
    pub fn place(&self) -> Place {
        Place { span: self.span, structure: self.structure, value: 0 }
    }
}

/// What a resource has at `path`: `versioning.enabled`, `ingress.cidr_blocks[*]`.
///
/// Where a step leads to a list (several blocks of a kind, a list of objects), each of its elements is followed. A last
/// `[*]` goes through the elements of a list; without it the list itself is found. There is at least one answer: an
/// empty list has nothing, at the place of what holds it.
pub fn lookups<'v>(resource: &'v Resource, path: &str) -> Vec<Lookup<'v>> {
    let mut walk = Walk { resource: resource.header, structure: structure(path), found: Vec::new() };
    let steps: Vec<&str> = path.split('.').collect();
    walk.map(&resource.body, resource.header, &steps);
    walk.found
}

/// What a nested value has at `path`, for what was found by [`lookups`].
pub fn lookups_in<'v>(found: &Found<'v>, path: &str) -> Vec<Lookup<'v>> {
    let mut structure = StableHash::new();
    structure.number(found.structure);
    structure.text(path);
    let mut walk = Walk { resource: found.resource, structure: structure.short(), found: Vec::new() };
    let steps: Vec<&str> = path.split('.').collect();
    walk.value(found.value, found.value.span, &steps);
    walk.found
}

fn structure(path: &str) -> u64 {
    let mut hash = StableHash::new();
    hash.text(path);
    hash.short()
}

struct Walk<'v> {
    resource: Span,
    structure: u64,
    found: Vec<Lookup<'v>>,
}

impl<'v> Walk<'v> {
    fn map(&mut self, map: &'v Map, span: Span, steps: &[&str]) {
        let [step, rest @ ..] = steps else { return };
        let (name, each) = step.strip_suffix("[*]").map_or((*step, false), |name| (name, true));
        match map.entries.get(name) {
            Some(entry) if entry.value.is_null() => self.absent(span, Some(entry.value.span)),
            Some(entry) if each => match &entry.value.kind {
                Kind::List(list) => self.list(list, span, rest),
                _ => self.value(&entry.value, span, rest),
            },
            Some(entry) => self.value(&entry.value, span, rest),
            None if map.open => self.found.push(Lookup::Unknown(Reason::Instance)),
            None => self.absent(span, None),
        }
    }

    fn value(&mut self, value: &'v Value, holder: Span, steps: &[&str]) {
        if value.is_null() {
            return self.absent(holder, Some(value.span));
        }
        if steps.is_empty() {
            let found = Found { value, resource: self.resource, structure: self.structure };
            return self.found.push(Lookup::Present(found));
        }
        match &value.kind {
            Kind::Map(map) => self.map(map, value.span, steps),
            Kind::List(list) => self.list(list, holder, steps),
            Kind::Unknown(reason) => self.found.push(Lookup::Unknown(*reason)),
            _ => self.found.push(Lookup::Unknown(Reason::Invalid)),
        }
    }

    fn list(&mut self, list: &'v List, holder: Span, steps: &[&str]) {
        for item in &list.items {
            self.value(item, holder, steps);
        }
        if list.open {
            self.found.push(Lookup::Unknown(Reason::Instance));
        } else if list.items.is_empty() {
            self.absent(holder, None);
        }
    }

    fn absent(&mut self, span: Span, null: Option<Span>) {
        let Self { resource, structure, .. } = *self;
        self.found.push(Lookup::Absent(Missing { span, resource, structure, null }));
    }
}
