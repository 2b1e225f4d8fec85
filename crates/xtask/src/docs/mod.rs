//! Committed text that derives from the rules and tables: `docs/rules.md`, `docs/peers.md`, `docs/configuration.md`.

mod book;
mod configuration;
mod links;
mod page;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use anyhow::{Context, Result, bail};
use portcullis_core::{Catalog, RuleMeta};

use crate::workspace;

pub(crate) use book::write as write_book;

pub(crate) fn write() -> Result<()> {
    let root = workspace::root()?;
    for (path, text) in pages() {
        std::fs::write(root.join(path), text).with_context(|| format!("cannot write {path}"))?;
        println!("wrote {path}");
    }
    Ok(())
}

pub(crate) fn check() -> Result<()> {
    let root = workspace::root()?;
    let stale: Vec<&str> = pages()
        .into_iter()
        .filter(|(path, text)| !std::fs::read_to_string(root.join(path)).is_ok_and(|committed| committed == *text))
        .map(|(path, _)| path)
        .collect();
    if !stale.is_empty() {
        bail!("stale: {}; run `cargo xtask docs`", stale.join(", "));
    }
    let broken = links::broken(&root)?;
    if !broken.is_empty() {
        bail!("links that lead nowhere:\n  {}", broken.join("\n  "));
    }
    println!("docs are fresh");
    Ok(())
}

fn pages() -> [(&'static str, String); 3] {
    let catalog = portcullis_rules::catalog();
    [
        ("docs/rules.md", rules_page(&catalog)),
        ("docs/peers.md", peers_page(&catalog)),
        ("docs/configuration.md", configuration::page(&catalog)),
    ]
}

const GENERATED: &str = "<!-- Written by `cargo xtask docs`. Do not edit. -->\n";

/// Prefixes of ids, in the order of the page. Ids without one are about the scan itself.
const DOMAINS: &[(&str, &str)] = &[
    ("k8s-", "Kubernetes"),
    ("docker-", "Dockerfile"),
    ("compose-", "Compose"),
    ("actions-", "GitHub Actions"),
    ("tf-", "Terraform"),
    ("lock-", "Lockfiles"),
    ("secret-", "Secrets"),
    ("", "Every file"),
];

fn rules_page(catalog: &Catalog) -> String {
    let mut page = format!(
        "# Rules\n\n{GENERATED}\n{} rules. `portcullis explain ID` shows one with its examples.\n",
        catalog.len()
    );
    for &(prefix, title) in DOMAINS {
        let (detectors, rules): (Vec<&RuleMeta>, Vec<&RuleMeta>) = catalog
            .iter()
            .map(|(_, rule)| rule)
            .filter(|rule| domain(&rule.id) == prefix)
            .partition(|rule| is_detector(rule));
        if rules.is_empty() && detectors.is_empty() {
            continue;
        }
        let _ = write!(page, "\n## {title}\n");
        if !rules.is_empty() {
            page.push_str("\n| id | severity | profile | what it finds |\n|---|---|---|---|\n");
        }
        for rule in &rules {
            let (id, title) = (&rule.id, cell(rule.title()));
            let _ = writeln!(page, "| [`{id}`](#{id}) | {} | {} | {title} |", rule.severity, rule.profile);
        }
        for rule in rules {
            page.push_str(&rule_section(rule));
        }
        page.push_str(&detectors_table(&detectors));
    }
    page
}

/// Whether the rule is a row of the table of tokens: hundreds of them differ in little but the issuer.
fn is_detector(rule: &RuleMeta) -> bool {
    domain(&rule.id) == "secret-" && rule.derived.is_some()
}

/// What is known by its form, a line for each. The anchors are what the addresses in reports lead to.
fn detectors_table(detectors: &[&RuleMeta]) -> String {
    if detectors.is_empty() {
        return String::new();
    }
    let mut table = format!(
        "\n### Tokens and keys that are known by their form\n\n{} kinds, in the profile `recommended`, silent for \
         placeholders, for examples of the issuers' documentation, and where a checksum says that it is none. \
         `portcullis explain ID` says what one opens and where it is revoked.\n\n\
         | id | severity | what it finds | elsewhere |\n|---|---|---|---|\n",
        detectors.len()
    );
    for rule in detectors {
        let id = &rule.id;
        let what = rule.title();
        let what = cell(what.strip_suffix(" is written in a file").unwrap_or(what));
        let peers: Vec<String> = rule.peers.iter().map(|peer| format!("`{}`", cell(peer))).collect();
        let _ = writeln!(table, "| <a id=\"{id}\"></a>`{id}` | {} | {what} | {} |", rule.severity, peers.join(", "));
    }
    table
}

/// One rule; its heading is what the addresses in reports lead to.
fn rule_section(rule: &RuleMeta) -> String {
    let mut section = format!(
        "\n### {}\n\n**{}** · {} · {}\n\n{}\n",
        rule.id,
        rule.title(),
        rule.severity,
        rule.profile,
        rule.explanation()
    );
    if !rule.options.is_empty() {
        section.push('\n');
        for option in rule.options.iter() {
            let _ = writeln!(section, "- option `{}`: {}", option.name, option.docs);
        }
    }
    if !rule.peers.is_empty() {
        let peers: Vec<String> = rule.peers.iter().map(|peer| format!("`{peer}`")).collect();
        let _ = writeln!(section, "\nElsewhere: {}", peers.join(", "));
    }
    section
}

fn peers_page(catalog: &Catalog) -> String {
    let mut peers: BTreeMap<&str, BTreeMap<&str, BTreeSet<&str>>> = BTreeMap::new();
    for (_, rule) in catalog.iter() {
        for (scheme, id) in rule.peers.iter().filter_map(|peer| peer.split_once(':')) {
            peers.entry(scheme).or_default().entry(id).or_default().insert(&rule.id);
        }
    }
    let mut page = format!(
        "# Other tools' rules\n\n{GENERATED}\nEach id works wherever one of ours does. [differences.md](differences.md) says where verdicts differ.\n"
    );
    for (scheme, ids) in peers {
        let _ = write!(page, "\n## {scheme}\n\n| its id | ours |\n|---|---|\n");
        for (id, rules) in ids {
            let rules: Vec<String> = rules.into_iter().map(|rule| format!("`{rule}`")).collect();
            let _ = writeln!(page, "| `{}` | {} |", cell(id), rules.join(", "));
        }
    }
    page
}

fn domain(id: &str) -> &'static str {
    DOMAINS.iter().map(|&(prefix, _)| prefix).find(|prefix| id.starts_with(prefix)).unwrap_or_default()
}

