//! Parameters of Systems Manager.

use super::keys::is_customer_key;
use crate::terraform::prelude::*;

/// The rules of this file.
pub(crate) static RULES: &[&Rule] = &[&PARAMETER_UNENCRYPTED, &CUSTOMER_KEY_MISSING];

rule! {
    /// SSM parameter is stored as plain text
    ///
    /// Whoever may read parameters reads it, and it is plain in the console. Most parameters are no secrets, so turn this on
    /// where all of yours should be encrypted. Ids of images cannot be, and are not judged.
    PARAMETER_UNENCRYPTED = "tf-aws-ssm-parameter-unencrypted" {
        severity: Severity::Medium,
        profile: Profile::OptIn,
        peers: &["checkov:CKV2_AWS_34"],
        check: attribute(&Row {
            on: &[("aws_ssm_parameter", "type")],
            given: &[Given { path: "data_type", is: Want::Is("text"), absent: Holds::Yes }],
            wants: Want::Is("SecureString"),
            absent: Absent::Unknown,
            wrong: "\"String\"",
            right: "\"SecureString\"",
            says: "is stored as plain text",
            help: "set `type` to `SecureString`",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// SSM secure parameter uses no customer-managed key
    ///
    /// AWS' own key lets everyone in the account decrypt who may read the parameter. Only for secure strings.
    CUSTOMER_KEY_MISSING = "tf-aws-ssm-customer-key-missing" {
        severity: Severity::Low,
        profile: Profile::All,
        peers: &["checkov:CKV_AWS_337"],
        check: attribute(&Row {
            on: &[("aws_ssm_parameter", "key_id")],
            given: &[Given { path: "type", is: Want::Is("SecureString"), absent: Holds::No }],
            around: &["type = \"SecureString\""],
            wants: Want::Passes(is_customer_key),
            wrong: "\"alias/aws/ssm\"",
            right: "\"alias/parameters\"",
            says: "is encrypted with no key of yours",
            help: "set `key_id` to a key of yours",
            ..Row::DEFAULT
        }),
    }
}
