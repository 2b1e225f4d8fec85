//! What Trivy adds to Rego for its checks.

use portcullis_core::{FileId, OffsetMap};
use portcullis_secrets::detectors;
use portcullis_syntax::shell;
use regorus::Value;
use regorus::value::Object;

use super::arguments::{at, refuse, text};
use super::network::Network;
use super::{Builtin, Refusal, patterns};

pub(super) static TABLE: &[Builtin] = &[
    Builtin { name: "result.new", arity: 2, call: |a, _| Ok(result(at(a, 0)?, at(a, 1)?)) },
    Builtin { name: "isManaged", arity: 1, call: |a, _| Ok(is_managed(at(a, 0)?)) },
    Builtin { name: "cidr.is_public", arity: 1, call: |a, _| Ok(Value::Bool(is_public(text(a, 0)?)?)) },
    Builtin { name: "cidr.count_addresses", arity: 1, call: |a, _| addresses(text(a, 0)?) },
    Builtin { name: "sh.parse_commands", arity: 1, call: |a, _| Ok(commands(text(a, 0)?)) },
    Builtin { name: "squealer.scan_string", arity: 1, call: |a, _| Ok(secret(text(a, 0)?)) },
];

/// What a result says about its cause when the cause does not, in Trivy's names.
fn defaults() -> [(&'static str, Value); 9] {
    [
        ("startline", Value::from(0_i64)),
        ("endline", Value::from(0_i64)),
        ("sourceprefix", Value::from("")),
        ("filepath", Value::from("")),
        ("explicit", Value::Bool(false)),
        ("managed", Value::Bool(true)),
        ("fskey", Value::from("")),
        ("resource", Value::from("")),
        ("parent", Value::Null),
    ]
}

/// The message with the place of its cause. Two results that differ in nothing else are one, so the cause itself is no part
/// of it.
fn result(message: &Value, cause: &Value) -> Value {
    let mut result = Object::new();
    for (name, default) in defaults() {
        result.insert(Value::from(name), told(cause, name).unwrap_or(default));
    }
    result.insert(Value::from("msg"), message.clone());
    result.into_value()
}

fn is_managed(cause: &Value) -> Value {
    told(cause, "managed").unwrap_or(Value::Bool(true))
}

/// What a cause says by `__defsec_metadata`, by itself, or with the names of a Dockerfile's instruction.
fn told(cause: &Value, name: &str) -> Option<Value> {
    let Value::Object(object) = cause else { return None };
    let metadata = match object.get(&Value::from("__defsec_metadata")) {
        Some(Value::Object(metadata)) => metadata,
        _ => object,
    };
    let also = match name {
        "startline" => "StartLine",
        "endline" => "EndLine",
        "filepath" => "Path",
        _ => name,
    };
    metadata.get(&Value::from(name)).or_else(|| metadata.get(&Value::from(also))).cloned()
}

/// Whether addresses of the internet are in it. Providers write words where they mean everyone.
fn is_public(range: &str) -> Result<bool, Refusal> {
    if EVERYONE.contains(&range) {
        return Ok(true);
    }
    let network = Network::read(range).ok_or_else(|| refuse(format!("{range} is no address and no range")))?;
    Ok(PRIVATE.iter().filter_map(|private| Network::read(private)).all(|private| !private.contains(&network)))
}

const EVERYONE: &[&str] = &["*", "internet", "any"];

const PRIVATE: &[&str] = &[
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "fc00::/7",
    "fe80::/10",
    "::1/128",
];

fn addresses(range: &str) -> Result<Value, Refusal> {
    if EVERYONE.contains(&range) {
        return Ok(Value::from(u64::MAX));
    }
    let network = Network::read(range).ok_or_else(|| refuse(format!("{range} is no address and no range")))?;
    let bits = network.width().saturating_sub(network.prefix);
    // 2^64 and more are the same to every policy, and Trivy counts no further either.
    Ok(Value::from(1_u64.checked_shl(bits).unwrap_or(u64::MAX)))
}

/// The commands of a script: a list of words each.
fn commands(script: &str) -> Value {
    let mut map = OffsetMap::new(FileId::default(), 0);
    map.push(0, u32::try_from(script.len()).unwrap_or(u32::MAX));
    let script = shell::parse(script, &map);
    let commands = script.commands.iter().map(|command| {
        let words = command.name.iter().chain(&command.args).map(|word| Value::from(word.text.as_str()));
        Value::from(words.collect::<Vec<_>>())
    });
    Value::from(commands.collect::<Vec<_>>())
}

/// Settings whose names promise a credential, and keys of AWS, of which our detectors leave out the ones in its manuals.
const PROMISED: &[(&str, &str)] = &[
    ("AWS access key", r"\b(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{16}\b"),
    ("Password in a setting", r#"(?i)(?:password|passwd|secret|token|api_?key)[\w-]*\s*[:=]+\s*\\?["'][^"'\\\s]{8,}"#),
];

/// Whether a text holds a credential by its form. Examples count: the policy asked for the form.
fn secret(text: &str) -> Value {
    let lower = text.to_lowercase();
    let found = detectors().find(|detector| {
        detector.keywords.iter().any(|keyword| lower.contains(keyword))
            && patterns::compiled(detector.pattern).is_ok_and(|pattern| pattern.is_match(text))
    });
    let description = found.map(|detector| detector.title).or_else(|| {
        let promised =
            PROMISED.iter().find(|(_, pattern)| patterns::compiled(pattern).is_ok_and(|it| it.is_match(text)));
        promised.map(|(title, _)| *title)
    });
    let mut result = Object::new();
    result.insert(Value::from("transgressionFound"), Value::Bool(description.is_some()));
    result.insert(Value::from("description"), Value::from(description.unwrap_or_default()));
    result.into_value()
}
