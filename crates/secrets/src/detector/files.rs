//! Files in which programs keep passwords: each line says whose.

use portcullis_core::Severity;

use super::{Detector, Prevalence};

pub(super) static DETECTORS: &[Detector] = &[
    Detector {
        id: "secret-htpasswd-line",
        what: "a password hash of an .htpasswd",
        title: "Password hash of an .htpasswd is written in a file",
        docs: "Weak passwords can be guessed from it. Keep the file outside of the repository, and change the password.",
        severity: Severity::Medium,
        keywords: &["$apr1$", ":{sha}", ":$2y$", ":$$2y$$"],
        pattern: r#"(?m)(?:^|["\'\s,=:])[\w.@\-]{1,60}:(?:\$\$?apr1\$\$?[./A-Za-z0-9]{1,8}\$\$?|\$\$?2y\$\$?\d\d\$\$?|\{SHA\})(?P<secret>[./+A-Za-z0-9]{22,53}=?)"#,
        entropy: 3.0,
        prevalence: Prevalence::Likely,
        positives: &["shop:$apr1${A8}${A22}", "shop:{SHA}{A27}=", "users: \"shop:$$2y$$05$${A53}\""],
        negatives: &["shop:$apr1${x8}${x22}", "shop:$apr1$x", "hash = $2y$05${A53}"],
        ..Detector::DEFAULT
    },
    Detector {
        id: "secret-netrc-password",
        what: "a password in a .netrc",
        title: "Password in a .netrc is written in a file",
        docs: "Whoever has it signs in to the machine as the user. Change it.",
        keywords: &["machine "],
        pattern: r#"machine[ \t]+\S{3,200}\s+login[ \t]+\S{1,200}\s+password[ \t]+(?P<secret>[^\s"\'\\$`]{4,200})"#,
        positives: &[
            "machine git.example.org login shop password {A16}",
            "machine git.example.org\n  login shop\n  password {A16}",
        ],
        negatives: &[
            "machine git.example.org login shop password {x16}",
            "machine git.example.org login shop password ${TOKEN}",
            "the machine asks for login and password",
        ],
        ..Detector::DEFAULT
    },
    Detector {
        id: "secret-pgpass-password",
        what: "a password in a .pgpass",
        title: "Password in a .pgpass is written in a file",
        docs: "Whoever has it and reaches the server signs in to the database. Change it.",
        keywords: &[":5432:"],
        pattern: r"(?m)^[\w.*\-]{1,100}:5432:[\w*\-]{1,60}:[\w*\-]{1,60}:(?P<secret>[^\s:$]{4,100})\r?$",
        positives: &["db.example.org:5432:shop:shop:{A12}"],
        negatives: &["db.example.org:5432:shop:shop:{x12}", "db.example.org:5432:shop:shop:$PASSWORD", "db:5432:5432"],
        ..Detector::DEFAULT
    },
];
