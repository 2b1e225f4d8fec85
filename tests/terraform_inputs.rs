//! Terraform, end to end: what is given on the command line, which files make a module up, and how findings name instances.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a panic in a helper is the failure message")]

use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::Value;

/// A folder outside of any repository, gone when the test is.
struct Folder(PathBuf);

impl Folder {
    /// Writes files that stand one after another, each behind a line `== path`.
    fn new(name: &str, text: &str) -> Self {
        let folder = Self(std::env::temp_dir().join(format!("portcullis-terraform-{}-{name}", std::process::id())));
        for part in format!("\n{text}").split("\n== ").skip(1) {
            let (path, body) = part.split_once('\n').unwrap_or((part, ""));
            let path = folder.0.join(path.trim());
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, body).unwrap();
        }
        folder
    }

    fn run(&self, below: &str, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_portcullis"))
            .args(["check", "--no-config", "."])
            .args(arguments)
            .current_dir(self.0.join(below))
            .output()
            .unwrap()
    }

    /// Findings as `path:line rule: message (path:line, …)`, notes and errors as they are, each a line.
    fn report(&self, below: &str, arguments: &[&str]) -> Vec<String> {
        let output = self.run(below, &[arguments, &["--format", "json"]].concat());
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        let place = |it: &Value| format!("{}:{}", it["path"].as_str().unwrap(), it["start"]["line"]);
        let text = |it: &Value, key: &str| it[key].as_str().unwrap().to_owned();
        let findings = report["findings"].as_array().unwrap().iter().map(|finding| {
            let related = finding["related"].as_array().unwrap().iter().map(|it| place(&it["location"]));
            let related = related.collect::<Vec<_>>().join(", ");
            let message = text(finding, "message");
            format!("{} {}: {message} ({related})", place(&finding["location"]), text(finding, "rule"))
        });
        let notes = report["notes"].as_array().unwrap().iter();
        let notes = notes.map(|note| format!("note {}: {}", text(note, "path"), text(note, "message")));
        let errors = report["errors"].as_array().unwrap().iter();
        let errors = errors.map(|error| format!("error {}", text(error, "message")));
        findings.chain(notes).chain(errors).collect()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

const PUBLIC: [&str; 2] = ["--only", "tf-aws-rds-publicly-accessible"];

#[test]
fn modules_that_call_themselves() {
    let folder = Folder::new(
        "cycle",
        "== a/main.tf\nmodule \"b\" {\n  source = \"../b\"\n}\n== b/main.tf\nmodule \"a\" {\n  source = \"../a\"\n}\n",
    );
    let found = folder.report("", &["--only", "tf-module-cycle,tf-module-unresolved"]);
    assert_eq!(found, ["b/main.tf:1 tf-module-cycle: module `a` is a module that leads to this call (a/main.tf:1)"]);
}

#[test]
fn names_that_are_declared_twice() {
    let folder = Folder::new(
        "twice",
        r#"== main.tf
terraform {
  required_providers {}
}
locals {
  a = 1
}
resource "aws_x" "y" {}
data "aws_x" "y" {}
module "m" {
  source = "./m"
}
output "o" {
  value = 1
}
== more.tf.json
{ "resource": { "aws_x": { "y": {} } }, "locals": [{ "a": 2 }] }
== override.tf
resource "aws_x" "y" {}
== replaced.tf
variable "v" {}
== replaced.tofu
variable "v" {}
== versions.tf
terraform {
  required_providers {}
}
module "m" {
  source = "./m"
}
output "o" {
  value = 2
}
== m/main.tf
resource "aws_x" "y" {}
"#,
    );
    assert_eq!(
        folder.report("", &["--only", "tf-duplicate-declaration"]),
        [
            "more.tf.json:1 tf-duplicate-declaration: resource `aws_x.y` is declared twice in the module (main.tf:7)",
            "more.tf.json:1 tf-duplicate-declaration: local value `a` is declared twice in the module (main.tf:5)",
            "versions.tf:2 tf-duplicate-declaration: `required_providers` is declared twice in the module (main.tf:2)",
            "versions.tf:4 tf-duplicate-declaration: module `m` is declared twice in the module (main.tf:9)",
            "versions.tf:7 tf-duplicate-declaration: output `o` is declared twice in the module (main.tf:12)",
            "note replaced.tf: not judged: OpenTofu reads `replaced.tofu` in its place",
        ]
    );
}

/// Terraform refuses the same; the exit code says that the scan is not what was asked for.
#[test]
fn values_that_fit_nothing() {
    let folder = Folder::new(
        "given",
        r#"== a/main.tf
variable "size" {
  type = number
}
variable "zones" {
  type = list(string)
}
== b/main.tf
variable "name" {}
== broken.tfvars
size = 1
zones = [
== wrong.tfvars

zones = "a"
other = 1
"#,
    );
    let size = "error --tf-var size: the value does not fit the variable, which is `number`";
    for (arguments, expected, code) in [
        (&["--tf-var", "size=3", "--tf-var", "name=[", "--tf-var", "zones=[\"a\"]"][..], &[][..], 0),
        (&["--tf-var", "size=three"], &[size], 2),
        (&["--tf-var", "nothing=3"], &["error --tf-var nothing: no module that is evaluated by itself declares it"], 2),
        (
            &["--tf-var-file", "broken.tfvars"],
            &["error broken.tfvars: line 2: expected an expression, found the end of the file"],
            2,
        ),
        (
            &["--tf-var-file", "wrong.tfvars"],
            &[
                "note wrong.tfvars: line 3: no module that is evaluated by itself declares `other`",
                "error --tf-var-file wrong.tfvars: line 2: the value does not fit the variable `zones`, which is `list(string)`",
            ],
            2,
        ),
    ] {
        let arguments = [&PUBLIC[..], arguments].concat();
        assert_eq!(folder.report("", &arguments), expected, "{arguments:?}");
        assert_eq!(folder.run("", &arguments).status.code(), Some(code), "{arguments:?}");
    }
    // A hook names some files, and who declares the variable may not be among them.
    let hook = Command::new(env!("CARGO_BIN_EXE_portcullis"))
        .args(["check", "--no-config", "b/main.tf", "--tf-var", "size=3"])
        .args(PUBLIC)
        .current_dir(&folder.0)
        .output();
    assert_eq!(hook.unwrap().status.code(), Some(0));
}

/// Where no repository says what belongs together, sources do.
#[test]
fn modules_beside_the_root_are_read() {
    // The last line of each file goes without its break, and the texts are compared.
    let folder = Folder::new(
        "beside",
        r#"== root/main.tf
module "db" {
  source = "../modules/db"
}
resource "aws_db_instance" "own" {
  publicly_accessible = file("../secret/public") == "true"
}
== modules/db/main.tf
resource "aws_db_instance" "main" {
  publicly_accessible = file("${path.module}/public") == "true"
}
== modules/db/public
true
== secret/public
true
== end"#,
    );
    let public = |line: u32| format!("main.tf:{line} tf-aws-rds-publicly-accessible");
    let found = folder.report("root", &PUBLIC);
    assert_eq!(found.len(), 2, "what lies nowhere near a module is not read: {found:?}");
    assert!(found[0].starts_with(&public(1)) && found[1].contains("1 check "), "{found:?}");
    // In a repository that ends at the root, nothing beyond it is read, and everyone is told so.
    std::fs::create_dir_all(folder.0.join("root/.git")).unwrap();
    let left_out = "a module of Terraform is not at hand, and not judged: `../modules/db`";
    let found = folder.report("root", &PUBLIC);
    assert!(found.contains(&format!("note : {left_out}")), "{found:?}");
    for format in ["pretty", "concise"] {
        let output = folder.run("root", &[&PUBLIC[..], &["--format", format]].concat());
        assert!(String::from_utf8(output.stderr).unwrap().contains(left_out), "{format}");
    }
    // In one that holds both, it is.
    std::fs::remove_dir_all(folder.0.join("root/.git")).unwrap();
    std::fs::create_dir_all(folder.0.join(".git")).unwrap();
    assert!(folder.report("root", &PUBLIC)[0].starts_with(&public(1)));
}

/// One finding for each definition, which names the instance where it is not about all of them.
#[test]
fn messages_name_instances() {
    let folder = Folder::new(
        "instances",
        r#"== main.tf
resource "aws_db_instance" "some" {
  for_each            = { a = true, b = false, c = true }
  publicly_accessible = each.value
}
resource "aws_db_instance" "one" {
  count               = 2
  publicly_accessible = count.index == 1
}
resource "aws_db_instance" "all" {
  count               = 2
  publicly_accessible = true
}
module "m" {
  for_each = toset(["x", "y"])
  source   = "./m"
  public   = each.key == "x"
}
== m/main.tf
variable "public" {}
resource "aws_db_instance" "inner" {
  publicly_accessible = var.public ? true : false
}
"#,
    );
    let found = folder.report("", &PUBLIC);
    let names: Vec<&str> = found.iter().filter_map(|line| line.split_once(": ")?.1.split('`').nth(1)).collect();
    assert_eq!(
        names,
        [
            "module.m[\"x\"].aws_db_instance.inner",
            "aws_db_instance.some[\"a\"]",
            "aws_db_instance.some[\"c\"]",
            "aws_db_instance.one[1]",
            "aws_db_instance.all",
        ],
        "{found:#?}"
    );
}

/// An argument that is null is not there, and whoever looks for it has to know where that is said.
#[test]
fn null_is_shown_where_it_is_said() {
    let folder = Folder::new(
        "null",
        r#"== main.tf
variable "encrypted" {
  type    = bool
  default = null
}
resource "aws_db_instance" "main" {
  storage_encrypted = var.encrypted
}
"#,
    );
    let found = folder.report("", &["--only", "tf-aws-rds-storage-unencrypted"]);
    assert_eq!(found.len(), 1);
    assert!(found[0].starts_with("main.tf:5 ") && found[0].ends_with("(main.tf:3)"), "{found:?}");
}

/// What is wrong in a policy stands at its own characters, wherever the policy is written.
#[test]
fn documents_in_texts_have_places() {
    let folder = Folder::new(
        "documents",
        r#"== main.tf
variable "bucket" {}
locals {
  name = "reports"
  own  = <<-EOT
    {
      "Statement": [
        { "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*" }
      ]
    }
  EOT
}
resource "aws_s3_bucket_policy" "local" {
  bucket = "a"
  policy = local.own
}
resource "aws_s3_bucket_policy" "template" {
  bucket = "b"
  policy = <<EOT
{
  "Statement": [
    { "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::${local.name}/*" },
    { "Effect": "Allow", "Resource": "arn:aws:s3:::${var.bucket}/*", "Action": "s3:GetObject",
      "Sid": "$${literal}",
      "Principal": { "AWS": "*" } }
  ]
}
EOT
}
resource "aws_s3_bucket_policy" "quoted" {
  bucket = "c"
  policy = "{\"Statement\": [{\"Effect\": \"Allow\", \"Action\": \"s3:GetObject\", \"Resource\": \"*\",\n\"Principal\": \"*\"}]}"
}
resource "aws_s3_bucket_policy" "directive" {
  bucket = "d"
  policy = <<EOT
{
  "Statement": [
    %{ if true }{ "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*" }%{ endif }
  ]
}
EOT
}
== suppressed.tf
resource "aws_s3_bucket_policy" "suppressed" {
  bucket = "e"
  # portcullis: ignore[tf-aws-s3-policy-any-principal] downloads are for everyone
  policy = <<EOT
{
  "Statement": [
    { "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*" }
  ]
}
EOT
}
"#,
    );
    let output = folder.run("", &["--only", "tf-aws-s3-policy-any-principal,unused-suppression", "--format", "json"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let texts = std::fs::read_to_string(folder.0.join("main.tf")).unwrap();
    let lines: Vec<&str> = texts.lines().collect();
    let found = report["findings"].as_array().unwrap().iter().map(|finding| {
        let [start, end] = ["start", "end"].map(|at| &finding["location"][at]);
        let number = |it: &Value| usize::try_from(it.as_u64().unwrap()).unwrap();
        let (line, from, to) = (number(&start["line"]), number(&start["column"]), number(&end["column"]));
        let text = lines[line - 1].get(from - 1..to - 1).filter(|_| start["line"] == end["line"]).unwrap_or("…");
        format!("{line} {text}")
    });
    assert_eq!(
        found.collect::<Vec<_>>(),
        [r#"7 "*""#, r#"24 "*""#, r#"31 \"*\"#, "35 …"],
        "each at the principal, and where directives make the text, at the text"
    );
}

/// What is no configuration is not judged as such, and of two files of one name OpenTofu's counts.
#[test]
fn files_beside_the_configuration() {
    let folder = Folder::new(
        "beside-configuration",
        r#"== main.tf
check "health" {
  data "http" "site" {
    url = "https://example.com"
  }
  assert {
    condition     = data.http.site.status_code == 200
    error_message = "down"
  }
}
import {
  to = aws_db_instance.made
  id = "made"
}
removed {
  from = aws_db_instance.old
  lifecycle {
    destroy = false
  }
}
ephemeral "aws_secretsmanager_secret_version" "password" {
  secret_id = "database"
}
resource "terraform_data" "kept" {
  input = true
}
resource "aws_db_instance" "made" {
  password_wo         = ephemeral.aws_secretsmanager_secret_version.password.secret_string
  publicly_accessible = provider::example::is_public("made")
}
resource "aws_db_instance" "handed_on" {
  publicly_accessible = terraform_data.kept.output
}
== both.tf
resource "aws_db_instance" "terraform" {
  publicly_accessible = true
}
== both.tofu
resource "aws_db_instance" "opentofu" {
  publicly_accessible = true
}
== .terraform.lock.hcl
provider "registry.opentofu.org/hashicorp/aws" {
  version = "6.0.0"
}
== main.tftest.hcl
run "plan" {
  command = plan
}
== aws.tfmock.hcl
mock_resource "aws_db_instance" {
  defaults = { publicly_accessible = true }
}
"#,
    );
    assert_eq!(
        folder.report("", &["--only", "tf-aws-rds-publicly-accessible,syntax-error,tf-duplicate-declaration"]),
        [
            "both.tofu:2 tf-aws-rds-publicly-accessible: `aws_db_instance.opentofu` has a public address: \
             `publicly_accessible` is true ()",
            "main.tf:24 tf-aws-rds-publicly-accessible: `aws_db_instance.handed_on` has a public address: \
             `publicly_accessible` is true (main.tf:30)",
            "note : 1 check of Terraform could not be decided: a value is not known",
            "note both.tf: not judged: OpenTofu reads `both.tofu` in its place",
        ]
    );
}
