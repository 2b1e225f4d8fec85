//! Custom resources of which one field decides: Traefik's TLS, Tekton's steps, Gatekeeper's registries.
//!
//! Defaults that the controllers' own configuration sets cannot be known.

use portcullis_model::kubernetes::Object;

use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] =
    &[&TRAEFIK_DEFAULT_TLSOPTION_WEAK, &TEKTON_STEP_SECURITY_CONTEXT_MISSING, &GATEKEEPER_REPO_PREFIX_AMBIGUOUS];

rule! {
    /// Traefik accepts TLS before 1.2
    ///
    /// TLS 1.0 and 1.1 have known weaknesses, and no browser uses them any more. Where no `minVersion` is written Traefik
    /// takes 1.2, and nothing is reported.
    ///
    /// ```yaml bad:4
    /// apiVersion: traefik.io/v1alpha1
    /// kind: TLSOption
    /// metadata: { name: default }
    /// spec: { minVersion: VersionTLS11 }
    /// ```
    /// ```yaml good
    /// apiVersion: traefik.io/v1alpha1
    /// kind: TLSOption
    /// metadata: { name: default }
    /// spec: { minVersion: VersionTLS13 }
    /// ```
    TRAEFIK_DEFAULT_TLSOPTION_WEAK = "k8s-traefik-default-tlsoption-weak" {
        check: Check::Object(&["TLSOption"], traefik_tls),
        severity: Severity::Medium,
        profile: Profile::All,
        peers: &["kyverno:traefik/disallow-default-tlsoptions"],
    }
}

rule! {
    /// Tekton step has no security context
    ///
    /// A step runs what a repository holds; without a security context it runs as the image's user, often root, with
    /// everything that the runtime gives. The task's `stepTemplate` counts for all of its steps. Silent for steps that a
    /// StepAction describes. Where the task comes from is not looked at.
    ///
    /// ```yaml bad:6
    /// apiVersion: tekton.dev/v1
    /// kind: Task
    /// metadata: { name: build }
    /// spec:
    ///   steps:
    ///     - name: make
    ///       image: build:1
    /// ```
    /// ```yaml good
    /// apiVersion: tekton.dev/v1
    /// kind: Task
    /// metadata: { name: build }
    /// spec:
    ///   stepTemplate: { securityContext: { runAsNonRoot: true } }
    ///   steps: [{ name: make, image: build:1 }]
    /// ---
    /// apiVersion: tekton.dev/v1
    /// kind: TaskRun
    /// metadata: { name: build }
    /// spec:
    ///   taskSpec:
    ///     steps:
    ///       - { name: make, image: build:1, securityContext: { runAsNonRoot: true } }
    ///       - { name: push, ref: { name: push } }
    /// ```
    TEKTON_STEP_SECURITY_CONTEXT_MISSING = "k8s-tekton-step-security-context-missing" {
        check: Check::Object(&["Task", "ClusterTask", "TaskRun", "Pipeline", "PipelineRun"], tekton_steps),
        severity: Severity::Low,
        profile: Profile::All,
        peers: &["kyverno:tekton/require-tekton-securitycontext"],
    }
}

rule! {
    /// Gatekeeper's list of repositories allows others that begin alike
    ///
    /// `K8sAllowedRepos` compares beginnings: `registry.example.com` also allows `registry.example.com.evil.org`, and
    /// `docker.io/shop` also `docker.io/shop-evil`. A slash at the end makes it a whole name; an entry with a tag or
    /// digest is one as well. An empty entry allows everything.
    ///
    /// ```yaml bad:7
    /// apiVersion: constraints.gatekeeper.sh/v1beta1
    /// kind: K8sAllowedRepos
    /// metadata: { name: repos }
    /// spec:
    ///   parameters:
    ///     repos:
    ///       - registry.example.com
    /// ```
    /// ```yaml good
    /// apiVersion: constraints.gatekeeper.sh/v1beta1
    /// kind: K8sAllowedRepos
    /// metadata: { name: repos }
    /// spec: { parameters: { repos: [registry.example.com/, "docker.io/shop/web:1.2.3", "${REPO}"] } }
    /// ```
    GATEKEEPER_REPO_PREFIX_AMBIGUOUS = "k8s-gatekeeper-repo-prefix-ambiguous" {
        check: Check::Object(&["K8sAllowedRepos"], gatekeeper_repos),
        severity: Severity::High,
        peers: &["trivy:KSV-0124"],
    }
}

fn traefik_tls(object: &Object<'_>, report: &mut Report<'_>) {
    if !matches!(object.group(), "traefik.io" | "traefik.containo.us") {
        return;
    }
    let Lookup::Present(version) = object.node.get("spec.minVersion") else { return };
    if let Some(text @ ("VersionSSL30" | "VersionTLS10" | "VersionTLS11")) = version.as_str() {
        report.at(version, format!("{} accepts `{text}`", object.title())).help("set it to `VersionTLS12` or newer");
    }
}

fn tekton_steps(object: &Object<'_>, report: &mut Report<'_>) {
    if object.group() != "tekton.dev" {
        return;
    }
    let Lookup::Present(spec) = object.node.get("spec") else { return };
    let pipeline = if object.kind == "PipelineRun" { spec.get("pipelineSpec").present() } else { Some(spec) };
    match object.kind {
        "Task" | "ClusterTask" => check_steps(spec, report),
        "TaskRun" => spec.field("taskSpec").into_iter().for_each(|task| check_steps(task, report)),
        _ => {
            let lists = ["tasks", "finally"].iter().filter_map(|field| pipeline?.field(field));
            let tasks = lists.flat_map(Node::items).filter_map(|task| task.field("taskSpec"));
            tasks.for_each(|task| check_steps(task, report));
        }
    }
}

fn check_steps(task: Node<'_>, report: &mut Report<'_>) {
    let Lookup::Absent(_) = task.get("stepTemplate.securityContext") else { return };
    for step in task.field("steps").into_iter().flat_map(Node::items).filter(|step| step.is_map()) {
        let is_described_elsewhere = step.get("ref").absent().is_none();
        if is_described_elsewhere || step.get("securityContext").absent().is_none() {
            continue;
        }
        let name = step.field("name").map_or_else(|| "a step".to_owned(), |name| format!("step `{}`", name.text()));
        report
            .at(step, format!("{name} has no security context"))
            .help("set `securityContext` with `runAsNonRoot: true` on it, or on the `stepTemplate`");
    }
}

fn gatekeeper_repos(object: &Object<'_>, report: &mut Report<'_>) {
    if object.group() != "constraints.gatekeeper.sh" {
        return;
    }
    let Lookup::Present(repos) = object.node.get("spec.parameters.repos") else { return };
    for repo in repos.items() {
        let Some(text) = repo.as_str() else { continue };
        // A colon in the last part stands before a tag; in the only part, before a port.
        let is_tagged = text.contains('@') || text.rsplit_once('/').is_some_and(|(_, last)| last.contains(':'));
        if !text.ends_with('/') && !is_tagged {
            report
                .at(repo, format!("{} allows every image whose name begins with `{text}`", object.title()))
                .help(format!("write `{text}/`"));
        }
    }
}
