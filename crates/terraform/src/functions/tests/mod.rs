//! Tables of calls and what they come to.
//!
//! Calls are written in the language itself. Three names stand for what the language has no literals for: `unknown`
//! is a variable without value, `computed` the identifier of a resource, and `open(x)` a list or map that may hold
//! more. Results are written the same way; `?` is what is not known, `…` that there may be more, `refused` what
//! Terraform would refuse.

mod collections;
mod encodings;
mod others;
mod provenance;
mod texts;
mod unknowns;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use portcullis_core::{FileError, FileId, Files};
use portcullis_model::terraform::value::{
    Encoded, Format, Kind, List, Map, Piece, Reason, Reference, Value, number_text,
};
use portcullis_syntax::hcl::{self, Expr, ExprKind, Number, Part, UnaryOperator};

use super::{Fault, Place, call};

/// Checks that each call comes to what is written beside it.
fn check(rows: &[(&str, &str)]) {
    let wrong: Vec<String> = rows
        .iter()
        .filter_map(|(call, wanted)| {
            let got = evaluate(call).map_or_else(|Fault| "refused".to_owned(), |value| written(&value));
            (got != *wanted).then(|| format!("{call}\n  gives  {got}\n  wanted {wanted}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{} of {} rows differ:\n{}", wrong.len(), rows.len(), wrong.join("\n"));
}

fn evaluate(text: &str) -> Result<Value, Fault> {
    let text = format!("x = {text}");
    let file = hcl::parse(&text, FileId(0));
    assert!(file.errors.is_empty(), "{text}: {:?}", file.errors);
    value(&file.body.attributes[0].value)
}

fn value(expr: &Expr) -> Result<Value, Fault> {
    let at = expr.span;
    let kind = match &expr.kind {
        ExprKind::Null => Kind::Null,
        ExprKind::Bool(value) => Kind::Bool(*value),
        ExprKind::Number(number) => Kind::Number(*number),
        ExprKind::String(text) => Kind::String(text.clone()),
        ExprKind::Unary(UnaryOperator::Minus, operand) => match value(operand)?.kind {
            Kind::Number(Number::Int(value)) => Kind::Number(Number::Int(-value)),
            Kind::Number(Number::Float(value)) => Kind::Number(Number::Float(-value)),
            _ => panic!("{expr:?}"),
        },
        ExprKind::Template(parts) => template(parts)?,
        ExprKind::List(items) => Kind::List(Arc::new(List::closed(items.iter().map(value).collect::<Result<_, _>>()?))),
        ExprKind::Object(items) => {
            let mut map = Map::default();
            for item in items {
                map.insert(value(&item.key)?.to_text().unwrap(), item.key.span, value(&item.value)?);
            }
            Kind::Map(Arc::new(map))
        }
        ExprKind::Variable(name) if &**name == "unknown" => Kind::Unknown(Reason::Variable),
        ExprKind::Variable(name) if &**name == "computed" => {
            let reference = Reference { address: "aws_vpc.a".into(), attribute: "id".into() };
            let kind = Kind::Unknown(Reason::Computed);
            return Ok(Value { refers: Some([reference].into()), ..Value::new(kind, at) });
        }
        ExprKind::Call(called) => {
            let portcullis_syntax::hcl::Call { name, arguments, .. } = &**called;
            let arguments = arguments.iter().map(value).collect::<Result<Vec<_>, _>>()?;
            if &*name.name != "open" {
                return call(&name.name, &arguments, at, Place { files: &Tree, directory: "modules/app" });
            }
            match &arguments[0].kind {
                Kind::List(list) => Kind::List(Arc::new(List { open: true, ..(**list).clone() })),
                Kind::Map(map) => Kind::Map(Arc::new(Map { open: true, ..(**map).clone() })),
                other => panic!("{other:?}"),
            }
        }
        other => panic!("{other:?}"),
    };
    Ok(Value::new(kind, at))
}

fn template(parts: &[Part]) -> Result<Kind, Fault> {
    let pieces = parts.iter().map(|part| match part {
        Part::Literal(text, _) => Ok(Piece::Text(text.clone())),
        Part::Interpolation(expr) => match value(expr)?.kind {
            Kind::Unknown(reason) => Ok(Piece::Unknown(reason)),
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    });
    Ok(Kind::Template(pieces.collect::<Result<_, _>>()?))
}

/// A value as text.
fn written(value: &Value) -> String {
    let joined = |items: Vec<String>, open: bool| {
        let more = if open { vec!["…".to_owned()] } else { Vec::new() };
        items.into_iter().chain(more).collect::<Vec<_>>().join(", ")
    };
    match &value.kind {
        Kind::Null => "null".to_owned(),
        Kind::Bool(value) => value.to_string(),
        Kind::Number(number) => number_text(*number),
        Kind::String(text) => format!("{text:?}"),
        Kind::Template(pieces) => {
            let mut text = String::new();
            for piece in pieces.iter() {
                match piece {
                    Piece::Text(known) => text.push_str(known),
                    Piece::Unknown(_) => text.push_str("${?}"),
                }
            }
            format!("{text:?}")
        }
        Kind::Encoded(encoded) => {
            let Encoded { format, value } = &**encoded;
            format!("{}({})", if *format == Format::Json { "json" } else { "yaml" }, written(value))
        }
        Kind::List(list) => {
            let items = joined(list.items.iter().map(written).collect(), list.open);
            if list.set { format!("set[{items}]") } else { format!("[{items}]") }
        }
        Kind::Map(map) => {
            let entries = map.entries.iter().map(|(key, entry)| format!("{key} = {}", written(&entry.value)));
            format!("{{{}}}", joined(entries.collect(), map.open))
        }
        Kind::Unknown(Reason::Variable) => "?".to_owned(),
        Kind::Unknown(reason) => {
            let mut text = String::from("?");
            write!(text, "{reason:?}").unwrap();
            text
        }
    }
}

/// A tree of a few files.
struct Tree;

impl Tree {
    fn files() -> BTreeMap<&'static str, &'static [u8]> {
        BTreeMap::from([
            ("modules/app/policy.json", b"{\"Version\": \"2012-10-17\"}".as_slice()),
            ("modules/app/files/a.txt", b"hello"),
            ("modules/app/files/b.md", b"b"),
            ("modules/app/files/deep/c.txt", b"c"),
            ("modules/app/image.png", b"\xff\xfe"),
            ("shared.txt", b"shared\n"),
        ])
    }
}

impl Files for Tree {
    fn read(&self, path: &str) -> Result<Vec<u8>, FileError> {
        Self::files().get(path).map(|bytes| bytes.to_vec()).ok_or_else(|| FileError::Missing(PathBuf::from(path)))
    }

    fn list(&self, directory: &str) -> Result<Vec<String>, FileError> {
        let prefix = if directory.is_empty() { String::new() } else { format!("{directory}/") };
        let mut names: Vec<String> = Self::files()
            .keys()
            .filter_map(|path| path.strip_prefix(&prefix)?.split('/').next().map(str::to_owned))
            .collect();
        names.dedup();
        if names.is_empty() { Err(FileError::Missing(PathBuf::from(directory))) } else { Ok(names) }
    }
}
