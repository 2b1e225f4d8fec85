//! Who may reach which ports: what the rules for firewalls of all clouds ask.
//!
//! A rule of a firewall is an [`Opening`] for each address range that it names and that is everyone's. What is not known,
//! a port or a range, is undecided.

use portcullis_model::terraform::value::Map;
use portcullis_model::terraform::{Configuration, Found, Kind, Lookup, Resource, Value, lookups, lookups_in};

/// An address range without bounds in a rule that lets traffic through.
#[derive(Debug)]
pub(crate) struct Opening<'c> {
    /// The range: where a finding points.
    pub(crate) range: Found<'c>,
    /// What may pass.
    pub(crate) ports: Ports,
}

/// Ports with their protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ports {
    /// Every port of every protocol.
    All,
    /// Ports of TCP, UDP or both, from and to inclusive.
    Range(Protocol, i64, i64),
    /// A protocol without ports.
    None,
    /// Not known.
    Unknown,
}

/// The protocols that have ports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    Tcp,
    Udp,
    Both,
}

/// The direction of traffic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    In,
    Out,
}

/// The last port.
const LAST: i64 = 65_535;

impl Ports {
    /// Ports as AWS writes them: a protocol's name or number, `-1` for all of them, and a range.
    pub(crate) fn of_aws(protocol: Option<&Value>, from: Option<&Value>, to: Option<&Value>) -> Self {
        let Some(protocol) = protocol.and_then(Value::to_text) else { return Self::Unknown };
        let protocol = match protocol.to_ascii_lowercase().as_str() {
            "-1" | "all" => return Self::All,
            "tcp" | "6" => Protocol::Tcp,
            "udp" | "17" => Protocol::Udp,
            _ => return Self::None,
        };
        match (from.and_then(Value::as_i64), to.and_then(Value::as_i64)) {
            (Some(-1), Some(-1)) => Self::Range(protocol, 0, LAST),
            (Some(from), Some(to)) => Self::Range(protocol, from, to),
            _ => Self::Unknown,
        }
    }

    /// Ports as Google and Azure write them: `22`, `20-25`.
    pub(crate) fn of_text(protocol: Protocol, ports: &Value) -> Self {
        let Some(text) = ports.to_text() else { return Self::Unknown };
        let (from, to) = text.split_once('-').unwrap_or((&text, &text));
        match (from.trim().parse(), to.trim().parse()) {
            (Ok(from), Ok(to)) => Self::Range(protocol, from, to),
            _ => Self::Unknown,
        }
    }

    /// Whether connections to a port of TCP may pass.
    pub(crate) fn has_tcp(self, port: i64) -> Option<bool> {
        match self {
            Self::All => Some(true),
            Self::Range(Protocol::Udp, ..) | Self::None => Some(false),
            Self::Range(_, from, to) => Some(from <= port && port <= to),
            Self::Unknown => None,
        }
    }

    /// Whether every port may pass, of one protocol at least.
    pub(crate) fn is_every(self) -> Option<bool> {
        match self {
            Self::All => Some(true),
            Self::Range(_, from, to) => Some(from <= 1 && to >= LAST),
            Self::None => Some(false),
            Self::Unknown => None,
        }
    }
}

/// Whether a range of addresses has no bounds: `0.0.0.0/0`, `::/0` in any spelling, and the words that clouds have for it. The
/// address that no machine has is meant so as well.
pub(crate) fn is_everyone(range: &str) -> bool {
    range.ends_with("/0")
        || matches!(range, "*" | "Any" | "any" | "Internet" | "internet" | "INTERNET" | "0.0.0.0" | "::" | "::0")
}

