//! Compose, end to end: projects of several files, each with the findings that it must give, and no others.

#![allow(clippy::unwrap_used, reason = "a panic in a helper is the failure message")]

use std::path::Path;
use std::process::Command;

/// The findings of some rules in a tree, as `PATH:LINE ID`.
fn findings(tree: &str, only: &str, arguments: &[&str]) -> Vec<String> {
    let output = Command::new(env!("CARGO_BIN_EXE_portcullis"))
        .args(["check", "--only", only, "--format", "concise", "--exit-zero"])
        .args(if arguments.contains(&"--config") { &[][..] } else { &["--no-config"] })
        .args(arguments)
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/compose").join(tree))
        .env("NO_COLOR", "1")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let stdout = String::from_utf8(output.stdout).unwrap();
    let place = |line: &str| {
        let mut parts = line.splitn(4, ':');
        let (path, number) = (parts.next().unwrap(), parts.next().unwrap());
        let id = line.split_once('[').unwrap().1.split_once(']').unwrap().0;
        format!("{path}:{number} {id}")
    };
    stdout.lines().map(place).collect()
}

/// Rules about values, about absence, and about the project as a whole.
const RULES: &str = "compose-privileged,compose-dangerous-capability,compose-host-pid,compose-host-network,\
    compose-memory-limit-missing,compose-sensitive-port-published,compose-duplicate-published-port,\
    compose-depends-on-unknown,compose-schema-invalid,compose-user-root";

#[track_caller]
fn check(tree: &str, arguments: &[&str], expected: &[&str]) {
    assert_eq!(findings(tree, RULES, arguments), expected, "{tree} {arguments:?}");
}

#[test]
fn the_override_of_a_folder_is_merged() {
    check(
        "overrides",
        &["."],
        &[
            "compose.override.yaml:4 compose-sensitive-port-published",
            "compose.override.yaml:6 compose-depends-on-unknown",
            "compose.prod.yaml:3 compose-dangerous-capability",
            "compose.prod.yaml:4 compose-memory-limit-missing",
            "compose.yaml:7 compose-memory-limit-missing",
        ],
    );
    // A hook names the file that changed; its neighbours are read all the same.
    check("overrides", &["compose.yaml"], &["compose.yaml:7 compose-memory-limit-missing"]);
}

#[test]
fn a_file_that_may_stand_for_itself_is_not_compared_with_the_base() {
    check(
        "beside",
        &["."],
        &[
            "compose.prod.yaml:4 compose-host-pid",
            "compose.prod.yaml:6 compose-memory-limit-missing",
            "compose.yaml:6 compose-memory-limit-missing",
        ],
    );
}

#[test]
fn what_is_extended_counts() {
    check(
        "extends",
        &["."],
        &[
            "common/base.yaml:5 compose-privileged",
            // What `lost` extends is outside of the tree, and so nothing is missing from it.
            "compose.yaml:11 compose-memory-limit-missing",
        ],
    );
}

#[test]
fn what_is_included_belongs_to_the_project() {
    check(
        "include",
        &["."],
        &[
            "compose.yaml:7 compose-depends-on-unknown",
            "compose.yaml:8 compose-duplicate-published-port",
            "db/compose.yaml:2 compose-memory-limit-missing",
        ],
    );
}

#[test]
fn variables_have_the_values_of_defaults_and_of_the_env_file() {
    let rules = format!("{RULES},compose-image-latest-or-untagged,compose-default-secret-interpolation");
    assert_eq!(
        findings("variables", &format!("{rules},compose-plaintext-secret-env"), &["."]),
        [
            "compose.yaml:3 compose-image-latest-or-untagged",
            "compose.yaml:5 compose-privileged",
            "compose.yaml:7 compose-user-root",
            "compose.yaml:8 compose-host-pid",
            "compose.yaml:11 compose-default-secret-interpolation",
        ]
    );
}

#[test]
fn other_names_are_recognised_by_their_content() {
    // What an anchor brings to two services was written once.
    check("shape", &["."], &["stack.yml:3 compose-dangerous-capability", "stack.yml:8 compose-memory-limit-missing"]);
}

#[test]
fn files_that_are_asked_for_make_one_project() {
    check("asked", &["."], &["one.yml:2 compose-memory-limit-missing", "one.yml:4 compose-privileged"]);
    let both = ["--compose-file", "one.yml", "--compose-file", "two.yml"];
    check("asked", &[&both[..], &["."]].concat(), &["two.yml:5 compose-host-pid"]);
    check("asked", &both, &["two.yml:5 compose-host-pid"]);
    // The other way round, the first file is the stronger one.
    let back = ["--compose-file", "two.yml", "--compose-file", "one.yml", "."];
    check("asked", &back, &["one.yml:4 compose-privileged", "two.yml:5 compose-host-pid"]);
}

#[test]
fn merge_tags_take_back_what_the_base_says() {
    check("tags", &["."], &["compose.yaml:2 compose-memory-limit-missing"]);
}

#[test]
fn dockerfiles_say_what_images_bring() {
    assert_eq!(
        findings("built", "compose-user-missing,compose-healthcheck-missing", &["."]),
        [
            "compose.yaml:3 compose-healthcheck-missing",
            "compose.yaml:3 compose-user-missing",
            "compose.yaml:4 compose-healthcheck-missing",
        ]
    );
}

