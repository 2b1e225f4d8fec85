//! What must hold of a whole scan for a finding to stand, and whether it does.

use std::sync::LazyLock;

use portcullis_core::FileId;
use serde::{Deserialize, Serialize};

use super::contents::{Contents, Detail, PodFact, ServiceFact, Surely};
use super::home::Company;
use super::ledger::{Culprit, Defaults, Gifts, Given};
use super::selection::Found;
use super::wire::{self, Word, WordList};
use super::{
    AmountSet, Bound, CLUSTER_KINDS, Facts, Labels, Mark, Namespace, PodScope, Seen, Selector, Side, Site, Sought,
    Verdict,
};
use crate::kubernetes::{Quantity, pod_kinds};

/// What must hold for a finding to stand. Where it is not known to hold, it does not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Claim {
    /// Some Service of the namespace selects pods with these labels.
    SelectedByService {
        /// The pod's namespace.
        namespace: Namespace,
        /// The pod's labels.
        labels: Labels,
    },
    /// An autoscaler scales this workload.
    Scaled {
        /// The workload's namespace.
        namespace: Namespace,
        /// Its kind.
        kind: String,
        /// Its name.
        name: String,
    },
    /// No autoscaler scales this workload, as far as is known. Unlike the claims below, this holds of a part of a tree.
    NotScaled {
        /// The workload's namespace.
        namespace: Namespace,
        /// Its kind.
        kind: String,
        /// Its name.
        name: String,
    },
    /// No ServiceAccount of the scan keeps its token from the pods that run as it, as far as is known.
    TokenMounted {
        /// The pod's namespace.
        namespace: Namespace,
        /// The account's name.
        account: String,
    },
    /// The role is in the scan, and changes something or reads Secrets.
    ElevatedRole {
        /// The role's namespace; unwritten for a ClusterRole.
        namespace: Namespace,
        /// `Role` or `ClusterRole`.
        kind: String,
        /// Its name.
        name: String,
    },
    /// There is no such object.
    Missing {
        /// Where it would be; [`Namespace::Unwritten`] for kinds of the whole cluster.
        namespace: Namespace,
        /// Its kind.
        kind: String,
        /// Its name.
        name: String,
    },
    /// There is no such object, and the scan holds others of these kinds: who keeps some of them in a tree keeps all
    /// there.
    MissingAmong {
        /// Where it would be.
        namespace: Namespace,
        /// Its kind.
        #[serde(with = "wire::word")]
        kind: Word,
        /// Its name.
        name: String,
        /// Kinds of the platform.
        #[serde(with = "wire::list")]
        beside: WordList,
    },
    /// There is no such object in a namespace of which the scan holds pods or ServiceAccounts.
    MissingBeside {
        /// Where it would be.
        namespace: Namespace,
        /// Its kind.
        #[serde(with = "wire::word")]
        kind: Word,
        /// Its name.
        name: String,
    },
    /// The Service may be there, and no DestinationRule of the scan defines the subset for it.
    LacksSubset {
        /// The Service's namespace.
        namespace: Namespace,
        /// Its name.
        host: String,
        /// The subset.
        subset: String,
    },
    /// The ServiceAccount can take over the cluster, and its token is in the pod.
    TakesOver {
        /// The pod's namespace.
        namespace: Namespace,
        /// The account's name.
        account: String,
        /// What decides about the token.
        token: Token,
    },
    /// The ServiceAccount brings no secret for pulling images.
    LacksPullSecret {
        /// The pod's namespace.
        namespace: Namespace,
        /// The account's name.
        account: String,
    },
    /// The namespace's objects certainly ask for more than this.
    QuotaExceeded {
        /// The namespace.
        namespace: Namespace,
        /// Where the quota is.
        site: Site,
        /// What is bounded.
        what: Quoted,
        /// The pods that it is about are in all of these.
        scopes: Vec<PodScope>,
        /// The bound.
        hard: Quantity,
    },
    /// A container of the namespace certainly goes without an amount, and no LimitRange gives it one.
    AmountUnset {
        /// The namespace.
        namespace: Namespace,
        /// Where the quota is that asks for it.
        site: Site,
        /// Request or limit.
        side: Side,
        /// `cpu` or `memory`.
        #[serde(with = "wire::word")]
        resource: Word,
        /// The file that the quota is in: with what stands beside it there it is complete.
        #[serde(with = "wire::file")]
        file: FileId,
    },
    /// No LimitRange of the scan gives the amount to containers that do not set it, as far as is known. This holds of a part of a
    /// tree.
    NotGiven {
        /// Where it would be.
        sought: Sought,
        /// The amount.
        amount: AmountSet,
    },
    /// Something of the namespace certainly breaks a bound of a LimitRange.
    LimitBroken {
        /// The namespace.
        namespace: Namespace,
        /// The bound.
        bound: Bound,
    },
    /// The selector accepts the pods of several workloads.
    SelectsSeveral {
        /// The namespace.
        namespace: Namespace,
        /// The selector.
        selector: Selector,
    },
    /// Something in the scan is known by this. Made by [`Facts::contended_target`].
    Noted {
        /// The identity.
        key: u64,
    },
    /// The namespace holds no object of the kind.
    NamespaceLacks {
        /// The namespace.
        namespace: Namespace,
        /// The kind.
        #[serde(with = "wire::word")]
        kind: Word,
    },
    /// The ConfigMap or Secret is there, and lacks the key.
    LacksKey {
        /// Its namespace.
        namespace: Namespace,
        /// Its kind.
        #[serde(with = "wire::word")]
        kind: Word,
        /// Its name.
        name: String,
        /// The key.
        key: String,
    },
    /// The Service is there, and lacks the port.
    LacksPort {
        /// Its namespace.
        namespace: Namespace,
        /// Its name.
        service: String,
        /// The port.
        port: Port,
    },
    /// The Service is there, and has an address of its own.
    NotHeadless {
        /// Its namespace.
        namespace: Namespace,
        /// Its name.
        service: String,
    },
    /// The selector accepts none of the pods, and no Endpoints of this name stand in for them.
    SelectsNoPod {
        /// Where it looks.
        reach: Reach,
        /// The selector.
        selector: Selector,
        /// The Service whose Endpoints would do.
        service: Option<String>,
    },
    /// The selector accepts none of the Services.
    SelectsNoService {
        /// Where it looks.
        reach: Reach,
        /// The selector.
        selector: Selector,
    },
    /// The selector accepts pods, and none of them names a port so.
    PortUndeclared {
        /// The pods' namespace.
        namespace: Namespace,
        /// The selector.
        selector: Selector,
        /// The port's name.
        port: String,
    },
    /// The workload is there, and a main container does not request the resource.
    LacksRequest {
        /// Its namespace.
        namespace: Namespace,
        /// Its kind.
        kind: String,
        /// Its name.
        name: String,
        /// `cpu` or `memory`.
        resource: String,
        /// The container that counts; `None`: all do.
        container: Option<String>,
    },
    /// A budget that keeps this many pods lets none of a workload's go, whose number is fixed.
    KeepsAll {
        /// The namespace.
        namespace: Namespace,
        /// The budget's selector.
        selector: Selector,
        /// How many pods it keeps.
        keeps: Amount,
    },
    /// A budget that keeps this many pods lets none go when the autoscaler has scaled down as far as it may.
    KeepsAllOfLeast {
        /// The namespace.
        namespace: Namespace,
        /// The budget's selector.
        selector: Selector,
        /// How many pods it keeps.
        keeps: Amount,
    },
    /// No disruption budget selects pods with these labels.
    WithoutBudget {
        /// The pods' namespace.
        namespace: Namespace,
        /// Their labels.
        labels: Labels,
    },
    /// No network policy selects pods with these labels, and that is not said of their whole namespace.
    NotIsolated {
        /// The pods' namespace.
        namespace: Namespace,
        /// Their labels.
        labels: Labels,
    },
    /// An earlier object has the same identity. Made by [`Facts::repeats`] and [`Facts::repeated_paths`].
    Repeated {
        /// The identity.
        key: u64,
        /// The object.
        at: Mark,
        /// What it is compared with.
        among: Company,
    },
}

