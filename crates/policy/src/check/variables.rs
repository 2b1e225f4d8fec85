//! Names that stand for nothing: no rule, no import, no argument, and nothing in the rule could give them a value.
//!
//! The interpreter finds some of them itself. To it, others are undefined, so that a typo finds nothing. Where a name might
//! get a value (`=`, an index, an output of a function), it is taken to get one; below `not` nothing gets a value, and an index
//! that has none from elsewhere would make the body true for every document, or for none.

use std::collections::{BTreeMap, BTreeSet};

use regorus::unstable::{AssignOp, BUILTINS, Expr, Module, Ref, Span};

use super::names::{Names, Scope};
use super::walk::{self, Side, Visit};
use crate::builtins;
use crate::module::Fault;
use crate::reference::components;

/// Names and where they first get a value.
type Bound<'s> = BTreeMap<&'s str, &'s Span>;

pub(super) fn faults(modules: &[Ref<Module>], names: &Names<'_>) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (module, scope) in modules.iter().zip(&names.scopes) {
        for rule in &module.policy {
            let mut used: Vec<(&str, &Span)> = Vec::new();
            let (mut bound, mut own, mut denied) = (Bound::new(), BTreeSet::new(), Bound::new());
            walk::rule(rule, &mut |visit| match visit {
                Visit::Bound(name) => add(&mut bound, name),
                Visit::Own(name) => drop(own.insert(name)),
                Visit::Expr(expr, side) => {
                    used.extend(head(expr).map(|span| (span.text(), span)));
                    match side {
                        Side::Plain => bind(expr, scope, names, &mut bound),
                        Side::Negated => indices(expr, &mut denied),
                    }
                }
            });
            let is_known = |name: &str| !own.contains(name) && stands_for_something(name, scope, names);
            // The interpreter keeps their order, in which the index could be any.
            let early = denied
                .iter()
                .filter(|(name, at)| bound.get(*name).is_some_and(|first| first.start > at.start) && !is_known(name));
            let needed = |name: &str| format!("{name} gets its value below the `not` that needs it: put that above");
            faults.extend(early.map(|(name, at)| super::at(at, needed(name))));
            used.retain(|(name, _)| !bound.contains_key(name) && !is_known(name));
            used.sort_by_key(|(name, span)| (*name, span.start));
            used.dedup_by_key(|(name, _)| *name);
            faults.extend(used.iter().map(|(name, span)| super::at(span, format!("{name} stands for nothing"))));
        }
    }
    faults
}

fn stands_for_something(name: &str, scope: &Scope, names: &Names<'_>) -> bool {
    name == "_" || name == "input" || name == "data" || scope.imports.contains_key(name) || names.declares(scope, name)
}

/// The name that an expression starts with.
fn head(expr: &Expr) -> Option<&Span> {
    let mut next = expr;
    loop {
        match next {
            Expr::Var { span, .. } => return Some(span),
            Expr::RefDot { refr, .. } | Expr::RefBrack { refr, .. } => next = refr,
            _ => return None,
        }
    }
}

/// The names that an expression might give a value to.
fn bind<'s>(expr: &'s Expr, scope: &Scope, names: &Names<'_>, bound: &mut Bound<'s>) {
    match expr {
        Expr::AssignExpr { op: AssignOp::Eq, lhs, rhs, .. } => {
            pattern(lhs, bound);
            pattern(rhs, bound);
        }
        Expr::RefDot { .. } | Expr::RefBrack { .. } => indices(expr, bound),
        Expr::Call { fcn, params, .. } => {
            let Some(function) = components(fcn) else { return };
            let own = scope.resolve(&function).and_then(|path| names.functions.get(&path)).copied();
            let builtin = || BUILTINS.get(function.join(".").as_str()).map(|&(_, arity)| usize::from(arity));
            // That the function is not supported is what is said of it.
            if let (Some(last), true) = (params.last(), builtins::unsupported(&function.join(".")).is_some()) {
                pattern(last, bound);
            }
            if let (Some(arity), Some(last)) = (own.or_else(builtin), params.last())
                && params.len() > arity
            {
                pattern(last, bound);
            }
        }
        _ => {}
    }
}

/// The names in the brackets of a reference.
fn indices<'s>(reference: &'s Expr, bound: &mut Bound<'s>) {
    let mut next = reference;
    loop {
        match next {
            Expr::RefDot { refr, .. } => next = refr,
            Expr::RefBrack { refr, index, .. } => {
                pattern(index, bound);
                next = refr;
            }
            _ => return,
        }
    }
}

fn add<'s>(bound: &mut Bound<'s>, span: &'s Span) {
    let first = bound.entry(span.text()).or_insert(span);
    if span.start < first.start {
        *first = span;
    }
}

fn pattern<'s>(expr: &'s Expr, bound: &mut Bound<'s>) {
    let mut pending = vec![expr];
    while let Some(next) = pending.pop() {
        match next {
            Expr::Var { span, .. } => add(bound, span),
            Expr::Array { items, .. } => pending.extend(items.iter().map(AsRef::as_ref)),
            Expr::Object { fields, .. } => {
                pending.extend(fields.iter().flat_map(|(_, key, value)| [key.as_ref(), value.as_ref()]));
            }
            _ => {}
        }
    }
}
