//! JSON patches (RFC 6902).

use portcullis_syntax::Node;

use crate::fault::Fault;
use crate::value::{Key, Value};

/// Nodes that an object may have after values were copied within it.
const NODE_LIMIT: usize = 100_000;

/// Carries out a list of operations.
pub(crate) fn apply<'t>(root: &mut Value<'t>, operations: Node<'t>) -> Result<(), Fault> {
    for operation in operations.items() {
        let text = |field: &str| operation.field(field).map(Node::text);
        let (Some(op), Some(path)) = (text("op"), text("path")) else {
            return Err(Fault::new("an operation of a JSON patch has no `op` or no `path`"));
        };
        let path = pointer(path)?;
        let value = || {
            let found = operation.field("value").map(Value::from);
            found.ok_or_else(|| Fault::new(format!("a JSON patch has nothing to {op}")))
        };
        match op {
            "add" => add(root, &path, value()?, operation)?,
            "replace" => {
                let value = value()?;
                find(root, &path)?.replace(value);
            }
            "remove" => _ = remove(root, &path)?,
            "move" | "copy" => {
                let from = pointer(text("from").unwrap_or_default())?;
                let moved = if op == "move" { remove(root, &from)? } else { find(root, &from)?.clone() };
                add(root, &path, moved, operation)?;
                if !root.is_within(NODE_LIMIT) {
                    return Err(Fault::ours("a JSON patch copies too much"));
                }
            }
            "test" => {
                let wanted = value()?;
                let found = find(root, &path)?.view();
                let differs = found.scalar() != wanted.view().scalar();
                if found.is_scalar() && wanted.view().is_scalar() && differs {
                    return Err(Fault::new(format!("the test of a JSON patch fails at `{}`", path.join("/"))));
                }
            }
            other => return Err(Fault::new(format!("`{other}` is no operation of a JSON patch"))),
        }
    }
    Ok(())
}

/// The keys of a JSON pointer.
fn pointer(text: &str) -> Result<Vec<String>, Fault> {
    if text.is_empty() {
        return Ok(Vec::new());
    }
    let Some(keys) = text.strip_prefix('/') else {
        return Err(Fault::new(format!("`{text}` is no path of a JSON patch")));
    };
    Ok(keys.split('/').map(|key| key.replace("~1", "/").replace("~0", "~")).collect())
}

fn nowhere(path: &[String]) -> Fault {
    Fault::new(format!("a JSON patch leads to `/{}`, which is not there", path.join("/")))
}

fn find<'v, 't>(root: &'v mut Value<'t>, path: &[String]) -> Result<&'v mut Value<'t>, Fault> {
    let mut value = root;
    for key in path {
        let next = if value.view().is_list() {
            let items = value.items_mut();
            items.and_then(|items| key.parse::<usize>().ok().and_then(|index| items.get_mut(index)))
        } else {
            value.get_mut(key)
        };
        value = next.ok_or_else(|| nowhere(path))?;
    }
    Ok(value)
}

fn add<'t>(root: &mut Value<'t>, path: &[String], mut value: Value<'t>, operation: Node<'t>) -> Result<(), Fault> {
    let Some((last, above)) = path.split_last() else {
        root.replace(value);
        return Ok(());
    };
    let holder = find(root, above)?;
    if holder.view().is_map() {
        let key = operation.field("path").unwrap_or(operation);
        holder.set(Key::Made(last.clone(), key), value);
        return Ok(());
    }
    value.over.push(holder.span());
    let items = holder.items_mut().ok_or_else(|| nowhere(path))?;
    let at = if last == "-" { Some(items.len()) } else { last.parse().ok() };
    let at = at.filter(|at| *at <= items.len()).ok_or_else(|| nowhere(path))?;
    items.insert(at, value);
    Ok(())
}

fn remove<'t>(root: &mut Value<'t>, path: &[String]) -> Result<Value<'t>, Fault> {
    let (last, above) = path.split_last().ok_or_else(|| nowhere(path))?;
    let holder = find(root, above)?;
    if holder.view().is_list() {
        let items = holder.items_mut().ok_or_else(|| nowhere(path))?;
        let at = last.parse::<usize>().ok().filter(|at| *at < items.len()).ok_or_else(|| nowhere(path))?;
        return Ok(items.remove(at));
    }
    let entries = holder.entries_mut().ok_or_else(|| nowhere(path))?;
    let at = entries.iter().position(|(key, _)| key.text() == last).ok_or_else(|| nowhere(path))?;
    Ok(entries.remove(at).1)
}
