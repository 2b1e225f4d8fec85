//! Bindings that give much, or give to everybody.
//!
//! A binding names its role only; what a role of another name grants is asked where an answer needs it. Silent for what
//! Kubernetes itself gives away, and for subjects that are filled in later.

use portcullis_model::facts::{Claim, Namespace};
use portcullis_model::kubernetes::{Object, RoleRef, Subject, is_bootstrapped, role_ref, subjects};

use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] =
    &[&CLUSTER_ADMIN_BINDING, &BIND_ANONYMOUS, &BIND_AUTHENTICATED, &BIND_SYSTEM_MASTERS, &BIND_DEFAULT_SERVICEACCOUNT];

rule! {
    /// Binding makes somebody an administrator
    ///
    /// `cluster-admin` is every right there is; in a RoleBinding, every right in the namespace. `admin` and `edit` are
    /// reported where they go to a group that holds everybody or every ServiceAccount. Silent for bindings that
    /// Kubernetes brings along. Custom roles are judged where they are written.
    ///
    /// ```yaml bad:4
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRoleBinding
    /// metadata: { name: ci }
    /// roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin }
    /// subjects: [{ kind: ServiceAccount, name: ci, namespace: ci }]
    /// ```
    /// ```yaml bad:6
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: RoleBinding
    /// metadata: { name: apps, namespace: apps }
    /// roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: edit }
    /// subjects:
    ///   - { apiGroup: rbac.authorization.k8s.io, kind: Group, name: "system:serviceaccounts:apps" }
    /// ```
    /// ```yaml good
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: RoleBinding
    /// metadata: { name: team, namespace: apps }
    /// roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: edit }
    /// subjects: [{ apiGroup: rbac.authorization.k8s.io, kind: Group, name: team-apps }]
    /// ```
    /// ```yaml good
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: RoleBinding
    /// metadata: { name: own, namespace: apps }
    /// roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: cluster-admin }
    /// subjects: [{ kind: ServiceAccount, name: own, namespace: apps }]
    /// ```
    /// ```yaml good
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRoleBinding
    /// metadata: { name: cluster-admin, labels: { kubernetes.io/bootstrapping: rbac-defaults } }
    /// roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin }
    /// subjects: [{ apiGroup: rbac.authorization.k8s.io, kind: Group, name: "system:masters" }]
    /// ```
    CLUSTER_ADMIN_BINDING = "k8s-cluster-admin-binding" {
        check: Check::Object(BINDINGS, cluster_admin_binding),
        severity: Severity::High,
        peers: &[
            "kube-linter:cluster-admin-role-binding", "trivy:KSV-0111", "polaris:clusterrolebindingClusterAdmin",
            "polaris:rolebindingClusterAdminClusterRole", "polaris:rolebindingClusterAdminRole", "kubescape:C-0035",
            "kubescape:C-0185", "kyverno:other/restrict-binding-clusteradmin",
        ],
        yields_to: &["k8s-bind-anonymous", "k8s-bind-system-masters", "k8s-bind-authenticated"],
    }
}

rule! {
    /// Binding gives rights to anonymous requests
    ///
    /// `system:anonymous` and `system:unauthenticated` are whoever reaches the API server's port. Silent for the roles
    /// that Kubernetes itself gives them: `system:public-info-viewer`, `system:discovery`, `system:basic-user`, and
    /// kubeadm's `kubeadm:bootstrap-signer-clusterinfo`.
    ///
    /// ```yaml bad:6
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRoleBinding
    /// metadata: { name: dashboard }
    /// roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view }
    /// subjects:
    ///   - { apiGroup: rbac.authorization.k8s.io, kind: User, name: "system:anonymous" }
    /// ```
    /// ```yaml good
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRoleBinding
    /// metadata: { name: oidc-discovery }
    /// roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: "system:public-info-viewer" }
    /// subjects: [{ apiGroup: rbac.authorization.k8s.io, kind: Group, name: "system:unauthenticated" }]
    /// ```
    BIND_ANONYMOUS = "k8s-bind-anonymous" {
        check: Check::Object(BINDINGS, bind_anonymous),
        severity: Severity::Critical,
        peers: &["trivy:KSV-0122", "kubescape:C-0262", "kyverno:other/restrict-binding-system-groups"],
    }
}