impl Claim {
    /// Whether it is about what is there, and not about what is missing.
    pub fn is_about_presence(&self) -> bool {
        matches!(
            self,
            Self::SelectedByService { .. }
                | Self::Scaled { .. }
                | Self::ElevatedRole { .. }
                | Self::TakesOver { .. }
                | Self::QuotaExceeded { .. }
                | Self::AmountUnset { .. }
                | Self::LimitBroken { .. }
                | Self::SelectsSeveral { .. }
                | Self::Noted { .. }
                | Self::LacksKey { .. }
                | Self::LacksPort { .. }
                | Self::NotHeadless { .. }
                | Self::PortUndeclared { .. }
                | Self::LacksRequest { .. }
                | Self::KeepsAll { .. }
                | Self::KeepsAllOfLeast { .. }
                | Self::Repeated { .. }
        )
    }
}

/// A Service's port, as it is referred to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Port {
    /// By number.
    Number(i64),
    /// By name.
    Name(String),
}

/// Where a selector looks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reach {
    /// In these namespaces.
    Namespaces(Vec<Namespace>),
    /// In all of them.
    Everywhere,
}

/// What decides whether a pod holds a token of its account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Token {
    /// The pod, and it does.
    InPod,
    /// The account.
    AsAccountSays,
}

/// What a ResourceQuota bounds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Quoted {
    /// A sum over pods and volume claims. `pods`, `storage` and `persistentvolumeclaims` are requests.
    Resource(Side, String),
    /// A number of objects of a kind, of which Kubernetes makes some itself.
    Objects {
        /// The kind.
        #[serde(with = "wire::word")]
        kind: Word,
        /// How many Kubernetes makes itself.
        made: i64,
    },
    /// Services with a load balancer.
    LoadBalancers,
    /// Ports of every node.
    NodePorts,
}

