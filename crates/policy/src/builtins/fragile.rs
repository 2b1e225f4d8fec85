//! Functions whose form in the interpreter panics, ends the stack or never ends.

use std::collections::BTreeSet;

use regorus::Value;
use regorus::value::Object;

use super::arguments::{at, items, refuse, text};
use super::bounded::run;
use super::size::{depth, exceeds};
use super::{Builtin, Refusal, patterns};
use crate::module::Limits;

pub(super) static TABLE: &[Builtin] = &[
    // Panics where the second text is empty, and counts what overlaps.
    Builtin { name: "strings.count", arity: 2, call: |a, _| Ok(Value::from(count(text(a, 0)?, text(a, 1)?))) },
    // Panics where the text is shorter than the template.
    Builtin { name: "regex.template_match", arity: 4, call: |a, _| template_match(a) },
    // Goes down a path by recursion, and there may be more paths than any memory holds.
    Builtin { name: "graph.reachable_paths", arity: 2, call: |a, limits| reachable_paths(a, limits) },
    // Copies may double a document with each operation, and paths nest it as deep as they are long.
    Builtin { name: "json.patch", arity: 2, call: |a, limits| patch(a, limits) },
];

/// As Go counts: none overlaps, and an empty text stands around each character.
fn count(text: &str, part: &str) -> usize {
    if part.is_empty() { text.chars().count().saturating_add(1) } else { text.matches(part).count() }
}

/// What stands between the delimiters is an expression, all else is itself.
fn template_match(arguments: &[Value]) -> Result<Value, Refusal> {
    let (template, value) = (text(arguments, 0)?, text(arguments, 1)?);
    let (start, end) = (delimiter(text(arguments, 2)?)?, delimiter(text(arguments, 3)?)?);
    let mut pattern = String::from("^");
    let (mut depth, mut from) = (0_usize, 0);
    for (at, letter) in template.char_indices() {
        let part = || template.get(from..at).unwrap_or_default();
        if letter == start {
            if depth == 0 {
                pattern.push_str(&regex::escape(part()));
                from = at.saturating_add(letter.len_utf8());
            }
            depth = depth.saturating_add(1);
        } else if letter == end {
            depth = depth.checked_sub(1).ok_or_else(|| refuse("a delimiter has no other end"))?;
            if depth == 0 {
                pattern.push('(');
                pattern.push_str(part());
                pattern.push(')');
                from = at.saturating_add(letter.len_utf8());
            }
        }
    }
    if depth > 0 {
        return Err(refuse("a delimiter has no other end"));
    }
    pattern.push_str(&regex::escape(template.get(from..).unwrap_or_default()));
    pattern.push('$');
    Ok(Value::Bool(patterns::compiled(&pattern)?.is_match(value)))
}

fn delimiter(text: &str) -> Result<char, Refusal> {
    let mut letters = text.chars();
    match (letters.next(), letters.next()) {
        (Some(letter), None) => Ok(letter),
        _ => Err(refuse("a delimiter is one character")),
    }
}

/// Every path until there is nothing further, or until it comes to itself.
fn reachable_paths(arguments: &[Value], limits: &Limits) -> Result<Value, Refusal> {
    let Value::Object(graph) = at(arguments, 0)? else { return Err(refuse("argument 1 is no object")) };
    let mut left = limits.values;
    let (mut paths, mut path, mut on_path) = (BTreeSet::new(), Vec::new(), BTreeSet::new());
    let roots: Vec<Value> = items(arguments, 1)?.into_iter().cloned().collect();
    let mut open = vec![roots.into_iter()];
    while let Some(neighbours) = open.last_mut() {
        let Some(node) = neighbours.next() else {
            open.pop();
            if let Some(node) = path.pop() {
                on_path.remove(&node);
            }
            continue;
        };
        let below = if node == Value::from("") { None } else { below(graph, &node)? };
        match below {
            Some(below) if !on_path.contains(&node) && !below.is_empty() => {
                on_path.insert(node.clone());
                path.push(node);
                open.push(below.into_iter());
            }
            below => {
                let is_end = below.is_some_and(|below| below.is_empty()) && !on_path.contains(&node);
                let mut whole = path.clone();
                whole.extend(is_end.then_some(node));
                left = left.checked_sub(whole.len().saturating_add(1)).ok_or(Refusal::Limit)?;
                if !whole.is_empty() {
                    paths.insert(Value::from(whole));
                }
            }
        }
    }
    Ok(Value::from(paths))
}

/// The neighbours of a node; none where the graph has no such node.
fn below(graph: &Object, node: &Value) -> Result<Option<Vec<Value>>, Refusal> {
    match graph.get(node) {
        None => Ok(None),
        Some(Value::Null) => Ok(Some(Vec::new())),
        Some(Value::Array(array)) => Ok(Some(array.iter().cloned().collect())),
        Some(Value::Set(set)) => Ok(Some(set.iter_sorted().cloned().collect())),
        Some(_) => Err(refuse("the neighbours of a node must be an array or a set")),
    }
}

/// How deep a document may be nested after a patch: what compares or drops a value goes down by recursion.
const DEEPEST: usize = 256;

/// Operations that nothing depends on: many of them are one.
const FEW: usize = 100;

/// One operation after the other, each with a look at what it made, unless together they cannot make much.
fn patch(arguments: &[Value], limits: &Limits) -> Result<Value, Refusal> {
    let Value::Array(operations) = at(arguments, 1)? else { return Err(refuse("argument 2 is no array")) };
    let named = |name: &str| operations.iter().filter(|operation| is_named(operation, name)).count();
    if named("copy") == 0 && named("move") < FEW && operations.iter().all(|it| operation_path(it) < FEW) {
        let patched = run("json.patch", arguments, arguments.iter().any(|it| exceeds(it, limits)))?;
        return if depth(&patched) > DEEPEST { Err(Refusal::Limit) } else { Ok(patched) };
    }
    let mut document = at(arguments, 0)?.clone();
    for operation in operations.iter() {
        let path = operation_path(operation);
        let one = [document, Value::from(vec![operation.clone()])];
        document = run("json.patch", &one, path > DEEPEST)?;
        if matches!(document, Value::Undefined) {
            break;
        }
        if exceeds(&document, limits) || depth(&document) > DEEPEST {
            return Err(Refusal::Limit);
        }
    }
    Ok(document)
}

fn is_named(operation: &Value, name: &str) -> bool {
    matches!(operation, Value::Object(operation) if operation.get(&Value::from("op")) == Some(&Value::from(name)))
}

/// How many steps the path of an operation may have.
fn operation_path(operation: &Value) -> usize {
    let Value::Object(operation) = operation else { return 0 };
    match operation.get(&Value::from("path")) {
        Some(Value::String(path)) => path.matches('/').count(),
        Some(Value::Array(path)) => path.len(),
        _ => 0,
    }
}