rule! {
    /// Binding gives elevated rights to every user and ServiceAccount
    ///
    /// `system:authenticated` is everybody with any token, on some clouds anybody with an account there. Elevated are
    /// `cluster-admin`, `admin`, `edit`, and a role of the scan that changes something, reads Secrets or holds `*`.
    /// Silent for roles that are not in the scan, and for `system:public-info-viewer`, `system:discovery` and
    /// `system:basic-user`.
    ///
    /// ```yaml bad:6
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRoleBinding
    /// metadata: { name: everybody }
    /// roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: edit }
    /// subjects:
    ///   - { apiGroup: rbac.authorization.k8s.io, kind: Group, name: "system:authenticated" }
    /// ```
    /// ```yaml bad:6
    /// file=binding.yaml
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRoleBinding
    /// metadata: { name: everybody }
    /// roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: restart }
    /// subjects:
    ///   - { apiGroup: rbac.authorization.k8s.io, kind: Group, name: "system:authenticated" }
    /// file=roles/restart.yaml
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata: { name: restart }
    /// rules: [{ apiGroups: [apps], resources: [deployments], verbs: [patch] }]
    /// ```
    /// ```yaml good
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRoleBinding
    /// metadata: { name: everybody }
    /// roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: see-nodes }
    /// subjects: [{ apiGroup: rbac.authorization.k8s.io, kind: Group, name: "system:authenticated" }]
    /// ---
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata: { name: see-nodes }
    /// rules: [{ apiGroups: [""], resources: [nodes], verbs: [get, list] }]
    /// ```
    BIND_AUTHENTICATED = "k8s-bind-authenticated" {
        check: Check::Object(BINDINGS, bind_authenticated),
        severity: Severity::High,
        tags: &["across-files"],
        peers: &["trivy:KSV-01011", "kubescape:C-0265", "kyverno:other/restrict-binding-system-groups"],
    }
}

rule! {
    /// Binding names the group system:masters
    ///
    /// The group is above RBAC: nothing is denied to it, no binding gives it more, and removing one takes nothing away.
    /// A binding for it suggests that people or programs are in the group. Silent for the binding that Kubernetes brings
    /// along.
    ///
    /// ```yaml bad:6
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRoleBinding
    /// metadata: { name: operators }
    /// roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin }
    /// subjects:
    ///   - { apiGroup: rbac.authorization.k8s.io, kind: Group, name: "system:masters" }
    /// ```
    /// ```yaml good
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRoleBinding
    /// metadata: { name: operators }
    /// roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view }
    /// subjects: [{ apiGroup: rbac.authorization.k8s.io, kind: Group, name: operators }]
    /// ```
    BIND_SYSTEM_MASTERS = "k8s-bind-system-masters" {
        check: Check::Object(BINDINGS, bind_system_masters),
        severity: Severity::Critical,
        peers: &["trivy:KSV-0123", "kubescape:C-0246", "kyverno:other/restrict-binding-system-groups"],
    }
}

rule! {
    /// Binding gives rights to a default ServiceAccount
    ///
    /// Every pod of the namespace that names no account runs as `default`: they all get what one of them needs.
    ///
    /// ```yaml bad:6
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: RoleBinding
    /// metadata: { name: web, namespace: web }
    /// roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: web }
    /// subjects:
    ///   - { kind: ServiceAccount, name: default, namespace: web }
    /// ```
    /// ```yaml good
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: RoleBinding
    /// metadata: { name: web, namespace: web }
    /// roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: web }
    /// subjects: [{ kind: ServiceAccount, name: web }, { kind: User, name: default }, { kind: ServiceAccount, name: "${SA}" }]
    /// ```
    BIND_DEFAULT_SERVICEACCOUNT = "k8s-bind-default-serviceaccount" {
        check: Check::Object(BINDINGS, bind_default_serviceaccount),
        severity: Severity::Medium,
        peers: &["checkov:CKV_K8S_42", "kubescape:C-0189"],
    }
}

const BINDINGS: &[&str] = &["RoleBinding", "ClusterRoleBinding"];

/// What Kubernetes itself gives to everybody.
const PUBLIC_ROLES: &[&str] = &["system:public-info-viewer", "system:discovery", "system:basic-user"];

