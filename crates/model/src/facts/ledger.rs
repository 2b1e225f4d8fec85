//! What the workloads of a namespace ask for, as a ResourceQuota adds it up and a LimitRange judges it.
//!
//! Every sum is a lower bound: what is filled in later, patched by a kustomization, or written twice under one name adds
//! nothing. A bound that is too low already is certain. Objects of another environment than the quota's are left out, and
//! without a written namespace only what is deployed together is added.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::OnceLock;

use portcullis_syntax::{Lookup, Node};
use serde::{Deserialize, Serialize};

use super::contents::{Autoscaler, Surely};
use super::home::{Home, Role as HomeRole};
use super::wire::{self, Word};
use super::{AmountSet, Mark, Namespace};
use crate::kubernetes::{Container, Object, Pod, Quantity, Role};

/// Which half of a container's resources.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Side {
    /// What the scheduler sets aside.
    Requests,
    /// What the container may use at most.
    Limits,
}

impl Side {
    /// The field of `resources`.
    pub fn field(self) -> &'static str {
        match self {
            Self::Requests => "requests",
            Self::Limits => "limits",
        }
    }
}

/// Where a quota, a LimitRange or a workload belongs, for deciding whether one is about the other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Site {
    deployed_with: u64,
    environment: Option<u8>,
}

impl Site {
    pub(super) fn new(home: &Home, namespace: &Namespace) -> Self {
        let is_told_by_namespace = matches!(namespace, Namespace::Named(_) | Namespace::Along(_));
        let deployed_with = if is_told_by_namespace { 0 } else { home.deployed_with_key() };
        Self { deployed_with, environment: home.environment }
    }

    /// Whether a quota or LimitRange here may be about a workload there.
    fn rules(self, other: Self) -> bool {
        let is_same = self.environment.zip(other.environment).is_none_or(|(a, b)| a == b);
        self.deployed_with == other.deployed_with && is_same
    }
}

/// What one namespace's workloads and claims ask for.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Ledger {
    loads: Vec<Load>,
    /// Each distinct pod once, after a merge: hundreds of workloads ask for the same.
    shapes: Vec<Shape>,
    #[serde(skip)]
    by_hash: HashMap<u64, Vec<u32>>,
    /// Names of workloads whose amounts an autoscaler changes.
    resized: BTreeSet<String>,
    #[serde(skip)]
    sums: OnceLock<Sums>,
    #[serde(skip)]
    by_deployment: OnceLock<HashMap<u64, Vec<u32>>>,
}

/// A workload or a volume claim.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Load {
    #[serde(with = "wire::word")]
    kind: Word,
    name: String,
    /// The containers' names, in the order of the shape.
    containers: Box<[Box<str>]>,
    shape: u32,
    /// Its pods, where nothing scales it.
    pods: i64,
    site: Site,
    at: Mark,
}

/// What one pod asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
struct Shape {
    containers: Vec<Asks>,
    overhead: Vec<(Name, Amount)>,
    /// The pod's own `resources`, which stand for its containers'.
    whole: Option<Asks>,
    claims: Vec<Claimed>,
    /// Whether it has a time after which it ends, where that is known.
    ends: Option<bool>,
    /// Its priority class, where one is written.
    priority: Option<Name>,
    /// Whether it may have containers that are not known.
    is_open: bool,
    /// Whether it is a pod at all, rather than a volume claim alone.
    is_pod: bool,
}

/// A resource's name; the usual ones take no memory.
type Name = Cow<'static, str>;

fn name(text: &str) -> Name {
    const USUAL: &[&str] = &["cpu", "memory", "ephemeral-storage", "storage"];
    let usual = USUAL.iter().find(|usual| **usual == text);
    usual.map_or_else(|| Cow::Owned(text.to_owned()), |usual| Cow::Borrowed(*usual))
}

