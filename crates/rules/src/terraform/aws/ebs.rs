//! Disks: EBS volumes, the devices of instances, and images.
//!
//! A disk that is made from a snapshot is as the snapshot is. Where encryption by default is turned on in the same
//! configuration, what is left out is encrypted.

use super::keys::is_customer_key;
use crate::terraform::prelude::*;

/// The rules of this file.
pub(crate) static RULES: &[&Rule] = &[
    &VOLUME_UNENCRYPTED,
    &BLOCK_DEVICE_UNENCRYPTED,
    &CUSTOMER_KEY_MISSING,
    &DEFAULT_ENCRYPTION_DISABLED,
    &AMI_UNENCRYPTED,
];

rule! {
    /// EBS volume is stored unencrypted
    ///
    /// Whoever gets at a copy of the volume, a shared snapshot or a disk that was taken out of service reads all that is
    /// on it. Encryption costs nothing and cannot be turned on later without a copy. Silent for volumes that are made
    /// from a snapshot, which decides for them, and where encryption by default is on in the same configuration.
    ///
    /// ```hcl bad:1
    /// resource "aws_ebs_volume" "data" {
    ///   size = 8
    /// }
    /// ```
    /// ```hcl bad:2
    /// resource "aws_ebs_volume" "data" {
    ///   encrypted = false
    /// }
    /// ```
    /// ```hcl good
    /// variable "encrypted" {}
    /// resource "aws_ebs_volume" "data" {
    ///   encrypted = true
    /// }
    /// resource "aws_ebs_volume" "copy" {
    ///   snapshot_id = "snap-1"
    /// }
    /// resource "aws_ebs_volume" "other" {
    ///   encrypted = var.encrypted
    /// }
    /// ```
    /// ```hcl good
    /// resource "aws_ebs_encryption_by_default" "region" {
    ///   enabled = true
    /// }
    /// resource "aws_ebs_volume" "data" {
    ///   size = 8
    /// }
    /// ```
    VOLUME_UNENCRYPTED = "tf-aws-ebs-volume-unencrypted" {
        severity: Severity::High,
        peers: &[
            "checkov:CKV_AWS_3",
            "trivy:AWS-0026",
            "tfsec:aws-ebs-enable-volume-encryption",
            "tfsec:aws-ec2-enable-volume-encryption",
        ],
        check: resource(&["aws_ebs_volume"], |resource, configuration, report| {
            let row = if is_default(configuration) { &ENCRYPTED_IF_WRITTEN } else { &ENCRYPTED };
            row.check(&resource.kind, resource, configuration, report);
        }),
    }
}

const ENCRYPTED_ROW: Row = Row {
    on: &[("aws_ebs_volume", "encrypted")],
    given: &[Given { path: "snapshot_id", is: Want::Nothing, absent: Holds::Yes }],
    says: "is stored unencrypted",
    help: "set `encrypted` to true",
    ..Row::DEFAULT
};
static ENCRYPTED: Row = ENCRYPTED_ROW;
static ENCRYPTED_IF_WRITTEN: Row = Row { absent: Absent::Passes, ..ENCRYPTED_ROW };

rule! {
    /// EC2 block device is stored unencrypted
    ///
    /// What the instance writes can be read from a copy or a shared snapshot of the disk. Each device that is described counts;
    /// one that is not is as its image has it. Silent for devices from a snapshot, for those without a disk, and where
    /// encryption by default is on in the same configuration.
    ///
    /// ```hcl bad:2
    /// resource "aws_instance" "web" {
    ///   root_block_device {
    ///     volume_size = 50
    ///   }
    /// }
    /// ```
    /// ```hcl bad:4
    /// resource "aws_launch_template" "web" {
    ///   block_device_mappings {
    ///     ebs {
    ///       encrypted = false
    ///     }
    ///   }
    /// }
    /// ```
    /// ```hcl good
    /// resource "aws_instance" "web" {
    ///   root_block_device {
    ///     encrypted = true
    ///   }
    ///   ebs_block_device {
    ///     device_name = "/dev/sdg"
    ///     snapshot_id = "snap-1"
    ///   }
    /// }
    /// resource "aws_launch_template" "web" {
    ///   block_device_mappings {
    ///     device_name = "/dev/sdb"
    ///     no_device   = "true"
    ///   }
    /// }
    /// ```
    BLOCK_DEVICE_UNENCRYPTED = "tf-aws-ec2-block-device-unencrypted" {
        severity: Severity::High,
        peers: &[
            "checkov:CKV_AWS_8",
            "trivy:AWS-0131",
            "tfsec:aws-ec2-enable-at-rest-encryption",
            "trivy:AWS-0008",
            "tfsec:aws-autoscaling-enable-at-rest-encryption",
            "tfsec:aws-ec2-enable-launch-config-at-rest-encryption",
        ],
        check: resource(
            &["aws_instance", "aws_launch_configuration", "aws_launch_template"],
            |resource, configuration, report| {
                let blocks: &[&str] = if resource.is("aws_launch_template") {
                    &["block_device_mappings.ebs[*]"]
                } else {
                    &["root_block_device[*]", "ebs_block_device[*]"]
                };
                for block in blocks {
                    judge_devices(block, resource, configuration, report);
                }
            },
        ),
    }
}

