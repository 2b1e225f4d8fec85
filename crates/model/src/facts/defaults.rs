//! Which amounts the LimitRanges of a scan give to containers that write none.
//!
//! Kept apart from what quotas add up, because every container without an amount asks: a LimitRange is known by a hash of its
//! namespace and of what it is deployed with. Where either of the two namespaces is not written, or not known, they meet only in
//! what is deployed together. A LimitRange of another environment gives nothing here.

use std::collections::BTreeMap;

use portcullis_core::StableHash;
use serde::{Deserialize, Serialize};

use super::home::Home;
use super::{Namespace, Side};

/// AmountSet that a container may be without, as a set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct AmountSet(u8);

/// The resources that are told apart.
const RESOURCES: &[&str] = &["cpu", "memory", "ephemeral-storage"];

impl AmountSet {
    /// All of them: what is given is not known.
    pub(super) const ALL: Self = Self(u8::MAX);

    /// One amount; none for other resources.
    pub fn of(side: Side, resource: &str) -> Self {
        let half = if side == Side::Limits { 3 } else { 0 };
        let place = RESOURCES.iter().zip(0_u32..).find(|(name, _)| **name == resource);
        Self(place.map_or(0, |(_, place)| 1 << (place + half)))
    }

    pub(super) fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

/// Where a pod looks for LimitRanges.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sought {
    keys: [u64; 2],
    environment: Option<u8>,
}

impl Sought {
    pub(super) fn new(namespace: &Namespace, home: &Home) -> Self {
        let keys = match namespace {
            Namespace::Named(name) => [key("in", name), key("floating", &home.deployed_with)],
            // What is applied without a namespace goes into `default`, unless the command says otherwise.
            Namespace::Unwritten => [key("in", "default"), key("with", &home.deployed_with)],
            Namespace::Along(_) | Namespace::Unknown => [key("with", &home.deployed_with); 2],
        };
        Self { keys, environment: home.environment }
    }
}

/// What LimitRanges give, by where pods look for it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct GivenAmounts(BTreeMap<u64, BTreeMap<Option<u8>, AmountSet>>);

impl GivenAmounts {
    pub(super) fn add(&mut self, namespace: &Namespace, home: &Home, amounts: AmountSet) {
        let place = match namespace {
            Namespace::Named(name) => key("in", name),
            _ => key("floating", &home.deployed_with),
        };
        for key in [place, key("with", &home.deployed_with)] {
            self.insert(key, home.environment, amounts);
        }
    }

    fn insert(&mut self, key: u64, environment: Option<u8>, amounts: AmountSet) {
        let known = self.0.entry(key).or_default().entry(environment).or_default();
        *known = known.and(amounts);
    }

    pub(super) fn merge(&mut self, other: Self) {
        for (key, of_key) in other.0 {
            for (environment, amounts) in of_key {
                self.insert(key, environment, amounts);
            }
        }
    }

    /// Whether a container may be given any of the amounts.
    pub(super) fn may_give(&self, sought: &Sought, amounts: AmountSet) -> bool {
        let mut found = sought.keys.iter().filter_map(|key| self.0.get(key)).flatten();
        let is_near =
            |environment: Option<u8>| environment.zip(sought.environment).is_none_or(|(theirs, ours)| theirs == ours);
        found.any(|(environment, given)| is_near(*environment) && given.meets(amounts))
    }
}

fn key(how: &str, name: &str) -> u64 {
    let mut hash = StableHash::new();
    hash.text(how);
    hash.text(name);
    hash.short()
}
