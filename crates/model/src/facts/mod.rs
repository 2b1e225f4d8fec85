//! What relations across files need to remember once text and tree are gone.
//!
//! A join rule says its finding at once, with a [`Claim`]: what must hold of the whole scan for the finding to stand.
//! The claims are judged when every file has given its facts.
//!
//! A claim that something is *not* there holds only where the scan would have seen it. It does not hold where the scan saw
//! part of a tree, where a text that could not be read may hold it, where a custom resource may make it, and where its
//! name or namespace is filled in later. Namespaces are compared as they are written, moved by kustomizations; no
//! namespace may be `default`.

mod claim;
mod contents;
mod custom;
mod defaults;
mod home;
mod ledger;
mod mesh;
mod power;
mod selection;
mod unread;
mod wire;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use portcullis_core::{FileId, Span, StableHash};
use portcullis_syntax::{Lookup, Node};
use serde::{Deserialize, Serialize};

use crate::kubernetes::{Object, Pod};
use contents::Contents;
use wire::Word;

pub use claim::{Amount, Claim, OtherEnd, Port, Quoted, Reach, Token};
pub use defaults::{AmountSet, Sought};
pub use home::{Company, Home, Homes, Unseen};
pub use ledger::{Bound, Bounded, PodScope, Side, Site, Test};
pub use selection::{Labels, Selector, Verdict};
pub use unread::{Unread, UnreadKind};

/// The facts of a scan.
///
/// Every claim is judged by look-ups, so that twice the files take twice the time.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Facts {
    #[serde(skip)]
    home: Arc<Home>,
    seen: Seen,
    /// Contents are large, and most maps have one namespace in a node with room for eleven.
    spaces: BTreeMap<Namespace, Box<Contents>>,
    /// The first place of whatever may be there once only.
    first: BTreeMap<u64, Mark>,
    unread: Unread,
    /// Whether any namespace holds what is not seen.
    has_unseen: bool,
    /// Kinds of [`PLATFORM_KINDS`] of which the scan holds any.
    #[serde(with = "wire::words")]
    platform: BTreeSet<Word>,
    /// Roles that every ServiceAccount is given.
    everyone: Vec<power::Bound>,
    /// Whether a policy may change pods as they are made.
    changes_pods: bool,
    /// Where the object is that was taken over last, and what it is known by: rules ask for it next.
    #[serde(skip)]
    last: Option<(Mark, Option<u64>)>,
    /// What LimitRanges give to containers.
    given: defaults::GivenAmounts,
}

/// How much of a tree a scan saw.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Seen {
    /// Some of its files: what is not among them may be elsewhere.
    #[default]
    Part,
    /// All of it.
    Whole,
}

/// An object's namespace.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Namespace {
    /// None is written: that of the deployment, or the object is of the whole cluster.
    Unwritten,
    /// As written, or as a kustomization sets it.
    Named(String),
    /// One or several, into which kustomizations move everything of this directory together. What else is in them is not
    /// known.
    Along(String),
    /// It is filled in later.
    Unknown,
}

impl Namespace {
    /// Whether it is one that is known by name, or by having none.
    fn is_known(&self) -> bool {
        matches!(self, Self::Unwritten | Self::Named(_))
    }
}

/// Where an object stands, in the order of a scan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Mark(u32, u32);

impl Mark {
    /// Its file.
    pub fn file(self) -> FileId {
        FileId(self.0)
    }

    /// Its first byte.
    pub fn start(self) -> u32 {
        self.1
    }
}

impl From<Span> for Mark {
    fn from(span: Span) -> Self {
        Self(span.file.0, span.start)
    }
}

/// Kinds of the API server's own groups that are in no namespace.
const CLUSTER_KINDS: &[&str] = &[
    "APIService",
    "CSIDriver",
    "CertificateSigningRequest",
    "ClusterRole",
    "ClusterRoleBinding",
    "CustomResourceDefinition",
    "FlowSchema",
    "GatewayClass",
    "IngressClass",
    "MutatingWebhookConfiguration",
    "Namespace",
    "Node",
    "PersistentVolume",
    "PriorityClass",
    "PriorityLevelConfiguration",
    "RuntimeClass",
    "StorageClass",
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
    "ValidatingWebhookConfiguration",
    "VolumeSnapshotClass",
];

/// Kinds that a platform team often keeps elsewhere: that one is missing is known only where others are in the scan.
const PLATFORM_KINDS: &[&str] = &["SecretStore", "ClusterSecretStore", "Issuer", "ClusterIssuer", "PriorityClass"];

/// Whether objects of a kind are in no namespace, as far as the kind is known.
pub fn is_of_cluster(group: &str, kind: &str) -> bool {
    (!group.contains('.') || group.ends_with(".k8s.io")) && CLUSTER_KINDS.contains(&kind)
}