/// What one container asks for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
struct Asks {
    role: RoleRank,
    requests: Vec<(Name, Amount)>,
    limits: Vec<(Name, Amount)>,
    /// Whether there may be more than is known.
    is_open: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
enum RoleRank {
    Main,
    Init,
    Sidecar,
}

/// A volume claim: its size and its class.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
struct Claimed {
    storage: Amount,
    class: Option<Box<str>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
enum Amount {
    Known(Quantity),
    Unknown,
}

/// What is asked for of one resource.
#[derive(Clone, Debug, Default)]
pub(super) struct Sum {
    pub(super) asked: i128,
    /// Who asks for most of it, and how much.
    most: Option<(i128, u32)>,
    has_daemons: bool,
    /// Whether a LimitRange gave some of it.
    has_given: bool,
}

/// Resources of one pod that are added up. It bounds pods whose every container names another one.
const RESOURCES: usize = 64;

/// By site, side and resource.
type Sums = BTreeMap<Site, BTreeMap<(Side, Box<str>), Sum>>;

/// Which pods a quota is about. Scopes that depend on what is not written, such as the cluster's default class, are none of
/// these.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PodScope {
    /// Those that end after a time.
    Ending,
    /// Those that do not.
    Lasting,
    /// Those that ask for CPU or memory.
    Asking,
    /// Those of any priority class that is written.
    Prioritized,
    /// Those of these priority classes.
    OfClasses(Vec<String>),
}

impl PodScope {
    /// Whether the pod certainly is in it.
    fn holds(&self, shape: &Shape, gifts: &Gifts) -> bool {
        shape.is_pod
            && match self {
                Self::Ending => shape.ends == Some(true),
                Self::Lasting => shape.ends == Some(false),
                Self::Asking => ["cpu", "memory"].iter().any(|name| {
                    let gift = gifts.get(&(Side::Requests, Box::from(*name)));
                    shape.pod_asks(Side::Requests, name, gift.copied()).0 > 0
                }),
                Self::Prioritized => shape.priority.is_some(),
                Self::OfClasses(classes) => {
                    shape.priority.as_ref().is_some_and(|class| classes.iter().any(|one| *one == **class))
                }
            }
    }
}

/// Who broke a bound, or added most to a sum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Culprit {
    /// In words: ``container `web` of Deployment `web` asks for 2Gi``.
    pub(super) what: String,
    /// Where the object is.
    pub(super) at: Option<Mark>,
}

/// A bound of a LimitRange.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bound {
    /// What it bounds.
    pub of: Bounded,
    /// The resource.
    pub resource: String,
    /// How it bounds it.
    pub test: Test,
    /// The bound.
    pub value: Quantity,
    /// What a container gets as its limit where it writes none: the LimitRange's `default`, else its `max`.
    pub default_limit: Option<Quantity>,
    /// Where the LimitRange is.
    pub site: Site,
}

/// What a LimitRange bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Bounded {
    /// Each container.
    Container,
    /// All containers of a pod together.
    Pod,
    /// Each claim of a volume.
    VolumeClaim,
}

/// How a LimitRange bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Test {
    /// Neither request nor limit may be less.
    Min,
    /// Neither request nor limit may be more.
    Max,
    /// The limit may be at most so many times the request.
    Ratio,
    /// A request may not be more than the limit that the container is given.
    Default,
}

