//! Regular expressions, compiled once for each thread.

use std::cell::RefCell;
use std::collections::HashMap;

use regex::Regex;

use super::Refusal;
use super::arguments::refuse;

/// Patterns that are kept; policies that make patterns of their input do not fill the memory.
const KEPT: usize = 256;

thread_local! {
    static COMPILED: RefCell<HashMap<String, Regex>> = RefCell::new(HashMap::new());
}

pub(super) fn compiled(pattern: &str) -> Result<Regex, Refusal> {
    COMPILED.with_borrow_mut(|compiled| {
        if let Some(regex) = compiled.get(pattern) {
            return Ok(regex.clone());
        }
        let regex = Regex::new(pattern).map_err(|error| refuse(error.to_string()))?;
        if compiled.len() >= KEPT {
            compiled.clear();
        }
        compiled.insert(pattern.to_owned(), regex.clone());
        Ok(regex)
    })
}
