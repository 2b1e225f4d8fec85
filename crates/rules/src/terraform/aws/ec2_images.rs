//! What an instance starts with: its image, and the script that runs first.

use crate::terraform::prelude::*;
use crate::terraform::scripts;

/// The rules of this file.
pub(crate) static RULES: &[&Rule] = &[&USER_DATA_SECRET, &AMI_OWNER_UNSET];

rule! {
    /// EC2 user data contains a secret
    ///
    /// Everyone who may describe the instance reads its user data, every process on it can fetch them from the metadata
    /// service, and they are in the state. Credentials of known forms count, and settings whose names say that they are
    /// secrets. What the template fills in from elsewhere is not seen.
    ///
    /// ```hcl bad:2
    /// resource "aws_instance" "web" {
    ///   user_data = "#!/bin/sh\nexport DB_PASSWORD=kX9mQ2vL7\n"
    /// }
    /// ```
    /// ```hcl bad:2
    /// resource "aws_launch_template" "web" {
    ///   user_data = base64encode("#!/bin/sh\nexport DB_PASSWORD=kX9mQ2vL7\n")
    /// }
    /// ```
    /// ```hcl good
    /// variable "password" {}
    /// resource "aws_instance" "web" {
    ///   user_data = <<-END
    ///     #!/bin/sh
    ///     export DB_PASSWORD=$(aws ssm get-parameter --name db --query Parameter.Value)
    ///     export OTHER_PASSWORD=${var.password}
    ///   END
    /// }
    /// ```
    USER_DATA_SECRET = "tf-aws-ec2-user-data-secret" {
        severity: Severity::High,
        peers: &[
            "checkov:CKV_AWS_46",
            "trivy:AWS-0029",
            "tfsec:aws-ec2-no-secrets-in-user-data",
            "trivy:AWS-0129",
            "tfsec:aws-autoscaling-no-secrets-in-user-data",
            "tfsec:aws-ec2-no-secrets-in-launch-template-user-data",
        ],
        tags: &["secret", "cwe-798"],
        check: resource(
            &["aws_instance", "aws_launch_template", "aws_launch_configuration"],
            |resource, configuration, report| {
                let help = "let the instance fetch it with its role, and replace it, because it is known now";
                scripts::judge(&["user_data", "user_data_base64"], ("user data", help), resource, configuration, report);
            },
        ),
    }
}

rule! {
    /// AMI lookup takes the newest image from any owner
    ///
    /// Anyone may publish an image under any name: the newest that fits the name is the one that an attacker published this
    /// morning. A filter by owner or by id passes.
    ///
    /// ```hcl bad:1
    /// data "aws_ami" "ubuntu" {
    ///   most_recent = true
    ///   filter {
    ///     name   = "name"
    ///     values = ["ubuntu-noble-*"]
    ///   }
    /// }
    /// ```
    /// ```hcl good
    /// data "aws_ami" "ubuntu" {
    ///   most_recent = true
    ///   owners      = ["099720109477"]
    /// }
    /// data "aws_ami" "own" {
    ///   most_recent = true
    ///   filter {
    ///     name   = "owner-id"
    ///     values = ["123456789012"]
    ///   }
    /// }
    /// ```
    AMI_OWNER_UNSET = "tf-aws-ec2-ami-owner-unset" {
        severity: Severity::Medium,
        peers: &["checkov:CKV_AWS_386", "trivy:AWS-0344", "tfsec:aws-ami-ensure-ami-has-owners"],
        check: resource(&["data.aws_ami"], |resource, configuration, report| {
            for lookup in resource.get("filter.name") {
                match lookup {
                    Lookup::Present(found) => match found.value.as_str() {
                        Some("owner-id" | "owner-alias" | "image-id") => return,
                        Some(_) => {}
                        None => return report.undecided(),
                    },
                    Lookup::Unknown(_) => return report.undecided(),
                    Lookup::Absent(_) => {}
                }
            }
            NEWEST.check("data.aws_ami", resource, configuration, report);
        }),
    }
}

static NEWEST: Row = Row {
    on: &[("data.aws_ami", "owners")],
    given: &[Given { path: "most_recent", is: Want::True, absent: Holds::No }],
    wants: Want::Present,
    says: "takes the newest image whoever made it",
    help: "set `owners`",
    ..Row::DEFAULT
};
