//! `csvdecode`: a list of objects, whose names the first row gives.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use portcullis_model::terraform::value::{Entry, Kind, Map, Reason, Value};

use super::{Answer, Call, ELEMENT_LIMIT, Stop};

pub(super) fn csvdecode(call: &Call<'_>) -> Answer {
    let text = call.known(0)?;
    let mut rows = rows(&text)?.into_iter();
    let names: Vec<Arc<str>> = rows.next().ok_or(Stop::Refused)?.into_iter().map(Arc::from).collect();
    if names.iter().collect::<BTreeSet<_>>().len() != names.len() {
        return Err(Stop::Refused);
    }
    let mut items = Vec::new();
    for row in rows {
        if row.len() != names.len() {
            return Err(Stop::Refused);
        }
        let cells = names
            .iter()
            .zip(row)
            .map(|(name, cell)| (Arc::clone(name), Entry { key: call.at, value: Value::string(cell, call.at) }));
        let entries: BTreeMap<_, _> = cells.collect();
        items.push(Value::new(Kind::Map(Arc::new(Map { entries: entries.into(), open: false })), call.at));
    }
    call.closed(items)
}

/// The rows of a text as RFC 4180 has them; empty lines are none.
fn rows(text: &str) -> Result<Vec<Vec<String>>, Stop> {
    let mut rows = Vec::new();
    let mut row: Vec<String> = Vec::new();
    let mut rest = text;
    let mut cells = 0_usize;
    while !rest.is_empty() {
        if row.is_empty()
            && let Some(after) = rest.strip_prefix("\r\n").or_else(|| rest.strip_prefix('\n'))
        {
            rest = after;
            continue;
        }
        cells += 1;
        if cells > ELEMENT_LIMIT {
            return Err(Stop::Unknown(Reason::Limit));
        }
        let (cell, after) = cell(rest)?;
        row.push(cell);
        rest = after;
        if let Some(after) = rest.strip_prefix(',') {
            rest = after;
            if rest.is_empty() {
                row.push(String::new());
            } else {
                continue;
            }
        }
        rest = rest.strip_prefix("\r\n").or_else(|| rest.strip_prefix('\n')).unwrap_or(rest);
        rows.push(std::mem::take(&mut row));
    }
    Ok(rows)
}

/// One cell and what follows it: a comma, a line break or nothing.
fn cell(text: &str) -> Result<(String, &str), Stop> {
    let Some(mut rest) = text.strip_prefix('"') else {
        let end = text.find([',', '\n']).unwrap_or(text.len());
        let (cell, mut rest) = text.split_at_checked(end).unwrap_or((text, ""));
        let mut bare = cell;
        if rest.starts_with('\n')
            && let Some(line) = cell.strip_suffix('\r')
        {
            bare = line;
            rest = text.get(end.saturating_sub(1)..).unwrap_or_default();
        }
        return if bare.contains('"') { Err(Stop::Refused) } else { Ok((bare.to_owned(), rest)) };
    };
    let mut cell = String::new();
    loop {
        let (before, after) = rest.split_once('"').ok_or(Stop::Refused)?;
        cell.push_str(&before.replace("\r\n", "\n"));
        rest = after;
        let Some(after) = rest.strip_prefix('"') else { break };
        cell.push('"');
        rest = after;
    }
    let ends = rest.is_empty() || rest.starts_with([',', '\n']) || rest.starts_with("\r\n");
    if ends { Ok((cell, rest)) } else { Err(Stop::Refused) }
}
