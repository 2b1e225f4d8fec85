//! What Istio's routes lead to: Services, by the host names that mean them, and the subsets that DestinationRules define.

use std::collections::{BTreeMap, HashSet};

use portcullis_syntax::{Lookup, Node};
use serde::{Deserialize, Serialize};

use super::wire;
use super::{Facts, Namespace};
use crate::kubernetes::Object;

/// The subsets of a host.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Subsets {
    #[serde(serialize_with = "wire::sorted")]
    names: HashSet<String>,
    /// Whether there may be more than is known.
    is_open: bool,
}

/// By the Service's name; an empty one stands for every Service of the namespace.
pub(super) type SubsetsOfHosts = BTreeMap<String, Subsets>;

pub(super) fn merge(ours: &mut SubsetsOfHosts, theirs: SubsetsOfHosts) {
    for (host, subsets) in theirs {
        let known = ours.entry(host).or_default();
        known.names.extend(subsets.names);
        known.is_open |= subsets.is_open;
    }
}

/// Adds what Istio's objects define.
pub(super) fn extract(facts: &mut Facts, object: &Object<'_>) {
    match object.kind {
        "DestinationRule" => add_rule(facts, object),
        "ServiceEntry" => {
            for host in object.node.get("spec.hosts").present().into_iter().flat_map(Node::items) {
                let found = host.as_str().and_then(|host| facts.host(host, object));
                if let Some((namespace, name)) = found {
                    facts.contents(&namespace).add_made("Service", &name);
                }
            }
        }
        _ => {}
    }
}

fn add_rule(facts: &mut Facts, object: &Object<'_>) {
    let host = match object.node.get("spec.host") {
        Lookup::Present(host) => host.as_str(),
        _ => None,
    };
    let (namespace, name) = match host {
        Some(host) if !host.contains('*') => match facts.host(host, object) {
            Some(found) => found,
            None => return,
        },
        // It may be about any Service.
        _ => (Namespace::Unknown, String::new()),
    };
    let listed = object.node.get("spec.subsets");
    let names = listed.present().into_iter().flat_map(Node::items);
    let names: Vec<Option<String>> = names.map(|subset| Some(subset.field("name")?.as_str()?.to_owned())).collect();
    let is_open = facts.home.is_changed || name.is_empty() || listed.is_unknown() || names.iter().any(Option::is_none);
    let known = facts.contents(&namespace).subsets.entry(name).or_default();
    known.is_open |= is_open;
    known.names.extend(names.into_iter().flatten());
}

/// Names that are below every Service's.
const CLUSTER_DOMAIN: &str = ".svc.cluster.local";

impl Facts {
    /// The Service that a host of one of Istio's objects means: its namespace and name. `None` for hosts elsewhere.
    pub fn host(&self, host: &str, object: &Object<'_>) -> Option<(Namespace, String)> {
        let is_name = |name: &str| {
            !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        };
        if !host.contains('.') {
            return is_name(host).then(|| (self.namespace(object), host.to_owned()));
        }
        // `name.namespace` might be a host of the Internet as well.
        let (name, namespace) = host.strip_suffix(CLUSTER_DOMAIN)?.split_once('.')?;
        if !is_name(name) || !is_name(namespace) {
            return None;
        }
        Some((self.home.referred(Namespace::Named(namespace.to_owned())), name.to_owned()))
    }

    /// Whether the Service is there, as far as is known, and no DestinationRule defines the subset.
    pub(super) fn lacks_subset(&self, namespace: &Namespace, host: &str, subset: &str) -> bool {
        let is_defined = |subsets: &SubsetsOfHosts| {
            let of =
                |name: &str| subsets.get(name).is_some_and(|subsets| subsets.is_open || subsets.names.contains(subset));
            of(host) || of("")
        };
        // An object without a namespace is applied to any.
        let is_anywhere = *namespace == Namespace::Unwritten;
        if is_anywhere && self.spaces.len() > super::claim::SPACES {
            return false;
        }
        let is_defined_anywhere = || is_anywhere && self.spaces.values().any(|contents| is_defined(&contents.subsets));
        self.can_tell(namespace, &["DestinationRule"])
            && !self.unread.may_hold_anywhere("DestinationRule")
            && !self.is_missing(namespace, "Service", host)
            && !self.possible(namespace).any(|contents| is_defined(&contents.subsets) || contents.custom.may_make(host))
            && !is_defined_anywhere()
    }
}
