//! What one namespace of a scan holds.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use portcullis_core::StableHash;
use portcullis_syntax::{Lookup, Node};
use serde::{Deserialize, Serialize};

use super::ledger::{Given, Ledger};
use super::mesh::{self, SubsetsOfHosts};
use super::power::Powers;
use super::selection::{Labelled, Labels, Selector, Selectors};
use super::wire;
use crate::kubernetes::{Grant, Object, Pod, Role, grants};

/// What one namespace holds.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Contents {
    /// By kind and name.
    objects: BTreeMap<String, BTreeMap<String, Vec<Detail>>>,
    /// Kinds of objects whose names are filled in later.
    #[serde(serialize_with = "wire::sorted")]
    pub(super) nameless: HashSet<String>,
    pub(super) pods: Labelled<PodFact>,
    pub(super) services: Labelled<()>,
    pub(super) service_selectors: Selectors,
    pub(super) policies: Selectors,
    pub(super) budgets: Selectors,
    /// By the target's name; `None` where it is not known.
    autoscalers: BTreeMap<Option<String>, Vec<Autoscaler>>,
    /// `TEMPLATE-WORKLOAD` of the claims that StatefulSets make.
    #[serde(serialize_with = "wire::sorted")]
    claim_prefixes: HashSet<String>,
    /// ServiceAccounts that mount no token, or may mount none.
    pub(super) without_token: BTreeSet<String>,
    /// ServiceAccounts with secrets for pulling images, or that may have some.
    pub(super) with_pull_secret: BTreeSet<String>,
    /// Kind and name of roles that change something or read Secrets.
    pub(super) elevated: BTreeSet<(String, String)>,
    pub(super) powers: Powers,
    pub(super) subsets: SubsetsOfHosts,
    pub(super) ledger: Ledger,
    /// What its LimitRanges give.
    pub(super) given: Given,
    /// The environments that its files are of.
    pub(super) environments: BTreeSet<u8>,
    /// Whether a kustomization may change or remove some of it.
    pub(super) is_changed: bool,
    pub(super) custom: Customs,
    /// Whether a network policy of another kind than the API server's may isolate pods.
    pub(super) has_other_policies: bool,
    /// Whether it holds what the scan does not see, of any kind.
    pub(super) has_unseen: bool,
}

