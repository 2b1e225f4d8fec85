//! Programs that run while Terraform plans or applies.

use super::{name, within};
use crate::terraform::prelude::*;

/// The rules of this file.
pub(crate) static RULES: &[&Rule] = &[&PROVISIONER_USED, &EXTERNAL_DATA_USED];

rule! {
    /// Provisioner runs commands
    ///
    /// What a provisioner does is in no plan and in no state: it cannot be reviewed, and it is not undone. It runs with the
    /// credentials of whoever applies.
    ///
    /// ```hcl bad:2
    /// resource "null_resource" "setup" {
    ///   provisioner "local-exec" {
    ///     command = "./setup.sh"
    ///   }
    /// }
    /// ```
    /// ```hcl good
    /// resource "null_resource" "setup" {
    ///   triggers = { version = "2" }
    /// }
    /// ```
    PROVISIONER_USED = "tf-provisioner-used" {
        severity: Severity::Medium,
        profile: Profile::All,
        check: source(|source, report| {
            for block in source.blocks("resource") {
                for provisioner in block.body.blocks_of("provisioner") {
                    let kind = name(provisioner);
                    if matches!(kind, "local-exec" | "remote-exec") {
                        let message = format!("a `{kind}` provisioner runs commands that no plan shows");
                        report
                            .at(within(block, provisioner.header, kind), message)
                            .help("use a resource of a provider, or build the image beforehand");
                    }
                }
            }
        }),
    }
}

rule! {
    /// External data source runs a program
    ///
    /// It runs already when the configuration is planned, on a pull request too, with the credentials that are there.
    ///
    /// ```hcl bad:2
    /// data "external" "version" {
    ///   program = ["python3", "version.py"]
    /// }
    /// ```
    /// ```hcl good
    /// data "http" "version" {
    ///   url = "https://example.com/version"
    /// }
    /// ```
    EXTERNAL_DATA_USED = "tf-external-data-used" {
        severity: Severity::Medium,
        profile: Profile::All,
        check: source(|source, report| {
            for block in source.blocks("data").filter(|block| name(block) == "external") {
                if let Some(program) = block.body.attribute("program") {
                    let message = "an external data source runs a program while planning";
                    report
                        .at(within(block, program.span(), "program"), message)
                        .help("hand the value in as a variable, or read it with a provider");
                }
            }
        }),
    }
}
