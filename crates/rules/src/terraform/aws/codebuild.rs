//! CodeBuild projects.

use crate::terraform::prelude::*;

/// The rules of this file.
pub(crate) static RULES: &[&Rule] = &[&ARTIFACTS_UNENCRYPTED, &PRIVILEGED_MODE];

const PROJECT: &str = "aws_codebuild_project";

rule! {
    /// CodeBuild project stores artifacts unencrypted
    ///
    /// CodeBuild encrypts what a build leaves behind unless it is told not to. Silent for projects without artifacts.
    ///
    /// ```hcl bad:4
    /// resource "aws_codebuild_project" "app" {
    ///   artifacts {
    ///     type                = "S3"
    ///     encryption_disabled = true
    ///   }
    /// }
    /// ```
    /// ```hcl bad:8
    /// resource "aws_codebuild_project" "app" {
    ///   artifacts {
    ///     type = "S3"
    ///   }
    ///   secondary_artifacts {
    ///     type                = "S3"
    ///     artifact_identifier = "docs"
    ///     encryption_disabled = true
    ///   }
    /// }
    /// ```
    /// ```hcl good
    /// resource "aws_codebuild_project" "app" {
    ///   artifacts {
    ///     type                = "S3"
    ///     encryption_disabled = false
    ///   }
    /// }
    /// resource "aws_codebuild_project" "tests" {
    ///   artifacts {
    ///     type                = "NO_ARTIFACTS"
    ///     encryption_disabled = true
    ///   }
    /// }
    /// ```
    ARTIFACTS_UNENCRYPTED = "tf-aws-codebuild-artifacts-unencrypted" {
        severity: Severity::High,
        peers: &["checkov:CKV_AWS_78", "trivy:AWS-0018", "tfsec:aws-codebuild-enable-encryption"],
        check: resource(&[PROJECT], |resource, configuration, report| {
            for row in [&PRIMARY, &SECONDARY] {
                row.check(PROJECT, resource, configuration, report);
            }
        }),
    }
}

static PRIMARY: Row = Row {
    on: &[(PROJECT, "artifacts.encryption_disabled")],
    given: &[Given { path: "artifacts.type", is: HAS_ARTIFACTS, absent: Holds::Yes }],
    wants: Want::False,
    absent: Absent::Passes,
    says: "stores artifacts unencrypted",
    help: "leave `encryption_disabled` out",
    ..Row::DEFAULT
};

/// Whoever says that artifacts are not to be encrypted has some, unless the type says that there are none.
const HAS_ARTIFACTS: Want = Want::Passes(|kind| Some(kind.as_str() != Some("NO_ARTIFACTS")));

static SECONDARY: Row = Row { on: &[(PROJECT, "secondary_artifacts.encryption_disabled")], given: &[], ..PRIMARY };

rule! {
    /// CodeBuild environment runs privileged
    ///
    /// A build that runs privileged can take over the machine that it runs on, and with it the project's credentials. Only
    /// builds of container images need it, so look whether this one does.
    PRIVILEGED_MODE = "tf-aws-codebuild-privileged-mode" {
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &["checkov:CKV_AWS_316"],
        check: attribute(&Row {
            on: &[(PROJECT, "environment.privileged_mode")],
            wants: Want::False,
            absent: Absent::Passes,
            wrong: "true",
            right: "false",
            says: "runs builds privileged",
            help: "set `privileged_mode` to false, and build images with a tool that needs no daemon",
            ..Row::DEFAULT
        }),
    }
}
