//! `format` and `formatlist`: the verbs of Go's `fmt` as Terraform has them.

use portcullis_model::terraform::value::{Kind, List, Number, Reason, Value, number_text};

use super::text::{Text, characters};
use super::{
    Answer, Call, ELEMENT_LIMIT, REFERENCE_DEPTH, SIZE_LIMIT, Stop, convert, json, numbers, reason_within, references,
    text,
};

pub(super) fn format(call: &Call<'_>) -> Answer {
    let template = call.known(0)?;
    let arguments: Vec<&Value> = call.rest(1).iter().collect();
    Ok(call.text_value(formatted(&template, &arguments)?))
}

pub(super) fn formatlist(call: &Call<'_>) -> Answer {
    let template = call.known(0)?;
    let arguments = call.rest(1);
    let lists = || {
        arguments.iter().filter_map(|value| match &value.kind {
            Kind::List(list) => Some(list),
            _ => None,
        })
    };
    let open =
        |list: &List| list.open || (list.set && list.items.len() > 1 && list.items.iter().any(Value::is_unknown));
    if let Some(list) = lists().find(|list| open(list)) {
        return formatted_open(call, &template, &list.items);
    }
    if let Some(Kind::Unknown(reason)) = arguments.iter().find(|value| value.is_unknown()).map(|value| &value.kind) {
        // It may be one value or a list of as many as the others.
        return Err(Stop::Unknown(*reason));
    }
    let mut counts = lists().map(|list| list.items.len());
    let count = counts.next().unwrap_or(1);
    if counts.any(|other| other != count) {
        return Err(Stop::Refused);
    }
    let mut items = Vec::new();
    let mut size = 0_usize;
    for at in 0..count.min(ELEMENT_LIMIT + 1) {
        let row = arguments.iter().map(|value| match &value.kind {
            Kind::List(list) => list.items.get(at).ok_or(Stop::Refused),
            _ => Ok(value),
        });
        let row = row.collect::<Result<Vec<_>, _>>()?;
        let text = formatted(&template, &row)?;
        size = size.saturating_add(text.size());
        if size > SIZE_LIMIT {
            return Err(Stop::Unknown(Reason::Limit));
        }
        items.push(element(call, text, &row));
    }
    call.closed(items)
}

/// One open list beside single values: what comes of the elements that are known of is in the result.
fn formatted_open(call: &Call<'_>, template: &str, items: &[Value]) -> Answer {
    let is_alone = call.rest(1).iter().filter(|value| value.as_list().is_some() || value.is_unknown()).count() == 1;
    if !is_alone {
        return Err(Stop::Unknown(reason_within(items)));
    }
    let mut texts = Vec::new();
    for item in items.iter().take(ELEMENT_LIMIT) {
        let row = call.rest(1).iter().map(|value| if value.as_list().is_some() { item } else { value });
        let row: Vec<&Value> = row.collect();
        texts.push(element(call, formatted(template, &row)?, &row));
    }
    call.list_value(texts, true)
}

/// An element of the result refers to what went into it, not to what went into the others.
fn element(call: &Call<'_>, text: Text, row: &[&Value]) -> Value {
    let refers = references(row.iter().copied(), REFERENCE_DEPTH);
    Value { refers, ..Value::new(text.into_kind(), call.at) }
}

/// `%`, flags, width, precision, `[n]`, letter.
#[derive(Default)]
struct Verb {
    zero: bool,
    sharp: bool,
    plus: bool,
    minus: bool,
    space: bool,
    width: Option<usize>,
    precision: Option<usize>,
    argument: Option<usize>,
    mode: char,
}

fn formatted(template: &str, arguments: &[&Value]) -> Result<Text, Stop> {
    let mut text = Text::default();
    let mut rest = template;
    let (mut next, mut highest) = (1_usize, 0_usize);
    while let Some((before, after)) = rest.split_once('%') {
        text.push(before);
        if let Some(after) = after.strip_prefix('%') {
            text.push("%");
            rest = after;
            continue;
        }
        let (verb, after) = verb(after).ok_or(Stop::Refused)?;
        rest = after;
        let position = verb.argument.unwrap_or(next);
        let argument = position.checked_sub(1).and_then(|at| arguments.get(at)).ok_or(Stop::Refused)?;
        next = position.saturating_add(1);
        highest = highest.max(position);
        append(&mut text, &verb, argument)?;
        if text.is_over() {
            return Err(Stop::Unknown(Reason::Limit));
        }
    }
    if highest < arguments.len() {
        return Err(Stop::Refused);
    }
    text.push(rest);
    Ok(text)
}

