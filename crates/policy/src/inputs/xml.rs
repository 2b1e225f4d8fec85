//! XML as Conftest's parser gives it: an element is its text or an object of attributes (`-name`), elements and text
//! (`#content`); several elements of one name are a list.
//!
//! Everything is text. Names are without prefixes, and text between elements is layout.

use portcullis_syntax::xml::{Document, Element};

use crate::value::Value;

/// A document: an object of its one element.
pub fn xml(document: &Document<'_>) -> Value {
    Value::object(document.root().map(|root| (root.name(), element(root))))
}

/// Depth is bounded by the parser.
fn element(of: Element<'_>) -> Value {
    let text = of.text().unwrap_or_default();
    let attributes = of.attributes();
    let mut children = of.children().peekable();
    if attributes.is_empty() && children.peek().is_none() {
        return Value::from(text);
    }
    let mut entries: Vec<(String, Vec<Value>)> = Vec::new();
    for attribute in attributes {
        let value = Value::from(attribute.value.as_deref().unwrap_or_default());
        entries.push((format!("-{}", attribute.name), vec![value]));
    }
    let mut at = std::collections::HashMap::new();
    for child in children {
        let index = *at.entry(child.name()).or_insert(entries.len());
        match entries.get_mut(index) {
            Some((_, values)) => values.push(element(child)),
            None => entries.push((child.name().to_owned(), vec![element(child)])),
        }
    }
    if !text.is_empty() {
        entries.push(("#content".to_owned(), vec![Value::from(text)]));
    }
    Value::object(entries.into_iter().map(|(name, mut values)| {
        let value = if values.len() == 1 { values.pop().unwrap_or(Value::NULL) } else { Value::array(values) };
        (name, value)
    }))
}
