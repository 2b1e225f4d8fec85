//! Which files are Compose files: by name, or by content where the name says nothing.

use portcullis_syntax::{Node, Value};

use super::paths;

/// Whether the name is one that Compose or its users give to Compose files.
pub fn has_compose_name(path: &str) -> bool {
    let name = paths::name(path).to_ascii_lowercase();
    let Some(stem) = name.strip_suffix(".yaml").or_else(|| name.strip_suffix(".yml")) else { return false };
    ["compose", "docker-compose"]
        .iter()
        .any(|base| stem.strip_prefix(base).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')))
}

/// Whether a document under a name that says nothing has the shape of a Compose file: nothing but Compose's keys at the
/// top and in every service, and an image or a build in one of them.
pub fn is_compose(root: Node<'_>) -> bool {
    let Some(services) = root.field("services") else { return false };
    let is_known = |key: &str, keys: &[&str]| key.starts_with("x-") || keys.contains(&key);
    if services.entries().len() == 0 || !root.entries().all(|(key, _)| is_known(key.text(), TOP_LEVEL)) {
        return false;
    }
    let has_source = |service: Node<'_>| {
        let is_image = |image: Node<'_>| matches!(image.value(), Value::String(_) | Value::Template(_));
        service.field("image").is_some_and(is_image) || service.field("build").is_some_and(|build| !build.is_null())
    };
    let is_service =
        |service: Node<'_>| service.is_map() && service.entries().all(|(key, _)| is_known(key.text(), SERVICE));
    services.entries().all(|(_, service)| is_service(service))
        && services.entries().any(|(_, service)| has_source(service))
}

const TOP_LEVEL: &[&str] =
    &["version", "name", "include", "services", "models", "networks", "volumes", "secrets", "configs"];

/// The keys of a service.
const SERVICE: &[&str] = &[
    "annotations",
    "attach",
    "blkio_config",
    "build",
    "cap_add",
    "cap_drop",
    "cgroup",
    "cgroup_parent",
    "command",
    "configs",
    "container_name",
    "cpu_count",
    "cpu_percent",
    "cpu_period",
    "cpu_quota",
    "cpu_rt_period",
    "cpu_rt_runtime",
    "cpu_shares",
    "cpus",
    "cpuset",
    "credential_spec",
    "depends_on",
    "deploy",
    "develop",
    "device_cgroup_rules",
    "devices",
    "dns",
    "dns_opt",
    "dns_search",
    "domainname",
    "entrypoint",
    "env_file",
    "environment",
    "expose",
    "extends",
    "external_links",
    "extra_hosts",
    "gpus",
    "group_add",
    "healthcheck",
    "hostname",
    "image",
    "init",
    "ipc",
    "isolation",
    "label_file",
    "labels",
    "links",
    "logging",
    "mac_address",
    "mem_limit",
    "mem_reservation",
    "mem_swappiness",
    "memswap_limit",
    "models",
    "network_mode",
    "networks",
    "oom_kill_disable",
    "oom_score_adj",
    "pid",
    "pids_limit",
    "platform",
    "ports",
    "post_start",
    "pre_start",
    "pre_stop",
    "privileged",
    "profiles",
    "provider",
    "pull_policy",
    "pull_refresh_after",
    "read_only",
    "restart",
    "runtime",
    "scale",
    "secrets",
    "security_opt",
    "shm_size",
    "stdin_open",
    "stop_grace_period",
    "stop_signal",
    "storage_opt",
    "sysctls",
    "tmpfs",
    "tty",
    "ulimits",
    "use_api_socket",
    "user",
    "userns_mode",
    "uts",
    "volumes",
    "volumes_from",
    "working_dir",
];
