//! Selectors and labels that outlive their trees, and what selects what, found by look-ups.
//!
//! Matching has three answers: a label that is filled in later, or set by a controller, may or may not match.

use std::collections::{BTreeMap, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};

use portcullis_syntax::{Lookup, Node};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::kubernetes::{Wanted, requirements};

/// The labels of a pod or Service.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Labels {
    /// In order of the keys: there are a few of them, in each of tens of thousands of objects.
    known: Box<[(Box<str>, Box<str>)]>,
    /// Whether it may have labels that are not among the known ones.
    is_open: bool,
}

/// A label selector.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Selector {
    wants: Vec<Want>,
    /// Whether it may want more than is known.
    is_open: bool,
}

/// One thing that a selector wants.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Want {
    key: String,
    test: Test,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Test {
    In(Vec<String>),
    NotIn(Vec<String>),
    Exists,
    DoesNotExist,
}

/// Whether a selector accepts labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// It does not.
    No,
    /// That depends on what is not known.
    Maybe,
    /// It does.
    Yes,
}

/// Labels that controllers set on the pods they make.
const SET_BY_CONTROLLERS: &[&str] = &[
    "pod-template-hash",
    "controller-revision-hash",
    "pod-template-generation",
    "rollouts-pod-template-hash",
    "job-name",
    "controller-uid",
    "batch.kubernetes.io/job-name",
    "batch.kubernetes.io/controller-uid",
    "batch.kubernetes.io/job-completion-index",
    "statefulset.kubernetes.io/pod-name",
    "apps.kubernetes.io/pod-index",
];

impl Labels {
    /// The labels at `metadata.labels` of an object or pod template.
    pub fn of(holder: Node<'_>) -> Self {
        match holder.get("metadata.labels") {
            Lookup::Absent(_) => Self::default(),
            Lookup::Unknown(_) => Self { known: Box::default(), is_open: true },
            Lookup::Present(labels) => {
                let known = known_labels(labels);
                let is_open = !labels.is_map() || labels.is_open() || known.len() < labels.entries().len();
                Self { known, is_open }
            }
        }
    }

    /// The same with labels that something adds later.
    pub(super) fn opened(self) -> Self {
        Self { is_open: true, ..self }
    }

    fn get(&self, key: &str) -> Option<&str> {
        self.known.iter().find(|(known, _)| **known == *key).map(|(_, value)| &**value)
    }
}

/// The entries of a mapping whose values are known strings, in order; of a key that stands there twice the last.
fn known_labels(node: Node<'_>) -> Box<[(Box<str>, Box<str>)]> {
    let entries = node.entries().filter_map(|(key, value)| Some((key.text().into(), value.as_str()?.into())));
    let mut known: Vec<(Box<str>, Box<str>)> = entries.collect();
    known.sort_by(|a, b| a.0.cmp(&b.0));
    known.dedup_by(|later, kept| {
        let is_twice = later.0 == kept.0;
        if is_twice {
            std::mem::swap(later, kept);
        }
        is_twice
    });
    known.into()
}

impl Selector {
    /// A `LabelSelector`.
    pub fn new(selector: Node<'_>) -> Self {
        let known = requirements(selector);
        let count = |field: &str, size: fn(Node<'_>) -> usize| match selector.get(field) {
            Lookup::Present(node) => Some(size(node)),
            Lookup::Absent(_) => Some(0),
            Lookup::Unknown(_) => None,
        };
        let labels = count("matchLabels", |node| if node.is_map() { node.entries().len() } else { usize::MAX });
        let expressions =
            count("matchExpressions", |node| if node.is_list() { node.items().len() } else { usize::MAX });
        let written = labels.zip(expressions).and_then(|(labels, expressions)| labels.checked_add(expressions));
        let has_open_labels = selector.field("matchLabels").is_some_and(Node::is_open);
        let is_open = !selector.is_map() || selector.is_open() || has_open_labels || written != Some(known.len());
        let owned = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect();
        let wants = known.iter().map(|want| Want {
            key: want.key.to_owned(),
            test: match &want.wanted {
                Wanted::In(values) => Test::In(owned(values)),
                Wanted::NotIn(values) => Test::NotIn(owned(values)),
                Wanted::Exists => Test::Exists,
                Wanted::DoesNotExist => Test::DoesNotExist,
            },
        });
        Self { wants: wants.collect(), is_open }
    }

    /// A Service's selector: a mapping of labels.
    pub fn of_labels(selector: Node<'_>) -> Self {
        let known = known_labels(selector);
        let is_open = !selector.is_map() || selector.is_open() || known.len() < selector.entries().len();
        let want = |(key, value): (Box<str>, Box<str>)| Want { key: key.into(), test: Test::In(vec![value.into()]) };
        let wants = known.into_iter().map(want);
        Self { wants: wants.collect(), is_open }
    }

