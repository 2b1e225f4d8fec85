//! Roles whose holder can become somebody else.
//!
//! Literal grants only: `*` has rules of its own. Who holds a role is not asked: a role is written to be given.

use portcullis_model::kubernetes::{Grant, OPENSHIFT_RBAC_GROUP, Object, RBAC_GROUP};

use super::grants::{CORE, CREATE_OR_CHANGE, Permission, ROLES, WRITE, written_grants};
use crate::rule::prelude::*;

/// The rules of this file.
pub(super) static RULES: &[&Rule] = &[
    &IMPERSONATE,
    &BIND_ESCALATE_VERBS,
    &RBAC_WRITE,
    &WEBHOOK_CONFIG_WRITE,
    &CSR_APPROVE,
    &SERVICEACCOUNT_TOKEN_CREATE,
];

rule! {
    /// Role may impersonate users, groups or ServiceAccounts
    ///
    /// With one header its holder is `system:masters`, whom nothing is denied, and the audit log names the victim. Silent
    /// where `resourceNames` limits it to names that are not the system's.
    ///
    /// ```yaml bad:7
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata: { name: support }
    /// rules:
    ///   - apiGroups: [""]
    ///     resources: [users, groups]
    ///     verbs: [impersonate]
    /// ```
    /// ```yaml good
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata: { name: support }
    /// rules:
    ///   - { apiGroups: [""], resources: [users], verbs: [impersonate], resourceNames: [read-only] }
    ///   - { apiGroups: [authentication.k8s.io], resources: [userextras/reason], verbs: [impersonate] }
    /// ```
    IMPERSONATE = "k8s-impersonate" {
        check: Check::Object(ROLES, impersonate),
        severity: Severity::Critical,
        peers: &["trivy:KSV-0043", "checkov:CKV2_K8S_3", "kubescape:C-0065"],
    }
}

rule! {
    /// Role may bind or escalate roles
    ///
    /// The API server lets nobody grant more than they hold, unless they have these two verbs: `escalate` writes any
    /// right into a role, `bind` gives any role to anybody. Silent where `resourceNames` limits `bind` to roles other
    /// than `cluster-admin`, which is how the documentation has it. On bindings the verb has no effect; there it is
    /// reported with low confidence, for what it was meant to do.
    ///
    /// ```yaml bad:7
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata: { name: tenants }
    /// rules:
    ///   - apiGroups: [rbac.authorization.k8s.io]
    ///     resources: [clusterroles]
    ///     verbs: [get, bind, escalate]
    /// ```
    /// ```yaml good
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata: { name: tenants }
    /// rules:
    ///   - apiGroups: [rbac.authorization.k8s.io]
    ///     resources: [clusterroles]
    ///     resourceNames: [edit, view]
    ///     verbs: [bind]
    ///   - { apiGroups: [iam.example.com], resources: [roles], verbs: [bind] }
    /// ```
    BIND_ESCALATE_VERBS = "k8s-bind-escalate-verbs" {
        check: Check::Object(ROLES, bind_escalate_verbs),
        severity: Severity::Critical,
        peers: &[
            "trivy:KSV-0050", "trivy:KSV-0051", "trivy:KSV-0052", "checkov:CKV_K8S_157", "checkov:CKV_K8S_158",
            "checkov:CKV2_K8S_1", "kubescape:C-0191", "kyverno:other/restrict-escalation-verbs-roles",
        ],
    }
}

rule! {
    /// Role may write roles or bindings
    ///
    /// Its holder hands on every right that it has, and keeps it by a binding that outlives its own. More than it has it
    /// cannot grant without `bind` or `escalate`: then the rule about these verbs speaks instead.
    ///
    /// ```yaml bad:6
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: Role
    /// metadata: { name: team-lead }
    /// rules:
    ///   - apiGroups: [rbac.authorization.k8s.io]
    ///     resources: [rolebindings]
    ///     verbs: [get, create, patch]
    /// ```
    /// ```yaml good
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: Role
    /// metadata: { name: auditor }
    /// rules:
    ///   - { apiGroups: [rbac.authorization.k8s.io], resources: [roles, rolebindings], verbs: [get, list, watch] }
    ///   - { apiGroups: [iam.example.com], resources: [roles], verbs: [create] }
    /// ```
    RBAC_WRITE = "k8s-rbac-write" {
        check: Check::Object(ROLES, rbac_write),
        severity: Severity::Medium,
        peers: &["trivy:KSV-0050", "trivy:KSV-0055"],
        yields_to: &["k8s-bind-escalate-verbs"],
    }
}