impl Ledger {
    /// Adds what an object asks for.
    pub(super) fn add(&mut self, object: &Object<'_>, pods: &[Pod<'_>], namespace: &Namespace, home: &Home) {
        if home.is_changed || home.role != HomeRole::Objects || !object.is_builtin() {
            return;
        }
        if object.kind == "VerticalPodAutoscaler" {
            let target = object.node.get("spec.targetRef.name").present().and_then(Node::as_str);
            self.resized.extend(target.map(str::to_owned));
        }
        let Some(name) = object.name else { return };
        let (kind, pods, shape, containers) = match (object.kind, pods) {
            ("PersistentVolumeClaim", []) => {
                let Lookup::Present(spec) = object.node.get("spec") else { return };
                let shape = Shape { claims: vec![Claimed::new(spec)], ..Shape::default() };
                ("PersistentVolumeClaim", 1, shape, Box::default())
            }
            (kind, [pod]) => {
                let Some((kind, count)) = count(kind, object.node) else { return };
                let lasting = pod.lasting_containers();
                let containers = lasting.map(|container| container.name.unwrap_or_default().into()).collect();
                (kind, count, Shape::new(pod), containers)
            }
            _ => return,
        };
        let (site, at) = (Site::new(home, namespace), object.node.span().into());
        let shape = self.push(shape);
        self.loads.push(Load { kind, name: name.to_owned(), containers, shape, pods, site, at });
    }

    pub(super) fn merge(&mut self, other: Self) {
        if other.loads.is_empty() && other.resized.is_empty() {
            return;
        }
        let places: Vec<u32> = other.shapes.into_iter().map(|shape| self.intern(shape)).collect();
        self.resized.extend(other.resized);
        for mut load in other.loads {
            let Some(shape) = places.get(load.shape as usize) else { continue };
            load.shape = *shape;
            self.loads.push(load);
        }
    }

    fn push(&mut self, shape: Shape) -> u32 {
        let index = u32::try_from(self.shapes.len()).unwrap_or(u32::MAX);
        self.shapes.push(shape);
        index
    }

    fn intern(&mut self, shape: Shape) -> u32 {
        let mut hasher = DefaultHasher::new();
        shape.hash(&mut hasher);
        let hash = hasher.finish();
        let alike = self.by_hash.get(&hash).into_iter().flatten();
        if let Some(known) = alike.copied().find(|index| self.shapes.get(*index as usize) == Some(&shape)) {
            return known;
        }
        let index = self.push(shape);
        self.by_hash.entry(hash).or_default().push(index);
        index
    }

    fn shape(&self, load: &Load) -> Option<&Shape> {
        self.shapes.get(load.shape as usize)
    }

    /// What a quota at `site` counts of a resource. `scaled` gives the autoscalers of a workload, `given` what LimitRanges
    /// give to the containers of a site.
    pub(super) fn asked<'a>(
        &self,
        site: Site,
        half: Side,
        resource: &str,
        scopes: &[PodScope],
        scaled: impl Fn(&str, &str) -> Vec<(&'a Autoscaler, Surely)>,
        given: impl Fn(Site) -> Gifts,
    ) -> Sum {
        let own;
        let sums = if scopes.is_empty() {
            self.sums.get_or_init(|| self.sums(&[], scaled, given))
        } else {
            own = self.sums(scopes, scaled, given);
            &own
        };
        let key = (half, Box::from(resource));
        let of = |environment| {
            let site = Site { environment, ..site };
            sums.get(&site).and_then(|sums| sums.get(&key))
        };
        let mut total = Sum::default();
        total.take(of(None));
        let environment = match site.environment {
            Some(environment) => of(Some(environment)),
            // The quota may be that of any one environment, and of one only.
            None => sums
                .range(Site { environment: Some(0), ..site }..=Site { environment: Some(u8::MAX), ..site })
                .filter_map(|(_, sums)| sums.get(&key))
                .max_by_key(|sum| sum.asked),
        };
        total.take(environment);
        total
    }

    fn sums<'a>(
        &self,
        scopes: &[PodScope],
        scaled: impl Fn(&str, &str) -> Vec<(&'a Autoscaler, Surely)>,
        given: impl Fn(Site) -> Gifts,
    ) -> Sums {
        // Of one name there may be one in each environment; one of no environment may be any of them.
        let mut named: HashMap<(&str, &str, Site), usize> = HashMap::new();
        let mut anywhere: HashMap<(&str, &str, u64), usize> = HashMap::new();
        for load in &self.loads {
            *named.entry((load.kind, &load.name, load.site)).or_default() += 1;
            *anywhere.entry((load.kind, &load.name, load.site.deployed_with)).or_default() += 1;
        }
        let is_once = |load: &Load| {
            let of = |site| named.get(&(load.kind, load.name.as_str(), site)).copied().unwrap_or_default();
            let site = Site { environment: None, ..load.site };
            let all = anywhere.get(&(load.kind, load.name.as_str(), site.deployed_with));
            if load.site == site { all == Some(&1) } else { of(load.site) == 1 && of(site) == 0 }
        };
        let mut gifts_of: HashMap<Site, Gifts> = HashMap::new();
        let mut sums = Sums::new();
        for (index, load) in (0_u32..).zip(&self.loads) {
            let is_sure = is_once(load) && !self.resized.contains(&load.name);
            let Some(shape) = self.shape(load).filter(|_| is_sure) else { continue };
            let gifts = &*gifts_of.entry(load.site).or_insert_with(|| given(load.site));
            if !scopes.iter().all(|scope| scope.holds(shape, gifts)) {
                continue;
            }
            let Some(pods) = pods_at_most(load.pods, &scaled(load.kind, &load.name)) else { continue };
            let of_site = sums.entry(load.site).or_default();
            let mut add = |side: Side, resource: Box<str>, (each, origin): (i128, Origin)| {
                let Some(all) = each.checked_mul(i128::from(pods)).filter(|all| *all > 0) else { return };
                let sum = of_site.entry((side, resource)).or_default();
                sum.asked = sum.asked.saturating_add(all);
                sum.has_daemons |= load.kind == "DaemonSet";
                sum.has_given |= origin == Origin::Given;
                if sum.most.is_none_or(|(most, _)| most < all) {
                    sum.most = Some((all, index));
                }
            };
            for side in [Side::Requests, Side::Limits] {
                let mut resources = shape.resources(side);
                let given = gifts.keys().filter(|(given, _)| *given == side && shape.is_pod);
                resources.extend(given.map(|(_, resource)| &**resource));
                for resource in resources.into_iter().take(RESOURCES) {
                    let written = shape.pod_asks(side, resource, None).0;
                    let gift = Some(gifts).filter(|gifts| !gifts.is_empty());
                    let gift = gift.and_then(|gifts| gifts.get(&(side, resource.into()))).copied();
                    let asked = gift.map_or(written, |gift| shape.pod_asks(side, resource, Some(gift)).0);
                    let origin = if asked > written { Origin::Given } else { Origin::Written };
                    add(side, resource.into(), (asked, origin));
                }
            }
            let one = (Quantity::whole(1).nanos, Origin::Written);
            if shape.is_pod {
                add(Side::Requests, "pods".into(), one);
            }
            for claim in &shape.claims {
                let storage = (claim.storage.least(), Origin::Written);
                add(Side::Requests, "persistentvolumeclaims".into(), one);
                add(Side::Requests, "storage".into(), storage);
                if let Some(class) = &claim.class {
                    let of_class = |what: &str| format!("{class}.storageclass.storage.k8s.io/{what}").into();
                    add(Side::Requests, of_class("persistentvolumeclaims"), one);
                    add(Side::Requests, of_class("requests.storage"), storage);
                }
            }
        }
        sums
    }

    /// Who asks for most of a sum, in words.
    pub(super) fn culprit(&self, sum: &Sum, resource: &str) -> Culprit {
        let most = sum.most.and_then(|(most, index)| Some((most, self.loads.get(index as usize)?)));
        let asked = Quantity { nanos: sum.asked }.shown(resource);
        let mut what = format!("the namespace asks for at least `{asked}`");
        if let Some((most, load)) = most.filter(|(most, _)| *most < sum.asked) {
            let most = Quantity { nanos: most }.shown(resource);
            what = format!("{what}, of it {} `{}` alone `{most}`", load.kind, load.name);
        } else if let Some((_, load)) = most {
            what = format!("{} `{}` asks for at least `{asked}`", load.kind, load.name);
        }
        if sum.has_given {
            what.push_str(", with what a LimitRange gives");
        }
        if sum.has_daemons {
            what.push_str(" (DaemonSets counted for one node)");
        }
        Culprit { what, at: most.map(|(_, load)| load.at) }
    }

    /// The first container that certainly sets neither the amount nor one that stands for it.
    pub(super) fn without(&self, site: Site, half: Side, resource: &str) -> Option<Culprit> {
        let lacking = |load: &Load| {
            let shape = self.shape(load).filter(|shape| shape.is_pod && shape.whole.is_none())?;
            let index = shape.containers.iter().position(|asks| asks.lacks(half, resource))?;
            Some(format!("{} sets none", load.container(index)))
        };
        self.first(site, lacking)
    }

    /// The first that breaks a bound.
    pub(super) fn breaks(&self, bound: &Bound, defaults: Defaults) -> Option<Culprit> {
        self.first(bound.site, |load| {
            let shape = self.shape(load)?;
            match bound.of {
                Bounded::Container => {
                    let broken = |(index, asks): (usize, &Asks)| {
                        let what = asks.breaks(bound, defaults)?;
                        Some(format!("{} {what}", load.container(index)))
                    };
                    shape.containers.iter().enumerate().find_map(broken)
                }
                Bounded::Pod => {
                    let what = shape.breaks(bound)?;
                    Some(format!("a pod of {} `{}` {what}", load.kind, load.name))
                }
                Bounded::VolumeClaim => {
                    let is_broken = |claim: &&Claimed| match (claim.storage, bound.test) {
                        (Amount::Known(size), Test::Min) => size < bound.value,
                        (Amount::Known(size), Test::Max) => size > bound.value,
                        _ => false,
                    };
                    let claim = shape.claims.iter().find(is_broken)?;
                    let size = Quantity { nanos: claim.storage.least() }.shown("storage");
                    let of = if load.kind == "PersistentVolumeClaim" { "" } else { "a claim of " };
                    Some(format!("{of}{} `{}` asks for `{size}`", load.kind, load.name))
                }
            }
        })
    }

    /// The first load, in the order of the scan, of which something is said, and how many more there are.
    fn first(&self, site: Site, test: impl Fn(&Load) -> Option<String>) -> Option<Culprit> {
        let mut found: Option<(Mark, String)> = None;
        let mut count = 0_usize;
        let by_deployment = self.by_deployment.get_or_init(|| {
            let mut indices: HashMap<u64, Vec<u32>> = HashMap::new();
            for (index, load) in (0..).zip(&self.loads) {
                indices.entry(load.site.deployed_with).or_default().push(index);
            }
            indices
        });
        let here = by_deployment.get(&site.deployed_with).into_iter().flatten();
        let here = here.filter_map(|index| self.loads.get(*index as usize));
        let is_meant = |load: &&Load| load.pods > 0 && site.rules(load.site) && !self.resized.contains(&load.name);
        for load in here.filter(is_meant) {
            let Some(what) = test(load) else { continue };
            count += 1;
            if found.as_ref().is_none_or(|(at, _)| load.at < *at) {
                found = Some((load.at, what));
            }
        }
        let (at, mut what) = found?;
        if count > 1 {
            what = format!("{what} (and {} more)", count - 1);
        }
        Some(Culprit { what, at: Some(at) })
    }
}

