//! Strategic merge: a patch laid over an object.
//!
//! Mappings are merged, null removes, and everything else replaces. Lists of the built-in kinds whose elements have a merge
//! key are merged by it, and what a patch adds comes first, as Kustomize lays it down; lists of other kinds are replaced.
//! What a patch only repeats stays where the base says it.

use portcullis_syntax::Node;

use crate::fault::Fault;
use crate::schema::{Lists, Schema};
use crate::value::{Key, Value, View};

/// Whether something is left of a value after a merge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Kept,
    Removed,
}

/// Lays `patch` over `base`.
pub(crate) fn merge<'t>(base: &mut Value<'t>, patch: Node<'t>, schema: Schema) -> Result<Outcome, Fault> {
    match directive(patch)? {
        Directive::Delete => return Ok(Outcome::Removed),
        Directive::Replace => {
            let replaced = without_directives(patch, schema)?;
            base.replace(replaced);
            return Ok(Outcome::Kept);
        }
        Directive::Merge => {}
    }
    check_size(base, patch.entries().len())?;
    for (key, value) in patch.entries() {
        let name = key.text();
        if name == DIRECTIVE {
            continue;
        }
        if let Some((field, list)) = list_directive(name) {
            if list == ListDirective::DeleteFromPrimitive
                && let Some(items) = base.get_mut(field).and_then(Value::items_mut)
            {
                let unwanted: Vec<&str> = value.items().map(Node::text).collect();
                items.retain(|item| item.view().scalar().is_none_or(|text| !unwanted.contains(&text)));
            }
            continue;
        }
        if value.is_null() {
            base.remove(name);
            continue;
        }
        let field = schema.field(name);
        match base.get_mut(name).filter(|old| !old.view().is_null()) {
            None => {
                if directive(value)? != Directive::Delete {
                    let value = without_directives(value, field)?;
                    base.set(Key::Written(key), value);
                }
            }
            Some(old) => {
                if merge_value(old, value, field)? == Outcome::Removed {
                    base.remove(name);
                }
            }
        }
    }
    Ok(Outcome::Kept)
}

/// Comparisons that one collection may cost.
const COMPARISONS: usize = 4_000_000;

fn check_size(old: &Value<'_>, patch: usize) -> Result<(), Fault> {
    let length = old.view().len();
    let is_too_large = length.saturating_mul(patch) > COMPARISONS;
    if is_too_large { Err(Fault::ours("a patch and what it changes are too large")) } else { Ok(()) }
}

fn merge_value<'t>(old: &mut Value<'t>, patch: Node<'t>, schema: Schema) -> Result<Outcome, Fault> {
    if patch.is_map() && old.view().is_map() {
        return merge(old, patch, schema);
    }
    if patch.is_list() && old.view().is_list() {
        return match schema.lists() {
            Lists::Replaced => {
                let replaced = without_directives(patch, schema)?;
                old.replace(replaced);
                Ok(Outcome::Kept)
            }
            Lists::Set => {
                merge_set(old, patch);
                Ok(Outcome::Kept)
            }
            Lists::Keyed(keys) => merge_list(old, patch, keys, schema),
        };
    }
    let is_other_shape = patch.is_map() || patch.is_list() || !old.view().is_scalar() && !is_unknown(old);
    if is_other_shape && !patch.is_unknown() {
        return Err(Fault::new("a patch has another shape than what it changes"));
    }
    // A patch that names an element repeats what the base says of it.
    if !old.view().is_same_scalar(View::Node(patch)) {
        old.replace(patch.into());
    }
    Ok(Outcome::Kept)
}

fn is_unknown(value: &Value<'_>) -> bool {
    !value.view().is_map() && !value.view().is_list()
}

/// A list of plain values without repetition.
fn merge_set<'t>(old: &mut Value<'t>, patch: Node<'t>) {
    let here = old.span();
    let Some(items) = old.items_mut() else { return };
    let added = patch.items().filter(|item| !items.iter().any(|old| old.view().is_same_scalar(View::Node(*item))));
    let added: Vec<Value<'t>> = added.map(|item| Value { over: vec![here], ..item.into() }).collect();
    items.splice(0..0, added);
}

