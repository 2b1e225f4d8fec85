//! SageMaker.

use crate::terraform::prelude::*;

/// The rules of this file.
pub(crate) static RULES: &[&Rule] = &[&NOTEBOOK_INTERNET_ACCESS];

rule! {
    /// SageMaker notebook has direct internet access
    ///
    /// Notebooks read training data and run whatever they are given; with a way of its own to the internet one can send both
    /// past the controls of your VPC. Access is on by default.
    NOTEBOOK_INTERNET_ACCESS = "tf-aws-sagemaker-notebook-internet-access" {
        severity: Severity::High,
        peers: &["checkov:CKV_AWS_122"],
        check: attribute(&Row {
            on: &[("aws_sagemaker_notebook_instance", "direct_internet_access")],
            wants: Want::Is("Disabled"),
            wrong: "\"Enabled\"",
            right: "\"Disabled\"",
            says: "reaches the internet past your VPC",
            help: "set `direct_internet_access` to `Disabled`, with `subnet_id` and `security_groups`",
            ..Row::DEFAULT
        }),
    }
}