    /// Whether it wants nothing and so selects everything.
    pub fn is_empty(&self) -> bool {
        self.wants.is_empty() && !self.is_open
    }

    /// Whether it accepts `labels`.
    pub fn judge(&self, labels: &Labels) -> Verdict {
        let all = self.wants.iter().map(|want| want.judge(labels)).min().unwrap_or(Verdict::Yes);
        if self.is_open { all.min(Verdict::Maybe) } else { all }
    }

    /// Whether a label that it asks for bears one of these names, as operators label what they make.
    pub(super) fn names_any(&self, is_name: impl Fn(&str) -> bool) -> bool {
        self.wants.iter().any(|want| match &want.test {
            Test::In(values) => values.iter().any(|value| is_name(value)),
            _ => false,
        })
    }

    /// The domains of the label keys that it asks for.
    pub(super) fn domains(&self) -> impl Iterator<Item = &str> {
        self.wants.iter().filter_map(|want| want.key.split_once('/')).map(|(domain, _)| domain)
    }
}

impl Want {
    fn judge(&self, labels: &Labels) -> Verdict {
        let label = labels.get(&self.key);
        if label.is_none() && (labels.is_open || is_set_later(&self.key)) {
            return Verdict::Maybe;
        }
        let holds = match &self.test {
            Test::In(values) => label.is_some_and(|label| values.iter().any(|value| value == label)),
            Test::NotIn(values) => label.is_none_or(|label| values.iter().all(|value| value != label)),
            Test::Exists => label.is_some(),
            Test::DoesNotExist => label.is_none(),
        };
        if holds { Verdict::Yes } else { Verdict::No }
    }
}

/// Whether a running pod may have a label that its template lacks. Replicated stores label the pod that leads: `role`.
fn is_set_later(key: &str) -> bool {
    SET_BY_CONTROLLERS.contains(&key)
        || key.len().checked_sub(4).and_then(|at| key.get(at..)).is_some_and(|end| end.eq_ignore_ascii_case("role"))
}

/// How many candidates one look-up considers; past it nothing is claimed. It bounds sets of thousands of objects that
/// differ in no label that is asked for.
const CANDIDATES: usize = 1024;

/// Things with labels, by label.
#[derive(Clone, Debug)]
pub(super) struct Labelled<T> {
    items: Vec<(Labels, T)>,
    /// Empty while there are [`FEW`] items.
    index: LabelIndex,
}

/// Indices of items, by the hash of what they have. A collision costs a look at an item that is not meant.
#[derive(Clone, Debug, Default)]
struct LabelIndex {
    by_label: HashMap<u64, Vec<u32>>,
    by_key: HashMap<u64, Vec<u32>>,
    /// Those with labels that are not known.
    open: Vec<u32>,
}

/// Items that are all looked at. The facts of one file seldom have more, and are taken over at once.
const FEW: usize = 16;

/// What a look-up found.
pub(super) enum Found<'a, T> {
    /// All that are accepted, and how.
    All(Vec<(Verdict, &'a T)>),
    /// More candidates than are looked at.
    TooMany,
}

impl<T> Default for Labelled<T> {
    fn default() -> Self {
        Self { items: Vec::new(), index: LabelIndex::default() }
    }
}

impl<T> Labelled<T> {
    pub(super) fn add(&mut self, labels: Labels, item: T) {
        self.items.push((labels, item));
        // The first time that there are too many, all of them are entered.
        let first = match self.items.len() {
            ..=FEW => return,
            count if count == FEW + 1 => 0,
            count => count - 1,
        };
        for (at, (labels, _)) in self.items.iter().enumerate().skip(first) {
            self.index.enter(labels, u32::try_from(at).expect("a scan holds fewer objects than bytes of memory"));
        }
    }

    pub(super) fn merge(&mut self, other: Self) {
        for (labels, item) in other.items {
            self.add(labels, item);
        }
    }

    pub(super) fn holds_any(&self) -> bool {
        !self.items.is_empty()
    }

    /// Everything that `selector` accepts or may accept.
    pub(super) fn select(&self, selector: &Selector) -> Found<'_, T> {
        let mut candidates: Vec<u32> = self.candidates(selector).take(CANDIDATES + 1).collect();
        if candidates.len() > CANDIDATES {
            return Found::TooMany;
        }
        candidates.sort_unstable();
        candidates.dedup();
        let judged = candidates.into_iter().filter_map(|index| {
            let (labels, item) = self.items.get(index as usize)?;
            Some((selector.judge(labels), item)).filter(|(verdict, _)| *verdict != Verdict::No)
        });
        Found::All(judged.collect())
    }

    /// Whether `selector` may accept any of them.
    pub(super) fn may_select(&self, selector: &Selector) -> bool {
        let mut seen = 0;
        self.candidates(selector).any(|index| {
            seen += 1;
            let labels = self.items.get(index as usize).map(|(labels, _)| labels);
            seen > CANDIDATES || labels.is_some_and(|labels| selector.judge(labels) != Verdict::No)
        })
    }

    /// Indices of all that the selector may accept, and more; some twice.
    fn candidates(&self, selector: &Selector) -> impl Iterator<Item = u32> {
        let index = &self.index;
        let listed = |want: &Want| -> Option<Vec<&[u32]>> {
            let lists: Vec<&[u32]> = match &want.test {
                _ if self.items.len() <= FEW || is_set_later(&want.key) => return None,
                Test::In(values) => values
                    .iter()
                    .filter_map(|value| index.by_label.get(&pair(&want.key, value)))
                    .map(Vec::as_slice)
                    .collect(),
                Test::Exists => index.by_key.get(&hash(&want.key)).map(Vec::as_slice).into_iter().collect(),
                Test::NotIn(_) | Test::DoesNotExist => return None,
            };
            Some(lists)
        };
        let size = |lists: &Vec<&[u32]>| lists.iter().map(|list| list.len()).sum::<usize>();
        let best = selector.wants.iter().filter_map(listed).min_by_key(size);
        let all = if best.is_none() { self.items.len() } else { 0 };
        let open = if best.is_none() { &[][..] } else { index.open.as_slice() };
        let all = (0..).take(all);
        best.into_iter().flatten().flatten().copied().chain(open.iter().copied()).chain(all)
    }
}