fn cluster_admin_binding(binding: &Object<'_>, report: &mut Report<'_>) {
    let Some(role) = role_ref(binding).filter(|role| role.kind == "ClusterRole" && !is_bootstrapped(binding)) else {
        return;
    };
    let subjects = subjects(binding);
    let broad = subjects.iter().find(|subject| is_broad(subject));
    let (place, whom) = match (role.name, broad) {
        // Other rules may say more of such a subject, and this one gives way to them there.
        ("cluster-admin" | "admin" | "edit", Some(subject)) => (subject.node, named(subject)),
        ("cluster-admin", None) => (role.node, whom(&subjects)),
        _ => return,
    };
    report
        .at(place, format!("{} gives `{}` to {whom}", binding.title(), role.name))
        .help("bind a role that holds what is needed and no more");
}

fn bind_anonymous(binding: &Object<'_>, report: &mut Report<'_>) {
    let Some(role) = role_ref(binding) else { return };
    // The binding's own name does not count: anybody may give it one that sounds like the system's.
    if PUBLIC_ROLES.contains(&role.name) || role.name == "kubeadm:bootstrap-signer-clusterinfo" {
        return;
    }
    for subject in subjects(binding).iter().filter(|subject| is_anonymous(subject)) {
        report
            .at(subject.node, format!("{} gives `{}` to anonymous requests", binding.title(), role.name))
            .help("name the users or groups that it is for");
    }
}

fn bind_authenticated(binding: &Object<'_>, report: &mut Report<'_>) {
    let Some(role) = role_ref(binding) else { return };
    if PUBLIC_ROLES.contains(&role.name) {
        return;
    }
    let is_known = role.kind == "ClusterRole" && matches!(role.name, "cluster-admin" | "admin" | "edit");
    for subject in subjects(binding).iter().filter(|subject| is_authenticated(subject)) {
        let message = format!("{} gives `{}` to every user and ServiceAccount", binding.title(), role.name);
        let draft = if is_known {
            report.at(subject.node, message)
        } else {
            let claim = elevated(report.namespace(binding), &role);
            report.claim(subject.node, message, claim)
        };
        draft.help("name the users or groups that it is for");
    }
}

/// The claim that a role of the scan, for a Role that of `namespace`, gives more than a reader's rights.
fn elevated(namespace: Namespace, role: &RoleRef<'_>) -> Claim {
    Claim::ElevatedRole {
        namespace: if role.kind == "Role" { namespace } else { Namespace::Unwritten },
        kind: role.kind.to_owned(),
        name: role.name.to_owned(),
    }
}

fn bind_system_masters(binding: &Object<'_>, report: &mut Report<'_>) {
    if is_bootstrapped(binding) {
        return;
    }
    for subject in subjects(binding).iter().filter(|subject| is_masters(subject)) {
        report
            .at(subject.node, format!("{} names the group `system:masters`", binding.title()))
            .help("use a group of your own, which can be taken away again");
    }
}

fn bind_default_serviceaccount(binding: &Object<'_>, report: &mut Report<'_>) {
    for subject in subjects(binding).iter().filter(|subject| subject.kind == "ServiceAccount") {
        if subject.name == "default" {
            report
                .at(subject.node, format!("{} gives rights to the ServiceAccount `default`", binding.title()))
                .help("make an account for the pods that need them, and name it in `serviceAccountName`");
        }
    }
}

fn is_broad(subject: &Subject<'_>) -> bool {
    is_anonymous(subject)
        || is_authenticated(subject)
        || is_masters(subject)
        || subject.kind == "Group"
            && (subject.name == "system:serviceaccounts" || subject.name.starts_with("system:serviceaccounts:"))
}

/// Users and groups are not told apart: the names are reserved, and whoever writes one means it.
fn is_anonymous(subject: &Subject<'_>) -> bool {
    subject.kind != "ServiceAccount" && matches!(subject.name, "system:anonymous" | "system:unauthenticated")
}

/// OpenShift has a second name for those who logged in there.
fn is_authenticated(subject: &Subject<'_>) -> bool {
    subject.kind != "ServiceAccount" && matches!(subject.name, "system:authenticated" | "system:authenticated:oauth")
}

fn is_masters(subject: &Subject<'_>) -> bool {
    subject.kind != "ServiceAccount" && subject.name == "system:masters"
}

fn whom(subjects: &[Subject<'_>]) -> String {
    match subjects {
        [] => "its subjects".to_owned(),
        [subject] => named(subject),
        [first, rest @ ..] => format!("{} and {} more", named(first), rest.len()),
    }
}

fn named(subject: &Subject<'_>) -> String {
    format!("{} `{}`", subject.kind, subject.name)
}
