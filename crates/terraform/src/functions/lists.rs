//! Functions of lists. Elements keep the place where they were written.

use std::sync::Arc;

use portcullis_model::terraform::value::{Kind, List, Number, Reason, Value};

use super::text::characters;
use super::{
    Answer, Call, DEPTH_LIMIT, ELEMENT_LIMIT, Stop, compare, convert, list_of, numbers, parts, reason_within, strings,
    taken, text,
};

impl Call<'_> {
    /// A list that may hold more.
    #[allow(clippy::unnecessary_wraps, reason = "it is what functions return")]
    pub(super) fn list_value(&self, items: Vec<Value>, open: bool) -> Answer {
        Ok(self.made(Kind::List(Arc::new(List { items, open, set: false }))))
    }

    /// A list whose elements stand at known places.
    fn closed_list(&self, index: usize) -> Result<&Arc<List>, Stop> {
        let list = self.list(index)?;
        if list.open { Err(Stop::Unknown(reason_within(&list.items))) } else { Ok(list) }
    }

    /// A list that is not a set: its elements have an order.
    fn sequence(&self, index: usize) -> Result<&Arc<List>, Stop> {
        let list = self.list(index)?;
        if list.set { Err(Stop::Refused) } else { Ok(list) }
    }
}

pub(super) fn length(call: &Call<'_>) -> Answer {
    let value = call.argument(0)?;
    let count = match &value.kind {
        Kind::List(list) => {
            // Elements of a set that are not known may be equal.
            let loose = list.set && list.items.len() > 1 && list.items.iter().any(|item| !item.is_wholly_known());
            if list.open || loose {
                return Err(Stop::Unknown(reason_within(&list.items)));
            }
            list.items.len()
        }
        Kind::Map(map) if map.open => {
            return Err(Stop::Unknown(reason_within(map.entries.values().map(|entry| &entry.value))));
        }
        Kind::Map(map) => map.entries.len(),
        Kind::String(text) => characters(text),
        Kind::Template(_) | Kind::Encoded(_) => return strings::length(call),
        Kind::Unknown(reason) => return Err(Stop::Unknown(*reason)),
        Kind::Null | Kind::Bool(_) | Kind::Number(_) => return Err(Stop::Refused),
    };
    Ok(call.made(Kind::Number(Number::Int(i64::try_from(count).unwrap_or(i64::MAX)))))
}

pub(super) fn element(call: &Call<'_>) -> Answer {
    let list = call.sequence(0)?;
    if list.open {
        return Err(Stop::Unknown(reason_within(&list.items)));
    }
    let count = i64::try_from(list.items.len()).unwrap_or(i64::MAX);
    let index = match call.integer(1) {
        // Every index leads to the only element.
        Err(Stop::Unknown(_)) if count == 1 => 0,
        index => index?,
    };
    let index = index.checked_rem_euclid(count).and_then(|index| usize::try_from(index).ok());
    let index = index.ok_or(Stop::Refused)?;
    let item = list.items.get(index).ok_or(Stop::Refused)?;
    Ok(taken(call.argument(0)?, item, &index.to_string()))
}

pub(super) fn concat(call: &Call<'_>) -> Answer {
    let (mut items, mut open) = (Vec::new(), false);
    for argument in call.arguments {
        match &argument.kind {
            Kind::Unknown(_) => open = true,
            Kind::List(list) if !list.set => {
                items.extend(parts(argument, list));
                open |= list.open;
            }
            _ => return Err(Stop::Refused),
        }
        if items.len() > ELEMENT_LIMIT {
            return Err(Stop::Unknown(Reason::Limit));
        }
    }
    call.list_value(items, open)
}

pub(super) fn flatten(call: &Call<'_>) -> Answer {
    let mut flat = Flat { items: Vec::new(), open: false };
    flat.take(call.argument(0)?, call.list(0)?, DEPTH_LIMIT, &mut ELEMENT_LIMIT.clone())?;
    call.list_value(flat.items, flat.open)
}

struct Flat {
    items: Vec<Value>,
    open: bool,
}

impl Flat {
    /// Empty lists that are shared make steps without elements, so steps are counted.
    fn take(&mut self, whole: &Value, list: &List, depth: usize, steps: &mut usize) -> Result<(), Stop> {
        let depth = depth.checked_sub(1).ok_or(Stop::Unknown(Reason::Limit))?;
        self.open |= list.open;
        for item in parts(whole, list) {
            *steps = steps.checked_sub(1).ok_or(Stop::Unknown(Reason::Limit))?;
            match &item.kind {
                Kind::List(list) => self.take(&item, list, depth, steps)?,
                // It may be a list of any length; as an element it keeps what it refers to.
                Kind::Unknown(_) => {
                    self.open = true;
                    self.items.push(item);
                }
                _ => self.items.push(item),
            }
        }
        Ok(())
    }
}

