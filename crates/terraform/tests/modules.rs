//! Modules: which files make one up, what goes in and comes out, and what is not at hand.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a panic is the failure message")]

mod memory;

use memory::{Memory, references, shown};
use portcullis_terraform::{Evaluated, Gap, Options};

fn evaluate(text: &str) -> (Memory, Evaluated) {
    let files = Memory::parse(text);
    let evaluated = files.evaluate("");
    (files, evaluated)
}

/// Attributes of resources, one line each: `address.attribute = value`.
fn check(text: &str, expected: &str) {
    let (_, evaluated) = evaluate(text);
    assert_eq!(attributes(&evaluated), lines(expected), "{text}");
}

/// What was left out, with its place.
fn gaps(files: &Memory, evaluated: &Evaluated) -> Vec<String> {
    let gaps = evaluated.gaps.iter().map(|gap| match gap {
        Gap::Unresolved { header, name, source } => {
            format!("{name} {} {}", source.as_deref().unwrap_or_default(), files.place(*header))
        }
        Gap::Cycle { header, calls, .. } => {
            let calls: Vec<String> = calls.iter().map(|call| files.place(*call)).collect();
            format!("cycle {} by {calls:?}", files.place(*header))
        }
        Gap::Limit { span, limit } => format!("{limit:?} {}", files.place(*span)),
        Gap::Repetition { span, .. } => format!("repetition {}", files.place(*span)),
    });
    gaps.collect()
}

