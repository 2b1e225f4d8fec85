//! Components of a cluster that nobody maintains, or that run what they are told to.
//!
//! Known by the image's repository, in any registry, and for Tiller by the name that its installer gives. A copy under
//! another name is not recognised. What has ended is compared with the day of the scan.

use portcullis_model::image::{ImageRef, ends_with_path};
use portcullis_model::kubernetes::{Object, Pod, pods};

use crate::Date;
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[&IMAGE_EOL_COMPONENT, &TILLER_DEPLOYED, &GIT_SYNC_INJECTION];

rule! {
    /// Image is of a project that has ended
    ///
    /// No vulnerability in it will be fixed any more. The controller ingress-nginx, for one, stands at the edge of the
    /// cluster and reads every Secret; it ended in March 2026. Silent before the day that the project ended.
    ///
    /// ```yaml bad:6
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: ingress }
    /// spec:
    ///   containers:
    ///     - { name: controller, image: "registry.k8s.io/ingress-nginx/controller:v1.13.0" }
    /// ```
    /// ```yaml bad:6
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: build }
    /// spec:
    ///   containers:
    ///     - { name: build, image: "gcr.io/kaniko-project/executor:${VERSION}" }
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: ingress }
    /// spec:
    ///   containers:
    ///     - { name: controller, image: "docker.io/nginx/nginx-ingress:5.0.0" }
    ///     - { name: certgen, image: "registry.k8s.io/ingress-nginx/kube-webhook-certgen:v1.6.0" }
    /// ```
    IMAGE_EOL_COMPONENT = "k8s-image-eol-component" {
        check: Check::Pod(image_eol_component),
        severity: Severity::Medium,
        peers: &["kubescape:C-0292"],
    }
}

rule! {
    /// Tiller, the server of Helm 2, is deployed
    ///
    /// Whoever reaches its port installs what they like with its rights, which as a rule are the cluster
    /// administrator's. Helm 2 ended in November 2020; Helm 3 has no server.
    ///
    /// ```yaml bad:9
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata: { name: tiller-deploy, namespace: kube-system }
    /// spec:
    ///   selector: { matchLabels: { name: tiller } }
    ///   template:
    ///     metadata: { labels: { name: tiller } }
    ///     spec:
    ///       containers: [{ name: tiller, image: "gcr.io/kubernetes-helm/tiller:v2.16.1" }]
    /// ```
    /// ```yaml bad:4
    /// apiVersion: v1
    /// kind: Service
    /// metadata:
    ///   name: tiller-deploy
    /// spec: { selector: { name: tiller }, ports: [{ port: 44134 }] }
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Service
    /// metadata: { name: tiller-dashboard }
    /// spec: { selector: { app: charts }, ports: [{ port: 80 }] }
    /// ```
    TILLER_DEPLOYED = "k8s-tiller-deployed" {
        check: Check::Object(&["Deployment", "Service", "Pod", "ReplicaSet", "StatefulSet", "DaemonSet"], tiller_deployed),
        severity: Severity::High,
        peers: &[
            "trivy:KSV-0102", "checkov:CKV_K8S_34", "checkov:CKV_K8S_44", "checkov:CKV_K8S_45",
            "kyverno:best-practices/disallow-helm-tiller",
        ],
    }
}

rule! {
    /// git-sync is told which program to run as git
    ///
    /// `GITSYNC_GIT` names the command that git-sync runs instead of git, with its credentials and its network. Who may
    /// set a variable of the pod thereby runs a program of their choice in it.
    ///
    /// ```yaml bad:9
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: docs }
    /// spec:
    ///   containers:
    ///     - name: sync
    ///       image: registry.k8s.io/git-sync/git-sync:v4.4.0
    ///       env:
    ///         - { name: GITSYNC_GIT, value: /data/helper }
    /// ```
    /// ```yaml good
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: docs }
    /// spec:
    ///   containers:
    ///     - name: sync
    ///       image: registry.k8s.io/git-sync/git-sync:v4.4.0
    ///       env: [{ name: GITSYNC_REPO, value: "https://git.example.com/docs.git" }]
    /// ```
    GIT_SYNC_INJECTION = "k8s-git-sync-injection" {
        check: Check::Pod(git_sync_injection),
        severity: Severity::Medium,
        peers: &["checkov:CKV_K8S_159"],
    }
}

