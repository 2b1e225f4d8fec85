//! Credentials that are written into the configuration.
//!
//! What is a secret is told by the name of its attribute and the look of its value, or by a form that is always one (a
//! key of AWS, a token of GitHub). Resources are judged as they evaluate: a secret that comes through a variable's
//! default or a local value counts where it was written. Providers and the arguments of modules are judged as written.
//! A weak password of letters alone, and whatever looks like an example, is missed.

use portcullis_core::{Span, StableHash};
use portcullis_model::terraform::value::Piece;
use portcullis_secrets::credential::{Promise, is_random, is_sample, is_secret, known, promise, words};
use portcullis_syntax::hcl::{Attribute, Block, Body, Expr, ExprKind};

use super::{name, within};
use crate::terraform::prelude::*;

/// The rules of this file.
pub(crate) static RULES: &[&Rule] = &[&CREDENTIALS_HARDCODED, &PROVIDER_CREDENTIALS_HARDCODED];

rule! {
    /// Credential is written in the configuration
    ///
    /// Everyone who reads the repository has it, now and from its history ever after. Passwords, tokens and keys count that
    /// stand in a resource, in a provider or as an argument of a module, also by way of a variable's default. Texts that
    /// only mark the place of a secret are none, nor are names and paths of secrets. Keys of the AWS provider, keys of disks,
    /// and what is handed to machines and containers have rules of their own.
    ///
    /// ```hcl bad:2
    /// resource "aws_db_instance" "main" {
    ///   password = "kee9-Phoh-ua4i"
    /// }
    /// ```
    /// ```hcl bad:2
    /// variable "pw" {
    ///   default = "kee9-Phoh-ua4i"
    /// }
    /// resource "aws_db_instance" "main" {
    ///   password = var.pw
    /// }
    /// ```
    /// ```hcl bad:3
    /// resource "helm_release" "shop" {
    ///   set {
    ///     value = "kee9-Phoh-ua4i"
    ///     name  = "adminPassword"
    ///   }
    /// }
    /// ```
    /// ```hcl bad:2
    /// provider "datadog" {
    ///   api_key = "0f3a9c17e5d24b8896b1c0d7e2f4a6b8"
    /// }
    /// ```
    /// ```hcl good
    /// variable "password" {
    ///   type      = string
    ///   sensitive = true
    /// }
    /// resource "aws_db_instance" "main" {
    ///   password                = var.password
    ///   password_wo_version     = 1
    ///   master_user_secret_name = "prod/database"
    /// }
    /// resource "aws_db_instance" "other" {
    ///   password = "<password>"
    /// }
    /// resource "aws_iam_role" "ci" {
    ///   assume_role_policy = jsonencode({
    ///     Statement = [{
    ///       Condition = { StringLike = { "token.issuer.example:sub" = "repo:Shop-24/web-1:ref" } }
    ///     }]
    ///   })
    /// }
    /// resource "aws_ebs_volume" "data" {
    ///   kms_key = "1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed"
    /// }
    /// ```
    CREDENTIALS_HARDCODED = "tf-credentials-hardcoded" {
        severity: Severity::Critical,
        tags: &["secret"],
        peers: &["checkov:CKV_SECRET_*"],
        yields_to: &["tf-google-compute-disk-key-plaintext"],
        check: Check::Terraform(TerraformCheck::All(of_resource, of_source)),
    }
}

rule! {
    /// AWS provider block contains access keys
    ///
    /// The keys of whoever runs Terraform can change the whole account, and everyone who reads the repository has them. Reported
    /// once for a provider. The words that stand-ins for AWS take, `test` and the like, are no keys; those that AWS prints in its
    /// documentation open nothing, and count because a real one will follow.
    ///
    /// ```hcl bad:4
    /// provider "aws" {
    ///   region     = "eu-central-1"
    ///   access_key = "AKIAQ3TBK7LZWN2XHVDM"
    ///   secret_key = "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"
    /// }
    /// ```
    /// ```hcl good
    /// provider "aws" {
    ///   region  = "eu-central-1"
    ///   profile = "shop"
    /// }
    /// provider "aws" {
    ///   alias      = "local"
    ///   access_key = "test"
    ///   secret_key = "test"
    /// }
    /// ```
    PROVIDER_CREDENTIALS_HARDCODED = "tf-aws-provider-credentials-hardcoded" {
        severity: Severity::Critical,
        tags: &["secret"],
        peers: &["checkov:CKV_AWS_41"],
        check: source(|source, report| {
            for block in source.blocks("provider").filter(|block| name(block) == "aws") {
                let literal = |name: &str| {
                    let value = &block.body.attribute(name)?.value;
                    let text = literal(value)?;
                    (is_random(text) || known(text).is_some() || is_sample(text)).then_some(value.span)
                };
                let keys: Vec<Span> = AWS_KEYS.iter().filter_map(|name| literal(name)).collect();
                let Some(&first) = keys.first() else { continue };
                let draft = report.at(within(block, first, "keys"), "the AWS provider has access keys as text");
                draft.help("revoke the keys; take them from the environment, a profile or an assumed role");
                for key in keys {
                    draft.mask(key);
                }
            }
        }),
    }
}