/// Whether a container that writes no limit is known to be given this LimitRange's: no other may be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Defaults {
    Known,
    Unknown,
}

/// Whether an amount is written, or given by a LimitRange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Origin {
    Written,
    Given,
}

/// What every container without an amount of its own is given at least, in billionths.
pub(super) type Gifts = BTreeMap<(Side, Box<str>), i128>;

/// What LimitRanges give to containers that write nothing.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Given {
    amounts: BTreeSet<(Side, String)>,
    ranges: Vec<Range>,
    /// Whether they may give more than is known.
    is_open: bool,
}

/// What one LimitRange gives to containers.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Range {
    site: Site,
    gifts: Vec<(Side, Name, Amount)>,
}

/// Fields of a LimitRange, and on which side what stands there is given: a maximum becomes the limit, a limit the request,
/// and a minimum the request. Earlier rows win.
const GIVING: &[(&str, &[Side])] = &[
    ("defaultRequest", &[Side::Requests]),
    ("default", &[Side::Requests, Side::Limits]),
    ("max", &[Side::Requests, Side::Limits]),
    ("min", &[Side::Requests]),
];

impl Given {
    /// Adds a LimitRange, and says which amounts it may give.
    pub(super) fn add(&mut self, range: Node<'_>, site: Site, home: &Home) -> AmountSet {
        let was_open = std::mem::take(&mut self.is_open);
        self.is_open = home.is_changed || range.get("spec.limits").is_unknown();
        let mut gifts: Vec<(Side, Name, Amount)> = Vec::new();
        for item in range.get("spec.limits").present().into_iter().flat_map(Node::items) {
            self.is_open |= item.get("type").is_unknown();
            let is_of_containers = item.field("type").and_then(Node::as_str) == Some("Container");
            for (field, sides) in GIVING {
                self.is_open |= item.get(field).is_unknown() || item.field(field).is_some_and(Node::is_open);
                for (key, amount) in item.field(field).into_iter().flat_map(Node::entries) {
                    self.amounts.extend(sides.iter().map(|side| (*side, key.text().to_owned())));
                    for side in sides.iter().filter(|_| is_of_containers) {
                        if !gifts.iter().any(|(given, resource, _)| given == side && **resource == *key.text()) {
                            gifts.push((*side, name(key.text()), Amount::new(amount)));
                        }
                    }
                }
            }
        }
        let given = gifts.iter().map(|(side, resource, _)| AmountSet::of(*side, resource));
        let amounts = if self.is_open { AmountSet::ALL } else { given.fold(AmountSet::default(), AmountSet::and) };
        self.is_open |= was_open;
        self.ranges.push(Range { site, gifts });
        amounts
    }

