//! Azure network security groups that are open to everyone.
//!
//! A rule is named by its range of addresses. What a rule with a lower number denies to everyone is not open; the default
//! rules of Azure, and the second group that a subnet or an interface may have, are not seen.

use crate::terraform::network::{AzureOpening, Direction, Ports, Protocol, azure_openings};
use crate::terraform::prelude::*;

/// The rules of this file.
pub(crate) static RULES: &[&Rule] =
    &[&SSH_OPEN, &RDP_OPEN, &SENSITIVE_PORT_OPEN, &UDP_OPEN, &INGRESS_OPEN, &EGRESS_OPEN];

const TYPES: &[&str] = &["azurerm_network_security_group", "azurerm_network_security_rule"];

rule! {
    /// Network security group opens SSH to the internet
    ///
    /// Port 22 is tried by bots within minutes, and one weak password or one old server is enough. A rule for every port is
    /// reported here, once.
    ///
    /// ```hcl bad:8
    /// resource "azurerm_network_security_group" "web" {
    ///   security_rule {
    ///     priority               = 100
    ///     direction              = "Inbound"
    ///     access                 = "Allow"
    ///     protocol               = "Tcp"
    ///     destination_port_range = "22"
    ///     source_address_prefix  = "*"
    ///   }
    /// }
    /// ```
    /// ```hcl bad:7
    /// resource "azurerm_network_security_rule" "web" {
    ///   priority                = 100
    ///   direction               = "Inbound"
    ///   access                  = "Allow"
    ///   protocol                = "*"
    ///   destination_port_ranges = ["80", "20-25"]
    ///   source_address_prefixes = ["Internet"]
    /// }
    /// ```
    /// ```hcl good
    /// variable "offices" {}
    /// resource "azurerm_network_security_rule" "offices" {
    ///   priority               = 100
    ///   direction              = "Inbound"
    ///   access                 = "Allow"
    ///   protocol               = "Tcp"
    ///   destination_port_range = "22"
    ///   source_address_prefix  = var.offices
    /// }
    /// resource "azurerm_network_security_rule" "inside" {
    ///   priority               = 110
    ///   direction              = "Inbound"
    ///   access                 = "Allow"
    ///   protocol               = "Tcp"
    ///   destination_port_range = "22"
    ///   source_address_prefix  = "VirtualNetwork"
    /// }
    /// ```
    /// ```hcl good
    /// resource "azurerm_network_security_rule" "no_ssh" {
    ///   network_security_group_name = "web"
    ///   priority                    = 100
    ///   direction                   = "Inbound"
    ///   access                      = "Deny"
    ///   protocol                    = "Tcp"
    ///   destination_port_range      = "22"
    ///   source_address_prefix       = "*"
    ///   destination_address_prefix  = "*"
    /// }
    /// resource "azurerm_network_security_rule" "low" {
    ///   network_security_group_name = "web"
    ///   priority                    = 200
    ///   direction                   = "Inbound"
    ///   access                      = "Allow"
    ///   protocol                    = "Tcp"
    ///   destination_port_range      = "1-1024"
    ///   source_address_prefix       = "*"
    ///   destination_address_prefix  = "*"
    /// }
    /// ```
    SSH_OPEN = "tf-azure-nsg-ssh-open" {
        severity: Severity::Critical,
        peers: &["checkov:CKV_AZURE_10", "trivy:AZU-0050", "tfsec:azure-network-ssh-blocked-from-internet"],
        check: resource(TYPES, |resource, configuration, report| {
            each(resource, Direction::In, configuration, report, "lets the whole internet reach SSH", |it| it.has_tcp(22));
        }),
    }
}

