//! Memorystore for Redis.

use crate::terraform::prelude::*;

/// The rules of this file.
pub(crate) static RULES: &[&Rule] = &[&AUTH_DISABLED, &TRANSIT_UNENCRYPTED];

rule! {
    /// Memorystore Redis instance needs no password
    ///
    /// Every machine and pod of the network reads and writes the cache: sessions, tokens, queues of jobs.
    AUTH_DISABLED = "tf-google-redis-auth-disabled" {
        severity: Severity::Medium,
        peers: &["checkov:CKV_GCP_95"],
        check: attribute(&Row {
            on: &[("google_redis_instance", "auth_enabled")],
            wants: Want::True,
            absent: Absent::Fails,
            wrong: "false",
            right: "true",
            says: "needs no password",
            help: "set `auth_enabled` to true",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// Memorystore Redis instance is reached in plaintext
    ///
    /// The password and everything in the cache cross the network in the clear. TLS costs throughput and needs clients that
    /// know its authority, so the rule is in the profile `all` only.
    TRANSIT_UNENCRYPTED = "tf-google-redis-transit-unencrypted" {
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &["checkov:CKV_GCP_97"],
        check: attribute(&Row {
            on: &[("google_redis_instance", "transit_encryption_mode")],
            wants: Want::Is("SERVER_AUTHENTICATION"),
            absent: Absent::Fails,
            wrong: "\"DISABLED\"",
            right: "\"SERVER_AUTHENTICATION\"",
            says: "is reached in plaintext",
            help: "set `transit_encryption_mode` to SERVER_AUTHENTICATION",
            ..Row::DEFAULT
        }),
    }
}
