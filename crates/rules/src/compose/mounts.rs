//! What of the host a service mounts.
//!
//! Decided by the path that is written. What lies behind a link of the host, or in a directory that is not in the tables,
//! cannot be known; relative paths are the project's own.

use std::collections::HashMap;

use portcullis_model::compose::{Mount, MountKind, Part, Project, Service, is_flag};

use crate::kubernetes::host_path;
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] =
    &[&DOCKER_SOCKET_MOUNT, &SENSITIVE_HOST_MOUNT, &HOST_MOUNT_READ_ONLY, &MOUNT_PROPAGATION_SHARED, &SHARED_VOLUME];

rule! {
    /// Service controls the container runtime
    ///
    /// Whoever reaches the socket of Docker, containerd, CRI-O or Podman starts a privileged container and is root on
    /// the host; mounting it read-only changes nothing, because a socket is not written to as a file. Looks at
    /// `volumes` in both forms and at `use_api_socket`. Silent for sockets of other programs, and for a proxy that is
    /// reached over the network.
    ///
    /// ```compose bad:5
    /// services:
    ///   ci:
    ///     image: ci:1
    ///     volumes:
    ///       - /var/run/docker.sock:/var/run/docker.sock:ro
    /// ```
    /// ```compose bad:6
    /// services:
    ///   ci:
    ///     image: ci:1
    ///     volumes:
    ///       - type: bind
    ///         source: /run/containerd/containerd.sock
    ///         target: /run/containerd/containerd.sock
    /// ```
    /// ```compose bad:4
    /// services:
    ///   ci:
    ///     image: ci:1
    ///     use_api_socket: true
    /// ```
    /// ```compose good
    /// services:
    ///   web: { image: web:1, volumes: ["/run/postgresql:/run/postgresql", "data:/data", ./docker.sock.md:/readme] }
    /// volumes: { data: {} }
    /// ```
    DOCKER_SOCKET_MOUNT = "compose-docker-socket-mount" {
        check: Check::ComposeService(docker_socket_mount),
        severity: Severity::Critical,
        peers: &["kics:d6355c88"],
    }
}

rule! {
    /// Service can write to a directory that the host's safety rests on
    ///
    /// The root of the host, its system directories, `/proc`, `/sys`, home directories and what Docker and the kubelet
    /// keep hold credentials and decide what runs there. Directories count exactly; `/proc`, `/sys`, `/root`,
    /// `/etc/kubernetes`, `/var/lib/docker` and `/var/lib/kubelet` with all below them. Looks at `volumes` and at named
    /// volumes that are bound to a path by `driver_opts`. Silent for single files such as `/etc/localtime`, for
    /// certificates, and for what is mounted read-only, which is `compose-host-mount-read-only`; `/run` stays here, because
    /// a socket is not written to as a file.
    ///
    /// ```compose bad:4
    /// services:
    ///   backup:
    ///     image: backup:1
    ///     volumes: ["/etc:/backup/etc"]
    /// ```
    /// ```compose bad:6
    /// services:
    ///   metrics:
    ///     image: metrics:1
    ///     volumes:
    ///       - type: bind
    ///         source: /
    ///         target: /rootfs
    /// ```
    /// ```compose bad:5
    /// services: { web: { image: web:1, volumes: ["all:/all"] } }
    /// volumes:
    ///   all:
    ///     driver: local
    ///     driver_opts: { type: none, o: bind, device: /home }
    /// ```
    /// ```compose good
    /// services:
    ///   web:
    ///     image: web:1
    ///     volumes:
    ///       - /etc/localtime:/etc/localtime:ro
    ///       - /etc/ssl/certs:/etc/ssl/certs:ro
    ///       - ./etc:/etc
    ///       - etc:/etc
    ///       - /srv/data:/data
    ///       - ${DATA}:/var/lib/docker
    ///       - /:/rootfs:ro,rslave
    ///       - /sys:/host/sys:${MODE}
    /// volumes: { etc: {} }
    /// ```
    SENSITIVE_HOST_MOUNT = "compose-sensitive-host-mount" {
        check: Check::Compose(sensitive_host_mount),
        severity: Severity::High,
        peers: &["kics:1c1325ff"],
        yields_to: &["compose-docker-socket-mount"],
    }
}