/// What a security group, or a rule of one, lets through to or from everyone. The second answer is how many ranges are not
/// known.
pub(crate) fn aws_openings(resource: &Resource, direction: Direction) -> (Vec<Opening<'_>>, usize) {
    let mut found = Vec::new();
    let mut unknown = 0;
    let block = match direction {
        Direction::In => "ingress",
        Direction::Out => "egress",
    };
    match &*resource.kind {
        "aws_security_group" | "aws_default_security_group" => {
            for lookup in lookups(resource, &format!("{block}[*]")) {
                match lookup {
                    Lookup::Present(rule) => match &rule.value.kind {
                        Kind::Map(map) => {
                            let limits = ["protocol", "from_port", "to_port"].map(|name| map.get(name));
                            // The provider asks for them; what names none limits nothing.
                            let ports = match limits {
                                [None, None, None] if !map.open => Ports::All,
                                [protocol, from, to] => Ports::of_aws(protocol, from, to),
                            };
                            for ranges in ["cidr_blocks[*]", "ipv6_cidr_blocks[*]"] {
                                add(&mut found, &mut unknown, lookups_in(&rule, ranges), ports);
                            }
                        }
                        _ => unknown += 1,
                    },
                    Lookup::Absent(_) => {}
                    Lookup::Unknown(_) => unknown += 1,
                }
            }
        }
        "aws_security_group_rule" => {
            let Some(own) = resource.body.get("type").and_then(Value::as_str) else { return (found, 1) };
            if own == block {
                let body = &resource.body;
                let ports = Ports::of_aws(body.get("protocol"), body.get("from_port"), body.get("to_port"));
                for ranges in ["cidr_blocks[*]", "ipv6_cidr_blocks[*]"] {
                    add(&mut found, &mut unknown, lookups(resource, ranges), ports);
                }
            }
        }
        "aws_vpc_security_group_ingress_rule" | "aws_vpc_security_group_egress_rule" => {
            let is_in = &*resource.kind == "aws_vpc_security_group_ingress_rule";
            if is_in == (direction == Direction::In) {
                let body = &resource.body;
                let ports = Ports::of_aws(body.get("ip_protocol"), body.get("from_port"), body.get("to_port"));
                for range in ["cidr_ipv4", "cidr_ipv6"] {
                    add(&mut found, &mut unknown, lookups(resource, range), ports);
                }
            }
        }
        _ => {}
    }
    (found, unknown)
}

/// What a firewall of Google lets through to or from everyone, or nothing.
#[derive(Debug)]
pub(crate) struct GoogleFirewall<'c> {
    /// The ranges without bounds; none where the firewall names no range at all, which is every address.
    pub(crate) ranges: Vec<Found<'c>>,
    /// What may pass.
    pub(crate) ports: Vec<Ports>,
}

/// What a `google_compute_firewall` lets through to or from everyone; the error is how much of it is not known.
///
/// A firewall without ranges is open to all, unless tags or accounts say whom it is for; one that is disabled is nothing.
pub(crate) fn google_openings(resource: &Resource, direction: Direction) -> Result<Option<GoogleFirewall<'_>>, usize> {
    let body = &resource.body;
    let (own, ranges, others): (_, _, &[&str]) = match direction {
        Direction::In => ("INGRESS", "source_ranges[*]", &["source_tags", "source_service_accounts"]),
        Direction::Out => ("EGRESS", "destination_ranges[*]", &[]),
    };
    let is_own = match body.get("direction").filter(|value| !value.is_null()) {
        None if body.open => return Err(1),
        None => own == "INGRESS",
        Some(value) => value.as_str().ok_or(1_usize)?.eq_ignore_ascii_case(own),
    };
    let is_disabled = match body.get("disabled").filter(|value| !value.is_null()) {
        None => false,
        Some(value) => value.as_bool().ok_or(1_usize)?,
    };
    if !is_own || is_disabled {
        return Ok(None);
    }
    let ports = google_ports(resource);
    let mut unknown = 0;
    let mut everyone = Vec::new();
    let mut bounded = others.iter().any(|name| body.get(name).is_some_and(|value| !value.is_null()));
    for lookup in lookups(resource, ranges) {
        match lookup {
            Lookup::Present(range) => match range.value.as_str() {
                Some(text) if is_everyone(text) => everyone.push(range),
                Some(_) => bounded = true,
                None => unknown += 1,
            },
            Lookup::Absent(_) => {}
            Lookup::Unknown(_) => unknown += 1,
        }
    }
    if ports.is_empty() || (everyone.is_empty() && bounded && unknown == 0) {
        Ok(None)
    } else if everyone.is_empty() && (bounded || unknown > 0) {
        Err(unknown.max(1))
    } else {
        Ok(Some(GoogleFirewall { ranges: everyone, ports }))
    }
}

