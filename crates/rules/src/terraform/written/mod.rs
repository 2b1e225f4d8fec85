//! Rules about modules as they are written, whatever they evaluate to.

mod credentials;
mod declarations;
mod duplicates;
mod modules;
mod programs;
mod providers;
mod secrets;
mod state;
mod unused;

use portcullis_core::{Place, Span, StableHash};
use portcullis_syntax::hcl::Block;

use crate::Rule;

/// The rules by file.
pub(crate) static RULES: &[&[&Rule]] = &[
    credentials::RULES,
    declarations::RULES,
    duplicates::RULES,
    modules::RULES,
    programs::RULES,
    providers::RULES,
    secrets::RULES,
    state::RULES,
    unused::RULES,
];

/// A place in a block that is known by its kind and labels.
fn within(block: &Block, span: Span, what: &str) -> Place {
    let mut structure = StableHash::new();
    structure.text(&block.kind.name);
    for label in &block.labels {
        structure.text(&label.name);
    }
    structure.text(what);
    Place { span, structure: structure.short(), value: 0 }
}

/// The first label of a block: the name of a variable or module.
fn name(block: &Block) -> &str {
    block.labels.first().map_or("", |label| &label.name)
}