    pub(super) fn merge(&mut self, other: Self) {
        if other.ranges.is_empty() && !other.is_open {
            return;
        }
        self.amounts.extend(other.amounts);
        self.ranges.extend(other.ranges);
        self.is_open |= other.is_open;
    }

    pub(super) fn may_give(&self, side: Side, resource: &str) -> bool {
        self.is_open || self.amounts.contains(&(side, resource.to_owned()))
    }

    /// What containers at `site` are given at least, if these are all LimitRanges that may be about them: of several that
    /// give the same resource the first speaks, whichever that is.
    pub(super) fn gifts<'g>(here: &Self, all: impl Iterator<Item = &'g Self>, site: Site) -> Gifts {
        let is_about = |range: Site| {
            range.deployed_with == site.deployed_with
                && (range.environment.is_none() || range.environment == site.environment)
        };
        let mut gifts = Gifts::new();
        for range in here.ranges.iter().filter(|range| is_about(range.site)) {
            for (side, resource, amount) in &range.gifts {
                gifts.entry((*side, Box::from(&**resource))).or_insert(amount.least());
            }
        }
        if gifts.is_empty() {
            return gifts;
        }
        for given in all {
            if given.is_open {
                return Gifts::new();
            }
            for (side, resource, amount) in given.ranges.iter().flat_map(|range| &range.gifts) {
                if let Some(least) = gifts.get_mut(&(*side, Box::from(&**resource))) {
                    *least = (*least).min(amount.least());
                }
            }
        }
        gifts
    }
}

