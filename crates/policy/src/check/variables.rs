//! Names that stand for nothing: no rule, no import, no argument, and nothing in the rule could give them a value.
//!
//! The interpreter finds some of them itself. To it, others are undefined, so that a typo finds nothing. Where a name might
//! get a value (`=`, an index, an output of a function), it is taken to get one, in its own scope; below `not` nothing gets a
//! value, and an index that has none from elsewhere would make the body true for every document, or for none.

use std::collections::{BTreeMap, BTreeSet};

use regorus::unstable::{AssignOp, BUILTINS, Expr, Module, Ref, Rule, Span};

use super::names::{Names, Scope};
use super::walk::{self, Side, Visit};
use crate::builtins;
use crate::module::Fault;
use crate::reference::components;

/// Names and where they first get a value.
type Bound<'s> = BTreeMap<&'s str, &'s Span>;

/// What the names of a body, of a comprehension or of `every` are.
#[derive(Default)]
struct Inside<'s> {
    /// The scope around it; itself for the outermost.
    around: usize,
    /// Those that it might give a value.
    bound: Bound<'s>,
    /// Those that `some` declares.
    own: BTreeSet<&'s str>,
    /// `_` below `not`.
    denied: Vec<&'s Span>,
    used: Vec<(&'s str, &'s Span)>,
}

pub(super) fn faults(modules: &[Ref<Module>], names: &Names<'_>) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (module, scope) in modules.iter().zip(&names.scopes) {
        for rule in &module.policy {
            let insides = insides(rule, scope, names);
            for (at, inside) in insides.iter().enumerate() {
                of_scope(&insides, at, inside, |name| stands_for_something(name, scope, names), &mut faults);
            }
        }
    }
    faults
}

/// The scopes of a rule, by their numbers.
fn insides<'s>(rule: &'s Rule, scope: &Scope, names: &Names<'_>) -> Vec<Inside<'s>> {
    let mut insides = vec![Inside::default()];
    walk::rule(rule, &mut |visit, at| {
        if let Visit::Scope(around) = visit {
            return insides.push(Inside { around, ..Inside::default() });
        }
        let Some(inside) = insides.get_mut(at) else { return };
        match visit {
            Visit::Scope(_) => {}
            Visit::Bound(name) => add(&mut inside.bound, name),
            Visit::Own(name) => drop(inside.own.insert(name)),
            Visit::Expr(expr, side) => {
                inside.used.extend(head(expr).map(|span| (span.text(), span)));
                match side {
                    Side::Plain => bind(expr, scope, names, &mut inside.bound),
                    Side::Negated => {
                        let mut below = Bound::new();
                        indices(expr, &mut below);
                        inside.denied.extend(below.get("_"));
                    }
                }
            }
        }
    });
    insides
}

fn of_scope(
    insides: &[Inside<'_>],
    at: usize,
    inside: &Inside<'_>,
    stands_for_something: impl Fn(&str) -> bool,
    faults: &mut Vec<Fault>,
) {
    let unasked = "_ gets no value below `not`: look in a comprehension, and negate what it finds";
    faults.extend(inside.denied.iter().map(|any| super::at(any, unasked.to_owned())));
    let has_value = |name: &str| {
        let mut next = at;
        while let Some(inside) = insides.get(next) {
            if inside.bound.contains_key(name) {
                return true;
            }
            if inside.own.contains(name) {
                return false;
            }
            if next == inside.around {
                break;
            }
            next = inside.around;
        }
        stands_for_something(name)
    };
    let mut used = inside.used.clone();
    used.retain(|(name, _)| !has_value(name));
    used.sort_by_key(|(name, span)| (*name, span.start));
    used.dedup_by_key(|(name, _)| *name);
    faults.extend(used.iter().map(|(name, span)| super::at(span, format!("{name} stands for nothing"))));
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
