//! How the rules about schemas say what is wrong with a value, and what to do.

use std::borrow::Cow;

use portcullis_core::Draft;
use portcullis_model::kubernetes::schema::{Fault, FaultKind, Limit, Measure, Wanted, first_version, last_version};
use portcullis_model::kubernetes::{Grammar, Object};
use portcullis_syntax::Anchor;

use crate::rule::prelude::*;

/// Reports what is wrong.
pub(super) fn say(object: &Object<'_>, fault: &Fault<'_, '_>, report: &mut Report<'_>) {
    let node = fault.node;
    // A patch is part of an object.
    if fault.kind.is_about_absence() && report.facts().is_patch() {
        return;
    }
    let key = &*subject(object, node);
    let (message, help) = match &fault.kind {
        FaultKind::UnknownField { holder, nearest, within } => {
            let message = format!("{key} is no field of {}", name_of(holder, node.parent(), object));
            let help = match (nearest, within) {
                (Some(name), _) => did_you_mean(name),
                (None, Some(within)) => format!("move it into `{within}`, which has such a field"),
                (None, None) => "remove it, or move it to where it belongs".to_owned(),
            };
            hide(report.at(node.key_place(), message).help(help), node, object);
            return;
        }
        FaultKind::OtherVersion { holder, first, last } => {
            let asked = report.context().kubernetes();
            let (when, help) = if *first > asked {
                (format!("it comes with {first}"), format!("remove it until the cluster has Kubernetes {first}"))
            } else {
                (format!("{last} was the last to have it"), "remove it".to_owned())
            };
            let message = format!("{key} is no field of {holder} in Kubernetes {asked}: {when}");
            report.at(node.key_place(), message).help(help);
            return;
        }
        FaultKind::Missing { holder, fields, .. } => {
            let what = name_of(holder, Some(node), object);
            let (is, them) = if fields.len() == 1 { ("is", "it") } else { ("are", "them") };
            let message = format!("{} {is} missing in {what}", quoted(fields, " and "));
            report.at(Anchor { parent: node }, message).help(format!("add {them}"));
            return;
        }
        FaultKind::WrongType { wanted } => wrong_type(node, key, *wanted),
        FaultKind::OutOfRange { least, greatest } => out_of_range(node, key, *least, *greatest),
        FaultKind::NoChoice { choices, nearest } => {
            let all = match choices.len() {
                0..=LISTED => format!(", which is one of {}", quoted(choices, ", ")),
                _ => String::new(),
            };
            let help = nearest.map_or_else(|| "write one of those that are allowed".to_owned(), did_you_mean);
            let value =
                if node.text().is_empty() { "an empty text".to_owned() } else { format!("`{}`", short(node.text())) };
            (format!("{value} is no value of {key}{all}"), help)
        }
        FaultKind::Duplicate { keys } => {
            let message = format!("an earlier element of this list has the same {}", quoted(keys, " and "));
            (message, "remove one of them, or give it another".to_owned())
        }
        FaultKind::UnknownKind { meant } => unknown_kind(object, meant),
        FaultKind::KindComesLater { first } => {
            let asked = report.context().kubernetes();
            let message = format!("`{}` has no {} in Kubernetes {asked}", object.api_version, object.kind);
            (message, format!("it comes with Kubernetes {first}"))
        }
        FaultKind::MissingOneOf { holder, fields } => {
            let message = format!("{} has none of {}", name_of(holder, Some(node), object), quoted(fields, ", "));
            report.at(Anchor { parent: node }, message).help("add one of them");
            return;
        }
        FaultKind::Nameless => {
            let message = format!("the {} has no name", object.kind);
            report.at(Anchor { parent: node }, message).help("add `metadata.name`");
            return;
        }
        FaultKind::Excluded { first } => {
            let message = format!("{key} may not stand beside `{first}`");
            (message, "keep one of them".to_owned())
        }
        FaultKind::EmptyList => (format!("{key} is empty, and must have an element"), "add one".to_owned()),
        FaultKind::Malformed { grammar: Grammar::Base64, why } => {
            let help = match object.kind {
                "Secret" => "write it in base64, or as it is in `stringData`",
                "ConfigMap" => "write it in base64, or as it is in `data`",
                _ => "write it in base64",
            };
            (format!("the value of {key} is not valid: {why}"), help.to_owned())
        }
        FaultKind::Malformed { grammar, why } => {
            let field = node.key().or_else(|| node.parent()?.key()).map_or("this list", Node::text);
            (format!("`{}` in `{field}` is not valid: {why}", short(node.text())), how_to_write(*grammar).to_owned())
        }
        FaultKind::MalformedKey { why } => {
            let field = node.parent().and_then(Node::key).map_or("this mapping", Node::text);
            let message =
                format!("key `{}` in `{field}` is not valid: {why}", short(node.key().map_or("", Node::text)));
            hide(report.at(node.key_place(), message).help("use letters, digits, `-`, `_` and `.`"), node, object);
            return;
        }
        FaultKind::Refused { message, help } => (message.to_string(), (*help).to_owned()),
        FaultKind::ReplicasCrossed => {
            ("maxReplicas is less than minReplicas".to_owned(), "raise it, or lower minReplicas".to_owned())
        }
        FaultKind::Limit(limit) => beyond_limit(node, key, limit),
        FaultKind::NotServed { .. } => return,
    };
    hide(report.at(node, message).help(help), node, object);
}

