//! The containers of ECS tasks, which stand in an attribute as JSON.
//!
//! A definition that is not known or is no JSON is not judged; one that is known in part is judged by what is known. In
//! a text all findings stand at the text, which has no places of its parts; the first of a rule speaks for the others.

use portcullis_core::Draft;
use portcullis_model::terraform::document;
use portcullis_model::terraform::value::Map;
use portcullis_secrets::credential::{is_sample, is_secret, known};

use crate::terraform::attribute::all_hold;
use crate::terraform::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&ENVIRONMENT_SECRET, &PRIVILEGED, &ROOT_FILESYSTEM_WRITABLE];

const TASK: &[&str] = &["aws_ecs_task_definition"];

rule! {
    /// ECS task definition holds a secret in plain text
    ///
    /// It is in the repository, in the state, and shown to everyone who may read the task definition. A secret is told
    /// by its form, or by the variable's name and a value that looks like one; placeholders, names and ARNs are none,
    /// and neither is a value that comes from elsewhere.
    ///
    /// ```hcl bad:7
    /// resource "aws_ecs_task_definition" "mail" {
    ///   family = "mail"
    ///   container_definitions = jsonencode([{
    ///     name  = "mail"
    ///     image = "mail:1"
    ///     environment = [
    ///       { name = "SMTP_PASSWORD", value = "kee9-Phoh-ua4i" },
    ///     ]
    ///   }])
    /// }
    /// ```
    /// ```hcl bad:8
    /// variable "cpu" {}
    /// resource "aws_ecs_task_definition" "mail" {
    ///   family = "mail"
    ///   container_definitions = <<-EOT
    ///     [{
    ///       "name": "mail",
    ///       "cpu": ${var.cpu},
    ///       "environment": [{"name": "SMTP_PASSWORD", "value": "kee9-Phoh-ua4i"}]
    ///     }]
    ///   EOT
    /// }
    /// ```
    /// ```hcl good
    /// variable "password" {}
    /// resource "aws_ecs_task_definition" "mail" {
    ///   family = "mail"
    ///   container_definitions = jsonencode([{
    ///     name = "mail"
    ///     environment = [
    ///       { name = "SMTP_PASSWORD", value = var.password },
    ///       { name = "SMTP_SECRET_ARN", value = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:smtp-AbCdEf" },
    ///       { name = "LOG_LEVEL", value = "info" },
    ///     ]
    ///     secrets = [
    ///       { name = "API_TOKEN", valueFrom = "arn:aws:ssm:eu-west-1:123456789012:parameter/token" },
    ///     ]
    ///   }])
    /// }
    /// ```
    ENVIRONMENT_SECRET = "tf-aws-ecs-environment-secret" {
        severity: Severity::High,
        tags: &["secret"],
        peers: &["trivy:AWS-0036", "tfsec:aws-ecs-no-plaintext-secrets"],
        check: resource(TASK, |resource, configuration, report| {
            each_container(resource, configuration, report, |container, report| {
                let Some(variables) = container.map.get("environment").and_then(Value::as_list) else { return };
                for variable in &variables.items {
                    let text = |key| variable.as_map().and_then(|map| map.get(key)).and_then(Value::as_str);
                    let (Some(name), Some(value)) = (text("name"), text("value")) else { continue };
                    let what = known(value).map(|known| known.what).or_else(|| is_sample(value).then_some("a key of AWS"));
                    if what.is_none() && !is_secret(name, value) {
                        continue;
                    }
                    let what = what.unwrap_or("a secret");
                    let says = format!("has {what} in its variable `{name}`");
                    let Some(value) = variable.as_map().and_then(|map| map.get("value")) else { continue };
                    container
                        .say(value, &says, report)
                        .help("keep it in Secrets Manager and name it in `secrets`; replace it, it is known now")
                        .mask(value.span);
                }
            });
        }),
    }
}

rule! {
    /// ECS container runs privileged
    ///
    /// It has every right on the machine that root has: its devices, its kernel, and the containers of every other
    /// task. Only tasks on EC2 can be; Fargate refuses it.
    ///
    /// ```hcl bad:6
    /// resource "aws_ecs_task_definition" "agent" {
    ///   family = "agent"
    ///   container_definitions = jsonencode([
    ///     {
    ///       name       = "agent"
    ///       privileged = true
    ///     },
    ///   ])
    /// }
    /// ```
    /// ```hcl bad:3
    /// resource "aws_ecs_task_definition" "agent" {
    ///   family = "agent"
    ///   container_definitions = "[{\"name\": \"agent\", \"privileged\": true}]"
    /// }
    /// ```
    /// ```hcl good
    /// variable "privileged" {}
    /// resource "aws_ecs_task_definition" "agent" {
    ///   family = "agent"
    ///   container_definitions = jsonencode([
    ///     { name = "agent", privileged = false },
    ///     { name = "web" },
    ///     { name = "undecided", privileged = var.privileged },
    ///   ])
    /// }
    /// ```
    PRIVILEGED = "tf-aws-ecs-container-privileged" {
        severity: Severity::High,
        peers: &["checkov:CKV_AWS_334"],
        check: resource(TASK, |resource, configuration, report| {
            each_container(resource, configuration, report, |container, report| {
                let Some(privileged) = container.map.get("privileged").filter(|value| !value.is_null()) else { return };
                match privileged.as_bool() {
                    Some(true) => {
                        container.say(privileged, "runs privileged", report).help("remove `privileged`");
                    }
                    Some(false) => {}
                    None => report.undecided(),
                }
            });
        }),
    }
}

