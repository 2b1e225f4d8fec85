//! Versions of actions against the table of advisories.

use std::sync::Arc;

use portcullis_core::FileId;
use portcullis_model::actions::Workflow;
use portcullis_rules::{Context, Dispatch, Outcome, catalog};
use portcullis_syntax::{Dialect, yaml};

const HIGH: &str = "actions-known-vulnerable-actions";
const MODERATE: &str = "actions-known-vulnerable-actions-moderate";

/// The rules and messages of the findings about a step that uses `uses`.
fn judge(uses: &str) -> Vec<(String, String)> {
    let catalog = catalog();
    let wanted = [HIGH, MODERATE].map(|id| catalog.by_id(id).expect("it is a rule"));
    let dispatch = Dispatch::new(&catalog, Context::default(), |on| wanted.contains(&on));
    let text = format!("on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: {uses}\n");
    let tree = yaml::parse(FileId(0), &Arc::from(text), Dialect::Yaml12);
    let root = tree.documents().next().expect("there is a document").root;
    let mut outcome = Outcome::default();
    dispatch.workflow(&Workflow::new(root).expect("it is a mapping"), &mut outcome);
    let id = |draft: &portcullis_core::Draft| catalog.get(draft.rule).id.to_string();
    outcome.drafts.iter().map(|draft| (id(draft), draft.message.to_string())).collect()
}

#[test]
fn a_version_is_covered_where_every_version_it_can_stand_for_is() {
    let commit = "0123456789".repeat(4);
    for (uses, expected) in [
        // Whole versions, at both ends of a range.
        ("actions/download-artifact@v3.0.2", None),
        ("actions/download-artifact@v4.0.0", Some((HIGH, "GHSA-cxww-7g56-2vh6"))),
        ("actions/download-artifact@v4.1.2", Some((HIGH, "GHSA-cxww-7g56-2vh6"))),
        ("actions/download-artifact@v4.1.3", None),
        ("actions/download-artifact@v5.0.0", None),
        // Tags that move.
        ("actions/download-artifact@v4", None),
        ("actions/download-artifact@v4.0", Some((HIGH, "GHSA-cxww-7g56-2vh6"))),
        ("actions/download-artifact@v4.1", None),
        ("actions/download-artifact@v3", None),
        ("super-linter/super-linter@v5", None),
        ("super-linter/super-linter@v6", Some((HIGH, "GHSA-r79c-pqj3-577x"))),
        ("super-linter/super-linter@v7", Some((HIGH, "GHSA-r79c-pqj3-577x"))),
        ("super-linter/super-linter@v8", None),
        ("super-linter/super-linter/slim@v7", Some((HIGH, "GHSA-r79c-pqj3-577x"))),
        ("github/codeql-action/init@v2.26.11", Some((HIGH, "GHSA-vqf5-2xx6-9wfm"))),
        ("github/codeql-action/init@v2.26.10", None),
        ("github/codeql-action@v3.28.2", Some((HIGH, "GHSA-vqf5-2xx6-9wfm"))),
        ("github/codeql-action@v3.26.10", None),
        // Neither a version nor a commit that says one.
        ("actions/download-artifact@main", None),
        (&format!("actions/download-artifact@{commit}"), None),
        (&format!("actions/download-artifact@{commit} # v4.1.0"), Some((HIGH, "GHSA-cxww-7g56-2vh6"))),
        (&format!("actions/download-artifact@{commit} # tag=v4.1.3"), None),
        (&format!("actions/download-artifact@{commit} # newest"), None),
        // What was moved are tags.
        ("tj-actions/changed-files@v45", Some((HIGH, "GHSA-mrrh-fwg8-r2c3"))),
        (&format!("tj-actions/changed-files@{commit} # v45.0.3"), None),
        (&format!("tj-actions/changed-files@{commit} # v40.1.0"), Some((HIGH, "GHSA-mcph-m25j-8j63"))),
        ("tj-actions/changed-files@v46.0.1", None),
        ("aquasecurity/trivy-action@0.34.2", Some((HIGH, "GHSA-69fq-xp46-6x23"))),
        ("aquasecurity/trivy-action@v0.36.0", None),
        (&format!("aquasecurity/trivy-action@{commit} # v0.33.1"), Some((MODERATE, "GHSA-9p44-j4g5-cfx5"))),
        (&format!("aquasecurity/trivy-action@{commit} # v0.30.0"), None),
        // Names have no case, and an advisory may be about one workflow.
        ("SonarSource/sonarqube-scan-action@v5", Some((HIGH, "GHSA-5xq9-5g24-4g6f"))),
        ("kartverket/github-workflows/.github/workflows/run-terraform.yml@v2.7.4", Some((HIGH, "GHSA-f9qj-7gh3-mhj4"))),
        ("kartverket/github-workflows/.github/workflows/other.yml@v2.7.4", None),
        ("tj-actions/changed-files-else@v1", None),
        ("step-security/harden-runner@v2.15.0", Some((MODERATE, "GHSA-g699-3x6g-wm3g"))),
    ] {
        let found = judge(uses);
        let ids: Vec<(&str, bool)> = found
            .iter()
            .map(|(rule, message)| (rule.as_str(), expected.is_some_and(|(_, id)| message.contains(id))))
            .collect();
        let wanted: Vec<(&str, bool)> = expected.iter().map(|(rule, _)| (*rule, true)).collect();
        assert_eq!(ids, wanted, "{uses}: {found:?}");
    }
}
