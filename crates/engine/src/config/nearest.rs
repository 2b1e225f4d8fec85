//! What was meant by a name that is none.

use std::fmt;

pub use portcullis_core::nearest;
use portcullis_core::{Catalog, RuleIdx, is_advisory, is_constraint, near};

/// The rules that a selector (an id, `prefix*`, tag or peer's id) names: at least one, or the error to show. An advisory
/// names none until one of its packages is met, nor does a constraint until it is.
pub fn select_rules(catalog: &Catalog, selector: &str) -> Result<Vec<RuleIdx>, UnknownRule> {
    let rules = catalog.select(selector);
    let may_come = is_advisory(selector) || is_constraint(selector);
    if rules.is_empty() && !may_come { Err(UnknownRule::new(catalog, selector)) } else { Ok(rules) }
}

/// A selector that names no rule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown rule `{selector}`")]
pub struct UnknownRule {
    /// As it was written.
    pub selector: String,
    /// Names that may have been meant, the likeliest first; at most three.
    pub nearest: Vec<String>,
}

impl UnknownRule {
    fn new(catalog: &Catalog, selector: &str) -> Self {
        let mut names: Vec<&str> = Vec::new();
        for (_, rule) in catalog.iter() {
            names.push(&rule.id);
            names.extend(rule.tags.iter());
            for peer in rule.peers.iter() {
                names.push(peer);
                names.extend(peer.split_once(':').map(|(_, id)| id));
            }
        }
        if is_pattern(selector) {
            let parts: Vec<&str> = selector.split('*').collect();
            let ids = catalog.iter().map(|(_, rule)| &*rule.id).filter(|id| holds_in_order(id, &parts));
            let nearest = ids.take(3).map(str::to_owned).collect();
            return Self { selector: selector.to_owned(), nearest };
        }
        let mut close = near(selector, names);
        if close.is_empty() && selector.len() >= 4 {
            // `explain privileged`: the word is right, the prefix is missing.
            let ids = catalog.iter().map(|(_, rule)| &*rule.id);
            close = ids.filter(|id| id.contains(&selector.to_lowercase())).collect();
        }
        let nearest = close.into_iter().take(3).map(str::to_owned).collect();
        Self { selector: selector.to_owned(), nearest }
    }

    /// What to do about it.
    pub fn help(&self) -> String {
        if is_pattern(&self.selector) {
            let names =
                if self.nearest.is_empty() { String::new() } else { format!("; {}", did_you_mean(&self.nearest)) };
            return format!("`*` stands at the end only, as in `k8s-image-*`{names}");
        }
        if self.nearest.is_empty() { "`portcullis rules` lists them".to_owned() } else { did_you_mean(&self.nearest) }
    }
}

/// Whether a `*` stands elsewhere than once at the end.
fn is_pattern(selector: &str) -> bool {
    selector.strip_suffix('*').unwrap_or(selector).contains('*')
}

/// Whether the parts are in a name, one after the other.
fn holds_in_order(name: &str, parts: &[&str]) -> bool {
    let mut rest = name;
    parts.iter().all(|part| {
        let found = rest.split_once(part).map(|(_, after)| after);
        rest = found.unwrap_or_default();
        found.is_some()
    })
}

/// `did you mean …?`
pub(super) fn did_you_mean<T: fmt::Display>(names: &[T]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    format!("did you mean {}?", quoted.join(" or "))
}