fn verb(text: &str) -> Option<(Verb, &str)> {
    let mut verb = Verb::default();
    let mut rest = text;
    while let Some(flag) = rest.chars().next() {
        match flag {
            '0' => verb.zero = true,
            '#' => verb.sharp = true,
            '+' => verb.plus = true,
            '-' => verb.minus = true,
            ' ' => verb.space = true,
            _ => break,
        }
        rest = rest.get(1..)?;
    }
    let number = |text: &str| {
        let end = text.find(|character: char| !character.is_ascii_digit()).unwrap_or(text.len());
        text.split_at_checked(end).map(|(digits, rest)| (digits.to_owned(), rest.len()))
    };
    let (digits, left) = number(rest)?;
    if !digits.is_empty() {
        verb.width = Some(digits.parse().ok()?);
        rest = rest.get(rest.len() - left..)?;
    }
    if let Some(after) = rest.strip_prefix('.') {
        let (digits, left) = number(after)?;
        verb.precision = Some(if digits.is_empty() { 0 } else { digits.parse().ok()? });
        rest = after.get(after.len() - left..)?;
    }
    if let Some((index, after)) = rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        verb.argument = Some(index.parse().ok().filter(|&index| index > 0)?);
        rest = after;
    }
    verb.mode = rest.chars().next().filter(char::is_ascii_alphabetic)?;
    Some((verb, rest.get(1..)?))
}

fn append(text: &mut Text, verb: &Verb, value: &Value) -> Result<(), Stop> {
    if verb.width.max(verb.precision).is_some_and(|width| width > SIZE_LIMIT) {
        return Err(Stop::Unknown(Reason::Limit));
    }
    if let Kind::Unknown(reason) = value.kind {
        text.push_unknown(reason);
        return Ok(());
    }
    match verb.mode {
        'v' => {
            let written = match &value.kind {
                Kind::String(_) | Kind::Template(_) | Kind::Encoded(_) if !verb.sharp => text::of(value)?,
                Kind::Number(number) if !verb.sharp => Text::from(shortest(*number).as_str()),
                _ => json::write(value)?,
            };
            pad(text, verb, &written);
        }
        't' => match convert::boolean(value) {
            Ok(value) => text.push(if value { "true" } else { "false" }),
            Err(Stop::Unknown(reason)) => text.push_unknown(reason),
            Err(Stop::Refused) => return Err(Stop::Refused),
        },
        's' | 'q' => {
            let mut written = text::of(value)?;
            if let Some(precision) = verb.precision.filter(|&precision| precision > 0) {
                written = match written.unknown() {
                    Some(reason) => {
                        let mut unknown = Text::default();
                        unknown.push_unknown(reason);
                        unknown
                    }
                    None => Text::from(cut(&written.known()?, precision).as_str()),
                };
            }
            if verb.mode == 'q' {
                written = json::quoted(&written);
            }
            pad(text, verb, &written);
        }
        'b' | 'd' | 'o' | 'x' | 'X' => match convert::integer(value) {
            Ok(number) => text.push(&integer(verb, number)),
            Err(Stop::Unknown(reason)) => text.push_unknown(reason),
            Err(Stop::Refused) => {
                // A whole number of more than 64 bits is as good, and not written here.
                return match convert::number(value)? {
                    Number::Float(number) if number.fract() == 0.0 => Err(Stop::Unknown(Reason::Limit)),
                    _ => Err(Stop::Refused),
                };
            }
        },
        'e' | 'E' | 'f' | 'g' | 'G' => match convert::number(value) {
            Ok(number) => {
                let number = numbers::float(number);
                text.push(&padded(verb, sign(verb, number < 0.0), &floating(verb, number.abs())));
            }
            Err(Stop::Unknown(reason)) => text.push_unknown(reason),
            Err(Stop::Refused) => return Err(Stop::Refused),
        },
        _ => return Err(Stop::Refused),
    }
    Ok(())
}

fn cut(text: &str, count: usize) -> String {
    use unicode_segmentation::UnicodeSegmentation as _;
    text.graphemes(true).take(count).collect()
}

/// Pads what is known; how long an unknown part is decides nothing that could be said.
fn pad(text: &mut Text, verb: &Verb, written: &Text) {
    let missing = match (verb.width, written.unknown()) {
        (Some(width), None) => width.saturating_sub(characters(written.prefix())),
        _ => 0,
    };
    let filling = if verb.zero { "0" } else { " " }.repeat(missing);
    if verb.minus {
        text.append(written);
        text.push(&filling);
    } else {
        text.push(&filling);
        text.append(written);
    }
}