/// A bar ends a table's cell, in code as well.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;

    #[derive(Debug)]
    struct NoExamples;

    impl portcullis_core::DerivedExamples for NoExamples {
        fn fences(&self) -> String {
            String::new()
        }
    }

    #[test]
    fn pages_list_rules_and_peers() {
        let rule = |id: &'static str, peers: &'static [&'static str]| RuleMeta {
            id: Cow::Borrowed(id),
            peers: peers.into(),
            docs: Cow::Borrowed(" A | B\n\n Why.\n"),
            ..RuleMeta::DEFAULT
        };
        let token = RuleMeta { derived: Some(&NoExamples), ..rule("secret-token", &["gitleaks:t"]) };
        let catalog = Catalog::new([
            token,
            rule("k8s-b", &["trivy:X-1"]),
            rule("k8s-a", &["trivy:X-1", "pss:p"]),
            rule("syntax-x", &[]),
        ]);
        let rows = |page: String| -> Vec<String> {
            page.lines()
                .filter(|line| ["| [`", "| `", "| <", "#"].iter().any(|start| line.starts_with(start)))
                .map(str::to_owned)
                .collect()
        };
        assert_eq!(
            rows(rules_page(&catalog)),
            [
                "# Rules",
                "## Kubernetes",
                "| [`k8s-a`](#k8s-a) | medium | recommended | A \\| B |",
                "| [`k8s-b`](#k8s-b) | medium | recommended | A \\| B |",
                "### k8s-a",
                "### k8s-b",
                "## Secrets",
                "### Tokens and keys that are known by their form",
                "| <a id=\"secret-token\"></a>`secret-token` | medium | A \\| B | `gitleaks:t` |",
                "## Every file",
                "| [`syntax-x`](#syntax-x) | medium | recommended | A \\| B |",
                "### syntax-x",
            ]
        );
        assert_eq!(
            rows(peers_page(&catalog)),
            [
                "# Other tools' rules",
                "## gitleaks",
                "| `t` | `secret-token` |",
                "## pss",
                "| `p` | `k8s-a` |",
                "## trivy",
                "| `X-1` | `k8s-a`, `k8s-b` |"
            ]
        );
    }
}
