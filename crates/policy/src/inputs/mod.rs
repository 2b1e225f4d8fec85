//! Texts as the values that policies know for them: Conftest's shapes, and Trivy's, which have lines.
//!
//! Documents of YAML, JSON and TOML are what their decoders give. Nothing is evaluated: an expression of HCL is its text, a
//! variable of a Dockerfile stays one. Two shapes are ours, for checks that ask for them: modules of Terraform, evaluated,
//! and the packages of a lockfile.

mod dockerfile;
mod hcl;
mod packages;
mod pairs;
mod terraform;
mod xml;

use portcullis_core::LineIndex;
use portcullis_syntax::{Node, Value as Scalar};

use crate::value::Value;

pub use dockerfile::{commands, stages};
pub use hcl::hcl;
pub(crate) use packages::listed;
pub use packages::packages;
pub use pairs::{dotenv, ignore, ini, properties};
pub use terraform::terraform;
pub use xml::xml;

/// A document whose every mapping says at which lines it stands, as Trivy has it. Depth is bounded by the parsers.
pub fn placed(node: Node<'_>, path: &str, lines: &LineIndex<'_>) -> Value {
    match node.value() {
        Scalar::List(list) => Value::array(list.items().map(|item| placed(item, path, lines))),
        Scalar::Map(map) => {
            let (start, end) = lines_of(node, lines);
            let metadata = Value::object([
                ("startline", Value::from(i64::from(start))),
                ("endline", Value::from(i64::from(end))),
                ("filepath", Value::from(path)),
                ("offset", Value::from(i64::from(node.span().start))),
            ]);
            // Merged entries come last, and what the mapping itself says stands above them.
            let entries = map.entries().rev().map(|(key, value)| (key.text(), placed(value, path, lines)));
            Value::object(entries.chain([("__defsec_metadata", metadata)]))
        }
        _ => Value::from_node(node),
    }
}

/// All documents of a scan: where each stands, and what it holds.
pub fn combined<'p>(documents: impl IntoIterator<Item = (&'p str, Value)>) -> Value {
    let one = |(path, contents)| Value::object([("path", Value::from(path)), ("contents", contents)]);
    Value::array(documents.into_iter().map(one))
}

/// First and last line of what a node holds. What an object that was built has from another file is at no line of its own.
pub(crate) fn lines_of(node: Node<'_>, lines: &LineIndex<'_>) -> (u32, u32) {
    let span = node.span();
    if span.file != node.tree().file() {
        return (0, 0);
    }
    let start = lines.line(span.start);
    (start, lines.line(span.end.saturating_sub(1)).max(start))
}
