//! Images of versions with a vulnerability that is known to be used, or that undoes what the program is for.
//!
//! A short table by the projects' own advisories, in place of a database: known by the image's path in any registry and
//! an exact version in the tag. Moving tags, release candidates and digests alone say nothing. A distribution's package
//! of the same version, with fixes of its own, has another image.

use portcullis_model::image::{ImageRef, ends_with_path};
use portcullis_model::kubernetes::Pod;

use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&KNOWN_VULNERABLE_VERSION];

rule! {
    /// Image is of a version with a known grave vulnerability
    ///
    /// Each entry of the table is open to somebody without an account, or to every user of the cluster: Argo CD
    /// (CVE-2022-24348), Grafana (CVE-2021-43798, CVE-2022-39328), Kyverno (CVE-2022-47633), ingress-nginx
    /// (CVE-2025-1974), the API server (CVE-2018-1002105), the Kubernetes dashboard (CVE-2018-18264), Jenkins
    /// (CVE-2024-23897), GitLab (CVE-2023-7028), Confluence (CVE-2023-22515), Metabase (CVE-2023-38646) and Fluent Bit
    /// (CVE-2024-4323). Silent for tags that are no exact version. Other vulnerabilities are a scanner of images' work.
    ///
    /// ```yaml bad:6
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: argocd }
    /// spec:
    ///   containers:
    ///     - { name: server, image: "quay.io/argoproj/argocd:v2.2.3" }
    /// ```
    /// ```yaml bad:6
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: grafana }
    /// spec:
    ///   containers:
    ///     - { name: grafana, image: "registry.example.com/mirror/grafana/grafana:9.2.3-ubuntu" }
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: fine }
    /// spec:
    ///   containers:
    ///     - { name: a, image: "quay.io/argoproj/argocd:v2.2.4" }
    ///     - { name: b, image: "grafana/grafana:9.2" }
    ///     - { name: c, image: "grafana/grafana:9.2.10" }
    ///     - { name: d, image: "ghcr.io/kyverno/kyverno:v1.8.5" }
    ///     - { name: e, image: "jenkins/jenkins:2.440.1-lts" }
    ///     - { name: f, image: "grafana/grafana:9.2.0-beta1" }
    ///     - { name: g, image: "grafana/grafana:${VERSION}" }
    /// ```
    KNOWN_VULNERABLE_VERSION = "k8s-known-vulnerable-version" {
        check: Check::Pod(known_vulnerable_version),
        severity: Severity::High,
        peers: &["kubescape:C-0081", "kubescape:C-0090", "kubescape:C-0091"],
    }
}

/// Up to four numbers; those that are not written are 0.
type Version = [u32; 4];

/// A vulnerability: from each first version up to, and without, the second.
struct Advisory {
    /// How the paths of the product's images end.
    paths: &'static [&'static str],
    cve: &'static str,
    what: &'static str,
    affected: &'static [(Version, Version)],
}

/// The oldest version of all.
const FIRST: Version = [0, 0, 0, 0];

