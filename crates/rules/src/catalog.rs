//! All builtin rules in one list.

use portcullis_core::Catalog;

use crate::{Rule, actions, dockerfile, kubernetes, scan};

/// Every builtin rule, in no particular order.
pub fn builtin() -> impl Iterator<Item = &'static Rule> {
    let files = kubernetes::RULES.iter().chain(dockerfile::RULES).chain(actions::RULES).copied().chain([scan::RULES]);
    files.flat_map(|rules| rules.iter().copied())
}

/// The catalog of the builtin rules.
pub fn catalog() -> Catalog {
    Catalog::new(builtin().map(|rule| rule.meta.clone()))
}
