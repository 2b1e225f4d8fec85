//! Every expression of a rule, in no particular order.
//!
//! By a list of what is left and not by recursion: references may be as long as the file.

use regorus::unstable::{Expr, Literal, Query, Rule, RuleHead, Span};

use crate::rewrite::LOOKUP;

/// What a walk comes by.
pub(super) enum Visit<'s> {
    /// An expression. Those below it follow.
    Expr(&'s Expr, Side),
    /// A name that the rule gives a value: an argument, `some x in xs`, `every x`, the left side of `:=`.
    Bound(&'s Span),
    /// A name of `some x`: a name of the body's own, without a value.
    Own(&'s str),
}

/// Whether an expression is looked up as it is or denied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// Names in it may get values.
    Plain,
    /// Below `not` and outside of the comprehensions there: names have their values from elsewhere.
    Negated,
}

enum Left<'s> {
    Expr(&'s Expr),
    Negated(&'s Expr),
    /// A pattern: its variables are declared.
    Pattern(&'s Expr),
    Query(&'s Query),
}

pub(super) fn rule<'s>(rule: &'s Rule, visit: &mut impl FnMut(Visit<'s>)) {
    let mut left = Vec::new();
    match rule {
        Rule::Default { value, args, .. } => {
            left.push(Left::Expr(value));
            left.extend(args.iter().map(|argument| Left::Pattern(argument)));
        }
        Rule::Spec { head, bodies, .. } => {
            match head {
                RuleHead::Compr { refr, assign, .. } => {
                    left.extend(indices(refr));
                    left.extend(assign.iter().map(|assign| Left::Expr(&assign.value)));
                }
                RuleHead::Set { refr, key, .. } => {
                    left.extend(indices(refr));
                    left.extend(key.iter().map(|key| Left::Expr(key)));
                }
                RuleHead::Func { refr, args, assign, .. } => {
                    left.extend(indices(refr));
                    left.extend(args.iter().map(|argument| Left::Pattern(argument)));
                    left.extend(assign.iter().map(|assign| Left::Expr(&assign.value)));
                }
            }
            for body in bodies {
                left.extend(body.assign.iter().map(|assign| Left::Expr(&assign.value)));
                left.push(Left::Query(&body.query));
            }
        }
    }
    while let Some(next) = left.pop() {
        match next {
            Left::Expr(expr) => {
                visit(Visit::Expr(expr, Side::Plain));
                below(expr, &mut left);
            }
            Left::Negated(expr) => {
                visit(Visit::Expr(expr, Side::Negated));
                let first = left.len();
                below(expr, &mut left);
                if !is_comprehension(expr) {
                    left.iter_mut().skip(first).for_each(Left::negate);
                }
            }
            Left::Pattern(expr) => pattern(expr, &mut left, visit),
            Left::Query(query) => self::query(query, &mut left, visit),
        }
    }
}

impl Left<'_> {
    fn negate(&mut self) {
        if let Self::Expr(expr) = *self {
            *self = Self::Negated(expr);
        }
    }
}

/// Comprehensions give their names values themselves, wherever they stand.
fn is_comprehension(expr: &Expr) -> bool {
    matches!(expr, Expr::ArrayCompr { .. } | Expr::SetCompr { .. } | Expr::ObjectCompr { .. })
}

/// What stands in the brackets of a rule's head; the rest of the head is the rule's name.
fn indices(reference: &Expr) -> Vec<Left<'_>> {
    let mut found = Vec::new();
    let mut next = reference;
    loop {
        match next {
            Expr::RefBrack { refr, index, .. } => {
                found.push(Left::Expr(index));
                next = refr;
            }
            Expr::RefDot { refr, .. } => next = refr,
            _ => return found,
        }
    }
}

fn pattern<'s>(expr: &'s Expr, left: &mut Vec<Left<'s>>, visit: &mut impl FnMut(Visit<'s>)) {
    match expr {
        Expr::Var { span, .. } => visit(Visit::Bound(span)),
        Expr::Array { items, .. } | Expr::Set { items, .. } => {
            left.extend(items.iter().map(|item| Left::Pattern(item)));
        }
        Expr::Object { fields, .. } => left.extend(fields.iter().map(|(_, _, value)| Left::Pattern(value))),
        _ => left.push(Left::Expr(expr)),
    }
}

