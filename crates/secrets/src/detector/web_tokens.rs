//! JSON web tokens, and what else speaks in HTTP headers.

use super::{Detector, Prevalence, checksum};

pub(super) static DETECTORS: &[Detector] = &[
    Detector {
        id: "secret-json-web-token",
        what: "a JSON web token",
        title: "JSON web token is written in a file",
        docs: "Whoever has it is its subject until it expires. Rotate what it was signed with, or revoke it.",
        keywords: &[".eyj"],
        pattern: r"ey[A-Za-z0-9_\-]{14,}={0,2}\.eyJ[A-Za-z0-9_\-]{12,}={0,2}\.[A-Za-z0-9_\-]{16,}",
        entropy: 3.0,
        before: 2_000,
        reach: 6_000,
        verify: Some(checksum::is_web_token),
        peers: &["gitleaks:jwt"],
        positives: &["token: {jwt}", "Authorization: Bearer {jwt}"],
        negatives: &["token: eyJ{A20}.eyJ{A30}.{A40}", "{jwt:1234567890}"],
        ..Detector::DEFAULT
    },
    Detector {
        id: "secret-basic-authorization",
        what: "a user and password in an Authorization header",
        title: "User and password in an Authorization header is written in a file",
        docs: "Whoever has it signs in as the user. Change the password.",
        keywords: &["authorization"],
        pattern: r#"(?i:authorization["\']?\s{0,4}[:=,]\s{0,4}["\'`]?basic\s{1,4})(?P<secret>[A-Za-z0-9+/]{8,}={0,2})"#,
        verify: Some(checksum::is_basic_auth),
        peers: &["gitleaks:curl-auth-header"],
        positives: &["Authorization: Basic {basic}"],
        negatives: &["Authorization: Basic ${TOKEN}", "Authorization: Basic {A8}"],
        ..Detector::DEFAULT
    },
    Detector {
        id: "secret-bearer-authorization",
        what: "a bearer token in an Authorization header",
        title: "Bearer token in an Authorization header is written in a file",
        docs: "Whoever has it acts as the client that it was issued to. Revoke it.",
        keywords: &["authorization"],
        pattern: r#"(?i:authorization["\']?\s{0,4}[:=,]\s{0,4}["\'`]?(?:bearer|token)\s{1,4})(?P<secret>[A-Za-z0-9_\-.~+/]{20,}={0,2})"#,
        entropy: 3.7,
        reach: 2_200,
        verify: Some(checksum::has_digits),
        prevalence: Prevalence::Likely,
        positives: &["curl -H \"Authorization: Bearer {A40}\""],
        negatives: &[
            "curl -H \"Authorization: Bearer {x40}\"",
            "Authorization: Bearer $TOKEN",
            "Authorization: Bearer your-access-token-goes-here",
            "Authorization: Bearer process.env.ACCESS_TOKEN",
        ],
        ..Detector::DEFAULT
    },
];
