//! Argo CD's applications and projects.
//!
//! ApplicationSets are read as far as their template goes; one with a `templatePatch` may become anything.

use portcullis_model::kubernetes::Object;

use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[
    &ARGOCD_DEFAULT_PROJECT,
    &ARGOCD_APPLICATION_INVALID,
    &ARGOCD_APPPROJECT_WILDCARD,
    &ARGOCD_TARGET_REVISION_MUTABLE,
];

rule! {
    /// Application is in Argo CD's default project
    ///
    /// Unless somebody has narrowed it, that project lets an application come from any repository and go to any cluster
    /// and namespace. A project of its own says what the application may do.
    ///
    /// ```yaml bad:5
    /// apiVersion: argoproj.io/v1alpha1
    /// kind: Application
    /// metadata: { name: web, namespace: argocd }
    /// spec:
    ///   project: default
    ///   source: { repoURL: "https://git.example.org/web.git", path: deploy }
    ///   destination: { name: in-cluster, namespace: web }
    /// ```
    /// ```yaml good
    /// apiVersion: argoproj.io/v1alpha1
    /// kind: Application
    /// metadata: { name: web, namespace: argocd }
    /// spec:
    ///   project: shop
    ///   source: { repoURL: "https://git.example.org/web.git", path: deploy }
    ///   destination: { name: in-cluster, namespace: web }
    /// ```
    ARGOCD_DEFAULT_PROJECT = "k8s-argocd-default-project" {
        check: Check::Object(&["Application", "ApplicationSet"], default_project),
        severity: Severity::Low,
        profile: Profile::All,
        peers: &["kyverno:argo/application-prevent-default-project"],
    }
}

rule! {
    /// Application's source or destination is not valid
    ///
    /// Argo CD cannot sync it. A source has either a `path` in a Git repository or a `chart`; among several `sources` one
    /// may have neither but a `ref`. A destination is a cluster's `name` or its `server`, not both. Silent where a
    /// template may add the other.
    ///
    /// ```yaml bad:9
    /// apiVersion: argoproj.io/v1alpha1
    /// kind: Application
    /// metadata: { name: web }
    /// spec:
    ///   project: shop
    ///   source:
    ///     repoURL: https://charts.example.org
    ///     path: deploy
    ///     chart: web
    ///   destination: { name: in-cluster }
    /// ```
    /// ```yaml bad:7
    /// apiVersion: argoproj.io/v1alpha1
    /// kind: Application
    /// metadata: { name: web }
    /// spec:
    ///   project: shop
    ///   source: { repoURL: "https://git.example.org/web.git", path: deploy }
    ///   destination: { namespace: web }
    /// ```
    /// ```yaml good
    /// apiVersion: argoproj.io/v1alpha1
    /// kind: Application
    /// metadata: { name: web }
    /// spec:
    ///   project: shop
    ///   sources:
    ///     - { repoURL: "https://charts.example.org", chart: web, targetRevision: 1.2.3 }
    ///     - { repoURL: "https://git.example.org/values.git", ref: values }
    ///   destination: { server: "https://kubernetes.default.svc", namespace: web }
    /// ---
    /// apiVersion: app.k8s.io/v1beta1
    /// kind: Application
    /// metadata: { name: web }
    /// spec: { selector: { matchLabels: { app: web } } }
    /// ```
    ARGOCD_APPLICATION_INVALID = "k8s-argocd-application-invalid" {
        check: Check::Object(&["Application", "ApplicationSet"], application_invalid),
        severity: Severity::Medium,
        peers: &["kyverno:argo/application-field-validation"],
    }
}

