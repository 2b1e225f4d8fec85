//! Database Migration Service.

use crate::terraform::prelude::*;

/// The rules of this file.
pub(crate) static RULES: &[&Rule] = &[&PUBLICLY_ACCESSIBLE];

rule! {
    /// DMS replication instance has a public address
    ///
    /// The instance holds credentials of the databases that it copies, and the whole internet can knock at it. Private is the
    /// default.
    PUBLICLY_ACCESSIBLE = "tf-aws-dms-publicly-accessible" {
        severity: Severity::High,
        peers: &["checkov:CKV_AWS_89"],
        check: attribute(&Row {
            on: &[("aws_dms_replication_instance", "publicly_accessible")],
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