fn sign(verb: &Verb, is_negative: bool) -> &'static str {
    match () {
        () if is_negative => "-",
        () if verb.plus => "+",
        () if verb.space => " ",
        () => "",
    }
}

fn integer(verb: &Verb, number: i64) -> String {
    let magnitude = number.unsigned_abs();
    let mut digits = match verb.mode {
        'b' => format!("{magnitude:b}"),
        'o' => format!("{magnitude:o}"),
        'x' => format!("{magnitude:x}"),
        'X' => format!("{magnitude:X}"),
        _ => magnitude.to_string(),
    };
    if let Some(precision) = verb.precision {
        digits = format!("{}{digits}", "0".repeat(precision.saturating_sub(digits.len())));
    }
    let mark = match verb.mode {
        'b' if verb.sharp => "0b",
        'o' if verb.sharp => "0",
        'x' if verb.sharp => "0x",
        'X' if verb.sharp => "0X",
        _ => "",
    };
    padded(verb, &format!("{}{mark}", sign(verb, number < 0)), &digits)
}

/// Zeros go between sign and digits, blanks before the sign.
fn padded(verb: &Verb, sign: &str, digits: &str) -> String {
    let missing = verb.width.unwrap_or(0).saturating_sub(sign.len().saturating_add(digits.len()));
    if verb.minus {
        format!("{sign}{digits}{}", " ".repeat(missing))
    } else if verb.zero {
        format!("{sign}{}{digits}", "0".repeat(missing))
    } else {
        format!("{}{sign}{digits}", " ".repeat(missing))
    }
}

fn floating(verb: &Verb, number: f64) -> String {
    let written = match verb.mode {
        'f' => format!("{number:.0$}", verb.precision.unwrap_or(6).min(1_100)),
        'e' | 'E' => exponent(&format!("{number:.0$e}", verb.precision.unwrap_or(6).min(1_100))),
        _ => match verb.precision {
            None => general(number),
            Some(precision) => rounded_general(number, precision.clamp(1, 1_100)),
        },
    };
    if verb.mode.is_ascii_uppercase() { written.to_ascii_uppercase() } else { written }
}

/// A number as `%v` writes it.
fn shortest(number: Number) -> String {
    let number = match number {
        Number::Int(value) if value.unsigned_abs() < 1_000_000 => return number_text(number),
        // An exponent that is exact: the digits without the zeros at the end.
        Number::Int(value) => {
            let digits = value.unsigned_abs().to_string();
            let mantissa = digits.trim_end_matches('0');
            let (first, rest) = mantissa.split_at_checked(1).unwrap_or((mantissa, ""));
            let (sign, point) = (if value < 0 { "-" } else { "" }, if rest.is_empty() { "" } else { "." });
            return format!("{sign}{first}{point}{rest}e+{:02}", digits.len().saturating_sub(1));
        }
        Number::Float(value) => value,
    };
    if number < 0.0 { format!("-{}", general(-number)) } else { general(number) }
}

/// The fewest digits that tell the number, with an exponent from seven digits before the point on.
fn general(number: f64) -> String {
    let scientific = format!("{number:e}");
    match scientific.split_once('e').and_then(|(_, exponent)| exponent.parse::<i32>().ok()) {
        Some(power) if !(-4..6).contains(&power) => exponent(&scientific),
        _ => number.to_string(),
    }
}

fn rounded_general(number: f64, precision: usize) -> String {
    let scientific = format!("{number:.0$e}", precision - 1);
    let power = scientific.split_once('e').and_then(|(_, exponent)| exponent.parse::<i64>().ok()).unwrap_or(0);
    let digits = i64::try_from(precision).unwrap_or(i64::MAX);
    let trim = |text: &str| {
        if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text.to_owned() }
    };
    if (-4..digits).contains(&power) {
        let decimals = usize::try_from(digits.saturating_sub(1).saturating_sub(power)).unwrap_or(0);
        trim(&format!("{number:.decimals$}"))
    } else {
        let (mantissa, power) = scientific.split_once('e').unwrap_or((&scientific, "0"));
        exponent(&format!("{}e{power}", trim(mantissa)))
    }
}

/// Go writes a sign and at least two digits.
fn exponent(scientific: &str) -> String {
    let Some((mantissa, power)) = scientific.split_once('e') else { return scientific.to_owned() };
    let (sign, digits) = power.strip_prefix('-').map_or(('+', power), |digits| ('-', digits));
    format!("{mantissa}e{sign}{digits:0>2}")
}