/// The kind, and the number of pods of one object of it; `None` for kinds that make no pods, or an unknown number.
fn count(kind: &str, node: Node<'_>) -> Option<(&'static str, i64)> {
    let number = |path: &str, default: i64| match node.get(path) {
        Lookup::Absent(_) => Some(default),
        Lookup::Present(number) => number.as_i64().filter(|number| *number >= 0),
        Lookup::Unknown(_) => None,
    };
    let job = |spec: &str| {
        let parallel = number(&format!("{spec}.parallelism"), 1)?;
        Some(parallel.min(number(&format!("{spec}.completions"), i64::MAX)?))
    };
    let unless_suspended = |path: &str, count: i64| match node.get(path) {
        Lookup::Absent(_) => Some(count),
        found if found.is_bool(false) => Some(count),
        found if found.is_bool(true) => Some(0),
        _ => None,
    };
    Some(match kind {
        "Pod" => ("Pod", 1),
        "Deployment" => ("Deployment", number("spec.replicas", 1)?),
        "StatefulSet" => ("StatefulSet", number("spec.replicas", 1)?),
        "ReplicaSet" => ("ReplicaSet", number("spec.replicas", 1)?),
        "ReplicationController" => ("ReplicationController", number("spec.replicas", 1)?),
        "DaemonSet" => ("DaemonSet", 1),
        "Job" => ("Job", unless_suspended("spec.suspend", job("spec")?)?),
        "CronJob" => ("CronJob", unless_suspended("spec.suspend", job("spec.jobTemplate.spec")?)?),
        _ => return None,
    })
}

/// The pods that there may be at once: the most that the autoscaler allows. `None` where that is not known.
fn pods_at_most(written: i64, autoscalers: &[(&Autoscaler, Surely)]) -> Option<i64> {
    match autoscalers {
        [] => Some(written),
        [(autoscaler, Surely::Yes)] => autoscaler.max.or(autoscaler.min),
        _ => None,
    }
}

impl Sum {
    fn take(&mut self, other: Option<&Self>) {
        let Some(other) = other else { return };
        self.asked = self.asked.saturating_add(other.asked);
        self.has_daemons |= other.has_daemons;
        self.has_given |= other.has_given;
        if self.most.map(|(most, _)| most) < other.most.map(|(most, _)| most) {
            self.most = other.most;
        }
    }
}

impl Load {
    fn container(&self, index: usize) -> String {
        let name = self.containers.get(index).map_or("", |name| name);
        format!("container `{name}` of {} `{}`", self.kind, self.name)
    }
}

impl Amount {
    fn new(node: Node<'_>) -> Self {
        match Quantity::of(node) {
            Some(Ok(quantity)) if quantity.nanos >= 0 => Self::Known(quantity),
            _ => Self::Unknown,
        }
    }

