//! Registries that images are allowed to come from where nothing is configured.

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
