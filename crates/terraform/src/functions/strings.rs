//! Functions of texts. Parts of a text that are not known stay unknown parts of the result.

use std::sync::Arc;

use portcullis_model::terraform::value::{Kind, List, Number, Reason, Value};

use super::text::{Part, Text, characters};
use super::{Answer, Call, SIZE_LIMIT, Stop, list_of, patterns, reason_within, text};

pub(super) fn chomp(call: &Call<'_>) -> Answer {
    Ok(call.text_value(call.text(0)?.map_end(|text| text.trim_end_matches(['\r', '\n']))))
}

pub(super) fn lower(call: &Call<'_>) -> Answer {
    Ok(call.text_value(call.text(0)?.map(str::to_lowercase)))
}

pub(super) fn upper(call: &Call<'_>) -> Answer {
    Ok(call.text_value(call.text(0)?.map(str::to_uppercase)))
}

pub(super) fn title(call: &Call<'_>) -> Answer {
    let text = call.known(0)?;
    let mut titled = String::with_capacity(text.len());
    let mut inside = false;
    for character in text.chars() {
        if inside {
            titled.push(character);
        } else {
            titled.extend(character.to_uppercase());
        }
        inside = if character.is_ascii() {
            character.is_ascii_alphanumeric() || character == '_'
        } else {
            !character.is_whitespace()
        };
    }
    call.string(titled)
}

pub(super) fn trim(call: &Call<'_>) -> Answer {
    let cutset = call.known(1)?;
    let cut = |character: char| cutset.contains(character);
    Ok(call.text_value(
        call.text(0)?.map_start(|text| text.trim_start_matches(cut)).map_end(|text| text.trim_end_matches(cut)),
    ))
}

pub(super) fn trimspace(call: &Call<'_>) -> Answer {
    Ok(call.text_value(call.text(0)?.map_start(str::trim_start).map_end(str::trim_end)))
}

pub(super) fn trimprefix(call: &Call<'_>) -> Answer {
    let (text, prefix) = (call.text(0)?, call.known(1)?);
    match certainty(&text, text.prefix(), &prefix, str::starts_with::<&str>) {
        Some(_) => Ok(call.text_value(text.map_start(|text| text.strip_prefix(&*prefix).unwrap_or(text)))),
        None => Err(Stop::Unknown(text.unknown().unwrap_or(Reason::Variable))),
    }
}

pub(super) fn trimsuffix(call: &Call<'_>) -> Answer {
    let (text, suffix) = (call.text(0)?, call.known(1)?);
    match certainty(&text, text.suffix(), &suffix, str::ends_with::<&str>) {
        Some(_) => Ok(call.text_value(text.map_end(|text| text.strip_suffix(&*suffix).unwrap_or(text)))),
        None => Err(Stop::Unknown(text.unknown().unwrap_or(Reason::Variable))),
    }
}

pub(super) fn startswith(call: &Call<'_>) -> Answer {
    let (text, prefix) = (call.text(0)?, call.known(1)?);
    match certainty(&text, text.prefix(), &prefix, str::starts_with::<&str>) {
        Some(starts) => call.boolean(starts),
        None => Err(Stop::Unknown(text.unknown().unwrap_or(Reason::Variable))),
    }
}

pub(super) fn endswith(call: &Call<'_>) -> Answer {
    let (text, suffix) = (call.text(0)?, call.known(1)?);
    match certainty(&text, text.suffix(), &suffix, str::ends_with::<&str>) {
        Some(ends) => call.boolean(ends),
        None => Err(Stop::Unknown(text.unknown().unwrap_or(Reason::Variable))),
    }
}

/// Whether a text whose known end is `end` has `affix` there; `None` where that hangs on what is not known.
fn certainty<'s>(text: &Text, end: &'s str, affix: &'s str, has: fn(&'s str, &'s str) -> bool) -> Option<bool> {
    if has(end, affix) {
        Some(true)
    } else if text.unknown().is_none() || !has(affix, end) {
        Some(false)
    } else {
        None
    }
}