    fn least(self) -> i128 {
        match self {
            Self::Known(quantity) => quantity.nanos,
            Self::Unknown => 0,
        }
    }

    fn known(self) -> Option<Quantity> {
        match self {
            Self::Known(quantity) => Some(quantity),
            Self::Unknown => None,
        }
    }
}

fn amounts(found: Lookup<'_>) -> Option<Vec<(Name, Amount)>> {
    match found {
        Lookup::Absent(_) => Some(Vec::new()),
        Lookup::Present(list) if list.is_map() && !list.is_open() => {
            Some(list.entries().map(|(key, amount)| (name(key.text()), Amount::new(amount))).collect())
        }
        _ => None,
    }
}

fn amount_of(list: &[(Name, Amount)], resource: &str) -> Option<Amount> {
    list.iter().find(|(name, _)| **name == *resource).map(|(_, amount)| *amount)
}

impl Asks {
    fn new(role: RoleRank, requests: Lookup<'_>, limits: Lookup<'_>) -> Self {
        let (requests, limits) = (amounts(requests), amounts(limits));
        let is_open = requests.is_none() || limits.is_none();
        Self { role, requests: requests.unwrap_or_default(), limits: limits.unwrap_or_default(), is_open }
    }

    fn of_container(container: &Container<'_>) -> Self {
        let role = match container.role {
            Role::Main | Role::Ephemeral => RoleRank::Main,
            Role::Init => RoleRank::Init,
            Role::Sidecar => RoleRank::Sidecar,
        };
        Self::new(role, container.resource("requests"), container.resource("limits"))
    }

    /// What is written, or stands for it: the API server takes the limit for a request that is not written.
    fn asks(&self, side: Side, resource: &str) -> Option<Amount> {
        match side {
            Side::Requests => amount_of(&self.requests, resource).or_else(|| amount_of(&self.limits, resource)),
            Side::Limits => amount_of(&self.limits, resource),
        }
    }

    fn lacks(&self, side: Side, resource: &str) -> bool {
        !self.is_open && self.asks(side, resource).is_none()
    }

    fn breaks(&self, bound: &Bound, defaults: Defaults) -> Option<String> {
        let resource = &bound.resource;
        let known = |side: Side| self.asks(side, resource).and_then(Amount::known);
        let (request, limit) = (known(Side::Requests), known(Side::Limits));
        let is_outside = |amount: &Quantity| match bound.test {
            Test::Min => *amount < bound.value,
            Test::Max => *amount > bound.value,
            Test::Ratio | Test::Default => false,
        };
        match bound.test {
            Test::Min | Test::Max => {
                let broken = |amount: Option<Quantity>, what: &str| {
                    let amount = amount.filter(is_outside)?;
                    Some(format!("has a {what} of `{}`", amount.shown(resource)))
                };
                let is_written = amount_of(&self.requests, resource).is_some();
                broken(limit, "limit").or_else(|| broken(request.filter(|_| is_written), "request"))
            }
            Test::Ratio => {
                let given =
                    bound.default_limit.filter(|_| defaults == Defaults::Known && self.lacks(Side::Limits, resource));
                let (request, limit) = (request?, limit.or(given)?);
                let most = bound.value.nanos.checked_mul(request.nanos)?;
                let is_more = request.nanos > 0 && limit.nanos.checked_mul(Quantity::whole(1).nanos)? > most;
                let (limit, request) = (limit.shown(resource), request.shown(resource));
                is_more.then(|| format!("has a request of `{request}` and a limit of `{limit}`"))
            }
            Test::Default => {
                let is_given = defaults == Defaults::Known && self.lacks(Side::Limits, resource);
                let request = request.filter(|request| is_given && *request > bound.value)?;
                Some(format!("has a request of `{}` and no limit of its own", request.shown(resource)))
            }
        }
    }
}

