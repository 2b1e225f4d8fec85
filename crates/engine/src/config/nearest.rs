//! What was meant by a name that is none.

use std::fmt;

use portcullis_core::{Catalog, RuleIdx};

/// The rules that a selector (an id, `prefix*`, tag or peer's id) names: at least one, or the error to show.
pub fn select_rules(catalog: &Catalog, selector: &str) -> Result<Vec<RuleIdx>, UnknownRule> {
    let rules = catalog.select(selector);
    if rules.is_empty() { Err(UnknownRule::new(catalog, selector)) } else { Ok(rules) }
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
            names.extend(rule.tags.iter().copied());
            for peer in rule.peers.iter().copied() {
                names.push(peer);
                names.extend(peer.split_once(':').map(|(_, id)| id));
            }
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
        if self.nearest.is_empty() { "`portcullis rules` lists them".to_owned() } else { did_you_mean(&self.nearest) }
    }
}

/// The candidate that `word` is most likely a slip of; the first of several that are equally near.
pub fn nearest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    near(word, candidates).first().copied()
}

/// `did you mean …?`
pub(super) fn did_you_mean<T: fmt::Display>(names: &[T]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    format!("did you mean {}?", quoted.join(" or "))
}

/// The candidates within a slip or three, by the length of the word, the nearest first and each once.
fn near<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Vec<&'c str> {
    let word = word.to_lowercase();
    let length = word.chars().count();
    let tolerance = (length / 3).clamp(1, 3);
    let mut found: Vec<(usize, &str)> = Vec::new();
    for candidate in candidates {
        if candidate.chars().count().abs_diff(length) > tolerance || found.iter().any(|&(_, known)| known == candidate)
        {
            continue;
        }
        let distance = strsim::osa_distance(&word, &candidate.to_lowercase());
        if distance <= tolerance {
            found.push((distance, candidate));
        }
    }
    found.sort_by_key(|&(distance, _)| distance);
    found.into_iter().map(|(_, candidate)| candidate).collect()
}