/// What is known of an object besides its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Detail {
    Plain,
    /// A ConfigMap or Secret: its keys, where all are known.
    Keys(Option<BTreeSet<String>>),
    Service(ServiceFact),
    /// A workload: the main containers that request no CPU and no memory. Nothing where some may not be known.
    Workload(Option<[Vec<String>; 2]>),
    /// Something that a kustomization or a custom resource makes.
    Made,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ServiceFact {
    /// Number and name of each port; `None` where some are not known.
    pub(super) ports: Option<Vec<(i64, Option<String>)>>,
    pub(super) headless: Option<bool>,
    /// It asks for a load balancer.
    pub(super) is_balanced: bool,
    /// Ports of every node that it certainly takes.
    pub(super) node_ports: i64,
    /// It is a name for something outside the cluster.
    pub(super) is_external: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct PodFact {
    /// The names of its ports, where all are known.
    pub(super) port_names: Option<BTreeSet<String>>,
    pub(super) kind: String,
    pub(super) name: Option<String>,
    /// How many of it there are, where that is fixed.
    pub(super) replicas: Option<i64>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Autoscaler {
    /// `None` where it is not known.
    kind: Option<String>,
    /// The least number of replicas.
    pub(super) min: Option<i64>,
    /// The largest.
    pub(super) max: Option<i64>,
}

/// What is known of custom resources that may make objects.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Customs {
    #[serde(serialize_with = "wire::sorted")]
    pub(super) names: HashSet<String>,
    #[serde(serialize_with = "wire::sorted")]
    pub(super) groups: HashSet<String>,
    /// Hashes of the names that stand anywhere in them: any of their values may look like a name.
    #[serde(serialize_with = "wire::sorted")]
    pub(super) mentions: HashSet<u64>,
    /// Kinds that they make for every namespace, or under names that are not known.
    #[serde(serialize_with = "wire::sorted")]
    pub(super) makes: HashSet<String>,
}

impl Contents {
    pub(super) fn add(&mut self, object: &Object<'_>, pods: &[Pod<'_>], adds_labels: bool) {
        let opened = |labels: Labels| if adds_labels { labels.opened() } else { labels };
        let node = object.node;
        let mut detail = Detail::Plain;
        match (object.group(), object.kind) {
            ("", "Service") => {
                detail = Detail::Service(ServiceFact::new(node));
                self.services.add(opened(Labels::of(node)), ());
                if let Lookup::Present(selector) = node.get("spec.selector")
                    && selector.is_map()
                    && selector.entries().len() > 0
                {
                    self.service_selectors.add(Selector::of_labels(selector));
                }
            }
            ("", "ConfigMap") => detail = Detail::Keys(keys(node, &["data", "binaryData"])),
            ("", "Secret") => detail = Detail::Keys(keys(node, &["data", "stringData"])),
            ("networking.k8s.io" | "extensions", "NetworkPolicy") => {
                self.policies.add(node.get("spec.podSelector").present().map(Selector::new).unwrap_or_default());
            }
            ("", "ServiceAccount") => {
                let automount = node.get("automountServiceAccountToken");
                let name = object.name.filter(|_| automount.is_bool(false) || automount.is_unknown());
                self.without_token.extend(name.map(str::to_owned));
                let has_secrets = match node.get("imagePullSecrets") {
                    Lookup::Absent(_) => false,
                    Lookup::Present(secrets) => !secrets.is_list() || secrets.items().len() > 0,
                    Lookup::Unknown(_) => true,
                };
                self.with_pull_secret.extend(object.name.filter(|_| has_secrets).map(str::to_owned));
            }
            (_, "Role" | "ClusterRole") => {
                let name = object.name.filter(|_| grants(object).iter().any(Grant::is_elevated));
                self.elevated.extend(name.map(|name| (object.kind.to_owned(), name.to_owned())));
            }
            ("policy", "PodDisruptionBudget") => {
                if let Lookup::Present(selector) = node.get("spec.selector") {
                    let selector = Selector::new(selector);
                    // Only from `policy/v1` on an empty selector selects every pod.
                    if object.version() != "v1beta1" || !selector.is_empty() {
                        self.budgets.add(selector);
                    }
                }
            }
            ("autoscaling", "HorizontalPodAutoscaler") | ("keda.sh", "ScaledObject") => self.add_autoscaler(object),
            ("discovery.k8s.io", "EndpointSlice") => {
                if let Lookup::Present(service) = node.get("metadata.labels").get_key("kubernetes.io/service-name")
                    && let Some(service) = service.as_str()
                {
                    self.insert("Endpoints", service, Detail::Made);
                }
            }
            ("apps" | "apps.kruise.io", "StatefulSet") => {
                let templates = node.get("spec.volumeClaimTemplates").present();
                for template in templates.into_iter().flat_map(Node::items) {
                    let name = template.get("metadata.name").present().and_then(Node::as_str);
                    let prefix = name.zip(object.name).map(|(template, set)| format!("{template}-{set}"));
                    self.claim_prefixes.extend(prefix);
                }
            }
            // What cert-manager or a controller keeps in it is not known, only that it is there.
            ("networking.k8s.io" | "extensions", "Ingress") => {
                for tls in node.get("spec.tls").present().into_iter().flat_map(Node::items) {
                    if let Some(name) = tls.field("secretName").and_then(Node::as_str) {
                        self.add_made("Secret", name);
                    }
                }
            }
            _ => {}
        }
        for pod in pods {
            self.pods.add(opened(Labels::of(pod.template)), PodFact::new(pod));
        }
        if let [pod] = pods {
            detail = Detail::Workload(lacking(pod));
        }
        match object.name {
            Some(name) => self.insert(object.kind, name, detail),
            None => _ = self.nameless.insert(object.kind.to_owned()),
        }
    }

    /// Adds something that is made by something else.
    pub(super) fn add_made(&mut self, kind: &str, name: &str) {
        self.insert(kind, name, Detail::Made);
    }

    fn insert(&mut self, kind: &str, name: &str, detail: Detail) {
        if !self.objects.contains_key(kind) {
            self.objects.insert(kind.to_owned(), BTreeMap::new());
        }
        let by_name = self.objects.get_mut(kind).expect("it was inserted just now");
        remember(by_name.entry(name.to_owned()).or_default(), detail);
    }

    fn add_autoscaler(&mut self, object: &Object<'_>) {
        let target = |field: &str| object.node.get("spec.scaleTargetRef").get(field);
        let known = |found: Lookup<'_>| found.present()?.as_str().map(str::to_owned);
        // KEDA takes a Deployment where no kind is written.
        let kind = match target("kind") {
            Lookup::Absent(_) => Some("Deployment".to_owned()),
            found => known(found),
        };
        let min = match object.node.get("spec.minReplicas") {
            Lookup::Absent(_) if object.is_builtin() => Some(1),
            Lookup::Present(min) if object.is_builtin() => min.as_i64(),
            _ => None,
        };
        let max_field = if object.is_builtin() { "spec.maxReplicas" } else { "spec.maxReplicaCount" };
        let max = object.node.get(max_field).present().and_then(Node::as_i64);
        let known = self.autoscalers.entry(known(target("name"))).or_default();
        let autoscaler = Autoscaler { kind, min, max };
        if !known.contains(&autoscaler) {
            known.push(autoscaler);
        }
    }

    pub(super) fn merge(&mut self, other: Self) {
        for (kind, by_name) in other.objects {
            let ours = self.objects.entry(kind).or_default();
            for (name, details) in by_name {
                let known = ours.entry(name).or_default();
                for detail in details {
                    remember(known, detail);
                }
            }
        }
        self.nameless.extend(other.nameless);
        self.pods.merge(other.pods);
        self.services.merge(other.services);
        self.service_selectors.merge(other.service_selectors);
        self.policies.merge(other.policies);
        self.budgets.merge(other.budgets);
        for (target, autoscalers) in other.autoscalers {
            let known = self.autoscalers.entry(target).or_default();
            known.extend(autoscalers.into_iter().filter(|autoscaler| !known.contains(autoscaler)).collect::<Vec<_>>());
        }
        self.claim_prefixes.extend(other.claim_prefixes);
        self.custom.names.extend(other.custom.names);
        self.custom.groups.extend(other.custom.groups);
        self.custom.mentions.extend(other.custom.mentions);
        self.custom.makes.extend(other.custom.makes);
        self.without_token.extend(other.without_token);
        self.with_pull_secret.extend(other.with_pull_secret);
        self.elevated.extend(other.elevated);
        self.powers.merge(other.powers);
        mesh::merge(&mut self.subsets, other.subsets);
        self.ledger.merge(other.ledger);
        self.given.merge(other.given);
        self.environments.extend(other.environments);
        self.is_changed |= other.is_changed;
        self.has_other_policies |= other.has_other_policies;
        self.has_unseen |= other.has_unseen;
    }

    /// What is known of the objects of a kind and name.
    pub(super) fn details(&self, kind: &str, name: &str) -> &[Detail] {
        self.objects.get(kind).and_then(|by_name| by_name.get(name)).map_or(&[], Vec::as_slice)
    }

    /// How many names the objects of the kind have, at once.
    pub(super) fn names(&self, kind: &str) -> usize {
        self.objects.get(kind).map_or(0, BTreeMap::len)
    }

    /// How many objects of the kind are written in it, each name counted once.
    pub(super) fn count(&self, kind: &str) -> usize {
        let written = |details: &&Vec<Detail>| details.iter().any(|detail| *detail != Detail::Made);
        self.objects.get(kind).map_or(0, |by_name| by_name.values().filter(written).count())
    }

    /// What is known of each Service of the API server's own kind; of one name, the first.
    pub(super) fn own_services(&self) -> impl Iterator<Item = &ServiceFact> {
        let by_name = self.objects.get("Service").into_iter().flat_map(BTreeMap::values);
        by_name.filter_map(|details| match details.as_slice() {
            [Detail::Service(service)] => Some(service),
            _ => None,
        })
    }

    /// Whether it holds any object of the kind.
    pub(super) fn holds_kind(&self, kind: &str) -> bool {
        self.objects.contains_key(kind) || self.nameless.contains(kind) || self.custom.makes.contains(kind)
    }

    /// Whether an object of the kind and name may be in it, as far as it was seen.
    pub(super) fn may_hold(&self, kind: &str, name: &str) -> bool {
        !self.details(kind, name).is_empty()
            || self.has_unseen
            || self.nameless.contains(kind)
            || self.custom.makes.contains(kind)
            || self.custom.may_make(name)
            || kind == "PersistentVolumeClaim" && self.may_claim(name)
    }

    /// Whether a StatefulSet makes the claim.
    fn may_claim(&self, name: &str) -> bool {
        name.rsplit_once('-').is_some_and(|(prefix, _)| self.claim_prefixes.contains(prefix))
    }

    /// The autoscalers that scale a workload, and those that may.
    pub(super) fn autoscalers(&self, kind: &str, name: &str) -> impl Iterator<Item = (&Autoscaler, Surely)> {
        let named = self.autoscalers.get(&Some(name.to_owned())).into_iter().flatten();
        let unnamed = self.autoscalers.get(&None).into_iter().flatten().map(|one| (one, Surely::Maybe));
        let named = named.filter_map(move |one| match &one.kind {
            None => Some((one, Surely::Maybe)),
            Some(scaled) => (scaled == kind).then_some((one, Surely::Yes)),
        });
        named.chain(unnamed)
    }
}