fn lines(expected: &str) -> String {
    expected.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

fn attributes(evaluated: &Evaluated) -> String {
    let resources = evaluated.configuration.resources.iter();
    let lines = resources.flat_map(|resource| {
        let entries = resource.body.entries.iter();
        entries.map(|(name, entry)| format!("{}.{name} = {}", resource.address, shown(&entry.value)))
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn variables_of_a_root() {
    let text = r#"
== main.tf
variable "a" { default = "default" }
variable "b" { default = "default" }
variable "c" { default = "default" }
variable "d" { default = "default" }
variable "e" { default = "default" }
variable "f" {
  type    = list(string)
  default = []
}
variable "g" { type = string }
resource "r" "r" {
  a = var.a
  b = var.b
  c = var.c
  d = var.d
  e = var.e
  f = var.f
  g = var.g
}
== terraform.tfvars
b = "terraform.tfvars"
c = "terraform.tfvars"
d = "terraform.tfvars"
== y.auto.tfvars
c = "y"
d = "y"
== x.auto.tfvars
c = "x"
== prod.tfvars
d = "prod"
"#;
    check(
        text,
        r#"r.r.a = "default"
           r.r.b = "terraform.tfvars"
           r.r.c = "y"
           r.r.d = "y"
           r.r.e = "default"
           r.r.f = []
           r.r.g = ?variable"#,
    );
    let files = Memory::parse(text);
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let options = Options {
        variable_files: vec!["prod.tfvars".to_owned()],
        variables: vec![pair("a", "env"), pair("b", "env"), pair("f", r#"["x", "y"]"#), pair("g", "8")],
    };
    let evaluated = files.evaluate_with("", &options);
    assert_eq!(
        attributes(&evaluated),
        lines(
            r#"r.r.a = "env"
               r.r.b = "terraform.tfvars"
               r.r.c = "y"
               r.r.d = "prod"
               r.r.e = "default"
               r.r.f = ["x", "y"]
               r.r.g = "8""#
        )
    );
    let body = &evaluated.configuration.at("r.r").unwrap().body;
    assert_eq!(files.place(body.get("d").unwrap().span), "prod.tfvars:1: \"prod\"");
    assert_eq!(files.place(body.get("g").unwrap().span), "main.tf:10: variable \"g\"");
}

/// The declarations may be in files that are not at hand.
#[test]
fn variables_without_declaration() {
    check(
        r#"
== main.tf
resource "r" "r" {
  a = var.a
  b = var.b
}
module "m" {
  source = "./m"
  c      = false
}
== terraform.tfvars
a = "given"
== m/main.tf
resource "r" "r" {
  c = var.c
  d = var.d
  e = var.source
}
"#,
        r#"r.r.a = "given"
           r.r.b = ?variable
           module.m.r.r.c = false
           module.m.r.r.d = ?variable
           module.m.r.r.e = ?variable"#,
    );
}

#[test]
fn files_of_a_module() {
    check(
        r#"
== a.tf
resource "r" "a" { x = 1 }
== a.tofu
resource "r" "a" { x = 2 }
== b_override.tf
resource "r" "a" {
  y = 4
  block { z = 2 }
}
locals { l = "over" }
== c.tf
resource "r" "c" {
  x = local.l
}
locals { l = "under" }
resource "r" "d" {
  x = 1
  block { z = 1 }
  block { z = 1 }
}
== override.tf
resource "r" "d" {
  x = 2
  block { z = 3 }
}
== .hidden.tf
resource "r" "hidden" {}
== gaps.txt
resource "r" "text" {}
"#,
        r#"r.a.block = [{z = 2}]
           r.a.x = 2
           r.a.y = 4
           r.c.x = "over"
           r.d.block = [{z = 3}]
           r.d.x = 2"#,
    );
}

const CHILD: &str = r#"
== child/main.tf
variable "name" {}
variable "size" {
  type    = number
  default = 1
}
variable "kept" {
  default  = "default"
  nullable = false
}
variable "options" {
  type    = object({ on = optional(bool, true), zone = optional(string) })
  default = {}
}
resource "r" "r" {
  name = var.name
  size = var.size
  kept = var.kept
  on   = var.options.on
}
output "id" { value = r.r.id }
output "name" { value = r.r.name }
output "path" { value = path.module }
"#;

#[test]
fn arguments_and_outputs() {
    check(
        &format!(
            r#"
== main.tf
module "m" {{
  source  = "./child"
  name    = "n"
  size    = "7"
  kept    = null
  options = {{ zone = "a" }}
}}
resource "r" "top" {{
  id      = module.m.id
  name    = module.m.name
  path    = module.m.path
  missing = module.m.missing
}}
{CHILD}"#
        ),
        r#"r.top.id = ?computed
           r.top.missing = ?invalid
           r.top.name = "n"
           r.top.path = "child"
           module.m.r.r.kept = "default"
           module.m.r.r.name = "n"
           module.m.r.r.on = true
           module.m.r.r.size = 7"#,
    );
    check(
        &format!(
            r#"
== main.tf
module "m" {{
  source   = "./child"
  for_each = {{ a = "x", b = "y" }}
  name     = "${{each.key}}-${{each.value}}"
}}
module "n" {{
  source = "./child"
  count  = 2
  name   = "n${{count.index}}"
}}
resource "r" "top" {{
  one   = module.m["a"].name
  all   = module.n[*].name
  last  = module.n[1].name
  map   = {{ for k, m in module.m : k => m.name }}
  gone  = try(module.m["z"].name, "none")
  count = 1
}}
{CHILD}"#
        ),
        r#"r.top[0].all = ["n0", "n1"]
           r.top[0].gone = "none"
           r.top[0].last = "n1"
           r.top[0].map = {a = "a-x", b = "b-y"}
           r.top[0].one = "a-x"
           module.m["a"].r.r.kept = "default"
           module.m["a"].r.r.name = "a-x"
           module.m["a"].r.r.on = true
           module.m["a"].r.r.size = 1
           module.m["b"].r.r.kept = "default"
           module.m["b"].r.r.name = "b-y"
           module.m["b"].r.r.on = true
           module.m["b"].r.r.size = 1
           module.n[0].r.r.kept = "default"
           module.n[0].r.r.name = "n0"
           module.n[0].r.r.on = true
           module.n[0].r.r.size = 1
           module.n[1].r.r.kept = "default"
           module.n[1].r.r.name = "n1"
           module.n[1].r.r.on = true
           module.n[1].r.r.size = 1"#,
    );
    check(
        &format!(
            r#"
== main.tf
variable "v" {{}}
module "m" {{
  source   = "./child"
  for_each = var.v
  name     = each.key
  size     = 3
}}
module "none" {{
  source = "./child"
  count  = 0
  name   = "x"
}}
module "maybe" {{
  source = "./child"
  count  = var.v ? 1 : 0
  name   = "may"
}}
resource "r" "top" {{
  may  = module.maybe[0].name
  one  = module.m["a"].id
  none = module.none[*].id
  rest = try(module.none[0].id, "")
}}
{CHILD}"#
        ),
        r#"r.top.may = "may"
           r.top.none = []
           r.top.one = ?instance
           r.top.rest = ""
           module.m[*].r.r.kept = "default"
           module.m[*].r.r.name = ?instance
           module.m[*].r.r.on = true
           module.m[*].r.r.size = 3
           module.maybe[*].r.r.kept = "default"
           module.maybe[*].r.r.name = "may"
           module.maybe[*].r.r.on = true
           module.maybe[*].r.r.size = 1"#,
    );
}

#[test]
fn modules_of_modules() {
    check(
        r#"
== main.tf
module "a" {
  source = "./a"
  x      = "top"
}
module "b" {
  source = "./a/b"
  y      = module.a.back
}
== a/main.tf
variable "x" {}
module "b" {
  source = "./b"
  y      = "${var.x}/a"
}
output "back" { value = module.b.z }
== a/b/main.tf
variable "y" {}
resource "r" "r" { y = var.y }
output "z" { value = "${var.y}/b" }
"#,
        r#"module.a.module.b.r.r.y = "top/a"
           module.b.r.r.y = "top/a/b""#,
    );
    // Values may go back and forth between modules, as long as none asks for itself.
    check(
        r#"
== main.tf
module "a" {
  source = "./m"
  one    = "1"
  two    = module.b.one
}
module "b" {
  source = "./m"
  one    = module.a.one
  two    = module.a.two
}
module "c" {
  source = "./m"
  one    = module.c.two
  two    = module.c.one
}
== m/main.tf
variable "one" {}
variable "two" {}
resource "r" "r" {
  one = var.one
  two = var.two
}
output "one" { value = var.one }
output "two" { value = var.two }
"#,
        r#"module.a.r.r.one = "1"
           module.a.r.r.two = "1"
           module.b.r.r.one = "1"
           module.b.r.r.two = "1"
           module.c.r.r.one = ?cycle
           module.c.r.r.two = ?cycle"#,
    );
}

#[test]
fn json_syntax() {
    check(
        r#"
== main.tf.json
{
  "variable": { "a": { "default": "x" }, "b": { "type": "list(string)" } },
  "locals": { "l": "${var.a}y" },
  "module": { "m": { "source": "./m", "v": "${local.l}" } },
  "resource": {
    "r": {
      "one": { "a": "${upper(var.a)}", "b": "${var.b}", "block": { "c": true }, "blocks": [{ "d": 1 }, { "d": 2 }], "out": "${module.m.o}" },
      "two": { "for_each": { "k": 1 }, "v": "${each.value}", "lifecycle": { "ignore_changes": ["tags"] } },
      "three": { "count": 1, "dynamic": { "rule": { "for_each": [1, 2], "content": { "n": "${rule.value}" } } } }
    }
  }
}
== terraform.tfvars.json
{ "b": ["p", "${q}"] }
== m/main.tf
variable "v" {}
output "o" { value = "<${var.v}>" }
"#,
        r#"r.one.a = "X"
           r.one.b = ["p", "${q}"]
           r.one.block = {c = true}
           r.one.blocks = [{d = 1}, {d = 2}]
           r.one.out = "<xy>"
           r.two["k"].lifecycle = [{ignore_changes = ["tags"]}]
           r.two["k"].v = 1
           r.three[0].rule = [{n = 1}, {n = 2}]"#,
    );
}

#[test]
fn modules_that_are_not_at_hand() {
    let (files, evaluated) = evaluate(
        r#"
== main.tf
module "remote" {
  source  = "terraform-aws-modules/s3-bucket/aws"
  version = "4.0.0"
  target  = aws_s3_bucket.b.id
  nested  = { list = [aws_s3_bucket.c.arn] }
}
module "outside" {
  source = "../elsewhere"
}
module "gone" {
  source = "./gone"
}
module "installed" {
  source = "example/thing/aws"
  name   = "n"
}
resource "aws_s3_bucket" "b" { bucket = module.remote.name }
resource "aws_s3_bucket" "c" { bucket = module.remote.list[0].name }
== .terraform/modules/modules.json
{"Modules":[{"Key":"","Source":"","Dir":"."},{"Key":"installed","Source":"registry","Dir":".terraform/modules/installed"}]}
== .terraform/modules/installed/main.tf
variable "name" {}
resource "r" "r" { name = var.name }
"#,
    );
    assert_eq!(
        attributes(&evaluated),
        lines(
            r#"aws_s3_bucket.b.bucket = ?module
               aws_s3_bucket.c.bucket = ?module
               module.installed.r.r.name = "n""#
        )
    );
    assert_eq!(
        gaps(&files, &evaluated),
        [
            r#"remote terraform-aws-modules/s3-bucket/aws main.tf:1: module "remote""#,
            r#"outside ../elsewhere main.tf:7: module "outside""#,
            r#"gone ./gone main.tf:10: module "gone""#,
        ]
    );
    let handed: Vec<String> =
        evaluated.configuration.modules.iter().flat_map(|it| &it.handed_out).map(|it| it.address.to_string()).collect();
    assert_eq!(handed, ["aws_s3_bucket.b", "aws_s3_bucket.c"]);
}

#[test]
fn places_lead_through_calls() {
    let (files, evaluated) = evaluate(
        r#"
== main.tf
variable "n" { default = "here" }
module "a" {
  source = "./a"
  x      = var.n
}
resource "r" "top" { v = module.a.out }
== a/main.tf
variable "x" {}
resource "r" "r" {
  v = var.x
  w = { in = var.x }
}
output "out" { value = r.r.id }
== a/versions.tf
terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.0"
    }
  }
}
"#,
    );
    let inner = evaluated.configuration.at("module.a.r.r").unwrap();
    let value = inner.body.get("v").unwrap();
    assert_eq!(files.place(value.span), "main.tf:1: \"here\"");
    let hops: Vec<String> = value.hops().map(|span| files.place(span)).collect();
    assert_eq!(hops, ["a/main.tf:3: var.x", "main.tf:4: var.n"]);
    let top = evaluated.configuration.at("r.top").unwrap();
    assert_eq!(references(top.body.get("v").unwrap()), ["module.a.r.r.id"]);
    let module = evaluated.configuration.module_of(inner).unwrap();
    let calls: Vec<String> = module.calls.iter().map(|span| files.place(*span)).collect();
    assert_eq!(calls, ["main.tf:2: module \"a\""]);
    assert_eq!(module.providers.first().unwrap().version.as_deref(), Some("~> 5.0"));
}

#[test]
fn default_tags_reach_called_modules() {
    check(
        r#"
== main.tf
provider "aws" {
  default_tags { tags = { by = "root" } }
}
provider "aws" {
  alias = "west"
  default_tags { tags = { by = "west" } }
}
module "a" { source = "./a" }
module "b" {
  source    = "./a"
  providers = { aws = aws.west }
}
== a/main.tf
resource "aws_r" "r" {}
"#,
        r#"module.a.aws_r.r.tags_all = {by = "root"}
           module.b.aws_r.r.tags_all = {by = "west"}"#,
    );
}

/// What an override says of a provider is laid over its block, as for any other.
#[test]
fn providers_are_overridden() {
    check(
        r#"
== main.tf
provider "aws" {
  default_tags { tags = { by = "main" } }
}
provider "aws" {
  alias = "west"
  default_tags { tags = { by = "main" } }
}
resource "aws_r" "r" {}
resource "aws_r" "s" { provider = aws.west }
== some.thing_override.tf
provider "aws" {
  default_tags { tags = { by = "override" } }
}
"#,
        r#"aws_r.r.tags_all = {by = "override"}
           aws_r.s.tags_all = {by = "main"}"#,
    );
}

/// Whether what the options give fits the variables.
#[test]
fn what_is_given_fits() {
    let files = Memory::parse(
        r#"
== main.tf
variable "text" {}
variable "count" { type = number }
variable "zones" {
  type = list(string)
}
variable "any" { type = any }
== prod.tfvars
count = "many"
zones = "a"
other = 1
"#,
    );
    let variables = [
        ("text", "[x"),
        ("count", "3"),
        ("count", "three"),
        ("zones", "[\"a\"]"),
        ("zones", "[\"a\""),
        ("zones", "a"),
        ("any", "{a = 1}"),
        ("nowhere", "1"),
    ];
    let options = Options {
        variable_files: vec!["prod.tfvars".to_owned()],
        variables: variables.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec(),
    };
    let given = files.evaluate_with("", &options).given;
    let fits: Vec<String> = given
        .iter()
        .map(|given| {
            let place = given.span.map_or_else(|| given.name.clone(), |span| files.place(span));
            format!("{place} {:?}", given.fit)
        })
        .collect();
    assert_eq!(
        fits,
        [
            "text Taken",
            "count Taken",
            r#"count Refused("number")"#,
            "zones Taken",
            r#"zones Refused("list(string)")"#,
            "zones Refused(\"list(string)\")",
            "any Taken",
            "nowhere Undeclared",
            r#"prod.tfvars:1: count Refused("number")"#,
            r#"prod.tfvars:2: zones Refused("list(string)")"#,
            "prod.tfvars:3: other Undeclared",
        ]
    );
}

#[test]
fn roots_are_what_no_module_calls() {
    let files = Memory::parse(
        r#"
== envs/prod/main.tf
module "a" { source = "../../modules/a" }
== modules/a/main.tf
module "b" { source = "../b" }
== modules/b/main.tf
resource "r" "r" {}
== modules/alone/main.tf
resource "r" "r" {}
"#,
    );
    let mut library = files.library("envs/prod");
    library.gather(["modules/alone".to_owned()], &files, &mut |path| files.id(path));
    assert_eq!(library.roots(), ["envs/prod", "modules/alone"]);
    let circle = Memory::new(&[
        ("x/main.tf", "module \"y\" { source = \"../y\" }"),
        ("y/main.tf", "module \"x\" { source = \"../x\" }"),
    ]);
    assert_eq!(circle.library("y").roots(), ["x"]);
    let called: Vec<String> = library.calls("modules/a").into_iter().filter_map(|call| call.directory).collect();
    assert_eq!(called, ["modules/b"]);
}

/// Calls that would never end, or grow beyond measure.
#[test]
fn hostile() {
    let itself = "== main.tf\nmodule \"a\" { source = \"./\" }\nresource \"r\" \"r\" {}\n";
    let (files, evaluated) = evaluate(itself);
    assert_eq!(evaluated.configuration.resources.len(), 1);
    assert_eq!(gaps(&files, &evaluated), [r#"cycle main.tf:1: module "a" by []"#]);
    let each_other = "== main.tf\nmodule \"a\" { source = \"./a\" }\n== a/main.tf\nmodule \"b\" { source = \"../b\" }\n== b/main.tf\nmodule \"a\" { source = \"../a\" }\nresource \"r\" \"r\" {}\n";
    let (files, evaluated) = evaluate(each_other);
    assert_eq!(evaluated.configuration.resources.len(), 1);
    let way = r#"cycle b/main.tf:1: module "a" by ["a/main.tf:1: module \"b\""]"#;
    assert_eq!(gaps(&files, &evaluated), [way]);
    // A chain of calls ends somewhere, and is no module that is missing.
    let chain = |level: usize| {
        format!("== m{level}/main.tf\nmodule \"a\" {{ source = \"../m{}\" }}\nresource \"r\" \"r\" {{}}\n", level + 1)
    };
    let files = Memory::parse(&(0..60).map(chain).chain(["== m60/main.tf\n".to_owned()]).collect::<String>());
    let evaluated = files.evaluate("m0");
    assert_eq!(gaps(&files, &evaluated), [r#"ModuleDepth m40/main.tf:1: module "a""#]);
    // Each level calls the next one four times.
    let level = |level: usize| {
        let next = level + 1;
        let calls = ["a", "b", "c", "d"].map(|name| format!("module \"{name}\" {{\n  source = \"../m{next}\"\n}}\n"));
        format!("== m{level}/main.tf\n{}resource \"r\" \"r\" {{}}\n", calls.concat())
    };
    let levels = (0..20).map(level).collect::<Vec<_>>().concat();
    let files = Memory::parse(&levels);
    let evaluated = files.evaluate("m0");
    assert!(evaluated.gaps.iter().any(|note| matches!(note, Gap::Limit { .. })));
    assert!(evaluated.configuration.modules.iter().any(|module| module.partial));
}
