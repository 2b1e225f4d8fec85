//! Keys of Alibaba Cloud, Tencent Cloud, Baidu and Volcengine.

use portcullis_core::Severity;

use super::{Detector, Prevalence};

pub(super) static DETECTORS: &[Detector] = &[
    Detector {
        id: "secret-alibaba-access-key-id",
        what: "the id of an Alibaba Cloud access key",
        title: "Id of an Alibaba Cloud access key is written in a file",
        docs: "Half of a credential: its secret mostly stands nearby. Disable it in RAM.",
        keywords: &["ltai"],
        pattern: "LTAI[A-Za-z0-9]{12,20}",
        entropy: 3.0,
        peers: &["gitleaks:alibaba-access-key-id"],
        positives: &["accessKeyId: LTAI{A20}"],
        negatives: &["accessKeyId: LTAI{x20}", "LTAI{A6}", "xLTAI{A20}"],
        ..Detector::DEFAULT
    },
    Detector {
        id: "secret-alibaba-secret-key",
        what: "the secret of an Alibaba Cloud access key",
        title: "Secret of an Alibaba Cloud access key is written in a file",
        docs: "Whoever has it and the id acts as the user in the account. Disable it in RAM.",
        severity: Severity::Critical,
        keywords: &["alibaba", "aliyun", "alicloud", "accesskeysecret", "access_key_secret", "access-key-secret"],
        pattern: assigned!(
            r"(?:alibaba|aliyun|alicloud)[\w.\-]{0,30}(?:secret|key)|access_?-?key_?-?secret",
            "[A-Za-z0-9]{30}"
        ),
        entropy: 3.8,
        peers: &["gitleaks:alibaba-secret-key"],
        prevalence: Prevalence::Likely,
        positives: &["ALICLOUD_SECRET_KEY={A30}", "accessKeySecret: \"{A30}\""],
        negatives: &["ALICLOUD_SECRET_KEY={x30}", "ALICLOUD_SECRET_KEY={A12}", "aliyun_region={a30}"],
        ..Detector::DEFAULT
    },
    Detector {
        id: "secret-tencent-secret-id",
        what: "the id of a Tencent Cloud key",
        title: "Id of a Tencent Cloud key is written in a file",
        docs: "Half of a credential: its secret mostly stands nearby. Disable it in CAM.",
        keywords: &["akid"],
        pattern: "AKID[A-Za-z0-9]{32}",
        entropy: 3.5,
        positives: &["secretId: AKID{A32}"],
        negatives: &["secretId: AKID{x32}", "AKID{A12}"],
        ..Detector::DEFAULT
    },
    Detector {
        id: "secret-tencent-secret-key",
        what: "the secret of a Tencent Cloud key",
        title: "Secret of a Tencent Cloud key is written in a file",
        docs: "Whoever has it and the id acts as the user in the account. Disable it in CAM.",
        severity: Severity::Critical,
        keywords: &["tencent", "qcloud"],
        pattern: assigned!(r"(?:tencent(?:cloud)?|qcloud)[\w.\-]{0,20}secret_?-?key", "[A-Za-z0-9]{32}"),
        entropy: 3.5,
        prevalence: Prevalence::Likely,
        positives: &["TENCENTCLOUD_SECRET_KEY={A32}"],
        negatives: &["TENCENTCLOUD_SECRET_KEY={x32}", "TENCENTCLOUD_SECRET_KEY={A12}"],
        ..Detector::DEFAULT
    },
    Detector {
        id: "secret-baidu-key",
        what: "an API key of Baidu Cloud",
        title: "API key of Baidu Cloud is written in a file",
        docs: "Whoever has it calls the services on the account's bill. Delete it in the console.",
        keywords: &["bce-v3/altak-"],
        pattern: "bce-v3/ALTAK-[A-Za-z0-9]{21}/[0-9a-f]{40}",
        positives: &["key: bce-v3/ALTAK-{A21}/{h40}"],
        negatives: &["key: bce-v3/ALTAK-{x21}/{x40}", "bce-v3/ALTAK-{A5}/{h10}"],
        ..Detector::DEFAULT
    },
    Detector {
        id: "secret-volcengine-access-key-id",
        what: "the id of a Volcengine access key",
        title: "Id of a Volcengine access key is written in a file",
        docs: "Half of a credential: its secret mostly stands nearby. Disable it in IAM.",
        keywords: &["aklt"],
        pattern: r"AKLT[A-Za-z0-9_\-]{43,60}",
        entropy: 3.8,
        positives: &["accessKeyId: AKLT{A44}"],
        negatives: &["accessKeyId: AKLT{x44}", "AKLT{A12}"],
        ..Detector::DEFAULT
    },
];
