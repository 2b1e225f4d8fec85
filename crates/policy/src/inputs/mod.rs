//! Texts as the values that policies know for them: Conftest's shapes, and Trivy's, which have lines.
//!
//! Documents of YAML, JSON and TOML are what their decoders give. Nothing is evaluated: an expression of HCL is its text, a
//! variable of a Dockerfile stays one.

mod dockerfile;
mod hcl;

use portcullis_core::LineIndex;
use portcullis_syntax::{Node, Value as Scalar};

use crate::value::Value;

pub use dockerfile::{commands, stages};
pub use hcl::hcl;

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

/// Names and values of an environment.
pub fn dotenv(text: &str) -> Value {
    Value::object(portcullis_syntax::dotenv::parse(text).into_iter().map(|(name, value)| (name, Value::from(value))))
}

/// First and last line of what a node holds.
pub(crate) fn lines_of(node: Node<'_>, lines: &LineIndex<'_>) -> (u32, u32) {
    let span = node.span();
    let start = lines.line(span.start);
    (start, lines.line(span.end.saturating_sub(1)).max(start))
}
