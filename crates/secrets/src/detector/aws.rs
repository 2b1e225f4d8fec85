//! Keys of Amazon Web Services.

use portcullis_core::Severity;

use super::{Detector, checksum};

pub(super) static DETECTORS: &[Detector] = &[
    Detector {
        id: "secret-aws-access-key-id",
        what: "the id of an AWS access key",
        title: "Id of an AWS access key is written in a file",
        docs: "Half of a credential: with its secret, which mostly stands nearby, whoever has it acts as the user or role. Deactivate it in IAM and make another.",
        keywords: &["akia", "asia", "abia", "acca"],
        pattern: "(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}",
        entropy: 2.5,
        verify: Some(checksum::is_aws_key_id),
        peers: &["gitleaks:aws-access-token"],
        positives: &["aws_access_key_id = {aws:AKIA}", "id: \"{aws:ASIA}\"", "\"\\n{aws:AKIA}\\n\""],
        negatives: &["AKIA{U8}", "id: xAKIA{B16}", "AKIA{B24}"],
        ..Detector::DEFAULT
    },
    Detector {
        id: "secret-aws-secret-access-key",
        what: "the secret of an AWS access key",
        title: "Secret of an AWS access key is written in a file",
        docs: "With the id of the key whoever has it acts as the user in the account. Deactivate it in IAM and make another.",
        severity: Severity::Critical,
        keywords: &[
            "secret_access_key",
            "secretaccesskey",
            "secret-access-key",
            "aws_secret",
            "awssecret",
            "aws-secret",
            "aws.secret",
            "s3_secret",
            "s3.secret",
            "akia",
        ],
        pattern: r#"(?:(?i:(?:aws|s3|amazon)[_.\-]?secret(?:[_.\-]?access)?(?:[_.\-]?key)?|secret[_.\-]?access[_.\-]?key)["'`\])\\]{0,4}[ \t]{0,20}(?:=>|:=|[=:,])[ \t]{0,20}[\\"'`]{0,3}|AKIA[A-Z2-7]{16}:)(?P<secret>[A-Za-z0-9/+]{40})(?:[^A-Za-z0-9/+=]|$)"#,
        entropy: 4.15,
        positives: &[
            "aws_secret_access_key = {b40}",
            "AWS_SECRET_ACCESS_KEY: \"{b40}\"",
            "secretAccessKey: '{b40}',",
            "{\"aws:secret-access-key\": \"{b40}\"}",
            "s3_secret_key={b40}",
        ],
        negatives: &[
            "aws_secret_access_key = {x40}",
            "aws_secret_access_key = {h40}",
            "aws_secret_access_key = {b36}",
            "sha={b40}",
        ],
        ..Detector::DEFAULT
    },
    Detector {
        id: "secret-aws-session-token",
        what: "a session token of AWS",
        title: "Session token of AWS is written in a file",
        docs: "Together with its key whoever has it acts as a role until it expires. Revoke the sessions of the role.",
        severity: Severity::Medium,
        keywords: &["iqojb3jpz2lu", "fwogzxivyxdz", "fqogzxivyxdz"],
        pattern: "(?:IQoJb3JpZ2lu|F[wQ]oGZXIvYXdz)[A-Za-z0-9+/]{100,}={0,2}",
        entropy: 4.0,
        reach: 4_000,
        positives: &["aws_session_token = IQoJb3JpZ2lu{b300}", "token: FwoGZXIvYXdz{b280}=="],
        negatives: &["aws_session_token = IQoJb3JpZ2lu{x300}", "aws_session_token = IQoJb3JpZ2lu{b40}"],
        ..Detector::DEFAULT
    },
    Detector {
        id: "secret-aws-bedrock-key",
        what: "an API key of Amazon Bedrock",
        title: "API key of Amazon Bedrock is written in a file",
        docs: "Whoever has it calls models on the account's bill. Delete it in IAM.",
        keywords: &["abskqmvkcm9ja0fqsutles", "bedrock-api-key-ymvkcm9jay5hbwf6b25hd3muy29t"],
        pattern: "ABSKQmVkcm9ja0FQSUtleS[A-Za-z0-9+/]{80,300}={0,2}|bedrock-api-key-YmVkcm9jay5hbWF6b25hd3MuY29t[A-Za-z0-9+/]{60,}={0,2}",
        entropy: 3.0,
        reach: 3_000,
        peers: &["gitleaks:aws-amazon-bedrock-api-key-long-lived", "gitleaks:aws-amazon-bedrock-api-key-short-lived"],
        positives: &["key: ABSKQmVkcm9ja0FQSUtleS{b110}", "key: bedrock-api-key-YmVkcm9jay5hbWF6b25hd3MuY29t{b200}"],
        negatives: &["key: ABSKQmVkcm9ja0FQSUtleS{x110}", "ABSKQmVkcm9ja0FQSUtleS{b20}"],
        ..Detector::DEFAULT
    },
    Detector {
        id: "secret-aws-appsync-key",
        what: "an API key of AWS AppSync",
        title: "API key of AWS AppSync is written in a file",
        docs: "Whoever has it queries the API as its front end does. Delete it in AppSync.",
        severity: Severity::Medium,
        keywords: &["da2-"],
        pattern: "da2-[a-z0-9]{26}",
        entropy: 3.0,
        positives: &["apiKey: \"da2-{a26}\""],
        negatives: &["apiKey: \"da2-{x26}\"", "da2-{a20}", "ada2-{a26}"],
        ..Detector::DEFAULT
    },
    Detector {
        id: "secret-aws-marketplace-token",
        what: "an authorization token of Amazon MWS",
        title: "Authorization token of Amazon MWS is written in a file",
        docs: "Whoever has it reads and changes orders of the seller. Revoke it in Seller Central.",
        keywords: &["amzn.mws."],
        pattern: r"amzn\.mws\.[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}",
        positives: &["token = amzn.mws.{uuid}"],
        negatives: &["token = amzn.mws.{x8}-{x4}-{x4}-{x4}-{x12}", "amzn.mws.{h20}"],
        ..Detector::DEFAULT
    },
    Detector {
        id: "secret-amazon-oauth-secret",
        what: "a client secret of Login with Amazon",
        title: "Client secret of Login with Amazon is written in a file",
        docs: "Whoever has it signs users in under the application's name. Make another in the security profile.",
        keywords: &["amzn1.oa2-cs.v1."],
        pattern: r"amzn1\.oa2-cs\.v1\.[0-9a-f]{64}",
        positives: &["client_secret: amzn1.oa2-cs.v1.{h64}"],
        negatives: &["client_secret: amzn1.oa2-cs.v1.{x64}", "amzn1.oa2-cs.v1.{h30}"],
        ..Detector::DEFAULT
    },
];
