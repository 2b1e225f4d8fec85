//! Rules that need themselves, or a chain of others that is too long.
//!
//! The interpreter would evaluate them until its stack ends, which is the end of the program. It needs 2 MiB of it. A reference to a package needs
//! all rules of it, as in OPA. A name that a rule declares anywhere is taken for its own.

use std::collections::{BTreeMap, BTreeSet};

use regorus::unstable::{Expr, Rule};

use super::names::{Names, Scope};
use super::walk::{self, Visit};
use crate::declaration::constant_prefix;
use crate::module::Fault;
use crate::reference::components;

pub(super) fn faults(names: &Names<'_>) -> Vec<Fault> {
    let paths: Vec<&String> = names.rules.keys().collect();
    let index: BTreeMap<&str, usize> = paths.iter().enumerate().map(|(at, path)| (path.as_str(), at)).collect();
    let needs: Vec<Vec<usize>> = names
        .rules
        .values()
        .map(|definitions| {
            let mut needs = BTreeSet::new();
            for (module, rule) in definitions {
                let Some(scope) = names.scopes.get(*module) else { continue };
                for path in references(rule, scope) {
                    needed(&path, &paths, &index, &mut needs);
                }
            }
            needs.into_iter().collect()
        })
        .collect();
    let Order { cycles, order } = order(&needs);
    let fault = |at: usize, message: &str| {
        let (path, definitions) = paths.get(at).and_then(|path| names.rules.get_key_value(*path))?;
        let (_, rule) = definitions.first()?;
        Some(super::at(rule.span(), format!("{path} {message}")))
    };
    if !cycles.is_empty() {
        return cycles.into_iter().filter_map(|at| fault(at, "needs its own value")).collect();
    }
    let mut depths = vec![0_usize; needs.len()];
    for at in order {
        let below = needs.get(at).into_iter().flatten().filter_map(|&need| depths.get(need)).max();
        let own = paths.get(at).and_then(|path| names.rules.get(*path)).into_iter().flatten();
        let own = own.map(|(_, rule)| nesting(rule.span().text())).max().unwrap_or(0);
        let depth = below.copied().unwrap_or(0).saturating_add(own).saturating_add(1);
        if depth > MOST_NESTED {
            return fault(at, "needs too long a chain of rules").into_iter().collect();
        }
        set(&mut depths, at, depth);
    }
    Vec::new()
}

/// Rules within rules, each with the brackets within it. Twice as many are within the stack in a build without
/// optimisations.
const MOST_NESTED: usize = 500;

/// How deep brackets stand in one another; those in texts count, which makes it more and never less.
fn nesting(text: &str) -> usize {
    let (mut depth, mut most) = (0_usize, 0);
    for byte in text.bytes() {
        match byte {
            b'(' | b'[' | b'{' => depth = depth.saturating_add(1),
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        most = depth.max(most);
    }
    most
}

/// The paths that a rule refers to.
fn references(rule: &Rule, scope: &Scope) -> Vec<String> {
    let mut found = Vec::new();
    let mut declared = BTreeSet::new();
    walk::rule(rule, &mut |visit, _| match visit {
        Visit::Bound(name) => drop(declared.insert(name.text())),
        Visit::Own(name) => drop(declared.insert(name)),
        Visit::Expr(Expr::Call { fcn, .. }, _) => found.extend(components(fcn)),
        Visit::Expr(expr @ (Expr::Var { .. } | Expr::RefDot { .. } | Expr::RefBrack { .. }), _) => {
            found.push(constant_prefix(expr));
        }
        Visit::Expr(..) | Visit::Scope(_) => {}
    });
    found.retain(|names| names.first().is_some_and(|first| !declared.contains(first.as_str())));
    found.iter().filter_map(|names| scope.resolve(names)).collect()
}

/// The rule that a path lies in, or those that lie below it.
fn needed(path: &str, paths: &[&String], index: &BTreeMap<&str, usize>, needs: &mut BTreeSet<usize>) {
    let mut prefix = path;
    loop {
        if let Some(&at) = index.get(prefix) {
            needs.insert(at);
            return;
        }
        let Some(end) = prefix.rfind(['.', '[']) else { break };
        let Some(shorter) = prefix.get(..end) else { break };
        prefix = shorter;
    }
    let from = paths.partition_point(|known| known.as_str() < path);
    let below = paths.iter().enumerate().skip(from).take_while(|(_, known)| known.starts_with(path));
    let is_below = |known: &str| known.get(path.len()..).is_some_and(|rest| rest.starts_with(['.', '[']));
    needs.extend(below.filter(|(_, known)| is_below(known)).map(|(at, _)| at));
}

/// What Tarjan's components say.
struct Order {
    /// The nodes that lead back to themselves.
    cycles: Vec<usize>,
    /// All nodes, each behind those that it needs.
    order: Vec<usize>,
}

/// Tarjan's components, without recursion.
fn order(needs: &[Vec<usize>]) -> Order {
    const NEW: usize = usize::MAX;
    let mut order = vec![NEW; needs.len()];
    let mut low = vec![0; needs.len()];
    let mut on_stack = vec![false; needs.len()];
    let (mut stack, mut found, mut finished, mut count) = (Vec::new(), Vec::new(), Vec::new(), 0_usize);
    for root in 0..needs.len() {
        if order.get(root) != Some(&NEW) {
            continue;
        }
        let mut work = vec![(root, 0_usize)];
        while let Some((node, next)) = work.pop() {
            let (Some(edges), Some(order_of_node)) = (needs.get(node), order.get_mut(node)) else { continue };
            if *order_of_node == NEW {
                *order_of_node = count;
                set(&mut low, node, count);
                set(&mut on_stack, node, true);
                stack.push(node);
                count = count.saturating_add(1);
            }
            if let Some(&edge) = edges.get(next) {
                work.push((node, next.saturating_add(1)));
                if order.get(edge) == Some(&NEW) {
                    work.push((edge, 0));
                } else if on_stack.get(edge) == Some(&true) {
                    lower(&mut low, node, order.get(edge).copied().unwrap_or(NEW));
                }
                continue;
            }
            let own = low.get(node).copied().unwrap_or(NEW);
            if let Some(&(parent, _)) = work.last() {
                lower(&mut low, parent, own);
            }
            if order.get(node) == Some(&own) {
                let mut component = Vec::new();
                while let Some(member) = stack.pop() {
                    set(&mut on_stack, member, false);
                    component.push(member);
                    if member == node {
                        break;
                    }
                }
                finished.extend_from_slice(&component);
                if component.len() > 1 || edges.contains(&node) {
                    found.append(&mut component);
                }
            }
        }
    }
    found.sort_unstable();
    Order { cycles: found, order: finished }
}

fn set<T>(list: &mut [T], at: usize, value: T) {
    if let Some(slot) = list.get_mut(at) {
        *slot = value;
    }
}

fn lower(low: &mut [usize], at: usize, value: usize) {
    if let Some(slot) = low.get_mut(at) {
        *slot = value.min(*slot);
    }
}
