//! What decoded JSON and YAML comes to.

use std::collections::BTreeMap;
use std::sync::Arc;

use portcullis_model::terraform::value::{Entry, Kind, List, Map, Number, Reason};
use portcullis_syntax::{self as syntax, Node, Style};

use super::{Answer, Call, ELEMENT_LIMIT, Stop, convert};

/// A node of a parsed text as a value that stands at the call: a text that was decoded has no places of its own. The
/// parsers bound the depth; aliases share their nodes, so the values are counted.
pub(super) fn value(call: &Call<'_>, node: Node<'_>) -> Answer {
    decoded(call, node, &mut ELEMENT_LIMIT.clone())
}

fn decoded(call: &Call<'_>, node: Node<'_>, budget: &mut usize) -> Answer {
    *budget = budget.checked_sub(1).ok_or(Stop::Unknown(Reason::Limit))?;
    let kind = match node.value() {
        // A date is a moment to Terraform's reader of YAML, and moments are texts.
        _ if is_date(node) => Kind::String(format!("{}T00:00:00Z", node.text()).into()),
        // What looks like a placeholder to a reader of manifests is text to Terraform.
        _ if node.is_text() => Kind::String(node.text().into()),
        syntax::Value::Null => Kind::Null,
        syntax::Value::Bool(value) => Kind::Bool(value),
        syntax::Value::Number(text) => match node.as_i64() {
            Some(value) => Kind::Number(Number::Int(value)),
            None => convert::parse(text).map_or(Kind::Unknown(Reason::Function), Kind::Number),
        },
        syntax::Value::String(text) => Kind::String(text.into()),
        syntax::Value::Template(template) => Kind::String(template.raw.into()),
        syntax::Value::List(list) => {
            let items = list.items().map(|item| decoded(call, item, budget)).collect::<Result<Vec<_>, _>>()?;
            Kind::List(Arc::new(List::closed(items)))
        }
        syntax::Value::Map(map) => {
            let mut entries = BTreeMap::new();
            for (key, value) in map.entries() {
                let value = decoded(call, value, budget)?;
                entries.insert(Arc::from(key.text()), Entry { key: call.at, value });
            }
            Kind::Map(Arc::new(Map { entries: entries.into(), open: map.is_open() }))
        }
        syntax::Value::Unknown(_) => Kind::Unknown(Reason::Function),
    };
    Ok(call.made(kind))
}

/// `2012-10-17` without quotes; JSON has none.
fn is_date(node: Node<'_>) -> bool {
    let mut parts = node.text().split('-');
    let mut digits = |count: usize| {
        parts.next().is_some_and(|part| part.len() == count && part.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let is_date = digits(4) && digits(2) && digits(2);
    is_date && parts.next().is_none() && node.style() == Style::Plain
}
