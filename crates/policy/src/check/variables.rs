//! Names that stand for nothing: no rule, no import, no argument, and nothing in the rule could give them a value.
//!
//! The interpreter finds some of them itself. To it, others are undefined, so that a typo finds nothing. Where a name might
//! get a value (`=`, an index, an output of a function), it is taken to get one.

use std::collections::BTreeSet;

use regorus::unstable::{AssignOp, BUILTINS, Expr, Module, Ref, Span};

use super::names::{Names, Scope};
use super::walk::{self, Visit};
use crate::builtins;
use crate::module::Fault;
use crate::reference::components;

pub(super) fn faults(modules: &[Ref<Module>], names: &Names<'_>) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (module, scope) in modules.iter().zip(&names.scopes) {
        for rule in &module.policy {
            let mut used: Vec<(&str, &Span)> = Vec::new();
            let mut bound = BTreeSet::new();
            walk::rule(rule, &mut |visit| match visit {
                Visit::Declared(name) => drop(bound.insert(name)),
                Visit::Expr(expr) => {
                    used.extend(head(expr).map(|span| (span.text(), span)));
                    bind(expr, scope, names, &mut bound);
                }
            });
            used.retain(|(name, _)| !bound.contains(name) && !stands_for_something(name, scope, names));
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
fn bind<'s>(expr: &'s Expr, scope: &Scope, names: &Names<'_>, bound: &mut BTreeSet<&'s str>) {
    match expr {
        Expr::AssignExpr { op: AssignOp::Eq, lhs, rhs, .. } => {
            pattern(lhs, bound);
            pattern(rhs, bound);
        }
        Expr::RefDot { .. } | Expr::RefBrack { .. } => {
            let mut next = expr;
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

fn pattern<'s>(expr: &'s Expr, bound: &mut BTreeSet<&'s str>) {
    let mut pending = vec![expr];
    while let Some(next) = pending.pop() {
        match next {
            Expr::Var { span, .. } => drop(bound.insert(span.text())),
            Expr::Array { items, .. } => pending.extend(items.iter().map(AsRef::as_ref)),
            Expr::Object { fields, .. } => {
                pending.extend(fields.iter().flat_map(|(_, key, value)| [key.as_ref(), value.as_ref()]));
            }
            _ => {}
        }
    }
}