fn merge_list<'t>(old: &mut Value<'t>, patch: Node<'t>, keys: &[&str], schema: Schema) -> Result<Outcome, Fault> {
    // An element that is nothing but a directive is about the whole list.
    for item in patch.items().filter(|item| item.is_map() && item.entries().len() == 1) {
        match directive(item)? {
            Directive::Delete if item.field(DIRECTIVE).is_some() => return Ok(Outcome::Removed),
            Directive::Replace => {
                let replaced = without_directives(patch, schema)?;
                old.replace(replaced);
                return Ok(Outcome::Kept);
            }
            _ => {}
        }
    }
    check_size(old, patch.items().len())?;
    let here = old.span();
    // Elements that are told apart by several keys keep their places.
    let all = old.view().items().into_iter().chain(patch.items().map(View::Node));
    let keeps_places = all.into_iter().any(|item| keys.iter().skip(1).any(|key| item.get(key).is_some()));
    let Some(items) = old.items_mut() else { return Ok(Outcome::Kept) };
    let mut first: Vec<Value<'t>> = Vec::new();
    for item in patch.items() {
        let same = items.iter().position(|old| is_same_element(old.view(), View::Node(item), keys));
        match same {
            Some(at) => {
                let mut element = items.remove(at);
                if merge_value(&mut element, item, schema.element())? == Outcome::Kept {
                    if keeps_places { items.insert(at, element) } else { first.push(element) }
                }
            }
            None => {
                if directive(item)? != Directive::Delete {
                    let element = without_directives(item, schema.element())?;
                    first.push(Value { over: vec![here], ..element });
                }
            }
        }
    }
    items.splice(0..0, first);
    Ok(Outcome::Kept)
}

/// Whether two elements have the same keys. Of several keys those after the first may be left out in one of them.
fn is_same_element(a: View<'_, '_>, b: View<'_, '_>, keys: &[&str]) -> bool {
    let key = |element: View<'_, '_>, key: &str| element.get(key).and_then(View::scalar).map(str::to_owned);
    let mut keys = keys.iter();
    let Some(primary) = keys.next() else { return false };
    let first = key(a, primary);
    first.is_some()
        && first == key(b, primary)
        && keys.all(|name| match (key(a, name), key(b, name)) {
            (Some(a), Some(b)) => a == b,
            _ => true,
        })
}

const DIRECTIVE: &str = "$patch";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Directive {
    Merge,
    Replace,
    Delete,
}

fn directive(patch: Node<'_>) -> Result<Directive, Fault> {
    match patch.field(DIRECTIVE).map(Node::text) {
        None | Some("merge") => Ok(Directive::Merge),
        Some("replace") => Ok(Directive::Replace),
        Some("delete") => Ok(Directive::Delete),
        Some(other) => Err(Fault::new(format!("`$patch: {other}` is not a way to patch"))),
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ListDirective {
    /// The order of elements is nothing that is judged.
    Order,
    DeleteFromPrimitive,
}

fn list_directive(key: &str) -> Option<(&str, ListDirective)> {
    let delete = key.strip_prefix("$deleteFromPrimitiveList/").map(|field| (field, ListDirective::DeleteFromPrimitive));
    let order = || key.strip_prefix("$setElementOrder/").map(|field| (field, ListDirective::Order));
    delete.or_else(order).or_else(|| (key == "$retainKeys").then_some(("", ListDirective::Order)))
}

/// A patch as the value that it becomes where there was nothing.
fn without_directives(patch: Node<'_>, schema: Schema) -> Result<Value<'_>, Fault> {
    if !holds_directive(patch) {
        return Ok(patch.into());
    }
    let mut value = Value::from(patch);
    if patch.is_map() {
        let mut empty = Value::map(patch);
        for (key, child) in patch.entries() {
            let is_directive = key.text() == DIRECTIVE || list_directive(key.text()).is_some();
            if !is_directive && directive(child)? != Directive::Delete {
                let child = without_directives(child, schema.field(key.text()))?;
                empty.set(Key::Written(key), child);
            }
        }
        value = empty;
    } else if let Some(items) = value.items_mut() {
        items.clear();
        for item in patch.items() {
            let is_only = item.entries().len() == 1 && item.field(DIRECTIVE).is_some();
            if !is_only && directive(item)? != Directive::Delete {
                items.push(without_directives(item, schema.element())?);
            }
        }
    }
    Ok(value)
}

/// Whether a directive or null stands anywhere in it. Its depth is that of a parsed file.
fn holds_directive(patch: Node<'_>) -> bool {
    let in_entries = patch.entries().any(|(key, value)| key.text().starts_with('$') || holds_directive(value));
    in_entries || patch.items().any(holds_directive)
}
