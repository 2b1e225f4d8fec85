//! Transfer Family servers.

use crate::terraform::prelude::*;

/// The rules of this file.
pub(crate) static RULES: &[&Rule] = &[&SERVER_PUBLIC];

const SERVER: &str = "aws_transfer_server";

rule! {
    /// Transfer server endpoint is public
    ///
    /// Every address of the internet may try to log in, and no security group stands before the server. Public is the default;
    /// an endpoint in a VPC to which elastic addresses are given is as public.
    ///
    /// ```hcl bad:1
    /// resource "aws_transfer_server" "files" {
    ///   protocols = ["SFTP"]
    /// }
    /// ```
    /// ```hcl bad:2
    /// resource "aws_transfer_server" "files" {
    ///   endpoint_type = "PUBLIC"
    /// }
    /// ```
    /// ```hcl bad:4
    /// resource "aws_transfer_server" "files" {
    ///   endpoint_type = "VPC"
    ///   endpoint_details {
    ///     address_allocation_ids = ["eipalloc-1"]
    ///   }
    /// }
    /// ```
    /// ```hcl good
    /// variable "kind" {}
    /// resource "aws_transfer_server" "files" {
    ///   endpoint_type = "VPC"
    ///   endpoint_details {
    ///     subnet_ids = ["subnet-1"]
    ///   }
    /// }
    /// resource "aws_transfer_server" "other" {
    ///   endpoint_type = var.kind
    /// }
    /// ```
    SERVER_PUBLIC = "tf-aws-transfer-server-public" {
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &["checkov:CKV_AWS_164"],
        check: resource(&[SERVER], |resource, configuration, report| {
            for row in [&ENDPOINT, &ADDRESSES] {
                row.check(SERVER, resource, configuration, report);
            }
        }),
    }
}

static ENDPOINT: Row = Row {
    on: &[(SERVER, "endpoint_type")],
    wants: Want::In(&["VPC", "VPC_ENDPOINT"]),
    says: "has a public endpoint",
    help: "set `endpoint_type` to `VPC` and name subnets in `endpoint_details`",
    ..Row::DEFAULT
};

static ADDRESSES: Row = Row {
    on: &[(SERVER, "endpoint_details.address_allocation_ids")],
    given: &[Given { path: "endpoint_type", is: Want::Is("VPC"), absent: Holds::No }],
    wants: Want::Nothing,
    absent: Absent::Passes,
    says: "has an endpoint with public addresses",
    help: "leave `address_allocation_ids` out, or let the security group admit known addresses alone",
    ..Row::DEFAULT
};
