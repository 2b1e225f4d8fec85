//! Repositories of GitHub and their protected branches.

use crate::terraform::prelude::*;

/// The rules of this file.
pub(crate) static RULES: &[&Rule] = &[&REPOSITORY_PUBLIC, &BRANCH_UNSIGNED_COMMITS];

rule! {
    /// GitHub repository can be read by anyone
    ///
    /// What was meant for colleagues, and every secret that slips into a commit, is public at once. `visibility` counts
    /// before `private`; with neither a repository is public. Being public is a choice, so the rule runs only where it is
    /// asked for.
    ///
    /// ```hcl bad:1
    /// resource "github_repository" "shop" {
    ///   name = "shop"
    /// }
    /// ```
    /// ```hcl bad:2
    /// resource "github_repository" "shop" {
    ///   visibility = "public"
    ///   private    = true
    /// }
    /// ```
    /// ```hcl good
    /// variable "visibility" {}
    /// resource "github_repository" "shop" {
    ///   visibility = "internal"
    /// }
    /// resource "github_repository" "old" {
    ///   private = true
    /// }
    /// resource "github_repository" "other" {
    ///   visibility = var.visibility
    /// }
    /// ```
    REPOSITORY_PUBLIC = "tf-github-repository-public" {
        severity: Severity::Medium,
        profile: Profile::OptIn,
        peers: &["checkov:CKV_GIT_1", "trivy:GIT-0001", "tfsec:github-repositories-private"],
        check: resource(&["github_repository"], |resource, configuration, report| {
            let help = "set `visibility` to private or internal";
            let says = format!("`{}` can be read by anyone", resource.local);
            for (path, wants) in [("visibility", Want::In(&["private", "internal"])), ("private", Want::True)] {
                match lookups(resource, path).first() {
                    Some(Lookup::Present(found)) => {
                        match wants.holds(found.value) {
                            Some(true) => {}
                            Some(false) => {
                                report.at_value(*found, resource, configuration, says).help(help);
                            }
                            None => report.undecided(),
                        }
                        return;
                    }
                    Some(Lookup::Absent(_)) | None => {}
                    Some(Lookup::Unknown(_)) => return report.undecided(),
                }
            }
            report.at_resource(resource, configuration, says).help(help);
        }),
    }
}

rule! {
    /// Protected branch accepts unsigned commits
    ///
    /// The author of a commit is whatever its maker wrote there; a signature proves it. Every committer needs a key, so the
    /// rule is in the profile `all` only.
    BRANCH_UNSIGNED_COMMITS = "tf-github-branch-unsigned-commits" {
        severity: Severity::High,
        profile: Profile::All,
        peers: &["checkov:CKV_GIT_6", "trivy:GIT-0004", "tfsec:github-branchprotections-require-signed-commits"],
        check: attribute(&Row {
            on: &[
                ("github_branch_protection", "require_signed_commits"),
                ("github_branch_protection_v3", "require_signed_commits"),
            ],
            wants: Want::True,
            absent: Absent::Fails,
            wrong: "false",
            right: "true",
            says: "accepts commits without signature",
            help: "set `require_signed_commits` to true",
            ..Row::DEFAULT
        }),
    }
}
