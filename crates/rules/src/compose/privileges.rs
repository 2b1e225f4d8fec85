//! What the kernel lets a service do: everything, capabilities, devices.
//!
//! Decided by what is written. Capabilities that the daemon's own configuration adds cannot be known.

use portcullis_model::compose::{Project, Service, is_flag};

use crate::kubernetes::capabilities::{BASELINE, plain_name};

use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&PRIVILEGED, &DANGEROUS_CAPABILITY, &CAP_DROP_MISSING, &HOST_DEVICE];

rule! {
    /// Service runs privileged
    ///
    /// A privileged container holds every capability and every device of the host: one bug that runs code in it is root
    /// on the host. Silent where a variable without a default decides.
    ///
    /// ```compose bad:4
    /// services:
    ///   web:
    ///     image: web:1
    ///     privileged: true
    /// ```
    /// ```compose bad:4
    /// services:
    ///   web:
    ///     image: web:1
    ///     privileged: ${PRIVILEGED:-true}
    /// ```
    /// ```compose good
    /// services:
    ///   web: { image: web:1, privileged: false }
    ///   any: { image: web:1, privileged: "${PRIVILEGED}" }
    /// ```
    PRIVILEGED = "compose-privileged" {
        check: Check::ComposeService(privileged),
        severity: Severity::Critical,
        tags: &["cwe-250"],
        peers: &["kics:ae5b6871"],
    }
}

rule! {
    /// Service adds a capability that is nearly root
    ///
    /// `SYS_ADMIN` mounts file systems, `SYS_MODULE` loads kernel code, `NET_ADMIN` rewrites the network, and each has
    /// led out of containers. Capabilities that the Pod Security Standards allow at the baseline level, most of which
    /// Docker gives anyway, give no finding.
    ///
    /// ```compose bad:4
    /// services:
    ///   web:
    ///     image: web:1
    ///     cap_add: [CHOWN, SYS_ADMIN]
    /// ```
    /// ```compose bad:5
    /// services:
    ///   web:
    ///     image: web:1
    ///     cap_add:
    ///       - CAP_SYS_PTRACE
    /// ```
    /// ```compose good
    /// services:
    ///   web:
    ///     image: web:1
    ///     cap_drop: [ALL]
    ///     cap_add: [NET_BIND_SERVICE, cap_chown, "${CAPABILITY}"]
    /// ```
    DANGEROUS_CAPABILITY = "compose-dangerous-capability" {
        check: Check::ComposeService(dangerous_capability),
        severity: Severity::High,
        tags: &["cwe-250"],
        peers: &["kics:ce76b7d0"],
    }
}

rule! {
    /// Service keeps capabilities that it may not need
    ///
    /// Docker gives every container fourteen capabilities. A program that serves HTTP on a high port needs none of them.
    /// Silent for privileged services, where it would change nothing.
    ///
    /// ```compose bad:2
    /// services:
    ///   web:
    ///     image: web:1
    ///     cap_drop: [NET_RAW]
    /// ```
    /// ```compose good
    /// services:
    ///   web: { image: web:1, cap_drop: [all] }
    ///   any: { image: web:1, cap_drop: ["${DROP}"] }
    /// ```
    CAP_DROP_MISSING = "compose-cap-drop-missing" {
        check: Check::ComposeService(cap_drop_missing),
        severity: Severity::Low,
        profile: Profile::All,
        peers: &["kics:ce76b7d0"],
    }
}

rule! {
    /// Service gets a device that is the host
    ///
    /// Memory (`/dev/mem`, `/dev/kmem`, `/dev/port`) and disks (`/dev/sda`, `/dev/nvme0n1`) of the host are the host:
    /// whoever reads and writes them needs no other way in. `/dev/kvm` and all of `/dev` are nearly as much. Devices for
    /// one purpose (`/dev/net/tun`, `/dev/snd`, `/dev/ttyUSB0`) give no finding.
    ///
    /// ```compose bad:4
    /// services:
    ///   disks:
    ///     image: smart:1
    ///     devices: ["/dev/sda:/dev/sda:r"]
    /// ```
    /// ```compose bad:5
    /// services:
    ///   vm:
    ///     image: vm:1
    ///     devices:
    ///       - source: /dev/kvm
    ///         target: /dev/kvm
    /// ```
    /// ```compose good
    /// services:
    ///   vpn: { image: vpn:1, devices: [/dev/net/tun, "/dev/ttyUSB0:/dev/ttyUSB0", "${DEVICE}"] }
    /// ```
    HOST_DEVICE = "compose-host-device" {
        check: Check::ComposeService(host_device),
        severity: Severity::Medium,
    }
}

fn privileged(service: &Service<'_>, _: &Project<'_>, report: &mut Report<'_>) {
    let Lookup::Present(flag) = service.get("privileged") else { return };
    if is_flag(Lookup::Present(flag), true) {
        report
            .at(flag, format!("{} runs privileged", service.title()))
            .help("remove it; add only the capabilities and devices that the program needs");
    }
}

fn dangerous_capability(service: &Service<'_>, _: &Project<'_>, report: &mut Report<'_>) {
    for capability in service.list("cap_add") {
        let Some(text) = capability.as_str() else { continue };
        if !BASELINE.contains(&plain_name(text).as_str()) {
            report
                .at(capability, format!("{} adds capability {text}", service.title()))
                .help("drop it, or suppress this with the reason why the program needs it");
        }
    }
}

fn cap_drop_missing(service: &Service<'_>, _: &Project<'_>, report: &mut Report<'_>) {
    if !service.is_complete() || service.may_have_more("cap_drop") || is_flag(service.get("privileged"), true) {
        return;
    }
    let is_all = |node: Node<'_>| node.as_str().is_some_and(|name| plain_name(name) == "ALL");
    if !service.list("cap_drop").any(is_all) {
        report
            .at(service.anchor(), format!("{} does not drop all capabilities", service.title()))
            .help("add `cap_drop: [ALL]`, and `cap_add` for those that are needed");
    }
}

fn host_device(service: &Service<'_>, _: &Project<'_>, report: &mut Report<'_>) {
    for device in service.list("devices") {
        let source = if device.is_map() { device.field("source") } else { Some(device) };
        let Some((source, text)) = source.and_then(|node| Some((node, node.as_str()?))) else { continue };
        let path = text.split(':').next().unwrap_or_default().trim_end_matches('/');
        if is_host(path) {
            report
                .at(source, format!("{} gets `{path}` of the host", service.title()))
                .help("give it the one device or file that it needs");
        }
    }
}

fn is_host(path: &str) -> bool {
    let Some(name) = path.strip_prefix("/dev") else { return false };
    let is_disk = ["/sd", "/hd", "/vd", "/xvd", "/nvme", "/mmcblk", "/dm-", "/mapper", "/disk"];
    matches!(name, "" | "/mem" | "/kmem" | "/port" | "/kvm")
        || is_disk.iter().any(|disk| name.strip_prefix(disk).is_some_and(|rest| !rest.starts_with("shm")))
}
