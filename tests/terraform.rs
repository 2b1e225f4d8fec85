//! Terraform, end to end: a finding stands where its value was written, a module is judged for each of its callers and reported
//! once, and comments count wherever the value came through.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a panic in a helper is the failure message")]

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/terraform").join(name)
}

fn run(directory: &Path, arguments: &[&str], stdin: Option<&str>) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_portcullis"))
        .args(["check", "--no-config", "--exit-zero"])
        .args(arguments)
        .current_dir(directory)
        .stdin(if stdin.is_some() { Stdio::piped() } else { Stdio::null() })
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    if let (Some(text), Some(mut pipe)) = (stdin, child.stdin.take()) {
        pipe.write_all(text.as_bytes()).unwrap();
    }
    child.wait_with_output().unwrap()
}

fn report(directory: &str, arguments: &[&str], stdin: Option<&str>) -> Value {
    let arguments: Vec<&str> = arguments.iter().copied().chain(["--format", "json"]).collect();
    let report: Value = serde_json::from_slice(&run(&folder(directory), &arguments, stdin).stdout).unwrap();
    assert_eq!(report["errors"], Value::Array(Vec::new()), "{directory} {arguments:?}");
    report
}

/// The findings that are not suppressed as `path:line rule`, with the places that they name besides.
fn findings(report: &Value) -> Vec<String> {
    let place = |location: &Value| format!("{}:{}", text(&location["path"]), location["start"]["line"]);
    let line = |finding: &Value| {
        let related: Vec<String> =
            finding["related"].as_array().unwrap().iter().map(|related| place(&related["location"])).collect();
        let related = if related.is_empty() { String::new() } else { format!(" ({})", related.join(", ")) };
        let rule = text(&finding["rule"]).trim_start_matches("tf-aws-");
        format!("{} {rule}{related}", place(&finding["location"]))
    };
    report["findings"].as_array().unwrap().iter().map(line).collect()
}

#[track_caller]
fn check(directory: &str, arguments: &[&str], expected: &[&str]) {
    assert_eq!(findings(&report(directory, arguments, None)), expected, "{directory} {arguments:?}");
}

const PUBLIC: [&str; 2] = ["--only", "tf-aws-rds-publicly-accessible,syntax-error,unused-suppression"];

