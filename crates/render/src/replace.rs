//! Replacements: a value of one object, copied into fields of others.

use portcullis_syntax::{Lookup, Node};

use crate::fault::Fault;
use crate::resource::Resource;
use crate::select::Target;
use crate::value::{Key, Value, View};

/// Carries out one entry of `replacements`.
pub(crate) fn replace<'t>(resources: &mut [Resource<'t>], entry: Node<'t>) -> Result<(), Fault> {
    let value = match (entry.get("source"), entry.field("sourceValue")) {
        (_, Some(value)) => Value::from(value),
        (Lookup::Present(source), None) => source_value(resources, source)?,
        _ => return Err(Fault::new("a replacement has no source")),
    };
    for target in entry.field("targets").into_iter().flat_map(Node::items) {
        let Some(select) = target.field("select") else {
            return Err(Fault::new("a target of a replacement selects nothing"));
        };
        let select = Target::new(select)?;
        let rejected: Result<Vec<Target>, Fault> =
            target.field("reject").into_iter().flat_map(Node::items).map(Target::new).collect();
        let rejected = rejected?;
        let options = target.field("options");
        let paths: Vec<&str> = target.field("fieldPaths").into_iter().flat_map(Node::items).map(Node::text).collect();
        let paths = if paths.is_empty() { vec!["metadata.name"] } else { paths };
        for resource in resources.iter_mut() {
            if !select.selects_any(resource) || rejected.iter().any(|rejected| rejects(rejected, resource)) {
                continue;
            }
            for path in &paths {
                let steps = steps(path);
                let creates = options.is_some_and(|options| options.get("create").is_bool(true));
                let mut count = 0;
                visit(&mut resource.root, &steps, creates.then_some(target), &mut |old| {
                    count += 1;
                    copy(old, &value, options)
                })?;
                if count == 0 {
                    return Err(Fault::new(format!("a replacement leads to `{path}`, which is not there")));
                }
            }
        }
    }
    Ok(())
}

fn rejects(rejected: &Target, resource: &Resource<'_>) -> bool {
    if rejected.asks_for_metadata() { rejected.selects_any(resource) } else { known_ids(resource, rejected) }
}

fn known_ids(resource: &Resource<'_>, target: &Target) -> bool {
    let now = resource.id();
    resource.previous.iter().chain([&now]).any(|id| target.selects_id(id))
}

fn source_value<'t>(resources: &[Resource<'t>], source: Node<'t>) -> Result<Value<'t>, Fault> {
    let target = Target::new(source)?;
    let mut found = resources.iter().filter(|resource| target.selects_any(resource));
    let (Some(resource), None) = (found.next(), found.next()) else {
        return Err(Fault::new("the source of a replacement is not exactly one object"));
    };
    let path = source.field("fieldPath").map_or("metadata.name", Node::text);
    let Some(mut value) = value_at(resource, path)? else {
        return Err(Fault::new(format!("the source of a replacement has no `{path}`")));
    };
    if let Some(options) = source.field("options")
        && let Some(delimiter) = options.field("delimiter").map(Node::text).filter(|text| !text.is_empty())
        && let Some(text) = value.view().scalar()
    {
        let index = options.field("index").and_then(Node::as_i64).unwrap_or_default();
        let part = usize::try_from(index).ok().and_then(|index| text.split(delimiter).nth(index)).map(str::to_owned);
        value.reword(part.ok_or_else(|| Fault::new("the source of a replacement has fewer parts"))?);
    }
    Ok(value)
}

/// The first value at a path of an object.
pub(crate) fn value_at<'t>(resource: &Resource<'t>, path: &str) -> Result<Option<Value<'t>>, Fault> {
    let mut root = resource.root.clone();
    let mut value = None;
    visit(&mut root, &steps(path), None, &mut |found| {
        value.get_or_insert_with(|| found.clone());
        Ok(())
    })?;
    Ok(value)
}

