//! Settings of buckets that are resources of their own, end to end: by reference and by name, with `count` and `for_each`,
//! through modules and through one another.

#![allow(clippy::unwrap_used, reason = "a panic in a helper is the failure message")]

use std::path::Path;
use std::process::Command;

/// Checks which of the fixture's buckets lack what a rule asks for, as `PATH:LINE NAME`.
#[track_caller]
fn lacking(rule: &str, expected: &[&str]) {
    let output = Command::new(env!("CARGO_BIN_EXE_portcullis"))
        .args(["check", "--only", rule, "--format", "concise", "--exit-zero", "."])
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/terraform/buckets"))
        .env("NO_COLOR", "1")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let stdout = String::from_utf8(output.stdout).unwrap();
    let found: Vec<String> = stdout
        .lines()
        .map(|line| {
            let mut parts = line.splitn(3, ':');
            let (path, number) = (parts.next().unwrap(), parts.next().unwrap());
            let name = line.split('`').nth(1).unwrap();
            format!("{path}:{number} {name}")
        })
        .collect();
    assert_eq!(found, expected, "{rule}");
}

#[test]
fn settings_are_found_however_they_name_their_bucket() {
    lacking("tf-aws-s3-public-access-block-missing", &["main.tf:123 aws_s3_bucket.bare"]);
    lacking(
        "tf-aws-s3-versioning-disabled",
        // Of these two, some instances have it.
        &[
            "main.tf:45 aws_s3_bucket.map[\"data\"]",
            "main.tf:91 aws_s3_bucket.counted[1]",
            "main.tf:123 aws_s3_bucket.bare",
        ],
    );
    lacking(
        "tf-aws-s3-lifecycle-missing",
        &["main.tf:45 aws_s3_bucket.map", "main.tf:91 aws_s3_bucket.counted", "main.tf:123 aws_s3_bucket.bare"],
    );
}