/// The ports of all `allow` blocks.
fn google_ports(resource: &Resource) -> Vec<Ports> {
    let mut found = Vec::new();
    for allow in lookups(resource, "allow[*]") {
        let allow = match allow {
            Lookup::Present(allow) => allow,
            Lookup::Absent(_) => continue,
            Lookup::Unknown(_) => {
                found.push(Ports::Unknown);
                continue;
            }
        };
        let protocol = allow.value.as_map().and_then(|map| map.get("protocol")).and_then(Value::to_text);
        let protocol = match protocol.as_deref().map(str::to_ascii_lowercase).as_deref() {
            None => {
                found.push(Ports::Unknown);
                continue;
            }
            Some("all") => {
                found.push(Ports::All);
                continue;
            }
            Some("tcp" | "6") => Protocol::Tcp,
            Some("udp" | "17") => Protocol::Udp,
            Some(_) => {
                found.push(Ports::None);
                continue;
            }
        };
        for ports in lookups_in(&allow, "ports[*]") {
            found.push(match ports {
                Lookup::Present(ports) => Ports::of_text(protocol, ports.value),
                Lookup::Absent(_) => Ports::Range(protocol, 0, LAST),
                Lookup::Unknown(_) => Ports::Unknown,
            });
        }
    }
    found
}

fn add<'c>(found: &mut Vec<Opening<'c>>, unknown: &mut usize, ranges: Vec<Lookup<'c>>, ports: Ports) {
    for lookup in ranges {
        match lookup {
            Lookup::Present(range) => match range.value.as_str() {
                Some(text) if is_everyone(text) => found.push(Opening { range, ports }),
                Some(_) => {}
                None => *unknown += 1,
            },
            Lookup::Absent(_) => {}
            Lookup::Unknown(_) => *unknown += 1,
        }
    }
}

/// An address range without bounds in an Azure rule that lets traffic through, and what rules that come before it keep out.
#[derive(Debug)]
pub(crate) struct AzureOpening<'c> {
    /// The range: where a finding points.
    pub(crate) range: Found<'c>,
    ports: Vec<Ports>,
    denied: Vec<Ports>,
}

impl AzureOpening<'_> {
    /// Whether a port of TCP is open.
    pub(crate) fn has_tcp(&self, port: i64) -> Option<bool> {
        self.opens(|ports| match ports.has_tcp(port) {
            Some(true) => Ports::Range(Protocol::Tcp, port, port),
            Some(false) => Ports::None,
            None => Ports::Unknown,
        })
    }

    /// Whether any part that `of` takes of what may pass is left by the rules that come before.
    pub(crate) fn opens(&self, of: impl Fn(Ports) -> Ports) -> Option<bool> {
        let mut known = Some(false);
        for &ports in &self.ports {
            match of(ports) {
                Ports::None => {}
                Ports::Unknown => known = None,
                part if self.denied.iter().any(|denied| denied.covers(part)) => {}
                _ if self.denied.contains(&Ports::Unknown) => known = None,
                _ => return Some(true),
            }
        }
        known
    }

    /// Whether every port is open.
    pub(crate) fn is_every(&self) -> bool {
        self.denied.is_empty() && self.ports.iter().any(|ports| ports.is_every() == Some(true))
    }
}

