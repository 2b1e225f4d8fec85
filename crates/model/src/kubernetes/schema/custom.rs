//! The structural schemas of custom resources.
//!
//! Types, fields, required ones and keys of lists are read for the walk; what else is asked of a value is in its checks. A
//! schema that is not structural, or a part that this does not understand, describes anything.

use std::collections::HashMap;
use std::sync::Arc;

use portcullis_syntax::{Lookup, Node, Value};

use super::Fault;
use super::checks::{Bound, Checks, Choice, Size};
use super::format::Format;
use super::pattern::Pattern;
use super::walk::{Field, Null, Schema, Shape};

/// A node of a structural schema, or of a part of a combination.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct CustomSchema {
    shape: CustomShape,
    /// Sorted by name.
    pub(super) fields: Vec<(Box<str>, CustomSchema)>,
    pub(super) required: Vec<Box<str>>,
    /// Keys of a list.
    keys: Vec<Box<str>>,
    /// Whether fields that are not listed stay.
    keeps_unknown: bool,
    pub(super) is_nullable: bool,
    pub(super) has_default: bool,
    /// Its default, where that is a scalar.
    usual: Option<Box<str>>,
    /// `None` where nothing is asked but the type.
    pub(super) checks: Option<Box<Checks>>,
}

#[derive(Clone, Debug, Default, PartialEq)]
enum CustomShape {
    #[default]
    Any,
    Text,
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
    keys: Vec::new(),
    keeps_unknown: true,
    is_nullable: true,
    has_default: false,
    usual: None,
    checks: None,
};

impl CustomSchema {
    /// Whether it says anything of an object.
    pub(super) fn is_known(&self) -> bool {
        matches!(self.shape, CustomShape::Object)
    }

    /// The schema of a list's elements.
    pub(super) fn items(&self) -> Option<&Self> {
        match &self.shape {
            CustomShape::List(items) => Some(items),
            _ => None,
        }
    }

    /// The schema of a field that it knows.
    pub(super) fn known(&self, name: &str) -> Option<&Self> {
        if let CustomShape::Map(values) = &self.shape {
            return Some(values);
        }
        let at = self.fields.binary_search_by(|(field, _)| (**field).cmp(name)).ok()?;
        self.fields.get(at).map(|(_, schema)| schema)
    }

    /// Whether the server keeps a field of this name.
    pub(super) fn keeps(&self, name: &str) -> bool {
        !matches!(self.shape, CustomShape::Object) || self.keeps_unknown || self.known(name).is_some()
    }

    /// Whether, as a part of a combination, it asks for fields and nothing else.
    pub(super) fn is_plain(&self) -> bool {
        self.fields.is_empty() && self.checks.is_none() && matches!(self.shape, CustomShape::Any)
    }

    /// Whether a value is of the type that a part of a combination names.
    pub(super) fn is_type_of(&self, node: Node<'_>) -> bool {
        match (&self.shape, node.value()) {
            (CustomShape::Any, _)
            | (CustomShape::Text | CustomShape::IntOrText, Value::String(_))
            | (CustomShape::Number | CustomShape::IntOrText, Value::Number(_))
            | (CustomShape::Boolean, Value::Bool(_))
            | (CustomShape::List(_), Value::List(_))
            | (CustomShape::Map(_) | CustomShape::Object, Value::Map(_)) => true,
            (CustomShape::Integer { .. }, Value::Number(text)) => {
                node.as_i64().is_some() || text.parse().is_ok_and(|number: f64| number.fract() == 0.0)
            }
            _ => false,
        }
    }
}

/// Patterns of one definition that are read; further ones match anything.
const PATTERNS: usize = 1024;

/// Reads the schemas of one definition.
#[derive(Debug, Default)]
pub(super) struct Reader {
    /// Each once: the same one is often said of many fields.
    patterns: HashMap<String, Arc<Pattern>>,
}

