//! Functions of sets.

use std::sync::Arc;

use portcullis_model::terraform::value::{Kind, List, Reason, Value};

use super::compare::{distinct, holds, order};
use super::{Answer, Call, ELEMENT_LIMIT, Stop, convert, list_of, parts, taken};

/// A set: sorted, each element once. It is open where it may turn out smaller, too.
pub(super) fn of(items: &[Value], open: bool) -> List {
    let distinct = distinct(items);
    let mut items = distinct.items;
    items.sort_by(order);
    List { items, open: open || !distinct.certain, set: true }
}

impl Call<'_> {
    #[allow(clippy::unnecessary_wraps, reason = "it is what functions return")]
    fn set_value(&self, items: &[Value], open: bool) -> Answer {
        Ok(self.made(Kind::List(Arc::new(of(items, open)))))
    }
}

pub(super) fn union(call: &Call<'_>) -> Answer {
    let (mut items, mut open) = (Vec::new(), false);
    for argument in call.arguments {
        match list_of(argument) {
            Ok(list) => {
                items.extend(parts(argument, list));
                open |= list.open;
            }
            Err(Stop::Unknown(_)) => open = true,
            Err(Stop::Refused) => return Err(Stop::Refused),
        }
        if items.len() > ELEMENT_LIMIT {
            return Err(Stop::Unknown(Reason::Limit));
        }
    }
    call.set_value(&convert::unified(items), open)
}

pub(super) fn intersection(call: &Call<'_>) -> Answer {
    chosen(call, Keep::Held)
}

pub(super) fn subtract(call: &Call<'_>) -> Answer {
    chosen(call, Keep::Missing)
}

/// Which elements of a set stay.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Keep {
    /// Those that each of the others holds.
    Held,
    /// Those that none of the others holds.
    Missing,
}

fn chosen(call: &Call<'_>, keep: Keep) -> Answer {
    let others: Vec<Option<&Arc<List>>> = call
        .rest(1)
        .iter()
        .map(|value| match list_of(value) {
            Ok(list) => Ok(Some(list)),
            Err(Stop::Unknown(_)) => Ok(None),
            Err(Stop::Refused) => Err(Stop::Refused),
        })
        .collect::<Result<_, _>>()?;
    // What nothing is taken from, or compared with, is empty whatever the others are.
    let is_empty = |list: &List| list.items.is_empty() && !list.open;
    let first = call.list(0);
    let is_list = !matches!(first, Err(Stop::Refused));
    if keep == Keep::Held && is_list && others.iter().flatten().any(|list| is_empty(list)) {
        return call.set_value(&[], false);
    }
    let first = first?;
    let compared: usize = others.iter().flatten().map(|list| list.items.len()).sum();
    if first.items.len().saturating_mul(compared) > 10_000_000 {
        return Err(Stop::Unknown(Reason::Limit));
    }
    let (mut items, mut open) = (Vec::new(), first.open);
    for item in &first.items {
        let mut kept = Some(true);
        for other in &others {
            let answer = other.and_then(|other| holds(other, item));
            kept = match (kept, answer) {
                (Some(false), _) => Some(false),
                (_, Some(holds)) if holds != (keep == Keep::Held) => Some(false),
                (kept, Some(_)) => kept,
                (_, None) => None,
            };
        }
        match kept {
            Some(true) => items.push(taken(call.argument(0)?, item, "")),
            Some(false) => {}
            None => open = true,
        }
    }
    call.set_value(&items, open)
}

pub(super) fn product(call: &Call<'_>) -> Answer {
    let lists = call.arguments.iter().map(list_of).collect::<Result<Vec<_>, _>>()?;
    let set = lists.iter().any(|list| list.set);
    if lists.iter().any(|list| list.items.is_empty() && !list.open) {
        return Ok(call.made(Kind::List(Arc::new(List { set, ..List::default() }))));
    }
    let mut open = lists.iter().any(|list| list.open);
    let mut rows: Vec<Vec<Value>> = vec![Vec::new()];
    for (whole, list) in call.arguments.iter().zip(&lists) {
        let mut items: Vec<Value> = parts(whole, list).collect();
        if set {
            let distinct = distinct(&items);
            open |= !distinct.certain;
            items = distinct.items;
        }
        if rows.len().saturating_mul(items.len()) > ELEMENT_LIMIT {
            return Err(Stop::Unknown(Reason::Limit));
        }
        rows =
            rows.iter().flat_map(|row| items.iter().map(|item| row.iter().chain([item]).cloned().collect())).collect();
    }
    let tuples = rows.into_iter().map(|row| Value::new(Kind::List(Arc::new(List::closed(row))), call.at));
    let mut items: Vec<Value> = tuples.collect();
    if set {
        items.sort_by(order);
    }
    Ok(call.made(Kind::List(Arc::new(List { items, open, set }))))
}