/// Rules about what comes from other files, besides those of the files themselves.
const REFERENCES: &str = "compose-extends-unknown,compose-include-missing,compose-env-file-missing,\
    compose-reference-cycle";

#[test]
fn what_is_extended_from_files_that_nothing_judges_is_reported_once() {
    let rules = format!("{RULES},compose-user-root");
    // In the tree, whatever the file is called: where it is written.
    assert_eq!(
        findings("context", &rules, &["."]),
        [
            "common/base.yaml:4 compose-privileged",
            "common/parts.conf:4 compose-host-pid",
            "common/parts.conf:8 compose-user-root",
        ]
    );
    // Outside of what was asked for: where it is taken in. A comment beside the value holds all the same.
    let taken = [
        "app/compose.yaml:3 compose-privileged",
        "app/compose.yaml:3 compose-user-root",
        "app/compose.yaml:11 compose-host-pid",
    ];
    assert_eq!(findings("context", &rules, &["app"]), taken);
    assert_eq!(findings("context", &rules, &["app/compose.yaml"]), taken);
}

#[test]
fn a_value_from_outside_is_shown_beside_its_finding() {
    let output = Command::new(env!("CARGO_BIN_EXE_portcullis"))
        .args(["check", "--no-config", "--only", "compose-privileged", "--format", "json", "--exit-zero", "app"])
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/compose/context"))
        .output()
        .unwrap();
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let related = &report["findings"][0]["related"][0]["location"];
    assert_eq!((&related["path"], &related["start"]["line"]), (&"common/base.yaml".into(), &4.into()), "{report}");
}

#[test]
fn files_and_services_that_do_not_exist_are_reported() {
    assert_eq!(
        findings("references", REFERENCES, &["."]),
        [
            "compose.yaml:3 compose-include-missing",
            "compose.yaml:10 compose-env-file-missing",
            "compose.yaml:13 compose-extends-unknown",
            "compose.yaml:16 compose-extends-unknown",
            "part.yaml:4 compose-extends-unknown",
        ]
    );
}

#[test]
fn circles_are_reported_once() {
    assert_eq!(
        findings("circle", REFERENCES, &["."]),
        [
            "compose.yaml:2 compose-reference-cycle",
            "compose.yaml:12 compose-reference-cycle",
            "compose.yaml:15 compose-reference-cycle",
        ]
    );
}

#[test]
fn the_env_file_chooses_files_and_profiles() {
    check(
        "chosen",
        &["."],
        &[
            "compose.override.yaml:3 compose-host-pid",
            "compose.yaml:13 compose-duplicate-published-port",
            "extra/prod.yaml:4 compose-dangerous-capability",
            "part/compose.yaml:5 compose-user-root",
            "part/compose.yaml:6 compose-host-pid",
        ],
    );
}

#[test]
fn targets_are_the_stages_that_count() {
    let rule = "docker-last-user-root";
    // `one` is built up to `web` alone; `two` also without a target; `three` for development.
    let expected = [
        "one/Dockerfile:7 docker-last-user-root",
        "three/Dockerfile:6 docker-last-user-root",
        "two/Dockerfile:6 docker-last-user-root",
    ];
    assert_eq!(findings("targets", rule, &["."]), expected);
    assert_eq!(findings("targets", rule, &["one/Dockerfile"]), expected[..1]);
}

#[test]
fn comments_suppress_what_stands_below_and_beside() {
    let rules = format!("{RULES},unused-suppression");
    assert_eq!(
        findings("suppressed", &rules, &["."]),
        ["compose.yaml:7 compose-sensitive-port-published", "compose.yaml:10 unused-suppression",]
    );
}

#[test]
fn files_for_development_may_have_weak_passwords() {
    let weak = |arguments| findings("development", "secret-weak-default", arguments);
    assert_eq!(weak(&["."]), ["compose.dev.yaml:4 secret-weak-default", "compose.yaml:4 secret-weak-default"]);
    assert_eq!(weak(&["--config", "settings.yaml", "."]), ["compose.yaml:4 secret-weak-default"]);
}

#[test]
fn secrets_are_masked_in_every_line() {
    let output = Command::new(env!("CARGO_BIN_EXE_portcullis"))
        .args(["check", "--no-config", "--profile", "all", "--format", "pretty", "--exit-zero", "."])
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/compose/secrets"))
        .output()
        .unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    for rule in [
        "compose-secret-in-command",
        "compose-plaintext-secret-env",
        "compose-default-secret-interpolation",
        "secret-weak-default",
    ] {
        assert!(stdout.contains(rule), "{rule} is missing from\n{stdout}");
    }
    for secret in ["kX9mQ2vL7", "PASSWORD=guest"] {
        assert!(!stdout.contains(secret), "{secret} is shown in\n{stdout}");
    }
}

#[test]
fn an_included_file_sees_the_variables_of_its_include() {
    // What the project itself says counts more.
    assert_eq!(
        findings("include-env", "compose-privileged,compose-host-pid", &["."]),
        ["db.yaml:4 compose-privileged", "db.yaml:5 compose-host-pid"]
    );
}

#[test]
fn a_suppression_in_a_part_of_a_project_may_be_for_another_file() {
    let rules = "compose-privileged,compose-host-pid,unused-suppression";
    assert_eq!(findings("suppressed-base", rules, &["."]), Vec::<String>::new());
    assert_eq!(findings("suppressed-base", rules, &[".", "--include-suppressed"]), ["base.yaml:4 compose-privileged"]);
}