fn query<'s>(query: &'s Query, left: &mut Vec<Left<'s>>, visit: &mut impl FnMut(Visit<'s>)) {
    for statement in &query.stmts {
        left.extend(statement.with_mods.iter().map(|modifier| Left::Expr(&modifier.r#as)));
        match &statement.literal {
            Literal::SomeVars { vars, .. } => vars.iter().for_each(|var| visit(Visit::Own(var.text()))),
            Literal::SomeIn { key, value, collection, .. } => {
                left.extend(key.iter().map(|key| Left::Pattern(key)));
                left.push(Left::Pattern(value));
                left.push(Left::Expr(collection));
            }
            Literal::Expr { expr, .. } => match expr.as_ref() {
                Expr::AssignExpr { op: regorus::unstable::AssignOp::ColEq, lhs, rhs, .. } => {
                    left.push(Left::Pattern(lhs));
                    left.push(Left::Expr(rhs));
                }
                Expr::AssignExpr { lhs, rhs, .. } if is_lookup(lhs) => left.push(Left::Negated(rhs)),
                _ => left.push(Left::Expr(expr)),
            },
            Literal::NotExpr { expr, .. } => left.push(Left::Negated(expr)),
            Literal::Every { key, value, domain, query, .. } => {
                if let Some(key) = key {
                    visit(Visit::Bound(key));
                }
                visit(Visit::Bound(value));
                left.push(Left::Expr(domain));
                left.push(Left::Query(query));
            }
        }
    }
}

/// Whether an operand of `not` is looked up again: what stands there gets no value by it.
fn is_lookup(lhs: &Expr) -> bool {
    matches!(lhs, Expr::Var { span, .. } if span.text().starts_with(LOOKUP))
}

fn below<'s>(expr: &'s Expr, left: &mut Vec<Left<'s>>) {
    match expr {
        Expr::Array { items, .. } | Expr::Set { items, .. } => left.extend(items.iter().map(|item| Left::Expr(item))),
        Expr::Object { fields, .. } => {
            left.extend(fields.iter().flat_map(|(_, key, value)| [Left::Expr(key), Left::Expr(value)]));
        }
        Expr::ArrayCompr { term, query, .. } | Expr::SetCompr { term, query, .. } => {
            left.push(Left::Expr(term));
            left.push(Left::Query(query));
        }
        Expr::ObjectCompr { key, value, query, .. } => {
            left.push(Left::Expr(key));
            left.push(Left::Expr(value));
            left.push(Left::Query(query));
        }
        // What is called is no reference; calls look at it themselves.
        Expr::Call { params, .. } => left.extend(params.iter().map(|argument| Left::Expr(argument))),
        Expr::UnaryExpr { expr, .. } => left.push(Left::Expr(expr)),
        Expr::RefDot { refr, .. } => continue_reference(refr, left),
        Expr::RefBrack { refr, index, .. } => {
            left.push(Left::Expr(index));
            continue_reference(refr, left);
        }
        Expr::BinExpr { lhs, rhs, .. }
        | Expr::BoolExpr { lhs, rhs, .. }
        | Expr::ArithExpr { lhs, rhs, .. }
        | Expr::AssignExpr { lhs, rhs, .. } => {
            left.push(Left::Expr(lhs));
            left.push(Left::Expr(rhs));
        }
        Expr::Membership { key, value, collection, .. } => {
            left.extend(key.iter().map(|key| Left::Expr(key)));
            left.push(Left::Expr(value));
            left.push(Left::Expr(collection));
        }
        Expr::String { .. }
        | Expr::RawString { .. }
        | Expr::Number { .. }
        | Expr::Bool { .. }
        | Expr::Null { .. }
        | Expr::Var { .. } => {}
    }
}

/// A reference was visited as a whole: of its inner parts only the indices count, and what it starts with, if that is
/// no name.
fn continue_reference<'s>(mut next: &'s Expr, left: &mut Vec<Left<'s>>) {
    loop {
        match next {
            Expr::RefDot { refr, .. } => next = refr,
            Expr::RefBrack { refr, index, .. } => {
                left.push(Left::Expr(index));
                next = refr;
            }
            Expr::Var { .. } => return,
            _ => return left.push(Left::Expr(next)),
        }
    }
}