/// Keeps a Secret's value out of the lines that are shown.
fn hide(draft: &mut Draft, node: Node<'_>, object: &Object<'_>) {
    // Its type is no secret.
    if object.kind == "Secret" && node.key().is_none_or(|key| key.text() != "type") {
        draft.mask(node.span());
    }
}

fn wrong_type(node: Node<'_>, key: &str, wanted: Wanted) -> (String, String) {
    let found = match node.value() {
        Value::Null => "nothing",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) | Value::Template(_) | Value::Unknown(_) => "text",
        Value::List(_) => "a list",
        Value::Map(_) => "a mapping",
    };
    let (expected, example) = match wanted {
        Wanted::Text => ("text", None),
        Wanted::Integer => ("a whole number", None),
        Wanted::Number => ("a number", None),
        Wanted::Boolean => ("`true` or `false`", None),
        Wanted::Quantity => ("a quantity", Some("write a number with a unit, such as `500m` or `1Gi`")),
        Wanted::IntegerOrText => ("a whole number or text", None),
        Wanted::List => ("a list", Some("put `- ` before its elements")),
        Wanted::Mapping => ("a mapping", Some("give it fields")),
    };
    let text = node.text();
    let help = match (wanted, node.value()) {
        (Wanted::Text, Value::Bool(_)) => format!("write it in quotes: \"{text}\""),
        (Wanted::Text, Value::Number(_)) => "write it in quotes".to_owned(),
        (Wanted::Integer | Wanted::Number, Value::String(_)) if text.parse::<f64>().is_ok() => {
            format!("write it without quotes: {text}")
        }
        (Wanted::Boolean, Value::String("true" | "false")) => format!("write it without quotes: {text}"),
        _ => example.map_or_else(|| format!("write {expected}"), str::to_owned),
    };
    // A number where text belongs may be a password.
    let is_told = wanted != Wanted::Text || matches!(node.value(), Value::Bool(_));
    let shown = if is_told && !text.is_empty() { format!("{found} (`{}`)", short(text)) } else { found.to_owned() };
    (format!("{key} is {shown}, where {expected} belongs"), help)
}

/// How a message names a value: by its key, an element by that of its list (`args[1]`), the object by its kind and name.
fn subject(object: &Object<'_>, node: Node<'_>) -> String {
    let mut positions = Vec::new();
    let mut holder = node;
    while let (None, Some(position), Some(list)) = (holder.key(), holder.position(), holder.parent()) {
        if holder == object.node {
            break;
        }
        positions.push(position);
        holder = list;
    }
    let positions: String = positions.iter().rev().map(|position| format!("[{position}]")).collect();
    match holder.key() {
        Some(key) if holder != object.node => format!("`{}{positions}`", key.text()),
        _ if positions.is_empty() => object.title().to_string(),
        _ => format!("`{positions}`"),
    }
}

