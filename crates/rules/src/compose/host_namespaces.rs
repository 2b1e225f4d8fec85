//! Services that share a namespace of the host.
//!
//! Decided by the field alone. What the host runs, and so what can be seen there, cannot be known.

use portcullis_model::compose::{Project, Service};

use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&HOST_NETWORK, &HOST_PID, &HOST_IPC, &HOST_USERNS, &HOST_UTS, &HOST_CGROUP];

rule! {
    /// Service shares the host's network
    ///
    /// The container sees the host's interfaces, reaches services that listen on the loopback address, and binds any
    /// port without its being published. Silent for `network_mode: service:…` and where a variable decides.
    ///
    /// ```compose bad:4
    /// services:
    ///   web:
    ///     image: web:1
    ///     network_mode: host
    /// ```
    /// ```compose good
    /// services:
    ///   web: { image: web:1, network_mode: bridge }
    ///   job: { image: job:1, network_mode: "service:web" }
    ///   any: { image: any:1, network_mode: "${MODE}" }
    /// ```
    HOST_NETWORK = "compose-host-network" {
        check: Check::ComposeService(host_network),
        severity: Severity::High,
        peers: &["kics:071a71ff"],
    }
}

rule! {
    /// Service shares the host's processes
    ///
    /// The container sees every process of the host with its arguments and environment, and with a capability more it
    /// can send signals to them or read their memory.
    ///
    /// ```compose bad:4
    /// services:
    ///   agent:
    ///     image: agent:1
    ///     pid: host
    /// ```
    /// ```compose good
    /// services:
    ///   web: { image: web:1 }
    ///   debug: { image: debug:1, pid: "service:web" }
    /// ```
    HOST_PID = "compose-host-pid" {
        check: Check::ComposeService(host_pid),
        severity: Severity::High,
        peers: &["kics:4f31dd9f"],
    }
}

rule! {
    /// Service shares the host's shared memory
    ///
    /// The container reads and writes the shared memory, semaphores and queues of programs on the host.
    ///
    /// ```compose bad:4
    /// services:
    ///   web:
    ///     image: web:1
    ///     ipc: host
    /// ```
    /// ```compose good
    /// services:
    ///   web: { image: web:1, ipc: shareable }
    ///   job: { image: job:1, ipc: "service:web" }
    /// ```
    HOST_IPC = "compose-host-ipc" {
        check: Check::ComposeService(host_ipc),
        severity: Severity::High,
        peers: &["kics:baa3890f"],
    }
}

rule! {
    /// Service is left out of the remapping of users
    ///
    /// Where the daemon maps container users to harmless ones of the host, `userns_mode: host` undoes it for this
    /// service: root in the container is root on the host.
    ///
    /// ```compose bad:4
    /// services:
    ///   web:
    ///     image: web:1
    ///     userns_mode: "host"
    /// ```
    /// ```compose good
    /// services:
    ///   web: { image: web:1, userns_mode: "" }
    /// ```
    HOST_USERNS = "compose-host-userns" {
        check: Check::ComposeService(host_userns),
        severity: Severity::High,
        peers: &["kics:8af7162d"],
    }
}

rule! {
    /// Service shares the host's name
    ///
    /// A container that may change its host name then changes that of the host, by which certificates, clusters and logs
    /// know the machine.
    ///
    /// ```compose bad:4
    /// services:
    ///   web:
    ///     image: web:1
    ///     uts: host
    /// ```
    /// ```compose good
    /// services:
    ///   web: { image: web:1, hostname: web }
    /// ```
    HOST_UTS = "compose-host-uts" {
        check: Check::ComposeService(host_uts),
        severity: Severity::Medium,
    }
}

rule! {
    /// Service shares the host's control groups
    ///
    /// The container sees the limits and the structure of everything on the host, and with write access changes them.
    /// A `cgroup_parent` alone only places the container, and gives no finding.
    ///
    /// ```compose bad:4
    /// services:
    ///   web:
    ///     image: web:1
    ///     cgroup: host
    /// ```
    /// ```compose good
    /// services:
    ///   web: { image: web:1, cgroup: private, cgroup_parent: limits }
    /// ```
    HOST_CGROUP = "compose-host-cgroup" {
        check: Check::ComposeService(host_cgroup),
        severity: Severity::Medium,
        peers: &["kics:4d9f44c6"],
    }
}

fn host_network(service: &Service<'_>, _: &Project<'_>, report: &mut Report<'_>) {
    shared(service, "network_mode", "network", "publish the ports that are needed", report);
}

fn host_pid(service: &Service<'_>, _: &Project<'_>, report: &mut Report<'_>) {
    shared(service, "pid", "processes", "remove it, or share the processes of one service: `service:NAME`", report);
}

fn host_ipc(service: &Service<'_>, _: &Project<'_>, report: &mut Report<'_>) {
    shared(service, "ipc", "shared memory", "remove it, or set `shm_size` where more memory is needed", report);
}

fn host_userns(service: &Service<'_>, _: &Project<'_>, report: &mut Report<'_>) {
    shared(service, "userns_mode", "users", "remove it, and give the service's files to the mapped user", report);
}

fn host_uts(service: &Service<'_>, _: &Project<'_>, report: &mut Report<'_>) {
    shared(service, "uts", "host name", "set `hostname` instead", report);
}

fn host_cgroup(service: &Service<'_>, _: &Project<'_>, report: &mut Report<'_>) {
    shared(service, "cgroup", "control groups", "remove it", report);
}

fn shared(service: &Service<'_>, field: &str, what: &str, help: &'static str, report: &mut Report<'_>) {
    let Lookup::Present(value) = service.get(field) else { return };
    if value.as_str() == Some("host") {
        report.at(value, format!("{} shares the {what} of the host", service.title())).help(help);
    }
}