rule! {
    /// AppProject allows everything
    ///
    /// A project is the fence around its applications. With any source repository, any namespace to deploy to, or any
    /// cluster-wide kind, who may write to one repository administers the cluster, Argo CD's own namespace included.
    /// Looks at `sourceRepos`, at the namespaces of `destinations`, and at `clusterResourceWhitelist`, for `*` alone.
    ///
    /// ```yaml bad:4
    /// apiVersion: argoproj.io/v1alpha1
    /// kind: AppProject
    /// metadata: { name: shop }
    /// spec: { sourceRepos: ["*"], destinations: [{ name: in-cluster, namespace: shop }] }
    /// ```
    /// ```yaml bad:6
    /// apiVersion: argoproj.io/v1alpha1
    /// kind: AppProject
    /// metadata: { name: shop }
    /// spec:
    ///   destinations:
    ///     - { server: "https://kubernetes.default.svc", namespace: "*" }
    /// ```
    /// ```yaml bad:6
    /// apiVersion: argoproj.io/v1alpha1
    /// kind: AppProject
    /// metadata: { name: shop }
    /// spec:
    ///   clusterResourceWhitelist:
    ///     - { group: "*", kind: "*" }
    /// ```
    /// ```yaml good
    /// apiVersion: argoproj.io/v1alpha1
    /// kind: AppProject
    /// metadata: { name: shop }
    /// spec:
    ///   sourceRepos: ["https://git.example.org/shop/*"]
    ///   destinations: [{ server: "*", namespace: "shop-*" }]
    ///   clusterResourceWhitelist: [{ group: "", kind: Namespace }]
    ///   namespaceResourceWhitelist: [{ group: "*", kind: "*" }]
    /// ```
    ARGOCD_APPPROJECT_WILDCARD = "k8s-argocd-appproject-wildcard" {
        check: Check::Object(&["AppProject"], appproject_wildcard),
        severity: Severity::High,
        peers: &["kyverno:argo/appproject-clusterresourceblacklist"],
    }
}

rule! {
    /// Application follows whatever is newest
    ///
    /// `HEAD`, `main` and `master` move with each commit, and a range with each release of the chart: what is deployed
    /// changes without a change here, and cannot be rolled back to. No revision at all means the same. Other names are
    /// taken for tags or commits, because a branch cannot be told from them.
    ///
    /// ```yaml bad:6
    /// apiVersion: argoproj.io/v1alpha1
    /// kind: Application
    /// metadata: { name: web }
    /// spec:
    ///   project: shop
    ///   source: { repoURL: "https://git.example.org/web.git", path: deploy, targetRevision: HEAD }
    ///   destination: { name: in-cluster, namespace: web }
    /// ```
    /// ```yaml bad:7
    /// apiVersion: argoproj.io/v1alpha1
    /// kind: Application
    /// metadata: { name: web }
    /// spec:
    ///   project: shop
    ///   sources:
    ///     - { repoURL: "https://charts.example.org", chart: web, targetRevision: "1.*" }
    ///   destination: { name: in-cluster, namespace: web }
    /// ```
    /// ```yaml good
    /// apiVersion: argoproj.io/v1alpha1
    /// kind: Application
    /// metadata: { name: web }
    /// spec:
    ///   project: shop
    ///   source: { repoURL: "https://git.example.org/web.git", path: deploy, targetRevision: v1.2.3 }
    ///   destination: { name: in-cluster, namespace: web }
    /// ---
    /// apiVersion: argoproj.io/v1alpha1
    /// kind: ApplicationSet
    /// metadata: { name: web }
    /// spec:
    ///   template:
    ///     spec:
    ///       source: { repoURL: "https://git.example.org/web.git", path: deploy, targetRevision: "{{branch}}" }
    /// ```
    ARGOCD_TARGET_REVISION_MUTABLE = "k8s-argocd-target-revision-mutable" {
        check: Check::Object(&["Application", "ApplicationSet"], target_revision_mutable),
        severity: Severity::Low,
        profile: Profile::All,
    }
}

/// The `spec` of the application, or of those that the set makes.
fn application<'t>(object: &Object<'t>) -> Option<Node<'t>> {
    if object.group() != "argoproj.io" {
        return None;
    }
    if object.kind == "ApplicationSet" {
        object.node.get("spec.templatePatch").absent()?;
        return object.node.get("spec.template.spec").present();
    }
    object.node.get("spec").present()
}

fn default_project(object: &Object<'_>, report: &mut Report<'_>) {
    let Some(Lookup::Present(project)) = application(object).map(|spec| spec.get("project")) else { return };
    if project.as_str() == Some("default") {
        report
            .at(project, format!("{} is in the project `default`", object.title()))
            .help("make an AppProject that allows what it needs, and name it here");
    }
}

