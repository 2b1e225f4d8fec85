//! Calls of functions that are nowhere, that are not allowed, or that take another number of arguments.

use portcullis_core::nearest;
use regorus::unstable::{BUILTINS, Expr, Module, Ref};

use super::names::{Names, Scope};
use super::walk::{self, Visit};
use crate::builtins;
use crate::module::Fault;
use crate::reference::components;

pub(super) fn faults(modules: &[Ref<Module>], names: &Names<'_>, known: &[Fault]) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (module, scope) in modules.iter().zip(&names.scopes) {
        for rule in &module.policy {
            walk::rule(rule, &mut |visit, _| {
                let Visit::Expr(Expr::Call { fcn, params, .. }, _) = visit else { return };
                let Some(function) = components(fcn) else { return };
                if let Err(message) = judge(&function, params.len(), scope, names, known) {
                    faults.push(super::at(fcn.span(), message));
                }
            });
        }
    }
    faults
}

fn judge(
    function: &[String],
    arguments: usize,
    scope: &Scope,
    names: &Names<'_>,
    known: &[Fault],
) -> Result<(), String> {
    let written = function.join(".");
    if let Some(&arity) = scope.resolve(function).and_then(|path| names.functions.get(&path)) {
        return takes(&written, arity, arguments, Output::Allowed);
    }
    if let Some(why) = builtins::refused(&written) {
        return Err(format!("{written} is not allowed: {why}"));
    }
    if let Some(&(_, arity)) = BUILTINS.get(written.as_str()) {
        return takes(&written, usize::from(arity), arguments, Output::Allowed);
    }
    if let Some(builtin) = builtins::all().find(|builtin| builtin.name == written) {
        return takes(&written, usize::from(builtin.arity), arguments, Output::Unsupported);
    }
    if written == "print" || builtins::is_internal(&written) {
        return Ok(());
    }
    if let Some(why) = builtins::unsupported(&written) {
        return Err(format!("the function {written} is not supported: {why}"));
    }
    let path = scope.resolve(function);
    if path.as_ref().is_some_and(|path| names.rules.contains_key(path)) {
        return Err(format!("{written} is a rule and no function"));
    }
    if !known.is_empty() && function.len() > 1 {
        return Err(format!("unknown function {written}; other policies could not be loaded"));
    }
    let own = names.functions.keys().filter_map(|path| path.rsplit('.').next());
    let candidates = own.chain(BUILTINS.keys().copied()).chain(builtins::all().map(|builtin| builtin.name));
    let mut candidates: Vec<&str> = candidates.collect();
    candidates.sort_unstable();
    match nearest(&written, candidates) {
        Some(near) => Err(format!("unknown function {written}; did you mean {near}?")),
        None => Err(format!("unknown function {written}")),
    }
}

/// Whether a call may name a variable for the result behind the arguments: `sprintf("…", [x], message)`.
#[derive(Clone, Copy, PartialEq)]
enum Output {
    Allowed,
    Unsupported,
}

fn takes(function: &str, arity: usize, arguments: usize, output: Output) -> Result<(), String> {
    if arguments == arity || (output == Output::Allowed && arguments == arity.saturating_add(1)) {
        return Ok(());
    }
    let plural = if arity == 1 { "" } else { "s" };
    Err(format!("{function} takes {arity} argument{plural}, {arguments} are given"))
}