impl Facts {
    /// The facts of one file: none yet.
    pub fn of_file(home: Arc<Home>) -> Self {
        Self { home, ..Self::default() }
    }

    /// The facts that a scan starts with.
    pub fn of_scan(seen: Seen, homes: &Homes) -> Self {
        let mut facts = Self { seen, ..Self::default() };
        for (kind, name) in &homes.generated {
            facts.contents(&Namespace::Unknown).add_made(kind, name);
        }
        facts
    }

    /// Takes over what `object` says; `pods` are the pods in it.
    pub fn extract(&mut self, object: &Object<'_>, pods: &[Pod<'_>]) {
        let namespace = self.namespace(object);
        let home = Arc::clone(&self.home);
        let mark = object.node.span().into();
        let key = object_key(object, &namespace, &home);
        self.last = Some((mark, key));
        if home.role == home::Role::Objects {
            if let Some(key) = key {
                self.note_first(key, mark);
            }
            match object.kind {
                "Ingress" => ingress_paths(object, &home).iter().for_each(|(_, key)| self.note_first(*key, mark)),
                "Service" => _ = shared_selector(object, &namespace, &home).map(|(_, key)| self.note_first(key, mark)),
                "HorizontalPodAutoscaler" | "ScaledObject" | "VerticalPodAutoscaler" => {
                    for key in targets(object, &namespace, &home).into_iter().flat_map(|target| target.keys) {
                        self.note_first(key, mark);
                    }
                }
                _ => {}
            }
        }
        power::extract(self, object, &namespace);
        self.platform.extend(PLATFORM_KINDS.iter().find(|kind| **kind == object.kind));
        if !object.is_builtin() {
            custom::extract(self, object, &namespace, pods);
        }
        if home.has_unseen {
            self.note_unseen(&namespace);
        }
        let contents = self.contents(&namespace);
        contents.add(object, pods, home.adds_labels);
        contents.environments.extend(home.environment);
        contents.is_changed |= home.is_changed;
        contents.ledger.add(object, pods, &namespace, &home);
        if object.kind == "LimitRange" {
            let amounts = contents.given.add(object.node, Site::new(&home, &namespace), &home);
            self.given.add(&namespace, &home, amounts);
        }
        if matches!(namespace, Namespace::Along(_)) {
            // To everything outside the directory it may be anywhere.
            self.contents(&Namespace::Unknown).add(object, pods, home.adds_labels);
        }
    }

    /// Adds a text that was not read as objects.
    pub fn add_unread(&mut self, unread: Unread) {
        self.unread.merge(unread);
    }

    /// Adds the facts of another part of the scan.
    pub fn merge(&mut self, other: Self) {
        for (name, theirs) in other.spaces {
            self.spaces.entry(name).or_default().merge(*theirs);
        }
        for (key, mark) in other.first {
            self.note_first(key, mark);
        }
        self.unread.merge(other.unread);
        self.has_unseen |= other.has_unseen;
        self.platform.extend(other.platform);
        power::remember(&mut self.everyone, other.everyone);
        self.changes_pods |= other.changes_pods;
        self.given.merge(other.given);
    }

    /// Where a quota or LimitRange of this file belongs; `None` where a kustomization may change it.
    pub fn site(&self, object: &Object<'_>) -> Option<Site> {
        (!self.home.is_changed).then(|| Site::new(&self.home, &self.namespace(object)))
    }

    /// Where the pods of an object of this file look for LimitRanges.
    pub fn sought(&self, object: &Object<'_>) -> Sought {
        Sought::new(&self.namespace(object), &self.home)
    }

    /// The namespace of an object of this file; of none where it is of the whole cluster.
    pub fn namespace(&self, object: &Object<'_>) -> Namespace {
        if object.is_builtin() && CLUSTER_KINDS.contains(&object.kind) {
            return Namespace::Unwritten;
        }
        self.home.namespace(written(object.metadata().get("namespace")))
    }

    /// The namespace that an object of this file refers to; its own where it names none.
    pub fn referred(&self, found: Lookup<'_>, object: &Object<'_>) -> Namespace {
        match found {
            Lookup::Absent(_) => self.namespace(object),
            found => self.home.referred(written(found)),
        }
    }

    /// The namespace that a `Namespace` object of this file makes, as the objects in it are placed.
    pub fn made_by(&self, object: &Object<'_>) -> Namespace {
        written(object.metadata().get("name"))
    }

    /// Whether what is in this file is laid over other objects and is none by itself.
    pub fn is_patch(&self) -> bool {
        self.home.role == home::Role::Patches
    }

    /// The claim that an earlier document of what is deployed together has the same identity.
    pub fn repeats(&self, object: &Object<'_>) -> Option<Claim> {
        let at = object.node.span().into();
        let key = match self.last {
            Some((last, key)) if last == at => key,
            _ => object_key(object, &self.namespace(object), &self.home),
        };
        Some(Claim::Repeated { key: key?, at, among: self.home.company })
    }

    /// For each path of an Ingress, the claim that an earlier Ingress that is deployed with it has the same.
    pub fn repeated_paths<'t>(&self, object: &Object<'t>) -> Vec<(Node<'t>, Claim)> {
        let at = object.node.span().into();
        let among = self.home.company;
        let claim = |(node, key)| (node, Claim::Repeated { key, at, among });
        ingress_paths(object, &self.home).into_iter().map(claim).collect()
    }

    /// The claim that an earlier autoscaler that is deployed with it has the same target. Nothing for other objects.
    pub fn repeated_target<'t>(&self, object: &Object<'t>) -> Option<(Node<'t>, Claim)> {
        let target = targets(object, &self.namespace(object), &self.home)?;
        Some((
            target.node,
            Claim::Repeated { key: *target.keys.first()?, at: object.node.span().into(), among: self.home.company },
        ))
    }

    /// For a VerticalPodAutoscaler that changes pods, the claim that another autoscaler counts on what it changes.
    pub fn contended_target<'t>(&self, object: &Object<'t>) -> Option<(Node<'t>, Claim)> {
        let target = targets(object, &self.namespace(object), &self.home)?;
        Some((target.node, Claim::Noted { key: target.contended? }))
    }

    /// The claim that an earlier Service that is deployed with it has the same selector.
    pub fn repeated_selector<'t>(&self, object: &Object<'t>) -> Option<(Node<'t>, Claim)> {
        let (node, key) = shared_selector(object, &self.namespace(object), &self.home)?;
        Some((node, Claim::Repeated { key, at: object.node.span().into(), among: self.home.company }))
    }

    fn note_first(&mut self, key: u64, mark: Mark) {
        self.first.entry(key).and_modify(|first| *first = mark.min(*first)).or_insert(mark);
    }

    /// Remembers that the namespace holds what is not seen.
    fn note_unseen(&mut self, namespace: &Namespace) {
        self.contents(namespace).has_unseen = true;
        self.has_unseen = true;
    }

    fn contents(&mut self, namespace: &Namespace) -> &mut Contents {
        if !self.spaces.contains_key(namespace) {
            self.spaces.insert(namespace.clone(), Box::default());
        }
        self.spaces.get_mut(namespace).expect("it was inserted just now")
    }
}

