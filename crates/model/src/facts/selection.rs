//! Selectors and labels that outlive their trees, and what selects what, found by look-ups.
//!
//! Matching has three answers: a label that is filled in later, or set by a controller, may or may not match.

use std::collections::{BTreeMap, HashMap};

use portcullis_syntax::{Lookup, Node};

use crate::kubernetes::{Wanted, requirements};

/// The labels of a pod or Service.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Labels {
    known: BTreeMap<String, String>,
    /// Whether it may have labels that are not among the known ones.
    is_open: bool,
}

/// A label selector.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selector {
    wants: Vec<Want>,
    /// Whether it may want more than is known.
    is_open: bool,
}

/// One thing that a selector wants.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Want {
    key: String,
    test: Test,
}

#[derive(Clone, Debug, PartialEq, Eq)]
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
            Lookup::Unknown(_) => Self { known: BTreeMap::new(), is_open: true },
            Lookup::Present(labels) => {
                let known = super::known_labels(labels);
                let is_open = !labels.is_map() || labels.is_open() || known.len() < labels.entries().len();
                Self { known, is_open }
            }
        }
    }

    /// The same with labels that something adds later.
    pub(super) fn opened(self) -> Self {
        Self { is_open: true, ..self }
    }

    /// The labels that are known.
    pub fn known(&self) -> &BTreeMap<String, String> {
        &self.known
    }
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
        let known = super::known_labels(selector);
        let is_open = !selector.is_map() || selector.is_open() || known.len() < selector.entries().len();
        let wants = known.into_iter().map(|(key, value)| Want { key, test: Test::In(vec![value]) });
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
        let label = labels.known.get(&self.key);
        if label.is_none() && (labels.is_open || is_set_later(&self.key)) {
            return Verdict::Maybe;
        }
        let holds = match &self.test {
            Test::In(values) => label.is_some_and(|label| values.contains(label)),
            Test::NotIn(values) => label.is_none_or(|label| !values.contains(label)),
            Test::Exists => label.is_some(),
            Test::DoesNotExist => label.is_none(),
        };
        if holds { Verdict::Yes } else { Verdict::No }
    }
}

/// Whether a running pod may have a label that its template lacks. Replicated stores label the pod that leads: `role`.
fn is_set_later(key: &str) -> bool {
    SET_BY_CONTROLLERS.contains(&key) || key.to_ascii_lowercase().ends_with("role")
}

/// How many candidates one look-up considers; past it nothing is claimed. It bounds sets of thousands of objects that
/// differ in no label that is asked for.
const CANDIDATES: usize = 1024;

/// Things with labels, by label.
#[derive(Clone, Debug)]
pub(super) struct Labelled<T> {
    items: Vec<(Labels, T)>,
    by_label: HashMap<String, Vec<usize>>,
    by_key: HashMap<String, Vec<usize>>,
    /// Those with labels that are not known.
    open: Vec<usize>,
}

/// What a look-up found.
pub(super) enum Found<'a, T> {
    /// All that are accepted, and how.
    All(Vec<(Verdict, &'a T)>),
    /// More candidates than are looked at.
    TooMany,
}

impl<T> Default for Labelled<T> {
    fn default() -> Self {
        Self { items: Vec::new(), by_label: HashMap::new(), by_key: HashMap::new(), open: Vec::new() }
    }
}

impl<T> Labelled<T> {
    pub(super) fn add(&mut self, labels: Labels, item: T) {
        let index = self.items.len();
        for (key, value) in &labels.known {
            self.by_label.entry(pair(key, value)).or_default().push(index);
            self.by_key.entry(key.clone()).or_default().push(index);
        }
        if labels.is_open {
            self.open.push(index);
        }
        self.items.push((labels, item));
    }

    pub(super) fn merge(&mut self, other: Self) {
        for (labels, item) in other.items {
            self.add(labels, item);
        }
    }

    /// Everything that `selector` accepts or may accept.
    pub(super) fn select(&self, selector: &Selector) -> Found<'_, T> {
        let mut candidates: Vec<usize> = self.candidates(selector).take(CANDIDATES + 1).collect();
        if candidates.len() > CANDIDATES {
            return Found::TooMany;
        }
        candidates.sort_unstable();
        candidates.dedup();
        let judged = candidates.into_iter().filter_map(|index| {
            let (labels, item) = self.items.get(index)?;
            Some((selector.judge(labels), item)).filter(|(verdict, _)| *verdict != Verdict::No)
        });
        Found::All(judged.collect())
    }

    /// Whether `selector` may accept any of them.
    pub(super) fn may_select(&self, selector: &Selector) -> bool {
        let mut seen = 0;
        self.candidates(selector).any(|index| {
            seen += 1;
            let labels = self.items.get(index).map(|(labels, _)| labels);
            seen > CANDIDATES || labels.is_some_and(|labels| selector.judge(labels) != Verdict::No)
        })
    }

    /// Indices of all that the selector may accept, and more; some twice.
    fn candidates(&self, selector: &Selector) -> impl Iterator<Item = usize> {
        let listed = |want: &Want| -> Option<Vec<&[usize]>> {
            let lists: Vec<&[usize]> = match &want.test {
                _ if is_set_later(&want.key) => return None,
                Test::In(values) => values
                    .iter()
                    .filter_map(|value| self.by_label.get(&pair(&want.key, value)))
                    .map(Vec::as_slice)
                    .collect(),
                Test::Exists => self.by_key.get(&want.key).map(Vec::as_slice).into_iter().collect(),
                Test::NotIn(_) | Test::DoesNotExist => return None,
            };
            Some(lists)
        };
        let size = |lists: &Vec<&[usize]>| lists.iter().map(|list| list.len()).sum::<usize>();
        let best = selector.wants.iter().filter_map(listed).min_by_key(size);
        let all = if best.is_none() { 0..self.items.len() } else { 0..0 };
        let open = if best.is_none() { &[][..] } else { self.open.as_slice() };
        best.into_iter().flatten().flatten().copied().chain(open.iter().copied()).chain(all)
    }
}

/// Selectors, by a label that they want.
#[derive(Clone, Debug, Default)]
pub(super) struct Selectors {
    /// Each stands under the rarest of its labels, so that one that all share finds none of them.
    by_label: BTreeMap<String, Vec<Selector>>,
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

/// Neither a key nor a value can hold `=`.
fn pair(key: &str, value: &str) -> String {
    format!("{key}={value}")
}