pub(super) fn compact(call: &Call<'_>) -> Answer {
    let list = call.list(0)?;
    let (mut items, mut open) = (Vec::new(), list.open);
    for item in parts(call.argument(0)?, list) {
        if item.is_null() {
            continue;
        }
        let item = convert::as_text(&item)?;
        match &item.kind {
            Kind::String(text) if text.is_empty() => continue,
            // It may be empty.
            Kind::Unknown(_) => open = true,
            _ => {}
        }
        items.push(item);
    }
    call.list_value(items, open)
}

pub(super) fn distinct(call: &Call<'_>) -> Answer {
    let list = call.list(0)?;
    let items: Vec<Value> = parts(call.argument(0)?, list).collect();
    let distinct = compare::distinct(&items);
    call.list_value(distinct.items, list.open || !distinct.certain)
}

pub(super) fn contains(call: &Call<'_>) -> Answer {
    let (list, value) = (call.list(0)?, call.argument(1)?);
    match compare::holds(list, value) {
        Some(holds) => call.boolean(holds),
        None => Err(Stop::Unknown(reason_within(list.items.iter().chain([value])))),
    }
}

pub(super) fn index(call: &Call<'_>) -> Answer {
    let (list, value) = (call.sequence(0)?, call.argument(1)?);
    if list.open {
        return Err(Stop::Unknown(reason_within(&list.items)));
    }
    for (at, item) in list.items.iter().enumerate() {
        match compare::equals(item, value) {
            Some(true) => return Ok(call.made(Kind::Number(Number::Int(i64::try_from(at).unwrap_or(i64::MAX))))),
            Some(false) => {}
            None => return Err(Stop::Unknown(reason_within([item, value]))),
        }
    }
    Err(Stop::Refused)
}

pub(super) fn coalesce(call: &Call<'_>) -> Answer {
    let has_texts = convert::has_mixed(call.arguments) || call.arguments.iter().any(|value| value.as_str().is_some());
    for argument in call.arguments {
        match &argument.kind {
            Kind::Null => {}
            Kind::Unknown(reason) => return Err(Stop::Unknown(*reason)),
            Kind::String(text) if text.is_empty() => {}
            // A known piece is never empty.
            Kind::Template(_) | Kind::String(_) | Kind::Encoded(_) | Kind::List(_) | Kind::Map(_) => {
                return Ok(argument.clone());
            }
            Kind::Bool(_) | Kind::Number(_) => {
                return if has_texts { convert::as_text(argument) } else { Ok(argument.clone()) };
            }
        }
    }
    Err(Stop::Refused)
}

pub(super) fn coalescelist(call: &Call<'_>) -> Answer {
    for argument in call.arguments {
        match &argument.kind {
            Kind::Null => {}
            Kind::Unknown(reason) => return Err(Stop::Unknown(*reason)),
            Kind::List(list) if list.items.is_empty() && !list.open => {}
            // Which elements of an open list are certain to be there is not told.
            Kind::List(list) if list.open && list.items.iter().all(|item| !item.is_wholly_known()) => {
                return Err(Stop::Unknown(reason_within(&list.items)));
            }
            Kind::List(_) => return Ok(argument.clone()),
            _ => return Err(Stop::Refused),
        }
    }
    Err(Stop::Refused)
}

pub(super) fn chunklist(call: &Call<'_>) -> Answer {
    let list = call.closed_list(0)?;
    let size = usize::try_from(call.integer(1)?).map_err(|_| Stop::Refused)?;
    let size = if size == 0 { list.items.len() } else { size };
    let items: Vec<Value> = parts(call.argument(0)?, list).collect();
    let chunks = items.chunks(size.max(1)).map(|chunk| {
        let kind = Kind::List(Arc::new(List::closed(chunk.to_vec())));
        Value::new(kind, call.at)
    });
    call.closed(chunks.collect())
}