/// By the advisories that the projects themselves have published under these numbers.
const ADVISORIES: &[Advisory] = &[
    Advisory {
        paths: &["argoproj/argocd"],
        cve: "CVE-2022-24348",
        what: "a Helm chart can read files of other applications",
        affected: &[(FIRST, [2, 1, 9, 0]), ([2, 2, 0, 0], [2, 2, 4, 0])],
    },
    Advisory {
        paths: GRAFANA,
        cve: "CVE-2021-43798",
        what: "anybody can read files of the server",
        affected: &[
            ([8, 0, 0, 0], [8, 0, 7, 0]),
            ([8, 1, 0, 0], [8, 1, 8, 0]),
            ([8, 2, 0, 0], [8, 2, 7, 0]),
            ([8, 3, 0, 0], [8, 3, 1, 0]),
        ],
    },
    Advisory {
        paths: GRAFANA,
        cve: "CVE-2022-39328",
        what: "under load, requests reach endpoints of administrators",
        affected: &[([9, 2, 0, 0], [9, 2, 4, 0])],
    },
    Advisory {
        paths: &["kyverno/kyverno"],
        cve: "CVE-2022-47633",
        what: "a registry can get round the verification of images",
        affected: &[([1, 8, 3, 0], [1, 8, 5, 0])],
    },
    Advisory {
        paths: &["ingress-nginx/controller", "ingress-nginx/controller-chroot"],
        cve: "CVE-2025-1974",
        what: "any pod can run code in the controller",
        affected: &[(FIRST, [1, 11, 5, 0]), ([1, 12, 0, 0], [1, 12, 1, 0])],
    },
    Advisory {
        paths: &["kube-apiserver", "kube-apiserver-amd64", "hyperkube"],
        cve: "CVE-2018-1002105",
        what: "a user can act as the API server towards kubelets and extensions",
        affected: &[(FIRST, [1, 10, 11, 0]), ([1, 11, 0, 0], [1, 11, 5, 0]), ([1, 12, 0, 0], [1, 12, 3, 0])],
    },
    Advisory {
        paths: &["kubernetes-dashboard-amd64", "kubernetesui/dashboard"],
        cve: "CVE-2018-18264",
        what: "the login can be skipped, and the dashboard's own rights used",
        affected: &[(FIRST, [1, 10, 1, 0])],
    },
    Advisory {
        paths: &["jenkins/jenkins"],
        cve: "CVE-2024-23897",
        what: "anybody can read files of the controller",
        // Weekly releases have two numbers; the branches 2.426 and 2.440 went on with three.
        affected: &[(FIRST, [2, 426, 3, 0]), ([2, 427, 0, 0], [2, 440, 1, 0]), ([2, 441, 0, 0], [2, 442, 0, 0])],
    },
    Advisory {
        paths: &["gitlab/gitlab-ce", "gitlab/gitlab-ee"],
        cve: "CVE-2023-7028",
        what: "anybody can reset the password of an account",
        affected: &[
            ([16, 1, 0, 0], [16, 1, 6, 0]),
            ([16, 2, 0, 0], [16, 2, 9, 0]),
            ([16, 3, 0, 0], [16, 3, 7, 0]),
            ([16, 4, 0, 0], [16, 4, 5, 0]),
            ([16, 5, 0, 0], [16, 5, 6, 0]),
            ([16, 6, 0, 0], [16, 6, 4, 0]),
            ([16, 7, 0, 0], [16, 7, 2, 0]),
        ],
    },
    Advisory {
        paths: &["atlassian/confluence"],
        cve: "CVE-2023-22515",
        what: "anybody can make themselves an administrator",
        affected: &[([8, 0, 0, 0], [8, 3, 3, 0]), ([8, 4, 0, 0], [8, 4, 3, 0]), ([8, 5, 0, 0], [8, 5, 2, 0])],
    },
    Advisory {
        paths: &["metabase/metabase"],
        cve: "CVE-2023-38646",
        what: "anybody can run commands on the server",
        affected: &[
            ([0, 43, 0, 0], [0, 43, 7, 2]),
            ([0, 44, 0, 0], [0, 44, 7, 1]),
            ([0, 45, 0, 0], [0, 45, 4, 1]),
            ([0, 46, 0, 0], [0, 46, 6, 1]),
        ],
    },
    Advisory {
        paths: &["fluent/fluent-bit"],
        cve: "CVE-2024-4323",
        what: "who reaches its HTTP server can crash it, and perhaps run code",
        affected: &[([2, 0, 7, 0], [2, 2, 3, 0]), ([3, 0, 0, 0], [3, 0, 4, 0])],
    },
];

const GRAFANA: &[&str] = &["grafana/grafana", "grafana/grafana-oss", "grafana/grafana-enterprise"];

fn known_vulnerable_version(pod: &Pod<'_>, report: &mut Report<'_>) {
    for container in &pod.containers {
        let Lookup::Present(image) = container.image() else { continue };
        let Some(text) = image.as_str().filter(|text| may_be_listed(text)) else { continue };
        let Ok(reference) = ImageRef::parse(text) else { continue };
        let Some((advisory, fixed)) = advisory(&reference) else { continue };
        report
            .at(image, format!("image `{text}` of {} has {}: {}", container.title(), advisory.cve, advisory.what))
            .help(format!("use {} or newer", written(fixed)));
    }
}

/// Whether the last part of the path is one of the table's: most images' is not, and this is cheaper than reading them.
fn may_be_listed(text: &str) -> bool {
    let last = text.rsplit('/').next().unwrap_or_default();
    let name = last.split([':', '@']).next().unwrap_or_default();
    let mut paths = ADVISORIES.iter().flat_map(|advisory| advisory.paths);
    paths.any(|path| ends_with_path(path, name))
}

/// The first advisory of the table about an image, and the version that mends it.
fn advisory(image: &ImageRef) -> Option<(&'static Advisory, Version)> {
    let version = version(image.tag()?)?;
    ADVISORIES.iter().find_map(|advisory| {
        let is_of = advisory.paths.iter().any(|path| ends_with_path(image.path(), path));
        let range = advisory.affected.iter().find(|(from, below)| *from <= version && version < *below)?;
        is_of.then_some((advisory, range.1))
    })
}

/// An exact version: three or four numbers, or two of a weekly release above 100. What follows a dash is a variant, unless
/// it is the name of a pre-release.
fn version(tag: &str) -> Option<Version> {
    const EARLY: &[&str] = &["rc", "alpha", "beta", "pre", "dev", "nightly", "snapshot", "ea", "m"];
    let text = tag.strip_prefix('v').unwrap_or(tag);
    let (numbers, variant) = text.split_once(['-', '+']).unwrap_or((text, ""));
    let early = variant.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.' || c == '-').to_ascii_lowercase();
    if EARLY.contains(&early.as_str()) {
        return None;
    }
    let mut version = FIRST;
    let mut count = 0_usize;
    for number in numbers.split('.') {
        *version.get_mut(count)? = number.parse().ok()?;
        count = count.saturating_add(1);
    }
    let is_weekly = count == 2 && version.get(1).is_some_and(|&minor| minor > 100);
    (count >= 3 || is_weekly).then_some(version)
}

fn written(version: Version) -> String {
    let used = if version.last() == Some(&0) { 3 } else { 4 };
    version.iter().take(used).map(u32::to_string).collect::<Vec<_>>().join(".")
}