impl Ports {
    /// The ports of an Azure rule: `*`, `22`, `20-25`. The provider asks for all of them; what is missing limits nothing.
    fn of_azure(protocol: Option<&Value>, range: Option<&Value>) -> Self {
        let Some(protocol) = protocol.map_or_else(|| Some("*".into()), Value::to_text) else { return Self::Unknown };
        let protocol = match protocol.to_ascii_lowercase().as_str() {
            "*" => Protocol::Both,
            "tcp" => Protocol::Tcp,
            "udp" => Protocol::Udp,
            _ => return Self::None,
        };
        let Some(text) = range.map_or_else(|| Some("*".into()), Value::to_text) else { return Self::Unknown };
        if &*text == "*" {
            return if protocol == Protocol::Both { Self::All } else { Self::Range(protocol, 0, LAST) };
        }
        let (from, to) = text.split_once('-').unwrap_or((&text, &text));
        match (from.trim().parse(), to.trim().parse()) {
            (Ok(from), Ok(to)) => Self::Range(protocol, from, to),
            _ => Self::Unknown,
        }
    }

    /// Whether all of `other` is in it.
    fn covers(self, other: Self) -> bool {
        match (self, other) {
            (Self::All, _) => true,
            (Self::Range(Protocol::Both, from, to), Self::All) => from <= 1 && to >= LAST,
            (Self::Range(protocol, from, to), Self::Range(other, first, last)) => {
                (protocol == Protocol::Both || protocol == other) && from <= first && last <= to
            }
            _ => false,
        }
    }
}

/// What a network security group of Azure, or a rule of one, lets through to or from everyone. The second answer is how many
/// rules and ranges are not known.
///
/// A rule with a lower number comes first: what one denies to everyone is not open. Inline rules and rules of their own do
/// not go together in one group, so each kind is compared with its like.
pub(crate) fn azure_openings<'c>(
    resource: &'c Resource,
    direction: Direction,
    configuration: &'c Configuration,
) -> (Vec<AzureOpening<'c>>, usize) {
    let mut found = Vec::new();
    let mut unknown = 0;
    if &*resource.kind == "azurerm_network_security_group" {
        let lookups = lookups(resource, "security_rule[*]");
        let inline = |lookup: &Lookup<'c>| match lookup {
            Lookup::Present(rule) => match &rule.value.kind {
                Kind::Map(map) => Some(&**map),
                _ => None,
            },
            _ => None,
        };
        for lookup in &lookups {
            let (Lookup::Present(rule), Some(map)) = (lookup, inline(lookup)) else {
                unknown += usize::from(!matches!(lookup, Lookup::Absent(_)));
                continue;
            };
            let others = || lookups.iter().filter_map(inline).collect();
            azure_rule(map, direction, |path| lookups_in(rule, path), others, &mut found, &mut unknown);
        }
    } else {
        let group = resource.body.get("network_security_group_name");
        let others = || {
            let rules = configuration.of_kind("azurerm_network_security_rule");
            let same = rules.filter(|other| is_same(group, other.body.get("network_security_group_name")));
            same.map(|other| &*other.body).collect()
        };
        azure_rule(&resource.body, direction, |path| lookups(resource, path), others, &mut found, &mut unknown);
    }
    (found, unknown)
}

/// Whether two rules name the same group, as far as is known.
fn is_same(group: Option<&Value>, other: Option<&Value>) -> bool {
    let (Some(group), Some(other)) = (group, other) else { return false };
    group.equals(other) == Some(true) || group.references().iter().any(|it| other.references().contains(it))
}