rule! {
    /// Service can read a directory that the host's safety rests on
    ///
    /// The root of the host, `/etc`, `/proc`, home directories and what Docker keeps hold passwords, keys and the
    /// environment of every process. Programs that measure the host ask for them read-only, which is why this is less
    /// than `compose-sensitive-host-mount`. Silent for `/sys`, which every container sees read-only anyway, and for single
    /// files and certificates.
    ///
    /// ```compose bad:6
    /// services:
    ///   metrics:
    ///     image: metrics:1
    ///     volumes:
    ///       - type: bind
    ///         source: /
    ///         target: /rootfs
    ///         read_only: true
    /// ```
    /// ```compose bad:4
    /// services:
    ///   backup:
    ///     image: backup:1
    ///     volumes: ["/etc:/backup/etc:ro"]
    /// ```
    /// ```compose good
    /// services:
    ///   metrics:
    ///     image: metrics:1
    ///     volumes: ["/sys:/host/sys:ro", "/etc/localtime:/etc/localtime:ro", "/srv/data:/data:ro", "/etc:/backup/etc"]
    /// ```
    HOST_MOUNT_READ_ONLY = "compose-host-mount-read-only" {
        check: Check::ComposeService(host_mount_read_only),
        severity: Severity::Medium,
        peers: &["kics:1c1325ff"],
        yields_to: &["compose-docker-socket-mount"],
    }
}

rule! {
    /// Mounts in the service appear on the host
    ///
    /// With `shared` or `rshared`, what the container mounts below the directory is mounted on the host as well, for all
    /// its programs. With `slave` the host's mounts only come in, which gives no finding.
    ///
    /// ```compose bad:4
    /// services:
    ///   storage:
    ///     image: storage:1
    ///     volumes: ["/srv/mounts:/mounts:rw,rshared"]
    /// ```
    /// ```compose bad:8
    /// services:
    ///   storage:
    ///     image: storage:1
    ///     volumes:
    ///       - type: bind
    ///         source: /srv/mounts
    ///         target: /mounts
    ///         bind: { propagation: shared }
    /// ```
    /// ```compose good
    /// services:
    ///   storage: { image: storage:1, volumes: ["/srv/mounts:/mounts:rslave", "/srv/shared:/shared"] }
    /// ```
    MOUNT_PROPAGATION_SHARED = "compose-mount-propagation-shared" {
        check: Check::ComposeService(mount_propagation_shared),
        severity: Severity::Medium,
        peers: &["kics:baa452f0"],
    }
}

rule! {
    /// Volume is used by several services
    ///
    /// A service that is broken into can change what the others read. Often this is the purpose of the volume, so the
    /// rule is off unless it is asked for. Read-only mounts do not count. Reported at the second service that can write.
    ///
    /// ```compose bad:3
    /// services:
    ///   web: { image: web:1, volumes: ["data:/data"] }
    ///   job: { image: job:1, volumes: ["data:/in"] }
    /// volumes: { data: {} }
    /// ```
    /// ```compose good
    /// services:
    ///   web: { image: web:1, volumes: ["data:/data"] }
    ///   job: { image: job:1, volumes: ["data:/in:ro", "own:/out"] }
    /// volumes: { data: {}, own: {} }
    /// ```
    SHARED_VOLUME = "compose-shared-volume" {
        check: Check::Compose(shared_volume),
        severity: Severity::Info,
        profile: Profile::OptIn,
        peers: &["kics:shared_volumes_between_containers"],
    }
}

/// Directories of the host beside those that are sensitive to Kubernetes' nodes.
const SENSITIVE: &[&str] = &["/bin", "/home", "/opt", "/run", "/sbin", "/var/run"];

/// Files and directories below sensitive trees that are read for one purpose.
const HARMLESS: &[&str] = &["/etc/localtime", "/etc/timezone", "/etc/ssl/certs", "/proc/cpuinfo", "/sys/class/dmi/id"];

const HELP: &str = "mount only the file or directory that the program reads";

