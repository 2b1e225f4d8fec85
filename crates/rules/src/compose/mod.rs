//! Rules for Compose files.

use portcullis_core::{Edit, Fix};
use portcullis_model::compose::Service;
use portcullis_syntax::{Anchor, Node, Style};

use crate::Rule;

mod builds;
mod formats;
mod health;
mod host_namespaces;
mod images;
mod includes;
mod limits;
mod mounts;
mod names;
mod networks;
mod ports;
mod privileges;
mod references;
mod schema;
mod secret_defaults;
mod secrets;
mod security_opt;
mod style;
mod users;

/// The rules of each file.
pub(crate) static RULES: &[&[&Rule]] = &[
    builds::RULES,
    health::RULES,
    host_namespaces::RULES,
    images::RULES,
    includes::RULES,
    limits::RULES,
    mounts::RULES,
    names::RULES,
    networks::RULES,
    ports::RULES,
    privileges::RULES,
    references::RULES,
    schema::RULES,
    secret_defaults::RULES,
    secrets::RULES,
    security_opt::RULES,
    style::RULES,
    users::RULES,
];

/// Puts a plain scalar in quotes, so that every reader takes it for a text. None where an alias shares it.
fn quote(node: Node<'_>) -> Option<Fix> {
    let text = node.text();
    let is_simple = !text.contains(['"', '\\', '\n']) && node.style() == Style::Plain && node.is_written_once();
    is_simple.then(|| Fix::safe("put it in quotes", Edit { span: node.span(), text: format!("\"{text}\"") }))
}

/// The place to say that a service has none of some fields, where that is known: not in a file that is meant to be put over
/// another, and not where a variable decides.
fn missing<'t>(service: &Service<'t>, fields: &[&str]) -> Option<Anchor<'t>> {
    let is_missing = service.is_complete() && fields.iter().all(|field| service.get(field).absent().is_some());
    is_missing.then(|| service.anchor())
}