/// Objects of one name that are told apart; of more than these nothing is known but that they are there. It bounds trees
/// in which each directory has its own `config`.
const NAMESAKES: usize = 32;

fn remember(known: &mut Vec<Detail>, detail: Detail) {
    let detail = if known.len() < NAMESAKES { detail } else { Detail::Made };
    if !known.contains(&detail) {
        known.push(detail);
    }
}

/// How sure something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Surely {
    Yes,
    Maybe,
}

impl Customs {
    /// Whether one of them may make an object of this name: operators name what they make after what asks for it, or
    /// after what it says.
    pub(super) fn may_make(&self, name: &str) -> bool {
        !self.mentions.is_empty() && self.mentions.contains(&mention(name))
            || !self.names.is_empty() && self.is_named_after(name)
    }

    /// Whether one of them may make pods that the selector accepts: it asks for a label with the name of one, or for a
    /// label of an operator's domain.
    pub(super) fn may_make_pods(&self, selector: &Selector) -> bool {
        if self.names.is_empty() {
            return false;
        }
        let of_operator = |domain: &str| {
            let belongs = |group: &String| {
                group == domain
                    || group.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'))
                    || domain.strip_suffix(group.as_str()).is_some_and(|rest| rest.ends_with('.'))
            };
            self.groups.iter().any(belongs)
        };
        selector.names_any(|value| self.is_named_after(value)) || selector.domains().any(of_operator)
    }