/// The attributes of the AWS provider that are secrets; the one that matters most first.
const AWS_KEYS: &[&str] = &["secret_key", "token", "access_key"];

/// Attributes that rules of their own look into: what machines and containers are started with.
const ELSEWHERE: &[&str] = &["user_data", "user_data_base64", "custom_data", "container_definitions"];

/// How deep values are followed.
const DEPTH: usize = 32;

fn of_resource(resource: &Resource, configuration: &Configuration, report: &mut Report<'_>) {
    // Values with the name that says what they are, and the hash of their path.
    let mut open: Vec<(&Value, &str, StableHash, usize)> = Vec::new();
    let is_lambda = &*resource.kind == "aws_lambda_function";
    for (name, entry) in &resource.body.entries {
        let is_elsewhere = ELSEWHERE.contains(&&**name) || is_lambda && &**name == "environment";
        if !is_elsewhere {
            open.push((&entry.value, name, StableHash::new(), 0));
        }
    }
    while let Some((value, name, mut path, depth)) = open.pop() {
        path.text(name);
        let found = |value| Found { value, resource: resource.header, structure: path.short() };
        match &value.kind {
            Kind::String(text) => {
                if let Some(what) = credential(name, text) {
                    say(found(value), resource, configuration, report, name, what);
                }
            }
            Kind::Template(pieces) => {
                let mut texts =
                    pieces.iter().filter_map(|piece| if let Piece::Text(text) = piece { Some(text) } else { None });
                if let Some(known) = texts.find_map(|text| known(text)) {
                    say(found(value), resource, configuration, report, name, known.what);
                }
            }
            Kind::Encoded(encoded) if depth < DEPTH => open.push((&encoded.value, name, path, depth + 1)),
            Kind::List(list) if depth < DEPTH => {
                open.extend(list.items.iter().map(|item| (item, name, path, depth + 1)));
            }
            Kind::Map(map) if depth < DEPTH => {
                // `name` and `value`, as charts and environments have them.
                let own = map.get("name").or_else(|| map.get("key")).and_then(Value::as_str);
                for (key, entry) in &map.entries {
                    let name = if &**key == "value" { own.unwrap_or(key) } else { key };
                    open.push((&entry.value, name, path, depth + 1));
                }
            }
            _ => {}
        }
    }
}

fn say(
    found: Found<'_>,
    resource: &Resource,
    configuration: &Configuration,
    report: &mut Report<'_>,
    name: &str,
    what: &str,
) {
    let message = format!("`{}` has {what} as text: `{name}`", resource.local);
    report.at_value(found, resource, configuration, message).help(HELP).mask(found.value.span);
}

const HELP: &str = "revoke it, and hand the new one in by a sensitive variable without default or from a secret store";

/// What a text is, if it is a credential.
fn credential(name: &str, text: &str) -> Option<&'static str> {
    if let Some(known) = known(text) {
        return Some(known.what);
    }
    // Of a path or a setting of a chart the last word counts: `/prod/db/password`, `auth.password`, but not
    // `token.issuer.example:sub`.
    let name = name.rsplit(['.', '/', ':']).next().unwrap_or(name);
    // A key by its identifier, as KMS has them.
    let is_named =
        promise(name) == Some(Promise::Key) && (is_uuid(text) || words(name).iter().any(|word| word == "kms"));
    (!is_named && is_secret(name, text)).then_some("a secret")
}

/// Whether a text is the identifier of something: `1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed`.
fn is_uuid(text: &str) -> bool {
    let is_right = |(at, byte): (usize, u8)| match at {
        8 | 13 | 18 | 23 => byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    };
    text.len() == 36 && text.bytes().enumerate().all(is_right)
}

fn of_source(source: &Source, report: &mut Report<'_>) {
    for block in source.files.iter().flat_map(|it| &it.file.body.blocks) {
        match &*block.kind.name {
            "provider" | "module" => of_block(block, report),
            "terraform" => block.body.blocks_of("backend").for_each(|block| of_block(block, report)),
            _ => {}
        }
    }
}

/// Looks at a block and the blocks in it as they are written.
fn of_block(block: &Block, report: &mut Report<'_>) {
    let is_aws = &*block.kind.name == "provider" && name(block) == "aws";
    let mut open: Vec<&Body> = vec![&block.body];
    while let Some(body) = open.pop() {
        open.extend(body.blocks.iter().map(|block| &block.body));
        for Attribute { name, value } in &body.attributes {
            let Some(text) = literal(value) else { continue };
            // The rule for the provider's keys says it.
            if is_aws && AWS_KEYS.contains(&&*name.name) {
                continue;
            }
            if let Some(what) = credential(&name.name, text) {
                let kind = &block.kind.name;
                let label = super::name(block);
                let message = format!("{kind} `{label}` has {what} as text: `{}`", name.name);
                report.at(within(block, value.span, &name.name), message).help(HELP).mask(value.span);
            }
        }
    }
}

fn literal(value: &Expr) -> Option<&str> {
    match &value.kind {
        ExprKind::String(text) => Some(text),
        _ => None,
    }
}
