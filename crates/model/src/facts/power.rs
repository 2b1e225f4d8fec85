//! Which ServiceAccounts can take over the cluster, joined through bindings.
//!
//! An account takes over what it is given for the whole cluster by a ClusterRoleBinding, or for `kube-system` by a
//! RoleBinding there: the accounts of the control plane run there. A role counts where it lets its holder do everything,
//! read every Secret, start pods or enter them, or make tokens of other accounts; for the whole cluster also where it lets
//! its holder give itself a role, impersonate others, change objects while they are admitted, or reach the kubelets.
//! Entries that are limited to `resourceNames` do not count, nor does what is filled in later.

use std::collections::BTreeMap;

use super::wire::{self, Word};
use super::{Facts, Namespace};
use crate::kubernetes::{Grant, Object, RBAC_GROUP, grants, is_bootstrapped, role_ref, subjects};
use portcullis_syntax::Node;
use serde::{Deserialize, Serialize};

/// What accounts of one namespace are bound to, and what its roles let their holders do.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Powers {
    /// By account.
    pub(super) bound: BTreeMap<String, Vec<Bound>>,
    /// For every account of the namespace.
    pub(super) bound_all: Vec<Bound>,
    /// By kind and name of the role.
    roles: BTreeMap<(String, String), Power>,
}

/// A role that a binding gives, and how far.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Bound {
    /// ``ClusterRoleBinding `web` ``.
    binding: String,
    role: (String, String),
    /// The role's namespace.
    space: Namespace,
    extent: Extent,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Extent {
    Cluster,
    /// `kube-system` alone.
    System,
}

/// What a role lets its holder do, in words, given for the whole cluster and for `kube-system`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Power {
    #[serde(with = "wire::word")]
    cluster: Word,
    #[serde(with = "wire::maybe_word")]
    system: Option<Word>,
}

impl Powers {
    pub(super) fn merge(&mut self, other: Self) {
        if other.bound.is_empty() && other.bound_all.is_empty() && other.roles.is_empty() {
            return;
        }
        for (account, bound) in other.bound {
            remember(self.bound.entry(account).or_default(), bound);
        }
        remember(&mut self.bound_all, other.bound_all);
        self.roles.extend(other.roles);
    }

    fn add_role(&mut self, role: &Object<'_>) {
        let Some(name) = role.name.filter(|_| !is_bootstrapped(role)) else { return };
        let granted = grants(role);
        let of = |extent| granted.iter().find_map(|grant| power(grant, extent));
        if let Some(cluster) = of(Extent::Cluster) {
            self.roles.insert((role.kind.to_owned(), name.to_owned()), Power { cluster, system: of(Extent::System) });
        }
    }
}

/// Bindings of one account that are looked at: pods ask for all of them.
const BINDINGS: usize = 64;

pub(super) fn remember(known: &mut Vec<Bound>, more: Vec<Bound>) {
    let room = BINDINGS.saturating_sub(known.len());
    known.extend(more.into_iter().take(room));
}

/// Adds a role or a binding.
pub(super) fn extract(facts: &mut Facts, object: &Object<'_>, namespace: &Namespace) {
    match object.kind {
        "Role" | "ClusterRole" => facts.contents(namespace).powers.add_role(object),
        "RoleBinding" | "ClusterRoleBinding" => add_binding(facts, object, namespace),
        _ => {}
    }
}

fn add_binding(facts: &mut Facts, binding: &Object<'_>, namespace: &Namespace) {
    let Some(role) = role_ref(binding).filter(|_| !is_bootstrapped(binding)) else { return };
    let extent = match binding.kind {
        "ClusterRoleBinding" => Extent::Cluster,
        _ if *namespace == Namespace::Named("kube-system".to_owned()) => Extent::System,
        _ => return,
    };
    let bound = Bound {
        binding: binding.title().to_string(),
        role: (role.kind.to_owned(), role.name.to_owned()),
        space: if role.kind == "Role" { namespace.clone() } else { Namespace::Unwritten },
        extent,
    };
    let entries = binding.node.field("subjects").into_iter().flat_map(Node::items);
    for (subject, entry) in subjects(binding).iter().zip(entries) {
        // Those that are filled in later are left out of the subjects: then the two lists do not go together.
        if entry.field("name").map(Node::span) != Some(subject.node.span()) {
            break;
        }
        match (subject.kind, subject.name) {
            ("ServiceAccount", name) => {
                let of = facts.referred(entry.get("namespace"), binding);
                facts.contents(&of).powers.bound.entry(name.to_owned()).or_default().push(bound.clone());
            }
            ("Group", "system:serviceaccounts" | "system:authenticated") => facts.everyone.push(bound.clone()),
            ("Group", name) => {
                if let Some(of) = name.strip_prefix("system:serviceaccounts:") {
                    let of = Namespace::Named(of.to_owned());
                    facts.contents(&of).powers.bound_all.push(bound.clone());
                }
            }
            _ => {}
        }
    }
}

