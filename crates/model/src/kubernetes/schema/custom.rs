//! The schemas of custom resources, from the definitions (`apiextensions.k8s.io/v1`) that bring them.
//!
//! Read is the structural part: types, fields, required ones, choices, bounds of integers, keys of lists. A schema that
//! is not structural, or a part that this does not understand, describes anything. Where definitions of the same kind
//! differ, none of them counts.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use portcullis_core::StableHash;
use portcullis_syntax::{Lookup, Node, Value};

use super::walk::{Field, Schema, Shape};
use crate::kubernetes::Object;

/// The definitions of a scan.
#[derive(Clone, Debug, Default)]
pub struct Definitions {
    /// By group, version and kind; `None` where definitions differ.
    schemas: BTreeMap<CustomKind, Option<CustomSchema>>,
}

/// A version of a kind, as a number: what tells it from all others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CustomKind(u64);

impl CustomKind {
    /// The kind of an object.
    pub fn of(object: &Object<'_>) -> Self {
        Self::new(object.group(), object.version(), object.kind)
    }

    fn new(group: &str, version: &str, kind: &str) -> Self {
        let mut hash = StableHash::new();
        for part in [group, version, kind] {
            hash.text(part);
        }
        Self(hash.short())
    }
}

impl Definitions {
    /// The kinds that an object defines, if it is a `CustomResourceDefinition`.
    pub fn of(object: &Object<'_>) -> Self {
        let mut definitions = Self::default();
        if object.kind == "CustomResourceDefinition" && object.api_version == "apiextensions.k8s.io/v1" {
            definitions.read(object.node);
        }
        definitions
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.schemas.is_empty()
    }

    /// Whether a kind is defined.
    pub fn has(&self, kind: CustomKind) -> bool {
        self.schemas.contains_key(&kind)
    }

    /// Adds others; a kind that both define differently has no schema from then on.
    pub fn merge(&mut self, other: Self) {
        for (kind, schema) in other.schemas {
            match self.schemas.entry(kind) {
                Entry::Vacant(entry) => {
                    entry.insert(schema);
                }
                Entry::Occupied(mut entry) if *entry.get() != schema => {
                    entry.insert(None);
                }
                Entry::Occupied(_) => {}
            }
        }
    }

    /// Adds those of `other` that are not there yet.
    pub fn fall_back_on(&mut self, other: &Self) {
        for (kind, schema) in &other.schemas {
            self.schemas.entry(*kind).or_insert_with(|| schema.clone());
        }
    }

    pub(super) fn schema(&self, object: &Object<'_>) -> Option<&CustomSchema> {
        self.schemas.get(&CustomKind::of(object))?.as_ref()
    }

    fn read(&mut self, definition: Node<'_>) {
        let text = |path: &str| definition.get(path).present().and_then(Node::as_str);
        let (Some(group), Some(kind)) = (text("spec.group"), text("spec.names.kind")) else { return };
        let keeps_all = !matches!(definition.get("spec.preserveUnknownFields"), Lookup::Absent(_))
            && !definition.get("spec.preserveUnknownFields").is_bool(false);
        for version in definition.get("spec.versions").present().into_iter().flat_map(Node::items) {
            let Some(name) = version.get("name").present().and_then(Node::as_str) else { continue };
            let schema = match version.get("schema.openAPIV3Schema") {
                Lookup::Present(schema) if !keeps_all => CustomSchema::read(schema),
                _ => CustomSchema { shape: CustomShape::Any, ..CustomSchema::default() },
            };
            let alone = Self { schemas: BTreeMap::from([(CustomKind::new(group, name, kind), Some(schema))]) };
            self.merge(alone);
        }
    }
}

/// A node of a structural schema.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct CustomSchema {
    shape: CustomShape,
    /// Sorted by name.
    fields: Vec<(Box<str>, CustomSchema)>,
    required: Vec<Box<str>>,
    /// Choices, or keys of a list.
    words: Vec<Box<str>>,
    /// Whether fields that are not listed stay.
    keeps_unknown: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum CustomShape {
    #[default]
    Any,
    Text,
    Choice,
    Integer {
        least: i64,
        greatest: i64,
    },
    Number,
    Boolean,
    IntOrText,
    List(Box<CustomSchema>),
    Map(Box<CustomSchema>),
    Object,
}

static ANYTHING: CustomSchema = CustomSchema {
    shape: CustomShape::Any,
    fields: Vec::new(),
    required: Vec::new(),
    words: Vec::new(),
    keeps_unknown: true,
};

