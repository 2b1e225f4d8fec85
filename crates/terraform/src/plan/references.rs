//! What the expressions of a plan refer to, as the configuration inside of it says.

use std::sync::Arc;

use portcullis_model::terraform::value::{Map, Reference};
use portcullis_model::terraform::{Kind, Value};
use portcullis_syntax::Node;

use super::{Plan, after_key, without_instances};
use crate::provenance::with_references;
use crate::resources::joined;

/// References that are followed within one another.
const DEPTH: usize = 16;
/// Places that the references of one expression are looked up in.
const LOOKUPS: usize = 200;
/// Instances that a reference is taken to mean where it does not say which.
const INSTANCES: usize = 16;

impl<'t> Plan<'t> {
    /// Finds the expressions of all resources.
    pub(super) fn list_expressions(&mut self) {
        let mut open: Vec<(Node<'t>, String)> = self.written.map(|root| (root, String::new())).into_iter().collect();
        while let Some((module, address)) = open.pop() {
            for resource in module.field("resources").into_iter().flat_map(Node::items) {
                if let (Some(local), Some(expressions)) = (resource.field("address"), resource.field("expressions")) {
                    self.expressions.insert((address.clone(), local.text()), expressions);
                }
            }
            for (name, call) in module.field("module_calls").into_iter().flat_map(Node::entries) {
                if let Some(module) = call.field("module") {
                    open.push((module, format!("{}module.{}", joined(&address), name.text())));
                }
            }
        }
    }

    /// Adds what the expressions of a resource refer to.
    pub(super) fn refer(&self, body: &mut Map, prefix: &str, local: &str) {
        let Some(expressions) = self.expressions.get(&(without_instances(prefix), local)) else { return };
        for (name, expression) in expressions.entries() {
            let Some(entry) = body.entries.get_mut(name.text()) else { continue };
            self.refer_value(&mut entry.value, expression, prefix);
        }
    }

    fn refer_value(&self, value: &mut Value, expression: Node<'t>, prefix: &str) {
        if let Some(references) = expression.field("references") {
            let mut found = Vec::new();
            let mut left = LOOKUPS;
            self.resolve(references, prefix, 0, &mut left, &mut found);
            *value = with_references(value.clone(), &found);
            return;
        }
        match (&mut value.kind, expression.is_list()) {
            // Nested blocks: expressions one for each, in order.
            (Kind::List(list), true) => {
                let mut made = (**list).clone();
                for (item, expression) in made.items.iter_mut().zip(expression.items()) {
                    self.refer_value(item, expression, prefix);
                }
                *list = Arc::new(made);
            }
            (Kind::Map(map), false) => {
                let mut made = (**map).clone();
                for (name, expression) in expression.entries() {
                    if let Some(entry) = made.entries.get_mut(name.text()) {
                        self.refer_value(&mut entry.value, expression, prefix);
                    }
                }
                *map = Arc::new(made);
            }
            _ => {}
        }
    }

    /// What a list of references leads to: each reference is followed by its own shorter forms, which say nothing more.
    fn resolve(&self, references: Node<'t>, prefix: &str, depth: usize, left: &mut usize, found: &mut Vec<Reference>) {
        let mut last = "";
        for reference in references.items().map(Node::text) {
            let is_shorter = last.strip_prefix(reference).is_some_and(|rest| rest.starts_with(['.', '[']));
            if is_shorter || depth > DEPTH || *left == 0 {
                continue;
            }
            last = reference;
            *left = left.saturating_sub(1);
            if let Some(rest) = reference.strip_prefix("var.") {
                let name = rest.split(['.', '[']).next().unwrap_or(rest);
                self.resolve_variable(name, prefix, depth, left, found);
            } else if let Some(rest) = reference.strip_prefix("module.") {
                self.resolve_output(rest, prefix, depth, left, found);
            } else {
                self.resolve_resource(reference, prefix, found);
            }
        }
    }

    /// `aws_s3_bucket.b[0].id`: the resource that it means and the attribute. Which instance is meant is not said where
    /// it is computed.
    fn resolve_resource(&self, reference: &str, prefix: &str, found: &mut Vec<Reference>) {
        let first = reference.split(['.', '[']).next().unwrap_or_default();
        if matches!(first, "each" | "count" | "self" | "path" | "terraform" | "local") {
            return;
        }
        let names = if matches!(first, "data" | "ephemeral") { 3 } else { 2 };
        let Some((resource, rest)) = end_of_names(reference, names).and_then(|end| reference.split_at_checked(end))
        else {
            return;
        };
        let tail = after_key(rest);
        let key = rest.strip_suffix(tail).unwrap_or_default();
        let attribute = tail.replace(['[', ']'], ".").replace("..", ".");
        let attribute: Arc<str> = attribute.trim_matches('.').into();
        let whole = format!("{}{resource}", joined(prefix));
        let exact = format!("{whole}{key}");
        let all = self.addresses.get(&without_instances(&whole)).map_or(&[][..], Vec::as_slice);
        let mut add = |address: Arc<str>| {
            let reference = Reference { address, attribute: attribute.clone() };
            if !found.contains(&reference) {
                found.push(reference);
            }
        };
        if all.contains(&exact.as_str()) {
            add(exact.into());
        } else if all.is_empty() || key.is_empty() && all.iter().any(|it| it.starts_with(&format!("{whole}["))) {
            add(format!("{whole}[*]").into());
        } else {
            all.iter().take(INSTANCES).for_each(|address| add((*address).into()));
        }
    }

    fn resolve_variable(&self, name: &str, prefix: &str, depth: usize, left: &mut usize, found: &mut Vec<Reference>) {
        let (parent, call) = parent_of(prefix);
        if call.is_empty() {
            return;
        }
        let expression = self
            .written_module(parent)
            .and_then(|module| module.field("module_calls"))
            .and_then(|calls| calls.field(call))
            .and_then(|call| call.field("expressions")?.field(name)?.field("references"));
        if let Some(references) = expression {
            self.resolve(references, parent, depth.saturating_add(1), left, found);
        }
    }

    fn resolve_output(&self, rest: &str, prefix: &str, depth: usize, left: &mut usize, found: &mut Vec<Reference>) {
        let Some((call, output)) = split_output(rest) else { return };
        let inner = format!("{}module.{call}", joined(prefix));
        let expression = self
            .written_module(&inner)
            .and_then(|module| module.field("outputs")?.field(output)?.field("expression")?.field("references"));
        if let Some(references) = expression {
            self.resolve(references, &inner, depth.saturating_add(1), left, found);
        }
    }

    /// The configuration of the module with this address.
    fn written_module(&self, address: &str) -> Option<Node<'t>> {
        let mut module = self.written?;
        let mut rest = address;
        while !rest.is_empty() {
            let after = rest.strip_prefix("module.")?;
            let end = after.find(['.', '[']).unwrap_or(after.len());
            let (name, tail) = after.split_at_checked(end)?;
            rest = after_key(tail).trim_start_matches('.');
            module = module.field("module_calls")?.field(name)?.field("module")?;
        }
        Some(module)
    }
}

