//! HCL's JSON syntax, as Terraform reads it.
//!
//! JSON does not say which properties are blocks; Terraform asks the schema. Known here are the blocks of Terraform's own
//! language. What the schemas of providers add stays an attribute: an object, or a list of objects where a block repeats.
//! Of equal properties of one object the last is kept, although Terraform would take a repeated block's both.

use std::sync::Arc;

use portcullis_core::{FileId, OffsetMap, Span, SyntaxError, SyntaxErrorKind};

use super::expression::number;
use super::lexer::narrow;
use super::{Attribute, Block, Body, Expr, ExprKind, File, Ident, Item};
use crate::{Node, Style, json};

/// What the strings of a body are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Strings {
    Templates,
    Literal,
}

/// A kind of block within another, and how many labels it has.
type Nested = (&'static str, usize);

/// The blocks of Terraform's language by the kind of the block around them; `""` is the file.
fn nested(kind: &str) -> &'static [Nested] {
    match kind {
        "" => &[
            ("terraform", 0),
            ("provider", 1),
            ("variable", 1),
            ("locals", 0),
            ("output", 1),
            ("module", 1),
            ("resource", 2),
            ("data", 2),
            ("ephemeral", 2),
            ("check", 1),
            ("moved", 0),
            ("removed", 0),
            ("import", 0),
        ],
        "terraform" => {
            &[("required_providers", 0), ("backend", 1), ("cloud", 0), ("provider_meta", 1), ("encryption", 0)]
        }
        "cloud" => &[("workspaces", 0)],
        "variable" => &[("validation", 0)],
        "output" => &[("precondition", 0)],
        "check" => &[("data", 2), ("assert", 0)],
        "resource" | "data" | "ephemeral" => &[("lifecycle", 0), ("connection", 0), ("provisioner", 1), ("dynamic", 1)],
        "removed" => &[("lifecycle", 0), ("connection", 0), ("provisioner", 1)],
        "lifecycle" => &[("precondition", 0), ("postcondition", 0)],
        "provisioner" => &[("connection", 0)],
        "dynamic" => &[("content", 0)],
        "content" => &[("dynamic", 1)],
        _ => &[],
    }
}

/// Attributes whose strings are expressions without `${…}`: references and types.
fn is_reference(kind: &str, name: &str) -> bool {
    match kind {
        "resource" | "data" | "ephemeral" => matches!(name, "provider" | "depends_on"),
        "module" => matches!(name, "providers" | "depends_on"),
        "output" => name == "depends_on",
        "lifecycle" => matches!(name, "ignore_changes" | "replace_triggered_by"),
        "variable" => name == "type",
        "moved" | "removed" => matches!(name, "from" | "to"),
        "import" => matches!(name, "to" | "provider"),
        _ => false,
    }
}

/// Parses `.tf.json` and `.tofu.json`.
pub fn parse_json(text: &str, file: FileId) -> File {
    read(text, file, Strings::Templates)
}

/// Parses `.tfvars.json`: every property is a variable, and strings are what they are written as.
pub fn parse_json_variables(text: &str, file: FileId) -> File {
    read(text, file, Strings::Literal)
}

fn read(text: &str, file: FileId, strings: Strings) -> File {
    let tree = json::parse(file, &Arc::from(text));
    let mut read = File { errors: tree.errors().to_vec(), ..File::default() };
    let mut reader = Reader { errors: Vec::new() };
    let mut documents = tree.documents();
    read.body.span = Span::new(file, 0, narrow(text.len()));
    if let Some(document) = documents.next() {
        let kind = if strings == Strings::Literal { None } else { Some("") };
        reader.body(document.root, kind, strings, &mut read.body);
    }
    read.errors.append(&mut reader.errors);
    read
}

struct Reader {
    errors: Vec<SyntaxError>,
}

impl Reader {
    /// What stands in the object, or in the objects of a list, of a block of this kind.
    fn body(&mut self, node: Node<'_>, kind: Option<&str>, strings: Strings, body: &mut Body) {
        if node.is_list() {
            for item in node.items() {
                self.body(item, kind, strings, body);
            }
            return;
        }
        self.expect_object(node, body);
        let known = kind.map_or(&[][..], nested);
        for (key, value) in node.entries() {
            let name = key.text();
            if name == "//" {
                continue;
            }
            if let Some(&(kind, labels)) = known.iter().find(|(kind, _)| *kind == name) {
                let strings = if kind == "variable" { Strings::Literal } else { Strings::Templates };
                self.blocks(&ident(key), kind, labels, &mut Vec::new(), value, strings, body);
                continue;
            }
            let value = if kind.is_some_and(|kind| is_reference(kind, name)) {
                self.reference(value)
            } else {
                self.expression(value, strings)
            };
            body.attributes.push(Attribute { name: ident(key), value });
        }
    }

