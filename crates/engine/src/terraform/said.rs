//! What was said of all roots, each thing once.
//!
//! A definition may have many instances, and what is wrong with all of them is said of the definition. Where it is wrong with
//! some, or where a plan has nothing else to point to, the message names the instance.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use portcullis_core::{Draft, RuleIdx, ScanError, Span};
use portcullis_model::terraform::Resource;
use portcullis_rules::Outcome;

/// Calls and resources that a finding names at most.
const NAMED: usize = 10;

/// How messages name resources.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Naming {
    /// By their definitions, where all instances are the same.
    #[default]
    Definitions,
    /// By their instances: a plan is nowhere but in its addresses.
    Instances,
}

/// What was said of one root.
#[derive(Default)]
pub(super) struct Spoken {
    pub(super) outcome: Outcome,
    pub(super) naming: Naming,
    /// What policies said, and what kept them from it.
    pub(super) asked: (Vec<Draft>, Vec<ScanError>),
    /// By the place of the draft the resource that it is about; of those behind them it is about none.
    subjects: Vec<Subject>,
    /// How many instances each definition has.
    instances: BTreeMap<Span, usize>,
}

#[derive(Clone)]
struct Subject {
    header: Span,
    local: Arc<str>,
    address: Arc<str>,
}

impl Spoken {
    /// What rules said that look at no resource.
    pub(super) fn of_source(outcome: Outcome) -> Self {
        Self { outcome, ..Self::default() }
    }

    /// Nothing yet.
    pub(super) fn new(naming: Naming) -> Self {
        Self { naming, ..Self::default() }
    }

    /// The drafts since the last call are about this resource.
    pub(super) fn said_of(&mut self, resource: &Resource) {
        *self.instances.entry(resource.header).or_default() += 1;
        let Resource { header, local, address, .. } = resource;
        let subject = || Subject { header: *header, local: local.clone(), address: address.clone() };
        self.subjects.resize_with(self.outcome.drafts.len(), subject);
    }
}

/// What was said of all roots.
#[derive(Default)]
pub(super) struct Said {
    drafts: BTreeMap<(RuleIdx, Span), Thing>,
    panicked: BTreeSet<RuleIdx>,
    pub(super) undecided: usize,
    /// How many roots were taken.
    roots: usize,
    instances: BTreeMap<Span, usize>,
}

/// Something that was said, maybe of several resources.
struct Thing {
    draft: Draft,
    about: Option<About>,
}

/// Instances of one definition.
struct About {
    first: Subject,
    /// The last instance, with the number of its root: rules may say the same of one twice.
    last: (usize, Arc<str>),
    count: usize,
    naming: Naming,
    roots: usize,
}

impl Said {
    pub(super) fn take(&mut self, spoken: Spoken) {
        let Spoken { outcome, naming, subjects, instances, .. } = spoken;
        self.panicked.extend(outcome.panicked);
        self.undecided = self.undecided.saturating_add(outcome.undecided);
        self.roots = self.roots.saturating_add(1);
        let root = self.roots;
        for (header, count) in instances {
            *self.instances.entry(header).or_default() += count;
        }
        let subjects = subjects.into_iter().map(Some).chain(std::iter::repeat(None));
        for (draft, subject) in outcome.drafts.into_iter().zip(subjects) {
            let Some(known) = self.drafts.get_mut(&(draft.rule, draft.place.span)) else {
                let about = subject.map(|subject| About::new(subject, root, naming));
                self.drafts.insert((draft.rule, draft.place.span), Thing { draft, about });
                continue;
            };
            known.about = match (known.about.take(), subject) {
                (Some(about), Some(subject)) => about.and(&subject, root),
                _ => None,
            };
            for label in draft.labels {
                let labels = &mut known.draft.labels;
                if labels.len() < NAMED && labels.iter().all(|other| other.span != label.span) {
                    labels.push(label);
                }
            }
            known.draft.via.retain(|span| draft.via.contains(span));
        }
    }

    /// All drafts in order, and the rules that panicked.
    pub(super) fn finish(self) -> (impl Iterator<Item = Draft>, BTreeSet<RuleIdx>) {
        let instances = self.instances;
        let drafts = self.drafts.into_values().map(move |Thing { mut draft, about }| {
            if let Some(about) = about {
                about.name_in(&mut draft, &instances);
            }
            draft
        });
        (drafts, self.panicked)
    }
}

impl About {
    fn new(first: Subject, root: usize, naming: Naming) -> Self {
        let last = (root, first.address.clone());
        Self { first, last, count: 1, naming, roots: 1 }
    }

    /// The same with another instance; nothing where that is of another definition.
    fn and(mut self, subject: &Subject, root: usize) -> Option<Self> {
        if subject.header != self.first.header {
            return None;
        }
        if self.last.0 != root || self.last.1 != subject.address {
            self.count = self.count.saturating_add(1);
            self.roots = self.roots.saturating_add(usize::from(self.last.0 != root));
            self.last = (root, subject.address.clone());
        }
        Some(self)
    }

    /// Puts the instances into the message where they are not all that there are. Addresses are those of one root.
    fn name_in(&self, draft: &mut Draft, instances: &BTreeMap<Span, usize>) {
        let Subject { header, local, address } = &self.first;
        let is_every = instances.get(header).is_none_or(|all| self.count >= *all);
        if address == local || self.roots > 1 || is_every && self.naming == Naming::Definitions {
            return;
        }
        let name = match self.count {
            1 => format!("`{address}`"),
            count => format!("`{address}` (and {} more)", count - 1),
        };
        let definition = format!("`{local}`");
        if draft.message.contains(&definition) {
            draft.message = draft.message.replacen(&definition, &name, 1).into();
        }
    }
}