fn written(found: Lookup<'_>) -> Namespace {
    match found {
        Lookup::Absent(_) => Namespace::Unwritten,
        Lookup::Present(name) if name.as_str() == Some("") => Namespace::Unwritten,
        Lookup::Present(name) => name.as_str().map_or(Namespace::Unknown, |name| Namespace::Named(name.to_owned())),
        Lookup::Unknown(_) => Namespace::Unknown,
    }
}

/// What an object is known by among those that it is deployed with; `None` where that is not known.
fn object_key(object: &Object<'_>, namespace: &Namespace, home: &Home) -> Option<u64> {
    let namespace = match namespace {
        Namespace::Unwritten | Namespace::Along(_) => "",
        Namespace::Named(name) => name,
        Namespace::Unknown => return None,
    };
    let mut hash = StableHash::new();
    for part in ["object", &home.deployed_with, object.group(), object.kind, namespace, object.name?] {
        hash.text(part);
    }
    Some(hash.short())
}

/// The paths of an Ingress, each with what it is known by. A canary shares its paths by design.
fn ingress_paths<'t>(object: &Object<'t>, home: &Home) -> Vec<(Node<'t>, u64)> {
    let mut found = Vec::new();
    if object.annotation("nginx.ingress.kubernetes.io/canary").absent().is_none() {
        return found;
    }
    let annotated = object.annotation("kubernetes.io/ingress.class");
    let (Some(class), Some(old_class)) = (text(object.node.get("spec.ingressClassName")), text(annotated)) else {
        return found;
    };
    for rule in object.node.get("spec.rules").present().into_iter().flat_map(Node::items) {
        let Some(host) = text(rule.get("host")) else { continue };
        for entry in rule.get("http.paths").present().into_iter().flat_map(Node::items) {
            let (Some(path), Some(kind)) = (text(entry.get("path")), text(entry.get("pathType"))) else { continue };
            let mut hash = StableHash::new();
            for part in ["path", &home.deployed_with, class, old_class, host, path, kind] {
                hash.text(part);
            }
            found.push((entry.field("path").unwrap_or(entry), hash.short()));
        }
    }
    found
}

/// What an autoscaler scales.
struct Target<'t> {
    node: Node<'t>,
    /// What the target is known by: to those that scale it in the same way, then to those that count on its use.
    keys: Vec<u64>,
    /// For what changes requests: what the target is known by to those that count on its use.
    contended: Option<u64>,
}