    /// The blocks below a property: its keys are labels as long as some are missing, and lists repeat what is in them.
    #[allow(clippy::too_many_arguments, reason = "what is the same for all labels of a block")]
    fn blocks(
        &mut self,
        name: &Ident,
        kind: &str,
        missing: usize,
        labels: &mut Vec<Ident>,
        node: Node<'_>,
        strings: Strings,
        body: &mut Body,
    ) {
        if node.is_list() {
            for item in node.items() {
                self.blocks(name, kind, missing, labels, item, strings, body);
            }
        } else if !node.is_map() {
            self.expect_object(node, body);
        } else if let Some(missing) = missing.checked_sub(1) {
            for (key, value) in node.entries().filter(|(key, _)| key.text() != "//") {
                labels.push(ident(key));
                self.blocks(name, kind, missing, labels, value, strings, body);
                labels.pop();
            }
        } else {
            let mut inner = Body { span: node.span(), ..Body::default() };
            self.body(node, Some(kind), strings, &mut inner);
            // Blocks of one kind share its key: what names this one is its last label.
            let header = labels.last().map_or(name.span, |label| label.span);
            let span = header.to(node.span());
            inner.attributes.shrink_to_fit();
            inner.blocks.shrink_to_fit();
            body.blocks.push(Block { kind: name.clone(), labels: labels.clone(), body: inner, header, span });
        }
    }

    /// Reports what is not the object that a body is. Null is no body, and the fault of a document was reported.
    fn expect_object(&mut self, node: Node<'_>, body: &mut Body) {
        body.open |= !node.is_map() && !node.is_null();
        if !node.is_map() && !node.is_null() && !node.is_unknown() {
            let message = "expected an object, or a list of objects".to_owned();
            self.errors.push(SyntaxError { span: node.span(), message, kind: SyntaxErrorKind::Invalid });
        }
    }

    fn expression(&mut self, node: Node<'_>, strings: Strings) -> Expr {
        let span = node.span();
        let kind = if node.is_map() {
            let items = node.entries().map(|(key, value)| {
                let key = self.text(key, strings);
                Item { key, value: self.expression(value, strings) }
            });
            ExprKind::Object(items.collect())
        } else if node.is_list() {
            ExprKind::List(node.items().map(|item| self.expression(item, strings)).collect())
        } else if node.style() == Style::DoubleQuoted {
            return self.text(node, strings);
        } else {
            match node.text() {
                "null" => ExprKind::Null,
                "true" => ExprKind::Bool(true),
                "false" => ExprKind::Bool(false),
                text => number(text).map_or(ExprKind::Invalid, ExprKind::Number),
            }
        };
        Expr { span, kind }
    }

    /// A string, or a property's name.
    fn text(&mut self, node: Node<'_>, strings: Strings) -> Expr {
        let text = node.text();
        let span = node.span();
        if strings == Strings::Literal || !(text.contains("${") || text.contains("%{")) {
            return Expr { span, kind: ExprKind::String(Arc::from(text)) };
        }
        let (expr, mut errors) = super::parse_decoded_template(text, &map(node));
        self.errors.append(&mut errors);
        Expr { span, kind: expr.kind }
    }

    /// Strings as expressions, in lists and objects as well.
    fn reference(&mut self, node: Node<'_>) -> Expr {
        let span = node.span();
        let kind = if node.is_list() {
            ExprKind::List(node.items().map(|item| self.reference(item)).collect())
        } else if node.is_map() {
            let items = node.entries().map(|(key, value)| {
                let key = self.text(key, Strings::Literal);
                Item { key, value: self.reference(value) }
            });
            ExprKind::Object(items.collect())
        } else if node.style() == Style::DoubleQuoted && !node.text().contains("${") {
            let (expr, errors) = super::parse_decoded_expression(node.text(), &map(node));
            if !errors.is_empty() {
                return self.text(node, Strings::Literal);
            }
            expr.kind
        } else {
            return self.expression(node, Strings::Templates);
        };
        Expr { span, kind }
    }
}

fn ident(key: Node<'_>) -> Ident {
    Ident { name: Arc::from(key.text()), span: key.span() }
}

fn map(node: Node<'_>) -> OffsetMap {
    node.embedded().map_or_else(|| OffsetMap::new(node.span().file, node.span().start), |(_, map)| map)
}
