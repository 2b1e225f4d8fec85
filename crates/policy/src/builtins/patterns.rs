//! Regular expressions, compiled once for each thread: `regex.*`.
//!
//! The interpreter's own stop at patterns of a hundred kilobytes compiled, which `[\\p{L}\\d]{2,64}` is.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use regex::Regex;

use regorus::Value;

use super::arguments::{integer, refuse, text};
use super::{Builtin, Refusal};
use crate::module::Limits;

pub(super) static TABLE: &[Builtin] = &[
    Builtin {
        name: "regex.match",
        arity: 2,
        call: |a, _| Ok(Value::Bool(compiled(text(a, 0)?)?.is_match(text(a, 1)?))),
    },
    Builtin { name: "regex.find_n", arity: 3, call: |a, limits| find(a, limits) },
    Builtin { name: "regex.find_all_string_submatch_n", arity: 3, call: |a, limits| submatches(a, limits) },
    Builtin { name: "regex.split", arity: 2, call: |a, limits| split(a, limits) },
];

/// How many results a call wants: all for a negative number, but never more than the limit.
fn wanted(arguments: &[Value], index: usize, limits: &Limits) -> Result<usize, Refusal> {
    Ok(usize::try_from(integer(arguments, index)?).unwrap_or(limits.values).min(limits.values))
}

fn find(arguments: &[Value], limits: &Limits) -> Result<Value, Refusal> {
    let pattern = compiled(text(arguments, 0)?)?;
    let found = pattern.find_iter(text(arguments, 1)?).take(wanted(arguments, 2, limits)?);
    Ok(Value::from(found.map(|found| Value::from(found.as_str())).collect::<Vec<_>>()))
}

/// Each match with its groups; a group that took no part is the empty text.
fn submatches(arguments: &[Value], limits: &Limits) -> Result<Value, Refusal> {
    let pattern = compiled(text(arguments, 0)?)?;
    let found = pattern.captures_iter(text(arguments, 1)?).take(wanted(arguments, 2, limits)?);
    let groups = found.map(|captures| {
        let groups = captures.iter().map(|group| Value::from(group.map_or("", |group| group.as_str())));
        Value::from(groups.collect::<Vec<_>>())
    });
    Ok(Value::from(groups.collect::<Vec<_>>()))
}

fn split(arguments: &[Value], limits: &Limits) -> Result<Value, Refusal> {
    let pattern = compiled(text(arguments, 0)?)?;
    let parts = pattern.split(text(arguments, 1)?).take(limits.values);
    Ok(Value::from(parts.map(Value::from).collect::<Vec<_>>()))
}

/// Patterns that are kept; policies that make patterns of their input do not fill the memory.
const KEPT: usize = 256;

thread_local! {
    static COMPILED: RefCell<HashMap<String, Rc<Regex>>> = RefCell::new(HashMap::new());
}

/// Shared and not cloned: a clone makes its own room to search in, which takes longer than the search.
pub(super) fn compiled(pattern: &str) -> Result<Rc<Regex>, Refusal> {
    COMPILED.with_borrow_mut(|compiled| {
        if let Some(regex) = compiled.get(pattern) {
            return Ok(Rc::clone(regex));
        }
        let regex = Rc::new(Regex::new(pattern).map_err(|error| refuse(error.to_string()))?);
        if compiled.len() >= KEPT {
            compiled.clear();
        }
        compiled.insert(pattern.to_owned(), Rc::clone(&regex));
        Ok(regex)
    })
}