rule! {
    /// Role may write admission webhook configurations
    ///
    /// A webhook sees every object that is written, Secrets among them, and a mutating one changes them: a container more
    /// in every pod. Removing one turns off the policies that it enforces. A configuration that `resourceNames` limits it
    /// to can still be made to match everything, so it counts, with less confidence: controllers renew their own
    /// certificate there.
    ///
    /// ```yaml bad:6
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata: { name: operator }
    /// rules:
    ///   - apiGroups: [admissionregistration.k8s.io]
    ///     resources: [mutatingwebhookconfigurations]
    ///     verbs: [get, patch]
    /// ```
    /// ```yaml good
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata: { name: operator }
    /// rules:
    ///   - apiGroups: [admissionregistration.k8s.io]
    ///     resources: [mutatingwebhookconfigurations, validatingwebhookconfigurations]
    ///     verbs: [get, list, watch]
    /// ```
    WEBHOOK_CONFIG_WRITE = "k8s-webhook-config-write" {
        check: Check::Object(ROLES, webhook_config_write),
        severity: Severity::Critical,
        peers: &[
            "trivy:KSV-0114", "checkov:CKV_K8S_155", "kubescape:C-0281",
            "kyverno:other/restrict-clusterrole-mutating-validating-admission-webhooks",
        ],
    }
}

rule! {
    /// Role may approve certificate signing requests
    ///
    /// An approved request is a client certificate for the name that the request asks for, a node's or another user's,
    /// and a certificate cannot be revoked. Approving takes two grants, on `certificatesigningrequests/approval` and on
    /// `signers`; either is reported. Silent for signers that `resourceNames` limits to others than Kubernetes' own.
    ///
    /// ```yaml bad:6
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata: { name: approver }
    /// rules:
    ///   - apiGroups: [certificates.k8s.io]
    ///     resources: [certificatesigningrequests/approval]
    ///     verbs: [update]
    /// ```
    /// ```yaml bad:4
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata: { name: approver }
    /// rules: [{ apiGroups: [certificates.k8s.io], resources: [signers], verbs: [approve] }]
    /// ```
    /// ```yaml good
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata: { name: issuer }
    /// rules:
    ///   - { apiGroups: [certificates.k8s.io], resources: [certificatesigningrequests], verbs: [create, get] }
    ///   - { apiGroups: [certificates.k8s.io], resources: [signers], verbs: [approve], resourceNames: [ca.example.com/*] }
    ///   - { apiGroups: [cert-manager.io], resources: [signers], verbs: [approve] }
    /// ```
    CSR_APPROVE = "k8s-csr-approve" {
        check: Check::Object(ROLES, csr_approve),
        severity: Severity::High,
        peers: &["checkov:CKV_K8S_156", "kubescape:C-0280"],
    }
}

rule! {
    /// Role may make tokens of ServiceAccounts
    ///
    /// `create` on `serviceaccounts/token` is a token of any account of the namespace: its holder has all their rights.
    /// Silent where `resourceNames` limits it to certain accounts.
    ///
    /// ```yaml bad:6
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata: { name: login }
    /// rules:
    ///   - apiGroups: [""]
    ///     resources: [serviceaccounts/token]
    ///     verbs: [create]
    /// ```
    /// ```yaml good
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: Role
    /// metadata: { name: login }
    /// rules:
    ///   - { apiGroups: [""], resources: [serviceaccounts/token], verbs: [create], resourceNames: [vault] }
    ///   - { apiGroups: [""], resources: [serviceaccounts], verbs: [create] }
    /// ```
    SERVICEACCOUNT_TOKEN_CREATE = "k8s-serviceaccount-token-create" {
        check: Check::Object(ROLES, serviceaccount_token_create),
        severity: Severity::High,
        peers: &["kubescape:C-0282"],
    }
}

const RBAC: &[&str] = &[RBAC_GROUP, OPENSHIFT_RBAC_GROUP];

fn impersonate(role: &Object<'_>, report: &mut Report<'_>) {
    const PERMISSION: Permission =
        Permission { groups: CORE, resources: &["users", "groups", "serviceaccounts"], verbs: &["impersonate"] };
    for grant in written_grants(role) {
        let Some(given) = PERMISSION.given(&grant) else { continue };
        if grant.is_named() && !grant.words("resourceNames").any(|(_, name)| name.starts_with("system:")) {
            continue;
        }
        let Some(&(verb, _)) = given.verbs.first() else { continue };
        report
            .at(verb, format!("{} {}", role.title(), given.phrase()))
            .help("leave it out, or name in `resourceNames` whom it may impersonate");
    }
}

