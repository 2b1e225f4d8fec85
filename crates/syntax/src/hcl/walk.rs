//! Going through expressions.

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
    /// Calls `visit` for it and each expression in it. The parser bounds how deep they stand within one another.
    pub fn walk<'e>(&'e self, visit: &mut dyn FnMut(&'e Self)) {
        visit(self);
        self.children(&mut |child| child.walk(visit));
    }

    /// The text of a literal.
    pub fn as_str(&self) -> Option<&str> {
        match &self.kind {
            ExprKind::String(text) => Some(text),
            _ => None,
        }
    }

    /// Calls `visit` with every expression that stands directly in this one, in the order they are written.
    pub fn children<'e>(&'e self, visit: &mut dyn FnMut(&'e Self)) {
        match &self.kind {
            ExprKind::List(items) => items.iter().for_each(visit),
            ExprKind::Call(call) => call.arguments.iter().for_each(visit),
            ExprKind::Object(items) => {
                for item in items {
                    visit(&item.key);
                    visit(&item.value);
                }
            }
            ExprKind::Template(parts) => within(parts, visit),
            ExprKind::Attribute(access) => visit(&access.source),
            ExprKind::Unary(_, inner) => visit(inner),
            ExprKind::Index(first, second) | ExprKind::Splat { source: first, each: second } => {
                visit(first);
                visit(second);
            }
            ExprKind::Binary(_, sides) => sides.iter().for_each(visit),
            ExprKind::Conditional(parts) => parts.iter().for_each(visit),
            ExprKind::For(parts) => {
                visit(&parts.collection);
                parts.result_key.iter().for_each(&mut *visit);
                visit(&parts.result);
                parts.condition.iter().for_each(visit);
            }
            ExprKind::Null
            | ExprKind::Bool(_)
            | ExprKind::Number(_)
            | ExprKind::String(_)
            | ExprKind::Variable(_)
            | ExprKind::Element
            | ExprKind::Invalid => {}
        }
    }
}

/// Directives are nested within the parser's limit.
fn within<'e>(parts: &'e [Part], visit: &mut dyn FnMut(&'e Expr)) {
    for part in parts {
        match part {
            Part::Literal(..) => {}
            Part::Interpolation(expr) => visit(expr),
            Part::If { condition, then, otherwise } => {
                visit(condition);
                within(then, visit);
                within(otherwise, visit);
            }
            Part::For { collection, body, .. } => {
                visit(collection);
                within(body, visit);
            }
        }
    }
}
