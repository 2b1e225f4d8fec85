//! Going through expressions.

use super::{Expr, ExprKind, Part};

impl Expr {
    /// Calls `visit` with every expression that stands directly in this one, in the order they are written.
    pub fn children<'e>(&'e self, visit: &mut dyn FnMut(&'e Self)) {
        match &self.kind {
            ExprKind::List(items) | ExprKind::Call { arguments: items, .. } => items.iter().for_each(visit),
            ExprKind::Object(items) => {
                for item in items {
                    visit(&item.key);
                    visit(&item.value);
                }
            }
            ExprKind::Template(parts) => within(parts, visit),
            ExprKind::Attribute(inner, _) | ExprKind::Unary(_, inner) => visit(inner),
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