/// What is wrong with a value that a definition does not allow. The value itself may be a password, unless it is a number.
fn beyond_limit(node: Node<'_>, key: &str, limit: &Limit<'_>) -> (String, String) {
    match limit {
        Limit::Pattern(pattern) => (
            format!("{key} does not match `{}`", shortened(pattern)),
            "write a text that matches the pattern".to_owned(),
        ),
        Limit::Format(format) => {
            let (what, example) = format_of(format);
            (format!("{key} is no {what}"), format!("write {example}"))
        }
        Limit::Size { of, found, least, most } => {
            let (unit, one) = match of {
                Measure::Characters => ("characters", "character"),
                Measure::Elements => ("elements", "element"),
                Measure::Fields => ("fields", "field"),
            };
            let counted = |count: u64| if count == 1 { format!("1 {one}") } else { format!("{count} {unit}") };
            let has = if *found == 0 { "is empty".to_owned() } else { format!("has {}", counted(*found)) };
            match (least.filter(|least| found < least), most) {
                (Some(least), _) => {
                    (format!("{key} {has}, and needs at least {}", counted(least)), "give it more".to_owned())
                }
                (None, most) => {
                    let most = counted(most.unwrap_or_default());
                    (format!("{key} {has}, and may have at most {most}"), "give it fewer".to_owned())
                }
            }
        }
        Limit::Number { least, greatest } => {
            let allowed = if let (Some((least, false)), Some((greatest, false))) = (least, greatest) {
                format!("from {least} to {greatest}")
            } else {
                let least = least.map(|(least, excluded)| (if excluded { "more than" } else { "at least" }, least));
                let most = greatest.map(|(most, excluded)| (if excluded { "less than" } else { "at most" }, most));
                let bounds = least.into_iter().chain(most).map(|(word, bound)| format!("{word} {bound}"));
                bounds.collect::<Vec<_>>().join(" and ")
            };
            (
                format!("{key} is {}, and {allowed} is allowed", short(node.text())),
                "write a number of that range".to_owned(),
            )
        }
        Limit::MultipleOf(factor) => (
            format!("{key} is {}, which is no multiple of {factor}", short(node.text())),
            format!("write a multiple of {factor}"),
        ),
        Limit::Repeated => (
            format!("{key} is the same as an earlier element, in a list that is a set"),
            "remove one of them".to_owned(),
        ),
        Limit::NoAlternative { fields, count } if fields.is_empty() => {
            let forms = if *count == 1 { "the form".to_owned() } else { format!("any of the {count} forms") };
            (
                format!("{key} does not have {forms} that its definition allows"),
                "see `anyOf` and `oneOf` in the definition".to_owned(),
            )
        }
        Limit::NoAlternative { fields, .. } => {
            (format!("{key} has none of {}", quoted(fields, ", ")), "add one of them".to_owned())
        }
        Limit::SeveralAlternatives { fields } if fields.is_empty() => (
            format!("{key} has several of the forms of which its definition allows one"),
            "see `oneOf` in the definition".to_owned(),
        ),
        Limit::SeveralAlternatives { fields } => {
            (format!("{key} has {}, of which one is allowed", quoted(fields, " and ")), "keep one of them".to_owned())
        }
        Limit::Excluded { fields } if fields.is_empty() => {
            (format!("{key} has the form that its definition rules out"), "see `not` in the definition".to_owned())
        }
        Limit::Excluded { fields } => {
            let together = if fields.len() == 1 { "" } else { " together" };
            (format!("{key} must not have {}{together}", quoted(fields, " and ")), "remove one of them".to_owned())
        }
    }
}

/// What a format is called, and what is of it.
fn format_of(format: &str) -> (&'static str, &'static str) {
    match format {
        "byte" => ("Base64", "Base64 with its padding"),
        "cidr" => ("range of addresses", "an address and a length, such as `10.0.0.0/8`"),
        "date" => ("date", "it as year, month and day: `2006-01-02`"),
        "date-time" => ("date with a time and a zone", "it as in `2006-01-02T15:04:05Z`"),
        "duration" => ("duration", "a number with a unit, such as `30s`"),
        "email" => ("address of mail", "one such as `team@example.com`"),
        "hexcolor" => ("colour in hexadecimal digits", "three or six of them"),
        "hostname" => ("name of a host", "a full name, such as `db.example.com`"),
        "ipv4" => ("IPv4 address", "four numbers with dots between them"),
        "ipv6" => ("IPv6 address", "one such as `fd00::1`"),
        "mac" => ("MAC address", "six bytes, such as `01:23:45:67:89:ab`"),
        "uri" => ("URI", "one with its scheme, such as `https://example.com/`, or an absolute path"),
        _ => ("UUID of the kind that is asked for", "one with all of its 32 digits"),
    }
}

