//! Tokens of GitHub.

use portcullis_core::Severity;

use super::{Detector, Prevalence, checksum};

pub(super) static DETECTORS: &[Detector] = &[
    Detector {
        id: "secret-github-personal-token",
        what: "a personal access token of GitHub",
        title: "Personal access token of GitHub is written in a file",
        docs: "Whoever has it acts as the user as far as the scopes reach, mostly in every repository. Revoke it in the developer settings.",
        severity: Severity::Critical,
        keywords: &["ghp_"],
        pattern: "ghp_[A-Za-z0-9]{36,255}",
        entropy: 3.0,
        verify: Some(checksum::is_base62_checked),
        peers: &["gitleaks:github-pat"],
        positives: &["token: ghp_{github}", "https://ghp_{github}@github.com/a/b", "\"\\nghp_{github}\\n\""],
        negatives: &["token: ghp_{x36}", "token: ghp_{A36}", "ghp_{A12}"],
        ..Detector::DEFAULT
    },
    Detector {
        id: "secret-github-oauth-token",
        what: "an OAuth token of GitHub",
        title: "OAuth token of GitHub is written in a file",
        docs: "Whoever has it acts as the user as far as the application may. Revoke the application's access.",
        severity: Severity::Critical,
        keywords: &["gho_"],
        pattern: "gho_[A-Za-z0-9]{36,255}",
        entropy: 3.0,
        verify: Some(checksum::is_base62_checked),
        peers: &["gitleaks:github-oauth"],
        positives: &["token: gho_{github}"],
        negatives: &["token: gho_{x36}", "token: gho_{A36}"],
        ..Detector::DEFAULT
    },
    Detector {
        id: "secret-github-app-token",
        what: "a token of a GitHub App",
        title: "Token of a GitHub App is written in a file",
        docs: "Whoever has it acts as the installation or its user until it expires, after an hour or eight.",
        keywords: &["ghu_", "ghs_"],
        pattern: "gh[us]_[A-Za-z0-9]{36,255}",
        entropy: 3.0,
        verify: Some(checksum::is_base62_checked),
        peers: &["gitleaks:github-app-token"],
        positives: &["token: ghs_{github}", "token: ghu_{github}"],
        negatives: &["token: ghs_{x36}", "token: ghs_{A36}"],
        ..Detector::DEFAULT
    },
    Detector {
        id: "secret-github-refresh-token",
        what: "a refresh token of a GitHub App",
        title: "Refresh token of a GitHub App is written in a file",
        docs: "Whoever has it gets new tokens of the user for six months. Revoke the application's access.",
        severity: Severity::Critical,
        keywords: &["ghr_"],
        pattern: "ghr_[A-Za-z0-9]{36,255}",
        entropy: 3.0,
        verify: Some(checksum::is_base62_checked),
        peers: &["gitleaks:github-refresh-token"],
        positives: &["token: ghr_{A76}"],
        negatives: &["token: ghr_{x76}", "ghr_{A12}"],
        ..Detector::DEFAULT
    },
    Detector {
        id: "secret-github-fine-grained-token",
        what: "a fine-grained personal access token of GitHub",
        title: "Fine-grained personal access token of GitHub is written in a file",
        docs: "Whoever has it acts as the user in the repositories that it is for. Revoke it in the developer settings.",
        severity: Severity::Critical,
        keywords: &["github_pat_"],
        pattern: "github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}",
        entropy: 3.5,
        peers: &["gitleaks:github-fine-grained-pat"],
        positives: &["token: github_pat_{A22}_{A59}"],
        negatives: &["token: github_pat_{x22}_{x59}", "github_pat_{A12}"],
        ..Detector::DEFAULT
    },
    Detector {
        id: "secret-github-old-token",
        what: "a token of GitHub from before 2021, or a client secret",
        title: "Token of GitHub from before 2021, or a client secret is written in a file",
        docs: "Whoever has it acts as the user or the application. Revoke it in the developer settings.",
        severity: Severity::Critical,
        keywords: &[
            "github_token",
            "githubtoken",
            "github_pat",
            "github_access",
            "github_api",
            "github-token",
            "github_secret",
            "github_client_secret",
            "github_oauth",
            "gh_token",
            "github-oauth",
            "githubclientsecret",
        ],
        pattern: r#"(?i:(?:github|gh)[_.\-]?(?:access|api|oauth|personal|client|app)?[_.\-]?(?:access)?[_.\-]?(?:token|pat|secret|key)|github-oauth["']?\s{0,8}:\s{0,8}\{\s{0,40}["']github\.com)["'`\])]{0,3}[ \t]{0,20}(?:=>|:=|[=:,])[ \t]{0,20}["'`]{0,2}(?P<secret>[0-9a-f]{40})"#,
        entropy: 3.0,
        prevalence: Prevalence::Likely,
        positives: &["GITHUB_TOKEN={h40}", "\"github-oauth\": {\"github.com\": \"{h40}\"}"],
        negatives: &["GITHUB_TOKEN={x40}", "GITHUB_TOKEN={h20}", "GITHUB_SHA={h40}"],
        ..Detector::DEFAULT
    },
];
