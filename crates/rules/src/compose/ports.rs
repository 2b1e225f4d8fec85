//! What of a service is reachable from outside the host.
//!
//! Decided by `ports` in both forms. A firewall before the host, and ports that Docker chooses, cannot be known.

use std::collections::HashMap;

use portcullis_model::compose::{Bound, Part, Port, Profiles, Project, Service};

use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] =
    &[&PORT_BOUND_ALL_INTERFACES, &SENSITIVE_PORT_PUBLISHED, &PRIVILEGED_PORT, &DUPLICATE_PUBLISHED_PORT];

rule! {
    /// Port is published on every interface of the host
    ///
    /// Docker writes its rules before those of the host's firewall, so that a published port is open to every network
    /// that the host is in. Silent for an address that is not `0.0.0.0` or `::`, where a variable decides, and on the
    /// host's own network, which publishes nothing.
    ///
    /// ```compose bad:4
    /// services:
    ///   web:
    ///     image: web:1
    ///     ports: ["8080:80"]
    /// ```
    /// ```compose bad:6
    /// services:
    ///   web:
    ///     image: web:1
    ///     ports:
    ///       - "127.0.0.1:9090:9090"
    ///       - target: 80
    ///         published: 8080
    /// ```
    /// ```compose good
    /// services:
    ///   web:
    ///     image: web:1
    ///     ports: ["127.0.0.1:8080:80", "[::1]:8080:80", "${ADDRESS}:8080:80", { target: 80, host_ip: 127.0.0.1 }]
    ///   any: { image: any:1, network_mode: host, ports: ["8080:80"] }
    /// ```
    PORT_BOUND_ALL_INTERFACES = "compose-port-bound-all-interfaces" {
        check: Check::ComposeService(port_bound_all_interfaces),
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &["kics:451d79dc", "dclint:no-unbound-port-interfaces"],
        yields_to: &["compose-sensitive-port-published"],
    }
}

rule! {
    /// Port of a database or an administrator is published
    ///
    /// Databases, caches, SSH and Docker's own interface are for the project's services, not for every network that the
    /// host is in; many of them ask for no password, and scanners find them within minutes. Other services of the project
    /// reach them without a published port. Decided by the port of the container. Silent for ports that are bound to one
    /// address, and for SSH of programs that are there for it (Git servers, SFTP).
    ///
    /// ```compose bad:4
    /// services:
    ///   db:
    ///     image: postgres:17
    ///     ports: ["15432:5432"]
    /// ```
    /// ```compose bad:5
    /// services:
    ///   cache:
    ///     image: valkey/valkey:8
    ///     ports:
    ///       - target: 6379
    ///         published: "6379"
    ///         host_ip: 0.0.0.0
    /// ```
    /// ```compose good
    /// services:
    ///   db: { image: postgres:17, ports: ["127.0.0.1:5432:5432"], expose: ["5432"] }
    ///   git: { image: gitea/gitea:1.24, ports: ["2222:22"] }
    ///   web: { image: web:1, ports: ["5432:8080", "53:53/udp"] }
    /// ```
    SENSITIVE_PORT_PUBLISHED = "compose-sensitive-port-published" {
        check: Check::ComposeService(sensitive_port_published),
        severity: Severity::High,
    }
}

rule! {
    /// Port of the host below 1024 is published
    ///
    /// Such ports are reserved for services of the system, and a rootless daemon cannot bind them. Silent for 80 and 443,
    /// which are what web servers are asked for at.
    ///
    /// ```compose bad:4
    /// services:
    ///   mail:
    ///     image: mail:1
    ///     ports: ["127.0.0.1:25:2525"]
    /// ```
    /// ```compose good
    /// services:
    ///   web: { image: web:1, ports: ["80:8080", "443:8443", "8022:22", "25"] }
    /// ```
    PRIVILEGED_PORT = "compose-privileged-port" {
        check: Check::ComposeService(privileged_port),
        severity: Severity::Low,
        profile: Profile::All,
        peers: &["kics:bc2908f3"],
    }
}

rule! {
    /// Two services publish the same port of the host
    ///
    /// The second of them does not start. Decided by port, protocol and address; all addresses meet with each one. Silent
    /// where profiles keep the services apart, and where a variable decides. Reported at the later service.
    ///
    /// ```compose bad:3
    /// services:
    ///   web: { image: web:1, ports: ["8080:80"] }
    ///   api: { image: api:1, ports: ["127.0.0.1:8080:3000"] }
    /// ```
    /// ```compose bad:5
    /// services:
    ///   web: { image: web:1, ports: ["8000-8010:8000-8010"] }
    ///   api:
    ///     image: api:1
    ///     ports: [{ target: 80, published: 8005 }]
    /// ```
    /// ```compose good
    /// services:
    ///   web: { image: web:1, ports: ["8080:80", "9000"] }
    ///   dns: { image: dns:1, ports: ["8080:53/udp", "9000"] }
    ///   one: { image: one:1, profiles: [a], ports: ["9090:80"] }
    ///   two: { image: two:1, profiles: [b], ports: ["9090:80"] }
    ///   lo4: { image: web:1, ports: ["127.0.0.1:9999:80"] }
    ///   lo6: { image: web:1, ports: ["10.0.0.1:9999:80", "${PORT}:80"] }
    /// ```
    DUPLICATE_PUBLISHED_PORT = "compose-duplicate-published-port" {
        check: Check::Compose(duplicate_published_port),
        severity: Severity::Medium,
        peers: &["dclint:no-duplicate-exported-ports"],
    }
}