/// What a finding says of the other end of its claim.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OtherEnd {
    /// In words.
    pub what: Option<String>,
    /// Where it is.
    pub at: Option<Mark>,
}

/// How many of a workload's pods.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Amount {
    /// This many.
    Count(i64),
    /// This share, in percent; rounded up to whole pods.
    Percent(i64),
}

impl Amount {
    fn of(self, pods: i64) -> i64 {
        match self {
            Self::Count(count) => count,
            Self::Percent(percent) => pods.saturating_mul(percent).saturating_add(99).div_euclid(100),
        }
    }
}

/// Namespaces that one claim goes through, where it is about all of them.
pub(super) const SPACES: usize = 256;

/// Quotas and LimitRanges of one namespace that are judged; with more of them nothing is claimed, because each looks at
/// every workload.
const BOUNDS: usize = 16;

impl Facts {
    /// Whether the claim is known to hold.
    pub fn holds(&self, claim: &Claim) -> bool {
        match claim {
            Claim::SelectedByService { namespace, labels } => {
                self.exactly(namespace).is_some_and(|contents| contents.service_selectors.judge(labels) == Verdict::Yes)
            }
            Claim::Scaled { namespace, kind, name } => self
                .exactly(namespace)
                .is_some_and(|contents| contents.autoscalers(kind, name).any(|(_, surely)| surely == Surely::Yes)),
            Claim::NotScaled { namespace, kind, name } => {
                (namespace.is_known() || self.spaces.len() <= SPACES)
                    && self.possible(namespace).all(|contents| contents.autoscalers(kind, name).next().is_none())
            }
            Claim::TokenMounted { namespace, account } => {
                (namespace.is_known() || self.spaces.len() <= SPACES)
                    && self.possible(namespace).all(|contents| !contents.without_token.contains(account))
            }
            Claim::ElevatedRole { namespace, kind, name } => {
                let role = (kind.clone(), name.clone());
                self.exactly(namespace).is_some_and(|contents| contents.elevated.contains(&role))
            }
            Claim::Missing { namespace, kind, name } => self.is_missing(namespace, kind, name),
            Claim::MissingAmong { namespace, kind, name, beside } => {
                beside.iter().any(|kind| self.platform.contains(kind)) && self.is_missing(namespace, kind, name)
            }
            Claim::MissingBeside { namespace, kind, name } => {
                self.exactly(namespace).is_some_and(|here| here.pods.holds_any() || here.holds_kind("ServiceAccount"))
                    && self.is_missing(namespace, kind, name)
            }
            Claim::LacksSubset { namespace, host, subset } => self.lacks_subset(namespace, host, subset),
            Claim::TakesOver { namespace, account, token } => {
                self.takes_over(namespace, account).is_some()
                    && (*token == Token::InPod || self.gives_token(namespace, account))
            }
            Claim::LacksPullSecret { namespace, account } => self.lacks_pull_secret(namespace, account),
            Claim::QuotaExceeded { namespace, site, what, scopes, hard } => {
                self.exceeds(namespace, *site, what, scopes, *hard).is_some()
            }
            Claim::AmountUnset { namespace, site, side, resource, file } => {
                self.without_amount(namespace, *site, *side, resource, *file).is_some()
            }
            Claim::NotGiven { sought, amount } => !self.given.may_give(sought, *amount),
            Claim::LimitBroken { namespace, bound } => self.breaks(namespace, bound).is_some(),
            Claim::SelectsSeveral { namespace, selector } => self.selects_several(namespace, selector),
            Claim::Noted { key } => self.first.contains_key(key),
            Claim::NamespaceLacks { namespace, kind } => self.lacks_kind(namespace, kind),
            Claim::LacksKey { namespace, kind, name, key } => {
                self.all_details(namespace, kind, name, |detail| match detail {
                    Detail::Keys(Some(keys)) => !keys.contains(key),
                    _ => false,
                })
            }
            Claim::LacksPort { namespace, service, port } => {
                self.all_services(namespace, service, |service| !service.is_external && service.lacks(port))
            }
            Claim::NotHeadless { namespace, service } => {
                self.all_services(namespace, service, |service| !service.is_external && service.headless == Some(false))
            }
            Claim::SelectsNoPod { reach, selector, service } => {
                self.selects_no_pod(reach, selector, service.as_deref())
            }
            Claim::SelectsNoService { reach, selector } => self.selects_no_service(reach, selector),
            Claim::PortUndeclared { namespace, selector, port } => self.port_undeclared(namespace, selector, port),
            Claim::LacksRequest { namespace, kind, name, resource, container } => {
                self.lacks_request(namespace, kind, name, resource, container.as_deref())
            }
            Claim::KeepsAll { namespace, selector, keeps } => {
                self.fixed_pods(namespace, selector).is_some_and(|pods| pods > 0 && keeps.of(pods) >= pods)
            }
            Claim::KeepsAllOfLeast { namespace, selector, keeps } => {
                self.least_pods(namespace, selector).is_some_and(|pods| pods > 0 && keeps.of(pods) >= pods)
            }
            Claim::WithoutBudget { namespace, labels } => {
                self.can_tell(namespace, &["PodDisruptionBudget"])
                    && self.possible(namespace).all(|contents| contents.budgets.judge(labels) == Verdict::No)
            }
            Claim::NotIsolated { namespace, labels } => {
                self.can_tell(namespace, &["NetworkPolicy"])
                    && !self.is_said_of_namespace(namespace)
                    && self
                        .possible(namespace)
                        .all(|contents| !contents.has_other_policies && contents.policies.judge(labels) == Verdict::No)
            }
            Claim::Repeated { key, at, .. } => self.first.get(key).is_some_and(|first| first < at),
        }
    }

