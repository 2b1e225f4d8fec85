//! The ids of advisories: rules that a database holds, not this program.

/// The tag of every rule that an advisory is.
pub const ADVISORIES: &str = "advisories";

/// The one rule of all versions that their publishers have withdrawn, which have no advisories with ids of their own; and
/// its tag.
pub const YANKED: &str = "yanked";

/// Who gives ids to advisories. Linux distributions have many more schemes; these are the ones that packages of languages
/// meet.
const PREFIXES: &[&str] = &[
    "CVE-", "GHSA-", "RUSTSEC-", "PYSEC-", "GO-", "MAL-", "OSV-", "HSEC-", "RSEC-", "BIT-", "DRUPAL-", "EEF-", "GSD-",
    "SNYK-", "JLSEC-", "PSF-", "ROOT-",
];

/// The tags of advisories beside [`ADVISORIES`]: their kinds, and what is known of them.
pub const ADVISORY_TAGS: &[&str] = &[
    "vulnerability",
    "malicious",
    "unmaintained",
    "unsound",
    "notice",
    YANKED,
    "known-exploited",
    "unknown-severity",
    "unfixed",
];

/// Whether a selector means advisories: one by its id, those of one source (`GHSA-*`) or kind, or all of them.
pub fn is_advisory(selector: &str) -> bool {
    selector == ADVISORIES
        || ADVISORY_TAGS.contains(&selector)
        || PREFIXES.iter().any(|prefix| {
            let start = selector.get(..prefix.len());
            start.is_some_and(|start| start.eq_ignore_ascii_case(prefix)) && selector.len() > prefix.len()
        })
}

/// Whether a selector means Gatekeeper's constraints, which a scan finds among its files: one by its rule's id, or those that
/// begin alike, or all of them.
pub fn is_constraint(selector: &str) -> bool {
    const RULES: &str = "policy/gatekeeper/";
    matches!(selector, "policy" | "gatekeeper")
        || selector.starts_with(RULES)
        || selector.strip_suffix('*').is_some_and(|prefix| RULES.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn advisories_are_told_by_who_gives_the_id() {
        for (selector, expected) in [
            ("CVE-2020-26235", true),
            ("cve-2020-26235", true),
            ("GHSA-*", true),
            ("MAL-2024-1", true),
            ("advisories", true),
            ("unmaintained", true),
            ("GO-", false),
            ("k8s-privileged-container", false),
            ("CVE", false),
            ("é", false),
        ] {
            assert_eq!(is_advisory(selector), expected, "{selector}");
        }
    }
}
