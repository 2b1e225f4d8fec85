//! EBS volumes and snapshots.

use crate::terraform::prelude::*;

/// The rules of this file.
pub(crate) static RULES: &[&Rule] = &[&VOLUME_UNENCRYPTED];

rule! {
    /// EBS volume is stored unencrypted
    ///
    /// Whoever gets at a copy of the volume, a shared snapshot or a disk that was taken out of service reads all that is
    /// on it. Encryption costs nothing and cannot be turned on later without a copy. Silent for volumes that are made
    /// from a snapshot, which decides for them, and where encryption by default is on in the same configuration.
    VOLUME_UNENCRYPTED = "tf-aws-ebs-volume-unencrypted" {
        severity: Severity::High,
        peers: &["checkov:CKV_AWS_3", "trivy:AWS-0026", "tfsec:aws-ec2-enable-volume-encryption"],
        check: attribute(&Row {
            on: &[("aws_ebs_volume", "encrypted")],
            given: &[Given { path: "snapshot_id", is: Want::Nothing, absent: Holds::Yes }],
            wants: Want::True,
            absent: Absent::Fails,
            wrong: "false",
            right: "true",
            says: "is stored unencrypted",
            help: "set `encrypted` to true",
            ..Row::DEFAULT
        }),
    }
}
