//! All builtin rules in one list.

use std::sync::{Arc, LazyLock};

use portcullis_core::{Catalog, RuleMeta};

use crate::terraform::{aws, azure, google, written};
use crate::{Rule, actions, compose, dockerfile, kubernetes, packages, scan, secrets};

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
    let files = domains.into_iter().flatten().copied().chain([scan::RULES, secrets::RULES]);
    files.flat_map(|rules| rules.iter().copied()).chain(secrets::of_detectors())
}

/// The catalog of the builtin rules, which is made once.
pub fn catalog() -> Arc<Catalog> {
    static CATALOG: LazyLock<Arc<Catalog>> = LazyLock::new(|| {
        // The catalog wants them in order, and references are moved about faster than declarations.
        let mut rules: Vec<&Rule> = builtin().collect();
        rules.sort_by(|a, b| a.meta.id.cmp(&b.meta.id));
        Arc::new(Catalog::new(rules.into_iter().map(|rule| rule.meta.clone())))
    });
    Arc::clone(&CATALOG)
}

/// The catalog of the builtin rules and of others that were read.
pub fn catalog_with(others: impl IntoIterator<Item = RuleMeta>) -> Arc<Catalog> {
    let builtin = catalog();
    let mut others = others.into_iter().peekable();
    if others.peek().is_none() {
        return builtin;
    }
    Arc::new(Catalog::new(builtin.iter().map(|(_, rule)| rule.clone()).chain(others)))
}