rule! {
    /// Network security group opens RDP to the internet
    ///
    /// Port 3389 is tried by bots within minutes, and is how much ransomware gets in. A rule that opens SSH as well is reported
    /// for that.
    ///
    /// ```hcl bad:8
    /// resource "azurerm_network_security_group" "web" {
    ///   security_rule {
    ///     priority               = 100
    ///     direction              = "Inbound"
    ///     access                 = "Allow"
    ///     protocol               = "Tcp"
    ///     destination_port_range = 3389
    ///     source_address_prefix  = "0.0.0.0/0"
    ///   }
    /// }
    /// ```
    /// ```hcl good
    /// resource "azurerm_network_security_rule" "web" {
    ///   priority               = 100
    ///   direction              = "Inbound"
    ///   access                 = "Allow"
    ///   protocol               = "Tcp"
    ///   destination_port_range = "3389"
    ///   source_address_prefix  = "198.51.100.0/24"
    /// }
    /// ```
    RDP_OPEN = "tf-azure-nsg-rdp-open" {
        severity: Severity::Critical,
        peers: &["checkov:CKV_AZURE_9", "trivy:AZU-0048", "tfsec:azure-network-disable-rdp-from-internet"],
        yields_to: &["tf-azure-nsg-ssh-open"],
        check: resource(TYPES, |resource, configuration, report| {
            each(resource, Direction::In, configuration, report, "lets the whole internet reach RDP", |it| {
                it.has_tcp(3389)
            });
        }),
    }
}

rule! {
    /// Network security group opens a database to the internet
    ///
    /// Databases, directories and file shares, and protocols that send passwords in the clear (FTP, Telnet), are looked for on every
    /// address, and many have no login at all by default. Mail and DNS are meant for everyone. A rule that opens SSH or RDP as well
    /// is reported for that.
    ///
    /// ```hcl bad:7
    /// resource "azurerm_network_security_rule" "database" {
    ///   priority               = 100
    ///   direction              = "Inbound"
    ///   access                 = "Allow"
    ///   protocol               = "Tcp"
    ///   destination_port_range = "5432"
    ///   source_address_prefix  = "Internet"
    /// }
    /// ```
    /// ```hcl good
    /// resource "azurerm_network_security_rule" "web" {
    ///   priority                = 100
    ///   direction               = "Inbound"
    ///   access                  = "Allow"
    ///   protocol                = "Tcp"
    ///   destination_port_ranges = ["80", "443"]
    ///   source_address_prefix   = "Internet"
    /// }
    /// ```
    SENSITIVE_PORT_OPEN = "tf-azure-nsg-sensitive-port-open" {
        severity: Severity::High,
        peers: &[
            "trivy:AZU-0074",
            "tfsec:azure-sensitive-port-is-exposed-to-entire-network",
            "tfsec:azure-network-sensitive-port-is-exposed-to-entire-network",
        ],
        yields_to: &["tf-azure-nsg-ssh-open", "tf-azure-nsg-rdp-open"],
        check: resource(TYPES, |resource, configuration, report| {
            let says = "lets the whole internet reach databases or services without encryption";
            each(resource, Direction::In, configuration, report, says, |it| {
                let mut known = Some(false);
                for &port in SENSITIVE {
                    match it.has_tcp(port) {
                        Some(true) => return Some(true),
                        Some(false) => {}
                        None => known = None,
                    }
                }
                known
            });
        }),
    }
}

/// FTP, Telnet, the ports of Windows, LDAP, and the databases that are asked for most.
const SENSITIVE: &[i64] = &[20, 21, 23, 135, 139, 389, 445, 1433, 1521, 3306, 5432, 6379, 9200, 11211, 27017];

rule! {
    /// Network security group opens UDP to the internet
    ///
    /// Servers of DNS, NTP, SNMP and LDAP that answer everyone are used to flood others. Rules for UDP are reported, not those for
    /// every protocol; HTTP/3 and the ports of VPNs (443, 500, 1194, 4500, 51820) are meant for everyone.
    ///
    /// ```hcl bad:7
    /// resource "azurerm_network_security_rule" "names" {
    ///   priority               = 100
    ///   direction              = "Inbound"
    ///   access                 = "Allow"
    ///   protocol               = "Udp"
    ///   destination_port_range = "53"
    ///   source_address_prefix  = "*"
    /// }
    /// ```
    /// ```hcl good
    /// resource "azurerm_network_security_rule" "vpn" {
    ///   priority               = 100
    ///   direction              = "Inbound"
    ///   access                 = "Allow"
    ///   protocol               = "Udp"
    ///   destination_port_range = "51820"
    ///   source_address_prefix  = "*"
    /// }
    /// ```
    UDP_OPEN = "tf-azure-nsg-udp-open" {
        severity: Severity::High,
        peers: &[
            "checkov:CKV_AZURE_77",
            "trivy:AZU-0074",
            "tfsec:azure-sensitive-port-is-exposed-to-entire-network",
            "tfsec:azure-network-sensitive-port-is-exposed-to-entire-network",
        ],
        check: resource(TYPES, |resource, configuration, report| {
            each(resource, Direction::In, configuration, report, "opens UDP to the whole internet", |it| {
                it.opens(|ports| match ports {
                    Ports::Range(Protocol::Udp, from, to) if from == to && FOR_EVERYONE.contains(&from) => Ports::None,
                    Ports::Range(Protocol::Udp, ..) | Ports::Unknown => ports,
                    _ => Ports::None,
                })
            });
        }),
    }
}

