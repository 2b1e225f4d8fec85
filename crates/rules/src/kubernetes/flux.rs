//! Flux: where its sources come from.
//!
//! Addresses of the cluster itself are trusted; what an authenticated server sends is not looked at.

use portcullis_model::kubernetes::Object;

use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&FLUX_SOURCE_INSECURE];

rule! {
    /// Flux fetches a source without TLS
    ///
    /// Whatever comes is applied to the cluster with Flux's rights: who is on the way to a plain `http://` address writes
    /// the manifests. `insecure: true` allows plain HTTP for registries and buckets. Silent for hosts within the cluster.
    ///
    /// ```yaml bad:4
    /// apiVersion: source.toolkit.fluxcd.io/v1
    /// kind: GitRepository
    /// metadata: { name: web }
    /// spec: { interval: 5m, url: "http://git.example.org/web.git" }
    /// ```
    /// ```yaml bad:7
    /// apiVersion: source.toolkit.fluxcd.io/v1
    /// kind: OCIRepository
    /// metadata: { name: web }
    /// spec:
    ///   interval: 5m
    ///   url: oci://registry.example.org/web
    ///   insecure: true
    /// ```
    /// ```yaml good
    /// apiVersion: source.toolkit.fluxcd.io/v1
    /// kind: GitRepository
    /// metadata: { name: web }
    /// spec: { interval: 5m, url: "ssh://git@git.example.org/web.git" }
    /// ---
    /// apiVersion: source.toolkit.fluxcd.io/v1
    /// kind: HelmRepository
    /// metadata: { name: charts }
    /// spec: { interval: 5m, url: "http://chartmuseum.charts.svc.cluster.local:8080" }
    /// ---
    /// apiVersion: source.toolkit.fluxcd.io/v1
    /// kind: Bucket
    /// metadata: { name: web }
    /// spec: { interval: 5m, endpoint: "minio.storage:9000", bucketName: web, insecure: true }
    /// ```
    FLUX_SOURCE_INSECURE = "k8s-flux-source-insecure" {
        check: Check::Object(&["GitRepository", "HelmRepository", "OCIRepository", "Bucket"], flux_source_insecure),
        severity: Severity::Medium,
        peers: &["kyverno:flux/verify-git-repositories", "kyverno:flux/verify-flux-sources"],
    }
}

fn flux_source_insecure(object: &Object<'_>, report: &mut Report<'_>) {
    if object.group() != "source.toolkit.fluxcd.io" {
        return;
    }
    let address = ["spec.url", "spec.endpoint"].into_iter().find_map(|path| object.node.get(path).present());
    let Some((address, text)) = address.and_then(|address| Some((address, address.as_str()?))) else { return };
    let (scheme, rest) = text.split_once("://").unwrap_or(("", text));
    if is_in_cluster(host(rest)) {
        return;
    }
    if scheme == "http" {
        report
            .at(address, format!("{} is fetched from `{text}`, without TLS", object.title()))
            .help("use `https://` or `ssh://`");
    } else if let Lookup::Present(insecure) = object.node.get("spec.insecure")
        && insecure.as_bool() == Some(true)
    {
        report.at(insecure, format!("{} may be fetched without TLS", object.title())).help("remove `insecure`");
    }
}

/// The host in what follows a scheme.
fn host(rest: &str) -> &str {
    let authority = rest.split('/').next().unwrap_or_default();
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    host.split(':').next().unwrap_or_default()
}

/// Whether a host is a Service: `name`, `name.namespace`, or what ends in `.svc` or `.local`.
fn is_in_cluster(host: &str) -> bool {
    // A name with one dot may be a domain such as `example.org`, whose last label is one of the Internet's.
    const ZONES: &[&str] = &["com", "org", "net", "io", "dev", "de", "eu", "app", "cloud", "co", "info", "tech"];
    let is_short = match host.split_once('.') {
        None => true,
        Some((_, namespace)) => !namespace.contains('.') && namespace.len() > 2 && !ZONES.contains(&namespace),
    };
    let is_address = host.parse::<std::net::IpAddr>().is_ok();
    !is_address && (is_short || [".svc", ".cluster.local", ".local"].iter().any(|end| host.ends_with(end)))
}