    /// What there is to say of the other end of a claim that holds, where the claim is about one.
    pub fn other_end(&self, claim: &Claim) -> OtherEnd {
        let culprit = match claim {
            Claim::Repeated { key, .. } | Claim::Noted { key } => {
                return OtherEnd { what: None, at: self.first.get(key).copied() };
            }
            Claim::TakesOver { namespace, account, .. } => {
                return OtherEnd { what: self.takes_over(namespace, account), at: None };
            }
            Claim::QuotaExceeded { namespace, site, what, scopes, hard } => {
                self.exceeds(namespace, *site, what, scopes, *hard)
            }
            Claim::AmountUnset { namespace, site, side, resource, file } => {
                self.without_amount(namespace, *site, *side, resource, *file)
            }
            Claim::LimitBroken { namespace, bound } => self.breaks(namespace, bound),
            _ => None,
        };
        let at = culprit.as_ref().and_then(|culprit| culprit.at);
        OtherEnd { what: culprit.map(|culprit| culprit.what), at }
    }

    /// Of a claim that something repeats among files that merely lie in one directory, the file of the first and that of
    /// the other.
    pub fn repeats_beside(&self, claim: &Claim) -> Option<(FileId, FileId)> {
        let Claim::Repeated { key, at, among: Company::Neighbours } = claim else { return None };
        Some((self.first.get(key)?.file(), at.file()))
    }

