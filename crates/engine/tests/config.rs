//! What the configuration file may say, and how its mistakes are told.

use portcullis_core::{Catalog, OptionMeta, OptionShape, Profile, RuleMeta, Severity};
use portcullis_engine::config::{
    Config, ConfigFileError, DEFAULT_EXCLUDES, PathMatcher, RuleSwitch, nearest, select_rules, starter,
};
use portcullis_rules::OptionValue;

const OPTIONS: &[OptionMeta] = &[
    OptionMeta { name: "registries", shape: OptionShape::Strings, docs: "Registries that are trusted." },
    OptionMeta { name: "limit", shape: OptionShape::Number, docs: "How many." },
    OptionMeta { name: "strict", shape: OptionShape::Flag, docs: "Whether." },
    OptionMeta { name: "owner", shape: OptionShape::Text, docs: "Who." },
];

fn catalog() -> Catalog {
    let rule = |id: &'static str, tags: &'static [&'static str], peers: &'static [&'static str]| RuleMeta {
        id: id.into(),
        tags: tags.into(),
        peers: peers.into(),
        docs: " Title\n\n Why.\n".into(),
        ..RuleMeta::DEFAULT
    };
    Catalog::new([
        rule("k8s-host-network", &["pss:baseline"], &["checkov:CKV_K8S_19"]),
        rule("k8s-privileged-container", &["pss:baseline"], &["checkov:CKV_K8S_16", "trivy:KSV-0017"]),
        RuleMeta {
            options: OPTIONS.into(),
            profile: Profile::OptIn,
            ..rule("k8s-untrusted-registry", &[], &["x:both"])
        },
        rule("docker-untrusted-registry", &[], &["hadolint:DL3026", "x:both"]),
    ])
}

/// `line:column message` of each error, and the help behind ` | `.
fn errors(text: &str) -> Vec<String> {
    let (_, errors) = Config::parse(text, &catalog());
    errors
        .into_iter()
        .map(|error| {
            let help = error.help.map(|help| format!(" | {help}")).unwrap_or_default();
            format!("{}:{} {}{help}", error.line, error.column, error.message)
        })
        .collect()
}

#[test]
fn mistakes_are_told_where_they_stand() {
    let cases: &[(&str, &[&str])] = &[
        ("", &[]),
        ("# nothing\n", &[]),
        ("{}", &[]),
        ("licences: { allow: [MIT, GPL-2.0, Apache-2.0 WITH LLVM-exception], unknown: deny }", &[]),
        (
            "licences: { deny: [mit], unknown: no, exceptions: [{ package: a }] }",
            &[
                "1:20 `mit` is not the SPDX id of a licence | write one id of the SPDX list, such as Apache-2.0, MIT or \
                 GPL-2.0-only",
                "1:35 `no` is not `allow` or `deny`",
                "1:54 `reason` is missing from an entry of `exceptions`",
            ],
        ),
        (
            "licences: { allow: [MIT OR ISC] }",
            &["1:21 `MIT OR ISC` is not the SPDX id of a licence | write one id of the SPDX \
          list, such as Apache-2.0, MIT or GPL-2.0-only"],
        ),
        ("rules:\nignore:\n", &[]),
        ("profle: all", &["1:1 unknown key `profle` | did you mean `profile`?"]),
        (
            "wrong: 1",
            &["1:1 unknown key `wrong` | a configuration has `include`, `exclude`, `profile`, `fail-on`, \
               `kubernetes-version`, `kubernetes-crds`, `rules`, `overrides`, `ignore`, `baseline`, `policies`, `data`, `advisories`, \
               `secrets`, `licences`, `admission`"],
        ),
        ("- a", &["1:1 expected a configuration, which is a mapping, found a list"]),
        ("profile: al", &["1:10 `al` is not a profile (recommended, all) | did you mean `all`?"]),
        ("profile: opt-in", &["1:10 `opt-in` is not a profile (recommended, all)"]),
        ("profile: [all]", &["1:1 expected one value, found a list"]),
        (
            "fail-on: hihg",
            &["1:10 `hihg` is not a severity (critical, high, medium, low, info) | did you mean `high`?"],
        ),
        ("kubernetes-version: 2.0", &["1:21 `2.0` is not a Kubernetes version such as 1.30 or latest"]),
        ("include: deploy", &["1:10 expected a list of globs, found the text `deploy`"]),
        ("include: [1]", &["1:11 expected a glob as text, found the number `1` | write it in quotes: \"1\""]),
        ("include: [a, 'x[']", &["1:14 `x[` cannot be used as a glob: unclosed character class; missing ']'"]),
        (
            "exclude: ['', '#a', ../b, '!/']",
            &[
                "1:11 `` cannot be used as a glob: it is empty",
                "1:15 `#a` cannot be used as a glob: a `#` at its start has to be written `\\#`",
                "1:21 `../b` cannot be used as a glob: nothing above the configuration file's directory is matched",
                "1:27 `!/` cannot be used as a glob: it is empty",
            ],
        ),
        ("rules: off", &["1:8 expected `rules`, which is a mapping, found the text `off`"]),
        (
            "rules:\n  k8s-privileged-contaner: off",
            &["2:3 unknown rule `k8s-privileged-contaner` | did you mean `k8s-privileged-container`?"],
        ),
        ("rules: { privileged: off }", &["1:10 unknown rule `privileged` | did you mean `k8s-privileged-container`?"]),
        (
            "rules: { CKV_K8S_61: off }",
            &["1:10 unknown rule `CKV_K8S_61` | did you mean `CKV_K8S_16` or `CKV_K8S_19`?"],
        ),
        ("rules: { tf-*: off }", &["1:10 unknown rule `tf-*` | `portcullis rules` lists them"]),
        (
            "rules: { 7: off }",
            &[
                "1:10 expected the text of a rule's id, a peer's id, `prefix*` or a tag, found the number `7` | write it in \
             quotes: \"7\"",
            ],
        ),
        ("rules: { k8s-*: offf }", &["1:17 a rule cannot be set to `offf` | did you mean `off`?"]),
        (
            "rules: { k8s-*: never }",
            &[
                "1:17 a rule cannot be set to `never` | a rule is set to `off`, `on`, `critical`, `high`, `medium`, `low`, \
               `info`, or to a mapping",
            ],
        ),
        ("rules: { k8s-*: 3 }", &["1:17 expected `on`, `off`, a severity or a mapping, found the number `3`"]),
        ("rules: { k8s-*: }", &["1:10 expected `on`, `off`, a severity or a mapping, found nothing"]),
        ("rules: { k8s-*: { enabled: maybe } }", &["1:28 expected `true` or `false`, found the text `maybe`"]),
        (
            "rules:\n  k8s-untrusted-registry:\n    registres: [a]\n",
            &["3:5 unknown key `registres` | did you mean `registries`?"],
        ),
        (
            "rules: { k8s-host-network: { limit: 1 } }",
            &["1:30 unknown key `limit` | `k8s-host-network` has `enabled`, `severity`"],
        ),
        (
            "rules: { k8s-*: { limit: 1 } }",
            &["1:19 `k8s-*` names 3 rules, and options belong to one | set it under the rule's own id"],
        ),
        (
            "rules:\n  k8s-untrusted-registry: { registries: a, limit: many, strict: 1, owner: [] }",
            &[
                "2:41 expected a list of texts for `registries`, found the text `a`",
                "2:51 expected a whole number for `limit`, found the text `many`",
                "2:65 expected `true` or `false` for `strict`, found the number `1`",
                "2:68 expected text for `owner`, found a list",
            ],
        ),
        ("overrides:\n  - paths: [a]\n", &["2:5 `rules` is missing from an entry of `overrides`"]),
        (
            "overrides:\n  - paths: [a]\n    rules: { k8s-untrusted-registry: { limit: 1 } }\n",
            &["3:40 the option `limit` cannot be set for some paths only | set it under `rules` at the top"],
        ),
        ("overrides: [x]", &["1:13 expected an entry of `overrides`, which is a mapping, found the text `x`"]),
        ("ignore:\n  - path: a\n", &["2:5 `rule` is missing from an entry of `ignore`"]),
        (
            "ignore:\n  - { rule: k8s-host-network, expires: 2026-13-01, reason: 12, why: x }\n",
            &[
                "2:40 `2026-13-01` is not a date such as 2026-11-21",
                "2:60 expected text, found the number `12` | write it in quotes: \"12\"",
                "2:64 unknown key `why` | an entry of `ignore` has `rule`, `path`, `reason`, `expires`",
            ],
        ),
        ("ignore:\n  rule: k8s-host-network", &["1:1 expected a list of mappings, found a mapping"]),
        (
            "admission: { port: 1 }",
            &[concat!(
                "1:14 unknown key `port` | `admission` has `listen`, `metrics-listen`, `tls`, `limits`, `failure-policy`, ",
                "`profiles`, `exempt`, `ratchet`, `trust-annotations`, `own-namespace`, `connect`, `inventory`"
            )],
        ),
        (
            "admission:\n  listen: nowhere\n  limits: { body: 8 megabytes, queue: 0, header-timeout: 5 }\n  \
             failure-policy: fial\n  profiles: { Strict: {}, strict: { mode: deny, rules: { k8s-hots-network: warn } } }\n",
            &[
                "2:11 `nowhere` is no address with a port, such as 0.0.0.0:8443",
                "3:19 `8 megabytes` is no size, such as 8MiB",
                "3:39 `0` is no whole number from 1 on",
                "3:58 `5` is no time from 1ms to 10m, such as 5s",
                "4:19 `fial` is none of fail, ignore | did you mean `fail`?",
                "5:15 `Strict` cannot be the name of a profile | it is a part of the webhook's path: small letters, digits and `-`",
                "5:43 `deny` is none of audit, warn, enforce",
                "5:58 unknown rule `k8s-hots-network` | did you mean `k8s-host-network`?",
            ],
        ),
        (
            "advisories: { unknown: high, unknown-as: severe, databases: x }",
            &[
                "1:15 unknown key `unknown` | `advisories` has `databases`, `vex`, `unknown-as`, `development`, `unfixed`",
                "1:42 `severe` is not a severity (critical, high, medium, low, info)",
                "1:61 expected a list of paths, found the text `x`",
            ],
        ),
        ("ignore: [{ rule: CVE-2020-26235 }, { rule: unmaintained }]", &[]),
        (
            "profile: all\nprofile: all",
            &["2:1 key `profile` stands twice in this mapping, here and in line 1 | keep one of them"],
        ),
        (
            "rules:\n  k8s-host-network: off\n  # again\n  \"k8s-host-network\": high\nfail-on: low\n",
            &["4:3 key `k8s-host-network` stands twice in this mapping, here and in line 2 | keep one of them"],
        ),
        ("profile: all\n---\nprofile: all", &["3:1 a configuration is one document"]),
        ("? [a]\n: b\nprofile: all", &["1:1 a key or merge of this mapping cannot be read"]),
    ];
    for (text, expected) in cases {
        assert_eq!(&errors(text), expected, "{text}");
    }
    for broken in ["profile: [all", "profile: *none", "\u{1}", "a: b: c"] {
        assert!(!errors(broken).is_empty(), "{broken:?}");
    }
}

#[test]
fn limits_are_told() {
    let many = |count: usize| "  - { paths: [a], rules: { k8s-*: off } }\n".repeat(count);
    assert_eq!(errors(&format!("overrides:\n{}", many(64))), [""; 0]);
    assert_eq!(
        errors(&format!("overrides:\n{}", many(65))),
        ["1:1 65 overrides, over the limit of 64 | give paths that share their settings one entry"]
    );
    assert_eq!(
        errors(&format!("include:\n{}", "  - a\n".repeat(1001))),
        ["1:1 `a` cannot be used as a glob: with 1000 others it is too much to match"]
    );
    let (_, long) = Config::parse(&format!("profile: {}", "x".repeat(100_000)), &catalog());
    assert!(long.iter().all(|error| error.render("p.yaml").len() < 1000), "{long:?}");
}

#[test]
fn no_text_is_too_broken_to_be_told_about() {
    let split = || FULL.char_indices().filter_map(|(at, c)| Some((FULL.get(..at)?, c, FULL.get(at + c.len_utf8()..)?)));
    let cut = split().map(|(before, ..)| before.to_owned());
    let doubled = split().map(|(before, c, after)| format!("{before}{c}{c}{after}"));
    let without = split().map(|(before, _, after)| format!("{before}{after}"));
    for text in cut.chain(doubled).chain(without) {
        let (config, errors) = Config::parse(&text, &catalog());
        if errors.is_empty() {
            assert_eq!(Config::parse(&config.show(), &catalog()).1, [], "{text}");
        }
        for error in errors {
            assert!(error.span.end as usize <= text.len() && error.line > 0 && error.column > 0, "{text}");
            assert_eq!(error.render("p").lines().count(), 4 + usize::from(error.help.is_some()), "{text}");
        }
    }
}

#[test]
fn errors_show_the_line_with_the_place_marked() {
    for (text, expected) in [
        (
            "fail-on: high\nüü: 1\n",
            "p.yaml:2:1: error: unknown key `üü`\n  |\n2 | üü: 1\n  | ^^\n  = help: a configuration has `include`, \
             `exclude`, `profile`, `fail-on`, `kubernetes-version`, `kubernetes-crds`, `rules`, `overrides`, `ignore`, `baseline`, `policies`, `data`, `advisories`, `secrets`, `licences`, `admission`\n",
        ),
        (
            "profile: \"\\e[31mall\"",
            "p.yaml:1:10: error: `\u{fffd}[31mall` is not a profile (recommended, all)\n  |\n1 | profile: \
             \"\\e[31mall\"\n  |          ^^^^^^^^^^^\n",
        ),
    ] {
        let (_, errors) = Config::parse(text, &catalog());
        let rendered: String = errors.iter().map(|error| error.render("p.yaml")).collect();
        assert_eq!(rendered, expected);
    }
}

const FULL: &str = r#"
ignore:
  - rule: checkov:CKV_K8S_16
    path: ./deploy/node-*.yaml
    reason: "it's: #1"
    expires: 2026-12-31
  - rule: pss:baseline
kubernetes-version: 1.30
overrides:
  - paths: [examples/, "!examples/prod"]
    rules: { k8s-*: off, k8s-host-network: { severity: low, enabled: false } }
rules:
  k8s-untrusted-registry: { registries: ["registry.example", "on"], limit: 3, strict: true, owner: "yes" }
  k8s-privileged-container: medium
  CKV_K8S_16: high
  k8s-*: off
  pss:baseline: on
  "*": { severity: info }
  docker-untrusted-registry: false
include: [deploy]
exclude: ["!vendor", testdata/]
fail-on: medium
profile: all
"#;

#[test]
fn values_come_to_what_they_say() {
    let catalog = catalog();
    let (config, errors) = Config::parse(FULL, &catalog);
    assert_eq!(errors, []);
    assert_eq!(config.profile, Some(Profile::All));
    assert_eq!(config.fail_on, Some(Severity::Medium));
    assert_eq!(config.kubernetes_version.map(|version| version.minor), Some(30));
    assert_eq!(config.exclude.globs(), ["node_modules", "vendor", ".terraform", "target", "!vendor", "testdata/"]);
    assert_eq!(config.ignore[0].expires.map(|date| date.to_string()).as_deref(), Some("2026-12-31"));
    assert_eq!(config.ignore[0].reason.as_deref(), Some("it's: #1"));
    assert!(config.ignore[0].path.as_ref().is_some_and(|path| path.matches("deploy/node-agent.yaml")));
    assert_eq!(config.ignore[1].path, None);

    // An id counts more than a peer's id, a prefix and a tag, wherever they stand.
    let switches = config.switches(&catalog);
    let of = |id: &str| switches[&catalog.by_id(id).unwrap()];
    let switch = |on: bool, severity: Severity| RuleSwitch { on: Some(on), severity: Some(severity) };
    assert_eq!(of("k8s-privileged-container"), switch(true, Severity::Medium));
    assert_eq!(of("k8s-host-network"), switch(false, Severity::Info));
    assert_eq!(of("docker-untrusted-registry"), switch(false, Severity::Info));
    assert_eq!(of("k8s-untrusted-registry"), switch(true, Severity::Info));

    let options = config.options(&catalog);
    assert_eq!(options.keys().collect::<Vec<_>>(), ["k8s-untrusted-registry"]);
    let options = &options["k8s-untrusted-registry"];
    assert_eq!(options.strings("registries"), ["registry.example", "on"]);
    assert_eq!(options.number("limit"), Some(3));
    assert!(options.flag("strict"));
    assert_eq!(options.0["owner"], OptionValue::Text("yes".to_owned()));

    let some = config.overrides[0].switches(&catalog);
    assert_eq!(
        some[&catalog.by_id("k8s-host-network").unwrap()],
        RuleSwitch { on: Some(false), severity: Some(Severity::Low) }
    );
    assert_eq!(some.len(), 3);
    assert_eq!(Config::default().exclude.globs(), DEFAULT_EXCLUDES);
}

#[test]
fn what_is_shown_reads_as_the_same() {
    let catalog = catalog();
    let licences =
        "licences: { allow: [MIT], unknown: deny, exceptions: [{ package: '@a/b', licence: X, reason: y }] }";
    for text in ["", "profile: all", "rules: { k8s-host-network: off }", "exclude: [target, '!target']", licences, FULL]
    {
        let (config, errors) = Config::parse(text, &catalog);
        assert_eq!(errors, [], "{text}");
        let shown = config.show();
        let (again, errors) = Config::parse(&shown, &catalog);
        assert_eq!(errors, [], "{shown}");
        assert_eq!(again.show(), shown);
        assert_eq!(
            (again.rules, again.overrides, again.ignore),
            (config.rules, config.overrides, config.ignore),
            "{shown}"
        );
        assert_eq!((again.include, again.exclude), (config.include, config.exclude), "{shown}");
        assert_eq!(again.licences, config.licences, "{shown}");
    }
    assert_eq!(
        Config::parse(
            "rules: { k8s-host-network: off, k8s-*: { severity: low } }\nignore: [{ rule: x:both }]",
            &catalog
        )
        .0
        .show(),
        "exclude:\n  - node_modules\n  - vendor\n  - \".terraform\"\n  - target\nfail-on: low\nignore:\n  - rule: \
         \"x:both\"\nprofile: recommended\nrules:\n  \"k8s-*\":\n    severity: low\n  k8s-host-network: off\n"
    );
}

#[test]
fn the_starter_says_nothing_and_its_examples_are_right() {
    let catalog = portcullis_rules::catalog();
    let starter = starter();
    let (config, errors) = Config::parse(&starter, &catalog);
    assert_eq!((config, errors), (Config::default(), Vec::new()));
    let is_docs = |line: &&str| line.starts_with("# ") && !line.starts_with("#  ");
    let uncommented: Vec<&str> =
        starter.lines().filter(|line| !is_docs(line)).map(|line| line.trim_start_matches('#')).collect();
    let (config, errors) = Config::parse(&uncommented.join("\n"), &catalog);
    assert_eq!(errors, []);
    assert_eq!((config.rules.len(), config.overrides.len(), config.ignore.len()), (2, 1, 1));
}

#[test]
fn the_schema_knows_keys_rules_and_options() {
    let schema: serde_json::Value = serde_json::from_str(&Config::schema(&catalog())).unwrap();
    let at = |pointer: &str| schema.pointer(pointer).unwrap_or_else(|| panic!("{pointer}"));
    assert_eq!(at("/additionalProperties"), false);
    assert_eq!(at("/properties/profile/enum"), &serde_json::json!(["recommended", "all"]));
    assert_eq!(at("/properties/ignore/items/required"), &serde_json::json!(["rule"]));
    let registry = "/properties/rules/properties/k8s-untrusted-registry/anyOf/2";
    assert_eq!(at(&format!("{registry}/properties/registries/type")), "array");
    assert_eq!(at(&format!("{registry}/properties/severity/enum/0")), "critical");
    assert_eq!(at(&format!("{registry}/additionalProperties")), false);
    assert_eq!(at("/properties/admission/properties/failure-policy/enum"), &serde_json::json!(["fail", "ignore"]));
    assert!(schema.pointer("/$defs/setting/anyOf").is_some());
}

#[test]
fn globs_match_as_gitignore_does() {
    for (globs, path, file, directory) in [
        (&["vendor"][..], "a/vendor", true, true),
        (&["vendor"], "a/vendor/b/c.yaml", true, true),
        (&["vendor/"], "vendor", false, true),
        (&["/a"], "b/a", false, false),
        (&["./a/*.yaml"], "a/b.yaml", true, true),
        (&["./a/*.yaml"], "./a//b.yaml", true, true),
        (&["a/*.yaml"], "a/b/c.yaml", false, false),
        (&["**/c.yaml"], "a/b/c.yaml", true, true),
        (&["*.yaml", "!b.yaml"], "a/b.yaml", false, false),
        (&["*.{yaml,yml}"], "b.yml", true, true),
        (&["*"], "../b.yml", false, false),
        (&["*"], "/b.yml", false, false),
        (&["*"], "", false, false),
        (&["*"], ".//b", true, true),
        (&[], "b.yml", false, false),
    ] {
        let matcher = PathMatcher::new(globs.iter().copied()).unwrap();
        assert_eq!(matcher.matches(path), file, "{globs:?} {path}");
        assert_eq!(matcher.matches_directory(path), directory, "{globs:?} {path}/");
    }
}

#[test]
fn names_that_are_near() {
    for (word, expected) in [("hgih", Some("high")), ("HIGH", Some("high")), ("xyz", None), ("", None)] {
        assert_eq!(nearest(word, ["high", "low", "medium"]), expected, "{word}");
    }
    let unknown = select_rules(&catalog(), "host-netwrok").unwrap_err();
    assert_eq!(
        (unknown.to_string(), unknown.help()),
        ("unknown rule `host-netwrok`".into(), "`portcullis rules` lists them".into())
    );
    assert_eq!(select_rules(&catalog(), "dl3026").map(|rules| rules.len()), Ok(1));
    assert_eq!(select_rules(&catalog(), "X:BOTH").map(|rules| rules.len()), Ok(2));
}

#[test]
fn the_nearest_file_in_the_repository_counts() {
    // Not below the target folder, which lies in this project's own repository.
    let root = std::env::temp_dir().join(format!("portcullis-config-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&root);
    for directory in ["repo/.git", "repo/a/b", "repo/two", "repo/workflows", "loose/inner"] {
        std::fs::create_dir_all(root.join(directory)).unwrap();
    }
    for file in [
        "portcullis.yaml",
        "repo/.portcullis.yaml",
        "repo/a/portcullis.yaml",
        "repo/two/portcullis.yaml",
        "repo/a/b/.portcullis.yml",
        "repo/portcullis.yml",
        "repo/workflows/portcullis.yml",
        "repo/two/.portcullis.yaml",
    ] {
        std::fs::write(root.join(file), "profile: all\n").unwrap();
    }
    std::fs::write(root.join("repo/a/b/web.yaml"), "").unwrap();
    std::fs::write(root.join("loose/.portcullis.yaml"), "profle: all\n").unwrap();
    for (start, expected) in [
        ("repo", Some("repo/.portcullis.yaml")),
        ("repo/a", Some("repo/a/portcullis.yaml")),
        ("repo/a/b", Some("repo/a/portcullis.yaml")),
        ("repo/a/b/web.yaml", Some("repo/a/portcullis.yaml")),
        ("loose", Some("loose/.portcullis.yaml")),
        ("loose/inner", None),
    ] {
        assert_eq!(Config::find(&root.join(start)).unwrap(), expected.map(|path| root.join(path)), "{start}");
    }
    let error = Config::find(&root.join("repo/two")).unwrap_err();
    for (start, expected) in [
        ("repo/a/b", &["repo/a/b/.portcullis.yml", "repo/portcullis.yml"][..]),
        ("loose/inner", &[]),
        ("repo/workflows", &["repo/portcullis.yml"]),
    ] {
        let expected: Vec<_> = expected.iter().map(|path| root.join(path)).collect();
        assert_eq!(Config::misnamed(&root.join(start)), expected, "{start}");
    }
    assert!(matches!(&error, ConfigFileError::TwoFiles(..)));
    assert!(
        error.to_string().contains("two/portcullis.yaml and ")
            && error.to_string().contains("two/.portcullis.yaml exist")
    );
    assert_eq!(Config::load(&root.join("repo/.portcullis.yaml"), &catalog()).unwrap().profile, Some(Profile::All));
    let error = Config::load(&root.join("loose/.portcullis.yaml"), &catalog()).unwrap_err().to_string();
    assert!(error.contains(".portcullis.yaml:1:1: error: unknown key `profle`\n"), "{error}");
    assert!(Config::load(&root.join("missing.yaml"), &catalog()).is_err());
    std::fs::remove_dir_all(&root).unwrap();
}
