//! Expressions and what they come to: one row each.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a panic is the failure message")]

mod memory;

use memory::{Memory, shown};

/// What the expressions of the table may refer to.
const PRELUDE: &str = r#"
variable "unknown" {}
variable "no_text" { type = string }
variable "no_list" { type = list(string) }
variable "text" { default = "hello" }
variable "number" { default = 5 }
variable "yes" { default = true }
variable "list" { default = ["a", "b", "c"] }
variable "map" { default = { x = 1, y = 2 } }
variable "objects" { default = [{ name = "one", port = 80 }, { name = "two", port = 443 }] }
variable "nothing" { default = null }
variable "typed" {
  type = object({
    name  = string
    size  = optional(number, 3)
    extra = optional(string)
    tags  = optional(map(string), {})
    inner = optional(object({ deep = optional(bool, true) }), {})
  })
  default = { name = "n" }
}
variable "as_text" {
  type = string
  default = 8080
}
variable "as_number" {
  type = number
  default = "12"
}
variable "as_bool" {
  type = bool
  default = "true"
}
variable "as_set" {
  type = set(string)
  default = ["b", "a", "b"]
}
variable "as_list" {
  type = list(number)
  default = ["1", 2]
}
variable "as_map" {
  type = map(string)
  default = { a = 1, b = true }
}
variable "not_null" {
  type = string
  default = "d"
  nullable = false
}
variable "bad" {
  type = number
  default = "x"
}
locals {
  name  = "web"
  sum   = var.number + 1
  again = local.name
  loop1 = local.loop2
  loop2 = local.loop1
  maps  = [{ a = 1 }, { b = 2 }]
}
resource "aws_s3_bucket" "b" {
  bucket = "my-bucket"
  tags   = { env = "prod" }
  empty  = null
  versioning {
    enabled = true
  }
}
resource "aws_instance" "many" {
  count = 2
  name  = "n${count.index}"
}
resource "aws_instance" "each" {
  for_each = { x = "1", y = "2" }
  name     = each.key
  size     = each.value
}
resource "aws_instance" "none" {
  count = 0
  name  = "n"
}
resource "aws_instance" "open" {
  count = var.unknown
  name  = "n"
}
data "aws_ami" "a" {
  owners = ["self"]
}
"#;

/// Expression and value; lines of `#` are headings.
const ROWS: &str = include_str!("expressions.txt");

#[test]
fn expressions_come_to_what_the_language_says() {
    let mut rows = 0;
    let mut wrong = Vec::new();
    for line in ROWS.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (expression, expected) = line.rsplit_once(" => ").unwrap_or_else(|| panic!("no value: {line}"));
        let value = value_of(expression.trim());
        if value != expected.trim() {
            wrong.push(format!("{}\n  is       {value}\n  expected {}", expression.trim(), expected.trim()));
        }
        rows += 1;
    }
    assert!(wrong.is_empty(), "{} of {rows} rows:\n{}", wrong.len(), wrong.join("\n"));
    assert!(rows >= 300, "only {rows} rows");
}

fn value_of(expression: &str) -> String {
    let expression = expression.replace("\\n", "\n");
    let text = format!("{PRELUDE}\nresource \"test\" \"it\" {{\n  it = {expression}\n}}\n");
    let files = Memory::new(&[
        ("main.tf", &text),
        ("hello.txt", "hello\n"),
        ("greet.tftpl", "Hi ${name}!%{ for x in xs } ${x}%{ endfor }"),
        ("bad.tftpl", "Hi ${"),
    ]);
    let evaluated = files.evaluate("");
    let resource = evaluated.configuration.at("test.it").unwrap();
    shown(resource.body.get("it").unwrap_or_else(|| panic!("no value: {expression}")))
}
