//! What is known of registries by their names.

/// Where public images and the cloud providers' customers' images live.
pub(crate) const WELL_KNOWN: &[&str] = &[
    "docker.io",
    "ghcr.io",
    "quay.io",
    "gcr.io",
    "*.gcr.io",
    "*.pkg.dev",
    "registry.k8s.io",
    "public.ecr.aws",
    "*.amazonaws.com",
    "mcr.microsoft.com",
    "*.azurecr.io",
    "registry.gitlab.com",
    "registry.access.redhat.com",
    "registry.redhat.io",
    "cgr.dev",
    "nvcr.io",
    "docker.elastic.co",
];

/// Whether a registry is one of the machine or the cluster itself, which as a rule asks for no password: a name without a
/// domain, an address of the machine, or a domain that no public name has.
pub(crate) fn is_local(registry: &str) -> bool {
    let host = registry.rsplit_once(':').map_or(registry, |(host, _)| host);
    let is_private = [".local", ".localhost", ".svc", ".internal"].iter().any(|end| host.ends_with(end));
    !host.contains('.') || is_private || host.starts_with("127.")
}
