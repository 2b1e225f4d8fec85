//! The catalogue's row of a rule, where the catalogue is at hand: what a scaffold can be filled with.

use std::path::Path;

use anyhow::{Context, Result};
use portcullis_core::is_known_peer_scheme;

/// What the catalogue says of a rule.
#[derive(Debug, Default)]
pub(crate) struct Row {
    pub(crate) severity: String,
    pub(crate) profile: String,
    pub(crate) condition: String,
    /// `scheme:id`
    pub(crate) peers: Vec<String>,
}

/// The row that `id` is named after, from the CSV files in `folder`.
pub(crate) fn row(folder: &Path, id: &str) -> Result<Option<Row>> {
    let (files, prefix): (&[&str], &str) = if id.starts_with("k8s-") {
        (&["kubernetes.csv", "kubernetes-extended.csv"], "k8s-")
    } else if id.starts_with("compose-") {
        (&["compose.csv"], "compose-")
    } else if id.starts_with("actions-") {
        (&["actions.csv"], "actions-")
    } else {
        (&["dockerfile.csv"], "docker-")
    };
    let name = id.strip_prefix(prefix).unwrap_or(id);
    for file in files {
        let path = folder.join(file);
        let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let headers = reader.headers()?.clone();
        for record in reader.records() {
            let record = record?;
            let field = |wanted: &str| {
                let column = headers.iter().position(|header| header == wanted);
                column.and_then(|column| record.get(column)).unwrap_or_default().to_owned()
            };
            if field("name") == name {
                return Ok(Some(Row {
                    severity: field("severity"),
                    profile: field("profile"),
                    condition: field("condition"),
                    peers: peers(&field("peers")),
                }));
            }
        }
    }
    Ok(None)
}

/// The peers of a cell in our notation. Prose (`none found`, `template x`, `(own)`) is left out.
fn peers(cell: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for part in without_parentheses(cell).split(';') {
        let part = part.trim();
        // `kl:a,b` in the Kubernetes catalogues, `hadolint DL3006` in the others.
        let Some((scheme, ids)) =
            part.split_once(':').filter(|(scheme, _)| !scheme.contains(' ')).or(part.split_once(' '))
        else {
            continue;
        };
        let mut before = String::new();
        for piece in ids.split([',', '+']) {
            let word = piece.split_whitespace().next().unwrap_or_default();
            let expanded = expand(word, &before);
            before = expanded.last().cloned().unwrap_or_default();
            for id in expanded {
                let peer = format!("{}:{id}", scheme_name(scheme));
                if is_id(&id) && is_known_peer_scheme(&peer) && !found.contains(&peer) {
                    found.push(peer);
                }
            }
        }
    }
    found
}

fn without_parentheses(text: &str) -> String {
    let mut depth = 0_usize;
    let mut kept = String::new();
    for character in text.chars() {
        match character {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ if depth == 0 => kept.push(character),
            _ => {}
        }
    }
    kept
}

fn scheme_name(written: &str) -> &str {
    match written {
        "kl" => "kube-linter",
        "tr" => "trivy",
        "ck" => "checkov",
        "po" => "polaris",
        "kc" => "kubescape",
        "ks" => "kube-score",
        "ps" => "pss",
        "kv" => "kyverno",
        other => other,
    }
}

/// An id as a peer writes it rather than a word of a sentence: `secret` and `template` are none.
fn is_id(word: &str) -> bool {
    let prose = ["issue", "secret", "template", "found", "family", "KCV", "shellcheck", "Pluto"];
    !word.is_empty() && !word.contains(['*', '#']) && !prose.contains(&word)
}

/// `75` after `CKV_K8S_74` is `CKV_K8S_75`, and `C-0118..C-0120` are three.
fn expand(word: &str, before: &str) -> Vec<String> {
    if let Some((first, last)) = word.split_once("..") {
        let (stem, from) = split_number(first);
        let (_, to) = split_number(last);
        if let (Ok(low), Ok(high)) = (from.parse::<u32>(), to.parse::<u32>()) {
            let width = from.len();
            return (low..=high.min(low.saturating_add(99))).map(|number| format!("{stem}{number:0width$}")).collect();
        }
    }
    if word.bytes().all(|byte| byte.is_ascii_digit()) {
        let (stem, _) = split_number(before);
        return vec![format!("{stem}{word}")];
    }
    vec![word.to_owned()]
}

fn split_number(id: &str) -> (&str, &str) {
    id.split_at(id.trim_end_matches(|c: char| c.is_ascii_digit()).len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn peers_are_written_our_way() {
        for (cell, expected) in [
            (
                "kl:host-pid; kc:C-0038,C-0275; ps:hostNamespaces",
                "kube-linter:host-pid kubescape:C-0038 kubescape:C-0275 pss:hostNamespaces",
            ),
            (
                "ck:CKV_K8S_74,75,77; kc:C-0118..C-0120",
                "checkov:CKV_K8S_74 checkov:CKV_K8S_75 checkov:CKV_K8S_77 kubescape:C-0118 kubescape:C-0119 kubescape:C-0120",
            ),
            ("kl:template image-pull-policy; kv:other/always-pull", "kyverno:other/always-pull"),
            ("tr:KCV family; none found as named check", ""),
            (
                "hadolint DL3006(warning); kics 9efb0b2d Image Version Not Explicit(Medium); trivy DS-0001(MEDIUM)",
                "hadolint:DL3006 kics:9efb0b2d trivy:DS-0001",
            ),
            (
                "hadolint DL3022(warning; many FP issues 197 271); trivy DS-0019(HIGH) + DS-0027(HIGH, microdnf)",
                "hadolint:DL3022 trivy:DS-0019 trivy:DS-0027",
            ),
            ("(own; CIS Docker 4.8)", ""),
            ("hadolint SC*; actionlint shellcheck; trivy secret scanner; hadolint issue #882 (open)", ""),
        ] {
            assert_eq!(peers(cell).join(" "), expected, "{cell}");
        }
    }
}
