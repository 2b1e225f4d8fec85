//! HCL: Terraform's language in its native and its JSON syntax.

mod ast;

pub use ast::{
    Attribute, BinaryOperator, Block, Body, Expr, ExprKind, File, For, Ident, Item, Number, Part, UnaryOperator,
};
