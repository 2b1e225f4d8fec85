//! Kinesis streams and Firehose.

use crate::terraform::prelude::*;

/// The rules of this file.
pub(crate) static RULES: &[&Rule] = &[&STREAM_UNENCRYPTED, &FIREHOSE_UNENCRYPTED];

rule! {
    /// Kinesis stream stores records unencrypted
    ///
    /// Records stay in the stream for a day to a year, in the clear unless the stream says otherwise. A key that AWS manages
    /// is enough here.
    STREAM_UNENCRYPTED = "tf-aws-kinesis-stream-unencrypted" {
        severity: Severity::High,
        peers: &["checkov:CKV_AWS_43", "trivy:AWS-0064", "tfsec:aws-kinesis-enable-in-transit-encryption"],
        check: attribute(&Row {
            on: &[("aws_kinesis_stream", "encryption_type")],
            wants: Want::Is("KMS"),
            wrong: "\"NONE\"",
            right: "\"KMS\"",
            says: "stores its records unencrypted",
            help: "set `encryption_type` to `KMS` and `kms_key_id` to a key or `alias/aws/kinesis`",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// Firehose delivery stream is not encrypted
    ///
    /// What waits in the stream to be delivered is stored in the clear. Silent for streams that read from Kinesis or Kafka:
    /// there the source encrypts, and this cannot be set.
    FIREHOSE_UNENCRYPTED = "tf-aws-kinesis-firehose-unencrypted" {
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &["checkov:CKV_AWS_240"],
        check: attribute(&Row {
            on: &[("aws_kinesis_firehose_delivery_stream", "server_side_encryption.enabled")],
            given: &[
                Given { path: "kinesis_source_configuration", is: Want::Nothing, absent: Holds::Yes },
                Given { path: "msk_source_configuration", is: Want::Nothing, absent: Holds::Yes },
            ],
            wrong: "false",
            right: "true",
            says: "stores what it delivers unencrypted",
            help: "add `server_side_encryption` with `enabled = true`",
            ..Row::DEFAULT
        }),
    }
}
