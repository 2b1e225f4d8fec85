//! Volumes that are not the pod's own: paths of the node, and types that the restricted level leaves to cluster admins.
//!
//! All rules point at the volume's path, so that one mount gives one finding, the gravest. What lies behind a symbolic
//! link of the node, or in a directory that is not in the tables, cannot be known.

use portcullis_model::kubernetes::{Container, Pod};

use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[
    &HOST_PATH_VOLUME,
    &HOST_PATH_SENSITIVE,
    &HOST_PATH_WRITABLE,
    &CONTAINER_RUNTIME_SOCKET,
    &CLOUD_CREDENTIAL_HOST_PATH,
    &VOLUME_TYPE_NOT_RESTRICTED,
];

rule! {
    /// Volume is a directory of the node
    ///
    /// A `hostPath` volume outlives the pod, is shared with whatever else uses the directory, and ties the data to one
    /// node. Many escapes from containers started with one. Gives way to the graver rules about the same path.
    ///
    /// ```yaml bad:6
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers: [{ name: web, image: web:1 }]
    ///   volumes: [{ name: data, hostPath: { path: /srv/data } }]
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers: [{ name: web, image: web:1 }]
    ///   volumes: [{ name: data, emptyDir: {}, hostPath: null }]
    /// ```
    HOST_PATH_VOLUME = "k8s-host-path-volume" {
        check: Check::Pod(any_host_path),
        severity: Severity::Medium,
        tags: &["pss:baseline"],
        peers: &[
            "trivy:KSV-0023", "polaris:hostPathSet", "kubescape:C-0048", "pss:hostPathVolumes",
            "kyverno:disallow-host-path",
        ],
        yields_to: &[
            "k8s-host-path-writable", "k8s-cloud-credential-host-path", "k8s-host-path-sensitive",
            "k8s-container-runtime-socket",
        ],
    }
}

rule! {
    /// Volume is a sensitive directory of the node
    ///
    /// The node's root, its system directories, `/proc`, `/sys`, and what Docker and the kubelet keep hold the node's
    /// credentials and decide what runs on it. Directories count exactly, `/proc`, `/sys`, `/root`, `/etc/kubernetes`,
    /// `/var/lib/docker` and `/var/lib/kubelet` with all below them: `/etc/localtime` or `/lib/modules` give no
    /// finding here.
    ///
    /// ```yaml bad:6
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers: [{ name: web, image: web:1 }]
    ///   volumes: [{ name: kubelet, hostPath: { path: /var/lib/kubelet/pods/ } }]
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers: [{ name: web, image: web:1 }]
    ///   volumes:
    ///     - { name: zone, hostPath: { path: /etc/localtime } }
    ///     - { name: modules, hostPath: { path: /lib/modules } }
    ///     - { name: memory, hostPath: { path: /dev/shm } }
    /// ```
    HOST_PATH_SENSITIVE = "k8s-host-path-sensitive" {
        check: Check::Pod(sensitive),
        severity: Severity::High,
        tags: &["helm-values"],
        peers: &["kube-linter:sensitive-host-mounts", "trivy:KSV-0121"],
        yields_to: &["k8s-container-runtime-socket"],
    }
}

rule! {
    /// Directory of the node is mounted writable
    ///
    /// Who can write to the node's files can often run code there: a cron entry, a unit, a binary on the path. Silent
    /// where each container mounts the volume with `readOnly: true`, or none does.
    ///
    /// ```yaml bad:8
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers:
    ///     - { name: web, image: web:1, volumeMounts: [{ name: data, mountPath: /data }] }
    ///   volumes:
    ///     - { name: data, hostPath: { path: /srv/data } }
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers:
    ///     - { name: web, image: web:1, volumeMounts: [{ name: data, mountPath: /data, readOnly: true }] }
    ///   volumes:
    ///     - { name: data, hostPath: { path: /srv/data } }
    /// ```
    HOST_PATH_WRITABLE = "k8s-host-path-writable" {
        check: Check::Pod(writable),
        severity: Severity::High,
        peers: &["kube-linter:writable-host-mount", "kubescape:C-0045", "kyverno:other/ensure-readonly-hostpath"],
        yields_to: &["k8s-cloud-credential-host-path", "k8s-host-path-sensitive", "k8s-container-runtime-socket"],
    }
}