/// The part of a pattern that is worth repeating.
fn shortened(pattern: &str) -> Cow<'_, str> {
    let long = pattern.char_indices().nth(100).and_then(|(end, _)| pattern.get(..end));
    long.map_or(Cow::Borrowed(pattern), |start| Cow::Owned(format!("{start}\u{2026}")))
}

/// Choices that are worth listing.
const LISTED: usize = 8;

pub(super) fn quoted(names: &[&str], between: &str) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(between)
}

/// The part of a value that is worth repeating in a message; more of it is told by an ellipsis.
fn short(text: &str) -> Cow<'_, str> {
    let line = text.lines().next().unwrap_or_default();
    let start = line.char_indices().nth(40).and_then(|(end, _)| line.get(..end));
    match start {
        None if line.len() == text.trim_end().len() => Cow::Borrowed(line),
        start => Cow::Owned(format!("{}\u{2026}", start.unwrap_or(line))),
    }
}

fn how_to_write(grammar: Grammar) -> &'static str {
    match grammar {
        Grammar::DnsLabel => "use at most 63 small letters, digits and hyphens, with a letter or digit at both ends",
        Grammar::Subdomain | Grammar::Wildcard | Grammar::Host => {
            "use small letters, digits, hyphens and dots, with a letter or digit at both ends"
        }
        Grammar::LabelKey | Grammar::LabelValue | Grammar::DataKey => "use letters, digits, `-`, `_` and `.`",
        Grammar::VariableName => "use letters, digits and `_`",
        Grammar::Address | Grammar::ClusterAddress => "write an address such as `10.0.0.1`",
        Grammar::Cidr => "write an address, a slash and a number of bits",
        Grammar::AbsolutePath => "begin it with a slash",
        Grammar::RelativePath => "write a path below the volume's own directory",
        Grammar::PathWithoutParent => "write the path without `..`",
        Grammar::Segment | Grammar::Base64 => "write it another way",
    }
}

fn out_of_range(node: Node<'_>, key: &str, least: i64, greatest: i64) -> (String, String) {
    let text = &*short(node.text());
    let is_open = greatest == i64::from(i32::MAX) && least >= 0 && node.as_i64().is_some_and(|number| number < least);
    let message = if is_open {
        format!("{key} is {text}, and {least} is the least that is allowed")
    } else {
        format!("{key} is {text}, and from {least} to {greatest} is allowed")
    };
    let help = match key {
        "`nodePort`" => "choose a port of that range, or leave it out and let the cluster choose",
        "`mode`" | "`defaultMode`" => "write it in octal, as in `0644`",
        _ => "write a number of that range",
    };
    (message, help.to_owned())
}

fn unknown_kind(object: &Object<'_>, meant: &[(&str, &str)]) -> (String, String) {
    let message = format!(
        "`{}` has no kind {} in any Kubernetes version from {} to {}",
        object.api_version,
        object.kind,
        first_version(),
        last_version()
    );
    let help = match meant.first() {
        Some((api_version, kind)) if *kind == object.kind => format!("{kind} is in `{api_version}`"),
        Some((api_version, kind)) if *api_version == object.api_version => did_you_mean(kind),
        Some((api_version, kind)) => format!("did you mean {kind} of `{api_version}`?"),
        None => "look for the kind's `apiVersion` in the documentation of what brings it".to_owned(),
    };
    (message, help)
}

fn did_you_mean(name: &str) -> String {
    format!("did you mean `{name}`?")
}

/// How a message names a mapping of the object: by its type, else by its path.
fn name_of(holder: &str, mapping: Option<Node<'_>>, object: &Object<'_>) -> String {
    if !holder.is_empty() && holder != object.kind {
        return format!("{holder} in {}", object.title());
    }
    let mut names = Vec::new();
    let mut next = mapping;
    while let Some(node) = next.filter(|node| *node != object.node) {
        names.extend(node.key().map(Node::text));
        next = node.parent();
    }
    names.reverse();
    if names.is_empty() { object.title().to_string() } else { format!("`{}` in {}", names.join("."), object.title()) }
}