/// The target of an autoscaler that acts. One that takes over an existing autoscaler has its target by design.
fn targets<'t>(object: &Object<'t>, namespace: &Namespace, home: &Home) -> Option<Target<'t>> {
    let (field, by_use, how) = match (object.group(), object.kind) {
        ("autoscaling", "HorizontalPodAutoscaler") => ("spec.scaleTargetRef", counts_on_use(object.node), "scaled"),
        ("keda.sh", "ScaledObject") => {
            object.annotation("scaledobject.keda.sh/transfer-hpa-ownership").absent()?;
            ("spec.scaleTargetRef", false, "scaled")
        }
        ("autoscaling.k8s.io", "VerticalPodAutoscaler") => {
            let mode = object.node.get("spec.updatePolicy.updateMode");
            let acts = match mode {
                Lookup::Absent(_) => true,
                Lookup::Present(mode) => mode.as_str().is_some_and(|mode| mode != "Off"),
                Lookup::Unknown(_) => false,
            };
            ("spec.targetRef", false, acts.then_some("resized")?)
        }
        _ => return None,
    };
    let reference = object.node.get(field).present()?;
    let node = reference.field("name")?;
    let name = node.as_str()?;
    let kind = match reference.get("kind") {
        Lookup::Absent(_) => "Deployment",
        Lookup::Present(kind) => kind.as_str()?,
        Lookup::Unknown(_) => return None,
    };
    let namespace = match namespace {
        Namespace::Unwritten | Namespace::Along(_) => "",
        Namespace::Named(name) => name,
        Namespace::Unknown => return None,
    };
    let key = |how: &str| {
        let mut hash = StableHash::new();
        for part in [how, &home.deployed_with, namespace, kind, name] {
            hash.text(part);
        }
        hash.short()
    };
    let keys = [Some(how), by_use.then_some("by use")].into_iter().flatten().map(key).collect();
    Some(Target { node, keys, contended: (how == "resized").then(|| key("by use")) })
}

/// Whether an autoscaler goes by the use of CPU or memory, as it does where no metric is written.
fn counts_on_use(node: Node<'_>) -> bool {
    let by_old_field = node.get("spec.targetCPUUtilizationPercentage").present().is_some();
    match node.get("spec.metrics") {
        Lookup::Absent(_) => true,
        Lookup::Present(metrics) => metrics.items().any(|metric| {
            ["resource.name", "containerResource.name"].iter().any(|path| {
                metric.get(path).present().and_then(Node::as_str).is_some_and(|name| matches!(name, "cpu" | "memory"))
            })
        }),
        Lookup::Unknown(_) => by_old_field,
    }
}

/// The selector of a Service with what it is known by; none of a headless Service, which shares one by design.
fn shared_selector<'t>(object: &Object<'t>, namespace: &Namespace, home: &Home) -> Option<(Node<'t>, u64)> {
    let is_headless = match object.node.get("spec.clusterIP") {
        Lookup::Absent(_) => false,
        Lookup::Present(address) => address.as_str() == Some("None"),
        Lookup::Unknown(_) => return None,
    };
    let is_external = object.node.get("spec.type").present().and_then(Node::as_str) == Some("ExternalName");
    if object.group() != "" || is_headless || is_external {
        return None;
    }
    let node = object.node.get("spec.selector").present().filter(|node| node.is_map() && node.entries().len() > 0)?;
    if node.is_open() {
        return None;
    }
    // The order of the labels does not matter.
    let labels = node.entries().try_fold(0_u64, |sum, (key, value)| {
        let mut hash = StableHash::new();
        hash.text(key.text());
        hash.text(value.as_str()?);
        Some(sum.wrapping_add(hash.short()))
    })?;
    let namespace = match namespace {
        Namespace::Unwritten | Namespace::Along(_) => "",
        Namespace::Named(name) => name,
        Namespace::Unknown => return None,
    };
    let mut hash = StableHash::new();
    for part in ["selector", &home.deployed_with, namespace] {
        hash.text(part);
    }
    hash.number(labels);
    Some((node, hash.short()))
}

/// A string or nothing; `None` where that is not known.
fn text(found: Lookup<'_>) -> Option<&str> {
    match found {
        Lookup::Absent(_) => Some(""),
        Lookup::Present(node) => node.as_str(),
        Lookup::Unknown(_) => None,
    }
}

/// A mapping of strings; `None` where one of its values is not known.
pub fn labels(node: Node<'_>) -> Option<BTreeMap<String, String>> {
    if node.is_open() {
        return None;
    }
    node.entries().map(|(key, value)| Some((key.text().to_owned(), value.as_str()?.to_owned()))).collect()
}