fn copy<'t>(old: &mut Value<'t>, value: &Value<'t>, options: Option<Node<'t>>) -> Result<(), Fault> {
    let delimiter = options.and_then(|options| options.field("delimiter")).map(Node::text).unwrap_or_default();
    if delimiter.is_empty() {
        let is_same = old.view().is_same_scalar(value.view());
        if !is_same {
            old.replace(Value { over: Vec::new(), ..value.clone() });
        }
        return Ok(());
    }
    let (Some(text), Some(part)) = (old.view().scalar(), value.view().scalar()) else {
        return Err(Fault::new("a replacement with a delimiter leads to no text"));
    };
    let index = options.and_then(|options| options.field("index")?.as_i64()).unwrap_or_default();
    let mut parts: Vec<&str> = text.split(delimiter).collect();
    match usize::try_from(index) {
        Err(_) => parts.insert(0, part),
        Ok(index) => match parts.get_mut(index) {
            Some(slot) => *slot = part,
            None => parts.push(part),
        },
    }
    let text = parts.join(delimiter);
    old.replace(Value::made(text, value.at(), value.span()));
    Ok(())
}

/// A step of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Key(String),
    /// The elements whose field has the value: `[name=web]`; those that are the value, where the field is empty.
    Element(String, String),
    /// All elements or entries.
    All,
}

/// The steps of `spec.containers.[name=web].image`; dots within brackets or behind a backslash separate nothing.
fn steps(path: &str) -> Vec<Step> {
    let mut parts: Vec<String> = vec![String::new()];
    let (mut is_escaped, mut depth) = (false, 0_u32);
    for c in path.chars() {
        let is_separator = c == '.' && depth == 0 && !is_escaped;
        if is_separator {
            parts.push(String::new());
        } else if c == '\\' && !is_escaped {
            is_escaped = true;
            continue;
        } else {
            match c {
                '[' => depth = depth.saturating_add(1),
                ']' => depth = depth.saturating_sub(1),
                _ => {}
            }
            if let Some(last) = parts.last_mut() {
                last.push(c);
            }
        }
        is_escaped = false;
    }
    let step = |part: String| {
        let inner = part.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        match inner.map(|inner| inner.split_once('=').ok_or(inner)) {
            Some(Ok((key, value))) => Step::Element(key.to_owned(), value.to_owned()),
            Some(Err(key)) => Step::Key(key.to_owned()),
            None if part == "*" => Step::All,
            None => Step::Key(part),
        }
    };
    parts.into_iter().filter(|part| !part.is_empty()).map(step).collect()
}

/// Calls `change` with each value at the path. `create` is what asks for mappings that are not there.
fn visit<'t>(
    value: &mut Value<'t>,
    path: &[Step],
    create: Option<Node<'t>>,
    change: &mut dyn FnMut(&mut Value<'t>) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let Some((step, rest)) = path.split_first() else { return change(value) };
    if value.view().is_scalar() {
        // The field holds a document of its own: what becomes of its text is not known.
        let (at, span) = (value.at(), value.span());
        let mut unknown = Value::unknown(at, span);
        change(&mut unknown)?;
        *value = Value::unknown(at, span);
        return Ok(());
    }
    match step {
        Step::Key(key) if value.view().is_list() => {
            let index = key.parse::<usize>().ok();
            if let Some(item) = index.and_then(|index| value.items_mut()?.get_mut(index)) {
                visit(item, rest, create, change)?;
            }
        }
        Step::Key(key) => {
            let is_there = value.view().get(key).is_some();
            if let Some(at) = create.filter(|_| !is_there) {
                let made = if rest.is_empty() { Value::made(String::new(), at, at.span()) } else { Value::map(at) };
                value.set(Key::Made(key.clone(), at), made);
            }
            if let Some(next) = value.get_mut(key) {
                visit(next, rest, create, change)?;
            }
        }
        Step::Element(key, wanted) => {
            let is_wanted = |item: &Value<'_>| {
                let field = if key.is_empty() { Some(item.view()) } else { item.view().get(key) };
                field.and_then(View::scalar) == Some(wanted)
            };
            for item in value.items_mut().into_iter().flatten().filter(|item| is_wanted(item)) {
                visit(item, rest, create, change)?;
            }
        }
        Step::All => {
            for item in value.items_mut().into_iter().flatten() {
                visit(item, rest, create, change)?;
            }
            if value.view().is_map() {
                for (_, child) in value.entries_mut().into_iter().flatten() {
                    visit(child, rest, create, change)?;
                }
            }
        }
    }
    Ok(())
}
