//! DNS zones and their signatures.

use crate::terraform::prelude::*;

/// The rules of this file.
pub(crate) static RULES: &[&Rule] = &[&DNSSEC_DISABLED, &RSASHA1_USED];

rule! {
    /// DNS zone is not signed with DNSSEC
    ///
    /// Answers can be forged on their way to the resolver, and visitors and mail sent elsewhere. Private zones cannot be
    /// signed. The registrar has to know the key as well, so the rule is in the profile `all` only.
    DNSSEC_DISABLED = "tf-google-dns-dnssec-disabled" {
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &["checkov:CKV_GCP_16", "trivy:GCP-0013", "tfsec:google-dns-enable-dnssec"],
        check: attribute(&Row {
            on: &[("google_dns_managed_zone", "dnssec_config.state")],
            given: &[Given { path: "visibility", is: Want::IsNot("private"), absent: Holds::Yes }],
            wants: Want::In(&["on", "transfer"]),
            absent: Absent::Fails,
            wrong: "\"off\"",
            right: "\"on\"",
            says: "is not signed",
            help: "set `state` to on in `dnssec_config`",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// DNS zone is signed with RSA-SHA1
    ///
    /// Collisions of SHA-1 can be computed, and resolvers have begun to take such signatures for none.
    RSASHA1_USED = "tf-google-dns-rsasha1-used" {
        severity: Severity::Medium,
        peers: &["checkov:CKV_GCP_17", "trivy:GCP-0012", "tfsec:google-dns-no-rsa-sha1"],
        check: attribute(&Row {
            on: &[("google_dns_managed_zone", "dnssec_config.default_key_specs.algorithm")],
            wants: Want::IsNot("rsasha1"),
            absent: Absent::Passes,
            wrong: "\"rsasha1\"",
            right: "\"ecdsap256sha256\"",
            says: "is signed with RSA-SHA1",
            help: "set `algorithm` to ecdsap256sha256 or rsasha256",
            ..Row::DEFAULT
        }),
    }
}