fn docker_socket_mount(service: &Service<'_>, _: &Project<'_>, report: &mut Report<'_>) {
    for mount in binds(service) {
        let Part::Known(source) = mount.source else { continue };
        if host_path::is_runtime_socket(&host_path::normal(source)) {
            report
                .at(mount.spot, format!("{} mounts `{source}`, and with it controls the host", service.title()))
                .help("remove it; where the program must ask Docker, put a proxy that filters in between");
        }
    }
    let Lookup::Present(flag) = service.get("use_api_socket") else { return };
    if is_flag(Lookup::Present(flag), true) {
        report
            .at(flag, format!("{} gets Docker's socket, and with it controls the host", service.title()))
            .help("remove it");
    }
}

fn sensitive_host_mount(project: &Project<'_>, report: &mut Report<'_>) {
    for service in &project.services {
        for mount in binds(service) {
            let Part::Known(source) = mount.source else { continue };
            if is_sensitive(source) && can_write(&mount, source) {
                report.at(mount.spot, format!("{} mounts `{source}` of the host", service.title())).help(HELP);
            }
        }
    }
    for (name, volume) in project.declared("volumes") {
        let Lookup::Present(options) = volume.get("driver_opts") else { continue };
        let is_bind = options.field("o").and_then(Node::as_str).is_some_and(|o| o.split(',').any(|o| o == "bind"));
        let Some(device) = options.field("device").filter(|_| is_bind) else { continue };
        if let Some(path) = device.as_str().filter(|path| is_sensitive(path)) {
            report.at(device, format!("volume `{}` is `{path}` of the host", name.text())).help(HELP);
        }
    }
}

fn host_mount_read_only(service: &Service<'_>, _: &Project<'_>, report: &mut Report<'_>) {
    for mount in binds(service).filter(|mount| mount.read_only == Part::Known(true)) {
        let Part::Known(source) = mount.source else { continue };
        let path = host_path::normal(source);
        if is_sensitive(source) && !can_write(&mount, source) && path != "/sys" && !path.starts_with("/sys/") {
            report.at(mount.spot, format!("{} can read `{source}` of the host", service.title())).help(HELP);
        }
    }
}

/// Whether a mount lets the host be changed. The sockets in `/run` take orders through a read-only mount as well.
fn can_write(mount: &Mount<'_>, source: &str) -> bool {
    let holds_sockets = || matches!(host_path::normal(source).as_str(), "/run" | "/var/run");
    match mount.read_only {
        Part::Known(true) => holds_sockets(),
        Part::Known(false) | Part::Absent => true,
        Part::Unknown => false,
    }
}

/// Mounts of paths of the host. `~` is the home directory of whoever starts the project.
fn binds<'t>(service: &Service<'t>) -> impl Iterator<Item = Mount<'t>> + use<'t> {
    service.mounts().filter(|mount| mount.kind == MountKind::Bind)
}

fn is_sensitive(source: &str) -> bool {
    if matches!(source, "~" | "~/") {
        return true;
    }
    if !source.starts_with('/') {
        return false;
    }
    let path = host_path::normal(source);
    let is_sensitive = host_path::is_sensitive(&path) || SENSITIVE.contains(&path.as_str());
    is_sensitive && !HARMLESS.contains(&path.as_str())
}

fn mount_propagation_shared(service: &Service<'_>, _: &Project<'_>, report: &mut Report<'_>) {
    for mount in service.mounts() {
        let Some(propagation @ ("shared" | "rshared")) = mount.propagation else { continue };
        let spot = mount.node.get("bind.propagation").present().unwrap_or(mount.spot);
        report
            .at(spot, format!("what {} mounts appears on the host (`{propagation}`)", service.title()))
            .help("remove the propagation, or use `rslave` where only the host's mounts are to be seen");
    }
}

fn shared_volume(project: &Project<'_>, report: &mut Report<'_>) {
    let mut writers: HashMap<&str, (&str, usize)> = HashMap::new();
    for service in &project.services {
        for mount in service.mounts().filter(|mount| mount.kind == MountKind::Volume) {
            let (Part::Known(volume), Part::Known(false)) = (mount.source, mount.read_only) else { continue };
            let (first, count) = writers.entry(volume).or_insert((service.name, 0));
            if *first == service.name {
                continue;
            }
            *count += 1;
            if *count == 1 {
                report
                    .at(
                        mount.spot,
                        format!("volume `{volume}` is written by {} and by service `{first}`", service.title()),
                    )
                    .help("give each its own volume, or mount it read-only where it is only read");
            }
        }
    }
}