rule! {
    /// ECS container can write to its root filesystem
    ///
    /// Whoever gets into it can put tools there and change its programs. Needs volumes for what the program writes, so
    /// the rule is in the profile `all` only. Windows has no such setting; its tasks are not judged.
    ///
    /// ```hcl bad:5
    /// resource "aws_ecs_task_definition" "web" {
    ///   family = "web"
    ///   container_definitions = jsonencode([
    ///     {
    ///       name  = "web"
    ///       image = "web:1"
    ///     },
    ///   ])
    /// }
    /// ```
    /// ```hcl bad:6
    /// resource "aws_ecs_task_definition" "web" {
    ///   family = "web"
    ///   container_definitions = jsonencode([
    ///     {
    ///       name                   = "web"
    ///       readonlyRootFilesystem = false
    ///     },
    ///   ])
    /// }
    /// ```
    /// ```hcl good
    /// variable "containers" {}
    /// resource "aws_ecs_task_definition" "web" {
    ///   family                = "web"
    ///   container_definitions = jsonencode([{ name = "web", readonlyRootFilesystem = true }])
    /// }
    /// resource "aws_ecs_task_definition" "windows" {
    ///   family                = "windows"
    ///   container_definitions = jsonencode([{ name = "web" }])
    ///   runtime_platform {
    ///     operating_system_family = "WINDOWS_SERVER_2022_CORE"
    ///   }
    /// }
    /// resource "aws_ecs_task_definition" "undecided" {
    ///   family                = "undecided"
    ///   container_definitions = jsonencode(var.containers)
    /// }
    /// ```
    ROOT_FILESYSTEM_WRITABLE = "tf-aws-ecs-root-filesystem-writable" {
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &["checkov:CKV_AWS_336"],
        check: resource(TASK, |resource, configuration, report| {
            match all_hold(resource, &[IS_LINUX]) {
                Holds::Yes => {}
                Holds::No => return,
                Holds::Unknown => return report.undecided(),
            }
            each_container(resource, configuration, report, |container, report| {
                let (says, help) = ("can write to its root filesystem", "set `readonlyRootFilesystem` to true");
                match container.map.get("readonlyRootFilesystem").filter(|value| !value.is_null()) {
                    Some(read_only) => match read_only.as_bool() {
                        Some(true) => {}
                        Some(false) => {
                            container.say(read_only, says, report).help(help);
                        }
                        None => report.undecided(),
                    },
                    None if container.map.open => report.undecided(),
                    None => {
                        let value = container.map.get("name").unwrap_or(container.whole.value);
                        container.say(value, says, report).help(help);
                    }
                }
            });
        }),
    }
}

const IS_LINUX: Given =
    Given { path: "runtime_platform.operating_system_family", is: Want::Passes(is_no_windows), absent: Holds::Yes };

fn is_no_windows(system: &Value) -> Option<bool> {
    system.as_str().map(|system| !system.starts_with("WINDOWS"))
}

/// A container of a task.
struct Container<'c> {
    /// Its definition.
    map: &'c Map,
    /// The same, with its place.
    whole: Found<'c>,
    /// The places that the attribute came through.
    attribute: &'c Value,
    resource: &'c Resource,
    configuration: &'c Configuration,
}

impl Container<'_> {
    /// Reports a value of the container.
    fn say<'r>(&self, value: &Value, says: &str, report: &'r mut Report<'_>) -> &'r mut Draft {
        let name = self.map.get("name").and_then(Value::as_str);
        let local = &self.resource.local;
        let message = match name {
            Some(name) => format!("container `{name}` of `{local}` {says}"),
            None => format!("a container of `{local}` {says}"),
        };
        let draft = report.at_value(Found { value, ..self.whole }, self.resource, self.configuration, message);
        draft.via.extend(self.attribute.hops());
        draft
    }
}

/// Judges each container that is known of.
fn each_container(
    resource: &Resource,
    configuration: &Configuration,
    report: &mut Report<'_>,
    judge: impl Fn(&Container<'_>, &mut Report<'_>),
) {
    for lookup in lookups(resource, "container_definitions") {
        let found = match lookup {
            Lookup::Present(found) => found,
            Lookup::Absent(_) => continue,
            Lookup::Unknown(_) => {
                report.undecided();
                continue;
            }
        };
        let document = document(found.value);
        let Some(containers) = document.as_deref().and_then(Value::as_list) else {
            report.undecided();
            continue;
        };
        for value in &containers.items {
            match value.as_map() {
                Some(map) => {
                    let whole = Found { value, ..found };
                    judge(&Container { map, whole, attribute: found.value, resource, configuration }, report);
                }
                None => report.undecided(),
            }
        }
        if containers.open {
            report.undecided();
        }
    }
}
