//! GuardDuty.

use crate::terraform::prelude::*;

/// The rules of this file.
pub(crate) static RULES: &[&Rule] = &[&DETECTOR_DISABLED];

rule! {
    /// GuardDuty detector is suspended
    ///
    /// A suspended detector watches nothing, though it looks as if one were there. Detectors are on unless told otherwise.
    DETECTOR_DISABLED = "tf-aws-guardduty-detector-disabled" {
        severity: Severity::Medium,
        peers: &["checkov:CKV_AWS_238"],
        check: attribute(&Row {
            on: &[("aws_guardduty_detector", "enable")],
            absent: Absent::Passes,
            wrong: "false",
            right: "true",
            says: "is suspended",
            help: "set `enable` to true, or remove the detector",
            ..Row::DEFAULT
        }),
    }
}