    /// Whether the claim is that something repeats, and nothing of these facts comes before it.
    pub fn is_first(&self, claim: &Claim) -> bool {
        matches!(claim, Claim::Repeated { .. }) && !self.holds(claim)
    }

    /// Whether a file's own facts already show that the claim does not hold, so that it need not be kept. True only of
    /// claims that more facts cannot make true.
    pub fn refutes(&self, claim: &Claim) -> bool {
        let is_absence = match claim {
            Claim::Missing { .. }
            | Claim::MissingAmong { .. }
            | Claim::MissingBeside { .. }
            | Claim::NamespaceLacks { .. }
            | Claim::SelectsNoPod { .. }
            | Claim::SelectsNoService { .. }
            | Claim::WithoutBudget { .. }
            | Claim::NotScaled { .. } => true,
            Claim::NotIsolated { labels, .. } => {
                return self.spaces.values().any(|contents| contents.policies.judge(labels) == Verdict::Yes);
            }
            _ => false,
        };
        is_absence && !self.as_whole(claim)
    }

    /// Whether the claim would hold if this were the whole scan.
    fn as_whole(&self, claim: &Claim) -> bool {
        match claim {
            Claim::Missing { namespace, kind, name } => {
                self.possible(namespace).all(|contents| !contents.may_hold(kind, name))
            }
            Claim::MissingAmong { namespace, kind, name, .. } | Claim::MissingBeside { namespace, kind, name } => {
                self.possible(namespace).all(|contents| !contents.may_hold(kind, name))
            }
            Claim::NamespaceLacks { namespace, kind } => {
                self.possible(namespace).all(|contents| !contents.holds_kind(kind) && !contents.has_unseen)
            }
            Claim::SelectsNoPod { reach: Reach::Namespaces(namespaces), selector, .. } => namespaces
                .iter()
                .flat_map(|namespace| self.possible(namespace))
                .all(|contents| !contents.pods.may_select(selector)),
            Claim::WithoutBudget { namespace, labels } => {
                self.possible(namespace).all(|contents| contents.budgets.judge(labels) == Verdict::No)
            }
            _ => true,
        }
    }

    /// What is certainly in the namespace.
    pub(super) fn exactly(&self, namespace: &Namespace) -> Option<&Contents> {
        self.spaces.get(namespace).filter(|_| *namespace != Namespace::Unknown).map(|contents| &**contents)
    }

    /// What is or may be in the namespace: what no namespace is written for may be in `default`.
    pub(super) fn possible(&self, namespace: &Namespace) -> impl Iterator<Item = &Contents> {
        static DEFAULT: LazyLock<Namespace> = LazyLock::new(|| Namespace::Named("default".to_owned()));
        let other = match namespace {
            Namespace::Unwritten => self.spaces.get(&*DEFAULT),
            Namespace::Named(name) if name == "default" => self.spaces.get(&Namespace::Unwritten),
            _ => None,
        };
        let is_known = namespace.is_known();
        let all = (!is_known).then(|| self.spaces.values()).into_iter().flatten();
        let some = is_known.then(|| [self.spaces.get(namespace), other, self.spaces.get(&Namespace::Unknown)]);
        all.chain(some.into_iter().flatten().flatten()).map(|contents| &**contents)
    }

    /// Whether the scan would have seen any object of these kinds in the namespace.
    pub(super) fn can_tell(&self, namespace: &Namespace, kinds: &[&str]) -> bool {
        self.seen == Seen::Whole && self.is_read(namespace, kinds)
    }

