//! HCL as `hcl2json` writes it, which is what Conftest's parser gives: a block is an element of a list below its kind and
//! labels, and an expression that is no literal is its text in `${…}`.

use std::collections::BTreeMap;

use portcullis_syntax::hcl::{Body, Expr, ExprKind, File, Number, UnaryOperator};

use crate::value::Value;

/// The body of a file. `text` is what it was parsed from.
pub fn hcl(file: &File, text: &str) -> Value {
    body(&file.body, text).finish()
}

/// What a value is made of before it is complete: blocks of one kind may stand anywhere.
enum Part {
    Value(Value),
    Blocks(Vec<Part>),
    Map(BTreeMap<String, Part>),
}

impl Part {
    fn map() -> Self {
        Self::Map(BTreeMap::new())
    }

    fn finish(self) -> Value {
        match self {
            Self::Value(value) => value,
            Self::Blocks(blocks) => Value::array(blocks.into_iter().map(Self::finish)),
            Self::Map(entries) => Value::object(entries.into_iter().map(|(key, part)| (key, part.finish()))),
        }
    }
}

/// Nesting is bounded by the parser.
fn body(from: &Body, text: &str) -> Part {
    let attributes = from.attributes.iter();
    let mut entries: BTreeMap<String, Part> =
        attributes.map(|it| (it.name.name.to_string(), Part::Value(value(&it.value, text)))).collect();
    for block in &from.blocks {
        let names = std::iter::once(&block.kind).chain(&block.labels).map(|it| it.name.to_string());
        insert(&mut entries, names, body(&block.body, text));
    }
    Part::Map(entries)
}

/// Adds a block below its names. What is written as an attribute of that name, which Terraform refuses, gives way.
fn insert(entries: &mut BTreeMap<String, Part>, mut names: impl Iterator<Item = String>, block: Part) {
    let Some(mut name) = names.next() else { return };
    let mut holder = entries;
    for next in names {
        let slot = holder.entry(name).or_insert_with(Part::map);
        if !matches!(slot, Part::Map(_)) {
            *slot = Part::map();
        }
        let Part::Map(inner) = slot else { return };
        holder = inner;
        name = next;
    }
    match holder.entry(name).or_insert_with(|| Part::Blocks(Vec::new())) {
        Part::Blocks(blocks) => blocks.push(block),
        slot => *slot = Part::Blocks(vec![block]),
    }
}

fn value(expr: &Expr, text: &str) -> Value {
    match &expr.kind {
        ExprKind::Null => Value::NULL,
        ExprKind::Bool(value) => Value::from(*value),
        ExprKind::Number(number) => self::number(*number),
        ExprKind::String(text) => Value::from(&**text),
        ExprKind::List(items) => Value::array(items.iter().map(|item| value(item, text))),
        ExprKind::Object(items) => {
            Value::object(items.iter().map(|item| (key(&item.key, text), value(&item.value, text))))
        }
        ExprKind::Unary(UnaryOperator::Minus, operand) => match operand.kind {
            ExprKind::Number(Number::Int(number)) => Value::from(number.saturating_neg()),
            ExprKind::Number(Number::Float(number)) => self::number(Number::Float(-number)),
            _ => written(expr, text),
        },
        // A quoted template is its own text; in a heredoc, what stands between its marks.
        ExprKind::Template(_) => Value::from(unquoted(expr.span.slice(text))),
        _ => written(expr, text),
    }
}

fn number(number: Number) -> Value {
    match number {
        Number::Int(number) => Value::from(number),
        Number::Float(number) => Value::from(serde_json::Value::from(number)),
    }
}

/// A key that is no name is an expression, and its text is the key.
fn key(expr: &Expr, text: &str) -> String {
    match &expr.kind {
        ExprKind::String(name) => name.to_string(),
        ExprKind::Template(_) => unquoted(expr.span.slice(text)).to_owned(),
        _ => format!("${{{}}}", expr.span.slice(text)),
    }
}

fn written(expr: &Expr, text: &str) -> Value {
    Value::from(format!("${{{}}}", expr.span.slice(text)))
}

fn unquoted(text: &str) -> &str {
    if let Some(inner) = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')) {
        return inner;
    }
    let lines = text.strip_prefix("<<").and_then(|_| text.split_once('\n')).map(|(_, rest)| rest);
    lines.and_then(|rest| rest.trim_end().rsplit_once('\n')).map_or(text, |(content, _)| content)
}