fn application_invalid(object: &Object<'_>, report: &mut Report<'_>) {
    let Some(spec) = application(object) else { return };
    if let Lookup::Present(source) = spec.get("source") {
        check_source(object, source, report);
    }
    if let Lookup::Present(sources) = spec.get("sources") {
        sources.items().for_each(|source| check_source(object, source, report));
    }
    let Lookup::Present(destination) = spec.get("destination") else { return };
    match (destination.get("name"), destination.get("server")) {
        (Lookup::Present(name), Lookup::Present(server)) => {
            report
                .at(server, format!("the destination of {} has both a name and a server", object.title()))
                .label(name.span(), "the name")
                .help("keep one of them");
        }
        (Lookup::Absent(anchor), Lookup::Absent(_)) => {
            report
                .at(anchor, format!("the destination of {} has neither a name nor a server", object.title()))
                .help("add the cluster's `name`, or its `server`");
        }
        _ => {}
    }
}

fn check_source(object: &Object<'_>, source: Node<'_>, report: &mut Report<'_>) {
    match (source.get("path"), source.get("chart")) {
        (Lookup::Present(path), Lookup::Present(chart)) => {
            report
                .at(chart, format!("a source of {} has both a path and a chart", object.title()))
                .label(path.span(), "the path")
                .help("keep `path` for a Git repository, `chart` for a Helm repository");
        }
        (Lookup::Absent(anchor), Lookup::Absent(_)) if source.get("ref").absent().is_some() => {
            report
                .at(anchor, format!("a source of {} has neither a path nor a chart", object.title()))
                .help("add `path` for a Git repository, `chart` for a Helm repository");
        }
        _ => {}
    }
}

fn target_revision_mutable(object: &Object<'_>, report: &mut Report<'_>) {
    let Some(spec) = application(object) else { return };
    let several = spec.field("sources").into_iter().flat_map(Node::items);
    for source in spec.field("source").into_iter().chain(several).filter(|source| source.is_map()) {
        let help = "name a tag, a commit or an exact version";
        match source.get("targetRevision") {
            Lookup::Present(revision) => {
                let Some(text) = revision.as_str().filter(|text| is_mutable(text)) else { continue };
                let what = if text.is_empty() { "the newest revision".to_owned() } else { format!("`{text}`") };
                report.at(revision, format!("{} follows {what}", object.title())).help(help);
            }
            Lookup::Absent(anchor) => {
                report.at(anchor, format!("{} follows the newest revision", object.title())).help(help);
            }
            Lookup::Unknown(_) => {}
        }
    }
}

/// Whether a revision moves by its very name, or is a range of versions.
fn is_mutable(revision: &str) -> bool {
    matches!(revision, "" | "HEAD" | "main" | "master" | "refs/heads/main" | "refs/heads/master")
        || revision.starts_with(['>', '<', '^', '~', '='])
        || revision.contains(['*'])
        || revision.split('.').skip(1).any(|part| matches!(part, "x" | "X"))
}

fn appproject_wildcard(object: &Object<'_>, report: &mut Report<'_>) {
    if object.group() != "argoproj.io" {
        return;
    }
    let items = |field: &str| object.node.get("spec").get(field).present().into_iter().flat_map(Node::items);
    let is_any = |node: &Node<'_>| node.as_str() == Some("*");
    for source in items("sourceRepos").filter(is_any) {
        report
            .at(source, format!("{} takes any repository as a source", object.title()))
            .help("name the repositories of its applications");
    }
    for namespace in items("destinations").filter_map(|to| to.field("namespace")).filter(is_any) {
        report
            .at(namespace, format!("{} may deploy to any namespace", object.title()))
            .help("name the namespaces of its applications");
    }
    let kinds =
        items("clusterResourceWhitelist").filter(|entry| entry.field("group").is_some_and(|group| is_any(&group)));
    for kind in kinds.filter_map(|entry| entry.field("kind")).filter(is_any) {
        report
            .at(kind, format!("{} may make any cluster-wide object", object.title()))
            .help("name the kinds that its applications need");
    }
}