rule! {
    /// EBS volume uses no customer-managed key
    ///
    /// A volume under AWS' own key cannot be shared with another account, and you cannot take the key away. A volume that is
    /// not encrypted at all is reported by `tf-aws-ebs-volume-unencrypted`, which speaks for both.
    ///
    /// ```hcl bad:2
    /// resource "aws_ebs_volume" "data" {
    ///   encrypted = false
    /// }
    /// ```
    /// ```hcl bad:1
    /// resource "aws_ebs_volume" "data" {
    ///   encrypted = true
    /// }
    /// ```
    /// ```hcl good
    /// resource "aws_ebs_volume" "data" {
    ///   encrypted  = true
    ///   kms_key_id = "arn:aws:kms:eu-west-1:123456789012:key/1"
    /// }
    /// resource "aws_ebs_volume" "copy" {
    ///   snapshot_id = "snap-1"
    /// }
    /// ```
    CUSTOMER_KEY_MISSING = "tf-aws-ebs-customer-key-missing" {
        severity: Severity::Low,
        profile: Profile::All,
        peers: &[
            "checkov:CKV_AWS_189",
            "trivy:AWS-0027",
            "tfsec:aws-ebs-encryption-customer-key",
            "tfsec:aws-ec2-volume-encryption-customer-key",
        ],
        yields_to: &["tf-aws-ebs-volume-unencrypted"],
        check: resource(&["aws_ebs_volume"], |resource, configuration, report| {
            let row = if is_default(configuration) { &KEY_IF_WRITTEN } else { &KEY };
            row.check(&resource.kind, resource, configuration, report);
        }),
    }
}

const KEY_ROW: Row = Row {
    on: &[("aws_ebs_volume", "kms_key_id")],
    given: &[Given { path: "encrypted", is: Want::True, absent: Holds::No }],
    wants: Want::Passes(is_customer_key),
    says: "is encrypted with no key of yours",
    help: "set `kms_key_id`",
    ..Row::DEFAULT
};
static KEY: Row = Row { implied_by: Some(&ENCRYPTED), ..KEY_ROW };
static KEY_IF_WRITTEN: Row = Row { implied_by: Some(&ENCRYPTED_IF_WRITTEN), ..KEY_ROW };

rule! {
    /// EBS encryption by default is turned off
    ///
    /// The setting of the region that encrypts every new disk is written down, and off.
    DEFAULT_ENCRYPTION_DISABLED = "tf-aws-ebs-default-encryption-disabled" {
        severity: Severity::Medium,
        peers: &["checkov:CKV_AWS_106"],
        check: attribute(&Row {
            on: &[("aws_ebs_encryption_by_default", "enabled")],
            absent: Absent::Passes,
            wrong: "false",
            right: "true",
            says: "turns encryption by default off",
            help: "set `enabled` to true",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// AMI has an unencrypted block device
    ///
    /// Every instance from the image starts with an unencrypted disk, and so does every copy that somebody shares. Devices from
    /// a snapshot are as the snapshot is.
    ///
    /// ```hcl bad:2
    /// resource "aws_ami" "base" {
    ///   ebs_block_device {
    ///     device_name = "/dev/xvda"
    ///   }
    /// }
    /// ```
    /// ```hcl good
    /// resource "aws_ami" "base" {
    ///   ebs_block_device {
    ///     device_name = "/dev/xvda"
    ///     snapshot_id = "snap-1"
    ///   }
    ///   ebs_block_device {
    ///     device_name = "/dev/xvdb"
    ///     encrypted   = true
    ///   }
    /// }
    /// ```
    AMI_UNENCRYPTED = "tf-aws-ec2-ami-unencrypted" {
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &["checkov:CKV_AWS_204"],
        check: resource(&["aws_ami"], |resource, configuration, report| {
            judge_devices("ebs_block_device[*]", resource, configuration, report);
        }),
    }
}

/// Reports each block at `path` that is a disk of its own and not encrypted.
fn judge_devices(path: &str, resource: &Resource, configuration: &Configuration, report: &mut Report<'_>) {
    for lookup in resource.get(path) {
        let device = match lookup {
            Lookup::Present(device) => device,
            Lookup::Absent(_) => continue,
            Lookup::Unknown(_) => {
                report.undecided();
                continue;
            }
        };
        // A snapshot that is not known may be null, and one that is there decides.
        let mut snapshots = lookups_in(&device, "snapshot_id").into_iter();
        let is_copy = snapshots.any(|it| match it {
            Lookup::Present(found) => found.value.as_str() != Some(""),
            Lookup::Unknown(_) => true,
            Lookup::Absent(_) => false,
        });
        if is_copy {
            continue;
        }
        for lookup in lookups_in(&device, "encrypted") {
            let message = format!("`{}` has a disk that is not encrypted", resource.local);
            let draft = match lookup {
                Lookup::Present(found) => match found.value.as_bool() {
                    Some(true) => continue,
                    Some(false) => report.at_value(found, resource, configuration, message),
                    None => {
                        report.undecided();
                        continue;
                    }
                },
                Lookup::Absent(_) if is_default(configuration) => continue,
                Lookup::Absent(missing) => report.at_missing(missing, resource, configuration, message),
                Lookup::Unknown(_) => {
                    report.undecided();
                    continue;
                }
            };
            draft.help("set `encrypted` to true");
        }
    }
}

/// Whether encryption by default is turned on beside; without `enabled` it is, too.
fn is_default(configuration: &Configuration) -> bool {
    let mut settings = configuration.of_kind("aws_ebs_encryption_by_default");
    settings.any(|it| it.body.get("enabled").is_none_or(|enabled| enabled.as_bool() != Some(false)))
}
