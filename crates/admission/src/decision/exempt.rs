//! What is allowed whatever is found in it, by the server's configuration alone.
//!
//! Names are compared as the API server sends them: an image without a registry is that text, not what a node would make of
//! it. A pattern's `*` stands for any text.

use portcullis_core::{Catalog, RuleIdx};
use portcullis_engine::ObjectFinding;
use portcullis_rules::Date;

use super::{JudgeError, select};
use crate::review::Request;
use crate::settings;

/// The exemptions, with the rules that they name.
#[derive(Debug)]
pub(super) struct Exempt {
    settings: settings::Exempt,
    rules: Vec<Vec<RuleIdx>>,
}

/// Why something is exempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Exemption(pub(super) String);

/// What exemptions of rules are asked about.
pub(super) struct RuleScope<'a> {
    pub(super) namespace: &'a str,
    pub(super) name: &'a str,
    pub(super) today: Date,
}

impl Exempt {
    pub(super) fn new(settings: &settings::Exempt, catalog: &Catalog) -> Result<Self, JudgeError> {
        let rules = settings.rules.iter().map(|entry| select(catalog, &entry.rule, "admission.exempt.rules"));
        Ok(Self { rules: rules.collect::<Result<_, _>>()?, settings: settings.clone() })
    }

    /// Whether a review is exempt as a whole.
    pub(super) fn of_request(&self, request: &Request) -> Option<Exemption> {
        let matches = |patterns: &[String], text: &str| patterns.iter().any(|pattern| is_match(pattern, text));
        let settings = &self.settings;
        if let Some(namespace) = request.namespace.as_deref().filter(|it| !it.is_empty())
            && matches(&settings.namespaces, namespace)
        {
            return Some(Exemption(format!("namespace {namespace}")));
        }
        let user = &request.user.username;
        if !user.is_empty() && matches(&settings.users, user) {
            return Some(Exemption(format!("user {user}")));
        }
        let group = request.user.groups.iter().find(|group| matches(&settings.groups, group))?;
        Some(Exemption(format!("group {group}")))
    }

    /// Whether a finding is exempt.
    pub(super) fn of_finding(&self, finding: &ObjectFinding, scope: &RuleScope<'_>) -> Option<Exemption> {
        let settings = &self.settings;
        if let Some(class) = finding.runtime_class.as_ref().filter(|class| settings.runtime_classes.contains(class)) {
            return Some(Exemption(format!("runtime class {class}")));
        }
        let image = finding.container.as_ref().and_then(|container| container.image.as_deref());
        if let Some(image) = image.filter(|image| settings.images.iter().any(|pattern| is_match(pattern, image))) {
            return Some(Exemption(format!("image {image}")));
        }
        let holds = |patterns: &[String], text: &str| {
            patterns.is_empty() || patterns.iter().any(|pattern| is_match(pattern, text))
        };
        let entries = settings.rules.iter().zip(&self.rules);
        let mut held = entries.filter(|(entry, rules)| {
            entry.expires.is_none_or(|last| scope.today <= last)
                && rules.contains(&finding.finding.rule)
                && holds(&entry.namespaces, scope.namespace)
                && holds(&entry.names, scope.name)
        });
        let (entry, _) = held.next()?;
        Some(Exemption(entry.reason.clone().unwrap_or_else(|| format!("rule {}", entry.rule))))
    }
}

/// Whether a text is of a pattern. Linear in both for one star, and never worse than their product.
fn is_match(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        // The leftmost place leaves the most for what follows.
        let Some((_, after)) = rest.split_once(part) else { return false };
        rest = after;
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::is_match;

    #[test]
    fn patterns_match_whole_texts() {
        for (pattern, text, expected) in [
            ("kube-system", "kube-system", true),
            ("kube-system", "kube-system-2", false),
            ("kube-*", "kube-public", true),
            ("kube-*", "my-kube-public", false),
            ("*", "", true),
            ("system:serviceaccount:*:deployer", "system:serviceaccount:shop:deployer", true),
            ("system:serviceaccount:*:deployer", "system:serviceaccount:shop:deployer2", false),
            ("a*a", "a", false),
            ("a*b*c", "a-b-b-c", true),
            ("registry.example.com/*", "registry.example.com.evil/x", false),
            ("", "a", false),
        ] {
            assert_eq!(is_match(pattern, text), expected, "{pattern} {text}");
        }
    }
}