impl Shape {
    fn new(pod: &Pod<'_>) -> Self {
        let whole = pod.get("resources").absent().is_none().then(|| {
            let of = |path: &str| pod.get(path);
            Asks::new(RoleRank::Main, of("resources.requests"), of("resources.limits"))
        });
        let templates = pod.template.parent().filter(|_| pod.object.kind == "StatefulSet");
        let templates = templates.and_then(|spec| spec.get("volumeClaimTemplates").present());
        let specs = templates.into_iter().flat_map(Node::items).filter_map(|template| template.field("spec"));
        let of_pod =
            pod.list("volumes").filter_map(|volume| volume.get("ephemeral.volumeClaimTemplate.spec").present());
        Self {
            containers: pod.lasting_containers().map(Asks::of_container).collect(),
            overhead: amounts(pod.get("overhead")).unwrap_or_default(),
            whole,
            claims: specs.chain(of_pod).map(Claimed::new).collect(),
            ends: match pod.get("activeDeadlineSeconds") {
                Lookup::Absent(_) => Some(false),
                Lookup::Present(seconds) => seconds.as_i64().map(|_| true),
                Lookup::Unknown(_) => None,
            },
            priority: pod.get("priorityClassName").present().and_then(Node::as_str).map(name),
            is_open: pod.has_unknown_containers(),
            is_pod: true,
        }
    }

    /// Every resource that anything of it names on this side, or that stands for one.
    fn resources(&self, side: Side) -> BTreeSet<&str> {
        let mut found = BTreeSet::new();
        for asks in self.containers.iter().chain(&self.whole) {
            let requests = if side == Side::Requests { asks.requests.as_slice() } else { &[] };
            found.extend(requests.iter().chain(&asks.limits).map(|(name, _)| &**name));
        }
        found.extend(self.overhead.iter().map(|(name, _)| &**name));
        found
    }

    /// What a pod asks for at least, in billionths, and whether that is all.
    ///
    /// Containers run together, sidecars with them; an init container runs alone, with the sidecars that were started
    /// before it. The larger of the two is set aside, and the overhead is added. A `gift` is for each container that writes
    /// nothing, in a pod without resources of its own.
    fn pod_asks(&self, side: Side, resource: &str, gift: Option<i128>) -> (i128, Exactness) {
        let mut is_exact = !self.is_open;
        let mut running = 0_i128;
        let mut sidecars = 0_i128;
        let mut starting = 0_i128;
        for asks in &self.containers {
            let amount = asks.asks(side, resource);
            is_exact &= matches!(amount, Some(Amount::Known(_)));
            let gift = || gift.filter(|_| !asks.is_open && self.whole.is_none()).unwrap_or_default();
            let amount = amount.map_or_else(gift, Amount::least);
            match asks.role {
                RoleRank::Main => running = running.saturating_add(amount),
                RoleRank::Init => starting = starting.max(sidecars.saturating_add(amount)),
                RoleRank::Sidecar => sidecars = sidecars.saturating_add(amount),
            }
        }
        let mut pod = running.saturating_add(sidecars).max(starting);
        if let Some(whole) = self.whole.as_ref().and_then(|whole| whole.asks(side, resource)) {
            pod = whole.least();
            is_exact = matches!(whole, Amount::Known(_));
        } else if self.whole.as_ref().is_some_and(|whole| whole.is_open) {
            (pod, is_exact) = (0, false);
        }
        let overhead = amount_of(&self.overhead, resource).map_or(0, Amount::least);
        // Without a limit of its own a pod has no limit to which the overhead could be added.
        let is_added = side == Side::Requests || pod > 0;
        let pod = if is_added { pod.saturating_add(overhead) } else { pod };
        (pod, if is_exact { Exactness::All } else { Exactness::AtLeast })
    }

    fn breaks(&self, bound: &Bound) -> Option<String> {
        // Whether overhead and the pod's own resources count here depends on the version.
        if !self.is_pod || self.whole.is_some() || !self.overhead.is_empty() {
            return None;
        }
        [Side::Requests, Side::Limits].into_iter().find_map(|side| {
            let (asked, exactness) = self.pod_asks(side, &bound.resource, None);
            let asked = Quantity { nanos: asked };
            let is_broken = match bound.test {
                Test::Max => asked > bound.value,
                Test::Min => exactness == Exactness::All && asked < bound.value,
                Test::Ratio | Test::Default => false,
            };
            is_broken.then(|| format!("has {} of `{}` in all", side.field(), asked.shown(&bound.resource)))
        })
    }
}

/// Whether a sum is all there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Exactness {
    All,
    AtLeast,
}

impl Claimed {
    fn new(spec: Node<'_>) -> Self {
        let storage = spec.get("resources.requests.storage").present().map_or(Amount::Unknown, Amount::new);
        let class = spec.get("storageClassName").present().and_then(Node::as_str).map(Into::into);
        Self { storage, class }
    }
}
