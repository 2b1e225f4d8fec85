//! All rules of a scan, by id and by the peers' ids.

use std::collections::HashMap;
use std::sync::OnceLock;

use crate::RuleMeta;

/// A rule of a [`Catalog`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleIdx(pub u32);

/// The rules of a scan, sorted by id, so that an index orders as its id does.
#[derive(Debug, Default)]
pub struct Catalog {
    rules: Vec<RuleMeta>,
    /// Peers' ids with and without their scheme, in lower case; made when the first is asked for, which most scans never do.
    by_peer: OnceLock<HashMap<String, Vec<RuleIdx>>>,
}

impl Catalog {
    /// Builds the catalog; of two rules with one id the first stays (a test forbids it for builtin ones).
    pub fn new(rules: impl IntoIterator<Item = RuleMeta>) -> Self {
        let mut rules: Vec<RuleMeta> = rules.into_iter().collect();
        rules.sort_by(|a, b| a.id.cmp(&b.id));
        rules.dedup_by(|b, a| a.id == b.id);
        Self { rules, by_peer: OnceLock::new() }
    }

    /// Every rule in order of id.
    pub fn iter(&self) -> impl Iterator<Item = (RuleIdx, &RuleMeta)> {
        (0..).map(RuleIdx).zip(&self.rules)
    }

    /// A rule.
    ///
    /// # Panics
    /// When the index is of another catalog.
    pub fn get(&self, index: RuleIdx) -> &RuleMeta {
        self.rules.get(index.0 as usize).expect("a RuleIdx is made by this catalog alone")
    }

    /// The rule with exactly this id.
    pub fn by_id(&self, id: &str) -> Option<RuleIdx> {
        let at = self.rules.binary_search_by(|rule| (*rule.id).cmp(id)).ok()?;
        u32::try_from(at).ok().map(RuleIdx)
    }

    /// The rules that stand for a peer's id, `scheme:id` or the bare id, in any case and any of its spellings.
    pub fn by_peer(&self, peer: &str) -> &[RuleIdx] {
        let written = peer.to_lowercase();
        let by_peer = self.by_peer.get_or_init(|| self.peers());
        let found = by_peer.get(&written).or_else(|| by_peer.get(&trivy_spelling(&written)?));
        found.map_or(&[], Vec::as_slice)
    }

    fn peers(&self) -> HashMap<String, Vec<RuleIdx>> {
        let mut by_peer: HashMap<String, Vec<RuleIdx>> = HashMap::new();
        for (index, rule) in self.iter() {
            for peer in rule.peers.iter() {
                let whole = peer.to_lowercase();
                let bare = whole.split_once(':').map(|(_, id)| id.to_owned());
                for key in bare.into_iter().chain([whole]) {
                    let holders = by_peer.entry(key).or_default();
                    if !holders.contains(&index) {
                        holders.push(index);
                    }
                }
            }
        }
        by_peer
    }

    /// What a selector names: an id, `prefix*`, a tag, or a peer's id. Empty where it names nothing.
    pub fn select(&self, selector: &str) -> Vec<RuleIdx> {
        if let Some(index) = self.by_id(selector) {
            return vec![index];
        }
        if let Some(prefix) = selector.strip_suffix('*') {
            return self.iter().filter(|(_, rule)| rule.id.starts_with(prefix)).map(|(index, _)| index).collect();
        }
        let tagged: Vec<RuleIdx> =
            self.iter().filter(|(_, rule)| rule.tags.contains(selector)).map(|(index, _)| index).collect();
        if tagged.is_empty() { self.by_peer(selector).to_vec() } else { tagged }
    }

    /// How many rules there are.
    pub fn len(&self) -> usize {
        self.rules.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }
}

/// Trivy's id as the catalog writes it (`ksv-0017`), from its older spellings `avd-ksv-0017`, `ksv017` and `ds002`.
fn trivy_spelling(id: &str) -> Option<String> {
    let (scheme, bare) = id.split_once(':').map_or(("", id), |(_, bare)| ("trivy:", bare));
    let bare = bare.strip_prefix("avd-").unwrap_or(bare);
    let letters = bare.find(|character: char| !character.is_ascii_lowercase())?;
    let (family, digits) = bare.split_at_checked(letters)?;
    let digits = digits.strip_prefix('-').unwrap_or(digits);
    if family.is_empty() || digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some(format!("{scheme}{family}-{digits:0>4}"))
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;
    use crate::Words;

    #[test]
    fn a_peers_id_is_found_in_every_spelling() {
        let rule = RuleMeta {
            id: Cow::Borrowed("k8s-privileged-container"),
            peers: Words::Static(&["trivy:KSV-0017", "kube-linter:privileged-container"]),
            tags: Words::Static(&["pss:baseline"]),
            ..RuleMeta::DEFAULT
        };
        let catalog = Catalog::new([rule]);
        for selector in [
            "k8s-privileged-container",
            "k8s-*",
            "pss:baseline",
            "trivy:KSV-0017",
            "KSV-0017",
            "ksv017",
            "AVD-KSV-0017",
            "trivy:AVD-KSV-0017",
            "privileged-container",
        ] {
            assert_eq!(catalog.select(selector), [RuleIdx(0)], "{selector}");
        }
        for selector in ["k8s-privileged", "docker-*", "KSV-0018", "avd-", "017"] {
            assert_eq!(catalog.select(selector), [], "{selector}");
        }
    }
}