impl Reader {
    /// Reads a structural schema; its depth is that of the document, which the parser bounds.
    pub(super) fn read(&mut self, node: Node<'_>) -> CustomSchema {
        let mut schema = CustomSchema::default();
        // Something filled in later may say anything.
        if !node.is_map() || node.is_open() {
            return schema;
        }
        schema.is_nullable =
            !matches!(node.key_lookup("nullable"), Lookup::Absent(_)) && !node.key_lookup("nullable").is_bool(false);
        let default = node.field("default");
        schema.has_default = default.is_some();
        schema.usual = default.map(Node::text).filter(|text| !text.is_empty()).map(Into::into);
        schema.shape = if is_set(node, "x-kubernetes-int-or-string") {
            CustomShape::IntOrText
        } else {
            match node.key_lookup("type").present().and_then(Node::as_str) {
                Some("string") => CustomShape::Text,
                Some("integer") => integer(node),
                Some("number") => CustomShape::Number,
                Some("boolean") => CustomShape::Boolean,
                Some("array") => {
                    let items = node.key_lookup("items").present().map(|items| self.read(items)).unwrap_or_default();
                    if node.key_lookup("x-kubernetes-list-type").present().and_then(Node::as_str) == Some("map") {
                        schema.keys = strings(node, "x-kubernetes-list-map-keys").unwrap_or_default();
                    }
                    CustomShape::List(Box::new(items))
                }
                Some("object") => self.read_object(node, &mut schema),
                _ => return schema,
            }
        };
        schema.checks = self.checks(node);
        schema
    }

    fn read_object(&mut self, node: Node<'_>, schema: &mut CustomSchema) -> CustomShape {
        let properties = node.key_lookup("properties");
        // A field with a default is never missing.
        let has_default = |name: &str| {
            let field = properties.present().and_then(|properties| properties.field(name));
            field.is_some_and(|field| field.field("default").is_some())
        };
        schema.required = strings(node, "required").unwrap_or_default();
        schema.required.retain(|name| !has_default(name));
        match node.key_lookup("additionalProperties") {
            Lookup::Present(values) if values.is_map() => return CustomShape::Map(Box::new(self.read(values))),
            Lookup::Present(values) if values.as_bool() != Some(false) => schema.keeps_unknown = true,
            Lookup::Unknown(_) => schema.keeps_unknown = true,
            Lookup::Present(_) | Lookup::Absent(_) => {}
        }
        schema.keeps_unknown |= is_set(node, "x-kubernetes-preserve-unknown-fields");
        schema.keeps_unknown |= properties.is_unknown() || properties.present().is_some_and(Node::is_open);
        for (key, field) in properties.present().into_iter().flat_map(Node::entries) {
            schema.fields.push((key.text().into(), self.read(field)));
        }
        if is_set(node, "x-kubernetes-embedded-resource") {
            for name in ["apiVersion", "kind", "metadata"] {
                if schema.fields.iter().all(|(field, _)| &**field != name) {
                    schema.fields.push((name.into(), ANYTHING.clone()));
                }
                let is_new = name != "metadata" && schema.required.iter().all(|field| &**field != name);
                if is_new && !has_default(name) {
                    schema.required.push(name.into());
                }
            }
        }
        schema.fields.sort_by(|(a, _), (b, _)| a.cmp(b));
        CustomShape::Object
    }

    /// Reads a part of a combination: what it asks of a value whose type the structural schema says.
    fn part(&mut self, node: Node<'_>) -> CustomSchema {
        let mut schema = CustomSchema::default();
        if !node.is_map() || node.is_open() {
            schema.checks = Some(Box::new(Checks { is_unknown: true, ..Checks::default() }));
            return schema;
        }
        schema.shape = match node.key_lookup("type").present().and_then(Node::as_str) {
            Some("string") => CustomShape::Text,
            Some("integer") => CustomShape::Integer { least: i64::MIN, greatest: i64::MAX },
            Some("number") => CustomShape::Number,
            Some("boolean") => CustomShape::Boolean,
            Some("object") => CustomShape::Object,
            Some("array") => CustomShape::List(Box::default()),
            _ => CustomShape::Any,
        };
        let properties = node.key_lookup("properties").present().into_iter().flat_map(Node::entries);
        schema.fields = properties.map(|(key, field)| (key.text().into(), self.part(field))).collect();
        schema.fields.sort_by(|(a, _), (b, _)| a.cmp(b));
        schema.required = strings(node, "required").unwrap_or_default();
        schema.checks = self.checks(node);
        if let Lookup::Present(items) = node.key_lookup("items") {
            schema.checks.get_or_insert_default().items = Some(self.part(items));
        }
        // Nothing structural says more of a part than these.
        if node.field("additionalProperties").is_some() {
            schema.checks.get_or_insert_default().is_unknown = true;
        }
        schema
    }