fn bind_escalate_verbs(role: &Object<'_>, report: &mut Report<'_>) {
    for grant in written_grants(role) {
        let Some((verb, text)) = escalating_verb(&grant) else { continue };
        let roles = grant.resources(&["roles", "clusterroles"]);
        let bindings = grant.resources(&["rolebindings", "clusterrolebindings"]);
        let Some(&(_, resource)) = roles.first().or_else(|| bindings.first()) else { continue };
        let draft = report.at(verb, format!("{} may `{text}` `{resource}`", role.title()));
        draft.help("leave the verb out, or name in `resourceNames` the roles that it may bind");
        if roles.is_empty() {
            draft.confidence(Confidence::Low);
        }
    }
}

/// `escalate`, or `bind` where it is not limited to harmless roles, on roles or bindings.
fn escalating_verb<'t>(grant: &Grant<'t>) -> Option<(Node<'t>, &'static str)> {
    let resources = grant.resources(&["roles", "clusterroles", "rolebindings", "clusterrolebindings"]);
    if !grant.is_for(RBAC) || resources.is_empty() {
        return None;
    }
    let bind = grant.word("verbs", "bind").filter(|_| !grant.is_named() || names_cluster_admin(grant));
    let escalate = grant.word("verbs", "escalate").map(|node| (node, "escalate"));
    escalate.or(bind.map(|node| (node, "bind")))
}

fn names_cluster_admin(grant: &Grant<'_>) -> bool {
    grant.word("resourceNames", "cluster-admin").is_some()
}

fn rbac_write(role: &Object<'_>, report: &mut Report<'_>) {
    const PERMISSION: Permission = Permission {
        groups: RBAC,
        resources: &["roles", "clusterroles", "rolebindings", "clusterrolebindings"],
        verbs: CREATE_OR_CHANGE,
    };
    for grant in written_grants(role) {
        let Some(given) = PERMISSION.given(&grant) else { continue };
        // Where the entry also has the verbs that lift the limit, the rule about them speaks.
        let place = escalating_verb(&grant).map_or_else(|| given.place(), |(verb, _)| verb);
        report
            .at(place, format!("{} {}", role.title(), given.phrase()))
            .help("leave roles and bindings to those who administer the cluster");
    }
}

fn webhook_config_write(role: &Object<'_>, report: &mut Report<'_>) {
    const PERMISSION: Permission = Permission {
        groups: &["admissionregistration.k8s.io"],
        resources: &["mutatingwebhookconfigurations", "validatingwebhookconfigurations"],
        verbs: WRITE,
    };
    for grant in written_grants(role) {
        let Some(given) = PERMISSION.given(&grant) else { continue };
        let draft = report.at(given.place(), format!("{} {}", role.title(), given.phrase()));
        draft.help("write the configurations when the controller is installed, and let it only read them");
        if grant.is_named() {
            draft.confidence(Confidence::Medium);
        }
    }
}

fn csr_approve(role: &Object<'_>, report: &mut Report<'_>) {
    const GROUPS: &[&str] = &["certificates.k8s.io"];
    const APPROVAL: Permission =
        Permission { groups: GROUPS, resources: &["certificatesigningrequests/approval"], verbs: &["update", "patch"] };
    const SIGNERS: Permission = Permission { groups: GROUPS, resources: &["signers"], verbs: &["approve"] };
    for grant in written_grants(role) {
        let is_for_others =
            grant.is_named() && !grant.words("resourceNames").any(|(_, name)| name.starts_with("kubernetes.io/"));
        let signers = SIGNERS.given(&grant).filter(|_| !is_for_others);
        let Some(given) = APPROVAL.given(&grant).or(signers) else { continue };
        report
            .at(given.place(), format!("{} {}", role.title(), given.phrase()))
            .help("leave approval to the controller manager, or name in `resourceNames` the signers it is for");
    }
}

fn serviceaccount_token_create(role: &Object<'_>, report: &mut Report<'_>) {
    const PERMISSION: Permission =
        Permission { groups: CORE, resources: &["serviceaccounts/token"], verbs: &["create"] };
    let help = "name in `resourceNames` the accounts whose tokens are needed";
    for grant in written_grants(role).into_iter().filter(|grant| !grant.is_named()) {
        let Some(given) = PERMISSION.given(&grant) else { continue };
        report.at(given.place(), format!("{} {}", role.title(), given.phrase())).help(help);
    }
}
