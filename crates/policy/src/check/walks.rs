//! Calls of `walk` that the interpreter takes for a function of one value: they find nothing, so that a policy never denies.

use regorus::unstable::{Expr, Module, Ref};

use super::walk::{self, Visit};
use crate::module::Fault;
use crate::reference::components;

pub(super) fn faults(modules: &[Ref<Module>]) -> Vec<Fault> {
    let mut faults = Vec::new();
    for rule in modules.iter().flat_map(|module| &module.policy) {
        walk::rule(rule, &mut |visit, _| {
            let Visit::Expr(Expr::Call { fcn, params, .. }, _) = visit else { return };
            if params.len() == 1 && components(fcn).is_some_and(|name| name == ["walk"]) {
                let message = "walk is not supported here: write walk(x, [path, value]) as a statement of its own";
                faults.push(super::at(fcn.span(), message.to_owned()));
            }
        });
    }
    faults
}