#[test]
fn a_finding_stands_where_its_value_was_written() {
    let given =
        ["main.tf:3 rds-publicly-accessible (main.tf:15)", "terraform.tfvars:1 rds-publicly-accessible (main.tf:19)"];
    let with = |arguments: &[&'static str]| [&["."], &PUBLIC[..], arguments].concat();
    check("values", &with(&[]), &given);
    for (arguments, more) in [
        (["--tf-var-file", "prod.tfvars"], "prod.tfvars:1 rds-publicly-accessible (main.tf:23)"),
        (["--tf-var-file", "prod.tfvars.json"], "prod.tfvars.json:2 rds-publicly-accessible (main.tf:23)"),
        (["--tf-var", "from_flag=true"], "main.tf:11 rds-publicly-accessible (main.tf:23)"),
    ] {
        let found = findings(&report("values", &with(&arguments), None));
        assert_eq!(found.len(), 3, "{arguments:?}");
        assert!(found.iter().any(|line| line == more), "{arguments:?}: {found:?}");
    }
    // A file is stronger than a value from the command line.
    let off = with(&["--tf-var", "from_flag=false", "--tf-var-file", "prod.tfvars"]);
    assert_eq!(findings(&report("values", &off, None)).len(), 3);
}

#[test]
fn a_module_is_judged_for_its_callers_and_reported_once() {
    let both = ["--only", "tf-aws-rds-publicly-accessible,tf-aws-rds-storage-unencrypted"];
    check(
        "modules",
        &[".", both[0], both[1]],
        &[
            "database/main.tf:8 rds-storage-unencrypted (main.tf:1, main.tf:6, main.tf:11)",
            "main.tf:3 rds-publicly-accessible (database/main.tf:6, main.tf:1)",
            "main.tf:13 rds-publicly-accessible (database/main.tf:6, main.tf:11)",
        ],
    );
    // A file that is named alone is judged within its module; what lies elsewhere is not asked for.
    let callers = ["main.tf:3 rds-publicly-accessible (main.tf:1)", "main.tf:13 rds-publicly-accessible (main.tf:11)"];
    check("modules", &["main.tf", PUBLIC[0], PUBLIC[1]], &callers);
    check("modules", &["database/main.tf", both[0], both[1]], &["database/main.tf:8 rds-storage-unencrypted"]);
}

/// A module that is in the repository but not in what is scanned is read; what is wrong in it is told at its call.
#[test]
fn modules_outside_of_the_scan_are_read() {
    let expected = ["main.tf:3 rds-publicly-accessible (main.tf:1)", "main.tf:6 rds-publicly-accessible"];
    check("outside/deploy", &[".", PUBLIC[0], PUBLIC[1]], &expected);
    let below = expected.map(|line| line.replace("main.tf", "deploy/main.tf"));
    check("outside", &["deploy", PUBLIC[0], PUBLIC[1]], &below.each_ref().map(String::as_str));
}

#[test]
fn what_is_not_known_gives_no_finding() {
    let only = "tf-aws-rds-publicly-accessible,tf-module-unresolved,tf-aws-security-group-ssh-rdp-open";
    let report = report("unknown", &[".", "--profile", "all", "--only", only], None);
    assert_eq!(
        findings(&report),
        [
            // One instance stands for any number, with what is literal in it.
            "main.tf:19 rds-publicly-accessible",
            "main.tf:25 rds-publicly-accessible",
            "main.tf:44 security-group-ssh-rdp-open",
            "main.tf:61 tf-module-unresolved",
        ]
    );
    let notes: Vec<&str> = report["notes"].as_array().unwrap().iter().map(|note| text(&note["message"])).collect();
    assert_eq!(
        notes,
        [
            "3 checks of Terraform could not be decided: a value is not known",
            "a module of Terraform is not at hand, and not judged: `terraform-aws-modules/vpc/aws`",
            "not at hand, so that what comes of it is not known: 1 module",
        ]
    );
}

#[test]
fn what_could_not_be_decided_is_told_to_who_asks() {
    let told = "3 checks of Terraform could not be decided";
    let only = "tf-aws-rds-publicly-accessible,tf-aws-security-group-ssh-rdp-open";
    for (arguments, tells) in
        [(&["--format", "pretty"][..], false), (&["--format", "pretty", "-v"], true), (&["--format", "concise"], false)]
    {
        let arguments = [&[".", "--only", only], arguments].concat();
        let output = run(&folder("unknown"), &arguments, None);
        let all = [output.stdout, output.stderr].concat();
        assert_eq!(String::from_utf8(all).unwrap().contains(told), tells, "{arguments:?}");
    }
}

#[test]
fn comments_suppress_wherever_the_value_came_through() {
    let only = "tf-aws-rds-publicly-accessible,tf-aws-rds-storage-unencrypted,unused-suppression";
    let found = findings(&report("suppressed", &[".", "--only", only], None));
    let public: Vec<&String> = found.iter().filter(|line| !line.contains("storage")).collect();
    assert_eq!(public, ["main.tf:55 unused-suppression", "main.tf:56 rds-publicly-accessible"]);
    // Those of which no comment says anything of encryption.
    let stored: Vec<&str> = found
        .iter()
        .filter_map(|line| line.strip_suffix(" rds-storage-unencrypted")?.strip_prefix("main.tf:"))
        .collect();
    assert_eq!(stored, ["2", "6", "11", "15", "19", "25", "30", "40", "45", "54", "63"]);
}

/// What gives way is accepted by itself, and a comment in a bucket holds for the ACL that is a resource of its own.
#[test]
fn comments_count_for_what_they_name() {
    let volume =
        |comment: &str| format!("resource \"aws_ebs_volume\" \"a\" {{\n  encrypted = false\n  # {comment}\n}}\n");
    let bucket = |comment: &str| {
        let acl =
            "resource \"aws_s3_bucket_acl\" \"a\" {\n  bucket = aws_s3_bucket.a.id\n  acl    = \"public-read\"\n}\n";
        format!("resource \"aws_s3_bucket\" \"a\" {{\n  # {comment}\n}}\n{acl}")
    };
    let (key, encryption) = ("checkov:CKV_AWS_189", "checkov:CKV_AWS_3");
    for (text, expected, carried) in [
        (volume("a disk"), vec!["new/main.tf:2 ebs-volume-unencrypted"], vec![key, encryption]),
        (volume("checkov:skip=CKV_AWS_189: AWS' key"), vec!["new/main.tf:2 ebs-volume-unencrypted"], vec![encryption]),
        (volume("checkov:skip=CKV_AWS_3: a cache"), vec![], vec![]),
        (bucket("a site"), vec!["new/main.tf:6 s3-acl-public (new/main.tf:1)"], vec![]),
        (bucket("checkov:skip=CKV_AWS_20: a site"), vec![], vec![]),
    ] {
        let only = "tf-aws-ebs-volume-unencrypted,tf-aws-ebs-customer-key-missing,tf-aws-s3-acl-public";
        let piped = report("values", &["-", "--stdin-filename", "new/main.tf", "--only", only], Some(&text));
        assert_eq!(findings(&piped), expected, "{text}");
        let peers: Vec<&str> = piped["findings"]
            .as_array()
            .unwrap()
            .iter()
            .flat_map(|it| it["peers"].as_array().unwrap())
            .map(self::text)
            .collect();
        let of_disks: Vec<&str> = [key, encryption].into_iter().filter(|peer| peers.contains(peer)).collect();
        assert_eq!(of_disks, carried, "{text}");
    }
}

/// RDP gives way to SSH, and any port to both: what speaks has the ids of all.
#[test]
fn a_finding_carries_the_ids_of_a_whole_chain() {
    let rule = r#"
resource "azurerm_network_security_rule" "all" {
  access                 = "Allow"
  direction              = "Inbound"
  protocol               = "Tcp"
  destination_port_range = "*"
  source_address_prefix  = "Internet"
}
"#;
    let only = "tf-azure-nsg-ssh-open,tf-azure-nsg-rdp-open,tf-azure-nsg-ingress-open";
    let piped = report("values", &["-", "--stdin-filename", "new/main.tf", "--only", only], Some(rule));
    assert_eq!(findings(&piped), ["new/main.tf:7 tf-azure-nsg-ssh-open"]);
    for peer in ["checkov:CKV_AZURE_9", "checkov:CKV_AZURE_10", "checkov:CKV_AZURE_160", "trivy:AZU-0047"] {
        assert!(piped["findings"][0]["peers"].as_array().unwrap().contains(&peer.into()), "{peer}");
    }
}

#[test]
fn a_fault_costs_its_block() {
    let expected =
        ["main.tf:2 rds-publicly-accessible", "main.tf:6 syntax-error", "main.tf:10 rds-publicly-accessible"];
    check("broken", &[".", PUBLIC[0], PUBLIC[1]], &expected);
}

#[test]
fn all_forms_of_files_are_read() {
    check(
        "syntaxes",
        &[".", PUBLIC[0], PUBLIC[1]],
        &[
            "main.tf.json:5 rds-publicly-accessible",
            "more.tofu:2 rds-publicly-accessible",
            "terraform.tfvars.json:2 rds-publicly-accessible (main.tf.json:6)",
        ],
    );
}

#[test]
fn plans_stand_where_their_sources_do() {
    check(
        "plans",
        &[".", PUBLIC[0], PUBLIC[1]],
        &["alone/plan.json:14 rds-publicly-accessible", "beside/main.tf:1 rds-publicly-accessible (beside/main.tf:5)"],
    );
    let plan = std::fs::read_to_string(folder("plans/alone/plan.json")).unwrap();
    let piped = report("plans", &["-", PUBLIC[0], PUBLIC[1]], Some(&plan));
    assert_eq!(findings(&piped), ["<stdin>:14 rds-publicly-accessible"]);
}

/// What an editor holds stands in the place of the file, and the rest of the module is read.
#[test]
fn standard_input_stands_for_its_file() {
    let text = std::fs::read_to_string(folder("values/main.tf")).unwrap().replace("= var.from_flag", "= true");
    let piped = report("values", &["-", "--stdin-filename", "main.tf", PUBLIC[0], PUBLIC[1]], Some(&text));
    assert_eq!(
        findings(&piped),
        [
            "main.tf:3 rds-publicly-accessible (main.tf:15)",
            // The file of variables is not asked for.
            "main.tf:20 rds-publicly-accessible (main.tf:19)",
            "main.tf:24 rds-publicly-accessible",
        ]
    );
}

#[test]
fn fixes_leave_configurations_as_they_are() {
    let copy = Path::new(env!("CARGO_TARGET_TMPDIR")).join("terraform-fix");
    let _ = std::fs::remove_dir_all(&copy);
    std::fs::create_dir_all(&copy).unwrap();
    for name in ["main.tf", "terraform.tfvars", "prod.tfvars"] {
        std::fs::copy(folder("values").join(name), copy.join(name)).unwrap();
    }
    run(&copy, &[".", "--fix", "--profile", "all"], None);
    for name in ["main.tf", "terraform.tfvars", "prod.tfvars"] {
        let [before, after] = [folder("values"), copy.clone()].map(|it| std::fs::read(it.join(name)).unwrap());
        assert_eq!(before, after, "{name}");
    }
}

#[test]
fn any_number_of_threads_gives_the_same() {
    let with = |threads: &str| {
        let output = run(&folder("."), &[".", "--profile", "all", "--format", "json", "--threads", threads], None);
        output.stdout
    };
    let one = with("1");
    assert!(one.len() > 1000);
    assert_eq!(one, with("2"));
    assert_eq!(one, with("8"));
}