    /// Whether all of these kinds is known that the scan came across in the namespace.
    fn is_read(&self, namespace: &Namespace, kinds: &[&str]) -> bool {
        let name = match namespace {
            Namespace::Unknown | Namespace::Along(_) => return false,
            Namespace::Unwritten => None,
            Namespace::Named(name) => Some(name.as_str()),
        };
        let is_default = matches!(name, None | Some("default"));
        let unread = |kind: &&str| {
            self.unread.may_hold(kind, name)
                || is_default && (self.unread.may_hold(kind, None) || self.unread.may_hold(kind, Some("default")))
        };
        !kinds.iter().any(unread)
            && self
                .possible(namespace)
                .all(|contents| !contents.has_unseen && !kinds.iter().any(|kind| contents.custom.makes.contains(*kind)))
    }

    pub(super) fn is_missing(&self, namespace: &Namespace, kind: &str, name: &str) -> bool {
        // Whatever is installed into one namespace may bring along objects of the whole cluster.
        if self.has_unseen && CLUSTER_KINDS.contains(&kind) {
            return false;
        }
        // Without a namespace, what refers to it is applied to any: also to the one in which the object is written to be.
        let is_anywhere = *namespace == Namespace::Unwritten && !CLUSTER_KINDS.contains(&kind);
        let is_elsewhere =
            || self.spaces.len() <= SPACES && self.spaces.values().any(|all| !all.details(kind, name).is_empty());
        self.can_tell(namespace, &[kind])
            && self.possible(namespace).all(|contents| !contents.may_hold(kind, name))
            && !(is_anywhere && is_elsewhere())
    }

    fn lacks_kind(&self, namespace: &Namespace, kind: &str) -> bool {
        self.can_tell(namespace, &[kind])
            && self
                .possible(namespace)
                .all(|contents| !(contents.holds_kind(kind) || kind == "NetworkPolicy" && contents.has_other_policies))
    }

    /// Whether the object is there, once or several times, and `test` holds of each.
    fn all_details(&self, namespace: &Namespace, kind: &str, name: &str, test: impl Fn(&Detail) -> bool) -> bool {
        let Some(here) = self.exactly(namespace) else { return false };
        if here.details(kind, name).is_empty() || here.has_unseen {
            return false;
        }
        self.possible(namespace).flat_map(|contents| contents.details(kind, name)).all(test)
    }

    fn all_services(&self, namespace: &Namespace, name: &str, test: impl Fn(&ServiceFact) -> bool) -> bool {
        self.all_details(
            namespace,
            "Service",
            name,
            |detail| matches!(detail, Detail::Service(service) if test(service)),
        )
    }

    fn selects_no_pod(&self, reach: &Reach, selector: &Selector, service: Option<&str>) -> bool {
        let none_in = |contents: &Contents| {
            !contents.pods.may_select(selector)
                && !contents.custom.may_make_pods(selector)
                && service.is_none_or(|service| contents.details("Endpoints", service).is_empty())
        };
        let kinds: Vec<&str> = pod_kinds().collect();
        self.nowhere(reach, &kinds, none_in)
    }

    fn selects_no_service(&self, reach: &Reach, selector: &Selector) -> bool {
        let none_in =
            |contents: &Contents| !contents.services.may_select(selector) && !contents.custom.may_make_pods(selector);
        self.nowhere(reach, &["Service"], none_in)
    }

    /// Whether `none_in` holds of all that is in reach, and all of it was seen.
    fn nowhere(&self, reach: &Reach, kinds: &[&str], none_in: impl Fn(&Contents) -> bool) -> bool {
        match reach {
            Reach::Namespaces(namespaces) => namespaces
                .iter()
                .all(|namespace| self.can_tell(namespace, kinds) && self.possible(namespace).all(&none_in)),
            Reach::Everywhere => {
                self.seen == Seen::Whole
                    && !self.has_unseen
                    && self.spaces.len() <= SPACES
                    && !kinds.iter().any(|kind| self.unread.may_hold_anywhere(kind))
                    && self.spaces.values().all(|contents| none_in(contents))
            }
        }
    }

    fn port_undeclared(&self, namespace: &Namespace, selector: &Selector, port: &str) -> bool {
        let mut is_selected = false;
        for contents in self.possible(namespace) {
            let Found::All(found) = contents.pods.select(selector) else { return false };
            for (verdict, pod) in found {
                is_selected |= verdict == Verdict::Yes;
                if pod.port_names.as_ref().is_none_or(|names| names.contains(port)) {
                    return false;
                }
            }
        }
        let kinds: Vec<&str> = pod_kinds().collect();
        is_selected && self.can_tell(namespace, &kinds)
    }

