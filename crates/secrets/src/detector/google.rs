//! Keys of Google Cloud and Firebase.

use portcullis_core::Severity;

use super::{Detector, Prevalence, checksum};

pub(super) static DETECTORS: &[Detector] = &[
    Detector {
        id: "secret-google-service-account-key",
        what: "a key of a Google service account",
        title: "Key of a Google service account is written in a file",
        docs: "Whoever has it acts as the service account wherever it has roles. Delete the key in IAM.",
        severity: Severity::Critical,
        keywords: &["private_key_id"],
        pattern: r#"private_key_id\\*"\s*:[^}]{20,200}?private_key\\*"\s*:\s*\\*"(?P<secret>-----BEGIN PRIVATE KEY-----[^"]{64,}-----END PRIVATE KEY-----)"#,
        reach: 6_000,
        verify: Some(checksum::is_private_key),
        positives: &[
            "{\"type\": \"service_account\", \"private_key_id\": \"{h40}\", \"private_key\": \"{pem1:PRIVATE KEY}\\n\"}",
        ],
        negatives: &["{\"private_key_id\": \"{h40}\", \"private_key\": \"...\"}"],
        ..Detector::DEFAULT
    },
    Detector {
        id: "secret-google-api-key",
        what: "a Google API key",
        title: "Google API key is written in a file",
        docs: "What it opens depends on its restrictions: often nothing is restricted, and others use services on the project's bill. Restrict or delete it in the console.",
        keywords: &["aiza"],
        pattern: r"AIza[\w\-]{35}",
        entropy: 3.5,
        peers: &["gitleaks:gcp-api-key"],
        positives: &["key: AIza{A35}", "https://maps.googleapis.com/maps/api/js?key=AIza{A35}&v=3"],
        negatives: &["key: AIza{x35}", "AIza{A20}", "xAIza{A35}", "AIza{A40}"],
        ..Detector::DEFAULT
    },
    Detector {
        id: "secret-google-oauth-secret",
        what: "a client secret of Google OAuth",
        title: "Client secret of Google OAuth is written in a file",
        docs: "Whoever has it signs users in under the application's name. Reset it in the console.",
        keywords: &["gocspx-"],
        pattern: r"GOCSPX-[\w\-]{28}",
        entropy: 3.0,
        positives: &["client_secret: GOCSPX-{A28}"],
        negatives: &["client_secret: GOCSPX-{x28}", "GOCSPX-{A10}"],
        ..Detector::DEFAULT
    },
    Detector {
        id: "secret-google-oauth-secret-setting",
        what: "a client secret of Google OAuth",
        title: "Client secret of Google OAuth under its name is written in a file",
        docs: "Whoever has it signs users in under the application's name. Reset it in the console.",
        keywords: &["google_client_secret", "google_oauth", "googleclientsecret", "google_secret"],
        pattern: assigned!("google_?(?:oauth2?_?)?(?:client_?)?secret", r"[\w\-]{24}"),
        entropy: 3.5,
        prevalence: Prevalence::Likely,
        positives: &["GOOGLE_CLIENT_SECRET={A24}"],
        negatives: &["GOOGLE_CLIENT_SECRET={x24}", "GOOGLE_CLIENT_SECRET={A10}"],
        ..Detector::DEFAULT
    },
    Detector {
        id: "secret-google-access-token",
        what: "an access token of Google",
        title: "Access token of Google is written in a file",
        docs: "Whoever has it acts as the user or service account until it expires. Revoke it.",
        keywords: &["ya29."],
        pattern: r"ya29\.[\w\-]{40,}",
        entropy: 3.5,
        reach: 2_100,
        positives: &["Authorization: Bearer ya29.{A120}"],
        negatives: &["Authorization: Bearer ya29.{x120}", "ya29.{A20}"],
        ..Detector::DEFAULT
    },
    Detector {
        id: "secret-google-refresh-token",
        what: "a refresh token of Google",
        title: "Refresh token of Google is written in a file",
        docs: "Whoever has it and the client's secret gets new access tokens of the user. Remove the application's access in the account.",
        keywords: &["1//0"],
        pattern: r"1//0[\w\-]{40,120}",
        entropy: 3.8,
        positives: &["refresh_token = 1//0{A60}"],
        negatives: &["refresh_token = 1//0{x60}", "1//0{A20}", "http://1//0"],
        ..Detector::DEFAULT
    },
    Detector {
        id: "secret-google-hmac-key",
        what: "the id of an HMAC key of Google Cloud Storage",
        title: "Id of an HMAC key of Google Cloud Storage is written in a file",
        docs: "With its secret, which mostly stands nearby, whoever has it reads and writes buckets. Deactivate it in the settings of Cloud Storage.",
        keywords: &["goog1e"],
        pattern: "GOOG1E[A-Z0-9]{55}",
        entropy: 3.0,
        positives: &["access_id: GOOG1E{U55}"],
        negatives: &["access_id: GOOG1E{x55}", "GOOG1E{U20}"],
        ..Detector::DEFAULT
    },
    Detector {
        id: "secret-firebase-server-key",
        what: "a server key of Firebase Cloud Messaging",
        title: "Server key of Firebase Cloud Messaging is written in a file",
        docs: "Whoever has it sends messages to every user of the application. Delete it in the project settings.",
        keywords: &[":apa91b"],
        pattern: r"AAAA[\w\-]{7}:APA91b[\w\-]{134}",
        entropy: 3.5,
        positives: &["fcm: AAAA{A7}:APA91b{A134}"],
        negatives: &["fcm: AAAA{x7}:APA91b{x134}", "AAAA{A7}:APA91b{A40}"],
        ..Detector::DEFAULT
    },
    Detector {
        id: "secret-google-recaptcha-secret",
        what: "a secret of Google reCAPTCHA",
        title: "Secret of Google reCAPTCHA is written in a file",
        docs: "Whoever has it answers for the site that a visitor is no machine. Make another in the console.",
        severity: Severity::Medium,
        keywords: &["recaptcha"],
        pattern: assigned!(r"re?captcha[\w.\-]{0,20}(?:secret|private)", r"6L[\w\-]{38}"),
        entropy: 3.5,
        prevalence: Prevalence::Likely,
        positives: &["RECAPTCHA_SECRET_KEY=6L{A38}"],
        negatives: &["RECAPTCHA_SECRET_KEY=6L{x38}", "RECAPTCHA_SITE_KEY=6L{A38}"],
        ..Detector::DEFAULT
    },
];