/// The items alone travel: the index is made of them.
impl<T: Serialize> Serialize for Labelled<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.items.serialize(serializer)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Labelled<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut all = Self::default();
        Vec::deserialize(deserializer)?.into_iter().for_each(|(labels, item)| all.add(labels, item));
        Ok(all)
    }
}

impl LabelIndex {
    fn enter(&mut self, labels: &Labels, at: u32) {
        for (key, value) in &labels.known {
            self.by_label.entry(pair(key, value)).or_default().push(at);
            self.by_key.entry(hash(key)).or_default().push(at);
        }
        if labels.is_open {
            self.open.push(at);
        }
    }
}

/// Selectors, by a label that they want.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Selectors {
    /// Each stands under the rarest of its labels, so that one that all share finds none of them.
    by_label: BTreeMap<u64, Vec<Selector>>,
    /// Those that want no single value of any label.
    other: Vec<Selector>,
    /// Whether one of them selects everything.
    has_everything: bool,
}

impl Selectors {
    pub(super) fn add(&mut self, selector: Selector) {
        let labels = selector.wants.iter().filter_map(|want| match &want.test {
            Test::In(values) if !is_set_later(&want.key) => match values.as_slice() {
                [value] => Some(pair(&want.key, value)),
                _ => None,
            },
            _ => None,
        });
        let single = labels.min_by_key(|label| self.by_label.get(label).map_or(0, Vec::len));
        match single {
            Some(label) => self.by_label.entry(label).or_default().push(selector),
            None if selector.is_empty() => self.has_everything = true,
            None => self.other.push(selector),
        }
    }

    pub(super) fn merge(&mut self, other: Self) {
        if other.is_empty() {
            return;
        }
        for selector in other.by_label.into_values().flatten().chain(other.other) {
            self.add(selector);
        }
        self.has_everything |= other.has_everything;
    }

    pub(super) fn is_empty(&self) -> bool {
        self.by_label.is_empty() && self.other.is_empty() && !self.has_everything
    }

    /// How surely any of them accepts `labels`.
    pub(super) fn judge(&self, labels: &Labels) -> Verdict {
        if self.has_everything {
            return Verdict::Yes;
        }
        if labels.is_open && !self.by_label.is_empty() {
            return Verdict::Maybe.max(self.best(labels));
        }
        self.best(labels)
    }

    fn best(&self, labels: &Labels) -> Verdict {
        let indexed = labels.known.iter().filter_map(|(key, value)| self.by_label.get(&pair(key, value))).flatten();
        let mut best = Verdict::No;
        for (count, selector) in self.other.iter().chain(indexed).enumerate() {
            if count > CANDIDATES {
                return best.max(Verdict::Maybe);
            }
            best = best.max(selector.judge(labels));
            if best == Verdict::Yes {
                break;
            }
        }
        best
    }
}

/// Hash of a label.
fn pair(key: &str, value: &str) -> u64 {
    hash((key, value))
}

/// The same in every run, so that the order in a [`Selectors`] is.
fn hash(of: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    of.hash(&mut hasher);
    hasher.finish()
}
