//! Functions that the interpreter lacks, and those of its own that must not run as they are.
//!
//! Each file has a table of its functions, and this one lists the tables. A function sees evaluated arguments, as many as
//! its arity says; arguments that it cannot use make the call undefined, or a fault where builtin errors are strict, and
//! what would take too much is a fault in any case.

mod arguments;
mod bounded;
mod charged;
mod collections;
mod crypto;
mod deprecated;
mod format;
mod fragile;
mod network;
pub(crate) mod number;
mod patterns;
pub(crate) mod size;
mod texts;
mod tokens;
mod trivy;

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
    charged::TABLE,
    collections::TABLE,
    crypto::TABLE,
    deprecated::TABLE,
    format::TABLE,
    fragile::TABLE,
    network::TABLE,
    patterns::TABLE,
    texts::TABLE,
    tokens::TABLE,
    trivy::TABLE,
    #[cfg(test)]
    PANICKING,
];

/// No function of the interpreter is left that is known to panic.
#[cfg(test)]
#[allow(clippy::panic, reason = "to see what becomes of it")]
static PANICKING: &[Builtin] = &[Builtin { name: "test.panic", arity: 1, call: |_, _| panic!("as asked") }];

/// Gives an engine the functions.
pub(crate) fn install(engine: &mut Engine, options: &Options) {
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

/// Functions of OPA that are not here: known, so that nobody looks for a typo.
pub(crate) const UNSUPPORTED: &[&str] = &[
    "graphql.is_valid",
    "graphql.parse",
    "graphql.parse_and_verify",
    "graphql.parse_query",
    "graphql.parse_schema",
    "graphql.schema_is_valid",
    "json.match_schema",
    "json.verify_schema",
    "providers.aws.sign_req",
    "rego.metadata.chain",
    "rego.metadata.rule",
    "crypto.parse_private_keys",
    "crypto.x509.parse_and_verify_certificates",
    "crypto.x509.parse_and_verify_certificates_with_options",
    "crypto.x509.parse_certificate_request",
    "crypto.x509.parse_keypair",
    "crypto.x509.parse_rsa_private_key",
    "io.jwt.encode_sign",
    "io.jwt.encode_sign_raw",
    "crypto.x509.parse_certificates",
    "io.jwt.decode_verify",
    "io.jwt.verify_eddsa",
    "io.jwt.verify_es256",
    "io.jwt.verify_es384",
    "io.jwt.verify_es512",
    "io.jwt.verify_ps256",
    "io.jwt.verify_ps384",
    "io.jwt.verify_ps512",
    "io.jwt.verify_rs256",
    "io.jwt.verify_rs384",
    "io.jwt.verify_rs512",
    "regex.globs_match",
    "strings.render_template",
    "uri.is_valid",
    "uri.parse",
];
