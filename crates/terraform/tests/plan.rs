//! Plans as `terraform show -json` writes them.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a panic is the failure message")]

mod memory;

use memory::{Memory, references, shown};
use portcullis_core::FileId;
use portcullis_model::terraform::{Configuration, Kind, Value};
use portcullis_syntax::json;
use portcullis_terraform::plan;

const PLAN: &str = r#"{
  "format_version": "1.2",
  "planned_values": { "root_module": {
    "resources": [
      { "address": "aws_s3_bucket.b", "mode": "managed", "type": "aws_s3_bucket", "name": "b",
        "values": { "bucket": "x", "force_destroy": null, "tags": { "a": "${b}" }, "versioning": [{ "enabled": true }], "size": 1.5 } },
      { "address": "aws_s3_bucket_policy.p[0]", "mode": "managed", "type": "aws_s3_bucket_policy", "name": "p", "index": 0,
        "values": { "policy": "{}" } }
    ],
    "child_modules": [
      { "address": "module.m[\"a.b\"]", "resources": [
        { "address": "module.m[\"a.b\"].r.r", "mode": "managed", "type": "r", "name": "r", "values": { "list": [{ "x": 1 }] } }
      ] }
    ]
  } },
  "resource_changes": [
    { "address": "aws_s3_bucket.b", "change": { "actions": ["create"], "after_unknown": { "id": true, "versioning": [{ "mfa": true }] } } },
    { "address": "aws_s3_bucket_policy.p[0]", "change": { "after_unknown": { "bucket": true } } },
    { "address": "module.m[\"a.b\"].r.r", "change": { "after_unknown": { "in": true, "list": [{}] } } }
  ],
  "variables": { "far": { "value": "us-east-1" } },
  "prior_state": { "values": { "root_module": { "resources": [
    { "address": "data.d.d", "mode": "data", "type": "d", "name": "d", "values": { "v": 1 } },
    { "address": "data.d.e", "mode": "data", "type": "d", "name": "e" }
  ] } } },
  "configuration": {
    "provider_config": { "aws": { "name": "aws", "full_name": "registry.terraform.io/hashicorp/aws", "version_constraint": "~> 5.0", "expressions": { "region": { "constant_value": "eu-west-1" } } },
      "aws.far": { "name": "aws", "alias": "far", "expressions": { "region": { "references": ["var.far"] } } },
      "aws.near": { "name": "aws", "alias": "near", "expressions": { "region": { "references": ["local.near"] } } },
      "google": { "name": "google" },
      "m:azurerm": { "name": "azurerm", "module_address": "module.m" } },
    "root_module": {
      "resources": [
        { "address": "aws_s3_bucket_policy.p", "expressions": { "bucket": { "references": ["aws_s3_bucket.b.id", "aws_s3_bucket.b"] } } },
        { "address": "aws_s3_bucket.b", "expressions": { "bucket": { "references": ["module.m[\"a.b\"].out", "module.m[\"a.b\"]", "module.m"] } } }
      ],
      "module_calls": { "m": {
        "expressions": { "v": { "references": ["aws_s3_bucket.b.arn", "aws_s3_bucket.b"] } },
        "module": {
          "outputs": { "out": { "expression": { "references": ["r.r.id", "r.r"] } } },
          "resources": [
            { "address": "r.r", "expressions": { "in": { "references": ["var.v"] }, "list": [{ "x": { "references": ["q.many", "each.key"] } }] } }
          ]
        }
      } }
    }
  }
}"#;

fn configuration() -> Configuration {
    let tree = json::parse(FileId(7), &PLAN.into());
    let root = tree.documents().next().unwrap().root;
    assert!(plan::is_plan(root));
    plan::configuration(root)
}