rule! {
    /// Container runtime's socket is mounted
    ///
    /// The socket of Docker, containerd or CRI-O starts any container with any privilege: mounting it is root on the
    /// node, read-only or not. The directories that the sockets lie in count as well.
    ///
    /// ```yaml bad:7
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: build }
    /// spec:
    ///   containers: [{ name: build, image: build:1 }]
    ///   volumes:
    ///     - { name: docker, hostPath: { path: /var/run/docker.sock, type: Socket } }
    /// ```
    /// ```yaml bad:7
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: build }
    /// spec:
    ///   containers: [{ name: build, image: build:1 }]
    ///   volumes:
    ///     - { name: docker, hostPath: { path: /var/run/docker } }
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: build }
    /// spec:
    ///   containers: [{ name: build, image: build:1 }]
    ///   volumes:
    ///     - { name: lock, hostPath: { path: /run/xtables.lock, type: FileOrCreate } }
    /// ```
    CONTAINER_RUNTIME_SOCKET = "k8s-container-runtime-socket" {
        check: Check::Pod(runtime_socket),
        severity: Severity::Critical,
        tags: &["helm-values", "cwe-250"],
        peers: &[
            "kube-linter:docker-sock", "trivy:KSV-0006", "checkov:CKV_K8S_27", "kubescape:C-0074",
            "kyverno:best-practices/disallow-cri-sock-mount",
        ],
    }
}

rule! {
    /// Volume is the node's credential for the cloud
    ///
    /// The node's principal on Azure and the files that command-line tools of the clouds leave in home directories: with
    /// them the pod does in the cloud whatever the node may. Gives way to the rule about sensitive directories, in which
    /// some of them lie.
    ///
    /// ```yaml bad:7
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers: [{ name: web, image: web:1 }]
    ///   volumes:
    ///     - { name: azure, hostPath: { path: /etc/kubernetes/azure.json } }
    /// ```
    /// ```yaml bad:7
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers: [{ name: web, image: web:1 }]
    ///   volumes:
    ///     - { name: aws, hostPath: { path: /home/admin/.aws } }
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers: [{ name: web, image: web:1 }]
    ///   volumes:
    ///     - { name: data, hostPath: { path: /srv/.aws-backup } }
    /// ```
    CLOUD_CREDENTIAL_HOST_PATH = "k8s-cloud-credential-host-path" {
        check: Check::Pod(cloud_credential),
        severity: Severity::High,
        peers: &["kubescape:C-0020"],
        yields_to: &["k8s-host-path-sensitive", "k8s-container-runtime-socket"],
    }
}

rule! {
    /// Volume type is outside the restricted level
    ///
    /// Inline network and cloud disks carry credentials and addresses that the cluster's admins cannot see or limit;
    /// persistent volume claims and CSI volumes go through them. A volume without any source is an `emptyDir` and
    /// gives no finding; node paths give way to the rules about them.
    ///
    /// ```yaml bad:8
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers: [{ name: web, image: web:1 }]
    ///   volumes:
    ///     - { name: cache, emptyDir: }
    ///     - { name: data, nfs: { server: files, path: /data } }
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   containers: [{ name: web, image: web:1 }]
    ///   volumes:
    ///     - { name: data, persistentVolumeClaim: { claimName: data } }
    ///     - { name: cache, emptyDir: }
    /// ```
    VOLUME_TYPE_NOT_RESTRICTED = "k8s-volume-type-not-restricted" {
        check: Check::Pod(volume_type),
        severity: Severity::Low,
        profile: Profile::All,
        tags: &["pss:restricted"],
        peers: &["trivy:KSV-0028", "pss:restrictedVolumes", "kyverno:restrict-volume-types"],
        yields_to: &[
            "k8s-host-path-volume", "k8s-host-path-writable", "k8s-cloud-credential-host-path", "k8s-host-path-sensitive",
            "k8s-container-runtime-socket",
        ],
    }
}

