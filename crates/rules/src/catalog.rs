//! All builtin rules in one list.

use portcullis_core::Catalog;

use crate::terraform::{aws, azure, google, written};
use crate::{Rule, actions, compose, dockerfile, kubernetes, packages, scan};

/// Every builtin rule, in no particular order.
pub fn builtin() -> impl Iterator<Item = &'static Rule> {
    let domains = [
        kubernetes::RULES,
        dockerfile::RULES,
        compose::RULES,
        actions::RULES,
        aws::RULES,
        azure::RULES,
        google::RULES,
        written::RULES,
        packages::RULES,
    ];
    let files = domains.into_iter().flatten().copied().chain([scan::RULES]);
    files.flat_map(|rules| rules.iter().copied())
}

/// The catalog of the builtin rules.
pub fn catalog() -> Catalog {
    Catalog::new(builtin().map(|rule| rule.meta.clone()))
}