pub(super) fn strcontains(call: &Call<'_>) -> Answer {
    let (text, wanted) = (call.text(0)?, call.known(1)?);
    let found = wanted.is_empty()
        || text.parts().iter().any(|part| matches!(part, Part::Known(known) if known.contains(&*wanted)));
    match text.unknown() {
        Some(reason) if !found => Err(Stop::Unknown(reason)),
        _ => call.boolean(found),
    }
}

pub(super) fn strrev(call: &Call<'_>) -> Answer {
    use unicode_segmentation::UnicodeSegmentation as _;
    let text = call.known(0)?;
    call.string(text.graphemes(true).rev().collect::<String>())
}

pub(super) fn indent(call: &Call<'_>) -> Answer {
    let spaces = usize::try_from(call.integer(0)?).map_err(|_| Stop::Refused)?;
    let text = call.text(1)?;
    let breaks = text.parts().iter().map(|part| match part {
        Part::Known(known) => known.matches('\n').count(),
        Part::Unknown(_) => 0,
    });
    within_limit(breaks.sum::<usize>(), spaces)?;
    let filled = format!("\n{}", " ".repeat(spaces.min(SIZE_LIMIT)));
    Ok(call.text_value(text.map(|known| known.replace('\n', &filled))))
}

/// Stops where a text would get longer than texts may be, before memory is spent on it.
fn within_limit(count: usize, size: usize) -> Result<(), Stop> {
    if count.saturating_mul(size) > SIZE_LIMIT { Err(Stop::Unknown(Reason::Limit)) } else { Ok(()) }
}

pub(super) fn join(call: &Call<'_>) -> Answer {
    let separator = call.text(0)?;
    let mut joined = Text::default();
    let mut is_first = true;
    for list in call.rest(1) {
        let (items, open) = match &list.kind {
            // It may be empty, and then no separator stands beside it.
            Kind::Unknown(reason) => {
                joined.push_unknown(*reason);
                is_first = true;
                continue;
            }
            _ => list_of(list).map(|list| (&list.items, list.open))?,
        };
        if open {
            // What is missing may stand anywhere between the elements.
            items.iter().try_for_each(|item| text::of(item).map(|_| ()))?;
            joined.push_unknown(reason_within(items));
            is_first = true;
            continue;
        }
        for item in items {
            if !is_first {
                joined.append(&separator);
            }
            joined.append(&text::of(item)?);
            is_first = false;
        }
    }
    Ok(call.text_value(joined))
}

pub(super) fn split(call: &Call<'_>) -> Answer {
    let (separator, text) = (call.known(0)?, call.text(1)?);
    if let Some(reason) = text.unknown() {
        return split_partly(call, &separator, &text, reason);
    }
    let text = text.known()?;
    let parts: Vec<Value> = if separator.is_empty() {
        text.chars().map(|character| call.made(Kind::String(character.to_string().into()))).collect()
    } else {
        text.split(&*separator).map(|part| call.made(Kind::String(part.into()))).collect()
    };
    call.closed(parts)
}

/// The elements that stand between two separators in the known pieces, or at the ends of the text, are certain.
fn split_partly(call: &Call<'_>, separator: &str, text: &Text, reason: Reason) -> Answer {
    // A longer separator may lie across the border of a piece.
    if separator.chars().count() != 1 {
        return Err(Stop::Unknown(reason));
    }
    let mut items = Vec::new();
    let last = text.parts().len().saturating_sub(1);
    for (at, part) in text.parts().iter().enumerate() {
        let Part::Known(known) = part else { continue };
        let parts: Vec<&str> = known.split(separator).collect();
        let inner = parts.len().saturating_sub(1);
        for (index, part) in parts.into_iter().enumerate() {
            let starts = index > 0 || at == 0;
            let ends = index < inner || at == last;
            if starts && ends {
                items.push(call.made(Kind::String(part.into())));
            }
        }
    }
    if items.is_empty() {
        return Err(Stop::Unknown(reason));
    }
    Ok(call.made(Kind::List(Arc::new(List { items, open: true, set: false }))))
}

