//! Every expression of a rule, in no particular order.
//!
//! By a list of what is left and not by recursion: references may be as long as the file.
//!
//! Bodies, comprehensions and `every` have names of their own. They are numbered; 0 is the rule's head with its arguments.

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
    /// A scope starts, within another.
    Scope(usize),
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
    Query(Scoped<'s>),
}

/// Statements, and what their names are of use to besides.
struct Scoped<'s> {
    query: Option<&'s Query>,
    /// What they give.
    gives: Vec<&'s Expr>,
    /// What they are asked for each time.
    each: Vec<&'s Span>,
}

/// Tells a visitor of each part of a rule, with the number of the scope that it stands in.
pub(super) fn rule<'s>(rule: &'s Rule, visit: &mut impl FnMut(Visit<'s>, usize)) {
    let mut left: Vec<(Left<'s>, usize)> = Vec::new();
    let mut scopes = 0_usize;
    let mut put = |part: Left<'s>| left.push((part, 0));
    match rule {
        Rule::Default { value, args, .. } => {
            put(Left::Expr(value));
            for argument in args {
                put(Left::Pattern(argument));
            }
        }
        Rule::Spec { head, bodies, .. } => {
            let mut gives;
            match head {
                RuleHead::Compr { refr, assign, .. } => {
                    gives = indices(refr);
                    gives.extend(assign.iter().map(|assign| assign.value.as_ref()));
                }
                RuleHead::Set { refr, key, .. } => {
                    gives = indices(refr);
                    gives.extend(key.iter().map(AsRef::as_ref));
                }
                RuleHead::Func { refr, args, assign, .. } => {
                    for argument in args {
                        put(Left::Pattern(argument));
                    }
                    gives = indices(refr);
                    gives.extend(assign.iter().map(|assign| assign.value.as_ref()));
                }
            }
            if bodies.is_empty() {
                put(Left::Query(Scoped { query: None, gives: std::mem::take(&mut gives), each: Vec::new() }));
            }
            // Bodies behind `else` have their own values.
            for body in bodies {
                let mut gives = std::mem::take(&mut gives);
                gives.extend(body.assign.iter().map(|assign| assign.value.as_ref()));
                put(Left::Query(Scoped { query: Some(&body.query), gives, each: Vec::new() }));
            }
        }
    }
    while let Some((next, scope)) = left.pop() {
        let mut parts = Vec::new();
        let mut inner = scope;
        match next {
            Left::Expr(expr) => {
                visit(Visit::Expr(expr, Side::Plain), scope);
                below(expr, &mut parts);
            }
            Left::Negated(expr) => {
                visit(Visit::Expr(expr, Side::Negated), scope);
                below(expr, &mut parts);
                if !is_comprehension(expr) {
                    parts.iter_mut().for_each(Left::negate);
                }
            }
            Left::Pattern(expr) => pattern(expr, &mut parts, &mut |it| visit(it, scope)),
            Left::Query(Scoped { query, gives, each }) => {
                scopes = scopes.saturating_add(1);
                inner = scopes;
                visit(Visit::Scope(scope), inner);
                for name in each {
                    visit(Visit::Bound(name), inner);
                }
                parts.extend(gives.into_iter().map(Left::Expr));
                if let Some(query) = query {
                    self::query(query, &mut parts, &mut |it| visit(it, inner));
                }
            }
        }
        left.extend(parts.into_iter().map(|part| (part, inner)));
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
fn indices(reference: &Expr) -> Vec<&Expr> {
    let mut found = Vec::new();
    let mut next = reference;
    loop {
        match next {
            Expr::RefBrack { refr, index, .. } => {
                found.push(index.as_ref());
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
                left.push(Left::Expr(domain));
                let each = key.iter().chain([value]).collect();
                left.push(Left::Query(Scoped { query: Some(query), gives: Vec::new(), each }));
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
            left.push(Left::Query(Scoped { query: Some(query), gives: vec![term], each: Vec::new() }));
        }
        Expr::ObjectCompr { key, value, query, .. } => {
            left.push(Left::Query(Scoped { query: Some(query), gives: vec![key, value], each: Vec::new() }));
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
