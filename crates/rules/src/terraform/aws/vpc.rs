//! VPCs, their subnets and routes, and the gateways between them.

use crate::terraform::network::is_everyone;
use crate::terraform::prelude::*;

/// The rules of this file.
pub(crate) static RULES: &[&Rule] = &[
    &DEFAULT_USED,
    &SUBNET_PUBLIC_IP,
    &FLOW_LOGS_DISABLED,
    &ENDPOINT_SERVICE_AUTO_ACCEPT,
    &PEERING_ROUTE_OPEN,
    &TRANSIT_AUTO_ACCEPT_ENABLED,
];

rule! {
    /// VPC has no flow log
    ///
    /// Flow logs are what is left to look at when somebody asks later who talked to whom. A log of the VPC counts, one of
    /// its subnets or interfaces does not. Silent where the VPC is handed to a module that is not at hand.
    ///
    /// ```hcl bad:1
    /// resource "aws_vpc" "main" {
    ///   cidr_block = "10.0.0.0/16"
    /// }
    /// ```
    /// ```hcl good
    /// resource "aws_vpc" "main" {
    ///   cidr_block = "10.0.0.0/16"
    /// }
    /// resource "aws_flow_log" "main" {
    ///   vpc_id          = aws_vpc.main.id
    ///   traffic_type    = "ALL"
    ///   log_destination = "arn:aws:s3:::flow-logs"
    /// }
    /// ```
    FLOW_LOGS_DISABLED = "tf-aws-vpc-flow-logs-disabled" {
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &["checkov:CKV2_AWS_11", "trivy:AWS-0178", "tfsec:aws-ec2-require-vpc-flow-logs-for-all-vpcs"],
        check: linked(&LinkRow {
            on: &["aws_vpc"],
            by: &[("aws_flow_log", "vpc_id")],
            says: "has no flow log",
            help: "add an `aws_flow_log` whose `vpc_id` is this VPC's id",
            ..LinkRow::DEFAULT
        }),
    }
}

rule! {
    /// Default VPC is put to use
    ///
    /// Every subnet of the default VPC hands out public addresses and has a route to the internet, and it is there for whoever
    /// names no other.
    ///
    /// ```hcl bad:1
    /// resource "aws_default_vpc" "default" {}
    /// ```
    /// ```hcl good
    /// resource "aws_vpc" "main" {
    ///   cidr_block = "10.0.0.0/16"
    /// }
    /// ```
    DEFAULT_USED = "tf-aws-vpc-default-used" {
        severity: Severity::High,
        profile: Profile::All,
        peers: &[
            "checkov:CKV_AWS_148",
            "trivy:AWS-0101",
            "tfsec:aws-vpc-no-default-vpc",
            "tfsec:aws-ec2-no-default-vpc",
        ],
        check: resource(&["aws_default_vpc"], |resource, configuration, report| {
            let message = format!("`{}` puts the default VPC to use", resource.local);
            report.at_resource(resource, configuration, message).help("make an `aws_vpc`, and delete the default one");
        }),
    }
}