/// Sensitive as they stand; a directory below them is another thing.
const SENSITIVE: &[&str] = &[
    "/",
    "/boot",
    "/dev",
    "/etc",
    "/lib",
    "/lib64",
    "/usr",
    "/var",
    "/var/lib",
    "/var/lib/containerd",
    "/var/lib/etcd",
];

/// Sensitive with everything below them.
const SENSITIVE_TREES: &[&str] = &["/proc", "/sys", "/root", "/etc/kubernetes", "/var/lib/docker", "/var/lib/kubelet"];

/// File names of the sockets, wherever distributions put them.
const SOCKETS: &[&str] =
    &["docker.sock", "containerd.sock", "crio.sock", "dockershim.sock", "cri-dockerd.sock", "podman.sock"];

/// The directories that runtimes create their sockets in, without the leading `/run` or `/var/run`.
const SOCKET_DIRECTORIES: &[&str] =
    &["", "/containerd", "/crio", "/docker", "/docker/containerd", "/podman", "/k3s/containerd"];

/// Sources that the restricted level forbids, node paths apart.
const FORBIDDEN_SOURCES: &[&str] = &[
    "gcePersistentDisk",
    "awsElasticBlockStore",
    "gitRepo",
    "nfs",
    "iscsi",
    "glusterfs",
    "rbd",
    "flexVolume",
    "cinder",
    "cephfs",
    "flocker",
    "fc",
    "azureFile",
    "vsphereVolume",
    "quobyte",
    "azureDisk",
    "portworxVolume",
    "photonPersistentDisk",
    "scaleIO",
    "storageos",
];

/// A volume that is a path of the node.
struct HostPath<'t> {
    volume: Node<'t>,
    /// The path's value; the `hostPath` mapping where it has none.
    spot: Node<'t>,
    /// Without repeated and trailing slashes; `None` where it is not known.
    path: Option<String>,
}

impl HostPath<'_> {
    fn describe(&self) -> String {
        let name = self.volume.field("name").and_then(Node::as_str);
        let volume = name.map_or_else(|| "volume".to_owned(), |name| format!("volume `{name}`"));
        match &self.path {
            Some(path) => format!("{volume} is `{path}` of the node"),
            None => format!("{volume} is a path of the node"),
        }
    }
}

fn host_paths<'t>(pod: &Pod<'t>) -> impl Iterator<Item = HostPath<'t>> + use<'t> {
    pod.list("volumes").filter_map(|volume| {
        let source = volume.get("hostPath").present().filter(|source| source.is_map())?;
        let path = source.get("path").present();
        let text = path.and_then(Node::as_str).map(normal);
        Some(HostPath { volume, spot: path.unwrap_or(source), path: text })
    })
}

/// A path without repeated and trailing slashes.
pub(crate) fn normal(path: &str) -> String {
    let mut text = String::with_capacity(path.len());
    for part in path.split('/').filter(|part| !part.is_empty() && *part != ".") {
        text.push('/');
        text.push_str(part);
    }
    if text.is_empty() { "/".to_owned() } else { text }
}

fn any_host_path(pod: &Pod<'_>, report: &mut Report<'_>) {
    for volume in host_paths(pod) {
        report.at(volume.spot, volume.describe()).help("use a persistent volume claim, or emptyDir for scratch space");
    }
}

fn sensitive(pod: &Pod<'_>, report: &mut Report<'_>) {
    for volume in host_paths(pod) {
        let Some(path) = &volume.path else { continue };
        if is_sensitive(path) {
            report
                .at(volume.spot, format!("{}, a directory that the node's safety rests on", volume.describe()))
                .help("mount only the file or directory that the program reads");
        }
    }
}