pub(super) fn matchkeys(call: &Call<'_>) -> Answer {
    let (values, keys, wanted) = (call.closed_list(0)?, call.closed_list(1)?, call.list(2)?);
    if values.items.len() != keys.items.len() {
        return Err(Stop::Refused);
    }
    let (mut items, mut open) = (Vec::new(), false);
    // Each key is looked for in each wanted one.
    if keys.items.len().saturating_mul(wanted.items.len()) > 10_000_000 {
        return Err(Stop::Unknown(Reason::Limit));
    }
    for (value, key) in values.items.iter().zip(&keys.items) {
        match compare::holds(wanted, key) {
            Some(true) => items.push(taken(call.argument(0)?, value, "")),
            Some(false) => {}
            None => open = true,
        }
    }
    call.list_value(items, open)
}

pub(super) fn one(call: &Call<'_>) -> Answer {
    let list = call.list(0)?;
    match list.items.as_slice() {
        _ if list.open => Err(Stop::Unknown(reason_within(&list.items))),
        [] => Ok(call.made(Kind::Null)),
        [only] => Ok(taken(call.argument(0)?, only, "0")),
        // Elements of a set that are not known may be equal.
        items if list.set && items.iter().any(|item| !item.is_wholly_known()) => {
            Err(Stop::Unknown(reason_within(items)))
        }
        _ => Err(Stop::Refused),
    }
}

pub(super) fn reverse(call: &Call<'_>) -> Answer {
    let list = call.list(0)?;
    call.list_value(parts(call.argument(0)?, list).rev().collect(), list.open)
}

pub(super) fn slice(call: &Call<'_>) -> Answer {
    let (whole, list) = (call.argument(0)?, call.sequence(0)?);
    let (start, end) = (place(call, 1)?, place(call, 2)?);
    if start > end {
        return Err(Stop::Refused);
    }
    if start == end && (list.open || end <= list.items.len()) {
        return call.closed(Vec::new());
    }
    if list.open {
        return Err(Stop::Unknown(reason_within(&list.items)));
    }
    let items = list.items.get(start..end).ok_or(Stop::Refused)?;
    call.closed(items.iter().map(|item| taken(whole, item, "")).collect())
}

fn place(call: &Call<'_>, index: usize) -> Result<usize, Stop> {
    usize::try_from(call.integer(index)?).map_err(|_| Stop::Refused)
}

pub(super) fn sort(call: &Call<'_>) -> Answer {
    let list = call.list(0)?;
    let mut items =
        parts(call.argument(0)?, list).map(|item| convert::as_text(&item)).collect::<Result<Vec<_>, _>>()?;
    items.sort_by(compare::order);
    // Where the elements go that are not known is not known either.
    let open = list.open || (items.len() > 1 && items.iter().any(|item| item.as_str().is_none()));
    call.list_value(items, open)
}

pub(super) fn range(call: &Call<'_>) -> Answer {
    let (start, end) = match call.arguments.len() {
        1 => (Number::Int(0), call.number(0)?),
        _ => (call.number(0)?, call.number(1)?),
    };
    let step = match call.arguments.len() {
        3 => call.number(2)?,
        _ => Number::Int(if compare::compare_numbers(end, start).is_lt() { -1 } else { 1 }),
    };
    let steps = numbers::steps(start, end, step)?;
    call.closed(steps.into_iter().map(|number| Value::new(Kind::Number(number), call.at)).collect())
}

pub(super) fn list(call: &Call<'_>) -> Answer {
    call.closed(convert::unified(call.arguments.to_vec()))
}

pub(super) fn alltrue(call: &Call<'_>) -> Answer {
    quantified(call, false)
}

pub(super) fn anytrue(call: &Call<'_>) -> Answer {
    quantified(call, true)
}

/// The first element that is `decisive` decides, whatever the others are; null counts as false.
fn quantified(call: &Call<'_>, decisive: bool) -> Answer {
    let list = call.list(0)?;
    let mut unknown = list.open.then(|| reason_within(&list.items));
    for item in &list.items {
        let value = if item.is_null() { Ok(false) } else { convert::boolean(item) };
        match value {
            Ok(value) if value == decisive => return call.boolean(decisive),
            Ok(_) => {}
            Err(Stop::Unknown(reason)) => unknown = Some(reason),
            Err(Stop::Refused) => return Err(Stop::Refused),
        }
    }
    match unknown {
        Some(reason) => Err(Stop::Unknown(reason)),
        None => call.boolean(!decisive),
    }
}

/// Texts of the elements of a list, or where that is not known, why.
pub(super) fn texts(value: &Value) -> Result<Vec<Arc<str>>, Stop> {
    let list = list_of(value)?;
    if list.open {
        return Err(Stop::Unknown(reason_within(&list.items)));
    }
    list.items.iter().map(|item| text::of(item)?.known()).collect()
}