/// The ports of HTTP/3, IPsec, OpenVPN and WireGuard.
const FOR_EVERYONE: &[i64] = &[443, 500, 1194, 4500, 51820];

rule! {
    /// Network security rule lets traffic in from any address
    ///
    /// Whatever listens behind the rule is on the internet. A public website needs that, so the rule is in the profile `all`;
    /// rules that open SSH, RDP, databases or UDP are reported for that alone.
    ///
    /// ```hcl bad:7
    /// resource "azurerm_network_security_rule" "web" {
    ///   priority               = 100
    ///   direction              = "Inbound"
    ///   access                 = "Allow"
    ///   protocol               = "Tcp"
    ///   destination_port_range = "80"
    ///   source_address_prefix  = "*"
    /// }
    /// ```
    /// ```hcl good
    /// resource "azurerm_network_security_rule" "web" {
    ///   priority               = 100
    ///   direction              = "Inbound"
    ///   access                 = "Allow"
    ///   protocol               = "Tcp"
    ///   destination_port_range = "80"
    ///   source_address_prefix  = "AzureLoadBalancer"
    /// }
    /// ```
    INGRESS_OPEN = "tf-azure-nsg-ingress-open" {
        severity: Severity::Critical,
        profile: Profile::All,
        peers: &["checkov:CKV_AZURE_160", "trivy:AZU-0047", "tfsec:azure-network-no-public-ingress"],
        yields_to: &[
            "tf-azure-nsg-ssh-open",
            "tf-azure-nsg-rdp-open",
            "tf-azure-nsg-sensitive-port-open",
            "tf-azure-nsg-udp-open",
        ],
        check: resource(TYPES, |resource, configuration, report| {
            each(resource, Direction::In, configuration, report, "lets in traffic from any address", |it| {
                it.opens(|ports| ports)
            });
        }),
    }
}

rule! {
    /// Network security rule lets traffic out to any address
    ///
    /// Software that was broken into calls home: with nothing in its way it downloads what it needs and sends out what it
    /// found. Many teams leave this open on purpose, so the rule is in the profile `all` only.
    ///
    /// ```hcl bad:7
    /// resource "azurerm_network_security_rule" "out" {
    ///   priority                   = 100
    ///   direction                  = "Outbound"
    ///   access                     = "Allow"
    ///   protocol                   = "*"
    ///   destination_port_range     = "*"
    ///   destination_address_prefix = "Internet"
    /// }
    /// ```
    /// ```hcl good
    /// resource "azurerm_network_security_rule" "out" {
    ///   priority                   = 100
    ///   direction                  = "Outbound"
    ///   access                     = "Allow"
    ///   protocol                   = "Tcp"
    ///   destination_port_range     = "443"
    ///   destination_address_prefix = "AzureCloud"
    /// }
    /// ```
    EGRESS_OPEN = "tf-azure-nsg-egress-open" {
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &["trivy:AZU-0051", "tfsec:azure-network-no-public-egress"],
        check: resource(TYPES, |resource, configuration, report| {
            each(resource, Direction::Out, configuration, report, "lets traffic out to any address", |it| {
                it.opens(|ports| ports)
            });
        }),
    }
}

/// Reports each range without bounds behind which `opens` says that something is open.
fn each(
    resource: &Resource,
    direction: Direction,
    configuration: &Configuration,
    report: &mut Report<'_>,
    says: &str,
    opens: impl Fn(&AzureOpening<'_>) -> Option<bool>,
) {
    let (openings, unknown) = azure_openings(resource, direction, configuration);
    (0..unknown).for_each(|_| report.undecided());
    for opening in openings {
        match opens(&opening) {
            Some(true) => {
                let and = if opening.is_every() { ": every port is open" } else { "" };
                let message = format!("`{}` {says}{and}", resource.local);
                let draft = report.at_value(opening.range, resource, configuration, message);
                draft.help("name the address ranges that need it");
            }
            Some(false) => {}
            None => report.undecided(),
        }
    }
}
