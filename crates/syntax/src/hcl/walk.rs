//! Every expression of a body, those within others as well.
//!
//! The parser bounds how deep expressions and blocks stand within one another.

use super::{Body, Expr, ExprKind, Part};

impl Body {
    /// Calls `visit` for each expression in it and in its blocks, an outer one before what stands in it.
    pub fn walk<'b>(&'b self, visit: &mut dyn FnMut(&'b Expr)) {
        for attribute in &self.attributes {
            attribute.value.walk(visit);
        }
        for block in &self.blocks {
            block.body.walk(visit);
        }
    }
}

impl Expr {
    /// Calls `visit` for it and each expression in it.
    pub fn walk<'e>(&'e self, visit: &mut dyn FnMut(&'e Self)) {
        visit(self);
        match &self.kind {
            ExprKind::Null
            | ExprKind::Bool(_)
            | ExprKind::Number(_)
            | ExprKind::String(_)
            | ExprKind::Variable(_)
            | ExprKind::Element
            | ExprKind::Invalid => {}
            ExprKind::Template(parts) => walk_parts(parts, visit),
            ExprKind::List(items) => items.iter().for_each(|item| item.walk(visit)),
            ExprKind::Object(items) => {
                for item in items {
                    item.key.walk(visit);
                    item.value.walk(visit);
                }
            }
            ExprKind::Attribute(source, _) | ExprKind::Unary(_, source) => source.walk(visit),
            ExprKind::Index(source, key) => {
                source.walk(visit);
                key.walk(visit);
            }
            ExprKind::Splat { source, each } => {
                source.walk(visit);
                each.walk(visit);
            }
            ExprKind::Call { arguments, .. } => arguments.iter().for_each(|argument| argument.walk(visit)),
            ExprKind::Binary(_, sides) => sides.iter().for_each(|side| side.walk(visit)),
            ExprKind::Conditional(parts) => parts.iter().for_each(|part| part.walk(visit)),
            ExprKind::For(it) => {
                it.collection.walk(visit);
                it.result_key.iter().for_each(|key| key.walk(visit));
                it.result.walk(visit);
                it.condition.iter().for_each(|condition| condition.walk(visit));
            }
        }
    }

    /// The text of a literal.
    pub fn as_str(&self) -> Option<&str> {
        match &self.kind {
            ExprKind::String(text) => Some(text),
            _ => None,
        }
    }
}

fn walk_parts<'e>(parts: &'e [Part], visit: &mut dyn FnMut(&'e Expr)) {
    for part in parts {
        match part {
            Part::Literal(..) => {}
            Part::Interpolation(expr) => expr.walk(visit),
            Part::If { condition, then, otherwise } => {
                condition.walk(visit);
                walk_parts(then, visit);
                walk_parts(otherwise, visit);
            }
            Part::For { collection, body, .. } => {
                collection.walk(visit);
                walk_parts(body, visit);
            }
        }
    }
}