    fn lacks_request(
        &self,
        namespace: &Namespace,
        kind: &str,
        name: &str,
        resource: &str,
        container: Option<&str>,
    ) -> bool {
        // A LimitRange gives containers the requests that they lack.
        self.lacks_kind(namespace, "LimitRange")
            && self.all_details(namespace, kind, name, |detail| {
                let Detail::Workload(Some([cpu, memory])) = detail else { return false };
                let lacking = if resource == "cpu" { cpu } else { memory };
                container.map_or(!lacking.is_empty(), |wanted| lacking.iter().any(|name| name == wanted))
            })
    }

    /// The pods that a budget selects: those of workloads whose number of replicas is fixed. `None` where some may not be.
    fn budgeted(&self, namespace: &Namespace, selector: &Selector) -> Option<Vec<&PodFact>> {
        self.exactly(namespace)?;
        let mut pods = Vec::new();
        for contents in self.possible(namespace) {
            let Found::All(found) = contents.pods.select(selector) else { return None };
            for (verdict, pod) in found {
                pods.push(Some(pod).filter(|_| verdict == Verdict::Yes)?);
            }
        }
        let kinds: Vec<&str> = pod_kinds().collect();
        let is_known = self.seen == Seen::Part || self.can_tell(namespace, &kinds);
        is_known.then_some(pods)
    }

    fn fixed_pods(&self, namespace: &Namespace, selector: &Selector) -> Option<i64> {
        let pods = self.budgeted(namespace, selector)?;
        if !self.can_tell(namespace, &["HorizontalPodAutoscaler", "ScaledObject"]) {
            return None;
        }
        pods.into_iter().try_fold(0_i64, |sum, pod| {
            let name = pod.name.as_deref()?;
            let is_scaled =
                self.possible(namespace).any(|contents| contents.autoscalers(&pod.kind, name).next().is_some());
            sum.checked_add(pod.replicas.filter(|_| !is_scaled)?)
        })
    }

    fn least_pods(&self, namespace: &Namespace, selector: &Selector) -> Option<i64> {
        let pods = self.budgeted(namespace, selector)?;
        let [pod] = pods.as_slice() else { return None };
        let name = pod.name.as_deref()?;
        let mut scaling = self.possible(namespace).flat_map(|contents| contents.autoscalers(&pod.kind, name));
        match (scaling.next(), scaling.next()) {
            (Some((autoscaler, Surely::Yes)), None) => autoscaler.min,
            _ => None,
        }
    }

    /// Whether the account certainly leaves its token to the pods that run as it.
    fn gives_token(&self, namespace: &Namespace, account: &str) -> bool {
        let here = self.exactly(namespace);
        let is_there = here.is_some_and(|here| !here.details("ServiceAccount", account).is_empty());
        namespace.is_known()
            && (is_there || self.can_tell(namespace, &["ServiceAccount"]))
            && self.possible(namespace).all(|contents| !contents.without_token.contains(account))
    }

    fn lacks_pull_secret(&self, namespace: &Namespace, account: &str) -> bool {
        let is_there =
            self.exactly(namespace).is_some_and(|contents| !contents.details("ServiceAccount", account).is_empty());
        self.can_tell(namespace, &["ServiceAccount"])
            && (is_there || account == "default")
            && self.possible(namespace).all(|contents| {
                !contents.with_pull_secret.contains(account) && !contents.nameless.contains("ServiceAccount")
            })
    }

    fn selects_several(&self, namespace: &Namespace, selector: &Selector) -> bool {
        let Some(Found::All(found)) = self.exactly(namespace).map(|contents| contents.pods.select(selector)) else {
            return false;
        };
        let sure = found.into_iter().filter(|(verdict, _)| *verdict == Verdict::Yes);
        let mut workloads = sure.filter_map(|(_, pod)| Some((&pod.kind, pod.name.as_ref()?)));
        let first = workloads.next();
        workloads.any(|other| Some(other) != first)
    }

