//! Workloads whose ServiceAccount can take over the cluster, joined through bindings and roles.
//!
//! The roles and bindings must be in the scan: what an account is given elsewhere is not known. `portcullis_model::facts`
//! says which rights are enough.

use portcullis_model::facts::{Claim, Token};
use portcullis_model::kubernetes::Pod;

use crate::kubernetes::service_accounts::account;
use crate::rule::prelude::*;

/// The rules of this file.
pub(in crate::kubernetes) static RULES: &[&Rule] = &[&WORKLOAD_CLUSTER_TAKEOVER];

rule! {
    /// Workload can take over the cluster
    ///
    /// Who gets into one of its containers finds a token there that is as good as an administrator's. A ClusterRoleBinding
    /// gives the account `cluster-admin`, `admin`, `edit`, or a role of the scan that for the whole cluster may do
    /// everything (`*` on `*`), read Secrets, start pods or enter them, make tokens of accounts, `bind` or `escalate`
    /// roles, impersonate, write mutating webhooks or reach kubelets; or a RoleBinding in `kube-system` gives it the first
    /// five there. Entries that are limited by `resourceNames` do not count. Silent where the token is not mounted. The
    /// binding and the role keep the findings of their own.
    ///
    /// ```yaml bad:5
    /// file=web.yaml
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web, namespace: shop }
    /// spec:
    ///   serviceAccountName: web
    ///   containers: [{ name: web, image: web:1 }]
    /// file=binding.yaml
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRoleBinding
    /// metadata: { name: web }
    /// roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: reader }
    /// subjects: [{ kind: ServiceAccount, name: web, namespace: shop }]
    /// file=role.yaml
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata: { name: reader }
    /// rules: [{ apiGroups: [""], resources: [secrets], verbs: [get, list] }]
    /// ```
    /// ```yaml good
    /// file=web.yaml
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: web, namespace: shop }
    /// spec: { serviceAccountName: web, containers: [{ name: web, image: web:1 }] }
    /// ---
    /// apiVersion: v1
    /// kind: Pod
    /// metadata: { name: quiet, namespace: shop }
    /// spec:
    ///   serviceAccountName: admin
    ///   automountServiceAccountToken: false
    ///   containers: [{ name: web, image: web:1 }]
    /// file=binding.yaml
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: RoleBinding
    /// metadata: { name: web, namespace: shop }
    /// roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin }
    /// subjects: [{ kind: ServiceAccount, name: web }]
    /// ---
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRoleBinding
    /// metadata: { name: admin }
    /// roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin }
    /// subjects: [{ kind: ServiceAccount, name: admin, namespace: shop }]
    /// ```
    WORKLOAD_CLUSTER_TAKEOVER = "k8s-workload-cluster-takeover" {
        check: Check::Pod(workload_cluster_takeover),
        severity: Severity::High,
        profile: Profile::All,
        tags: &["across-files"],
        peers: &["kubescape:C-0267", "kubescape:C-0272"],
    }
}

fn workload_cluster_takeover(pod: &Pod<'_>, report: &mut Report<'_>) {
    let mut sources = pod
        .list("volumes")
        .flat_map(|volume| volume.get("projected.sources").present().into_iter().flat_map(Node::items));
    let has_token = sources.any(|source| source.field("serviceAccountToken").is_some());
    let token = match pod.get("automountServiceAccountToken") {
        _ if has_token => Token::InPod,
        Lookup::Present(flag) if flag.as_bool() == Some(true) => Token::InPod,
        Lookup::Absent(_) => Token::AsAccountSays,
        Lookup::Present(_) | Lookup::Unknown(_) => return,
    };
    let Some(account) = account(pod) else { return };
    let message =
        format!("{} runs as ServiceAccount `{}`, which can take over the cluster", pod.object.title(), account.name);
    let namespace = report.namespace(&pod.object);
    let claim = Claim::TakesOver { namespace, account: account.name.to_owned(), token };
    report.claim(account.place, message, claim).help("give the account a role with what the workload needs, by name");
}
