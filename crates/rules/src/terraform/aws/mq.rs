//! Amazon MQ: brokers of ActiveMQ and RabbitMQ.

use crate::terraform::prelude::*;

/// The rules of this file.
pub(crate) static RULES: &[&Rule] = &[&PUBLICLY_ACCESSIBLE, &AUDIT_LOGGING_DISABLED, &GENERAL_LOGGING_DISABLED];

const BROKER: &str = "aws_mq_broker";

rule! {
    /// MQ broker has a public address
    ///
    /// The broker and its console answer to the whole internet, and a password is all that stands before the messages. Brokers
    /// are private unless asked.
    PUBLICLY_ACCESSIBLE = "tf-aws-mq-publicly-accessible" {
        severity: Severity::High,
        peers: &["checkov:CKV_AWS_69", "trivy:AWS-0072", "tfsec:aws-mq-no-public-access"],
        check: attribute(&Row {
            on: &[(BROKER, "publicly_accessible")],
            wants: Want::False,
            absent: Absent::Passes,
            wrong: "true",
            right: "false",
            says: "has a public address",
            help: "set `publicly_accessible` to false",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// MQ broker writes no audit log
    ///
    /// Who changed users, queues and settings through the console is kept nowhere. Silent for RabbitMQ, which has no such log.
    AUDIT_LOGGING_DISABLED = "tf-aws-mq-audit-logging-disabled" {
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &["checkov:CKV_AWS_197", "trivy:AWS-0070", "tfsec:aws-mq-enable-audit-logging"],
        check: attribute(&Row {
            on: &[(BROKER, "logs.audit")],
            given: &[Given {
                path: "engine_type",
                is: Want::NotIn(&["RabbitMQ", "RABBITMQ", "rabbitmq"]),
                absent: Holds::Yes,
            }],
            wrong: "false",
            right: "true",
            says: "writes no audit log",
            help: "set `audit` to true in `logs`",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// MQ broker writes no general log
    ///
    /// Without it nobody can say why clients were refused or messages got lost. It is off by default.
    GENERAL_LOGGING_DISABLED = "tf-aws-mq-general-logging-disabled" {
        severity: Severity::Low,
        profile: Profile::All,
        peers: &["checkov:CKV_AWS_48", "trivy:AWS-0071", "tfsec:aws-mq-enable-general-logging"],
        check: attribute(&Row {
            on: &[(BROKER, "logs.general")],
            wrong: "false",
            right: "true",
            says: "writes no general log",
            help: "set `general` to true in `logs`",
            ..Row::DEFAULT
        }),
    }
}
