//! All builtin rules in one list.

use portcullis_core::{Catalog, RuleMeta};

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
    catalog_with([])
}

/// The catalog of the builtin rules and of others that were read.
pub fn catalog_with(others: impl IntoIterator<Item = RuleMeta>) -> Catalog {
    Catalog::new(builtin().map(|rule| rule.meta.clone()).chain(others))
}
