//! Tokens of the hosts of repositories.

use portcullis_core::Severity;

use super::Detector;

pub(super) static DETECTORS: &[Detector] = &[Detector {
    id: "secret-gitlab-token",
    what: "a GitLab personal access token",
    title: "GitLab personal access token is written in a file",
    docs: "Whoever has it acts as the user in GitLab, as far as the token's scopes reach. Revoke it in the user's settings.",
    severity: Severity::Critical,
    keywords: &["glpat-"],
    pattern: r"\bglpat-[0-9A-Za-z_\-]{20,}",
    entropy: 3.0,
    peers: &["gitleaks:gitlab-pat"],
    positives: &["token: glpat-{A20}"],
    negatives: &["token: glpat-{x20}"],
    ..Detector::DEFAULT
}];
