//! Cosmos DB and Azure Cache for Redis.

use crate::terraform::prelude::*;

/// The rules of this file.
pub(crate) static RULES: &[&Rule] = &[&COSMOSDB_PUBLIC_NETWORK, &REDIS_PLAINTEXT_PORT_ENABLED];

rule! {
    /// Cosmos DB account is reachable from public networks
    ///
    /// A leaked key opens everything, from anywhere. Silent where the account names the addresses or the subnets that may.
    COSMOSDB_PUBLIC_NETWORK = "tf-azure-cosmosdb-public-network" {
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &["checkov:CKV_AZURE_101", "checkov:CKV_AZURE_99"],
        check: attribute(&Row {
            on: &[("azurerm_cosmosdb_account", "public_network_access_enabled")],
            given: &[
                Given { path: "ip_range_filter", is: Want::Nothing, absent: Holds::Yes },
                Given { path: "is_virtual_network_filter_enabled", is: Want::False, absent: Holds::Yes },
            ],
            wants: Want::False,
            wrong: "true",
            right: "false",
            says: "is reachable from public networks",
            help: "set `public_network_access_enabled` to false and add a private endpoint",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// Redis cache keeps its plaintext port open
    ///
    /// On port 6379 keys, sessions and the password itself go over the network in the clear. The port is closed by default.
    REDIS_PLAINTEXT_PORT_ENABLED = "tf-azure-redis-plaintext-port-enabled" {
        severity: Severity::High,
        peers: &["checkov:CKV_AZURE_91"],
        check: attribute(&Row {
            on: &[("azurerm_redis_cache", "non_ssl_port_enabled|enable_non_ssl_port")],
            wants: Want::False,
            absent: Absent::Passes,
            wrong: "true",
            right: "false",
            says: "keeps its plaintext port open",
            help: "remove the attribute or set `non_ssl_port_enabled` to false",
            ..Row::DEFAULT
        }),
    }
}
