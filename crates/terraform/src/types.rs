//! Type constraints of variables, and what values become under them.
//!
//! Conversion keeps where a value was written. What the constraint does not name is dropped, and optional attributes
//! get their defaults, as in Terraform.

use std::collections::BTreeMap;
use std::sync::Arc;

use portcullis_core::Span;
use portcullis_model::terraform::value::{Entries, Entry, List, Map};
use portcullis_model::terraform::{Kind, Reason, Value};
use portcullis_syntax::hcl::{Expr, ExprKind};

use crate::Fault;
use crate::operators::parse_number;

/// Constraints within one another.
const NESTING: usize = 64;

/// Elements of a set that are compared with one another; more of them are kept as they are.
const COMPARED: usize = 100;

/// A type constraint.
#[derive(Debug)]
pub(crate) enum Type<'l> {
    /// `any`, and what cannot be read.
    Any,
    /// `bool`
    Bool,
    /// `number`
    Number,
    /// `string`
    String,
    /// `list(…)`
    List(Box<Self>),
    /// `set(…)`
    Set(Box<Self>),
    /// `map(…)`
    Map(Box<Self>),
    /// `object({…})`
    Object(Vec<Field<'l>>),
    /// `tuple([…])`
    Tuple(Vec<Self>),
}

/// An attribute of an object type.
#[derive(Debug)]
pub(crate) struct Field<'l> {
    name: &'l str,
    constraint: Type<'l>,
    presence: Presence<'l>,
    span: Span,
}

#[derive(Debug)]
enum Presence<'l> {
    Required,
    Optional(Option<&'l Expr>),
}

impl<'l> Type<'l> {
    /// Reads a constraint.
    pub(crate) fn new(expr: &'l Expr) -> Self {
        Self::within(expr, 0)
    }