pub(crate) fn is_sensitive(path: &str) -> bool {
    let is_in = |tree: &str| path.strip_prefix(tree).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    SENSITIVE.contains(&path) || SENSITIVE_TREES.iter().any(|tree| is_in(tree))
}

fn writable(pod: &Pod<'_>, report: &mut Report<'_>) {
    for volume in host_paths(pod) {
        let Some(name) = volume.volume.field("name").and_then(Node::as_str) else { continue };
        let Some((container, mount)) = pod.containers.iter().find_map(|c| Some((c, writable_mount(c, name)?))) else {
            continue;
        };
        report
            .at(volume.spot, format!("{}, and {} can write to it", volume.describe(), container.title()))
            .label(mount.span(), "mounted here without readOnly: true")
            .help("mount it with readOnly: true, or use a persistent volume claim");
    }
}

/// The name in the container's mount of the volume, if it is known to be writable.
fn writable_mount<'t>(container: &Container<'t>, volume: &str) -> Option<Node<'t>> {
    container.list("volumeMounts").find_map(|mount| {
        let name = mount.field("name").filter(|name| name.as_str() == Some(volume))?;
        let read_only = mount.get("readOnly");
        (read_only.absent().is_some() || read_only.is_bool(false)).then_some(name)
    })
}

fn runtime_socket(pod: &Pod<'_>, report: &mut Report<'_>) {
    for volume in host_paths(pod) {
        let Some(path) = &volume.path else { continue };
        if is_runtime_socket(path) {
            report
                .at(volume.spot, format!("{}, which holds the container runtime's socket", volume.describe()))
                .help("build without a daemon (BuildKit rootless, Kaniko), or ask the Kubernetes API instead");
        }
    }
}

pub(crate) fn is_runtime_socket(path: &str) -> bool {
    let below = path.strip_prefix("/var/run").or_else(|| path.strip_prefix("/run"));
    let file = path.rsplit('/').next().unwrap_or_default();
    SOCKETS.contains(&file) || below.is_some_and(|below| SOCKET_DIRECTORIES.contains(&below))
}

/// Files with the principal of a node.
const CREDENTIAL_FILES: &[&str] =
    &["/etc/kubernetes/azure.json", "/etc/kubernetes/cloud-config", "/etc/kubernetes/cloud.conf"];

/// Where the clouds' command-line tools keep credentials in a home directory.
const CREDENTIAL_DIRECTORIES: &[&str] = &[".aws", ".azure", ".config/gcloud", ".oci", ".aliyun"];

fn cloud_credential(pod: &Pod<'_>, report: &mut Report<'_>) {
    for volume in host_paths(pod) {
        let Some(path) = &volume.path else { continue };
        if is_cloud_credential(path) {
            report
                .at(volume.spot, format!("{}, which holds credentials for the cloud", volume.describe()))
                .help("give the ServiceAccount an identity of the cloud (IRSA, Workload Identity)");
        }
    }
}

fn is_cloud_credential(path: &str) -> bool {
    let in_home =
        path.strip_prefix("/root/").or_else(|| path.strip_prefix("/home/")?.split_once('/').map(|(_, rest)| rest));
    let is_at = |directory: &str| {
        in_home
            .and_then(|rest| rest.strip_prefix(directory))
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    CREDENTIAL_FILES.contains(&path) || CREDENTIAL_DIRECTORIES.iter().any(|directory| is_at(directory))
}

fn volume_type(pod: &Pod<'_>, report: &mut Report<'_>) {
    for host_path in host_paths(pod) {
        report
            .at(host_path.spot, format!("{}, which the restricted level forbids", host_path.describe()))
            .help("use a persistent volume claim, or emptyDir for scratch space");
    }
    for volume in pod.list("volumes") {
        let source = volume.entries().find(|(key, value)| FORBIDDEN_SOURCES.contains(&key.text()) && !value.is_null());
        let Some((kind, source)) = source else { continue };
        report
            .at(source.key_place(), format!("volume source {} is outside the restricted level", kind.text()))
            .help("use a persistent volume claim or a CSI volume");
    }
}
