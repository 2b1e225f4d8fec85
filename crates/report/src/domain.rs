//! What a rule is about, as charts and tables group findings: told by its id alone.

use portcullis_core::{ADVISORIES, RuleMeta, is_advisory};

/// A group of rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Domain {
    Kubernetes,
    Dockerfile,
    Compose,
    Actions,
    Terraform,
    Packages,
    Secrets,
    Policies,
    Other,
}

impl Domain {
    pub(crate) const ALL: [Self; 9] = [
        Self::Kubernetes,
        Self::Dockerfile,
        Self::Compose,
        Self::Actions,
        Self::Terraform,
        Self::Packages,
        Self::Secrets,
        Self::Policies,
        Self::Other,
    ];

    pub(crate) fn of(rule: &RuleMeta) -> Self {
        const PREFIXES: [(&str, Domain); 7] = [
            ("k8s-", Domain::Kubernetes),
            ("docker-", Domain::Dockerfile),
            ("compose-", Domain::Compose),
            ("actions-", Domain::Actions),
            ("tf-", Domain::Terraform),
            ("lock-", Domain::Packages),
            ("secret-", Domain::Secrets),
        ];
        if rule.tags.contains("policy") {
            return Self::Policies;
        }
        if rule.tags.contains(ADVISORIES) || is_advisory(&rule.id) {
            return Self::Packages;
        }
        let known = PREFIXES.into_iter().find(|(prefix, _)| rule.id.starts_with(prefix));
        known.map_or(Self::Other, |(_, domain)| domain)
    }

    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::Kubernetes => "Kubernetes",
            Self::Dockerfile => "Dockerfile",
            Self::Compose => "Compose",
            Self::Actions => "GitHub Actions",
            Self::Terraform => "Terraform",
            Self::Packages => "Packages",
            Self::Secrets => "Secrets",
            Self::Policies => "Policies",
            Self::Other => "Every file",
        }
    }
}