    /// What shows that a quota is exceeded.
    fn exceeds(
        &self,
        namespace: &Namespace,
        site: Site,
        what: &Quoted,
        scopes: &[PodScope],
        hard: Quantity,
    ) -> Option<Culprit> {
        let here = self.exactly(namespace)?;
        if let Quoted::Resource(side, resource) = what {
            // Each quota with scopes looks at every workload.
            if self.changes_pods || !scopes.is_empty() && here.names("ResourceQuota") > BOUNDS {
                return None;
            }
            let scaled =
                |kind: &str, name: &str| self.possible(namespace).flat_map(|all| all.autoscalers(kind, name)).collect();
            // The server writes what a LimitRange gives into pods before it counts them.
            let given = |site: Site| {
                let is_all_known = here.names("LimitRange") <= BOUNDS && self.can_tell(namespace, &["LimitRange"]);
                let all = self.possible(namespace).map(|contents| &contents.given);
                if is_all_known { Given::gifts(&here.given, all, site) } else { Gifts::new() }
            };
            let sum = here.ledger.asked(site, *side, resource, scopes, scaled, given);
            return (sum.asked > hard.nanos).then(|| here.ledger.culprit(&sum, resource));
        }
        // Whose environment or directory an object is of is not kept: where there are several, nothing is counted.
        if *namespace == Namespace::Unwritten
            || here.environments.len() > 1
            || here.is_changed
            || here.names("ResourceQuota") > BOUNDS
        {
            return None;
        }
        let count = match what {
            Quoted::Objects { kind, made } => i64::try_from(here.count(kind)).ok()?.checked_add(*made)?,
            Quoted::LoadBalancers => {
                i64::try_from(here.own_services().filter(|service| service.is_balanced).count()).ok()?
            }
            Quoted::NodePorts => here.own_services().try_fold(0_i64, |sum, one| sum.checked_add(one.node_ports))?,
            Quoted::Resource(..) => return None,
        };
        let is_more = Quantity::whole(count) > hard;
        is_more.then(|| Culprit { what: format!("the namespace has at least {count}"), at: None })
    }

    /// A container that a quota in `file` keeps from being made, because it goes without an amount.
    fn without_amount(
        &self,
        namespace: &Namespace,
        site: Site,
        half: Side,
        resource: &str,
        file: FileId,
    ) -> Option<Culprit> {
        let here =
            self.exactly(namespace).filter(|here| here.names("ResourceQuota") <= BOUNDS && !self.changes_pods)?;
        let may_be_given = || self.possible(namespace).any(|contents| contents.given.may_give(half, resource));
        let culprit = here.ledger.without(site, half, resource)?;
        // Who writes quota and pods into one file has the LimitRange there as well.
        let is_seen = self.seen == Seen::Whole || culprit.at.is_some_and(|at| at.file() == file);
        (is_seen && self.is_read(namespace, &["LimitRange"]) && !may_be_given()).then_some(culprit)
    }

    /// What breaks a bound of a LimitRange.
    fn breaks(&self, namespace: &Namespace, bound: &Bound) -> Option<Culprit> {
        let here = self.exactly(namespace).filter(|here| here.names("LimitRange") <= BOUNDS && !self.changes_pods)?;
        let ranges = || self.possible(namespace).map(|contents| contents.names("LimitRange")).sum::<usize>();
        let is_only = ranges() == 1 && self.can_tell(namespace, &["LimitRange"]);
        here.ledger.breaks(bound, if is_only { Defaults::Known } else { Defaults::Unknown })
    }

    /// Whether the `Namespace` object is in the scan and no policy is in it: then the finding is about the namespace.
    fn is_said_of_namespace(&self, namespace: &Namespace) -> bool {
        let Namespace::Named(name) = namespace else { return false };
        let cluster = self.spaces.get(&Namespace::Unwritten);
        let is_there = cluster.is_some_and(|cluster| !cluster.details("Namespace", name).is_empty());
        is_there && self.possible(namespace).all(|contents| contents.policies.is_empty())
    }
}

impl ServiceFact {
    fn lacks(&self, wanted: &Port) -> bool {
        self.ports.as_ref().is_some_and(|ports| {
            !ports.iter().any(|(number, name)| match wanted {
                Port::Number(wanted) => number == wanted,
                Port::Name(wanted) => name.as_ref() == Some(wanted),
            })
        })
    }
}