    fn is_named_after(&self, name: &str) -> bool {
        let ends = name.match_indices(['-', '.', '_']).map(|(at, _)| at).chain([name.len()]);
        ends.filter_map(|end| name.get(..end)).any(|prefix| self.names.contains(prefix))
    }
}

/// What is kept of a text that may be a name.
pub(super) fn mention(name: &str) -> u64 {
    let mut hash = StableHash::new();
    hash.text(name);
    hash.short()
}

impl ServiceFact {
    fn new(node: Node<'_>) -> Self {
        let port = |port: Node<'_>| {
            let number = port.field("port")?.as_i64()?;
            let name = match port.get("name") {
                Lookup::Absent(_) => None,
                Lookup::Present(name) => Some(name.as_str()?.to_owned()),
                Lookup::Unknown(_) => return None,
            };
            Some((number, name))
        };
        let ports = match node.get("spec.ports") {
            Lookup::Present(ports) if ports.is_list() => ports.items().map(port).collect(),
            Lookup::Present(_) | Lookup::Unknown(_) => None,
            Lookup::Absent(_) => Some(Vec::new()),
        };
        let headless = match node.get("spec.clusterIP") {
            Lookup::Present(address) => address.as_str().map(|address| address == "None"),
            Lookup::Absent(_) => Some(false),
            Lookup::Unknown(_) => None,
        };
        let what = node.get("spec.type").present().and_then(Node::as_str);
        let is_balanced = what == Some("LoadBalancer");
        let is_on_nodes = what == Some("NodePort")
            || is_balanced && node.get("spec.allocateLoadBalancerNodePorts").absent().is_some();
        let count = ports.as_ref().map_or(0, |ports: &Vec<_>| i64::try_from(ports.len()).unwrap_or(i64::MAX));
        let node_ports = if is_on_nodes { count } else { 0 };
        Self { ports, headless, is_balanced, node_ports, is_external: what == Some("ExternalName") }
    }
}