    fn within(expr: &'l Expr, depth: usize) -> Self {
        if depth > NESTING {
            return Self::Any;
        }
        let inner = |arguments: &'l [Expr]| {
            Box::new(arguments.first().map_or(Self::Any, |expr| Self::within(expr, depth.saturating_add(1))))
        };
        match &expr.kind {
            ExprKind::Variable(name) => Self::named(name),
            // Terraform 0.11 and the JSON syntax have types in quotes.
            ExprKind::String(name) => Self::named(name),
            ExprKind::Call(call) => match &*call.name.name {
                "list" => Self::List(inner(&call.arguments)),
                "set" => Self::Set(inner(&call.arguments)),
                "map" => Self::Map(inner(&call.arguments)),
                "object" => Self::object(&call.arguments, depth),
                "tuple" => match call.arguments.first().map(|expr| &expr.kind) {
                    Some(ExprKind::List(items)) => {
                        Self::Tuple(items.iter().map(|item| Self::within(item, depth.saturating_add(1))).collect())
                    }
                    _ => Self::Any,
                },
                _ => Self::Any,
            },
            _ => Self::Any,
        }
    }

    fn named(name: &str) -> Self {
        match name {
            "string" => Self::String,
            "number" => Self::Number,
            "bool" => Self::Bool,
            "list" => Self::List(Box::new(Self::Any)),
            "set" => Self::Set(Box::new(Self::Any)),
            "map" => Self::Map(Box::new(Self::Any)),
            _ => Self::Any,
        }
    }

    fn object(arguments: &'l [Expr], depth: usize) -> Self {
        let Some(ExprKind::Object(items)) = arguments.first().map(|expr| &expr.kind) else { return Self::Any };
        let fields = items.iter().filter_map(|item| {
            let ExprKind::String(name) = &item.key.kind else { return None };
            let (constraint, presence) = match &item.value.kind {
                ExprKind::Call(call) if &*call.name.name == "optional" => {
                    (call.arguments.first().unwrap_or(&item.value), Presence::Optional(call.arguments.get(1)))
                }
                _ => (&item.value, Presence::Required),
            };
            let constraint = Self::within(constraint, depth.saturating_add(1));
            Some(Field { name, constraint, presence, span: item.key.span })
        });
        Self::Object(fields.collect())
    }

    /// Whether a text given on the command line stands for itself.
    pub(crate) fn is_primitive(&self) -> bool {
        matches!(self, Self::Bool | Self::Number | Self::String)
    }

    /// What a value becomes. `default` evaluates the defaults of optional attributes.
    pub(crate) fn convert(&self, value: Value, default: &mut dyn FnMut(&Expr) -> Value) -> Result<Value, Fault> {
        if value.is_null() || value.is_unknown() {
            return Ok(value);
        }
        match self {
            Self::Any => Ok(value),
            Self::Bool => match &value.kind {
                Kind::Bool(_) | Kind::Template(_) => Ok(value),
                Kind::String(text) => match &**text {
                    "true" | "1" => Ok(Value { kind: Kind::Bool(true), ..value }),
                    "false" | "0" => Ok(Value { kind: Kind::Bool(false), ..value }),
                    _ => Err(Fault),
                },
                _ => Err(Fault),
            },
            Self::Number => match &value.kind {
                Kind::Number(_) | Kind::Template(_) => Ok(value),
                Kind::String(text) => {
                    let number = parse_number(text).ok_or(Fault)?;
                    Ok(Value { kind: Kind::Number(number), ..value })
                }
                _ => Err(Fault),
            },
            Self::String => match &value.kind {
                Kind::String(_) | Kind::Template(_) | Kind::Encoded(_) => Ok(value),
                _ => {
                    let text = value.to_text().ok_or(Fault)?;
                    Ok(Value { kind: Kind::String(text), ..value })
                }
            },
            Self::List(inner) => Self::elements(value, inner, Order::AsWritten, default),
            Self::Set(inner) => Self::elements(value, inner, Order::Sorted, default),
            Self::Tuple(types) => {
                let Kind::List(list) = &value.kind else { return Err(Fault) };
                if !list.open && list.items.len() != types.len() {
                    return Err(Fault);
                }
                let items = list.items.iter().zip(types).map(|(item, one)| one.convert(item.clone(), default));
                let items = items.collect::<Result<_, _>>()?;
                Ok(Value { kind: Kind::List(Arc::new(List { items, open: list.open, set: false })), ..value })
            }
            Self::Map(inner) => {
                let Kind::Map(map) = &value.kind else { return Err(Fault) };
                if matches!(**inner, Self::Any) {
                    return Ok(value);
                }
                let mut entries = Entries::default();
                for (name, entry) in &map.entries {
                    let converted = inner.convert(entry.value.clone(), default)?;
                    entries.insert(name.clone(), Entry { key: entry.key, value: converted });
                }
                Ok(Value { kind: Kind::Map(Arc::new(Map { entries, open: map.open })), ..value })
            }
            Self::Object(fields) => Self::fields(value, fields, default),
        }
    }

    fn elements(
        value: Value,
        inner: &Self,
        order: Order,
        default: &mut dyn FnMut(&Expr) -> Value,
    ) -> Result<Value, Fault> {
        let Kind::List(list) = &value.kind else { return Err(Fault) };
        if matches!(inner, Self::Any) && (list.set == (order == Order::Sorted)) {
            return Ok(value);
        }
        let items = list.items.iter().map(|item| inner.convert(item.clone(), default));
        let items: Vec<Value> = items.collect::<Result<_, _>>()?;
        let list = match order {
            Order::AsWritten => List { items, open: list.open, set: false },
            Order::Sorted => List { open: list.open, ..as_set(items) },
        };
        Ok(Value { kind: Kind::List(Arc::new(list)), ..value })
    }

    fn fields(value: Value, fields: &[Field<'_>], default: &mut dyn FnMut(&Expr) -> Value) -> Result<Value, Fault> {
        let Kind::Map(map) = &value.kind else { return Err(Fault) };
        let mut entries = Entries::default();
        for field in fields {
            let name: Arc<str> = field.name.into();
            let written = map.entries.get(field.name).filter(|entry| !entry.value.is_null());
            let entry = match (written, &field.presence) {
                (Some(entry), _) => {
                    Entry { key: entry.key, value: field.constraint.convert(entry.value.clone(), default)? }
                }
                (None, _) if map.open && !map.entries.contains_key(field.name) => {
                    Entry { key: field.span, value: Value::unknown(Reason::Variable, field.span) }
                }
                (None, Presence::Optional(Some(expr))) => {
                    Entry { key: field.span, value: field.constraint.convert(default(expr), default)? }
                }
                (None, Presence::Optional(None)) => {
                    Entry { key: field.span, value: Value::new(Kind::Null, field.span) }
                }
                (None, Presence::Required) => match map.entries.get(field.name) {
                    Some(null) => null.clone(),
                    None => return Err(Fault),
                },
            };
            entries.insert(name, entry);
        }
        Ok(Value { kind: Kind::Map(Arc::new(Map { entries, open: false })), ..value })
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Order {
    AsWritten,
    Sorted,
}

/// A set: each known text once, in order; what else there is keeps its order.
fn as_set(items: Vec<Value>) -> List {
    let mut texts: BTreeMap<Arc<str>, Value> = BTreeMap::new();
    let mut others: Vec<Value> = Vec::new();
    for item in items {
        match item.to_text() {
            Some(text) => {
                texts.entry(text).or_insert(item);
            }
            None if others.len() < COMPARED && others.iter().any(|other| other.equals(&item) == Some(true)) => {}
            None => others.push(item),
        }
    }
    List { items: texts.into_values().chain(others).collect(), open: false, set: true }
}
