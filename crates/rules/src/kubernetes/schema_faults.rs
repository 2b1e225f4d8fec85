//! How the rules about schemas say what is wrong with a value, and what to do.

use portcullis_core::Draft;
use portcullis_model::kubernetes::schema::{Fault, FaultKind, Wanted, first_version, last_version};
use portcullis_model::kubernetes::{Grammar, Object};
use portcullis_syntax::Anchor;

use crate::rule::prelude::*;

/// Reports what is wrong.
pub(super) fn say(object: &Object<'_>, fault: &Fault<'_, '_>, report: &mut Report<'_>) {
    let node = fault.node;
    let key = node.key().map_or("this element", Node::text);
    let (message, help) = match &fault.kind {
        FaultKind::UnknownField { holder, nearest, within } => {
            let message = format!("`{key}` is no field of {}", name_of(holder, node.parent(), object));
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
            let message = format!("`{key}` is no field of {holder} in Kubernetes {asked}: {when}");
            report.at(node.key_place(), message).help(help);
            return;
        }
        // A patch is part of an object.
        FaultKind::Missing { .. } | FaultKind::MissingOneOf { .. } | FaultKind::Nameless
            if report.facts().is_patch() =>
        {
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
            (format!("`{}` is no value of `{key}`{all}", short(node.text())), help)
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
            let message = format!("`{key}` may not stand beside `{first}`");
            (message, "keep one of them".to_owned())
        }
        FaultKind::EmptyList => (format!("`{key}` is empty, and must have an element"), "add one".to_owned()),
        FaultKind::Malformed { grammar: Grammar::Base64, why } => {
            let help = match object.kind {
                "Secret" => "write it in base64, or as it is in `stringData`",
                "ConfigMap" => "write it in base64, or as it is in `data`",
                _ => "write it in base64",
            };
            (format!("the value of `{key}` is not valid: {why}"), help.to_owned())
        }
        FaultKind::Malformed { grammar, why } => {
            let field = node.key().or_else(|| node.parent()?.key()).map_or("this list", Node::text);
            (format!("`{}` in `{field}` is not valid: {why}", short(node.text())), how_to_write(*grammar).to_owned())
        }
        FaultKind::MalformedKey { why } => {
            let field = node.parent().and_then(Node::key).map_or("this mapping", Node::text);
            let message = format!("key `{}` in `{field}` is not valid: {why}", short(key));
            hide(report.at(node.key_place(), message).help("use letters, digits, `-`, `_` and `.`"), node, object);
            return;
        }
        FaultKind::Refused { message, help } => (message.to_string(), (*help).to_owned()),
        FaultKind::ReplicasCrossed => {
            ("maxReplicas is less than minReplicas".to_owned(), "raise it, or lower minReplicas".to_owned())
        }
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
    let subject = if node.key().is_some() { format!("`{key}`") } else { key.to_owned() };
    (format!("{subject} is {shown}, where {expected} belongs"), help)
}

/// Choices that are worth listing.
const LISTED: usize = 8;

fn quoted(names: &[&str], between: &str) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(between)
}

/// The part of a value that is worth repeating in a message.
fn short(text: &str) -> &str {
    let line = text.lines().next().unwrap_or_default();
    line.char_indices().nth(40).map_or(line, |(end, _)| line.get(..end).unwrap_or_default())
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
    let key = if node.key().is_some() { key } else { node.parent().and_then(Node::key).map_or(key, Node::text) };
    let text = short(node.text());
    let is_open = greatest == i64::from(i32::MAX) && least >= 0 && node.as_i64().is_some_and(|number| number < least);
    let message = if is_open {
        format!("`{key}` is {text}, and {least} is the least that is allowed")
    } else {
        format!("`{key}` is {text}, and from {least} to {greatest} is allowed")
    };
    let help = if key == "nodePort" {
        "choose a port of that range, or leave it out and let the cluster choose".to_owned()
    } else if matches!(key, "mode" | "defaultMode") {
        "write it in octal, as in `0644`".to_owned()
    } else {
        "write a number of that range".to_owned()
    };
    (message, help)
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