rule! {
    /// Subnet hands out public IP addresses at launch
    ///
    /// Every instance in the subnet is on the internet, also the one that was meant for another. Public subnets are for load
    /// balancers and gateways, which bring addresses of their own.
    SUBNET_PUBLIC_IP = "tf-aws-vpc-subnet-public-ip" {
        severity: Severity::High,
        profile: Profile::All,
        peers: &["checkov:CKV_AWS_130", "trivy:AWS-0164", "tfsec:aws-ec2-no-public-ip-subnet"],
        check: attribute(&Row {
            on: &[("aws_subnet", "map_public_ip_on_launch")],
            wants: Want::False,
            absent: Absent::Passes,
            wrong: "true",
            right: "false",
            says: "hands out public IP addresses",
            help: "set `map_public_ip_on_launch` to false",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// VPC endpoint service accepts connections without review
    ///
    /// Every account that may find the service is connected to it at once.
    ENDPOINT_SERVICE_AUTO_ACCEPT = "tf-aws-vpc-endpoint-service-auto-accept" {
        severity: Severity::Medium,
        peers: &["checkov:CKV_AWS_123"],
        check: attribute(&Row {
            on: &[("aws_vpc_endpoint_service", "acceptance_required")],
            wrong: "false",
            right: "true",
            says: "accepts connections without review",
            help: "set `acceptance_required` to true",
            ..Row::DEFAULT
        }),
    }
}

rule! {
    /// Route sends all traffic over a VPC peering connection
    ///
    /// A peering carries what is for the other VPC. With a route for everything, all of this VPC reaches all of that one. Routes
    /// of their own count, and those in a table.
    ///
    /// ```hcl bad:2
    /// resource "aws_route" "peer" {
    ///   destination_cidr_block    = "0.0.0.0/0"
    ///   vpc_peering_connection_id = "pcx-1"
    /// }
    /// ```
    /// ```hcl bad:3
    /// resource "aws_route_table" "main" {
    ///   route {
    ///     ipv6_cidr_block           = "::/0"
    ///     vpc_peering_connection_id = "pcx-1"
    ///   }
    /// }
    /// ```
    /// ```hcl good
    /// resource "aws_route_table" "main" {
    ///   route {
    ///     cidr_block = "0.0.0.0/0"
    ///     gateway_id = "igw-1"
    ///   }
    ///   route {
    ///     cidr_block                = "10.1.0.0/16"
    ///     vpc_peering_connection_id = "pcx-1"
    ///   }
    /// }
    /// ```
    PEERING_ROUTE_OPEN = "tf-aws-vpc-peering-route-open" {
        severity: Severity::Medium,
        peers: &["checkov:CKV2_AWS_44"],
        check: resource(
            &["aws_route", "aws_route_table", "aws_default_route_table"],
            |resource, configuration, report| {
                if resource.is("aws_route") {
                    let is_peering = is_set(&resource.get(PEERING));
                    let ranges = ["destination_cidr_block", "destination_ipv6_cidr_block"];
                    judge_route(is_peering, ranges.map(|range| resource.get(range)), resource, configuration, report);
                    return;
                }
                for lookup in resource.get("route[*]") {
                    let Lookup::Present(route) = lookup else { continue };
                    let is_peering = is_set(&lookups_in(&route, PEERING));
                    let ranges = ["cidr_block", "ipv6_cidr_block"];
                    judge_route(is_peering, ranges.map(|range| lookups_in(&route, range)), resource, configuration, report);
                }
            },
        ),
    }
}

const PEERING: &str = "vpc_peering_connection_id";

/// Whether an attribute is there and not empty; an attribute of another resource is.
fn is_set(lookups: &[Lookup<'_>]) -> bool {
    lookups.iter().any(|lookup| match lookup {
        Lookup::Present(found) => Want::Present.holds(found.value) == Some(true),
        _ => false,
    })
}

fn judge_route(
    is_peering: bool,
    ranges: [Vec<Lookup<'_>>; 2],
    resource: &Resource,
    configuration: &Configuration,
    report: &mut Report<'_>,
) {
    if !is_peering {
        return;
    }
    for lookup in ranges.into_iter().flatten() {
        let Lookup::Present(range) = lookup else { continue };
        match range.value.as_str() {
            Some(text) if is_everyone(text) => {
                let message = format!("`{}` sends all traffic over a peering connection", resource.local);
                report
                    .at_value(range, resource, configuration, message)
                    .help("route the address range of the other VPC alone");
            }
            Some(_) => {}
            None => report.undecided(),
        }
    }
}

rule! {
    /// Transit gateway accepts shared attachments without review
    ///
    /// Every account that the gateway is shared with attaches its networks to yours by itself.
    TRANSIT_AUTO_ACCEPT_ENABLED = "tf-aws-transit-gateway-auto-accept-enabled" {
        severity: Severity::Medium,
        peers: &["checkov:CKV_AWS_331"],
        check: attribute(&Row {
            on: &[("aws_ec2_transit_gateway", "auto_accept_shared_attachments")],
            wants: Want::IsNot("enable"),
            absent: Absent::Passes,
            wrong: "\"enable\"",
            right: "\"disable\"",
            says: "accepts shared attachments without review",
            help: "remove `auto_accept_shared_attachments`",
            ..Row::DEFAULT
        }),
    }
}