    /// What is asked beyond the type.
    fn checks(&mut self, node: Node<'_>) -> Option<Box<Checks>> {
        let text = |key: &str| node.key_lookup(key).present().and_then(Node::as_str);
        let size = |least: &str, most: &str| {
            let number = |key: &str| node.key_lookup(key).present().and_then(Node::as_i64);
            let number = |key: &str| number(key).and_then(|number| u64::try_from(number).ok());
            Size { least: number(least), most: number(most) }
        };
        let mut parts = |key: &str| -> Vec<CustomSchema> {
            node.key_lookup(key).present().into_iter().flat_map(Node::items).map(|part| self.part(part)).collect()
        };
        let is_list_set = text("x-kubernetes-list-type") == Some("set");
        let checks = Checks {
            all_of: parts("allOf"),
            any_of: parts("anyOf"),
            one_of: parts("oneOf"),
            not: node.key_lookup("not").present().map(|part| self.part(part)),
            pattern: text("pattern").and_then(|text| self.pattern(text)),
            format: text("format").and_then(Format::of),
            characters: size("minLength", "maxLength"),
            elements: size("minItems", "maxItems"),
            fields: size("minProperties", "maxProperties"),
            least: bound(node, "minimum", "exclusiveMinimum"),
            greatest: bound(node, "maximum", "exclusiveMaximum"),
            multiple_of: bound(node, "multipleOf", "").filter(|factor| factor.value > 0.0),
            choices: choices(node),
            is_set: is_list_set || is_set(node, "uniqueItems"),
            items: None,
            is_unknown: false,
        };
        (checks != Checks::default()).then(|| Box::new(checks))
    }

    fn pattern(&mut self, text: &str) -> Option<Arc<Pattern>> {
        if let Some(known) = self.patterns.get(text) {
            return Some(Arc::clone(known));
        }
        if self.patterns.len() == PATTERNS {
            return None;
        }
        let pattern = Arc::new(Pattern::new(text));
        self.patterns.insert(text.to_owned(), Arc::clone(&pattern));
        Some(pattern)
    }
}

fn is_set(node: Node<'_>, key: &str) -> bool {
    node.key_lookup(key).is_bool(true)
}

/// Since 1.36 the server holds integers to their format; what decodes them always did.
fn integer(node: Node<'_>) -> CustomShape {
    if node.key_lookup("format").present().and_then(Node::as_str) == Some("int32") {
        return CustomShape::Integer { least: i32::MIN.into(), greatest: i32::MAX.into() };
    }
    CustomShape::Integer { least: i64::MIN, greatest: i64::MAX }
}

fn bound(node: Node<'_>, key: &str, exclusive: &str) -> Option<Bound> {
    let written = node.key_lookup(key).present()?;
    let Value::Number(text) = written.value() else { return None };
    let value = super::checks::number(written)?;
    Some(Bound { text: text.into(), value, is_exclusive: is_set(node, exclusive) })
}

/// The values that are allowed; none where any of them is not known or is no scalar.
fn choices(node: Node<'_>) -> Vec<Choice> {
    let Some(list) = node.key_lookup("enum").present().filter(|list| !list.is_open()) else { return Vec::new() };
    list.items().map(Choice::of).collect::<Option<_>>().unwrap_or_default()
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
        match self.known(name) {
            Some(schema) => Field::Known(schema),
            None if self.keeps_unknown => Field::Known(&ANYTHING),
            None => Field::Unknown,
        }
    }

    fn names(self) -> impl Iterator<Item = &'d str> {
        self.fields.iter().map(|(name, _)| &**name)
    }

    fn required(self) -> impl Iterator<Item = &'d str> {
        self.required.iter().map(|name| &**name)
    }

    fn words(self) -> impl Iterator<Item = &'d str> {
        self.keys.iter().map(|key| &**key)
    }

    fn title(self) -> &'d str {
        ""
    }

    fn null(self) -> Null {
        if self.is_nullable {
            Null::Value
        } else if self.has_default || matches!(self.shape, CustomShape::Any) {
            Null::Absence
        } else {
            Null::NoElement
        }
    }

    fn usual(self, key: &str) -> Option<&'d str> {
        self.known(key)?.usual.as_deref()
    }

    fn has_checks(self) -> bool {
        self.checks.is_some()
    }

    fn check<'t>(self, node: Node<'t>, faults: &mut Vec<Fault<'t, 'd>>) {
        if let Some(checks) = &self.checks {
            checks.judge(node, self, faults);
        }
    }
}
