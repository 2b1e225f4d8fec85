//! Functions that the interpreter lacks, and those of its own that must not run as they are.
//!
//! Each file has a table of its functions, and this one lists the tables. A function sees evaluated arguments, as many as
//! its arity says; arguments that it cannot use make the call undefined, or a fault where builtin errors are strict, and
//! what would take too much is a fault in any case.

mod arguments;
mod bounded;
mod certificates;
mod chain;
mod charged;
mod collections;
mod crypto;
mod deprecated;
mod der;
mod durations;
mod format;
mod fragile;
mod globs;
mod images;
mod keys;
pub(crate) mod literals;
mod long_curve;
mod network;
pub(crate) mod number;
mod patterns;
mod pem;
mod signatures;
pub(crate) mod size;
mod template;
mod texts;
mod tokens;
mod trivy;
mod uri;

use regorus::{Engine, Value};

use crate::module::{BuiltinErrors, Fault, Limits, Options};

/// A function.
pub(crate) struct Builtin {
    /// As policies call it: `crypto.sha256`.
    pub name: &'static str,
    /// How many arguments it takes.
    pub arity: u8,
    /// What it gives.
    pub call: fn(&[Value], &Limits) -> Result<Value, Refusal>,
}

/// Why a call has no value.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// The arguments are not what the function takes.
    Arguments(String),
    /// The result would be too large, or take too long.
    Limit,
}

/// All tables.
static TABLES: &[&[Builtin]] = &[
    bounded::TABLE,
    certificates::TABLE,
    chain::TABLE,
    charged::TABLE,
    collections::TABLE,
    crypto::TABLE,
    deprecated::TABLE,
    durations::TABLE,
    format::TABLE,
    fragile::TABLE,
    globs::TABLE,
    images::TABLE,
    keys::TABLE,
    network::TABLE,
    patterns::TABLE,
    template::TABLE,
    texts::TABLE,
    tokens::TABLE,
    trivy::TABLE,
    uri::TABLE,
    #[cfg(test)]
    PANICKING,
];

/// No function of the interpreter is left that is known to panic.
#[cfg(test)]
#[allow(clippy::panic, reason = "to see what becomes of it")]
static PANICKING: &[Builtin] = &[Builtin { name: "test.panic", arity: 1, call: |_, _| panic!("as asked") }];

/// What is behind the `in` of `some x in xs`, undefined where it has no elements. No function of policies: the text that
/// the interpreter is given calls it.
pub(crate) const COLLECTION: &str = "portcullis.collection";

/// Whether a name is that of a function which no policy is meant to call.
pub(crate) fn is_internal(name: &str) -> bool {
    name == COLLECTION || name == literals::LITERAL || literals::Form::of(name).is_some()
}

/// Gives an engine the functions.
pub(crate) fn install(engine: &mut Engine, options: &Options) {
    // What it gives was there before, so nothing is spent.
    let collection = |arguments: Vec<Value>| match arguments.into_iter().next() {
        Some(value @ (Value::Array(_) | Value::Set(_) | Value::Object(_))) => Ok(value),
        _ => Ok(Value::Undefined),
    };
    let added = engine.add_extension(COLLECTION.to_owned(), 1, Box::new(collection));
    debug_assert!(added.is_ok(), "{COLLECTION} is there");
    for builtin in all() {
        let (call, limits, errors) = (builtin.call, options.limits, options.builtin_errors);
        let function = move |arguments: Vec<Value>| match call(&arguments, &limits) {
            Ok(value) if size::spend(&value, &limits) => Ok(value),
            Err(Refusal::Arguments(_)) if errors == BuiltinErrors::Undefined => Ok(Value::Undefined),
            Err(Refusal::Arguments(message)) => {
                Err(Fault::new("", 0, 0, format!("{}: {message}", builtin.name)).into())
            }
            Ok(_) | Err(Refusal::Limit) => Err(Fault::new("", 0, 0, format!("{} makes too much", builtin.name)).into()),
        };
        let added = engine.add_extension(builtin.name.to_owned(), builtin.arity, Box::new(function));
        debug_assert!(added.is_ok(), "{} stands in two tables", builtin.name);
    }
}

/// Every function of every table.
pub(crate) fn all() -> impl Iterator<Item = &'static Builtin> {
    TABLES.iter().copied().flatten()
}

/// Functions of OPA that policies must not have, and why.
pub(crate) fn refused(name: &str) -> Option<&'static str> {
    match name {
        "http.send" | "net.lookup_ip_addr" => Some("policies get no network"),
        "rego.parse_module" => Some("policies get no code that nobody has checked"),
        _ => None,
    }
}

/// Functions of OPA that are not here, and why: known, so that nobody looks for a typo.
pub(crate) fn unsupported(name: &str) -> Option<&'static str> {
    UNSUPPORTED
        .iter()
        .find(|(known, _)| *known == name || name.starts_with(known) && known.ends_with('.'))
        .map(|(_, why)| *why)
}

/// A name with a point at its end stands for all below it.
const UNSUPPORTED: &[(&str, &str)] = &[
    ("graphql.", "no file that is scanned holds GraphQL"),
    ("json.match_schema", "an evaluator of JSON Schema would bring some thirty libraries"),
    ("json.verify_schema", "an evaluator of JSON Schema would bring some thirty libraries"),
    ("providers.aws.sign_req", "it signs requests, and policies get no network"),
    ("rego.metadata.", "it is known in a rule, as `rego.metadata.rule()` or `rego.metadata.chain()`"),
];
