//! The section `secrets` of the configuration, and what other tools' files about secrets come to.

#![allow(clippy::unwrap_used, reason = "a panic in a helper is the failure message")]

use std::path::Path;

use portcullis_engine::config::{Config, import_texts};

/// `line:column message` of each error, and the help behind ` | `.
fn errors(text: &str) -> Vec<String> {
    let (_, errors) = Config::parse(text, &portcullis_rules::catalog());
    let shown = errors.into_iter().map(|error| {
        let help = error.help.map(|help| format!(" | {help}")).unwrap_or_default();
        format!("{}:{} {}{help}", error.line, error.column, error.message)
    });
    shown.collect()
}

#[test]
fn mistakes_are_told_where_they_stand() {
    let cases: &[(&str, &[&str])] = &[
        ("secrets:\n", &[]),
        (
            "secrets:\n  rules:\n    - { id: secret-acme, regex: 'acme_[0-9a-f]{32}' }\nrules: { secret-acme: low }\n",
            &[],
        ),
        ("secrets:\n  rules:\n    - { id: secret-key-file, path: '\\.key$', severity: critical }\n", &[]),
        (
            "secrets:\n  rules:\n    - { id: acme-token, regex: a }\n",
            &[
                "3:13 `acme-token` cannot be the id of a rule about secrets | an id is `secret-` and a name of small letters, \
               digits and `-`: secret-acme-token",
            ],
        ),
        (
            "secrets:\n  rules:\n    - { id: secret-password, regex: a }\n",
            &[
                "3:13 portcullis has a rule `secret-password` | choose another; what is set for that rule stands under `rules` \
               at the top",
            ],
        ),
        (
            "secrets:\n  rules:\n    - { id: secret-a, regex: a }\n    - { id: secret-a, regex: b }\n",
            &["4:13 `secret-a` is declared twice"],
        ),
        (
            "secrets:\n  rules:\n    - { id: secret-a, regex: 'a(' }\n",
            &["3:30 `a(` is no regular expression: unclosed group"],
        ),
        (
            "secrets:\n  rules:\n    - { id: secret-a, regex: '(?<!x)a' }\n",
            &["3:30 `(?<!x)a` is no regular expression: look-around, including look-ahead and look-behind, is not \
               supported | expressions here take linear time: say with `allow` what must not stand there"],
        ),
        (
            "secrets:\n  rules:\n    - { id: secret-a, regex: '(a)', group: 2 }\n",
            &["3:44 the expression has no group `2`"],
        ),
        (
            "secrets:\n  rules:\n    - { id: secret-a, keywords: [''] }\n",
            &[
                "3:9 this rule can find nothing | give it a `regex`, or the `path` of files that are secrets as a whole",
                "3:34 an empty text is in every text",
            ],
        ),
        (
            "secrets:\n  rules:\n    - { regex: a }\n    - { id: secret-b, regex: b, entropy: 9, severity: bad }\n",
            &[
                "3:9 `id` is missing from a rule of `secrets`",
                "4:42 `9` is no entropy from 0 to 8, such as 3.5",
                "4:55 `bad` is not a severity (critical, high, medium, low, info)",
            ],
        ),
        (
            "secrets:\n  allow:\n    - { target: lines, stopwords: [x] }\n    - { rules: [secret-nothing], paths: ['^a/'] }\n    - { rules: [secret-key] }\n",
            &[
                "3:17 `lines` is none of secret, match, line | did you mean `line`?",
                "4:17 unknown rule `secret-nothing` | `portcullis rules` lists them",
                "5:9 this entry allows nothing | give it `regexes`, `paths`, `stopwords` or `commits`; a rule is turned off \
                 under `rules`",
            ],
        ),
        (
            "secrets: { allow: [{ commits: [abc, 1234567, zzzzzzz] }], rule: 1 }\n",
            &[
                "1:32 `abc` is no commit of at least seven digits",
                "1:46 `zzzzzzz` is no commit of at least seven digits",
                "1:59 unknown key `rule` | did you mean `rules`?",
            ],
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(errors(text), *expected, "{text}");
        if expected.is_empty() {
            let catalog = portcullis_rules::catalog();
            let (config, _) = Config::parse(text, &catalog);
            let (shown, errors) = Config::parse(&config.show(), &catalog);
            assert_eq!((shown.secrets, errors), (config.secrets, vec![]), "{text}");
        }
    }
}

/// What is written, without the comment at its top, and each remark as `file:line: message`. Whatever is written has to read
/// without a mistake.
fn imported(files: &[(&str, &str)]) -> (String, Vec<String>) {
    let catalog = portcullis_rules::catalog();
    let imported = import_texts(files.iter().map(|(name, text)| (Path::new(*name), *text)), &catalog).unwrap();
    let (_, errors) = Config::parse(&imported.text, &catalog);
    assert_eq!(errors, [], "{}", imported.text);
    let (_, text) = imported.text.split_once('\n').unwrap();
    (text.to_owned(), imported.remarks.iter().map(ToString::to_string).collect())
}

/// Files with their names, what is written for them, and what is said.
type Import<'a> = (&'a [(&'a str, &'a str)], &'a str, &'a [&'a str]);

#[test]
fn other_tools_files() {
    let cases: &[Import<'_>] = &[
        (&[(".gitleaks.toml", "title = \"ours\"\n[extend]\nuseDefault = true\n")], "", &[]),
        (
            &[(
                ".gitleaks.toml",
                r#"[extend]
useDefault = true
path = "../base.toml"
disabledRules = ["no-such-rule"]

[[rules]]
id = "Acme_Token"
description = "Acme token."
regex = '''acme[_-]([[0-9a-f]{8})$'''
secretGroup = 1
entropy = 3.25
keywords = ["acme"]
tags = ["key"]
[[rules.allowlists]]
regexTarget = "line"
condition = "AND"
regexes = ['''example''']
paths = ['''(^|/)docs/''']

[[rules]]
id = "key-file"
path = '''\.p12$'''

[[rules]]
id = "late"
regex = '''(?=late)x'''

[[allowlists]]
description = "test data"
targetRules = ["Acme_Token", "none-such"]
stopwords = ["dummy"]

[allowlist]
paths = ['''(^|/)testdata/''', '''(?!x)y''']
commits = ["0123456789abcdef0123456789abcdef01234567"]
"#,
            )],
            "secrets:\n  allow:\n    - condition: and\n      paths:\n        - \"(^|/)docs/\"\n      regexes:\n        - example\n      \
             rules:\n        - secret-acme-token\n      target: line\n    - description: \"test data\"\n      rules:\n        - \
             secret-acme-token\n      stopwords:\n        - dummy\n    - commits:\n        - \
             \"0123456789abcdef0123456789abcdef01234567\"\n      paths:\n        - \"(^|/)testdata/\"\n  rules:\n    - description: \
             \"Acme token.\"\n      entropy: 3.25\n      group: 1\n      id: secret-acme-token\n      keywords:\n        - acme\n      \
             regex: \"acme[_-]([\\\\[0-9a-f]{8})$\"\n    - id: secret-key-file\n      path: \"\\\\.p12$\"\n",
            &[
                ".gitleaks.toml:3: import `../base.toml` as well",
                ".gitleaks.toml:4: no rule stands for `no-such-rule`",
                ".gitleaks.toml:13: `tags` of `Acme_Token` has no equivalent",
                ".gitleaks.toml:26: `late` is not imported: `(?=late)x` is no regular expression: look-around, including \
                 look-ahead and look-behind, is not supported",
                ".gitleaks.toml:28: no rule stands for `none-such`",
                ".gitleaks.toml:34: an expression is not imported: `(?!x)y` is no regular expression: look-around, including \
                 look-ahead and look-behind, is not supported",
            ],
        ),
        // An entry all of whose parts have to hold is not taken over without one of them, nor one for rules that are not known.
        (
            &[(
                "gitleaks-ci.toml",
                "[[rules]]\nid = \"a\"\nregex = \"a{2}\"\n[[rules.allowlists]]\ncondition = \"AND\"\nregexes = [\"(?=b)\"]\npaths = [\"^c\"]\n",
            )],
            "secrets:\n  rules:\n    - id: secret-a\n      regex: \"a{2}\"\n",
            &[
                "gitleaks-ci.toml:1: gitleaks looks for the rules of this file alone; the rules of portcullis stay on beside them",
                "gitleaks-ci.toml:6: an expression is not imported: `(?=b)` is no regular expression: look-around, including \
                 look-ahead and look-behind, is not supported",
            ],
        ),
        (
            &[
                (
                    ".gitleaksignore",
                    "# kept\n\ndeploy/a b.yaml:own:12\n0123456789abcdef0123456789abcdef01234567:src/x.py:own:3\nnothing\nx.py:other:1\n",
                ),
                (".gitleaks.toml", "[extend]\nuseDefault = true\n[[rules]]\nid = \"own\"\nregex = \"own\"\n"),
            ],
            "ignore:\n  - path: \"/deploy/a b.yaml\"\n    reason: \"accepted in .gitleaksignore\"\n    rule: secret-own\nsecrets:\n  \
             allow:\n    - commits:\n        - \"0123456789abcdef0123456789abcdef01234567\"\n      condition: and\n      paths:\n        \
             - \"^src/x\\\\.py$\"\n      rules:\n        - secret-own\n  rules:\n    - id: secret-own\n      regex: own\n",
            &[
                ".gitleaksignore:3: lines are not kept: an entry holds for its rule in the whole file",
                ".gitleaksignore:5: this is no `file:rule:line` and no `commit:file:rule:line`",
                ".gitleaksignore:6: no rule stands for `other`",
            ],
        ),
        (
            &[(
                ".secrets.baseline",
                r#"{
  "version": "1.5.0",
  "plugins_used": [{ "name": "AWSKeyDetector" }, { "name": "HexHighEntropyString", "limit": 3.0 }],
  "filters_used": [
    { "path": "detect_secrets.filters.allowlist.is_line_allowlisted" },
    { "path": "detect_secrets.filters.regex.should_exclude_file", "pattern": ["^vendor/"] },
    { "path": "detect_secrets.filters.regex.should_exclude_line", "pattern": ["sha256:"] },
    { "path": "detect_secrets.filters.gibberish.should_exclude_secret", "limit": 3.7 }
  ],
  "results": {
    "b.yaml": [{ "type": "Secret Keyword", "filename": "b.yaml", "line_number": 3 }],
    "a.yaml": [{ "type": "Secret Keyword", "filename": "a.yaml", "is_secret": true, "line_number": 3 }]
  },
  "generated_at": "2026-01-01T00:00:00Z"
}"#,
            )],
            "ignore:\n  - path: \"/b.yaml\"\n    reason: \"accepted in the baseline of detect-secrets\"\n    rule: secret\nsecrets:\n  \
             allow:\n    - paths:\n        - \"^vendor/\"\n    - regexes:\n        - \"sha256:\"\n      target: line\n",
            &[
                ".secrets.baseline:3: `limit` of `HexHighEntropyString` has no equivalent",
                ".secrets.baseline:8: the filter `detect_secrets.filters.gibberish.should_exclude_secret` has no equivalent",
                ".secrets.baseline:10: lines and hashes are not kept: an entry holds for all secrets of its file",
                ".secrets.baseline:12: `a.yaml` holds what was audited as a secret, and is not accepted",
            ],
        ),
        (
            &[(
                "trivy-secret.yaml",
                "rules:\n  - id: own\n    category: general\n    title: Own token\n    severity: LOW\n    regex: own_(?P<secret>[a-z]+)\n    \
                 secret-group-name: secret\n    allow-rules:\n      - id: x\n        regex: own_test\n        path: ^docs/\nallow-rules:\n  - \
                 id: y\n    path: ^testdata/\ndisable-rules: [none-such]\n",
            )],
            "secrets:\n  allow:\n    - condition: and\n      paths:\n        - \"^docs/\"\n      regexes:\n        - own_test\n      rules:\n        \
             - secret-own\n      target: match\n    - paths:\n        - \"^testdata/\"\n  rules:\n    - description: \"Own token\"\n      \
             group: secret\n      id: secret-own\n      regex: \"own_(?P<secret>[a-z]+)\"\n      severity: low\n",
            &["trivy-secret.yaml:15: no rule stands for `none-such`"],
        ),
    ];
    for (files, expected, remarks) in cases {
        let (written, said) = imported(files);
        assert_eq!(written, *expected, "{files:?}");
        assert_eq!(said, *remarks, "{files:?}");
    }
}
