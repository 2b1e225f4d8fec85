//! HCL: Terraform's language in its native and its JSON syntax.
//!
//! What cannot be read costs the item at the top level that it stands in. What a body means (which blocks a resource
//! has, what a name refers to) is not known here.

mod ast;
mod content;
mod escapes;
mod expression;
mod json;
mod lexer;
mod parser;
mod pieces;
mod recover;
mod template;
mod walk;

use portcullis_core::{FileId, OffsetMap, SyntaxError};

pub use ast::{
    Access, Attribute, BinaryOperator, Block, Body, Call, Expr, ExprKind, File, For, Ident, Item, Number, Part,
    UnaryOperator,
};
pub use content::content_map;
pub use json::{parse_json, parse_json_variables};
use lexer::Place;
use parser::Parser;

/// Parses a file in native syntax (`.tf`, `.tofu`, `.tfvars`, `.hcl`).
pub fn parse(text: &str, file: FileId) -> File {
    Parser::new(text, Place::File(file)).file()
}

/// Parses a file that is a template as a whole, as `templatefile` does.
pub fn parse_template(text: &str, file: FileId) -> (Expr, Vec<SyntaxError>) {
    Parser::new(text, Place::File(file)).template()
}

/// Parses a text that was decoded from a part of a file as a template; `map` leads back to the file.
pub fn parse_decoded_template(text: &str, map: &OffsetMap) -> (Expr, Vec<SyntaxError>) {
    Parser::new(text, Place::Decoded(map)).template()
}

/// Parses a text that was decoded from a part of a file as one expression; `map` leads back to the file.
pub fn parse_decoded_expression(text: &str, map: &OffsetMap) -> (Expr, Vec<SyntaxError>) {
    Parser::new(text, Place::Decoded(map)).only_expression()
}