impl CustomSchema {
    /// Reads a schema; its depth is that of the document, which the parser bounds.
    fn read(node: Node<'_>) -> Self {
        let mut schema = Self::default();
        // Something filled in later may say anything.
        if !node.is_map() || node.is_open() {
            return schema;
        }
        let is_set = |key: &str| node.key_lookup(key).is_bool(true);
        let number = |key: &str| node.key_lookup(key).present().and_then(Node::as_i64);
        if is_set("x-kubernetes-int-or-string") {
            schema.shape = CustomShape::IntOrText;
            return schema;
        }
        let kind = node.key_lookup("type").present().and_then(Node::as_str);
        schema.shape = match kind {
            Some("string") => match strings(node, "enum") {
                Some(words) if !words.is_empty() => {
                    schema.words = words;
                    CustomShape::Choice
                }
                _ => CustomShape::Text,
            },
            Some("integer") => {
                let is_small = node.key_lookup("format").present().and_then(Node::as_str) == Some("int32");
                let (least, greatest) =
                    if is_small { (i32::MIN.into(), i32::MAX.into()) } else { (i64::MIN, i64::MAX) };
                CustomShape::Integer {
                    least: number("minimum").unwrap_or(least),
                    greatest: number("maximum").unwrap_or(greatest),
                }
            }
            Some("number") => CustomShape::Number,
            Some("boolean") => CustomShape::Boolean,
            Some("array") => {
                let items = node.key_lookup("items").present().map(Self::read).unwrap_or_default();
                schema.words = strings(node, "x-kubernetes-list-map-keys").unwrap_or_default();
                CustomShape::List(Box::new(items))
            }
            Some("object") => schema.read_object(node),
            _ => CustomShape::Any,
        };
        schema
    }

    fn read_object(&mut self, node: Node<'_>) -> CustomShape {
        let is_set = |key: &str| node.key_lookup(key).is_bool(true);
        match node.key_lookup("additionalProperties") {
            Lookup::Present(values) if values.is_map() => return CustomShape::Map(Box::new(Self::read(values))),
            Lookup::Present(values) if values.as_bool() != Some(false) => self.keeps_unknown = true,
            Lookup::Unknown(_) => self.keeps_unknown = true,
            Lookup::Present(_) | Lookup::Absent(_) => {}
        }
        self.keeps_unknown |= is_set("x-kubernetes-preserve-unknown-fields");
        let properties = node.key_lookup("properties");
        self.keeps_unknown |= properties.is_unknown() || properties.present().is_some_and(Node::is_open);
        for (key, field) in properties.present().into_iter().flat_map(Node::entries) {
            self.fields.push((key.text().into(), Self::read(field)));
        }
        if is_set("x-kubernetes-embedded-resource") {
            let known = ["apiVersion", "kind", "metadata"];
            let added = known.into_iter().filter(|name| self.fields.iter().all(|(field, _)| &**field != *name));
            let added: Vec<_> = added.map(|name| (name.into(), ANYTHING.clone())).collect();
            self.fields.extend(added);
        }
        self.fields.sort_by(|(a, _), (b, _)| a.cmp(b));
        // A field with a default is never missing.
        let has_default = |name: &str| {
            let field = properties.present().and_then(|properties| properties.field(name));
            field.is_some_and(|field| field.field("default").is_some())
        };
        self.required = strings(node, "required").unwrap_or_default();
        self.required.retain(|name| !has_default(name));
        CustomShape::Object
    }
}

/// A list of strings; `None` where an element is something else.
fn strings(node: Node<'_>, key: &str) -> Option<Vec<Box<str>>> {
    let items = node.key_lookup(key).present().into_iter().flat_map(Node::items);
    items.map(|item| if let Value::String(text) = item.value() { Some(text.into()) } else { None }).collect()
}

impl<'d> Schema<'d> for &'d CustomSchema {
    fn shape(self) -> Shape<Self> {
        match &self.shape {
            CustomShape::Any => Shape::Any,
            CustomShape::Text => Shape::Text,
            CustomShape::Choice => Shape::Choice,
            CustomShape::Integer { least, greatest } => Shape::Integer { least: *least, greatest: *greatest },
            CustomShape::Number => Shape::Number,
            CustomShape::Boolean => Shape::Boolean,
            CustomShape::IntOrText => Shape::IntOrText,
            CustomShape::List(items) => Shape::List(items),
            CustomShape::Map(values) => Shape::Map(values),
            CustomShape::Object => Shape::Object,
        }
    }

    fn field(self, name: &str) -> Field<Self> {
        match self.fields.binary_search_by(|(field, _)| (**field).cmp(name)) {
            Ok(at) => self.fields.get(at).map_or(Field::Unknown, |(_, schema)| Field::Known(schema)),
            Err(_) if self.keeps_unknown => Field::Known(&ANYTHING),
            Err(_) => Field::Unknown,
        }
    }

    fn names(self) -> impl Iterator<Item = &'d str> {
        self.fields.iter().map(|(name, _)| &**name)
    }

    fn required(self) -> impl Iterator<Item = &'d str> {
        self.required.iter().map(|name| &**name)
    }

    fn words(self) -> impl Iterator<Item = &'d str> {
        self.words.iter().map(|word| &**word)
    }

    fn title(self) -> &'d str {
        ""
    }
}
