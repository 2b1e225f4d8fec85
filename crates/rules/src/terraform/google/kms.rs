//! Keys of Cloud KMS.

use crate::terraform::prelude::*;

/// The rules of this file.
pub(crate) static RULES: &[&Rule] = &[&ROTATION_SLOW];

/// 90 days, in seconds.
const LONGEST: f64 = 7_776_000.0;

rule! {
    /// KMS key rotates less often than every 90 days
    ///
    /// The longer a key is in use, the more is lost with it. Only keys that encrypt and decrypt rotate by themselves: those
    /// that sign, those that are imported and those of other managers are not judged.
    ROTATION_SLOW = "tf-google-kms-rotation-slow" {
        severity: Severity::High,
        peers: &["checkov:CKV_GCP_43", "trivy:GCP-0065", "tfsec:google-kms-rotate-kms-keys"],
        check: attribute(&Row {
            on: &[("google_kms_crypto_key", "rotation_period")],
            given: &[
                Given { path: "purpose", is: Want::Is("ENCRYPT_DECRYPT"), absent: Holds::Yes },
                Given { path: "import_only", is: Want::False, absent: Holds::Yes },
                Given {
                    path: "version_template.protection_level",
                    is: Want::NotIn(&["EXTERNAL", "EXTERNAL_VPC"]),
                    absent: Holds::Yes,
                },
            ],
            wants: Want::Passes(|period| {
                // What is no number of seconds is refused by Google, and nothing rotates.
                let text = period.to_text()?;
                let seconds = text.strip_suffix('s').and_then(|seconds| seconds.parse::<f64>().ok());
                Some(seconds.is_some_and(|seconds| seconds <= LONGEST))
            }),
            absent: Absent::Fails,
            wrong: "\"15552000s\"",
            right: "\"7776000s\"",
            says: "is not rotated every 90 days",
            help: "set `rotation_period` to \"7776000s\" or less",
            ..Row::DEFAULT
        }),
    }
}
