//! ElastiCache.

use crate::terraform::prelude::*;

/// The rules of this file.
pub(crate) static RULES: &[&Rule] = &[
    &STORAGE_UNENCRYPTED,
    &TRANSIT_UNENCRYPTED,
    &AUTH_MISSING,
    &BACKUP_DISABLED,
    &CUSTOMER_KEY_MISSING,
    &FAILOVER_DISABLED,
];

/// Valkey has better defaults than Redis.
const IS_REDIS: Given = Given { path: "engine", is: Want::IsNot("valkey"), absent: Holds::Yes };

rule! {
    /// ElastiCache replication group keeps data unencrypted at rest
    ///
    /// Backups and what is swapped to disk are readable by whoever gets at them; caches hold sessions and tokens. Valkey
    /// encrypts by default.
    STORAGE_UNENCRYPTED = "tf-aws-elasticache-storage-unencrypted" {
        severity: Severity::High,
        peers: &["checkov:CKV_AWS_29", "trivy:AWS-0045", "tfsec:aws-elasticache-enable-at-rest-encryption"],
        check: attribute(&Row {
            on: &[("aws_elasticache_replication_group", "at_rest_encryption_enabled")],
            given: &[IS_REDIS],
            wrong: "false",
            right: "true",
            says: "keeps its data unencrypted",
            help: "set `at_rest_encryption_enabled` to true",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// ElastiCache replication group accepts plaintext connections
    ///
    /// Sessions, tokens and the password itself go over the network in the clear.
    TRANSIT_UNENCRYPTED = "tf-aws-elasticache-transit-unencrypted" {
        severity: Severity::High,
        peers: &["checkov:CKV_AWS_30", "trivy:AWS-0051", "tfsec:aws-elasticache-enable-in-transit-encryption"],
        check: attribute(&TRANSIT),
    }
}

const TRANSIT_ROW: Row = Row {
    on: &[("aws_elasticache_replication_group", "transit_encryption_enabled")],
    wrong: "false",
    right: "true",
    says: "accepts connections without TLS",
    help: "set `transit_encryption_enabled` to true",
    ..Row::DEFAULT
};
static TRANSIT: Row = TRANSIT_ROW;

/// ElastiCache knows users only behind TLS.
static USERS_WITHOUT_TLS: Row =
    Row { given: &[Given { path: "user_group_ids", is: Want::Present, absent: Holds::No }], ..TRANSIT_ROW };

rule! {
    /// ElastiCache replication group asks clients for no credentials
    ///
    /// Whoever reaches the port reads and writes everything. A token or groups of users count.
    /// Where the group accepts connections without TLS, which credentials need, `tf-aws-elasticache-transit-unencrypted` speaks
    /// for both.
    AUTH_MISSING = "tf-aws-elasticache-auth-missing" {
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &["checkov:CKV_AWS_31"],
        yields_to: &["tf-aws-elasticache-transit-unencrypted"],
        check: attribute(&Row {
            on: &[("aws_elasticache_replication_group", "auth_token")],
            given: &[Given { path: "user_group_ids", is: Want::Nothing, absent: Holds::Yes }],
            implied_by: Some(&USERS_WITHOUT_TLS),
            wants: Want::Present,
            wrong: "\"\"",
            says: "asks clients for no credentials",
            help: "set `auth_token` or `user_group_ids`, with `transit_encryption_enabled`",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// ElastiCache cluster keeps no snapshots
    ///
    /// What was only in the cache is gone with a node. The default keeps none. Memcached has no snapshots, and a cluster that
    /// belongs to a replication group leaves it to that.
    ///
    /// ```hcl bad:1
    /// resource "aws_elasticache_replication_group" "sessions" {
    ///   replication_group_id = "sessions"
    /// }
    /// ```
    /// ```hcl bad:3
    /// resource "aws_elasticache_cluster" "sessions" {
    ///   engine                   = "redis"
    ///   snapshot_retention_limit = 0
    /// }
    /// ```
    /// ```hcl good
    /// resource "aws_elasticache_cluster" "member" {
    ///   replication_group_id = "sessions"
    /// }
    /// resource "aws_elasticache_cluster" "pages" {
    ///   engine = "memcached"
    /// }
    /// resource "aws_elasticache_replication_group" "sessions" {
    ///   snapshot_retention_limit = 5
    /// }
    /// ```
    BACKUP_DISABLED = "tf-aws-elasticache-backup-disabled" {
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &["checkov:CKV_AWS_134", "trivy:AWS-0050", "tfsec:aws-elasticache-enable-backup-retention"],
        check: resource(&[CLUSTER, GROUP], |resource, configuration, report| {
            let is_member = resource.is(CLUSTER) && resource.body.get("replication_group_id").is_some();
            if !is_member {
                BACKUPS.check(&resource.kind, resource, configuration, report);
            }
        }),
    }
}

const CLUSTER: &str = "aws_elasticache_cluster";
const GROUP: &str = "aws_elasticache_replication_group";

/// The smallest of the old nodes has no snapshots.
const HAS_SNAPSHOTS: Want = Want::Passes(|node| Some(node.as_str() != Some("cache.t1.micro")));

static BACKUPS: Row = Row {
    on: &[(CLUSTER, "snapshot_retention_limit"), (GROUP, "snapshot_retention_limit")],
    given: &[
        Given { path: "engine", is: Want::IsNot("memcached"), absent: Holds::Yes },
        Given { path: "node_type", is: HAS_SNAPSHOTS, absent: Holds::Yes },
    ],
    wants: Want::AtLeast(1),
    says: "keeps no snapshots",
    help: "set `snapshot_retention_limit` to the days that you need",
    ..Row::DEFAULT
};

rule! {
    /// ElastiCache replication group uses no customer-managed key
    ///
    /// With AWS' own key you cannot say who may decrypt, nor take it away. Only for groups that say that they encrypt.
    CUSTOMER_KEY_MISSING = "tf-aws-elasticache-customer-key-missing" {
        severity: Severity::Low,
        profile: Profile::All,
        peers: &["checkov:CKV_AWS_191"],
        check: attribute(&Row {
            on: &[("aws_elasticache_replication_group", "kms_key_id")],
            given: &[Given { path: "at_rest_encryption_enabled", is: Want::True, absent: Holds::No }],
            around: &["at_rest_encryption_enabled = true"],
            wants: Want::Present,
            wrong: "\"\"",
            right: "\"arn:aws:kms:eu-west-1:123456789012:key/1\"",
            says: "encrypts with no key of yours",
            help: "set `kms_key_id`",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// ElastiCache replication group does not fail over automatically
    ///
    /// When the primary fails, writes fail until somebody promotes a replica by hand.
    FAILOVER_DISABLED = "tf-aws-elasticache-failover-disabled" {
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &["checkov:CKV2_AWS_50"],
        check: attribute(&Row {
            on: &[("aws_elasticache_replication_group", "automatic_failover_enabled")],
            wrong: "false",
            right: "true",
            says: "does not fail over by itself",
            help: "set `automatic_failover_enabled` to true, with at least one replica",
            ..Row::DEFAULT
        }),
    }
}
