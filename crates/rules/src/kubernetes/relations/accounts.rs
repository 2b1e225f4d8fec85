//! ServiceAccounts that are not there, or bring no secret for pulling images.
//!
//! Accounts of operators and add-ons are made by what installs them: one is missed only in a namespace of which the scan
//! holds pods or accounts.

use portcullis_model::facts::{Claim, Namespace};
use portcullis_model::kubernetes::{Object, Pod, is_bootstrapped, subjects};

use super::place;
use crate::kubernetes::image_sources::Source;
use crate::kubernetes::service_accounts::account;
use crate::registries::{WELL_KNOWN, is_local};
use crate::rule::prelude::*;

/// The rules of this file.
pub(in crate::kubernetes) static RULES: &[&Rule] = &[&MISSING_BINDING_SUBJECT, &IMAGE_PULL_SECRET_MISSING];

rule! {
    /// Binding gives rights to an account that is missing
    ///
    /// The rights are held by nobody now, and by whoever makes a ServiceAccount of that name later. Often the account was
    /// renamed, and its pods lack the rights. Silent for `default`, for `kube-system`, for namespaces of which the scan
    /// holds neither pods nor accounts, and for accounts that a Terraform file of the scan names.
    ///
    /// ```yaml bad:5
    /// file=binding.yaml
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: RoleBinding
    /// metadata: { name: web, namespace: shop }
    /// roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view }
    /// subjects: [{ kind: ServiceAccount, name: web, namespace: shop }]
    /// file=account.yaml
    /// apiVersion: v1
    /// kind: ServiceAccount
    /// metadata: { name: api, namespace: shop }
    /// ```
    /// ```yaml good
    /// file=binding.yaml
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRoleBinding
    /// metadata: { name: web }
    /// roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view }
    /// subjects:
    ///   - { kind: ServiceAccount, name: api, namespace: shop }
    ///   - { kind: ServiceAccount, name: default, namespace: shop }
    ///   - { kind: ServiceAccount, name: prometheus, namespace: monitoring }
    ///   - { kind: Group, name: staff }
    /// file=account.yaml
    /// apiVersion: v1
    /// kind: ServiceAccount
    /// metadata: { name: api, namespace: shop }
    /// ```
    MISSING_BINDING_SUBJECT = "k8s-missing-binding-subject" {
        check: Check::Object(&["RoleBinding", "ClusterRoleBinding"], missing_binding_subject),
        severity: Severity::Low,
        profile: Profile::All,
        tags: &["across-files"],
    }
}

rule! {
    /// Image of a private registry is pulled without a secret
    ///
    /// The kubelet asks the registry without a password, and the pod stays in `ImagePullBackOff`. Neither the pod nor its
    /// ServiceAccount has `imagePullSecrets`. Whether a registry is private cannot be told from its name: those in the
    /// option `registries` are, and where it is not set every host that is neither a large public registry, nor one of a
    /// cloud provider, nor of the cluster itself. Silent where the nodes may hold the password: say so by leaving the rule
    /// off; and where the account is not in the scan.
    ///
    /// ```yaml bad:5
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web, namespace: shop }
    /// spec:
    ///   containers: [{ name: web, image: "registry.example.com/web:1" }]
    /// ```
    /// ```yaml good
    /// file=web.yaml
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web, namespace: shop }
    /// spec:
    ///   imagePullSecrets: [{ name: registry }]
    ///   containers: [{ name: web, image: "registry.example.com/web:1" }]
    /// ---
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: api, namespace: shop }
    /// spec:
    ///   serviceAccountName: api
    ///   containers: [{ name: api, image: "registry.example.com/api:1" }]
    /// ---
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: cache, namespace: shop }
    /// spec:
    ///   containers:
    ///     - { name: cache, image: "quay.io/example/cache:1" }
    ///     - { name: local, image: "localhost:5000/local:1" }
    ///     - { name: later, image: "${REGISTRY}/later:1" }
    /// file=account.yaml
    /// apiVersion: v1
    /// kind: ServiceAccount
    /// metadata: { name: api, namespace: shop }
    /// imagePullSecrets: [{ name: registry }]
    /// ```
    IMAGE_PULL_SECRET_MISSING = "k8s-image-pull-secret-missing" {
        check: Check::Pod(image_pull_secret_missing),
        severity: Severity::Info,
        profile: Profile::OptIn,
        tags: &["across-files"],
        peers: &["kyverno:other/require-imagepullsecrets"],
        options: &[OptionMeta {
            name: "registries",
            shape: OptionShape::Strings,
            docs: "Registries that ask for a password: hosts, `*.domain`, or a host and the beginning of a path",
        }],
    }
}

fn missing_binding_subject(binding: &Object<'_>, report: &mut Report<'_>) {
    if is_bootstrapped(binding) {
        return;
    }
    for subject in subjects(binding).iter().filter(|subject| subject.kind == "ServiceAccount") {
        let Some(entry) = subject.node.parent().filter(|_| subject.name != "default") else { continue };
        let namespace = report.facts().referred(entry.get("namespace"), binding);
        if namespace == Namespace::Named("kube-system".to_owned()) {
            continue;
        }
        let name = subject.name;
        let message =
            format!("{} gives rights to ServiceAccount `{name}`, which is not{}", binding.title(), place(&namespace));
        let claim = Claim::MissingBeside { namespace, kind: "ServiceAccount", name: name.to_owned() };
        report.claim(subject.node, message, claim).help("correct the name or namespace, or remove the subject");
    }
}

fn image_pull_secret_missing(pod: &Pod<'_>, report: &mut Report<'_>) {
    let has_none = match pod.get("imagePullSecrets") {
        Lookup::Absent(_) => true,
        Lookup::Present(secrets) => secrets.is_list() && secrets.items().len() == 0,
        Lookup::Unknown(_) => false,
    };
    let Some(account) = account(pod).filter(|_| has_none) else { return };
    let configured = report.options().map_or(&[][..], |options| options.strings("registries"));
    let is_private = |source: &Source| {
        if configured.is_empty() {
            !is_local(&source.registry) && !WELL_KNOWN.iter().any(|entry| source.may_match(entry))
        } else {
            configured.iter().any(|entry| source.may_match(entry))
        }
    };
    let mut images = pod.containers.iter().filter_map(|container| container.image().present());
    let private = images.find_map(|image| Some((image, Source::of(image).filter(is_private)?)));
    let Some((image, source)) = private else { return };
    let message = format!(
        "{} pulls from `{}` without a secret, and its ServiceAccount `{}` brings none",
        pod.object.title(),
        source.registry,
        account.name
    );
    let claim = Claim::LacksPullSecret { namespace: report.namespace(&pod.object), account: account.name.to_owned() };
    report.claim(image, message, claim).help("name the secret in `imagePullSecrets` of the pod or the account");
}
