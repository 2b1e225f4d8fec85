//! Windows pods: the account that their containers run as.
//!
//! A pod is for Windows where its `os` or its node selector says so. Accounts that an image makes itself are not known.

use portcullis_model::kubernetes::{Container, Os, Pod};

use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&WINDOWS_NOT_CONTAINER_USER];

rule! {
    /// Windows container does not run as ContainerUser
    ///
    /// `ContainerAdministrator`, which is also the account of Windows Server Core images where none is set, may install
    /// services and change any file of the container; an escape starts with its rights. Silent for accounts that the
    /// image may have made itself, and for host process pods, which need an account of the node.
    ///
    /// ```yaml bad:6
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   os: { name: windows }
    ///   securityContext: { windowsOptions: { runAsUserName: ContainerAdministrator } }
    ///   containers: [{ name: web, image: web:1 }]
    /// ```
    /// ```yaml bad:6
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   nodeSelector: { kubernetes.io/os: windows }
    ///   containers: [{ name: web, image: web:1 }]
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web }
    /// spec:
    ///   os: { name: windows }
    ///   securityContext: { windowsOptions: { runAsUserName: ContainerUser } }
    ///   containers: [{ name: web, image: web:1 }]
    /// ---
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: linux }
    /// spec: { containers: [{ name: web, image: web:1 }] }
    /// ```
    WINDOWS_NOT_CONTAINER_USER = "k8s-windows-not-container-user" {
        check: Check::Pod(not_container_user),
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &["kyverno:windows-security/require-run-as-containeruser"],
    }
}

fn not_container_user(pod: &Pod<'_>, report: &mut Report<'_>) {
    if !is_windows(pod) {
        return;
    }
    for container in &pod.containers {
        let is_of_host = pod.effective(container, "windowsOptions.hostProcess");
        if is_of_host.is_bool(true) || is_of_host.is_unknown() {
            continue;
        }
        check_user(pod, container, report);
    }
}

fn check_user(pod: &Pod<'_>, container: &Container<'_>, report: &mut Report<'_>) {
    let help = "set `windowsOptions.runAsUserName: ContainerUser` in the security context";
    match pod.effective(container, "windowsOptions.runAsUserName") {
        Lookup::Present(user) => {
            let Some(name) = user.as_str().filter(|name| is_powerful(name)) else { return };
            report.at(user, format!("{} runs as `{name}`", container.title())).help(help);
        }
        Lookup::Absent(_) => {
            report.at(container.anchor(), format!("{} names no Windows account", container.title())).help(help);
        }
        Lookup::Unknown(_) => {}
    }
}

/// Whether the pod is known to be for Windows.
fn is_windows(pod: &Pod<'_>) -> bool {
    let selects = || {
        let selector = pod.get("nodeSelector").present()?;
        ["kubernetes.io/os", "beta.kubernetes.io/os"].iter().find_map(|label| selector.field(label)?.as_str())
    };
    pod.os() == Os::Windows || selects() == Some("windows")
}

fn is_powerful(account: &str) -> bool {
    let account = account.to_ascii_lowercase();
    matches!(account.as_str(), "containeradministrator" | "administrator" | "system")
        || account.ends_with("\\containeradministrator")
        || account.starts_with("nt authority\\")
}