impl PodFact {
    fn new(pod: &Pod<'_>) -> Self {
        let object = &pod.object;
        let replicas = match object.kind {
            "Deployment" | "StatefulSet" | "ReplicaSet" | "ReplicationController" if object.is_builtin() => {
                match object.node.get("spec.replicas") {
                    Lookup::Absent(_) => Some(1),
                    Lookup::Present(replicas) => replicas.as_i64(),
                    Lookup::Unknown(_) => None,
                }
            }
            _ => None,
        };
        Self {
            port_names: port_names(pod),
            kind: object.kind.to_owned(),
            name: object.name.map(str::to_owned),
            replicas,
        }
    }
}

fn port_names(pod: &Pod<'_>) -> Option<BTreeSet<String>> {
    let mut names = BTreeSet::new();
    if pod.has_unknown_containers() {
        return None;
    }
    for container in pod.lasting_containers() {
        match container.get("ports") {
            Lookup::Absent(_) => {}
            Lookup::Present(ports) if ports.is_list() => {
                for port in ports.items() {
                    match port.get("name") {
                        Lookup::Absent(_) => {}
                        Lookup::Present(name) => _ = names.insert(name.as_str()?.to_owned()),
                        Lookup::Unknown(_) => return None,
                    }
                }
            }
            _ => return None,
        }
    }
    Some(names)
}

/// The keys of a ConfigMap or Secret.
fn keys(node: Node<'_>, fields: &[&str]) -> Option<BTreeSet<String>> {
    let mut keys = BTreeSet::new();
    for field in fields {
        match node.get(field) {
            Lookup::Absent(_) => {}
            Lookup::Present(data) if data.is_map() && !data.is_open() => {
                keys.extend(data.entries().map(|(key, _)| key.text().to_owned()));
            }
            Lookup::Present(_) | Lookup::Unknown(_) => return None,
        }
    }
    Some(keys)
}

/// The main containers that certainly request no CPU, and those that request no memory. A limit stands for a request.
fn lacking(pod: &Pod<'_>) -> Option<[Vec<String>; 2]> {
    if pod.has_unknown_containers() || pod.get("resources").absent().is_none() {
        return None;
    }
    let lacks = |resource: &str| {
        let main = pod.containers.iter().filter(|container| container.role == Role::Main);
        let without = main.filter(|container| {
            let is_absent = |list: &str| container.resource(list).get_key(resource).absent().is_some();
            is_absent("requests") && is_absent("limits")
        });
        without.map(|container| container.name.unwrap_or_default().to_owned()).collect()
    };
    Some([lacks("cpu"), lacks("memory")])
}

/// Looks up one key below a lookup; keys may hold dots.
trait GetKey<'t> {
    fn get_key(self, key: &str) -> Lookup<'t>;
}

impl<'t> GetKey<'t> for Lookup<'t> {
    fn get_key(self, key: &str) -> Lookup<'t> {
        match self {
            Lookup::Present(node) => node.key_lookup(key),
            other => other,
        }
    }
}