/// Looks at one rule of a group; `others` are the rules of the group.
fn azure_rule<'c>(
    rule: &'c Map,
    direction: Direction,
    read: impl Fn(&str) -> Vec<Lookup<'c>>,
    others: impl Fn() -> Vec<&'c Map>,
    found: &mut Vec<AzureOpening<'c>>,
    unknown: &mut usize,
) {
    match (says(rule, "access", "Allow"), says(rule, "direction", direction.of_azure())) {
        (Some(false), _) | (_, Some(false)) => return,
        (Some(true), Some(true)) => {}
        _ => {
            *unknown += 1;
            return;
        }
    }
    let far = direction.far();
    for path in [far, &format!("{far}es[*]")] {
        for lookup in read(path) {
            match lookup {
                Lookup::Present(range) => match range.value.as_str() {
                    Some(text) if is_everyone(text) => {
                        let ports = azure_ports(rule);
                        let mut denied = Vec::new();
                        for other in others() {
                            deny(other, rule, direction, &mut denied);
                        }
                        found.push(AzureOpening { range, ports, denied });
                    }
                    Some(_) => {}
                    None => *unknown += 1,
                },
                Lookup::Absent(_) => {}
                Lookup::Unknown(_) => *unknown += 1,
            }
        }
    }
}

impl Direction {
    fn of_azure(self) -> &'static str {
        match self {
            Self::In => "Inbound",
            Self::Out => "Outbound",
        }
    }

    /// The attribute that has the other side of the traffic.
    fn far(self) -> &'static str {
        match self {
            Self::In => "source_address_prefix",
            Self::Out => "destination_address_prefix",
        }
    }

    fn near(self) -> &'static str {
        match self {
            Self::In => "destination_address_prefix",
            Self::Out => "source_address_prefix",
        }
    }
}

/// The ports that a rule is about.
fn azure_ports(rule: &Map) -> Vec<Ports> {
    let protocol = rule.get("protocol");
    let mut all = Vec::new();
    let single = rule.get("destination_port_range");
    if let Some(range) = single.filter(|range| !range.is_null() && range.as_str() != Some("")) {
        all.push(Ports::of_azure(protocol, Some(range)));
    }
    match rule.get("destination_port_ranges").filter(|ranges| !ranges.is_null()) {
        None => {}
        Some(ranges) => match ranges.as_list() {
            Some(list) => {
                all.extend(list.items.iter().map(|range| Ports::of_azure(protocol, Some(range))));
                all.extend(list.open.then_some(Ports::Unknown));
            }
            None => all.push(Ports::Unknown),
        },
    }
    if all.is_empty() {
        all.push(if rule.open { Ports::Unknown } else { Ports::of_azure(protocol, None) });
    }
    all
}

/// Adds what `other` denies to everyone before `rule` is asked.
fn deny(other: &Map, rule: &Map, direction: Direction, denied: &mut Vec<Ports>) {
    let before = match (other.get("priority").and_then(Value::as_i64), rule.get("priority").and_then(Value::as_i64)) {
        (Some(other), Some(own)) => Some(other < own),
        _ => None,
    };
    let is_deny = says(other, "access", "Deny");
    let is_own = says(other, "direction", direction.of_azure());
    let is_wide = |name: &str, wide: &dyn Fn(&str) -> bool| {
        let single = other.get(name).filter(|value| !value.is_null());
        match single.map(Value::as_str) {
            Some(Some(text)) => Some(wide(text)),
            _ => None,
        }
    };
    let far = is_wide(direction.far(), &is_everyone);
    let near = is_wide(direction.near(), &|text| is_everyone(text) || text.eq_ignore_ascii_case("VirtualNetwork"));
    let answers = [before, is_deny, is_own, far];
    if answers.contains(&Some(false)) {
        return;
    }
    if answers.contains(&None) || near != Some(true) {
        denied.push(Ports::Unknown);
    } else {
        denied.extend(azure_ports(other));
    }
}

/// Whether a rule has this word there; the case does not count.
fn says(rule: &Map, name: &str, word: &str) -> Option<bool> {
    match rule.get(name).filter(|value| !value.is_null()) {
        Some(value) => value.as_str().map(|text| text.eq_ignore_ascii_case(word)),
        None => (!rule.open).then_some(false),
    }
}