#[test]
fn providers_of_a_plan() {
    let configuration = configuration();
    let root = configuration.modules.first().unwrap();
    let regions = root.configured.iter().map(|it| (&*it.name, it.region.as_ref().map(shown)));
    let regions: Vec<(&str, Option<String>)> = regions.collect();
    let known = |region: &str| Some(region.to_owned());
    assert_eq!(
        regions,
        [("aws", known(r#""eu-west-1""#)), ("aws", known(r#""us-east-1""#)), ("aws", known("?plan")), ("google", None),]
    );
}

#[test]
fn resources_of_a_plan() {
    let configuration = configuration();
    let lines: Vec<String> = configuration
        .resources
        .iter()
        .map(|it| format!("{} {}", it.address, shown(&Value::new(Kind::Map(it.body.clone()), it.header))))
        .collect();
    assert_eq!(
        lines,
        [
            r#"aws_s3_bucket.b {bucket = "x", force_destroy = null, id = ?plan, size = 1.5, tags = {a = "${b}"}, versioning = [{enabled = true, mfa = ?plan}]}"#,
            r#"aws_s3_bucket_policy.p[0] {bucket = ?plan, policy = "{}"}"#,
            r#"module.m["a.b"].r.r {in = ?plan, list = [{x = 1}]}"#,
            "data.d.d {v = 1}",
            "data.d.e {...}",
        ]
    );
    let modules: Vec<&str> = configuration.modules.iter().map(|it| &*it.address).collect();
    assert_eq!(modules, ["", "module.m[\"a.b\"]"]);
    let provider = configuration.modules.first().unwrap().providers.first().unwrap();
    assert_eq!(provider.version.as_deref(), Some("~> 5.0"));
}

#[test]
fn references_of_a_plan() {
    let configuration = configuration();
    let of =
        |address: &str, name: &str| references(configuration.at(address).unwrap().body.get(name).unwrap()).join(" ");
    assert_eq!(of("aws_s3_bucket_policy.p[0]", "bucket"), "aws_s3_bucket.b.id");
    assert_eq!(of("aws_s3_bucket.b", "bucket"), "module.m[\"a.b\"].r.r.id");
    assert_eq!(of("module.m[\"a.b\"].r.r", "in"), "aws_s3_bucket.b.arn");
    let list = configuration.at("module.m[\"a.b\"].r.r").unwrap().body.get("list").unwrap().as_list().unwrap().clone();
    let inner = list.items.first().unwrap().as_map().unwrap().get("x").unwrap().clone();
    assert_eq!(references(&inner).join(" "), "module.m[\"a.b\"].q.many[*].");
}

#[test]
fn places_of_the_sources() {
    let files = Memory::parse(
        r#"
== main.tf
variable "n" {}
resource "aws_s3_bucket" "b" {
  bucket = "written"
  versioning {
    enabled = false
  }
}
module "m" {
  source   = "./m"
  for_each = var.n
}
== m/main.tf
resource "r" "r" {
  list { x = 2 }
}
"#,
    );
    let sources = files.evaluate("").configuration;
    let placed = plan::placed(configuration(), &sources);
    let place = |address: &str, path: &str| {
        let resource = placed.at(address).unwrap();
        let mut value = Value::new(Kind::Map(resource.body.clone()), resource.header);
        for step in path.split('.').filter(|step| !step.is_empty()) {
            value = match &value.kind {
                Kind::Map(map) => map.get(step).unwrap().clone(),
                Kind::List(list) => list.items.first().unwrap().clone(),
                _ => panic!("{path}"),
            };
        }
        format!("{} {}", shown(&value).chars().take(12).collect::<String>(), files.place(value.span))
    };
    assert_eq!(place("aws_s3_bucket.b", "bucket"), r#""x" main.tf:3: "written""#);
    assert_eq!(place("aws_s3_bucket.b", "versioning.0.enabled"), "true main.tf:5: false");
    assert_eq!(place("aws_s3_bucket.b", "tags.a"), r#""${b}" main.tf:2: resource "aws_s3_bucket" "b""#);
    assert_eq!(place("module.m[\"a.b\"].r.r", "list.0.x"), "1 m/main.tf:2: 2");
}
