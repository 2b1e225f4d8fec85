//! ECS clusters, services and task definitions; what stands in the containers of a task is in `ecs_containers`.

use super::settings::{Setting, setting};
use crate::terraform::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] =
    &[&HOST_PID, &CONTAINER_INSIGHTS_DISABLED, &EFS_TRANSIT_UNENCRYPTED, &SERVICE_PUBLIC_IP, &ROLES_SHARED];

rule! {
    /// ECS task shares the host process namespace
    ///
    /// Its containers see every process of the machine, those of other tasks among them, with their environment and
    /// memory. `task`, where the containers of one task see each other, is not reported.
    HOST_PID = "tf-aws-ecs-host-pid" {
        severity: Severity::Medium,
        peers: &["checkov:CKV_AWS_335"],
        check: attribute(&Row {
            on: &[("aws_ecs_task_definition", "pid_mode")],
            wants: Want::IsNot("host"),
            absent: Absent::Passes,
            wrong: "\"host\"",
            right: "\"task\"",
            says: "sees all processes of its host",
            help: "remove `pid_mode`",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// ECS cluster runs without Container Insights
    ///
    /// There are no metrics by task and container, and no events of restarts to look at after something went wrong.
    /// Silent where the same configuration turns it on for the account.
    ///
    /// ```hcl bad:1
    /// resource "aws_ecs_cluster" "main" {
    ///   name = "main"
    /// }
    /// ```
    /// ```hcl bad:5
    /// resource "aws_ecs_cluster" "main" {
    ///   name = "main"
    ///   setting {
    ///     name  = "containerInsights"
    ///     value = "disabled"
    ///   }
    /// }
    /// ```
    /// ```hcl good
    /// variable "insights" {}
    /// resource "aws_ecs_cluster" "main" {
    ///   name = "main"
    ///   setting {
    ///     name  = "containerInsights"
    ///     value = "enhanced"
    ///   }
    /// }
    /// resource "aws_ecs_cluster" "undecided" {
    ///   name = "undecided"
    ///   setting {
    ///     name  = "containerInsights"
    ///     value = var.insights
    ///   }
    /// }
    /// ```
    /// ```hcl good
    /// resource "aws_ecs_account_setting_default" "insights" {
    ///   name  = "containerInsights"
    ///   value = "enabled"
    /// }
    /// resource "aws_ecs_cluster" "main" {
    ///   name = "main"
    /// }
    /// ```
    CONTAINER_INSIGHTS_DISABLED = "tf-aws-ecs-container-insights-disabled" {
        severity: Severity::Low,
        profile: Profile::All,
        peers: &["checkov:CKV_AWS_65", "trivy:AWS-0034", "tfsec:aws-ecs-enable-container-insight"],
        check: resource(&["aws_ecs_cluster"], |resource, configuration, report| {
            let message = || format!("`{}` has no Container Insights", resource.local);
            let draft = match setting(resource, "setting", "containerInsights") {
                Setting::Is(found) => match found.value.as_str() {
                    Some("enabled" | "enhanced") => return,
                    Some(_) => report.at_value(found, resource, configuration, message()),
                    None => return report.undecided(),
                },
                Setting::Absent => match insights_of_account(configuration) {
                    Some(true) => return,
                    Some(false) => report.at_resource(resource, configuration, message()),
                    None => return report.undecided(),
                },
                Setting::Unknown => return report.undecided(),
            };
            draft.help("set `containerInsights` to `enabled` in a `setting` block");
        }),
    }
}

/// Whether new clusters of the account have Container Insights by what the configuration says.
fn insights_of_account(configuration: &Configuration) -> Option<bool> {
    let mut known = Some(false);
    for default in configuration.of_kind("aws_ecs_account_setting_default") {
        let text = |name| default.body.get(name).and_then(Value::as_str);
        match (text("name"), text("value")) {
            (Some("containerInsights"), Some("enabled" | "enhanced")) => return Some(true),
            (Some("containerInsights"), None) | (None, _) => known = None,
            _ => {}
        }
    }
    known
}

rule! {
    /// ECS task mounts EFS without encryption in transit
    ///
    /// Files are read and written over the network in the clear. Volumes of other kinds are not judged.
    EFS_TRANSIT_UNENCRYPTED = "tf-aws-ecs-efs-transit-unencrypted" {
        severity: Severity::High,
        peers: &["checkov:CKV_AWS_97", "trivy:AWS-0035", "tfsec:aws-ecs-enable-in-transit-encryption"],
        check: attribute(&Row {
            on: &[("aws_ecs_task_definition", "volume.efs_volume_configuration[*]")],
            wants: Want::Passes(is_encrypted_in_transit),
            absent: Absent::Passes,
            wrong: "{\n      file_system_id = \"fs-1\"\n    }",
            right: "{\n      file_system_id     = \"fs-1\"\n      transit_encryption = \"ENABLED\"\n    }",
            says: "mounts EFS without encryption in transit",
            help: "set `transit_encryption` to `ENABLED`",
            ..Row::DEFAULT
        }),
    }
}

fn is_encrypted_in_transit(block: &Value) -> Option<bool> {
    let map = block.as_map()?;
    match map.get("transit_encryption") {
        Some(mode) if !mode.is_null() => mode.as_str().map(|mode| mode == "ENABLED"),
        _ if map.open => None,
        _ => Some(false),
    }
}

rule! {
    /// ECS service gives its tasks public addresses
    ///
    /// Each task is on the internet by itself, with nothing but its security group before it. In a private subnet a
    /// task needs a NAT gateway or endpoints to pull its image.
    SERVICE_PUBLIC_IP = "tf-aws-ecs-service-public-ip" {
        severity: Severity::Medium,
        peers: &["checkov:CKV_AWS_333"],
        check: attribute(&Row {
            on: &[("aws_ecs_service", "network_configuration.assign_public_ip")],
            wants: Want::False,
            absent: Absent::Passes,
            wrong: "true",
            right: "false",
            says: "gives its tasks public addresses",
            help: "set `assign_public_ip` to false and run the tasks in private subnets",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// ECS task and execution roles are the same
    ///
    /// The agent that starts the task reads its secrets and pulls its images with the execution role; what runs in the
    /// task gets the task role. With one role for both the program can read every secret that the agent can. The two
    /// count as the same when they are the same text or the same attribute of one resource.
    ///
    /// ```hcl bad:4
    /// resource "aws_ecs_task_definition" "web" {
    ///   family             = "web"
    ///   execution_role_arn = aws_iam_role.web.arn
    ///   task_role_arn      = aws_iam_role.web.arn
    /// }
    /// resource "aws_iam_role" "web" {}
    /// ```
    /// ```hcl bad:4
    /// resource "aws_ecs_task_definition" "web" {
    ///   family             = "web"
    ///   execution_role_arn = "arn:aws:iam::123456789012:role/web"
    ///   task_role_arn      = "arn:aws:iam::123456789012:role/web"
    /// }
    /// ```
    /// ```hcl good
    /// variable "role" {}
    /// resource "aws_ecs_task_definition" "web" {
    ///   family             = "web"
    ///   execution_role_arn = aws_iam_role.agent.arn
    ///   task_role_arn      = aws_iam_role.web.arn
    /// }
    /// resource "aws_ecs_task_definition" "mail" {
    ///   family             = "mail"
    ///   execution_role_arn = aws_iam_role.agent.arn
    /// }
    /// resource "aws_ecs_task_definition" "undecided" {
    ///   family             = "undecided"
    ///   execution_role_arn = aws_iam_role.agent.arn
    ///   task_role_arn      = var.role
    /// }
    /// resource "aws_iam_role" "agent" {}
    /// resource "aws_iam_role" "web" {}
    /// ```
    ROLES_SHARED = "tf-aws-ecs-roles-shared" {
        severity: Severity::Low,
        profile: Profile::All,
        peers: &["checkov:CKV_AWS_249"],
        check: resource(&["aws_ecs_task_definition"], |resource, configuration, report| {
            let (Some(agent), Some(Lookup::Present(task))) =
                (resource.body.get("execution_role_arn"), lookups(resource, "task_role_arn").into_iter().next())
            else {
                return;
            };
            match are_same(agent, task.value) {
                Some(true) => {
                    let message = format!("`{}` runs under the role with which it is started", resource.local);
                    report
                        .at_value(task, resource, configuration, message)
                        .help("make a role of its own for the task, with what the program needs");
                }
                Some(false) => {}
                None => report.undecided(),
            }
        }),
    }
}

/// Whether two values are one: equal texts, or the same attribute of the same resource.
fn are_same(one: &Value, other: &Value) -> Option<bool> {
    match (one.references(), other.references()) {
        ([one], [other]) => Some(one == other),
        ([], []) => one.equals(other),
        _ => None,
    }
}
