//! Tokens of other hosts of repositories.

use portcullis_core::Severity;

use super::{Detector, Prevalence};

pub(super) static DETECTORS: &[Detector] = &[
    Detector {
        id: "secret-bitbucket-app-password",
        what: "an app password of Bitbucket",
        title: "App password of Bitbucket is written in a file",
        docs: "Whoever has it and the user's name acts as the user as far as it may. Revoke it in the personal settings.",
        severity: Severity::Critical,
        keywords: &["atbb"],
        pattern: "ATBB[A-Za-z0-9]{28}[0-9A-F]{8}|ATBB[A-Za-z0-9]{32}",
        entropy: 3.5,
        positives: &["password: ATBB{A24}{H8}", "password: ATBB{A28}{H8}"],
        negatives: &["password: ATBB{x24}{x8}", "ATBB{A10}"],
        ..Detector::DEFAULT
    },
    Detector {
        id: "secret-bitbucket-access-token",
        what: "an access token of a Bitbucket repository or workspace",
        title: "Access token of a Bitbucket repository or workspace is written in a file",
        docs: "Whoever has it reads or writes the repositories that it is for. Revoke it in the settings.",
        severity: Severity::Critical,
        keywords: &["atctt3xffgn0"],
        pattern: r"ATCTT3xFfGN0[\w\-]{100,300}={0,2}[0-9A-F]{0,8}",
        entropy: 3.5,
        reach: 500,
        positives: &["token: ATCTT3xFfGN0{A160}"],
        negatives: &["token: ATCTT3xFfGN0{x160}", "ATCTT3xFfGN0{A20}"],
        ..Detector::DEFAULT
    },
    Detector {
        id: "secret-bitbucket-client-secret",
        what: "a client secret of Bitbucket",
        title: "Client secret of Bitbucket is written in a file",
        docs: "Whoever has it and the client's id acts as the consumer. Delete the consumer.",
        keywords: &["bitbucket"],
        pattern: assigned!(r"bitbucket[\w.\-]{0,20}secret", r"[A-Za-z0-9_\-=]{32,64}"),
        entropy: 3.8,
        peers: &["gitleaks:bitbucket-client-secret"],
        prevalence: Prevalence::Likely,
        positives: &["BITBUCKET_CLIENT_SECRET={A32}"],
        negatives: &["BITBUCKET_CLIENT_SECRET={x32}", "BITBUCKET_CLIENT_SECRET={A12}", "BITBUCKET_CLIENT_ID={A18}"],
        ..Detector::DEFAULT
    },
    Detector {
        id: "secret-bitbucket-server-token",
        what: "an HTTP access token of Bitbucket Data Center",
        title: "HTTP access token of Bitbucket Data Center is written in a file",
        docs: "Whoever has it reads or writes the repositories of its user. Revoke it in the account.",
        severity: Severity::Critical,
        keywords: &["bbdc-"],
        pattern: "BBDC-[A-Za-z0-9+/@=]{40,50}",
        entropy: 3.8,
        positives: &["token: BBDC-{b44}"],
        negatives: &["token: BBDC-{x44}", "BBDC-{A10}"],
        ..Detector::DEFAULT
    },
    Detector {
        id: "secret-gitea-token",
        what: "an access token of Gitea or Forgejo",
        title: "Access token of Gitea or Forgejo is written in a file",
        docs: "Whoever has it acts as the user. Delete it in the user's settings.",
        severity: Severity::Critical,
        keywords: &["gitea", "forgejo"],
        pattern: assigned!(r"(?:gitea|forgejo)[\w.\-]{0,20}(?:token|key|secret)", "[0-9a-f]{40}"),
        entropy: 3.0,
        prevalence: Prevalence::Likely,
        positives: &["GITEA_TOKEN={h40}"],
        negatives: &["GITEA_TOKEN={x40}", "GITEA_TOKEN={h20}", "GITEA_VERSION={h40}"],
        ..Detector::DEFAULT
    },
    Detector {
        id: "secret-sourcegraph-token",
        what: "an access token of Sourcegraph",
        title: "Access token of Sourcegraph is written in a file",
        docs: "Whoever has it searches all code that the user sees. Delete it in the user's settings.",
        keywords: &["sgp_", "sourcegraph"],
        pattern: r#"sgp_(?:(?:[0-9a-fA-F]{16}|local)_)?[0-9a-fA-F]{40}|(?i:sourcegraph[\w.\-]{0,20}token["\'`]{0,2}[ \t]{0,8}[=:][ \t]{0,8}["\'`]?)(?P<secret>[0-9a-f]{40})"#,
        entropy: 3.0,
        peers: &["gitleaks:sourcegraph-access-token"],
        positives: &["SRC_ACCESS_TOKEN=sgp_{h16}_{h40}", "token: sgp_{h40}", "sourcegraph_token: {h40}"],
        negatives: &["SRC_ACCESS_TOKEN=sgp_{x16}_{x40}", "sgp_{h10}"],
        ..Detector::DEFAULT
    },
    Detector {
        id: "secret-phabricator-token",
        what: "an API token of Phabricator",
        title: "API token of Phabricator is written in a file",
        docs: "Whoever has it acts as the user. Terminate it in the settings.",
        keywords: &["phabricator", "conduit", "phab_token"],
        pattern: assigned!(r"(?:phabricator|conduit|phab)[\w.\-]{0,20}(?:token|key)", "(?:api|cli)-[a-z0-9]{28}"),
        entropy: 3.0,
        prevalence: Prevalence::Likely,
        positives: &["PHABRICATOR_TOKEN=api-{a28}"],
        negatives: &["PHABRICATOR_TOKEN=api-{x28}", "PHABRICATOR_TOKEN=api-{a8}"],
        ..Detector::DEFAULT
    },
    Detector {
        id: "secret-gitbook-token",
        what: "an API token of GitBook",
        title: "API token of GitBook is written in a file",
        docs: "Whoever has it reads and writes the user's spaces. Delete it in the developer settings.",
        severity: Severity::Medium,
        keywords: &["gb_api_"],
        pattern: "gb_api_[A-Za-z0-9]{40}",
        entropy: 3.5,
        positives: &["token: gb_api_{A40}"],
        negatives: &["token: gb_api_{x40}", "gb_api_{A10}"],
        ..Detector::DEFAULT
    },
    Detector {
        id: "secret-jetbrains-token",
        what: "a permanent token of YouTrack, Hub or JetBrains Marketplace",
        title: "Permanent token of YouTrack, Hub or JetBrains Marketplace is written in a file",
        docs: "Whoever has it acts as the user. Delete it in the profile.",
        keywords: &["perm:", "perm-"],
        pattern: r"perm[:\-][A-Za-z0-9+/=\-]{4,60}\.[A-Za-z0-9+/=\-]{4,60}\.[A-Za-z0-9]{26,50}",
        entropy: 3.5,
        positives: &["token: perm:{A12}=.{A8}.{A30}"],
        negatives: &["token: perm:{x12}=.{x8}.{x30}", "perm:{A6}", "perm:{A8}.{A8}.{A8}"],
        ..Detector::DEFAULT
    },
];