/// The address of the module around the one with this address, and the name of the call between them.
fn parent_of(address: &str) -> (&str, &str) {
    let mut last = 0;
    let mut rest = address;
    let mut name = "";
    while let Some(after) = rest.strip_prefix("module.") {
        last = address.len().saturating_sub(rest.len());
        let end = after.find(['.', '[']).unwrap_or(after.len());
        let Some((found, tail)) = after.split_at_checked(end) else { break };
        name = found;
        rest = after_key(tail).trim_start_matches('.');
    }
    (address.get(..last).unwrap_or_default().trim_end_matches('.'), name)
}

/// `name["key"].output.more` as the instance of the call and the output.
fn split_output(rest: &str) -> Option<(&str, &str)> {
    let end = rest.find(['.', '['])?;
    let tail = after_key(rest.get(end..)?);
    let output = tail.strip_prefix('.')?;
    Some((rest.strip_suffix(tail)?, output.split(['.', '[']).next().unwrap_or(output)))
}

/// Where the first so many names of a traversal end.
fn end_of_names(text: &str, names: usize) -> Option<usize> {
    let mut seen = 0usize;
    for (at, c) in text.char_indices() {
        if c == '.' || c == '[' {
            seen = seen.saturating_add(1);
            if seen == names {
                return Some(at);
            }
            if c == '[' {
                return None;
            }
        }
    }
    (seen.saturating_add(1) == names).then_some(text.len())
}
