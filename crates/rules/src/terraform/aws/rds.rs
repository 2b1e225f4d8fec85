//! RDS instances: storage, backups, reachability.

use crate::terraform::prelude::*;

/// The rules of this file.
pub(crate) static RULES: &[&Rule] = &[
    &PUBLICLY_ACCESSIBLE,
    &STORAGE_UNENCRYPTED,
    &DELETION_PROTECTION_DISABLED,
    &BACKUP_DISABLED,
    &SINGLE_ZONE,
    &MINOR_UPGRADES_DISABLED,
    &CA_CERT_OUTDATED,
    &SNAPSHOT_PUBLIC,
    &SNAPSHOT_TAGS_NOT_COPIED,
];

/// The instance is no replica: what a replica does not say, its source decides.
const IS_NO_REPLICA: Given = Given { path: "replicate_source_db", is: Want::Nothing, absent: Holds::Yes };

/// The instance is not made from a snapshot, which would decide for it.
const IS_NOT_RESTORED: Given = Given { path: "snapshot_identifier", is: Want::Nothing, absent: Holds::Yes };

rule! {
    /// RDS instance has a public address
    ///
    /// The database answers on the internet as soon as a security group lets it, and guessing passwords costs nothing.
    PUBLICLY_ACCESSIBLE = "tf-aws-rds-publicly-accessible" {
        severity: Severity::High,
        peers: &["checkov:CKV_AWS_17", "trivy:AWS-0180", "tfsec:aws-rds-enable-public-access"],
        check: attribute(&Row {
            on: &[("aws_db_instance", "publicly_accessible"), ("aws_rds_cluster_instance", "publicly_accessible")],
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
    /// RDS instance storage is not encrypted
    ///
    /// Snapshots, replicas and backups of the instance are then readable by whoever they are shared with. It cannot be turned
    /// on later without a copy. Silent for replicas and for instances from a snapshot, whose source decides.
    STORAGE_UNENCRYPTED = "tf-aws-rds-storage-unencrypted" {
        severity: Severity::High,
        peers: &["checkov:CKV_AWS_16", "trivy:AWS-0080", "tfsec:aws-rds-encrypt-instance-storage-data"],
        check: attribute(&Row {
            on: &[("aws_db_instance", "storage_encrypted")],
            given: &[IS_NO_REPLICA, IS_NOT_RESTORED],
            wrong: "false",
            right: "true",
            says: "stores its data unencrypted",
            help: "set `storage_encrypted` to true",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// RDS instance can be deleted without protection
    ///
    /// One wrong plan, or one wrong click, deletes the database. Protection makes it two steps.
    DELETION_PROTECTION_DISABLED = "tf-aws-rds-deletion-protection-disabled" {
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &["checkov:CKV_AWS_293", "trivy:AWS-0177", "tfsec:aws-rds-enable-deletion-protection"],
        check: attribute(&Row {
            on: &[("aws_db_instance", "deletion_protection")],
            wrong: "false",
            right: "true",
            says: "can be deleted in one step",
            help: "set `deletion_protection` to true",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// RDS database keeps no automatic backups
    ///
    /// After a wrong `DELETE` there is nothing to go back to. An instance keeps none unless told to; a cluster keeps a day's.
    /// Both keep 35 days at most, and AWS refuses what asks for more. Replicas are not judged: their source is backed up.
    ///
    /// ```hcl bad:1
    /// resource "aws_db_instance" "main" {
    ///   engine = "postgres"
    /// }
    /// ```
    /// ```hcl bad:2
    /// resource "aws_db_instance" "main" {
    ///   backup_retention_period = 0
    /// }
    /// ```
    /// ```hcl bad:2
    /// resource "aws_rds_cluster" "main" {
    ///   backup_retention_period = 36
    /// }
    /// ```
    /// ```hcl good
    /// resource "aws_db_instance" "main" {
    ///   backup_retention_period = 7
    /// }
    /// resource "aws_db_instance" "copy" {
    ///   replicate_source_db = aws_db_instance.main.identifier
    /// }
    /// resource "aws_rds_cluster" "main" {
    ///   engine = "aurora-postgresql"
    /// }
    /// ```
    BACKUP_DISABLED = "tf-aws-rds-backup-disabled" {
        severity: Severity::Medium,
        peers: &["checkov:CKV_AWS_133", "trivy:AWS-0077", "tfsec:aws-rds-specify-backup-retention"],
        check: resource(&["aws_db_instance", "aws_rds_cluster"], |resource, configuration, report| {
            let row = if resource.is("aws_rds_cluster") { &CLUSTER_BACKUPS } else { &BACKUPS };
            row.check(&resource.kind, resource, configuration, report);
            BACKUPS_TOO_LONG.check(&resource.kind, resource, configuration, report);
        }),
    }
}

const BACKUPS_ROW: Row = Row {
    on: &[("aws_db_instance", "backup_retention_period"), ("aws_rds_cluster", "backup_retention_period")],
    given: &[IS_NO_REPLICA],
    wants: Want::AtLeast(1),
    says: "keeps no automatic backups",
    help: "set `backup_retention_period` to the days that you need",
    ..Row::DEFAULT
};
static BACKUPS: Row = BACKUPS_ROW;
static CLUSTER_BACKUPS: Row = Row { absent: Absent::Passes, ..BACKUPS_ROW };
static BACKUPS_TOO_LONG: Row = Row {
    wants: Want::AtMost(35),
    absent: Absent::Passes,
    says: "asks for backups of more than 35 days, which AWS refuses",
    help: "set `backup_retention_period` to 35 or less, and copy snapshots that are to be kept for longer",
    ..BACKUPS_ROW
};

rule! {
    /// RDS instance runs in a single availability zone
    ///
    /// When the zone fails, the database is gone until it is back. Replicas are not judged, nor are members of a cluster.
    SINGLE_ZONE = "tf-aws-rds-single-zone" {
        severity: Severity::Low,
        profile: Profile::All,
        peers: &["checkov:CKV_AWS_157"],
        check: attribute(&Row {
            on: &[("aws_db_instance", "multi_az")],
            given: &[IS_NO_REPLICA],
            wrong: "false",
            right: "true",
            says: "runs in a single availability zone",
            help: "set `multi_az` to true",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// RDS instance refuses automatic minor upgrades
    ///
    /// Security fixes come as minor versions, and are taken in the maintenance window unless this is turned off.
    MINOR_UPGRADES_DISABLED = "tf-aws-rds-minor-upgrades-disabled" {
        severity: Severity::Medium,
        peers: &["checkov:CKV_AWS_226"],
        check: attribute(&Row {
            on: &[
                ("aws_db_instance", "auto_minor_version_upgrade"),
                ("aws_rds_cluster_instance", "auto_minor_version_upgrade"),
            ],
            absent: Absent::Passes,
            wrong: "false",
            right: "true",
            says: "refuses automatic minor upgrades",
            help: "drop `auto_minor_version_upgrade`, or set it to true",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// RDS instance pins an expired CA certificate
    ///
    /// Clients that check certificates cannot connect to an instance whose authority has expired; those that still connect do
    /// not check. The authorities of 2015 and 2019 have.
    CA_CERT_OUTDATED = "tf-aws-rds-ca-cert-outdated" {
        severity: Severity::Medium,
        peers: &["checkov:CKV_AWS_211"],
        check: attribute(&Row {
            on: &[("aws_db_instance", "ca_cert_identifier")],
            wants: Want::NotIn(&["rds-ca-2015", "rds-ca-2019"]),
            absent: Absent::Passes,
            wrong: "\"rds-ca-2019\"",
            right: "\"rds-ca-rsa2048-g1\"",
            says: "presents a certificate of an expired authority",
            help: "use `rds-ca-rsa2048-g1` or a newer one",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// RDS snapshot is shared with every AWS account
    ///
    /// Anyone with an account can restore the database and read all of it.
    SNAPSHOT_PUBLIC = "tf-aws-rds-snapshot-public" {
        severity: Severity::High,
        peers: &["checkov:CKV_AWS_302"],
        check: attribute(&Row {
            on: &[("aws_db_snapshot", "shared_accounts")],
            wants: Want::ContainsNone(&["all"]),
            absent: Absent::Passes,
            wrong: "[\"all\"]",
            right: "[\"123456789012\"]",
            says: "is shared with every AWS account",
            help: "name the accounts that need it",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// RDS snapshots lose the instance tags
    ///
    /// What decides by tags who may restore and what is paid by whom does not know what to do with the snapshots. Members of a
    /// cluster are not judged: the cluster decides.
    SNAPSHOT_TAGS_NOT_COPIED = "tf-aws-rds-snapshot-tags-not-copied" {
        severity: Severity::Low,
        profile: Profile::All,
        peers: &["checkov:CKV2_AWS_60"],
        check: attribute(&Row {
            on: &[("aws_db_instance", "copy_tags_to_snapshot")],
            wrong: "false",
            right: "true",
            says: "does not hand its tags to its snapshots",
            help: "set `copy_tags_to_snapshot` to true",
            ..Row::DEFAULT
        }),
    }
}