impl Facts {
    /// How the account can take over the cluster, in words.
    pub(super) fn takes_over(&self, namespace: &Namespace, account: &str) -> Option<String> {
        let here = self.exactly(namespace);
        let own = here.and_then(|here| here.powers.bound.get(account)).into_iter().flatten();
        let shared = here.into_iter().flat_map(|here| &here.powers.bound_all).chain(&self.everyone);
        own.chain(shared).find_map(|bound| {
            let what = self.power(bound)?;
            let (kind, name) = &bound.role;
            let place = if bound.extent == Extent::Cluster { "" } else { " in `kube-system`" };
            Some(format!("{} gives it {kind} `{name}`, which {what}{place}", bound.binding))
        })
    }

    fn power(&self, bound: &Bound) -> Option<&'static str> {
        let (kind, name) = &bound.role;
        match (kind.as_str(), name.as_str(), bound.extent) {
            ("ClusterRole", "cluster-admin", _) => return Some("may do everything"),
            ("ClusterRole", "admin" | "edit", _) => return Some("may start pods"),
            _ => {}
        }
        let power = self.exactly(&bound.space)?.powers.roles.get(&bound.role)?;
        match bound.extent {
            Extent::Cluster => Some(power.cluster),
            Extent::System => power.system,
        }
    }
}

/// A permission that is enough: groups, resources, verbs, and what it amounts to.
type Row = (&'static [&'static str], &'static [&'static str], &'static [&'static str], &'static str);

const ANYWHERE: &[Row] = &[
    (&[""], &["secrets"], &["get", "list", "watch"], "may read every Secret"),
    (&[""], &["pods", "replicationcontrollers"], &["create"], "may start pods"),
    (&["apps"], &["deployments", "daemonsets", "statefulsets", "replicasets"], &["create"], "may start pods"),
    (&["batch"], &["jobs", "cronjobs"], &["create"], "may start pods"),
    (&[""], &["pods/exec", "pods/attach"], &["create", "get"], "may enter every pod"),
    (&[""], &["pods/ephemeralcontainers"], &["update", "patch"], "may enter every pod"),
    (&[""], &["serviceaccounts/token"], &["create"], "may make tokens of every ServiceAccount"),
];

const OF_THE_CLUSTER: &[Row] = &[
    (&[RBAC_GROUP], &["roles", "clusterroles"], &["bind", "escalate"], "may give itself any role"),
    (&[""], &["users", "groups", "serviceaccounts"], &["impersonate"], "may impersonate anybody"),
    (
        &["admissionregistration.k8s.io"],
        &["mutatingwebhookconfigurations"],
        &["create", "update", "patch"],
        "may change every object that is admitted",
    ),
    (&[""], &["nodes/proxy"], &["create", "get"], "may reach the kubelet of every node"),
];

/// What a grant lets its holder do, where that is enough to take over.
fn power(grant: &Grant<'_>, extent: Extent) -> Option<&'static str> {
    if grant.is_named() {
        return None;
    }
    let any_verb = grant.word("verbs", "*").is_some();
    let any_resource = grant.word("resources", "*").is_some();
    if any_verb && any_resource && grant.is_for(&[""]) {
        return Some("may do everything");
    }
    let holds = |(groups, resources, verbs, _): &&Row| {
        (any_resource || grant.has_resource(resources)) && (any_verb || grant.has_verb(verbs)) && grant.is_for(groups)
    };
    let of_cluster = if extent == Extent::Cluster { OF_THE_CLUSTER } else { &[] };
    ANYWHERE.iter().chain(of_cluster).find(holds).map(|(.., what)| *what)
}
