//! Resources: instances, nested blocks, tags, policies, and where each value was written.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a panic is the failure message")]

mod memory;

use std::sync::Arc;

use memory::{Memory, references, shown};
use portcullis_model::terraform::{Kind, Value};
use portcullis_terraform::Gap;

/// Each resource with its body, a line each; `*` stands before symbolic ones.
fn resources(text: &str) -> String {
    let files = Memory::new(&[("main.tf", text)]);
    let evaluated = files.evaluate("");
    let lines = evaluated.configuration.resources.iter().map(|resource| {
        let body = Value::new(Kind::Map(resource.body.clone()), resource.header);
        let mark = if resource.symbolic { "*" } else { "" };
        format!("{mark}{} {}", resource.address, shown(&body))
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn check(text: &str, expected: &str) {
    let found = resources(text);
    let expected: Vec<&str> = expected.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    assert_eq!(found, expected.join("\n"), "\n{text}");
}

#[test]
fn instances() {
    check(r#"resource "a" "b" { x = 1 }"#, "a.b {x = 1}");
    check(r#"resource "a" "b" { count = 0 }"#, "");
    check(
        r#"resource "a" "b" {
             count = 2
             x     = count.index
           }"#,
        "a.b[0] {x = 0}
         a.b[1] {x = 1}",
    );
    check(
        r#"resource "a" "b" {
             for_each = { k = "v", "l\"" = 2 }
             x        = each.key
             y        = each.value
           }"#,
        r#"a.b["k"] {x = "k", y = "v"}
           a.b["l\""] {x = "l\"", y = 2}"#,
    );
    check(
        r#"variable "n" {}
           resource "a" "b" {
             count = var.n ? 1 : 0
             x     = count.index
             y     = false
           }
           resource "a" "c" {
             for_each = var.n
             x        = each.value.x
             y        = each.key
           }
           resource "a" "d" { x = a.b[0].y }"#,
        "*a.b[*] {x = ?instance, y = false}
         *a.c[*] {x = ?instance, y = ?instance}
         a.d {x = false}",
    );
    check(
        r#"variable "n" {}
           resource "a" "b" {
             for_each = { (var.n) = 1, k = 2 }
             x        = each.value
           }"#,
        r#"a.b["k"] {x = 2}
           *a.b[*] {x = ?instance}"#,
    );
    check(r#"resource "a" "b" { count = "1" }"#, "a.b[0] {}");
    check(r#"resource "a" "b" { count = -1 }"#, "");
    check(r#"data "a" "b" { x = 1 }"#, "data.a.b {x = 1}");
    check(r#"ephemeral "a" "b" { x = 1 }"#, "ephemeral.a.b {x = 1}");
    check(
        r#"resource "a" "b" { x = 1 }
           resource "a" "b" { x = 2 }
           resource "a" "c" { x = a.b.x }"#,
        "a.b {x = 1}
         a.b {x = 2}
         a.c {x = 1}",
    );
}

#[test]
fn nested_blocks() {
    check(
        r#"resource "a" "b" {
             one { x = 1 }
             two {
               y = 1
               three { z = 1 }
             }
             two { y = 2 }
             provider   = x.y
             depends_on = [a.c]
             lifecycle {
               prevent_destroy = true
               ignore_changes  = [tags["x"], size]
             }
             provisioner "local-exec" {
               command = "echo ${self.id}"
             }
           }"#,
        r#"a.b {lifecycle = [{ignore_changes = ["tags.x", "size"], prevent_destroy = true}], one = [{x = 1}], provisioner = [{command = "echo ${?computed}", type = "local-exec"}], two = [{three = [{z = 1}], y = 1}, {y = 2}]}"#,
    );
    check(
        r#"resource "a" "b" {
             dynamic "rule" {
               for_each = [22, 80]
               content {
                 port = rule.value
                 key  = rule.key
               }
             }
             rule { port = 1 }
           }"#,
        "a.b {rule = [{key = 0, port = 22}, {key = 1, port = 80}, {port = 1}]}",
    );
    check(
        r#"resource "a" "b" {
             dynamic "rule" {
               for_each = { x = { ports = [1, 2] }, y = { ports = [] } }
               iterator = it
               content {
                 name = it.key
                 dynamic "port" {
                   for_each = it.value.ports
                   content {
                     number = port.value
                     of     = it.key
                   }
                 }
               }
             }
           }"#,
        r#"a.b {rule = [{name = "x", port = [{number = 1, of = "x"}, {number = 2, of = "x"}]}, {name = "y"}]}"#,
    );
    check(
        r#"variable "n" {}
           resource "a" "b" {
             dynamic "rule" {
               for_each = var.n
               content {
                 port = rule.value.port
                 from = "0.0.0.0/0"
               }
             }
             dynamic "none" {
               for_each = []
               content {}
             }
           }"#,
        r#"a.b {rule = [{from = "0.0.0.0/0", port = ?instance}, ...]}"#,
    );
}

#[test]
fn default_tags() {
    check(
        r#"provider "aws" {
             default_tags { tags = { team = "x", env = "dev" } }
           }
           provider "aws" {
             alias = "west"
           }
           resource "aws_a" "b" { tags = { env = "prod" } }
           resource "aws_a" "c" {}
           resource "aws_a" "d" { provider = aws.west }
           resource "other" "e" {}"#,
        r#"aws_a.b {tags = {env = "prod"}, tags_all = {env = "prod", team = "x"}}
           aws_a.c {tags_all = {env = "dev", team = "x"}}
           aws_a.d {}
           other.e {}"#,
    );
    check(
        r#"variable "t" {}
           provider "google" {
             default_labels = { team = "x" }
           }
           resource "google_a" "b" { labels = var.t }"#,
        r#"google_a.b {effective_labels = {team = "x", ...}, labels = ?variable}"#,
    );
}

#[test]
fn policy_documents() {
    let text = r#"
        variable "n" {}
        data "aws_iam_policy_document" "base" {
          statement {
            sid       = "A"
            actions   = ["s3:Get*"]
            resources = ["*"]
          }
          statement {
            sid       = "B"
            effect    = "Deny"
            actions   = ["s3:Put*"]
            resources = ["*"]
          }
        }
        data "aws_iam_policy_document" "top" {
          source_policy_documents = [data.aws_iam_policy_document.base.json]
          statement {
            sid         = "B"
            not_actions = ["iam:*"]
            principals {
              type        = "AWS"
              identifiers = ["1", "2"]
            }
            principals {
              type        = "Service"
              identifiers = ["ec2.amazonaws.com"]
            }
            condition {
              test     = "StringEquals"
              variable = "aws:x"
              values   = ["y"]
            }
          }
          statement {
            principals {
              type        = "*"
              identifiers = ["*"]
            }
          }
        }
        data "aws_iam_policy_document" "open" {
          override_policy_documents = [var.n]
        }
        resource "p" "q" { policy = data.aws_iam_policy_document.top.json }
        resource "p" "r" { policy = data.aws_iam_policy_document.open.json }
    "#;
    let files = Memory::new(&[("main.tf", text)]);
    let evaluated = files.evaluate("");
    let policy = |address: &str| evaluated.configuration.at(address).unwrap().body.get("policy").unwrap().clone();
    assert_eq!(
        shown(&policy("p.q")),
        r#"json({Statement = [{Action = ["s3:Get*"], Effect = "Allow", Resource = ["*"], Sid = "A"}, {Condition = {StringEquals = {aws:x = ["y"]}}, Effect = "Allow", NotAction = ["iam:*"], Principal = {AWS = ["1", "2"], Service = ["ec2.amazonaws.com"]}, Sid = "B"}, {Effect = "Allow", Principal = "*"}], Version = "2012-10-17"})"#
    );
    assert_eq!(shown(&policy("p.r")), r#"json({Statement = [...], Version = "2012-10-17"})"#);
    assert_eq!(references(&policy("p.q")), ["data.aws_iam_policy_document.top.json"]);
}

/// The values of `test.it` at a name: where they were written, the places that they came through, what they refer to.
#[test]
fn origins() {
    let text = r#"
variable "a" {
  default = "in default"
}
variable "o" {
  default = { x = { y = true } }
}
locals {
  l = var.a
  m = "${var.a}!"
  k = { z = aws_x.y.id }
}
resource "aws_x" "y" {
  count = 1
  name  = "n"
}
resource "aws_x" "z" {
  for_each = toset(["p"])
  name     = each.key
}
resource "aws_x" "o" {
  for_each = var.nothing
}
resource "test" "it" {
  literal   = "lit"
  variable  = var.a
  local     = local.l
  computed  = local.m
  nested    = var.o.x.y
  attribute = aws_x.y[0].name
  unknown   = aws_x.y[0].id
  text      = "arn:${aws_x.y[0].arn}/*"
  all       = aws_x.y[*].id
  each      = aws_x.z["p"].name
  looped    = [for k, v in aws_x.z : v.id]
  block     = aws_x.y[0].list[0].deep
  any       = aws_x.z[var.nothing].id
  own       = aws_x.o[var.nothing].id
  chosen    = var.nothing ? aws_x.y[0].id : "other"
}
"#;
    let files = Memory::new(&[("main.tf", text)]);
    let evaluated = files.evaluate("");
    let body = &evaluated.configuration.at("test.it").unwrap().body;
    let rows = [
        ("literal", "\"lit\"", "", ""),
        ("variable", "\"in default\"", "var.a", ""),
        ("local", "\"in default\"", "local.l < var.a", ""),
        ("computed", "\"${var.a}!\"", "local.m", ""),
        ("nested", "true", "var.o.x.y", ""),
        ("attribute", "\"n\"", "aws_x.y[0].name", "aws_x.y[0].name"),
        ("unknown", "aws_x.y[0].id", "", "aws_x.y[0].id"),
        ("text", "\"arn:${aws_x.y[0].arn}/*\"", "", "aws_x.y[0].arn"),
        ("each", "\"p\"", "aws_x.z[\"p\"].name < each.key", "aws_x.z[\"p\"].name"),
        ("block", "aws_x.y[0].list[0].deep", "", "aws_x.y[0].list.0.deep"),
        ("any", "aws_x.z[var.nothing].id", "", "aws_x.z[*].id"),
        ("own", "aws_x.o[var.nothing].id", "", "aws_x.o[*].id"),
        ("chosen", "var.nothing ? aws_x.y[0].id : \"other\"", "", "aws_x.y[0].id"),
    ];
    for (name, written, hops, refers) in rows {
        let value = body.get(name).unwrap();
        let found = files.place(value.span);
        let way: Vec<String> = value.hops().map(|span| files.place(span)).collect();
        let way: Vec<&str> = way.iter().filter_map(|place| place.splitn(3, ':').nth(2)).map(str::trim).collect();
        assert_eq!(found.splitn(3, ':').nth(2).map(str::trim), Some(written), "{name}");
        assert_eq!(way.join(" < "), hops, "{name}");
        assert_eq!(references(value).join(" "), refers, "{name}");
    }
    for (name, refers) in [("all", "aws_x.y[0].id"), ("looped", "aws_x.z[\"p\"].id")] {
        let items = body.get(name).unwrap().as_list().unwrap().items.clone();
        let found: Vec<String> = items.iter().flat_map(references).collect();
        assert_eq!(found.join(" "), refers, "{name}");
    }
}

/// Texts that would take forever, or all memory, without limits.
#[test]
fn hostile() {
    let doubled = |first: &str, next: &str| {
        let lines: Vec<String> =
            (1..60).map(|n| format!("  a{n} = {}", next.replace('@', &format!("local.a{}", n - 1)))).collect();
        format!("locals {{\n  a0 = {first}\n{}\n}}\nresource \"t\" \"it\" {{ it = local.a59 }}", lines.join("\n"))
    };
    let deep = |open: &str, close: &str| {
        format!("resource \"t\" \"it\" {{ it = {}1{} }}", open.repeat(5_000), close.repeat(5_000))
    };
    let chain = |from: usize| {
        let lines: Vec<String> = (1..from).map(|n| format!("  a{n} = [local.a{}]", n - 1)).collect();
        format!("locals {{\n  a0 = 1\n{}\n}}\nresource \"t\" \"it\" {{ it = local.a{} }}", lines.join("\n"), from - 1)
    };
    let texts = [
        doubled("\"x\"", "\"${@}${@}\""),
        doubled("[1]", "[@, @]"),
        doubled("[1]", "concat(@, @)"),
        doubled("{ a = 1 }", "{ a = @, b = @ }"),
        doubled("[1, 2]", "[for x in @ : @]"),
        doubled("[1, 2]", "flatten([@, @])"),
        doubled("\"x\"", "jsonencode([@, @])"),
        deep("[", "]"),
        deep("(", ")"),
        deep("-", ""),
        deep("{ a = ", "}"),
        deep("f(", ")"),
        deep("\"${", "}\""),
        chain(20_000),
        "locals {\n  a = [for x in range(1000) : [for y in range(1000) : [for z in range(1000) : z]]]\n}\nresource \"t\" \"it\" { it = local.a }".to_owned(),
        "resource \"t\" \"it\" { it = templatefile(\"self.tftpl\", {}) }".to_owned(),
        "provider \"aws\" {\n default_tags { tags = { a = aws_t.it.id } }\n}\nresource \"aws_t\" \"it\" {}".to_owned(),
        "resource \"t\" \"it\" { it = setproduct(range(1000), range(1000), range(1000)) }".to_owned(),
        "resource \"t\" \"it\" { it = format(\"%1000000000d\", 1) }".to_owned(),
        "resource \"t\" \"it\" { count = 1000000000 }".to_owned(),
        "resource \"t\" \"it\" { it = t.it.it }".to_owned(),
        "resource \"t\" \"it\" { it = range(0, 1000000000) }".to_owned(),
        "variable \"v\" { default = local.v }\nlocals { v = var.v }\nresource \"t\" \"it\" { it = var.v }".to_owned(),
    ];
    let blocks = |n: usize| {
        let (open, close) = ("b {\n".repeat(90), "}\n".repeat(90));
        format!("resource \"t\" \"r{n}\" {{\n{open}x = t.r{}.y\n{close}}}\n", n + 1)
    };
    let chained = (0..2_000).map(blocks).collect::<Vec<_>>().concat();
    let files = Memory::new(&[("main.tf", &chained)]);
    assert_eq!(files.evaluate("").configuration.resources.len(), 2_000);
    for text in texts {
        let template = "${templatefile(\"self.tftpl\", {})}${templatefile(\"self.tftpl\", {})}";
        let files = Memory::new(&[("main.tf", &text), ("self.tftpl", template)]);
        let evaluated = files.evaluate("");
        let start: String = text.chars().take(60).collect();
        assert!(evaluated.configuration.resources.len() <= 1, "{start}");
        drop(evaluated);
    }
}

#[test]
fn many_instances_take_time_in_proportion() {
    let text = r#"
locals {
  all = { for n in flatten([for x in range(100) : [for y in range(100) : x * 100 + y]]) : "k${n}" => { size = n, name = "n${n}" } }
}
resource "a" "b" {
  for_each = local.all
  name     = each.value.name
  size     = local.all[each.key].size
}
resource "a" "c" {
  for_each = local.all
  of       = a.b[each.key].name
  first    = a.b["k0"].id
}
"#;
    let files = Memory::new(&[("main.tf", text)]);
    let evaluated = files.evaluate("");
    assert_eq!(evaluated.gaps, []);
    assert_eq!(evaluated.configuration.resources.len(), 20_000);
    let one = evaluated.configuration.at("a.c[\"k77\"]").unwrap();
    assert_eq!(shown(one.body.get("of").unwrap()), "\"n77\"");
}

/// Of very many instances one stands for the rest, and what is the same in all of them is held once.
#[test]
fn very_many_instances_are_not_all_kept() {
    let text = r#"
locals {
  all = toset([for n in range(0, 500) : "k${n}"])
  too_many = { for pair in setproduct(local.all, range(24)) : "${pair[0]}-${pair[1]}" => true }
}
resource "a" "same" {
  count = 10000
  tags  = { a = 1 }
}
resource "a" "beyond" {
  for_each = local.too_many
  name     = each.key
  public   = true
}
resource "a" "counted" { count = 10001 }
resource "a" "next" { count = 10000 }
resource "a" "last" { count = 10000 }
resource "a" "none_left" { count = 10000 }
resource "a" "single" {}
"#;
    let files = Memory::new(&[("main.tf", text)]);
    let evaluated = files.evaluate("");
    let limits: Vec<String> = evaluated
        .gaps
        .iter()
        .map(|gap| match gap {
            Gap::Limit { span, limit } => format!("{limit:?} {}", files.place(*span)),
            other => format!("{other:?}"),
        })
        .filter(|gap| !gap.starts_with("Repetition"))
        .collect();
    assert_eq!(
        limits,
        [
            "Instances main.tf:11: local.too_many",
            "Instances main.tf:15: 10001",
            "Instances main.tf:18: resource \"a\" \"none_left\""
        ]
    );
    let configuration = &evaluated.configuration;
    assert_eq!(configuration.resources.len(), 10_000 + 10_001 + 1 + 10_000 + 10_000 + 1 + 1);
    let at = |address: &str| configuration.at(address).unwrap();
    assert!(Arc::ptr_eq(&at("a.same[0]").body, &at("a.same[9999]").body));
    assert!(at("a.beyond[*]").symbolic && at("a.counted[*]").symbolic && at("a.none_left[*]").symbolic);
    assert_eq!(shown(at("a.beyond[*]").body.get("public").unwrap()), "true");
}

/// What modules write to name a resource that may not be there: the reference is not lost.
#[test]
fn references_through_expressions() {
    let prelude = r#"
variable "v" {}
variable "create" { default = true }
resource "aws_x" "maybe" {
  count = var.v ? 1 : 0
}
resource "aws_x" "one" {
  count = var.create ? 1 : 0
}
resource "aws_x" "each" {
  for_each = toset(["k", "l"])
}
resource "aws_x" "plain" {
  name = "plain"
}
locals {
  id = aws_x.plain.id
  m  = { a = aws_x.plain.id, b = "x" }
}
"#;
    let rows = [
        ("aws_x.maybe[0].id", "aws_x.maybe[*].id"),
        ("one(aws_x.maybe[*].id)", "aws_x.maybe[*].id"),
        ("join(\"\", aws_x.maybe[*].id)", "aws_x.maybe[*].id"),
        ("try(aws_x.maybe[0].id, \"\")", "aws_x.maybe[*].id"),
        ("element(concat(aws_x.maybe.*.id, [\"\"]), 0)", "aws_x.maybe[*].id"),
        ("concat(aws_x.maybe.*.id, [\"\"])[0]", "aws_x.maybe[*].id"),
        ("var.v ? aws_x.maybe[0].id : aws_x.plain.id", "aws_x.maybe[*].id aws_x.plain.id"),
        ("aws_x.one[0].id", "aws_x.one[0].id"),
        ("element(concat(aws_x.one.*.id, [\"\"]), 0)", "aws_x.one[0].id"),
        ("coalesce(one(aws_x.one[*].id), \"\")", "aws_x.one[0].id"),
        ("aws_x.each[\"k\"].arn", "aws_x.each[\"k\"].arn"),
        ("aws_x.each[var.v].arn", "aws_x.each[*].arn"),
        ("lookup(local.m, \"a\", null)", "aws_x.plain.id"),
        ("local.m[\"a\"]", "aws_x.plain.id"),
        ("\"${local.id}/x\"", "aws_x.plain.id"),
        ("format(\"%s/x\", local.id)", "aws_x.plain.id"),
        ("replace(local.id, \"a\", \"b\")", "aws_x.plain.id"),
        ("aws_x.plain.name", "aws_x.plain.name"),
        ("aws_x.plain", "aws_x.plain."),
        ("aws_x.plain.list[0].id", "aws_x.plain.list.0.id"),
        ("[for x in [local.id] : x][0]", "aws_x.plain.id"),
        ("values({ a = local.id })[0]", "aws_x.plain.id"),
        ("nonsensitive(local.id)", "aws_x.plain.id"),
        ("tolist([local.id])[0]", "aws_x.plain.id"),
    ];
    let body: Vec<String> = rows.iter().enumerate().map(|(at, (text, _))| format!("  r{at} = {text}\n")).collect();
    let text = format!("{prelude}resource \"test\" \"it\" {{\n{}}}\n", body.concat());
    let files = Memory::new(&[("main.tf", &text)]);
    let evaluated = files.evaluate("");
    let body = &evaluated.configuration.at("test.it").unwrap().body;
    let wrong: Vec<String> = rows
        .iter()
        .enumerate()
        .map(|(at, (text, refers))| (text, refers, references(body.get(&format!("r{at}")).unwrap()).join(" ")))
        .filter(|(_, refers, found)| found != *refers)
        .map(|(text, refers, found)| format!("{text}\n  refers to {found}\n  expected  {refers}"))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A text that ends anywhere, or lacks a byte, is evaluated as far as it goes.
#[test]
fn broken_texts() {
    let text = r#"
variable "v" { type = object({ a = optional(list(string), ["x"]) }) }
locals {
  l = { for k, v in { a = 1, b = "${2}" } : k => v... if v != null }
  m = try(local.l["a"][*].b, [for x in var.v.a : upper(x)], null)
}
resource "a" "b" {
  for_each = toset(["x", "y"])
  c        = "%{ if each.key == "x" }1%{ else }${local.m[0]}%{ endif }"
  dynamic "d" {
    for_each = local.l
    content { e = d.value[*] }
  }
}
module "m" {
  source = "./m"
  count  = 2
  in     = a.b["x"].id
}
data "aws_iam_policy_document" "p" {
  statement { principals { identifiers = module.m[*].out } }
}
"#;
    let module = "variable \"in\" {}\noutput \"out\" { value = var.in }\n";
    let cut = (0..text.len()).filter_map(|at| text.get(..at).map(str::to_owned));
    let lacking = (0..text.len()).filter_map(|at| Some(format!("{}{}", text.get(..at)?, text.get(at + 1..)?)));
    for text in cut.chain(lacking) {
        let files = Memory::new(&[("main.tf", &text), ("m/main.tf", module)]);
        let evaluated = files.evaluate("");
        assert!(evaluated.configuration.resources.len() <= 3, "{text}");
    }
}

/// For each `t` which `l` are about it; `?` where others may be.
fn links(text: &str) -> String {
    let files = Memory::new(&[("main.tf", text)]);
    let configuration = files.evaluate("").configuration;
    let line = |target| {
        let links = configuration.linked(target, "l", "of", &["name"]);
        let certain: Vec<&str> = links.certain.iter().map(|it| &*it.name).collect();
        format!("{}: {}{}", target.address, certain.join(" "), if links.maybe { "?" } else { "" })
    };
    configuration.of_kind("t").map(line).collect::<Vec<_>>().join("; ")
}

#[test]
fn links_are_by_reference_and_by_name() {
    let two = "resource \"t\" \"a\" { name = \"one\" }\nresource \"t\" \"b\" { name = var.x }\nvariable \"x\" {}\n";
    for (more, expected) in [
        ("resource \"l\" \"l\" { of = t.a.id }", "t.a: l; t.b: "),
        ("resource \"l\" \"l\" { of = t.a.name }", "t.a: l; t.b: ?"),
        ("resource \"l\" \"l\" { of = [t.b.id, t.a.id] }", "t.a: l; t.b: l"),
        ("resource \"l\" \"l\" { of = \"one\" }", "t.a: l; t.b: ?"),
        ("resource \"l\" \"l\" { of = \"two\" }", "t.a: ; t.b: ?"),
        ("resource \"l\" \"l\" { of = var.x }", "t.a: ?; t.b: ?"),
        ("resource \"l\" \"l\" { of = [var.x, t.a.id] }", "t.a: l?; t.b: ?"),
        ("resource \"l\" \"l\" { other = t.a.id }", "t.a: ; t.b: "),
        ("data \"l\" \"l\" { of = t.a.id }", "t.a: ; t.b: "),
        ("resource \"l\" \"l\" { of = t.c.id }", "t.a: ; t.b: "),
        ("resource \"l\" \"k\" { of = t.a.id }\nresource \"l\" \"l\" { of = var.x }", "t.a: k?; t.b: ?"),
        ("module \"m\" {\n source = \"x/y/z\"\n of = t.a.id\n}", "t.a: ?; t.b: "),
    ] {
        assert_eq!(links(&format!("{two}{more}\n")), expected, "{more}");
    }
    let many = "resource \"t\" \"a\" {\n  count = 2\n  name = \"n\"\n}\nresource \"t\" \"b\" {\n  count = var.x\n}\nvariable \
                \"x\" {}\n";
    for (more, expected) in [
        ("resource \"l\" \"l\" { of = t.a[1].id }", "t.a[0]: ; t.a[1]: l; t.b[*]: "),
        ("resource \"l\" \"l\" { of = t.a[var.x].id }", "t.a[0]: l; t.a[1]: l; t.b[*]: "),
        ("resource \"l\" \"l\" { of = t.b[0].id }", "t.a[0]: ; t.a[1]: ; t.b[*]: l"),
    ] {
        assert_eq!(links(&format!("{many}{more}\n")), expected, "{more}");
    }
}