/// Ports of containers, and what listens there.
const SENSITIVE: &[(u16, &str)] = &[
    (22, "SSH"),
    (1433, "SQL Server"),
    (2375, "the Docker API"),
    (2376, "the Docker API"),
    (2379, "etcd"),
    (3306, "MySQL"),
    (5432, "PostgreSQL"),
    (6379, "Redis"),
    (9042, "Cassandra"),
    (9200, "Elasticsearch"),
    (11211, "Memcached"),
    (27017, "MongoDB"),
];

/// Parts of the names of images that are there to be reached over SSH.
const SSH_SERVERS: &[&str] = &["git", "gogs", "ssh", "sftp", "forgejo", "soft-serve", "rsync", "borg"];

fn port_bound_all_interfaces(service: &Service<'_>, _: &Project<'_>, report: &mut Report<'_>) {
    for port in service.ports().filter(|port| port.bound() == Bound::Everywhere) {
        report
            .at(port.node, format!("{} publishes {} on every interface", service.title(), describe(&port)))
            .help("bind it to an address: `127.0.0.1:8080:80`; or use `expose`, where only other services call it");
    }
}

fn sensitive_port_published(service: &Service<'_>, _: &Project<'_>, report: &mut Report<'_>) {
    for port in service.ports().filter(|port| port.bound() == Bound::Everywhere && port.protocol == Part::Known("tcp"))
    {
        let Some(range) = port.target.known().or(port.published.known()) else { continue };
        let Some((number, what)) = SENSITIVE.iter().find(|(number, _)| range.contains(*number)) else { continue };
        if *number == 22 && is_for_ssh(service) {
            continue;
        }
        report
            .at(port.node, format!("{} publishes {what} (port {number}) on every interface", service.title()))
            .help("remove it, since other services need no published port; or bind it to 127.0.0.1");
    }
}

fn is_for_ssh(service: &Service<'_>) -> bool {
    let image = service.get("image").present().map(Node::text).unwrap_or_default().to_ascii_lowercase();
    let has = |text: &str| SSH_SERVERS.iter().any(|word| text.contains(word));
    has(&image) || has(&service.name.to_ascii_lowercase())
}

fn privileged_port(service: &Service<'_>, _: &Project<'_>, report: &mut Report<'_>) {
    for port in service.ports() {
        let Part::Known(range) = port.published else { continue };
        if range.first > 0 && range.first < 1024 && !matches!(range.first, 80 | 443) {
            report
                .at(port.node, format!("{} publishes port {range} of the host, which is below 1024", service.title()))
                .help("publish a port from 1024 up");
        }
    }
}

/// Ports before one, in order of number, that it is compared with; more are not written by hand.
const NEIGHBOURS: usize = 64;

fn duplicate_published_port(project: &Project<'_>, report: &mut Report<'_>) {
    let mut all: Vec<(usize, &Service<'_>, Port<'_>)> = Vec::new();
    let mut profiles: HashMap<&str, Profiles<'_>> = HashMap::new();
    for service in &project.services {
        let published = service.ports().filter(|port| matches!(port.published, Part::Known(range) if range.first > 0));
        let first = all.len();
        all.extend(published.enumerate().map(|(at, port)| (first + at, service, port)));
        if all.len() > first {
            profiles.insert(service.name, project.profiles(service));
        }
    }
    let may_meet = |a: &Service<'_>, b: &Service<'_>| match (profiles.get(a.name), profiles.get(b.name)) {
        (Some(a), Some(b)) => a.meets(b),
        _ => true,
    };
    all.sort_by_key(|(at, _, port)| (port.published.known().map(|range| range.first), *at));
    let mut reported: Vec<(usize, Port<'_>, String)> = Vec::new();
    for (position, (at, service, port)) in all.iter().enumerate() {
        let before = all.get(position.saturating_sub(NEIGHBOURS)..position).unwrap_or_default();
        for (other_at, other, other_port) in before {
            if other.name == service.name || !meet(port, other_port) || !may_meet(service, other) {
                continue;
            }
            let (later, first, place) =
                if at > other_at { (service, other, (*at, *port)) } else { (other, service, (*other_at, *other_port)) };
            let message =
                format!("{} publishes {}, as service `{}` does", later.title(), describe(&place.1), first.name);
            reported.push((place.0, place.1, message));
            break;
        }
    }
    reported.sort_by_key(|(at, ..)| *at);
    reported.dedup_by_key(|(at, ..)| *at);
    for (_, port, message) in reported {
        report.at(port.node, message).help("choose another port of the host for one of them");
    }
}

/// Whether two published ports take the same place on the host.
fn meet(a: &Port<'_>, b: &Port<'_>) -> bool {
    let (Part::Known(ports), Part::Known(others)) = (a.published, b.published) else { return false };
    let (Part::Known(protocol), Part::Known(other)) = (a.protocol, b.protocol) else { return false };
    let same_address = match (a.bound(), b.bound()) {
        (Bound::Unknown, _) | (_, Bound::Unknown) => false,
        (Bound::Everywhere, _) | (_, Bound::Everywhere) => true,
        (Bound::Somewhere, Bound::Somewhere) => a.host_ip == b.host_ip,
    };
    ports.overlaps(others) && protocol == other && same_address
}

fn describe(port: &Port<'_>) -> String {
    match (port.published, port.target) {
        (Part::Known(range), _) => format!("port {range}"),
        (Part::Absent, Part::Known(range)) => format!("its port {range}"),
        _ => "a port".to_owned(),
    }
}