/// A project that has ended: how its images' paths end, what it is called, when it ended, and what to use.
struct Retired {
    path: &'static str,
    name: &'static str,
    ended: Date,
    instead: &'static str,
}

/// Paths without the registry, because every one of these is mirrored.
const RETIRED: &[Retired] = &[
    Retired {
        path: "ingress-nginx/controller",
        name: "ingress-nginx",
        ended: Date { year: 2026, month: 3, day: 31 },
        instead: "move to a Gateway API implementation or to an ingress controller that is maintained",
    },
    Retired {
        path: "ingress-nginx/controller-chroot",
        name: "ingress-nginx",
        ended: Date { year: 2026, month: 3, day: 31 },
        instead: "move to a Gateway API implementation or to an ingress controller that is maintained",
    },
    Retired {
        path: "kubernetes-ingress-controller/nginx-ingress-controller",
        name: "ingress-nginx",
        ended: Date { year: 2026, month: 3, day: 31 },
        instead: "move to a Gateway API implementation or to an ingress controller that is maintained",
    },
    Retired {
        path: "kaniko-project/executor",
        name: "kaniko",
        ended: Date { year: 2025, month: 6, day: 3 },
        instead: "build with BuildKit or Buildah",
    },
    Retired {
        path: "fluxcd/flux",
        name: "Flux 1",
        ended: Date { year: 2022, month: 11, day: 1 },
        instead: "move to Flux 2",
    },
    Retired {
        path: "fluxcd/helm-operator",
        name: "the Helm operator of Flux 1",
        ended: Date { year: 2022, month: 11, day: 1 },
        instead: "move to Flux 2's helm-controller",
    },
];

fn image_eol_component(pod: &Pod<'_>, report: &mut Report<'_>) {
    for container in &pod.containers {
        let Lookup::Present(image) = container.image() else { continue };
        // Cheaper than reading every image; what it lets through is read.
        if !RETIRED.iter().any(|row| image.text().contains(row.path)) {
            continue;
        }
        let Some(path) = path(image) else { continue };
        let today = report.context().date;
        let Some(retired) = RETIRED.iter().find(|row| ends_with_path(&path, row.path) && row.ended <= today) else {
            continue;
        };
        report
            .at(image, format!("{} runs {}, which ended on {}", container.title(), retired.name, retired.ended))
            .help(retired.instead);
    }
}

fn tiller_deployed(object: &Object<'_>, report: &mut Report<'_>) {
    let pods = pods(object);
    let images = pods.iter().flat_map(|pod| &pod.containers).filter_map(|container| container.image().present());
    let mut named = images.into_iter().filter(|image| image.text().contains("tiller"));
    let by_image = named.find(|image| path(*image).is_some_and(|path| ends_with_path(&path, "tiller")));
    let by_name = object.node.get("metadata.name").present().filter(|name| name.as_str() == Some("tiller-deploy"));
    if let Some(node) = by_image.or(by_name) {
        report
            .at(node, format!("{} is Tiller, the server of Helm 2", object.title()))
            .help("move its releases to Helm 3 and delete it");
    }
}

fn git_sync_injection(pod: &Pod<'_>, report: &mut Report<'_>) {
    for container in &pod.containers {
        for variable in container.list("env") {
            let Some(name) = variable.field("name").filter(|name| name.as_str() == Some("GITSYNC_GIT")) else {
                continue;
            };
            report
                .at(name, format!("{} sets `GITSYNC_GIT`, the program that git-sync runs", container.title()))
                .help("remove it; git-sync finds its own git");
        }
    }
}

/// An image's path, where no placeholder can change it.
fn path(image: Node<'_>) -> Option<String> {
    let text = match image.value() {
        Value::String(text) => text,
        Value::Template(template) => {
            let (known, _) = template.prefix().rsplit_once([':', '@'])?;
            known.contains('/').then_some(known)?
        }
        _ => return None,
    };
    ImageRef::parse(text).ok().map(|image| image.path().to_owned())
}