pub(super) fn substr(call: &Call<'_>) -> Answer {
    use unicode_segmentation::UnicodeSegmentation as _;
    let (text, offset, length) = (call.text(0)?, call.integer(1)?, call.integer(2)?);
    if let Some(reason) = text.unknown() {
        // The last character of the known start may go on in what is not known.
        let known = i64::try_from(characters(text.prefix())).unwrap_or(i64::MAX).saturating_sub(1);
        if offset < 0 || length < 0 || offset.saturating_add(length) > known {
            return Err(Stop::Unknown(reason));
        }
    }
    let known = text.prefix();
    let count = i64::try_from(characters(known)).unwrap_or(i64::MAX);
    let start = if offset < 0 { offset.saturating_add(count).max(0) } else { offset };
    // Terraform takes everything where a negative offset comes with the length zero.
    let length = match length {
        0 if offset >= 0 => 0,
        ..=0 => i64::MAX,
        length => length,
    };
    let (start, length) = (usize::try_from(start).unwrap_or(0), usize::try_from(length).unwrap_or(usize::MAX));
    call.string(known.graphemes(true).skip(start).take(length).collect::<String>())
}

pub(super) fn replace(call: &Call<'_>) -> Answer {
    let (text, wanted, replacement) = (call.text(0)?, call.known(1)?, call.text(2)?);
    let pattern = wanted.strip_prefix('/').and_then(|rest| rest.strip_suffix('/')).filter(|_| wanted.len() > 1);
    if let Some(pattern) = pattern {
        let (text, replacement) = (text.known()?, replacement.known()?);
        let pattern = patterns::compile(pattern)?;
        // Each `$` stands for a group: all of them together are no longer than the text.
        let groups = replacement.matches('$').count().saturating_mul(text.len());
        within_limit(pattern.find_iter(&text).count(), replacement.len())?;
        within_limit(groups, 1)?;
        return call.string(pattern.replace_all(&text, &*replacement).into_owned());
    }
    // What is looked for may lie across the border of a piece that is not known.
    if let Some(reason) = text.unknown()
        && wanted.chars().count() != 1
        && may_span(&text, &wanted)
    {
        return Err(Stop::Unknown(reason));
    }
    let mut replaced = Text::default();
    for part in text.parts() {
        match part {
            Part::Unknown(reason) => replaced.push_unknown(*reason),
            Part::Known(known) => {
                let mut rest = known.split(&*wanted);
                replaced.push(rest.next().unwrap_or_default());
                for piece in rest {
                    replaced.append(&replacement);
                    replaced.push(piece);
                    if replaced.is_over() {
                        return Err(Stop::Unknown(Reason::Limit));
                    }
                }
            }
        }
    }
    Ok(call.text_value(replaced))
}

/// Whether an occurrence could begin or end in an unknown piece and reach into a known one.
fn may_span(text: &Text, wanted: &str) -> bool {
    let cuts = || wanted.char_indices().map(|(at, _)| at).skip(1);
    let last = text.parts().len().saturating_sub(1);
    wanted.is_empty()
        || text.parts().iter().enumerate().any(|(at, part)| match part {
            Part::Known(known) => cuts().filter_map(|cut| wanted.split_at_checked(cut)).any(|(start, end)| {
                (at < last && known.ends_with(start))
                    || (at > 0 && known.starts_with(end))
                    || (at > 0 && at < last && wanted.contains(known.as_str()))
            }),
            Part::Unknown(_) => false,
        })
}

/// The length of a text, where it is known.
pub(super) fn length(call: &Call<'_>) -> Answer {
    let count = i64::try_from(characters(&call.known(0)?)).unwrap_or(i64::MAX);
    Ok(call.made(Kind::Number(Number::Int(count))))
}
