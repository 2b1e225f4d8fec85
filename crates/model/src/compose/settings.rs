//! Names with values: `environment`, `labels`, `args`, `sysctls`, each as a list of `NAME=value` or as a mapping.

use std::ops::Range;

use portcullis_core::Span;
use portcullis_syntax::{Node, Value};

use super::Part;

/// One name and its value.
#[derive(Clone, Copy, Debug)]
pub struct Setting<'t> {
    /// The name.
    pub name: &'t str,
    /// The value; absent where only the name is given.
    pub value: Part<&'t str>,
    /// The mapping's value, or the list's element.
    pub node: Node<'t>,
    /// Where in the node's text the value starts.
    offset: usize,
}

impl Setting<'_> {
    /// Where a part of the value was written; all of the node where a variable gave it.
    pub fn span(&self, part: Range<usize>) -> Span {
        let narrow = |at: usize| u32::try_from(at.saturating_add(self.offset)).unwrap_or(u32::MAX);
        let map = self.node.embedded().map(|(_, map)| map);
        map.map_or_else(|| self.node.span(), |map| map.span(narrow(part.start), narrow(part.end)))
    }

    /// Where the value was written.
    pub fn value_span(&self) -> Span {
        if self.offset == 0 {
            return self.node.span();
        }
        self.span(0..self.value.known().map_or(0, str::len))
    }
}

/// The settings of a mapping or list, in order.
pub fn settings_of(node: Node<'_>) -> impl Iterator<Item = Setting<'_>> + use<'_> {
    let of_map = node.entries().map(|(key, value)| in_map(key, value));
    of_map.chain(node.items().filter_map(in_list))
}

fn in_map<'t>(key: Node<'t>, node: Node<'t>) -> Setting<'t> {
    let value = match node.value() {
        Value::Null => Part::Absent,
        Value::String(text) | Value::Number(text) => Part::Known(text),
        Value::Bool(_) => Part::Known(node.text()),
        Value::Template(_) | Value::List(_) | Value::Map(_) | Value::Unknown(_) => Part::Unknown,
    };
    Setting { name: key.text(), value, node, offset: 0 }
}

fn in_list(node: Node<'_>) -> Option<Setting<'_>> {
    let is_known = match node.value() {
        Value::String(_) | Value::Number(_) | Value::Bool(_) => true,
        Value::Template(_) => false,
        Value::Null | Value::List(_) | Value::Map(_) | Value::Unknown(_) => return None,
    };
    let text = node.text();
    let Some((name, value)) = text.split_once('=') else {
        return is_known.then_some(Setting { name: text, value: Part::Absent, node, offset: text.len() });
    };
    if name.contains("${") {
        return None;
    }
    let value = if is_known || !value.contains("${") { Part::Known(value) } else { Part::Unknown };
    Some(Setting { name, value, node, offset: name.len() + 1 })
}
